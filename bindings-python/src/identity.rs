//! Who asks, as placeholders say it and rules take it.

use std::collections::BTreeMap;

use awsaccess::access::{Identity as Core, Traits};
use pyo3::prelude::*;
use pyo3::types::{PyAnyMethods, PyString};

use crate::error::{guard, input, wrong_type};
use crate::value::text;

/// Who asks, and for what: one subject using one role of one application. `traits` are what an identity provider says
/// of the subject, names with a text or a list of texts each; `session` is what the key can be revoked by.
#[pyclass(frozen, eq, hash, module = "awsaccess.access")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identity(pub(crate) Core);

#[pymethods]
impl Identity {
    #[new]
    #[pyo3(signature = (subject, application, role, *, traits=None, session=None))]
    fn new(
        subject: &Bound<'_, PyAny>,
        application: &Bound<'_, PyAny>,
        role: &Bound<'_, PyAny>,
        traits: Option<&Bound<'_, PyAny>>,
        session: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guard(|| {
            let (subject, application) = (text(subject, "subject")?, text(application, "application")?);
            let mut who = Core::new(subject, application, text(role, "role")?);
            if let Some(traits) = traits {
                who = who.with_traits(read_traits(traits)?);
            }
            if let Some(session) = session {
                who = who.with_session(text(session, "session")?);
            }
            Ok(Self(who))
        })
    }

    /// The person, job or agent.
    #[getter]
    fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The application that the role is one of.
    #[getter]
    fn application(&self) -> &str {
        &self.0.application
    }

    /// The role: the name that the application has for it, its ARN, or its name at AWS.
    #[getter]
    fn role(&self) -> &str {
        &self.0.role
    }

    /// What is said of the subject.
    #[getter]
    fn traits(&self) -> BTreeMap<&str, &[String]> {
        self.0.traits.iter().collect()
    }

    /// The session that it is revoked by, if there is one.
    #[getter]
    fn session(&self) -> Option<&str> {
        self.0.session.as_deref()
    }

    fn __repr__(&self) -> String {
        let Core { subject, application, role, .. } = &self.0;
        let [subject, application, role] = [subject, application, role].map(|name| name.escape_debug());
        format!("Identity('{subject}', '{application}', '{role}')")
    }
}

fn read_traits(value: &Bound<'_, PyAny>) -> PyResult<Traits> {
    let items = value.call_method0("items").map_err(|_| wrong_type("traits", "a mapping", value))?;
    let mut traits = Traits::new();
    for item in items.try_iter()? {
        let (name, values): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
        let name = text(&name, "the name of a trait")?;
        let mut said = Vec::new();
        if values.is_instance_of::<PyString>() {
            said.push(text(&values, "the value of a trait")?.to_owned());
        } else {
            let all = values.try_iter();
            for value in
                all.map_err(|_| wrong_type("the value of a trait", "a str or a list of str", &values))?
            {
                said.push(text(&value?, "the value of a trait")?.to_owned());
            }
        }
        traits.insert(name, said).map_err(|why| input(&why.to_string()))?;
    }
    Ok(traits)
}
