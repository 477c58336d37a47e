//! A request as it goes on, and the way of its answer.

use std::sync::Arc;

use awsaccess::gateway::BodyPlan;
use awsaccess::gateway::{Answer, Gateway as Core, Passed, Refusal, RefusalKind, Replacement};
use awsaccess::sigv4::{BodyResigner as CoreBody, Resigned};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};
use zeroize::Zeroizing;

use super::stage::About;
use crate::body::{BodyResigner, LARGE};
use crate::chain::read_seed;
use crate::error::{guard, input, used};
use crate::header::{Headers, Unfit};
use crate::once::Once;
use crate::record::{Record, request_id};
use crate::value::{bytes, latin1, time};

type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// A head with its body, or the way for it.
pub(super) struct Leaving {
    method: String,
    target: Vec<u8>,
    headers: Fields,
    content: Option<Py<PyBytes>>,
    body: Option<CoreBody>,
}

/// A request as it goes on to the service: the complete head, and the body or the way for it.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Forward {
    method: String,
    target: Vec<u8>,
    headers: Fields,
    content: Option<Py<PyBytes>>,
    body: Option<Once<CoreBody>>,
    host: String,
    gateway: Arc<Core>,
    about: About,
    replacement: Option<Box<Replacement>>,
}

impl Forward {
    /// What was signed again. A held body is signed with it, as one piece.
    pub(super) fn signed(
        py: Python<'_>,
        resigned: Resigned,
        held: Option<Py<PyBytes>>,
        plan: BodyPlan,
    ) -> Result<Leaving, Refusal> {
        let Resigned { method, target, headers, mut body, .. } = resigned;
        let mut headers: Fields =
            headers.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        let content = match held {
            None if plan == BodyPlan::Stream => {
                return Ok(Leaving { method, target, headers, content: None, body: Some(body) });
            }
            None => body.finish()?,
            Some(held) => {
                let data = held.as_bytes(py);
                let work = move || {
                    let mut out = body.push(data)?;
                    out.extend(body.finish()?);
                    Ok::<_, Refusal>(out)
                };
                let out = if data.len() > LARGE { py.detach(work) } else { work() }?;
                // The service is told a length even where the client told none.
                set(&mut headers, b"content-length", out.len().to_string().into_bytes());
                out
            }
        };
        Ok(Leaving {
            method,
            target,
            headers,
            content: Some(PyBytes::new(py, &content).unbind()),
            body: None,
        })
    }

    /// What goes on as it is.
    pub(super) fn passed(passed: Passed, held: Option<Py<PyBytes>>) -> Leaving {
        let Passed { method, target, headers, .. } = passed;
        Leaving { method, target, headers, content: held, body: None }
    }
}

impl Leaving {
    pub(super) fn to(
        self,
        host: String,
        gateway: Arc<Core>,
        about: About,
        replacement: Option<Box<Replacement>>,
    ) -> Forward {
        let Self { method, target, headers, content, body } = self;
        let body = body.map(Once::new);
        Forward { method, target, headers, content, body, host, gateway, about, replacement }
    }
}

/// Sets a field, in the place of those of the same name.
fn set(headers: &mut Fields, name: &[u8], value: Vec<u8>) {
    headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    headers.push((name.to_vec(), value));
}

/// An answer as the client gets it.
type Filtered<'py> = (u16, Bound<'py, PyList>, Option<Bound<'py, PyAny>>);

#[pymethods]
impl Forward {
    /// The method.
    #[getter]
    fn method(&self) -> &str {
        &self.method
    }

