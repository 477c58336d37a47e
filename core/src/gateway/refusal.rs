//! Why the gateway does not pass a request on: a stable kind, a text that is safe for the client, a detail for the
//! operator, and the code and status that AWS would answer with in the protocol that the client speaks.

use std::fmt;

use crate::access::Denied;
use crate::operation::Protocol;
use crate::partition::{HostRefused, NoSingleHost, ScopeMismatch};
use crate::sigv4::{BodyError, ResignError, VerifyError, VerifyErrorKind};

/// What kind of thing was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalKind {
    /// The request is not well formed.
    Malformed,
    /// A head that is larger than is allowed.
    HeadTooLarge,
    /// A body that must be held in memory and is larger than is allowed.
    BodyTooLarge,
    /// A body that came too slowly, or stopped coming.
    BodyTimeout,
    /// `Expect` asks for something else than `100-continue`.
    Expectation,
    /// A body of unknown length where one is needed.
    LengthRequired,
    /// No authentication.
    AuthMissing,
    /// An authentication that breaks its grammar.
    AuthMalformed,
    /// More than one authentication.
    MultipleAuth,
    /// An authentication, or a way of signing the body, that is not supported.
    UnsupportedAuth,
    /// The key id is not known.
    UnknownKey,
    /// A header that must be signed is not.
    HeaderNotSigned,
    /// The signature is wrong.
    SignatureMismatch,
    /// Too old, or from the future.
    Skewed,
    /// The placeholder has expired.
    SessionExpired,
    /// The session token is not the placeholder's, or it was revoked.
    TokenInvalid,
    /// The very same request was sent before.
    Replayed,
    /// The body is not the one declared.
    PayloadMismatch,
    /// The host is none that requests are signed for.
    HostNotAllowed,
    /// The hosts of CONNECT, TLS and request differ.
    HostMismatch,
    /// The scope does not fit the host.
    ScopeMismatch,
    /// The scope does not tell the host.
    NoSingleHost,
    /// The operation is named twice or in contradiction.
    AmbiguousOperation,
    /// No rule allows it, or one forbids it.
    Denied,
    /// The operation would hand real credentials to the client.
    CredentialOperation,
    /// STS does not let us have the role.
    AssumeDenied,
    /// There are no credentials just now.
    CredentialsUnavailable,
    /// Too much is going on; the client may come back.
    Busy,
    /// The subject asks for more than it may; the client may come back.
    Throttled,
    /// The service cannot be reached.
    UpstreamConnect,
    /// The service did not answer in time.
    UpstreamTimeout,
    /// The answer would carry credentials in a form that is not known.
    ReplyNotUnderstood,
    /// The record cannot be written.
    AuditUnavailable,
    /// A fault of our own.
    Internal,
}

impl RefusalKind {
    /// A stable name, as it stands in the record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::HeadTooLarge => "head-too-large",
            Self::BodyTooLarge => "body-too-large",
            Self::BodyTimeout => "body-timeout",
            Self::Expectation => "expectation",
            Self::LengthRequired => "length-required",
            Self::AuthMissing => "auth-missing",
            Self::AuthMalformed => "auth-malformed",
            Self::MultipleAuth => "multiple-auth",
            Self::UnsupportedAuth => "unsupported-auth",
            Self::UnknownKey => "unknown-key",
            Self::HeaderNotSigned => "header-not-signed",
            Self::SignatureMismatch => "signature-mismatch",
            Self::Skewed => "skewed",
            Self::SessionExpired => "session-expired",
            Self::TokenInvalid => "token-invalid",
            Self::Replayed => "replayed",
            Self::PayloadMismatch => "payload-mismatch",
            Self::HostNotAllowed => "host-not-allowed",
            Self::HostMismatch => "host-mismatch",
            Self::ScopeMismatch => "scope-mismatch",
            Self::NoSingleHost => "no-single-host",
            Self::AmbiguousOperation => "ambiguous-operation",
            Self::Denied => "denied",
            Self::CredentialOperation => "credential-operation",
            Self::AssumeDenied => "assume-denied",
            Self::CredentialsUnavailable => "credentials-unavailable",
            Self::Busy => "busy",
            Self::Throttled => "throttled",
            Self::UpstreamConnect => "upstream-connect",
            Self::UpstreamTimeout => "upstream-timeout",
            Self::ReplyNotUnderstood => "reply-not-understood",
            Self::AuditUnavailable => "audit-unavailable",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status in the protocol: S3 has one of its own for a body that is too slow.
    #[must_use]
    pub const fn status_in(self, protocol: Protocol) -> u16 {
        match (self, protocol) {
            (Self::BodyTimeout, Protocol::S3) => 400,
            _ => self.status(),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed
            | Self::AuthMalformed
            | Self::MultipleAuth
            | Self::UnsupportedAuth
            | Self::PayloadMismatch
            | Self::NoSingleHost
            | Self::AmbiguousOperation => 400,
            Self::HeadTooLarge => 431,
            Self::BodyTooLarge => 413,
            Self::BodyTimeout => 408,
            Self::Expectation => 417,
            Self::LengthRequired => 411,
            Self::Throttled => 429,
            Self::AuthMissing
            | Self::UnknownKey
            | Self::HeaderNotSigned
            | Self::SignatureMismatch
            | Self::Skewed
            | Self::SessionExpired
            | Self::TokenInvalid
            | Self::Replayed
            | Self::HostNotAllowed
            | Self::HostMismatch
            | Self::ScopeMismatch
            | Self::Denied
            | Self::CredentialOperation
            | Self::AssumeDenied => 403,
            Self::CredentialsUnavailable | Self::Busy | Self::AuditUnavailable => 503,
            Self::UpstreamConnect | Self::ReplyNotUnderstood => 502,
            Self::UpstreamTimeout => 504,
            Self::Internal => 500,
        }
    }

