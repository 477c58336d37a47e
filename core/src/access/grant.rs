//! What is decided.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::{Hop, Identity, Mark, SessionPolicy, Wish};
use crate::time::Time;

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
    pub source: Arc<str>,
    /// The roles to assume after it, in order.
    pub hops: Arc<[Hop]>,
    /// The session name at each of them.
    pub session_name: Arc<str>,
    /// Who stands behind the sessions, kept through further roles.
    pub source_identity: Option<String>,
    /// What the sessions are tagged with; from the configuration only.
    pub tags: Vec<(String, String)>,
    /// The keys of those tags that go on to further roles.
    pub transitive_tag_keys: Vec<String>,
    /// What the subject may say itself of sessions that it asks STS for with it.
    pub clients_may_set: Vec<Mark>,
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
    pub rule: Arc<str>,
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
    /// The application is not for this host.
    #[error("the application does not allow the host")]
    Host,
    /// The name of a role fits several; they are named.
    #[error("the name fits more than one role, so that one must be given by its arn: {0}")]
    AmbiguousRole(String),
    /// A rule that denies cannot be filled in from what is known of the subject, and so denies.
    #[error("denied by {0}, for which the subject has no value that will do")]
    Template(String),
    /// A guard does not let the operation through.
    #[error("denied by {0}")]
    Operation(String),
    /// The role that STS is asked for is of an account or a partition that the application is not for.
    #[error("the application is not for the account and partition of {0}")]
    Target(String),
    /// The session cannot be named or tagged as the configuration wants it.
    #[error("the session cannot be marked as the subject's: {0}")]
    Stamp(String),
    /// A restriction of the host's denies it.
    #[error("denied by {0}")]
    Restricted(String),
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
            Self::Host => "host-not-allowed",
            Self::AmbiguousRole(_) => "ambiguous-role",
            Self::Template(_) => "unknown-trait",
            Self::Operation(_) => "operation-denied",
            Self::Target(_) => "target-not-allowed",
            Self::Stamp(_) => "unmarked-session",
            Self::Restricted(_) => "restricted",
        }
    }
}

/// What a [`Restriction`] is asked.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Question<'a> {
    /// What was granted, and to whom.
    pub grant: &'a Grant,
    /// What the request is for.
    pub wish: &'a Wish<'a>,
    /// When it came.
    pub now: Time,
    /// Where it came from, if it is known.
    pub source: Option<IpAddr>,
    /// What the placeholder says of how the subject signed in, such as `mfa` or `device`.
    pub signed_in: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Question<'a> {
    /// What is asked of a request of which no more is known.
    #[must_use]
    pub const fn new(grant: &'a Grant, wish: &'a Wish<'a>, now: Time) -> Self {
        Self { grant, wish, now, source: None, signed_in: None }
    }
}

/// Rules of another kind, which a host brings. They are asked after all others have allowed a request, and can only deny.
pub trait Restriction: Send + Sync {
    /// Lets it be, or says which rule denies it.
    ///
    /// # Errors
    /// The rule, for the record.
    fn check(&self, question: &Question<'_>) -> Result<(), String>;
}
