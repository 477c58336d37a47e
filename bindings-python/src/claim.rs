//! `claim`, `verify` and what follows from them: verified requests, and their second signature.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use awsaccess::sigv4::{self, DeclaredPayload, Payload, UNSIGNED_PAYLOAD, Upstream};
use awsaccess::time::Time;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};
use zeroize::Zeroizing;

use crate::credentials::{Credentials, Key};
use crate::error::{self, guard, input, used};
use crate::header::{Headers, Unfit};
use crate::policy::{Policy, or_default};
use crate::value::{bytes, latin1, seconds, text, text_or_bytes, time};

/// Bodies above this are hashed without the interpreter's lock.
const LARGE: usize = 32 * 1024;

/// Something that serves once. The lock is held for the time of a move or a look, and never while Python's code may run:
/// a thread that waits for it may be the one that holds the interpreter.
struct Once<T>(Mutex<Option<T>>);

impl<T> Once<T> {
    fn new(value: T) -> Self {
        Self(Mutex::new(Some(value)))
    }

    fn take(&self) -> Option<T> {
        self.open().take()
    }

    /// Looks at it without taking it; `view` must run no foreign code.
    fn look<V>(&self, view: impl FnOnce(&T) -> V) -> Option<V> {
        self.open().as_ref().map(view)
    }

    fn open(&self) -> MutexGuard<'_, Option<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the credential scope and the head say; kept beside a claim, which is gone once it is verified.
struct About {
    access_key_id: String,
    region: String,
    service: String,
    signed_headers: Vec<String>,
    payload: DeclaredPayload,
    signed_at: Time,
    presigned: bool,
    expires: Option<u64>,
}

impl About {
    fn of(claim: &sigv4::Claim) -> Self {
        Self {
            access_key_id: claim.access_key_id().to_owned(),
            region: claim.region().to_owned(),
            service: claim.service().to_owned(),
            signed_headers: claim.signed_headers().map(str::to_owned).collect(),
            payload: claim.payload(),
            signed_at: claim.signed_at(),
            presigned: claim.is_presigned(),
            expires: claim.expires().map(|expires| expires.as_secs()),
        }
    }

    /// The hash or the literal that the head declares; `None` where it declares nothing.
    fn payload(&self) -> Option<Cow<'static, str>> {
        Some(match self.payload {
            DeclaredPayload::Sha256(hash) => {
                hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
            }
            DeclaredPayload::Unsigned => UNSIGNED_PAYLOAD.into(),
            DeclaredPayload::StreamingUnsignedTrailer => sigv4::STREAMING_UNSIGNED_PAYLOAD_TRAILER.into(),
            DeclaredPayload::Streaming(kind) => kind.as_str().into(),
            _ => return None,
        })
    }

    fn shown(&self, name: &str) -> String {
        format!(
            "<{name} access_key_id='{}' region='{}' service='{}'>",
            self.access_key_id.escape_debug(),
            self.region.escape_debug(),
            self.service.escape_debug()
        )
    }
}

/// A request that names its signer: parsed and checked, not yet proven.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Claim {
    about: About,
    claim: Once<sigv4::Claim>,
}

/// Parses what a request says of its signer. Nothing is hashed yet.
///
/// `target` is the request target as it came, text or bytes. Raises `VerifyError`.
#[pyfunction]
#[pyo3(signature = (method, target, headers=None, *, now=None, policy=None))]
pub(crate) fn claim(
    method: &str,
    target: &Bound<'_, PyAny>,
    headers: Option<&Bound<'_, PyAny>>,
    now: Option<&Bound<'_, PyAny>>,
    policy: Option<&Bound<'_, Policy>>,
) -> PyResult<Claim> {
    guard(|| {
        let claim = parse(method, target, headers, now, policy)?;
        Ok(Claim { about: About::of(&claim), claim: Once::new(claim) })
    })
}

