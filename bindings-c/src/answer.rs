//! Answers to a step's questions.

use std::ffi::c_void;
use std::net::IpAddr;

use awsaccess::effect::{
    CustomFailure, FileFailure, HttpFailure, HttpReason, HttpReply, ListenFailure, ListenReply,
    ProcessFailure, ProcessReply, SignFailure,
};
use awsaccess::secret::Secret;
use awsaccess::step::Step;
use awsaccess::time::Time;

use crate::clock::now as clock;
use crate::credentials::awsaccess_credentials;
use crate::error::{Failure, awsaccess_error, entry, handle};
use crate::outcome::Outcome;
use crate::policy::names;
use crate::status::awsaccess_status;
use crate::step::{Turn, awsaccess_step};
use crate::text::{Versioned, awsaccess_header, awsaccess_text, bytes, pairs, read, utf8};

/// Answers with the contents of a file; `data` NULL: there is no such file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_answer_file(
    step: *mut awsaccess_step,
    now: i64,
    data: *const c_void,
    len: usize,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        let reply = || Ok(bytes(data, len, "data")?.map(<[u8]>::to_vec));
        answer(step, now, error, reply, |step, now, data| match step {
            Step::ReadFile(ask) => Turn::On(ask.answer(now, Ok(data))),
            other => Turn::Back(other),
        })
    }
}

/// Answers that a file was written or removed, a lock taken or given back, or that the time has passed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_answer_done(
    step: *mut awsaccess_step,
    now: i64,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        answer(
            step,
            now,
            error,
            || Ok(()),
            |step, now, ()| match step {
                Step::WriteFile(ask) => Turn::On(ask.answer(now, Ok(()))),
                Step::RemoveFile(ask) => Turn::On(ask.answer(now, Ok(()))),
                Step::Lock(ask) => Turn::On(ask.answer(now, Ok(()))),
                Step::Wait(ask) => Turn::On(ask.answer(now, ())),
                other => Turn::Back(other),
            },
        )
    }
}

/// Answers with the names of the files in a directory, without the directory, or with the addresses of a host name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_answer_names(
    step: *mut awsaccess_step,
    now: i64,
    list: *const awsaccess_text,
    count: usize,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        let reply = || {
            let names = names(list, count)?;
            let addresses: Option<Vec<IpAddr>> = names.iter().map(|name| name.parse().ok()).collect();
            let step = handle(step, "step")?;
            if addresses.is_none() && matches!(step.lock().step, Some(Step::Resolve(_))) {
                return Err(Failure::input("an address is not one, as 192.0.2.1 and 2001:db8::1 are"));
            }
            Ok((names, addresses.unwrap_or_default()))
        };
        answer(step, now, error, reply, |step, now, (names, addresses)| match step {
            Step::ListFiles(ask) => Turn::On(ask.answer(now, Ok(names))),
            Step::Resolve(ask) => Turn::On(ask.answer(now, Ok(addresses))),
            other => Turn::Back(other),
        })
    }
}

/// A reply to an HTTP request, whatever its status.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_http_reply {
    /// `sizeof(awsaccess_http_reply)`.
    pub struct_size: usize,
    /// As they came.
    pub headers: *const awsaccess_header,
    /// How many.
    pub header_count: usize,
    /// The whole body.
    pub body: *const c_void,
    /// Its length in bytes.
    pub body_len: usize,
    /// 100 to 999.
    pub status: u32,
}

// SAFETY: repr(C), the size first, and zero is a value of every member.
unsafe impl Versioned for awsaccess_http_reply {}

/// Answers with the reply that came.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_answer_http(
    step: *mut awsaccess_step,
    now: i64,
    reply: *const awsaccess_http_reply,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        let reply = || {
            let reply = read(reply, "reply")?;
            let status = u16::try_from(reply.status).ok().filter(|status| (100..1000).contains(status));
            let status = status.ok_or_else(|| Failure::input("an http status is 100 to 999"))?;
            let latin1 = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect::<String>();
            let headers = pairs(reply.headers, reply.header_count)?;
            let headers = headers.into_iter().map(|(name, value)| (latin1(name), latin1(value))).collect();
            let body = bytes(reply.body, reply.body_len, "body")?.unwrap_or_default();
            Ok(HttpReply::new(status, headers, body))
        };
        answer(step, now, error, reply, |step, now, reply| match step {
            Step::Http(ask) => Turn::On(ask.answer(now, Ok(reply))),
            other => Turn::Back(other),
        })
    }
}

/// Answers with how a program ended: its exit status, or minus the number of the signal that ended it; and what it
/// said.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_answer_process(
    step: *mut awsaccess_step,
    now: i64,
    code: i32,
    out: awsaccess_text,
    err: awsaccess_text,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        let reply = || {
            let (out, err) = (out.bytes("the output")?, err.bytes("the error output")?);
            Ok(ProcessReply::new(code, out.unwrap_or_default().to_vec(), err.unwrap_or_default().to_vec()))
        };
        answer(step, now, error, reply, |step, now, reply| match step {
            Step::RunProcess(ask) => Turn::On(ask.answer(now, Ok(reply))),
            other => Turn::Back(other),
        })
    }
}

