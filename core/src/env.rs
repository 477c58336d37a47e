//! A snapshot of environment variables, taken by the host and handed in.

use std::collections::BTreeMap;
use std::fmt;

/// What the environment said when the task began.
///
/// Names are compared exactly. `Debug` shows the names of the variables only: values can be secrets.
///
/// ```
/// use awsaccess::env::Env;
/// let env: Env = [("AWS_REGION", "eu-west-1"), ("AWS_PROFILE", " ")].into_iter().collect();
/// assert_eq!(env.get("AWS_REGION"), Some("eu-west-1"));
/// assert_eq!(env.get("AWS_PROFILE"), None); // blank counts as unset
/// ```
#[derive(Clone, Default)]
pub struct Env(BTreeMap<String, zeroize::Zeroizing<String>>);

impl Env {
    /// An environment with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value without surrounding ASCII white space; a blank one counts as unset.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?.trim_ascii();
        (!value.is_empty()).then_some(value)
    }

    /// The value as it was given, blank or not.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str())
    }

    /// The names of all variables, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Sets a variable, replacing what was there.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into().into());
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut env = Self::new();
        pairs.into_iter().for_each(|(name, value)| env.set(name, value));
        env
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
