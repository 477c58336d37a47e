//! Files by which clients trust the gateway: its certificate alone, a bundle of it and the system's own roots, and key
//! stores for Java. All hold certificates only, so that anybody may read them.
//!
//! `AWS_CA_BUNDLE`, `NODE_EXTRA_CA_CERTS` and their kin each name one file, and most of them put it in place of the
//! system's roots: a program that talks to AWS and to others needs the bundle.

mod jks;
mod pkcs12;

use std::io;
use std::path::PathBuf;

use base64ct::{Base64, Encoding};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;

use crate::disk;

/// The password of Java's own trust stores. It protects nothing: what it opens is public.
const PASSWORD: &str = "changeit";

/// The files by which clients trust the gateway, as far as it writes them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrustFiles {
    /// The gateway's certificates alone.
    pub ca: Option<PathBuf>,
    /// And the system's roots.
    pub bundle: Option<PathBuf>,
    /// The same for Java, in the older shape that every version reads.
    pub jks: Option<PathBuf>,
    /// The same for Java, in the shape that it writes by default since version 9.
    pub pkcs12: Option<PathBuf>,
}

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {0}: {1}")]
pub(crate) struct Unwritten(pub(crate) String, #[source] pub(crate) io::Error);

impl TrustFiles {
    /// Writes them, each whole or not at all.
    pub(crate) fn write(
        &self,
        ours: &[CertificateDer<'_>],
        provider: &CryptoProvider,
    ) -> Result<(), Unwritten> {
        let put = |path: &Option<PathBuf>, make: &dyn Fn() -> io::Result<Vec<u8>>| {
            let Some(path) = path else { return Ok(()) };
            let written = make().and_then(|bytes| disk::replace(path, &bytes, 0o644));
            written.map_err(|error| Unwritten(path.display().to_string(), error))
        };
        let all = || ours.iter().map(|one| one.clone().into_owned()).chain(system()).collect::<Vec<_>>();
        put(&self.ca, &|| Ok(bundle(ours)))?;
        put(&self.bundle, &|| Ok(bundle(&all())))?;
        put(&self.jks, &|| Ok(jks::store(&all(), PASSWORD)))?;
        put(&self.pkcs12, &|| {
            let mut salt = [0; 16];
            let filled = provider.secure_random.fill(&mut salt);
            filled.map_err(|_| io::Error::other("no random bytes are to be had"))?;
            Ok(pkcs12::store(&all(), PASSWORD, &salt))
        })
    }
}

/// The roots that this system trusts; Mozilla's where it has none of its own.
fn system() -> Vec<CertificateDer<'static>> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a root certificate of the system could not be read");
    }
    if found.certs.is_empty() {
        return webpki_root_certs::TLS_SERVER_ROOT_CERTS.to_vec();
    }
    found.certs
}

/// A bundle of certificates in PEM and the roots that this system trusts, for programs whose setting puts one file in the
/// place of all others.
#[must_use]
pub fn bundle_with(pem_text: &str) -> String {
    let mut all = pem_text.trim_end().to_owned();
    all.push('\n');
    all.extend(system().iter().map(pem));
    all
}

/// What a key store calls a certificate; names need only differ.
fn alias(nth: usize) -> String {
    format!("awsaccess-{nth}")
}

fn bundle(certificates: &[CertificateDer<'_>]) -> Vec<u8> {
    certificates.iter().map(pem).collect::<String>().into_bytes()
}

/// A certificate in PEM (RFC 7468).
pub(crate) fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = Base64::encode_string(certificate);
    let mut out = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = more;
    }
    out.push_str("-----END CERTIFICATE-----\n");
    out
}

#[cfg(test)]
mod tests;
