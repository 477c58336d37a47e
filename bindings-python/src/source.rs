//! Sources that are configured in code, and what is done with the keys that were found.

use std::time::Duration;

use awsaccess::provider::{self, RoleHop, Token};
use awsaccess::secret::Secret;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::error::{guard, wrong_type};
use crate::value::{duration, pairs, secret, text};

/// A token or an assertion in a file, which is read again each time that it is needed.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct TokenFile(String);

#[pymethods]
impl TokenFile {
    /// The file at this path.
    #[new]
    fn new(path: String) -> Self {
        Self(path)
    }
    /// Where it is.
    #[getter]
    fn path(&self) -> &str {
        &self.0
    }
    fn __repr__(&self) -> String {
        format!("TokenFile('{}')", self.0.escape_debug())
    }
}

/// The token itself as text, or the file that it is in.
fn token(value: &Bound<'_, PyAny>, what: &str) -> PyResult<Token> {
    if let Ok(file) = value.cast::<TokenFile>() {
        return Ok(Token::File(file.get().0.clone()));
    }
    if value.is_instance_of::<PyString>() {
        return secret(value, what).map(Token::Given);
    }
    Err(wrong_type(what, "text or a TokenFile", value))
}

fn lasting(value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Duration>> {
    value.map(|value| duration(value, "duration")).transpose()
}

/// A role to assume, and what is said with it.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Role(pub(crate) RoleHop);

#[pymethods]
impl Role {
    /// `duration` is seconds or a timedelta, 15 minutes to 12 hours, and never sent unless given.
    #[new]
    #[pyo3(signature = (role_arn, *, external_id=None, session_name=None, duration=None, mfa_serial=None,
        region=None, source_identity=None, policy=None, policy_arns=Vec::new(), tags=None,
        transitive_tag_keys=Vec::new()))]
    #[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
    fn new(
        role_arn: String,
        external_id: Option<&Bound<'_, PyAny>>,
        session_name: Option<String>,
        duration: Option<&Bound<'_, PyAny>>,
        mfa_serial: Option<String>,
        region: Option<String>,
        source_identity: Option<String>,
        policy: Option<String>,
        policy_arns: Vec<String>,
        tags: Option<&Bound<'_, PyAny>>,
        transitive_tag_keys: Vec<String>,
    ) -> PyResult<Self> {
        guard(|| {
            let mut hop = RoleHop::new(role_arn);
            hop.external_id = external_id.map(|id| text(id, "external_id").map(Secret::new)).transpose()?;
            hop.session_name = session_name;
            hop.duration = lasting(duration)?;
            hop.mfa_serial = mfa_serial;
            hop.region = region;
            hop.source_identity = source_identity;
            hop.policy = policy;
            hop.policy_arns = policy_arns;
            hop.tags = pairs(tags, "tags")?;
            hop.transitive_tag_keys = transitive_tag_keys;
            Ok(Self(hop))
        })
    }

    /// The role.
    #[getter]
    fn role_arn(&self) -> &str {
        &self.0.role_arn
    }

    fn __repr__(&self) -> String {
        format!("Role('{}')", self.0.role_arn.escape_debug())
    }
}

/// A role, or its ARN.
pub(crate) fn read_role(role: &Bound<'_, PyAny>) -> PyResult<RoleHop> {
    if let Ok(role) = role.cast::<Role>() {
        return Ok(role.get().0.clone());
    }
    if role.is_instance_of::<PyString>() {
        return text(role, "a role").map(RoleHop::new);
    }
    Err(wrong_type("a role to assume", "Role or an ARN", role))
}

/// A role for the token of an OpenID Connect provider.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct WebIdentity(pub(crate) provider::WebIdentity);

