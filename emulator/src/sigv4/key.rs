//! What a signature is held against: the derived key of SigV4, or the public key of SigV4A.

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use aws_sigv4::sign::v4a;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use subtle::ConstantTimeEq as _;

use super::Claim;
use crate::clock::system_time;
use crate::keyring::Key;

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Hmac,
    Ecdsa,
}

impl Algorithm {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hmac => "AWS4-HMAC-SHA256",
            Self::Ecdsa => "AWS4-ECDSA-P256-SHA256",
        }
    }

    pub(super) fn of(name: &str) -> Option<Self> {
        [Self::Hmac, Self::Ecdsa].into_iter().find(|algorithm| algorithm.name() == name)
    }
}

pub(super) enum SigningKey {
    Hmac(Vec<u8>),
    Ecdsa(VerifyingKey),
}

impl SigningKey {
    /// `None` if no key follows from the secret.
    pub(super) fn of(key: &Key, claim: &Claim, at: i64) -> Option<Self> {
        Some(match claim.algorithm {
            Algorithm::Hmac => {
                let day = system_time(at);
                let derived = generate_signing_key(&key.secret, day, &claim.region, &claim.service);
                Self::Hmac(derived.as_ref().to_vec())
            }
            Algorithm::Ecdsa => {
                let derived = v4a::generate_signing_key(&key.id, &key.secret);
                let private = p256::ecdsa::SigningKey::from_slice(derived.as_ref()).ok()?;
                Self::Ecdsa(*private.verifying_key())
            }
        })
    }

    /// Whether a signature in hexadecimal is right.
    pub(super) fn accepts(&self, string_to_sign: &str, signature: &str) -> bool {
        match self {
            Self::Hmac(key) => {
                let wanted = calculate_signature(key, string_to_sign.as_bytes());
                wanted.as_bytes().ct_eq(signature.as_bytes()).into()
            }
            Self::Ecdsa(key) => unhex(signature)
                .and_then(|der| Signature::from_der(&der).ok())
                .is_some_and(|signature| key.verify(string_to_sign.as_bytes(), &signature).is_ok()),
        }
    }

    /// The signature of a piece, without its padding; `None` if it is not as long as it must be.
    pub(super) fn trim<'a>(&self, signature: &'a str) -> Option<&'a str> {
        match self {
            Self::Hmac(_) => Some(signature),
            Self::Ecdsa(_) => (signature.len() == 144).then(|| signature.trim_end_matches('*')),
        }
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() % 2 == 1 || !text.bytes().all(is_hex) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
