//! A PKCS #12 store of trusted certificates (RFC 7292), as Java reads it: the certificates lie open, each with the
//! attribute by which Java tells that it is trusted, and a MAC under the password covers them.

use ring::digest::{Context, SHA256};
use ring::hmac;
use rustls::pki_types::CertificateDer;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const NULL: u8 = 0x05;
const OID: u8 = 0x06;
const BMP: u8 = 0x1e;
const EXPLICIT_0: u8 = 0xa0;

/// 1.2.840.113549.1.7.1
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
/// 1.2.840.113549.1.12.10.1.3
const CERT_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x03];
/// 1.2.840.113549.1.9.22.1
const X509_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01];
/// 1.2.840.113549.1.9.20
const FRIENDLY_NAME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x14];
/// 2.16.840.1.113894.746875.1.1: Oracle's own; without it Java does not see the certificate.
const TRUSTED_KEY_USAGE: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x86, 0xf9, 0x66, 0xad, 0xca, 0x7b, 0x01, 0x01];
/// 2.5.29.37.0
const ANY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0x00];
/// 2.16.840.1.101.3.4.2.1
const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// Turns of the key derivation. The password is public, so that more of them would protect nothing.
const ITERATIONS: u16 = 2048;

/// A store of trusted certificates.
pub(super) fn store(certificates: &[CertificateDer<'_>], password: &str, salt: &[u8; 16]) -> Vec<u8> {
    let bags = certificates.iter().enumerate().map(|(nth, one)| bag(&super::alias(nth), one));
    let contents = tlv(SEQUENCE, &bags.collect::<Vec<_>>().concat());
    let safe = tlv(SEQUENCE, &data(&contents));
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &mac_key(password, salt)), &safe);
    let algorithm = tlv(SEQUENCE, &[tlv(OID, SHA_256), tlv(NULL, &[])].concat());
    let digest = tlv(SEQUENCE, &[algorithm, tlv(OCTETS, mac.as_ref())].concat());
    let turns = tlv(INTEGER, &ITERATIONS.to_be_bytes());
    let mac = tlv(SEQUENCE, &[digest, tlv(OCTETS, salt), turns].concat());
    tlv(SEQUENCE, &[tlv(INTEGER, &[3]), data(&safe), mac].concat())
}

fn bag(name: &str, certificate: &[u8]) -> Vec<u8> {
    let certificate = tlv(EXPLICIT_0, &tlv(OCTETS, certificate));
    let value = tlv(EXPLICIT_0, &tlv(SEQUENCE, &[tlv(OID, X509_CERTIFICATE), certificate].concat()));
    let friendly = attribute(FRIENDLY_NAME, &tlv(BMP, &utf16(name)));
    let trusted = attribute(TRUSTED_KEY_USAGE, &tlv(OID, ANY_USAGE));
    let attributes = tlv(SET, &[trusted, friendly].concat());
    tlv(SEQUENCE, &[tlv(OID, CERT_BAG), value, attributes].concat())
}

fn attribute(name: &[u8], value: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[tlv(OID, name), tlv(SET, value)].concat())
}

/// A `ContentInfo` that holds the bytes as they are.
fn data(content: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[tlv(OID, DATA), tlv(EXPLICIT_0, &tlv(OCTETS, content))].concat())
}

/// The key of the MAC: RFC 7292, appendix B.2, with SHA-256, whose one block is the key.
fn mac_key(password: &str, salt: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    const MAC: u8 = 3;
    let mut password = utf16(password);
    password.extend_from_slice(&[0, 0]);
    let filled = |text: &[u8]| -> Vec<u8> {
        text.iter().copied().cycle().take(text.len().div_ceil(BLOCK) * BLOCK).collect()
    };
    let mut digest = Context::new(&SHA256);
    digest.update(&[MAC; BLOCK]);
    digest.update(&filled(salt));
    digest.update(&filled(&password));
    let mut key = digest.finish();
    for _ in 1..ITERATIONS {
        key = ring::digest::digest(&SHA256, key.as_ref());
    }
    let mut out = [0; 32];
    out.copy_from_slice(key.as_ref());
    out
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// An element of DER: its tag, its length in the fewest bytes, its content.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len().to_be_bytes();
    let digits: Vec<u8> = length.iter().copied().skip_while(|byte| *byte == 0).collect();
    match content.len() {
        short @ 0..128 => out.push(u8::try_from(short).unwrap_or_default()),
        _ => {
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
            out.extend_from_slice(&digits);
        }
    }
    out.extend_from_slice(content);
    out
}
