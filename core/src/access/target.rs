//! Roles that a subject asks STS for itself, through the gateway.

use super::{ArnPattern, Denied, Grant, Identity, Policy, RoleArn};
use crate::time::Time;

impl Policy {
    /// Whether the subject may assume a role that it names itself, with the credentials that it has through the gateway;
    /// gives the rule. The patterns of its gateway roles decide, as they do for the roles of applications. A role that
    /// the gateway itself goes through on its way to others must be named in full: a pattern that happens to match it
    /// does not open the gateway's own way.
    ///
    /// # Errors
    /// [`Denied`] with the reason.
    pub fn may_assume(&self, who: &Identity, role: &RoleArn, _now: Time) -> Result<String, Denied> {
        let subject = self.subject(&who.subject).ok_or(Denied::UnknownSubject)?;
        let own = || self.roles.iter().filter(|other| subject.roles.contains(&other.name));
        let is_ours = self.is_on_the_way(role);
        let allows = |pattern: &ArnPattern| {
            pattern.matches(role) && (!is_ours || pattern.to_string() == role.as_str())
        };
        if let Some((by, pattern)) =
            own().find_map(|by| Some((by, by.deny.iter().find(|pattern| pattern.matches(role))?)))
        {
            return Err(Denied::DeniedBy(format!("role {}: deny {pattern}", by.name)));
        }
        let allowed = own().find_map(|by| Some((by, by.allow.iter().find(|pattern| allows(pattern))?)));
        let (by, pattern) = allowed.ok_or(Denied::NotAllowed)?;
        Ok(format!("role {}: allow {pattern}", by.name))
    }

    /// Whether the gateway assumes the role only to assume others with it.
    fn is_on_the_way(&self, role: &RoleArn) -> bool {
        let mut targets = self.applications.iter().flat_map(|application| &application.targets);
        targets.any(|target| {
            let before = target.hops.split_last().map_or(&[][..], |(_, before)| before);
            before.iter().any(|hop| hop.role == *role)
        })
    }
}

impl Policy {
    /// A grant for each role of an application by its name, in nobody's: to try whether it can be assumed. Nothing but
    /// such a trial may be signed with it.
    #[must_use]
    pub fn trials(&self, application: &str) -> Vec<(String, Grant)> {
        let found = self.applications.iter().find(|other| other.name == application);
        let targets =
            found.into_iter().flat_map(|found| found.targets.iter().map(move |target| (found, target)));
        let trial = |(found, target): (&super::Application, &super::Target)| {
            let grant = Grant {
                identity: Identity::new(TRIAL, &found.name, &target.name),
                source: found.source.clone(),
                hops: target.hops.clone(),
                session_name: TRIAL.to_owned(),
                source_identity: None,
                tags: Vec::new(),
                transitive_tag_keys: Vec::new(),
                session_policy: None,
                session_policy_arns: Vec::new(),
                duration: super::MIN_DURATION,
                max_duration: None,
                approval: None,
                rule: TRIAL.to_owned(),
            };
            (target.name.clone(), grant)
        };
        targets.map(trial).collect()
    }
}

/// Who tries, as AWS's own log will show it.
const TRIAL: &str = "awsaccess-health";
