//! What was signed offline: presigned URLs and the tokens made of them, recognised, proven and signed again.

use awsaccess::secret::Secret;
use awsaccess::sigv4::{self, VerifyErrorKind};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use zeroize::Zeroizing;

use crate::credentials::{Credentials, Key};
use crate::error::{self, guard};
use crate::header::Headers;
use crate::policy::{Policy, or_default};
use crate::value::{duration, latin1, seconds, text_or_bytes, time};

/// A secret of the usual length that belongs to nobody.
const NOBODYS: &str = "0000000000000000000000000000000000000000";

/// A presigned URL or a token made of one: read, not proven.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct OfflinePresign {
    presign: sigv4::OfflinePresign,
    source: Source,
}

/// What it is read from anew by each call that uses it up.
#[derive(Clone)]
struct Source {
    text: Zeroizing<Vec<u8>>,
    headers: Vec<(String, String)>,
    as_bytes: bool,
}

impl Source {
    fn read(&self) -> Option<sigv4::OfflinePresign> {
        let presign = sigv4::OfflinePresign::recognize(&self.text)?;
        Some(self.headers.iter().fold(presign, |presign, (name, value)| presign.with_header(name, value)))
    }
}

/// Recognises a presigned URL, a token for EKS, RDS, ElastiCache, MemoryDB, MSK or DSQL, or git credentials of
/// CodeCommit, text or bytes; `None` for anything else.
///
/// `headers` are those that are signed and are not in the text, such as the cluster of an EKS token (`x-k8s-aws-id`).
#[pyfunction]
#[pyo3(signature = (text, headers=None))]
pub(crate) fn recognize_presign(
    text: &Bound<'_, PyAny>,
    headers: Option<&Bound<'_, PyAny>>,
) -> PyResult<Option<OfflinePresign>> {
    guard(|| {
        let mut source = Source {
            text: Zeroizing::new(text_or_bytes(text, "text")?.to_vec()),
            headers: Vec::new(),
            as_bytes: text.is_instance_of::<PyBytes>(),
        };
        Headers::read(headers)?.each(|name, value| {
            source.headers.push((latin1(name).into_owned(), String::from_utf8_lossy(value).into_owned()));
        })?;
        Ok(source.read().map(|presign| OfflinePresign { presign, source }))
    })
}

#[pymethods]
impl OfflinePresign {
    /// What it is: `s3`, `eks-token`, `rds-token`, `elasticache-token`, `memorydb-token`, `msk-token`, `dsql-token`,
    /// `codecommit`, or `url` for a presigned URL of another service.
    #[getter]
    fn kind(&self) -> &'static str {
        self.presign.kind().name()
    }

    /// The key id that it claims.
    #[getter]
    fn access_key_id(&self) -> &str {
        self.presign.access_key_id()
    }

    /// The region, or the region set of SigV4A as it is written.
    #[getter]
    fn region(&self) -> &str {
        self.presign.region()
    }

    /// The signing name.
    #[getter]
    fn service(&self) -> &str {
        self.presign.service()
    }

    /// The host that it is for, with its port.
    #[getter]
    fn host(&self) -> &str {
        self.presign.host()
    }

    /// What it opens, where the text says so: `bucket/key`, a database user, a cluster, a repository, else the path.
    #[getter]
    fn resource(&self) -> Option<&str> {
        self.presign.resource()
    }

    /// When it was signed, in seconds since the epoch.
    #[getter]
    fn signed_at(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        seconds(py, self.presign.signed_at())
    }

    /// From when the service refuses it, in seconds since the epoch, if the credentials last as long.
    #[getter]
    fn expires_at(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        seconds(py, self.presign.expires_at())
    }

    /// The names of headers that are signed, and whose values are neither in the text nor given.
    #[getter]
    fn missing_headers(&self) -> Vec<String> {
        self.presign.missing_headers()
    }

    /// Proves it. `key` is what `Claim.verify` takes. Raises `VerifyError`.
    #[pyo3(signature = (key, now=None, policy=None))]
    fn verify(
        &self,
        key: &Bound<'_, PyAny>,
        now: Option<&Bound<'_, PyAny>>,
        policy: Option<&Bound<'_, Policy>>,
    ) -> PyResult<ProvenPresign> {
        guard(|| {
            let (key, now, policy) = (Key::read(key)?, time(now)?, or_default(policy));
            let Some(presign) = self.source.read() else { return Err(error::fault()) };
            let proven = match &key {
                Key::Secret(secret, token) => presign.verify((secret, token.as_ref()), &policy, now),
                Key::Whole(credentials) => presign.verify(credentials, &policy, now),
                Key::Delegate(delegate) => presign.verify(delegate, &policy, now),
                Key::Unknown => presign.verify(&Secret::new(NOBODYS), &policy, now),
            };
            // Whose key is not known goes through the same steps as whose is.
            let unknown = matches!(key, Key::Unknown) && !policy.uniform_errors;
            let proven = proven.map_err(|error| match error.kind() {
                VerifyErrorKind::SignatureMismatch | VerifyErrorKind::InvalidToken if unknown => {
                    error::unknown_key(self.presign.service())
                }
                _ => error::verify(&error),
            })?;
            Ok(ProvenPresign { proven, as_bytes: self.source.as_bytes })
        })
    }

    fn __repr__(&self) -> String {
        shown("OfflinePresign", &self.presign)
    }
}

