//! AssumeRole: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.

use std::time::Duration;

use super::document::Document;
use super::form::Form;
use super::limit;
use super::request::{Request, checked};
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;
use crate::time::Time;

/// The parameters of one call.
#[derive(Clone)]
#[non_exhaustive]
pub struct AssumeRole {
    /// The role.
    pub role_arn: String,
    /// What the session is called in the account's records.
    pub session_name: String,
    /// What the role's owner gave to the one who assumes it.
    pub external_id: Option<Secret>,
    /// How long the session lasts; the service decides if it is not given.
    pub duration: Option<Duration>,
    /// The MFA device, and its code.
    pub mfa: Option<(String, Secret)>,
    /// Who stands behind the session, kept through further roles.
    pub source_identity: Option<String>,
    /// An inline policy that narrows what the session may do.
    pub policy: Option<String>,
    /// Managed policies that narrow it likewise.
    pub policy_arns: Vec<String>,
    /// What the session is tagged with.
    pub tags: Vec<(String, String)>,
    /// The keys of the tags that go on to the roles which this session assumes.
    pub transitive_tag_keys: Vec<String>,
    /// Contexts of trusted providers (IAM Identity Center): the provider's ARN, and what it asserts.
    pub provided_contexts: Vec<(String, Secret)>,
    /// The caller is a role's session itself, so that this one lasts an hour at most.
    pub chained: bool,
}

impl AssumeRole {
    /// The two parameters that have to be there.
    pub fn new(role_arn: impl Into<String>, session_name: impl Into<String>) -> Self {
        Self {
            role_arn: role_arn.into(),
            session_name: session_name.into(),
            external_id: None,
            duration: None,
            mfa: None,
            source_identity: None,
            policy: None,
            policy_arns: Vec::new(),
            tags: Vec::new(),
            transitive_tag_keys: Vec::new(),
            provided_contexts: Vec::new(),
            chained: false,
        }
    }

    /// Minds what is known of the caller: where these are a role's session, the new one lasts an hour at most. An EC2
    /// instance's role does not count as one.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>
    #[must_use]
    pub fn by(mut self, caller: &Credentials) -> Self {
        const ROLES: [&str; 7] =
            ["assume-role", "container", "web-identity", "saml", "sso", "cognito", "roles-anywhere"];
        self.chained |= caller.source().is_some_and(|source| ROLES.contains(&source));
        self
    }

    /// The request, if every parameter is within its limits.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] names the parameter; [`ErrorKind::Mfa`] a code that is none.
    pub fn request(&self) -> Result<Request, Error> {
        self.form().map(Request::signed)
    }

    /// The form to send, if every parameter is within its limits.
    pub(crate) fn form(&self) -> Result<Form, Error> {
        let optional =
            |name, value: Option<&str>, check: fn(&str) -> _| checked(name, value.map_or(Ok(()), check));
        let external_id = self.external_id.as_ref();
        let (serial, code) = (self.mfa.as_ref().map(|(s, _)| s.as_str()), self.mfa.as_ref().map(|(_, c)| c));
        checked("the role", limit::role_arn(&self.role_arn))?;
        checked("the role session name", limit::session_name(&self.session_name))?;
        optional("the external id", external_id.map(Secret::expose), limit::external_id)?;
        optional("the mfa serial", serial, limit::serial_number)?;
        optional("the source identity", self.source_identity.as_deref(), limit::session_name)?;
        optional("the session policy", self.policy.as_deref(), limit::policy)?;
        checked("the policy arns", limit::policy_arns(&self.policy_arns))?;
        checked("the session tags", limit::tags(&self.tags))?;
        checked("the transitive tag keys", limit::transitive_tag_keys(&self.transitive_tag_keys))?;
        if optional("the mfa code", code.map(Secret::expose), limit::token_code).is_err() {
            return Err(Error::new(ErrorKind::Mfa, "an mfa code is six digits; what was given is not"));
        }
        let seconds = self.duration.map(|duration| duration.as_secs());
        checked("the session's duration", seconds.map_or(Ok(()), limit::duration))?;
        let hour = seconds.filter(|_| self.chained);
        checked("the session's duration", hour.map_or(Ok(()), limit::chained_duration))?;
        checked("the provided contexts", limit::provided_contexts(&self.provided_contexts))?;
        Ok(Form::new("AssumeRole")
            .field("RoleArn", &self.role_arn)
            .field("RoleSessionName", &self.session_name)
            .list("PolicyArns", "arn", &self.policy_arns)
            .optional("Policy", self.policy.as_deref())
            .optional("DurationSeconds", seconds.map(|n| n.to_string()).as_deref())
            .tags(&self.tags)
            .list("TransitiveTagKeys", "", &self.transitive_tag_keys)
            .secret("ExternalId", external_id)
            .optional("SerialNumber", serial)
            .secret("TokenCode", code)
            .optional("SourceIdentity", self.source_identity.as_deref())
            .contexts(&self.provided_contexts))
    }
}

/// What AssumeRole gives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssumedRole {
    /// The session's keys.
    pub credentials: Credentials,
    /// `arn:aws:sts::<account>:assumed-role/<role>/<session>`.
    pub arn: String,
}

impl AssumedRole {
    /// Reads the reply.
    ///
    /// # Errors
    /// [`ErrorKind::Malformed`] if a member is missing or cannot be read.
    pub fn read(reply: &Document) -> Result<Self, Error> {
        Self::read_result(reply, "AssumeRoleResult")
    }

    /// The same of the operations that give a role for a token or an assertion.
    pub(crate) fn read_result(reply: &Document, result: &str) -> Result<Self, Error> {
        let arn = reply.required(&format!("{result}/AssumedRoleUser/Arn"))?.to_owned();
        let packed = reply.text(&format!("{result}/PackedPolicySize")).and_then(|text| text.parse().ok());
        let credentials = Keys::read(reply, result)?.credentials().with_packed_policy_size(packed);
        let account = arn.split(':').nth(4).filter(|account| !account.is_empty());
        let credentials = match account {
            Some(account) => credentials.with_account_id(account),
            None => credentials,
        };
        Ok(Self { credentials, arn })
    }
}

/// The `Credentials` element that several operations answer with.
#[non_exhaustive]
pub struct Keys {
    /// The key's public name.
    pub access_key_id: String,
    /// The secret that signs.
    pub secret_access_key: Secret,
    /// What goes with each request.
    pub session_token: Secret,
    /// When it ends.
    pub expiration: Time,
}

impl Keys {
    /// Reads the element beneath `result` (`AssumeRoleResult`); all four members have to be there.
    ///
    /// # Errors
    /// [`ErrorKind::Malformed`] if a member is missing or cannot be read.
    pub fn read(reply: &Document, result: &str) -> Result<Self, Error> {
        let text = |name| reply.required(&format!("{result}/Credentials/{name}"));
        let expiration = text("Expiration")?;
        let expiration = Time::parse_rfc3339(expiration).ok_or_else(|| {
            Error::new(ErrorKind::Malformed, "the reply of sts has an expiration that is no time")
        })?;
        Ok(Self {
            access_key_id: text("AccessKeyId")?.to_owned(),
            secret_access_key: Secret::new(text("SecretAccessKey")?),
            session_token: Secret::new(text("SessionToken")?),
            expiration,
        })
    }

    /// As credentials.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        Credentials::new(self.access_key_id.as_str(), self.secret_access_key.expose())
            .with_session_token(self.session_token.expose())
            .with_expiry(self.expiration)
    }
}
