//! Resolution without a single system call: the caller answers, the step goes on.

use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use awsaccess::chain;
use awsaccess::error::{Error, ErrorKind};
use awsaccess::step::Step;

use crate::clock::now as clock;
use crate::credentials::awsaccess_credentials;
use crate::error::{
    Attempts, Failure, INTERNAL, Out, awsaccess_attempt, awsaccess_error, entry, free, guarded, handle, list,
    view,
};
use crate::options::{awsaccess_options, environment, options as read_options};
use crate::outcome::Outcome;
use crate::question::{Asked, awsaccess_question};
use crate::redact::awsaccess_buffer;
use crate::status::awsaccess_status;
use crate::text::{Arena, awsaccess_text, slice};

/// A task that stands still until it is answered. Freeing it cancels the task.
pub struct awsaccess_step(Mutex<State>);

pub(crate) struct State {
    /// `None` once the task has ended.
    pub(crate) step: Option<Step<Outcome>>,
    asked: Box<Asked>,
    result: Result<Outcome, Error>,
    attempts: Attempts,
    warnings: Vec<awsaccess_text>,
    _text: Arena,
}

impl State {
    fn new(step: Step<Outcome>) -> Self {
        let mut text = Arena::default();
        let asked = Box::new(Asked::of(&step));
        let (step, result) = match step {
            Step::Done(result) => (None, result),
            step => (Some(step), Err(unanswered())),
        };
        let attempts = match &result {
            Ok(outcome) => {
                let told = outcome.resolved().map_or(&[][..], |resolved| resolved.trace().attempts());
                Attempts::keep(told, &mut text)
            }
            Err(error) => Attempts::keep(error.attempts(), &mut text),
        };
        let warnings = result.as_ref().map(Outcome::warnings).unwrap_or_default();
        let warnings = warnings.iter().map(|warning| text.keep(warning)).collect();
        Self { step, asked, result, attempts, warnings, _text: text }
    }
}

/// What became of a step.
pub(crate) enum Turn {
    /// It was answered.
    On(Step<Outcome>),
    /// It cannot be answered so.
    Back(Step<Outcome>),
}

fn unanswered() -> Error {
    Error::new(ErrorKind::Input, "the step asks a question; answer or decline it first")
}

impl awsaccess_step {
    pub(crate) fn new(step: Step<Outcome>) -> Self {
        Self(Mutex::new(State::new(step)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on, if the step can be answered so; else it stays as it is.
    pub(crate) fn turn(&self, turn: impl FnOnce(Step<Outcome>) -> Turn) -> Result<(), Failure> {
        let mut state = self.lock();
        let step = state.step.take().ok_or_else(|| Failure::used("step"))?;
        // A task that broke has ended: a loop that only looks at the question ends too.
        match catch_unwind(AssertUnwindSafe(|| turn(step))) {
            Err(_) => {
                *state = State::new(Step::Done(Err(Error::new(ErrorKind::Internal, INTERNAL))));
                Err(Failure::new(ErrorKind::Internal, INTERNAL))
            }
            Ok(Turn::On(next)) => {
                *state = State::new(next);
                Ok(())
            }
            Ok(Turn::Back(same)) => {
                state.step = Some(same);
                let message = "the step asks another question; look at the kind of awsaccess_step_question";
                Err(Failure::new(ErrorKind::WrongAnswer, message))
            }
        }
    }
}

/// Begins to look for credentials. Nothing is read or asked behind the caller's back: not the environment (`environ`,
/// as POSIX has it, may be NULL), not the clock (unless `now` is `AWSACCESS_NOW`). `seed` is 32 fresh bytes from a
/// cryptographic generator; NULL takes them from the system. `options` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_start(
    options: *const awsaccess_options,
    environ: *const *const c_char,
    now: i64,
    seed: *const u8,
    step: *mut *mut awsaccess_step,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(step)?;
            let options = read_options(options)?;
            let step = chain::resolve(&options, &environment(environ)?, clock(now)?, self::seed(seed)?);
            out.put(awsaccess_step::new(step.map(Outcome::Credentials)))
        })
    }
}

