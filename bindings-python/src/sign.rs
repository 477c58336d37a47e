//! `sign`, `presign` and `explain`.

use awsaccess::error::ErrorKind;
use awsaccess::sigv4::{self, Payload, Signed};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};
use pyo3::{Borrowed, intern};

use crate::body::LARGE;
use crate::credentials::Keys;
use crate::error::{self, guard};
use crate::header::{Headers, Unfit};
use crate::option::Options;
use crate::value::{bytes, duration, text_or_bytes, time};

/// The names under which a session token is sent.
const TOKENS: [&str; 2] = ["x-amz-security-token", "x-amz-s3session-token"];

/// Runs what hashes a body, letting other threads work meanwhile if it is large.
fn hashing<T: Send>(py: Python<'_>, payload: Payload<'_>, work: impl FnOnce() -> T + Send) -> T {
    match payload {
        Payload::Bytes(body) if body.len() > LARGE => py.detach(work),
        _ => work(),
    }
}

/// Signs a request in its headers, and gives all headers to send: the caller's own pairs in order, then those
/// that signing adds. One that signing sets replaces one that came in.
///
/// `url` is absolute, or `/path?query` beside a Host header. `headers` is a mapping, a list of pairs or a flat
/// list. `payload` stands for the body: a hexadecimal SHA-256 or one of AWS's literals.
///
/// `credentials` may be a `Delegate`. `region_set`, a list of names and patterns in the place of `region`, or
/// `algorithm="v4a"` signs with SigV4A. `session_token` is `sign`, `append` (after signing, as IoT wants it), `omit` or
/// `s3express` (under the name that sessions of S3 Express have).
#[pyfunction]
#[pyo3(signature = (method, url, headers=None, body=None, *, credentials, region=None, service, now=None,
    payload=None, double_encode=None, normalize=None, content_sha256_header=None, session_token="sign", algorithm=None,
    region_set=None))]
#[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
pub(crate) fn sign<'py>(
    py: Python<'py>,
    method: &str,
    url: &Bound<'py, PyAny>,
    headers: Option<&Bound<'py, PyAny>>,
    body: Option<&Bound<'py, PyAny>>,
    credentials: &Bound<'py, PyAny>,
    region: Option<&str>,
    service: &str,
    now: Option<&Bound<'py, PyAny>>,
    payload: Option<&str>,
    double_encode: Option<bool>,
    normalize: Option<bool>,
    content_sha256_header: Option<bool>,
    session_token: &str,
    algorithm: Option<&str>,
    region_set: Option<Vec<String>>,
) -> PyResult<Bound<'py, PyList>> {
    guard(|| {
        let options =
            Options { payload, double_encode, normalize, content_sha256_header, session_token, algorithm };
        let settings = options.settings()?;
        let scope = options.scope(region, region_set, service)?;
        let (keys, now) = (Keys::read(credentials)?, time(now)?);
        let body = body.map(|body| bytes(body, "body")).transpose()?;
        let headers = Headers::read(headers)?;
        let signed =
            headers.lend(method, text_or_bytes(url, "url")?, Unfit::Raise(ErrorKind::Sign), |request| {
                let payload = options.payload(request, body.as_deref(), false)?;
                hashing(py, payload, || sigv4::sign(request, payload, keys, &scope, &settings, now))
                    .map_err(|error| error::sign(&error))
            })?;
        to_send(py, &headers, &signed)
    })
}

/// The caller's pairs, less those that are replaced, and those that signing sets.
fn to_send<'py>(py: Python<'py>, headers: &Headers<'py>, signed: &Signed) -> PyResult<Bound<'py, PyList>> {
    let mut names: Vec<&str> = signed.headers().map(|(name, _)| name).collect();
    // A token that came in belongs to other credentials than those that signed.
    names.extend(TOKENS);
    let mut all = headers.without(&names)?;
    for (name, value) in signed.headers() {
        let name = interned(py, name).map_or_else(|| PyString::new(py, name), Borrowed::to_owned);
        let pair = [name, PyString::new(py, value)];
        all.push(PyTuple::new(py, pair)?.into_any());
    }
    PyList::new(py, all)
}

/// The names that nearly every signature sets, made once for the life of the interpreter.
fn interned<'py>(py: Python<'py>, name: &str) -> Option<Borrowed<'py, 'py, PyString>> {
    let name = match name {
        "x-amz-date" => intern!(py, "x-amz-date"),
        "x-amz-content-sha256" => intern!(py, "x-amz-content-sha256"),
        "x-amz-security-token" => intern!(py, "x-amz-security-token"),
        "host" => intern!(py, "host"),
        "authorization" => intern!(py, "authorization"),
        _ => return None,
    };
    Some(name.as_borrowed())
}

/// Signs a request in its query, and gives the URL, which is good for `expires` seconds.
///
/// Where neither `body` nor `payload` is given, a link to S3 leaves its body unsigned. The answer is text or
/// bytes, as `url` is.
#[pyfunction]
#[pyo3(signature = (method, url, headers=None, body=None, *, credentials, region=None, service, expires=None,
    now=None, payload=None, double_encode=None, normalize=None, content_sha256_header=None, session_token="sign",
    algorithm=None, region_set=None))]
