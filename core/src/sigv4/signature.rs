//! A signature as it came, and what it is held against, by whichever algorithm the scope asks for.

use subtle::ConstantTimeEq;

use super::canonical::ToSign;
use super::ecdsa;
use super::scope::Algorithm;
use crate::credentials::SigningKey;
use crate::hash::unhex;

/// A signature as it came, well formed for its algorithm.
pub(crate) enum Signature {
    /// An HMAC.
    V4([u8; 32]),
    /// An ECDSA signature.
    V4a(ecdsa::Signature),
}

impl Signature {
    pub(crate) fn parse(algorithm: Algorithm, text: &str) -> Option<Self> {
        match algorithm {
            Algorithm::V4 => unhex(text.as_bytes()).map(Self::V4),
            Algorithm::V4a => ecdsa::Signature::parse(text.as_bytes()).map(Self::V4a),
        }
    }

    /// The HMAC, which the signatures of a body's pieces go on from; `None` for SigV4A.
    pub(crate) const fn hmac(&self) -> Option<[u8; 32]> {
        match self {
            Self::V4(hmac) => Some(*hmac),
            Self::V4a(_) => None,
        }
    }

    /// What the text should have been.
    pub(crate) const fn form(algorithm: Algorithm) -> &'static str {
        match algorithm {
            Algorithm::V4 => "64 lower-case hexadecimal digits",
            Algorithm::V4a => "a der-encoded p-256 signature in lower-case hexadecimal",
        }
    }
}

/// What a signature is held against: derived once, asked for each canonical form.
pub(crate) enum Check {
    V4(SigningKey),
    V4a(Option<ecdsa::PublicKey>),
}

impl Check {
    /// Whether the signature is right. The HMAC is compared in constant time; an ECDSA signature is checked with
    /// what is public.
    pub(crate) fn accepts(&self, to_sign: &ToSign<'_>, signature: &Signature) -> bool {
        match (self, signature) {
            (Self::V4(key), Signature::V4(sent)) => {
                key.sign_written(|text| to_sign.write(text)).ct_eq(sent).into()
            }
            (Self::V4a(Some(key)), Signature::V4a(sent)) => key.verifies(&to_sign.to_vec(), sent),
            _ => false,
        }
    }
}
