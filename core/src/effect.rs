//! The questions that a task may ask of its host, and the shape of each answer.
//!
//! There are thirteen, and one is outstanding at a time. A host answers those that it can and declines the rest;
//! a question that a later version adds is declined by hosts that do not know it. Nothing here prints a body, a
//! header value or a file's contents, since each can be a secret.

mod custom;
mod file;
mod http;
mod process;
mod sign;
mod user;
mod wait;

pub use custom::{Custom, CustomFailure};
pub use file::{FileFailure, ListFiles, Lock, ReadFile, RemoveFile, WriteFile};
pub use http::{Http, HttpFailure, HttpReason, HttpReply, Resolve};
pub(crate) use http::{Url, check_url};
pub use process::{ProcessFailure, ProcessReply, RunProcess};
pub use sign::{Sign, SignAlgorithm, SignFailure};
pub use user::{Listen, ListenFailure, ListenReply, Prompt, PromptKind};
pub use wait::Wait;

/// A question, and the type of its answer.
///
/// The list is closed: hosts and bindings match on [`crate::step::Step`], which has one variant for each.
pub trait Effect: Into<Question> + Clone + Send + Sync + 'static + sealed::Sealed {
    /// What the host answers with.
    type Reply: Send + 'static;

    /// The most bytes that an answer may have. A host should stop reading there; the task refuses more.
    fn max_bytes(&self) -> usize {
        usize::MAX
    }

    /// How many bytes an answer has.
    fn size(_reply: &Self::Reply) -> usize {
        0
    }
}

/// Any question, as it travels from the task to the step.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Question {
    /// See [`ReadFile`].
    ReadFile(ReadFile),
    /// See [`WriteFile`].
    WriteFile(WriteFile),
    /// See [`ListFiles`].
    ListFiles(ListFiles),
    /// See [`RemoveFile`].
    RemoveFile(RemoveFile),
    /// See [`Lock`].
    Lock(Lock),
    /// See [`Http`].
    Http(Http),
    /// See [`Resolve`].
    Resolve(Resolve),
    /// See [`RunProcess`].
    RunProcess(RunProcess),
    /// See [`Prompt`].
    Prompt(Prompt),
    /// See [`Listen`].
    Listen(Listen),
    /// See [`Sign`].
    Sign(Sign),
    /// See [`Custom`].
    Custom(Custom),
    /// See [`Wait`].
    Wait(Wait),
}

mod sealed {
    /// Keeps the list of questions closed.
    pub trait Sealed {}
}

/// Ties each question to its variant; the one list that a new question is added to besides the enums.
macro_rules! questions {
    ($($name:ident)*) => {$(
        impl sealed::Sealed for $name {}
        impl From<$name> for Question {
            fn from(question: $name) -> Self {
                Self::$name(question)
            }
        }
    )*};
}

questions!(ReadFile WriteFile ListFiles RemoveFile Lock Http Resolve RunProcess Prompt Listen Sign Custom Wait);
