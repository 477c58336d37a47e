//! Header fields as SigV4 sees them: what each name means, which may be signed, and their canonical values.

use super::sink::Sink;

/// What a name means to a signer or a verifier. One look at the name serves signing, verifying and forwarding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Host,
    Authorization,
    AmzDate,
    Date,
    ContentSha256,
    /// A session token, by either of its names.
    Token(TokenName),
    RegionSet,
    DecodedLength,
    ContentLength,
    ContentType,
    ContentMd5,
    /// Any other `x-amz-*`.
    Amz,
    Connection,
    /// Belongs to one connection (RFC 9110, 7.6.1), so that no signature can cover it.
    Hop,
    Expect,
    UserAgent,
    /// `x-amzn-trace-id`.
    AmznTrace,
    /// The W3C's trace context.
    TraceContext,
    Cookie,
    /// Asks for another method than the request's.
    MethodOverride,
    /// Tells of the way that a request took; for hops to write.
    Forwarding,
    Other,
}

/// Longer than any name that is known whole.
const LONGEST: usize = 32;

impl Known {
    pub(crate) fn of(name: &[u8]) -> Self {
        let mut lower = [0; LONGEST];
        let start = name.get(..LONGEST).unwrap_or(name);
        let Some(lower) = lower.get_mut(..start.len()) else { return Self::Other };
        lower.copy_from_slice(start);
        lower.make_ascii_lowercase();
        if name.len() < LONGEST
            && let Some(known) = Self::whole(lower)
        {
            return known;
        }
        Self::by_prefix(lower)
    }

    /// By length first: most names are told apart by that alone.
    fn whole(lower: &[u8]) -> Option<Self> {
        Some(match lower.len() {
            2 if lower == b"te" => Self::Hop,
            3 if lower == b"via" => Self::Forwarding,
            4 => match lower {
                b"host" => Self::Host,
                b"date" => Self::Date,
                _ => return None,
            },
            6 => match lower {
                b"expect" => Self::Expect,
                b"cookie" => Self::Cookie,
                _ => return None,
            },
            7 => match lower {
                b"trailer" | b"upgrade" => Self::Hop,
                _ => return None,
            },
            9 if lower == b"forwarded" || lower == b"x-real-ip" => Self::Forwarding,
            10 => match lower {
                b"x-amz-date" => Self::AmzDate,
                b"user-agent" => Self::UserAgent,
                b"connection" => Self::Connection,
                b"keep-alive" => Self::Hop,
                b"set-cookie" => Self::Cookie,
                b"tracestate" => Self::TraceContext,
                _ => return None,
            },
            11 => match lower {
                b"content-md5" => Self::ContentMd5,
                b"traceparent" => Self::TraceContext,
                _ => return None,
            },
            12 if lower == b"content-type" => Self::ContentType,
            13 => match lower {
                b"authorization" => Self::Authorization,
                b"x-http-method" => Self::MethodOverride,
                _ => return None,
            },
            14 => match lower {
                b"content-length" => Self::ContentLength,
                b"http2-settings" => Self::Hop,
                b"true-client-ip" => Self::Forwarding,
                _ => return None,
            },
            15 if lower == b"x-amzn-trace-id" => Self::AmznTrace,
            16 => match lower {
                b"x-amz-region-set" => Self::RegionSet,
                b"proxy-connection" => Self::Hop,
                _ => return None,
            },
            17 if lower == b"transfer-encoding" => Self::Hop,
            17 if lower == b"x-method-override" => Self::MethodOverride,
            18 if lower == b"proxy-authenticate" => Self::Hop,
            19 if lower == b"proxy-authorization" => Self::Hop,
            20 => match lower {
                b"x-amz-content-sha256" => Self::ContentSha256,
                b"x-amz-security-token" => Self::Token(TokenName::Security),
                _ => return None,
            },
            21 if lower == b"x-amz-s3session-token" => Self::Token(TokenName::S3Session),
            22 if lower == b"x-http-method-override" => Self::MethodOverride,
            28 if lower == b"x-amz-decoded-content-length" => Self::DecodedLength,
            _ => return None,
        })
    }

