//! Hiding secrets in text.

use std::ffi::{c_char, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};

use awsaccess::redact::{RedactStream, Redactor, bytes as redact_bytes, find_secret};

use crate::body::place;
use crate::clock;
use crate::credentials::awsaccess_credentials;
use crate::error::{Failure, Out, awsaccess_error, entry, free, handle, view};
use crate::status::awsaccess_status;
use crate::text::{Arena, Output, awsaccess_text, bytes};

/// Text that a call gave.
pub struct awsaccess_buffer {
    view: awsaccess_text,
    _text: Arena,
}

impl awsaccess_buffer {
    pub(crate) fn new(text: &[u8]) -> Self {
        let mut arena = Arena::with_capacity(text.len() + 1);
        Self { view: arena.keep(text), _text: arena }
    }
}

/// The text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_buffer_text(buffer: *const awsaccess_buffer) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(buffer, awsaccess_text::NONE, |buffer| buffer.view) }
}

/// Frees a buffer and wipes it. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_buffer_free(buffer: *mut awsaccess_buffer) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(buffer) }
}

/// Hides what looks like a secret in a text, or in bytes of any kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redact(
    text: *const c_void,
    len: usize,
    out: *mut *mut awsaccess_buffer,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(out)?;
            let text = bytes(text, len, "text")?.unwrap_or_default();
            out.put(awsaccess_buffer::new(&redact_bytes(text)))
        })
    }
}

/// Hides secrets that it has learned, in any encoding, and others by their shape.
pub struct awsaccess_redactor(Mutex<Redactor>);

/// A text that arrives in pieces, being redacted.
pub struct awsaccess_redact_stream(Mutex<Stream>);

struct Stream {
    stream: Option<RedactStream>,
    out: Output,
}

impl awsaccess_redactor {
    fn lock(&self) -> MutexGuard<'_, Redactor> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A redactor that knows no secrets yet. `mask_key_ids`: whether access key ids, which are names, are hidden too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_new(
    mask_key_ids: bool,
    redactor: *mut *mut awsaccess_redactor,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(redactor)?;
            out.put(awsaccess_redactor(Mutex::new(Redactor::new().mask_key_ids(mask_key_ids))))
        })
    }
}

/// Gives every label a tag of twelve digits, by which two places that held the same secret can be told
/// (`[aws-session-token.1f0a5c9e77d2]`). Who has the log, and not the key, cannot try his guesses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_tag_key(
    redactor: *mut awsaccess_redactor,
    key: awsaccess_text,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let mut redactor = handle(redactor, "redactor")?.lock();
            let key = key.bytes("key")?.unwrap_or_default();
            *redactor = redactor.clone().tag_key(key);
            Ok(())
        })
    }
}

/// Whether control characters, and those that turn the direction of writing, are shown as `\u001b`, so that what is
/// logged moves no cursor and hides nothing. Tabs and the ends of lines stay.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_neutralize(
    redactor: *mut awsaccess_redactor,
    on: bool,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let mut redactor = handle(redactor, "redactor")?.lock();
            *redactor = redactor.clone().neutralize(on);
            Ok(())
        })
    }
}

/// Learns the secret access key and the session token. Fails with `AWSACCESS_INPUT` for one that is too short to be
/// told from other text; what could be learned is learned all the same.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_learn(
    redactor: *mut awsaccess_redactor,
    credentials: *const awsaccess_credentials,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let redactor = handle(redactor, "redactor")?;
            let keys = handle(credentials, "credentials")?.whole()?;
            Ok(redactor.lock().learn(keys)?)
        })
    }
}

/// Learns any other secret, of 8 bytes or more; `[name]` will stand in its place.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_learn_secret(
    redactor: *mut awsaccess_redactor,
    name: awsaccess_text,
    secret: awsaccess_text,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let redactor = handle(redactor, "redactor")?;
            let name = name.required("name")?;
            Ok(redactor.lock().learn_secret(name, secret.bytes("secret")?.unwrap_or_default())?)
        })
    }
}

