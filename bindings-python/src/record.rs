//! Records of what happened, and the chain through the lines of a log.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use awsaccess::audit::{self, Decision, Event, Format, Link, Phase, Shown};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use crate::error::{guard, input, wrong_type};
use crate::value::{bytes, instant, latin1, text, text_or_bytes, time};

/// The record of one event: a request through a gateway makes its own. There is no field for a header, a body or a
/// secret; what a client wrote is shown with what is secret in it hidden.
///
/// Made by hand, it is of something that the host does itself. `event` is `request`, `tunnel`, `console`,
/// `placeholder`, `connection`, `change` or `gap`; `id` is a name of its own, `None` makes one; `source` is the
/// address of who asked. What else is known of it are keywords: `subject`, `application`, `role_name`, `role`,
/// `session_name`, `approved_by`, `approval_reason`, `service`, `region`, `operation`, `upstream`, `rule`,
/// `access_key_id`, `host`, `method`, `target`, `reason` (texts), `allowed`, `expires` (a time) and `lost` (a number
/// of lines).
#[pyclass(frozen, module = "awsaccess.audit")]
pub(crate) struct Record(Mutex<audit::Record>);

impl Record {
    pub(crate) fn of(record: audit::Record) -> Self {
        Self(Mutex::new(record))
    }

    /// Held for pure work only, and never while Python's code may run.
    pub(crate) fn open(&self) -> MutexGuard<'_, audit::Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Record {
    #[new]
    #[pyo3(signature = (event, *, id=None, now=None, source=None, **known))]
    fn new(
        py: Python<'_>,
        event: &str,
        id: Option<String>,
        now: Option<&Bound<'_, PyAny>>,
        source: Option<&Bound<'_, PyAny>>,
        known: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        guard(|| {
            let event = Event::ALL.into_iter().find(|known| known.name() == event);
            let event = event.ok_or_else(|| input("there is no event of this name"))?;
            let mut record = audit::Record::new(event, name(py, id)?, time(now)?);
            record.source = source.map(address).transpose()?.flatten();
            for (key, value) in known.into_iter().flatten() {
                note(&mut record, text(&key, "the name of a keyword")?, &value)?;
            }
            Ok(Self::of(record))
        })
    }

    /// The name of the event among others; a refusal carries it as the number of the request.
    #[getter]
    fn id(&self) -> String {
        self.open().id.clone()
    }

    /// What happened: `request` and so on.
    #[getter]
    fn event(&self) -> &'static str {
        self.open().event.name()
    }

    /// Whether it was allowed; `None` while nothing is decided.
    #[getter]
    fn allowed(&self) -> Option<bool> {
        self.open().decision.map(|decision| decision == Decision::Allowed)
    }

    /// The stable name of what was wrong.
    #[getter]
    fn error(&self) -> Option<&'static str> {
        self.open().error
    }

    /// The rule that decided.
    #[getter]
    fn rule(&self) -> Option<String> {
        self.open().rule.as_deref().map(str::to_owned)
    }

    /// Notes how it ended: the status that the client was answered with, how long it took, and the bytes of the
    /// request's and the answer's body where they are given.
    #[pyo3(signature = (status, now=None, *, bytes_in=None, bytes_out=None))]
    fn complete(
        &self,
        status: u16,
        now: Option<&Bound<'_, PyAny>>,
        bytes_in: Option<u64>,
        bytes_out: Option<u64>,
    ) -> PyResult<()> {
        guard(|| {
            let now = time(now)?;
            let mut record = self.open();
            record.complete(status, now);
            record.bytes_in = bytes_in.unwrap_or(record.bytes_in);
            record.bytes_out = bytes_out.unwrap_or(record.bytes_out);
            Ok(())
        })
    }

    /// The record as one line of JSON in ASCII, without the line break: `begin` before anything is done, `end` when
    /// all is. `format` is `plain` or `ocsf` (API Activity of the Open Cybersecurity Schema Framework).
    #[pyo3(signature = (phase="end", *, format="plain"))]
    fn line(&self, phase: &str, format: &str) -> PyResult<String> {
        guard(|| {
            let (phase, format) = (read_phase(phase)?, read_format(format)?);
            Ok(self.open().linked_line(phase, format, None))
        })
    }

    fn __repr__(&self) -> String {
        let record = self.open();
        format!("<Record {} {}>", record.event.name(), record.id.escape_debug())
    }
}

