//! The stages of a request: admitted, proven. Each is had from the one before it only, once.

use std::sync::Arc;

use awsaccess::audit::Shown;
use awsaccess::credentials::Credentials as Keys;
use awsaccess::gateway::{
    BodyPlan, Gateway as Core, Needs, Opened, Proven as CoreProven, Refusal, RefusalKind, Refused,
    Replacement,
};
use awsaccess::operation::Protocol;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::forward::Forward;
use super::refuse;
use super::restriction::asking;
use crate::body::LARGE;
use crate::credentials::Credentials;
use crate::decision::AccessDecision;
use crate::error::{guard, input, used};
use crate::once::Once;
use crate::operation::Operation;
use crate::record::Record;
use crate::value::{bytes, time};

/// What all stages know of a request.
pub(super) struct About {
    pub(super) is_head: bool,
    pub(super) protocol: Protocol,
    pub(super) record: Py<Record>,
}

impl About {
    pub(super) fn clone_ref(&self, py: Python<'_>) -> Self {
        Self { is_head: self.is_head, protocol: self.protocol, record: self.record.clone_ref(py) }
    }

    /// The exception for a refusal that the core met, or the host.
    pub(super) fn raised(&self, py: Python<'_>, refusal: Refusal) -> PyErr {
        refuse::raised(py, &Refused::new(refusal, self.protocol, self.is_head), &self.record)
    }

    /// The exception for what a host says; one that is a refusal already stays it.
    pub(super) fn refuse<'py>(
        &self,
        why: &Bound<'py, PyAny>,
        detail: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = why.py();
        Ok(match refuse::read(why, detail)? {
            Some(refusal) => self.raised(py, refusal).into_value(py).into_bound(py).into_any(),
            None => why.clone(),
        })
    }
}

/// A request that names a known key and a place to go, not yet proven.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Admitted {
    gateway: Arc<Core>,
    about: About,
    plan: BodyPlan,
    access_key_id: Option<String>,
    service: Option<String>,
    region: Option<String>,
    opened: Once<Opened>,
}

impl Admitted {
    pub(super) fn new(gateway: Arc<Core>, opened: Opened, about: About, named: [Option<Shown>; 3]) -> Self {
        let plan = opened.body();
        let [access_key_id, service, region] = named.map(|name| name.map(|name| name.to_string()));
        Self { gateway, about, plan, access_key_id, service, region, opened: Once::new(opened) }
    }
}

#[pymethods]
impl Admitted {
    /// Proves the signature, and decides. Serves once.
    ///
    /// `body` is the whole body where `body_plan` is `hold`, and `None` otherwise. Raises `RefusedError`.
    #[pyo3(signature = (body=None, now=None))]
    fn prove(
        &self,
        py: Python<'_>,
        body: Option<&Bound<'_, PyAny>>,
        now: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Proven> {
        guard(|| {
            let now = time(now)?;
            let held = body.map(|body| bytes(body, "body")).transpose()?;
            match (self.plan, &held) {
                (BodyPlan::Hold(_), None) => {
                    return Err(input(
                        "this request is proven with its body: bring up to body_limit bytes of it",
                    ));
                }
                (BodyPlan::Stream, Some(_)) => {
                    return Err(input(
                        "this body flows: prove the request without it, and push it to forward.body()",
                    ));
                }
                (BodyPlan::Empty, Some(body)) if !body.is_empty() => {
                    return Err(input("the head says that there is no body"));
                }
                _ => {}
            }
            let held = held.filter(|_| matches!(self.plan, BodyPlan::Hold(_)));
            let again = "this request was proven before; admit it again";
            let opened = self.opened.take().ok_or_else(|| used(again))?;
            if let (BodyPlan::Hold(most), Some(body)) = (self.plan, &held)
                && body.len() as u64 > most
            {
                let why = format!("the body is larger than the {most} bytes that the gateway holds");
                return Err(self.about.raised(py, Refusal::new(RefusalKind::BodyTooLarge, why)));
            }
            let record = self.about.record.get();
            let data = held.as_deref();
            // The record is let go before the interpreter is waited for, be it by a restriction.
            let work = || {
                if self.gateway.restrictions.is_empty() {
                    return Ok(opened.prove(&self.gateway, data, now, &mut record.open()));
                }
                let mut own = record.open().clone();
                let proven = asking(|| opened.prove(&self.gateway, data, now, &mut own));
                *record.open() = own;
                proven
            };
            let proven = if data.is_some_and(|data| data.len() > LARGE) { py.detach(work) } else { work() }?;
            match proven {
                Ok(proven) => {
                    let held = held.map(|held| whole(py, body, &held));
                    Proven::new(py, Arc::clone(&self.gateway), proven, &self.about, held, self.plan)
                }
                Err(refused) => Err(refuse::raised(py, &refused, &self.about.record)),
            }
        })
    }

    /// How the body is to be brought: `empty`, `stream` (it flows, and is checked on the way) or `hold` (the whole of
    /// it is needed to prove the request).
    #[getter]
    fn body_plan(&self) -> &'static str {
        match self.plan {
            BodyPlan::Empty => "empty",
            BodyPlan::Stream => "stream",
            _ => "hold",
        }
    }

