//! A task that stands still until the host answers.
//!
//! Every task of this crate is a value of type [`Step`]: either it is done, or it asks one question. The host
//! reads the question, does what it asks, and answers; the answer consumes the step and gives the next one.
//!
//! ```text
//!                    answer(now, reply)
//!              ┌───────────────────────────┐
//!              ▼                           │
//!   start ──▶ Step ──▶ ReadFile · WriteFile · ListFiles · RemoveFile · Lock
//!              │       Http · Resolve · RunProcess · Prompt · Listen · Sign
//!              │       Custom · Wait       │
//!              │       decline(now)        │  "not on this host": the task goes on without it,
//!              │◀──────────────────────────┘  or ends with an error that says so
//!              ▼
//!             Done(Ok(result)) or Done(Err(error))
//! ```
//!
//! Dropping a step cancels the task. A task asks at most [`crate::flow::MAX_QUESTIONS`] questions, so that every
//! host comes to an end, whatever it answers.
//!
//! ```
//! use awsaccess::chain::{self, Options};
//! use awsaccess::{env::Env, step::Step, time::Time};
//!
//! let now = Time::from_unix(1_800_000_000);
//! let env: Env = [("HOME", "/home/me")].into_iter().collect();
//! let mut step = chain::resolve(&Options::new(), &env, now, [7; 32]);
//! let resolved = loop {
//!     step = match step {
//!         Step::ReadFile(ask) => {
//!             let data = match ask.request().path.as_str() {
//!                 "/home/me/.aws/credentials" => {
//!                     Some(b"[default]\naws_access_key_id = AKID\naws_secret_access_key = hush\n".to_vec())
//!                 }
//!                 _ => None, // no such file
//!             };
//!             ask.answer(now, Ok(data))
//!         }
//!         Step::Done(result) => break result.unwrap(),
//!         other => other.decline(now), // this host does nothing but read files
//!     };
//! };
//! assert_eq!(resolved.credentials().access_key_id(), "AKID");
//! ```
//!
//! A step answers once:
//!
//! ```compile_fail
//! # use awsaccess::{effect::Wait, step::Ask, time::Time};
//! fn twice(ask: Ask<Wait, ()>, now: Time) {
//!     let _ = ask.answer(now, ());
//!     let _ = ask.answer(now, ()); // moved
//! }
//! ```
//!
//! and with its own kind of answer only:
//!
//! ```compile_fail
//! # use awsaccess::{effect::Wait, step::Ask, time::Time};
//! fn wrong(ask: Ask<Wait, ()>, now: Time) {
//!     let _ = ask.answer(now, Ok(Some(b"a file".to_vec())));
//! }
//! ```

use std::fmt;

use crate::effect::{
    Custom, Effect, Http, ListFiles, Listen, Lock, Prompt, Question, ReadFile, RemoveFile, Resolve,
    RunProcess, Sign, Wait, WriteFile,
};
use crate::error::Error;
use crate::flow::Task;
use crate::time::Time;

/// Where a task stands.
#[must_use = "a task does nothing until it is answered; dropping it cancels it"]
#[non_exhaustive]
pub enum Step<T> {
    /// Wants the contents of a file.
    ReadFile(Ask<ReadFile, T>),
    /// Wants a file written.
    WriteFile(Ask<WriteFile, T>),
    /// Wants the names in a directory.
    ListFiles(Ask<ListFiles, T>),
    /// Wants a file removed.
    RemoveFile(Ask<RemoveFile, T>),
    /// Wants a lock taken or given back.
    Lock(Ask<Lock, T>),
    /// Wants an HTTP request made.
    Http(Ask<Http, T>),
    /// Wants the addresses of a name.
    Resolve(Ask<Resolve, T>),
    /// Wants a program run.
    RunProcess(Ask<RunProcess, T>),
    /// Wants something of a person.
    Prompt(Ask<Prompt, T>),
    /// Wants one redirect taken on a loopback port.
    Listen(Ask<Listen, T>),
    /// Wants a signature with a key of the host's.
    Sign(Ask<Sign, T>),
    /// Wants the credentials of a source of the host's own.
    Custom(Ask<Custom, T>),
    /// Wants time to pass.
    Wait(Ask<Wait, T>),
    /// There is nothing more to ask.
    Done(Result<T, Error>),
}

impl<T> Step<T> {
    /// Answers "not on this host", whatever the question. A task that is done stays as it is.
    pub fn decline(self, now: Time) -> Self {
        match self {
            Self::ReadFile(ask) => ask.decline(now),
            Self::WriteFile(ask) => ask.decline(now),
            Self::ListFiles(ask) => ask.decline(now),
            Self::RemoveFile(ask) => ask.decline(now),
            Self::Lock(ask) => ask.decline(now),
            Self::Http(ask) => ask.decline(now),
            Self::Resolve(ask) => ask.decline(now),
            Self::RunProcess(ask) => ask.decline(now),
            Self::Prompt(ask) => ask.decline(now),
            Self::Listen(ask) => ask.decline(now),
            Self::Sign(ask) => ask.decline(now),
            Self::Custom(ask) => ask.decline(now),
            Self::Wait(ask) => ask.decline(now),
            done @ Self::Done(_) => done,
        }
    }

