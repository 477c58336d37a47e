//! Who may use which role: subjects, their roles, and the AWS roles of applications. Decided anew for each request.
//!
//! A subject has gateway roles; a gateway role allows and denies AWS roles by ARN. Whatever is denied by one of
//! them stays denied (deny wins), and what nobody allows is not allowed. A request is given the roles of exactly
//! one application, in the order in which they are assumed; which one, its placeholder key says and nothing else.
//!
//! ```
//! use awsaccess::access::{Application, Hop, Identity, Policy, Role, Subject, Target, Wish};
//! use awsaccess::time::Time;
//! let hop = Hop::new("arn:aws:iam::123456789012:role/reader").unwrap();
//! let policy = Policy::new(
//!     vec![Application::new("prod", "base", vec![Target::new("reader", vec![hop])])],
//!     vec![Role::new("dev", &["arn:aws:iam::123456789012:role/*"], &["arn:aws:iam::*:role/admin*"]).unwrap()],
//!     vec![Subject::new("alice@example.com", &["dev"])],
//! )
//! .unwrap();
//! let alice = Identity::new("alice@example.com", "prod", "reader");
//! let (wish, now) = (Wish::new("s3", "eu-west-1").in_partition("aws"), Time::from_unix(1_800_000_000));
//! assert_eq!(policy.decide(&alice, &wish, now).unwrap().session_name, "alice@example.com");
//! ```

mod arn;
mod grant;
mod identity;
mod session;
mod target;
mod traits;

use std::fmt;
use std::time::Duration;

use thiserror::Error;

pub use arn::{ArnError, ArnPattern, RoleArn};
pub use grant::{Approval, Denied, Grant, SessionPolicy};
pub use identity::Identity;
pub use session::session_name;
pub use traits::{Traits, TraitsError};

use crate::time::Time;

/// What the request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wish<'a> {
    /// The partition of the host; `None` for a host that is not AWS's.
    pub partition: Option<&'a str>,
    /// The region of the credential scope.
    pub region: &'a str,
    /// The service of the credential scope.
    pub service: &'a str,
}

impl<'a> Wish<'a> {
    /// A service in a region; of no partition of AWS's, until one is named.
    #[must_use]
    pub const fn new(service: &'a str, region: &'a str) -> Self {
        Self { partition: None, region, service }
    }

    /// At a host of that partition.
    #[must_use]
    pub fn in_partition(mut self, partition: impl Into<Option<&'a str>>) -> Self {
        self.partition = partition.into();
        self
    }
}

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
    pub hops: Vec<Hop>,
}

impl Target {
    /// A target of that name.
    pub fn new(name: impl Into<String>, hops: Vec<Hop>) -> Self {
        Self { name: name.into(), hops }
    }
}

/// What is accessed through one set of credentials: a source, and the roles that may follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Application {
    /// The name.
    pub name: String,
    /// The name of the credential source that the first role is assumed with.
    pub source: String,
    /// Its roles.
    pub targets: Vec<Target>,
    /// The services that may be used, by signing name; none named: all.
    pub services: Vec<String>,
    /// The regions that may be used; none named: all.
    pub regions: Vec<String>,
    /// How long the credentials that are assumed for it last.
    pub duration: Duration,
}

impl Application {
    /// An application that may use every service and region.
    pub fn new(name: impl Into<String>, source: impl Into<String>, targets: Vec<Target>) -> Self {
        Self {
            name: name.into(),
            source: source.into(),
            targets,
            services: Vec::new(),
            regions: Vec::new(),
            duration: MAX_DURATION,
        }
    }
}

/// A role of the gateway's: which AWS roles its holders may use, and which they never may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    name: String,
    allow: Vec<ArnPattern>,
    deny: Vec<ArnPattern>,
}

impl Role {
    /// Reads the patterns: ARNs of roles, in which `*` stands for any characters but a colon.
    ///
    /// # Errors
    /// If a pattern can match no role's ARN.
    pub fn new(name: impl Into<String>, allow: &[&str], deny: &[&str]) -> Result<Self, ArnError> {
        let read =
            |texts: &[&str]| texts.iter().map(|text| ArnPattern::parse(text)).collect::<Result<Vec<_>, _>>();
        Ok(Self { name: name.into(), allow: read(allow)?, deny: read(deny)? })
    }
}

/// A person, a job or an agent, and the gateway roles it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    name: String,
    roles: Vec<String>,
}

impl Subject {
    /// A subject with those roles.
    pub fn new(name: impl Into<String>, roles: &[&str]) -> Self {
        Self { name: name.into(), roles: roles.iter().map(|role| (*role).to_owned()).collect() }
    }
}

/// The longest session of a chained role, and so of every role here: AWS allows one hour.
pub const MAX_DURATION: Duration = Duration::from_secs(3600);
/// The shortest session of a role that STS gives.
pub const MIN_DURATION: Duration = Duration::from_secs(900);
/// The most roles in a row.
const MAX_HOPS: usize = 4;