/// Answers with what a person typed, or with the bytes of a signature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_answer_text(
    step: *mut awsaccess_step,
    now: i64,
    text: awsaccess_text,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        let reply = || {
            let bytes = text.bytes("text")?.unwrap_or_default();
            // What is typed is copied into a secret and nowhere else.
            match handle(step, "step")?.lock().step {
                Some(Step::Prompt(_)) => Ok((Secret::new(utf8(bytes, "text")?), Vec::new())),
                _ => Ok((Secret::new(""), bytes.to_vec())),
            }
        };
        answer(step, now, error, reply, |step, now, (typed, bytes)| match step {
            Step::Prompt(ask) => Turn::On(ask.answer(now, typed)),
            Step::Sign(ask) => Turn::On(ask.answer(now, Ok(bytes))),
            other => Turn::Back(other),
        })
    }
}

/// Answers with the redirect that arrived: the port that was listened on, and the query without its question mark.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_answer_redirect(
    step: *mut awsaccess_step,
    now: i64,
    port: u16,
    query: awsaccess_text,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        let reply = || Ok(ListenReply::new(port, query.optional("query")?.unwrap_or_default()));
        answer(step, now, error, reply, |step, now, reply| match step {
            Step::Listen(ask) => Turn::On(ask.answer(now, Ok(reply))),
            other => Turn::Back(other),
        })
    }
}

/// Answers with the credentials of a source of the caller's own; NULL: it holds none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_answer_credentials(
    step: *mut awsaccess_step,
    now: i64,
    credentials: *const awsaccess_credentials,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        let reply = || credentials.as_ref().map(|keys| keys.whole().cloned()).transpose();
        answer(step, now, error, reply, |step, now, found| match step {
            Step::Custom(ask) => Turn::On(ask.answer(now, Ok(found))),
            other => Turn::Back(other),
        })
    }
}

/// Answers that it was tried and failed, and why, in one line. `sort` is for HTTP and host names: `refused`,
/// `unreachable`, `timeout`, `tls`, `too_large` or `other`; none is `other`. A prompt or a wait cannot fail: decline
/// it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_answer_failure(
    step: *mut awsaccess_step,
    now: i64,
    sort: awsaccess_text,
    reason: awsaccess_text,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        let reply = || {
            let sort = HttpReason::from_name(sort.optional("sort")?.unwrap_or_default());
            Ok((sort, reason.optional("reason")?.unwrap_or("no reason given").to_owned()))
        };
        answer(step, now, error, reply, |step, now, (sort, reason)| match step {
            Step::ReadFile(ask) => Turn::On(ask.answer(now, Err(FileFailure::new(reason)))),
            Step::WriteFile(ask) => Turn::On(ask.answer(now, Err(FileFailure::new(reason)))),
            Step::ListFiles(ask) => Turn::On(ask.answer(now, Err(FileFailure::new(reason)))),
            Step::RemoveFile(ask) => Turn::On(ask.answer(now, Err(FileFailure::new(reason)))),
            Step::Lock(ask) => Turn::On(ask.answer(now, Err(FileFailure::new(reason)))),
            Step::Http(ask) => Turn::On(ask.answer(now, Err(HttpFailure::new(sort, reason)))),
            Step::Resolve(ask) => Turn::On(ask.answer(now, Err(HttpFailure::new(sort, reason)))),
            Step::RunProcess(ask) => Turn::On(ask.answer(now, Err(ProcessFailure::new(reason)))),
            Step::Listen(ask) => Turn::On(ask.answer(now, Err(ListenFailure::new(reason)))),
            Step::Sign(ask) => Turn::On(ask.answer(now, Err(SignFailure::new(reason)))),
            Step::Custom(ask) => Turn::On(ask.answer(now, Err(CustomFailure::new(reason)))),
            other => Turn::Back(other),
        })
    }
}

/// Says "not on this host", whatever the question: a source that was not configured is passed over, one that was
/// configured fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_decline(
    step: *mut awsaccess_step,
    now: i64,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe { answer(step, now, error, || Ok(()), |step, now, ()| Turn::On(step.decline(now))) }
}

/// # Safety
/// The pointers are what the conventions of the header ask for.
unsafe fn answer<R>(
    step: *mut awsaccess_step,
    now: i64,
    error: *mut *mut awsaccess_error,
    reply: impl FnOnce() -> Result<R, Failure>,
    turn: impl FnOnce(Step<Outcome>, Time, R) -> Turn,
) -> awsaccess_status {
    // SAFETY: passed on.
    unsafe {
        entry(error, || {
            let step = handle(step, "step")?;
            let now = clock(now)?;
            let reply = reply()?;
            step.turn(|step| turn(step, now, reply))
        })
    }
}
