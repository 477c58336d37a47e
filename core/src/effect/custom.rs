//! Credentials from a source that the host brings along.

use super::Effect;
use crate::credentials::Credentials;
use crate::error::one_line;

/// The credentials that a source of the host's own holds: a secret store, a keychain, another library's chain.
/// Answer `Ok(None)` if it holds none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Custom {
    /// Which of its sources, by the name that the order of the chain gives it.
    pub name: String,
}

impl Custom {
    /// Asks the source of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

impl Effect for Custom {
    type Reply = Result<Option<Credentials>, CustomFailure>;

    fn max_bytes(&self) -> usize {
        64 * 1024
    }

    fn size(reply: &Self::Reply) -> usize {
        let Ok(Some(credentials)) = reply else { return 0 };
        let token = credentials.session_token().map_or(0, |token| token.expose().len());
        credentials.access_key_id().len() + credentials.secret_access_key().expose().len() + token
    }
}

/// Why a source of the host's own gave nothing, though it should have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CustomFailure {
    /// In one line, for a person, without a secret.
    pub reason: String,
}

impl CustomFailure {
    /// A failure with its reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: one_line(&reason.into()) }
    }
}