/// All rules together, checked to be whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    applications: Vec<Application>,
    roles: Vec<Role>,
    subjects: Vec<Subject>,
}

/// What is wrong with a set of rules.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Two things have one name.
    #[error("the {0} '{1}' is there twice")]
    Twice(&'static str, String),
    /// A subject has a role that is not there.
    #[error("the subject '{0}' has the role '{1}', which is not defined")]
    UnknownRole(String, String),
    /// A target has no role or too many.
    #[error("the role '{0}' of the application '{1}' must have from 1 to {MAX_HOPS} roles to assume")]
    Hops(String, String),
    /// A way through several partitions.
    #[error("the role '{0}' of the application '{1}' goes through two partitions, which aws does not allow")]
    Partitions(String, String),
    /// A duration that STS does not give.
    #[error(
        "the duration of the application '{0}' must be from 900 to 3600 seconds, since its roles are chained"
    )]
    Duration(String),
}

impl Policy {
    /// Takes the rules, if they are whole.
    ///
    /// # Errors
    /// [`PolicyError`] names what does not fit.
    pub fn new(
        applications: Vec<Application>,
        roles: Vec<Role>,
        subjects: Vec<Subject>,
    ) -> Result<Self, PolicyError> {
        twice("application", &applications, |a| &a.name)?;
        twice("role", &roles, |r| &r.name)?;
        twice("subject", &subjects, |s| &s.name)?;
        for application in &applications {
            check_application(application)?;
        }
        for subject in &subjects {
            let unknown = subject.roles.iter().find(|name| !roles.iter().any(|role| role.name == **name));
            if let Some(name) = unknown {
                return Err(PolicyError::UnknownRole(subject.name.clone(), name.clone()));
            }
        }
        Ok(Self { applications, roles, subjects })
    }

    /// The applications.
    pub fn applications(&self) -> impl Iterator<Item = &Application> {
        self.applications.iter()
    }

    /// Whether the identity names a subject, an application and a role that are there.
    #[must_use]
    pub fn knows(&self, who: &Identity) -> bool {
        self.subject(&who.subject).is_some() && self.target(who).is_ok()
    }

    /// Decides.
    ///
    /// # Errors
    /// [`Denied`] with the reason.
    pub fn decide(&self, who: &Identity, wish: &Wish<'_>, _now: Time) -> Result<Grant, Denied> {
        let subject = self.subject(&who.subject).ok_or(Denied::UnknownSubject)?;
        let (application, target) = self.target(who)?;
        let goal = &target.hops.last().ok_or(Denied::UnknownRole)?.role;

        let own = || self.roles.iter().filter(|role| subject.roles.contains(&role.name));
        let hit = |patterns: &[ArnPattern]| patterns.iter().find(|pattern| pattern.matches(goal)).cloned();
        if let Some((role, pattern)) = own().find_map(|role| Some((role, hit(&role.deny)?))) {
            return Err(Denied::DeniedBy(format!("role {}: deny {pattern}", role.name)));
        }
        let allowed = own().find_map(|role| Some((role, hit(&role.allow)?)));
        let (role, pattern) = allowed.ok_or(Denied::NotAllowed)?;

        let within =
            |list: &[String], value: &str| list.is_empty() || list.iter().any(|entry| entry == value);
        if !within(&application.services, wish.service) {
            return Err(Denied::Service);
        }
        if !within(&application.regions, wish.region) {
            return Err(Denied::Region);
        }
        if wish.partition.is_some_and(|partition| partition != goal.partition()) {
            return Err(Denied::Partition);
        }
        Ok(Grant {
            identity: who.clone(),
            source: application.source.clone(),
            hops: target.hops.clone(),
            session_name: session_name(&subject.name),
            source_identity: None,
            tags: Vec::new(),
            transitive_tag_keys: Vec::new(),
            session_policy: None,
            session_policy_arns: Vec::new(),
            duration: application.duration,
            max_duration: Some(application.duration),
            approval: None,
            rule: format!("role {}: allow {pattern}", role.name),
        })
    }

    fn subject(&self, name: &str) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.name == name)
    }

    fn target(&self, who: &Identity) -> Result<(&Application, &Target), Denied> {
        let application = self.applications.iter().find(|application| application.name == who.application);
        let application = application.ok_or(Denied::UnknownApplication)?;
        let target = application.targets.iter().find(|target| target.name == who.role);
        Ok((application, target.ok_or(Denied::UnknownRole)?))
    }
}

fn check_application(application: &Application) -> Result<(), PolicyError> {
    let name = || application.name.clone();
    twice("role of an application", &application.targets, |t| &t.name)?;
    for target in &application.targets {
        let Some((first, rest)) = target.hops.split_first() else {
            return Err(PolicyError::Hops(target.name.clone(), name()));
        };
        if target.hops.len() > MAX_HOPS {
            return Err(PolicyError::Hops(target.name.clone(), name()));
        }
        if rest.iter().any(|hop| hop.role.partition() != first.role.partition()) {
            return Err(PolicyError::Partitions(target.name.clone(), name()));
        }
    }
    if application.duration < MIN_DURATION || application.duration > MAX_DURATION {
        return Err(PolicyError::Duration(name()));
    }
    Ok(())
}

