//! Who may use which role, and for what: subjects, their roles, and the AWS roles of applications. Decided anew for each
//! request.
//!
//! A subject has gateway roles: its own, those of its groups, those that the claims in its key are mapped to, and those
//! that somebody gave it for a time. A gateway role allows and denies AWS roles by ARN, and guards what is done with
//! them. Whatever is denied by one of them stays denied (deny wins), and what nobody allows is not allowed. A request is
//! given the roles of exactly one application, in the order in which they are assumed; which one, its placeholder key
//! says and nothing else.
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
//! assert_eq!(&*policy.decide(&alice, &wish, now).unwrap().session_name, "alice@example.com");
//! ```

mod application;
mod arn;
mod glob;
mod grant;
mod guard;
mod host;
mod identity;
mod mark;
mod role;
mod root;
mod rules;
mod session;
mod session_policy;
mod session_replies;
mod stamp;
mod standing;
mod subject;
mod target;
mod template;
mod traits;
mod wish;

use std::sync::Arc;
use std::time::Duration;

pub use application::{Application, Hop, Narrowing, OpenRoles, Target};
pub use arn::{ArnError, ArnPattern, RoleArn};
pub use grant::{Approval, Denied, Grant, Question, Restriction};
pub use guard::{Guard, RuleError};
pub use host::HostPattern;
pub use identity::Identity;
pub use mark::Mark;
pub use role::{Labels, Role};
pub use root::AccountRoot;
pub use rules::{Fault, PolicyError, Rules};
pub use session_policy::{Derived, SessionPolicy, SessionPolicyError};
pub use stamp::{Stamp, StampError, session_name};
pub use subject::{Grantee, Group, Mapping, Subject, TimedGrant};
pub use template::{Template, TemplateError};
pub use traits::{Traits, TraitsError};
pub use wish::Wish;

use crate::time::Time;

use guard::Asked;

use standing::{Held, Standing};

/// The longest session of a chained role, and so of every role here: AWS allows one hour.
pub const MAX_DURATION: Duration = Duration::from_secs(3600);
/// The shortest session of a role that STS gives.
pub const MIN_DURATION: Duration = Duration::from_secs(900);
/// The most roles in a row.
const MAX_HOPS: usize = 4;

/// All rules together, checked to be whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    rules: Rules,
}

impl Policy {
    /// Takes applications, roles and subjects, if they are whole; [`Policy::of`] takes all else too.
    ///
    /// # Errors
    /// [`PolicyError`] names what does not fit.
    pub fn new(
        applications: Vec<Application>,
        roles: Vec<Role>,
        subjects: Vec<Subject>,
    ) -> Result<Self, PolicyError> {
        Self::of(Rules { applications, roles, subjects, ..Rules::default() })
    }

    /// The applications.
    pub fn applications(&self) -> impl Iterator<Item = &Application> {
        self.rules.applications.iter()
    }

    /// Takes the rules, if they are whole.
    ///
    /// # Errors
    /// [`PolicyError`] names the first that does not fit; [`Rules::faults`] names all.
    pub fn of(mut rules: Rules) -> Result<Self, PolicyError> {
        if let Some(fault) = rules.faults().into_iter().next() {
            return Err(fault.error);
        }
        rules.roles.iter_mut().for_each(Role::name_rules);
        Ok(Self { rules })
    }

    /// The AWS role that the identity would use, whatever for: the question of who issues a key.
    ///
    /// # Errors
    /// [`Denied`] with the reason.
    pub fn role_of(&self, who: &Identity, now: Time) -> Result<RoleArn, Denied> {
        let standing = self.standing(who, now)?;
        let (application, hops) = self.target(who, &standing)?;
        let goal = hops.last().ok_or(Denied::UnknownRole)?.role.clone();
        check_denials(application, &standing, who, &goal)?;
        let mut allowing = allowing(application, &standing, who, &goal);
        allowing.next().map(|_| goal.clone()).ok_or(Denied::NotAllowed)
    }

    /// Whether the identity names a subject, an application and a role that are there, whatever it may do with them.
    ///
    /// # Errors
    /// [`Denied`] says what is not there.
    pub fn check(&self, who: &Identity, now: Time) -> Result<(), Denied> {
        let standing = self.standing(who, now)?;
        self.target(who, &standing).map(|_| ())
    }

