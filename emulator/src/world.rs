//! The IAM world as data: accounts, users, roles with their trust policies, identity providers, the instance.
//!
//! Everything can be read from JSON (`serde`) or built in Rust. [`World::demo`] is a small world to start from.

mod anywhere;
mod compute;
mod demo;
mod federation;
mod identity_center;

pub use anywhere::{AnywhereProfile, TrustAnchor};
pub use compute::{Agent, Container, Instance};
pub use federation::{Console, IdentityPool, OidcProvider, SamlProvider};
pub(crate) use identity_center::SSO_PATH;
pub use identity_center::{Assignment, CenterAccount, CenterUser, IdentityCenter};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::policy::{MalformedPolicy, Policy};

/// Everything that exists when the emulator starts.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct World {
    /// The home region of what names none, `us-east-1` if empty.
    pub region: String,
    /// Root users that hold keys. Other accounts exist by being named.
    pub roots: Vec<Root>,
    /// IAM users.
    pub users: Vec<User>,
    /// IAM roles.
    pub roles: Vec<Role>,
    /// OpenID Connect providers whose tokens `AssumeRoleWithWebIdentity` takes.
    pub oidc_providers: Vec<OidcProvider>,
    /// SAML providers whose assertions `AssumeRoleWithSAML` takes.
    pub saml_providers: Vec<SamlProvider>,
    /// The management account of the organisation, from which `AssumeRoot` can be called.
    pub management_account: Option<String>,
    /// Identity pools of Cognito.
    pub identity_pools: Vec<IdentityPool>,
    /// Trust anchors of IAM Roles Anywhere.
    pub trust_anchors: Vec<TrustAnchor>,
    /// Profiles of IAM Roles Anywhere.
    pub anywhere_profiles: Vec<AnywhereProfile>,
    /// Sign-in to the console.
    pub console: Console,
    /// Instances of IAM Identity Center.
    pub identity_centers: Vec<IdentityCenter>,
    /// The machine that the metadata service speaks for.
    pub instance: Option<Instance>,
    /// Containers whose credentials an agent on the machine gives out.
    pub containers: Vec<Container>,
    /// Buckets that exist from the start.
    pub buckets: Vec<BucketSeed>,
    /// DynamoDB tables that exist from the start.
    pub tables: Vec<TableSeed>,
}

/// A long-lived key of a user.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// `AKIA…`
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
}

/// The root user of an account.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// The twelve digits of the account.
    pub account: String,
    /// Its keys.
    #[serde(default)]
    pub access_keys: Vec<AccessKey>,
}

/// An IAM user.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The twelve digits of the account.
    pub account: String,
    /// The name, without the path.
    pub name: String,
    /// The path, `/` unless given.
    #[serde(default = "root_path")]
    pub path: String,
    /// Long-lived keys.
    #[serde(default)]
    pub access_keys: Vec<AccessKey>,
    /// The virtual MFA device.
    #[serde(default)]
    pub mfa: Option<Mfa>,
    /// Identity policies. None at all means that the user may ask for any role that trusts it.
    #[serde(default)]
    pub policies: Vec<Policy>,
}

/// A virtual MFA device (RFC 6238, six digits, thirty seconds, SHA-1).
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mfa {
    /// The serial number, an ARN such as `arn:aws:iam::111111111111:mfa/alice`.
    pub serial: String,
    /// The seed in base32, as shown when such a device is set up.
    pub seed: String,
}

/// An IAM role.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The twelve digits of the account.
    pub account: String,
    /// The name, without the path.
    pub name: String,
    /// The path, `/` unless given.
    #[serde(default = "root_path")]
    pub path: String,
    /// Who may take the role: an IAM policy document.
    pub trust: Policy,
    /// The longest session in seconds, 3600 unless given.
    #[serde(default = "an_hour")]
    pub max_session_duration: u32,
    /// Identity policies. None at all means that the role may ask for any role that trusts it.
    #[serde(default)]
    pub policies: Vec<Policy>,
}

/// A bucket that exists from the start.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketSeed {
    /// The account that owns it.
    pub account: String,
    /// Its name.
    pub name: String,
}