fn parse(
    method: &str,
    target: &Bound<'_, PyAny>,
    headers: Option<&Bound<'_, PyAny>>,
    now: Option<&Bound<'_, PyAny>>,
    policy: Option<&Bound<'_, Policy>>,
) -> PyResult<sigv4::Claim> {
    let (now, policy) = (time(now)?, or_default(policy));
    Headers::read(headers)?.lend(method, text_or_bytes(target, "target")?, Unfit::Refuse, |request| {
        sigv4::Claim::parse(request, &policy, now).map_err(|error| error::verify(&error))
    })
}

/// Proves a claim with what a lookup gave. `None` for the body: only the head is at hand.
fn prove(py: Python<'_>, claim: sigv4::Claim, key: &Key, body: Option<&[u8]>) -> PyResult<Verified> {
    let about = About::of(&claim);
    let payload = body.map_or(Payload::Declared, Payload::Bytes);
    let work = || match key {
        Key::Secret(secret, token) => claim.verify((secret, token.as_ref()), payload),
        Key::Whole(credentials) => claim.verify(credentials, payload),
        Key::Unknown => Err(claim.refuse_unknown(payload)),
    };
    let proven = if body.is_some_and(|body| body.len() > LARGE) { py.detach(work) } else { work() };
    let verified = proven.map_err(|error| error::verify(&error))?;
    Ok(Verified { about, verified: Once::new(verified), body: Mutex::new(Way::Open) })
}

#[pymethods]
impl Claim {
    /// Proves the claim, which serves once. `key` is the secret, a `(secret, session_token)` pair,
    /// `Credentials`, or `None` for a key id that is not known. `body=None`: only the head is at hand.
    ///
    /// Raises `VerifyError`.
    #[pyo3(signature = (key, body=None))]
    fn verify(
        &self,
        py: Python<'_>,
        key: &Bound<'_, PyAny>,
        body: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Verified> {
        guard(|| {
            let key = Key::read(key)?;
            let body = body.map(|body| bytes(body, "body")).transpose()?;
            let claim =
                self.claim.take().ok_or_else(|| used("this claim was verified before; parse it again"))?;
            prove(py, claim, &key, body.as_deref())
        })
    }

    /// The key id to look up.
    #[getter]
    fn access_key_id(&self) -> &str {
        &self.about.access_key_id
    }

    /// The region of the credential scope.
    #[getter]
    fn region(&self) -> &str {
        &self.about.region
    }

    /// The signing name of the credential scope.
    #[getter]
    fn service(&self) -> &str {
        &self.about.service
    }

    /// The names that the signature covers, lower case and ascending.
    #[getter]
    fn signed_headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.about.signed_headers)
    }

    /// The SHA-256 or the literal that the head declares for the body.
    #[getter]
    fn payload(&self) -> Option<Cow<'static, str>> {
        self.about.payload()
    }

    /// Whether the signature is in the query.
    #[getter]
    fn presigned(&self) -> bool {
        self.about.presigned
    }

    /// The lifetime of a presigned URL, in seconds.
    #[getter]
    fn expires(&self) -> Option<u64> {
        self.about.expires
    }

    /// When it was signed, in seconds since the epoch.
    #[getter]
    fn signed_at(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        seconds(py, self.about.signed_at)
    }

    /// The session token that came with the request, until the claim is verified.
    #[getter]
    fn session_token<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let token =
            self.claim.look(|claim| claim.session_token().map(|token| Zeroizing::new(token.to_vec())));
        let token = token.ok_or_else(|| used("this claim was verified before; parse it again"))?;
        Ok(token.map(|token| PyBytes::new(py, &token)))
    }

    fn __repr__(&self) -> String {
        self.about.shown("Claim")
    }
}

