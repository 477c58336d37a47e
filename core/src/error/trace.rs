//! What was tried, and why it was passed over.

use std::fmt;
use std::time::Duration;

/// How one source answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing is set up for it here; the next source was tried.
    NotConfigured,
    /// It is set up and did not work; nothing else was tried after it.
    Failed,
    /// It gave the credentials.
    Ok,
}

impl Outcome {
    /// `not_configured`, `failed` or `ok`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Failed => "failed",
            Self::Ok => "ok",
        }
    }
}

/// One source that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The source, by the name that [`crate::chain::Source`] prints.
    pub source: String,
    /// How it answered.
    pub outcome: Outcome,
    /// Why, in one line without a secret.
    pub reason: String,
    /// How long it took by the host's clock; nought where nobody had to be asked.
    pub took: Duration,
}

impl Attempt {
    /// A line of a trace.
    pub fn new(source: impl Into<String>, outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { source: source.into(), outcome, reason: super::one_line(&reason.into()), took: Duration::ZERO }
    }

    /// Says how long it took.
    #[must_use]
    pub fn took(mut self, took: Duration) -> Self {
        self.took = took;
        self
    }
}

/// Every source that was tried, in order; prints as a few aligned lines.
///
/// ```
/// use awsaccess::error::{Attempt, Outcome, Trace};
/// let trace = Trace::from(vec![
///     Attempt::new("environment", Outcome::NotConfigured, "AWS_ACCESS_KEY_ID is not set"),
///     Attempt::new("imds", Outcome::Ok, "role gateway"),
/// ]);
/// assert_eq!(
///     trace.to_string(),
///     "environment  not configured  AWS_ACCESS_KEY_ID is not set\nimds         ok              role gateway"
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace(Vec<Attempt>);

impl Trace {
    /// The attempts, in the order in which they were made.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0
    }

    /// Notes one more.
    pub fn push(&mut self, attempt: Attempt) {
        self.0.push(attempt);
    }

    /// Gives the list away.
    #[must_use]
    pub fn into_attempts(self) -> Vec<Attempt> {
        self.0
    }
}

impl From<Vec<Attempt>> for Trace {
    fn from(attempts: Vec<Attempt>) -> Self {
        Self(attempts)
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|attempt| attempt.source.len()).max().unwrap_or(0);
        for (at, attempt) in self.0.iter().enumerate() {
            let outcome = attempt.outcome.name().replace('_', " ");
            let line = if at == 0 { "" } else { "\n" };
            write!(f, "{line}{:width$}  {outcome:14}  {}", attempt.source, attempt.reason)?;
            if !attempt.took.is_zero() {
                write!(f, " ({} ms)", attempt.took.as_millis())?;
            }
        }
        Ok(())
    }
}
