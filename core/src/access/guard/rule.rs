//! One rule, and what it stands for.

use std::fmt;

use super::super::glob;
use super::{Asked, RuleError, built_in};
use crate::operation::{Access, Action, Listed, Resource};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::access) enum Rule {
    /// Of the configuration.
    Named(Named),
    /// What only looks.
    Looks,
    /// What gives more than one has.
    Escalates,
    /// What answers with credentials.
    HandsOut,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::access) struct Named {
    text: String,
    service: String,
    what: What,
    about: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum What {
    Operation(String),
    Access(Access),
}

/// The longest rule.
const LONGEST: usize = 2048;

impl Rule {
    pub(super) fn parse(text: &str) -> Result<Self, RuleError> {
        let wrong = |why| RuleError { text: text.chars().take(200).collect(), why };
        if text.len() > LONGEST {
            return Err(wrong("is longer than 2048 bytes"));
        }
        let mut words = text.split_ascii_whitespace();
        let first = words.next().unwrap_or_default();
        let (service, operation) = match first {
            "*" => ("*", "*"),
            _ => first.split_once(':').ok_or_else(|| wrong("is no service:Operation"))?,
        };
        let sound = |text: &str, also: &[u8]| {
            !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || also.contains(&c))
        };
        if !sound(service, b"-_.*") {
            return Err(wrong("has no name of a service before the colon"));
        }
        let what = match operation.strip_prefix('@') {
            Some("read") => What::Access(Access::Read),
            Some("write") => What::Access(Access::Write),
            Some("permissions") => What::Access(Access::Permissions),
            Some("credentials") => What::Access(Access::Credentials),
            Some(_) => return Err(wrong("may say @read, @write, @permissions or @credentials")),
            None if sound(operation, b"_*") => What::Operation(operation.to_owned()),
            None => return Err(wrong("has no name of an operation after the colon")),
        };
        let about = words.map(|word| match word.split_once(':') {
            Some((kind, value)) if sound(kind, b"-") && !value.is_empty() => Ok((kind.into(), value.into())),
            _ => Err(wrong("has a resource that is no kind:value, such as bucket:public-*")),
        });
        let about = about.collect::<Result<_, _>>()?;
        Ok(Self::Named(Named { text: text.to_owned(), service: service.to_owned(), what, about }))
    }

    /// Whether it lets that through.
    pub(super) fn allows(&self, asked: Asked<'_>) -> bool {
        let Some(listed) = asked.listed() else { return self.is_all_of(asked.service()) };
        match self {
            Self::Looks => built_in::looks(listed),
            Self::Escalates => built_in::escalates(listed),
            Self::HandsOut => built_in::hands_out(listed),
            Self::Named(rule) => rule.names(listed, asked.service()) && rule.is_about(asked),
        }
    }

    /// Whether it lets something through that needs that action.
    pub(super) fn allows_action(&self, action: &Action, asked: Asked<'_>) -> bool {
        matches!(self, Self::Named(rule) if rule.names_action(action) && rule.is_about(asked))
    }

    /// Whether it stops that, or may have to.
    pub(super) fn denies(&self, asked: Asked<'_>) -> bool {
        let Some(listed) = asked.listed() else { return self.stops_some_of(asked.service()) };
        match self {
            Self::Looks => built_in::looks(listed),
            Self::Escalates => built_in::escalates(listed),
            Self::HandsOut => built_in::hands_out(listed),
            Self::Named(rule) => {
                let named = rule.names(listed, asked.service())
                    || asked.actions().iter().any(|action| rule.names_action(action));
                named && rule.may_be_about(asked)
            }
        }
    }

    /// Whether it stands for everything of a service, known or not.
    pub(super) fn is_all_of(&self, service: &str) -> bool {
        let Self::Named(rule) = self else { return false };
        let everything = matches!(&rule.what, What::Operation(name) if name == "*");
        everything && rule.about.is_empty() && glob::covers(&rule.service, service)
    }

    /// Whether it says what the request must be about.
    pub(super) fn is_about_resources(&self) -> bool {
        matches!(self, Self::Named(rule) if !rule.about.is_empty())
    }

    /// Whether it stands for everything there is.
    pub(super) fn is_everything(&self) -> bool {
        matches!(self, Self::Named(rule) if rule.service == "*") && self.is_all_of("")
    }

    /// Whether an operation that cannot be told may be one that it stops.
    fn stops_some_of(&self, service: &str) -> bool {
        let mut known = Listed::signing(service);
        match self {
            Self::Looks => known.any(built_in::looks),
            Self::Escalates => known.any(built_in::escalates),
            Self::HandsOut => known.any(built_in::hands_out),
            Self::Named(rule) => {
                let of = |listed: Listed| {
                    glob::covers(&rule.service, listed.model()) || glob::covers(&rule.service, listed.iam())
                };
                glob::covers(&rule.service, service) || known.any(of)
            }
        }
    }
}

impl Named {
    /// Whether the operation is meant, by any of the names that its service has.
    fn names(&self, listed: Listed, service: &str) -> bool {
        let mut names = [service, listed.service(), listed.model(), listed.iam()].into_iter();
        let what = match &self.what {
            What::Operation(pattern) => glob::covers(pattern, listed.name()),
            What::Access(access) => *access == listed.access(),
        };
        what && names.any(|name| glob::covers(&self.service, name))
    }

    fn names_action(&self, action: &Action) -> bool {
        let What::Operation(pattern) = &self.what else { return false };
        glob::covers(&self.service, action.prefix) && glob::covers(pattern, action.name)
    }

    /// Whether every resource of the kinds that it names is one that it means, and there is one of each.
    fn is_about(&self, asked: Asked<'_>) -> bool {
        let Asked::Request(operation, _) = asked else { return true };
        self.about.iter().all(|(kind, pattern)| {
            let mut own = operation.resources.iter().filter(|resource| resource.kind == kind).peekable();
            own.peek().is_some() && own.all(|resource| covers(pattern, &resource.value))
        })
    }

    /// Whether nothing shows that it is about something else.
    fn may_be_about(&self, asked: Asked<'_>) -> bool {
        let Asked::Request(operation, _) = asked else { return self.about.is_empty() };
        self.about.iter().all(|(kind, pattern)| {
            let mut own = operation.resources.iter().filter(|resource| resource.kind == kind).peekable();
            own.peek().is_none() || own.any(|resource| is_called(pattern, resource))
        })
    }
}

/// A pattern that is an ARN keeps to the parts of one; in any other, `*` is any characters.
fn covers(pattern: &str, value: &str) -> bool {
    let (patterns, parts) = (pattern.splitn(6, ':'), value.splitn(6, ':'));
    if !pattern.starts_with("arn:") {
        return glob::covers(pattern, value);
    }
    patterns.clone().count() == parts.clone().count()
        && patterns.zip(parts).all(|(pattern, part)| glob::covers(pattern, part))
}

/// Whether the value, or the name within an ARN or a URL, is one that the pattern means.
fn is_called(pattern: &str, resource: &Resource) -> bool {
    let value = resource.value.as_str();
    let last = value.rsplit([':', '/']).next().unwrap_or(value);
    let within = value.splitn(6, ':').nth(5).filter(|_| value.starts_with("arn:")).unwrap_or(value);
    let path = within.split_once(['/', ':']).map_or(within, |(_, path)| path);
    [value, within, path, last].into_iter().any(|form| covers(pattern, form))
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Named(rule) => &rule.text,
            Self::Looks => "(what only looks)",
            Self::Escalates => "(what gives more than one has)",
            Self::HandsOut => "(what answers with credentials)",
        })
    }
}
