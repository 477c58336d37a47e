//! Signing: in the headers, and in the query.

use std::sync::Mutex;
use std::time::Duration;

use awsaccess::sigv4::{self, BodyResigner, Presigned, Resigned, Signed};
use zeroize::Zeroize;

use crate::clock::now as clock;
use crate::credentials::awsaccess_credentials;
use crate::error::{Out, awsaccess_error, entry, free, handle, list, view};
use crate::redact::awsaccess_buffer;
use crate::request::{Borrowed, awsaccess_request, awsaccess_scope, scope as read_scope};
use crate::status::awsaccess_status;
use crate::text::{Arena, awsaccess_header, awsaccess_text};

/// A request head that is ready to be sent: from `awsaccess_sign`, `awsaccess_presign` or `awsaccess_resign`.
pub struct awsaccess_signed {
    method: awsaccess_text,
    target: awsaccess_text,
    headers: Vec<awsaccess_header>,
    signature: awsaccess_text,
    /// The way for the body of a request that was signed again, until it is taken.
    pub(crate) body: Mutex<Body>,
    _text: Arena,
}

/// The names under which a session token is sent.
const TOKENS: [&str; 2] = ["x-amz-security-token", "x-amz-s3session-token"];

/// What a signed head knows of its body.
pub(crate) enum Body {
    /// The caller's own.
    None,
    Resigned(BodyResigner),
    Taken,
}

impl awsaccess_signed {
    fn header_signature(request: &Borrowed<'_>, signed: &Signed) -> Self {
        let head = request.request();
        let mut size = head.method().len() + request.target.len() + signed.signature().len() + 3;
        let mut count = 0;
        // A token that came in belongs to other credentials than those that signed.
        let replaced = |name: &[u8]| {
            let is = |ours: &str| name.eq_ignore_ascii_case(ours.as_bytes());
            signed.headers().any(|(ours, _)| is(ours)) || TOKENS.into_iter().any(is)
        };
        head.headers().each(|name, value| {
            size += name.len() + value.len() + 2;
            count += 1;
        });
        signed.headers().for_each(|(name, value)| {
            size += name.len() + value.len() + 2;
            count += 1;
        });
        let mut text = Arena::with_capacity(size);
        let mut headers = Vec::with_capacity(count);
        head.headers().each(|name, value| {
            if !replaced(name) {
                headers.push(text.keep_header(name, value));
            }
        });
        headers.extend(signed.headers().map(|(name, value)| text.keep_header(name, value)));
        Self {
            method: text.keep(head.method()),
            target: text.keep(request.target),
            headers,
            signature: text.keep(signed.signature()),
            body: Mutex::new(Body::None),
            _text: text,
        }
    }

    fn query_signature(request: &Borrowed<'_>, signed: &Presigned) -> Self {
        let head = request.request();
        let mut text = Arena::with_capacity(signed.target().len() + 512);
        let mut headers = Vec::new();
        head.headers().each(|name, value| headers.push(text.keep_header(name, value)));
        Self {
            method: text.keep(head.method()),
            target: text.keep(signed.target()),
            headers,
            signature: text.keep(signed.signature()),
            body: Mutex::new(Body::None),
            _text: text,
        }
    }
}

impl From<Resigned> for awsaccess_signed {
    fn from(mut resigned: Resigned) -> Self {
        let size = resigned.headers.iter().map(|(name, value)| name.len() + value.len() + 2).sum::<usize>();
        let mut text = Arena::with_capacity(size + resigned.method.len() + resigned.target.len() + 2);
        let headers = resigned.headers.iter().map(|(name, value)| text.keep_header(name, value)).collect();
        let signed = Self {
            method: text.keep(&resigned.method),
            target: text.keep(&resigned.target),
            headers,
            signature: awsaccess_text::NONE,
            body: Mutex::new(Body::Resigned(resigned.body)),
            _text: text,
        };
        // It may hold a session token; so may the headers, which are wiped as they go.
        resigned.target.zeroize();
        signed
    }
}

