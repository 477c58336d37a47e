//! Sources that are configured in code, and what is done with the keys that were found.

use std::time::Duration;

use awsaccess::provider::{self, Token};
use awsaccess::secret::Secret;

use crate::error::Failure;
use crate::policy::names;
use crate::text::{Versioned, awsaccess_header, awsaccess_text, pairs, read, utf8};

/// A role for the token of an OpenID Connect provider.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_web_identity {
    /// `sizeof(awsaccess_web_identity)`.
    pub struct_size: usize,
    /// The role.
    pub role_arn: awsaccess_text,
    /// The token itself; or `token_file` in its place.
    pub token: awsaccess_text,
    /// The file that the token is in, which is read again each time.
    pub token_file: awsaccess_text,
    /// What the session is called.
    pub session_name: awsaccess_text,
    /// An inline policy that narrows what the session may do.
    pub policy: awsaccess_text,
    /// Managed policies that narrow it likewise.
    pub policy_arns: *const awsaccess_text,
    /// How many.
    pub policy_arn_count: usize,
    /// The region of the STS that is asked.
    pub region: awsaccess_text,
    /// How long it lasts, in seconds; 0: what STS gives.
    pub duration: u32,
}

/// A role for a SAML assertion.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_saml {
    /// `sizeof(awsaccess_saml)`.
    pub struct_size: usize,
    /// The role.
    pub role_arn: awsaccess_text,
    /// The identity provider, as IAM names it.
    pub principal_arn: awsaccess_text,
    /// The assertion in base64; or `assertion_file` in its place.
    pub assertion: awsaccess_text,
    /// The file that the assertion is in, which is read again each time.
    pub assertion_file: awsaccess_text,
    /// An inline policy that narrows what the session may do.
    pub policy: awsaccess_text,
    /// Managed policies that narrow it likewise.
    pub policy_arns: *const awsaccess_text,
    /// How many.
    pub policy_arn_count: usize,
    /// The region of the STS that is asked.
    pub region: awsaccess_text,
    /// How long it lasts, in seconds; 0: what STS gives.
    pub duration: u32,
}

/// What an identity provider gave.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_login {
    /// Its name.
    pub provider: awsaccess_text,
    /// The token itself; or `token_file` in its place.
    pub token: awsaccess_text,
    /// The file that the token is in, which is read again each time.
    pub token_file: awsaccess_text,
}

/// An identity of a Cognito identity pool.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_cognito {
    /// `sizeof(awsaccess_cognito)`.
    pub struct_size: usize,
    /// `<region>:<uuid>`.
    pub identity_pool_id: awsaccess_text,
    /// What identity providers gave; none for a guest.
    pub logins: *const awsaccess_login,
    /// How many.
    pub login_count: usize,
    /// The identity, where it is known.
    pub identity_id: awsaccess_text,
    /// The account of the pool.
    pub account_id: awsaccess_text,
    /// One of the roles that the identity may have, in place of the pool's choice.
    pub custom_role_arn: awsaccess_text,
    /// A role to take for the identity's token at STS (the basic flow).
    pub role_arn: awsaccess_text,
    /// The address of the service, such as an emulator's.
    pub endpoint: awsaccess_text,
}

/// A role for an X.509 certificate, by IAM Roles Anywhere. The private key stays with the caller, who is asked to sign.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_roles_anywhere {
    /// `sizeof(awsaccess_roles_anywhere)`.
    pub struct_size: usize,
    /// The trust anchor.
    pub trust_anchor_arn: awsaccess_text,
    /// The profile.
    pub profile_arn: awsaccess_text,
    /// The role.
    pub role_arn: awsaccess_text,
    /// The file with the certificate, PEM or DER.
    pub certificate: awsaccess_text,
    /// The private key, by the name that the caller knows it under.
    pub private_key: awsaccess_text,
    /// A file with the certificates between it and the trust anchor.
    pub chain: awsaccess_text,
    /// What the session is called.
    pub session_name: awsaccess_text,
    /// The region; that of the trust anchor unless given.
    pub region: awsaccess_text,
    /// The address of the service, such as an emulator's.
    pub endpoint: awsaccess_text,
    /// How long it lasts, in seconds; 0: what the service gives.
    pub duration: u32,
}

