//! Certificates: those that a request presents, and those that a made-up authority issues.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use time::OffsetDateTime;
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime, pem::PemObject as _};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::{IssuedCertificate, denied, invalid};
use crate::encoding::{text_of, unbase64};
use crate::failure::Failure;
use crate::jws::random_pem;
use crate::keyring::Keyring;
use crate::message::Request;
use crate::world::{TrustAnchor, World};

const MAX_CHAIN: usize = 5;
/// Certificates that are issued here are good for a day.
const LIFETIME: i64 = 86_400;

/// The certificates that a request presents.
pub(super) struct Presented {
    pub(super) leaf: CertificateDer<'static>,
    chain: Vec<CertificateDer<'static>>,
    /// Without a leading zero.
    pub(super) serial: Vec<u8>,
    subject: Vec<(&'static str, String)>,
    issuer: Vec<(&'static str, String)>,
}

impl Presented {
    pub(super) fn of(request: &Request) -> Result<Self, Failure> {
        let read = |text: &str| unbase64(text).map(CertificateDer::from);
        let leaf = request.header("x-amz-x509").and_then(read);
        let leaf = leaf.ok_or_else(|| denied("X-Amz-X509 is missing, or is no certificate in base64"))?;
        let chain = match request.header("x-amz-x509-chain") {
            None => Vec::new(),
            Some(text) => text
                .split(',')
                .map(|one| read(one).ok_or_else(|| invalid("X-Amz-X509-Chain is not certificates in base64")))
                .collect::<Result<Vec<_>, _>>()?,
        };
        if chain.len() > MAX_CHAIN {
            return Err(invalid("X-Amz-X509-Chain has more than five certificates"));
        }
        let (serial, subject, issuer) = {
            let parsed = EndEntityCert::try_from(&leaf);
            let parsed = parsed.map_err(|error| denied(format!("Untrusted certificate. {error}")))?;
            let serial: Vec<u8> = parsed.serial().iter().copied().skip_while(|byte| *byte == 0).collect();
            (serial, names(parsed.subject()), names(parsed.issuer()))
        };
        Ok(Self { leaf, chain, serial, subject, issuer })
    }

    /// Whether the certificates lead to the authority now.
    pub(super) fn check_chain(&self, authority: &str, now: i64) -> Result<(), Failure> {
        let untrusted = |error: webpki::Error| denied(format!("Untrusted certificate. {error}"));
        let authority = CertificateDer::from_pem_slice(authority.as_bytes())
            .map_err(|_| denied("Untrusted certificate. The trust anchor has none"))?;
        let anchor = anchor_from_trusted_cert(&authority).map_err(untrusted)?;
        let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).unwrap_or_default()));
        let leaf = EndEntityCert::try_from(&self.leaf).map_err(untrusted)?;
        leaf.verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &[anchor],
            &self.chain,
            at,
            KeyUsage::client_auth(),
            None,
            None,
        )
        .map(|_| ())
        .map_err(untrusted)
    }

    pub(super) fn common_name(&self) -> Option<&str> {
        self.subject.iter().find(|(name, _)| *name == "CN").map(|(_, value)| value.as_str())
    }

    /// The session tags that the certificate's names give.
    pub(super) fn tags(&self) -> Vec<(String, String)> {
        let of = |prefix: &'static str, names: &[(&'static str, String)]| -> Vec<(String, String)> {
            names.iter().map(|(name, value)| (format!("{prefix}/{name}"), value.clone())).collect()
        };
        let mut tags = of("x509Subject", &self.subject);
        tags.extend(of("x509Issuer", &self.issuer));
        tags.dedup_by(|one, other| one.0 == other.0);
        tags
    }
}

/// The attributes of a distinguished name in DER (X.501), as far as they are known.
fn names(name: &[u8]) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut rest = match element(name) {
        Some((0x30, content, [])) => content,
        _ => name,
    };
    while let Some((0x31, mut set, after)) = element(rest) {
        while let Some((0x30, pair, next)) = element(set) {
            set = next;
            let Some((0x06, kind, value)) = element(pair) else { continue };
            let kind = match kind {
                [0x55, 4, 3] => "CN",
                [0x55, 4, 6] => "C",
                [0x55, 4, 7] => "L",
                [0x55, 4, 8] => "ST",
                [0x55, 4, 10] => "O",
                [0x55, 4, 11] => "OU",
                _ => continue,
            };
            if let Some((_, value, _)) = element(value) {
                found.push((kind, text_of(value)));
            }
        }
        rest = after;
    }
    found
}

/// The first element in DER: its tag, its content, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => rest.split_first().map(|(&length, rest)| (usize::from(length), rest))?,
        0x82 => (usize::from(*rest.first()?) << 8 | usize::from(*rest.get(1)?), rest.get(2..)?),
        _ => return None,
    };
    Some((tag, rest.get(..length)?, rest.get(length..)?))
}

fn authority_params(anchor: &TrustAnchor) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("Trust anchor {}", anchor.id));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Fills in what the world left to chance.
pub(crate) fn complete(world: &mut World, keyring: &Keyring) {
    let home = world.home_region().to_owned();
    for profile in world.anywhere_profiles.iter_mut().filter(|profile| profile.region.is_empty()) {
        profile.region.clone_from(&home);
    }
    for anchor in &mut world.trust_anchors {
        if anchor.region.is_empty() {
            anchor.region.clone_from(&home);
        }
        if anchor.certificate.is_empty() {
            anchor.private_key = random_pem();
            let key = KeyPair::from_pem(&anchor.private_key);
            let made = key.and_then(|key| authority_params(anchor).self_signed(&key));
            anchor.certificate = made.map(|certificate| certificate.pem()).unwrap_or_default();
            keyring.note(&anchor.private_key);
        }
    }
}

/// A certificate of an anchor's made-up authority, for a day, by a key of the caller's or a new one.
pub(crate) fn issue(
    anchor: &TrustAnchor,
    common_name: &str,
    private_key: Option<&str>,
    now: i64,
) -> Option<IssuedCertificate> {
    let authority = KeyPair::from_pem(&anchor.private_key).ok()?;
    let issuer = Issuer::new(authority_params(anchor), authority);
    let key = match private_key {
        Some(pem) => KeyPair::from_pem(pem).ok()?,
        None => KeyPair::generate().ok()?,
    };
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.distinguished_name.push(DnType::OrganizationName, "Example");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.not_before = OffsetDateTime::from_unix_timestamp(now - 3600).ok()?;
    params.not_after = OffsetDateTime::from_unix_timestamp(now + LIFETIME).ok()?;
    let certificate = params.signed_by(&key, &issuer).ok()?;
    Some(IssuedCertificate {
        certificate: certificate.pem(),
        private_key: if private_key.is_some() { String::new() } else { key.serialize_pem() },
    })
}
