//! Who signs: credentials, or a key that was derived from them.

use std::cell::RefCell;

use super::canonical::ToSign;
use super::ecdsa;
use super::error::SignError;
use super::hosted::HostKey;
use super::key::Key;
use super::scope::{Algorithm, Scope};
use super::signature::{SignatureText, hash_of};
use crate::credentials::{Credentials, Delegate};
use crate::hash::{Hashing, MacKey, hex};
use crate::secret::Secret;
use crate::time::{AmzDate, Time};

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

    /// Copies the key of SigV4 for that day, region and service, if it is at hand: for a request that is not proven, none is
    /// derived and none is put in the place of another.
    pub(crate) fn copy_kept(&self, to: &mut MacKey, day: Time, scope: &Scope) -> Option<()> {
        let (region, service) = (scope.region(), scope.service());
        match (scope.algorithm(), self.0) {
            (Algorithm::V4, Source::Credentials(it)) => it.secret_key().copy_kept(to, day, region, service),
            (Algorithm::V4, Source::Delegate(it)) if it.key().is_for(day, region, service) => {
                to.set(it.key().mac());
                Some(())
            }
            _ => None,
        }
    }

    /// The signature of a string to sign. `hash` gives the hash of the canonical request; what comes before it in an HMAC is
    /// passed on, to be hashed beside it.
    pub(crate) fn sign(
        &self,
        (date, scope): (&AmzDate, &Scope),
        now: Time,
        hash: impl FnOnce(Option<&mut Hashing<'_>>) -> [u8; 32],
    ) -> Result<SignatureText, SignError> {
        let (region, service) = (scope.region(), scope.service());
        let mut copy = MacKey::none();
        let key = match (scope.algorithm(), self.0) {
            (Algorithm::V4, Source::Credentials(it)) => {
                it.secret_key().copy_mac(&mut copy, now, region, service);
                &copy
            }
            (Algorithm::V4, Source::Delegate(it)) if it.key().is_for(now, region, service) => it.key().mac(),
            (Algorithm::V4a, Source::Credentials(it)) => {
                let key = ecdsa::PrivateKey::derive(it.secret_access_key(), it.access_key_id());
                let to_sign = ToSign { date, scope, hash: hash(None) };
                return Ok(SignatureText::of_ecdsa(&key.sign(&hash_of(|text| to_sign.write(text)))));
            }
            (_, Source::Delegate(_)) => return Err(SignError::Delegate),
            (_, Source::Host(_, asked)) => {
                asked.replace(ToSign { date, scope, hash: hash(None) }.to_vec());
                return Ok(SignatureText::none());
            }
        };
        let mut text = key.begin();
        ToSign::write_start(&mut text, date, scope);
        let hash = hash(Some(&mut text));
        text.update(&hex(&hash));
        Ok(SignatureText::of_hmac(&key.end(&mut text)))
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
        if key_id.is_empty() || !is_key_id(key_id.as_bytes()) {
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

/// Whether bytes can be a key id that stands before a comma, sixteen at a time where there are so many.
fn is_key_id(bytes: &[u8]) -> bool {
    let all = |bytes: &[u8]| bytes.iter().fold(true, |fits, byte| fits & is_of_key_id(*byte));
    match bytes.last_chunk::<16>() {
        Some(last) => bytes.as_chunks::<16>().0.iter().fold(all(last), |fits, chunk| fits & all(chunk)),
        None => all(bytes),
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
