//! A placeholder is for the gateway: it must not go on to AWS in a place where nobody replaces it.

use memchr::memmem;

use super::form;
use super::refusal::{Refusal, RefusalKind};
use super::seal::{KEY_ID_LENGTH, has_sealed_key_id};
use crate::redact::Redactor;
use crate::secret::{Secret, wipe};
use crate::sigv4::{HeaderBuf, Plus};

/// What may not be sent on.
pub(super) struct Own {
    pub(super) access_key_id: String,
    pub(super) secret: Secret,
    pub(super) token: Option<Secret>,
}

impl Own {
    /// Who hides them in what is recorded, however they are written there; `None` if that cannot be promised.
    pub(super) fn redactor(&self) -> Option<Redactor> {
        let mut redactor = Redactor::new();
        for secret in [Some(&self.secret), self.token.as_ref()].into_iter().flatten() {
            redactor.learn_secret("placeholder", secret.expose().as_bytes()).ok()?;
        }
        Some(redactor)
    }

    /// Looks through the head that is to be sent.
    pub(super) fn check_head(&self, target: &[u8], headers: &HeaderBuf) -> Result<(), Refusal> {
        let mut own = Needles::of(self);
        own.access_key_id.learn();
        own.secret.learn();
        if own.is_in(target) || own.is_in(&form::decoded(target, Plus::Sign)) {
            return Err(refused("target"));
        }
        if !headers.pieces().any(|piece| own.is_in(piece)) {
            return Ok(());
        }
        match headers.iter().find(|(name, value)| own.is_in(name) || own.is_in(value)) {
            Some((name, _)) => Err(refused(&format!("header {}", String::from_utf8_lossy(name)))),
            None => Err(refused("head")),
        }
    }

    /// Looks through what a request says before any of it is recorded: the target for the secret, which is no part of any
    /// authentication, and a body that is at hand for secret and token. A key id alone is a name, which some operations
    /// ask about.
    pub(super) fn check_content(&self, target: &[u8], body: &[u8]) -> Result<(), Refusal> {
        let secret = Needle(self.secret.expose().as_bytes());
        let token = self.token.as_ref().map(|token| Needle(token.expose().as_bytes()));
        if secret.is_in(target) || secret.is_in(&form::decoded(target, Plus::Sign)) {
            return Err(refused("target"));
        }
        match secret.is_in(body) || token.is_some_and(|token| token.is_in(body)) {
            true => Err(refused("body")),
            false => Ok(()),
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

/// A needle for many texts, by Horspool's way: the byte that a text has where the needle's start would end tells how far
/// it can be moved. That tells of the needle, too, and is wiped.
struct Sought<'a> {
    needle: Needle<'a>,
    start: &'a [u8],
    moves: [u8; 256],
}

/// So many bytes of a needle are looked through to know its moves.
const START: usize = 32;

impl<'a> Sought<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { needle: Needle(text), start: text.get(..START).unwrap_or(text), moves: [1; 256] }
    }

    /// Learns how far it can be moved; until then it goes byte by byte. What is learned stays where it is: a copy would not
    /// be wiped.
    fn learn(&mut self) {
        self.moves.fill(self.start.len() as u8);
        for (byte, left) in self.start.iter().zip((1..self.start.len()).rev()) {
            if let Some(place) = self.moves.get_mut(usize::from(*byte)) {
                *place = left as u8;
            }
        }
    }

    fn is_in(&self, text: &[u8]) -> bool {
        let Some((last, before)) = self.start.split_last() else { return true };
        if text.len() > SHORT {
            return self.needle.is_in(text);
        }
        let behind = self.needle.0.len() - self.start.len();
        let ends = text.get(..text.len().saturating_sub(behind)).unwrap_or_default();
        let mut end = before.len();
        while let Some(byte) = ends.get(end) {
            if byte == last
                && text.get(end - before.len()..).is_some_and(|text| text.starts_with(self.needle.0))
            {
                return true;
            }
            end += self.moves.get(usize::from(*byte)).map_or(1, |far| usize::from(*far));
        }
        false
    }
}

impl Drop for Sought<'_> {
    fn drop(&mut self) {
        wipe(&mut self.moves);
    }
}

/// All of it.
struct Needles<'a> {
    access_key_id: Sought<'a>,
    secret: Sought<'a>,
    /// Longer than most texts.
    token: Option<Needle<'a>>,
    /// The length of the shortest: most names, and many values, are shorter.
    shortest: usize,
}

impl<'a> Needles<'a> {
    fn of(own: &'a Own) -> Self {
        let access_key_id = own.access_key_id.as_bytes();
        let secret = own.secret.expose().as_bytes();
        let token = own.token.as_ref().map(|token| token.expose().as_bytes());
        let all = [Some(access_key_id), Some(secret), token];
        Self {
            access_key_id: Sought::new(access_key_id),
            secret: Sought::new(secret),
            token: token.map(Needle),
            shortest: all.into_iter().flatten().map(<[u8]>::len).fold(KEY_ID_LENGTH, usize::min),
        }
    }

    fn is_in(&self, text: &[u8]) -> bool {
        text.len() >= self.shortest && self.is_in_long(text)
    }

    #[inline(never)]
    fn is_in_long(&self, text: &[u8]) -> bool {
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

#[cold]
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

    fn is_sought_in(needle: &str, text: &str) -> bool {
        let mut sought = Sought::new(needle.as_bytes());
        let slowly = sought.is_in(text.as_bytes());
        sought.learn();
        assert_eq!(sought.is_in(text.as_bytes()), slowly);
        slowly
    }

    #[test]
    fn a_long_text_is_looked_through_to_its_end() {
        for length in [SHORT - 7, SHORT - 6, SHORT] {
            let text = [vec![b's'; length].as_slice(), b"secret"].concat();
            assert!(Needle(b"secret").is_in(&text) && !Needle(b"secrets").is_in(&text), "{length}");
        }
        assert!(is_sought_in("", "") && is_sought_in("", "a") && !is_sought_in("a", ""));
        assert!(Needle(b"").is_in(b"") && Needle(b"").is_in(b"a") && !Needle(b"a").is_in(b""));
    }

    proptest! {
        /// As the plain search finds it, also where it is longer than the start that is looked through.
        #[test]
        fn a_needle_for_many_texts_is_found_where_it_is(
            needle in "[abc]{1,3}", times in 1usize..40, text in "[abc]{0,160}", end in "[abd]{0,2}",
        ) {
            let needle = needle.repeat(times) + &end;
            let inside = format!("{}{needle}{text}", &text[text.len() / 2..]);
            let cut = &inside[..inside.len() - text.len() - 1];
            for text in [&text, &inside, cut] {
                prop_assert_eq!(is_sought_in(&needle, text), text.contains(&needle));
            }
        }

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
