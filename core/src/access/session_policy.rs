//! Session policies: what the guards allow, said in the words of IAM, so that the credentials of a role can do no more at
//! AWS than the gateway lets through.
//!
//! A session has what its role allows and its session policy allows too:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>. STS takes 2,048 characters,
//! so that only what is needed is compressed: actions are listed one by one, and where they are too many, those of the
//! service that has most are gathered under wildcards that take in no known action which is not meant. Resources are left
//! to the gateway; what a rule says about them is not in the policy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use thiserror::Error;

use super::guard::Asked;
use super::{Application, Guard, Role};
use crate::operation::{CATALOGUE, Listed};

/// The most characters of a policy and the ARNs of managed ones that STS takes together.
const MOST: usize = 2048;

/// What narrows a session: a policy that STS is given with the role.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionPolicy {
    /// The text of a policy, as the configuration has it.
    Given(String),
    /// What guards say.
    Derived(Derived),
}

/// What a policy is made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Derived {
    /// The services that may be used; none named: all.
    pub(super) services: Vec<String>,
    pub(super) guards: Vec<Arc<Guard>>,
    /// The characters that the ARNs of managed policies take.
    pub(super) taken: usize,
}

/// Why there is no session policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SessionPolicyError {
    /// A text that is no policy.
    #[error("the session policy is no json object with a Statement")]
    NoPolicy,
    /// More than STS takes.
    #[error(
        "the session policy would have {0} characters, and sts takes {MOST}; name fewer services for the application, or \
         guard it without a session policy"
    )]
    TooLong(usize),
    /// It would allow nothing, which STS does not take.
    #[error("the guards of the session policy allow nothing that is known of the application's services")]
    Empty,
}

impl SessionPolicy {
    /// The policy as JSON.
    ///
    /// # Errors
    /// [`SessionPolicyError`] says why STS would not take it.
    pub fn text(&self) -> Result<String, SessionPolicyError> {
        match self {
            Self::Given(text) => {
                let value: Value = serde_json::from_str(text).map_err(|_| SessionPolicyError::NoPolicy)?;
                if value.get("Statement").is_none() {
                    return Err(SessionPolicyError::NoPolicy);
                }
                fit(value.to_string(), 0)
            }
            Self::Derived(derived) => derived.text(),
        }
    }

    /// Where it comes from, for who has to make it shorter: the data and the guards that it was made of.
    #[must_use]
    pub fn origin(&self) -> String {
        let Self::Derived(derived) = self else { return "as the configuration has it".to_owned() };
        let guards: Vec<&str> = derived.guards.iter().map(|guard| guard.name()).collect();
        match guards.as_slice() {
            [] => format!("derived from {CATALOGUE}"),
            some => format!("derived from {CATALOGUE} by {}", some.join(", ")),
        }
    }
}

fn fit(text: String, taken: usize) -> Result<String, SessionPolicyError> {
    let length = text.chars().count() + taken;
    if length > MOST { Err(SessionPolicyError::TooLong(length)) } else { Ok(text) }
}

/// The name of the data, in the letters and digits that a statement's id may have: `botocore1x44x5`.
struct Sid(String);

impl Sid {
    fn of(catalogue: &str) -> Self {
        Self(catalogue.replace('.', "x").chars().filter(char::is_ascii_alphanumeric).collect())
    }
}

/// Actions of one prefix, and what must not be among them.
#[derive(Default)]
struct Side {
    meant: BTreeSet<&'static str>,
    other: BTreeSet<&'static str>,
    /// Everything of the prefix is meant, known or not.
    whole: bool,
}

