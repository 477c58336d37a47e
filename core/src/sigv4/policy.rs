//! What a verifier insists on.

use std::time::Duration;

/// The rules that a request must meet beside having the right signature. The default is strict on all that
/// protects and lenient on form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// How far the request's time may be from now, in either direction. `None`: fifteen minutes for S3's
    /// family, five for all others.
    pub max_skew: Option<Duration>,
    /// The longest lifetime of a presigned URL; AWS's own bound is seven days.
    pub max_expires: Duration,
    /// The region that the credential scope must name.
    pub region: Option<String>,
    /// The signing name that the credential scope must name.
    pub service: Option<String>,
    /// Headers that `SignedHeaders` must list, present or not.
    pub require_signed: Vec<String>,
    /// Headers that must be signed if the request has them.
    pub require_signed_if_present: Vec<String>,
    /// Whether every `x-amz-*` header must be signed, so that nobody on the way can add one.
    pub require_amz_signed: bool,
    /// Names of `x-amz-*` headers that need not be signed, such as `x-amz-cf-id` behind CloudFront.
    pub unsigned_amz: Vec<String>,
    /// Whether `UNSIGNED-PAYLOAD` is taken from every service. `false`: only where AWS's models allow it.
    pub any_unsigned_payload: bool,
    /// Whether the `Date` header serves where `X-Amz-Date` is missing.
    pub date_header: bool,
    /// Whether SigV4A is taken. The default here; a gateway's default is not to, since a signature that is good in
    /// many regions is a wider grant, and takes some hundred times the work of SigV4 to check.
    pub sigv4a: bool,
    /// Whether an unknown key and a wrong token are answered just as a wrong signature is.
    pub uniform_errors: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_skew: None,
            max_expires: Duration::from_secs(604_800),
            region: None,
            service: None,
            require_signed: Vec::new(),
            require_signed_if_present: Vec::new(),
            require_amz_signed: true,
            unsigned_amz: Vec::new(),
            any_unsigned_payload: false,
            date_header: true,
            sigv4a: true,
            uniform_errors: false,
        }
    }
}

impl Policy {
    /// The strict default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses SigV4A.
    #[must_use]
    pub const fn without_sigv4a(mut self) -> Self {
        self.sigv4a = false;
        self
    }

    /// Takes requests that leave `x-amz-*` headers unsigned, a token among them (some signers add it late).
    #[must_use]
    pub const fn lenient(mut self) -> Self {
        self.require_amz_signed = false;
        self
    }
}
