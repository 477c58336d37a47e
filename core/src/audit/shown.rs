//! What others wrote, made fit for a record.

use crate::redact;

/// Text of a client's or a service's own, made fit for a record: what is secret is hidden, what no line should hold is
/// escaped, and what is longer than 2 KiB is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(String);

/// The longest text of others in a record.
const LONGEST: usize = 2048;

impl Shown {
    /// A request target: values of sensitive query parameters are hidden.
    #[must_use]
    pub fn target(target: &[u8]) -> Self {
        // Far more than is shown, so that a cut never splits a parameter that hides something.
        let bounded = target.get(..16 * LONGEST).unwrap_or(target);
        Self::cut(&String::from_utf8_lossy(&redact::target(bounded)))
    }

    /// Any other text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        if is_plain(text) {
            return Self(text.to_owned());
        }
        let bounded: String = text.chars().take(16 * LONGEST).collect();
        Self::cut(&redact::text(&bounded))
    }

    /// The text as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn cut(text: &str) -> Self {
        let mut shown: String = text.chars().take(LONGEST).collect();
        if shown.len() < text.len() {
            shown.push_str("(cut)");
        }
        Self(shown)
    }
}

/// Whether a text is a name, with no room for a secret: short words of letters and digits, joined by dots and dashes.
fn is_plain(text: &str) -> bool {
    let joint = |c: char| matches!(c, '.' | '-' | '_' | ':');
    text.len() <= 253
        && text
            .split(joint)
            .all(|word| word.len() < 20 && word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