/// Signs in the headers: `Authorization`, `X-Amz-Date` and what belongs to them. Send the headers of the result, which
/// are the request's own, less those that are replaced, then those added.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_sign(
    request: *const awsaccess_request,
    credentials: *const awsaccess_credentials,
    scope: *const awsaccess_scope,
    now: i64,
    result: *mut *mut awsaccess_signed,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(result)?;
            let request = Borrowed::read(request)?;
            let keys = &handle(credentials, "credentials")?.inner;
            let (scope, settings) = read_scope(scope)?;
            let signed =
                sigv4::sign(&request.request(), request.payload, keys, &scope, &settings, clock(now)?)?;
            out.put(awsaccess_signed::header_signature(&request, &signed))
        })
    }
}

/// Signs in the query, so that the URL alone, with the headers that came in, is good for `expires` seconds (1 to
/// 604800). For S3, `UNSIGNED-PAYLOAD` is the usual payload of a link. Send the target of the result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_presign(
    request: *const awsaccess_request,
    credentials: *const awsaccess_credentials,
    scope: *const awsaccess_scope,
    expires: u32,
    now: i64,
    result: *mut *mut awsaccess_signed,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(result)?;
            let request = Borrowed::read(request)?;
            let keys = &handle(credentials, "credentials")?.inner;
            let (scope, settings) = read_scope(scope)?;
            let expires = Duration::from_secs(expires.into());
            let (head, payload, now) = (request.request(), request.payload, clock(now)?);
            let signed = sigv4::presign(&head, payload, keys, &scope, &settings, expires, now)?;
            out.put(awsaccess_signed::query_signature(&request, &signed))
        })
    }
}

/// What `awsaccess_sign` hashes and signs, or, with an `expires` other than 0, `awsaccess_presign`: for a person who looks
/// for a difference. **The canonical request holds the session token, if that is signed.**
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_explain(
    request: *const awsaccess_request,
    credentials: *const awsaccess_credentials,
    scope: *const awsaccess_scope,
    expires: u32,
    now: i64,
    canonical_request: *mut *mut awsaccess_buffer,
    string_to_sign: *mut *mut awsaccess_buffer,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let (canonical, string) = (Out::new(canonical_request)?, Out::new(string_to_sign)?);
            let request = Borrowed::read(request)?;
            let keys = &handle(credentials, "credentials")?.inner;
            let (scope, settings) = read_scope(scope)?;
            let (head, payload, now) = (request.request(), request.payload, clock(now)?);
            let told = match expires {
                0 => sigv4::explain(&head, payload, keys, &scope, &settings, now)?,
                _ => {
                    let expires = Duration::from_secs(expires.into());
                    sigv4::explain_presign(&head, payload, keys, &scope, &settings, expires, now)?
                }
            };
            canonical.put(awsaccess_buffer::new(&told.canonical_request))?;
            string.put(awsaccess_buffer::new(&told.string_to_sign))
        })
    }
}

/// The method.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_signed_method(head: *const awsaccess_signed) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(head, awsaccess_text::NONE, |head| head.method) }
}

/// The target to send. Signed in the query it carries the signature; signed again it is in origin form.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_signed_target(head: *const awsaccess_signed) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(head, awsaccess_text::NONE, |head| head.target) }
}

/// All header fields to send, in order.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_signed_headers(
    head: *const awsaccess_signed,
    count: *mut usize,
) -> *const awsaccess_header {
    // SAFETY: NULL or a live handle; NULL or a place for the count.
    unsafe { list(head, count, |head| head.headers.as_slice()) }
}

/// The signature alone, in hexadecimal; none for a request that was signed again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_signed_signature(head: *const awsaccess_signed) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(head, awsaccess_text::NONE, |head| head.signature) }
}

/// Frees a signed head. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_signed_free(head: *mut awsaccess_signed) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(head) }
}
