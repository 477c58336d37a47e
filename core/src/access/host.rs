//! Patterns of host names.

use crate::partition::{HostError, HostName};

/// A host name, or `*.name` for every name under it; never the name itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostPattern {
    any: bool,
    name: String,
}

impl HostPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// If what follows the star is no host name.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let (any, rest) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
        let name = HostName::parse(rest.as_bytes())?;
        Ok(Self { any, name: name.name().to_owned() })
    }

    /// Whether the host is one of them. Labels are compared whole.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        if !self.any {
            return host == self.name;
        }
        host.strip_suffix(self.name.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
    }

    /// The name, without the star.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_labels() {
        let any = HostPattern::parse("*.execute-api.eu-west-1.amazonaws.com").unwrap();
        assert!(any.matches("a.execute-api.eu-west-1.amazonaws.com"));
        assert!(!any.matches("execute-api.eu-west-1.amazonaws.com"));
        assert!(!any.matches("xexecute-api.eu-west-1.amazonaws.com"));
        assert!(!any.matches("a.execute-api.eu-west-1.amazonaws.com.evil.example"));
        let one = HostPattern::parse("localstack.test").unwrap();
        assert!(one.matches("localstack.test") && !one.matches("x.localstack.test"));
        assert!(HostPattern::parse("*").is_err() && HostPattern::parse("*.*.x").is_err());
    }
}
