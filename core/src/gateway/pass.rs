//! Requests that go on as they are: presigned URLs of somebody else's, and calls that need no signature. Nothing of the
//! gateway's is added to them. They are refused unless a rule lets them pass.

use super::ingress::{Arrival, Head};
use super::refusal::{Refusal, RefusalKind};
use crate::access::Identity;
use crate::sigv4::Request;

/// An operation that may be called without a signature, by somebody who brings other proof of who they are: a web
/// identity, a SAML assertion, a bearer token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnsignedRule {
    /// The operation, as `sts:AssumeRoleWithWebIdentity`.
    pub operation: String,
    /// Who such a caller is to the gateway. The roles that it may name are then decided upon, and credentials in the
    /// reply become a placeholder of this identity's; without it, they can only be passed or denied.
    pub identity: Option<Identity>,
}

impl UnsignedRule {
    /// A rule without an identity.
    pub fn new(operation: impl Into<String>) -> Self {
        Self { operation: operation.into(), identity: None }
    }

    /// With who such a caller is.
    #[must_use]
    pub fn with_identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }
}

/// A head that is kept until it is passed on, or read again.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) method: String,
    pub(super) target: Vec<u8>,
    pub(super) headers: Vec<(Vec<u8>, Vec<u8>)>,
}

impl From<Head<'_>> for Kept {
    fn from(head: Head<'_>) -> Self {
        let headers = head.headers.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        Self { method: head.method.to_owned(), target: head.target.into_owned(), headers }
    }
}

impl Kept {
    /// The head, as one of HTTP/1.
    pub(super) fn head(&self) -> Head<'_> {
        Head::new(&self.method, &self.target, &self.headers)
    }

    pub(super) fn request(&self) -> Request<'_> {
        Request::new(&self.method, &self.target, &self.headers)
    }
}

/// A request that is passed on as it is.
pub struct Passed {
    /// The method.
    pub method: String,
    /// The target, byte for byte.
    pub target: Vec<u8>,
    /// The header fields, without those that belong to the connection or tell of hops.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Whether a request makes no use of a key: nothing of a signature in head or query, at most a bearer token.
pub(super) fn is_unsigned(request: &Request<'_>) -> bool {
    let headers = request.headers();
    let bearer = |value: &[u8]| value.get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"bearer "));
    let by_header = headers.first("authorization").is_some_and(|value| !bearer(value))
        || headers.first("x-amz-security-token").is_some()
        || headers.first("x-amz-s3session-token").is_some();
    let by_query = request.query().split(|byte| matches!(byte, b'&' | b';')).any(|piece| {
        let name = piece.split(|byte| *byte == b'=').next().unwrap_or_default();
        // An escape in a name has no use but to hide it.
        let hidden = name.contains(&b'%');
        let auth = ["AWSAccessKeyId", "Signature", "SignatureVersion", "SignatureMethod"];
        let amz = name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"x-amz-"));
        amz || hidden || auth.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
    });
    !by_header && !by_query
}

/// How a request that is unsigned says who it is from, for the record.
pub(super) fn proof(head: &Head<'_>) -> &'static str {
    let mut names = head.headers.iter().map(|(name, _)| name);
    let bearer = names.any(|name| {
        name.eq_ignore_ascii_case(b"authorization") || name.eq_ignore_ascii_case(b"x-amz-sso_bearer_token")
    });
    if bearer { "bearer" } else { "none" }
}

/// A host is only known where the client named it itself.
pub(super) fn check_arrival(arrival: &Arrival) -> Result<(), Refusal> {
    match arrival {
        Arrival::Intercepted { .. } => Ok(()),
        Arrival::EndpointUrl | Arrival::PlainEndpointUrl => Err(Refusal::new(
            RefusalKind::NoSingleHost,
            "a call without a signature does not tell its region; use the gateway as an https proxy",
        )),
    }
}

/// Fields that belong to the connection, tell of hops, or are no business of AWS's.
const DROPPED: [&str; 19] = [
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "true-client-ip",
    "upgrade",
    "via",
    "x-real-ip",
];
const DROPPED_STARTS: [&str; 5] = ["x-forwarded-", "x-awsaccess-", "cf-", "x-envoy-", "x-original-"];

impl Passed {
    /// The head as it goes on to `host`.
    pub(super) fn of(head: Kept, host: &str, plain_answer: bool) -> Self {
        let nominated: Vec<Vec<u8>> = head
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(b"connection"))
            .flat_map(|(_, value)| value.split(|byte| *byte == b','))
            .map(|name| name.trim_ascii().to_ascii_lowercase())
            .collect();
        let stays = |name: &[u8]| {
            let name = name.to_ascii_lowercase();
            let text = String::from_utf8_lossy(&name);
            let goes = DROPPED.contains(&&*text)
                || DROPPED_STARTS.iter().any(|start| text.starts_with(start))
                || nominated.contains(&name)
                || (plain_answer && text == "accept-encoding");
            !goes
        };
        let mut headers = vec![(b"host".to_vec(), host.as_bytes().to_vec())];
        headers.extend(head.headers.into_iter().filter(|(name, _)| stays(name)));
        if plain_answer {
            headers.push((b"accept-encoding".to_vec(), b"identity".to_vec()));
        }
        Self { method: head.method, target: head.target, headers }
    }
}
