//! Private keys in files of this machine: they sign here, and go nowhere.

use std::path::Path;

use awsaccess::effect::{Sign, SignAlgorithm, SignFailure};
use p384::SecretKey;
use p384::ecdsa::signature::hazmat::PrehashSigner;
use p384::ecdsa::{Signature, SigningKey};
use p384::pkcs8::DecodePrivateKey;
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::Signer;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::file;

const MOST_BYTES: usize = 64 * 1024;

/// Signs with the key of a PEM file: PKCS#8, PKCS#1 (`RSA PRIVATE KEY`) or SEC1 (`EC PRIVATE KEY`), not encrypted. The
/// curve of an elliptic one is P-256; for [`SignAlgorithm::EcdsaSha256Der`] it may be P-384 too.
pub(crate) fn sign(request: &Sign) -> Result<Vec<u8>, SignFailure> {
    let path = &request.key;
    let wrong = |why: &str| SignFailure::new(format!("the key in {path} {why}"));
    let pem = match file::read(Path::new(path), MOST_BYTES) {
        Ok(Some(pem)) => Zeroizing::new(pem),
        Ok(None) => return Err(wrong("is not there; the file does not exist")),
        Err(failure) => return Err(wrong(&format!("cannot be read: {}", failure.reason))),
    };
    if pem.len() > MOST_BYTES {
        return Err(wrong("is too large for one"));
    }
    if request.algorithm == SignAlgorithm::EcdsaSha256Der
        && let Some(key) = on_p384(&pem)
    {
        let hash = Sha256::digest(&request.message);
        let signature: Result<Signature, _> = key.sign_prehash(&hash);
        return signature
            .map(|signature| signature.to_der().as_bytes().to_vec())
            .map_err(|_| wrong("does not sign"));
    }
    let signer = signer(&pem, request.algorithm).map_err(wrong)?;
    let signature = signer.sign(&request.message).map_err(|_| wrong("does not sign"))?;
    match request.algorithm {
        SignAlgorithm::Es256 => fixed(&signature).ok_or_else(|| wrong("gave a signature that is none")),
        _ => Ok(signature),
    }
}

/// A key on P-384, which IAM Roles Anywhere has sign with SHA-256 like any other; ring goes with SHA-384 alone there.
fn on_p384(pem: &[u8]) -> Option<SigningKey> {
    let key = match PrivateKeyDer::from_pem_slice(pem).ok()? {
        PrivateKeyDer::Sec1(key) => SecretKey::from_sec1_der(key.secret_sec1_der()).ok()?,
        PrivateKeyDer::Pkcs8(key) => SecretKey::from_pkcs8_der(key.secret_pkcs8_der()).ok()?,
        _ => return None,
    };
    Some(key.into())
}

fn signer(pem: &[u8], algorithm: SignAlgorithm) -> Result<Box<dyn Signer>, &'static str> {
    let der = PrivateKeyDer::from_pem_slice(pem)
        .map_err(|_| "is no private key in pem form; write PKCS#8, PKCS#1 or SEC1, not encrypted")?;
    let key =
        any_supported_type(&der).map_err(|_| "is of a kind that cannot be used; take RSA, P-256 or P-384")?;
    let scheme = match algorithm {
        SignAlgorithm::RsaPkcs1Sha256 => SignatureScheme::RSA_PKCS1_SHA256,
        SignAlgorithm::EcdsaSha256Der | SignAlgorithm::Es256 => SignatureScheme::ECDSA_NISTP256_SHA256,
        _ => return Err("cannot sign in the way that is asked for"),
    };
    key.choose_scheme(&[scheme])
        .ok_or("does not fit its certificate, or is on a curve that does not sign this way")
}

/// `SEQUENCE { INTEGER r, INTEGER s }` as 32 bytes each.
fn fixed(der: &[u8]) -> Option<Vec<u8>> {
    let (body, []) = element(der, 0x30)? else { return None };
    let (r, rest) = element(body, 0x02)?;
    let (s, []) = element(rest, 0x02)? else { return None };
    let mut out = Vec::with_capacity(64);
    for number in [r, s] {
        let digits = number.strip_prefix(&[0]).unwrap_or(number);
        out.resize(out.len() + 32usize.checked_sub(digits.len())?, 0);
        out.extend_from_slice(digits);
    }
    Some(out)
}

/// The contents of an element with a length below 128, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [first, length @ 0..128, rest @ ..] = bytes else { return None };
    (*first == tag).then(|| rest.split_at_checked(usize::from(*length)))?
}

#[cfg(test)]
mod tests {
    use base64ct::Encoding as _;
    use ring::signature::{self, KeyPair, RsaKeyPair, UnparsedPublicKey};
    use rustls::pki_types::PrivatePkcs8KeyDer;

