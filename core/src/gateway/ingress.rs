//! Admission: what a request must be before anybody asks whose it is.
//!
//! Whatever two parsers on the way could read in two ways is refused here: repeated singletons, lengths in conflict,
//! names and values that are no header fields, targets in unusual forms, and hosts that differ between CONNECT, TLS
//! and the request itself.

use std::borrow::Cow;

use super::refusal::{Refusal, RefusalKind};
use crate::partition::HostName;
use crate::sigv4::{self, Field, Fields, Known, Request, is_valid_name};

/// Room for the fields of nearly every head.
const FIELDS: usize = 24;

/// The head of a request as the host's HTTP parser gives it.
///
/// It is lent: what is kept of a request is copied when it is known to be worth it.
#[derive(Clone, PartialEq, Eq)]
pub struct Head<'a> {
    /// The method.
    pub method: &'a str,
    /// The request target, as on the wire.
    pub target: Cow<'a, [u8]>,
    /// The header fields, in order.
    pub headers: Vec<(&'a [u8], &'a [u8])>,
    /// Whether it came over HTTP/2 (or later), where `:authority` may stand for the host.
    pub http2: bool,
    /// HTTP/2's `:authority`.
    pub authority: Option<&'a [u8]>,
    /// Whether HTTP/2's framing said with the head that no body follows.
    pub ended: bool,
}

impl<'a> Head<'a> {
    /// A head that came over HTTP/1. `headers` is a list of pairs (of text or of bytes) or an [`http::HeaderMap`].
    pub fn new(
        method: &'a str,
        target: impl Into<Cow<'a, [u8]>>,
        headers: impl Into<sigv4::Headers<'a>>,
    ) -> Self {
        let mut fields = Vec::with_capacity(FIELDS);
        headers.into().each(|name, value| fields.push((name, value)));
        Self { method, target: target.into(), headers: fields, http2: false, authority: None, ended: false }
    }

    /// The same head as one that came over HTTP/2 (or later): with its `:authority`, and whether no body follows.
    #[must_use]
    pub const fn over_http2(mut self, authority: Option<&'a [u8]>, ended: bool) -> Self {
        (self.http2, self.authority, self.ended) = (true, authority, ended);
        self
    }

    /// What is to be signed or identified.
    pub(super) fn request(&self) -> Request<'_> {
        Request::new(self.method, &self.target, &self.headers)
    }

    /// The values of the fields of that name.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let same = move |(other, _): &&(&[u8], &[u8])| other.eq_ignore_ascii_case(name.as_bytes());
        self.headers.iter().filter(same).map(|(_, value)| *value)
    }
}

/// The way that a request came in by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Arrival {
    /// Through CONNECT and a TLS session that was ended here.
    Intercepted {
        /// The authority of CONNECT.
        authority: HostName,
        /// The server name of the TLS session.
        sni: Option<HostName>,
    },
    /// Straight to the gateway, as the endpoint URL that the client was given: by TLS that the host has ended, or by a
    /// socket that no network leads to.
    EndpointUrl,
    /// The same by plain HTTP at an address: what is not signed, whoever comes between may change.
    PlainEndpointUrl,
}

/// Bounds of a head, and of what may be held in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the target.
    pub target: usize,
    /// Bytes of all header fields together.
    pub headers: usize,
    /// Number of header fields.
    pub fields: usize,
    /// Names in `SignedHeaders`.
    pub signed_headers: usize,
    /// Bytes of a body that must be held whole: one without a declared hash, or a form, which names its operation.
    pub body: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { target: 16 << 10, headers: 64 << 10, fields: 128, signed_headers: 64, body: 70 << 20 }
    }
}

/// How the length of the body is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyLength {
    /// There is none.
    Empty,
    /// `Content-Length`.
    Known(u64),
    /// `Transfer-Encoding: chunked`, or HTTP/2 without a length.
    Unknown,
}

/// What a head that has passed says.
pub(super) struct Admitted {
    pub(super) host: HostName,
    pub(super) length: BodyLength,
}

/// Header fields that may stand once only.
const SINGLETONS: [&str; 16] = [
    "authorization",
    "content-length",
    "content-type",
    "date",
    "expect",
    "host",
    "smithy-protocol",
    "transfer-encoding",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-region-set",
    "x-amz-s3session-token",
    "x-amz-security-token",
    "x-amz-target",
];

