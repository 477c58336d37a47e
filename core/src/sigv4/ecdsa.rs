//! The P-256 key of SigV4A, which signer and verifier both derive from the secret and its key id.
//!
//! Derivation is the key-based function of NIST SP 800-108 with HMAC-SHA256, its output tried against the order of
//! the curve (FIPS 186-5, A.2.2); signatures are ECDSA with SHA-256 and the nonce of RFC 6979, so that no
//! randomness is needed. Other signers draw their nonces: one string to sign has many right signatures, and a
//! signature is only ever checked, never compared.

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The longest signature: two integers of 33 bytes and their frame, in hexadecimal.
const MAX_SIGNATURE: usize = 144;

/// A private key; wiped on drop.
pub(crate) struct PrivateKey(Zeroizing<[u8; 32]>);

impl PrivateKey {
    /// The key for a secret under its key id; it depends on neither day nor service.
    pub(crate) fn derive(secret: &Secret, access_key_id: &str) -> Self {
        let derived = aws_sigv4::sign::v4a::generate_signing_key(access_key_id, secret.expose());
        let mut key = Zeroizing::new([0; 32]);
        key.iter_mut().zip(derived.as_ref()).for_each(|(ours, theirs)| *ours = *theirs);
        Self(key)
    }

    /// The signature of a string to sign: DER, in hexadecimal.
    pub(crate) fn sign(&self, string_to_sign: &[u8]) -> String {
        aws_sigv4::sign::v4a::calculate_signature(self.0.as_slice(), string_to_sign)
    }

    /// The key that checks what this one signs; there is one for each that is derived.
    pub(crate) fn public(&self) -> Option<PublicKey> {
        let key = p256::ecdsa::SigningKey::from_slice(self.0.as_slice()).ok()?;
        Some(PublicKey(*key.verifying_key()))
    }
}

/// A public key.
pub(crate) struct PublicKey(p256::ecdsa::VerifyingKey);

impl PublicKey {
    /// Whether the signature is one of this key's for the string to sign.
    pub(crate) fn verifies(&self, string_to_sign: &[u8], signature: &Signature) -> bool {
        self.0.verify_prehash(&Sha256::digest(string_to_sign), &signature.0).is_ok()
    }
}

/// A signature that is well formed: two numbers in the range of the curve.
#[derive(Clone)]
pub(crate) struct Signature(p256::ecdsa::Signature);

impl Signature {
    /// Reads DER in lower-case hexadecimal.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        const fn value(digit: u8) -> Option<u8> {
            match digit {
                b'0'..=b'9' => Some(digit - b'0'),
                b'a'..=b'f' => Some(digit - b'a' + 10),
                _ => None,
            }
        }
        if text.len() > MAX_SIGNATURE || !text.len().is_multiple_of(2) {
            return None;
        }
        let pairs = text.chunks_exact(2);
        let der = pairs.map(|pair| match pair {
            [high, low] => Some(value(*high)? << 4 | value(*low)?),
            _ => None,
        });
        p256::ecdsa::Signature::from_der(&der.collect::<Option<Vec<u8>>>()?).ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The derivation, written down a second time: on bytes, with ring's HMAC, the counter always 1 (a second round
    /// comes once in four thousand million keys).
    fn derive_slowly(secret: &str, access_key_id: &str) -> [u8; 32] {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, format!("AWS4A{secret}").as_bytes());
        let label = b"AWS4-ECDSA-P256-SHA256\0";
        let input = [&[0, 0, 0, 1], &label[..], access_key_id.as_bytes(), &[1], &[0, 0, 1, 0]].concat();
        let mut number: [u8; 32] = ring::hmac::sign(&key, &input).as_ref().try_into().unwrap();
        for byte in number.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
        number
    }

    #[test]
    fn keys_are_derived_as_published() {
        let cases = include_str!("../../../vectors/sigv4/sigv4a-key-derivation.json");
        let cases: serde_json::Value = serde_json::from_str(cases).unwrap();
        let fixed = &cases[0];
        let text = |name: &str| fixed[name].as_str().unwrap();
        let key = PrivateKey::derive(&Secret::new(text("secret_access_key")), text("access_key_id"));
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(key.0.as_slice()), text("private_key_hex"));
        let point = key.public().unwrap().0.to_sec1_point(false);
        assert_eq!(hex(point.as_bytes()), format!("04{}{}", text("public_x"), text("public_y")));
        let shortest = cases[1]["access_key_id_len_over"].as_u64().unwrap();
        assert!((shortest as usize) < 312);
        for (secret, length) in [("s", 16), ("wJalr", 128), ("", 1), ("long", 312), ("longer", 2048)] {
            let id: String = (b'A'..=b'Z').cycle().take(length).map(char::from).collect();
            let key = PrivateKey::derive(&Secret::new(secret), &id);
            assert_eq!(*key.0, derive_slowly(secret, &id), "{length}");
        }
    }

    #[test]
    fn what_is_signed_is_verified() {
        let key = PrivateKey::derive(&Secret::new("secret"), "AKIDEXAMPLE");
        let public = key.public().unwrap();
        let text = key.sign(b"text");
        let signature = Signature::parse(text.as_bytes()).unwrap();
        assert!(public.verifies(b"text", &signature));
        assert!(!public.verifies(b"texu", &signature));
        let other = PrivateKey::derive(&Secret::new("secret"), "AKIDEXAMPLF").public().unwrap();
        assert!(!other.verifies(b"text", &signature));
    }

    #[test]
    fn only_signatures_are_read() {
        let text = PrivateKey::derive(&Secret::new("secret"), "AKIDEXAMPLE").sign(b"text");
        assert!(Signature::parse(text.as_bytes()).is_some());
        let zero = "3006020100020100";
        let upper = text.to_ascii_uppercase();
        let odd = format!("{text}0");
        let tail = format!("{text}00");
        let long = "30".repeat(73);
        for bad in ["", "30", zero, &upper, &odd, &tail, &text[2..], &text[..text.len() - 2], &long, "3*"] {
            assert!(Signature::parse(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
