//! Who may do what: rules from Python's own values, and what they decide.

mod shape;
mod table;

use awsaccess::access::{Denied, Fault, Policy, RoleArn, Wish};
use awsaccess::error::ErrorKind;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyString};

use crate::decision::AccessDecision;
use crate::error::{self, error, guard, input};
use crate::identity::Identity;
use crate::operation::Operation;
use crate::value::{text, time};

use self::table::{Faults, Table};

/// Who may use which role, and for what; decided anew each time. Checked to be whole: what is read can be decided by.
#[pyclass(frozen, eq, module = "awsaccess.access")]
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Rules(pub(crate) Policy);

#[pymethods]
impl Rules {
    /// Reads rules: a dict of the tables `application`, `role`, `subject`, `group`, `mapping`, `grant` and `guard`
    /// and the list `guards`, in the shape that the gateway's configuration file has for them (as `tomllib` or `json`
    /// read it), or the same as JSON.
    ///
    /// Raises `ConfigError`; its `faults` name every key that is wrong.
    #[staticmethod]
    fn parse(rules: &Bound<'_, PyAny>) -> PyResult<Self> {
        guard(|| {
            let is_json = rules.is_instance_of::<PyString>() || rules.is_instance_of::<PyBytes>();
            let rules = if is_json { from_json(rules)? } else { rules.clone() };
            let faults = Faults::default();
            let policy = Table::of(&rules, String::new(), &faults).and_then(|root| {
                let rules = shape::rules(&root, &faults);
                // What cannot be read would be missed by those who name it; the other faults are told at once.
                if faults.is_empty() {
                    let wrong = rules.faults();
                    wrong.iter().for_each(|Fault { place, error, .. }| faults.add(place, error));
                }
                if faults.is_empty() { faults.take("", Policy::of(rules)) } else { None }
            });
            policy.map(Self).ok_or_else(|| error::rules(&faults.into_lines()))
        })
    }

    /// Decides whether that one may do this, and with what.
    ///
    /// `region` is that of the request's credential scope; `service` is its signing name, `None` that of the
    /// operation. Without an `operation` (`identify` gives one) whatever has a guard is denied. `partition` is that
    /// of the host (`aws`), `None` where the host is none of AWS's; `host` is where the request goes, `customer_host`
    /// whether that is a customer's own, which its application must name.
    #[pyo3(signature = (identity, region, operation=None, *, service=None, partition=None, host=None,
        customer_host=false, now=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
    fn decide(
        &self,
        identity: &Bound<'_, Identity>,
        region: &str,
        operation: Option<&Bound<'_, Operation>>,
        service: Option<&str>,
        partition: Option<&str>,
        host: Option<&str>,
        customer_host: bool,
        now: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<AccessDecision> {
        guard(|| {
            let operation = operation.map(|operation| &operation.get().0);
            let service = service.or_else(|| operation.map(|operation| &*operation.service));
            let service = service.ok_or_else(|| input("give an operation, or the service"))?;
            let mut wish = Wish::new(service, region).in_partition(partition);
            if let Some(operation) = operation {
                wish = wish.asking(operation);
            }
            match (host, customer_host) {
                (Some(host), false) => wish = wish.at(host),
                (Some(host), true) => wish = wish.at_customer_host(host),
                (None, true) => {
                    return Err(input("customer_host says something of a host that is not given"));
                }
                (None, false) => {}
            }
            Ok(AccessDecision(self.0.decide(&identity.get().0, &wish, time(now)?)))
        })
    }

    /// The ARN of the AWS role that this one would use, whatever for: to be asked before a placeholder is minted.
    /// Raises `DeniedError` with the operator's reason.
    #[pyo3(signature = (identity, now=None))]
    fn role_of(&self, identity: &Bound<'_, Identity>, now: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        guard(|| {
            let role = self.0.role_of(&identity.get().0, time(now)?);
            role.map(|role| role.as_str().to_owned()).map_err(|why| denied(&why))
        })
    }

    /// Whether this one may assume a role that it names itself, with the credentials that it has; gives the rule.
    /// Raises `DeniedError` with the operator's reason.
    #[pyo3(signature = (identity, role_arn, now=None))]
    fn may_assume(
        &self,
        identity: &Bound<'_, Identity>,
        role_arn: &str,
        now: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        guard(|| {
            let role = RoleArn::parse(role_arn).map_err(|why| input(&why.to_string()))?;
            self.0.may_assume(&identity.get().0, &role, time(now)?).map_err(|why| denied(&why))
        })
    }

    /// The names of the applications.
    #[getter]
    fn applications(&self) -> Vec<&str> {
        self.0.applications().map(|application| application.name.as_str()).collect()
    }

    fn __repr__(&self) -> String {
        format!("<Rules of {} applications>", self.0.applications().count())
    }
}

fn denied(why: &Denied) -> PyErr {
    error(ErrorKind::Denied, &why.to_string())
}

/// Through Python's reader, which the package tells to refuse a key that is there twice.
fn from_json<'py>(rules: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    static READ: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if rules.is_instance_of::<PyString>() {
        text(rules, "the rules")?;
    }
    let read = READ.import(rules.py(), "awsaccess.access", "_read_json")?;
    read.call1((rules,))
}

/// A session name for a subject: its own name where STS takes it, otherwise as much of it as fits, and a digest of the
/// whole, so that two subjects never share one.
#[pyfunction]
pub(crate) fn session_name_of(subject: &str) -> PyResult<String> {
    guard(|| Ok(awsaccess::access::session_name(subject)))
}
