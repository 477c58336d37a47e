//! What can go wrong when credentials are resolved, and what was tried before it did.

mod kind;
mod trace;

use std::fmt;

pub use kind::ErrorKind;
pub use trace::{Attempt, Outcome, Trace};

/// The longest message that is kept, in bytes; what a remote party wrote may be a part of one.
const LONGEST: usize = 600;

/// Why a task ended without a result: a kind to act on, and one line for a person.
///
/// The message carries no secret and no line break. [`attempts`](Self::attempts) lists each source that was
/// tried before.
///
/// ```
/// use awsaccess::error::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::Timeout, "sts.eu-west-1.amazonaws.com did not answer\nin time").retryable();
/// assert_eq!(error.to_string(), "sts.eu-west-1.amazonaws.com did not answer in time");
/// assert!(error.is_retryable() && error.kind().name() == "timeout");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    retryable: bool,
    aws_code: Option<String>,
    attempts: Vec<Attempt>,
}

impl Error {
    /// An error that a repetition of the same call would meet again. Control characters in the message become
    /// spaces, and an overlong message is cut.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = one_line(&message.into());
        Self { kind, message, retryable: false, aws_code: None, attempts: Vec::new() }
    }

    /// Marks what may well be gone if the call is made again (throttling, a timeout, a fault of the service).
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// The code that AWS answered with, such as `AccessDenied`.
    #[must_use]
    pub fn with_aws_code(mut self, code: impl Into<String>) -> Self {
        self.aws_code = Some(one_line(&code.into()));
        self
    }

    /// Puts the sources that were tried with the error.
    #[must_use]
    pub fn with_attempts(mut self, attempts: Vec<Attempt>) -> Self {
        self.attempts = attempts;
        self
    }

    /// Puts words in front of the message: `while doing this: what happened`.
    #[must_use]
    pub fn within(mut self, context: &str) -> Self {
        self.message = one_line(&format!("{context}: {}", self.message));
        self
    }

    /// What sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The line for a person; the same as `Display`.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the same call may succeed later without a change of configuration.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.retryable
    }

    /// AWS's own code, where AWS was the one to refuse.
    #[must_use]
    pub fn aws_code(&self) -> Option<&str> {
        self.aws_code.as_deref()
    }

    /// The message, and beneath it what each source said: a few lines for a person.
    ///
    /// ```
    /// use awsaccess::error::{Attempt, Error, ErrorKind, Outcome};
    /// let tried = vec![Attempt::new("environment", Outcome::NotConfigured, "AWS_ACCESS_KEY_ID is not set")];
    /// let error = Error::new(ErrorKind::NotConfigured, "no credentials found").with_attempts(tried);
    /// assert_eq!(
    ///     error.report(),
    ///     "no credentials found\n  environment  not configured  AWS_ACCESS_KEY_ID is not set"
    /// );
    /// ```
    #[must_use]
    pub fn report(&self) -> String {
        let trace = Trace::from(self.attempts.clone()).to_string();
        std::iter::once(self.message.as_str()).chain(trace.lines()).collect::<Vec<_>>().join("\n  ")
    }

    /// Each source that was tried, in order, with its outcome and reason.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// One printable line of bounded length, whatever came in.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(LONGEST));
    for c in text.chars().map(|c| if unprintable(c) { ' ' } else { c }) {
        if line.len() + c.len_utf8() > LONGEST {
            line.push('…');
            break;
        }
        // A run of line breaks and indentation is one space.
        if !(c == ' ' && line.ends_with(' ')) {
            line.push(c);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// Controls, line separators, and the marks that reorder text on a terminal.
fn unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_bounded_line() {
        let text = format!("a\r\n\tb\u{1b}[31m\u{2028}c{}", "é".repeat(1000));
        let error = Error::new(ErrorKind::Service, text);
        assert!(error.message().starts_with("a b [31m cé"), "{error}");
        assert!(error.message().len() <= LONGEST + '…'.len_utf8());
        assert!(!error.message().chars().any(char::is_control));
        assert_eq!(Error::new(ErrorKind::Limit, "x").within("y").message(), "y: x");
    }
}
