//! Sessions that leave the gateway: a person's in the console, whose requests never pass it.

use std::sync::Arc;

use super::{
    Application, Denied, Grant, Guard, Identity, Narrowing, Policy, allowing, check_denials, granted, untold,
};
use crate::time::Time;

impl Policy {
    /// What a subject may take away as a whole session. All that is said of roles holds as it does for a request; what
    /// only the gateway can keep a request within does not. So it is denied where the application has bounds, or a guard
    /// binds the subject, unless AWS itself is told of them: of services and of guards on operations by a session policy
    /// that is made of the guards ([`Narrowing::Guards`]), of regions, hosts and resources never.
    ///
    /// # Errors
    /// [`Denied`] with the reason.
    pub fn decide_session(&self, who: &Identity, now: Time) -> Result<Grant, Denied> {
        let standing = self.standing(who, now)?;
        let (application, hops) = self.target(who, &standing)?;
        let goal = hops.last().ok_or(Denied::UnknownRole)?.role.clone();
        check_denials(application, &standing, who, &goal)?;
        let allowed = allowing(application, &standing, who, &goal).next().ok_or(Denied::NotAllowed)?;
        let held = standing.held.iter().flat_map(|held| &held.role.guards);
        check_bounds(application, held)?;
        granted(who, application, &standing, allowed, hops, now)
    }
}

impl Application {
    /// Whether a whole session of it may be taken away at all; of whom, the subject's own roles say.
    #[must_use]
    pub fn may_leave(&self) -> bool {
        check_bounds(self, []).is_ok()
    }
}

fn check_bounds<'a>(
    application: &'a Application,
    held: impl IntoIterator<Item = &'a Arc<Guard>>,
) -> Result<(), Denied> {
    if !application.regions.is_empty() {
        return Err(Denied::Region);
    }
    if !application.hosts.is_empty() {
        return Err(Denied::Host);
    }
    let is_told = application.narrowing == Narrowing::Guards;
    if !is_told && !application.services.is_empty() {
        return Err(Denied::Service);
    }
    let mut guards = application.guards.iter().chain(held);
    let unkept = guards.find(|guard| !is_told || guard.is_about_resources());
    unkept.map_or(Ok(()), |guard| Err(untold(guard)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Hop, Role, SessionPolicy, Subject, Target};

    const READER: &str = "arn:aws:iam::123456789012:role/reader";

    fn decide(edit: impl FnOnce(&mut Application, &mut Role)) -> Result<Grant, Denied> {
        let target = Target::new("reader", vec![Hop::new(READER).unwrap()]);
        let mut application = Application::new("prod", "base", vec![target]);
        let mut role = Role::new("dev", &[READER], &[]).unwrap();
        edit(&mut application, &mut role);
        let policy =
            Policy::new(vec![application], vec![role], vec![Subject::new("alice", &["dev"])]).unwrap();
        policy.decide_session(&Identity::new("alice", "prod", "reader"), Time::from_unix(1_800_000_000))
    }

    fn guard(allow: &str) -> Vec<Arc<Guard>> {
        vec![Arc::new(Guard::new("g", Some(&[allow]), &[]).unwrap())]
    }

    #[test]
    fn what_only_the_gateway_keeps_is_kept_from_leaving() {
        assert_eq!(*decide(|_, _| {}).unwrap().rule, format!("role dev: allow {READER}"));
        assert_eq!(decide(|_, role| role.allow.clear()).unwrap_err(), Denied::NotAllowed);
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(decide(|prod, _| prod.services = named(&["s3"])).unwrap_err(), Denied::Service);
        assert_eq!(decide(|prod, _| prod.regions = named(&["eu-west-1"])).unwrap_err(), Denied::Region);
        let host = crate::access::HostPattern::parse("s3.amazonaws.com").unwrap();
        assert_eq!(decide(|prod, _| prod.hosts = vec![host]).unwrap_err(), Denied::Host);
        assert!(matches!(decide(|_, role| role.guards = guard("s3:*")), Err(Denied::Operation(_))));
        assert!(matches!(decide(|prod, _| prod.guards = guard("s3:*")), Err(Denied::Operation(_))));
    }

    #[test]
    fn an_application_with_bounds_has_no_console_for_anybody() {
        let may = |edit: fn(&mut Application)| {
            let mut application = Application::new("prod", "base", Vec::new());
            edit(&mut application);
            application.may_leave()
        };
        assert!(may(|_| {}));
        assert!(!may(|prod| prod.regions = vec!["eu-west-1".to_owned()]));
        assert!(!may(|prod| prod.services = vec!["s3".to_owned()]));
        assert!(!may(|prod| prod.guards = guard("s3:*")));
        assert!(may(|prod| (prod.narrowing, prod.guards) = (Narrowing::Guards, guard("s3:*"))));
    }

    #[test]
    fn what_aws_is_told_of_may_leave() {
        let told = decide(|prod, role| {
            prod.narrowing = Narrowing::Guards;
            prod.services = vec!["s3".to_owned()];
            role.guards = guard("s3:@read");
        });
        let policy = told.unwrap().session_policy.as_ref().map(SessionPolicy::text).unwrap().unwrap();
        assert!(policy.contains("s3:GetObject") && !policy.contains("s3:PutObject\""), "{policy}");
        let about = decide(|prod, role| {
            prod.narrowing = Narrowing::Guards;
            role.guards = guard("s3:GetObject bucket:public");
        });
        assert!(matches!(about, Err(Denied::Operation(_))), "of a bucket it cannot be told");
    }
}
