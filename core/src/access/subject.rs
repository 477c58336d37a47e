//! Subjects, their groups, and how they come by gateway roles: for good, by what is claimed of them, or for a time.

use super::glob;
use super::{Identity, Traits};
use crate::time::Time;

/// A person, a job or an agent, and the gateway roles it has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subject {
    /// The name.
    pub name: String,
    /// The gateway roles that it has of its own.
    pub roles: Vec<String>,
    /// The groups that it is in.
    pub groups: Vec<String>,
    /// What the configuration says of it.
    pub traits: Traits,
}

impl Subject {
    /// A subject with those roles, in no group.
    pub fn new(name: impl Into<String>, roles: &[&str]) -> Self {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        Self { name: name.into(), roles, groups: Vec::new(), traits: Traits::new() }
    }
}

/// What several subjects have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group {
    /// The name.
    pub name: String,
    /// The gateway roles that its members have.
    pub roles: Vec<String>,
    /// What the configuration says of its members.
    pub traits: Traits,
}

impl Group {
    /// A group whose members have those roles.
    pub fn new(name: impl Into<String>, roles: &[&str]) -> Self {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        Self { name: name.into(), roles, traits: Traits::new() }
    }
}

/// Gateway roles for what an identity provider says: a group, a team, an attribute of SAML or OIDC.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mapping {
    /// The name of the claim.
    pub claim: String,
    /// The values that will do, as globs.
    pub values: Vec<String>,
    /// The gateway roles of those who have one of them.
    pub roles: Vec<String>,
}

impl Mapping {
    /// Roles for values of a claim.
    pub fn new(claim: impl Into<String>, values: &[&str], roles: &[&str]) -> Self {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self { claim: claim.into(), values: own(values), roles: own(roles) }
    }

    pub(super) fn fits(&self, who: &Identity) -> bool {
        let claimed = who.traits.values(&self.claim);
        claimed.iter().any(|value| self.values.iter().any(|pattern| glob::matches(pattern, value)))
    }
}

/// To whom something is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantee {
    /// A subject of that name.
    Subject(String),
    /// The members of a group of the configuration.
    Group(String),
}

/// Gateway roles for a time: just in time, approved by somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimedGrant {
    /// To whom.
    pub to: Grantee,
    /// The gateway roles.
    pub roles: Vec<String>,
    /// From when.
    pub begins_at: Time,
    /// Until when, exclusive.
    pub ends_at: Time,
    /// Who approved it.
    pub approved_by: String,
    /// Why.
    pub reason: String,
}

impl TimedGrant {
    /// Roles from one time to another.
    pub fn new(to: Grantee, roles: &[&str], begins_at: Time, ends_at: Time) -> Self {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        Self { to, roles, begins_at, ends_at, approved_by: String::new(), reason: String::new() }
    }

    /// With who approved it, and why.
    #[must_use]
    pub fn approved(mut self, by: impl Into<String>, reason: impl Into<String>) -> Self {
        self.approved_by = by.into();
        self.reason = reason.into();
        self
    }

    pub(super) fn is_good_at(&self, now: Time) -> bool {
        self.begins_at <= now && now < self.ends_at
    }
}
