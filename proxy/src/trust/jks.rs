//! Java's own key store, version 2: what every Java reads.
//!
//! The format is that of `sun.security.provider.JavaKeyStore`: big-endian numbers, text with its length before it, and
//! at the end a SHA-1 over the password, a fixed phrase and all that came before.

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use rustls::pki_types::CertificateDer;

const MAGIC: u32 = 0xFEED_FEED;
const VERSION: u32 = 2;
const TRUSTED_CERTIFICATE: u32 = 2;

/// A store of trusted certificates.
pub(super) fn store(certificates: &[CertificateDer<'_>], password: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let number = |out: &mut Vec<u8>, value: u32| out.extend_from_slice(&value.to_be_bytes());
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend_from_slice(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
        out.extend_from_slice(text.as_bytes());
    };
    number(&mut out, MAGIC);
    number(&mut out, VERSION);
    number(&mut out, count(certificates.len()));
    for (nth, certificate) in certificates.iter().enumerate() {
        number(&mut out, TRUSTED_CERTIFICATE);
        text(&mut out, &super::alias(nth));
        // When it was put in; nobody asks, and a store of the same certificates is the same store.
        out.extend_from_slice(&[0; 8]);
        text(&mut out, "X.509");
        number(&mut out, count(certificate.len()));
        out.extend_from_slice(certificate);
    }
    let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    digest.update(&password.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>());
    digest.update(b"Mighty Aphrodite");
    digest.update(&out);
    out.extend_from_slice(digest.finish().as_ref());
    out
}

/// Nothing here is near to four thousand million.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
