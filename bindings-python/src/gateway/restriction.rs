//! Rules that Python brings, asked after all others have allowed a request, and able to deny only.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::IpAddr;

use awsaccess::access::{self, Grant};
use awsaccess::operation::Operation as CoreOperation;
use awsaccess::time::Time;
use pyo3::prelude::*;

use crate::decision::AccessDecision;
use crate::operation::Operation;
use crate::value::seconds;

thread_local! {
    /// What a restriction raised that was asked on this thread.
    static RAISED: Cell<Option<PyErr>> = const { Cell::new(None) };
}

/// A callable of Python's.
pub(super) struct Restriction(pub(super) Py<PyAny>);

impl access::Restriction for Restriction {
    fn check(&self, question: &access::Question<'_>) -> Result<(), String> {
        Python::attach(|py| {
            let said = self.0.call1(py, (AccessQuestion::of(question),));
            match said.and_then(|said| said.extract::<Option<String>>(py)) {
                Ok(None) => Ok(()),
                Ok(Some(rule)) => Err(rule),
                Err(raised) => {
                    RAISED.set(Some(raised));
                    Err("a restriction raised an exception".to_owned())
                }
            }
        })
    }
}

/// Does what may ask restrictions, and gives what one of them raised in the place of the outcome.
pub(super) fn asking<T>(work: impl FnOnce() -> T) -> PyResult<T> {
    RAISED.set(None);
    let done = work();
    RAISED.take().map_or(Ok(done), Err)
}

/// What a restriction is asked: a request that all other rules allow.
#[pyclass(frozen, name = "AccessQuestion", module = "awsaccess.access")]
pub(crate) struct AccessQuestion {
    grant: Grant,
    operation: Option<CoreOperation>,
    service: String,
    region: String,
    partition: Option<String>,
    host: Option<String>,
    is_customer_host: bool,
    now: Time,
    source: Option<IpAddr>,
    signed_in: BTreeMap<String, String>,
}

impl AccessQuestion {
    fn of(question: &access::Question<'_>) -> Self {
        let wish = question.wish;
        Self {
            grant: question.grant.clone(),
            operation: wish.operation.cloned(),
            service: wish.service.to_owned(),
            region: wish.region.to_owned(),
            partition: wish.partition.map(str::to_owned),
            host: wish.host.map(str::to_owned),
            is_customer_host: wish.is_customer_host,
            now: question.now,
            source: question.source,
            signed_in: question.signed_in.cloned().unwrap_or_default(),
        }
    }
}

#[pymethods]
impl AccessQuestion {
    /// What the other rules grant, and to whom.
    #[getter]
    fn decision(&self) -> AccessDecision {
        AccessDecision(Ok(self.grant.clone()))
    }

    /// What is asked for; `None` where it cannot be told, as for the console.
    #[getter]
    fn operation(&self) -> Option<Operation> {
        self.operation.clone().map(Operation)
    }

    /// The signing name; `signin` for the console.
    #[getter]
    fn service(&self) -> &str {
        &self.service
    }

    /// The region of the credential scope.
    #[getter]
    fn region(&self) -> &str {
        &self.region
    }

    /// The partition of the host; `None` where that is none of AWS's.
    #[getter]
    fn partition(&self) -> Option<&str> {
        self.partition.as_deref()
    }

    /// Where it goes, if that is told.
    #[getter]
    fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Whether that is a customer's own, which the application names.
    #[getter]
    fn customer_host(&self) -> bool {
        self.is_customer_host
    }

    /// When it came, in seconds since the epoch.
    #[getter]
    fn now(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        seconds(py, self.now)
    }

    /// The address that it came from, if that is known.
    #[getter]
    fn source(&self) -> Option<String> {
        self.source.map(|address| address.to_string())
    }

    /// How the subject signed in, as the placeholder says it.
    #[getter]
    fn signed_in(&self) -> BTreeMap<String, String> {
        self.signed_in.clone()
    }

    fn __repr__(&self) -> String {
        format!("<AccessQuestion '{}' in '{}'>", self.service.escape_debug(), self.region.escape_debug())
    }
}