fn twice<T>(what: &'static str, all: &[T], name: fn(&T) -> &String) -> Result<(), PolicyError> {
    let mut seen = std::collections::BTreeSet::new();
    let again = all.iter().map(name).find(|name| !seen.insert(name.as_str()));
    again.map_or(Ok(()), |name| Err(PolicyError::Twice(what, name.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const READER: &str = "arn:aws:iam::123456789012:role/reader";
    const ADMIN: &str = "arn:aws:iam::123456789012:role/admin";
    const CHINA: &str = "arn:aws-cn:iam::123456789012:role/reader";

    fn policy() -> Policy {
        let target = |name: &str, arn: &str| Target::new(name, vec![Hop::new(arn).unwrap()]);
        let mut narrow = Application::new("narrow", "base", vec![target("reader", READER)]);
        narrow.services = vec!["s3".into()];
        narrow.regions = vec!["eu-west-1".into()];
        let prod = Application::new(
            "prod",
            "base",
            vec![target("reader", READER), target("admin", ADMIN), target("china", CHINA)],
        );
        let dev = Role::new("dev", &["arn:*:iam::123456789012:role/*"], &[]).unwrap();
        let careful = Role::new("careful", &[], &["arn:*:iam::*:role/adm*"]).unwrap();
        Policy::new(
            vec![prod, narrow],
            vec![dev, careful],
            vec![
                Subject::new("alice", &["dev", "careful"]),
                Subject::new("bob", &["dev"]),
                Subject::new("eve", &[]),
            ],
        )
        .unwrap()
    }

    fn decide(
        subject: &str,
        application: &str,
        role: &str,
        service: &str,
        region: &str,
    ) -> Result<Grant, Denied> {
        let who = Identity::new(subject, application, role);
        policy().decide(&who, &Wish::new(service, region).in_partition("aws"), Time::from_unix(0))
    }

    #[test]
    fn deny_wins_and_silence_is_no() {
        let granted = decide("alice", "prod", "reader", "sqs", "us-east-1").unwrap();
        assert_eq!(granted.hops[0].role.as_str(), READER);
        assert_eq!(granted.rule, "role dev: allow arn:*:iam::123456789012:role/*");
        assert!(decide("bob", "prod", "admin", "sqs", "us-east-1").is_ok());
        assert_eq!(
            decide("alice", "prod", "admin", "sqs", "us-east-1"),
            Err(Denied::DeniedBy("role careful: deny arn:*:iam::*:role/adm*".into()))
        );
        assert_eq!(decide("eve", "prod", "reader", "sqs", "us-east-1"), Err(Denied::NotAllowed));
        assert_eq!(decide("mallory", "prod", "reader", "sqs", "us-east-1"), Err(Denied::UnknownSubject));
        assert_eq!(decide("bob", "test", "reader", "sqs", "us-east-1"), Err(Denied::UnknownApplication));
        assert_eq!(decide("bob", "prod", "root", "sqs", "us-east-1"), Err(Denied::UnknownRole));
    }

    #[test]
    fn external_ids_are_not_shown() {
        let hop = Hop::new(READER).unwrap().with_external_id("given-by-the-owner");
        assert!(!format!("{hop:?}").contains("given"), "{hop:?}");
    }

    #[test]
    fn an_application_has_bounds() {
        assert!(decide("bob", "narrow", "reader", "s3", "eu-west-1").is_ok());
        assert_eq!(decide("bob", "narrow", "reader", "sqs", "eu-west-1"), Err(Denied::Service));
        assert_eq!(decide("bob", "narrow", "reader", "s3", "us-east-1"), Err(Denied::Region));
        assert_eq!(decide("bob", "prod", "china", "s3", "us-east-1"), Err(Denied::Partition));
    }

    #[test]
    fn rules_must_be_whole() {
        let hop = |arn| Hop::new(arn).unwrap();
        let app = |targets| Application::new("a", "base", targets);
        let subject = vec![Subject::new("s", &["nobody"])];
        assert_eq!(
            Policy::new(vec![], vec![], subject),
            Err(PolicyError::UnknownRole("s".into(), "nobody".into()))
        );
        let none = vec![app(vec![Target::new("t", vec![])])];
        assert_eq!(Policy::new(none, vec![], vec![]), Err(PolicyError::Hops("t".into(), "a".into())));
        let mixed = vec![app(vec![Target::new("t", vec![hop(READER), hop(CHINA)])])];
        assert_eq!(Policy::new(mixed, vec![], vec![]), Err(PolicyError::Partitions("t".into(), "a".into())));
        assert!(Policy::new(vec![app(vec![]), app(vec![])], vec![], vec![]).is_err());
        let mut long = app(vec![]);
        long.duration = Duration::from_secs(7200);
        assert_eq!(Policy::new(vec![long], vec![], vec![]), Err(PolicyError::Duration("a".into())));
    }
}
