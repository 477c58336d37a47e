//! When to ask a source again, decided for one caller after another.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use awsaccess::cache::{Cached as Core, Decision as Decided, Settings};
use awsaccess::time::Time;
use pyo3::prelude::*;

use crate::chain::read_seed;
use crate::credentials::Credentials;
use crate::error::{core_error, guard, input, resolution};
use crate::value::{duration, seconds, time};

/// The credentials of one source, and what each caller does: a pure function of the time, in the scheme that AWS's SDKs
/// agreed on. It waits for nobody and asks nobody.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Cached(Mutex<Core>);

#[pymethods]
impl Cached {
    /// An empty one. `advisory_window` is how long before their end credentials are renewed while they still serve
    /// (`None`: by their lifetime), `jitter` by how much of itself it shrinks at random. `serve_expired`: expired
    /// credentials serve on while their source fails, where the source is of that kind. `remember_failure` is how long a
    /// failure is told again without asking; `longest_refresh` when one who asked is taken for lost. Durations are
    /// seconds or timedeltas; `seed` is 32 random bytes, `None` takes them from `os.urandom`.
    #[new]
    #[pyo3(signature = (*, advisory_window=None, jitter=0.1, serve_expired=true, remember_failure=None,
        longest_refresh=None, seed=None))]
    fn new(
        py: Python<'_>,
        advisory_window: Option<&Bound<'_, PyAny>>,
        jitter: f64,
        serve_expired: bool,
        remember_failure: Option<&Bound<'_, PyAny>>,
        longest_refresh: Option<&Bound<'_, PyAny>>,
        seed: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guard(|| {
            if !(0.0..=1.0).contains(&jitter) {
                return Err(input("jitter must be from 0 to 1"));
            }
            let mut settings = Settings::default();
            settings.advisory_window =
                advisory_window.map(|window| duration(window, "advisory_window")).transpose()?;
            settings.jitter = jitter;
            settings.serve_expired = serve_expired;
            if let Some(pause) = remember_failure {
                settings.remember_failure = duration(pause, "remember_failure")?;
            }
            if let Some(longest) = longest_refresh {
                settings.longest_refresh = duration(longest, "longest_refresh")?;
            }
            Ok(Self(Mutex::new(Core::new(settings, read_seed(py, seed)?))))
        })
    }

    /// What a caller does that needs credentials which are good for at least `need` (seconds or a timedelta) from now.
    #[pyo3(signature = (now=None, need=None))]
    fn decide(&self, now: Option<&Bound<'_, PyAny>>, need: Option<&Bound<'_, PyAny>>) -> PyResult<Decision> {
        guard(|| {
            let (now, need) = (time(now)?, needed(need)?);
            Ok(Decision(self.open().decide(now, need)))
        })
    }

    /// Ends a turn with what the source gave: `Credentials`, or the `AwsAccessError` that it raised. Gives what serves
    /// now, which after a failure may be the old credentials, or raises why nothing does.
    fn settle(&self, now: Option<&Bound<'_, PyAny>>, result: &Bound<'_, PyAny>) -> PyResult<Credentials> {
        guard(|| {
            let result = match result.cast::<Credentials>() {
                Ok(credentials) => Ok(credentials.get().0.clone()),
                Err(_) => Err(core_error(result)?),
            };
            let now = time(now)?;
            let served = self.open().settle(now, result);
            served.map(Credentials).map_err(|error| resolution(&error))
        })
    }

    /// Gives a turn back without an answer: the one who had it was cancelled.
    fn abandon(&self) {
        self.open().abandon();
    }

    /// AWS has refused this key as expired or invalid; the next caller has the source asked. Says whether that changed
    /// anything: a key that was replaced meanwhile does not.
    fn invalidate(&self, now: Option<&Bound<'_, PyAny>>, access_key_id: &str) -> PyResult<bool> {
        guard(|| {
            let now = time(now)?;
            Ok(self.open().invalidate(now, access_key_id))
        })
    }

    /// What serves at this moment, without asking anybody; raises why nothing does.
    #[pyo3(signature = (now=None, need=None))]
    fn serve(
        &self,
        now: Option<&Bound<'_, PyAny>>,
        need: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Credentials> {
        guard(|| {
            let (now, need) = (time(now)?, needed(need)?);
            let served = self.open().serve(now, need);
            served.map(Credentials).map_err(|error| resolution(&error))
        })
    }

    /// Whether the source is left alone after a failure.
    #[pyo3(signature = (now=None))]
    fn is_backing_off(&self, now: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
        guard(|| {
            let now = time(now)?;
            Ok(self.open().is_backing_off(now))
        })
    }

    /// What there is, good or not.
    #[getter]
    fn credentials(&self) -> Option<Credentials> {
        self.open().credentials().cloned().map(Credentials)
    }

    /// Why the last refresh failed, if none succeeded since.
    #[getter]
    fn last_failure(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let error = self.open().last_failure().cloned();
        error.map(|error| resolution(&error).into_value(py).into_any())
    }

    /// From when on the credentials are renewed in the background, in seconds since the epoch; `None` where there are
    /// none or they do not end.
    #[getter]
    fn advisory_at(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let at = self.open().advisory_at();
        at.map(|at| seconds(py, at)).transpose()
    }

    fn __repr__(&self) -> String {
        let id = self.open().credentials().map(|keys| keys.access_key_id().to_owned());
        format!("<Cached {}>", id.as_deref().unwrap_or("nothing").escape_debug())
    }
}

impl Cached {
    /// No foreign code runs while it is open.
    fn open(&self) -> MutexGuard<'_, Core> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn needed(need: Option<&Bound<'_, PyAny>>) -> PyResult<Duration> {
    need.map_or(Ok(Duration::ZERO), |need| duration(need, "need"))
}

/// What a caller does now.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Decision(Decided);

#[pymethods]
impl Decision {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    const MATCH_ARGS: (&'static str, &'static str) = ("kind", "credentials");

    /// `use` (these serve), `refresh_in_background` (these serve, and this caller has the source asked), `refresh_now`
    /// (this caller asks the source), `wait` (another one does) or `fail`.
    #[getter]
    fn kind(&self) -> &'static str {
        match &self.0 {
            Decided::Use(_) => "use",
            Decided::RefreshInBackground(_) => "refresh_in_background",
            Decided::RefreshNow => "refresh_now",
            Decided::Wait(_) => "wait",
            _ => "fail",
        }
    }

    /// What serves, if anything does.
    #[getter]
    fn credentials(&self) -> Option<Credentials> {
        match &self.0 {
            Decided::Use(credentials) | Decided::RefreshInBackground(credentials) => {
                Some(Credentials(credentials.clone()))
            }
            _ => None,
        }
    }

    /// Of `wait`: decide again by this time at the latest, in seconds since the epoch.
    #[getter]
    fn until(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let until: Option<Time> = match &self.0 {
            Decided::Wait(until) => Some(*until),
            _ => None,
        };
        until.map(|until| seconds(py, until)).transpose()
    }

    /// Of `fail`: what to raise.
    #[getter]
    fn error(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        match &self.0 {
            Decided::Fail(error) => Some(resolution(error).into_value(py).into_any()),
            _ => None,
        }
    }

    fn __repr__(&self) -> String {
        format!("<Decision {}>", self.kind())
    }
}
