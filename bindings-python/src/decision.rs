//! What rules decide: a grant with everything that a session is made of, or the reason why there is none.

use std::hash::{DefaultHasher, Hash, Hasher};

use awsaccess::access::{Denied, Grant, Hop, SessionPolicy};
use awsaccess::error::ErrorKind;
use awsaccess::provider::RoleHop;
use pyo3::prelude::*;

use crate::error::{error, guard};
use crate::identity::Identity;
use crate::source::Role;

/// What was decided; true if it is allowed. Two are equal if the same credentials serve both, so that a decision is
/// the key of a cache of credentials: no two subjects ever share one.
#[pyclass(frozen, eq, name = "AccessDecision", module = "awsaccess.access")]
pub(crate) struct AccessDecision(pub(crate) Result<Grant, Denied>);

/// Everything of a grant that AWS or an auditor could tell apart.
fn key(grant: &Grant) -> impl Eq + Hash + '_ {
    let sts = (&grant.tags, &grant.transitive_tag_keys, &grant.session_policy, &grant.session_policy_arns);
    let session = (&grant.session_name, &grant.source_identity, &grant.duration);
    (&grant.identity, &grant.source, &grant.hops, session, sts)
}

impl PartialEq for AccessDecision {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Ok(one), Ok(other)) => key(one) == key(other),
            (Err(one), Err(other)) => one == other,
            _ => false,
        }
    }
}

impl AccessDecision {
    fn grant(&self) -> Option<&Grant> {
        self.0.as_ref().ok()
    }
}

#[pymethods]
impl AccessDecision {
    /// Whether it is allowed.
    #[getter]
    fn allowed(&self) -> bool {
        self.0.is_ok()
    }

    /// The stable name of why it is denied, such as `role-not-allowed`.
    #[getter]
    fn denial(&self) -> Option<&'static str> {
        self.0.as_ref().err().map(Denied::name)
    }

    /// Why it is denied, for the operator; the client is to learn no more than that it is.
    #[getter]
    fn reason(&self) -> Option<String> {
        self.0.as_ref().err().map(ToString::to_string)
    }

    /// The rule that allowed it.
    #[getter]
    fn rule(&self) -> Option<&str> {
        self.grant().map(|grant| &*grant.rule)
    }

    /// Who it was granted to.
    #[getter]
    fn identity(&self) -> Option<Identity> {
        self.grant().map(|grant| Identity(grant.identity.clone()))
    }

    /// The ARN of the AWS role that requests are signed with.
    #[getter]
    fn role(&self) -> Option<&str> {
        self.grant()?.hops.last().map(|hop| hop.role.as_str())
    }

    /// The ARNs of the roles on the way to it and it, in order.
    #[getter]
    fn role_chain(&self) -> Vec<&str> {
        self.grant().into_iter().flat_map(|grant| &*grant.hops).map(|hop| hop.role.as_str()).collect()
    }

    /// The name of the credential source that the first role is assumed with.
    #[getter]
    fn source(&self) -> Option<&str> {
        self.grant().map(|grant| &*grant.source)
    }

    /// The roles to assume after the source, with everything that STS is told: `resolve(assume=decision.assume)`.
    ///
    /// Raises `ConfigError` if the session policy is one that STS would not take.
    #[getter]
    fn assume(&self) -> PyResult<Vec<Role>> {
        guard(|| {
            let Some(grant) = self.grant() else { return Ok(Vec::new()) };
            let policy = policy_of(grant)?;
            let last = grant.hops.len().saturating_sub(1);
            let hops = grant.hops.iter().enumerate();
            Ok(hops
                .map(|(n, hop)| Role(role_hop(grant, hop, n == 0, n == last, policy.as_deref())))
                .collect())
        })
    }

    /// The session name at each of the roles.
    #[getter]
    fn session_name(&self) -> Option<&str> {
        self.grant().map(|grant| &*grant.session_name)
    }

    /// Who stands behind the sessions, kept through further roles.
    #[getter]
    fn source_identity(&self) -> Option<&str> {
        self.grant()?.source_identity.as_deref()
    }

    /// What the sessions are tagged with.
    #[getter]
    fn tags(&self) -> Vec<(String, String)> {
        self.grant().map(|grant| grant.tags.clone()).unwrap_or_default()
    }

    /// The keys of the tags that go on to further roles.
    #[getter]
    fn transitive_tag_keys(&self) -> Vec<String> {
        self.grant().map(|grant| grant.transitive_tag_keys.clone()).unwrap_or_default()
    }

    /// The policy, as JSON, that narrows the session of the last role.
    ///
    /// Raises `ConfigError` if it is one that STS would not take.
    #[getter]
    fn session_policy(&self) -> PyResult<Option<String>> {
        guard(|| self.grant().map_or(Ok(None), policy_of))
    }

    /// The managed policies that narrow it likewise.
    #[getter]
    fn session_policy_arns(&self) -> Vec<String> {
        self.grant().map(|grant| grant.session_policy_arns.clone()).unwrap_or_default()
    }

    /// How long the sessions last, in seconds.
    #[getter]
    fn duration(&self) -> Option<u64> {
        self.grant().map(|grant| grant.duration.as_secs())
    }

    /// The longest session that the subject may ask STS for with it, in seconds.
    #[getter]
    fn max_duration(&self) -> Option<u64> {
        self.grant()?.max_duration.map(|longest| longest.as_secs())
    }

    /// Who approved it and why, where it was given for a time.
    #[getter]
    fn approval(&self) -> Option<(&str, &str)> {
        let approval = self.grant()?.approval.as_ref()?;
        Some((&approval.by, &approval.reason))
    }

    fn __bool__(&self) -> bool {
        self.0.is_ok()
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        match &self.0 {
            Ok(grant) => key(grant).hash(&mut hasher),
            Err(why) => why.name().hash(&mut hasher),
        }
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        match &self.0 {
            Ok(_) => format!("<AccessDecision allowed {}>", self.role().unwrap_or_default().escape_debug()),
            Err(why) => format!("<AccessDecision denied {}>", why.name()),
        }
    }
}

fn policy_of(grant: &Grant) -> PyResult<Option<String>> {
    let policy = grant.session_policy.as_ref().map(SessionPolicy::text).transpose();
    policy.map_err(|why| error(ErrorKind::Config, &why.to_string()))
}

/// A role with what STS is told. What goes on to further roles is told at the first, and cannot be told again; what
/// narrows and marks the session that requests are signed with is told at the last.
fn role_hop(grant: &Grant, hop: &Hop, is_first: bool, is_last: bool, policy: Option<&str>) -> RoleHop {
    let mut role =
        RoleHop::new(hop.role.as_str()).session_name(&*grant.session_name).duration(grant.duration);
    if let Some(id) = &hop.external_id {
        role = role.external_id(id.as_str());
    }
    for (key, value) in &grant.tags {
        match grant.transitive_tag_keys.contains(key) {
            true if is_first => role = role.transitive_tag(key, value),
            false if is_last => role = role.tag(key, value),
            _ => {}
        }
    }
    if is_first {
        role.source_identity.clone_from(&grant.source_identity);
    }
    if is_last {
        role.policy = policy.map(str::to_owned);
        role.policy_arns.clone_from(&grant.session_policy_arns);
    }
    role
}
