//! Why a profile leads nowhere, told by what has to be mended.

use super::MOST_PROFILES;
use crate::error::ErrorKind;
use crate::profile::Selected;

/// Why a profile leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Nobody selected a profile, and the one that stands in for it is not there or holds no credentials.
    #[error("{0}; select a profile that has credentials, or add some to it")]
    NotConfigured(String),
    /// The selected profile is in neither file.
    #[error("the profile {0} is in neither the config nor the credentials file")]
    NoProfile(String),
    /// The selected profile, or the source of a role, holds no credentials of any kind.
    #[error("the profile {0} holds no credentials of any kind")]
    NoCredentials(String),
    /// A source profile that does not exist.
    #[error(
        "the profile {profile} names {source_profile} as its source_profile, and there is no such profile"
    )]
    NoSourceProfile {
        /// The one that names it.
        profile: String,
        /// The one that is missing.
        source_profile: String,
    },
    /// One key of two that belong together.
    #[error("the profile {profile} has one half of its keys; {missing} is missing")]
    HalfKeys {
        /// The profile.
        profile: String,
        /// The key that is missing.
        missing: &'static str,
    },
    /// A role that nothing says how to assume.
    #[error(
        "the profile {0} has a role_arn and neither source_profile nor credential_source; add one of them"
    )]
    NoSource(String),
    /// A role with two answers to that.
    #[error("the profile {0} has both source_profile and credential_source; remove one of them")]
    TwoSources(String),
    /// Profiles that name each other.
    #[error("source_profile leads in a circle: {}", .0.join(" -> "))]
    Loop(Vec<String>),
    /// More profiles in a row than anybody means.
    #[error("more than {MOST_PROFILES} profiles follow one another")]
    TooLong,
    /// A token file without a role.
    #[error("the profile {0} has a web_identity_token_file and no role_arn; add it")]
    NoRole(String),
    /// An `[sso-session]` that does not exist.
    #[error("the profile {profile} names the sso-session {session}, and there is no such section")]
    NoSsoSession {
        /// The profile.
        profile: String,
        /// The section.
        session: String,
    },
    /// A key that has to be there.
    #[error("{section} lacks {key}; add it")]
    Missing {
        /// `the profile x` or `the sso-session y`.
        section: String,
        /// The key.
        key: &'static str,
    },
    /// A profile and its session that differ.
    #[error("the profile {profile} has another {key} than its sso-session; remove it from the profile")]
    Contradiction {
        /// The profile.
        profile: String,
        /// The key.
        key: &'static str,
    },
    /// A value that cannot be what it stands for.
    #[error("the profile {profile}: {key} must be {expected}")]
    Value {
        /// The profile.
        profile: String,
        /// The key.
        key: &'static str,
        /// What it may be.
        expected: &'static str,
    },
}

impl PlanError {
    /// The sort of failure that this is: [`ErrorKind::NotConfigured`] where there is simply nothing.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotConfigured(_) => ErrorKind::NotConfigured,
            Self::TooLong => ErrorKind::Limit,
            _ => ErrorKind::Config,
        }
    }

    /// What was selected without a word in code is often there for its region only, or not at all.
    pub(super) fn of_nothing(self, selected: &Selected) -> Self {
        match self {
            Self::NoProfile(name) if !selected.explicit => {
                Self::NotConfigured(format!("there is no profile named {name}"))
            }
            Self::NoCredentials(name) if name == selected.name && !selected.in_code => {
                Self::NotConfigured(format!("the profile {name} holds no credentials of any kind"))
            }
            other => other,
        }
    }
}
