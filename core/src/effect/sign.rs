//! A signature with a private key that the host holds.

use std::fmt;

use super::Effect;
use crate::error::one_line;

/// Signs bytes with a key that never enters the task: a key file, a PKCS#11 token, a KMS or a TPM.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sign {
    /// The key, by the name that the configuration gives it (a path, a URI).
    pub key: String,
    /// How.
    pub algorithm: SignAlgorithm,
    /// What; the host hashes it.
    pub message: Vec<u8>,
}

impl Sign {
    /// Signs `message` with the key of that name.
    pub fn new(key: impl Into<String>, algorithm: SignAlgorithm, message: Vec<u8>) -> Self {
        Self { key: key.into(), algorithm, message }
    }
}

impl fmt::Debug for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sign")
            .field("key", &self.key)
            .field("algorithm", &self.algorithm)
            .field("message_bytes", &self.message.len())
            .finish()
    }
}

impl Effect for Sign {
    type Reply = Result<Vec<u8>, SignFailure>;

    fn max_bytes(&self) -> usize {
        8 * 1024
    }

    fn size(reply: &Self::Reply) -> usize {
        reply.as_ref().map_or(0, Vec::len)
    }
}

/// The signatures that AWS's protocols ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2).
    RsaPkcs1Sha256,
    /// ECDSA with SHA-256, the signature in ASN.1 DER.
    EcdsaSha256Der,
    /// HMAC with SHA-256 (RFC 2104), thirty-two bytes.
    HmacSha256,
    /// ECDSA over P-256 with SHA-256, the signature as r and s of 32 bytes each (`ES256` of RFC 7518, 3.4).
    Es256,
}

impl SignAlgorithm {
    /// The stable name, in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaPkcs1Sha256 => "rsa_pkcs1_sha256",
            Self::EcdsaSha256Der => "ecdsa_sha256_der",
            Self::HmacSha256 => "hmac_sha256",
            Self::Es256 => "es256",
        }
    }
}

/// Why there is no signature.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignFailure {
    /// In one line, for a person.
    pub reason: String,
}

impl SignFailure {
    /// A failure with its reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: one_line(&reason.into()) }
    }
}
