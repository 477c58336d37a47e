//! A certificate authority that lives as long as the gateway: made at start, good for hours, able to certify the
//! intercepted domains and nothing else. Its key never leaves this process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;

/// The most leaf certificates kept.
const MOST_LEAVES: usize = 512;
/// Clocks differ.
const BACKDATED: Duration = Duration::from_secs(300);

/// The authority, and the leaves that it has signed.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
    ends: OffsetDateTime,
    leaf_key: KeyPair,
    provider: Arc<CryptoProvider>,
    leaves: Mutex<Leaves>,
}

#[derive(Default)]
struct Leaves {
    by_host: HashMap<String, Arc<CertifiedKey>>,
    oldest_first: VecDeque<String>,
}

impl Authority {
    /// Makes an authority for hosts under `domains`.
    pub(crate) fn new(
        domains: &[String],
        lifetime: Duration,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, rcgen::Error> {
        let now = OffsetDateTime::from(SystemTime::now());
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "awsaccess gateway (this run only)");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = now - BACKDATED;
        params.not_after = now + lifetime;
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: domains.iter().map(|name| GeneralSubtree::DnsName(name.clone())).collect(),
            // A kind of name that is not constrained would be allowed: no address at all.
            excluded_subtrees: vec![
                GeneralSubtree::IpAddress(CidrSubnet::V4([0; 4], [0; 4])),
                GeneralSubtree::IpAddress(CidrSubnet::V6([0; 16], [0; 16])),
            ],
        });
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            ends: params.not_after,
            issuer: Issuer::new(params, key),
            leaf_key: KeyPair::generate()?,
            provider,
            leaves: Mutex::default(),
        })
    }

    /// The certificate, for clients to trust.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// The certificate and key that prove the gateway to be `host`.
    pub(crate) fn leaf(&self, host: &str) -> Result<Arc<CertifiedKey>, LeafError> {
        if let Some(found) = self.leaves.lock().unwrap_or_else(PoisonError::into_inner).by_host.get(host) {
            return Ok(Arc::clone(found));
        }
        let made = Arc::new(self.make_leaf(host)?);
        let mut leaves = self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        if leaves.by_host.insert(host.to_owned(), Arc::clone(&made)).is_none() {
            leaves.oldest_first.push_back(host.to_owned());
        }
        while leaves.oldest_first.len() > MOST_LEAVES {
            if let Some(oldest) = leaves.oldest_first.pop_front() {
                leaves.by_host.remove(&oldest);
            }
        }
        Ok(made)
    }

    fn make_leaf(&self, host: &str) -> Result<CertifiedKey, LeafError> {
        let mut params = CertificateParams::new(vec![host.to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, "awsaccess gateway");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.not_before = OffsetDateTime::from(SystemTime::now()) - BACKDATED;
        params.not_after = self.ends;
        let leaf = params.signed_by(&self.leaf_key, &self.issuer)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.leaf_key.serialize_der()));
        let chain = vec![leaf.der().clone(), self.certificate.clone()];
        Ok(CertifiedKey::from_der(chain, key, &self.provider)?)
    }
}

/// Why a leaf could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LeafError {
    #[error("the certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("the certificate could not be used: {0}")]
    Key(#[from] rustls::Error),
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::{ServerName, UnixTime};

    fn authority() -> Authority {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Authority::new(&["amazonaws.com".into()], Duration::from_secs(3600), provider).unwrap()
    }

    fn verify(
        authority: &Authority,
        certified_for: &str,
        asked: &str,
        at: UnixTime,
    ) -> Result<(), rustls::Error> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(authority.certificate.clone()).unwrap();
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&authority.provider))
                .build()
                .unwrap();
        let leaf = authority.leaf(certified_for).unwrap();
        let (end, rest) = leaf.cert.split_first().unwrap();
        let name = ServerName::try_from(asked.to_owned()).unwrap();
        verifier.verify_server_cert(end, rest, &name, &[], at).map(|_| ())
    }

    #[test]
    fn a_leaf_is_good_for_its_host_and_hours_only() {
        let authority = authority();
        let now = UnixTime::now();
        verify(&authority, "s3.amazonaws.com", "s3.amazonaws.com", now).unwrap();
        verify(
            &authority,
            "my.dotted.bucket.s3.eu-west-1.amazonaws.com",
            "my.dotted.bucket.s3.eu-west-1.amazonaws.com",
            now,
        )
        .unwrap();
        assert!(verify(&authority, "s3.amazonaws.com", "sts.amazonaws.com", now).is_err());
        let later = UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs() + 3700));
        assert!(verify(&authority, "s3.amazonaws.com", "s3.amazonaws.com", later).is_err());
    }

    #[test]
    fn the_authority_is_bound_to_its_domains() {
        let authority = authority();
        let now = UnixTime::now();
        for host in ["example.com", "amazonaws.com.evil.example", "evilamazonaws.com"] {
            assert!(verify(&authority, host, host, now).is_err(), "{host}");
        }
    }

    #[test]
    fn leaves_are_kept_within_a_bound() {
        let authority = authority();
        let first = authority.leaf("a.amazonaws.com").unwrap();
        assert!(Arc::ptr_eq(&first, &authority.leaf("a.amazonaws.com").unwrap()));
        for n in 0..MOST_LEAVES {
            authority.leaf(&format!("h{n}.amazonaws.com")).unwrap();
        }
        assert_eq!(authority.leaves.lock().unwrap().by_host.len(), MOST_LEAVES);
        assert!(!Arc::ptr_eq(&first, &authority.leaf("a.amazonaws.com").unwrap()));
    }
}
