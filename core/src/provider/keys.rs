//! Static keys of a profile: `aws_access_key_id` and its companions.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html>

use crate::credentials::Credentials;
use crate::profile::Section;

/// What a profile says of static keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Nothing.
    None,
    /// One of the two that belong together; this is the one that is missing.
    Partial(&'static str),
    /// Both.
    Complete(Credentials),
}

impl Keys {
    /// Reads them.
    #[must_use]
    pub fn of(section: &Section) -> Self {
        match (section.get("aws_access_key_id"), section.get("aws_secret_access_key")) {
            (None, None) => Self::None,
            (None, Some(_)) => Self::Partial("aws_access_key_id"),
            (Some(_), None) => Self::Partial("aws_secret_access_key"),
            (Some(id), Some(secret)) => {
                let mut keys = Credentials::new(id, secret).with_source("profile");
                let token = section.get("aws_session_token").or_else(|| section.get("aws_security_token"));
                if let Some(token) = token {
                    keys = keys.with_session_token(token);
                }
                if let Some(account) = section.get("aws_account_id") {
                    keys = keys.with_account_id(account);
                }
                Self::Complete(keys)
            }
        }
    }
}