/// Forgets what `awsaccess_redactor_learn` learned of these, as often as it was learned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_forget(
    redactor: *mut awsaccess_redactor,
    credentials: *const awsaccess_credentials,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let redactor = handle(redactor, "redactor")?;
            redactor.lock().forget(handle(credentials, "credentials")?.whole()?);
            Ok(())
        })
    }
}

/// Forgets one secret that `awsaccess_redactor_learn_secret` learned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_forget_secret(
    redactor: *mut awsaccess_redactor,
    secret: awsaccess_text,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let redactor = handle(redactor, "redactor")?;
            redactor.lock().forget_secret(secret.bytes("secret")?.unwrap_or_default());
            Ok(())
        })
    }
}

/// Forgets the credentials that have expired by `now` (seconds since 1970, or `AWSACCESS_NOW`), however often they were
/// learned: what opens nothing any more need not be looked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_forget_expired(
    redactor: *mut awsaccess_redactor,
    now: i64,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let redactor = handle(redactor, "redactor")?;
            redactor.lock().forget_expired(clock::now(now)?);
            Ok(())
        })
    }
}

/// Hides every secret in a text, or in bytes of any kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_redact(
    redactor: *const awsaccess_redactor,
    text: *const c_void,
    len: usize,
    out: *mut *mut awsaccess_buffer,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        shown(redactor, out, error, |redactor| {
            Ok(redactor.redact_bytes(bytes(text, len, "text")?.unwrap_or_default()))
        })
    }
}

/// Hides what is secret in the value of a header field; the name says what may be.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_redact_header(
    redactor: *const awsaccess_redactor,
    name: awsaccess_text,
    value: awsaccess_text,
    out: *mut *mut awsaccess_buffer,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        shown(redactor, out, error, |redactor| {
            Ok(redactor
                .header(name.bytes("name")?.unwrap_or_default(), value.bytes("value")?.unwrap_or_default())
                .into_owned())
        })
    }
}

/// Hides what is secret in the value of a field of this name, such as a member of a structured log record.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_redact_field(
    redactor: *const awsaccess_redactor,
    name: awsaccess_text,
    value: awsaccess_text,
    out: *mut *mut awsaccess_buffer,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        shown(redactor, out, error, |redactor| {
            Ok(redactor
                .field(name.bytes("name")?.unwrap_or_default(), value.bytes("value")?.unwrap_or_default())
                .into_owned())
        })
    }
}

/// Hides what is secret in a request target or a URL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_redact_target(
    redactor: *const awsaccess_redactor,
    target: awsaccess_text,
    out: *mut *mut awsaccess_buffer,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        shown(redactor, out, error, |redactor| {
            Ok(redactor.target(target.bytes("target")?.unwrap_or_default()))
        })
    }
}

/// Hides what is secret in a query string without its `?`, or in a form body.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_redact_query(
    redactor: *const awsaccess_redactor,
    query: awsaccess_text,
    out: *mut *mut awsaccess_buffer,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        shown(redactor, out, error, |redactor| Ok(redactor.query(query.bytes("query")?.unwrap_or_default())))
    }
}

/// In which encoding a secret of 8 bytes or more appears in a text (`plain`, `base64`, …), whole or cut off; an empty text
/// if it does not. For tests of what was logged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_find_secret(
    haystack: awsaccess_text,
    secret: awsaccess_text,
    out: *mut *mut awsaccess_buffer,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(out)?;
            let encoding = find_secret(
                haystack.bytes("haystack")?.unwrap_or_default(),
                secret.bytes("secret")?.unwrap_or_default(),
            );
            out.put(awsaccess_buffer::new(encoding.unwrap_or_default().as_bytes()))
        })
    }
}

