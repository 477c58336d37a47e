//! Header fields as SigV4 sees them: their canonical values, and which of them may be signed.

/// Appends `value` trimmed, each run of spaces, tabs and folds (RFC 9112, 5.2) inside it made one space.
pub(crate) fn canonical_value(out: &mut Vec<u8>, value: &[u8]) {
    let value = trim(value);
    if is_plain(value) {
        out.extend_from_slice(value);
        return;
    }
    let mut words = value.split(|&byte| is_blank(byte)).filter(|word| !word.is_empty());
    if let Some(first) = words.next() {
        out.extend_from_slice(first);
    }
    for word in words {
        out.push(b' ');
        out.extend_from_slice(word);
    }
}

/// Without the blanks around it.
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = value
        && is_blank(*first)
    {
        value = rest;
    }
    while let [rest @ .., last] = value
        && is_blank(*last)
    {
        value = rest;
    }
    value
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether a trimmed value holds nothing to collapse.
fn is_plain(value: &[u8]) -> bool {
    memchr::memchr3(b'\t', b'\r', b'\n', value).is_none()
        && memchr::memchr_iter(b' ', value).all(|at| value.get(at + 1) != Some(&b' '))
}

/// What makes a value unfit to be sent: NUL, or a line break that is no fold.
pub(crate) fn is_valid_value(value: &[u8]) -> bool {
    let mut rest = value;
    while let Some(at) = memchr::memchr3(b'\r', b'\n', 0, rest) {
        rest = match rest.get(at..) {
            Some([b'\r', b'\n', b' ' | b'\t', rest @ ..] | [b'\n', b' ' | b'\t', rest @ ..]) => rest,
            _ => return false,
        };
    }
    true
}

/// Whether `name` is a token of RFC 9110, 5.6.2.
pub(crate) fn is_valid_name(name: &[u8]) -> bool {
    !name.is_empty()
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

/// Fields that belong to one connection (RFC 9110, 7.6.1), so that no signature can cover them.
pub(crate) fn is_hop_by_hop(name: &[u8]) -> bool {
    [
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "http2-settings",
    ]
    .iter()
    .any(|hop| name.eq_ignore_ascii_case(hop.as_bytes()))
}

/// Fields that we never sign: hops change them on the way.
pub(crate) fn is_never_signed(name: &[u8]) -> bool {
    is_hop_by_hop(name)
        || ["authorization", "user-agent", "x-amzn-trace-id", "expect"]
            .iter()
            .any(|never| name.eq_ignore_ascii_case(never.as_bytes()))
}

/// What the session token of a request is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TokenName {
    /// Of temporary credentials, for every service.
    #[default]
    Security,
    /// Of a session with a directory bucket of S3 Express One Zone.
    S3Session,
}

impl TokenName {
    pub(crate) const ALL: [Self; 2] = [Self::Security, Self::S3Session];

    /// Its header field.
    pub(crate) const fn header(self) -> &'static str {
        match self {
            Self::Security => "x-amz-security-token",
            Self::S3Session => "x-amz-s3session-token",
        }
    }

    /// Its query parameter.
    pub(crate) const fn param(self) -> &'static str {
        match self {
            Self::Security => "X-Amz-Security-Token",
            Self::S3Session => "X-Amz-S3session-Token",
        }
    }

    /// Whether `name` is the header field of a session token, by either name.
    pub(crate) fn is_header(name: &[u8]) -> bool {
        Self::ALL.iter().any(|token| name.eq_ignore_ascii_case(token.header().as_bytes()))
    }
}

/// Whether `name` begins with `prefix`, compared without case.
pub(crate) fn has_prefix(name: &[u8], prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Orders names without regard to case, as their lower-case forms order.
pub(crate) fn compare(a: &[u8], b: &[u8]) -> std::cmp::Ordering {
    a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(value: &str) -> String {
        let mut out = Vec::new();
        canonical_value(&mut out, value.as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn white_space_is_collapsed_also_in_quotes() {
        assert_eq!(value("  a \t b  "), "a b");
        assert_eq!(value("\"a   b\""), "\"a b\"");
        assert_eq!(value("value1\r\n  value2\n\tvalue3"), "value1 value2 value3");
        assert_eq!(value(" \t"), "");
        assert_eq!(value("a\u{a0} b"), "a\u{a0} b");
    }

    #[test]
    fn smuggled_lines_are_found() {
        assert!(is_valid_value(b"a\r\n b") && is_valid_value(b"a\n\tb") && is_valid_value(b""));
        for bad in [&b"a\r\nb"[..], b"a\rb", b"a\n", b"\0", b"a\r\n b\nX: y"] {
            assert!(!is_valid_value(bad), "{bad:?}");
        }
        assert!(
            is_valid_name(b"X-Amz-Date")
                && !is_valid_name(b"a b")
                && !is_valid_name(b"")
                && !is_valid_name(b"a:")
        );
    }
}
