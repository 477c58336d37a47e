//! `claim`, `verify` and what follows from them: verified requests, and their second signature.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use awsaccess::sigv4::{self, Algorithm, DeclaredPayload, Payload, RelayError, UNSIGNED_PAYLOAD, Upstream};
use awsaccess::time::Time;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};
use zeroize::Zeroizing;

use crate::body::{BodyResigner, LARGE};
use crate::credentials::{Key, Keys};
use crate::error::{self, guard, input, used};
use crate::header::{Headers, Unfit};
use crate::once::Once;
use crate::policy::{Policy, or_default};
use crate::value::{bytes, latin1, seconds, text, text_or_bytes, time};

/// What the credential scope and the head say; kept beside a claim, which is gone once it is verified.
struct About {
    access_key_id: String,
    algorithm: Algorithm,
    region: String,
    region_set: Option<Vec<String>>,
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
            algorithm: claim.algorithm(),
            region: claim.region().to_owned(),
            region_set: claim.scope().region_set().map(|set| set.map(str::to_owned).collect()),
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

    fn algorithm(&self) -> &'static str {
        match self.algorithm {
            Algorithm::V4a => "v4a",
            _ => "v4",
        }
    }

    fn region_set<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        self.region_set.as_ref().map(|set| PyTuple::new(py, set)).transpose()
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
        Key::Delegate(delegate) => claim.verify(delegate, payload),
        Key::Unknown => Err(claim.refuse_unknown(payload)),
    };
    let proven = if body.is_some_and(|body| body.len() > LARGE) { py.detach(work) } else { work() };
    let verified = proven.map_err(|error| error::verify(&error))?;
    Ok(Verified { about, verified: Once::new(verified), body: Mutex::new(Way::Open) })
}

#[pymethods]
impl Claim {
    /// Proves the claim, which serves once. `key` is the secret, a `(secret, session_token)` pair,
    /// `Credentials`, a `Delegate`, or `None` for a key id that is not known. `body=None`: only the head is at hand.
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

    /// Proves the claim and signs it again under `credentials`, in one call, for a host that knows beforehand what it will
    /// sign with. What comes out is what `verify`, then `resign` give, and the way for the body, in less time.
    ///
    /// `key` and `body` are as for `verify`, all else as for `Verified.resign`. Raises `VerifyError`, whatever else is
    /// wrong, else `ResignError`.
    #[pyo3(signature = (key, credentials, body=None, url=None, now=None, *, base_path="", strict=false))]
    #[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
    fn relay(
        &self,
        py: Python<'_>,
        key: &Bound<'_, PyAny>,
        credentials: &Bound<'_, PyAny>,
        body: Option<&Bound<'_, PyAny>>,
        url: Option<&Bound<'_, PyAny>>,
        now: Option<&Bound<'_, PyAny>>,
        base_path: &str,
        strict: bool,
    ) -> PyResult<(Resigned, BodyResigner)> {
        guard(|| {
            let (key, keys, now) = (Key::read(key)?, Keys::read(credentials)?, time(now)?);
            let body = body.map(|body| bytes(body, "body")).transpose()?;
            let url = url.map(|url| text(url, "url")).transpose()?;
            let spent = || used("this claim was verified before; parse it again");
            let signed = self.claim.look(|claim| signed_for(&claim.request())).ok_or_else(spent)?;
            let (origin, upstream) = destination(&signed, url)?;
            let upstream = upstream.without_base_path(base_path);
            let upstream = if strict { upstream.strict() } else { upstream };
            let claim = self.claim.take().ok_or_else(spent)?;
            let payload = body.as_deref().map_or(Payload::Declared, Payload::Bytes);
            let work = || match &key {
                Key::Secret(secret, token) => {
                    claim.relay((secret, token.as_ref()), payload, &upstream, keys, now)
                }
                Key::Whole(credentials) => claim.relay(credentials, payload, &upstream, keys, now),
                Key::Delegate(delegate) => claim.relay(delegate, payload, &upstream, keys, now),
                Key::Unknown => {
                    Err(RelayError::Verify(claim.refuse_unknown_relay(payload, &upstream, keys, now)))
                }
            };
            let long = body.as_ref().is_some_and(|body| body.len() > LARGE);
            let out = if long { py.detach(work) } else { work() }.map_err(|error| match error {
                RelayError::Verify(error) => error::verify(&error),
                RelayError::Resign(error) => error::resign(&error),
            })?;
            let head =
                Resigned { method: out.method, url: origin + &latin1(&out.target), headers: out.headers };
            Ok((head, BodyResigner::new(out.body)))
        })
    }

