//! A key for one day, region and service as a Python object.

use awsaccess::credentials::{Delegate as Core, SigningKey};
use awsaccess::secret::Secret;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use zeroize::Zeroizing;

use crate::error::{guard, input};
use crate::value::{bytes, instant, seconds, text, time};

/// What a process needs that signs or verifies on behalf of one that keeps the secret: the key of one day (in UTC),
/// region and service, and the session token that goes with it.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Delegate(pub(crate) Core);

#[pymethods]
impl Delegate {
    /// A key that another process derived, as its `Delegate.key` gives it; `now` is a time on the key's day.
    #[new]
    #[pyo3(signature = (access_key_id, key, region, service, now=None, *, session_token=None, expires_at=None))]
    fn new(
        access_key_id: &Bound<'_, PyAny>,
        key: &Bound<'_, PyAny>,
        region: &str,
        service: &str,
        now: Option<&Bound<'_, PyAny>>,
        session_token: Option<&Bound<'_, PyAny>>,
        expires_at: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guard(|| {
            let key_id = text(access_key_id, "access_key_id")?;
            if key_id.is_empty() {
                return Err(input("access_key_id is empty"));
            }
            let key = Zeroizing::new(bytes(key, "key")?.into_owned());
            let key = key.as_slice().try_into().map_err(|_| input("key must have 32 bytes"))?;
            let key = SigningKey::from_bytes(key, time(now)?, region, service);
            let mut delegate = Core::new(key_id, key);
            if let Some(token) = session_token {
                delegate = delegate.with_session_token(text(token, "session_token")?);
            }
            if let Some(at) = expires_at {
                delegate = delegate.with_expiry(instant(at, "expires_at")?);
            }
            Ok(Self(delegate))
        })
    }

    /// The public name of the key.
    #[getter]
    fn access_key_id(&self) -> &str {
        self.0.access_key_id()
    }

    /// The region that it signs for.
    #[getter]
    fn region(&self) -> &str {
        self.0.key().region()
    }

    /// The signing name that it signs for.
    #[getter]
    fn service(&self) -> &str {
        self.0.key().service()
    }

    /// The session token of temporary credentials.
    #[getter]
    fn session_token(&self) -> Option<&str> {
        self.0.session_token().map(Secret::expose)
    }

    /// When the credentials expire, in seconds since the epoch; the key itself ends with its day.
    #[getter]
    fn expires_at(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.0.expires_at().map(|at| seconds(py, at)).transpose()
    }

    /// The key itself, to be given to another process.
    #[getter]
    fn key(&self) -> &[u8] {
        self.0.key().expose()
    }

    fn __repr__(&self) -> String {
        format!(
            "<Delegate access_key_id='{}' region='{}' service='{}'>",
            self.access_key_id().escape_debug(),
            self.region().escape_debug(),
            self.service().escape_debug()
        )
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("a Delegate holds a key and is not pickled; pass its parts on purpose"))
    }
}
