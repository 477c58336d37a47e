//! What others wrote, made fit for a record.

use std::borrow::Cow;
use std::ops::Deref;

use crate::redact;

/// Text of a client's or a service's own, made fit for a record: what is secret is hidden, what no line should hold is
/// escaped, and what is longer than 2 KiB is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(Cow<'static, str>);

/// The longest text of others in a record.
const LONGEST: usize = 2048;

impl Shown {
    /// A name that is known when this is compiled: of an operation, of a method.
    #[must_use]
    pub const fn name(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A request target: values of sensitive query parameters are hidden.
    #[must_use]
    pub fn target(target: &[u8]) -> Self {
        if target == b"/" {
            return Self::name("/");
        }
        // Far more than is shown, so that a cut never splits a parameter that hides something.
        let bounded = target.get(..16 * LONGEST).unwrap_or(target);
        Self::cut(&String::from_utf8_lossy(&redact::target(bounded)))
    }

    /// A method: those of HTTP need no copy.
    pub(crate) fn method(text: &str) -> Self {
        let known = ["GET", "POST", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS"];
        known.into_iter().find(|known| *known == text).map_or_else(|| Self::text(text), Self::name)
    }

    /// Any other text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        if is_plain(text) { Self(text.to_owned().into()) } else { Self::hidden(text) }
    }

    /// The same, of bytes that may be none.
    pub(crate) fn bytes(text: &[u8]) -> Self {
        str::from_utf8(text).map_or_else(|_| Self::text(&String::from_utf8_lossy(text)), Self::text)
    }

    /// The same, of a text that is given away.
    pub(crate) fn owned(text: String) -> Self {
        if is_plain(&text) { Self(text.into()) } else { Self::hidden(&text) }
    }

    /// An access key id: a name, which needs no second look where it has the form of one.
    pub(crate) fn key_id(text: &str) -> Self {
        let is_one = (16..=32).contains(&text.len())
            && text.starts_with('A')
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if is_one { Self(text.to_owned().into()) } else { Self::text(text) }
    }

    /// Without what is secret in it.
    fn hidden(text: &str) -> Self {
        // Far more than is shown.
        let bounded = text.get(..text.floor_char_boundary(16 * LONGEST)).unwrap_or(text);
        Self::cut(&redact::text(bounded))
    }

    /// The text as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn cut(text: &str) -> Self {
        Self(Self::bounded(text).into_owned().into())
    }

    /// What is not too long is as it was.
    pub(super) fn bounded(text: &str) -> Cow<'_, str> {
        if text.len() <= LONGEST {
            return Cow::Borrowed(text);
        }
        let mut shown: String = text.chars().take(LONGEST).collect();
        if shown.len() < text.len() {
            shown.push_str("(cut)");
        }
        Cow::Owned(shown)
    }
}

impl Deref for Shown {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Whether a text is a name, with no room for a secret: short words of letters and digits, joined by dots and dashes.
fn is_plain(text: &str) -> bool {
    let mut word = 0_u8;
    text.len() <= 253
        && text.bytes().all(|byte| {
            let more = LONGER_BY.get(usize::from(byte)).copied().unwrap_or(LONG);
            word = if more == 0 { 0 } else { word.saturating_add(more) };
            word < LONG
        })
}

/// A word of so many bytes is no name any more.
const LONG: u8 = 20;

/// By how much each byte makes a word longer: what joins words ends it, and what is in no name makes it none.
#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
static LONGER_BY: [u8; 256] = {
    let mut table = [LONG; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        if byte.is_ascii_alphanumeric() {
            table[byte as usize] = 1;
        } else if matches!(byte, b'.' | b'-' | b'_' | b':') {
            table[byte as usize] = 0;
        }
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_name_is_short_words_that_are_joined(text in "([a-zA-Z0-9]{0,21}[-._:é /+=]?){0,6}") {
            let is_short = |word: &str| word.len() < 20 && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
            prop_assert_eq!(is_plain(&text), text.split(['-', '.', '_', ':']).all(is_short));
        }
    }

    #[test]
    fn names_are_plain_and_secrets_are_not() {
        for name in
            ["", "sts.us-east-1.amazonaws.com:443", "demo-bucket.s3.us-east-1.amazonaws.com", "GetItem"]
        {
            assert!(is_plain(name), "{name}");
        }
        for text in
            ["wJalrXUtnFEMI0K7MDENG0bPxRfiCYEXAMPLEKEY", "a=b", "a b", "\u{202e}", "AKIAIOSFODNN7EXAMPLE"]
        {
            assert!(!is_plain(text), "{text}");
        }
    }
}
