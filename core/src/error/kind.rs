//! The one table of failures: C status codes, Python exceptions and Node's `err.code` all come from it.

use std::fmt;

/// The sort of a failure. Its number and name never change once released.
///
/// ```
/// use awsaccess::error::ErrorKind;
/// assert_eq!((ErrorKind::NotConfigured.code(), ErrorKind::NotConfigured.name()), (1, "not_configured"));
/// assert!(ErrorKind::ALL.iter().all(|kind| kind.code() != 0)); // nought is success in C
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u32)]
pub enum ErrorKind {
    /// No source that was asked is configured here.
    NotConfigured = 1,
    /// A file cannot be read as profiles.
    Profile = 2,
    /// The configuration contradicts itself, or lacks a key.
    Config = 3,
    /// The host would not answer a question that a configured source depends on.
    Declined = 4,
    /// Nothing answered at that address.
    Unreachable = 5,
    /// No answer came in time.
    Timeout = 6,
    /// AWS refused: the identity may not do this, or is not accepted.
    Denied = 7,
    /// AWS answered with another error.
    Service = 8,
    /// A reply that cannot be read.
    Malformed = 9,
    /// The credentials, or those that they come from, are past their time.
    Expired = 10,
    /// A multi-factor code is needed, and none that could be right was given.
    Mfa = 11,
    /// A bound was reached: questions in a task, bytes in a reply, roles in a chain.
    Limit = 12,
    /// An argument of the call is wrong.
    Input = 13,
    /// A request could not be signed.
    Sign = 14,
    /// A request's signature was not accepted.
    Verify = 15,
    /// A verified request could not be signed again.
    Resign = 16,
    /// A step, a claim or a verified request was used before, and serves once.
    Used = 17,
    /// The answer is of another kind than the question; the step can still be answered.
    WrongAnswer = 18,
    /// A fault of this library itself.
    Internal = 19,
    /// The caller gave up the task.
    Cancelled = 20,
}

impl ErrorKind {
    /// Every kind, by number.
    pub const ALL: &'static [Self] = &[
        Self::NotConfigured,
        Self::Profile,
        Self::Config,
        Self::Declined,
        Self::Unreachable,
        Self::Timeout,
        Self::Denied,
        Self::Service,
        Self::Malformed,
        Self::Expired,
        Self::Mfa,
        Self::Limit,
        Self::Input,
        Self::Sign,
        Self::Verify,
        Self::Resign,
        Self::Used,
        Self::WrongAnswer,
        Self::Internal,
        Self::Cancelled,
    ];

    /// The stable number, never nought.
    #[must_use]
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The stable name, in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Profile => "profile",
            Self::Config => "config",
            Self::Declined => "declined",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Denied => "denied",
            Self::Service => "service",
            Self::Malformed => "malformed",
            Self::Expired => "expired",
            Self::Mfa => "mfa",
            Self::Limit => "limit",
            Self::Input => "input",
            Self::Sign => "sign",
            Self::Verify => "verify",
            Self::Resign => "resign",
            Self::Used => "used",
            Self::WrongAnswer => "wrong_answer",
            Self::Internal => "internal",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_run_from_one_without_a_gap_and_names_differ() {
        for (at, kind) in ErrorKind::ALL.iter().enumerate() {
            assert_eq!(kind.code() as usize, at + 1, "{kind}");
            assert_eq!(
                ErrorKind::ALL.iter().filter(|other| other.name() == kind.name()).count(),
                1,
                "{kind}"
            );
        }
        // A kind that is added without a place in the list has a higher number than the list is long.
        assert_eq!(ErrorKind::ALL.len(), ErrorKind::Cancelled.code() as usize);
    }
}
