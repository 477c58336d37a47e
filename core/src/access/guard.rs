//! What may be done with a role: rules on service, operation and resource.
//!
//! A guard is a list of what is allowed, a list of what is denied, or both; what it denies stays denied, and where it
//! has no list of what is allowed, all else is. A rule is `service:Operation`, in the names of the operation or of the
//! IAM actions that it needs, with `*` for any characters; or `service:@access` for all operations that do no more than
//! that (`@read`) or just that (`@write`, `@permissions`, `@credentials`). What it is about may follow, as `kind:value`,
//! in the kinds that the record shows: `s3:GetObject bucket:public-* key:docs/*`.
//!
//! What is not known is never let through by a name: an operation that is in no model, or that can be read in two ways,
//! is allowed by `service:*` or `*` only, and is denied by every rule that denies something of its service. A rule that
//! denies by resource denies as well where the request does not show that resource.

mod built_in;
mod rule;

use thiserror::Error;

use crate::operation::{Action, Listed, Operation};

pub(super) use rule::Rule;

/// Rules on operations, under a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Guard {
    name: String,
    allow: Option<Vec<Rule>>,
    deny: Vec<Rule>,
}

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the rule '{text}' {why}")]
pub struct RuleError {
    text: String,
    why: &'static str,
}

/// What a guard is asked about.
#[derive(Clone, Copy)]
pub(super) enum Asked<'a> {
    /// A request.
    Request(&'a Operation, Option<Listed>),
    /// An operation of the models, whatever it is about, asked for under a signing name.
    Model(Listed, &'a str),
}

impl<'a> Asked<'a> {
    pub(super) fn request(operation: &'a Operation) -> Self {
        Self::Request(operation, operation.listed())
    }

    fn service(self) -> &'a str {
        match self {
            Self::Request(operation, _) => &operation.service,
            Self::Model(_, service) => service,
        }
    }

    fn listed(self) -> Option<Listed> {
        match self {
            Self::Request(_, listed) => listed,
            Self::Model(listed, _) => Some(listed),
        }
    }

    fn actions(self) -> Vec<Action> {
        match self {
            Self::Request(operation, _) => operation.actions(),
            Self::Model(listed, service) => listed.actions(service),
        }
    }
}

impl Guard {
    /// The names of the built-in guards.
    pub const BUILT_IN: &'static [&'static str] =
        &["read-only", "no-privilege-escalation", "no-credential-exfiltration"];

    /// Reads the rules. `allow` of `None` allows what is not denied; an empty list allows nothing.
    ///
    /// ```
    /// use awsaccess::access::Guard;
    /// assert!(Guard::new("orders", Some(&["dynamodb:@read", "dynamodb:PutItem table:orders"]), &[]).is_ok());
    /// assert!(Guard::new("orders", None, &["dynamodb"]).is_err());
    /// ```
    ///
    /// # Errors
    /// [`RuleError`] names the rule.
    pub fn new(name: impl Into<String>, allow: Option<&[&str]>, deny: &[&str]) -> Result<Self, RuleError> {
        let read = |texts: &[&str]| texts.iter().map(|text| Rule::parse(text)).collect::<Result<Vec<_>, _>>();
        Ok(Self { name: name.into(), allow: allow.map(read).transpose()?, deny: read(deny)? })
    }

    /// A guard of ours:
    ///
    /// - `read-only` allows operations that only look, as AWS's models and their names tell; what takes messages off a
    ///   queue, opens a session or answers with a way in is not among them;
    /// - `no-privilege-escalation` denies what changes who may do what, what hands a role to a service, and what runs
    ///   code under a role that is already in place;
    /// - `no-credential-exfiltration` denies what answers with AWS credentials, or with a login that is as good.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        let (allow, deny) = match name {
            "read-only" => (Some(vec![Rule::Looks]), Vec::new()),
            "no-privilege-escalation" => (None, vec![Rule::Escalates]),
            "no-credential-exfiltration" => (None, vec![Rule::HandsOut]),
            _ => return None,
        };
        Some(Self { name: name.to_owned(), allow, deny })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rule that denies it, for the record.
    pub(super) fn denial(&self, asked: Asked<'_>) -> Option<String> {
        let hit = self.deny.iter().find(|rule| rule.denies(asked))?;
        Some(format!("guard {}: deny {hit}", self.name))
    }

    /// Whether it is in the list of what is allowed, if there is one.
    pub(super) fn allows(&self, asked: Asked<'_>) -> bool {
        let Some(rules) = &self.allow else { return true };
        if rules.iter().any(|rule| rule.allows(asked)) {
            return true;
        }
        let actions = asked.actions();
        let by_action = |action: &Action| rules.iter().any(|rule| rule.allows_action(action, asked));
        !actions.is_empty() && actions.iter().all(by_action)
    }

    /// Whether it has a list of what is allowed that is not simply everything.
    pub(super) fn is_closed(&self) -> bool {
        self.allow.as_ref().is_some_and(|rules| !rules.iter().any(Rule::is_everything))
    }

    /// Whether it allows what is in no model of that service.
    pub(super) fn allows_the_unknown(&self, service: &str) -> bool {
        self.deny.is_empty()
            && self.allow.as_ref().is_none_or(|rules| rules.iter().any(|rule| rule.is_all_of(service)))
    }

    /// Whether it has a rule on resources, which no policy that is made of it can say.
    pub(super) fn is_about_resources(&self) -> bool {
        self.allow.iter().flatten().chain(&self.deny).any(Rule::is_about_resources)
    }

    /// What it denies, alone.
    pub(super) fn denials(&self) -> Option<Self> {
        let (name, deny) = (self.name.clone(), self.deny.clone());
        (!deny.is_empty()).then_some(Self { name, allow: None, deny })
    }
}

#[cfg(test)]
mod tests;
