//! Who signs: credentials, or a key that was derived from them.

use std::cell::RefCell;

use super::canonical::ToSign;
use super::ecdsa;
use super::error::SignError;
use super::hosted::HostKey;
use super::key::Key;
use super::scope::{Algorithm, Scope};
use super::signature::{SignatureText, hash_of};
use crate::credentials::{Credentials, Delegate, SigningKey};
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
    Host(&'a HostKey, &'a RefCell<Vec<u8>>),
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

impl<'a> Signer<'a> {
    /// Leaves what the host is to sign in `asked`, and the place of the signature empty.
    pub(crate) const fn host(key: &'a HostKey, asked: &'a RefCell<Vec<u8>>) -> Self {
        Self(Source::Host(key, asked))
    }

    /// What signs is held against the same key, where that is here.
    pub(crate) fn key(&self) -> Option<Key<'a>> {
        match self.0 {
            Source::Credentials(credentials) => Some(credentials.into()),
            Source::Delegate(delegate) => Some(delegate.into()),
            Source::Host(..) => None,
        }
    }

    /// Whose signature it will be, as a request says it.
    pub(crate) fn identity(&self) -> Identity<'a> {
        match self.0 {
            Source::Credentials(it) => {
                Identity { access_key_id: it.access_key_id(), session_token: it.session_token() }
            }
            Source::Delegate(it) => {
                Identity { access_key_id: it.access_key_id(), session_token: it.session_token() }
            }
            Source::Host(it, _) => {
                Identity { access_key_id: it.access_key_id(), session_token: it.session_token() }
            }
        }
    }

    pub(crate) fn expires_at(&self) -> Option<Time> {
        match self.0 {
            Source::Credentials(it) => it.expires_at(),
            Source::Delegate(it) => it.expires_at(),
            Source::Host(it, _) => it.expires_at(),
        }
    }

    /// The signature of a string to sign.
    pub(crate) fn sign(&self, to_sign: &ToSign<'_>, now: Time) -> Result<SignatureText, SignError> {
        let (region, service) = (to_sign.scope.region(), to_sign.scope.service());
        let v4 = |key: &SigningKey| SignatureText::of_hmac(&key.sign_written(|text| to_sign.write(text)));
        match (to_sign.scope.algorithm(), self.0) {
            (Algorithm::V4, Source::Credentials(it)) => Ok(v4(&it.signing_key(now, region, service))),
            (Algorithm::V4, Source::Delegate(it)) if it.key().is_for(now, region, service) => {
                Ok(v4(it.key()))
            }
            (Algorithm::V4a, Source::Credentials(it)) => {
                let key = ecdsa::PrivateKey::derive(it.secret_access_key(), it.access_key_id());
                Ok(SignatureText::of_ecdsa(&key.sign(&hash_of(|text| to_sign.write(text)))))
            }
            (_, Source::Delegate(_)) => Err(SignError::Delegate),
            (_, Source::Host(_, asked)) => {
                asked.replace(to_sign.to_vec());
                Ok(SignatureText::none())
            }
        }
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
        let key_id = self.access_key_id;
        if key_id.is_empty() || !key_id.bytes().fold(true, |fits, byte| fits & is_of_key_id(byte)) {
            return Err(SignError::Scope("access key id"));
        }
        if scope.may_be_signed() {
            return Ok(());
        }
        let plain = |text: &str| !text.is_empty() && text.bytes().all(is_of_name);
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

/// Whether a byte can be in a key id that stands before a comma.
const fn is_of_key_id(byte: u8) -> bool {
    byte.is_ascii_graphic() & (byte != b',')
}

/// Whether a byte can be in the name of a region or a service.
const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'*')
}