/// Parses, looks the key up and proves, in one call. Whatever `lookup` raises is raised unchanged.
///
/// `lookup(access_key_id)` gives what `Claim.verify` takes. Raises `VerifyError`.
#[pyfunction]
#[pyo3(signature = (method, target, headers=None, body=None, *, lookup, now=None, policy=None))]
#[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
pub(crate) fn verify(
    py: Python<'_>,
    method: &str,
    target: &Bound<'_, PyAny>,
    headers: Option<&Bound<'_, PyAny>>,
    body: Option<&Bound<'_, PyAny>>,
    lookup: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    policy: Option<&Bound<'_, Policy>>,
) -> PyResult<Verified> {
    guard(|| {
        let body = body.map(|body| bytes(body, "body")).transpose()?;
        let claim = parse(method, target, headers, now, policy)?;
        let key = Key::read(&lookup.call1((claim.access_key_id(),))?)?;
        prove(py, claim, &key, body.as_deref())
    })
}

/// A request whose signature is right; only `verify` makes one.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Verified {
    about: About,
    verified: Once<sigv4::Verified>,
    body: Mutex<Way>,
}

/// Where the way for the body is.
enum Way {
    /// Still part of the verified request.
    Open,
    /// Left over from signing the head again.
    Made(Box<sigv4::BodyResigner>),
    /// Given to the caller.
    Given,
}

#[pymethods]
impl Verified {
    /// Signs the request again under `credentials`, once.
    ///
    /// `url` is where it goes: scheme and host, or the whole URL of the same path and query. `None` is https and
    /// the host that the client signed. `base_path` is a prefix that belongs to the listener: verified, then
    /// taken off. `strict` drops ordinary headers that the client did not sign. Raises `ResignError`.
    #[pyo3(signature = (credentials, url=None, now=None, *, base_path="", strict=false))]
    fn resign(
        &self,
        credentials: &Bound<'_, Credentials>,
        url: Option<&Bound<'_, PyAny>>,
        now: Option<&Bound<'_, PyAny>>,
        base_path: &str,
        strict: bool,
    ) -> PyResult<Resigned> {
        guard(|| {
            let now = time(now)?;
            let url = url.map(|url| text(url, "url")).transpose()?;
            let (origin, upstream) = self.upstream(url)?;
            let upstream = upstream.without_base_path(base_path);
            let upstream = if strict { upstream.strict() } else { upstream };
            let verified = self.verified.take().ok_or_else(spent)?;
            let out = sigv4::resign(verified, &upstream, &credentials.get().0, now)
                .map_err(|error| error::resign(&error))?;
            let mut way = self.way();
            if matches!(*way, Way::Open) {
                *way = Way::Made(Box::new(out.body));
            }
            drop(way);
            Ok(Resigned { method: out.method, url: origin + &latin1(&out.target), headers: out.headers })
        })
    }

    /// The way for the body: push what the client sends, send what comes out. Before or after `resign`, once.
    ///
    /// The pieces of a body that is signed piece by piece are signed again, after `resign` only; before it, such a body
    /// raises `ResignError`. Checksums in trailers are checked.
    #[pyo3(signature = (credentials))]
    fn body_resigner(&self, credentials: &Bound<'_, Credentials>) -> PyResult<BodyResigner> {
        let _ = credentials;
        guard(|| {
            let mut way = self.way();
            // What fails before the head is signed again can be had after it.
            let body = if matches!(*way, Way::Open) {
                let made = self.verified.look(sigv4::Verified::body_resigner).ok_or_else(spent)?;
                made.map_err(|error| error::resign(&error))?
            } else if let Way::Made(body) = std::mem::replace(&mut *way, Way::Given) {
                *body
            } else {
                return Err(used("the body of this request was given away before"));
            };
            *way = Way::Given;
            Ok(BodyResigner(Once::new(body)))
        })
    }

    /// The key id that signed.
    #[getter]
    fn access_key_id(&self) -> &str {
        &self.about.access_key_id
    }

    /// The region of the credential scope.
    #[getter]
    fn region(&self) -> &str {
        &self.about.region
    }

    /// The signing name of the credential scope.
    #[getter]
    fn service(&self) -> &str {
        &self.about.service
    }

