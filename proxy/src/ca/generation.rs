//! One key and certificate of the authority.

use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, GeneralSubtree, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, NameConstraints,
};
use rustls::pki_types::CertificateDer;

use super::BACKDATED;

/// A key, and the certificate that clients trust.
pub(crate) struct Generation {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    ends: SystemTime,
    domains: Vec<String>,
}

impl Generation {
    /// Makes a key, and certifies it for hosts under `domains`, from a time on.
    pub(super) fn new(
        domains: &[String],
        lifetime: Duration,
        begins: SystemTime,
    ) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = params(domains);
        let ends = begins + lifetime;
        params.not_before = (begins - BACKDATED).into();
        params.not_after = ends.into();
        let certificate = params.self_signed(&key)?.der().clone();
        Ok(Self { issuer: Issuer::new(params, key), certificate, ends, domains: domains.to_vec() })
    }

    /// One that was made before, by [`Self::new`] for the same domains.
    pub(super) fn again(
        domains: &[String],
        key: KeyPair,
        certificate: CertificateDer<'static>,
        ends: SystemTime,
    ) -> Self {
        // What the issuer gives to a leaf is its name and its key's identifier; both are as they were.
        let issuer = Issuer::new(params(domains), key);
        Self { issuer, certificate, ends, domains: domains.to_vec() }
    }

    /// Whether a host is under the domains that it may certify.
    pub(super) fn covers(&self, host: &str) -> bool {
        self.domains.iter().any(|domain| {
            host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }

    pub(super) fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    pub(super) fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }

    pub(super) fn domains(&self) -> &[String] {
        &self.domains
    }

    pub(super) fn ends(&self) -> SystemTime {
        self.ends
    }

    /// How long it is good for.
    pub(super) fn left(&self, now: SystemTime) -> Duration {
        self.ends.duration_since(now).unwrap_or_default()
    }
}

fn params(domains: &[String]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "awsaccess gateway");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: domains.iter().map(|name| GeneralSubtree::DnsName(name.clone())).collect(),
        // A kind of name that is not constrained would be allowed: no address at all.
        excluded_subtrees: vec![
            GeneralSubtree::IpAddress(CidrSubnet::V4([0; 4], [0; 4])),
            GeneralSubtree::IpAddress(CidrSubnet::V6([0; 16], [0; 16])),
        ],
    });
    params
}
