//! One section: its properties, and the properties nested in them.

use std::collections::BTreeMap;
use std::fmt;

use crate::secret::Secret;

/// The properties of a profile, an SSO session or a services section.
///
/// Keys are in lower case. `Debug` shows the keys only: any value can be a secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Section {
    properties: BTreeMap<String, Property>,
}

/// A value, with the properties that were indented beneath it when it was empty.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Property {
    /// As written; continuation lines and nested properties each after a line feed.
    pub(super) text: Secret,
    pub(super) nested: Vec<(String, Secret)>,
}

impl Section {
    /// The value of a key; an empty one counts as unset, and so does one that only holds nested properties.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let property = self.properties.get(key)?;
        let text = property.text.expose();
        (property.nested.is_empty() && !text.is_empty()).then_some(text)
    }

    /// The value as it is written, empty or not; nested properties are lines `name = value`, each after a line
    /// feed.
    #[must_use]
    pub fn raw(&self, key: &str) -> Option<&str> {
        self.properties.get(key).map(|property| property.text.expose())
    }

    /// The value of a property that is nested in another (`s3 =`, then an indented `name = value`); the last
    /// one of that name holds.
    #[must_use]
    pub fn nested(&self, key: &str, name: &str) -> Option<&str> {
        self.nested_of(key)
            .filter(|(n, value)| *n == name && !value.is_empty())
            .last()
            .map(|(_, value)| value)
    }

    /// All properties that are nested in one, in the order of the file.
    pub fn nested_of(&self, key: &str) -> impl Iterator<Item = (&str, &str)> {
        let nested = self.properties.get(key).map(|property| property.nested.as_slice()).unwrap_or_default();
        nested.iter().map(|(name, value)| (name.as_str(), value.expose()))
    }

    /// Every key with its value as written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.properties.iter().map(|(key, property)| (key.as_str(), property.text.expose()))
    }

    /// The keys that are set.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn set(&mut self, key: String, property: Property) -> Option<Property> {
        self.properties.insert(key, property)
    }

    pub(super) fn remove(&mut self, key: &str) -> bool {
        self.properties.remove(key).is_some()
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.properties.extend(other.properties);
    }
}

impl fmt::Debug for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.properties.keys()).finish()
    }
}
