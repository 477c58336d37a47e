//! What a session may ask STS for: roles that its rules allow, the root user of accounts that its application names,
//! for no longer than it lasts itself.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>: a session is 900 seconds at least, one that
//! was assumed with another role's session 3600 at most.

use std::time::Duration;

use super::form::{Form, Found, Place};
use super::refusal::{Refusal, RefusalKind};
use crate::access::{AccountRoot, RoleArn};
use crate::operation::{Name, Operation};

/// The shortest session that STS gives.
const SHORTEST: u64 = 900;
/// The longest of a role that was assumed with another's session.
const CHAINED: u64 = 3600;

/// What is known of one who asks.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// What is left of the session; `None` if it has no end.
    pub(super) left: Option<Duration>,
    /// The longest that the grant allows.
    pub(super) cap: Option<Duration>,
    /// Whether the request is signed with a role's session, as all that the gateway signs is.
    pub(super) chained: bool,
}

/// What the request asks for.
pub(super) struct Asked {
    /// Whose session it is to be, where the operation names somebody.
    pub(super) goal: Option<Goal>,
    /// The duration that must stand there instead, and where.
    pub(super) shortened: Option<Shortened>,
}

/// Whose session is asked for.
pub(super) enum Goal {
    Role(RoleArn),
    Root(AccountRoot),
}

impl Goal {
    /// As it stands in the record's chain of roles.
    pub(super) fn arn(&self) -> String {
        match self {
            Self::Role(role) => role.to_string(),
            Self::Root(root) => root.to_string(),
        }
    }
}

/// A duration to be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shortened {
    pub(super) seconds: u64,
    /// The whole text of the query or of the form.
    pub(super) text: Vec<u8>,
    pub(super) place: Place,
}

/// The parameter that says whose session is asked for.
#[derive(Clone, Copy)]
enum Names {
    RoleArn,
    TargetPrincipal,
    Nobody,
}

/// The default duration of an operation, and what it names; `None` for operations that give no session.
fn terms(operation: &Operation) -> Option<(u64, Names)> {
    match (&*operation.service, operation.name) {
        ("sts", Name::Exact("AssumeRole" | "AssumeRoleWithSAML" | "AssumeRoleWithWebIdentity")) => {
            Some((3600, Names::RoleArn))
        }
        ("sts", Name::Exact("GetSessionToken" | "GetFederationToken")) => Some((43200, Names::Nobody)),
        ("sts", Name::Exact("AssumeRoot")) => Some((900, Names::TargetPrincipal)),
        _ => None,
    }
}

/// Reads a request for a session; `None` if it is for anything else.
pub(super) fn read(operation: &Operation, form: &Form<'_>, bounds: Bounds) -> Result<Option<Asked>, Refusal> {
    let Some((default, names)) = terms(operation) else { return Ok(None) };
    let goal = match names {
        Names::Nobody => None,
        Names::RoleArn => {
            let role = form.one("RoleArn")?.ok_or_else(|| denied("no role is named"))?;
            Some(Goal::Role(RoleArn::parse(&role.value).map_err(|why| denied(&why.to_string()))?))
        }
        Names::TargetPrincipal => {
            let root = form.one("TargetPrincipal")?.ok_or_else(|| denied("no account is named"))?;
            Some(Goal::Root(AccountRoot::parse(&root.value).map_err(|why| denied(&why.to_string()))?))
        }
    };
    let action = form.one("Action")?.ok_or_else(|| denied("no action is named"))?;
    let asked = form.one("DurationSeconds")?;
    let wanted = match &asked {
        None => default,
        Some(found) => {
            let digits =
                (1..=9).contains(&found.value.len()) && found.value.bytes().all(|c| c.is_ascii_digit());
            let number = found.value.parse().ok().filter(|_| digits);
            number.ok_or_else(|| denied("the duration is no number of seconds"))?
        }
    };
    let longest = longest(bounds)?;
    let shortened = (wanted > longest).then(|| shorten(form, &action, asked.as_ref(), longest));
    Ok(Some(Asked { goal, shortened }))
}

fn longest(bounds: Bounds) -> Result<u64, Refusal> {
    let all = [bounds.left, bounds.cap].into_iter().flatten().map(|bound| bound.as_secs());
    let longest = all.chain(bounds.chained.then_some(CHAINED)).min().unwrap_or(u64::MAX);
    if longest < SHORTEST {
        return Err(Refusal::new(
            RefusalKind::Denied,
            "less than 15 minutes are left of this session, which is the shortest that AWS STS gives; sign in again",
        )
        .with_detail(format!("{longest} seconds may be asked for, and sts gives {SHORTEST} at least")));
    }
    Ok(longest)
}

fn shorten(form: &Form<'_>, action: &Found, asked: Option<&Found>, seconds: u64) -> Shortened {
    let at = asked.unwrap_or(action);
    let text = if at.place == Place::Query { form.query } else { form.body };
    let before = text.get(..at.span.start).unwrap_or_default();
    let after = text.get(at.span.end..).unwrap_or_default();
    let text = match asked {
        Some(_) => [before, seconds.to_string().as_bytes(), after].concat(),
        // Beside the action, where the service looks for the rest as well.
        None => [text, format!("&DurationSeconds={seconds}").as_bytes()].concat(),
    };
    Shortened { seconds, text, place: at.place }
}

fn denied(why: &str) -> Refusal {
    Refusal::new(RefusalKind::Denied, "the gateway cannot tell what session is asked for")
        .with_detail(format!("a request for a session is refused: {why}"))
}
