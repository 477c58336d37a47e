//! Links into the AWS console: the task that makes one, a step at a time, and the pure ones.

use std::sync::{Mutex, PoisonError};

use awsaccess::console::{self as core, Console};
use awsaccess::effect;
use awsaccess::error::{Error, ErrorKind};
use awsaccess::step::Step;
use awsaccess::sts::AssumeRole;
use pyo3::prelude::*;

use crate::chain::read_seed;
use crate::credentials::Credentials;
use crate::error::{error, guard, resolution, used};
use crate::question;
use crate::reply::Answered;
use crate::value::{duration, seconds, time};

/// A way into the console: whoever opens its URL is signed in, so keep it as you keep a password.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct ConsoleLink(core::Link);

#[pymethods]
impl ConsoleLink {
    /// What to open.
    #[getter]
    fn url(&self) -> &str {
        self.0.url.expose()
    }

    /// Until when it can be used, in seconds since the epoch.
    #[getter]
    fn expires_at(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        seconds(py, self.0.expires_at)
    }

    /// Until when the console stays open; `None` if only AWS knows.
    #[getter]
    fn session_ends_at(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.0.session_ends_at.map(|at| seconds(py, at)).transpose()
    }

    /// Whose session it is, where a role was assumed or a user federated.
    #[getter]
    fn arn(&self) -> Option<&str> {
        self.0.arn.as_deref()
    }

    #[expect(clippy::unused_self, reason = "a method by its nature")]
    fn __repr__(&self) -> &'static str {
        "<ConsoleLink>"
    }
}

/// The task of making a link: `ask` is its question, an `Http` or a `Wait`, until it is `done`.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct ConsoleStep {
    ask: Option<Py<PyAny>>,
    state: Mutex<Option<Step<core::Link>>>,
}

impl ConsoleStep {
    fn new(py: Python<'_>, step: Step<core::Link>) -> PyResult<Self> {
        let ask = match &step {
            Step::Http(ask) => Some(Py::new(py, question::Http(ask.request().clone()))?.into_any()),
            Step::Wait(ask) => Some(Py::new(py, question::Wait(ask.request().clone()))?.into_any()),
            _ => None,
        };
        Ok(Self { ask, state: Mutex::new(Some(step)) })
    }

    fn take(&self) -> PyResult<Step<core::Link>> {
        let step = self.state.lock().unwrap_or_else(PoisonError::into_inner).take();
        step.ok_or_else(|| used("this step was used before; go on with the step that the answer gave"))
    }
}

#[pymethods]
impl ConsoleStep {
    /// Goes on with the answer, which must be of the question's kind; `now` is the clock after the work.
    ///
    /// Raises `WrongAnswerError`, which leaves the step as it is, and `UsedError` for a second answer.
    fn answer(
        &self,
        py: Python<'_>,
        now: Option<&Bound<'_, PyAny>>,
        reply: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        guard(|| {
            let now = time(now)?;
            let Some(ask) = &self.ask else {
                return Err(used("the task is done; there is nothing to answer"));
            };
            let next = if ask.bind(py).cast_exact::<question::Http>().is_ok() {
                let reply = <effect::Http as Answered>::reply(reply)?;
                match self.take()? {
                    Step::Http(ask) => ask.answer(now, reply),
                    other => other,
                }
            } else {
                <effect::Wait as Answered>::reply(reply)?;
                match self.take()? {
                    Step::Wait(ask) => ask.answer(now, ()),
                    other => other,
                }
            };
            Self::new(py, next)
        })
    }

    /// Goes on without an answer: this host does not do such things.
    #[pyo3(signature = (now=None))]
    fn decline(slf: &Bound<'_, Self>, now: Option<&Bound<'_, PyAny>>) -> PyResult<Py<Self>> {
        guard(|| {
            let (this, now) = (slf.get(), time(now)?);
            if this.done() {
                return Ok(slf.clone().unbind());
            }
            Py::new(slf.py(), Self::new(slf.py(), this.take()?.decline(now))?)
        })
    }

    /// The link, once, or raises why there is none.
    fn result(&self) -> PyResult<ConsoleLink> {
        guard(|| {
            if !self.done() {
                return Err(error(ErrorKind::Input, "the task is not done; answer what it asks first"));
            }
            match self.take()? {
                Step::Done(Ok(link)) => Ok(ConsoleLink(link)),
                Step::Done(Err(error)) => Err(resolution(&error)),
                _ => Err(error(
                    ErrorKind::Internal,
                    "the step asks what this version of the binding does not know",
                )),
            }
        })
    }