/// 32 bytes; the system's for NULL.
///
/// # Safety
/// NULL or 32 bytes.
pub(crate) unsafe fn seed(seed: *const u8) -> Result<[u8; 32], Failure> {
    let mut fresh = [0; 32];
    if seed.is_null() {
        getrandom::fill(&mut fresh)
            .map_err(|_| Failure::new(ErrorKind::Internal, "the system gave no random bytes; give a seed"))?;
    } else {
        // SAFETY: passed on.
        fresh.copy_from_slice(unsafe { slice(seed, 32, "seed") }?);
    }
    Ok(fresh)
}

/// What is asked, until the step is answered. `AWSACCESS_ASK_NOTHING` when the task has ended; NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_question(step: *const awsaccess_step) -> *const awsaccess_question {
    // SAFETY: NULL or a live handle.
    let step = unsafe { step.as_ref() };
    guarded(std::ptr::null(), || step.map_or(std::ptr::null(), |step| &raw const step.lock().asked.question))
}

/// The credentials, or why there are none. Fails with `AWSACCESS_INPUT` while the step still asks, and for a task that ends
/// in something else (`awsaccess_step_json`).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_result(
    step: *const awsaccess_step,
    credentials: *mut *mut awsaccess_credentials,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(credentials)?;
            let result = handle(step, "step")?.lock().result.clone();
            let outcome = result?;
            let resolved = outcome.resolved();
            let resolved =
                resolved.ok_or_else(|| Failure::input("the task ends in no credentials; see its json"))?;
            out.put(resolved.credentials().clone().into())
        })
    }
}

/// What the task ended in, as JSON: the call that began it says of what form. Of credentials it holds what is public.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_json(
    step: *const awsaccess_step,
    json: *mut *mut awsaccess_buffer,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(json)?;
            let result = handle(step, "step")?.lock().result.clone();
            out.put(awsaccess_buffer::new(result?.json().as_bytes()))
        })
    }
}

/// How many milliseconds the caller's clock is behind AWS's, where a reply has shown it and the task ended well.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_clock_offset(step: *const awsaccess_step) -> i64 {
    let offset = |step: &awsaccess_step| {
        let state = step.lock();
        let resolved = state.result.as_ref().ok().and_then(Outcome::resolved);
        resolved.map_or(0, chain::Resolved::clock_offset)
    };
    // SAFETY: NULL or a live handle.
    unsafe { view(step, 0, offset) }
}

/// What was passed over on the way and may not be meant so; complete when the task has ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_warnings(
    step: *const awsaccess_step,
    count: *mut usize,
) -> *const awsaccess_text {
    // SAFETY: NULL or a live handle; NULL or a place for the count. The views live until the step goes on.
    unsafe {
        list(step, count, |step| {
            let warnings = step.lock().warnings.as_slice() as *const [awsaccess_text];
            &*warnings
        })
    }
}

/// Each source that was tried, in order; complete when the task has ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_trace(
    step: *const awsaccess_step,
    count: *mut usize,
) -> *const awsaccess_attempt {
    // SAFETY: NULL or a live handle; NULL or a place for the count. The views live until the step goes on.
    unsafe {
        list(step, count, |step| {
            let attempts = step.lock().attempts.as_slice() as *const [awsaccess_attempt];
            &*attempts
        })
    }
}

/// Frees a step. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_step_free(step: *mut awsaccess_step) {
    // SAFETY: NULL or a handle of ours that the caller gives up.
    unsafe { free(step) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use awsaccess::{chain::Options, env::Env, time::Time};

    #[test]
    fn a_task_that_broke_has_ended() {
        let env: Env = [("HOME", "/h")].into_iter().collect();
        let step = chain::resolve(&Options::new(), &env, Time::from_unix(1_800_000_000), [3; 32]);
        let step = awsaccess_step::new(step.map(Outcome::Credentials));
        let kind = || step.lock().asked.question.kind;
        assert_ne!(kind(), crate::question::AWSACCESS_ASK_NOTHING);
        assert!(step.turn(|_| panic!("a secret")).is_err());
        assert_eq!(kind(), crate::question::AWSACCESS_ASK_NOTHING);
        let state = step.lock();
        assert!(state.result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Internal));
    }
}
