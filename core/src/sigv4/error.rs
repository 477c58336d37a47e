//! What can be wrong with a request, said exactly to the operator and in AWS's words to the client.

use std::fmt;

/// Why a request cannot be signed. The caller can mend all of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The method is no token.
    #[error("the method is not a valid HTTP method")]
    Method,
    /// The target has a control character or a fragment.
    #[error("the target has a control character or a fragment; send an encoded path and query")]
    Target,
    /// The query has a `%` that starts no escape.
    #[error("the query has an invalid escape `{0}`; encode a literal percent sign as `%25`")]
    Query(String),
    /// The query is signed already.
    #[error("the query already carries `{0}`; sign the url without it")]
    SignedAlready(String),
    /// A header name is no token.
    #[error("`{0}` is not a valid header name")]
    HeaderName(String),
    /// A header value has a line break or a NUL.
    #[error("the value of header `{0}` has a line break or a nul byte")]
    HeaderValue(String),
    /// Neither a `Host` header nor an absolute target.
    #[error("no host: give an absolute url or a host header")]
    Host,
    /// The region, service or key id cannot be part of a credential scope.
    #[error("the {0} is empty or has characters that no credential scope can carry")]
    Scope(&'static str),
    /// The derived key signs for another day, region or service, or for SigV4 only.
    #[error("the signing key is not for this day, region and service; have one derived that is")]
    Delegate,
    /// The host's key is asked for one signature a request, and each piece of this body has one.
    #[error("a key that the host holds does not sign a body piece by piece; declare the body's sha-256")]
    HostKey,
    /// The lifetime is outside what AWS takes.
    #[error("a presigned url lasts from 1 to 604800 seconds, not {0}")]
    Expires(u64),
    /// The payload is to be taken from the head, which does not declare it.
    #[error("the headers declare no payload; give the body, its sha-256, or one of aws's literals")]
    Payload,
    /// The literal of the body belongs to the other algorithm.
    #[error("`{0}` does not go with the algorithm of the scope")]
    Streaming(&'static str),
    /// The trailer is no header field, or the payload was signed as one without trailers.
    #[error(
        "the trailer `{0}` is not a valid header field, or the payload was not signed as one with trailers"
    )]
    Trailer(String),
}

