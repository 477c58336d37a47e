//! Credentials, as a handle.

use awsaccess::credentials::{Credentials, Delegate};
use awsaccess::secret::Secret;
use awsaccess::sigv4::Signer;
use awsaccess::time::Time;

use crate::clock::time;
use crate::error::{Failure, Out, awsaccess_error, entry, free, view};
use crate::status::awsaccess_status;
use crate::text::{Arena, awsaccess_text};

/// An access key id with its secret, and what came with it; or, in the place of the secret, a key that was derived from it
/// (`awsaccess_credentials_delegate`). The secrets are wiped when it is freed.
pub struct awsaccess_credentials {
    pub(crate) inner: Keys,
    access_key_id: awsaccess_text,
    secret_access_key: awsaccess_text,
    session_token: awsaccess_text,
    account_id: awsaccess_text,
    source: awsaccess_text,
    _text: Arena,
}

/// Who signs.
pub(crate) enum Keys {
    Whole(Credentials),
    Delegate(Box<Delegate>),
}

impl<'a> From<&'a Keys> for Signer<'a> {
    fn from(keys: &'a Keys) -> Self {
        match keys {
            Keys::Whole(credentials) => credentials.into(),
            Keys::Delegate(delegate) => (&**delegate).into(),
        }
    }
}

impl Keys {
    pub(crate) fn expires_at(&self) -> Option<Time> {
        match self {
            Self::Whole(credentials) => credentials.expires_at(),
            Self::Delegate(delegate) => delegate.expires_at(),
        }
    }
}

impl awsaccess_credentials {
    /// With the secret, for what a derived key cannot do.
    pub(crate) fn whole(&self) -> Result<&Credentials, Failure> {
        match &self.inner {
            Keys::Whole(credentials) => Ok(credentials),
            Keys::Delegate(_) => Err(Failure::input("a delegate has no secret; give credentials")),
        }
    }
}

impl From<Delegate> for awsaccess_credentials {
    fn from(delegate: Delegate) -> Self {
        let mut text = Arena::default();
        Self {
            access_key_id: text.keep(delegate.access_key_id()),
            secret_access_key: awsaccess_text::NONE,
            session_token: text.keep_some(delegate.session_token().map(Secret::expose)),
            account_id: awsaccess_text::NONE,
            source: awsaccess_text::NONE,
            inner: Keys::Delegate(Box::new(delegate)),
            _text: text,
        }
    }
}

/// Of credentials: they have no expiry.
pub const AWSACCESS_NEVER: i64 = i64::MAX;

impl From<Credentials> for awsaccess_credentials {
    fn from(inner: Credentials) -> Self {
        let mut text = Arena::default();
        Self {
            access_key_id: text.keep(inner.access_key_id()),
            secret_access_key: text.keep(inner.secret_access_key().expose()),
            session_token: text.keep_some(inner.session_token().map(Secret::expose)),
            account_id: text.keep_some(inner.account_id()),
            source: text.keep_some(inner.source()),
            inner: Keys::Whole(inner),
            _text: text,
        }
    }
}

/// Makes credentials of what the caller has. `session_token` and `account_id` may be none; `expires_at` is in seconds
/// since 1970, or `AWSACCESS_NEVER`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_credentials_new(
    access_key_id: awsaccess_text,
    secret_access_key: awsaccess_text,
    session_token: awsaccess_text,
    expires_at: i64,
    account_id: awsaccess_text,
    credentials: *mut *mut awsaccess_credentials,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(credentials)?;
            let key_id = access_key_id.required("access_key_id")?;
            let secret = secret_access_key.required("secret_access_key")?;
            if key_id.is_empty() || secret.is_empty() {
                return Err(Failure::input("the access key id or the secret access key is empty"));
            }
            let mut inner = Credentials::new(key_id, secret);
            if let Some(token) = session_token.optional("session_token")? {
                inner = inner.with_session_token(token);
            }
            if let Some(account) = account_id.optional("account_id")? {
                inner = inner.with_account_id(account);
            }
            if expires_at != AWSACCESS_NEVER {
                inner = inner.with_expiry(time(expires_at)?);
            }
            out.put(inner.into())
        })
    }
}

/// The public name of the key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_credentials_access_key_id(
    credentials: *const awsaccess_credentials,
) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(credentials, awsaccess_text::NONE, |credentials| credentials.access_key_id) }
}

/// The secret; none of a delegate. Do not log it, and wipe what you copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_credentials_secret_access_key(
    credentials: *const awsaccess_credentials,
) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(credentials, awsaccess_text::NONE, |credentials| credentials.secret_access_key) }
}

/// The token of temporary credentials, a secret as well; none for long-lived ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_credentials_session_token(
    credentials: *const awsaccess_credentials,
) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(credentials, awsaccess_text::NONE, |credentials| credentials.session_token) }
}

/// The twelve-digit account that they belong to, where the source said so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_credentials_account_id(
    credentials: *const awsaccess_credentials,
) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(credentials, awsaccess_text::NONE, |credentials| credentials.account_id) }
}

/// Where they came from (`environment`, `imds`, `assume-role`, ...), if they were resolved.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_credentials_source(
    credentials: *const awsaccess_credentials,
) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(credentials, awsaccess_text::NONE, |credentials| credentials.source) }
}

/// The instant from which AWS refuses them, in seconds since 1970, or `AWSACCESS_NEVER`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_credentials_expires_at(credentials: *const awsaccess_credentials) -> i64 {
    let expiry = |credentials: &awsaccess_credentials| {
        credentials.inner.expires_at().map_or(AWSACCESS_NEVER, Time::unix)
    };
    // SAFETY: NULL or a live handle.
    unsafe { view(credentials, AWSACCESS_NEVER, expiry) }
}

/// Frees credentials and wipes them. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_credentials_free(credentials: *mut awsaccess_credentials) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(credentials) }
}
