//! One role, assumed with the credentials that another source gave.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html>

use std::fmt;
use std::time::Duration;

use super::usable;
use crate::credentials::Credentials;
use crate::effect::Prompt;
use crate::error::{Error, ErrorKind};
use crate::flow::{self, Flow};
use crate::secret::Secret;
use crate::step::Step;
use crate::sts::{AssumeRole, AssumedRole, Endpoint, call};
use crate::time::Time;

/// The longest session that a role can have which was assumed by another role's session.
pub const LONGEST_CHAINED: Duration = Duration::from_secs(3600);

/// One role of a chain, with what its profile, or the caller, says of it.
///
/// `Debug` hides the external id; role ARNs are shown.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleHop {
    /// The role.
    pub role_arn: String,
    /// What the role's owner gave to the one who assumes it.
    pub external_id: Option<Secret>,
    /// What the session is called; `awsaccess-` and the time in milliseconds if it is not given.
    pub session_name: Option<String>,
    /// How long the session lasts; never sent unless given here.
    pub duration: Option<Duration>,
    /// The MFA device whose code the role asks for; the host is asked for the code.
    pub mfa_serial: Option<String>,
    /// The region of the STS that is asked.
    pub region: Option<String>,
    /// Who stands behind the session.
    pub source_identity: Option<String>,
    /// An inline policy that narrows what the session may do.
    pub policy: Option<String>,
    /// Managed policies that narrow it likewise, ten at most.
    pub policy_arns: Vec<String>,
    /// What the session is tagged with, fifty at most.
    pub tags: Vec<(String, String)>,
    /// The keys of the tags that go on to the roles which this session assumes.
    pub transitive_tag_keys: Vec<String>,
}

impl RoleHop {
    /// A role, and nothing else said about it.
    pub fn new(role_arn: impl Into<String>) -> Self {
        Self {
            role_arn: role_arn.into(),
            external_id: None,
            session_name: None,
            duration: None,
            mfa_serial: None,
            region: None,
            source_identity: None,
            policy: None,
            policy_arns: Vec::new(),
            tags: Vec::new(),
            transitive_tag_keys: Vec::new(),
        }
    }

    /// Sets the external id.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(Secret::new(id));
        self
    }

    /// Names the session.
    #[must_use]
    pub fn session_name(mut self, name: impl Into<String>) -> Self {
        self.session_name = Some(name.into());
        self
    }

    /// Sets how long the session lasts, 15 minutes to 12 hours.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// Names the MFA device.
    #[must_use]
    pub fn mfa_serial(mut self, serial: impl Into<String>) -> Self {
        self.mfa_serial = Some(serial.into());
        self
    }

    /// Sets the region of the STS that is asked.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Says who stands behind the session.
    #[must_use]
    pub fn source_identity(mut self, identity: impl Into<String>) -> Self {
        self.source_identity = Some(identity.into());
        self
    }

    /// Narrows the session with an inline policy.
    #[must_use]
    pub fn policy(mut self, policy: impl Into<String>) -> Self {
        self.policy = Some(policy.into());
        self
    }

    /// Narrows the session with one more managed policy.
    #[must_use]
    pub fn policy_arn(mut self, arn: impl Into<String>) -> Self {
        self.policy_arns.push(arn.into());
        self
    }

    /// Tags the session.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    /// Tags the session, and the sessions of the roles that it assumes in turn.
    #[must_use]
    pub fn transitive_tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let key = key.into();
        self.transitive_tag_keys.push(key.clone());
        self.tag(key, value)
    }
}

impl fmt::Debug for RoleHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoleHop")
            .field("role_arn", &self.role_arn)
            .field("external_id", &self.external_id.as_ref().map(|_| "(hidden)"))
            .field("session_name", &self.session_name)
            .field("duration", &self.duration)
            .field("mfa_serial", &self.mfa_serial)
            .field("region", &self.region)
            .field("source_identity", &self.source_identity)
            .field("policy_arns", &self.policy_arns)
            .field("tags", &self.tags.iter().map(|(key, _)| key).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// Assumes one role with the credentials at hand. The host is asked for one HTTP request, more after a failure
/// that may pass, and for an MFA code if the hop names a device.
pub fn assume_role(
    source: &Credentials,
    hop: &RoleHop,
    endpoint: &Endpoint,
    now: Time,
    seed: [u8; 32],
) -> Step<Credentials> {
    let (source, hop, endpoint) = (source.clone(), hop.clone(), endpoint.clone());
    flow::start(now, seed, |flow| async move { assume(&flow, &source, &hop, &endpoint).await })
}

pub(crate) async fn assume(
    flow: &Flow,
    source: &Credentials,
    hop: &RoleHop,
    endpoint: &Endpoint,
) -> Result<Credentials, Error> {
    let whose = || format!("role {}", hop.role_arn);
    attempt(flow, source, hop, endpoint).await.map_err(|error| error.within(&whose()))
}

async fn attempt(
    flow: &Flow,
    source: &Credentials,
    hop: &RoleHop,
    endpoint: &Endpoint,
) -> Result<Credentials, Error> {
    let now = flow.now();
    if let Some(end) = source.expires_at().filter(|end| *end <= now) {
        return Err(Error::new(
            ErrorKind::Expired,
            format!("the credentials to assume it with expired at {end}"),
        ));
    }
    let session_name = hop.session_name.clone().unwrap_or_else(|| default_session_name(now));
    let mut request = AssumeRole::new(&hop.role_arn, session_name);
    request.external_id.clone_from(&hop.external_id);
    request.source_identity.clone_from(&hop.source_identity);
    request.policy.clone_from(&hop.policy);
    request.policy_arns.clone_from(&hop.policy_arns);
    request.tags.clone_from(&hop.tags);
    request.transitive_tag_keys.clone_from(&hop.transitive_tag_keys);
    request.duration = hop.duration;
    // Checked before anybody is asked for a code.
    request.form()?;
    if let Some(serial) = &hop.mfa_serial {
        request.mfa = Some((serial.clone(), mfa_code(flow, serial).await?));
    }
    let reply = call(flow, source, endpoint, &request.form()?).await?;
    let role = AssumedRole::read(&reply)?;
    usable(role.credentials.with_source("assume-role"), flow.now(), "the assumed role")
}

/// What a session is called that nobody named.
pub(crate) fn default_session_name(now: Time) -> String {
    format!("awsaccess-{}", now.unix_millis())
}

/// Asks for the device's six digits; white space around them is nobody's fault.
pub(crate) async fn mfa_code(flow: &Flow, serial: &str) -> Result<Secret, Error> {
    let code = flow.ask(Prompt::mfa(serial)).await;
    let code = code.map_err(|_| {
        let message =
            format!("it asks for a code of the mfa device {serial}, and this host cannot ask a person");
        Error::new(ErrorKind::Mfa, message)
    })?;
    Ok(Secret::new(code.expose().trim_ascii()))
}