fn read_phase(phase: &str) -> PyResult<Phase> {
    match phase {
        "begin" => Ok(Phase::Begin),
        "end" => Ok(Phase::End),
        _ => Err(input("phase must be 'begin' or 'end'")),
    }
}

fn read_format(format: &str) -> PyResult<Format> {
    match format {
        "plain" => Ok(Format::Plain),
        "ocsf" => Ok(Format::Ocsf),
        _ => Err(input("format must be 'plain' or 'ocsf'")),
    }
}

/// The name that was given, or a fresh one that nobody guesses.
pub(crate) fn name(py: Python<'_>, id: Option<String>) -> PyResult<String> {
    match id {
        Some(id) if (1..=128).contains(&id.len()) && id.bytes().all(|c| c.is_ascii_graphic()) => Ok(id),
        Some(_) => Err(input("id must be 1 to 128 visible characters of ascii")),
        None => {
            static RANDOM: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            let random = RANDOM.import(py, "os", "urandom")?.call1((16,))?;
            let hex: String =
                bytes(&random, "random bytes")?.iter().map(|byte| format!("{byte:02x}")).collect();
            let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
            Ok(parts.map(|(from, to)| hex.get(from..to).unwrap_or_default()).join("-"))
        }
    }
}

/// An address, or the pair or more that sockets give; a socket without addresses (of Unix) has none.
pub(crate) fn address(value: &Bound<'_, PyAny>) -> PyResult<Option<IpAddr>> {
    let first = match value.cast::<PyTuple>() {
        Ok(pair) => pair.get_item(0)?,
        Err(_) => value.clone(),
    };
    let text = String::from_utf8_lossy(text_or_bytes(&first, "the address")?).into_owned();
    if text.is_empty() {
        return Ok(None);
    }
    let plain = text.split('%').next().unwrap_or_default();
    plain.parse().map(Some).map_err(|_| input("the address is neither of ipv4 nor of ipv6"))
}

fn note(record: &mut audit::Record, key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let own = || text(value, key).map(|text| Some(text.into()));
    let shown = || text(value, key).map(|text| Some(Shown::text(text)));
    match key {
        "subject" => record.subject = own()?,
        "application" => record.application = own()?,
        "role_name" => record.role_name = own()?,
        "role" => record.role = own()?,
        "session_name" => record.session_name = own()?,
        "approved_by" => record.approved_by = own()?,
        "approval_reason" => record.approval_reason = own()?,
        "service" => record.service = shown()?,
        "region" => record.region = shown()?,
        "operation" => record.operation = shown()?,
        "upstream" => record.upstream = own()?,
        "rule" => record.rule = own()?,
        "access_key_id" => record.access_key_id = shown()?,
        "host" => record.host = shown()?,
        "method" => record.method = shown()?,
        "reason" => record.reason = shown()?,
        "target" => record.target = Some(Shown::target(text_or_bytes(value, key)?)),
        "expires" => record.expires = Some(instant(value, key)?),
        "lost" => record.lost = Some(value.extract().map_err(|_| wrong_type(key, "a number", value))?),
        "allowed" => {
            let allowed: bool = value.extract().map_err(|_| wrong_type(key, "True or False", value))?;
            record.decision = Some(if allowed { Decision::Allowed } else { Decision::Refused });
        }
        _ => return Err(input(&format!("a record has no field of the name '{}'", key.escape_debug()))),
    }
    Ok(())
}

/// A log whose lines are linked: each carries its number and the hash of the one before it, so that none is altered,
/// removed or put in unseen. Its lines are to be written in the order in which it gives them.
///
/// From the beginning, or on from the last line of a log (text or bytes, without its line break). Raises `InputError`
/// if that line carries no link.
#[pyclass(frozen, module = "awsaccess.audit")]
pub(crate) struct AuditChain(Mutex<Place>);

/// Where a chain stands, and where it stood before its last line.
struct Place {
    next: Link,
    before: Option<Link>,
}

