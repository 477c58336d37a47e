//! Errors, and the border that every call crosses: panics stop there.

use std::panic::{AssertUnwindSafe, catch_unwind};

use awsaccess::error::{Attempt, Error, ErrorKind};
use awsaccess::redact::LearnError;
use awsaccess::sigv4::{BodyError, ResignError, SignError, VerifyError, VerifyErrorKind};

use crate::status::{AWSACCESS_OK, awsaccess_status};
use crate::text::{Arena, awsaccess_text};

/// Why a call failed. It belongs to the caller, and holds no secret.
pub struct awsaccess_error {
    /// As the core has it, for a cache that is told of it.
    pub(crate) inner: Error,
    report: awsaccess_text,
    status: awsaccess_status,
    http_status: u32,
    retryable: bool,
    message: awsaccess_text,
    aws_code: awsaccess_text,
    verify_kind: awsaccess_text,
    operator_detail: awsaccess_text,
    attempts: Attempts,
    _text: Arena,
}

/// One source of credentials that was tried.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_attempt {
    /// The source: `environment`, `imds`, `assume-role`, ...
    pub source: awsaccess_text,
    /// `not_configured`, `failed` or `ok`.
    pub outcome: awsaccess_text,
    /// Why, in one line without a secret.
    pub reason: awsaccess_text,
    /// How many milliseconds it took by the caller's clock.
    pub took_ms: u64,
}

/// The same as the call's status.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_error_status(error: *const awsaccess_error) -> awsaccess_status {
    // SAFETY: NULL or a live handle.
    unsafe { view(error, AWSACCESS_OK, |error| error.status) }
}

/// What happened and what to do, in one line. Of `AWSACCESS_VERIFY` it is what AWS would tell the client.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_error_message(error: *const awsaccess_error) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(error, awsaccess_text::NONE, |error| error.message) }
}

/// The message, and beneath it what each source said: a few lines for a person.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_error_report(error: *const awsaccess_error) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(error, awsaccess_text::NONE, |error| error.report) }
}

/// An error of a source of the caller's own, for `awsaccess_cached_settle`: of a status other than `AWSACCESS_OK`, with a
/// line for a person and, where AWS was the one to refuse, AWS's code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_error_new(
    status: awsaccess_status,
    message: awsaccess_text,
    aws_code: awsaccess_text,
    retryable: bool,
    made: *mut *mut awsaccess_error,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(made)?;
            let kind = ErrorKind::ALL.iter().copied().find(|kind| kind.code() == status);
            let kind = kind.ok_or_else(|| Failure::input("status is none of an error"))?;
            let mut new = Error::new(kind, message.required("message")?);
            if let Some(code) = aws_code.optional("aws_code")? {
                new = new.with_aws_code(code);
            }
            let new = if retryable { new.retryable() } else { new };
            out.put(Failure::from(new).into_handle())
        })
    }
}

/// The code that AWS answered with, or answers with in such a case (`AccessDenied`); none if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_error_aws_code(error: *const awsaccess_error) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(error, awsaccess_text::NONE, |error| error.aws_code) }
}

/// Of `AWSACCESS_VERIFY`: the HTTP status that AWS answers with; else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_error_http_status(error: *const awsaccess_error) -> u32 {
    // SAFETY: NULL or a live handle.
    unsafe { view(error, 0, |error| error.http_status) }
}

/// Of `AWSACCESS_VERIFY`: the stable name of the fault, such as `signature-mismatch` or `expired`; else none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_error_verify_kind(error: *const awsaccess_error) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(error, awsaccess_text::NONE, |error| error.verify_kind) }
}

/// Of `AWSACCESS_VERIFY`: what the operator should know. Never send it to the client.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_error_operator_detail(error: *const awsaccess_error) -> awsaccess_text {
    // SAFETY: NULL or a live handle.
    unsafe { view(error, awsaccess_text::NONE, |error| error.operator_detail) }
}

/// Whether the same call may succeed later without a change of configuration.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_error_retryable(error: *const awsaccess_error) -> bool {
    // SAFETY: NULL or a live handle.
    unsafe { view(error, false, |error| error.retryable) }
}

