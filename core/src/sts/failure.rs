//! An error that STS answered with, and what it means for the caller.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>

use std::fmt;
use std::time::Duration;

use super::document::Document;
use crate::effect::HttpReply;
use crate::error::{Error, ErrorKind, one_line};
use crate::redact;

/// What STS said in place of a result. The message is one line, and what looks like a secret in it is taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The status of the reply.
    pub status: u16,
    /// `AccessDenied`, `ExpiredTokenException` and so on; `None` where something else than STS answered.
    pub code: Option<String>,
    /// In one line, for a person.
    pub message: String,
    /// The request's number, which AWS's support asks for.
    pub request_id: Option<String>,
    /// Whether it is the caller's doing, as STS has it (`Sender`, not `Receiver`).
    pub is_callers: bool,
    class: Class,
}

impl Failure {
    /// Reads the reply of a status that is no success.
    #[must_use]
    pub fn read(reply: &HttpReply) -> Self {
        let document =
            Document::parse(&reply.body).ok().filter(|document| document.root() == "ErrorResponse");
        let text = |path| document.as_ref().and_then(|document| document.text(path));
        let code = text("Error/Code").map(one_line);
        let class = Class::of(code.as_deref().map(plain), reply.status);
        let said = text("Error/Message").unwrap_or_default().lines().next().unwrap_or_default();
        let id = text("RequestId").or_else(|| reply.header("x-amzn-requestid"));
        Self {
            status: reply.status,
            message: one_line(&redact::text(said)),
            request_id: id.map(one_line),
            is_callers: text("Error/Type").map_or(reply.status < 500, |of| of == "Sender"),
            code,
            class,
        }
    }

    /// Whether the same request may succeed a little later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.retry().is_some()
    }

    /// Whether STS asks for fewer requests.
    #[must_use]
    pub fn is_throttling(&self) -> bool {
        matches!(self.class, Class::Throttled)
    }

    /// What sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.class.kind()
    }

    /// The base of the delay before another attempt; `None` if that cannot help.
    pub(super) fn retry(&self) -> Option<Duration> {
        match self.class {
            Class::Throttled => Some(Duration::from_secs(1)),
            Class::Transient => Some(Duration::from_millis(50)),
            _ => None,
        }
    }

    /// Whether a wrong clock can be the cause.
    pub(super) fn may_be_skew(&self) -> bool {
        self.code.as_deref().is_some_and(|code| MAY_BE_SKEW.contains(&plain(code)))
    }

    /// As the error of a task.
    #[must_use]
    pub fn error(&self) -> Error {
        let mut error = Error::new(self.kind(), self.to_string());
        if let Some(code) = &self.code {
            error = error.with_aws_code(code);
        }
        if self.is_retryable() { error.retryable() } else { error }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, self.message.as_str()) {
            (Some(code), "") => write!(f, "sts answered {code}"),
            (Some(code), message) => write!(f, "sts answered {code}: {message}"),
            (None, _) => write!(f, "sts answered with status {} and no error code", self.status),
        }
    }
}

impl std::error::Error for Failure {}

/// Some codes have it at their end and some do not.
fn plain(code: &str) -> &str {
    code.strip_suffix("Exception").unwrap_or(code)
}

/// Codes without an `Exception` at their end.
const MAY_BE_SKEW: [&str; 7] = [
    "InvalidSignature",
    "SignatureDoesNotMatch",
    "AuthFailure",
    "RequestTimeTooSkewed",
    "AccessDenied",
    "RequestExpired",
    "RequestInTheFuture",
];
const THROTTLED: [&str; 12] = [
    "Throttling",
    "Throttled",
    "RequestThrottled",
    "TooManyRequests",
    "ProvisionedThroughputExceeded",
    "TransactionInProgress",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceeded",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2Throttled",
];
const TRANSIENT: [&str; 2] = ["RequestTimeout", "IDPCommunicationError"];
/// A token that is not, or not yet, accepted; a status of 400 all the same.
const REFUSED: [&str; 2] = ["InvalidIdentityToken", "IDPRejectedClaim"];
const CONFIGURATION: [&str; 5] = [
    "MalformedPolicyDocument",
    "PackedPolicyTooLarge",
    "RegionDisabled",
    "ValidationError",
    "InvalidAuthorizationMessage",
];

/// What an error of STS means for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Throttled,
    Transient,
    Expired,
    Configuration,
    Denied,
    Other,
}

impl Class {
    fn of(code: Option<&str>, status: u16) -> Self {
        let among = |list: &[&str]| code.is_some_and(|code| list.contains(&code));
        match status {
            _ if among(&THROTTLED) => Self::Throttled,
            429 if code.is_none() => Self::Throttled,
            _ if among(&TRANSIENT) => Self::Transient,
            500 | 502 | 503 | 504 => Self::Transient,
            _ if code == Some("ExpiredToken") => Self::Expired,
            _ if among(&CONFIGURATION) => Self::Configuration,
            _ if among(&REFUSED) => Self::Denied,
            401 | 403 => Self::Denied,
            _ => Self::Other,
        }
    }

    fn kind(self) -> ErrorKind {
        match self {
            Self::Throttled | Self::Transient | Self::Other => ErrorKind::Service,
            Self::Expired => ErrorKind::Expired,
            Self::Configuration => ErrorKind::Config,
            Self::Denied => ErrorKind::Denied,
        }
    }
}
