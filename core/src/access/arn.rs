//! ARNs of roles, and patterns of them.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::glob;
use super::template::TemplateError;
use crate::partition;

/// `arn:partition:iam::account:role/path/name`, checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RoleArn(Arc<str>);

/// Why a text names no role.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArnError {
    /// Not the ARN of a role.
    #[error("'{0}' is not the arn of a role (arn:aws:iam::123456789012:role/name)")]
    NotARole(String),
    /// A pattern that can match no role's ARN.
    #[error(
        "'{0}' can match no role: a pattern is a whole arn of a role, and its '*' does not cross a colon"
    )]
    NotAPattern(String),
    /// Neither an account nor the ARN of its root user.
    #[error("'{0}' is neither an account nor its root user (arn:aws:iam::123456789012:root)")]
    NotARoot(String),
    /// A template that can give no role's ARN.
    #[error("{0}")]
    Template(#[from] TemplateError),
}

impl RoleArn {
    /// Reads the ARN of a role.
    ///
    /// # Errors
    /// [`ArnError::NotARole`] for everything else.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        let bad = || ArnError::NotARole(text.chars().take(200).collect());
        let parts: Vec<&str> = text.split(':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts.as_slice() else { return Err(bad()) };
        let name = resource.strip_prefix("role/").ok_or_else(bad)?;
        let word = |c: u8| c.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&c);
        let sound = partition::by_id(partition).is_some()
            && account.len() == 12
            && account.bytes().all(|c| c.is_ascii_digit())
            && !name.is_empty()
            && name.len() <= 576
            && name.bytes().all(word)
            && name.split('/').all(|part| !part.is_empty());
        if sound { Ok(Self(text.into())) } else { Err(bad()) }
    }

    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition, such as `aws`.
    #[must_use]
    pub fn partition(&self) -> &str {
        let rest = self.0.strip_prefix("arn:").unwrap_or_default();
        let end = rest.bytes().position(|byte| byte == b':').unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    /// What follows `role/`: the path, if it has one, and the name.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.split_once(":role/").map_or("", |(_, path)| path)
    }

    /// The name, without the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path().rsplit('/').next().unwrap_or_default()
    }

    /// The twelve digits of the account.
    #[must_use]
    pub fn account(&self) -> &str {
        // A role's own name has no colon.
        let end = self.0.bytes().rposition(|byte| byte == b':').unwrap_or_default();
        self.0.get(end.saturating_sub(12)..end).unwrap_or_default()
    }
}

/// The whole ARN, shared.
impl From<&RoleArn> for Arc<str> {
    fn from(role: &RoleArn) -> Self {
        Self::clone(&role.0)
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The ARN of a role in which `*` stands for any characters but a colon. Matches the whole ARN or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ArnPattern(String);

impl ArnPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`ArnError::NotAPattern`] if it does not have the six parts of a role's ARN.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        let parts: Vec<&str> = text.split(':').collect();
        let sound = match parts.as_slice() {
            ["arn", partition, "iam", "", account, resource] => {
                is_partition(partition)
                    && is_account(account)
                    && (resource.strip_prefix("role/").is_some_and(is_name) || *resource == "*")
                    && text.len() <= 1024
            }
            _ => false,
        };
        if sound {
            Ok(Self(text.to_owned()))
        } else {
            Err(ArnError::NotAPattern(text.chars().take(200).collect()))
        }
    }

    /// Whether the ARN is one of those that the pattern stands for.
    #[must_use]
    pub fn matches(&self, arn: &RoleArn) -> bool {
        glob::matches(&self.0, arn.as_str())
    }
}

/// A partition that there is, or a pattern of some.
fn is_partition(text: &str) -> bool {
    match text.contains('*') {
        true => text.bytes().all(|c| c.is_ascii_lowercase() || b"-*".contains(&c)),
        false => partition::by_id(text).is_some(),
    }
}

/// Twelve digits, or a pattern of them.
fn is_account(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.bytes().all(|c| c.is_ascii_digit() || c == b'*')
        && if text.contains('*') { digits <= 12 } else { digits == 12 }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"_+=,.@-/*".contains(&c))
}

impl fmt::Display for ArnPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns() {
        let arn = RoleArn::parse("arn:aws-cn:iam::123456789012:role/a/b/name").unwrap();
        assert_eq!((arn.partition(), arn.account()), ("aws-cn", "123456789012"));
        assert_eq!((arn.path(), arn.name()), ("a/b/name", "name"));
        for bad in [
            "",
            "reader",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::12345678901:role/x",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role/a//b",
            "arn:aws:iam::123456789012:role/a:b",
            "arn:aws:iam::123456789012:role/*",
            "arn:amazon:iam::123456789012:role/x",
            "arn:aws:iam:us-east-1:123456789012:role/x",
            "arn:aws:sts::123456789012:assumed-role/x/y",
            "arn:aws:iam::123456789012:role/x\n",
        ] {
            assert!(RoleArn::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn patterns_are_anchored_and_stay_within_a_part() {
        let arn = RoleArn::parse("arn:aws:iam::123456789012:role/team/dev-reader").unwrap();
        for (pattern, hit) in [
            ("arn:aws:iam::123456789012:role/team/dev-reader", true),
            ("arn:*:iam::*:role/*", true),
            ("arn:aws:iam::123456789012:role/team/*-reader", true),
            ("arn:aws:iam::123456789012:role/*/*read*", true),
            ("arn:aws:iam::123*:role/team/dev-reader", true),
            ("arn:aws:iam::123456789012:*", true),
            ("arn:aws:iam::123456789012:role/dev-reader", false),
            ("arn:aws:iam::123456789012:role/team/dev", false),
            ("arn:aws:iam::123456789012:role/team/dev-reader*x", false),
            ("arn:aws:iam::999*:role/*", false),
        ] {
            assert_eq!(ArnPattern::parse(pattern).unwrap().matches(&arn), hit, "{pattern}");
        }
        for bad in [
            "*",
            "arn:*",
            "arn:aws:iam::role/x",
            "role/*",
            "arn:aws:s3:::bucket",
            "arn::iam::1:role/x",
            "arn:aws:iam::12345678901:role/x",
            "arn:amazon:iam::123456789012:role/x",
            "arn:aws:iam::x*:role/x",
            "arn:aws:iam::1234567890123*:role/x",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role/a b",
        ] {
            assert!(ArnPattern::parse(bad).is_err(), "{bad}");
        }
    }
}
