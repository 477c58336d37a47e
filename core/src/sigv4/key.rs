//! What a key id stands for: the key that a claim is held against.

use std::hint::black_box;

use super::ecdsa::PrivateKey;
use super::scope::{Algorithm, Scope};
use super::signature::{Check, PieceSigner};
use crate::credentials::{Credentials, Delegate, SecretKey, SigningKey};
use crate::secret::Secret;
use crate::time::Time;

/// What a key id stands for: the secret, and the session token that must come with it.
///
/// From `&`[`Credentials`], or a [`SecretKey`] with or without a session token, whose derived key is kept for the next
/// request; from a [`Secret`] likewise; or from a [`Delegate`], which proves what was signed on its day for its region and service.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    source: Source<'a>,
    session_token: Option<&'a Secret>,
}

#[derive(Clone, Copy)]
enum Source<'a> {
    Secret(&'a Secret),
    Kept(&'a SecretKey),
    Delegate(&'a Delegate),
}

impl<'a> From<&'a Secret> for Key<'a> {
    fn from(secret: &'a Secret) -> Self {
        Self { source: Source::Secret(secret), session_token: None }
    }
}

impl<'a> From<(&'a Secret, Option<&'a Secret>)> for Key<'a> {
    fn from((secret, session_token): (&'a Secret, Option<&'a Secret>)) -> Self {
        Self { source: Source::Secret(secret), session_token }
    }
}

impl<'a> From<&'a (Secret, Option<Secret>)> for Key<'a> {
    fn from((secret, session_token): &'a (Secret, Option<Secret>)) -> Self {
        Self { source: Source::Secret(secret), session_token: session_token.as_ref() }
    }
}

impl<'a> From<&'a Credentials> for Key<'a> {
    fn from(credentials: &'a Credentials) -> Self {
        Self::from((credentials.secret_key(), credentials.session_token()))
    }
}

impl<'a> From<(&'a SecretKey, Option<&'a Secret>)> for Key<'a> {
    fn from((secret, session_token): (&'a SecretKey, Option<&'a Secret>)) -> Self {
        Self { source: Source::Kept(secret), session_token }
    }
}

/// For a lookup that has them somewhere and lends them.
impl<'a> From<&'a &Credentials> for Key<'a> {
    fn from(credentials: &'a &Credentials) -> Self {
        Self::from(*credentials)
    }
}

impl<'a> From<&'a Delegate> for Key<'a> {
    fn from(delegate: &'a Delegate) -> Self {
        Self { source: Source::Delegate(delegate), session_token: delegate.session_token() }
    }
}

impl<'a> Key<'a> {
    pub(crate) const fn session_token(&self) -> Option<&'a Secret> {
        self.session_token
    }

    /// Whether the token that was sent is exactly the key's, or absent if the key has none.
    pub(crate) fn has_token(&self, sent: Option<&[u8]>) -> bool {
        match (self.session_token, sent) {
            (None, None) => true,
            (Some(expected), Some(sent)) => expected.matches(sent),
            _ => false,
        }
    }

    /// The secret, where it is at hand.
    pub(crate) fn secret(&self) -> Option<&'a Secret> {
        match self.source {
            Source::Secret(secret) => Some(secret),
            Source::Kept(secret) => Some(secret),
            Source::Delegate(_) => None,
        }
    }

    /// What signatures are held against, and whether it had to be derived for that.
    pub(crate) fn check(&self, access_key_id: &str, scope: &Scope, day: Time) -> (Check, bool) {
        let (region, service) = (scope.region(), scope.service());
        match (scope.algorithm(), self.source) {
            (Algorithm::V4, Source::Secret(secret)) => {
                (Check::V4(SigningKey::derive(secret, day, region, service)), true)
            }
            (Algorithm::V4, Source::Kept(secret)) => match secret.kept(day, region, service) {
                Some(key) => (Check::V4(key), false),
                None => (Check::V4(secret.signing_key(day, region, service)), true),
            },
            // Who holds a key for one region must not speak for another.
            (Algorithm::V4, Source::Delegate(delegate)) if delegate.key().is_for(day, region, service) => {
                (Check::V4(delegate.key().clone()), false)
            }
            (_, Source::Delegate(_)) => {
                let (check, derived) = Key::from(&dummy()).check(access_key_id, scope, day);
                (Check::Never(Box::new(check)), derived)
            }
            (Algorithm::V4a, Source::Secret(secret)) => (v4a(secret, access_key_id), true),
            (Algorithm::V4a, Source::Kept(secret)) => (v4a(secret, access_key_id), true),
        }
    }

    /// What signs the pieces of a body; `None` for a delegate's key that is for another day, region or service.
    pub(crate) fn piece_signer(&self, access_key_id: &str, scope: &Scope, day: Time) -> Option<PieceSigner> {
        match scope.algorithm() {
            Algorithm::V4 => self.signing_key(scope, day).map(PieceSigner::V4),
            Algorithm::V4a => Some(PieceSigner::V4a(PrivateKey::derive(self.secret()?, access_key_id))),
        }
    }

    /// The key of SigV4; `None` for a delegate's that is for another day, region or service.
    pub(crate) fn signing_key(&self, scope: &Scope, day: Time) -> Option<SigningKey> {
        let (region, service) = (scope.region(), scope.service());
        match self.source {
            Source::Secret(secret) => Some(SigningKey::derive(secret, day, region, service)),
            Source::Kept(secret) => Some(secret.signing_key(day, region, service)),
            Source::Delegate(delegate) => {
                Some(delegate.key()).filter(|key| key.is_for(day, region, service)).cloned()
            }
        }
    }
}

/// A secret of the usual length that belongs to nobody.
pub(crate) fn dummy() -> Secret {
    Secret::new("0000000000000000000000000000000000000000")
}

/// The work of deriving a key, for nothing.
pub(crate) fn derive_in_vain(scope: &Scope, day: Time) {
    black_box(SigningKey::derive(&dummy(), day, scope.region(), scope.service()));
}

fn v4a(secret: &Secret, access_key_id: &str) -> Check {
    Check::V4a(PrivateKey::derive(secret, access_key_id).public())
}