    /// Whether there is nothing more to ask.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    /// The same task, with what it ends in passed through `then`: for a host that keeps tasks of several kinds in one
    /// place.
    ///
    /// ```
    /// use awsaccess::{flow, step::Step, time::Time};
    /// let step = flow::start(Time::from_unix(0), [0; 32], |_| async move { Ok(7) });
    /// assert!(matches!(step.map(|seven| seven.to_string()), Step::Done(Ok(text)) if text == "7"));
    /// ```
    pub fn map<U>(self, then: impl FnOnce(T) -> U + Send + 'static) -> Step<U>
    where
        T: 'static,
    {
        match self {
            Self::ReadFile(ask) => Step::ReadFile(ask.map(then)),
            Self::WriteFile(ask) => Step::WriteFile(ask.map(then)),
            Self::ListFiles(ask) => Step::ListFiles(ask.map(then)),
            Self::RemoveFile(ask) => Step::RemoveFile(ask.map(then)),
            Self::Lock(ask) => Step::Lock(ask.map(then)),
            Self::Http(ask) => Step::Http(ask.map(then)),
            Self::Resolve(ask) => Step::Resolve(ask.map(then)),
            Self::RunProcess(ask) => Step::RunProcess(ask.map(then)),
            Self::Prompt(ask) => Step::Prompt(ask.map(then)),
            Self::Listen(ask) => Step::Listen(ask.map(then)),
            Self::Sign(ask) => Step::Sign(ask.map(then)),
            Self::Custom(ask) => Step::Custom(ask.map(then)),
            Self::Wait(ask) => Step::Wait(ask.map(then)),
            Self::Done(result) => Step::Done(result.map(then)),
        }
    }

    pub(crate) fn asking(question: Question, task: Task<T>) -> Self {
        match question {
            Question::ReadFile(request) => Self::ReadFile(Ask { request, task }),
            Question::WriteFile(request) => Self::WriteFile(Ask { request, task }),
            Question::ListFiles(request) => Self::ListFiles(Ask { request, task }),
            Question::RemoveFile(request) => Self::RemoveFile(Ask { request, task }),
            Question::Lock(request) => Self::Lock(Ask { request, task }),
            Question::Http(request) => Self::Http(Ask { request, task }),
            Question::Resolve(request) => Self::Resolve(Ask { request, task }),
            Question::RunProcess(request) => Self::RunProcess(Ask { request, task }),
            Question::Prompt(request) => Self::Prompt(Ask { request, task }),
            Question::Listen(request) => Self::Listen(Ask { request, task }),
            Question::Sign(request) => Self::Sign(Ask { request, task }),
            Question::Custom(request) => Self::Custom(Ask { request, task }),
            Question::Wait(request) => Self::Wait(Ask { request, task }),
        }
    }
}

/// Shows the question, never a secret in it, and of a result only whether it is one.
impl<T> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadFile(ask) => ask.fmt(f),
            Self::WriteFile(ask) => ask.fmt(f),
            Self::ListFiles(ask) => ask.fmt(f),
            Self::RemoveFile(ask) => ask.fmt(f),
            Self::Lock(ask) => ask.fmt(f),
            Self::Http(ask) => ask.fmt(f),
            Self::Resolve(ask) => ask.fmt(f),
            Self::RunProcess(ask) => ask.fmt(f),
            Self::Prompt(ask) => ask.fmt(f),
            Self::Listen(ask) => ask.fmt(f),
            Self::Sign(ask) => ask.fmt(f),
            Self::Custom(ask) => ask.fmt(f),
            Self::Wait(ask) => ask.fmt(f),
            Self::Done(Ok(_)) => f.write_str("Done(Ok)"),
            Self::Done(Err(error)) => f.debug_tuple("Done").field(error).finish(),
        }
    }
}

/// One question and the task that waits for its answer.
#[must_use = "a task does nothing until it is answered; dropping it cancels it"]
pub struct Ask<E: Effect, T> {
    request: E,
    task: Task<T>,
}

impl<E: Effect, T> Ask<E, T> {
    /// What is asked.
    pub fn request(&self) -> &E {
        &self.request
    }

    /// Goes on with the answer. `now` is the host's clock after the work was done.
    pub fn answer(self, now: Time, reply: E::Reply) -> Step<T> {
        self.task.resume(now, Some(Box::new(reply)))
    }

    /// Goes on without an answer: this host does not do such things.
    pub fn decline(self, now: Time) -> Step<T> {
        self.task.resume(now, None)
    }

    fn map<U>(self, then: impl FnOnce(T) -> U + Send + 'static) -> Ask<E, U>
    where
        T: 'static,
    {
        Ask { request: self.request, task: self.task.map(then) }
    }

    /// Answers with what there is; `None` declines.
    pub fn settle(self, now: Time, reply: Option<E::Reply>) -> Step<T> {
        match reply {
            Some(reply) => self.answer(now, reply),
            None => self.decline(now),
        }
    }
}

impl<E: Effect + fmt::Debug, T> fmt::Debug for Ask<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ask").field(&self.request).finish()
    }
}