/// A table that exists from the start.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSeed {
    /// The account that owns it.
    pub account: String,
    /// The region it is in.
    #[serde(default)]
    pub region: Option<String>,
    /// Its name.
    pub name: String,
    /// The partition key's name; keys of seeded tables are strings.
    pub partition_key: String,
    /// The sort key's name.
    #[serde(default)]
    pub sort_key: Option<String>,
}

impl World {
    /// Reads a world from JSON.
    ///
    /// # Errors
    /// What is wrong with the text, in serde's words.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The region of what names none.
    #[must_use]
    pub fn home_region(&self) -> &str {
        if self.region.is_empty() { "us-east-1" } else { &self.region }
    }

    /// Adds a user.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Adds a role.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.roles.push(role);
        self
    }

    /// Adds an instance of IAM Identity Center.
    #[must_use]
    pub fn identity_center(mut self, center: IdentityCenter) -> Self {
        self.identity_centers.push(center);
        self
    }

    /// Adds an identity provider.
    #[must_use]
    pub fn oidc_provider(mut self, provider: OidcProvider) -> Self {
        self.oidc_providers.push(provider);
        self
    }
}

impl AccessKey {
    /// A random long-lived key.
    #[must_use]
    pub fn random() -> Self {
        Self {
            access_key_id: crate::keyring::random_id("AKIA"),
            secret_access_key: crate::keyring::random_secret(),
        }
    }
}

impl User {
    /// A user with one random key.
    #[must_use]
    pub fn new(account: &str, name: &str) -> Self {
        Self {
            account: account.into(),
            name: name.into(),
            path: root_path(),
            access_keys: vec![AccessKey::random()],
            mfa: None,
            policies: Vec::new(),
        }
    }

    /// Gives the user a virtual MFA device with a random seed.
    #[must_use]
    pub fn with_mfa(mut self) -> Self {
        let serial = format!("arn:aws:iam::{}:mfa/{}", self.account, self.name);
        let seed = crate::encoding::random_text(32, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
        self.mfa = Some(Mfa { serial, seed });
        self
    }

    /// `arn:aws:iam::111111111111:user/alice`
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:user{}{}", self.account, self.path, self.name)
    }
}

impl Role {
    /// A role with the usual limits.
    #[must_use]
    pub fn new(account: &str, name: &str, trust: Policy) -> Self {
        Self {
            account: account.into(),
            name: name.into(),
            path: root_path(),
            trust,
            max_session_duration: an_hour(),
            policies: Vec::new(),
        }
    }

    /// A role whose trust policy is given as a JSON value.
    ///
    /// # Errors
    /// If that is no policy document.
    pub fn trusting(account: &str, name: &str, trust: &Value) -> Result<Self, MalformedPolicy> {
        Ok(Self::new(account, name, Policy::parse(trust)?))
    }

    /// `arn:aws:iam::111111111111:role/path/name`
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:role{}{}", self.account, self.path, self.name)
    }
}

fn root_path() -> String {
    "/".into()
}

fn an_hour() -> u32 {
    3600
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Caller, Context, Decision};

    #[test]
    fn the_demo_world_has_trust_policies_that_parse() {
        let world = World::demo();
        let developer = world.roles.iter().find(|role| role.name == "developer").expect("developer");
        let caller = Caller::Aws {
            account: "111111111111".into(),
            arns: vec!["arn:aws:iam::111111111111:role/gateway-hub".into()],
        };
        let mut context = Context::default();
        assert_eq!(developer.trust.trusts(&caller, "sts:AssumeRole", &context), Decision::NotMentioned);
        context.set("sts:ExternalId", "demo-external-id");
        assert_eq!(developer.trust.trusts(&caller, "sts:AssumeRole", &context), Decision::AllowedByName);
    }

    #[test]
    fn reads_a_world_from_json() {
        let world = World::from_json(
            r#"{"users": [{"account": "111111111111", "name": "bob"}],
                "roles": [{"account": "111111111111", "name": "r", "trust": {"Version": "2012-10-17",
                  "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}}]}"#,
        )
        .expect("a world");
        assert_eq!(world.roles[0].arn(), "arn:aws:iam::111111111111:role/r");
        assert!(World::from_json(r#"{"rolls": []}"#).is_err());
    }
}
