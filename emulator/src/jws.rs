//! JSON Web Tokens (RFC 7519) signed with RS256 or ES256, and the keys that sign them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use serde_json::{Value, json};
use tokio_rustls::rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};

/// A private key.
pub(crate) enum SigningKey {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
}

/// A token taken apart, with nothing of it checked.
pub(crate) struct Token<'a> {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) signed: &'a str,
    pub(crate) signature: Vec<u8>,
}

/// A new key on P-256, as PKCS#8 in PEM. Empty if there is no randomness for it.
pub(crate) fn random_pem() -> String {
    rcgen::KeyPair::generate().map(|key| key.serialize_pem()).unwrap_or_default()
}

impl SigningKey {
    /// Reads a key from PKCS#8 in PEM: on P-256, or RSA of at least 2048 bits.
    pub(crate) fn from_pem(pem: &str) -> Option<Self> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok()?;
        let der = der.secret_pkcs8_der();
        let random = SystemRandom::new();
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &random)
            .map(Self::Es256)
            .or_else(|_| RsaKeyPair::from_pkcs8(der).map(Self::Rs256))
            .ok()
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::Rs256(_) => "RS256",
        }
    }

    /// The signature over a text: 64 bytes with ES256, as long as the key with RS256.
    pub(crate) fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(key) => key.sign(&random, text).ok().map(|signature| signature.as_ref().to_vec()),
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature).ok()?;
                Some(signature)
            }
        }
    }

    pub(crate) fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(key) => verify_es256(key.public_key().as_ref(), text, signature),
            Self::Rs256(key) => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public().as_ref())
                .verify(text, signature)
                .is_ok(),
        }
    }

    /// A token with these claims.
    pub(crate) fn token(&self, claims: &Value) -> Option<String> {
        let header = json!({"alg": self.algorithm(), "typ": "JWT"});
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.sign(signed.as_bytes())?);
        Some(format!("{signed}.{signature}"))
    }

    /// Whether this key signed the token, by the algorithm that the token names.
    pub(crate) fn signed(&self, token: &Token<'_>) -> bool {
        token.header.get("alg").and_then(Value::as_str) == Some(self.algorithm())
            && self.verify(token.signed.as_bytes(), &token.signature)
    }
}

impl<'a> Token<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let read = |part: &str| -> Option<Value> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok().filter(Value::is_object)
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Self { header: read(header)?, claims: read(claims)?, signed, signature })
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.claims.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Checks a signature of 64 bytes by a point of P-256, not compressed.
pub(crate) fn verify_es256(point: &[u8], text: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(text, signature).is_ok()
}
