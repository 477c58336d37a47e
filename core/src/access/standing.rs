//! What a subject has just now, and which AWS role its key means.

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;

use super::template::Known;
use super::{Application, Denied, Grantee, Hop, Identity, Policy, Role, RoleArn, TimedGrant, Traits};
use crate::time::Time;

/// The gateway roles of a subject, and what the configuration says of it.
pub(super) struct Standing<'a> {
    pub(super) held: SmallVec<[Held<'a>; 4]>,
    internal: Cow<'a, Traits>,
}

/// A gateway role that a subject has, for good or for a time.
pub(super) struct Held<'a> {
    pub(super) role: &'a Role,
    pub(super) timed: Option<&'a TimedGrant>,
}

impl Standing<'_> {
    pub(super) fn known<'b>(&'b self, who: &'b Identity) -> Known<'b> {
        Known { who, internal: &self.internal }
    }
}

static NOTHING: Traits = Traits::none();

impl Policy {
    pub(super) fn standing<'a>(&'a self, who: &Identity, now: Time) -> Result<Standing<'a>, Denied> {
        let rules = &self.rules;
        let subject = rules.subjects.iter().find(|subject| subject.name == *who.subject);
        let in_group = |name: &String| subject.is_some_and(|subject| subject.groups.contains(name));
        let groups = || rules.groups.iter().filter(|group| in_group(&group.name));
        let mapped: Vec<_> = rules.mappings.iter().filter(|mapping| mapping.fits(who)).collect();
        let is_to = |timed: &&TimedGrant| match &timed.to {
            Grantee::Subject(name) => **name == *who.subject,
            Grantee::Group(name) => in_group(name),
        };
        let timed: Vec<_> =
            rules.timed_grants.iter().filter(|timed| timed.is_good_at(now)).filter(is_to).collect();
        if subject.is_none() && mapped.is_empty() && timed.is_empty() {
            return Err(Denied::UnknownSubject);
        }

        // What is had for good comes first, so that it decides before what is had for a time.
        let own = subject.into_iter().flat_map(|subject| &subject.roles);
        let own = own.chain(groups().flat_map(|group| &group.roles));
        let own = own.chain(mapped.iter().flat_map(|mapping| &mapping.roles)).map(|name| (name, None));
        let given = timed.iter().flat_map(|timed| timed.roles.iter().map(|name| (name, Some(*timed))));
        let mut held: SmallVec<[Held<'a>; 4]> = SmallVec::new();
        for (name, timed) in own.chain(given) {
            let role = rules.roles.iter().find(|role| role.name == *name);
            if let Some(role) = role.filter(|role| !held.iter().any(|had| had.role.name == role.name)) {
                held.push(Held { role, timed });
            }
        }

        let own = subject.map_or(&NOTHING, |subject| &subject.traits);
        let mut internal = Cow::Borrowed(own);
        for group in groups().filter(|group| !group.traits.is_empty()) {
            for (name, values) in group.traits.iter() {
                // Bounds were checked when the rules were taken.
                let _ = internal.to_mut().insert(name, values.iter().map(String::as_str));
            }
        }
        Ok(Standing { held, internal })
    }

    /// The application, and the roles to assume in it.
    pub(super) fn target(
        &self,
        who: &Identity,
        standing: &Standing<'_>,
    ) -> Result<(&Application, Arc<[Hop]>), Denied> {
        let application =
            self.rules.applications.iter().find(|application| application.name == *who.application);
        let application = application.ok_or(Denied::UnknownApplication)?;
        if let Some(target) = application.targets.iter().find(|target| target.name == *who.role) {
            return Ok((application, target.hops.clone()));
        }
        let listed = application.targets.iter().filter_map(|target| {
            let goal = target.hops.last()?.role.clone();
            Some((goal, target.hops.clone()))
        });
        let mut all: Vec<(RoleArn, Arc<[Hop]>)> = Vec::new();
        for (goal, hops) in listed.chain(open_roles(application, who, standing)) {
            let is_meant = [goal.as_str(), goal.path(), goal.name()].contains(&&*who.role);
            if is_meant && !all.iter().any(|(other, _)| *other == goal) {
                all.push((goal, hops));
            }
        }
        match all.len() {
            0 => Err(Denied::UnknownRole),
            1 => all.pop().map(|(_, hops)| (application, hops)).ok_or(Denied::UnknownRole),
            _ => Err(Denied::AmbiguousRole(
                all.iter().map(|(goal, _)| goal.as_str()).collect::<Vec<_>>().join(", "),
            )),
        }
    }
}

/// The roles that an open application does not list: the one that the key has the ARN of, and those that rules name.
fn open_roles<'a>(
    application: &'a Application,
    who: &'a Identity,
    standing: &'a Standing<'_>,
) -> impl Iterator<Item = (RoleArn, Arc<[Hop]>)> + 'a {
    application.open.iter().flat_map(move |open| {
        let named = standing.held.iter().flat_map(move |held| held.role.named(standing.known(who)));
        let given = RoleArn::parse(&who.role).ok().into_iter();
        given.chain(named).filter(|role| application.may_use(role)).map(|role| {
            let last = Hop { role: role.clone(), external_id: open.external_id.clone() };
            (role, open.via.iter().cloned().chain([last]).collect())
        })
    })
}