    /// The key id to look up.
    #[getter]
    fn access_key_id(&self) -> &str {
        &self.about.access_key_id
    }

    /// `v4`, or `v4a` for SigV4A.
    #[getter]
    fn algorithm(&self) -> &'static str {
        self.about.algorithm()
    }

    /// The region of the credential scope, or the region set of SigV4A as it is written.
    #[getter]
    fn region(&self) -> &str {
        &self.about.region
    }

    /// The names and patterns of the region set; `None` for SigV4.
    #[getter]
    fn region_set<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        self.about.region_set(py)
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
    /// Signs the request again under `credentials`, or a `Delegate`'s key, once.
    ///
    /// `url` is where it goes: scheme and host, or the whole URL of the same path and query. `None` is https and
    /// the host that the client signed. `base_path` is a prefix that belongs to the listener: verified, then
    /// taken off. `strict` drops ordinary headers that the client did not sign. Raises `ResignError`.
    #[pyo3(signature = (credentials, url=None, now=None, *, base_path="", strict=false))]
    fn resign(
        &self,
        credentials: &Bound<'_, PyAny>,
        url: Option<&Bound<'_, PyAny>>,
        now: Option<&Bound<'_, PyAny>>,
        base_path: &str,
        strict: bool,
    ) -> PyResult<Resigned> {
        guard(|| {
            let (keys, now) = (Keys::read(credentials)?, time(now)?);
            let url = url.map(|url| text(url, "url")).transpose()?;
            let (origin, upstream) = self.upstream(url)?;
            let upstream = upstream.without_base_path(base_path);
            let upstream = if strict { upstream.strict() } else { upstream };
            let verified = self.verified.take().ok_or_else(spent)?;
            let out = sigv4::resign(verified, &upstream, keys, now).map_err(|error| error::resign(&error))?;
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
    /// raises `ResignError`. Checksums in trailers are checked, unless `checksums` is false: then the receiver does.
    #[pyo3(signature = (credentials, *, checksums=true))]
    fn body_resigner(&self, credentials: &Bound<'_, PyAny>, checksums: bool) -> PyResult<BodyResigner> {
        guard(|| {
            Keys::read(credentials)?;
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
            let body = if checksums { body } else { body.without_checksums() };
            Ok(BodyResigner::new(body))
        })
    }

    /// The key id that signed.
    #[getter]
    fn access_key_id(&self) -> &str {
        &self.about.access_key_id
    }

    /// `v4`, or `v4a` for SigV4A.
    #[getter]
    fn algorithm(&self) -> &'static str {
        self.about.algorithm()
    }

    /// The region of the credential scope, or the region set of SigV4A as it is written.
    #[getter]
    fn region(&self) -> &str {
        &self.about.region
    }

    /// The names and patterns of the region set; `None` for SigV4.
    #[getter]
    fn region_set<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        self.about.region_set(py)
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
        destination(&self.verified.look(|verified| signed_for(&verified.request())).ok_or_else(spent)?, url)
    }
}

/// The host and the target that a request was signed for.
fn signed_for(request: &sigv4::Request<'_>) -> (Vec<u8>, Vec<u8>) {
    (request.host().unwrap_or_default().to_vec(), request.target().to_vec())
}

/// Scheme and authority of where a request goes, and the host to sign for: those of `url`, or https and the host that the
/// client signed.
fn destination((host, target): &(Vec<u8>, Vec<u8>), url: Option<&str>) -> PyResult<(String, Upstream)> {
    let Some(url) = url else {
        let host = latin1(host).trim().to_owned();
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