/// Why a verified request cannot be signed again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResignError {
    /// The client signed a header that only hops may write.
    #[error("the client signed `{0}`, which is not forwarded; do not sign it")]
    HopSigned(String),
    /// `Connection` names a header that a signature depends on.
    #[error("connection nominates `{0}`, which is signed or part of the authentication")]
    Nominated(String),
    /// The body is of a kind that is not signed again.
    #[error("a body of kind {0} is not signed again")]
    Payload(&'static str),
    /// The signatures of the body's pieces go on from one that is not made yet.
    #[error("a body of kind {0} goes on from the new signature of its head; sign the head again first")]
    HeadFirst(&'static str),
    /// `x-amz-decoded-content-length` is no number.
    #[error("x-amz-decoded-content-length is not a number")]
    DecodedLength,
    /// The target does not begin with the base path of the listener.
    #[error("the path does not begin with `{0}`")]
    BasePath(String),
    /// The presigned URL or the credentials have expired meanwhile.
    #[error("the presigned url or the credentials have expired")]
    Expired,
    /// What comes out cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Why a request was not relayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// It is not to be accepted.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// It is right, and cannot be signed again.
    #[error(transparent)]
    Resign(#[from] ResignError),
}

/// What is wrong with a request that claims to be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VerifyErrorKind {
    /// Method, target or a header is not well formed.
    MalformedRequest,
    /// The query has an invalid escape.
    MalformedQuery,
    /// No authentication of a kind that can be verified.
    MissingAuthentication,
    /// More than one authentication.
    MultipleAuthentication,
    /// An AWS algorithm that is not verified here.
    UnsupportedAlgorithm,
    /// The authentication does not follow its grammar, or parts are missing.
    MalformedAuthorization,
    /// A header that can only occur once occurs again.
    DuplicateHeader,
    /// A header that must be signed is not.
    HeaderNotSigned,
    /// A header that was signed is not there.
    SignedHeaderAbsent,
    /// A header that only hops may write was signed.
    HopSigned,
    /// The date is not one.
    MalformedDate,
    /// The request is too old.
    Expired,
    /// The request is from the future.
    NotYetValid,
    /// The lifetime of a presigned URL is not allowed.
    InvalidExpires,
    /// The credential does not have its five parts.
    MalformedCredential,
    /// Day, region, service or terminator are not those expected.
    WrongScope,
    /// The session token is not the key's.
    InvalidToken,
    /// The key id is not known.
    UnknownKey,
    /// The signature is not the request's.
    SignatureMismatch,
    /// The body is not the one declared.
    PayloadMismatch,
    /// The declared payload is none that AWS defines, or not allowed here.
    UnsupportedPayload,
    /// The body's hash was signed, and the body is not at hand.
    PayloadRequired,
}

impl VerifyErrorKind {
    /// A stable name, the same in every language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MalformedRequest => "malformed-request",
            Self::MalformedQuery => "malformed-query",
            Self::MissingAuthentication => "missing-authentication",
            Self::MultipleAuthentication => "multiple-authentication",
            Self::UnsupportedAlgorithm => "unsupported-algorithm",
            Self::MalformedAuthorization => "malformed-authorization",
            Self::DuplicateHeader => "duplicate-header",
            Self::HeaderNotSigned => "header-not-signed",
            Self::SignedHeaderAbsent => "signed-header-absent",
            Self::HopSigned => "hop-signed",
            Self::MalformedDate => "malformed-date",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::InvalidExpires => "invalid-expires",
            Self::MalformedCredential => "malformed-credential",
            Self::WrongScope => "wrong-scope",
            Self::InvalidToken => "invalid-token",
            Self::UnknownKey => "unknown-key",
            Self::SignatureMismatch => "signature-mismatch",
            Self::PayloadMismatch => "payload-mismatch",
            Self::UnsupportedPayload => "unsupported-payload",
            Self::PayloadRequired => "payload-required",
        }
    }

    /// AWS's code and HTTP status, for S3's family and for the query and JSON services.
    const fn answer(self, s3: bool) -> (&'static str, u16) {
        match self {
            Self::MalformedRequest | Self::DuplicateHeader | Self::HopSigned => ("InvalidRequest", 400),
            Self::MalformedQuery => ("MalformedQueryString", 400),
            Self::MissingAuthentication if s3 => ("AccessDenied", 403),
            Self::MissingAuthentication => ("MissingAuthenticationToken", 403),
            Self::MultipleAuthentication => ("InvalidArgument", 400),
            Self::MalformedAuthorization | Self::MalformedCredential if s3 => {
                ("AuthorizationHeaderMalformed", 400)
            }
            Self::UnsupportedAlgorithm if s3 => ("InvalidRequest", 400),
            Self::MalformedDate if s3 => ("AccessDenied", 403),
            Self::UnsupportedAlgorithm
            | Self::MalformedAuthorization
            | Self::MalformedCredential
            | Self::MalformedDate => ("IncompleteSignature", 400),
            Self::HeaderNotSigned if s3 => ("AccessDenied", 403),
            Self::Expired | Self::NotYetValid if s3 => ("RequestTimeTooSkewed", 403),
            Self::InvalidExpires => ("AuthorizationQueryParametersError", 400),
            Self::WrongScope if s3 => ("AuthorizationHeaderMalformed", 400),
            Self::InvalidToken if s3 => ("InvalidToken", 403),
            Self::UnknownKey if s3 => ("InvalidAccessKeyId", 403),
            Self::InvalidToken | Self::UnknownKey => ("InvalidClientTokenId", 403),
            Self::HeaderNotSigned
            | Self::SignedHeaderAbsent
            | Self::Expired
            | Self::NotYetValid
            | Self::WrongScope
            | Self::SignatureMismatch => ("SignatureDoesNotMatch", 403),
            Self::PayloadMismatch => ("XAmzContentSHA256Mismatch", 400),
            Self::UnsupportedPayload | Self::PayloadRequired => ("InvalidRequest", 400),
        }
    }
}

