//! A set of AWS credentials: who signs, with what, and until when.

mod delegate;
mod key;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::secret::Secret;
use crate::time::Time;

pub use delegate::Delegate;
pub use key::{SecretKey, SigningKey};

/// An access key id with its secret, and what came with it.
///
/// `Debug` shows the names (key id, account, source, expiry) and hides the secrets. A clone shares the secrets and the
/// signing keys that were derived from them: keep credentials rather than make them anew, and signing costs half.
///
/// ```
/// use awsaccess::credentials::Credentials;
/// let keys = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
///     .with_session_token("token");
/// let shown = format!("{keys:?}");
/// assert!(shown.contains("AKIDEXAMPLE") && !shown.contains("wJalr") && !shown.contains("\"token\""));
/// ```
#[derive(Clone)]
pub struct Credentials {
    access_key_id: Arc<str>,
    secret_access_key: SecretKey,
    session_token: Option<Secret>,
    expires_at: Option<Time>,
    account_id: Option<Arc<str>>,
    source: Option<Arc<str>>,
    packed_policy_size: Option<u32>,
}

impl Credentials {
    /// Long-lived keys; add a token and an expiry for temporary ones.
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        Self {
            access_key_id: access_key_id.into().into(),
            secret_access_key: Secret::new(secret_access_key).into(),
            session_token: None,
            expires_at: None,
            account_id: None,
            source: None,
            packed_policy_size: None,
        }
    }

    /// The token that temporary credentials are sent with. An empty token is no token.
    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<String>) -> Self {
        let token = Secret::new(token);
        self.session_token = (!token.is_empty()).then_some(token);
        self
    }

    /// The instant from which AWS refuses them.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: Time) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// The twelve-digit account that they belong to, where the source said so.
    #[must_use]
    pub fn with_account_id(mut self, account_id: impl Into<String>) -> Self {
        self.account_id = Some(account_id.into().into());
        self
    }

    /// Where they came from, in a word that a person can act on (`environment`, `imds`, `assume-role`).
    #[must_use]
    pub fn with_source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into().into());
        self
    }

    /// How much the session's policies and tags take of what STS packs, in per cent.
    #[must_use]
    pub fn with_packed_policy_size(mut self, per_cent: Option<u32>) -> Self {
        self.packed_policy_size = per_cent;
        self
    }

    /// The public name of the key.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret that signs.
    #[must_use]
    pub fn secret_access_key(&self) -> &Secret {
        &self.secret_access_key
    }

    /// The session token of temporary credentials.
    #[must_use]
    pub fn session_token(&self) -> Option<&Secret> {
        self.session_token.as_ref()
    }

    /// When they expire; `None` for long-lived keys.
    #[must_use]
    pub fn expires_at(&self) -> Option<Time> {
        self.expires_at
    }

    /// The account, where known.
    #[must_use]
    pub fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }

    /// Where they came from, where known.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// How much the session's policies and tags take of what STS packs, in per cent, where STS has just said so. Over a
    /// hundred it gives no session.
    #[must_use]
    pub fn packed_policy_size(&self) -> Option<u32> {
        self.packed_policy_size
    }
}

impl Credentials {
    /// The key for one day (in UTC), region and service, derived once and kept.
    #[must_use]
    pub fn signing_key(&self, day: Time, region: &str, service: &str) -> SigningKey {
        self.secret_access_key.signing_key(day, region, service)
    }

    /// The secret with the signing keys that are at hand.
    pub(crate) fn secret_key(&self) -> &SecretKey {
        &self.secret_access_key
    }
}

/// Two that sign alike and say the same of themselves; what was derived does not count.
impl PartialEq for Credentials {
    fn eq(&self, other: &Self) -> bool {
        self.access_key_id == other.access_key_id
            && *self.secret_access_key == *other.secret_access_key
            && self.session_token == other.session_token
            && self.expires_at == other.expires_at
            && self.account_id == other.account_id
            && self.source == other.source
            && self.packed_policy_size == other.packed_policy_size
    }
}

impl Eq for Credentials {}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("session_token", &self.session_token.as_ref().map(|_| "(hidden)"))
            .field("expires_at", &self.expires_at)
            .field("account_id", &self.account_id)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// The AWS SDK for Rust's own type, for code that hands our credentials to it.
impl From<&Credentials> for aws_credential_types::Credentials {
    fn from(ours: &Credentials) -> Self {
        let mut builder = Self::builder()
            .access_key_id(ours.access_key_id())
            .secret_access_key(ours.secret_access_key().expose())
            .provider_name("awsaccess");
        builder.set_session_token(ours.session_token().map(|token| token.expose().to_owned()));
        builder.set_expiry(ours.expires_at().map(SystemTime::from));
        builder.set_account_id(ours.account_id().map(Into::into));
        builder.build()
    }
}

/// Credentials that the AWS SDK for Rust found.
impl From<&aws_credential_types::Credentials> for Credentials {
    fn from(theirs: &aws_credential_types::Credentials) -> Self {
        let mut ours = Self::new(theirs.access_key_id(), theirs.secret_access_key());
        if let Some(token) = theirs.session_token() {
            ours = ours.with_session_token(token);
        }
        ours.expires_at = theirs.expiry().map(Time::from);
        ours.account_id = theirs.account_id().map(|id| id.as_str().into());
        ours
    }
}
