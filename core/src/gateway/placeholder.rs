//! Placeholder keys: what a client signs with instead of the real ones.

use std::collections::BTreeMap;

use super::seal::{Chained, GatewayKeys};
use crate::access::Identity;
use crate::credentials::SecretKey;
use crate::secret::Secret;
use crate::time::Time;

/// What a placeholder key stands for.
#[derive(Clone)]
#[non_exhaustive]
pub struct Placeholder {
    /// The secret that the client signs with.
    pub secret: SecretKey,
    /// The session token that must come with it; `None`: none may come.
    pub session_token: Option<Secret>,
    /// Who uses it, and for what.
    pub identity: Identity,
    /// From when it is no longer taken.
    pub expires_at: Option<Time>,
    /// How the subject signed in.
    pub signed_in: BTreeMap<String, String>,
    /// Whether it was revoked: it is then refused, once its signature is proven.
    pub revoked: bool,
    /// What it stands for in place of the role of its identity: credentials that AWS gave in reply to a request
    /// through the gateway.
    pub chained: Option<Chained>,
}

impl Placeholder {
    /// A placeholder without token and end.
    #[must_use]
    pub fn new(secret: impl Into<SecretKey>, identity: Identity) -> Self {
        Self {
            secret: secret.into(),
            session_token: None,
            identity,
            expires_at: None,
            signed_in: BTreeMap::new(),
            revoked: false,
            chained: None,
        }
    }

    /// With the token that must come with it.
    #[must_use]
    pub fn with_session_token(mut self, token: Secret) -> Self {
        self.session_token = Some(token);
        self
    }

    /// With an end.
    #[must_use]
    pub const fn with_expiry(mut self, at: Time) -> Self {
        self.expires_at = Some(at);
        self
    }
}

/// Where placeholder keys are looked up.
///
/// A store knows them by key id. A sealed form reads everything from the session token, and checks that the key id is
/// the one it was sealed for; the token is given for its sake, and has not been checked yet.
pub trait Placeholders: Send + Sync {
    /// What the key id stands for; `None` if it is not known.
    fn find(&self, access_key_id: &str, session_token: Option<&[u8]>) -> Option<Placeholder>;

    /// The keys that new placeholders are sealed with, if there are any: without them, credentials in the replies of
    /// AWS cannot be replaced by placeholders.
    fn keys(&self) -> Option<&GatewayKeys> {
        None
    }
}

/// Placeholders by key id.
#[derive(Clone, Default)]
pub struct Store(BTreeMap<String, Placeholder>);

impl Store {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one; gives back what the key id stood for before.
    pub fn insert(
        &mut self,
        access_key_id: impl Into<String>,
        placeholder: Placeholder,
    ) -> Option<Placeholder> {
        self.0.insert(access_key_id.into(), placeholder)
    }

    /// Takes one away.
    pub fn remove(&mut self, access_key_id: &str) -> Option<Placeholder> {
        self.0.remove(access_key_id)
    }
}

impl Placeholders for Store {
    fn find(&self, access_key_id: &str, _session_token: Option<&[u8]>) -> Option<Placeholder> {
        self.0.get(access_key_id).cloned()
    }
}
