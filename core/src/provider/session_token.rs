//! Sessions of a user's own long-lived keys: with a one-time code, or for a federated user.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>,
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html>

use std::time::Duration;

use super::assume_role::mfa_code;
use super::usable;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::flow::Flow;
use crate::sts::{self, Endpoint, GetFederationToken, GetSessionToken, Keys, Session};

/// A session of the same user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionToken {
    /// The MFA device whose code proves the user; the host is asked for the code.
    pub mfa_serial: Option<String>,
    /// How long it lasts, 15 minutes to 36 hours; never sent unless given.
    pub duration: Option<Duration>,
    /// The region of the STS that is asked.
    pub region: Option<String>,
}

impl SessionToken {
    /// A session, and nothing else said about it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the MFA device.
    #[must_use]
    pub fn mfa_serial(mut self, serial: impl Into<String>) -> Self {
        self.mfa_serial = Some(serial.into());
        self
    }

    /// Sets how long it lasts.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }
}

/// A session for a federated user, who may do what the user and the policies both allow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FederationToken {
    /// The federated user, 2 to 32 characters.
    pub name: String,
    /// An inline policy that says what the session may do.
    pub policy: Option<String>,
    /// Managed policies that say so likewise.
    pub policy_arns: Vec<String>,
    /// What the session is tagged with.
    pub tags: Vec<(String, String)>,
    /// How long it lasts, 15 minutes to 36 hours; never sent unless given.
    pub duration: Option<Duration>,
    /// The region of the STS that is asked.
    pub region: Option<String>,
}

impl FederationToken {
    /// A session for this user, who may do nothing until a policy says more.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            policy: None,
            policy_arns: Vec::new(),
            tags: Vec::new(),
            duration: None,
            region: None,
        }
    }

    /// Says what the session may do.
    #[must_use]
    pub fn policy(mut self, policy: impl Into<String>) -> Self {
        self.policy = Some(policy.into());
        self
    }
}

pub(crate) async fn session(
    flow: &Flow,
    keys: &Credentials,
    session: &SessionToken,
    endpoint: &Endpoint,
) -> Result<Credentials, Error> {
    let plain = GetSessionToken { duration: session.duration, mfa: None };
    // Checked before anybody is asked for a code.
    let mut form = plain.form()?;
    if let Some(serial) = &session.mfa_serial {
        let code = mfa_code(flow, serial).await?;
        form = GetSessionToken { mfa: Some((serial, &code)), ..plain }.form()?;
    }
    let reply = sts::call(flow, keys, endpoint, &form).await?;
    let found = Keys::read(&reply, GetSessionToken::RESULT)?.credentials().with_source("session-token");
    // A session is of the account of its user.
    let found = match keys.account_id() {
        Some(account) => found.with_account_id(account),
        None => found,
    };
    usable(found, flow.now(), "the session")
}

pub(crate) async fn federation(
    flow: &Flow,
    keys: &Credentials,
    federation: &FederationToken,
    endpoint: &Endpoint,
) -> Result<Credentials, Error> {
    let session = Session {
        duration: federation.duration,
        policy: federation.policy.as_deref(),
        policy_arns: &federation.policy_arns,
    };
    let form = GetFederationToken { name: &federation.name, tags: &federation.tags, session }.form()?;
    let reply = sts::call(flow, keys, endpoint, &form).await?;
    let found = Keys::read(&reply, GetFederationToken::RESULT)?.credentials().with_source("federation-token");
    let arn = reply.text(&format!("{}/FederatedUser/Arn", GetFederationToken::RESULT)).unwrap_or_default();
    let found = match arn.split(':').nth(4).filter(|account| !account.is_empty()) {
        Some(account) => found.with_account_id(account),
        None => found,
    };
    usable(found, flow.now(), "the federated user")
}
