//! What a request asks of AWS for itself: a session, which the rules must allow, and whose credentials are sealed.

use std::collections::BTreeMap;

use super::amend::Change;
use super::form::{Form, Place};
use super::reply::Replacement;
use super::sts::{self, Bounds, Goal};
use super::{Gateway, Refusal, mark};
use crate::access::{Grant, Identity};
use crate::audit::{Record, Shown};
use crate::operation::Operation;
use crate::sigv4::{Plus, Request};
use crate::time::Time;

/// Who asks, and within which bounds.
pub(super) struct Session<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) identity: &'a Identity,
    /// When the placeholder ends.
    pub(super) ends: Option<Time>,
    /// What the request itself is signed with.
    pub(super) grant: &'a Grant,
    /// Whether the request is signed with a role's session.
    pub(super) chained: bool,
    /// The roles that the client has assumed through the gateway so far.
    pub(super) roles: &'a [String],
}

/// What is asked for, and what must be different.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) goal: Option<Goal>,
    pub(super) change: Change,
}

impl Session<'_> {
    /// Reads what is asked for, and decides. Most requests ask for no session.
    pub(super) fn asked(
        &self,
        operation: &Operation,
        request: &Request<'_>,
        plus: Plus,
        body: &[u8],
        now: Time,
        record: &mut Record,
    ) -> Result<Asked, Refusal> {
        let form = Form { query: request.query(), plus, body };
        let left = self.ends.map(|end| end.since(now));
        let bounds = Bounds { left, cap: self.grant.max_duration, chained: self.chained };
        let Some(asked) = sts::read(operation, &form, bounds)? else { return Ok(Asked::default()) };
        mark::check(&form, self.grant).inspect_err(|_| record.rule = Some("clients_may_set".into()))?;
        if let Some(goal) = &asked.goal {
            let access = &self.gateway.access;
            let allowed = match goal {
                Goal::Role(role) => access.may_assume(self.identity, role, now),
                Goal::Root(root) => access.may_assume_root(self.identity, root, now),
            };
            let allowed = allowed.map_err(|why| {
                record.rule = Some(format!("assume {}: {}", goal.arn(), why.name()).into());
                Refusal::from(why)
            })?;
            let rule = record.rule.take().unwrap_or_default();
            record.rule = Some(format!("{rule}; assume: {allowed}").into());
        }
        let mut change = Change::default();
        if let Some(shortened) = asked.shortened {
            let seconds = shortened.seconds;
            record.reason = Some(Shown::text(&format!("the session asked for was shortened to {seconds} s")));
            match shortened.place {
                Place::Query => change.query = Some(shortened.text),
                Place::Body => change.body = Some(shortened.text),
            }
        }
        Ok(Asked { goal: asked.goal, change })
    }

    /// How the credentials of the answer are to be replaced.
    pub(super) fn replacement(
        &self,
        operation: &Operation,
        asked: &Asked,
        root: &str,
        signed_in: &BTreeMap<String, String>,
    ) -> Replacement {
        let mut roles = self.roles.to_vec();
        roles.extend(asked.goal.as_ref().map(Goal::arn));
        Replacement {
            protocol: operation.protocol,
            identity: self.identity.clone(),
            signed_in: signed_in.clone(),
            session_ends: self.ends,
            root: root.to_owned(),
            roles,
        }
    }
}
