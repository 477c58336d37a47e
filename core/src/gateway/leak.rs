//! A placeholder is for the gateway: it must not go on to AWS in a place where nobody replaces it.

use memchr::memmem;

use super::form;
use super::refusal::{Refusal, RefusalKind};
use super::seal::has_sealed_key_id;
use crate::secret::Secret;
use crate::sigv4::Plus;

/// What may not be sent on.
pub(super) struct Own {
    pub(super) access_key_id: String,
    pub(super) secret: Secret,
    pub(super) token: Option<Secret>,
}

impl Own {
    /// Looks through the head that is to be sent.
    pub(super) fn check_head<'a>(
        &self,
        target: &[u8],
        headers: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Result<(), Refusal> {
        if self.is_in(target) || self.is_in(&form::decoded(target, Plus::Sign)) {
            return Err(refused("target"));
        }
        let mut fields = headers;
        match fields.find(|(name, value)| self.is_in(name) || self.is_in(value)) {
            Some((name, _)) => Err(refused(&format!("header {}", String::from_utf8_lossy(name)))),
            None => Ok(()),
        }
    }

    /// Looks through what a request says before any of it is recorded: the target for the secret, which is no part of any
    /// authentication, and a body that is at hand for secret and token. A key id alone is a name, which some operations
    /// ask about.
    pub(super) fn check_content(&self, target: &[u8], body: &[u8]) -> Result<(), Refusal> {
        let secret = self.secret.expose().as_bytes();
        let finds = |text: &[u8]| memmem::find(text, secret).is_some();
        if finds(target) || finds(&form::decoded(target, Plus::Sign)) {
            return Err(refused("target"));
        }
        match self.has_secret(body) {
            true => Err(refused("body")),
            false => Ok(()),
        }
    }

    fn is_in(&self, text: &[u8]) -> bool {
        memmem::find(text, self.access_key_id.as_bytes()).is_some()
            || self.has_secret(text)
            || has_sealed_key_id(text)
    }

    fn has_secret(&self, text: &[u8]) -> bool {
        let mut secrets = [Some(&self.secret), self.token.as_ref()].into_iter().flatten();
        secrets.any(|secret| memmem::find(text, secret.expose().as_bytes()).is_some())
    }
}

/// Looks through a head that is passed on unsigned, of which no placeholder is known.
pub(super) fn check_passed<'a>(
    target: &[u8],
    headers: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> Result<(), Refusal> {
    if has_sealed_key_id(target) {
        return Err(refused("target"));
    }
    let mut fields = headers;
    match fields.find(|(_, value)| has_sealed_key_id(value)) {
        Some((name, _)) => Err(refused(&format!("header {}", String::from_utf8_lossy(name)))),
        None => Ok(()),
    }
}

fn refused(place: &str) -> Refusal {
    Refusal::new(
        RefusalKind::Malformed,
        "a placeholder stands where it would be sent on to AWS; send it as the request's authentication only",
    )
    .with_detail(format!("the {place} holds a placeholder's key id, secret or token"))
}
