//! A task that stands still until it is answered, as a frozen Python object.

use std::sync::{Mutex, PoisonError};

use awsaccess::effect;
use awsaccess::error::{self as core, ErrorKind};
use awsaccess::step::{Ask, Step as Core};
use awsaccess::time::Time;
use pyo3::prelude::*;

use crate::error::{error, guard, resolution, used};
use crate::outcome::Outcome;
use crate::question;
use crate::reply::Answered;
use crate::value::time;

/// Where a task stands: `ask` is its question, until it is `done`. A step answers once; the answer gives the next.
#[pyclass(frozen, generic, module = "awsaccess")]
pub(crate) struct Step {
    /// The question, as its class; nothing once the task is done.
    ask: Option<Py<PyAny>>,
    state: State,
}

enum State {
    /// Taken by the one answer: of threads that race, exactly one finds it.
    Asking(Box<Mutex<Option<Core<Outcome>>>>),
    Done(Box<Result<Outcome, core::Error>>),
}

/// An answer that is of the right kind, with its question's type.
enum Answer {
    Reply(Resume),
    Declined,
}

/// Hands a reply that was read to the step that asked for it.
type Resume = Box<dyn FnOnce(Core<Outcome>, Time) -> Option<Core<Outcome>>>;

impl Step {
    /// Shows a step of the core to Python.
    pub(crate) fn new(py: Python<'_>, step: Core<Outcome>) -> PyResult<Self> {
        macro_rules! object {
            ($name:ident, $ask:ident) => {
                Py::new(py, question::$name($ask.request().clone()))?.into_any()
            };
        }
        let ask = match &step {
            Core::ReadFile(ask) => object!(ReadFile, ask),
            Core::WriteFile(ask) => object!(WriteFile, ask),
            Core::ListFiles(ask) => object!(ListFiles, ask),
            Core::RemoveFile(ask) => object!(RemoveFile, ask),
            Core::Lock(ask) => object!(Lock, ask),
            Core::Http(ask) => object!(Http, ask),
            Core::Resolve(ask) => object!(Resolve, ask),
            Core::RunProcess(ask) => object!(RunProcess, ask),
            Core::Prompt(ask) => object!(Prompt, ask),
            Core::Listen(ask) => object!(Listen, ask),
            Core::Sign(ask) => object!(Sign, ask),
            Core::Custom(ask) => object!(Custom, ask),
            Core::Wait(ask) => object!(Wait, ask),
            Core::Done(_) => {
                let Core::Done(result) = step else { return Err(unknown()) };
                return Ok(Self { ask: None, state: State::Done(Box::new(result)) });
            }
            _ => return Err(unknown()),
        };
        Ok(Self { ask: Some(ask), state: State::Asking(Box::new(Mutex::new(Some(step)))) })
    }

    /// Reads the reply as what the question wants, before the step is touched.
    fn read(&self, py: Python<'_>, reply: &Bound<'_, PyAny>) -> PyResult<Answer> {
        /// Reads the reply to one class of question; `open` takes the step apart as that one.
        fn of<E: Answered>(
            reply: &Bound<'_, PyAny>,
            open: fn(Core<Outcome>) -> Option<Ask<E, Outcome>>,
        ) -> PyResult<Answer> {
            let reply = E::reply(reply)?;
            Ok(Answer::Reply(Box::new(move |step, now| open(step).map(|ask| ask.answer(now, reply)))))
        }
        macro_rules! try_each {
            ($ask:expr, $($name:ident)*) => {$(
                if $ask.cast_exact::<question::$name>().is_ok() {
                    return of::<effect::$name>(reply, |step| match step {
                        Core::$name(ask) => Some(ask),
                        _ => None,
                    });
                }
            )*};
        }
        let ask = self.ask.as_ref().ok_or_else(done)?.bind(py);
        try_each!(ask, ReadFile Http WriteFile ListFiles RemoveFile Lock Resolve RunProcess Prompt Listen Sign Custom Wait);
        Err(unknown())
    }

