//! A key for one day, region and service, in the place of the secret.

use awsaccess::credentials::{Delegate, SigningKey};
use zeroize::Zeroizing;

use crate::clock::{now as clock, time};
use crate::credentials::{AWSACCESS_NEVER, Keys, awsaccess_credentials};
use crate::error::{Failure, Out, awsaccess_error, entry, handle, view};
use crate::status::awsaccess_status;
use crate::text::{awsaccess_text, slice};

/// What signs and proves in the place of credentials on the day of `now` (in UTC), for one region and service, without the
/// secret: a handle of the same kind, good wherever keys sign or prove. There is none for SigV4A.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_credentials_delegate(
    credentials: *const awsaccess_credentials,
    region: awsaccess_text,
    service: awsaccess_text,
    now: i64,
    delegate: *mut *mut awsaccess_credentials,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(delegate)?;
            let keys = handle(credentials, "credentials")?.whole()?;
            let (region, service) = (region.required("region")?, service.required("service")?);
            out.put(keys.delegate(clock(now)?, region, service).into())
        })
    }
}

/// A delegate of its parts, in another process: `key` is the 32 bytes that `awsaccess_credentials_key` gave, and `now` a
/// time on the key's day. `session_token` may be none; `expires_at` is in seconds since 1970, or `AWSACCESS_NEVER`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_delegate_new(
    access_key_id: awsaccess_text,
    key: *const u8,
    region: awsaccess_text,
    service: awsaccess_text,
    session_token: awsaccess_text,
    expires_at: i64,
    now: i64,
    delegate: *mut *mut awsaccess_credentials,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(delegate)?;
            let key_id = access_key_id.required("access_key_id")?;
            if key_id.is_empty() || key.is_null() {
                return Err(Failure::input("the access key id or the key is missing"));
            }
            let mut bytes = Zeroizing::new([0; 32]);
            bytes.copy_from_slice(slice(key, 32, "key")?);
            let (region, service) = (region.required("region")?, service.required("service")?);
            let key = SigningKey::from_bytes(*bytes, clock(now)?, region, service);
            let mut made = Delegate::new(key_id, key);
            if let Some(token) = session_token.optional("session_token")? {
                made = made.with_session_token(token);
            }
            if expires_at != AWSACCESS_NEVER {
                made = made.with_expiry(time(expires_at)?);
            }
            out.put(made.into())
        })
    }
}

/// Copies the key of a delegate, 32 bytes, to `key`, to be given to another process. Wipe it after use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_credentials_key(
    delegate: *const awsaccess_credentials,
    key: *mut u8,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || match &handle(delegate, "delegate")?.inner {
            _ if key.is_null() => Err(Failure::input("there is no place for the key")),
            Keys::Whole(_) => Err(Failure::input("credentials have no key; make a delegate of them first")),
            Keys::Delegate(delegate) => {
                std::ptr::copy_nonoverlapping(delegate.key().expose().as_ptr(), key, 32);
                Ok(())
            }
        })
    }
}

/// Whether the handle is a delegate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_credentials_is_delegate(
    credentials: *const awsaccess_credentials,
) -> bool {
    let is = |credentials: &awsaccess_credentials| matches!(credentials.inner, Keys::Delegate(_));
    // SAFETY: NULL or a live handle.
    unsafe { view(credentials, false, is) }
}
