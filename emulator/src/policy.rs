//! IAM policy documents: the part of the language that trust policies use.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>. What is not understood
//! (an element, an operator, a policy variable) makes the document invalid, so that nothing is granted by an
//! oversight.

mod condition;

pub use condition::{Condition, Context};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A policy document, parsed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Value")]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
struct Statement {
    allow: bool,
    principals: Option<Vec<Principal>>,
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

/// Who a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Principal {
    Anyone,
    Aws(String),
    Federated(String),
    Service(String),
}

/// Who asks, as policies see them.
#[derive(Clone, Debug)]
pub enum Caller {
    /// A signed caller.
    Aws {
        /// The twelve digits of the account.
        account: String,
        /// Every ARN that names the caller: a session of a role is named by its own ARN and by the role's.
        arns: Vec<String>,
    },
    /// A caller that an identity provider vouches for, by the provider's ARN (or its web name).
    Federated(String),
    /// An AWS service, such as `ec2.amazonaws.com`.
    Service(String),
}

/// What a policy says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it, and names the caller itself.
    AllowedByName,
    /// A statement allows it, through the caller's account or as anyone.
    AllowedByAccount,
    /// A statement denies it; that wins over every other.
    Denied,
    /// No statement speaks of it.
    NotMentioned,
}

/// Why a document is no policy.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("malformed policy document: {0}")]
pub struct MalformedPolicy(String);

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// If it is not one, or uses a part of the language that the emulator does not evaluate.
    pub fn parse(document: &Value) -> Result<Self, MalformedPolicy> {
        let document = document.as_object().ok_or_else(|| malformed("a policy is an object"))?;
        for name in document.keys() {
            if !["Version", "Id", "Statement"].contains(&name.as_str()) {
                return Err(malformed(format!("unknown element {name}")));
            }
        }
        match document.get("Version").map(Value::as_str) {
            None | Some(Some("2012-10-17" | "2008-10-17")) => {}
            _ => return Err(malformed("unknown Version")),
        }
        let statements = match document.get("Statement") {
            Some(Value::Array(list)) => list.iter().map(Statement::parse).collect::<Result<_, _>>()?,
            Some(one @ Value::Object(_)) => vec![Statement::parse(one)?],
            _ => return Err(malformed("Statement is missing")),
        };
        Ok(Self { statements })
    }

    /// Evaluates a resource-based policy (a role's trust policy): does `caller` get `action`?
    #[must_use]
    pub fn trusts(&self, caller: &Caller, action: &str, context: &Context) -> Decision {
        let mut decision = Decision::NotMentioned;
        for statement in &self.statements {
            let by_name = match &statement.principals {
                None => continue,
                Some(principals) => principals.iter().filter_map(|principal| principal.names(caller)).max(),
            };
            let Some(by_name) = by_name else { continue };
            if !statement.speaks_of(action, None, context) {
                continue;
            }
            if !statement.allow {
                return Decision::Denied;
            }
            if by_name {
                decision = Decision::AllowedByName;
            } else if decision == Decision::NotMentioned {
                decision = Decision::AllowedByAccount;
            }
        }
        decision
    }

    /// Evaluates an identity-based policy: may its holder do `action` on `resource`?
    #[must_use]
    pub fn permits(&self, action: &str, resource: &str, context: &Context) -> Decision {
        let mut decision = Decision::NotMentioned;
        for statement in &self.statements {
            if !statement.speaks_of(action, Some(resource), context) {
                continue;
            }
            if !statement.allow {
                return Decision::Denied;
            }
            decision = Decision::AllowedByName;
        }
        decision
    }
}

impl TryFrom<Value> for Policy {
    type Error = MalformedPolicy;

    fn try_from(document: Value) -> Result<Self, MalformedPolicy> {
        Self::parse(&document)
    }
}