/// A presigned URL or token whose signature is right; only `OfflinePresign.verify` makes one.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct ProvenPresign {
    proven: sigv4::ProvenPresign,
    as_bytes: bool,
}

#[pymethods]
impl ProvenPresign {
    /// The method that was signed; `GIT` for CodeCommit.
    #[getter]
    fn method(&self) -> &'static str {
        self.proven.method()
    }

    /// Signs it with credentials that the service knows, for as long as it can honestly last: the least of what remains
    /// of the time asked for, the credentials, and `longest`, a duration. Raises `ResignError`.
    #[pyo3(signature = (credentials, longest=None, now=None))]
    fn resign(
        &self,
        credentials: &Bound<'_, Credentials>,
        longest: Option<&Bound<'_, PyAny>>,
        now: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<ResignedPresign> {
        guard(|| {
            let longest = longest.map(|longest| duration(longest, "longest")).transpose()?;
            let resigned = self.proven.resign(&credentials.get().0, longest, time(now)?);
            let resigned = resigned.map_err(|error| error::resign(&error))?;
            Ok(ResignedPresign { resigned, as_bytes: self.as_bytes })
        })
    }

    fn __repr__(&self) -> String {
        shown("ProvenPresign", self.proven.presign())
    }
}

/// The same text, signed with a key that the service knows. Whoever has it can use it.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct ResignedPresign {
    resigned: sigv4::ResignedPresign,
    as_bytes: bool,
}

#[pymethods]
impl ResignedPresign {
    /// The URL, the token or the git credentials, in the form in which it came: text or bytes.
    #[getter]
    fn text<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        let text = self.resigned.text();
        if self.as_bytes {
            return PyBytes::new(py, text).into_any();
        }
        // The text was UTF-8, and what was added to it is ASCII.
        PyString::new(py, &String::from_utf8_lossy(text)).into_any()
    }

    /// From when the service refuses it, in seconds since the epoch.
    #[getter]
    fn expires_at(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        seconds(py, self.resigned.expires_at())
    }

    /// How many seconds that is from the time of signing again.
    #[getter]
    fn lifetime(&self) -> f64 {
        self.resigned.lifetime().as_secs_f64()
    }

    /// What ends it: `asked` (the client wanted no more), `credentials` or `policy`.
    #[getter]
    fn limited_by(&self) -> &'static str {
        self.resigned.limited_by().name()
    }

    fn __repr__(&self) -> String {
        format!("<ResignedPresign expires_at='{}'>", self.resigned.expires_at())
    }
}

fn shown(name: &str, presign: &sigv4::OfflinePresign) -> String {
    format!(
        "<{name} kind='{}' access_key_id='{}' region='{}' service='{}'>",
        presign.kind().name(),
        presign.access_key_id().escape_debug(),
        presign.region().escape_debug(),
        presign.service().escape_debug()
    )
}
