//! What the caller says about the resolution, beside the environment and the files.

use super::order::Order;
use crate::credentials::Credentials;
use crate::provider::imds::Overrides;
use crate::provider::renewal::Memory;
use crate::provider::{
    Cognito, FederationToken, RoleHop, RolesAnywhere, Saml, SessionToken, Shell, WebIdentity,
};

/// Settings of one resolution. What is set here outranks the environment, which outranks the files.
///
/// ```
/// use awsaccess::chain::{Options, Order, Source};
/// use awsaccess::provider::RoleHop;
/// let options = Options::new()
///     .order(Order::only(Source::Imds))
///     .assume(RoleHop::new("arn:aws:iam::111122223333:role/gateway"))
///     .assume(RoleHop::new("arn:aws:iam::444455556666:role/target").external_id("x-1").session_name("ana"));
/// assert!(!format!("{options:?}").contains("x-1"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub(crate) profile: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) home: Option<String>,
    pub(crate) config_file: Option<String>,
    pub(super) credentials_file: Option<String>,
    pub(super) order: Order,
    pub(super) given: Option<Given>,
    pub(super) exchange: Option<Exchange>,
    pub(super) shell: Shell,
    pub(super) assume: Vec<RoleHop>,
    pub(super) sts_endpoint: Option<String>,
    pub(super) imds: Overrides,
    /// Shared by the clones of these options, so that a token is not tried to be renewed again and again.
    pub(super) renewals: Memory,
    pub(super) shared_cache: bool,
    pub(super) clock_offset: i64,
}

/// What [`Source::Code`](super::Source::Code) stands for.
#[derive(Clone, Debug)]
pub(super) enum Given {
    Keys(Credentials),
    WebIdentity(WebIdentity),
    Saml(Saml),
    Cognito(Cognito),
    RolesAnywhere(RolesAnywhere),
}

/// What long-lived keys are exchanged for before any role is assumed.
#[derive(Clone, Debug)]
pub(super) enum Exchange {
    Session(SessionToken),
    Federation(FederationToken),
}

impl Options {
    /// Nothing set: the order of AWS's SDKs, and what the environment says.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// When tokens were last tried to be renewed.
    pub(crate) fn renewals(&self) -> &Memory {
        &self.renewals
    }

    /// Selects a profile. It must exist, and the keys of the environment are passed over for it.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// The region of the STS that is asked.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The home directory, in place of what the environment says of it.
    #[must_use]
    pub fn home(mut self, path: impl Into<String>) -> Self {
        self.home = Some(path.into());
        self
    }

    /// The config file, in place of `AWS_CONFIG_FILE` and `~/.aws/config`. It must exist.
    #[must_use]
    pub fn config_file(mut self, path: impl Into<String>) -> Self {
        self.config_file = Some(path.into());
        self
    }

    /// The credentials file, in place of `AWS_SHARED_CREDENTIALS_FILE` and `~/.aws/credentials`. It must exist.
    #[must_use]
    pub fn credentials_file(mut self, path: impl Into<String>) -> Self {
        self.credentials_file = Some(path.into());
        self
    }

    /// Which sources are tried, in which order.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Credentials that are at hand already. They, and each of the four sources below, are what
    /// [`Source::Code`](super::Source::Code) stands for; the last that is set holds.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.given = Some(Given::Keys(credentials));
        self
    }

    /// A role for the token of an OpenID Connect provider.
    #[must_use]
    pub fn web_identity(mut self, identity: WebIdentity) -> Self {
        self.given = Some(Given::WebIdentity(identity));
        self
    }

    /// A role for a SAML assertion.
    #[must_use]
    pub fn saml(mut self, saml: Saml) -> Self {
        self.given = Some(Given::Saml(saml));
        self
    }

    /// An identity of a Cognito identity pool.
    #[must_use]
    pub fn cognito(mut self, cognito: Cognito) -> Self {
        self.given = Some(Given::Cognito(cognito));
        self
    }

    /// A role for an X.509 certificate, by IAM Roles Anywhere.
    #[must_use]
    pub fn roles_anywhere(mut self, roles: RolesAnywhere) -> Self {
        self.given = Some(Given::RolesAnywhere(roles));
        self
    }

    /// Exchanges the long-lived keys that were found for a session of the same user, with a one-time code if it
    /// names a device; roles are then assumed with that session.
    #[must_use]
    pub fn session_token(mut self, session: SessionToken) -> Self {
        self.exchange = Some(Exchange::Session(session));
        self
    }

    /// Exchanges the long-lived keys that were found for a session of a federated user. Such a session can assume
    /// no role.
    #[must_use]
    pub fn federation_token(mut self, federation: FederationToken) -> Self {
        self.exchange = Some(Exchange::Federation(federation));
        self
    }

    /// Whether a shell may take part in running the program of a `credential_process`.
    #[must_use]
    pub fn shell(mut self, shell: Shell) -> Self {
        self.shell = shell;
        self
    }

    /// Assumes one more role with what was found; roles are assumed in the order in which they are added.
    #[must_use]
    pub fn assume(mut self, hop: RoleHop) -> Self {
        self.assume.push(hop);
        self
    }

    /// The address of STS, such as an emulator's.
    #[must_use]
    pub fn sts_endpoint(mut self, url: impl Into<String>) -> Self {
        self.sts_endpoint = Some(url.into());
        self
    }

    /// The address of instance metadata.
    #[must_use]
    pub fn imds_endpoint(mut self, url: impl Into<String>) -> Self {
        self.imds.endpoint = Some(url.into());
        self
    }

    /// How instance metadata is asked.
    #[must_use]
    pub fn imds(mut self, overrides: Overrides) -> Self {
        self.imds = overrides;
        self
    }

    /// Whether sessions of roles are looked for and kept in `~/.aws/cli/cache`, as the AWS CLI does. A cached session
    /// serves whoever asks for the same role with the same parameters, whatever credentials it was assumed with.
    #[must_use]
    pub fn shared_cache(mut self, on: bool) -> Self {
        self.shared_cache = on;
        self
    }

    /// How far the host's clock is behind AWS's, in milliseconds, where an earlier resolution has shown it.
    #[must_use]
    pub fn clock_offset(mut self, milliseconds: i64) -> Self {
        self.clock_offset = milliseconds;
        self
    }
}