    /// The most bytes of a body that is held.
    #[getter]
    fn body_limit(&self) -> Option<u64> {
        match self.plan {
            BodyPlan::Hold(most) => Some(most),
            _ => None,
        }
    }

    /// The key id that the request names; `None` where it names none. Nothing is proven yet.
    #[getter]
    fn access_key_id(&self) -> Option<&str> {
        self.access_key_id.as_deref()
    }

    /// The signing name that the request names.
    #[getter]
    fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// The region that the request names, or the region set of SigV4A.
    #[getter]
    fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// What the client speaks: `json-1.0`, `s3` and so on.
    #[getter]
    fn protocol(&self) -> &'static str {
        self.about.protocol.name()
    }

    /// What is to be written into the log.
    #[getter]
    fn record(&self, py: Python<'_>) -> Py<Record> {
        self.about.record.clone_ref(py)
    }

    /// The exception for a request that the host itself refuses, to be raised or answered with its `reply`. `why` is
    /// a name (`busy`, `throttled`, `malformed`, `audit-unavailable` …) or an exception that the host met; `detail`
    /// is for the operator.
    #[pyo3(signature = (why, detail=None))]
    fn refuse<'py>(&self, why: &Bound<'py, PyAny>, detail: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        guard(|| self.about.refuse(why, detail))
    }

    fn __repr__(&self) -> String {
        let key_id = self.access_key_id.as_deref().unwrap_or_default();
        format!("<Admitted '{}' {}>", key_id.escape_debug(), self.body_plan())
    }
}

/// The body as an object of Python's: the caller's own, if nobody can change it.
fn whole(py: Python<'_>, body: Option<&Bound<'_, PyAny>>, held: &[u8]) -> Py<PyBytes> {
    match body.and_then(|body| body.cast::<PyBytes>().ok()) {
        Some(body) => body.clone().unbind(),
        None => PyBytes::new(py, held).unbind(),
    }
}

/// A request whose signature is right, and which is allowed; or one that a rule lets pass without.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Proven {
    gateway: Arc<Core>,
    about: About,
    plan: BodyPlan,
    host: String,
    access_key_id: Option<String>,
    operation: awsaccess::operation::Operation,
    decision: Option<Py<AccessDecision>>,
    needs: &'static str,
    way: Once<Way>,
}

/// What is consumed: the request, what is to be done with its answer, and its body.
struct Way {
    proven: CoreProven,
    replacement: Option<Box<Replacement>>,
    changed: Option<Vec<u8>>,
    held: Option<Py<PyBytes>>,
    sealed: Option<Keys>,
}

impl Proven {
    fn new(
        py: Python<'_>,
        gateway: Arc<Core>,
        mut proven: CoreProven,
        about: &About,
        held: Option<Py<PyBytes>>,
        plan: BodyPlan,
    ) -> PyResult<Self> {
        let (replacement, changed) = (proven.take_replacement(), proven.take_body());
        let (needs, sealed) = match proven.needs() {
            Needs::Role(_) => ("role", None),
            Needs::Chained(sealed) => ("sealed", Some(sealed.clone())),
            _ => ("nothing", None),
        };
        let decision =
            proven.grant().map(|grant| Py::new(py, AccessDecision(Ok(grant.clone())))).transpose()?;
        let mut about = about.clone_ref(py);
        about.protocol = proven.operation().protocol;
        Ok(Self {
            gateway,
            about,
            plan,
            host: proven.route().host.to_string(),
            access_key_id: proven.access_key_id().map(str::to_owned),
            operation: proven.operation().clone(),
            decision,
            needs,
            way: Once::new(Way { proven, replacement, changed, held, sealed }),
        })
    }
}

