//! The host's answers: the objects that it makes, and what each question takes.

use awsaccess::effect::{self, Effect, HttpReason};
use awsaccess::error::ErrorKind;
use awsaccess::secret::Secret;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};

use crate::credentials::Credentials;
use crate::error::{error, guard, input};
use crate::header::Headers;
use crate::value::{bytes, latin1, text};

/// What came back for an HTTP request, whatever its status.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct HttpReply(pub(crate) effect::HttpReply);

#[pymethods]
impl HttpReply {
    /// `headers` in any of the shapes that `sign` takes; `body` is bytes-like.
    #[new]
    #[pyo3(signature = (status, headers=None, body=None))]
    fn new(
        status: i64,
        headers: Option<&Bound<'_, PyAny>>,
        body: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guard(|| {
            let status = u16::try_from(status).ok().filter(|status| (100..=999).contains(status));
            let status = status.ok_or_else(|| input("status must be from 100 to 999"))?;
            let mut pairs = Vec::new();
            Headers::read(headers)?.each(|name, value| {
                pairs.push((latin1(name).into_owned(), latin1(value).into_owned()));
            })?;
            let body = body.map(|body| bytes(body, "body")).transpose()?.unwrap_or_default();
            Ok(Self(effect::HttpReply::new(status, pairs, body)))
        })
    }
    /// The status.
    #[getter]
    fn status(&self) -> u16 {
        self.0.status
    }
    fn __repr__(&self) -> String {
        format!("HttpReply(status={}, <{} bytes>)", self.0.status, self.0.body.len())
    }
}

/// Why there is no reply at all.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct HttpFailure(effect::HttpFailure);

#[pymethods]
impl HttpFailure {
    /// `reason` is `refused`, `unreachable`, `timeout`, `tls`, `too_large`, or `other`, as which all else counts.
    #[new]
    #[pyo3(signature = (reason, message=""))]
    fn new(reason: &str, message: &str) -> Self {
        let message = if message.is_empty() { reason } else { message };
        Self(effect::HttpFailure::new(HttpReason::from_name(reason), message))
    }
    /// The sort.
    #[getter]
    fn reason(&self) -> &'static str {
        self.0.reason.name()
    }
    /// In one line, for a person.
    #[getter]
    fn message(&self) -> &str {
        &self.0.message
    }
    fn __repr__(&self) -> String {
        format!("HttpFailure('{}', '{}')", self.0.reason.name(), self.0.message.escape_debug())
    }
}

/// How a program ended, and what it said.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct ProcessReply(effect::ProcessReply);

#[pymethods]
impl ProcessReply {
    /// `code` is the exit status, or minus the signal's number, as `subprocess` has it.
    #[new]
    #[pyo3(signature = (code, stdout=None, stderr=None))]
    fn new(
        code: i32,
        stdout: Option<&Bound<'_, PyAny>>,
        stderr: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guard(|| {
            let read = |value: Option<&Bound<'_, PyAny>>, what| -> PyResult<Vec<u8>> {
                value.map_or_else(
                    || Ok(Vec::new()),
                    |value| bytes(value, what).map(std::borrow::Cow::into_owned),
                )
            };
            Ok(Self(effect::ProcessReply::new(code, read(stdout, "stdout")?, read(stderr, "stderr")?)))
        })
    }
    /// The exit status.
    #[getter]
    fn code(&self) -> i32 {
        self.0.code
    }
    fn __repr__(&self) -> String {
        format!("ProcessReply(code={})", self.0.code)
    }
}

/// The redirect that arrived.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct ListenReply(effect::ListenReply);

#[pymethods]
impl ListenReply {
    /// The port that was listened on, and the query of the request, without the question mark.
    #[new]
    fn new(port: u16, query: &Bound<'_, PyAny>) -> PyResult<Self> {
        guard(|| Ok(Self(effect::ListenReply::new(port, text(query, "query")?))))
    }
    /// The port.
    #[getter]
    fn port(&self) -> u16 {
        self.0.port
    }
    fn __repr__(&self) -> String {
        format!("ListenReply(port={})", self.0.port)
    }
}

/// Declares a failure that is a line for a person and nothing else.
macro_rules! failure {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[pyclass(frozen, module = "awsaccess")]
        pub(crate) struct $name(effect::$name);

        #[pymethods]
        impl $name {
            /// A failure with its reason.
            #[new]
            fn new(reason: &str) -> Self {
                Self(effect::$name::new(reason))
            }
            /// In one line, for a person.
            #[getter]
            fn reason(&self) -> &str {
                &self.0.reason
            }
            fn __repr__(&self) -> String {
                format!(concat!(stringify!($name), "('{}')"), self.0.reason.escape_debug())
            }
        }
    };
}

failure!(
    /// Why a file could not be read, written, listed, removed or locked.
    FileFailure
);
failure!(
    /// Why a program gave no answer: it could not be started, ran too long or said too much.
    ProcessFailure
);
failure!(
    /// Why no redirect came.
    ListenFailure
);
failure!(
    /// Why there is no signature.
    SignFailure
);
failure!(
    /// Why a source of the host's own gave nothing, though it should have.
    CustomFailure
);

