//! When a source is asked again, decided for one caller after another.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use awsaccess::cache::{Cached, Decision, Settings};

use crate::clock::now as clock;
use crate::credentials::awsaccess_credentials;
use crate::error::{Failure, Out, awsaccess_error, entry, free, handle, view};
use crate::request::{awsaccess_switch, switch};
use crate::status::awsaccess_status;
use crate::step::seed as read_seed;
use crate::text::{Versioned, awsaccess_text, read};

/// The credentials of one source, and what each caller does: a pure function of the time, in the scheme that AWS's SDKs
/// agreed on. It waits for nobody and asks nobody.
pub struct awsaccess_cached(Mutex<Cached>);

/// How it behaves. All zero, or NULL, is the scheme of AWS's SDKs.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_cached_settings {
    /// `sizeof(awsaccess_cached_settings)`.
    pub struct_size: usize,
    /// How long before their end credentials are renewed while they still serve, in seconds. 0: by their lifetime.
    pub advisory_window: u32,
    /// How long a failure is told again without asking when there is nothing to serve, in seconds.
    pub remember_failure: u32,
    /// When one who asked and did not report is taken for lost, in seconds. 0: 300.
    pub longest_refresh: u32,
    /// Whether the advisory window shrinks at random by a tenth, so that many do not renew together. By default, yes.
    pub jitter: awsaccess_switch,
    /// Whether expired credentials serve on while their source fails, where it is of that kind. By default, yes.
    pub serve_expired: awsaccess_switch,
}

// SAFETY: repr(C), the size first, and zero is a value of every member.
unsafe impl Versioned for awsaccess_cached_settings {}

/// Use the credentials.
pub const AWSACCESS_USE: u32 = 0;
/// Use the credentials; it falls to this caller to have the source asked, and to report.
pub const AWSACCESS_REFRESH_IN_BACKGROUND: u32 = 1;
/// There is nothing to use; this caller asks the source, and reports.
pub const AWSACCESS_REFRESH_NOW: u32 = 2;
/// Another caller asks the source: wait for its report and decide again, at `until` at the latest.
pub const AWSACCESS_WAIT: u32 = 3;

fn lock(cached: &awsaccess_cached) -> MutexGuard<'_, Cached> {
    cached.0.lock().unwrap_or_else(PoisonError::into_inner)
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

/// An empty one. `settings` may be NULL; `seed` is 32 random bytes, NULL takes them from the system.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_cached_new(
    settings: *const awsaccess_cached_settings,
    seed: *const u8,
    cached: *mut *mut awsaccess_cached,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(cached)?;
            let mut made = Settings::default();
            if !settings.is_null() {
                let given = read(settings, "settings")?;
                made.advisory_window = (given.advisory_window != 0).then(|| seconds(given.advisory_window));
                made.remember_failure = seconds(given.remember_failure);
                if given.longest_refresh != 0 {
                    made.longest_refresh = seconds(given.longest_refresh);
                }
                if switch(given.jitter, "jitter")? == Some(false) {
                    made.jitter = 0.0;
                }
                made.serve_expired = switch(given.serve_expired, "serve_expired")?.unwrap_or(true);
            }
            out.put(awsaccess_cached(Mutex::new(Cached::new(made, read_seed(seed)?))))
        })
    }
}