/// Lets a head pass, and brings it into its one form. Its fields are looked at here, once for all that comes after.
pub(super) fn admit<'a>(
    head: &mut Head<'a>,
    fields: &mut Fields<'a>,
    arrival: &Arrival,
    limits: &Limits,
) -> Result<Admitted, Refusal> {
    check_sizes(head, limits)?;
    check_method(head)?;
    head.headers.iter().for_each(|(name, value)| Field::push(fields, name, value));
    check_fields(fields)?;
    check_http2(head)?;
    let host = host(head, fields, arrival)?;
    origin_form(head, &host)?;
    check_target(&head.target)?;
    check_connection(fields)?;
    let length = length(head, fields)?;
    // What a client signs as `host` or `:authority` is one thing from here on.
    if let Some(authority) = head.authority.take().filter(|_| values(fields, Known::Host).next().is_none()) {
        head.headers.push((b"host", authority));
        Field::push(fields, b"host", authority);
    }
    let expectation = values(fields, Known::Expect).any(|value| !value.eq_ignore_ascii_case(b"100-continue"));
    if expectation {
        return Err(Refusal::new(
            RefusalKind::Expectation,
            "expect asks for something else than 100-continue",
        ));
    }
    Ok(Admitted { host, length })
}

/// Encoded NUL and line breaks in the path: only S3 has keys that may hold them.
pub(super) fn check_path_escapes(target: &[u8]) -> Result<(), Refusal> {
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    let bad = path.windows(3).any(|w| matches!(w, b"%00" | b"%0a" | b"%0A" | b"%0d" | b"%0D"));
    if bad { Err(malformed("the path has an encoded nul or line break")) } else { Ok(()) }
}

/// The values of the fields of a kind.
fn values<'a>(fields: &[Field<'a>], known: Known) -> impl Iterator<Item = &'a [u8]> {
    fields.iter().filter(move |field| field.known == known).map(|field| field.value)
}

#[cold]
fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new(RefusalKind::Malformed, message)
}

fn check_sizes(head: &Head<'_>, limits: &Limits) -> Result<(), Refusal> {
    let bytes = head.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>();
    let over = if head.target.len() > limits.target {
        Some("target")
    } else if head.headers.len() > limits.fields {
        Some("number of header fields")
    } else if bytes > limits.headers {
        Some("header block")
    } else {
        None
    };
    over.map_or(Ok(()), |what| {
        Err(Refusal::new(RefusalKind::HeadTooLarge, format!("the {what} is larger than the gateway takes")))
    })
}

fn check_method(head: &Head<'_>) -> Result<(), Refusal> {
    if !is_valid_name(head.method.as_bytes()) {
        return Err(malformed("the method is not an http method"));
    }
    if ["CONNECT", "TRACE"].iter().any(|method| head.method.eq_ignore_ascii_case(method)) {
        return Err(malformed("this method is not passed on"));
    }
    Ok(())
}

