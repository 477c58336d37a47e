//! IAM Identity Center: who may sign in, and with which roles.

use serde::Deserialize;

use crate::encoding::hex;

/// An instance of IAM Identity Center.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityCenter {
    /// `sso_start_url`
    pub start_url: String,
    /// `sso_region`; the world's home region if empty.
    #[serde(default)]
    pub region: String,
    /// Who may sign in.
    #[serde(default)]
    pub users: Vec<CenterUser>,
    /// Names and addresses of accounts; made up for those that are not here.
    #[serde(default)]
    pub accounts: Vec<CenterAccount>,
    /// The user who is signed in in the browser: the pages that ask for approval then give it at once.
    #[serde(default)]
    pub signed_in: Option<String>,
    /// How long an access token lives, in seconds.
    #[serde(default = "an_hour")]
    pub access_token_seconds: u32,
    /// How long a refresh token can be used, and its successors, in seconds.
    #[serde(default = "eight_hours")]
    pub session_seconds: u32,
    /// How long the credentials of a role live, in seconds.
    #[serde(default = "an_hour")]
    pub role_seconds: u32,
    /// How long a device code lives, in seconds.
    #[serde(default = "ten_minutes")]
    pub device_code_seconds: u32,
    /// The seconds between two polls for a device code. Sooner is too fast; 0 never is.
    #[serde(default = "five")]
    pub interval: u32,
}

/// A user of IAM Identity Center.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CenterUser {
    /// The name, which sessions of roles have too.
    pub name: String,
    /// What the user may be where.
    #[serde(default)]
    pub assignments: Vec<Assignment>,
}

/// A permission set that a user has in an account.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The twelve digits of the account.
    pub account: String,
    /// The permission set, which the portal calls the role's name.
    pub permission_set: String,
}

/// How the portal shows an account.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CenterAccount {
    /// The twelve digits.
    pub account: String,
    /// `accountName`
    pub name: String,
    /// `emailAddress`
    pub email: String,
}

impl IdentityCenter {
    /// An instance without users.
    #[must_use]
    pub fn new(start_url: &str) -> Self {
        Self {
            start_url: start_url.into(),
            region: String::new(),
            users: Vec::new(),
            accounts: Vec::new(),
            signed_in: None,
            access_token_seconds: an_hour(),
            session_seconds: eight_hours(),
            role_seconds: an_hour(),
            device_code_seconds: ten_minutes(),
            interval: five(),
        }
    }

    /// Adds a user with permission sets in accounts.
    #[must_use]
    pub fn user(mut self, name: &str, assignments: &[(&str, &str)]) -> Self {
        let assignments = assignments.iter().map(|(account, permission_set)| Assignment {
            account: (*account).to_owned(),
            permission_set: (*permission_set).to_owned(),
        });
        self.users.push(CenterUser { name: name.into(), assignments: assignments.collect() });
        self
    }

    /// Has the pages approve at once, for this user.
    #[must_use]
    pub fn signed_in(mut self, name: &str) -> Self {
        self.signed_in = Some(name.into());
        self
    }

    /// The name of the role behind a permission set: `AWSReservedSSO_` and the set's name and sixteen hexadecimal
    /// digits. It lies below the path `/aws-reserved/sso.amazonaws.com/`.
    #[must_use]
    pub fn role_name(&self, account: &str, permission_set: &str) -> String {
        use sha2::{Digest as _, Sha256};
        let digest = Sha256::digest(format!("{}|{account}|{permission_set}", self.start_url));
        format!("AWSReservedSSO_{permission_set}_{}", &hex(&digest)[..16])
    }

    /// `arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Reader_0123456789abcdef`
    #[must_use]
    pub fn role_arn(&self, account: &str, permission_set: &str) -> String {
        let name = self.role_name(account, permission_set);
        format!("arn:aws:iam::{account}:role{SSO_PATH}{name}")
    }
}

/// The path of the roles behind permission sets.
pub(crate) const SSO_PATH: &str = "/aws-reserved/sso.amazonaws.com/";

fn an_hour() -> u32 {
    3600
}

fn eight_hours() -> u32 {
    8 * 3600
}

fn ten_minutes() -> u32 {
    600
}

fn five() -> u32 {
    5
}
