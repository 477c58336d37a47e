//! Refusals as exceptions, with the answer that the client is owed.

use awsaccess::gateway::{Refusal, RefusalKind, Refused};
use awsaccess::redact;
use pyo3::exceptions::{PyOSError, PyTimeoutError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::error::{self, input, wrong_type};
use crate::record::Record;
use crate::value::text;

/// Notes the refusal in the record, and makes the exception with what the client is to be answered.
pub(super) fn raised(py: Python<'_>, refused: &Refused, record: &Py<Record>) -> PyErr {
    let reply = refused.answer(&mut record.get().open());
    error::refused(refused, reply, record.clone_ref(py))
}

/// What a host itself may refuse a request for, with what the client reads.
const OWN: [(RefusalKind, &str); 17] = [
    (RefusalKind::Denied, "the gateway's rules do not allow this request"),
    (RefusalKind::AssumeDenied, "the role cannot be assumed"),
    (RefusalKind::CredentialsUnavailable, "the gateway has no valid credentials for this role just now"),
    (RefusalKind::Busy, "too much is going on; please try again later"),
    (RefusalKind::Throttled, "Rate exceeded; please reduce your request rate"),
    (RefusalKind::UpstreamConnect, "the service cannot be reached"),
    (RefusalKind::UpstreamTimeout, "the service did not answer in time"),
    (RefusalKind::ReplyNotUnderstood, "the service's answer is none that the gateway passes on"),
    (RefusalKind::AuditUnavailable, "the gateway cannot record this request; please try again"),
    (RefusalKind::SessionExpired, "The security token included in the request is expired"),
    (RefusalKind::PayloadMismatch, "the body is not the one that was signed"),
    (RefusalKind::SignatureMismatch, "the signature of a part of the body is wrong"),
    (RefusalKind::BodyTooLarge, "the body is larger than the gateway holds"),
    (
        RefusalKind::BodyTimeout,
        "Your socket connection to the server was not read from or written to within the timeout period",
    ),
    (RefusalKind::LengthRequired, "the length of the body must be told"),
    (RefusalKind::Malformed, "the body did not come to its end"),
    (RefusalKind::Internal, "the gateway met a fault of its own"),
];

fn own(kind: RefusalKind) -> Refusal {
    let text =
        OWN.iter().find(|(known, _)| *known == kind).map_or("the request is refused", |(_, text)| *text);
    Refusal::new(kind, text)
}

/// A refusal of the host's own: by its name, or for an exception that the host met. `None` for one that is a refusal
/// already.
pub(super) fn read(why: &Bound<'_, PyAny>, detail: Option<&str>) -> PyResult<Option<Refusal>> {
    let refusal = if why.is_instance_of::<PyString>() {
        let name = text(why, "why")?;
        let kind = OWN.iter().map(|(kind, _)| *kind).find(|kind| kind.name() == name);
        own(kind.ok_or_else(|| input("there is no refusal of this name that a host may make"))?)
    } else if let Ok(kind) = why.getattr("kind").and_then(|kind| kind.extract::<String>()) {
        let class = |name: &str| error::is_a(why, name);
        if class("refused")? {
            return Ok(None);
        }
        let line = why.str()?.to_string();
        if class("body")? {
            let name: String = why.getattr("refusal")?.extract()?;
            let kind = OWN.iter().map(|(kind, _)| *kind).find(|kind| kind.name() == name);
            Refusal::new(kind.unwrap_or(RefusalKind::PayloadMismatch), line)
        } else if kind == "denied" && !why.getattr("retryable")?.is_truthy()? {
            own(RefusalKind::AssumeDenied).with_detail(line)
        } else {
            own(RefusalKind::CredentialsUnavailable).with_detail(line)
        }
    } else if why.is_instance_of::<PyTimeoutError>() {
        own(RefusalKind::UpstreamTimeout)
    } else if why.is_instance_of::<PyOSError>() {
        own(RefusalKind::UpstreamConnect).with_detail(redact::text(&why.str()?.to_string()))
    } else if why.is_instance_of::<pyo3::exceptions::PyBaseException>() {
        // Its text may hold anything; the name of its class does not.
        own(RefusalKind::Internal).with_detail(why.get_type().name()?.to_string())
    } else {
        return Err(wrong_type("why", "the name of a refusal, or an exception", why));
    };
    Ok(Some(match detail {
        Some(detail) => refusal.with_detail(detail),
        None => refusal,
    }))
}
