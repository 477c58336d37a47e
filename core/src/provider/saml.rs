//! A role for a SAML assertion of an identity provider that IAM knows.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html>

use std::time::Duration;

use super::{Token, usable};
use crate::credentials::Credentials;
use crate::error::Error;
use crate::flow::Flow;
use crate::sts::{self, AssumeRoleWithSaml, AssumedRole, Endpoint, Session};

/// A role, and the assertion that it is given for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Saml {
    /// The role.
    pub role_arn: String,
    /// The identity provider, as IAM names it: `arn:aws:iam::111122223333:saml-provider/name`.
    pub principal_arn: String,
    /// The assertion in base64, as the identity provider posts it; a file is read again each time.
    pub assertion: Token,
    /// How long the session lasts; never sent unless given.
    pub duration: Option<Duration>,
    /// An inline policy that narrows what the session may do.
    pub policy: Option<String>,
    /// Managed policies that narrow it likewise.
    pub policy_arns: Vec<String>,
    /// The region of the STS that is asked.
    pub region: Option<String>,
}

impl Saml {
    /// A role for an assertion, and nothing else said about it.
    pub fn new(role_arn: impl Into<String>, principal_arn: impl Into<String>, assertion: Token) -> Self {
        Self {
            role_arn: role_arn.into(),
            principal_arn: principal_arn.into(),
            assertion,
            duration: None,
            policy: None,
            policy_arns: Vec::new(),
            region: None,
        }
    }
}

/// Reads the assertion and exchanges it for the role's credentials.
pub(crate) async fn load(flow: &Flow, saml: &Saml, endpoint: &Endpoint) -> Result<Credentials, Error> {
    let (role_arn, principal_arn) = (saml.role_arn.as_str(), saml.principal_arn.as_str());
    let session =
        Session { duration: saml.duration, policy: saml.policy.as_deref(), policy_arns: &saml.policy_arns };
    let exchange =
        saml.assertion.exchange(flow, "saml assertion", sts::MOST_ASSERTION, endpoint, |assertion| {
            AssumeRoleWithSaml { role_arn, principal_arn, assertion, session }.form()
        });
    let result = async {
        let role = AssumedRole::read_result(&exchange.await?, AssumeRoleWithSaml::RESULT)?;
        usable(role.credentials.with_source("saml"), flow.now(), "the role of the saml assertion")
    };
    result.await.map_err(|error: Error| error.within(&format!("saml for role {role_arn}")))
}