    fn go_on(&self, py: Python<'_>, now: Time, answer: Answer) -> PyResult<Self> {
        let State::Asking(state) = &self.state else { return Err(done()) };
        let step = state.lock().unwrap_or_else(PoisonError::into_inner).take();
        let step = step
            .ok_or_else(|| used("this step was answered before; go on with the step that the answer gave"))?;
        let next = match answer {
            Answer::Declined => step.decline(now),
            Answer::Reply(answer) => answer(step, now).ok_or_else(unknown)?,
        };
        Self::new(py, next)
    }
}

#[pymethods]
impl Step {
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
            let (now, answer) = (time(now)?, self.read(py, reply)?);
            self.go_on(py, now, answer)
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
            Py::new(slf.py(), this.go_on(slf.py(), now, Answer::Declined)?)
        })
    }

    /// What the task ends in (of `start`, the credentials), or raises why it does not.
    fn result(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        guard(|| match &self.state {
            State::Done(result) => match &**result {
                Ok(outcome) => outcome.object(py),
                Err(error) => Err(resolution(error)),
            },
            State::Asking(_) => {
                Err(error(ErrorKind::Input, "the task is not done; answer what it asks first"))
            }
        })
    }

    /// Whether there is nothing more to ask.
    #[getter]
    fn done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }

    /// The question, as an object of its class; `None` once the task is done.
    #[getter]
    fn ask(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.ask.as_ref().map(|ask| ask.clone_ref(py))
    }

    /// Every source that was tried, in order, once the task is done.
    #[getter]
    fn trace(&self) -> Vec<Attempt> {
        let attempts = match &self.state {
            State::Asking(_) => return Vec::new(),
            State::Done(result) => match &**result {
                Ok(outcome) => outcome.resolved().map_or(&[][..], |resolved| resolved.trace().attempts()),
                Err(error) => error.attempts(),
            },
        };
        attempts.iter().cloned().map(Attempt).collect()
    }

    /// What was passed over on the way, and may not be meant so.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        match &self.state {
            State::Done(result) => {
                result.as_ref().as_ref().map(|outcome| outcome.warnings().to_vec()).unwrap_or_default()
            }
            State::Asking(_) => Vec::new(),
        }
    }

    /// How many seconds the host's clock is behind AWS's, where a reply has shown it; pass it on as `clock_offset`.
    #[getter]
    fn clock_offset(&self) -> f64 {
        let offset = match &self.state {
            State::Done(result) => {
                result.as_ref().as_ref().ok().and_then(|outcome| Some(outcome.resolved()?.clock_offset()))
            }
            State::Asking(_) => None,
        };
        offset.unwrap_or_default() as f64 / 1000.0
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        match &self.ask {
            Some(ask) => Ok(format!("<Step {}>", ask.bind(py).repr()?)),
            None => Ok("<Step done>".to_owned()),
        }
    }
}

/// One source that was tried.
#[pyclass(frozen, eq, module = "awsaccess")]
#[derive(PartialEq, Eq)]
pub(crate) struct Attempt(pub(crate) core::Attempt);

#[pymethods]
impl Attempt {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    const MATCH_ARGS: (&'static str, &'static str, &'static str) = ("source", "outcome", "reason");

    /// The source (`environment`, `profile`, `imds`, `assume-role`).
    #[getter]
    fn source(&self) -> &str {
        &self.0.source
    }
    /// `not_configured`, `failed` or `ok`.
    #[getter]
    fn outcome(&self) -> &'static str {
        self.0.outcome.name()
    }
    /// Why, in one line without a secret.
    #[getter]
    fn reason(&self) -> &str {
        &self.0.reason
    }
    /// How many seconds it took by the host's clock.
    #[getter]
    fn took(&self) -> f64 {
        self.0.took.as_secs_f64()
    }
    fn __repr__(&self) -> String {
        let (source, reason) = (self.0.source.escape_debug(), self.0.reason.escape_debug());
        format!("Attempt(source='{source}', outcome='{}', reason='{reason}')", self.0.outcome.name())
    }
}

fn done() -> PyErr {
    used("the task is done; there is nothing to answer")
}

fn unknown() -> PyErr {
    error(ErrorKind::Internal, "the step asks what this version of the binding does not know")
}