/// A session of the same user, for long-lived keys.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_session_token {
    /// `sizeof(awsaccess_session_token)`.
    pub struct_size: usize,
    /// The MFA device whose code proves the user.
    pub mfa_serial: awsaccess_text,
    /// The region of the STS that is asked.
    pub region: awsaccess_text,
    /// How long it lasts, in seconds; 0: what STS gives.
    pub duration: u32,
}

/// A session of a federated user, for long-lived keys. It can assume no role.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_federation_token {
    /// `sizeof(awsaccess_federation_token)`.
    pub struct_size: usize,
    /// The federated user.
    pub name: awsaccess_text,
    /// An inline policy that says what the session may do.
    pub policy: awsaccess_text,
    /// Managed policies that say so likewise.
    pub policy_arns: *const awsaccess_text,
    /// How many.
    pub policy_arn_count: usize,
    /// What the session is tagged with.
    pub tags: *const awsaccess_header,
    /// How many.
    pub tag_count: usize,
    /// The region of the STS that is asked.
    pub region: awsaccess_text,
    /// How long it lasts, in seconds; 0: what STS gives.
    pub duration: u32,
}

// SAFETY: repr(C), the size first, and zero is a value of every member.
unsafe impl Versioned for awsaccess_web_identity {}
// SAFETY: as above.
unsafe impl Versioned for awsaccess_saml {}
// SAFETY: as above.
unsafe impl Versioned for awsaccess_cognito {}
// SAFETY: as above.
unsafe impl Versioned for awsaccess_roles_anywhere {}
// SAFETY: as above.
unsafe impl Versioned for awsaccess_session_token {}
// SAFETY: as above.
unsafe impl Versioned for awsaccess_federation_token {}

/// Seconds; `None` for 0.
pub(crate) fn duration(seconds: u32) -> Option<Duration> {
    (seconds != 0).then(|| Duration::from_secs(seconds.into()))
}

/// # Safety
/// The text is good.
unsafe fn owned(text: awsaccess_text, what: &str) -> Result<Option<String>, Failure> {
    // SAFETY: passed on.
    Ok(unsafe { text.optional(what) }?.map(str::to_owned))
}

/// # Safety
/// Both texts are good.
unsafe fn token(token: awsaccess_text, file: awsaccess_text, what: &str) -> Result<Token, Failure> {
    // SAFETY: passed on.
    match unsafe { (token.optional(what)?, file.optional(what)?) } {
        (Some(token), None) => Ok(Token::Given(Secret::new(token))),
        (None, Some(path)) => Ok(Token::File(path.to_owned())),
        _ => Err(Failure::input(format!("give the {what} or the file that it is in, and not both"))),
    }
}

/// # Safety
/// An array of pairs, all good.
pub(crate) unsafe fn tags(
    tags: *const awsaccess_header,
    count: usize,
) -> Result<Vec<(String, String)>, Failure> {
    // SAFETY: passed on.
    let tags = unsafe { pairs(tags, count) }?;
    tags.into_iter()
        .map(|(name, value)| Ok((utf8(name, "a tag")?.to_owned(), utf8(value, "a tag")?.to_owned())))
        .collect()
}

/// # Safety
/// A pointer to a struct whose pointers are good.
pub(crate) unsafe fn web_identity(
    given: *const awsaccess_web_identity,
) -> Result<provider::WebIdentity, Failure> {
    // SAFETY: passed on.
    unsafe {
        let given = read(given, "web_identity")?;
        let held = token(given.token, given.token_file, "token")?;
        let mut identity = provider::WebIdentity::new(given.role_arn.required("role_arn")?, held);
        identity.session_name = owned(given.session_name, "session_name")?;
        identity.duration = duration(given.duration);
        identity.policy = owned(given.policy, "policy")?;
        identity.policy_arns = names(given.policy_arns, given.policy_arn_count)?;
        identity.region = owned(given.region, "region")?;
        Ok(identity)
    }
}

