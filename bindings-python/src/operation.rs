//! `identify`, and what it finds.

use awsaccess::error::ErrorKind;
use awsaccess::operation::{self, Name, Protocol};
use pyo3::prelude::*;

use crate::error::guard;
use crate::header::{Headers, Unfit};
use crate::value::{bytes, text_or_bytes};

/// What a request asks of AWS.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Operation(pub(crate) operation::Operation);

#[pymethods]
impl Operation {
    /// The signing name of the service; empty where nothing says it.
    #[getter]
    fn service(&self) -> &str {
        &self.0.service
    }

    /// The service as boto3 and the AWS CLI call it, which tells apart what shares a signing name.
    #[getter]
    fn model(&self) -> Option<&'static str> {
        self.0.model
    }

    /// The operation; `None` unless it is exactly known.
    #[getter]
    fn name(&self) -> Option<&'static str> {
        match self.0.name {
            Name::Exact(name) => Some(name),
            _ => None,
        }
    }

    /// `exact`, `ambiguous` (the request names it twice or in contradiction) or `unknown`.
    #[getter]
    fn confidence(&self) -> &'static str {
        match self.0.name {
            Name::Exact(_) => "exact",
            Name::Ambiguous(_) => "ambiguous",
            _ => "unknown",
        }
    }

    /// Why it is ambiguous.
    #[getter]
    fn reason(&self) -> Option<&'static str> {
        match self.0.name {
            Name::Ambiguous(why) => Some(why),
            _ => None,
        }
    }

    /// A name that the request has for it and that is in no model.
    #[getter]
    fn unlisted(&self) -> Option<&str> {
        self.0.unlisted.as_deref()
    }

    /// `query`, `ec2`, `json-1.0`, `json-1.1`, `rest-json`, `rest-xml`, `s3` or `rpc-v2-cbor`.
    #[getter]
    fn protocol(&self) -> &'static str {
        Protocol::name(self.0.protocol)
    }

    /// `read`, `write`, `permissions` (it changes who may do what) or `credentials` (its answer carries some).
    #[getter]
    fn access(&self) -> Option<&'static str> {
        self.0.access.map(operation::Access::name)
    }

    /// Whether the answer may carry AWS credentials or a login as good, taken from the worst side where that is not known.
    #[getter]
    fn returns_credentials(&self) -> bool {
        operation::returns_credentials(&self.0)
    }

    /// What it is about, in the client's own words: pairs of a kind (`bucket`, `table`, `role` …) and a name.
    #[getter]
    fn resources(&self) -> Vec<(&'static str, &str)> {
        self.0.resources.iter().map(|resource| (resource.kind, resource.value.as_str())).collect()
    }

    /// The actions of IAM policies that it needs, at best knowledge: `s3:GetObject`.
    #[getter]
    fn actions(&self) -> Vec<String> {
        self.0.actions().iter().map(ToString::to_string).collect()
    }

    fn __repr__(&self) -> String {
        format!("<Operation {}:{}>", self.0.service, self.0.title())
    }
}

/// Says what a request asks for. `url` is absolute, or `/path?query` beside a Host header; the host and the credential
/// scope of the headers say which service it is for, or `service`, a signing name, does in the place of the scope.
#[pyfunction]
#[pyo3(signature = (method, url, headers=None, body=None, *, service=None))]
pub(crate) fn identify(
    method: &str,
    url: &Bound<'_, PyAny>,
    headers: Option<&Bound<'_, PyAny>>,
    body: Option<&Bound<'_, PyAny>>,
    service: Option<&str>,
) -> PyResult<Operation> {
    guard(|| {
        let body = body.map(|body| bytes(body, "body")).transpose()?;
        let headers = Headers::read(headers)?;
        headers.lend(method, text_or_bytes(url, "url")?, Unfit::Raise(ErrorKind::Input), |request| {
            Ok(Operation(operation::identify_alone(request, service, body.as_deref().unwrap_or_default())))
        })
    })
}
