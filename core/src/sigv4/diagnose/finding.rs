//! One difference, with nothing secret in it.

use super::cause::Cause;
use crate::redact;
use crate::sigv4::percent;

/// The longest line that is shown.
const MAX_SHOWN: usize = 512;

/// Which part of the request a cause is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The method.
    Method,
    /// The path.
    Path,
    /// The query, or one parameter of it.
    Query,
    /// A header field.
    Header,
    /// The list of signed headers.
    SignedHeaders,
    /// The body, or the line that stands for it.
    Payload,
    /// The time of the request.
    Date,
    /// The credential scope.
    Scope,
    /// The key id, its secret or its session token.
    Key,
    /// The authentication as a whole.
    Authentication,
}

impl Part {
    /// A stable name, the same in every language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::SignedHeaders => "signed-headers",
            Self::Payload => "payload",
            Self::Date => "date",
            Self::Scope => "scope",
            Self::Key => "key",
            Self::Authentication => "authentication",
        }
    }
}

/// A cause, where it is, and the two lines that differ.
pub(super) struct Finding {
    pub(super) cause: Cause,
    pub(super) part: Part,
    /// The header or the parameter.
    pub(super) subject: String,
    pub(super) ours: String,
    pub(super) theirs: String,
    pub(super) detail: String,
    pub(super) certain: bool,
}

impl Finding {
    /// A certain one; [`Finding::likely`] takes that back.
    pub(super) fn new(cause: Cause, part: Part) -> Self {
        Self {
            cause,
            part,
            subject: String::new(),
            ours: String::new(),
            theirs: String::new(),
            detail: String::new(),
            certain: true,
        }
    }

    pub(super) fn subject(mut self, name: &[u8]) -> Self {
        self.subject = readable(name);
        self
    }

    pub(super) fn lines(mut self, ours: impl Into<String>, theirs: impl Into<String>) -> Self {
        (self.ours, self.theirs) = (ours.into(), theirs.into());
        self
    }

    pub(super) fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = text.into();
        self
    }

    pub(super) fn likely(mut self) -> Self {
        self.certain = false;
        self
    }
}

/// Text that fits on a line.
pub(super) fn readable(bytes: &[u8]) -> String {
    let mut line = String::new();
    for character in String::from_utf8_lossy(bytes).chars() {
        if line.len() >= MAX_SHOWN {
            line.push('…');
            break;
        }
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

/// `name:value`, the value of a secret header by its length alone.
pub(super) fn shown_header(name: &[u8], value: &[u8]) -> String {
    let shown = hidden(value, &redact::header(name, value));
    format!("{}:{shown}", readable(name))
}

/// `name=value`, the value of a secret parameter by its length alone.
pub(super) fn shown_param(name: &[u8], value: &[u8], bare: bool) -> String {
    if bare {
        return readable(name);
    }
    let mut piece = percent::decode_all(name);
    piece.push(b'=');
    let start = piece.len();
    piece.extend_from_slice(value);
    let redacted = redact::query(&piece);
    let shown = redacted.get(start..).unwrap_or_default();
    format!("{}={}", readable(name), hidden(value, shown))
}

/// A path, shown as it is: it carries no authentication.
pub(super) fn shown_path(path: &[u8]) -> String {
    readable(&redact::target(path))
}

fn hidden(value: &[u8], shown: &[u8]) -> String {
    if value == shown { readable(value) } else { format!("{}, {} bytes", readable(shown), value.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_shown_by_their_length() {
        assert_eq!(
            shown_header(b"x-amz-security-token", b"IQoJtoken"),
            "x-amz-security-token:[aws-session-token], 9 bytes"
        );
        assert_eq!(shown_header(b"x-amz-meta-a", b"a  b"), "x-amz-meta-a:a  b");
        let shown = shown_param(b"X-Amz-Security-Token", b"IQoJ%2Btoken", false);
        assert_eq!(shown, "X-Amz-Security-Token=[aws-session-token], 12 bytes");
        assert_eq!(shown_param(b"acl", b"", true), "acl");
        assert_eq!(readable(b"a\nb\x1b"), "a\\nb\\u{1b}");
        assert!(readable(&[b'a'; 10_000]).len() < 600);
    }
}