/// Gives what a redactor shows.
///
/// # Safety
/// The pointers are what the conventions of the header ask for.
unsafe fn shown(
    redactor: *const awsaccess_redactor,
    out: *mut *mut awsaccess_buffer,
    error: *mut *mut awsaccess_error,
    work: impl FnOnce(&Redactor) -> Result<Vec<u8>, Failure>,
) -> awsaccess_status {
    // SAFETY: passed on.
    unsafe {
        entry(error, || {
            let out = Out::new(out)?;
            // A clone is cheap, and does not keep others waiting.
            let redactor = handle(redactor, "redactor")?.lock().clone();
            out.put(awsaccess_buffer::new(&work(&redactor)?))
        })
    }
}

/// A function of the caller's that takes a text which may be shown: `len` bytes, with a NUL behind them, good until it
/// returns. It must return: neither throw nor jump away.
pub type awsaccess_log_sink =
    Option<unsafe extern "C" fn(context: *mut c_void, text: *const c_char, len: usize)>;

/// Hides every secret in one record of a log, and hands it to the caller's logger in the same thread, once. The
/// redactor is not locked meanwhile. Where this fails nothing is handed on: what could not be redacted is not logged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_log(
    redactor: *const awsaccess_redactor,
    text: *const c_void,
    len: usize,
    sink: awsaccess_log_sink,
    context: *mut c_void,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let sink = sink.ok_or_else(|| Failure::input("sink is null"))?;
            let redactor = handle(redactor, "redactor")?.lock().clone();
            let text = bytes(text, len, "text")?.unwrap_or_default();
            let shown = awsaccess_buffer::new(&redactor.redact_bytes(text));
            sink(context, shown.view.data, shown.view.len);
            Ok(())
        })
    }
}

/// Begins a text that arrives in pieces, with the secrets that are known now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_stream(
    redactor: *const awsaccess_redactor,
    stream: *mut *mut awsaccess_redact_stream,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(stream)?;
            let stream = Some(handle(redactor, "redactor")?.lock().stream());
            out.put(awsaccess_redact_stream(Mutex::new(Stream { stream, out: Output::default() })))
        })
    }
}

/// Frees a redactor, and wipes what it learned. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redactor_free(redactor: *mut awsaccess_redactor) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(redactor) }
}

/// Takes the next piece; `out` is what can be said so far, and stays until the next call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redact_stream_push(
    stream: *mut awsaccess_redact_stream,
    data: *const c_void,
    len: usize,
    out: *mut awsaccess_text,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let data = bytes(data, len, "data")?.unwrap_or_default();
            turn(stream, out, |stream| {
                let redactor = stream.as_mut().ok_or_else(|| Failure::used("redacting stream"))?;
                Ok(redactor.push(data))
            })
        })
    }
}

/// Gives the rest of the text. **Uses the stream**; it still has to be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redact_stream_finish(
    stream: *mut awsaccess_redact_stream,
    out: *mut awsaccess_text,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            turn(stream, out, |stream| {
                Ok(stream.take().ok_or_else(|| Failure::used("redacting stream"))?.finish())
            })
        })
    }
}

/// # Safety
/// The pointers are what the conventions of the header ask for.
unsafe fn turn(
    stream: *mut awsaccess_redact_stream,
    out: *mut awsaccess_text,
    step: impl FnOnce(&mut Option<RedactStream>) -> Result<Vec<u8>, Failure>,
) -> Result<(), Failure> {
    // SAFETY: passed on.
    unsafe {
        place(out)?;
        let stream = handle(stream, "redacting stream")?;
        let mut state = stream.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Stream { stream, out: buffer } = &mut *state;
        let redacted = step(stream)?;
        out.write(buffer.fill(|buffer| {
            buffer.extend(redacted);
            Ok(())
        })?);
        Ok(())
    }
}

/// Frees a stream. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_redact_stream_free(stream: *mut awsaccess_redact_stream) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(stream) }
}
