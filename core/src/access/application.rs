//! What is accessed: a source of credentials, the roles that may follow it, and within which bounds.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{ArnError, Guard, HostPattern, MAX_DURATION, Mark, RoleArn, Stamp};

/// A role to assume, on the way or at its end. `Debug` hides the external id.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Hop {
    /// The role.
    pub role: RoleArn,
    /// The external id that its trust policy asks for; from the configuration only, never from a client.
    pub external_id: Option<String>,
}

impl Hop {
    /// A role without an external id.
    ///
    /// # Errors
    /// If the text is not the ARN of a role.
    pub fn new(role: &str) -> Result<Self, ArnError> {
        Ok(Self { role: RoleArn::parse(role)?, external_id: None })
    }

    /// With an external id.
    #[must_use]
    pub fn with_external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(id.into());
        self
    }
}

impl fmt::Debug for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let external_id = self.external_id.as_ref().map(|_| "(hidden)");
        f.debug_struct("Hop").field("role", &self.role).field("external_id", &external_id).finish()
    }
}

/// A role of an application under the name that placeholders use, with the roles on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The name.
    pub name: String,
    /// In the order in which they are assumed; the last is the one that requests are signed with.
    pub hops: Arc<[Hop]>,
}

impl Target {
    /// A target of that name.
    pub fn new(name: impl Into<String>, hops: impl Into<Arc<[Hop]>>) -> Self {
        Self { name: name.into(), hops: hops.into() }
    }
}

/// That an application takes every role of its accounts that the subject's rules allow, beside those it lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenRoles {
    /// The roles that are assumed on the way.
    pub via: Vec<Hop>,
    /// The external id that each of the roles asks for.
    pub external_id: Option<String>,
}

/// What narrows the sessions of an application's roles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Narrowing {
    /// Nothing but the roles' own policies.
    #[default]
    Nothing,
    /// A policy, as JSON.
    Text(String),
    /// A policy made of the services that may be used, and the guards that bind the subject.
    Guards,
}

/// What is accessed through one set of credentials: a source, and the roles that may follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Application {
    /// The name.
    pub name: String,
    /// What rules may ask for: `env = prod`.
    pub labels: BTreeMap<String, String>,
    /// The name of the credential source that the first role is assumed with.
    pub source: Arc<str>,
    /// Its roles.
    pub targets: Vec<Target>,
    /// Whether roles that it does not list may be used too.
    pub open: Option<OpenRoles>,
    /// The AWS accounts that its roles are of, by their twelve digits; none named: any.
    pub accounts: Vec<String>,
    /// The partition that its roles are of; none named: any.
    pub partition: Option<String>,
    /// The services that may be used, by signing name; none named: all.
    pub services: Vec<String>,
    /// The regions that may be used; none named: all.
    pub regions: Vec<String>,
    /// The hosts that may be used; none named: all of AWS's APIs.
    pub hosts: Vec<HostPattern>,
    /// Customers' own hosts that may be used with it.
    pub customer_hosts: Vec<HostPattern>,
    /// How long the credentials that are assumed for it last.
    pub duration: Duration,
    /// The longest session that a subject may ask STS for through it; `duration` if it is not given.
    pub max_duration: Option<Duration>,
    /// What narrows the sessions.
    pub narrowing: Narrowing,
    /// Managed policies that narrow them likewise, ten at most.
    pub session_policy_arns: Vec<String>,
    /// Guards that bind everybody who uses it.
    pub guards: Vec<Arc<Guard>>,
    /// How the sessions are named and tagged.
    pub stamp: Stamp,
    /// What subjects may say themselves of sessions that they ask STS for through it; nothing, unless it is named.
    pub clients_may_set: Vec<Mark>,
}

impl Application {
    /// An application that may use every service and region.
    pub fn new(name: impl Into<String>, source: impl Into<Arc<str>>, targets: Vec<Target>) -> Self {
        Self {
            name: name.into(),
            labels: BTreeMap::new(),
            source: source.into(),
            targets,
            open: None,
            accounts: Vec::new(),
            partition: None,
            services: Vec::new(),
            regions: Vec::new(),
            hosts: Vec::new(),
            customer_hosts: Vec::new(),
            duration: MAX_DURATION,
            max_duration: None,
            narrowing: Narrowing::Nothing,
            session_policy_arns: Vec::new(),
            guards: Vec::new(),
            stamp: Stamp::default(),
            clients_may_set: Vec::new(),
        }
    }

    /// Whether the role is one that it may use at all.
    pub(super) fn may_use(&self, role: &RoleArn) -> bool {
        let account = self.accounts.is_empty() || self.accounts.iter().any(|own| own == role.account());
        account && self.partition.as_deref().is_none_or(|own| own == role.partition())
    }
}