    /// The names that the signature covers, lower case and ascending.
    #[getter]
    fn signed_headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.about.signed_headers)
    }

    /// The SHA-256 or the literal that the head declares for the body.
    #[getter]
    fn payload(&self) -> Option<Cow<'static, str>> {
        self.about.payload()
    }

    /// Whether the signature was in the query.
    #[getter]
    fn presigned(&self) -> bool {
        self.about.presigned
    }

    /// When it was signed, in seconds since the epoch.
    #[getter]
    fn signed_at(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        seconds(py, self.about.signed_at)
    }

    fn __repr__(&self) -> String {
        self.about.shown("Verified")
    }
}

impl Verified {
    fn way(&self) -> MutexGuard<'_, Way> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Scheme and authority of where the request goes, and the host to sign for.
    fn upstream(&self, url: Option<&str>) -> PyResult<(String, Upstream)> {
        let signed = self.verified.look(|verified| {
            let request = verified.request();
            (request.host().unwrap_or_default().to_vec(), request.target().to_vec())
        });
        let (host, target) = signed.ok_or_else(spent)?;
        let Some(url) = url else {
            let host = latin1(&host).trim().to_owned();
            return Ok((format!("https://{host}"), Upstream::new(host)));
        };
        let none: [(&str, &str); 0] = [];
        let to = sigv4::Request::new("GET", url, &none);
        let host = to.host().map(latin1).unwrap_or_default();
        if host.is_empty() || host.contains(|c: char| !c.is_ascii_graphic() || "@\\\"<>^`{|}".contains(c)) {
            return Err(input("url must be https://host, or http://host"));
        }
        if !matches!(to.target(), b"" | b"/") && to.target() != target {
            return Err(input(
                "url has another path or query than the request that was verified; give https://host",
            ));
        }
        let origin = url.get(..url.len() - to.target().len()).unwrap_or_default();
        Ok((origin.to_owned(), Upstream::new(host)))
    }
}

fn spent() -> PyErr {
    used("this request was signed again before; verify it anew")
}

/// A request that AWS will accept: the complete head.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Resigned {
    method: String,
    url: String,
    headers: sigv4::HeaderBuf,
}

#[pymethods]
impl Resigned {
    /// The method.
    #[getter]
    fn method(&self) -> &str {
        &self.method
    }

    /// Where to send it. A presigned request carries its signature here.
    #[getter]
    fn url(&self) -> &str {
        &self.url
    }

    /// All headers to send, in order, as text of one byte a character.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> Vec<(Bound<'py, PyString>, Bound<'py, PyString>)> {
        let text = |bytes: &[u8]| PyString::new(py, &latin1(bytes));
        self.headers.iter().map(|(name, value)| (text(name), text(value))).collect()
    }

    fn __repr__(&self) -> String {
        let path = self.url.split('?').next().unwrap_or_default();
        format!("<Resigned {} {}>", self.method, path.escape_debug())
    }
}

/// Bytes in, bytes out, the same in number; the last byte waits until the body is seen to be the right one.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct BodyResigner(Once<sigv4::BodyResigner>);

#[pymethods]
impl BodyResigner {
    /// Takes the next bytes and gives those that may be sent. Raises `BodyError` if the body is not the one
    /// that was signed; nothing more must be sent then.
    fn push<'py>(&self, py: Python<'py>, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        guard(|| {
            let data = bytes(data, "data")?;
            // Taken out for the time of the work: no lock is held while other threads may run.
            let mut body = self.0.take().ok_or_else(finished)?;
            let pushed = if data.len() > LARGE { py.detach(|| body.push(&data)) } else { body.push(&data) };
            *self.0.open() = Some(body);
            pushed.map(|out| PyBytes::new(py, &out)).map_err(error::body)
        })
    }

    /// Ends the body and gives the byte that was held back. Raises `BodyError`; the body is then short of its
    /// last byte, and the receiver keeps none of it.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        guard(|| {
            let body = self.0.take().ok_or_else(finished)?;
            body.finish().map(|out| PyBytes::new(py, &out)).map_err(error::body)
        })
    }

    fn __repr__(&self) -> &'static str {
        "<BodyResigner>"
    }
}

fn finished() -> PyErr {
    used("this body was finished before, or another thread is pushing to it")
}
