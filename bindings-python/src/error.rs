//! Failures as exceptions: the classes are Python's own (`awsaccess.errors`), chosen by the core's table.

use std::panic::{AssertUnwindSafe, catch_unwind};

use awsaccess::error::{self as core, ErrorKind};
use awsaccess::gateway::{Refusal, Refused, Reply};
use awsaccess::sigv4::{BodyError, ResignError, SignError, VerifyError, VerifyErrorKind, is_s3_family};
use awsaccess::sts::Failure;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};

use crate::record::Record;
use crate::step::Attempt;

/// Runs an entry, so that a fault of this library is an exception like any other and ends nobody's process.
pub(crate) fn guard<T>(entry: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(entry)).unwrap_or_else(|_| Err(fault()))
}

/// What cannot be has been.
pub(crate) fn fault() -> PyErr {
    error(ErrorKind::Internal, "awsaccess met a fault of its own; please report what was called")
}

/// Number and name of every kind, for the test that holds the exceptions against it.
pub(crate) fn table() -> Vec<(u32, &'static str)> {
    ErrorKind::ALL.iter().map(|kind| (kind.code(), kind.name())).collect()
}

/// Panics, to show that [`guard`] holds. Debug builds only.
#[cfg(debug_assertions)]
#[pyfunction]
pub(crate) fn _panic() -> PyResult<()> {
    #[expect(clippy::panic, reason = "its purpose")]
    guard(|| panic!("asked to"))
}

/// The exception of a kind, with a line for a person.
pub(crate) fn error(kind: ErrorKind, message: &str) -> PyErr {
    raised(kind.name(), message, |_| Ok(()))
}

/// An argument has a value that cannot be used.
pub(crate) fn input(message: &str) -> PyErr {
    error(ErrorKind::Input, message)
}

/// An argument is of a type that cannot be used; a `TypeError` too.
pub(crate) fn wrong_type(what: &str, expected: &str, found: &Bound<'_, PyAny>) -> PyErr {
    let found = found.get_type().name().map_or_else(|_| "something else".to_owned(), |name| name.to_string());
    raised("input_type", &format!("{what} must be {expected}, not {found}"), |_| Ok(()))
}

/// A claim, a verified request or a step was used before.
pub(crate) fn used(message: &str) -> PyErr {
    error(ErrorKind::Used, message)
}

pub(crate) fn sign(error: &SignError) -> PyErr {
    self::error(ErrorKind::Sign, &error.to_string())
}

pub(crate) fn resign(error: &ResignError) -> PyErr {
    self::error(ErrorKind::Resign, &error.to_string())
}

pub(crate) fn body(error: BodyError) -> PyErr {
    let refusal = Refusal::from(error).kind().name();
    raised("body", &error.to_string(), |attributes| attributes.set_item("refusal", refusal))
}

pub(crate) fn verify(error: &VerifyError) -> PyErr {
    raised(ErrorKind::Verify.name(), &error.to_string(), |attributes| {
        attributes.set_item("kind", error.kind().name())?;
        attributes.set_item("aws_code", error.aws_code())?;
        attributes.set_item("status", error.status())?;
        attributes.set_item("operator_detail", error.operator_detail())
    })
}

/// What was signed offline names a key that the lookup does not know; told as a claim of such a key is.
pub(crate) fn unknown_key(service: &str) -> PyErr {
    let (code, message) = if is_s3_family(service) {
        ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    } else {
        ("InvalidClientTokenId", "The security token included in the request is invalid.")
    };
    raised(ErrorKind::Verify.name(), message, |attributes| {
        attributes.set_item("kind", VerifyErrorKind::UnknownKey.name())?;
        attributes.set_item("aws_code", code)?;
        attributes.set_item("operator_detail", "the key id is not known here")
    })
}

/// A task that ended without a result: its kind, the sources that were tried, and what AWS said.
pub(crate) fn resolution(error: &core::Error) -> PyErr {
    raised(error.kind().name(), error.message(), |attributes| {
        let attempts = error.attempts().iter().cloned().map(Attempt);
        attributes.set_item("attempts", PyTuple::new(attributes.py(), attempts.collect::<Vec<_>>())?)?;
        attributes.set_item("report", error.report())?;
        attributes.set_item("retryable", error.is_retryable())?;
        attributes.set_item("aws_code", error.aws_code())
    })
}

