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
        let Needles { secret, token, .. } = self.needles();
        if secret.is_in(target) || secret.is_in(&form::decoded(target, Plus::Sign)) {
            return Err(refused("target"));
        }
        match secret.is_in(body) || token.is_some_and(|token| token.is_in(body)) {
            true => Err(refused("body")),
            false => Ok(()),
        }
    }

    fn needles(&self) -> Needles<'_> {
        Needles {
            access_key_id: Needle(self.access_key_id.as_bytes()),
            secret: Needle(self.secret.expose().as_bytes()),
            token: self.token.as_ref().map(|token| Needle(token.expose().as_bytes())),
        }
    }
}

/// The longest text that is looked through for a needle by its first byte.
const SHORT: usize = 4 << 10;

/// A text to look for, most of the time in short ones: a search that has to be made ready takes longer there than the
/// search itself.
struct Needle<'a>(&'a [u8]);

impl Needle<'_> {
    fn is_in(&self, text: &[u8]) -> bool {
        let Some((first, rest)) = self.0.split_first() else { return true };
        let Some(last) = text.len().checked_sub(self.0.len()) else { return false };
        if text.len() > SHORT {
            return memmem::find(text, self.0).is_some();
        }
        let starts = text.get(..=last).unwrap_or_default();
        memchr::memchr_iter(*first, starts)
            .any(|at| text.get(at + 1..).is_some_and(|text| text.starts_with(rest)))
    }
}

/// All of it.
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

    #[test]
    fn a_long_text_is_looked_through_to_its_end() {
        for length in [SHORT - 7, SHORT - 6, SHORT] {
            let text = [vec![b's'; length].as_slice(), b"secret"].concat();
            assert!(Needle(b"secret").is_in(&text) && !Needle(b"secrets").is_in(&text), "{length}");
        }
        assert!(Needle(b"").is_in(b"") && Needle(b"").is_in(b"a") && !Needle(b"a").is_in(b""));
    }

    proptest! {
        /// However often the text begins anew within itself.
        #[test]
        fn a_needle_is_found_where_it_is(needle in "[ab]{1,3}", times in 1usize..40, text in "[ab]{0,160}") {
            let needle = needle.repeat(times);
            let inside = format!("{}{needle}{text}", &text[text.len() / 2..]);
            for text in [&text, &inside] {
                prop_assert_eq!(Needle(needle.as_bytes()).is_in(text.as_bytes()), text.contains(&needle));
            }
        }
    }
}