impl AuditChain {
    fn at(next: Link) -> Self {
        Self(Mutex::new(Place { next, before: None }))
    }

    fn open(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl AuditChain {
    #[new]
    #[pyo3(signature = (last_line=None))]
    fn new(last_line: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        guard(|| {
            let Some(line) = last_line else { return Ok(Self::at(Link::FIRST)) };
            let link = Link::after(text_or_bytes(line, "last_line")?);
            let link = link.ok_or_else(|| {
                input("the last line carries no link; begin a new file, or verify this one")
            })?;
            Ok(Self::at(link))
        })
    }

    /// The next line of the log, without the line break.
    #[pyo3(signature = (record, phase="end", *, format="plain"))]
    fn line(&self, record: &Bound<'_, Record>, phase: &str, format: &str) -> PyResult<String> {
        guard(|| {
            let (phase, format) = (read_phase(phase)?, read_format(format)?);
            let record = record.get().open().clone();
            let mut place = self.open();
            let line = record.linked_line(phase, format, Some(&place.next));
            let next = place.next.next(line.as_bytes());
            *place = Place { next, before: Some(place.next) };
            Ok(line)
        })
    }

    /// Takes the last line back, which could not be written: the next one is linked to the one before it. Raises
    /// `InputError` if another was given since.
    fn take_back(&self, line: &str) -> PyResult<()> {
        guard(|| {
            let mut place = self.open();
            let before = place.before.filter(|before| before.next(line.as_bytes()) == place.next);
            let next = before.ok_or_else(|| input("this is not the last line that the chain gave"))?;
            *place = Place { next, before: None };
            Ok(())
        })
    }

    /// The hash of the last line, to be noted elsewhere.
    #[getter]
    fn head(&self) -> String {
        self.open().next.previous()
    }

    fn __repr__(&self) -> &'static str {
        "<AuditChain>"
    }
}

/// Reads the lines of a chain in order, over as many files as it has, and says where it does not hold.
///
/// From the beginning of a chain, or after a line that is not at hand any more, by its hash; `noted` is a hash that
/// was noted earlier, which a line must still have. Both in hexadecimal.
#[pyclass(frozen, module = "awsaccess.audit")]
pub(crate) struct AuditVerifier(Mutex<audit::Verifier>);

impl AuditVerifier {
    fn open(&self) -> MutexGuard<'_, audit::Verifier> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl AuditVerifier {
    #[new]
    #[pyo3(signature = (*, after=None, noted=None))]
    fn new(after: Option<&str>, noted: Option<&str>) -> PyResult<Self> {
        guard(|| {
            let no_hash = || input("a hash must be a sha-256 in hexadecimal");
            let mut verifier = match after {
                Some(hash) => audit::Verifier::after(hash).ok_or_else(no_hash)?,
                None => audit::Verifier::new(),
            };
            if let Some(hash) = noted {
                verifier = verifier.noted(hash).ok_or_else(no_hash)?;
            }
            Ok(Self(Mutex::new(verifier)))
        })
    }

    /// The next line, text or bytes, without its line break: what is wrong, or `None`.
    fn line(&self, line: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
        guard(|| {
            let line = text_or_bytes(line, "line")?;
            Ok(self.open().line(line).map(|fault| fault.to_string()))
        })
    }

    /// The next and last line of a file, if it has no line break: what is wrong with that.
    fn unended(&self) -> String {
        self.open().unended().to_string()
    }

    /// After the last line: what is missing, or `None`.
    fn finish(&self) -> Option<String> {
        self.open().finish().map(|fault| fault.to_string())
    }

    /// How many lines were read.
    #[getter]
    fn lines(&self) -> u64 {
        self.open().lines()
    }

    /// The hash of the last line of the chain, to be noted.
    #[getter]
    fn head(&self) -> String {
        self.open().head()
    }

    fn __repr__(&self) -> &'static str {
        "<AuditVerifier>"
    }
}

/// A field of what a service answered with, as a record shows it.
pub(crate) fn request_id(value: &[u8]) -> Shown {
    let text = latin1(value);
    Shown::text(&text.chars().take(128).collect::<String>())
}