    /// Whether there is nothing more to ask.
    #[getter]
    fn done(&self) -> bool {
        self.ask.is_none()
    }

    /// The question, as an object of its class; `None` once the task is done.
    #[getter]
    fn ask(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.ask.as_ref().map(|ask| ask.clone_ref(py))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        match &self.ask {
            Some(ask) => Ok(format!("<ConsoleStep {}>", ask.bind(py).repr()?)),
            None => Ok("<ConsoleStep done>".to_owned()),
        }
    }
}

/// Starts to make a link into the AWS console, and stands at the first question.
///
/// The console is that of the credentials, which must then be a role's or a federated user's; or of `role`, an ARN, which
/// is assumed first; or of `federated_user`, a name, for which long-lived keys are enough, and who may do what `policy`
/// allows. `duration` is shortened to what AWS allows: 12 hours over long-lived keys and over an EC2 instance's role, one
/// hour over other temporary credentials. `destination` is an `https` URL of the console, a path of it or a service's
/// name; `region` chooses sign-in and console of that region.
#[pyfunction]
#[pyo3(signature = (credentials, now=None, *, role=None, session_name="awsaccess", external_id=None, federated_user=None,
    policy=None, duration=None, destination=None, issuer=None, region=None, endpoint=None, sts_endpoint=None, seed=None))]
#[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
pub(crate) fn start_console(
    py: Python<'_>,
    credentials: &Bound<'_, Credentials>,
    now: Option<&Bound<'_, PyAny>>,
    role: Option<String>,
    session_name: &str,
    external_id: Option<&str>,
    federated_user: Option<String>,
    policy: Option<String>,
    duration: Option<&Bound<'_, PyAny>>,
    destination: Option<String>,
    issuer: Option<String>,
    region: Option<String>,
    endpoint: Option<String>,
    sts_endpoint: Option<String>,
    seed: Option<&Bound<'_, PyAny>>,
) -> PyResult<ConsoleStep> {
    guard(|| {
        let mut console = Console::new();
        match (role, federated_user, policy) {
            (Some(role), None, policy) => {
                let mut role = AssumeRole::new(role, session_name);
                role.external_id = external_id.map(awsaccess::secret::Secret::new);
                role.policy = policy;
                console = console.role(role);
            }
            (None, Some(name), policy) => console = console.federated_user(name, policy),
            (None, None, None) => {}
            (Some(_), Some(_), _) => {
                return Err(error(ErrorKind::Input, "give role or federated_user, not both"));
            }
            (None, None, Some(_)) => {
                return Err(error(ErrorKind::Input, "a policy goes with role or federated_user"));
            }
        }
        if let Some(lasts) = duration {
            console = console.duration(self::duration(lasts, "duration")?);
        }
        console = set(console, destination, Console::destination);
        console = set(console, issuer, Console::issuer);
        console = set(console, region, Console::region);
        console = set(console, endpoint, Console::endpoint);
        console = set(console, sts_endpoint, Console::sts_endpoint);
        let step = core::sign_in(&credentials.get().0, &console, time(now)?, read_seed(py, seed)?);
        ConsoleStep::new(py, step)
    })
}

fn set(console: Console, value: Option<String>, with: fn(Console, String) -> Console) -> Console {
    match value {
        Some(value) => with(console, value),
        None => console,
    }
}

/// A link that switches the role in a console that is signed in already. It gives no access by itself.
///
/// Raises `InputError` if a part is not what it must be.
#[pyfunction]
#[pyo3(signature = (role_arn, *, display_name=None, color=None, destination=None, region=None))]
pub(crate) fn switch_role_url(
    role_arn: &str,
    display_name: Option<String>,
    color: Option<String>,
    destination: Option<String>,
    region: Option<&str>,
) -> PyResult<String> {
    guard(|| {
        let made = || -> Result<String, Error> {
            let mut role = core::SwitchRole::of(role_arn)?;
            if let Some(name) = display_name {
                role = role.display_name(name);
            }
            if let Some(color) = color {
                role = role.color(color);
            }
            if let Some(destination) = destination {
                role = role.destination(destination);
            }
            role.url(region)
        };
        made().map_err(|error| resolution(&error))
    })
}