#[pymethods]
impl WebIdentity {
    /// `token` is the token itself, or a `TokenFile`; `duration` is seconds or a timedelta, and never sent unless
    /// given.
    #[new]
    #[pyo3(signature = (role_arn, token, *, session_name=None, duration=None, policy=None, policy_arns=Vec::new(),
        region=None))]
    fn new(
        role_arn: String,
        token: &Bound<'_, PyAny>,
        session_name: Option<String>,
        duration: Option<&Bound<'_, PyAny>>,
        policy: Option<String>,
        policy_arns: Vec<String>,
        region: Option<String>,
    ) -> PyResult<Self> {
        guard(|| {
            let mut identity = provider::WebIdentity::new(role_arn, self::token(token, "token")?);
            identity.session_name = session_name;
            identity.duration = lasting(duration)?;
            identity.policy = policy;
            identity.policy_arns = policy_arns;
            identity.region = region;
            Ok(Self(identity))
        })
    }
    /// The role.
    #[getter]
    fn role_arn(&self) -> &str {
        &self.0.role_arn
    }
    fn __repr__(&self) -> String {
        format!("WebIdentity('{}')", self.0.role_arn.escape_debug())
    }
}

/// A role for a SAML assertion.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Saml(pub(crate) provider::Saml);

#[pymethods]
impl Saml {
    /// `principal_arn` is the identity provider as IAM names it; `assertion` is the assertion in base64, or a
    /// `TokenFile` that holds it.
    #[new]
    #[pyo3(signature = (role_arn, principal_arn, assertion, *, duration=None, policy=None, policy_arns=Vec::new(),
        region=None))]
    fn new(
        role_arn: String,
        principal_arn: String,
        assertion: &Bound<'_, PyAny>,
        duration: Option<&Bound<'_, PyAny>>,
        policy: Option<String>,
        policy_arns: Vec<String>,
        region: Option<String>,
    ) -> PyResult<Self> {
        guard(|| {
            let mut saml = provider::Saml::new(role_arn, principal_arn, token(assertion, "assertion")?);
            saml.duration = lasting(duration)?;
            saml.policy = policy;
            saml.policy_arns = policy_arns;
            saml.region = region;
            Ok(Self(saml))
        })
    }
    /// The role.
    #[getter]
    fn role_arn(&self) -> &str {
        &self.0.role_arn
    }
    fn __repr__(&self) -> String {
        format!("Saml('{}')", self.0.role_arn.escape_debug())
    }
}

/// An identity of a Cognito identity pool.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Cognito(pub(crate) provider::Cognito);

#[pymethods]
impl Cognito {
    /// `logins` maps the name of an identity provider to its token, or to a `TokenFile`; without any, the identity is a
    /// guest's. `custom_role_arn` is one of the roles that the identity may have, in place of the pool's choice;
    /// `role_arn` is a role to take for the identity's token at STS (the basic flow).
    #[new]
    #[pyo3(signature = (identity_pool_id, *, logins=None, identity_id=None, account_id=None, custom_role_arn=None,
        role_arn=None, endpoint=None))]
    fn new(
        identity_pool_id: String,
        logins: Option<&Bound<'_, PyAny>>,
        identity_id: Option<String>,
        account_id: Option<String>,
        custom_role_arn: Option<String>,
        role_arn: Option<String>,
        endpoint: Option<String>,
    ) -> PyResult<Self> {
        guard(|| {
            let mut cognito = provider::Cognito::new(identity_pool_id);
            if let Some(logins) = logins {
                let items =
                    logins.call_method0("items").map_err(|_| wrong_type("logins", "a mapping", logins))?;
                for item in items.try_iter()? {
                    let (name, value): (String, Bound<'_, PyAny>) = item?.extract()?;
                    cognito = cognito.login(name, token(&value, "the token of a login")?);
                }
            }
            cognito.identity_id = identity_id;
            cognito.account_id = account_id;
            cognito.custom_role_arn = custom_role_arn;
            cognito.role_arn = role_arn;
            cognito.endpoint = endpoint;
            Ok(Self(cognito))
        })
    }
    /// The pool.
    #[getter]
    fn identity_pool_id(&self) -> &str {
        &self.0.identity_pool_id
    }
    fn __repr__(&self) -> String {
        format!("Cognito('{}')", self.0.identity_pool_id.escape_debug())
    }
}

