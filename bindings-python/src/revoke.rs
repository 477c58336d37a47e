//! What is no longer taken although it has not expired.

use awsaccess::error::ErrorKind;
use awsaccess::gateway::{Revocation, Revocations as Core};
use pyo3::prelude::*;

use crate::error::{error, guard, input};
use crate::value::{instant, seconds, time};

/// The revocations in force. One list may be given to several gateways, and be added to while they judge by it.
#[pyclass(frozen, module = "awsaccess.placeholder")]
pub(crate) struct Revocations(pub(crate) Core);

#[pymethods]
impl Revocations {
    #[new]
    fn new() -> Self {
        Self(Core::default())
    }

    /// Revokes, and what was chained from it too: one placeholder (`key_id`), all of a `session`, all that a
    /// `subject` was issued until `issued_until` (`None`: now), or, with `issued_until` alone, all that was sealed
    /// until then. `until` is when everything that it concerns has expired by itself: it is then forgotten. Times are
    /// seconds since the epoch or aware datetimes. Raises `LimitError` if ten thousand are in force; nothing was
    /// revoked then.
    #[pyo3(signature = (*, key_id=None, session=None, subject=None, issued_until=None, until, now=None))]
    fn revoke(
        &self,
        key_id: Option<String>,
        session: Option<String>,
        subject: Option<String>,
        issued_until: Option<&Bound<'_, PyAny>>,
        until: &Bound<'_, PyAny>,
        now: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        guard(|| {
            let (until, now) = (instant(until, "until")?, time(now)?);
            let issued = issued_until.map(|at| instant(at, "issued_until")).transpose()?;
            let what = match (key_id, session, subject, issued) {
                (Some(id), None, None, None) => Revocation::KeyId(id),
                (None, Some(session), None, None) => Revocation::Session(session),
                (None, None, Some(subject), at) => Revocation::Subject(subject, at.unwrap_or(now)),
                (None, None, None, Some(at)) => Revocation::IssuedUntil(at),
                _ => {
                    return Err(input(
                        "give one of key_id, session, subject (with issued_until or not) and issued_until",
                    ));
                }
            };
            self.0.add(what, until, now).map_err(|why| error(ErrorKind::Limit, &why.to_string()))
        })
    }

    /// Takes back what is in force of a key id, a session or a subject. Says whether there was anything.
    #[pyo3(signature = (*, key_id=None, session=None, subject=None, now=None))]
    fn restore(
        &self,
        key_id: Option<&str>,
        session: Option<&str>,
        subject: Option<&str>,
        now: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        guard(|| {
            let now = time(now)?;
            let fits = |what: &Revocation| match (what, key_id, session, subject) {
                (Revocation::KeyId(id), Some(own), None, None) => id == own,
                (Revocation::Session(name), None, Some(own), None) => name == own,
                (Revocation::Subject(name, _), None, None, Some(own)) => name == own,
                _ => false,
            };
            if [key_id, session, subject].iter().filter(|given| given.is_some()).count() != 1 {
                return Err(input("give one of key_id, session and subject"));
            }
            let mut any = false;
            for (what, _) in self.0.list(now).iter().filter(|(what, _)| fits(what)) {
                any |= self.0.remove(what);
            }
            Ok(any)
        })
    }

    /// What is in force: the sort (`key_id`, `session`, `subject`, `issued_until`), the name, up to when of issue,
    /// and until when it is remembered.
    #[pyo3(signature = (now=None))]
    fn in_force(&self, py: Python<'_>, now: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<Listed>> {
        guard(|| {
            let shown = |(what, until)| {
                let (sort, name, issued) = match what {
                    Revocation::KeyId(id) => ("key_id", Some(id), None),
                    Revocation::Session(name) => ("session", Some(name), None),
                    Revocation::Subject(name, at) => ("subject", Some(name), Some(at)),
                    Revocation::IssuedUntil(at) => ("issued_until", None, Some(at)),
                    _ => ("other", None, None),
                };
                let issued = issued.map(|at| seconds(py, at)).transpose()?;
                Ok((sort, name, issued, seconds(py, until)?))
            };
            self.0.list(time(now)?).into_iter().map(shown).collect()
        })
    }

    fn __repr__(&self) -> &'static str {
        "<Revocations>"
    }
}

/// A revocation as Python sees it.
type Listed = (&'static str, Option<String>, Option<Py<PyAny>>, Py<PyAny>);
