//! Roles that a subject asks STS for itself, through the gateway.

use std::sync::Arc;

use super::{Denied, Grant, Identity, Policy, RoleArn, allowing, check_denials};
use crate::time::Time;

impl Policy {
    /// Whether the subject may assume a role that it names itself, with the credentials that it has through the gateway;
    /// gives the rule. Its gateway roles decide, as they do for the roles of applications, within the accounts and the
    /// partition of the application that its key is for. A role that the gateway itself goes through on its way to
    /// others must be named in full: a pattern that happens to match it does not open the gateway's own way.
    ///
    /// # Errors
    /// [`Denied`] with the reason.
    pub fn may_assume(&self, who: &Identity, role: &RoleArn, now: Time) -> Result<String, Denied> {
        let standing = self.standing(who, now)?;
        let (application, _) = self.target(who, &standing)?;
        if !application.may_use(role) {
            return Err(Denied::Target(role.to_string()));
        }
        check_denials(application, &standing, who, role)?;
        let is_ours = self.rules.is_on_the_way(role);
        let mut allowing = allowing(application, &standing, who, role);
        let found = allowing
            .find(|(held, _)| !is_ours || held.role.named(standing.known(who)).any(|own| own == *role));
        found.map(|(_, rule)| rule.to_string()).ok_or(Denied::NotAllowed)
    }
}

impl Policy {
    /// A grant for each role of an application by its name, in nobody's: to try whether it can be assumed. Nothing but
    /// such a trial may be signed with it.
    #[must_use]
    pub fn trials(&self, application: &str) -> Vec<(String, Grant)> {
        let found = self.rules.applications.iter().find(|other| other.name == application);
        let targets =
            found.into_iter().flat_map(|found| found.targets.iter().map(move |target| (found, target)));
        let trial = |(found, target): (&super::Application, &super::Target)| {
            let grant = Grant {
                identity: Identity::new(TRIAL, found.name.as_str(), target.name.as_str()),
                source: Arc::clone(&found.source),
                hops: Arc::clone(&target.hops),
                session_name: TRIAL.into(),
                source_identity: None,
                tags: Vec::new(),
                transitive_tag_keys: Vec::new(),
                clients_may_set: Vec::new(),
                session_policy: None,
                session_policy_arns: Vec::new(),
                duration: super::MIN_DURATION,
                max_duration: None,
                approval: None,
                rule: TRIAL.into(),
            };
            (target.name.clone(), grant)
        };
        targets.map(trial).collect()
    }
}

/// Who tries, as AWS's own log will show it.
const TRIAL: &str = "awsaccess-health";