    /// Decides.
    ///
    /// # Errors
    /// [`Denied`] with the reason.
    pub fn decide(&self, who: &Identity, wish: &Wish<'_>, now: Time) -> Result<Grant, Denied> {
        let standing = self.standing(who, now)?;
        let (application, hops) = self.target(who, &standing)?;
        let goal = hops.last().ok_or(Denied::UnknownRole)?.role.clone();
        check_denials(application, &standing, who, &goal)?;
        let mut allowed = allowing(application, &standing, who, &goal).peekable();
        allowed.peek().ok_or(Denied::NotAllowed)?;
        wish.check_bounds(application, &goal)?;
        check_denied_operations(application, &standing, wish)?;

        let mut why = None;
        let found = allowed.find(|(held, _)| match check_guards(&held.role.guards, wish) {
            Ok(()) => true,
            Err(denied) => {
                why.get_or_insert(denied);
                false
            }
        });
        let Some((held, rule)) = found else { return Err(why.unwrap_or(Denied::NotAllowed)) };
        granted(who, application, &standing, (held, rule), hops, now)
    }
}

/// What is granted by a role that is held, by its rule.
fn granted(
    who: &Identity,
    application: &Application,
    standing: &Standing<'_>,
    (held, rule): (&Held<'_>, &Arc<str>),
    hops: Arc<[Hop]>,
    now: Time,
) -> Result<Grant, Denied> {
    let stamped = application.stamp.fill(standing.known(who))?;
    let left = held.timed.map(|timed| timed.ends_at.since(now));
    let longest = application.max_duration.unwrap_or(application.duration);
    Ok(Grant {
        identity: who.clone(),
        source: Arc::clone(&application.source),
        session_name: stamped.session_name,
        source_identity: stamped.source_identity,
        tags: stamped.tags,
        transitive_tag_keys: stamped.transitive_tag_keys,
        clients_may_set: application.clients_may_set.clone(),
        session_policy: session_policy(application, held.role, standing),
        session_policy_arns: application.session_policy_arns.clone(),
        duration: application.duration,
        max_duration: Some(left.map_or(longest, |left| left.min(longest))),
        approval: held
            .timed
            .map(|timed| Approval { by: timed.approved_by.clone(), reason: timed.reason.clone() }),
        rule: Arc::clone(rule),
        hops,
    })
}

fn check_denials(
    application: &Application,
    standing: &Standing<'_>,
    who: &Identity,
    goal: &RoleArn,
) -> Result<(), Denied> {
    let mut held = standing.held.iter();
    held.find_map(|held| held.role.denial(application, goal, standing.known(who))).map_or(Ok(()), Err)
}

/// Those of the roles held that allow the AWS role, each with its rule.
fn allowing<'a, 'r>(
    application: &'a Application,
    standing: &'a Standing<'r>,
    who: &'a Identity,
    goal: &'a RoleArn,
) -> impl Iterator<Item = (&'a Held<'r>, &'r Arc<str>)> {
    standing
        .held
        .iter()
        .filter_map(move |held| Some((held, held.role.allowance(application, goal, standing.known(who))?)))
}

/// What the guards of the application say, and what those of any role held deny.
fn check_denied_operations(
    application: &Application,
    standing: &Standing<'_>,
    wish: &Wish<'_>,
) -> Result<(), Denied> {
    check_guards(&application.guards, wish)?;
    let mut guards = standing.held.iter().flat_map(|held| &held.role.guards);
    let Some(operation) = wish.operation else {
        return guards.next().map_or(Ok(()), |guard| Err(untold(guard)));
    };
    let asked = Asked::request(operation);
    guards.find_map(|guard| guard.denial(asked)).map_or(Ok(()), |rule| Err(Denied::Operation(rule)))
}

/// Who does not say what is asked for is not let past a guard.
fn untold(guard: &Guard) -> Denied {
    Denied::Operation(format!("guard {}: the operation was not told", guard.name()))
}

fn check_guards(guards: &[Arc<Guard>], wish: &Wish<'_>) -> Result<(), Denied> {
    let Some(first) = guards.first() else { return Ok(()) };
    let Some(operation) = wish.operation else {
        return Err(untold(first));
    };
    let asked = Asked::request(operation);
    for guard in guards {
        if let Some(rule) = guard.denial(asked) {
            return Err(Denied::Operation(rule));
        }
        if !guard.allows(asked) {
            return Err(Denied::Operation(format!("guard {}: nothing allows it", guard.name())));
        }
    }
    Ok(())
}

fn session_policy(
    application: &Application,
    deciding: &Role,
    standing: &Standing<'_>,
) -> Option<SessionPolicy> {
    match &application.narrowing {
        Narrowing::Nothing => None,
        Narrowing::Text(text) => Some(SessionPolicy::Given(text.clone())),
        Narrowing::Guards => {
            let held = standing.held.iter().map(|held| held.role);
            Derived::of(application, deciding, held).map(SessionPolicy::Derived)
        }
    }
}

#[cfg(test)]
mod tests;