/// Each source of credentials that was tried, in order.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_error_attempts(
    error: *const awsaccess_error,
    count: *mut usize,
) -> *const awsaccess_attempt {
    // SAFETY: NULL or a live handle; NULL or a place for the count.
    unsafe { list(error, count, |error| error.attempts.as_slice()) }
}

/// Frees an error. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_error_free(error: *mut awsaccess_error) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(error) }
}

/// The views of a trace.
#[derive(Default)]
pub(crate) struct Attempts(Vec<awsaccess_attempt>);

impl Attempts {
    pub(crate) fn keep(attempts: &[Attempt], text: &mut Arena) -> Self {
        let keep = |attempt: &Attempt| awsaccess_attempt {
            source: text.keep(&attempt.source),
            outcome: text.keep(attempt.outcome.name()),
            reason: text.keep(&attempt.reason),
            took_ms: u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
        };
        Self(attempts.iter().map(keep).collect())
    }

    pub(crate) fn as_slice(&self) -> &[awsaccess_attempt] {
        &self.0
    }
}

/// All that is said of a panic: its own message might hold anything.
pub(crate) const INTERNAL: &str = "internal error; please report it";

/// A failure on its way to the border.
pub(crate) struct Failure(Box<Reason>);

struct Reason {
    error: Error,
    verify: Option<VerifyError>,
    unknown_key: bool,
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error::new(kind, message).into()
    }

    /// An argument is wrong.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Input, message)
    }

    /// A handle served before.
    pub(crate) fn used(what: &str) -> Self {
        Self::new(ErrorKind::Used, format!("the {what} was used before, and serves once"))
    }

    /// What was signed offline names a key that is not known; told as a claim of such a key is.
    pub(crate) fn unknown_key(s3: bool) -> Self {
        let (code, message) = match s3 {
            true => {
                ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
            }
            false => ("InvalidClientTokenId", "The security token included in the request is invalid."),
        };
        let error = Error::new(ErrorKind::Verify, message).with_aws_code(code);
        Self(Box::new(Reason { error, verify: None, unknown_key: true }))
    }

    fn into_handle(self) -> awsaccess_error {
        let mut text = Arena::default();
        let Reason { error, verify, unknown_key } = *self.0;
        let code = verify.as_ref().map(VerifyError::aws_code).or(error.aws_code());
        let kind = verify.as_ref().map(|verify| verify.kind().name());
        let kind = kind.or(unknown_key.then(|| VerifyErrorKind::UnknownKey.name()));
        let detail = verify.as_ref().map(VerifyError::operator_detail);
        let detail = detail.or(unknown_key.then_some("the key id is not known here"));
        let http_status = verify.as_ref().map_or(0, |verify| u32::from(verify.status()));
        awsaccess_error {
            status: error.kind().code(),
            http_status: if unknown_key { 403 } else { http_status },
            retryable: error.is_retryable(),
            message: text.keep(error.message()),
            aws_code: text.keep_some(code),
            verify_kind: text.keep_some(kind),
            operator_detail: text.keep_some(detail),
            attempts: Attempts::keep(error.attempts(), &mut text),
            report: text.keep(error.report()),
            inner: error,
            _text: text,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(Box::new(Reason { error, verify: None, unknown_key: false }))
    }
}

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        Self::new(ErrorKind::Sign, error.to_string())
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        let message = error.to_string();
        let refused = Error::new(ErrorKind::Verify, message);
        Self(Box::new(Reason { error: refused, verify: Some(error), unknown_key: false }))
    }
}

impl From<ResignError> for Failure {
    fn from(error: ResignError) -> Self {
        Self::new(ErrorKind::Resign, error.to_string())
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        Self::new(ErrorKind::Verify, error.to_string())
    }
}

impl From<LearnError> for Failure {
    fn from(error: LearnError) -> Self {
        Self::new(ErrorKind::Input, error.to_string())
    }
}

