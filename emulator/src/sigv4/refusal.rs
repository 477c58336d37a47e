//! Why a signed request is refused, and how each protocol of AWS says so.

use super::Claim;
use crate::clock::{compact, iso8601};
use crate::encoding::{spaced_hex, text_of};
use crate::failure::{Failure, Protocol};

/// Why a request is refused.
pub(crate) enum Refusal {
    /// No signature at all.
    Missing,
    /// The signature's parts are not all there, or not in the right form.
    Incomplete(String),
    /// The same, in the query.
    IncompleteQuery(String),
    /// A header and a query signature at once.
    TwoSignatures,
    UnknownKey,
    /// A temporary key without its token.
    TokenMissing,
    TokenMismatch,
    TokenExpired,
    /// The credential scope does not fit the date, the region or the service.
    Scope {
        message: String,
        region: Option<String>,
    },
    /// The clocks are too far apart.
    Skew {
        signed_at: i64,
        now: i64,
        allowed: i64,
    },
    /// A presigned request after its end.
    PresignedExpired {
        signed_at: i64,
        expires: u32,
        now: i64,
    },
    /// `x-amz-` headers that the signature does not cover.
    HeadersNotSigned(Vec<String>),
    SignatureMismatch {
        string_to_sign: String,
        canonical: Vec<u8>,
    },
    /// What the body itself has wrong, in S3's words.
    Body {
        code: &'static str,
        message: String,
        members: Vec<(&'static str, String)>,
    },
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check \
                        your AWS Secret Access Key and signing method. Consult the service documentation for \
                        details.";
const S3_MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check \
                           your key and signing method.";
const INVALID: &str = "The security token included in the request is invalid.";
const EXPIRED: &str = "The security token included in the request is expired";

impl Refusal {
    /// The same refusal for a signature in the query.
    pub(super) fn in_query(self) -> Self {
        match self {
            Self::Incomplete(message) => Self::IncompleteQuery(message),
            other => other,
        }
    }

    pub(crate) fn body(code: &'static str, message: impl Into<String>) -> Self {
        Self::Body { code, message: message.into(), members: Vec::new() }
    }

    /// The error as a protocol has it. `claim` is what the request said of itself, if it could be read.
    pub(crate) fn failure(self, protocol: Protocol, claim: Option<&Claim>) -> Failure {
        match protocol {
            Protocol::S3 => self.s3(claim),
            Protocol::Query => self.other(false, 403),
            Protocol::TargetJson { .. } => self.other(true, 400),
            Protocol::RestJson => self.other(true, 403),
        }
    }

    fn other(self, json: bool, denied: u16) -> Failure {
        let name = |query: &'static str, in_json: &'static str| if json { in_json } else { query };
        let unknown = name("InvalidClientTokenId", "UnrecognizedClientException");
        let mismatch = name("SignatureDoesNotMatch", "InvalidSignatureException");
        let incomplete = name("IncompleteSignature", "IncompleteSignatureException");
        match self {
            Self::Missing => Failure::new(
                denied,
                name("MissingAuthenticationToken", "MissingAuthenticationTokenException"),
                name("Request is missing Authentication Token", "Missing Authentication Token"),
            ),
            Self::Incomplete(message) | Self::IncompleteQuery(message) => {
                Failure::new(400, incomplete, message)
            }
            Self::TwoSignatures => {
                Failure::new(400, incomplete, "Only one of header and query authentication may be used.")
            }
            Self::UnknownKey | Self::TokenMissing | Self::TokenMismatch => {
                Failure::new(denied, unknown, INVALID)
            }
            Self::TokenExpired => {
                Failure::new(denied, name("ExpiredToken", "ExpiredTokenException"), EXPIRED)
            }
            Self::Scope { message, .. } => Failure::new(denied, mismatch, message),
            Self::Skew { signed_at, now, allowed } => {
                let (signed, server) = (compact(signed_at), compact(now));
                let minutes = allowed / 60;
                let message = if signed_at < now {
                    let bound = compact(now - allowed);
                    format!(
                        "Signature expired: {signed} is now earlier than {bound} ({server} - {minutes} min.)"
                    )
                } else {
                    let bound = compact(now + allowed);
                    format!(
                        "Signature not yet current: {signed} is still later than {bound} ({server} + \
                         {minutes} min.)"
                    )
                };
                Failure::new(denied, mismatch, message)
            }
            Self::PresignedExpired { signed_at, expires, now } => {
                let bound = compact(now - i64::from(expires));
                let (signed, server) = (compact(signed_at), compact(now));
                Failure::new(
                    denied,
                    mismatch,
                    format!(
                        "Signature expired: {signed} is now earlier than {bound} ({server} - {expires} s)"
                    ),
                )
            }
            Self::HeadersNotSigned(_) | Self::SignatureMismatch { .. } => {
                Failure::new(denied, mismatch, MISMATCH)
            }
            Self::Body { message, .. } => {
                Failure::new(400, name("ValidationError", "ValidationException"), message)
            }
        }
    }

    fn s3(self, claim: Option<&Claim>) -> Failure {
        let key = claim.map(|claim| claim.access_key_id.clone()).unwrap_or_default();
        let presigned = claim.is_some_and(|claim| claim.presigned);
        let malformed =
            if presigned { "AuthorizationQueryParametersError" } else { "AuthorizationHeaderMalformed" };
        match self {
            Self::Missing => Failure::new(403, "AccessDenied", "Access Denied"),
            Self::Incomplete(message) => Failure::new(400, malformed, message),
            Self::IncompleteQuery(message) => Failure::new(400, "AuthorizationQueryParametersError", message),
            Self::TwoSignatures => Failure::new(
                400,
                "InvalidArgument",
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query \
                 string parameter or the Authorization header should be specified",
            ),
            Self::UnknownKey | Self::TokenMissing => Failure::new(
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            )
            .with("AWSAccessKeyId", key),
            Self::TokenMismatch => {
                Failure::new(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
            }
            Self::TokenExpired => Failure::new(400, "ExpiredToken", "The provided token has expired."),
            Self::Scope { message, region } => {
                let failure = Failure::new(400, malformed, message);
                match region {
                    Some(region) => failure.with("Region", region),
                    None => failure,
                }
            }
            Self::Skew { signed_at, now, .. } if presigned && signed_at > now => {
                Failure::new(403, "AccessDenied", "Request is not valid yet")
            }
            Self::Skew { signed_at, now, allowed } => Failure::new(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            )
            .with("RequestTime", compact(signed_at))
            .with("ServerTime", iso8601(now))
            .with("MaxAllowedSkewMilliseconds", (allowed * 1000).to_string()),
            Self::PresignedExpired { signed_at, expires, now } => {
                Failure::new(403, "AccessDenied", "Request has expired")
                    .with("X-Amz-Expires", expires.to_string())
                    .with("Expires", iso8601(signed_at + i64::from(expires)))
                    .with("ServerTime", iso8601(now))
            }
            Self::HeadersNotSigned(names) => Failure::new(
                403,
                "AccessDenied",
                "There were headers present in the request which were not signed",
            )
            .with("HeadersNotSigned", names.join(", ")),
            Self::SignatureMismatch { string_to_sign, canonical } => {
                let provided = claim.map(|claim| claim.signature.clone()).unwrap_or_default();
                Failure::new(403, "SignatureDoesNotMatch", S3_MISMATCH)
                    .with("AWSAccessKeyId", key)
                    .with("StringToSign", string_to_sign.as_str())
                    .with("SignatureProvided", provided)
                    .with("StringToSignBytes", spaced_hex(string_to_sign.as_bytes()))
                    .with("CanonicalRequest", text_of(&canonical))
                    .with("CanonicalRequestBytes", spaced_hex(&canonical))
            }
            Self::Body { code, message, members } => {
                let status = if code == "SignatureDoesNotMatch" { 403 } else { 400 };
                Failure { members, ..Failure::new(status, code, message) }
            }
        }
    }
}