    /// The target in origin form, as text of one byte a character.
    #[getter]
    fn target<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::new(py, &latin1(&self.target))
    }

    /// The host that it goes to, as the `Host` header says it.
    #[getter]
    fn host(&self) -> &str {
        &self.host
    }

    /// Where to send it, over TLS: host and target.
    #[getter]
    fn url<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::new(py, &format!("https://{}{}", self.host, latin1(&self.target)))
    }

    /// All headers to send, in order, as text of one byte a character.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        listed(py, &self.headers)
    }

    /// The whole body to send, where it was held or there is none; `None` where it flows.
    #[getter]
    fn content(&self, py: Python<'_>) -> Option<Py<PyBytes>> {
        match (&self.content, &self.body) {
            (Some(content), _) => Some(content.clone_ref(py)),
            (None, None) => Some(PyBytes::new(py, b"").unbind()),
            (None, Some(_)) => None,
        }
    }

    /// The way for a body that flows, once: push what the client sends, send what comes out. Where `content` is
    /// there, that is the body.
    fn body(&self) -> PyResult<BodyResigner> {
        guard(|| {
            let body =
                self.body.as_ref().ok_or_else(|| input("this request has its whole body in `content`"))?;
            body.take()
                .map(BodyResigner::new)
                .ok_or_else(|| used("the body of this request was given away before"))
        })
    }

    /// Whether an answer of that status carries credentials: it is to be held (`reply_limit` bytes at most) and
    /// brought to `filter` whole. The body of any other may flow.
    fn replaces(&self, status: u16) -> bool {
        self.replacement.as_ref().is_some_and(|replacement| replacement.concerns(status))
    }

    /// The most bytes of an answer that is held; a longer one is not passed on.
    #[getter]
    fn reply_limit(&self) -> Option<usize> {
        self.replacement.as_ref().map(|replacement| replacement.limit())
    }

    /// The service's answer as the client gets it: `(status, headers, body)`, without what belongs to the connection,
    /// without cookies, and with a placeholder in the place of credentials. The body of an answer that does not carry
    /// any comes back as it was given, or stays `None` where it flows.
    ///
    /// `seed` is 32 random bytes, `None` takes them from `os.urandom`. Raises `RefusedError` for an answer that must
    /// not reach the client.
    #[pyo3(signature = (status, headers=None, body=None, *, now=None, seed=None))]
    fn filter<'py>(
        &self,
        py: Python<'py>,
        status: u16,
        headers: Option<&Bound<'py, PyAny>>,
        body: Option<&Bound<'py, PyAny>>,
        now: Option<&Bound<'py, PyAny>>,
        seed: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Filtered<'py>> {
        guard(|| {
            let mut headers = Headers::read(headers)?.owned(Unfit::Refuse)?;
            strip(&mut headers);
            let id = ["x-amzn-requestid", "x-amz-request-id"].iter().find_map(|name| first(&headers, name));
            self.about.record.get().open().upstream_request_id = id.map(request_id);
            let concerned = self.replacement.as_ref().filter(|replacement| replacement.concerns(status));
            let Some(replacement) = concerned else {
                return Ok((status, listed(py, &headers)?, body.cloned()));
            };
            let body =
                body.ok_or_else(|| input("this answer carries credentials; bring the whole body of it"))?;
            let (now, seed) = (time(now)?, Zeroizing::new(read_seed(py, seed)?));
            let replaced = self.replaced(replacement, (status, &headers), &bytes(body, "body")?, &seed, now);
            let replaced = replaced.map_err(|refusal| self.about.raised(py, refusal))?;
            for name in ["etag", "content-md5", "content-digest"] {
                headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name.as_bytes()));
            }
            set(&mut headers, b"content-length", replaced.len().to_string().into_bytes());
            set(&mut headers, b"cache-control", b"no-store".to_vec());
            Ok((status, listed(py, &headers)?, Some(PyBytes::new(py, &replaced).into_any())))
        })
    }

    /// What is to be written into the log.
    #[getter]
    fn record(&self, py: Python<'_>) -> Py<Record> {
        self.about.record.clone_ref(py)
    }

    /// The exception for a request that comes to nothing, to be raised or answered with its `reply`. `why` is a name
    /// (`upstream-connect`, `upstream-timeout`, `session-expired` …) or an exception that the host met: an `OSError`,
    /// or the `BodyError` of the client's body. `detail` is for the operator.
    #[pyo3(signature = (why, detail=None))]
    fn refuse<'py>(&self, why: &Bound<'py, PyAny>, detail: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        guard(|| self.about.refuse(why, detail))
    }

    fn __repr__(&self) -> String {
        let target = latin1(&self.target);
        let path = target.split('?').next().unwrap_or_default();
        format!("<Forward {} {}{}>", self.method.escape_debug(), self.host, path.escape_debug())
    }
}

impl Forward {
    fn replaced(
        &self,
        replacement: &Replacement,
        (status, headers): (u16, &Fields),
        body: &[u8],
        seed: &[u8; 32],
        now: awsaccess::time::Time,
    ) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let no_key = || {
            let refusal = Refusal::new(RefusalKind::Internal, "the answer cannot be passed on");
            refusal.with_detail("there is no key to seal it with")
        };
        let keys = self.gateway.placeholders.keys().ok_or_else(no_key)?;
        let answer = Answer::new(status, first(headers, "content-encoding"));
        let mut record = self.about.record.get().open();
        replacement.replace(keys, answer, body, seed, now, &mut record)
    }
}

fn first<'a>(headers: &'a Fields, name: &str) -> Option<&'a [u8]> {
    let found = headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()));
    found.map(|(_, value)| value.as_slice())
}

/// Takes off what belongs to the connection with the service, and cookies.
fn strip(headers: &mut Fields) {
    let connection = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"connection"));
    let nominated: Vec<Vec<u8>> = connection
        .flat_map(|(_, value)| value.split(|byte| *byte == b','))
        .map(|name| name.trim_ascii().to_ascii_lowercase())
        .collect();
    headers.retain(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let own = CONNECTION_LEVEL.iter().any(|known| known.as_bytes() == name);
        // What no header may hold would be a second answer to some client.
        let sound = !value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
        sound && !own && !nominated.contains(&name)
    });
}

const CONNECTION_LEVEL: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn listed<'py>(py: Python<'py>, fields: &Fields) -> PyResult<Bound<'py, PyList>> {
    let text = |bytes: &[u8]| PyString::new(py, &latin1(bytes));
    PyList::new(py, fields.iter().map(|(name, value)| (text(name), text(value))))
}