    fn by_prefix(lower: &[u8]) -> Self {
        let forwarding: [&[u8]; 5] = [b"x-forwarded-", b"cf-", b"x-envoy-", b"x-original-", b"x-awsaccess-"];
        if lower.starts_with(b"x-amz-") {
            Self::Amz
        } else if forwarding.iter().any(|prefix| lower.starts_with(prefix)) {
            Self::Forwarding
        } else {
            Self::Other
        }
    }

    /// Whether the name begins with `x-amz-`.
    pub(crate) const fn is_amz(self) -> bool {
        matches!(
            self,
            Self::AmzDate
                | Self::ContentSha256
                | Self::Token(_)
                | Self::RegionSet
                | Self::DecodedLength
                | Self::Amz
        )
    }

    /// Fields that belong to one connection.
    pub(crate) const fn is_hop_by_hop(self) -> bool {
        matches!(self, Self::Hop | Self::Connection)
    }

    /// Fields that we never sign: hops change them on the way.
    pub(crate) const fn is_never_signed(self) -> bool {
        self.is_hop_by_hop()
            || matches!(self, Self::Authorization | Self::UserAgent | Self::AmznTrace | Self::Expect)
    }
}

/// A field, with what is looked at most.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) value: &'a [u8],
    pub(crate) known: Known,
    /// The first sixteen bytes of the name in lower case, as a number that orders as the name does.
    key: u128,
}

impl<'a> Field<'a> {
    pub(crate) fn new(name: &'a [u8], value: &'a [u8]) -> Self {
        Self { name, value, known: Known::of(name), key: key(name) }
    }

    /// Whether this is a field of that name.
    pub(crate) fn is(&self, name: &Name<'_>) -> bool {
        self.key == name.key
            && self.name.len() == name.text.len()
            && (self.name.len() <= 16 || self.name.eq_ignore_ascii_case(name.text))
    }

    /// Whether both are of one name.
    pub(crate) fn is_named_as(&self, other: &Self) -> bool {
        self.is(&Name { text: other.name, key: other.key })
    }

    /// Orders by name without regard to case, as the lower-case forms order.
    pub(crate) fn compare(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key).then_with(|| {
            if self.name.len() <= 16 && other.name.len() <= 16 {
                return self.name.len().cmp(&other.name.len());
            }
            let lower = |name: &'a [u8]| name.iter().map(u8::to_ascii_lowercase);
            lower(self.name).cmp(lower(other.name))
        })
    }
}

/// A name that fields are held against.
pub(crate) struct Name<'a> {
    text: &'a [u8],
    key: u128,
}

impl<'a> Name<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, key: key(text) }
    }
}

/// The first sixteen bytes, lower case, zeros behind a shorter name: no name has a NUL.
fn key(name: &[u8]) -> u128 {
    let mut start = [0; 16];
    match name.first_chunk::<16>() {
        Some(first) => start = *first,
        None => start.iter_mut().zip(name).for_each(|(start, byte)| *start = *byte),
    }
    start.make_ascii_lowercase();
    u128::from_be_bytes(start)
}

/// Fields on the stack; more than a client ever sends move to the heap.
pub(crate) type Fields<'a> = smallvec::SmallVec<[Field<'a>; 24]>;

/// Appends `value` trimmed, each run of spaces, tabs and folds (RFC 9112, 5.2) inside it made one space.
pub(crate) fn canonical_value(out: &mut impl Sink, value: &[u8]) {
    let value = trim(value);
    if !has_blank_or_control(value) || is_plain(value) {
        out.put(value);
        return;
    }
    let mut words = value.split(|&byte| is_blank(byte)).filter(|word| !word.is_empty());
    if let Some(first) = words.next() {
        out.put(first);
    }
    for word in words {
        out.put(b" ");
        out.put(word);
    }
}

/// Whether a byte is a space or below it: what most values have none of, told in one quick pass.
fn has_blank_or_control(value: &[u8]) -> bool {
    value.chunks(64).any(|piece| piece.iter().fold(false, |found, byte| found | (*byte <= b' ')))
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
    if !has_blank_or_control(value) {
        return true;
    }
    let mut rest = value;
    while let Some(at) = memchr::memchr3(b'\r', b'\n', 0, rest) {
        rest = match rest.get(at..) {
            Some([b'\r', b'\n', b' ' | b'\t', rest @ ..] | [b'\n', b' ' | b'\t', rest @ ..]) => rest,
            _ => return false,
        };
    }
    true
}

