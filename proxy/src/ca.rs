//! A certificate authority that lives for hours, able to certify the intercepted domains and nothing else. Its key does
//! not leave this process, unless the operator asks for it to be [kept](kept).
//!
//! A gateway outlives its authority: the [`Generation`] that comes next is made, and made known, along with the present
//! one, and begins to sign when a quarter of that one's life is left. So whoever reads the certificates once trusts the
//! gateway for three quarters of a life at least.
//!
//! Domains that come with another configuration have a [`Line`] of generations of their own until the turn comes to one
//! that has them too: what clients trust already stays as it is, and a client of the new hosts reads the files again.

mod generation;
mod kept;
mod line;
mod tended;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;

use generation::Generation;
use line::Line;
pub(crate) use tended::Tended;

/// The most leaf certificates kept.
const MOST_LEAVES: usize = 512;
/// The most lines beside: as many changes of the domains in one turn.
const MOST_BESIDE: usize = 8;
/// Clocks differ.
const BACKDATED: Duration = Duration::from_secs(300);

/// The authority, and the leaves that it has signed.
pub(crate) struct Authority {
    lifetime: Duration,
    leaf_key: KeyPair,
    provider: Arc<CryptoProvider>,
    state: Mutex<State>,
}

struct State {
    /// What the generations that are made from now on may certify.
    domains: Vec<String>,
    main: Line,
    /// For domains that came later, the oldest first.
    beside: Vec<Line>,
    leaves: Leaves,
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
        let main = Line::begin(domains, lifetime, SystemTime::now())?;
        Self::with(domains, lifetime, provider, main)
    }

    fn with(
        domains: &[String],
        lifetime: Duration,
        provider: Arc<CryptoProvider>,
        main: Line,
    ) -> Result<Self, rcgen::Error> {
        let state = State { domains: domains.to_vec(), main, beside: Vec::new(), leaves: Leaves::default() };
        Ok(Self { lifetime, leaf_key: KeyPair::generate()?, provider, state: Mutex::new(state) })
    }

    /// Takes other domains. Gives whether [`Self::certificates`] changed, which it does where there are new ones.
    ///
    /// # Errors
    /// In one line, and nothing is changed.
    pub(crate) fn extend(&self, domains: &[String], now: SystemTime) -> Result<bool, String> {
        let mut state = self.state();
        let is_new = domains.iter().any(|domain| !state.lines().any(|one| one.covers(domain)));
        if is_new {
            if state.beside.len() >= MOST_BESIDE {
                return Err(format!("the hosts changed {MOST_BESIDE} times since the authority was renewed"));
            }
            let made = Line::begin(domains, self.lifetime, now).map_err(|error| error.to_string())?;
            state.beside.push(made);
        }
        state.domains = domains.to_vec();
        Ok(is_new)
    }

    /// The certificates for clients to trust: the present one's, the next one's, and those beside.
    pub(crate) fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.state().lines().flat_map(Line::both).map(Generation::certificate).collect()
    }

    /// How long the present generation is good for.
    pub(crate) fn left(&self, now: SystemTime) -> Duration {
        self.state().main.present().left(now)
    }

    /// Until when whoever trusts [`Self::certificates`] takes what the gateway shows.
    pub(crate) fn trusted_until(&self) -> SystemTime {
        self.state()
            .lines()
            .map(|line| line.trusted_until(self.lifetime))
            .min()
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Lets the next generation begin, if it is time to, and makes one to follow it. Gives whether
    /// [`Self::certificates`] changed.
    pub(crate) fn renew(&self, now: SystemTime) -> Result<bool, rcgen::Error> {
        let mut state = self.state();
        let State { domains, main, beside, leaves } = &mut *state;
        let mut changed = main.turn(domains, self.lifetime, now)?;
        if changed {
            // Those beside are for what it does not have.
            let is_whole = domains.iter().all(|domain| main.covers(domain));
            beside.retain(|_| !is_whole);
        }
        let mut failed = None;
        for line in beside {
            let domains = line.present().domains().to_vec();
            match line.turn(&domains, self.lifetime, now) {
                Ok(turned) => changed |= turned,
                Err(error) => failed = Some(error),
            }
        }
        if changed {
            *leaves = Leaves::default();
        }
        failed.map_or(Ok(changed), Err)
    }

    /// The certificate and key that prove the gateway to be `host`.
    pub(crate) fn leaf(&self, host: &str) -> Result<Arc<CertifiedKey>, LeafError> {
        let generation = {
            let state = self.state();
            if let Some(found) = state.leaves.by_host.get(host) {
                return Ok(Arc::clone(found));
            }
            Arc::clone(state.of(host))
        };
        let made = Arc::new(self.make_leaf(host, &generation)?);
        let mut state = self.state();
        // Another generation may have begun meanwhile; this leaf is good, but none of its own.
        if Arc::ptr_eq(state.of(host), &generation) {
            state.leaves.keep(host, &made);
        }
        Ok(made)
    }

    fn make_leaf(&self, host: &str, generation: &Generation) -> Result<CertifiedKey, LeafError> {
        let mut params = CertificateParams::new(vec![host.to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, "awsaccess gateway");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.not_before = OffsetDateTime::from(SystemTime::now()) - BACKDATED;
        params.not_after = generation.ends().into();
        let leaf = params.signed_by(&self.leaf_key, generation.issuer())?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.leaf_key.serialize_der()));
        let chain = vec![leaf.der().clone(), generation.certificate()];
        Ok(CertifiedKey::from_der(chain, key, &self.provider)?)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn lines(&self) -> impl Iterator<Item = &Line> {
        std::iter::once(&self.main).chain(&self.beside)
    }

    /// The one that signs for a host.
    fn of(&self, host: &str) -> &Arc<Generation> {
        self.lines().find(|line| line.covers(host)).unwrap_or(&self.main).present()
    }
}

impl Leaves {
    fn keep(&mut self, host: &str, leaf: &Arc<CertifiedKey>) {
        if self.by_host.insert(host.to_owned(), Arc::clone(leaf)).is_none() {
            self.oldest_first.push_back(host.to_owned());
        }
        while self.oldest_first.len() > MOST_LEAVES {
            if let Some(oldest) = self.oldest_first.pop_front() {
                self.by_host.remove(&oldest);
            }
        }
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
mod tests;
