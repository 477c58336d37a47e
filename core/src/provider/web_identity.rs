//! A role for the token of an OpenID Connect provider: Kubernetes service accounts, CI systems.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html>

use std::time::Duration;

use super::assume_role::default_session_name;
use super::{Token, usable};
use crate::credentials::Credentials;
use crate::env::Env;
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::sts::{self, AssumeRoleWithWebIdentity, AssumedRole, Endpoint, Session};

/// The variable that names the token's file.
pub(crate) const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";

/// A role, and the token that it is given for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebIdentity {
    /// The role.
    pub role_arn: String,
    /// The token; a file is read again each time.
    pub token: Token,
    /// What the session is called; `awsaccess-` and the time in milliseconds if it is not given.
    pub session_name: Option<String>,
    /// How long the session lasts; never sent unless given.
    pub duration: Option<Duration>,
    /// An inline policy that narrows what the session may do.
    pub policy: Option<String>,
    /// Managed policies that narrow it likewise.
    pub policy_arns: Vec<String>,
    /// The region of the STS that is asked.
    pub region: Option<String>,
}

impl WebIdentity {
    /// A role for a token, and nothing else said about it.
    pub fn new(role_arn: impl Into<String>, token: Token) -> Self {
        Self {
            role_arn: role_arn.into(),
            token,
            session_name: None,
            duration: None,
            policy: None,
            policy_arns: Vec::new(),
            region: None,
        }
    }

    /// What `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN` and `AWS_ROLE_SESSION_NAME` say; `None` without the first.
    pub(crate) fn of_env(env: &Env) -> Result<Option<Self>, Error> {
        let Some(file) = env.get(TOKEN_FILE) else { return Ok(None) };
        let role = env.get("AWS_ROLE_ARN").ok_or_else(|| {
            let message = format!("{TOKEN_FILE} is set and AWS_ROLE_ARN is not; set both or none");
            Error::new(ErrorKind::Config, message)
        })?;
        let mut identity = Self::new(role, Token::File(file.to_owned()));
        identity.session_name = env.get("AWS_ROLE_SESSION_NAME").map(str::to_owned);
        Ok(Some(identity))
    }
}

/// Reads the token and exchanges it for the role's credentials.
pub(crate) async fn load(
    flow: &Flow,
    identity: &WebIdentity,
    endpoint: &Endpoint,
) -> Result<Credentials, Error> {
    let name = identity.session_name.clone().unwrap_or_else(|| default_session_name(flow.now()));
    let session = Session {
        duration: identity.duration,
        policy: identity.policy.as_deref(),
        policy_arns: &identity.policy_arns,
    };
    let role_arn = identity.role_arn.as_str();
    let exchange = identity.token.exchange(flow, "web identity token", sts::MOST_TOKEN, endpoint, |token| {
        AssumeRoleWithWebIdentity { provider_id: None, role_arn, session_name: &name, token, session }.form()
    });
    let result = async {
        let role = AssumedRole::read_result(&exchange.await?, AssumeRoleWithWebIdentity::RESULT)?;
        usable(role.credentials.with_source("web-identity"), flow.now(), "the role of the web identity")
    };
    result.await.map_err(|error: Error| error.within(&format!("web identity for role {role_arn}")))
}
