//! All rules, and whether they are whole.

mod narrowing;

use std::collections::BTreeSet;

use thiserror::Error;

use super::session_policy::{SessionPolicy, SessionPolicyError};
use super::{
    Application, Grantee, Group, Hop, MAX_DURATION, MAX_HOPS, MIN_DURATION, Mapping, Narrowing, Role,
    RoleArn, Subject, TimedGrant,
};
use crate::partition;

/// What a [`Policy`](super::Policy) is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// What is accessed.
    pub applications: Vec<Application>,
    /// Which AWS roles may be used.
    pub roles: Vec<Role>,
    /// Who there is.
    pub subjects: Vec<Subject>,
    /// What several of them have in common.
    pub groups: Vec<Group>,
    /// Roles for claims.
    pub mappings: Vec<Mapping>,
    /// Roles for a time.
    pub timed_grants: Vec<TimedGrant>,
}

/// What is wrong with a set of rules.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Two things have one name.
    #[error("the {0} '{1}' is there twice")]
    Twice(&'static str, String),
    /// Somebody is given a role that is not there.
    #[error("{0} has the role '{1}', which is not defined")]
    UnknownRole(String, String),
    /// Somebody is in a group that is not there.
    #[error("{0} names the group '{1}', which is not defined")]
    UnknownGroup(String, String),
    /// A target has no role or too many.
    #[error("the role '{0}' of the application '{1}' must have from 1 to {MAX_HOPS} roles to assume")]
    Hops(String, String),
    /// A way through several partitions.
    #[error("the role '{0}' of the application '{1}' goes through two partitions, which aws does not allow")]
    Partitions(String, String),
    /// A role outside of the accounts or the partition that the application is for.
    #[error("the role '{0}' of the application '{1}' is of another account or partition than it names")]
    Outside(String, String),
    /// Roles that are not listed, of any account.
    #[error("the application '{0}' takes roles that it does not list, and must name their accounts")]
    OpenAccounts(String),
    /// A duration that STS does not give.
    #[error(
        "the duration of the application '{0}' must be from 900 to 3600 seconds, since its roles are chained"
    )]
    Duration(String),
    /// What is no account.
    #[error("'{0}' is no account: twelve digits are wanted")]
    Account(String),
    /// What is no partition.
    #[error("there is no partition '{0}'")]
    Partition(String),
    /// A grant that is over before it begins.
    #[error("it ends before it begins")]
    Times,
    /// A session policy that STS would not take.
    #[error("for the role '{0}': {1}")]
    SessionPolicy(String, SessionPolicyError),
    /// The same of a role beside the others that a subject has, which deny as well.
    #[error("for the role '{0}', with what other roles of the subject '{1}' deny: {2}")]
    SessionPolicyOf(String, String, SessionPolicyError),
}

/// A thing that does not fit, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Where, as the configuration calls it: `application[0].role[1]`.
    pub place: String,
    /// What.
    pub error: PolicyError,
}

