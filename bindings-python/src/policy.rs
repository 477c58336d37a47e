//! What a verifier insists on.

use std::time::Duration;

use awsaccess::sigv4::Policy as Core;
use pyo3::prelude::*;

use crate::error::guard;
use crate::value::duration;

/// The rules that a request must meet beside having the right signature; the defaults are the strict ones.
#[pyclass(frozen, eq, module = "awsaccess")]
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Policy(pub(crate) Core);

#[pymethods]
impl Policy {
    /// Durations are seconds or timedeltas. `max_skew=None`: fifteen minutes for S3's family, five for others.
    #[new]
    #[pyo3(signature = (*, max_skew=None, max_expires=None, region=None, service=None, require_signed=Vec::new(),
        require_signed_if_present=Vec::new(), require_amz_signed=true, unsigned_amz=Vec::new(),
        any_unsigned_payload=false, date_header=true, sigv4a=true, uniform_errors=false))]
    #[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
    fn new(
        max_skew: Option<&Bound<'_, PyAny>>,
        max_expires: Option<&Bound<'_, PyAny>>,
        region: Option<String>,
        service: Option<String>,
        require_signed: Vec<String>,
        require_signed_if_present: Vec<String>,
        require_amz_signed: bool,
        unsigned_amz: Vec<String>,
        any_unsigned_payload: bool,
        date_header: bool,
        sigv4a: bool,
        uniform_errors: bool,
    ) -> PyResult<Self> {
        guard(|| {
            let mut policy = Core::default();
            policy.max_skew = max_skew.map(|skew| duration(skew, "max_skew")).transpose()?;
            if let Some(longest) = max_expires {
                policy.max_expires = duration(longest, "max_expires")?;
            }
            policy.region = region;
            policy.service = service;
            policy.require_signed = require_signed;
            policy.require_signed_if_present = require_signed_if_present;
            policy.require_amz_signed = require_amz_signed;
            policy.unsigned_amz = unsigned_amz;
            policy.any_unsigned_payload = any_unsigned_payload;
            policy.date_header = date_header;
            policy.sigv4a = sigv4a;
            policy.uniform_errors = uniform_errors;
            Ok(Self(policy))
        })
    }

    /// How far the request's time may be from now, in seconds.
    #[getter]
    fn max_skew(&self) -> Option<f64> {
        self.0.max_skew.as_ref().map(Duration::as_secs_f64)
    }

    /// The longest lifetime of a presigned URL, in seconds.
    #[getter]
    fn max_expires(&self) -> f64 {
        self.0.max_expires.as_secs_f64()
    }

    /// The region that the credential scope must name.
    #[getter]
    fn region(&self) -> Option<&str> {
        self.0.region.as_deref()
    }

    /// The signing name that the credential scope must name.
    #[getter]
    fn service(&self) -> Option<&str> {
        self.0.service.as_deref()
    }

    /// Headers that must be signed, present or not.
    #[getter]
    fn require_signed(&self) -> Vec<String> {
        self.0.require_signed.clone()
    }

    /// Headers that must be signed if the request has them.
    #[getter]
    fn require_signed_if_present(&self) -> Vec<String> {
        self.0.require_signed_if_present.clone()
    }

    /// Whether every `x-amz-*` header must be signed.
    #[getter]
    fn require_amz_signed(&self) -> bool {
        self.0.require_amz_signed
    }

    /// `x-amz-*` headers that need not be signed.
    #[getter]
    fn unsigned_amz(&self) -> Vec<String> {
        self.0.unsigned_amz.clone()
    }

    /// Whether `UNSIGNED-PAYLOAD` is taken from every service.
    #[getter]
    fn any_unsigned_payload(&self) -> bool {
        self.0.any_unsigned_payload
    }

    /// Whether the `Date` header serves where `X-Amz-Date` is missing.
    #[getter]
    fn date_header(&self) -> bool {
        self.0.date_header
    }

    /// Whether SigV4A is taken.
    #[getter]
    fn sigv4a(&self) -> bool {
        self.0.sigv4a
    }

    /// Whether an unknown key and a wrong token are answered just as a wrong signature is.
    #[getter]
    fn uniform_errors(&self) -> bool {
        self.0.uniform_errors
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// The policy given, or the strict one.
pub(crate) fn or_default(policy: Option<&Bound<'_, Policy>>) -> Core {
    policy.map(|policy| policy.get().0.clone()).unwrap_or_default()
}
