//! A set of credentials as a Python object that keeps its secrets to itself.

use awsaccess::credentials::{Credentials as Core, Delegate as CoreDelegate};
use awsaccess::error::ErrorKind;
use awsaccess::secret::Secret;
use awsaccess::sigv4::Signer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::delegate::Delegate;
use crate::error::{error, guard, input, wrong_type};
use crate::value::{instant, seconds, secret, text, time};

/// An access key id with its secret, and what came with it.
///
/// The secrets are read as attributes and appear nowhere else: not in `repr`, not in a pickle.
#[pyclass(frozen, eq, module = "awsaccess")]
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials(pub(crate) Core);

#[pymethods]
impl Credentials {
    /// Keys that are at hand; `expires_at` is seconds since the epoch or an aware datetime.
    #[new]
    #[pyo3(signature = (access_key_id, secret_access_key, session_token=None, expires_at=None, account_id=None, *, source=None))]
    fn new(
        access_key_id: &Bound<'_, PyAny>,
        secret_access_key: &Bound<'_, PyAny>,
        session_token: Option<&Bound<'_, PyAny>>,
        expires_at: Option<&Bound<'_, PyAny>>,
        account_id: Option<&Bound<'_, PyAny>>,
        source: Option<&str>,
    ) -> PyResult<Self> {
        guard(|| {
            let key_id = text(access_key_id, "access_key_id")?;
            if key_id.is_empty() {
                return Err(input("access_key_id is empty"));
            }
            let secret = secret(secret_access_key, "secret_access_key")?;
            let mut credentials = Core::new(key_id, secret.expose());
            if let Some(token) = session_token {
                credentials = credentials.with_session_token(text(token, "session_token")?);
            }
            if let Some(at) = expires_at {
                credentials = credentials.with_expiry(instant(at, "expires_at")?);
            }
            if let Some(account) = account_id {
                credentials = credentials.with_account_id(text(account, "account_id")?);
            }
            if let Some(source) = source {
                credentials = credentials.with_source(source);
            }
            Ok(Self(credentials))
        })
    }

    /// The public name of the key.
    #[getter]
    fn access_key_id(&self) -> &str {
        self.0.access_key_id()
    }

    /// The secret that signs.
    #[getter]
    fn secret_access_key(&self) -> &str {
        self.0.secret_access_key().expose()
    }

    /// The session token of temporary credentials.
    #[getter]
    fn session_token(&self) -> Option<&str> {
        self.0.session_token().map(Secret::expose)
    }

    /// When they expire, in seconds since the epoch; `None` for long-lived keys.
    #[getter]
    fn expires_at(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.0.expires_at().map(|at| seconds(py, at)).transpose()
    }

    /// The account that they belong to, where known.
    #[getter]
    fn account_id(&self) -> Option<&str> {
        self.0.account_id()
    }

    /// Where they came from, in a word (`environment`, `imds`, `assume-role`), where known.
    #[getter]
    fn source(&self) -> Option<&str> {
        self.0.source()
    }

    /// What signs and proves in their place on the day of `now` (in UTC), for one region and service, without the
    /// secret. There is none for SigV4A.
    #[pyo3(signature = (region, service, now=None))]
    fn delegate(&self, region: &str, service: &str, now: Option<&Bound<'_, PyAny>>) -> PyResult<Delegate> {
        guard(|| Ok(Delegate(self.0.delegate(time(now)?, region, service))))
    }

    fn __repr__(&self) -> String {
        let mut shown = format!("Credentials(access_key_id='{}'", self.0.access_key_id().escape_debug());
        if let Some(at) = self.0.expires_at() {
            shown.push_str(&format!(", expires_at='{at}'"));
        }
        if let Some(account) = self.0.account_id() {
            shown.push_str(&format!(", account_id='{}'", account.escape_debug()));
        }
        if let Some(source) = self.0.source() {
            shown.push_str(&format!(", source='{}'", source.escape_debug()));
        }
        shown.push(')');
        shown
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("Credentials hold secrets and are not pickled; pass their parts on purpose"))
    }
}

/// Who signs: credentials, or a key that was derived from them.
#[derive(Clone, Copy)]
pub(crate) enum Keys<'a> {
    Whole(&'a Core),
    Delegate(&'a CoreDelegate),
}

impl<'a> Keys<'a> {
    pub(crate) fn read(value: &'a Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(credentials) = value.cast::<Credentials>() {
            return Ok(Self::Whole(&credentials.get().0));
        }
        if let Ok(delegate) = value.cast::<Delegate>() {
            return Ok(Self::Delegate(&delegate.get().0));
        }
        Err(wrong_type("credentials", "Credentials or a Delegate", value))
    }
}

impl<'a> From<Keys<'a>> for Signer<'a> {
    fn from(keys: Keys<'a>) -> Self {
        match keys {
            Keys::Whole(credentials) => credentials.into(),
            Keys::Delegate(delegate) => delegate.into(),
        }
    }
}

/// What a lookup gave for a key id.
pub(crate) enum Key {
    Secret(Secret, Option<Secret>),
    Whole(Core),
    Delegate(CoreDelegate),
    Unknown,
}

impl Key {
    /// A secret, a pair of secret and session token, `Credentials`, a `Delegate`, or `None`.
    pub(crate) fn read(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        if value.is_none() {
            return Ok(Self::Unknown);
        }
        if let Ok(credentials) = value.cast::<Credentials>() {
            return Ok(Self::Whole(credentials.get().0.clone()));
        }
        if let Ok(delegate) = value.cast::<Delegate>() {
            return Ok(Self::Delegate(delegate.get().0.clone()));
        }
        if let Ok((key, token)) = value.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>() {
            let key = secret(&key, "the secret of the pair")?;
            let token = if token.is_none() { None } else { Some(text(&token, "the session token")?) };
            let token = token.filter(|token| !token.is_empty()).map(Secret::new);
            return Ok(Self::Secret(key, token));
        }
        if value.hasattr("__await__")? {
            return Err(error(
                ErrorKind::Input,
                "the lookup gave an awaitable; use claim(), await the lookup, then claim.verify()",
            ));
        }
        let expected = "a secret, a (secret, session_token) pair, Credentials, a Delegate or None; it";
        secret(value, &format!("the key is {expected}")).map(|secret| Self::Secret(secret, None))
    }
}
