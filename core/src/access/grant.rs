//! What is decided.

use std::time::Duration;

use thiserror::Error;

use super::{Hop, Identity};

/// What narrows a session: a policy that STS is given with the role.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionPolicy {
    /// The text of a policy, as the configuration has it.
    Given(String),
}

/// Who let a subject have roles for a time, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Approval {
    /// Who approved.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// What a request may be signed with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Grant {
    /// Who it was granted to.
    pub identity: Identity,
    /// The credential source.
    pub source: String,
    /// The roles to assume after it, in order.
    pub hops: Vec<Hop>,
    /// The session name at each of them.
    pub session_name: String,
    /// Who stands behind the sessions, kept through further roles.
    pub source_identity: Option<String>,
    /// What the sessions are tagged with; from the configuration only.
    pub tags: Vec<(String, String)>,
    /// The keys of those tags that go on to further roles.
    pub transitive_tag_keys: Vec<String>,
    /// What narrows the session of the last role.
    pub session_policy: Option<SessionPolicy>,
    /// Managed policies that narrow it likewise.
    pub session_policy_arns: Vec<String>,
    /// How long the sessions last.
    pub duration: Duration,
    /// The longest session that the subject may ask STS for with it, if there is a bound.
    pub max_duration: Option<Duration>,
    /// Who approved it, where it was given for a time.
    pub approval: Option<Approval>,
    /// The rule that granted it, for the record.
    pub rule: String,
}

/// Why a request may not be signed. `Display` is for the operator; the client learns no more than "denied".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Denied {
    /// The subject is not (or no longer) known.
    #[error("the subject is not known")]
    UnknownSubject,
    /// The application is not known.
    #[error("the application is not known")]
    UnknownApplication,
    /// The application has no such role.
    #[error("the application has no such role")]
    UnknownRole,
    /// No role of the subject allows it.
    #[error("no rule allows the role")]
    NotAllowed,
    /// A rule denies it.
    #[error("denied by {0}")]
    DeniedBy(String),
    /// The application is not for this service.
    #[error("the application does not allow the service")]
    Service,
    /// The application is not for this region.
    #[error("the application does not allow the region")]
    Region,
    /// The role lives in another partition than the host.
    #[error("the role and the host belong to different partitions")]
    Partition,
}

impl Denied {
    /// A stable name for the record.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::UnknownSubject => "unknown-subject",
            Self::UnknownApplication => "unknown-application",
            Self::UnknownRole => "unknown-role",
            Self::NotAllowed => "role-not-allowed",
            Self::DeniedBy(_) => "role-denied",
            Self::Service => "service-not-allowed",
            Self::Region => "region-not-allowed",
            Self::Partition => "other-partition",
        }
    }
}
