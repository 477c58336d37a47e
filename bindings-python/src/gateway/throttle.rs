//! How much one subject may ask for.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use awsaccess::gateway::{Allowance, Counted, Throttle as Core};
use pyo3::prelude::*;

use crate::error::{guard, input};
use crate::value::time;

/// Counts the requests of each subject: so many a second, and so many at a time. One that was let begin is to be ended.
///
/// `per_second` in the long run, `burst` at once after a pause (as many as a second allows, unless given), `at_once`
/// running at the same time, `streams_at_once` open at the same time; `None` is no bound. A WebSocket is a stream, and
/// none of the requests that run.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Throttle(Mutex<Core>);

impl Throttle {
    fn open(&self) -> MutexGuard<'_, Core> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Throttle {
    #[new]
    #[pyo3(signature = (*, per_second=None, burst=None, at_once=None, streams_at_once=None))]
    fn new(
        per_second: Option<u32>,
        burst: Option<u32>,
        at_once: Option<u32>,
        streams_at_once: Option<u32>,
    ) -> PyResult<Self> {
        guard(|| {
            let some = |number: Option<u32>, what: &str| match number.map(NonZeroU32::new) {
                Some(None) => Err(input(&format!("{what} must be at least 1"))),
                Some(Some(number)) => Ok(Some(number)),
                None => Ok(None),
            };
            let mut allowance = Allowance::default();
            allowance.per_second = some(per_second, "per_second")?;
            allowance.burst = some(burst, "burst")?;
            allowance.at_once = some(at_once, "at_once")?;
            allowance.streams_at_once = some(streams_at_once, "streams_at_once")?;
            if allowance.burst.is_some() && allowance.per_second.is_none() {
                return Err(input("burst means nothing without per_second"));
            }
            Ok(Self(Mutex::new(Core::new(allowance))))
        })
    }

    /// Counts a request that begins, once its signature is proven. Says why it may not begin, which is then not
    /// counted: `raise proven.refuse("throttled", why)`. `stream` says that it becomes one.
    #[pyo3(signature = (subject, now=None, *, stream=false))]
    fn begin(&self, subject: &str, now: Option<&Bound<'_, PyAny>>, stream: bool) -> PyResult<Option<String>> {
        guard(|| {
            let now = time(now)?;
            Ok(self.open().begin_as(counted(stream), subject, now).err().map(|why| why.to_string()))
        })
    }

    /// Counts a request that has ended, or with `stream` a stream.
    #[pyo3(signature = (subject, *, stream=false))]
    fn end(&self, subject: &str, stream: bool) {
        self.open().end_as(counted(stream), subject);
    }

    fn __repr__(&self) -> &'static str {
        "<Throttle>"
    }
}

const fn counted(stream: bool) -> Counted {
    if stream { Counted::Stream } else { Counted::Request }
}
