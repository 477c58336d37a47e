//! What whoever holds a placeholder may open the console with.

use std::sync::Arc;
use std::time::Duration;

use awsaccess::access::Grant;
use awsaccess::audit::{self, Event, Shown};
use awsaccess::gateway::{Gateway as Core, Refusal, RefusalKind, Refused};
use awsaccess::operation::Protocol;
use awsaccess::time::Time;
use pyo3::prelude::*;

use super::refuse;
use super::restriction::asking;
use crate::decision::AccessDecision;
use crate::record::Record;

/// Leave to open the console with a role: of the credentials that `resolve(assume=grant.decision.assume)` gives,
/// `console_url` makes the link.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct ConsoleGrant {
    grant: Grant,
    record: Py<Record>,
    longest: Option<Duration>,
}

impl ConsoleGrant {
    pub(super) fn of(
        py: Python<'_>,
        gateway: &Arc<Core>,
        (access_key_id, token): (&str, Option<&[u8]>),
        mut record: audit::Record,
        now: Time,
    ) -> PyResult<Self> {
        debug_assert!(record.event == Event::Console);
        record.operation = Some(Shown::name("sign-in"));
        record.access_key_id = Some(Shown::text(access_key_id));
        let found = gateway.placeholders.find(access_key_id, token);
        let own = found.filter(|found| match (&found.session_token, token) {
            (None, None) => true,
            (Some(own), Some(given)) => own.matches(given),
            _ => false,
        });
        let ends = own.as_ref().and_then(|holder| holder.expires_at);
        let opened = asking(|| match &own {
            Some(holder) => gateway.open_console(holder, now, &mut record),
            None => {
                let text = "The security token included in the request is invalid";
                Err(Refusal::new(RefusalKind::UnknownKey, text))
            }
        })?;
        let record = Py::new(py, Record::of(record))?;
        match opened {
            Ok(grant) => {
                let left = ends.map(|end| end.since(now));
                let longest = grant.max_duration.into_iter().chain(left).min();
                Ok(Self { grant, record, longest })
            }
            Err(refusal) => {
                Err(refuse::raised(py, &Refused::new(refusal, Protocol::RestJson, false), &record))
            }
        }
    }
}

#[pymethods]
impl ConsoleGrant {
    /// The roles to open it with, and everything that STS is told of the session.
    #[getter]
    fn decision(&self) -> AccessDecision {
        AccessDecision(Ok(self.grant.clone()))
    }

    /// How many seconds the console may stay open at most: what the application allows and what is left of the
    /// placeholder; `None`: no rule bounds it.
    #[getter]
    fn longest(&self) -> Option<f64> {
        self.longest.map(|longest| longest.as_secs_f64())
    }

    /// What is to be written into the log.
    #[getter]
    fn record(&self, py: Python<'_>) -> Py<Record> {
        self.record.clone_ref(py)
    }

    fn __repr__(&self) -> String {
        format!("<ConsoleGrant of '{}'>", self.grant.identity.subject.escape_debug())
    }
}
