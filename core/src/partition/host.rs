//! The text of a `Host` header, of a CONNECT authority or of a TLS server name, read once and strictly.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use thiserror::Error;

use super::classify;
use super::endpoint::{Endpoint, HostRefused};

/// A DNS name in lower case, with the port that was written after it.
///
/// ```
/// use awsaccess::partition::HostName;
/// let host = HostName::parse(b"S3.Amazonaws.com.:443").unwrap();
/// assert_eq!((host.name(), host.port()), ("s3.amazonaws.com", Some(443)));
/// assert!(HostName::parse(b"user@s3.amazonaws.com").is_err());
/// ```
#[derive(Clone)]
pub struct HostName(Arc<Named>);

/// What all clones of a host name share.
struct Named {
    name: String,
    port: Option<u16>,
    /// What it is, once that was asked for: a connection asks with every request.
    endpoint: OnceLock<Result<Endpoint, HostRefused>>,
}

/// Why a text is no host name that a request may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HostError {
    /// Nothing before the port.
    #[error("the host is empty")]
    Empty,
    /// More than 253 characters, or a label of more than 63.
    #[error("the host is longer than a DNS name can be")]
    TooLong,
    /// A byte outside ASCII: international names must come in their ASCII form.
    #[error("the host has bytes outside ascii")]
    NotAscii,
    /// `user@host`.
    #[error("the host carries user information")]
    UserInfo,
    /// An address in any of its forms, bracketed, dotted, decimal, octal or hexadecimal.
    #[error("the host is an ip address; name the endpoint instead")]
    IpLiteral,
    /// What follows the colon is no port.
    #[error("the port is not a number from 1 to 65535")]
    BadPort,
    /// An empty label, or a character that no host name has.
    #[error("the host is not a dns name")]
    NotAName,
}

impl HostName {
    /// Reads `name` or `name:port`. One trailing dot is dropped, letters become lower case.
    ///
    /// # Errors
    /// Anything that is not a plain ASCII DNS name: see [`HostError`].
    pub fn parse(text: &[u8]) -> Result<Self, HostError> {
        let text = std::str::from_utf8(text).map_err(|_| HostError::NotAscii)?;
        if !text.is_ascii() {
            return Err(HostError::NotAscii);
        }
        if text.contains('@') {
            return Err(HostError::UserInfo);
        }
        if text.starts_with('[') || text.bytes().filter(|b| *b == b':').count() > 1 {
            return Err(HostError::IpLiteral);
        }
        let (name, port) = match text.split_once(':') {
            None => (text, None),
            Some((name, port)) => (name, Some(parse_port(port)?)),
        };
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        check_name(&name)?;
        Ok(Self(Arc::new(Named { name, port, endpoint: OnceLock::new() })))
    }

    /// The name, without port and trailing dot.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The port, if one was written.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.0.port
    }

    /// Whether this is `localhost`, or a name under it (RFC 6761).
    #[must_use]
    pub fn is_localhost(&self) -> bool {
        self.name() == "localhost" || self.name().ends_with(".localhost")
    }

    /// The endpoint that [`endpoint`](super::endpoint()) finds for the name, whatever the port; looked up once.
    ///
    /// # Errors
    /// [`HostRefused`] says why no request may be signed for the host.
    pub fn endpoint(&self) -> Result<&Endpoint, HostRefused> {
        self.0.endpoint.get_or_init(|| classify::named(self)).as_ref().map_err(|why| *why)
    }
}

impl PartialEq for HostName {
    fn eq(&self, other: &Self) -> bool {
        (self.name(), self.port()) == (other.name(), other.port())
    }
}

impl Eq for HostName {}

impl Hash for HostName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.name(), self.port()).hash(state);
    }
}

impl fmt::Debug for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostName").field("name", &self.name()).field("port", &self.port()).finish()
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        self.port().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

fn parse_port(text: &str) -> Result<u16, HostError> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let port = digits.then(|| text.parse().ok()).flatten().ok_or(HostError::BadPort)?;
    if port == 0 { Err(HostError::BadPort) } else { Ok(port) }
}

fn check_name(name: &str) -> Result<(), HostError> {
    if name.is_empty() {
        return Err(HostError::Empty);
    }
    let labels = || name.as_bytes().split(|byte| *byte == b'.');
    if name.len() > 253 || labels().any(|label| label.len() > 63) {
        return Err(HostError::TooLong);
    }
    let is_label = |label: &[u8]| {
        let fits = |byte: &u8| byte.is_ascii_alphanumeric() | (*byte == b'-') | (*byte == b'_');
        !label.is_empty() && label.iter().fold(true, |all, byte| all & fits(byte))
    };
    if !labels().all(is_label) {
        return Err(HostError::NotAName);
    }
    // No top-level domain begins with a digit; every way of writing an IPv4 address ends in such a label.
    match labels().next_back() {
        Some([first, ..]) if first.is_ascii_digit() => Err(HostError::IpLiteral),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_with_the_reason() {
        for (text, why) in [
            ("", HostError::Empty),
            (".", HostError::Empty),
            (":443", HostError::Empty),
            ("a..b", HostError::NotAName),
            ("s3.amazonaws.com..", HostError::NotAName),
            ("s3 .amazonaws.com", HostError::NotAName),
            ("s3.amazonaws.com/", HostError::NotAName),
            ("s3.amazonaws.com\r\nx", HostError::NotAName),
            ("s3.amazonaws.com%00", HostError::NotAName),
            ("user:pw@s3.amazonaws.com", HostError::UserInfo),
            ("127.0.0.1", HostError::IpLiteral),
            ("2130706433", HostError::IpLiteral),
            ("0x7f.1", HostError::IpLiteral),
            ("0177.0.0.01", HostError::IpLiteral),
            ("0x7f000001", HostError::IpLiteral),
            ("[::1]:443", HostError::IpLiteral),
            ("::ffff:1.2.3.4", HostError::IpLiteral),
            ("a:", HostError::BadPort),
            ("a:0", HostError::BadPort),
            ("a:+1", HostError::BadPort),
            ("a:65536", HostError::BadPort),
            ("ámazonaws.com", HostError::NotAscii),
        ] {
            assert_eq!(HostName::parse(text.as_bytes()), Err(why), "{text}");
        }
        assert_eq!(HostName::parse(b"\xff"), Err(HostError::NotAscii));
        assert_eq!(HostName::parse(&[b'a'; 64]), Err(HostError::TooLong));
        assert_eq!(HostName::parse("a.".repeat(130).as_bytes()), Err(HostError::TooLong));
    }

    proptest! {
        #[test]
        fn what_is_read_reads_again(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(host) = HostName::parse(&bytes) {
                prop_assert_eq!(HostName::parse(host.to_string().as_bytes()), Ok(host));
            }
        }
    }
}
