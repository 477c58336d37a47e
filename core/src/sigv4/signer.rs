//! Who signs: credentials, or a key that was derived from them.

use super::canonical::StringToSign;
use super::ecdsa;
use super::error::SignError;
use super::hash::hex;
use super::scope::{Algorithm, Scope};
use super::sink::{Short, Sink as _};
use crate::credentials::{Credentials, Delegate};
use crate::secret::Secret;
use crate::time::Time;

/// What a request is signed with: `&`[`Credentials`], or a `&`[`Delegate`] that signs in their place.
///
/// Credentials keep the key that they derive for a day, region and service, so that the next signature costs half.
#[derive(Clone, Copy)]
pub struct Signer<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    Credentials(&'a Credentials),
    Delegate(&'a Delegate),
}

impl<'a> From<&'a Credentials> for Signer<'a> {
    fn from(credentials: &'a Credentials) -> Self {
        Self(Source::Credentials(credentials))
    }
}

impl<'a> From<&'a Delegate> for Signer<'a> {
    fn from(delegate: &'a Delegate) -> Self {
        Self(Source::Delegate(delegate))
    }
}

/// The text of a signature: hexadecimal, at most as long as that of SigV4A.
pub(crate) type SignatureText = Short<144>;

impl<'a> Signer<'a> {
    /// Whose signature it will be, as a request says it.
    pub(crate) fn identity(&self) -> Identity<'a> {
        match self.0 {
            Source::Credentials(it) => {
                Identity { access_key_id: it.access_key_id(), session_token: it.session_token() }
            }
            Source::Delegate(it) => {
                Identity { access_key_id: it.access_key_id(), session_token: it.session_token() }
            }
        }
    }

    pub(crate) fn expires_at(&self) -> Option<Time> {
        match self.0 {
            Source::Credentials(it) => it.expires_at(),
            Source::Delegate(it) => it.expires_at(),
        }
    }

    /// The secret, where it is at hand.
    pub(crate) fn secret(&self) -> Option<&'a Secret> {
        match self.0 {
            Source::Credentials(it) => Some(it.secret_access_key()),
            Source::Delegate(_) => None,
        }
    }

    /// The signature of a string to sign.
    pub(crate) fn sign(
        &self,
        to_sign: &StringToSign,
        scope: &Scope,
        now: Time,
    ) -> Result<SignatureText, SignError> {
        let mut text = SignatureText::new();
        match (scope.algorithm(), self.0) {
            (Algorithm::V4, Source::Credentials(it)) => {
                text.put(&hex(&it.signing_key(now, scope.region(), scope.service()).sign(to_sign)));
            }
            (Algorithm::V4, Source::Delegate(it))
                if it.key().is_for(now, scope.region(), scope.service()) =>
            {
                text.put(&hex(&it.key().sign(to_sign)));
            }
            (Algorithm::V4a, Source::Credentials(it)) => {
                let key = ecdsa::PrivateKey::derive(it.secret_access_key(), it.access_key_id());
                text.put(key.sign(to_sign).as_bytes());
            }
            (_, Source::Delegate(_)) => return Err(SignError::Delegate),
        }
        Ok(text)
    }
}

/// What a request says of its signer.
#[derive(Clone, Copy)]
pub(crate) struct Identity<'a> {
    pub(crate) access_key_id: &'a str,
    pub(crate) session_token: Option<&'a Secret>,
}

impl Identity<'_> {
    /// Whether key id and scope can stand in a credential.
    pub(crate) fn check(&self, scope: &Scope) -> Result<(), SignError> {
        let key_id = self.access_key_id.as_bytes();
        if key_id.is_empty() || !key_id.iter().all(|byte| byte.is_ascii_graphic() && *byte != b',') {
            return Err(SignError::Scope("access key id"));
        }
        let plain = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte))
        };
        let region = match scope.region_set() {
            Some(mut set) => set.all(plain),
            None => plain(scope.region()),
        };
        match (region, plain(scope.service())) {
            (false, _) => Err(SignError::Scope("region")),
            (_, false) => Err(SignError::Scope("service")),
            _ => Ok(()),
        }
    }
}