/// A request that was not accepted: exact for the operator, no help for an attacker.
///
/// `Display` is the text for the client, in AWS's own words. It holds no signature, no canonical request and
/// no secret; neither does [`VerifyError::operator_detail`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct VerifyError(Box<Refusal>);

/// What an error says; in a place of its own, so that what goes well carries no room for it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refusal {
    kind: VerifyErrorKind,
    code: &'static str,
    status: u16,
    message: String,
    detail: String,
}

impl VerifyError {
    #[cold]
    pub(crate) fn new(kind: VerifyErrorKind, s3: bool, message: impl Into<String>) -> Self {
        let (code, status) = kind.answer(s3);
        Self(Box::new(Refusal { kind, code, status, message: message.into(), detail: String::new() }))
    }

    #[cold]
    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = detail.into();
        self
    }

    /// With AWS's code replaced, where a case has one of its own.
    pub(crate) fn with_code(mut self, code: &'static str, status: u16) -> Self {
        (self.0.code, self.0.status) = (code, status);
        self
    }

    /// What was wrong.
    #[must_use]
    pub fn kind(&self) -> VerifyErrorKind {
        self.0.kind
    }

    /// The code that AWS answers with in this case.
    #[must_use]
    pub fn aws_code(&self) -> &'static str {
        self.0.code
    }

    /// The HTTP status that AWS answers with.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// What the operator should know; never to be sent to the client.
    #[must_use]
    pub fn operator_detail(&self) -> &str {
        if self.0.detail.is_empty() { &self.0.message } else { &self.0.detail }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

/// Why [`verify`](super::verify) gave no verified request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyFailure<E> {
    /// The request is not to be accepted.
    #[error(transparent)]
    Refused(#[from] VerifyError),
    /// The lookup failed; its own error, unchanged.
    #[error("the key could not be looked up")]
    Lookup(E),
}

/// Why a body is not to be passed on. The rest of it must not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// Its SHA-256 is not the declared one.
    #[error("the body does not have the sha-256 that the request declares")]
    HashMismatch,
    /// It is longer than its framing or its declared length says.
    #[error("the body goes on after its end")]
    TrailingBytes,
    /// It ends within a chunk or a message, or without the final one.
    #[error("the body ends before its final chunk or message")]
    Truncated,
    /// The `aws-chunked` framing is broken.
    #[error("the aws-chunked framing of the body is malformed")]
    Framing,
    /// A message of an event stream is malformed, or is not a signed one.
    #[error(
        "a message of the event stream is malformed: a length, a crc, or headers other than :date and :chunk-signature"
    )]
    Event,
    /// The chunks do not add up to `x-amz-decoded-content-length`.
    #[error("the chunks do not add up to x-amz-decoded-content-length")]
    DecodedLength,
    /// A chunk or a message does not have the signature that it carries, or carries none.
    #[error("the signature of a chunk or message of the body is missing or wrong")]
    Signature,
    /// The trailers do not have the signature that they carry, or carry none.
    #[error("the signature of the trailers is missing or wrong")]
    TrailerSignature,
    /// A trailer that was announced is missing, or one came that was not.
    #[error("the trailers are not those that x-amz-trailer announces")]
    Trailers,
    /// The body does not have the checksum that its trailer, named here, carries.
    #[error("the body does not have the checksum that its trailer {0} carries")]
    Checksum(&'static str),
    /// A line or the trailers are larger than is allowed.
    #[error("a chunk header or the trailers of the body are too large")]
    TooLarge,
    /// A signed chunk or message is larger than can be held.
    #[error("a signed chunk or message of the body is larger than 16 MiB; send smaller ones")]
    PieceTooLarge,
    /// The body went on after the day of the signing key that stands for the secret.
    #[error("the signing key has ended with its day; begin the stream again with the key of this day")]
    KeyEnded,
    /// An earlier error ended the body already.
    #[error("the body was refused already")]
    Refused,
}
