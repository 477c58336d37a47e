//! What a task ends in: credentials, a link into the console, or one of the values of `awsaccess.results`.

use std::sync::Arc;

use awsaccess::cache::{Cleared, Stored};
use awsaccess::chain::{BearerToken, Plan, Resolved};
use awsaccess::console::Link;
use awsaccess::signin::{Account, LoggedIn, LoggedOut, SignedIn, Written};
use awsaccess::sts::CallerIdentity;
use awsaccess::time::Time;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyModule, PyString};

use crate::console::ConsoleLink;
use crate::credentials::Credentials;
use crate::profile;
use crate::value::seconds;

/// The results of all tasks in one type, so that one class of step serves them all.
pub(crate) enum Outcome {
    Credentials(Resolved),
    Identity(CallerIdentity, Resolved),
    Region(Option<String>),
    Token(BearerToken),
    Plan(Plan),
    Stored(Vec<Stored>),
    Cleared(Cleared),
    SignedIn(SignedIn),
    LoggedIn(LoggedIn),
    LoggedOut(LoggedOut),
    Accounts(Vec<Account>),
    Roles(Vec<String>),
    Written(Written),
    Console(Arc<Link>),
}

impl Outcome {
    /// What the chain told on the way, where it was asked.
    pub(crate) fn resolved(&self) -> Option<&Resolved> {
        match self {
            Self::Credentials(resolved) | Self::Identity(_, resolved) => Some(resolved),
            _ => None,
        }
    }

    /// What was passed over, and may not be meant so.
    pub(crate) fn warnings(&self) -> &[String] {
        match self {
            Self::Credentials(resolved) | Self::Identity(_, resolved) => resolved.warnings(),
            Self::Token(token) => &token.warnings,
            Self::Plan(plan) => &plan.warnings,
            Self::SignedIn(signed_in) => &signed_in.warnings,
            Self::LoggedIn(logged_in) => &logged_in.warnings,
            Self::LoggedOut(logged_out) => &logged_out.warnings,
            Self::Written(written) => &written.warnings,
            _ => &[],
        }
    }

    /// As Python has it.
    pub(crate) fn object(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let keys = |resolved: &Resolved| Py::new(py, Credentials(resolved.credentials().clone()));
        Ok(match self {
            Self::Credentials(resolved) => keys(resolved)?.into_any(),
            Self::Identity(identity, resolved) => {
                let fields = PyDict::new(py);
                fields.set_item("account", &identity.account)?;
                fields.set_item("arn", &identity.arn)?;
                fields.set_item("user_id", &identity.user_id)?;
                fields.set_item("credentials", keys(resolved)?)?;
                made(py, "CallerIdentity", &fields)?
            }
            Self::Region(region) => region.as_ref().into_pyobject(py)?.unbind(),
            Self::Token(token) => {
                let fields = PyDict::new(py);
                fields.set_item("token", token.token.expose())?;
                fields.set_item("expires_at", when(py, token.expires_at)?)?;
                fields.set_item("source", token.source)?;
                made(py, "BearerToken", &fields)?
            }
            Self::Plan(plan) => Py::new(py, profile::Plan(plan.clone()))?.into_any(),
            Self::Stored(all) => all
                .iter()
                .map(|file| stored(py, file))
                .collect::<PyResult<Vec<_>>>()?
                .into_pyobject(py)?
                .unbind(),
            Self::Cleared(cleared) => {
                let fields = PyDict::new(py);
                let removed = cleared.removed.iter().map(|file| stored(py, file));
                fields.set_item("removed", removed.collect::<PyResult<Vec<_>>>()?)?;
                let kept = cleared.kept.iter().map(|(file, reason)| Ok((stored(py, file)?, reason)));
                fields.set_item("kept", kept.collect::<PyResult<Vec<_>>>()?)?;
                made(py, "Cleared", &fields)?
            }
            Self::SignedIn(signed_in) => {
                let fields = PyDict::new(py);
                fields.set_item("session", &signed_in.portal.session)?;
                fields.set_item("start_url", &signed_in.portal.start_url)?;
                fields.set_item("region", &signed_in.portal.region)?;
                fields.set_item("expires_at", seconds(py, signed_in.expires_at)?)?;
                fields.set_item("token_file", &signed_in.token_file)?;
                made(py, "SignedIn", &fields)?
            }
            Self::LoggedIn(logged_in) => {
                let fields = PyDict::new(py);
                fields.set_item("profile", &logged_in.profile)?;
                fields.set_item("session", &logged_in.session)?;
                fields.set_item("account_id", &logged_in.account_id)?;
                fields.set_item("expires_at", seconds(py, logged_in.expires_at)?)?;
                made(py, "LoggedIn", &fields)?
            }
            Self::LoggedOut(logged_out) => {
                let fields = PyDict::new(py);
                fields.set_item("removed", &logged_out.removed)?;
                made(py, "LoggedOut", &fields)?
            }
            Self::Accounts(accounts) => {
                let account = |account: &Account| {
                    let fields = PyDict::new(py);
                    fields.set_item("id", &account.id)?;
                    fields.set_item("name", &account.name)?;
                    fields.set_item("email", &account.email)?;
                    made(py, "Account", &fields)
                };
                accounts.iter().map(account).collect::<PyResult<Vec<_>>>()?.into_pyobject(py)?.unbind()
            }
            Self::Roles(names) => names.into_pyobject(py)?.unbind(),
            Self::Written(written) => PyString::new(py, &written.path).into_any().unbind(),
            Self::Console(link) => Py::new(py, ConsoleLink(Arc::clone(link)))?.into_any(),
        })
    }
}

fn stored(py: Python<'_>, file: &Stored) -> PyResult<Py<PyAny>> {
    let fields = PyDict::new(py);
    fields.set_item("path", &file.path)?;
    fields.set_item("kind", file.kind.name())?;
    fields.set_item("expires_at", when(py, file.expires_at)?)?;
    fields.set_item("about", &file.about)?;
    made(py, "StoredFile", &fields)
}

fn when(py: Python<'_>, time: Option<Time>) -> PyResult<Option<Py<PyAny>>> {
    time.map(|time| seconds(py, time)).transpose()
}

/// An object of the class of that name in `awsaccess.results`.
fn made(py: Python<'_>, class: &str, fields: &Bound<'_, PyDict>) -> PyResult<Py<PyAny>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || py.import("awsaccess.results").map(Bound::unbind))?;
    Ok(module.bind(py).getattr(class)?.call((), Some(fields))?.unbind())
}
