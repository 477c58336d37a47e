//! How each source of credentials is asked.
//!
//! A source answers in one of three ways ([`Answer`]): it is not set up here, it is and failed, or here are the
//! credentials. Only the first lets a chain go on to the next source, so that an outage or a typing error never
//! picks another identity without a word.

pub mod assume_role;
mod clock;
pub(crate) mod cognito;
pub(crate) mod container;
pub(crate) mod endpoint;
pub mod environment;
pub mod imds;
pub mod keys;
pub(crate) mod login;
pub(crate) mod object;
pub(crate) mod process;
pub(crate) mod renewal;
pub(crate) mod rest_json;
pub(crate) mod retry;
pub(crate) mod roles_anywhere;
pub(crate) mod saml;
pub(crate) mod service;
pub(crate) mod session_token;
pub(crate) mod sso;
mod token;
pub(crate) mod web_identity;

use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::time::Time;

pub use assume_role::{RoleHop, assume_role};
pub use cognito::Cognito;
pub use process::Shell;
pub use roles_anywhere::RolesAnywhere;
pub use saml::Saml;
pub use session_token::{FederationToken, SessionToken};
pub use token::Token;
pub use web_identity::WebIdentity;

/// What a source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing is set up for it here; the text says what was looked for.
    NotConfigured(String),
    /// It is set up, and did not give credentials.
    Failed(Error),
    /// Here they are.
    Found(Credentials),
}

impl From<Result<Credentials, Error>> for Answer {
    fn from(result: Result<Credentials, Error>) -> Self {
        match result {
            Ok(credentials) => Self::Found(credentials),
            Err(error) => Self::Failed(error),
        }
    }
}

/// Passes credentials on if every part could stand in a request, and they are not past their time.
pub(crate) fn usable(credentials: Credentials, now: Time, whose: &str) -> Result<Credentials, Error> {
    let secret = credentials.secret_access_key().expose();
    let token = credentials.session_token().map_or("", |token| token.expose());
    let malformed =
        |part: &str, why: &str| Error::new(ErrorKind::Malformed, format!("the {part} of {whose} {why}"));
    for (part, text, needed) in [
        ("access key id", credentials.access_key_id(), true),
        ("secret access key", secret, true),
        ("session token", token, false),
        ("account id", credentials.account_id().unwrap_or_default(), false),
    ] {
        if needed && text.is_empty() {
            return Err(malformed(part, "is empty"));
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(malformed(part, "has a space or a control character in it"));
        }
    }
    match credentials.expires_at().filter(|end| *end <= now) {
        Some(end) => {
            Err(Error::new(ErrorKind::Expired, format!("the credentials of {whose} expired at {end}")))
        }
        None => Ok(credentials),
    }
}
