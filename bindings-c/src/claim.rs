//! Verifying, in two calls: what a request says of itself, then whether it is true.

use std::ffi::c_void;
use std::sync::{Arc, Mutex, PoisonError};

use awsaccess::sigv4::{
    Claim, DeclaredPayload, Payload, STREAMING_UNSIGNED_PAYLOAD_TRAILER, UNSIGNED_PAYLOAD,
};

use crate::clock::now as clock;
use crate::credentials::{Keys, awsaccess_credentials};
use crate::error::{Failure, Out, awsaccess_error, entry, free, handle, list, view};
use crate::policy::{awsaccess_policy, policy as read_policy};
use crate::request::{Borrowed, awsaccess_request};
use crate::status::awsaccess_status;
use crate::text::{Arena, awsaccess_text, bytes};
use crate::verified::awsaccess_verified;

/// A request that names its signer, and is not proven yet. It keeps a copy of the head, and can wait for a lookup.
pub struct awsaccess_claim {
    facts: Arc<Facts>,
    claim: Mutex<Option<Claim>>,
}

/// What a claim says, kept for as long as a handle of the claim or of its proof lives.
pub(crate) struct Facts {
    pub(crate) access_key_id: awsaccess_text,
    pub(crate) region: awsaccess_text,
    pub(crate) service: awsaccess_text,
    pub(crate) session_token: awsaccess_text,
    pub(crate) payload: awsaccess_text,
    pub(crate) signed_headers: Vec<awsaccess_text>,
    pub(crate) region_set: Vec<awsaccess_text>,
    pub(crate) signed_at: i64,
    pub(crate) expires: u32,
    _text: Arena,
}

// SAFETY: the views point into the arena, which nobody changes any more.
unsafe impl Send for Facts {}
// SAFETY: as above.
unsafe impl Sync for Facts {}

impl Facts {
    fn of(claim: &Claim) -> Self {
        let mut text = Arena::with_capacity(512);
        let expires = claim.expires().map_or(0, |expires| expires.as_secs());
        Self {
            access_key_id: text.keep(claim.access_key_id()),
            region: text.keep(claim.region()),
            service: text.keep(claim.service()),
            session_token: text.keep_some(claim.session_token()),
            payload: text.keep_some(declared(claim.payload())),
            signed_headers: claim.signed_headers().map(|name| text.keep(name)).collect(),
            region_set: claim
                .scope()
                .region_set()
                .into_iter()
                .flatten()
                .map(|name| text.keep(name))
                .collect(),
            signed_at: claim.signed_at().unix(),
            expires: u32::try_from(expires).unwrap_or(u32::MAX),
            _text: text,
        }
    }
}

/// The value of `x-amz-content-sha256`, as the head has it.
fn declared(payload: DeclaredPayload) -> Option<String> {
    match payload {
        DeclaredPayload::Sha256(hash) => Some(hash.iter().map(|byte| format!("{byte:02x}")).collect()),
        DeclaredPayload::Unsigned => Some(UNSIGNED_PAYLOAD.to_owned()),
        DeclaredPayload::StreamingUnsignedTrailer => Some(STREAMING_UNSIGNED_PAYLOAD_TRAILER.to_owned()),
        DeclaredPayload::Streaming(kind) => Some(kind.as_str().to_owned()),
        _ => None,
    }
}

/// Parses and checks all that needs no key: grammar, required headers, time, scope. `policy` may be NULL. The body of
/// the request is not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_claim_parse(
    request: *const awsaccess_request,
    policy: *const awsaccess_policy,
    now: i64,
    claim: *mut *mut awsaccess_claim,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(claim)?;
            let request = Borrowed::read(request)?;
            let claim = Claim::parse(&request.request(), &read_policy(policy)?, clock(now)?)?;
            out.put(awsaccess_claim { facts: Arc::new(Facts::of(&claim)), claim: Mutex::new(Some(claim)) })
        })
    }
}

