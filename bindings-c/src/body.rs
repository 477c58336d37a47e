//! The body of a request that was signed again, on its way.

use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};

use awsaccess::sigv4::BodyResigner;

use crate::error::{Failure, Out, awsaccess_error, entry, free, handle};
use crate::sign::{Body, awsaccess_signed};
use crate::status::awsaccess_status;
use crate::text::{Output, awsaccess_text, bytes};

/// Bytes in, bytes out, the same in number, split anywhere, in constant memory. The last byte is held back until the
/// body is shown to be the one that was signed.
pub struct awsaccess_body_resigner(Mutex<State>);

struct State {
    resigner: Option<BodyResigner>,
    out: Output,
}

/// Takes the way for the body out of a head that `awsaccess_resign` gave; a head has one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_body_resigner_new(
    head: *mut awsaccess_signed,
    resigner: *mut *mut awsaccess_body_resigner,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(resigner)?;
            let head = handle(head, "signed head")?;
            let mut body = head.body.lock().unwrap_or_else(PoisonError::into_inner);
            match std::mem::replace(&mut *body, Body::Taken) {
                Body::Resigned(resigner) => {
                    let state = State { resigner: Some(resigner), out: Output::default() };
                    out.put(awsaccess_body_resigner(Mutex::new(state)))
                }
                Body::Taken => Err(Failure::used("body of the head")),
                Body::None => {
                    *body = Body::None;
                    Err(Failure::input("only a request that was signed again has a body to pass on"))
                }
            }
        })
    }
}

/// Leaves the checksums in a body's trailers to the receiver; else they are checked on the way. Call it before the first
/// bytes are pushed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_body_resigner_without_checksums(
    resigner: *mut awsaccess_body_resigner,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let mut state = lock(handle(resigner, "body resigner")?);
            let body = state.resigner.take().ok_or_else(|| Failure::used("body resigner"))?;
            state.resigner = Some(body.without_checksums());
            Ok(())
        })
    }
}

/// Takes the next bytes from the client; `out` is what may be sent, and stays until the next call. After a failure
/// nothing more may be sent: the receiver sees a body that is too short, and keeps none of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_body_resigner_push(
    resigner: *mut awsaccess_body_resigner,
    data: *const c_void,
    len: usize,
    out: *mut awsaccess_text,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            place(out)?;
            let mut state = lock(handle(resigner, "body resigner")?);
            let data = bytes(data, len, "data")?.unwrap_or_default();
            let State { resigner, out: buffer } = &mut *state;
            let resigner = resigner.as_mut().ok_or_else(|| Failure::used("body resigner"))?;
            out.write(buffer.fill(|buffer| Ok(resigner.push_into(data, buffer)?))?);
            Ok(())
        })
    }
}

/// Ends the body; `out` is the byte that was held back. **Uses the resigner**; it still has to be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_body_resigner_finish(
    resigner: *mut awsaccess_body_resigner,
    out: *mut awsaccess_text,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            place(out)?;
            let mut state = lock(handle(resigner, "body resigner")?);
            let resigner = state.resigner.take().ok_or_else(|| Failure::used("body resigner"))?;
            let last = resigner.finish()?;
            out.write(state.out.fill(|buffer| {
                buffer.extend(last);
                Ok(())
            })?);
            Ok(())
        })
    }
}

/// Frees a resigner. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_body_resigner_free(resigner: *mut awsaccess_body_resigner) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(resigner) }
}

fn lock(resigner: &awsaccess_body_resigner) -> MutexGuard<'_, State> {
    resigner.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a place for a view say "none".
///
/// # Safety
/// NULL or a place for a view.
pub(crate) unsafe fn place(out: *mut awsaccess_text) -> Result<(), Failure> {
    if out.is_null() {
        return Err(Failure::input("there is no place for the result"));
    }
    // SAFETY: a place for a view, says the caller.
    unsafe { out.write(awsaccess_text::NONE) };
    Ok(())
}