    /// AWS's code for it in the protocol.
    #[must_use]
    pub const fn code(self, protocol: Protocol) -> &'static str {
        let s3 = matches!(protocol, Protocol::S3);
        let ec2 = matches!(protocol, Protocol::Ec2);
        let xml = matches!(protocol, Protocol::S3 | Protocol::Ec2 | Protocol::Query | Protocol::RestXml);
        match self {
            Self::Malformed | Self::Expectation | Self::HeadTooLarge => {
                if xml {
                    "InvalidRequest"
                } else {
                    "ValidationException"
                }
            }
            Self::BodyTooLarge if s3 => "EntityTooLarge",
            Self::BodyTooLarge => "RequestEntityTooLarge",
            Self::LengthRequired => "MissingContentLength",
            Self::AuthMissing if s3 => "AccessDenied",
            Self::AuthMissing if xml => "MissingAuthenticationToken",
            Self::AuthMissing => "MissingAuthenticationTokenException",
            Self::AuthMalformed if s3 => "AuthorizationHeaderMalformed",
            Self::AuthMalformed if xml => "IncompleteSignature",
            Self::AuthMalformed => "IncompleteSignatureException",
            Self::MultipleAuth => "InvalidArgument",
            Self::UnsupportedAuth if s3 => "NotImplemented",
            Self::UnsupportedAuth if xml => "IncompleteSignature",
            Self::UnsupportedAuth => "IncompleteSignatureException",
            Self::UnknownKey if s3 => "InvalidAccessKeyId",
            Self::UnknownKey if ec2 => "AuthFailure",
            Self::UnknownKey if xml => "InvalidClientTokenId",
            Self::UnknownKey => "UnrecognizedClientException",
            Self::Skewed if s3 => "RequestTimeTooSkewed",
            Self::HeaderNotSigned if s3 => "AccessDenied",
            Self::HeaderNotSigned
            | Self::SignatureMismatch
            | Self::Skewed
            | Self::ScopeMismatch
            | Self::Replayed => {
                if xml {
                    "SignatureDoesNotMatch"
                } else {
                    "InvalidSignatureException"
                }
            }
            Self::SessionExpired if xml => "ExpiredToken",
            Self::SessionExpired => "ExpiredTokenException",
            Self::TokenInvalid if s3 => "InvalidToken",
            Self::TokenInvalid if xml => "InvalidClientTokenId",
            Self::TokenInvalid => "UnrecognizedClientException",
            Self::PayloadMismatch if s3 => "XAmzContentSHA256Mismatch",
            Self::PayloadMismatch if xml => "SignatureDoesNotMatch",
            Self::PayloadMismatch => "InvalidSignatureException",
            Self::NoSingleHost | Self::AmbiguousOperation if xml => "InvalidAction",
            Self::NoSingleHost | Self::AmbiguousOperation => "InvalidActionException",
            Self::Denied | Self::CredentialOperation | Self::AssumeDenied if ec2 => "UnauthorizedOperation",
            Self::HostNotAllowed
            | Self::HostMismatch
            | Self::Denied
            | Self::CredentialOperation
            | Self::AssumeDenied => {
                if xml {
                    "AccessDenied"
                } else {
                    "AccessDeniedException"
                }
            }
            Self::Busy | Self::Throttled if s3 => "SlowDown",
            Self::Busy | Self::Throttled if ec2 => "RequestLimitExceeded",
            Self::Busy | Self::Throttled if xml => "Throttling",
            Self::Busy | Self::Throttled => "ThrottlingException",
            Self::CredentialsUnavailable
            | Self::AuditUnavailable
            | Self::UpstreamConnect
            | Self::ReplyNotUnderstood => {
                if xml {
                    "ServiceUnavailable"
                } else {
                    "ServiceUnavailableException"
                }
            }
            // Both names are among those that SDKs try again after.
            Self::BodyTimeout if !xml => "RequestTimeoutException",
            Self::BodyTimeout | Self::UpstreamTimeout => "RequestTimeout",
            Self::Internal if s3 => "InternalError",
            Self::Internal => "InternalFailure",
        }
    }

    /// Whether the same request may do better a little later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        self.status() >= 500 || matches!(self, Self::Throttled | Self::BodyTimeout)
    }
}