impl Rules {
    /// Everything that does not fit.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        twice("application", &self.applications, |a| &a.name, &mut faults);
        twice("role", &self.roles, |r| &r.name, &mut faults);
        twice("subject", &self.subjects, |s| &s.name, &mut faults);
        twice("group", &self.groups, |g| &g.name, &mut faults);
        for (n, application) in self.applications.iter().enumerate() {
            self.check_application(&format!("application[{n}]"), application, &mut faults);
        }
        for (n, role) in self.roles.iter().enumerate() {
            for (key, accounts) in [("accounts", &role.accounts), ("deny_accounts", &role.deny_accounts)] {
                check_accounts(&format!("role[{n}].{key}"), accounts, &mut faults);
            }
        }
        for (n, subject) in self.subjects.iter().enumerate() {
            let who = format!("the subject '{}'", subject.name);
            self.check_roles(&format!("subject[{n}].roles"), &who, &subject.roles, &mut faults);
            self.check_groups(&format!("subject[{n}].groups"), &who, &subject.groups, &mut faults);
        }
        for (n, group) in self.groups.iter().enumerate() {
            let who = format!("the group '{}'", group.name);
            self.check_roles(&format!("group[{n}].roles"), &who, &group.roles, &mut faults);
        }
        for (n, mapping) in self.mappings.iter().enumerate() {
            let who = format!("the mapping of '{}'", mapping.claim);
            self.check_roles(&format!("mapping[{n}].roles"), &who, &mapping.roles, &mut faults);
        }
        for (n, timed) in self.timed_grants.iter().enumerate() {
            self.check_roles(&format!("grant[{n}].roles"), "the grant", &timed.roles, &mut faults);
            if let Grantee::Group(name) = &timed.to {
                let names = std::slice::from_ref(name);
                self.check_groups(&format!("grant[{n}].group"), "the grant", names, &mut faults);
            }
            if timed.ends_at <= timed.begins_at {
                faults.push(Fault { place: format!("grant[{n}].ends_at"), error: PolicyError::Times });
            }
        }
        faults
    }

    /// Whether it is a role that the gateway itself goes through.
    pub(super) fn is_on_the_way(&self, role: &RoleArn) -> bool {
        self.applications.iter().any(|application| {
            let listed = application.targets.iter().filter_map(|target| target.hops.split_last());
            let on_the_way = listed.flat_map(|(_, before)| before);
            let via = application.open.iter().flat_map(|open| &open.via);
            on_the_way.chain(via).any(|hop| hop.role == *role)
        })
    }

    fn check_roles(&self, place: &str, who: &str, names: &[String], faults: &mut Vec<Fault>) {
        for name in names.iter().filter(|name| !self.roles.iter().any(|role| role.name == **name)) {
            let error = PolicyError::UnknownRole(who.to_owned(), name.clone());
            faults.push(Fault { place: place.to_owned(), error });
        }
    }

    fn check_groups(&self, place: &str, who: &str, names: &[String], faults: &mut Vec<Fault>) {
        for name in names.iter().filter(|name| !self.groups.iter().any(|group| group.name == **name)) {
            let error = PolicyError::UnknownGroup(who.to_owned(), name.clone());
            faults.push(Fault { place: place.to_owned(), error });
        }
    }

    fn check_application(&self, place: &str, application: &Application, faults: &mut Vec<Fault>) {
        let name = || application.name.clone();
        let mut fault = |key: &str, error| faults.push(Fault { place: format!("{place}.{key}"), error });
        for (n, target) in application.targets.iter().enumerate() {
            let (key, role) = (format!("role[{n}].assume"), || target.name.clone());
            match check_hops(&target.hops) {
                Some(HopFault::Count) => fault(&key, PolicyError::Hops(role(), name())),
                Some(HopFault::Partitions) => fault(&key, PolicyError::Partitions(role(), name())),
                None => {}
            }
            if target.hops.last().is_some_and(|hop| !application.may_use(&hop.role)) {
                fault(&key, PolicyError::Outside(role(), name()));
            }
            if application.targets.iter().take(n).any(|other| other.name == target.name) {
                let key = format!("role[{n}].name");
                fault(&key, PolicyError::Twice("role of an application", role()));
            }
        }
        if let Some(open) = &application.open {
            if application.accounts.is_empty() {
                fault("open_roles", PolicyError::OpenAccounts(name()));
            }
            if open.via.len() >= MAX_HOPS {
                fault("open_roles.via", PolicyError::Hops("(open)".into(), name()));
            }
        }
        if let Some(id) = application.partition.as_ref().filter(|id| partition::by_id(id).is_none()) {
            fault("partition", PolicyError::Partition(id.clone()));
        }
        let sound = |duration| (MIN_DURATION..=MAX_DURATION).contains(&duration);
        if !sound(application.duration) {
            fault("duration_seconds", PolicyError::Duration(name()));
        }
        match &application.narrowing {
            Narrowing::Nothing => {}
            Narrowing::Text(text) => {
                if let Err(why) = SessionPolicy::Given(text.clone()).text() {
                    fault("session_policy", PolicyError::SessionPolicy("(any)".into(), why));
                }
            }
            Narrowing::Guards => {
                let errors = self.check_narrowing(application).into_iter();
                errors.for_each(|error| fault("session_policy", error));
            }
        }
        check_accounts(&format!("{place}.accounts"), &application.accounts, faults);
    }
}

enum HopFault {
    Count,
    Partitions,
}

fn check_hops(hops: &[Hop]) -> Option<HopFault> {
    match hops.split_first() {
        None => Some(HopFault::Count),
        Some(_) if hops.len() > MAX_HOPS => Some(HopFault::Count),
        Some((first, rest)) => {
            let other = rest.iter().any(|hop| hop.role.partition() != first.role.partition());
            other.then_some(HopFault::Partitions)
        }
    }
}

fn check_accounts(place: &str, accounts: &[String], faults: &mut Vec<Fault>) {
    let sound = |text: &str| text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit());
    for (n, account) in accounts.iter().enumerate().filter(|(_, account)| !sound(account)) {
        let error = PolicyError::Account(account.clone());
        faults.push(Fault { place: format!("{place}[{n}]"), error });
    }
}

fn twice<T>(what: &'static str, all: &[T], name: fn(&T) -> &String, faults: &mut Vec<Fault>) {
    let mut seen = BTreeSet::new();
    for (n, name) in all.iter().map(name).enumerate() {
        if !seen.insert(name.as_str()) {
            let error = PolicyError::Twice(what, name.clone());
            faults.push(Fault { place: format!("{what}[{n}].name"), error });
        }
    }
}