/// What a caller does that needs credentials which are good for `need` seconds: `decision` is one of `AWSACCESS_USE`,
/// `_REFRESH_IN_BACKGROUND`, `_REFRESH_NOW` and `_WAIT`. `credentials` are those that serve, or NULL; `until` may be NULL.
/// Fails with what the source said, or where it cannot give what is needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_cached_decide(
    cached: *mut awsaccess_cached,
    now: i64,
    need: u32,
    decision: *mut u32,
    credentials: *mut *mut awsaccess_credentials,
    until: *mut i64,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(credentials)?;
            if decision.is_null() {
                return Err(Failure::input("there is no place for the decision"));
            }
            let cached = handle(cached, "cached")?;
            let now = clock(now)?;
            let decided = lock(cached).decide(now, seconds(need));
            let (kind, found) = match decided {
                Decision::Use(found) => (AWSACCESS_USE, Some(found)),
                Decision::RefreshInBackground(found) => (AWSACCESS_REFRESH_IN_BACKGROUND, Some(found)),
                Decision::RefreshNow => (AWSACCESS_REFRESH_NOW, None),
                Decision::Wait(at) => {
                    if !until.is_null() {
                        until.write(at.unix());
                    }
                    (AWSACCESS_WAIT, None)
                }
                Decision::Fail(failure) => return Err(failure.into()),
                _ => return Err(Failure::input("this version does not know the decision")),
            };
            decision.write(kind);
            found.map_or(Ok(()), |found| out.put(found.into()))
        })
    }
}

/// Ends a turn with what the source gave: `found`, or `failure` (from a call of this library, or of
/// `awsaccess_error_new`), the other one being NULL. `served` is what serves now, which after a failure may be the old
/// credentials; fails if nothing does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_cached_settle(
    cached: *mut awsaccess_cached,
    now: i64,
    found: *const awsaccess_credentials,
    failure: *const awsaccess_error,
    served: *mut *mut awsaccess_credentials,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(served)?;
            let cached = handle(cached, "cached")?;
            let result = match (found.as_ref(), failure.as_ref()) {
                (Some(found), None) => Ok(found.whole()?.clone()),
                (None, Some(failure)) => Err(failure.inner.clone()),
                _ => return Err(Failure::input("give what the source found, or why it failed")),
            };
            let now = clock(now)?;
            let served = lock(cached).settle(now, result)?;
            out.put(served.into())
        })
    }
}

/// Gives a turn back without an answer: the one who had it was cancelled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_cached_abandon(cached: *mut awsaccess_cached) {
    // SAFETY: NULL or a live handle.
    unsafe { view(cached, (), |cached| lock(cached).abandon()) }
}

/// AWS has refused this key as expired or invalid: the next caller has the source asked. `changed`, which may be NULL,
/// says whether that changed anything; a key that was replaced meanwhile does not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_cached_invalidate(
    cached: *mut awsaccess_cached,
    now: i64,
    access_key_id: awsaccess_text,
    changed: *mut bool,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let cached = handle(cached, "cached")?;
            let (now, key) = (clock(now)?, access_key_id.required("access_key_id")?);
            let did = lock(cached).invalidate(now, key);
            if !changed.is_null() {
                changed.write(did);
            }
            Ok(())
        })
    }
}

/// What serves at this moment, without asking anybody; fails with why nothing does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_cached_serve(
    cached: *const awsaccess_cached,
    now: i64,
    need: u32,
    credentials: *mut *mut awsaccess_credentials,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(credentials)?;
            let cached = handle(cached, "cached")?;
            let now = clock(now)?;
            let served = lock(cached).serve(now, seconds(need))?;
            out.put(served.into())
        })
    }
}

/// Whether the source is left alone at this time, in seconds since 1970, after a failure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_cached_is_backing_off(cached: *const awsaccess_cached, now: i64) -> bool {
    let is = |cached: &awsaccess_cached| clock(now).is_ok_and(|now| lock(cached).is_backing_off(now));
    // SAFETY: NULL or a live handle.
    unsafe { view(cached, false, is) }
}

/// From when on the credentials are renewed in the background, in seconds since 1970; `AWSACCESS_NEVER` where there are
/// none or they do not end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_cached_advisory_at(cached: *const awsaccess_cached) -> i64 {
    let never = crate::credentials::AWSACCESS_NEVER;
    let at =
        |cached: &awsaccess_cached| lock(cached).advisory_at().map_or(never, awsaccess::time::Time::unix);
    // SAFETY: NULL or a live handle.
    unsafe { view(cached, never, at) }
}

/// Frees it and wipes its credentials. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_cached_free(cached: *mut awsaccess_cached) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(cached) }
}
