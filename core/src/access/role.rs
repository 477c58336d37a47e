//! Roles of the gateway's: which AWS roles their holders may use, where, and for what.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::glob;
use super::template::{ArnTemplate, Known};
use super::{Application, ArnError, ArnPattern, Denied, Guard, RoleArn};

/// Conditions on labels: for each name the values that will do, as globs.
pub type Labels = BTreeMap<String, Vec<String>>;

/// A role of the gateway's: which AWS roles its holders may use, and which they never may.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Role {
    /// The name.
    pub name: String,
    pub(super) allow: Vec<Allowed>,
    pub(super) deny: Vec<Entry>,
    /// It allows only in applications that have one of the values for every label named here.
    pub labels: Labels,
    /// It allows only AWS roles of these accounts; none named: any.
    pub accounts: Vec<String>,
    /// It denies every role of applications that have one of the values for any label named here.
    pub deny_labels: Labels,
    /// It denies every AWS role of these accounts.
    pub deny_accounts: Vec<String>,
    /// What may be done with what it allows. What they deny, its holders may do with no role.
    pub guards: Vec<Arc<Guard>>,
}

/// What allows, and what a record says of it, which is written when the rules are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Allowed {
    entry: Entry,
    rule: Arc<str>,
}

/// A pattern of ARNs, or a template that gives some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Pattern(ArnPattern),
    Template(ArnTemplate),
}

impl Role {
    /// Reads the patterns: ARNs of roles, in which `*` stands for any characters but a colon, and one `{{…}}` for the
    /// values of a trait.
    ///
    /// # Errors
    /// If a pattern can match no role's ARN.
    pub fn new(name: impl Into<String>, allow: &[&str], deny: &[&str]) -> Result<Self, ArnError> {
        let read =
            |texts: &[&str]| texts.iter().map(|text| Entry::parse(text)).collect::<Result<Vec<_>, _>>();
        Ok(Self {
            name: name.into(),
            allow: read(allow)?.into_iter().map(|entry| Allowed { entry, rule: "".into() }).collect(),
            deny: read(deny)?,
            labels: Labels::new(),
            accounts: Vec::new(),
            deny_labels: Labels::new(),
            deny_accounts: Vec::new(),
            guards: Vec::new(),
        })
    }

    /// What of it denies the AWS role, if something does.
    pub(super) fn denial(
        &self,
        application: &Application,
        goal: &RoleArn,
        known: Known<'_>,
    ) -> Option<Denied> {
        if let Some(denied) = self.denial_of_account(application, goal.account()) {
            return Some(denied);
        }
        let denied = |what: String| Some(self.denied(&what));
        self.deny.iter().find_map(|entry| match entry {
            Entry::Pattern(pattern) => pattern.matches(goal).then(|| denied(pattern.to_string()))?,
            Entry::Template(template) => {
                let found = template.patterns(known);
                if found.is_empty() || found.iter().any(Result::is_err) {
                    return Some(Denied::Template(format!("role {}: deny {template}", self.name)));
                }
                let mut found = found.iter().flatten();
                found.any(|pattern| pattern.matches(goal)).then(|| denied(template.to_string()))?
            }
        })
    }

    /// Writes down what records say of its entries.
    pub(super) fn name_rules(&mut self) {
        for Allowed { entry, rule } in &mut self.allow {
            *rule = format!("role {}: allow {entry}", self.name).into();
        }
    }

    /// What of it denies all that is of an account, if something does.
    pub(super) fn denial_of_account(&self, application: &Application, account: &str) -> Option<Denied> {
        let label = self.deny_labels.iter().find(|(name, values)| has(application, name, values));
        if let Some((name, _)) = label {
            return Some(self.denied(&format!("label {name}")));
        }
        let denies = self.deny_accounts.iter().any(|own| own == account);
        denies.then(|| self.denied(&format!("account {account}")))
    }

    fn denied(&self, what: &str) -> Denied {
        Denied::DeniedBy(format!("role {}: deny {what}", self.name))
    }

    /// The entry that allows the AWS role, as records say it.
    pub(super) fn allowance(
        &self,
        application: &Application,
        goal: &RoleArn,
        known: Known<'_>,
    ) -> Option<&Arc<str>> {
        let account = self.accounts.is_empty() || self.accounts.iter().any(|own| own == goal.account());
        if !account || !self.labels.iter().all(|(name, values)| has(application, name, values)) {
            return None;
        }
        let found = self.allow.iter().find(|allowed| match &allowed.entry {
            Entry::Pattern(pattern) => pattern.matches(goal),
            Entry::Template(template) => {
                template.patterns(known).iter().flatten().any(|pattern| pattern.matches(goal))
            }
        });
        found.map(|allowed| &allowed.rule)
    }

    /// Whether it can allow some role of the application to somebody.
    pub(super) fn may_allow(&self, application: &Application) -> bool {
        let mut goals = application.targets.iter().filter_map(|target| target.hops.last());
        application.open.is_some()
            || goals.any(|goal| {
                self.allow.iter().any(|allowed| match &allowed.entry {
                    Entry::Pattern(pattern) => pattern.matches(&goal.role),
                    Entry::Template(_) => true,
                })
            })
    }

    /// The AWS roles that it allows by name, rather than by a pattern.
    pub(super) fn named<'a>(&'a self, known: Known<'a>) -> impl Iterator<Item = RoleArn> + 'a {
        let patterns = self.allow.iter().flat_map(move |allowed| match &allowed.entry {
            Entry::Pattern(pattern) => vec![pattern.clone()],
            Entry::Template(template) => template.patterns(known).into_iter().flatten().collect(),
        });
        patterns.filter_map(|pattern| RoleArn::parse(&pattern.to_string()).ok())
    }
}

fn has(application: &Application, name: &str, values: &[String]) -> bool {
    let own = application.labels.get(name);
    own.is_some_and(|own| values.iter().any(|value| glob::matches(value, own)))
}

impl Entry {
    fn parse(text: &str) -> Result<Self, ArnError> {
        if text.contains("{{") || text.contains("}}") {
            return Ok(Self::Template(ArnTemplate::parse(text)?));
        }
        Ok(Self::Pattern(ArnPattern::parse(text)?))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pattern(pattern) => pattern.fmt(f),
            Self::Template(template) => template.fmt(f),
        }
    }
}