/// An exception of ours as the core has it: for a source that the caller asked.
pub(crate) fn core_error(value: &Bound<'_, PyAny>) -> PyResult<core::Error> {
    let wrong = || wrong_type("the result", "Credentials or an AwsAccessError", value);
    let kind: String = value.getattr("kind").and_then(|kind| kind.extract()).map_err(|_| wrong())?;
    let kind = ErrorKind::ALL.iter().copied().find(|known| known.name() == kind).ok_or_else(wrong)?;
    let mut error = core::Error::new(kind, value.str()?.to_string());
    if value.getattr("retryable")?.is_truthy()? {
        error = error.retryable();
    }
    if let Some(code) = value.getattr("aws_code")?.extract::<Option<String>>()? {
        error = error.with_aws_code(code);
    }
    let attempts: Vec<Bound<'_, Attempt>> = value.getattr("attempts")?.extract()?;
    Ok(error.with_attempts(attempts.iter().map(|attempt| attempt.get().0.clone()).collect()))
}

/// An error that STS answered with.
pub(crate) fn service(failure: &Failure) -> PyErr {
    raised(failure.kind().name(), &failure.to_string(), |attributes| {
        attributes.set_item("retryable", failure.is_retryable())?;
        attributes.set_item("aws_code", failure.code.as_deref())?;
        attributes.set_item("request_id", failure.request_id.as_deref())
    })
}

/// A request that a gateway refuses: what the client is to be answered, and what the log says of it.
pub(crate) fn refused(refused: &Refused, reply: Reply, record: Py<Record>) -> PyErr {
    let (refusal, kind) = (&refused.refusal, refused.refusal.kind());
    raised("refused", &refusal.to_string(), |attributes| {
        let py = attributes.py();
        attributes.set_item("kind", kind.name())?;
        attributes.set_item("aws_code", kind.code(refused.protocol))?;
        attributes.set_item("status", reply.status)?;
        attributes.set_item("operator_detail", refusal.operator_detail())?;
        attributes.set_item("retryable", kind.is_retryable())?;
        attributes.set_item("request_id", record.get().open().id.clone())?;
        let mut headers: Vec<(&str, String)> = reply.headers;
        if !refused.head {
            headers.push(("content-length", reply.body.len().to_string()));
        }
        attributes.set_item("reply", (reply.status, headers, PyBytes::new(py, &reply.body)))?;
        attributes.set_item("record", record)
    })
}

/// Whether it is an exception of the class that `awsaccess.errors` keeps under a name.
pub(crate) fn is_a(value: &Bound<'_, PyAny>, name: &str) -> PyResult<bool> {
    let py = value.py();
    let classes = CLASSES.import(py, "awsaccess.errors", "_CLASSES")?;
    value.is_instance(&classes.as_any().get_item(PyString::new(py, name))?)
}

/// Rules that do not fit, a line for each fault.
pub(crate) fn rules(faults: &[String]) -> PyErr {
    let first = faults.first().map_or("the rules cannot be read", String::as_str);
    let more = match faults.len() {
        0 | 1 => String::new(),
        count => format!(" (and {} more: see faults)", count - 1),
    };
    raised(ErrorKind::Config.name(), &format!("{first}{more}"), |attributes| {
        attributes.set_item("faults", PyTuple::new(attributes.py(), faults)?)
    })
}

/// A file that cannot be read as profiles.
pub(crate) fn profile(message: &str, file: &str, line: usize) -> PyErr {
    raised(ErrorKind::Profile.name(), message, |attributes| {
        attributes.set_item("file", file)?;
        attributes.set_item("line", line)
    })
}

/// The classes by the names that this half knows.
static CLASSES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();

/// Makes the exception that `awsaccess.errors` keeps under a name, with attributes of its own.
fn raised(name: &str, message: &str, fill: impl FnOnce(&Bound<'_, PyDict>) -> PyResult<()>) -> PyErr {
    Python::attach(|py| {
        let made = CLASSES.import(py, "awsaccess.errors", "_CLASSES").and_then(|classes| {
            let attributes = PyDict::new(py);
            fill(&attributes)?;
            let class = classes.as_any().get_item(PyString::new(py, name))?;
            class.call((message,), Some(&attributes))
        });
        made.map_or_else(|error| error, PyErr::from_value)
    })
}