/// The bytes of a token of RFC 9110, 5.6.2.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"!#$%&'*+-.^_`|~";
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
};

/// Whether `name` is a token of RFC 9110, 5.6.2.
pub(crate) fn is_valid_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| TOKEN.get(usize::from(*byte)) == Some(&true))
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
}

/// Whether `name` begins with `prefix`, compared without case.
pub(crate) fn has_prefix(name: &[u8], prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
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
    fn names_are_known_in_any_case() {
        let known = [
            ("host", Known::Host),
            ("authorization", Known::Authorization),
            ("x-amz-date", Known::AmzDate),
            ("date", Known::Date),
            ("x-amz-content-sha256", Known::ContentSha256),
            ("x-amz-security-token", Known::Token(TokenName::Security)),
            ("x-amz-s3session-token", Known::Token(TokenName::S3Session)),
            ("x-amz-region-set", Known::RegionSet),
            ("x-amz-decoded-content-length", Known::DecodedLength),
            ("content-length", Known::ContentLength),
            ("content-type", Known::ContentType),
            ("content-md5", Known::ContentMd5),
            ("x-amz-target", Known::Amz),
            ("x-amz-", Known::Amz),
            ("x-amz-server-side-encryption-customer-key", Known::Amz),
            ("connection", Known::Connection),
            ("keep-alive", Known::Hop),
            ("proxy-connection", Known::Hop),
            ("proxy-authenticate", Known::Hop),
            ("proxy-authorization", Known::Hop),
            ("te", Known::Hop),
            ("trailer", Known::Hop),
            ("transfer-encoding", Known::Hop),
            ("upgrade", Known::Hop),
            ("http2-settings", Known::Hop),
            ("expect", Known::Expect),
            ("user-agent", Known::UserAgent),
            ("x-amzn-trace-id", Known::AmznTrace),
            ("traceparent", Known::TraceContext),
            ("tracestate", Known::TraceContext),
            ("cookie", Known::Cookie),
            ("set-cookie", Known::Cookie),
            ("x-http-method-override", Known::MethodOverride),
            ("x-http-method", Known::MethodOverride),
            ("x-method-override", Known::MethodOverride),
            ("forwarded", Known::Forwarding),
            ("via", Known::Forwarding),
            ("x-real-ip", Known::Forwarding),
            ("true-client-ip", Known::Forwarding),
            ("x-forwarded-for", Known::Forwarding),
            ("cf-ray", Known::Forwarding),
            ("x-envoy-a-name-of-more-than-thirty-two-bytes", Known::Forwarding),
            ("x-original-host", Known::Forwarding),
            ("x-awsaccess-x", Known::Forwarding),
            ("x-amzn-requestid", Known::Other),
            ("x-amz", Known::Other),
            ("", Known::Other),
        ];
        for (name, expected) in known {
            assert_eq!(Known::of(name.as_bytes()), expected, "{name}");
            assert_eq!(Known::of(name.to_uppercase().as_bytes()), expected, "{name}");
            let longer = format!("{name}z");
            let is_prefix = matches!(expected, Known::Amz | Known::Forwarding) && name.contains('-');
            if !is_prefix {
                assert!(!matches!(Known::of(longer.as_bytes()), Known::Host | Known::Hop), "{longer}");
            }
        }
    }

    #[test]
    fn names_order_as_their_lower_case_forms() {
        let names = [
            "a",
            "A-",
            "ab",
            "x-amz-date",
            "X-Amz-Meta-Aaaaaaaaaa",
            "x-amz-meta-aaaaaaaaab",
            "x-amz-meta-aaaaaa",
        ];
        for a in names {
            for b in names {
                let (one, two) = (Field::new(a.as_bytes(), b""), Field::new(b.as_bytes(), b""));
                assert_eq!(one.compare(&two), a.to_lowercase().cmp(&b.to_lowercase()), "{a} {b}");
                assert_eq!(one.is_named_as(&two), a.eq_ignore_ascii_case(b));
            }
        }
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
