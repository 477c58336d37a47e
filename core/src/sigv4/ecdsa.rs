//! The P-256 key of SigV4A, which signer and verifier both derive from the secret and its key id.
//!
//! Derivation is the key-based function of NIST SP 800-108 with HMAC-SHA256, its output tried against the order of
//! the curve (FIPS 186-5, A.2.2); signatures are ECDSA with SHA-256 and the nonce of RFC 6979, so that no
//! randomness is needed. Other signers draw their nonces: one string to sign has many right signatures, and a
//! signature is only ever checked, never compared.

use ecdsa::hazmat::sign_prehashed_rfc6979;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::elliptic_curve::PrimeField;
use p256::elliptic_curve::ops::Reduce;
use p256::{FieldBytes, NistP256, NonZeroScalar, Scalar};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::scope::Algorithm;
use crate::hash::MacKey;
use crate::secret::Secret;

/// The longest signature in DER: two integers of 33 bytes, and their frame.
pub(crate) const MAX_DER: usize = 72;

/// How many counters AWS's signers try; one in four thousand million keys needs the second.
const MAX_COUNTER: u8 = 254;

/// A private key; wiped on drop.
#[derive(Clone)]
pub(crate) struct PrivateKey(Zeroizing<NonZeroScalar>);

impl PrivateKey {
    /// The key for a secret under its key id; it depends on neither day nor service.
    pub(crate) fn derive(secret: &Secret, access_key_id: &str) -> Self {
        let key = mac_key(secret);
        let mut number = Zeroizing::new([0; 32]);
        for counter in 1..=MAX_COUNTER {
            *number = candidate(&key, access_key_id, counter);
            if let Some(scalar) = successor(&number) {
                return Self(Zeroizing::new(scalar));
            }
        }
        // No secret leads here. The number is reduced, so that every secret has a key.
        Self(Zeroizing::new(NonZeroScalar::reduce(&FieldBytes::from(*number))))
    }

    /// The signature of a string to sign, of which this is the SHA-256.
    pub(crate) fn sign(&self, hash: &[u8; 32]) -> Signature {
        Signature(sign_prehashed_rfc6979::<NistP256, Sha256>(&self.0, hash, &[]).0)
    }

    /// The key that checks what this one signs.
    pub(crate) fn public(&self) -> PublicKey {
        PublicKey(p256::PublicKey::from_secret_scalar(&self.0).into())
    }
}

/// `AWS4A` and the secret, as a key of HMAC.
fn mac_key(secret: &Secret) -> MacKey {
    let mut key = Zeroizing::new(Vec::with_capacity(5 + secret.expose().len()));
    key.extend_from_slice(b"AWS4A");
    key.extend_from_slice(secret.expose().as_bytes());
    MacKey::new(&key)
}

/// The number that a counter gives: one round of the derivation, for 256 bits.
fn candidate(key: &MacKey, access_key_id: &str, counter: u8) -> [u8; 32] {
    let mut input = key.begin();
    input.update(&1u32.to_be_bytes());
    input.update(Algorithm::V4a.as_str().as_bytes());
    input.update(&[0]);
    input.update(access_key_id.as_bytes());
    input.update(&[counter]);
    input.update(&256u32.to_be_bytes());
    key.end(&mut input)
}

/// One more than the number, if the number is at most the order of the curve less two; without a branch on either.
fn successor(number: &[u8; 32]) -> Option<NonZeroScalar> {
    let scalar = Scalar::from_repr(FieldBytes::from(*number));
    // The order less one becomes zero, which is no key.
    scalar.and_then(|scalar| NonZeroScalar::new(scalar + Scalar::ONE)).into()
}

/// A public key.
#[derive(Clone)]
pub(crate) struct PublicKey(p256::ecdsa::VerifyingKey);

impl PublicKey {
    /// Whether the signature is one of this key's for the string to sign, of which this is the SHA-256.
    pub(crate) fn verifies(&self, hash: &[u8; 32], signature: &Signature) -> bool {
        self.0.verify_prehash(hash, &signature.0).is_ok()
    }
}

/// A signature that is well formed: two numbers in the range of the curve.
#[derive(Clone)]
pub(crate) struct Signature(p256::ecdsa::Signature);

