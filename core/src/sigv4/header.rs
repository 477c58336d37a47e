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

/// The names that are known whole.
const NAMES: [(&str, Known); 36] = [
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

const fn const_key(name: &[u8]) -> u128 {
    let mut key = 0;
    let mut at = 0;
    while at < 16 {
        key = key << 8 | if at < name.len() { name[at] as u128 } else { 0 };
        at += 1;
    }
    key
}

/// The names as they are held against another: key and length, and what follows the key's bytes.
static WHOLE: [(u128, usize, &str, Known); NAMES.len()] = {
    let mut table = [(0, 0, "", Known::Other); NAMES.len()];
    let mut at = 0;
    while at < NAMES.len() {
        let (name, known) = NAMES[at];
        table[at] = (const_key(name.as_bytes()), name.len(), name, known);
        at += 1;
    }
    table
};

impl Known {
    fn of(name: &Name<'_>) -> Self {
        let at = SLOTS.get(slot(name.key, MIX)).copied().unwrap_or_default();
        if let Some((key, length, whole, known)) = WHOLE.get(usize::from(at))
            && *key == name.key
            && *length == name.text.len()
            && (*length <= 16 || name.text.eq_ignore_ascii_case(whole.as_bytes()))
        {
            return *known;
        }
        PREFIXES.iter().find(|prefix| prefix.begins(name.key)).map_or(Self::Other, |prefix| prefix.known)
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

/// A header name, looked at once.
#[derive(Clone, Copy)]
pub(crate) struct Name<'a> {
    pub(crate) text: &'a [u8],
    /// What its bytes are, as [`CLASSES`] has it.
    class: u8,
    /// The first sixteen bytes in lower case, as a number that orders as the name does.
    key: u128,
}

impl<'a> Name<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let mut name = Self::EMPTY;
        name.set(text);
        name
    }

    const EMPTY: Self = Self { text: b"", class: 0, key: 0 };

    fn set(&mut self, text: &'a [u8]) {
        let key = key(text);
        self.text = text;
        self.class = class(text);
        self.key = if self.class & UPPER == 0 { key } else { lower(key) };
    }

    /// Whether it is a token of RFC 9110, 5.6.2.
    pub(crate) const fn is_valid(&self) -> bool {
        self.class & NO_TOKEN == 0 && !self.text.is_empty()
    }

    pub(crate) const fn has_upper_case(&self) -> bool {
        self.class & UPPER != 0
    }

    pub(crate) fn known(&self) -> Known {
        Known::of(self)
    }

    /// Whether both are one name, compared without case.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.key == other.key
            && self.text.len() == other.text.len()
            && (self.text.len() <= 16 || self.text.eq_ignore_ascii_case(other.text))
    }

    /// Orders without regard to case, as the lower-case forms order.
    pub(crate) fn compare(&self, other: &Name<'_>) -> std::cmp::Ordering {
        self.key.cmp(&other.key).then_with(|| {
            if self.text.len() <= 16 && other.text.len() <= 16 {
                return self.text.len().cmp(&other.text.len());
            }
            let lower = u8::to_ascii_lowercase;
            self.text.iter().map(lower).cmp(other.text.iter().map(lower))
        })
    }

    /// Appends it in lower case.
    pub(crate) fn write(&self, out: &mut impl Sink) {
        out.put_start(self.key, self.text.len().min(16));
        let rest = self.text.get(16..).unwrap_or_default();
        if self.has_upper_case() { out.put_lower(rest) } else { out.put(rest) }
    }
}

/// A field, with what is looked at most.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) name: Name<'a>,
    pub(crate) value: &'a [u8],
    pub(crate) known: Known,
    /// Whether the value has neither blanks nor controls, as most have: nothing to collapse, nothing to refuse.
    solid: bool,
}

impl<'a> Field<'a> {
    pub(crate) fn new(name: &'a [u8], value: &'a [u8]) -> Self {
        let mut field = Self::EMPTY;
        field.set(name, value);
        field
    }

    const EMPTY: Self = Self { name: Name::EMPTY, value: b"", known: Known::Other, solid: false };

    fn set(&mut self, name: &'a [u8], value: &'a [u8]) {
        self.name.set(name);
        self.known = self.name.known();
        self.value = value;
        self.solid = is_solid(value);
    }

    /// Adds a field to a list. It is made in its place: to copy it right after it was made, by words that are wider than
    /// those it was made of, costs a processor as much as to make it.
    #[inline]
    pub(crate) fn push(fields: &mut Fields<'a>, name: &'a [u8], value: &'a [u8]) {
        fields.push(Self::EMPTY);
        if let Some(field) = fields.last_mut() {
            field.set(name, value);
        }
    }

    /// Whether name and value may be sent.
    pub(crate) fn is_valid(&self) -> bool {
        self.name.is_valid() && (self.solid || is_valid_value(self.value))
    }