    use super::*;

    /// RFC 5915's form of a key on P-256, and the point that belongs to it.
    const SEC1: &str = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIAhq1X+B57PS8AqcaFzq563+M0A6oTZ7Tgy9XDZPQC4toAoGCCqGSM49\n\
        AwEHoUQDQgAEGr7fDoRF1+12tOgqxLSkL6OHpd6w6jfE+yQKyFC49TmfOsLvKq11\nrvaUcDoGjdGvaSzCha1SHs0Ih8GmQITzNA==\n\
        -----END EC PRIVATE KEY-----\n";
    const RSA: &str = include_str!("../../emulator/tests/support/rsa.pem");

    fn with_file(pem: &str, test: impl FnOnce(&str)) {
        let path = std::env::temp_dir().join(format!("awsaccess-key-{}-{}", std::process::id(), pem.len()));
        std::fs::write(&path, pem).unwrap();
        test(path.to_str().unwrap());
        std::fs::remove_file(&path).unwrap();
    }

    fn signed(path: &str, algorithm: SignAlgorithm) -> Result<Vec<u8>, SignFailure> {
        sign(&Sign::new(path, algorithm, b"message".to_vec()))
    }

    /// PKCS#8's form of a key on P-384.
    const P384: &str = include_str!("../../emulator/tests/support/p384.pem");

    #[test]
    fn a_key_on_p384_signs_with_sha256() {
        let der = PrivateKeyDer::from_pem_slice(P384.as_bytes()).unwrap();
        let point = &der.secret_der()[der.secret_der().len() - 97..];
        let sec1 = SecretKey::from_pkcs8_der(der.secret_der()).unwrap().to_sec1_der().unwrap();
        let sec1 = format!(
            "-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----\n",
            base64ct::Base64::encode_string(&sec1)
        );
        for pem in [P384, sec1.as_str()] {
            with_file(pem, |path| {
                let found = signed(path, SignAlgorithm::EcdsaSha256Der).unwrap();
                let key = UnparsedPublicKey::new(&signature::ECDSA_P384_SHA256_ASN1, point);
                key.verify(b"message", &found).unwrap();
                // A proof of `aws login` is on P-256.
                assert!(signed(path, SignAlgorithm::Es256).unwrap_err().reason.contains("curve"));
            });
        }
    }

    #[test]
    fn elliptic_keys_sign_in_both_forms() {
        let der = PrivateKeyDer::from_pem_slice(SEC1.as_bytes()).unwrap();
        let point = &der.secret_der()[der.secret_der().len() - 65..];
        with_file(SEC1, |path| {
            let found = signed(path, SignAlgorithm::EcdsaSha256Der).unwrap();
            let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, point);
            key.verify(b"message", &found).unwrap();
            // The two numbers vary in length from one signature to the next.
            for _ in 0..64 {
                let found = signed(path, SignAlgorithm::Es256).unwrap();
                let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point);
                key.verify(b"message", &found).unwrap();
            }
            assert!(signed(path, SignAlgorithm::RsaPkcs1Sha256).unwrap_err().reason.contains("certificate"));
        });
    }

    #[test]
    fn rsa_keys_sign_from_pkcs8_and_from_pkcs1() {
        let der = PrivatePkcs8KeyDer::from_pem_slice(RSA.as_bytes()).unwrap();
        let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
        let public =
            UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
        // PKCS#8 is 26 bytes around PKCS#1 for a key of this size.
        let inner = pem("RSA PRIVATE KEY", &der.secret_pkcs8_der()[26..]);
        for text in [RSA, &inner] {
            with_file(text, |path| {
                public.verify(b"message", &signed(path, SignAlgorithm::RsaPkcs1Sha256).unwrap()).unwrap();
                assert!(signed(path, SignAlgorithm::EcdsaSha256Der).is_err());
            });
        }
    }

    #[test]
    fn what_is_no_key_is_told_by_its_path_alone() {
        let refused = |path: &str| signed(path, SignAlgorithm::Es256).unwrap_err().reason;
        assert_eq!(refused("/nowhere/key"), "the key in /nowhere/key is not there; the file does not exist");
        let encrypted = SEC1.replace("EC PRIVATE", "ENCRYPTED PRIVATE");
        for text in ["nonsense", &encrypted, &pem("EC PRIVATE KEY", b"x"), &"a".repeat(MOST_BYTES + 1)] {
            with_file(text, |path| {
                let told = refused(path);
                assert!(told.starts_with(&format!("the key in {path} is ")), "{told}");
                assert!(!told.contains("MHcCAQEE"), "{told}");
            });
        }
    }

    fn pem(label: &str, der: &[u8]) -> String {
        use base64ct::Encoding;
        let text = base64ct::Base64::encode_string(der);
        let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    }
}
