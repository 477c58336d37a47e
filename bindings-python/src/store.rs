//! Placeholders that are kept rather than sealed, for clients that can carry no session token.

use std::sync::{Arc, PoisonError, RwLock};

use awsaccess::gateway::{Placeholder, Placeholders, Store as Core};
use pyo3::prelude::*;

use crate::credentials::Credentials;
use crate::error::{guard, input};
use crate::identity::Identity;

/// Placeholders that are kept rather than sealed: `Credentials` of one's own making, and whom they stand for. One store
/// may be given to several gateways, and change while they judge by it.
#[pyclass(frozen, module = "awsaccess.placeholder")]
#[derive(Clone, Default)]
pub(crate) struct Store(Arc<RwLock<Core>>);

impl Store {
    pub(crate) fn insert(&self, credentials: &Credentials, identity: &Identity) -> bool {
        let keys = &credentials.0;
        let mut placeholder = Placeholder::new(keys.secret_access_key().clone(), identity.0.clone());
        if let Some(token) = keys.session_token() {
            placeholder = placeholder.with_session_token(token.clone());
        }
        if let Some(at) = keys.expires_at() {
            placeholder = placeholder.with_expiry(at);
        }
        let mut store = self.0.write().unwrap_or_else(PoisonError::into_inner);
        store.insert(keys.access_key_id(), placeholder).is_some()
    }
}

impl Placeholders for Store {
    fn find(&self, access_key_id: &str, session_token: Option<&[u8]>) -> Option<Placeholder> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).find(access_key_id, session_token)
    }
}

#[pymethods]
impl Store {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Adds a placeholder: its key id and secret, with the session token and the end that it has. Raises `InputError` for
    /// a key id that is no client's to sign with: 16 to 128 letters, digits and `_+=/.-`. Says whether one of that key id
    /// was there, whose place it takes.
    fn put(&self, credentials: &Bound<'_, Credentials>, identity: &Bound<'_, Identity>) -> PyResult<bool> {
        guard(|| {
            let id = credentials.get().0.access_key_id();
            let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=/.-".contains(&byte);
            if !(16..=128).contains(&id.len()) || !id.bytes().all(sound) {
                return Err(input("an access key id has 16 to 128 letters, digits and _+=/.-"));
            }
            Ok(self.insert(credentials.get(), identity.get()))
        })
    }

    /// Takes one away: requests that it signs are refused from now on. Says whether it was there.
    fn remove(&self, access_key_id: &str) -> bool {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(access_key_id).is_some()
    }

    /// Whether one of that key id is there.
    fn __contains__(&self, access_key_id: &str) -> bool {
        self.find(access_key_id, None).is_some()
    }

    fn __repr__(&self) -> &'static str {
        "<Store>"
    }
}
