//! The operations that give a session for something else than a role's trust in the caller's keys: a token of an
//! OpenID Connect provider, a SAML assertion, a one-time code, a federated user's name.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>,
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html>,
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>,
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html>

use std::time::Duration;

use super::form::Form;
use super::limit;
use super::request::{Request, checked};
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;

/// What several operations allow beside their own parameters.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Session<'a> {
    /// How long the session lasts; the service decides if it is not given.
    pub duration: Option<Duration>,
    /// An inline policy that narrows what the session may do.
    pub policy: Option<&'a str>,
    /// Managed policies that narrow it likewise.
    pub policy_arns: &'a [String],
}

impl Session<'_> {
    fn put(self, form: Form, of_user: bool) -> Result<Form, Error> {
        let seconds = self.duration.map(|duration| duration.as_secs());
        let within = if of_user { limit::long_duration } else { limit::duration };
        checked("the session's duration", seconds.map_or(Ok(()), within))?;
        checked("the session policy", self.policy.map_or(Ok(()), limit::short_policy))?;
        checked("the policy arns", limit::policy_arns(self.policy_arns))?;
        Ok(form
            .list("PolicyArns", "arn", self.policy_arns)
            .optional("Policy", self.policy)
            .optional("DurationSeconds", seconds.map(|n| n.to_string()).as_deref()))
    }
}

/// A role for a token; not signed.
#[non_exhaustive]
pub struct AssumeRoleWithWebIdentity<'a> {
    /// The role.
    pub role_arn: &'a str,
    /// What the session is called.
    pub session_name: &'a str,
    /// The token.
    pub token: &'a Secret,
    /// The provider's domain, where it is one of before OpenID Connect.
    pub provider_id: Option<&'a str>,
    /// What else is said of the session.
    pub session: Session<'a>,
}

impl<'a> AssumeRoleWithWebIdentity<'a> {
    /// The parameters that have to be there.
    #[must_use]
    pub fn new(role_arn: &'a str, session_name: &'a str, token: &'a Secret) -> Self {
        Self { role_arn, session_name, token, provider_id: None, session: Session::default() }
    }
}

impl AssumeRoleWithWebIdentity<'_> {
    pub(crate) const RESULT: &'static str = "AssumeRoleWithWebIdentityResult";

    /// The request, if every parameter is within its limits.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] names the parameter.
    pub fn request(&self) -> Result<Request, Error> {
        self.form().map(Request::unsigned)
    }

    pub(crate) fn form(&self) -> Result<Form, Error> {
        checked("the role", limit::role_arn(self.role_arn))?;
        checked("the role session name", limit::session_name(self.session_name))?;
        checked("the web identity token", limit::web_identity_token(self.token.expose()))?;
        checked("the provider id", self.provider_id.map_or(Ok(()), limit::provider_id))?;
        let form = Form::new("AssumeRoleWithWebIdentity")
            .field("RoleArn", self.role_arn)
            .field("RoleSessionName", self.session_name)
            .secret("WebIdentityToken", Some(self.token))
            .optional("ProviderId", self.provider_id);
        self.session.put(form, false)
    }
}

/// A role for an assertion; not signed.
#[non_exhaustive]
pub struct AssumeRoleWithSaml<'a> {
    /// The role.
    pub role_arn: &'a str,
    /// The SAML provider.
    pub principal_arn: &'a str,
    /// In base64, as the identity provider posts it.
    pub assertion: &'a Secret,
    /// What else is said of the session.
    pub session: Session<'a>,
}

impl<'a> AssumeRoleWithSaml<'a> {
    /// The parameters that have to be there.
    #[must_use]
    pub fn new(role_arn: &'a str, principal_arn: &'a str, assertion: &'a Secret) -> Self {
        Self { role_arn, principal_arn, assertion, session: Session::default() }
    }
}

impl AssumeRoleWithSaml<'_> {
    pub(crate) const RESULT: &'static str = "AssumeRoleWithSAMLResult";

    /// The request, if every parameter is within its limits.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] names the parameter.
    pub fn request(&self) -> Result<Request, Error> {
        self.form().map(Request::unsigned)
    }

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
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct GetSessionToken<'a> {
    /// How long the session lasts; the service decides if it is not given.
    pub duration: Option<Duration>,
    /// The MFA device, and its code.
    pub mfa: Option<(&'a str, &'a Secret)>,
}

impl GetSessionToken<'_> {
    pub(crate) const RESULT: &'static str = "GetSessionTokenResult";

    /// The request, if every parameter is within its limits.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] names the parameter.
    pub fn request(&self) -> Result<Request, Error> {
        self.form().map(Request::signed)
    }

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
#[non_exhaustive]
pub struct GetFederationToken<'a> {
    /// The federated user, 2 to 32 characters.
    pub name: &'a str,
    /// What the session is tagged with.
    pub tags: &'a [(String, String)],
    /// What else is said of the session.
    pub session: Session<'a>,
}

impl<'a> GetFederationToken<'a> {
    /// The parameters that have to be there.
    #[must_use]
    pub fn new(name: &'a str) -> Self {
        Self { name, tags: &[], session: Session::default() }
    }
}

impl GetFederationToken<'_> {
    pub(crate) const RESULT: &'static str = "GetFederationTokenResult";

    /// The request, if every parameter is within its limits.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] names the parameter.
    pub fn request(&self) -> Result<Request, Error> {
        self.form().map(Request::signed)
    }

    pub(crate) fn form(&self) -> Result<Form, Error> {
        checked("the federated user's name", limit::federated_name(self.name))?;
        checked("the session tags", limit::tags(self.tags))?;
        let form = self.session.put(Form::new("GetFederationToken").field("Name", self.name), true)?;
        Ok(form.tags(self.tags))
    }
}