impl Derived {
    /// For what a role allows in an application, less what the others deny that are held with it; nothing, where nothing
    /// is narrowed.
    pub(super) fn of<'a>(
        application: &Application,
        role: &Role,
        held: impl Iterator<Item = &'a Role>,
    ) -> Option<Self> {
        let others = held.filter(|other| other.name != role.name);
        let denials = others.flat_map(|other| &other.guards).filter_map(|guard| guard.denials());
        let own = application.guards.iter().chain(&role.guards).cloned();
        let guards: Vec<Arc<Guard>> = own.chain(denials.map(Arc::new)).collect();
        let services = application.services.clone();
        let taken = application.session_policy_arns.iter().map(String::len).sum();
        (!services.is_empty() || !guards.is_empty()).then_some(Self { services, guards, taken })
    }

    fn text(&self) -> Result<String, SessionPolicyError> {
        let sid = Sid::of(CATALOGUE);
        let is_closed = self.guards.iter().any(|guard| guard.is_closed());
        let sides = self.sides(is_closed);
        let open = if is_closed { Vec::new() } else { self.whole_services() };
        let write = |actions: Vec<String>| {
            let mut statements = Vec::new();
            if !is_closed {
                statements.push(json!({ "Sid": sid.0, "Effect": "Allow", "Action": open, "Resource": "*" }));
            }
            // A name stands once in a policy.
            let (effect, name) = match is_closed {
                true => ("Allow", sid.0.clone()),
                false => ("Deny", format!("{}not", sid.0)),
            };
            if !actions.is_empty() {
                statements.push(json!({ "Sid": name, "Effect": effect, "Action": actions, "Resource": "*" }));
            }
            json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
        };
        if open.is_empty() && sides.is_empty() {
            return Err(SessionPolicyError::Empty);
        }
        let around = write(vec![String::new()]).len() + self.taken;
        fit(write(squeeze(&sides, MOST.saturating_sub(around))), self.taken)
    }

    /// All actions of the services, those of others that their operations need, or all there are.
    fn whole_services(&self) -> Vec<String> {
        if self.services.is_empty() {
            return vec!["*".to_owned()];
        }
        let own: BTreeSet<&str> =
            self.services.iter().flat_map(|service| Listed::signing(service)).map(Listed::iam).collect();
        let operations = self
            .services
            .iter()
            .flat_map(|service| Listed::signing(service).map(move |listed| (listed, service)));
        let actions = operations.flat_map(|(listed, service)| listed.actions(service));
        let others: BTreeSet<String> =
            actions.filter(|action| !own.contains(action.prefix)).map(|action| action.to_string()).collect();
        own.iter().map(|prefix| format!("{prefix}:*")).chain(others).collect()
    }

    /// The actions of every prefix: those to list, and those that a wildcard must not take in.
    fn sides(&self, is_closed: bool) -> BTreeMap<&'static str, Side> {
        let mut sides: BTreeMap<&'static str, Side> = BTreeMap::new();
        let mut visit = |listed: Listed, service: &str| {
            let asked = Asked::Model(listed, service);
            let lets = self.guards.iter().all(|guard| guard.allows(asked) && guard.denial(asked).is_none());
            let mut actions = listed.actions(service);
            if lets {
                actions.extend(listed.actions_on_version(service));
            }
            for action in actions {
                let side = sides.entry(action.prefix).or_default();
                if lets == is_closed {
                    side.meant.insert(action.name);
                } else {
                    side.other.insert(action.name);
                }
            }
            if lets && is_closed && self.guards.iter().all(|guard| guard.allows_the_unknown(service)) {
                sides.entry(listed.iam()).or_default().whole = true;
            }
        };
        if self.services.is_empty() {
            Listed::all().for_each(|listed| visit(listed, listed.service()));
        } else {
            for service in &self.services {
                Listed::signing(service).for_each(|listed| visit(listed, service));
            }
        }
        for side in sides.values_mut() {
            // What something allowed needs stays allowed: what is refused needs more than that, or is the gateway's.
            let both: Vec<&str> = side.meant.intersection(&side.other).copied().collect();
            let not_so = if is_closed { &mut side.other } else { &mut side.meant };
            not_so.retain(|action| !both.contains(action));
        }
        sides.retain(|_, side| !side.meant.is_empty());
        sides
    }
}

impl Side {
    fn exact(&self, prefix: &str) -> Vec<String> {
        if self.whole && self.other.is_empty() {
            return vec![format!("{prefix}:*")];
        }
        self.meant.iter().map(|name| format!("{prefix}:{name}")).collect()
    }

    /// As few as there can be: wildcards at the ends of words, that take in nothing which is not meant.
    fn gathered(&self, prefix: &str) -> Vec<String> {
        if self.whole && self.other.is_empty() {
            return vec![format!("{prefix}:*")];
        }
        let mut found: Vec<String> = Vec::new();
        let mut last: Option<String> = None;
        for name in &self.meant {
            if last.as_ref().is_some_and(|start| name.starts_with(start.as_str())) {
                continue;
            }
            let is_safe = |start: &&str| !self.other.iter().any(|other| other.starts_with(start));
            match starts(name).find(is_safe) {
                Some(start) if self.meant.iter().filter(|other| other.starts_with(start)).count() > 1 => {
                    found.push(format!("{prefix}:{start}*"));
                    last = Some(start.to_owned());
                }
                _ => found.push(format!("{prefix}:{name}")),
            }
        }
        found
    }
}

/// The beginnings of a name that end where a word does: `Get`, `GetBucket`, …
fn starts(name: &str) -> impl Iterator<Item = &str> {
    let ends = name.char_indices().skip(1).filter(|(_, c)| c.is_ascii_uppercase()).map(|(at, _)| at);
    ends.filter_map(move |at| name.get(..at))
}

/// Lists all, and gathers the prefixes that gain most by it until all of it takes no more than `room`.
fn squeeze(sides: &BTreeMap<&'static str, Side>, room: usize) -> Vec<String> {
    // Each with its quotes and a comma.
    let size = |list: &[String]| list.iter().map(|action| action.len() + 3).sum::<usize>();
    let mut lists: BTreeMap<&str, Vec<String>> =
        sides.iter().map(|(prefix, side)| (*prefix, side.exact(prefix))).collect();
    let mut total: usize = lists.values().map(|list| size(list)).sum();
    if total > room {
        let gain = |(prefix, side): (&&'static str, &Side)| {
            let gathered = side.gathered(prefix);
            let before = lists.get(prefix).map_or(0, |list| size(list));
            (before.saturating_sub(size(&gathered)), *prefix, gathered)
        };
        let mut shorter: Vec<_> = sides.iter().map(gain).collect();
        shorter.sort_by_key(|(gain, ..)| std::cmp::Reverse(*gain));
        for (gain, prefix, gathered) in shorter {
            if total <= room {
                break;
            }
            total -= gain;
            lists.insert(prefix, gathered);
        }
    }
    lists.into_values().flatten().collect()
}

#[cfg(test)]
mod tests;
