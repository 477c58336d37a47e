//! The credentials of a role that IAM Identity Center assigns to a person.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html>
//!
//! A sign-in leaves an access token in `~/.aws/sso/cache`, in a file that the AWS CLI and SDKs share; the portal
//! gives credentials for it. With an `[sso-session]` the token is renewed when it is about to end; the older
//! configuration, a start URL in the profile itself, knows no renewal.

pub(crate) mod oidc;
pub(crate) mod portal;
pub(crate) mod registration;
pub(crate) mod token;

use sha1::{Digest, Sha1};

use super::renewal::{self, Memory};
use super::usable;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::flow::Flow;

/// The settings of IAM Identity Center in a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sso {
    /// The name of the `[sso-session]`; `None` for the older keys.
    pub session: Option<String>,
    /// Its region.
    pub region: String,
    /// The portal.
    pub start_url: String,
    /// The account and the role in it; `None` for a profile that gives a token only.
    pub role: Option<(String, String)>,
}

impl Sso {
    /// A portal by its start URL and region; `session` names the `[sso-session]` that its token is kept for.
    pub fn new(session: Option<String>, region: impl Into<String>, start_url: impl Into<String>) -> Self {
        Self { session, region: region.into(), start_url: start_url.into(), role: None }
    }

    /// The name of the token's file in `~/.aws/sso/cache`: the SHA-1 of the session's name, or of the start URL as
    /// it is written.
    #[must_use]
    pub fn cache_file(&self) -> String {
        file_name(self.session.as_deref().unwrap_or(&self.start_url))
    }

    pub(crate) fn name(&self) -> String {
        match &self.session {
            Some(session) => format!("the session {session} of IAM Identity Center"),
            None => format!("the IAM Identity Center session of {}", self.start_url),
        }
    }

    /// What a person does about a token that is not there any more.
    pub(crate) fn remedy(&self) -> String {
        match &self.session {
            Some(session) => format!("run `awsaccess login` or `aws sso login --sso-session {session}`"),
            None => "run `awsaccess login` or `aws sso login` with this profile".to_owned(),
        }
    }
}

/// `<SHA-1 in hex>.json`.
pub(crate) fn file_name(key: &str) -> String {
    let hex: String = Sha1::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
    hex + ".json"
}

/// How one portal is reached, and where its token lies.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) sso: Sso,
    /// Without a slash at the end.
    pub(crate) portal: String,
    pub(crate) oidc: String,
    pub(crate) token_file: String,
}

/// The credentials of a role in an account.
pub(crate) async fn load(
    flow: &Flow,
    setup: &Setup,
    (account, role): (&str, &str),
    memory: &Memory,
    warnings: &mut Vec<String>,
) -> Result<Credentials, Error> {
    let token = renewal::current(flow, setup, memory, warnings).await?;
    let found = portal::role_credentials(flow, setup, &token.access, account, role).await?;
    usable(found, flow.now(), &format!("the role {role}"))
}
