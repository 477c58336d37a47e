//! What the names of header fields mean.

use super::name::{Name, lower};

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

/// The names that are known whole. Some mean no more than others do, and are here since every client sends them: a name
/// that is found here has been looked through by that.
const NAMES: [(&str, Known); 48] = [
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
    ("x-amz-target", Known::Amz),
    ("x-amz-user-agent", Known::Amz),
    ("x-amz-trailer", Known::Amz),
    ("x-amz-account-id", Known::Amz),
    ("x-amz-copy-source", Known::Amz),
    ("accept", Known::Other),
    ("accept-encoding", Known::Other),
    ("amz-sdk-invocation-id", Known::Other),
    ("amz-sdk-request", Known::Other),
    ("content-encoding", Known::Other),
    ("range", Known::Other),
    ("smithy-protocol", Known::Other),
];

/// A beginning of names, of at most sixteen bytes.
struct Prefix {
    key: u128,
    mask: u128,
    known: Known,
}

impl Prefix {
    const fn new(text: &str, known: Known) -> Self {
        Self { key: const_key(text.as_bytes()), mask: u128::MAX << (128 - 8 * text.len()), known }
    }

    const fn begins(&self, key: u128) -> bool {
        key & self.mask == self.key
    }
}

static PREFIXES: [Prefix; 6] = [
    Prefix::new("x-amz-", Known::Amz),
    Prefix::new("x-forwarded-", Known::Forwarding),
    Prefix::new("cf-", Known::Forwarding),
    Prefix::new("x-envoy-", Known::Forwarding),
    Prefix::new("x-original-", Known::Forwarding),
    Prefix::new("x-awsaccess-", Known::Forwarding),
];

/// A multiplier that gives each of these names a slot of its own, found when this is compiled; and the slots.
const MIX: u64 = {
    let mut mix = 0x9e37_79b9_7f4a_7c15;
    while !fits(mix) {
        mix = mix.wrapping_mul(5) | 1;
    }
    mix
};
static SLOTS: [u8; 256] = fill(MIX).0;

const fn slot(key: u128, mix: u64) -> usize {
    let folded = (key >> 64) as u64 ^ (key as u64).rotate_left(29);
    (folded.wrapping_mul(mix) >> 56) as usize
}

#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
const fn fill(mix: u64) -> ([u8; 256], bool) {
    let mut slots = [u8::MAX; 256];
    let mut at = 0;
    while at < NAMES.len() {
        let slot = slot(const_key(NAMES[at].0.as_bytes()), mix);
        if slots[slot] != u8::MAX {
            return (slots, false);
        }
        slots[slot] = at as u8;
        at += 1;
    }
    (slots, true)
}

const fn fits(mix: u64) -> bool {
    fill(mix).1
}

#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
pub(super) const fn const_key(name: &[u8]) -> u128 {
    let mut key = 0;
    let mut at = 0;
    while at < 16 {
        key = key << 8 | if at < name.len() { name[at] as u128 } else { 0 };
        at += 1;
    }
    key
}

/// A name as it is held against another: its first sixteen bytes, its length and its last sixteen. None is longer than both.
struct Whole {
    key: u128,
    length: usize,
    end: u128,
    known: Known,
    /// How many of these names come before it.
    place: u8,
}

#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
static WHOLE: [Whole; NAMES.len()] = {
    let mut table =
        [const { Whole { key: 0, length: 0, end: 0, known: Known::Other, place: 0 } }; NAMES.len()];
    // Sets of places are the bits of a word.
    assert!(NAMES.len() <= 64);
    let mut at = 0;
    while at < NAMES.len() {
        let (name, known) = NAMES[at];
        let (name, length) = (name.as_bytes(), name.len());
        assert!(length <= 32);
        let (_, end) = name.split_at(length.saturating_sub(16));
        table[at] = Whole { key: const_key(name), length, end: const_key(end), known, place: place(name) };
        at += 1;
    }
    table
};

/// How many names that are known whole come before a name.
#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
pub(crate) const fn place(name: &[u8]) -> u8 {
    let (mut place, mut at) = (0, 0);
    while at < NAMES.len() {
        let other = NAMES[at].0.as_bytes();
        let mut same = 0;
        while same < other.len() && same < name.len() && other[same] == name[same] {
            same += 1;
        }
        let is_before = if same < other.len() {
            same < name.len() && other[same] < name[same]
        } else {
            other.len() < name.len()
        };
        if is_before {
            place += 1;
        }
        at += 1;
    }
    place
}

impl Known {
    /// What a name means that is known whole, and its place among those: compared with its case, or without.
    #[inline]
    pub(super) fn whole(name: &Name<'_>, with_case: bool) -> Option<(Self, u8)> {
        let at = SLOTS.get(slot(name.key, MIX)).copied().unwrap_or_default();
        let Whole { key, length, end, known, place } = WHOLE.get(usize::from(at))?;
        if *key != name.key || *length != name.text.len() {
            return None;
        }
        let Some(sent) = name.text.last_chunk::<16>() else { return Some((*known, *place)) };
        let sent = u128::from_be_bytes(*sent);
        (*end == if with_case { sent } else { lower(sent) }).then_some((*known, *place))
    }

    /// What a name means that is not known whole, by its beginning.
    pub(super) fn of_prefix(key: u128) -> Self {
        // Each begins with `x` or `c`, and few names do.
        if !matches!((key >> 120) as u8, b'x' | b'c') {
            return Self::Other;
        }
        PREFIXES.iter().find(|prefix| prefix.begins(key)).map_or(Self::Other, |prefix| prefix.known)
    }

    /// A bit for each name that can only occur once in a request that is verified; none for others.
    pub(crate) const fn singleton_bit(self) -> u32 {
        match self {
            Self::Authorization => 1,
            Self::Host => 1 << 1,
            Self::AmzDate => 1 << 2,
            Self::Date => 1 << 3,
            Self::ContentSha256 => 1 << 4,
            Self::Token(TokenName::Security) => 1 << 5,
            Self::Token(TokenName::S3Session) => 1 << 6,
            Self::RegionSet => 1 << 7,
            Self::DecodedLength => 1 << 8,
            Self::ContentLength => 1 << 9,
            Self::ContentType => 1 << 10,
            _ => 0,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_in_the_order_of_the_names() {
        for (one, _) in NAMES {
            for (two, _) in NAMES {
                assert_eq!(place(one.as_bytes()).cmp(&place(two.as_bytes())), one.cmp(two), "{one} {two}");
            }
            assert_eq!(Name::new(one.as_bytes()).place(), Some(place(one.as_bytes())));
            assert_eq!(Name::new(one.to_uppercase().as_bytes()).place(), Some(place(one.as_bytes())));
        }
        assert_eq!(Name::new(b"x-amz-meta-a").place(), None);
    }
}
