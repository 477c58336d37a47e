//! The head of an HTTP request, as raw bytes, borrowed to sign or verify.

use std::fmt;

use super::head::HeaderBuf;
use super::header::Name;

/// A request's method, target and headers, borrowed from whatever type holds them.
///
/// The target is the request target exactly as it is, or will be, on the wire: `/path?query`, or an absolute
/// URL, whose authority then stands in for a missing `Host`. Nothing is decoded.
///
/// ```
/// use awsaccess::sigv4::Request;
/// let headers = [("Host", "sts.amazonaws.com")];
/// let request = Request::new("GET", b"/?Action=GetCallerIdentity&Version=2011-06-15", &headers);
/// assert_eq!(request.path(), b"/");
/// ```
#[derive(Clone, Copy)]
pub struct Request<'a> {
    method: &'a str,
    /// `https://host`, of an absolute target.
    origin: Option<&'a [u8]>,
    authority: Option<&'a [u8]>,
    target: &'a [u8],
    /// Where in the target the path ends.
    path: usize,
    headers: Headers<'a>,
}

impl<'a> Request<'a> {
    /// Borrows a request. `headers` is a list of pairs (of text or of bytes) or an [`http::HeaderMap`].
    pub fn new(
        method: &'a str,
        target: &'a (impl AsRef<[u8]> + ?Sized),
        headers: impl Into<Headers<'a>>,
    ) -> Self {
        let (origin, authority, target) = split_absolute(target.as_ref());
        Self { method, origin, authority, target, path: path_end(target), headers: headers.into() }
    }

    /// A request that was taken apart before: target and the end of its path.
    pub(crate) const fn of_parts(
        method: &'a str,
        authority: Option<&'a [u8]>,
        (target, path): (&'a [u8], usize),
        headers: Headers<'a>,
    ) -> Self {
        Self { method, origin: None, authority, target, path, headers }
    }

    /// The method, as it is.
    #[must_use]
    pub const fn method(&self) -> &'a str {
        self.method
    }

    /// The target in origin form: path and query.
    #[must_use]
    pub const fn target(&self) -> &'a [u8] {
        self.target
    }

    /// The target up to the first `?`.
    #[must_use]
    pub fn path(&self) -> &'a [u8] {
        self.target.get(..self.path).unwrap_or_default()
    }

    /// What follows the first `?`; empty where there is none.
    #[must_use]
    pub fn query(&self) -> &'a [u8] {
        self.target.get(self.path + 1..).unwrap_or_default()
    }

    /// The headers in the order given.
    #[must_use]
    pub const fn headers(&self) -> Headers<'a> {
        self.headers
    }

    /// The value of the `Host` header, or else the authority of the target (`:authority` in HTTP/2).
    #[must_use]
    pub fn host(&self) -> Option<&'a [u8]> {
        self.headers.first("host").or(self.authority)
    }

    /// The authority that the target named, without its scheme's default port.
    pub(crate) const fn authority(&self) -> Option<&'a [u8]> {
        self.authority
    }

    /// Scheme and authority as they stand before the path of an absolute target.
    pub(crate) const fn origin(&self) -> Option<&'a [u8]> {
        self.origin
    }
}

impl<'a> From<&'a http::request::Parts> for Request<'a> {
    fn from(parts: &'a http::request::Parts) -> Self {
        let target: &[u8] = parts.uri.path_and_query().map_or(b"/", |target| target.as_str().as_bytes());
        Self {
            method: parts.method.as_str(),
            origin: None,
            authority: parts.uri.authority().map(|authority| authority.as_str().as_bytes()),
            target,
            path: path_end(target),
            headers: Headers::Map(&parts.headers),
        }
    }
}

fn path_end(target: &[u8]) -> usize {
    memchr::memchr(b'?', target).unwrap_or(target.len())
}

/// `https://host:443/path` into `https://host:443`, `host` and `/path`; a target that starts otherwise is left
/// alone.
fn split_absolute(target: &[u8]) -> (Option<&[u8]>, Option<&[u8]>, &[u8]) {
    let schemes =
        [(&b"https://"[..], &b":443"[..]), (b"http://", b":80"), (b"wss://", b":443"), (b"ws://", b":80")];
    let found = schemes.into_iter().find_map(|(scheme, port)| {
        let (start, rest) = target.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some((scheme, port, rest))
    });
    let Some((scheme, port, rest)) = found else { return (None, None, target) };
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, b""));
    let origin = target.get(..scheme.len() + end);
    (origin, Some(authority.strip_suffix(port).unwrap_or(authority)), path)
}