#[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
pub(crate) fn presign<'py>(
    py: Python<'py>,
    method: &str,
    url: &Bound<'py, PyAny>,
    headers: Option<&Bound<'py, PyAny>>,
    body: Option<&Bound<'py, PyAny>>,
    credentials: &Bound<'py, PyAny>,
    region: Option<&str>,
    service: &str,
    expires: Option<&Bound<'py, PyAny>>,
    now: Option<&Bound<'py, PyAny>>,
    payload: Option<&str>,
    double_encode: Option<bool>,
    normalize: Option<bool>,
    content_sha256_header: Option<bool>,
    session_token: &str,
    algorithm: Option<&str>,
    region_set: Option<Vec<String>>,
) -> PyResult<Bound<'py, PyAny>> {
    guard(|| {
        let options =
            Options { payload, double_encode, normalize, content_sha256_header, session_token, algorithm };
        let settings = options.settings()?;
        let scope = options.scope(region, region_set, service)?;
        let (keys, now) = (Keys::read(credentials)?, time(now)?);
        let expires = lifetime(expires)?;
        let body = body.map(|body| bytes(body, "body")).transpose()?;
        let link = Headers::read(headers)?.lend(
            method,
            text_or_bytes(url, "url")?,
            Unfit::Raise(ErrorKind::Sign),
            |request| {
                let payload = options.payload(request, body.as_deref(), sigv4::is_s3_family(service))?;
                hashing(py, payload, || {
                    sigv4::presign(request, payload, keys, &scope, &settings, expires, now)
                })
                .map_err(|error| error::sign(&error))
            },
        )?;
        if url.is_instance_of::<PyBytes>() {
            return Ok(PyBytes::new(py, link.target()).into_any());
        }
        // The target was UTF-8, and what was added to it is ASCII.
        Ok(PyString::new(py, &String::from_utf8_lossy(link.target())).into_any())
    })
}

/// Fifteen minutes, unless said otherwise.
fn lifetime(expires: Option<&Bound<'_, PyAny>>) -> PyResult<std::time::Duration> {
    expires.map_or(Ok(std::time::Duration::from_secs(900)), |expires| duration(expires, "expires"))
}

/// What is hashed and signed, for a person who looks for a difference.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Explanation(sigv4::Explanation);

#[pymethods]
impl Explanation {
    /// The canonical request; it holds the session token, if that is signed.
    #[getter]
    fn canonical_request(&self) -> &[u8] {
        &self.0.canonical_request
    }

    /// The string to sign.
    #[getter]
    fn string_to_sign(&self) -> &[u8] {
        &self.0.string_to_sign
    }

    fn __repr__(&self) -> &'static str {
        "<Explanation>"
    }
}

/// What `sign` hashes and signs; with `expires`, what `presign` does.
#[pyfunction]
#[pyo3(signature = (method, url, headers=None, body=None, *, credentials, region=None, service, expires=None,
    now=None, payload=None, double_encode=None, normalize=None, content_sha256_header=None, session_token="sign",
    algorithm=None, region_set=None))]
#[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
pub(crate) fn explain(
    method: &str,
    url: &Bound<'_, PyAny>,
    headers: Option<&Bound<'_, PyAny>>,
    body: Option<&Bound<'_, PyAny>>,
    credentials: &Bound<'_, PyAny>,
    region: Option<&str>,
    service: &str,
    expires: Option<&Bound<'_, PyAny>>,
    now: Option<&Bound<'_, PyAny>>,
    payload: Option<&str>,
    double_encode: Option<bool>,
    normalize: Option<bool>,
    content_sha256_header: Option<bool>,
    session_token: &str,
    algorithm: Option<&str>,
    region_set: Option<Vec<String>>,
) -> PyResult<Explanation> {
    guard(|| {
        let options =
            Options { payload, double_encode, normalize, content_sha256_header, session_token, algorithm };
        let settings = options.settings()?;
        let scope = options.scope(region, region_set, service)?;
        let (keys, now) = (Keys::read(credentials)?, time(now)?);
        let body = body.map(|body| bytes(body, "body")).transpose()?;
        Headers::read(headers)?.lend(
            method,
            text_or_bytes(url, "url")?,
            Unfit::Raise(ErrorKind::Sign),
            |request| {
                let s3_link = expires.is_some() && sigv4::is_s3_family(service);
                let payload = options.payload(request, body.as_deref(), s3_link)?;
                if expires.is_some() {
                    let expires = lifetime(expires)?;
                    sigv4::explain_presign(request, payload, keys, &scope, &settings, expires, now)
                } else {
                    sigv4::explain(request, payload, keys, &scope, &settings, now)
                }
                .map(Explanation)
                .map_err(|error| error::sign(&error))
            },
        )
    })
}
