//! IAM Roles Anywhere: which certificates are trusted, and for which roles.

use serde::Deserialize;

/// A trust anchor: a certificate authority whose certificates stand for workloads.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustAnchor {
    /// The twelve digits of the account.
    pub account: String,
    /// The id, the last part of the ARN.
    pub id: String,
    /// The region; the world's home region if empty.
    #[serde(default)]
    pub region: String,
    /// The authority's certificate in PEM; made up, with its key, if empty.
    #[serde(default)]
    pub certificate: String,
    /// The private key of an authority that was made up, as PKCS#8 in PEM.
    #[serde(skip)]
    pub private_key: String,
}

/// A profile: which roles may be taken, and for how long.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnywhereProfile {
    /// The twelve digits of the account.
    pub account: String,
    /// The id, the last part of the ARN.
    pub id: String,
    /// The region; the world's home region if empty.
    #[serde(default)]
    pub region: String,
    /// The ARNs of the roles.
    pub roles: Vec<String>,
    /// The longest session in seconds.
    #[serde(default = "an_hour")]
    pub duration_seconds: u32,
    /// Whether the client may name the session.
    #[serde(default)]
    pub accept_role_session_name: bool,
}

impl TrustAnchor {
    /// An anchor whose authority is made up.
    #[must_use]
    pub fn new(account: &str, id: &str) -> Self {
        Self {
            account: account.into(),
            id: id.into(),
            region: String::new(),
            certificate: String::new(),
            private_key: String::new(),
        }
    }

    /// `arn:aws:rolesanywhere:us-east-1:111111111111:trust-anchor/id`
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:aws:rolesanywhere:{}:{}:trust-anchor/{}", self.region, self.account, self.id)
    }
}

impl AnywhereProfile {
    /// A profile for these roles, with sessions of an hour that are named by the certificate.
    #[must_use]
    pub fn new(account: &str, id: &str, roles: &[&str]) -> Self {
        Self {
            account: account.into(),
            id: id.into(),
            region: String::new(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            duration_seconds: an_hour(),
            accept_role_session_name: false,
        }
    }

    /// `arn:aws:rolesanywhere:us-east-1:111111111111:profile/id`
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:aws:rolesanywhere:{}:{}:profile/{}", self.region, self.account, self.id)
    }
}

fn an_hour() -> u32 {
    3600
}
