//! Keys that tests sign with.

#![allow(dead_code, reason = "each test binary uses its own part")]

use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use tokio_rustls::rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};

/// An RSA key of 2048 bits that is used nowhere else.
pub(crate) const RSA: &str = include_str!("rsa.pem");

/// The signature over a text with SHA-256, ASN.1 with P-256.
pub(crate) fn sign(pem: &str, text: &[u8]) -> Vec<u8> {
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).expect("a key");
    let random = SystemRandom::new();
    if let Ok(key) =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der.secret_pkcs8_der(), &random)
    {
        return key.sign(&random, text).expect("a signature").as_ref().to_vec();
    }
    let key = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).expect("an RSA key");
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature).expect("a signature");
    signature
}

/// A new key on P-256 for signatures of 64 bytes.
pub(crate) fn p256() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref(), &random).expect("a key")
}

/// The two coordinates of its point.
pub(crate) fn point(key: &EcdsaKeyPair) -> (&[u8], &[u8]) {
    key.public_key().as_ref()[1..].split_at(32)
}
