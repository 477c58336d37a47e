//! Which credentials exist: the long-lived ones of the world, and the temporary ones that were given out.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use sha2::{Digest as _, Sha256};

use crate::encoding::{base64, random_bytes, random_text};
use crate::policy::{Caller, Context, Policy};

const MAX_TEMPORARY_KEYS: usize = 100_000;
const MAX_NOTED: usize = 100_000;
const ID_LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Who a key stands for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    Root { account: String },
    User { account: String, name: String, path: String, id: String },
    Role { account: String, name: String, path: String, id: String, session: String },
    Federated { account: String, name: String },
}

/// What a session carries besides its identity.
#[derive(Clone, Default)]
pub(crate) struct Session {
    /// When MFA was given, seconds since the epoch.
    pub(crate) mfa_at: Option<i64>,
    pub(crate) source_identity: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) transitive_tags: Vec<String>,
    /// What it may do at most, of what its role may.
    pub(crate) policy: Option<Policy>,
    /// It is an instance's role.
    pub(crate) of_instance: bool,
    /// It was assumed with long-lived keys or an instance's role, so that a console may outlast it.
    pub(crate) first: bool,
}

/// A key, and what is needed to check a request that it signed.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
    /// Seconds since the epoch.
    pub(crate) expires_at: Option<i64>,
    pub(crate) identity: Identity,
    pub(crate) session: Session,
}

/// All keys, by access key id; and the other secrets that were given out.
#[derive(Default)]
pub(crate) struct Keyring {
    keys: Mutex<HashMap<String, Key>>,
    noted: Mutex<BTreeSet<String>>,
}

impl Keyring {
    pub(crate) fn find(&self, access_key_id: &str) -> Option<Key> {
        crate::lock(&self.keys).get(access_key_id).cloned()
    }

    pub(crate) fn add(&self, key: Key) {
        crate::lock(&self.keys).insert(key.id.clone(), key);
    }

    /// Makes temporary credentials. Expired ones are forgotten when there are too many, then any.
    pub(crate) fn issue(&self, identity: Identity, session: Session, now: i64, seconds: u32) -> Key {
        let key = Key {
            id: random_id("ASIA"),
            secret: random_secret(),
            token: Some(format!("IQoJb3JpZ2luX2Vj{}", base64(&random_bytes(267)))),
            expires_at: Some(now + i64::from(seconds)),
            identity,
            session,
        };
        let mut keys = crate::lock(&self.keys);
        if keys.len() >= MAX_TEMPORARY_KEYS {
            keys.retain(|_, key| key.expires_at.is_none_or(|expiry| expiry > now));
        }
        if keys.len() >= MAX_TEMPORARY_KEYS {
            keys.retain(|_, key| key.expires_at.is_none());
        }
        keys.insert(key.id.clone(), key.clone());
        key
    }

    /// Moves the end of a temporary key.
    pub(crate) fn set_expiry(&self, access_key_id: &str, expires_at: i64) -> bool {
        let mut keys = crate::lock(&self.keys);
        match keys.get_mut(access_key_id) {
            Some(key) if key.token.is_some() => {
                key.expires_at = Some(expires_at);
                true
            }
            _ => false,
        }
    }

    /// Remembers a secret that is no key: a bearer token, a client's secret, a code, an assertion.
    pub(crate) fn note(&self, secret: &str) {
        let mut noted = crate::lock(&self.noted);
        if noted.len() < MAX_NOTED && !secret.is_empty() {
            noted.insert(secret.to_owned());
        }
    }

    /// Makes a random secret that is no key, and remembers it.
    pub(crate) fn secret(&self, prefix: &str, length: usize) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let secret = format!("{prefix}{}", random_text(length, LETTERS));
        self.note(&secret);
        secret
    }

    /// Every secret and session token that exists, for tests that search output for them.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let keys = crate::lock(&self.keys);
        let of_keys = keys.values().flat_map(|key| [Some(key.secret.clone()), key.token.clone()]).flatten();
        of_keys.chain(crate::lock(&self.noted).iter().cloned()).collect()
    }
}

impl Identity {
    pub(crate) fn account(&self) -> &str {
        match self {
            Self::Root { account }
            | Self::User { account, .. }
            | Self::Role { account, .. }
            | Self::Federated { account, .. } => account,
        }
    }

    pub(crate) fn arn(&self) -> String {
        match self {
            Self::Root { account } => format!("arn:aws:iam::{account}:root"),
            Self::User { account, name, path, .. } => format!("arn:aws:iam::{account}:user{path}{name}"),
            Self::Role { account, name, session, .. } => {
                format!("arn:aws:sts::{account}:assumed-role/{name}/{session}")
            }
            Self::Federated { account, name } => format!("arn:aws:sts::{account}:federated-user/{name}"),
        }
    }

    /// The ARN of the user or role itself, without the session: the key `aws:PrincipalArn`.
    pub(crate) fn principal_arn(&self) -> String {
        match self {
            Self::Role { account, name, path, .. } => format!("arn:aws:iam::{account}:role{path}{name}"),
            other => other.arn(),
        }
    }

    pub(crate) fn user_id(&self) -> String {
        match self {
            Self::Root { account } => account.clone(),
            Self::User { id, .. } => id.clone(),
            Self::Role { id, session, .. } => format!("{id}:{session}"),
            Self::Federated { account, name } => format!("{account}:{name}"),
        }
    }

    pub(crate) fn is_role(&self) -> bool {
        matches!(self, Self::Role { .. })
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller::Aws {
            account: self.account().to_owned(),
            arns: match self {
                Self::Role { .. } => vec![self.arn(), self.principal_arn()],
                other => vec![other.arn()],
            },
        }
    }
}

impl Key {
    /// The condition keys that come from the caller.
    pub(crate) fn context(&self, now: i64) -> Context {
        let mut context = Context::default();
        context.set("aws:PrincipalArn", self.identity.principal_arn());
        context.set("aws:PrincipalAccount", self.identity.account());
        context.set("aws:userid", self.identity.user_id());
        context.set(
            "aws:PrincipalType",
            match self.identity {
                Identity::Root { .. } => "Account",
                Identity::User { .. } => "User",
                Identity::Role { .. } => "AssumedRole",
                Identity::Federated { .. } => "FederatedUser",
            },
        );
        if let Identity::User { name, .. } = &self.identity {
            context.set("aws:username", name.as_str());
        }
        // Long-lived keys have no such key at all, temporary ones say true or false.
        if self.token.is_some() {
            context.set("aws:MultiFactorAuthPresent", self.session.mfa_at.is_some().to_string());
        }
        if let Some(at) = self.session.mfa_at {
            context.set("aws:MultiFactorAuthAge", (now - at).max(0).to_string());
        }
        if let Some(source) = &self.session.source_identity {
            context.set("aws:SourceIdentity", source.as_str());
        }
        for (name, value) in &self.session.tags {
            context.set(&format!("aws:PrincipalTag/{name}"), value.as_str());
        }
        context
    }
}

/// An access key id or unique id: a prefix of four letters and sixteen more characters.
pub(crate) fn random_id(prefix: &str) -> String {
    format!("{prefix}{}", random_text(16, ID_LETTERS))
}

/// The unique id of something that has none of its own here: the same for the same text.
pub(crate) fn stable_id(prefix: &str, of: &str) -> String {
    let digest = Sha256::digest(of);
    let letters = digest.iter().take(16).map(|byte| ID_LETTERS[usize::from(byte % 32)] as char);
    prefix.chars().chain(letters).collect()
}

/// A secret access key: forty characters of base64.
pub(crate) fn random_secret() -> String {
    base64(&random_bytes(30))
}
