//! A placeholder is for the gateway: it must not go on to AWS in a place where nobody replaces it.

use memchr::memmem::{self, Finder};

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
        let own = self.needles();
        if own.is_in(target) || own.is_in(&form::decoded(target, Plus::Sign)) {
            return Err(refused("target"));
        }
        let mut fields = headers;
        match fields.find(|(name, value)| own.is_in(name) || own.is_in(value)) {
            Some((name, _)) => Err(refused(&format!("header {}", String::from_utf8_lossy(name)))),
            None => Ok(()),
        }
    }

    /// Looks through what a request says before any of it is recorded: the target for the secret, which is no part of any
    /// authentication, and a body that is at hand for secret and token. A key id alone is a name, which some operations
    /// ask about.
    pub(super) fn check_content(&self, target: &[u8], body: &[u8]) -> Result<(), Refusal> {
        let secret = Needle::new(self.secret.expose());
        if secret.is_in(target) || secret.is_in(&form::decoded(target, Plus::Sign)) {
            return Err(refused("target"));
        }
        let is_in_body = |needle: &Needle<'_>| match body.len() {
            0..=SHORT => needle.is_in(body),
            _ => memmem::find(body, needle.text).is_some(),
        };
        let token = self.token.as_ref().map(|token| Needle::new(token.expose()));
        match is_in_body(&secret) || token.as_ref().is_some_and(is_in_body) {
            true => Err(refused("body")),
            false => Ok(()),
        }
    }

    fn needles(&self) -> Needles<'_> {
        Needles {
            access_key_id: Needle::new(&self.access_key_id),
            secret: Needle::new(self.secret.expose()),
            token: self.token.as_ref().map(|token| Needle::new(token.expose())),
        }
    }
}

/// The longest text that is looked through for a needle by its beginning.
const SHORT: usize = 16 << 10;

/// A text to look for in short ones: by its beginning, since a token of a kilobyte takes longer to be made ready for a
/// search than to be searched for.
struct Needle<'a> {
    start: Finder<'a>,
    text: &'a [u8],
}

impl<'a> Needle<'a> {
    /// How much of it is looked for at first.
    const START: usize = 32;

    fn new(text: &'a str) -> Self {
        let text = text.as_bytes();
        Self { start: Finder::new(text.get(..Self::START).unwrap_or(text)), text }
    }

    fn is_in(&self, text: &[u8]) -> bool {
        let mut rest = text;
        while rest.len() >= self.text.len() {
            let Some(found) = self.start.find(rest).and_then(|at| rest.get(at..)) else { return false };
            if found.starts_with(self.text) {
                return true;
            }
            rest = found.get(1..).unwrap_or_default();
        }
        false
    }
}

/// The same, made ready to be looked for in many texts.
struct Needles<'a> {
    access_key_id: Needle<'a>,
    secret: Needle<'a>,
    token: Option<Needle<'a>>,
}

impl Needles<'_> {
    fn is_in(&self, text: &[u8]) -> bool {
        self.access_key_id.is_in(text)
            || self.secret.is_in(text)
            || self.token.as_ref().is_some_and(|token| token.is_in(text))
            || has_sealed_key_id(text)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However often the text begins anew within itself.
        #[test]
        fn a_needle_is_found_where_it_is(needle in "[ab]{1,3}", times in 1usize..40, text in "[ab]{0,160}") {
            let needle = needle.repeat(times);
            let inside = format!("{}{needle}{text}", &text[text.len() / 2..]);
            for text in [&text, &inside] {
                prop_assert_eq!(Needle::new(&needle).is_in(text.as_bytes()), text.contains(&needle));
            }
        }
    }
}