    /// Appends the canonical value.
    pub(crate) fn write_value(&self, out: &mut impl Sink) {
        if self.solid { out.put(self.value) } else { canonical_value(out, self.value) }
    }

    /// Whether both are of one name.
    pub(crate) fn is_named_as(&self, other: &Self) -> bool {
        self.name.is(&other.name)
    }

    /// Orders by name.
    pub(crate) fn compare(&self, other: &Self) -> std::cmp::Ordering {
        self.name.compare(&other.name)
    }
}

/// What is known of a field, apart from its text.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    known: Known,
    solid: bool,
    class: u8,
    key: u128,
}

impl<'a> Field<'a> {
    /// What a look at the field has shown; with the same text, it gives the field again.
    pub(crate) const fn look(&self) -> Look {
        Look { known: self.known, solid: self.solid, class: self.name.class, key: self.name.key }
    }

    pub(crate) const fn again(name: &'a [u8], value: &'a [u8], look: Look) -> Self {
        let Look { known, solid, class, key } = look;
        Self { name: Name { text: name, class, key }, value, known, solid }
    }

    /// The same field with another value.
    pub(crate) fn with_value<'b>(&self, value: &'b [u8]) -> Field<'b>
    where
        'a: 'b,
    {
        Field { value, solid: is_solid(value), ..*self }
    }

    /// Whether nothing of the value is to be collapsed, replaced or refused.
    pub(crate) const fn is_solid(&self) -> bool {
        self.solid
    }
}

/// In no token of RFC 9110, 5.6.2.
const NO_TOKEN: u8 = 1;
/// `A` to `Z`.
const UPPER: u8 = 2;

static CLASSES: [u8; 256] = {
    let mut classes = [NO_TOKEN; 256];
    let mut byte = 0;
    while byte < 256 {
        if (byte as u8).is_ascii_uppercase() {
            classes[byte] = UPPER;
        } else if (byte as u8).is_ascii_alphanumeric() {
            classes[byte] = 0;
        }
        byte += 1;
    }
    let others = b"!#$%&'*+-.^_`|~";
    let mut at = 0;
    while at < others.len() {
        classes[others[at] as usize] = 0;
        at += 1;
    }
    classes
};

fn class(name: &[u8]) -> u8 {
    name.iter().fold(0, |class, byte| class | CLASSES.get(usize::from(*byte)).copied().unwrap_or(NO_TOKEN))
}

/// Whether `name` is a token of RFC 9110, 5.6.2.
pub(crate) fn is_valid_name(name: &[u8]) -> bool {
    class(name) & NO_TOKEN == 0 && !name.is_empty()
}

/// The first sixteen bytes as they are, zeros behind a shorter name: no name has a NUL.
fn key(name: &[u8]) -> u128 {
    match (name.first_chunk::<16>(), name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), ..) => u128::from_be_bytes(*first),
        (_, Some(first), Some(last)) => {
            // The last bytes without those that the first word holds, to the left of the second word.
            let tail = u64::from_be_bytes(*last).checked_shl(8 * (16 - name.len() as u32)).unwrap_or(0);
            u128::from(u64::from_be_bytes(*first)) << 64 | u128::from(tail)
        }
        _ => {
            let padded = name.iter().fold(0u64, |key, byte| key << 8 | u64::from(*byte));
            u128::from(padded) << (128 - 8 * name.len().clamp(1, 8))
        }
    }
}

/// `A` to `Z` made `a` to `z`, all bytes at once: the high bit of each byte that is one of them, moved to its place.
const fn lower(key: u128) -> u128 {
    const EACH: u128 = u128::MAX / 255;
    let low = key & (EACH * 0x7f);
    let from_a = low + EACH * (0x80 - b'A' as u128);
    let past_z = low + EACH * (0x7f - b'Z' as u128);
    key | ((from_a ^ past_z) & !key & (EACH * 0x80)) >> 2
}

/// Fields on the stack; more than a client ever sends move to the heap.
pub(crate) type Fields<'a> = smallvec::SmallVec<[Field<'a>; 24]>;

/// Appends `value` trimmed, each run of spaces, tabs and folds (RFC 9112, 5.2) inside it made one space.
pub(crate) fn canonical_value(out: &mut impl Sink, value: &[u8]) {
    let value = trim(value);
    if is_plain(value) {
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

/// Whether no byte is a space or below it, told in one pass that does not stop.
fn is_solid(value: &[u8]) -> bool {
    value.iter().fold(0, |found, byte| found | u8::from(*byte <= b' ')) == 0
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
            assert_eq!(Name::new(name.as_bytes()).known(), expected, "{name}");
            assert_eq!(Name::new(name.to_uppercase().as_bytes()).known(), expected, "{name}");
            let longer = format!("{name}z");
            let is_prefix = matches!(expected, Known::Amz | Known::Forwarding) && name.contains('-');
            if !is_prefix {
                assert!(
                    !matches!(Name::new(longer.as_bytes()).known(), Known::Host | Known::Hop),
                    "{longer}"
                );
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