/// A request that is not passed on.
///
/// `Display` is the text for the client: it names no role, no key that it did not send, and nothing that STS said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    kind: RefusalKind,
    message: String,
    detail: String,
}

impl Refusal {
    /// A refusal with the text for the client.
    #[cold]
    pub fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), detail: String::new() }
    }

    /// With what only the operator may know.
    #[must_use]
    #[cold]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// What was wrong.
    #[must_use]
    pub const fn kind(&self) -> RefusalKind {
        self.kind
    }

    /// What the operator should know.
    #[must_use]
    pub fn operator_detail(&self) -> &str {
        if self.detail.is_empty() { &self.message } else { &self.detail }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<VerifyError> for Refusal {
    #[cold]
    fn from(error: VerifyError) -> Self {
        use VerifyErrorKind as V;
        let kind = match error.kind() {
            V::MissingAuthentication => RefusalKind::AuthMissing,
            V::MultipleAuthentication => RefusalKind::MultipleAuth,
            V::UnsupportedAlgorithm | V::UnsupportedPayload => RefusalKind::UnsupportedAuth,
            V::MalformedAuthorization | V::MalformedDate | V::MalformedCredential | V::InvalidExpires => {
                RefusalKind::AuthMalformed
            }
            V::HeaderNotSigned => RefusalKind::HeaderNotSigned,
            V::SignedHeaderAbsent | V::SignatureMismatch => RefusalKind::SignatureMismatch,
            V::Expired | V::NotYetValid => RefusalKind::Skewed,
            V::WrongScope => RefusalKind::ScopeMismatch,
            // By policy, these may not be told from a wrong signature; the detail tells them.
            V::InvalidToken | V::UnknownKey if error.aws_code() == "SignatureDoesNotMatch" => {
                RefusalKind::SignatureMismatch
            }
            V::InvalidToken => RefusalKind::TokenInvalid,
            V::UnknownKey => RefusalKind::UnknownKey,
            V::PayloadMismatch => RefusalKind::PayloadMismatch,
            _ => RefusalKind::Malformed,
        };
        let detail = format!("{}: {}", error.kind().name(), error.operator_detail());
        Self::new(kind, error.to_string()).with_detail(detail)
    }
}

impl From<ResignError> for Refusal {
    #[cold]
    fn from(error: ResignError) -> Self {
        let kind = match error {
            ResignError::Payload(_) => RefusalKind::UnsupportedAuth,
            ResignError::Expired => RefusalKind::Skewed,
            ResignError::Sign(_) => RefusalKind::Internal,
            _ => RefusalKind::Malformed,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<BodyError> for Refusal {
    #[cold]
    fn from(error: BodyError) -> Self {
        let kind = match error {
            BodyError::Signature | BodyError::TrailerSignature => RefusalKind::SignatureMismatch,
            _ => RefusalKind::PayloadMismatch,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<HostRefused> for Refusal {
    #[cold]
    fn from(why: HostRefused) -> Self {
        Self::new(RefusalKind::HostNotAllowed, why.to_string())
    }
}

impl From<NoSingleHost> for Refusal {
    #[cold]
    fn from(why: NoSingleHost) -> Self {
        Self::new(RefusalKind::NoSingleHost, why.to_string())
    }
}

impl From<ScopeMismatch> for Refusal {
    #[cold]
    fn from(why: ScopeMismatch) -> Self {
        // AWS's own sentence, with its capital letter: clients show it as it is.
        let text = why.to_string().replacen("credential", "Credential", 1);
        Self::new(RefusalKind::ScopeMismatch, text)
    }
}

impl From<Denied> for Refusal {
    #[cold]
    fn from(why: Denied) -> Self {
        Self::new(RefusalKind::Denied, "the gateway's rules do not allow this request")
            .with_detail(why.to_string())
    }
}