fn check_fields(fields: &[Field<'_>]) -> Result<(), Refusal> {
    for field in fields {
        if !field.name.is_valid() {
            return Err(malformed("a header name has a character that no header name has"));
        }
        // A folded line still has its line break here; HTAB is the one control character that may stay.
        if field.has_control() {
            return Err(malformed("a header value has a control character"));
        }
    }
    match repeated(fields) {
        Some(own) => Err(malformed(format!("the header {own} is there twice"))),
        None => Ok(()),
    }
}

/// The name that may stand once only, and stands here again.
fn repeated(fields: &[Field<'_>]) -> Option<&'static str> {
    // All of them are known whole; nearly always, no name that is so known is there again.
    let mut seen = 0u64;
    let again = fields.iter().filter_map(|field| field.name.place()).fold(false, |again, place| {
        let is_again = seen >> place & 1 == 1;
        seen |= 1 << place;
        again | is_again
    });
    if again { repeated_singleton(fields) } else { None }
}

#[cold]
fn repeated_singleton(fields: &[Field<'_>]) -> Option<&'static str> {
    let mut seen = [false; SINGLETONS.len()];
    fields.iter().find_map(|field| {
        let mut singletons = SINGLETONS.iter().zip(&mut seen);
        let (own, seen) = singletons.find(|(own, _)| field.name.text.eq_ignore_ascii_case(own.as_bytes()))?;
        std::mem::replace(seen, true).then_some(*own)
    })
}

/// Header fields that belong to an HTTP/1 connection: over HTTP/2 they could only mislead a hop of HTTP/1 behind us
/// ([RFC 9113, section 8.2.2](https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2)).
const HTTP1_ONLY: &[&str] =
    &["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "http2-settings"];

fn check_http2(head: &Head<'_>) -> Result<(), Refusal> {
    if !head.http2 {
        return Ok(());
    }
    if let Some(name) = HTTP1_ONLY.iter().find(|name| head.values(name).next().is_some()) {
        return Err(malformed(format!("http/2 has no {name}")));
    }
    if head.values("te").any(|value| !value.eq_ignore_ascii_case(b"trailers")) {
        return Err(malformed("te over http/2 says something else than trailers"));
    }
    if head.headers.iter().any(|(name, _)| name.iter().any(u8::is_ascii_uppercase)) {
        return Err(malformed("a header name over http/2 has a capital letter"));
    }
    Ok(())
}

/// The one host that the request names, which must be the one that CONNECT and TLS named.
fn host(head: &Head<'_>, fields: &[Field<'_>], arrival: &Arrival) -> Result<HostName, Refusal> {
    let field = values(fields, Known::Host).next();
    let text = match (field, head.authority.filter(|_| head.http2)) {
        (Some(host), Some(authority)) if !host.eq_ignore_ascii_case(authority) => {
            return Err(Refusal::new(RefusalKind::HostMismatch, "host and :authority differ"));
        }
        (Some(host), _) | (None, Some(host)) => host,
        (None, None) => return Err(malformed("the host header is missing")),
    };
    let Arrival::Intercepted { authority, sni } = arrival else {
        // Our own listener: an address is as good a name as any, and the signature covers it as it is.
        return HostName::parse(text).or_else(|_| listener(text));
    };
    let refused = |why: String| Err(Refusal::new(RefusalKind::HostNotAllowed, why));
    // Nearly always the one that CONNECT named, letter by letter, with which all was done that is done with a host.
    let is_same = text == authority.name().as_bytes() && matches!(authority.port(), None | Some(443));
    let parsed = if is_same { Ok(authority.clone()) } else { HostName::parse(text) };
    let host = match parsed {
        Ok(host) => host,
        Err(why) => return refused(why.to_string()),
    };
    if host.port().unwrap_or(443) != authority.port().unwrap_or(443) {
        return Err(Refusal::new(RefusalKind::HostMismatch, "the port of the host is not that of connect"));
    }
    if host.name() != authority.name() {
        return Err(Refusal::new(RefusalKind::HostMismatch, "the host is not the one that connect named"));
    }
    if sni.as_ref().is_none_or(|sni| sni.name() != host.name()) {
        return Err(Refusal::new(
            RefusalKind::HostMismatch,
            "the host is not the server name of the tls session",
        ));
    }
    Ok(host)
}

/// `127.0.0.1:8080` and `[::1]:8080`, the forms in which a listener's own address arrives.
fn listener(text: &[u8]) -> Result<HostName, Refusal> {
    let text = std::str::from_utf8(text).unwrap_or_default();
    let address = text.parse::<std::net::SocketAddr>().map(|socket| socket.ip());
    let address = address.or_else(|_| text.parse()).or_else(|_| text.trim_matches(['[', ']']).parse());
    match address {
        // The name only says that this is the listener; the route is found from the scope.
        Ok(_) => HostName::parse(b"localhost").map_err(|why| malformed(why.to_string())),
        Err(_) => Err(malformed("the host header is neither a name nor an address")),
    }
}

/// An absolute target is cut down to path and query if its authority is the host; other forms are refused.
fn origin_form(head: &mut Head<'_>, host: &HostName) -> Result<(), Refusal> {
    if head.target.starts_with(b"/") {
        return Ok(());
    }
    let rest = head.target.strip_prefix(b"https://").or_else(|| head.target.strip_prefix(b"http://"));
    let Some(rest) = rest else { return Err(malformed("the target does not begin with a slash")) };
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, b""));
    if HostName::parse(authority).is_ok_and(|named| named.name() == host.name()) {
        let slash: &[u8] = if path.starts_with(b"/") { b"" } else { b"/" };
        head.target = [slash, path].concat().into();
        Ok(())
    } else {
        Err(Refusal::new(RefusalKind::HostMismatch, "the target names another host than the host header"))
    }
}

fn check_target(target: &[u8]) -> Result<(), Refusal> {
    if let Some(bad) = target.iter().find(|byte| !(0x21..0x7f).contains(*byte)) {
        return Err(malformed(format!("the target has the raw byte {bad:#04x}; encode it as %{bad:02X}")));
    }
    if target.contains(&b'#') {
        return Err(malformed("the target has a fragment"));
    }
    let mut rest = target;
    while let Some(at) = memchr::memchr(b'%', rest) {
        let digits = rest.get(at + 1..at + 3);
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err(malformed("the target has a percent sign that starts no escape; encode it as %25"));
        }
        rest = rest.get(at + 3..).unwrap_or_default();
    }
    Ok(())
}

/// `Connection` must not take away what a signature or an authentication depends on.
fn check_connection(fields: &[Field<'_>]) -> Result<(), Refusal> {
    for value in values(fields, Known::Connection) {
        for name in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            let name = name.to_ascii_lowercase();
            if name.starts_with(b"x-amz-") || name == b"authorization" || name == b"host" {
                return Err(malformed("connection nominates a header that the authentication depends on"));
            }
        }
    }
    Ok(())
}

fn length(head: &Head<'_>, fields: &[Field<'_>]) -> Result<BodyLength, Refusal> {
    let length = values(fields, Known::ContentLength).next();
    let is_coding = |field: &&Field<'_>| {
        field.known == Known::Hop && field.name.text.eq_ignore_ascii_case(b"transfer-encoding")
    };
    let coding = fields.iter().find(is_coding).map(|field| field.value);
    match (length, coding) {
        (Some(_), Some(_)) => Err(malformed("content-length and transfer-encoding are both there")),
        (None, Some(coding)) if coding.eq_ignore_ascii_case(b"chunked") => Ok(BodyLength::Unknown),
        (None, Some(_)) => Err(malformed("transfer-encoding is something else than chunked")),
        (None, None) if head.http2 && !head.ended => Ok(BodyLength::Unknown),
        (None, None) => Ok(BodyLength::Empty),
        (Some(length), None) => {
            let digits = !length.is_empty() && length.iter().all(u8::is_ascii_digit);
            let number =
                std::str::from_utf8(length).ok().filter(|_| digits).and_then(|text| text.parse().ok());
            match number {
                Some(0) => Ok(BodyLength::Empty),
                Some(_) if head.ended => Err(malformed("content-length promises a body, and none follows")),
                Some(number) => Ok(BodyLength::Known(number)),
                None => Err(malformed("content-length is not a number")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn admit(head: &mut Head<'_>, arrival: &Arrival, limits: &Limits) -> Result<Admitted, Refusal> {
        super::admit(head, &mut Fields::new(), arrival, limits)
    }

    proptest! {
        #[test]
        fn what_is_there_twice_is_seen_in_haste(
            names in prop::collection::vec(prop::sample::select(NAMES.as_slice()), 0..8),
        ) {
            let mut fields = Fields::new();
            names.iter().for_each(|name| Field::push(&mut fields, name.as_bytes(), b""));
            prop_assert_eq!(repeated(&fields), repeated_singleton(&fields));
        }
    }

    /// Some that may stand once only, some others that are known whole, and some that are not.
    const NAMES: [&str; 9] = [
        "host",
        "Host",
        "x-amz-target",
        "X-Amz-Copy-Source",
        "x-amz-copy-source",
        "range",
        "accept",
        "x-amz-meta-a",
        "x-amz-meta-A",
    ];

    #[test]
    fn every_singleton_is_known_whole() {
        for name in SINGLETONS {
            assert!(Field::new(name.as_bytes(), b"").name.place().is_some(), "{name}");
        }
    }

    fn head<'a>(target: &'a str, headers: &'a [(&str, &str)]) -> Head<'a> {
        Head::new("GET", target.as_bytes(), headers)
    }

    fn through(name: &str) -> Arrival {
        let host = HostName::parse(name.as_bytes()).unwrap();
        Arrival::Intercepted { authority: host.clone(), sni: Some(host) }
    }

    fn refusal(mut head: Head<'_>) -> Option<(RefusalKind, String)> {
        let refusal = admit(&mut head, &through("sts.amazonaws.com"), &Limits::default()).err()?;
        Some((refusal.kind(), refusal.to_string()))
    }

    #[track_caller]
    fn kind(target: &str, headers: &[(&str, &str)]) -> Option<RefusalKind> {
        let mut all = vec![("Host", "sts.amazonaws.com")];
        all.extend_from_slice(headers);
        refusal(head(target, &all)).map(|(kind, _)| kind)
    }

    #[test]
    fn an_ordinary_request_passes() {
        assert_eq!(kind("/a%2Fb?x=%20&y", &[("Content-Length", "0"), ("Connection", "keep-alive")]), None);
        assert_eq!(kind("https://STS.amazonaws.com:443/x?y", &[]), None);
    }

    #[test]
    fn targets() {
        for target in [
            "",
            "*",
            "sts.amazonaws.com:443",
            "x",
            "ftp://sts.amazonaws.com/",
            "/a b",
            "/a\u{7f}",
            "/\u{e9}",
            "/a#b",
            "/%",
            "/%4",
            "/%G0",
            "/x?%zz",
            "/\0",
            "/a\r\nHost: x",
            "/a\tb",
        ] {
            assert_eq!(kind(target, &[]), Some(RefusalKind::Malformed), "{target:?}");
        }
        assert_eq!(kind("https://evil.example/", &[]), Some(RefusalKind::HostMismatch));
        assert!(check_path_escapes(b"/a%0d%0ab").is_err());
        assert!(check_path_escapes(b"/a?x=%0a").is_ok());
        for method in ["CONNECT", "TRACE", "connect", "", "GE T"] {
            let mut head = head("/", &[("Host", "sts.amazonaws.com")]);
            head.method = method;
            assert_eq!(refusal(head).map(|(kind, _)| kind), Some(RefusalKind::Malformed), "{method}");
        }
    }

    #[test]
    fn one_host_everywhere() {
        for host in ["s3.amazonaws.com", "sts.amazonaws.com.evil.example", "sts.amazonaws.com:8443"] {
            let found = refusal(head("/", &[("Host", host)])).map(|(kind, _)| kind);
            assert_eq!(found, Some(RefusalKind::HostMismatch), "{host}");
        }
        for host in
            ["", "169.254.169.254", "[::1]", "a@sts.amazonaws.com", "sts.amazonaws.com x", "2852039166"]
        {
            let found = refusal(head("/", &[("Host", host)])).map(|(kind, _)| kind);
            assert_eq!(found, Some(RefusalKind::HostNotAllowed), "{host}");
        }
        assert_eq!(refusal(head("/", &[])).map(|(kind, _)| kind), Some(RefusalKind::Malformed));
        assert_eq!(kind("/", &[("host", "sts.amazonaws.com")]), Some(RefusalKind::Malformed));
        for host in ["STS.amazonaws.com", "sts.amazonaws.com.", "sts.amazonaws.com:443"] {
            assert_eq!(refusal(head("/", &[("Host", host)])), None, "{host}");
        }
        let name = HostName::parse(b"sts.amazonaws.com").unwrap();
        for sni in [None, Some(HostName::parse(b"s3.amazonaws.com").unwrap())] {
            let arrival = Arrival::Intercepted { authority: name.clone(), sni };
            let found = admit(&mut head("/", &[("Host", "sts.amazonaws.com")]), &arrival, &Limits::default());
            assert_eq!(found.err().map(|why| why.kind()), Some(RefusalKind::HostMismatch));
        }
    }

    #[test]
    fn http2_names_its_host_once() {
        let mut two = head("/", &[]).over_http2(Some(b"sts.amazonaws.com"), true);
        assert_eq!(refusal(two.clone()), None);
        two.headers.push((b"host", b"s3.amazonaws.com"));
        assert_eq!(refusal(two.clone()).map(|(kind, _)| kind), Some(RefusalKind::HostMismatch));
        for authority in
            ["user@sts.amazonaws.com", "sts.amazonaws.com:8443", "s3.amazonaws.com", "", "sts.amazonaws.com/"]
        {
            let other = head("/", &[]).over_http2(Some(authority.as_bytes()), true);
            assert!(refusal(other).is_some(), "{authority}");
        }
        let nameless = head("/", &[]).over_http2(None, true);
        assert_eq!(refusal(nameless).map(|(kind, _)| kind), Some(RefusalKind::Malformed));
        // Over HTTP/1 there is no such thing.
        let mut one = head("/", &[]);
        one.authority = Some(b"sts.amazonaws.com");
        assert_eq!(refusal(one).map(|(kind, _)| kind), Some(RefusalKind::Malformed));
    }

    #[test]
    fn http2_carries_nothing_of_http1() {
        let kind = |headers: &[(&str, &str)], ended| {
            let mut two = head("/", headers).over_http2(Some(b"sts.amazonaws.com"), ended);
            admit(&mut two, &through("sts.amazonaws.com"), &Limits::default()).map(|admitted| admitted.length)
        };
        for headers in [
            &[("transfer-encoding", "chunked")][..],
            &[("connection", "x-other")],
            &[("keep-alive", "timeout=5")],
            &[("proxy-connection", "keep-alive")],
            &[("upgrade", "websocket")],
            &[("http2-settings", "AAMAAABkAARAAAAAAAIAAAAA")],
            &[("te", "chunked")],
            &[("X-Amz-Meta-A", "1")],
            &[("x-amz-meta-a", "1\r\nhost: evil.example")],
            &[("x-amz-meta-a", "1\n")],
            &[("x-amz-meta-a: 1", "1")],
            &[("x-amz meta", "1")],
            &[(":path", "/other")],
            &[("content-length", "5"), ("content-length", "5")],
        ] {
            let found = kind(headers, false).err().map(|why| why.kind());
            assert_eq!(found, Some(RefusalKind::Malformed), "{headers:?}");
        }
        assert_eq!(
            kind(&[("content-length", "5")], true).err().map(|why| why.kind()),
            Some(RefusalKind::Malformed)
        );
        assert_eq!(kind(&[("content-length", "5")], false).ok(), Some(BodyLength::Known(5)));
        assert_eq!(kind(&[("te", "trailers")], false).ok(), Some(BodyLength::Unknown));
        assert_eq!(kind(&[], true).ok(), Some(BodyLength::Empty));
    }

    #[test]
    fn lengths_cannot_be_smuggled() {
        for headers in [
            &[("Content-Length", "5"), ("Transfer-Encoding", "chunked")][..],
            &[("Content-Length", "5"), ("Content-Length", "5")],
            &[("Content-Length", "5"), ("content-length", "6")],
            &[("Content-Length", "+5")],
            &[("Content-Length", "5, 5")],
            &[("Content-Length", "")],
            &[("Content-Length", "0x5")],
            &[("Content-Length", "99999999999999999999")],
            &[("Transfer-Encoding", "gzip, chunked")],
            &[("Transfer-Encoding", "identity")],
            &[("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
        ] {
            assert_eq!(kind("/", headers), Some(RefusalKind::Malformed), "{headers:?}");
        }
    }

    #[test]
    fn fields_are_fields() {
        for headers in [
            &[("x y", "1")][..],
            &[("x:", "1")],
            &[("x ", "1")],
            &[("", "1")],
            &[("x", "a\r\n b")],
            &[("x", "a\nb")],
            &[("x", "a\rb")],
            &[("x", "a\0b")],
        ] {
            assert_eq!(kind("/", headers), Some(RefusalKind::Malformed), "{headers:?}");
        }
        for name in SINGLETONS {
            assert_eq!(kind("/", &[(name, "1"), (name, "1")]), Some(RefusalKind::Malformed), "{name}");
        }
        assert_eq!(kind("/", &[("x-amz-meta-a", "1"), ("x-amz-meta-a", "2")]), None);
    }

    #[test]
    fn hop_by_hop_headers_cannot_take_others_away() {
        for value in ["x-amz-date", "close, X-Amz-Security-Token", "Authorization", "keep-alive,host"] {
            assert_eq!(kind("/", &[("Connection", value)]), Some(RefusalKind::Malformed), "{value}");
        }
        assert_eq!(kind("/", &[("Connection", "close, x-other")]), None);
    }

    #[test]
    fn expectations_and_sizes() {
        assert_eq!(kind("/", &[("Expect", "100-Continue")]), None);
        assert_eq!(kind("/", &[("Expect", "200-ok")]), Some(RefusalKind::Expectation));
        assert_eq!(kind(&format!("/{}", "a".repeat(16 << 10)), &[]), Some(RefusalKind::HeadTooLarge));
        assert_eq!(kind("/", &[("x", &"a".repeat(64 << 10))]), Some(RefusalKind::HeadTooLarge));
        assert_eq!(kind("/", &[("x", "y"); 128]), Some(RefusalKind::HeadTooLarge));
    }

    #[test]
    fn the_listener_may_be_an_address() {
        for host in ["127.0.0.1:8080", "[::1]:8080", "[::1]", "::1", "localhost:8080", "gateway.internal:80"]
        {
            assert!(
                admit(&mut head("/", &[("Host", host)]), &Arrival::EndpointUrl, &Limits::default()).is_ok(),
                "{host}"
            );
        }
        for host in ["", "a b", "user@localhost"] {
            assert!(
                admit(&mut head("/", &[("Host", host)]), &Arrival::EndpointUrl, &Limits::default()).is_err(),
                "{host}"
            );
        }
    }
}
