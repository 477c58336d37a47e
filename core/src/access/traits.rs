//! What is known of a subject: names, each with a list of values.

use std::collections::BTreeMap;

use thiserror::Error;

/// The most names.
const NAMES: usize = 64;
/// The most values of a name.
const VALUES: usize = 64;
/// The longest name, in bytes.
const NAME: usize = 256;
/// The longest value, in bytes.
const VALUE: usize = 1024;

/// What an identity provider or the configuration says of a subject: groups, teams, an account, an e-mail address.
///
/// Bounded: 64 names of 256 bytes, 64 values each, 1 KiB a value.
///
/// ```
/// use awsaccess::access::Traits;
/// let traits = Traits::new().with("groups", ["developers", "on-call"]).unwrap();
/// assert_eq!(traits.values("groups"), ["developers", "on-call"]);
/// assert!(traits.values("teams").is_empty());
/// assert!(traits.with("email", ["x".repeat(2000)]).is_err());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Traits(BTreeMap<String, Vec<String>>);

/// Why traits are not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TraitsError {
    /// A name that is empty, too long, or has control characters.
    #[error("the name of a trait must have 1 to {NAME} bytes and no control characters")]
    Name,
    /// More names than are taken.
    #[error("more than {NAMES} traits; leave some out")]
    TooManyNames,
    /// More values than are taken.
    #[error("the trait '{0}' has more than {VALUES} values; leave some out")]
    TooManyValues(String),
    /// A value that is too long.
    #[error("the trait '{0}' has a value of more than {VALUE} bytes; shorten it")]
    ValueTooLong(String),
}

impl Traits {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one more name; values of a name that is there already are added to it, each once.
    ///
    /// # Errors
    /// [`TraitsError`] beyond the bounds.
    pub fn insert<V: Into<String>>(
        &mut self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Result<(), TraitsError> {
        let name = name.into();
        if !(1..=NAME).contains(&name.len()) || name.chars().any(char::is_control) {
            return Err(TraitsError::Name);
        }
        if !self.0.contains_key(&name) && self.0.len() >= NAMES {
            return Err(TraitsError::TooManyNames);
        }
        let mut all = self.0.get(&name).cloned().unwrap_or_default();
        for value in values {
            let value = value.into();
            if value.len() > VALUE {
                return Err(TraitsError::ValueTooLong(name));
            }
            if all.contains(&value) {
                continue;
            }
            if all.len() >= VALUES {
                return Err(TraitsError::TooManyValues(name));
            }
            all.push(value);
        }
        self.0.insert(name, all);
        Ok(())
    }

    /// With one more name.
    ///
    /// # Errors
    /// [`TraitsError`] beyond the bounds.
    pub fn with<V: Into<String>>(
        mut self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Self, TraitsError> {
        self.insert(name, values)?;
        Ok(self)
    }

    /// The values of a name; none, if it is not there.
    #[must_use]
    pub fn values(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_on_each_side() {
        let numbered = |count: usize| (0..count).map(|n| n.to_string());
        let mut traits = Traits::new();
        for name in numbered(NAMES) {
            traits.insert(name, ["x"]).unwrap();
        }
        traits.insert("0", ["y"]).unwrap();
        assert_eq!(traits.values("0"), ["x", "y"]);
        assert_eq!(traits.insert("one more", ["x"]), Err(TraitsError::TooManyNames));

        let full = Traits::new().with("a", numbered(VALUES)).unwrap();
        assert_eq!(full.clone().with("a", ["new"]), Err(TraitsError::TooManyValues("a".into())));
        assert_eq!(full.clone().with("a", ["0"]), Ok(full));
        assert!(Traits::new().with("a", ["x".repeat(VALUE)]).is_ok());
        let long = Traits::new().with("a", ["x".repeat(VALUE + 1)]);
        assert_eq!(long, Err(TraitsError::ValueTooLong("a".into())));
        assert!(Traits::new().with("n".repeat(NAME), ["x"]).is_ok());
        for bad in [String::new(), "n".repeat(NAME + 1), "a\nb".into()] {
            assert_eq!(Traits::new().with(bad, ["x"]), Err(TraitsError::Name));
        }
    }
}
