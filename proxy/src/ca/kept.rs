//! An authority that outlives its process, since the operator asked for it: keys and certificates in a file of the
//! gateway's own, for clients that cannot read the trust files at each start.
//!
//! One section a generation: a line that says until when it is good, its certificate, its key.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::KeyPair;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use zeroize::Zeroizing;

use super::{Authority, Generation, Line};
use crate::{disk, trust};

const SECTION: &str = "# awsaccess gateway authority, good until ";

/// The authority of a file, or a new one if there is none yet or what it holds is of no use any more.
pub(crate) fn load(
    path: &Path,
    domains: &[String],
    lifetime: Duration,
    provider: &Arc<CryptoProvider>,
) -> io::Result<Authority> {
    let now = SystemTime::now();
    let found = match fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => {
            disk::own_only(path)?;
            read(&text, domains)?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let mut good = found.into_iter().filter(|one| one.left(now) > lifetime / 4);
    let Some(present) = good.next() else {
        return Authority::new(domains, lifetime, Arc::clone(provider)).map_err(io::Error::other);
    };
    let line = Line::of(present, good.next(), lifetime).map_err(io::Error::other)?;
    let authority =
        Authority::with(domains, lifetime, Arc::clone(provider), line).map_err(io::Error::other)?;
    if authority.proves_itself() {
        return Ok(authority);
    }
    // The endpoints of the configuration are others by now.
    Authority::new(domains, lifetime, Arc::clone(provider)).map_err(io::Error::other)
}

/// Writes the authority to its file, which its owner alone may read.
pub(crate) fn save(path: &Path, authority: &Authority) -> io::Result<()> {
    let mut text = Zeroizing::new(String::new());
    let state = authority.state();
    for one in state.main.both() {
        let seconds = one.ends().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let _ = writeln!(text, "{SECTION}{seconds}");
        text.push_str(&trust::pem(&one.certificate()));
        let key = Zeroizing::new(one.issuer().key().serialize_pem());
        text.push_str(&key.replace("\r\n", "\n"));
    }
    drop(state);
    disk::replace(path, text.as_bytes(), 0o600)
}

fn read(text: &str, domains: &[String]) -> io::Result<Vec<Generation>> {
    let bad = || {
        let advice = "it holds no authority of a gateway; remove it, and a new one is made";
        io::Error::new(io::ErrorKind::InvalidData, advice)
    };
    let sections = text.split(SECTION).skip(1).take(2);
    let read: Option<Vec<Generation>> = sections
        .map(|section| {
            let (ends, pem) = section.split_once('\n')?;
            let ends = UNIX_EPOCH.checked_add(Duration::from_secs(ends.trim().parse().ok()?))?;
            let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
            let key = KeyPair::from_pem(pem.get(pem.find("-----BEGIN PRIVATE KEY")?..)?).ok()?;
            Some(Generation::again(domains, key, certificate, ends))
        })
        .collect();
    read.filter(|read| !read.is_empty()).ok_or_else(bad)
}

impl Authority {
    /// Whether a client that trusts the certificate takes a leaf, for each of the domains.
    fn proves_itself(&self) -> bool {
        let mut roots = rustls::RootCertStore::empty();
        let added = self.certificates().into_iter().try_for_each(|certificate| roots.add(certificate));
        if added.is_err() {
            return false;
        }
        let builder =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider));
        let Ok(verifier) = builder.build() else { return false };
        let domains = self.state().domains.clone();
        domains.iter().all(|domain| {
            let Ok(name) = ServerName::try_from(domain.clone()) else { return false };
            let Ok(leaf) = self.leaf(domain) else { return false };
            let Some((end, rest)) = leaf.cert.split_first() else { return false };
            verifier.verify_server_cert(end, rest, &name, &[], UnixTime::now()).is_ok()
        })
    }
}