/// A question whose answer can be read from a Python object.
pub(crate) trait Answered: Effect {
    /// Reads the answer; `None` if it is of another kind.
    fn read(value: &Bound<'_, PyAny>) -> Option<Self::Reply>;
    /// The kinds that it may be of.
    const EXPECTED: &'static str;

    /// Reads the answer, or says what would be one.
    fn reply(value: &Bound<'_, PyAny>) -> PyResult<Self::Reply> {
        Self::read(value).ok_or_else(|| {
            let found = value.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
            let message =
                format!("the answer must be {}, not {found}; the step can still be answered", Self::EXPECTED);
            error(ErrorKind::WrongAnswer, &message)
        })
    }
}

/// `True`, or the failure.
fn done<T>(value: &Bound<'_, PyAny>, failed: impl FnOnce() -> Option<T>) -> Option<Result<(), T>> {
    match value.cast::<PyBool>() {
        Ok(done) if done.is_true() => Some(Ok(())),
        Ok(_) => None,
        Err(_) => failed().map(Err),
    }
}

fn file_failure(value: &Bound<'_, PyAny>) -> Option<effect::FileFailure> {
    value.cast::<FileFailure>().ok().map(|failure| failure.get().0.clone())
}

fn http_failure(value: &Bound<'_, PyAny>) -> Option<effect::HttpFailure> {
    value.cast::<HttpFailure>().ok().map(|failure| failure.get().0.clone())
}

/// Bytes, and never text: which encoding would it be?
fn owned(value: &Bound<'_, PyAny>) -> Option<Vec<u8>> {
    bytes(value, "the answer").ok().map(std::borrow::Cow::into_owned)
}

fn texts(value: &Bound<'_, PyAny>) -> Option<Vec<String>> {
    if value.is_instance_of::<PyString>() {
        return None;
    }
    value.try_iter().ok()?.map(|item| item.and_then(|item| item.extract())).collect::<PyResult<_>>().ok()
}

impl Answered for effect::ReadFile {
    const EXPECTED: &'static str = "bytes, None or FileFailure";
    fn read(value: &Bound<'_, PyAny>) -> Option<Self::Reply> {
        if value.is_none() {
            return Some(Ok(None));
        }
        file_failure(value).map(Err).or_else(|| owned(value).map(|data| Ok(Some(data))))
    }
}

impl Answered for effect::WriteFile {
    const EXPECTED: &'static str = "True or FileFailure";
    fn read(value: &Bound<'_, PyAny>) -> Option<Self::Reply> {
        done(value, || file_failure(value))
    }
}

impl Answered for effect::ListFiles {
    const EXPECTED: &'static str = "a list of names or FileFailure";
    fn read(value: &Bound<'_, PyAny>) -> Option<Self::Reply> {
        file_failure(value).map(Err).or_else(|| texts(value).map(Ok))
    }
}

impl Answered for effect::RemoveFile {
    const EXPECTED: &'static str = "True or FileFailure";
    fn read(value: &Bound<'_, PyAny>) -> Option<Self::Reply> {
        done(value, || file_failure(value))
    }
}

impl Answered for effect::Lock {
    const EXPECTED: &'static str = "True or FileFailure";
    fn read(value: &Bound<'_, PyAny>) -> Option<Self::Reply> {
        done(value, || file_failure(value))
    }
}

impl Answered for effect::Http {
    const EXPECTED: &'static str = "HttpReply or HttpFailure";
    fn read(value: &Bound<'_, PyAny>) -> Option<Self::Reply> {
        let reply = value.cast::<HttpReply>().ok().map(|reply| Ok(reply.get().0.clone()));
        reply.or_else(|| http_failure(value).map(Err))
    }
}

impl Answered for effect::Resolve {
    const EXPECTED: &'static str = "a list of addresses or HttpFailure";
    fn read(value: &Bound<'_, PyAny>) -> Option<Self::Reply> {
        let addresses = || texts(value)?.iter().map(|text| text.parse().ok()).collect::<Option<_>>();
        http_failure(value).map(Err).or_else(|| addresses().map(Ok))
    }
}

impl Answered for effect::RunProcess {
    const EXPECTED: &'static str = "ProcessReply or ProcessFailure";
    fn read(value: &Bound<'_, PyAny>) -> Option<Self::Reply> {
        let reply = value.cast::<ProcessReply>().ok().map(|reply| Ok(reply.get().0.clone()));
        reply.or_else(|| Some(Err(value.cast::<ProcessFailure>().ok()?.get().0.clone())))
    }
}

impl Answered for effect::Prompt {
    const EXPECTED: &'static str = "text";
    fn read(value: &Bound<'_, PyAny>) -> Option<Self::Reply> {
        text(value, "the answer").ok().map(Secret::new)
    }
}

impl Answered for effect::Listen {
    const EXPECTED: &'static str = "ListenReply or ListenFailure";
    fn read(value: &Bound<'_, PyAny>) -> Option<Self::Reply> {
        let reply = value.cast::<ListenReply>().ok().map(|reply| Ok(reply.get().0.clone()));
        reply.or_else(|| Some(Err(value.cast::<ListenFailure>().ok()?.get().0.clone())))
    }
}

impl Answered for effect::Sign {
    const EXPECTED: &'static str = "bytes or SignFailure";
    fn read(value: &Bound<'_, PyAny>) -> Option<Self::Reply> {
        let failure = value.cast::<SignFailure>().ok().map(|failure| Err(failure.get().0.clone()));
        failure.or_else(|| owned(value).map(Ok))
    }
}

impl Answered for effect::Custom {
    const EXPECTED: &'static str = "Credentials, None or CustomFailure";
    fn read(value: &Bound<'_, PyAny>) -> Option<Self::Reply> {
        if value.is_none() {
            return Some(Ok(None));
        }
        let failure = value.cast::<CustomFailure>().ok().map(|failure| Err(failure.get().0.clone()));
        failure.or_else(|| Some(Ok(Some(value.cast::<Credentials>().ok()?.get().0.clone()))))
    }
}

impl Answered for effect::Wait {
    const EXPECTED: &'static str = "True";
    fn read(value: &Bound<'_, PyAny>) -> Option<Self::Reply> {
        value.cast::<PyBool>().ok().filter(|done| done.is_true()).map(|_| ())
    }
}