/// # Safety
/// As [`web_identity`].
pub(crate) unsafe fn saml(given: *const awsaccess_saml) -> Result<provider::Saml, Failure> {
    // SAFETY: passed on.
    unsafe {
        let given = read(given, "saml")?;
        let assertion = token(given.assertion, given.assertion_file, "assertion")?;
        let (role, principal) =
            (given.role_arn.required("role_arn")?, given.principal_arn.required("principal_arn")?);
        let mut saml = provider::Saml::new(role, principal, assertion);
        saml.duration = duration(given.duration);
        saml.policy = owned(given.policy, "policy")?;
        saml.policy_arns = names(given.policy_arns, given.policy_arn_count)?;
        saml.region = owned(given.region, "region")?;
        Ok(saml)
    }
}

/// # Safety
/// As [`web_identity`].
pub(crate) unsafe fn cognito(given: *const awsaccess_cognito) -> Result<provider::Cognito, Failure> {
    // SAFETY: passed on.
    unsafe {
        let given = read(given, "cognito")?;
        let mut cognito = provider::Cognito::new(given.identity_pool_id.required("identity_pool_id")?);
        for login in crate::text::slice(given.logins, given.login_count, "logins")? {
            let held = token(login.token, login.token_file, "token of a login")?;
            cognito = cognito.login(login.provider.required("provider")?, held);
        }
        cognito.identity_id = owned(given.identity_id, "identity_id")?;
        cognito.account_id = owned(given.account_id, "account_id")?;
        cognito.custom_role_arn = owned(given.custom_role_arn, "custom_role_arn")?;
        cognito.role_arn = owned(given.role_arn, "role_arn")?;
        cognito.endpoint = owned(given.endpoint, "endpoint")?;
        Ok(cognito)
    }
}

/// # Safety
/// As [`web_identity`].
pub(crate) unsafe fn roles_anywhere(
    given: *const awsaccess_roles_anywhere,
) -> Result<provider::RolesAnywhere, Failure> {
    // SAFETY: passed on.
    unsafe {
        let given = read(given, "roles_anywhere")?;
        let mut roles = provider::RolesAnywhere::new(
            given.trust_anchor_arn.required("trust_anchor_arn")?,
            given.profile_arn.required("profile_arn")?,
            given.role_arn.required("role_arn")?,
            given.certificate.required("certificate")?,
            given.private_key.required("private_key")?,
        );
        roles.chain = owned(given.chain, "chain")?;
        roles.session_name = owned(given.session_name, "session_name")?;
        roles.duration = duration(given.duration);
        roles.region = owned(given.region, "region")?;
        roles.endpoint = owned(given.endpoint, "endpoint")?;
        Ok(roles)
    }
}

/// # Safety
/// As [`web_identity`].
pub(crate) unsafe fn session_token(
    given: *const awsaccess_session_token,
) -> Result<provider::SessionToken, Failure> {
    // SAFETY: passed on.
    unsafe {
        let given = read(given, "session_token")?;
        let mut session = provider::SessionToken::new();
        session.mfa_serial = owned(given.mfa_serial, "mfa_serial")?;
        session.duration = duration(given.duration);
        session.region = owned(given.region, "region")?;
        Ok(session)
    }
}

/// # Safety
/// As [`web_identity`].
pub(crate) unsafe fn federation_token(
    given: *const awsaccess_federation_token,
) -> Result<provider::FederationToken, Failure> {
    // SAFETY: passed on.
    unsafe {
        let given = read(given, "federation_token")?;
        let mut federation = provider::FederationToken::new(given.name.required("name")?);
        federation.policy = owned(given.policy, "policy")?;
        federation.policy_arns = names(given.policy_arns, given.policy_arn_count)?;
        federation.tags = tags(given.tags, given.tag_count)?;
        federation.duration = duration(given.duration);
        federation.region = owned(given.region, "region")?;
        Ok(federation)
    }
}
