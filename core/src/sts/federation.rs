//! The operations that give a session for something else than a role's trust in the caller's keys: a token of an
//! OpenID Connect provider, a SAML assertion, a one-time code, a federated user's name.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>,
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html>,
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>,
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html>

use std::time::Duration;

use super::form::Form;
use super::limit::{self, Violation};
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;

/// What several operations allow beside their own parameters.
#[derive(Clone, Copy, Default)]
pub(crate) struct Session<'a> {
    pub(crate) duration: Option<Duration>,
    pub(crate) policy: Option<&'a str>,
    pub(crate) policy_arns: &'a [String],
}

impl Session<'_> {
    fn put(self, form: Form, of_user: bool) -> Result<Form, Error> {
        let seconds = self.duration.map(|duration| duration.as_secs());
        let within = if of_user { limit::long_duration } else { limit::duration };
        checked("the session's duration", seconds.map_or(Ok(()), within))?;
        checked("the session policy", self.policy.map_or(Ok(()), limit::policy))?;
        checked("the policy arns", limit::policy_arns(self.policy_arns))?;
        Ok(form
            .list("PolicyArns", "arn", self.policy_arns)
            .optional("Policy", self.policy)
            .optional("DurationSeconds", seconds.map(|n| n.to_string()).as_deref()))
    }
}

/// A role for a token; not signed.
pub(crate) struct AssumeRoleWithWebIdentity<'a> {
    pub(crate) role_arn: &'a str,
    pub(crate) session_name: &'a str,
    pub(crate) token: &'a Secret,
    pub(crate) session: Session<'a>,
}

impl AssumeRoleWithWebIdentity<'_> {
    pub(crate) const RESULT: &'static str = "AssumeRoleWithWebIdentityResult";

    pub(crate) fn form(&self) -> Result<Form, Error> {
        checked("the role", limit::role_arn(self.role_arn))?;
        checked("the role session name", limit::session_name(self.session_name))?;
        checked("the web identity token", limit::web_identity_token(self.token.expose()))?;
        let form = Form::new("AssumeRoleWithWebIdentity")
            .field("RoleArn", self.role_arn)
            .field("RoleSessionName", self.session_name)
            .secret("WebIdentityToken", Some(self.token));
        self.session.put(form, false)
    }
}

/// A role for an assertion; not signed.
pub(crate) struct AssumeRoleWithSaml<'a> {
    pub(crate) role_arn: &'a str,
    pub(crate) principal_arn: &'a str,
    /// In base64, as the identity provider posts it.
    pub(crate) assertion: &'a Secret,
    pub(crate) session: Session<'a>,
}

impl AssumeRoleWithSaml<'_> {
    pub(crate) const RESULT: &'static str = "AssumeRoleWithSAMLResult";

    pub(crate) fn form(&self) -> Result<Form, Error> {
        checked("the role", limit::role_arn(self.role_arn))?;
        checked("the saml provider", limit::arn(self.principal_arn))?;
        checked("the saml assertion", limit::saml_assertion(self.assertion.expose()))?;
        let form = Form::new("AssumeRoleWithSAML")
            .field("RoleArn", self.role_arn)
            .field("PrincipalArn", self.principal_arn)
            .secret("SAMLAssertion", Some(self.assertion));
        self.session.put(form, false)
    }
}

/// A session of a user's own keys, with or without a one-time code.
pub(crate) struct GetSessionToken<'a> {
    pub(crate) duration: Option<Duration>,
    pub(crate) mfa: Option<(&'a str, &'a Secret)>,
}

impl GetSessionToken<'_> {
    pub(crate) const RESULT: &'static str = "GetSessionTokenResult";

    pub(crate) fn form(&self) -> Result<Form, Error> {
        let serial = self.mfa.map(|(serial, _)| serial);
        checked("the mfa serial", serial.map_or(Ok(()), limit::serial_number))?;
        if self.mfa.is_some_and(|(_, code)| limit::token_code(code.expose()).is_err()) {
            return Err(Error::new(ErrorKind::Mfa, "an mfa code is six digits; what was given is not"));
        }
        let session = Session { duration: self.duration, ..Session::default() };
        let form = session.put(Form::new("GetSessionToken"), true)?;
        Ok(form.optional("SerialNumber", serial).secret("TokenCode", self.mfa.map(|(_, code)| code)))
    }
}

/// A session for a federated user, with the user's own keys.
pub(crate) struct GetFederationToken<'a> {
    pub(crate) name: &'a str,
    pub(crate) tags: &'a [(String, String)],
    pub(crate) session: Session<'a>,
}

impl GetFederationToken<'_> {
    pub(crate) const RESULT: &'static str = "GetFederationTokenResult";

    pub(crate) fn form(&self) -> Result<Form, Error> {
        checked("the federated user's name", limit::federated_name(self.name))?;
        checked("the session tags", limit::tags(self.tags))?;
        let form = self.session.put(Form::new("GetFederationToken").field("Name", self.name), true)?;
        Ok(form.tags(self.tags))
    }
}

fn checked(name: &str, result: Result<(), Violation>) -> Result<(), Error> {
    result.map_err(|must| Error::new(ErrorKind::Input, format!("{name} must be {must}")))
}