/// A role for an X.509 certificate, by IAM Roles Anywhere. The private key stays with the host, which is asked to `Sign`.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct RolesAnywhere(pub(crate) provider::RolesAnywhere);

#[pymethods]
impl RolesAnywhere {
    /// `certificate` and `chain` are paths of files, PEM or DER; `private_key` is what the host calls the key.
    #[new]
    #[pyo3(signature = (trust_anchor_arn, profile_arn, role_arn, certificate, private_key, *, chain=None,
        session_name=None, duration=None, region=None, endpoint=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
    fn new(
        trust_anchor_arn: String,
        profile_arn: String,
        role_arn: String,
        certificate: String,
        private_key: String,
        chain: Option<String>,
        session_name: Option<String>,
        duration: Option<&Bound<'_, PyAny>>,
        region: Option<String>,
        endpoint: Option<String>,
    ) -> PyResult<Self> {
        guard(|| {
            let mut roles = provider::RolesAnywhere::new(
                trust_anchor_arn,
                profile_arn,
                role_arn,
                certificate,
                private_key,
            );
            roles.chain = chain;
            roles.session_name = session_name;
            roles.duration = lasting(duration)?;
            roles.region = region;
            roles.endpoint = endpoint;
            Ok(Self(roles))
        })
    }
    /// The role.
    #[getter]
    fn role_arn(&self) -> &str {
        &self.0.role_arn
    }
    fn __repr__(&self) -> String {
        format!("RolesAnywhere('{}')", self.0.role_arn.escape_debug())
    }
}

/// Exchanges long-lived keys for a session of the same user, with a one-time code if it names a device.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct SessionToken(pub(crate) provider::SessionToken);

#[pymethods]
impl SessionToken {
    /// `duration` is seconds or a timedelta, 15 minutes to 36 hours, and never sent unless given.
    #[new]
    #[pyo3(signature = (*, mfa_serial=None, duration=None, region=None))]
    fn new(
        mfa_serial: Option<String>,
        duration: Option<&Bound<'_, PyAny>>,
        region: Option<String>,
    ) -> PyResult<Self> {
        guard(|| {
            let mut session = provider::SessionToken::new();
            session.mfa_serial = mfa_serial;
            session.duration = lasting(duration)?;
            session.region = region;
            Ok(Self(session))
        })
    }
    /// The MFA device.
    #[getter]
    fn mfa_serial(&self) -> Option<&str> {
        self.0.mfa_serial.as_deref()
    }
    fn __repr__(&self) -> &'static str {
        "<SessionToken>"
    }
}

/// Exchanges long-lived keys for a session of a federated user, which can assume no role.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct FederationToken(pub(crate) provider::FederationToken);

#[pymethods]
impl FederationToken {
    /// The user may do nothing until a policy says more.
    #[new]
    #[pyo3(signature = (name, *, policy=None, policy_arns=Vec::new(), tags=None, duration=None, region=None))]
    fn new(
        name: String,
        policy: Option<String>,
        policy_arns: Vec<String>,
        tags: Option<&Bound<'_, PyAny>>,
        duration: Option<&Bound<'_, PyAny>>,
        region: Option<String>,
    ) -> PyResult<Self> {
        guard(|| {
            let mut federation = provider::FederationToken::new(name);
            federation.policy = policy;
            federation.policy_arns = policy_arns;
            federation.tags = pairs(tags, "tags")?;
            federation.duration = lasting(duration)?;
            federation.region = region;
            Ok(Self(federation))
        })
    }
    /// The federated user.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }
    fn __repr__(&self) -> String {
        format!("FederationToken('{}')", self.0.name.escape_debug())
    }
}