impl Statement {
    fn parse(value: &Value) -> Result<Self, MalformedPolicy> {
        let statement = value.as_object().ok_or_else(|| malformed("a statement is an object"))?;
        for name in statement.keys() {
            if !["Sid", "Effect", "Principal", "Action", "Resource", "Condition"].contains(&name.as_str()) {
                return Err(malformed(format!("element {name} is not supported")));
            }
        }
        let allow = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err(malformed("Effect is Allow or Deny")),
        };
        let actions = texts(statement.get("Action").ok_or_else(|| malformed("Action is missing"))?)?;
        let resources = statement.get("Resource").map_or(Ok(vec!["*".to_owned()]), texts)?;
        let conditions = match statement.get("Condition") {
            None => Vec::new(),
            Some(Value::Object(operators)) => Condition::parse_all(operators)?,
            Some(_) => return Err(malformed("Condition is an object")),
        };
        let principals = statement.get("Principal").map(Principal::parse).transpose()?;
        Ok(Self { allow, principals, actions, resources, conditions })
    }

    fn speaks_of(&self, action: &str, resource: Option<&str>, context: &Context) -> bool {
        let action = action.to_ascii_lowercase();
        self.actions.iter().any(|pattern| like(&pattern.to_ascii_lowercase(), &action))
            && resource.is_none_or(|resource| self.resources.iter().any(|pattern| like(pattern, resource)))
            && self.conditions.iter().all(|condition| condition.holds(context))
    }
}

impl Principal {
    fn parse(value: &Value) -> Result<Vec<Self>, MalformedPolicy> {
        match value {
            Value::String(any) if any == "*" => Ok(vec![Self::Anyone]),
            Value::Object(kinds) => Self::parse_kinds(kinds),
            _ => Err(malformed("Principal is \"*\" or an object")),
        }
    }

    fn parse_kinds(kinds: &Map<String, Value>) -> Result<Vec<Self>, MalformedPolicy> {
        let mut principals = Vec::new();
        for (kind, names) in kinds {
            for name in texts(names)? {
                if name != "*" && name.contains('*') {
                    return Err(malformed("a principal is a whole name or \"*\""));
                }
                principals.push(match kind.as_str() {
                    "AWS" if name == "*" => Self::Anyone,
                    "AWS" => Self::Aws(name),
                    "Federated" => Self::Federated(name),
                    "Service" => Self::Service(name),
                    _ => return Err(malformed(format!("principal type {kind} is not supported"))),
                });
            }
        }
        Ok(principals)
    }

    /// Whether this names the caller: `Some(true)` the caller itself, `Some(false)` a group the caller is in.
    fn names(&self, caller: &Caller) -> Option<bool> {
        match (self, caller) {
            (Self::Anyone, Caller::Aws { .. }) => Some(false),
            (Self::Aws(name), Caller::Aws { account, arns }) => {
                if arns.contains(name) {
                    return Some(true);
                }
                let root = name.strip_suffix(":root").and_then(|arn| arn.rsplit(':').next());
                (name == account || root == Some(account)).then_some(false)
            }
            (Self::Federated(name), Caller::Federated(provider))
            | (Self::Service(name), Caller::Service(provider)) => (name == provider).then_some(true),
            _ => None,
        }
    }
}

/// A string or a list of strings; numbers and truth values count as their text.
fn texts(value: &Value) -> Result<Vec<String>, MalformedPolicy> {
    let one = |value: &Value| match value {
        Value::String(text) if text.contains("${") => Err(malformed("policy variables are not supported")),
        Value::String(text) => Ok(text.clone()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(malformed("a value is a string or a list of strings")),
    };
    match value {
        Value::Array(list) => list.iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

fn malformed(reason: impl Into<String>) -> MalformedPolicy {
    MalformedPolicy(reason.into())
}

/// Matches a pattern of `*` (any run) and `?` (any one character), in time linear in the product of the lengths.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut position, mut retry) = (0, 0, None);
    while position < text.len() {
        match pattern.get(at) {
            Some('*') => {
                retry = Some((at, position));
                at += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == text[position] => {
                at += 1;
                position += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    at = star + 1;
                    position = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&rest| rest == '*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, text, matches) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b", "xxaxxbxb", true),
            ("", "a", false),
        ] {
            assert_eq!(like(pattern, text), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        let statement = |name: &str, value: Value| {
            let mut statement = json!({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"});
            statement[name] = value;
            Policy::parse(&json!({"Version": "2012-10-17", "Statement": [statement]}))
        };
        assert!(statement("Sid", json!("fine")).is_ok());
        assert!(statement("NotAction", json!("x")).is_err());
        assert!(statement("Effect", json!("allow")).is_err());
        assert!(statement("Principal", json!({"AWS": "arn:aws:iam::1:role/*"})).is_err());
        assert!(statement("Condition", json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})).is_err());
        assert!(statement("Condition", json!({"StringEquals": {"a": "${aws:username}"}})).is_err());
    }
}
