//! `diagnose`: why a service refused a signature.

use awsaccess::error::ErrorKind;
use awsaccess::sigv4::{self, Evidence, Payload, Reply, Scope};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::credentials::Credentials;
use crate::error::{guard, input, wrong_type};
use crate::header::{Headers, Unfit};
use crate::value::{bytes, instant, text_or_bytes};

/// Why a signature was refused, with nothing secret in it.
#[pyclass(frozen, eq, module = "awsaccess")]
#[derive(PartialEq, Eq)]
pub(crate) struct Diagnosis(sigv4::Diagnosis);

#[pymethods]
impl Diagnosis {
    /// The cause, one of a closed list (`header-removed`, `wrong-region`, `clock-skew`); `nothing` where nothing is wrong.
    #[getter]
    fn cause(&self) -> &'static str {
        self.0.cause().name()
    }

    /// Which part of the request it is about (`header`, `query`, `payload`, `scope`).
    #[getter]
    fn part(&self) -> &'static str {
        self.0.part().name()
    }

    /// The header or the query parameter, where it is about one.
    #[getter]
    fn subject(&self) -> Option<&str> {
        self.0.subject()
    }

    /// Whether it is proven (by what the service said or computed, or by the signature itself), not only likely.
    #[getter]
    fn certain(&self) -> bool {
        self.0.is_certain()
    }

    /// What it means here, in a line.
    #[getter]
    fn explanation(&self) -> &str {
        self.0.explanation()
    }

    /// What to do about it, in a line.
    #[getter]
    fn remedy(&self) -> &'static str {
        self.0.remedy()
    }

    /// The line as the client signed it; secret values by their length alone.
    #[getter]
    fn ours(&self) -> Option<&str> {
        self.0.ours()
    }

    /// The line as the service saw it, or would.
    #[getter]
    fn theirs(&self) -> Option<&str> {
        self.0.theirs()
    }

    fn __repr__(&self) -> String {
        let subject = self.0.subject().map(|name| format!(" subject='{}'", name.escape_debug()));
        format!("<Diagnosis cause='{}'{}>", self.cause(), subject.unwrap_or_default())
    }
}

/// Names the cause of a refused signature. The more is given, the more certain it is.
///
/// The request is the one that left the client, its signature included; without `body` only what its head declares is
/// known. `reply` is the service's answer: `(status, headers, body)`, or the bytes on the wire. `credentials` are the
/// keys that the client meant to sign with; `region` and `service` what the service wants, where its host does not tell;
/// `canonical_request` what the client logged; `now` when it was sent, by a clock that is right.
#[pyfunction]
#[pyo3(signature = (method, url, headers=None, body=None, reply=None, *, credentials=None, region=None, region_set=None,
    service=None, canonical_request=None, now=None))]
#[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
pub(crate) fn diagnose(
    py: Python<'_>,
    method: &str,
    url: &Bound<'_, PyAny>,
    headers: Option<&Bound<'_, PyAny>>,
    body: Option<&Bound<'_, PyAny>>,
    reply: Option<&Bound<'_, PyAny>>,
    credentials: Option<&Bound<'_, Credentials>>,
    region: Option<&str>,
    region_set: Option<Vec<String>>,
    service: Option<&str>,
    canonical_request: Option<&Bound<'_, PyAny>>,
    now: Option<&Bound<'_, PyAny>>,
) -> PyResult<Diagnosis> {
    guard(|| {
        let expected = match (region, region_set, service) {
            (None, None, None) => None,
            (Some(region), None, Some(service)) => Some(Scope::new(region, service)),
            (None, Some(set), Some(service)) => Some(Scope::regions(set, service)),
            _ => return Err(input("give service with region or with region_set, or none of them")),
        };
        let body = body.map(|body| bytes(body, "body")).transpose()?;
        let logged = canonical_request.map(|text| text_or_bytes(text, "canonical_request")).transpose()?;
        let now = now.map(|now| instant(now, "now")).transpose()?;
        let reply = reply.map(read_reply).transpose()?;
        let headers = Headers::read(headers)?;
        headers.lend(method, text_or_bytes(url, "url")?, Unfit::Raise(ErrorKind::Input), |request| {
            let payload = body.as_deref().map_or(Payload::Declared, Payload::Bytes);
            let mut evidence = Evidence::new(*request, payload);
            if let Some(credentials) = credentials {
                evidence = evidence.credentials(&credentials.get().0);
            }
            if let Some(scope) = &expected {
                evidence = evidence.expected(scope);
            }
            if let Some(text) = logged {
                evidence = evidence.canonical_request(text);
            }
            if let Some(now) = now {
                evidence = evidence.now(now);
            }
            // Every way to go wrong may be tried against the signature: long enough to let others work.
            Ok(Diagnosis(py.detach(|| sigv4::diagnose(&evidence, reply.as_ref()))))
        })
    })
}

/// Status, headers and body, or all of it as it is on the wire.
fn read_reply(reply: &Bound<'_, PyAny>) -> PyResult<Reply> {
    if let Ok(raw) = reply.cast::<PyBytes>() {
        return Ok(Reply::parse_http(raw.as_bytes()));
    }
    let Ok((status, headers, body)) =
        reply.extract::<(Option<u16>, Option<Bound<'_, PyAny>>, Option<Bound<'_, PyAny>>)>()
    else {
        return Err(wrong_type("reply", "(status, headers, body), or bytes", reply));
    };
    let body = body.as_ref().map(|body| bytes(body, "the body of the reply")).transpose()?;
    let headers = Headers::read(headers.as_ref())?;
    headers.lend("GET", b"/", Unfit::Refuse, |request| {
        Ok(Reply::parse(status, request.headers(), body.as_deref().unwrap_or_default()))
    })
}
