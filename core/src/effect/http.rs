//! HTTP: one request and its reply, and the addresses of a name.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use zeroize::Zeroizing;

use super::Effect;
use crate::error::one_line;
use crate::secret::Secret;

/// One request. The host follows no redirect, sends the headers as they are (adding `Content-Length`, and `Host`
/// if it is not among them), and answers with whatever status came.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Http {
    /// `GET`, `PUT`, `POST`.
    pub method: &'static str,
    /// Absolute, `http` or `https`.
    pub url: String,
    /// In the order to be sent. Any value may be a token, so all are kept as secrets.
    pub headers: Vec<(String, Secret)>,
    /// The body; wiped after use.
    pub body: Zeroizing<Vec<u8>>,
    /// For connecting, and again for each read.
    pub timeout: Duration,
    /// No proxy may be used: the address means something on this machine only, as that of instance metadata does.
    pub direct: bool,
    /// The most bytes of body that will be taken.
    pub max_bytes: usize,
}

impl Http {
    /// A request without headers or body, through the proxy that the host uses, for 5 seconds and 64 KiB.
    pub fn new(method: &'static str, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Zeroizing::default(),
            timeout: Duration::from_secs(5),
            direct: false,
            max_bytes: 64 * 1024,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), Secret::new(value)));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into().into();
        self
    }

    /// Sets how long to wait for a connection, and for each read.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Forbids a proxy.
    #[must_use]
    pub fn direct(mut self) -> Self {
        self.direct = true;
        self
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .field("timeout", &self.timeout)
            .field("direct", &self.direct)
            .finish_non_exhaustive()
    }
}

impl Effect for Http {
    type Reply = Result<HttpReply, HttpFailure>;

    fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    fn size(reply: &Self::Reply) -> usize {
        reply.as_ref().map_or(0, |reply| reply.body.len())
    }
}

/// What came back, whatever its status.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpReply {
    /// 100 to 999.
    pub status: u16,
    /// As they came.
    pub headers: Vec<(String, String)>,
    /// The whole body; wiped after use.
    pub body: Zeroizing<Vec<u8>>,
}

impl HttpReply {
    /// A reply.
    pub fn new(status: u16, headers: Vec<(String, String)>, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers, body: body.into().into() }
    }

    /// The first value of a header; names are compared without regard to case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for HttpReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpReply")
            .field("status", &self.status)
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// Why there is no reply at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpFailure {
    /// The sort.
    pub reason: HttpReason,
    /// In one line, for a person.
    pub message: String,
}

impl HttpFailure {
    /// A failure of this sort, with a line that says more.
    pub fn new(reason: HttpReason, message: impl Into<String>) -> Self {
        Self { reason, message: one_line(&message.into()) }
    }
}

/// The sorts of failure between a request and its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpReason {
    /// The address answers, and nobody listens there.
    Refused,
    /// No route, no such name, or the network is down.
    Unreachable,
    /// Nothing came in time.
    Timeout,
    /// The two sides agree on no protection, or the certificate is not trusted.
    Tls,
    /// The reply is larger than the question allows.
    TooLarge,
    /// Anything else, such as a connection that broke off.
    Other,
}

impl HttpReason {
    /// Every sort.
    pub const ALL: &'static [Self] =
        &[Self::Refused, Self::Unreachable, Self::Timeout, Self::Tls, Self::TooLarge, Self::Other];

    /// The stable name, in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::TooLarge => "too_large",
            Self::Other => "other",
        }
    }

    /// The sort of that name; an unknown name is [`HttpReason::Other`].
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self::ALL.iter().copied().find(|reason| reason.name() == name).unwrap_or(Self::Other)
    }
}

/// The addresses of a host name, where an allow-list must see them before a connection is made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resolve {
    /// The name.
    pub host: String,
}

impl Resolve {
    /// All addresses of `host`.
    pub fn new(host: impl Into<String>) -> Self {
        Self { host: host.into() }
    }
}

impl Effect for Resolve {
    type Reply = Result<Vec<IpAddr>, HttpFailure>;
}

/// A base address that a configuration names: checked, with its trailing slash taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// `https://host:port/path`, without a slash at the end.
    pub(crate) base: String,
    /// `host` or `host:port`, as the `Host` header wants it.
    pub(crate) authority: String,
    /// The path of `base`, empty for none.
    pub(crate) path: String,
}

/// Accepts `http` and `https` with a host and perhaps a path; no user, query or fragment.
pub(crate) fn check_url(text: &str) -> Result<Url, &'static str> {
    // The parser drops a fragment without a word; it has no place in a base address.
    if text.contains(['#', '?']) {
        return Err("a query or fragment has no place in it");
    }
    let uri: ::http::Uri = text.parse().map_err(|_| "it is not a url")?;
    let scheme = match uri.scheme_str() {
        Some(scheme @ ("http" | "https")) => scheme,
        _ => return Err("it must begin with http:// or https://"),
    };
    let authority = uri.authority().map(::http::uri::Authority::as_str).unwrap_or_default();
    if uri.host().is_none_or(str::is_empty) {
        return Err("it names no host");
    }
    if authority.contains('@') {
        return Err("a user name has no place in it");
    }
    // The port of the scheme is not sent in `Host`.
    let implied = if scheme == "http" { ":80" } else { ":443" };
    let authority = authority.strip_suffix(implied).unwrap_or(authority);
    let path = uri.path().strip_suffix('/').unwrap_or(uri.path());
    Ok(Url {
        base: format!("{scheme}://{authority}{path}"),
        authority: authority.to_owned(),
        path: path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_addresses() {
        let url = check_url("http://127.0.0.1:9911/").unwrap();
        assert_eq!((url.base.as_str(), url.path.as_str()), ("http://127.0.0.1:9911", ""));
        assert_eq!(check_url("https://vpce.example:443/sts/").unwrap().base, "https://vpce.example/sts");
        assert_eq!(check_url("http://[fd00:ec2::254]").unwrap().authority, "[fd00:ec2::254]");
        for bad in
            ["", "not a uri", "ftp://h", "/path", "http://", "http://u:p@h", "http://h?q=1", "http://h#f"]
        {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let http = Http::new("PUT", "http://h/").header("x-token", "tok3n").body("b0dy");
        let reply = HttpReply::new(200, vec![("set-cookie".into(), "c00kie".into())], "b0dy");
        let text = format!("{http:?} {reply:?}");
        assert!(text.contains("x-token") && !["tok3n", "b0dy", "c00kie"].iter().any(|s| text.contains(s)));
    }
}