impl Signature {
    /// Reads DER.
    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        p256::ecdsa::Signature::from_der(der).ok().map(Self)
    }

    /// Reads DER in lower-case hexadecimal.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        const fn value(digit: u8) -> Option<u8> {
            match digit {
                b'0'..=b'9' => Some(digit - b'0'),
                b'a'..=b'f' => Some(digit - b'a' + 10),
                _ => None,
            }
        }
        if text.len() > 2 * MAX_DER || !text.len().is_multiple_of(2) {
            return None;
        }
        let mut der = [0; MAX_DER];
        for (pair, byte) in text.chunks_exact(2).zip(&mut der) {
            let [high, low] = pair else { return None };
            *byte = value(*high)? << 4 | value(*low)?;
        }
        p256::ecdsa::Signature::from_der(der.get(..text.len() / 2)?).ok().map(Self)
    }

    /// The DER; what was read from DER is the same again, for it has one form.
    pub(crate) fn to_der(&self) -> p256::ecdsa::DerSignature {
        self.0.to_der()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::sha256;

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
        assert_eq!(hex(&key.0.to_repr()), text("private_key_hex"));
        let point = key.public().0.to_sec1_point(false);
        assert_eq!(hex(point.as_bytes()), format!("04{}{}", text("public_x"), text("public_y")));
        let shortest = cases[1]["access_key_id_len_over"].as_u64().unwrap();
        assert!((shortest as usize) < 312);
        // A secret of 59 characters is the longest that fills a block of HMAC; a longer one is hashed first.
        for (secret, length) in [(1, 16), (40, 128), (0, 1), (59, 312), (60, 20), (61, 20), (1000, 2048)] {
            let letters = |length| (b'A'..=b'Z').cycle().take(length).map(char::from).collect::<String>();
            let (secret, id) = (letters(secret), letters(length));
            let key = PrivateKey::derive(&Secret::new(secret.as_str()), &id);
            assert_eq!(<[u8; 32]>::from(key.0.to_repr()), derive_slowly(&secret, &id), "{length}");
            let theirs = aws_sigv4::sign::v4a::generate_signing_key(&id, &secret);
            assert_eq!(key.0.to_repr().as_slice(), theirs.as_ref(), "{length}");
        }
    }

    /// The order of P-256 (SP 800-186, 3.2.1.3), its last byte changed by so much.
    fn order_and(change: i8) -> [u8; 32] {
        let text = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
        let digit = |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap();
        let mut order: [u8; 32] = std::array::from_fn(digit);
        order[31] = order[31].wrapping_add_signed(change);
        order
    }

    #[test]
    fn numbers_beyond_the_order_are_passed_over() {
        let one = successor(&[0; 32]).unwrap();
        assert_eq!(one.to_repr().as_slice(), [&[0; 31][..], &[1]].concat());
        assert_eq!(successor(&order_and(-2)).unwrap().to_repr().as_slice(), order_and(-1));
        for number in [order_and(-1), order_and(0), order_and(1), [255; 32]] {
            assert!(successor(&number).is_none());
        }
    }

    #[test]
    fn every_counter_has_its_number() {
        let key = mac_key(&Secret::new("secret"));
        let numbers: std::collections::BTreeSet<_> =
            (1..=MAX_COUNTER).map(|counter| candidate(&key, "AKIDEXAMPLE", counter)).collect();
        assert_eq!(numbers.len(), 254);
    }

    #[test]
    fn what_is_signed_is_verified() {
        let key = PrivateKey::derive(&Secret::new("secret"), "AKIDEXAMPLE");
        let public = key.public();
        let signature = key.sign(&sha256(b"text"));
        assert!(public.verifies(&sha256(b"text"), &signature));
        assert!(!public.verifies(&sha256(b"texu"), &signature));
        let other = PrivateKey::derive(&Secret::new("secret"), "AKIDEXAMPLF").public();
        assert!(!other.verifies(&sha256(b"text"), &signature));
    }

    /// Nonces come from key and text: the signatures are those of anyone who goes by RFC 6979.
    #[test]
    fn signatures_are_those_of_rfc_6979() {
        for id in ["AKIDEXAMPLE", "AKIAIOSFODNN7EXAMPLE"] {
            let key = PrivateKey::derive(&Secret::new("secret"), id);
            for text in [&b""[..], b"text", &[255; 300]] {
                let theirs = aws_sigv4::sign::v4a::calculate_signature(key.0.to_repr(), text);
                assert_eq!(signed(&key, text), theirs);
                let read = Signature::parse(theirs.as_bytes()).unwrap();
                assert_eq!(read.to_der().as_bytes(), key.sign(&sha256(text)).to_der().as_bytes());
            }
        }
    }

    fn signed(key: &PrivateKey, text: &[u8]) -> String {
        key.sign(&sha256(text)).to_der().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn only_signatures_are_read() {
        let text = signed(&PrivateKey::derive(&Secret::new("secret"), "AKIDEXAMPLE"), b"text");
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