#[pymethods]
impl Proven {
    /// Signs the request again, once, and gives it as it goes on.
    ///
    /// `credentials` are those of the role that was decided on, where `needs` is `role`; none are given otherwise.
    /// The record's `begin` line is to be written before. Raises `RefusedError`.
    #[pyo3(signature = (credentials=None, now=None))]
    fn resign(
        &self,
        py: Python<'_>,
        credentials: Option<&Bound<'_, Credentials>>,
        now: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Forward> {
        guard(|| {
            let now = time(now)?;
            match (self.needs, credentials) {
                ("role", None) => {
                    return Err(input("this request is signed with the credentials of its role; give them"));
                }
                ("role", Some(_)) | (_, None) => {}
                ("sealed", Some(_)) => {
                    return Err(input(
                        "this request is signed with the credentials that its placeholder has sealed",
                    ));
                }
                _ => return Err(input("this request goes on as it is; give no credentials")),
            }
            let way =
                self.way.take().ok_or_else(|| used("this request was signed again before; admit it anew"))?;
            let Way { proven, replacement, changed, held, sealed } = way;
            let refused = |refused: Refused| refuse::raised(py, &refused, &self.about.record);
            let held = match (changed, held) {
                (Some(changed), _) => Some(PyBytes::new(py, &changed).unbind()),
                (None, held) => held,
            };
            let about = self.about.clone_ref(py);
            let made = match sealed.as_ref().or_else(|| credentials.map(|credentials| &credentials.get().0)) {
                Some(keys) => {
                    Forward::signed(py, proven.resign(keys, now).map_err(refused)?, held, self.plan)
                }
                None => Ok(Forward::passed(proven.pass().map_err(refused)?, held)),
            };
            let forward = made.map_err(|refusal| about.raised(py, refusal))?;
            Ok(forward.to(self.host.clone(), Arc::clone(&self.gateway), about, replacement))
        })
    }

    /// The key id that signed; `None` where nobody did.
    #[getter]
    fn access_key_id(&self) -> Option<&str> {
        self.access_key_id.as_deref()
    }

    /// What it asks for.
    #[getter]
    fn operation(&self) -> Operation {
        Operation(self.operation.clone())
    }

    /// What was decided, with the role and all that its session is made of; `None` where the request goes on as it is.
    #[getter]
    fn decision(&self, py: Python<'_>) -> Option<Py<AccessDecision>> {
        self.decision.as_ref().map(|decision| decision.clone_ref(py))
    }

    /// What it is signed with: the credentials of the `role`, those that its placeholder has `sealed` (the gateway
    /// has them), or `nothing`.
    #[getter]
    fn needs(&self) -> &'static str {
        self.needs
    }

    /// Where it goes, as the `Host` header will say it.
    #[getter]
    fn host(&self) -> &str {
        &self.host
    }

    /// What is to be written into the log.
    #[getter]
    fn record(&self, py: Python<'_>) -> Py<Record> {
        self.about.record.clone_ref(py)
    }

    /// The exception for a request that the host itself refuses, to be raised or answered with its `reply`. `why` is
    /// a name (`denied`, `throttled`, `assume-denied`, `credentials-unavailable`, `audit-unavailable` …) or an
    /// exception that the host met, such as the one of a credential source; `detail` is for the operator.
    #[pyo3(signature = (why, detail=None))]
    fn refuse<'py>(&self, why: &Bound<'py, PyAny>, detail: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        guard(|| self.about.refuse(why, detail))
    }

    fn __repr__(&self) -> String {
        format!(
            "<Proven {}:{} needs {}>",
            self.operation.service.escape_debug(),
            self.operation.title(),
            self.needs
        )
    }
}
