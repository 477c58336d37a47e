//! What runs: the instance, and containers.

use serde::Deserialize;

/// The machine behind the metadata service.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// The twelve digits of the account.
    pub account: String,
    /// The name of the role whose credentials the instance has; no role if absent.
    #[serde(default)]
    pub role: Option<String>,
    /// `i-…`
    #[serde(default = "instance_id")]
    pub instance_id: String,
    /// The availability zone; the region is the zone without its last letter.
    #[serde(default = "zone")]
    pub availability_zone: String,
    /// Whether the credentials are also below `security-credentials-extended/`, with the account's id.
    #[serde(default = "yes")]
    pub extended: bool,
}

/// A container whose role an agent on its machine gives out credentials for.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Whose agent it is.
    #[serde(default)]
    pub agent: Agent,
    /// The twelve digits of the account.
    pub account: String,
    /// The name of the role.
    pub role: String,
    /// The name of the session, such as the id of a task; made up if empty.
    #[serde(default)]
    pub session: String,
    /// The path that the credentials are at. If empty, `/v2/credentials/` and an id for ECS, `/v1/credentials` for EKS.
    #[serde(default)]
    pub path: String,
    /// What the `Authorization` header has to say. An EKS Pod Identity agent always wants something: random if absent.
    #[serde(default)]
    pub token: Option<String>,
    /// How long the credentials live, in seconds.
    #[serde(default = "six_hours")]
    pub seconds: u32,
}

/// Whose agent gives out a container's credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agent {
    /// The agent of the Elastic Container Service, at 169.254.170.2: each task has a path of its own.
    #[default]
    Ecs,
    /// The EKS Pod Identity agent, at 169.254.170.23: one path for all, and the token tells the pod.
    EksPodIdentity,
}

impl Instance {
    /// An instance in `us-east-1a` with a role.
    #[must_use]
    pub fn new(account: &str, role: &str) -> Self {
        Self {
            account: account.into(),
            role: Some(role.into()),
            instance_id: instance_id(),
            availability_zone: zone(),
            extended: true,
        }
    }
}

impl Container {
    /// A task of ECS with a role, with a path of its own and no token.
    #[must_use]
    pub fn ecs(account: &str, role: &str) -> Self {
        Self {
            agent: Agent::Ecs,
            account: account.into(),
            role: role.into(),
            session: String::new(),
            path: String::new(),
            token: None,
            seconds: six_hours(),
        }
    }

    /// A pod of EKS with a role, with a random token.
    #[must_use]
    pub fn eks(account: &str, role: &str) -> Self {
        Self { agent: Agent::EksPodIdentity, ..Self::ecs(account, role) }
    }

    /// Wants this `Authorization` header.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.into());
        self
    }

    /// The ARN of its role.
    #[must_use]
    pub fn role_arn(&self) -> String {
        format!("arn:aws:iam::{}:role/{}", self.account, self.role)
    }
}

fn instance_id() -> String {
    "i-0123456789abcdef0".into()
}

fn zone() -> String {
    "us-east-1a".into()
}

fn six_hours() -> u32 {
    6 * 3600
}

fn yes() -> bool {
    true
}