/// Runs the body of a call that can fail.
///
/// # Safety
/// `error` is NULL or a place for a pointer.
pub(crate) unsafe fn entry(
    error: *mut *mut awsaccess_error,
    body: impl FnOnce() -> Result<(), Failure>,
) -> awsaccess_status {
    let put = |handle| {
        if !error.is_null() {
            // SAFETY: a place for a pointer, says the caller.
            unsafe { error.write(handle) };
        }
    };
    put(std::ptr::null_mut());
    let panicked = || Failure::new(ErrorKind::Internal, INTERNAL);
    let result = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        // What was thrown may itself panic when it is dropped.
        drop(catch_unwind(AssertUnwindSafe(|| drop(panic))));
        Err(panicked())
    });
    let Err(failure) = result else { return AWSACCESS_OK };
    let status = failure.0.error.kind().code();
    if !error.is_null() {
        put(Box::into_raw(Box::new(failure.into_handle())));
    }
    status
}

/// Runs the body of a call that cannot fail, and gives `default` should it panic.
pub(crate) fn guarded<T>(default: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(default)
}

/// A handle that the call reads.
///
/// # Safety
/// `pointer` is NULL or a handle of ours that lives for `'a`.
pub(crate) unsafe fn handle<'a, T>(pointer: *const T, what: &str) -> Result<&'a T, Failure> {
    // SAFETY: every handle is only ever borrowed shared; what changes in one is behind a lock.
    unsafe { pointer.as_ref() }.ok_or_else(|| Failure::input(format!("{what} is null")))
}

/// What `of` says of a handle; `default` for NULL.
///
/// # Safety
/// As [`handle`].
pub(crate) unsafe fn view<T, V>(pointer: *const T, default: V, of: impl FnOnce(&T) -> V) -> V {
    // SAFETY: passed on.
    match unsafe { pointer.as_ref() } {
        Some(handle) => guarded(default, || of(handle)),
        None => default,
    }
}

/// A list in a handle; NULL and 0 for NULL.
///
/// # Safety
/// As [`handle`], and `count` is NULL or a place for a count.
pub(crate) unsafe fn list<T, V>(
    pointer: *const T,
    count: *mut usize,
    of: impl FnOnce(&T) -> &[V],
) -> *const V {
    // SAFETY: passed on.
    let (data, len) = unsafe {
        view(pointer, (std::ptr::null(), 0), |handle| {
            let list = of(handle);
            (list.as_ptr(), list.len())
        })
    };
    if !count.is_null() {
        // SAFETY: a place for a count, says the caller.
        unsafe { count.write(len) };
    }
    data
}

/// A place for a result, which is NULL until there is one.
pub(crate) struct Out<T>(*mut *mut T);

impl<T> Out<T> {
    /// # Safety
    /// `place` is NULL or a place for a pointer, until the call ends.
    pub(crate) unsafe fn new(place: *mut *mut T) -> Result<Self, Failure> {
        if place.is_null() {
            return Err(Failure::input("there is no place for the result"));
        }
        // SAFETY: a place for a pointer, says the caller.
        unsafe { place.write(std::ptr::null_mut()) };
        Ok(Self(place))
    }

    /// Gives the result to the caller.
    pub(crate) fn put(self, value: T) -> Result<(), Failure> {
        // SAFETY: as `new` was told.
        unsafe { self.0.write(Box::into_raw(Box::new(value))) };
        Ok(())
    }
}

/// Frees a handle.
///
/// # Safety
/// `pointer` is NULL or came from [`Out::put`] or [`entry`], and is not used again.
pub(crate) unsafe fn free<T>(pointer: *mut T) {
    if !pointer.is_null() {
        // SAFETY: it was a box.
        let handle = unsafe { Box::from_raw(pointer) };
        guarded((), || drop(handle));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::AWSACCESS_INTERNAL;

    #[test]
    fn a_panic_stops_at_the_border() {
        let mut error = std::ptr::null_mut();
        // SAFETY: a place for a pointer; the handle is freed once.
        unsafe {
            assert_eq!(entry(&raw mut error, || panic!("a secret")), AWSACCESS_INTERNAL);
            assert_eq!(awsaccess_error_status(error), AWSACCESS_INTERNAL);
            let message = awsaccess_error_message(error).required("message");
            assert_eq!(message.ok(), Some("internal error; please report it"));
            awsaccess_error_free(error);
            assert_eq!(entry(std::ptr::null_mut(), || panic!("a secret")), AWSACCESS_INTERNAL);
        }
        assert_eq!(guarded(7, || panic!("a secret")), 7);
    }
}