/// A list of header fields, whichever type holds it. Repeated names keep their order.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Headers<'a> {
    /// Pairs of borrowed text.
    Text(&'a [(&'a str, &'a str)]),
    /// Pairs of borrowed bytes.
    Bytes(&'a [(&'a [u8], &'a [u8])]),
    /// Pairs of owned text.
    OwnedText(&'a [(String, String)]),
    /// Pairs of owned bytes.
    OwnedBytes(&'a [(Vec<u8>, Vec<u8>)]),
    /// A map of the `http` crate.
    Map(&'a http::HeaderMap),
    /// The snapshot that a claim keeps.
    Snapshot(&'a HeaderBuf),
}

impl<'a> Headers<'a> {
    /// Calls `visit` with each name and value, in order.
    pub fn each(&self, mut visit: impl FnMut(&'a [u8], &'a [u8])) {
        match *self {
            Self::Text(pairs) => pairs.iter().for_each(|(n, v)| visit(n.as_bytes(), v.as_bytes())),
            Self::Bytes(pairs) => pairs.iter().for_each(|(n, v)| visit(n, v)),
            Self::OwnedText(pairs) => pairs.iter().for_each(|(n, v)| visit(n.as_bytes(), v.as_bytes())),
            Self::OwnedBytes(pairs) => pairs.iter().for_each(|(n, v)| visit(n, v)),
            Self::Map(map) => map.iter().for_each(|(n, v)| visit(n.as_str().as_bytes(), v.as_bytes())),
            Self::Snapshot(buf) => buf.iter().for_each(|(n, v)| visit(n, v)),
        }
    }

    /// Calls `visit` with the place and the value of each field whose name is known whole and is one of those, in order.
    /// There is a bit for each place.
    pub(crate) fn each_of(&self, names: u64, mut visit: impl FnMut(u8, &'a [u8])) {
        if let Self::Snapshot(buf) = *self {
            return buf.each_of(names, visit);
        }
        self.each(|name, value| {
            if let Some(place) = Name::new(name).place().filter(|place| names >> place & 1 == 1) {
                visit(place, value);
            }
        });
    }

    /// The first value of `name`, compared without case.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&'a [u8]> {
        let mut found = None;
        self.each(|n, v| {
            if found.is_none() && n.eq_ignore_ascii_case(name.as_bytes()) {
                found = Some(v);
            }
        });
        found
    }

    /// How many fields bear `name`, compared without case.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        let mut count = 0;
        self.each(|n, _| count += usize::from(n.eq_ignore_ascii_case(name.as_bytes())));
        count
    }
}

impl<'a, const N: usize> From<&'a [(&'a str, &'a str); N]> for Headers<'a> {
    fn from(pairs: &'a [(&'a str, &'a str); N]) -> Self {
        Self::Text(pairs)
    }
}

impl<'a> From<&'a [(&'a str, &'a str)]> for Headers<'a> {
    fn from(pairs: &'a [(&'a str, &'a str)]) -> Self {
        Self::Text(pairs)
    }
}

impl<'a> From<&'a [(&'a [u8], &'a [u8])]> for Headers<'a> {
    fn from(pairs: &'a [(&'a [u8], &'a [u8])]) -> Self {
        Self::Bytes(pairs)
    }
}

impl<'a> From<&'a [(String, String)]> for Headers<'a> {
    fn from(pairs: &'a [(String, String)]) -> Self {
        Self::OwnedText(pairs)
    }
}

impl<'a> From<&'a [(Vec<u8>, Vec<u8>)]> for Headers<'a> {
    fn from(pairs: &'a [(Vec<u8>, Vec<u8>)]) -> Self {
        Self::OwnedBytes(pairs)
    }
}

impl<'a> From<&'a Vec<(&'a str, &'a str)>> for Headers<'a> {
    fn from(pairs: &'a Vec<(&'a str, &'a str)>) -> Self {
        Self::Text(pairs)
    }
}

impl<'a> From<&'a Vec<(&'a [u8], &'a [u8])>> for Headers<'a> {
    fn from(pairs: &'a Vec<(&'a [u8], &'a [u8])>) -> Self {
        Self::Bytes(pairs)
    }
}

impl<'a> From<&'a Vec<(String, String)>> for Headers<'a> {
    fn from(pairs: &'a Vec<(String, String)>) -> Self {
        Self::OwnedText(pairs)
    }
}

impl<'a> From<&'a Vec<(Vec<u8>, Vec<u8>)>> for Headers<'a> {
    fn from(pairs: &'a Vec<(Vec<u8>, Vec<u8>)>) -> Self {
        Self::OwnedBytes(pairs)
    }
}

impl<'a> From<&'a http::HeaderMap> for Headers<'a> {
    fn from(map: &'a http::HeaderMap) -> Self {
        Self::Map(map)
    }
}

impl<'a> From<&'a HeaderBuf> for Headers<'a> {
    fn from(headers: &'a HeaderBuf) -> Self {
        Self::Snapshot(headers)
    }
}

/// Method and path only: headers and query hold signatures and tokens.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &String::from_utf8_lossy(self.path()))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absolute_target_gives_the_host() {
        let none: [(&str, &str); 0] = [];
        let request = Request::new("GET", "https://Example.com:8443/a?b", &none);
        assert_eq!(request.host(), Some(&b"Example.com:8443"[..]));
        assert_eq!((request.path(), request.query()), (&b"/a"[..], &b"b"[..]));
        let request = Request::new("GET", "https://example.com?b", &none);
        assert_eq!((request.path(), request.query()), (&b""[..], &b"b"[..]));
        let request = Request::new("GET", "/https://x", &[("Host", "h")]);
        assert_eq!((request.host(), request.path()), (Some(&b"h"[..]), &b"/https://x"[..]));
    }

    #[test]
    fn http_parts_are_borrowed() {
        let (parts, ()) = http::Request::builder()
            .uri("https://h/a/%2F?x=1")
            .header("A", "1")
            .body(())
            .unwrap()
            .into_parts();
        let request = Request::from(&parts);
        assert_eq!((request.host(), request.target()), (Some(&b"h"[..]), &b"/a/%2F?x=1"[..]));
    }
}
