//! A request that is proven, and signing it again.

use std::sync::{Arc, Mutex, PoisonError};

use awsaccess::sigv4::{self, Upstream, Verified};

use crate::claim::Facts;
use crate::clock::now as clock;
use crate::credentials::awsaccess_credentials;
use crate::error::{Failure, Out, awsaccess_error, entry, free, handle, list, view};
use crate::request::{awsaccess_switch, switch};
use crate::sign::awsaccess_signed;
use crate::status::awsaccess_status;
use crate::text::{Versioned, awsaccess_text, read};

/// A request whose signature is right.
pub struct awsaccess_verified {
    facts: Arc<Facts>,
    presigned: bool,
    verified: Mutex<Option<Verified>>,
}

impl awsaccess_verified {
    pub(crate) fn new(facts: Arc<Facts>, verified: Verified) -> Self {
        Self { facts, presigned: verified.is_presigned(), verified: Mutex::new(Some(verified)) }
    }
}

/// Where a request goes when it is signed again. All zero, or NULL, is the host that the client named.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_upstream {
    /// `sizeof(awsaccess_upstream)`.
    pub struct_size: usize,
    /// The host as the `Host` header says it: no default port. None: the one that the client named.
    pub host: awsaccess_text,
    /// A prefix of the path that belongs to the listener: verified as it was sent, then taken off.
    pub base_path: awsaccess_text,
    /// Whether ordinary headers that the client did not sign are dropped, save the few that change no meaning. By
    /// default, no.
    pub strict: awsaccess_switch,
}

// SAFETY: repr(C), the size first, and zero is a value of every member.
unsafe impl Versioned for awsaccess_upstream {}

/// Signs a verified request again. **Uses the verified request**, whatever the outcome; it still has to be freed.
/// `upstream` may be NULL.
///
/// The result holds the complete head. Push the body through `awsaccess_body_resigner_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_resign(
    verified: *mut awsaccess_verified,
    credentials: *const awsaccess_credentials,
    upstream: *const awsaccess_upstream,
    now: i64,
    result: *mut *mut awsaccess_signed,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(result)?;
            let request = handle(verified, "verified request")?;
            let keys = &handle(credentials, "credentials")?.inner;
            let now = clock(now)?;
            let (host, base_path, strict) = read_upstream(upstream)?;
            let mut verified = request.verified.lock().unwrap_or_else(PoisonError::into_inner);
            let proven = verified.as_ref().ok_or_else(|| Failure::used("verified request"))?;
            let mut upstream = Upstream::new(host.map_or_else(|| named_host(proven), Ok)?);
            if let Some(path) = base_path {
                upstream = upstream.without_base_path(path);
            }
            if strict {
                upstream = upstream.strict();
            }
            let proven = verified.take().ok_or_else(|| Failure::used("verified request"))?;
            out.put(sigv4::resign(proven, &upstream, keys, now)?.into())
        })
    }
}

/// # Safety
/// `upstream` is NULL or an upstream whose pointers are good.
unsafe fn read_upstream(
    upstream: *const awsaccess_upstream,
) -> Result<(Option<String>, Option<String>, bool), Failure> {
    if upstream.is_null() {
        return Ok((None, None, false));
    }
    // SAFETY: passed on.
    unsafe {
        let upstream = read(upstream, "upstream")?;
        let host = upstream.host.optional("host")?;
        if let Some(host) = host
            && (host.is_empty()
                || !host.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#@".contains(&byte)))
        {
            return Err(Failure::input("host is not what a host header may say"));
        }
        let base_path = upstream.base_path.optional("base_path")?;
        let strict = switch(upstream.strict, "strict")?.unwrap_or(false);
        Ok((host.map(str::to_owned), base_path.map(str::to_owned), strict))
    }
}

fn named_host(verified: &Verified) -> Result<String, Failure> {
    let host = verified.request().host().and_then(|host| std::str::from_utf8(host).ok());
    host.map(|host| host.trim_ascii().to_owned()).ok_or_else(|| Failure::input("the request names no host"))
}

/// The key id that signed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_verified_access_key_id(
    verified: *const awsaccess_verified,
) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(verified, awsaccess_text::NONE, |verified| verified.facts.access_key_id) }
}

/// The names and patterns of the region set of SigV4A; none for SigV4.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_verified_region_set(
    verified: *const awsaccess_verified,
    count: *mut usize,
) -> *const awsaccess_text {
    // SAFETY: NULL or a live handle; NULL or a place for the count.
    unsafe { list(verified, count, |verified| verified.facts.region_set.as_slice()) }
}

/// The region of the credential scope, or the region set of SigV4A as it is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_verified_region(verified: *const awsaccess_verified) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(verified, awsaccess_text::NONE, |verified| verified.facts.region) }
}

/// The signing name of the credential scope.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_verified_service(verified: *const awsaccess_verified) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(verified, awsaccess_text::NONE, |verified| verified.facts.service) }
}

/// What the head declares of the body: a hexadecimal SHA-256, one of AWS's literals, or none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_verified_payload(verified: *const awsaccess_verified) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(verified, awsaccess_text::NONE, |verified| verified.facts.payload) }
}

/// The names that the signature covers, lower case and ascending.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_verified_signed_headers(
    verified: *const awsaccess_verified,
    count: *mut usize,
) -> *const awsaccess_text {
    // SAFETY: NULL or a live handle; NULL or a place for the count.
    unsafe { list(verified, count, |verified| verified.facts.signed_headers.as_slice()) }
}

/// When it was signed, in seconds since 1970.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_verified_signed_at(verified: *const awsaccess_verified) -> i64 {
    // SAFETY: NULL or a live handle.
    unsafe { view(verified, 0, |verified| verified.facts.signed_at) }
}

/// Whether the signature was in the query.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_verified_presigned(verified: *const awsaccess_verified) -> bool {
    // SAFETY: NULL or a live handle.
    unsafe { view(verified, false, |verified| verified.presigned) }
}

/// Frees a verified request, used or not. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_verified_free(verified: *mut awsaccess_verified) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(verified) }
}
