//! Whether STS would take the session policies that guards make: for each role, and for the roles that a subject has
//! together, since what its other roles deny is in the policy as well.

use std::collections::BTreeSet;

use super::super::session_policy::{Derived, SessionPolicy, SessionPolicyError};
use super::super::{Application, Grantee, Role, Subject};
use super::{PolicyError, Rules};

impl Rules {
    /// What is too long, or empty. Each role is told of once.
    ///
    /// Which roles claims bring together, and grants that overlap, is only known when somebody comes with them.
    pub(super) fn check_narrowing(&self, application: &Application) -> Vec<PolicyError> {
        let mut errors = Vec::new();
        let mut failed = BTreeSet::new();
        let might = |role: &&Role| role.may_allow(application);
        for role in self.roles.iter().filter(might) {
            if let Some(why) = fault(application, role, &[]) {
                failed.insert(role.name.as_str());
                errors.push(PolicyError::SessionPolicy(role.name.clone(), why));
            }
        }
        let mut tried = BTreeSet::new();
        for subject in &self.subjects {
            for held in self.together(subject) {
                for role in held.iter().copied().filter(might) {
                    let denying = |other: &&&Role| other.name != role.name && !other.guards.is_empty();
                    let others: Vec<&Role> = held.iter().filter(denying).copied().collect();
                    let names: BTreeSet<&str> = others.iter().map(|other| other.name.as_str()).collect();
                    let is_new = !names.is_empty() && tried.insert((role.name.as_str(), names));
                    if !is_new || failed.contains(role.name.as_str()) {
                        continue;
                    }
                    // To be denied all is a rule like any other.
                    if let Some(why @ SessionPolicyError::TooLong(_)) = fault(application, role, &others) {
                        failed.insert(role.name.as_str());
                        let (role, subject) = (role.name.clone(), subject.name.clone());
                        errors.push(PolicyError::SessionPolicyOf(role, subject, why));
                    }
                }
            }
        }
        errors
    }

    /// The roles that a subject has at one time: those for good, and beside them those of each grant.
    fn together(&self, subject: &Subject) -> Vec<Vec<&Role>> {
        let groups = || self.groups.iter().filter(|group| subject.groups.contains(&group.name));
        let own: Vec<&String> = subject.roles.iter().chain(groups().flat_map(|group| &group.roles)).collect();
        let timed = self.timed_grants.iter().filter(|timed| match &timed.to {
            Grantee::Subject(name) => *name == subject.name,
            Grantee::Group(name) => subject.groups.contains(name),
        });
        let given = std::iter::once(None).chain(timed.map(Some));
        let names = given.map(|timed| {
            let given = timed.into_iter().flat_map(|timed| &timed.roles);
            own.iter().copied().chain(given).collect::<BTreeSet<_>>()
        });
        names.map(|names| self.roles.iter().filter(|role| names.contains(&role.name)).collect()).collect()
    }
}

fn fault(application: &Application, role: &Role, others: &[&Role]) -> Option<SessionPolicyError> {
    let derived = Derived::of(application, role, others.iter().copied())?;
    SessionPolicy::Derived(derived).text().err()
}