/// Proves a claim with the key that its key id stands for, and the session token that goes with it. **Uses the
/// claim**, whatever the outcome; it still has to be freed.
///
/// `body` is hashed and held against what the head declares. NULL means that only the head is at hand: the declared
/// hash is then used, and the body is checked as it flows through the `awsaccess_body_resigner`. An empty body that
/// is at hand is a pointer with the length 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_claim_verify(
    claim: *mut awsaccess_claim,
    credentials: *const awsaccess_credentials,
    body: *const c_void,
    body_len: usize,
    verified: *mut *mut awsaccess_verified,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(verified)?;
            let claim = handle(claim, "claim")?;
            let keys = &handle(credentials, "credentials")?.inner;
            let payload = payload(body, body_len)?;
            let claimed = claim.take()?;
            let proven = match keys {
                Keys::Whole(keys) => claimed.verify(keys, payload)?,
                Keys::Delegate(delegate) => claimed.verify(&**delegate, payload)?,
            };
            out.put(awsaccess_verified::new(Arc::clone(&claim.facts), proven))
        })
    }
}

/// Refuses a claim whose key id is not known, after the same work as a wrong signature takes. **Uses the claim**.
/// Always fails: with `AWSACCESS_VERIFY` and what to answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_claim_refuse_unknown(
    claim: *mut awsaccess_claim,
    body: *const c_void,
    body_len: usize,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let claim = handle(claim, "claim")?;
            let payload = payload(body, body_len)?;
            Err(claim.take()?.refuse_unknown(payload).into())
        })
    }
}

/// # Safety
/// As [`bytes`].
unsafe fn payload<'a>(body: *const c_void, len: usize) -> Result<Payload<'a>, Failure> {
    // SAFETY: passed on.
    Ok(unsafe { bytes(body, len, "body") }?.map_or(Payload::Declared, Payload::Bytes))
}

impl awsaccess_claim {
    fn take(&self) -> Result<Claim, Failure> {
        let mut claim = self.claim.lock().unwrap_or_else(PoisonError::into_inner);
        claim.take().ok_or_else(|| Failure::used("claim"))
    }
}

/// The key id to look up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_claim_access_key_id(claim: *const awsaccess_claim) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(claim, awsaccess_text::NONE, |claim| claim.facts.access_key_id) }
}

/// The names and patterns of the region set of SigV4A; none for SigV4.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_claim_region_set(
    claim: *const awsaccess_claim,
    count: *mut usize,
) -> *const awsaccess_text {
    // SAFETY: NULL or a live handle; NULL or a place for the count.
    unsafe { list(claim, count, |claim| claim.facts.region_set.as_slice()) }
}

/// The region of the credential scope, or the region set of SigV4A as it is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_claim_region(claim: *const awsaccess_claim) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(claim, awsaccess_text::NONE, |claim| claim.facts.region) }
}

/// The signing name of the credential scope.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_claim_service(claim: *const awsaccess_claim) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(claim, awsaccess_text::NONE, |claim| claim.facts.service) }
}

/// The session token that came with the request; none if none came.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_claim_session_token(claim: *const awsaccess_claim) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(claim, awsaccess_text::NONE, |claim| claim.facts.session_token) }
}

/// What the head declares of the body: a hexadecimal SHA-256, one of AWS's literals, or none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_claim_payload(claim: *const awsaccess_claim) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(claim, awsaccess_text::NONE, |claim| claim.facts.payload) }
}

/// The names that the signature covers, lower case and ascending.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_claim_signed_headers(
    claim: *const awsaccess_claim,
    count: *mut usize,
) -> *const awsaccess_text {
    // SAFETY: NULL or a live handle; NULL or a place for the count.
    unsafe { list(claim, count, |claim| claim.facts.signed_headers.as_slice()) }
}

/// When it was signed, in seconds since 1970.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_claim_signed_at(claim: *const awsaccess_claim) -> i64 {
    // SAFETY: NULL or a live handle.
    unsafe { view(claim, 0, |claim| claim.facts.signed_at) }
}

/// Whether the signature is in the query: the lifetime that it gives itself in seconds, or 0 for one in the headers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_claim_expires(claim: *const awsaccess_claim) -> u32 {
    // SAFETY: NULL or a live handle.
    unsafe { view(claim, 0, |claim| claim.facts.expires) }
}

/// Frees a claim, used or not. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_claim_free(claim: *mut awsaccess_claim) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(claim) }
}
