//! The configuration in force, exchanged as a whole or not at all.
//!
//! A request is judged by the configuration that was in force when its head came, on whatever connection. What clients
//! hold on to (addresses, the certificate authority) and what must not be lost (the audit log, running requests, what was
//! revoked) outlives configurations.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use awsaccess::audit::{Decision, Event, Record, Shown};
use awsaccess::gateway::{Revocation, RevocationsFull};
use awsaccess::time::Time;

use crate::StartError;
use crate::admin::Settings;
use crate::config::{Again, Audit, Config, ConfigError};
use crate::credential::Flush;
use crate::listen::Listen;
use crate::pass::Whose;
use crate::server::{Lasting, Shared};
use crate::sink::{Entry, Style, now};
use crate::trust::Files;

/// Why another configuration was not taken. The one in force stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// It is wrong.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// It changes what cannot change while the gateway runs.
    #[error("{0}: cannot change while the gateway runs; restart it")]
    Fixed(&'static str),
    /// It does not come from a file.
    #[error("the configuration came from no file; there is nothing to read again")]
    NoFile,
    /// It cannot be put to use.
    #[error("{0}")]
    Unusable(String),
    /// The change cannot be recorded.
    #[error("the audit log cannot be written: {0}")]
    Audit(String),
}

/// The configuration in force.
pub(crate) struct Live {
    shared: RwLock<Arc<Shared>>,
    lasting: Lasting,
    fixed: Fixed,
    again: Again,
    /// Where clients connect, once that is known.
    addrs: OnceLock<Vec<SocketAddr>>,
    /// One exchange at a time.
    exchanging: Mutex<()>,
}

impl Live {
    pub(crate) fn start(config: Config, lasting: Lasting, fixed: Fixed) -> Result<Self, StartError> {
        let again = config.again();
        let shared = Shared::new(config, &lasting, None).map_err(StartError::Proxy)?;
        let shared = RwLock::new(Arc::new(shared));
        Ok(Self { shared, lasting, fixed, again, addrs: OnceLock::new(), exchanging: Mutex::default() })
    }

    /// What is in force now.
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes where clients connect. A proxy of the upstream's is none of those places.
    pub(crate) fn listens(&self, addrs: &[SocketAddr]) -> Result<(), SocketAddr> {
        let _ = self.addrs.set(addrs.to_vec());
        self.shared().dialer.proxy_among(addrs).map_or(Ok(()), Err)
    }

    pub(crate) const fn lasting(&self) -> &Lasting {
        &self.lasting
    }

    /// Reads the file again, and puts it in force if it is whole.
    pub(crate) fn reload(&self, by: &'static str) -> Result<(), ReloadError> {
        self.exchange(by, || self.again.read().ok_or(ReloadError::NoFile)?.map_err(ReloadError::from))
    }

    /// Puts another configuration in force.
    pub(crate) fn exchange(
        &self,
        by: &'static str,
        read: impl FnOnce() -> Result<Config, ReloadError>,
    ) -> Result<(), ReloadError> {
        let _one = self.exchanging.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.shared();
        let mut record = Record::new(Event::Change, before.id(), now());
        record.operation = Some("reload".to_owned());
        record.mode = Some(by);
        record.decision = Some(Decision::Allowed);
        let mut entry = Entry::new(record, &before.sink);
        let exchanged = entry.begin().map_err(|error| ReloadError::Audit(error.to_string())).and_then(|()| {
            let config = read()?;
            self.fixed.check(&config)?;
            let next = Shared::new(config, &self.lasting, Some(&before)).map_err(ReloadError::Unusable)?;
            let ours = self.addrs.get().map_or(&[][..], Vec::as_slice);
            if let Some(own) = next.dialer.proxy_among(ours) {
                return Err(ReloadError::Unusable(StartError::ProxyIsOurs(own).to_string()));
            }
            next.revoked.carry(&before.revoked);
            if let (Some(next), Some(before)) = (&next.gateway.replays, &before.gateway.replays) {
                next.carry(before);
            }
            *self.shared.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
            Ok(())
        });
        self.lasting.sink.metrics().reloaded(exchanged.is_ok());
        if let Err(error) = &exchanged {
            tracing::error!(%error, by, "the configuration in force stays");
            entry.record.error = Some("configuration");
            entry.record.reason = Some(Shown::text(&error.to_string()));
            entry.record.decision = Some(Decision::Refused);
        } else {
            tracing::info!(by, "another configuration is in force");
        }
        exchanged
    }
}

impl Live {
    /// Revokes placeholders, ends what runs by them, and forgets the real credentials that were got for them. Gives how
    /// many requests were ended.
    pub(crate) fn revoke(&self, what: &Revocation, until: Time) -> Result<usize, RevocationsFull> {
        // Not while the list is carried over to another configuration.
        let one = self.exchanging.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = self.shared();
        shared.revoked.add(what.clone(), until, now())?;
        drop(one);
        // What runs on is what was allowed before.
        let (whose, flush) = match what {
            Revocation::Session(id) => (Whose::Session(id), Some(Flush::Session(id.clone()))),
            Revocation::Subject(name, _) => (Whose::Subject(name), Some(Flush::Subject(name.clone()))),
            // What one key was used with, others of its session may still be.
            Revocation::KeyId(id) => (Whose::Key(id), None),
            _ => (Whose::Everybody, Some(Flush::All)),
        };
        let ended = shared.gate.end(whose);
        if let Some(flush) = flush {
            shared.credentials.flush(&flush);
        }
        Ok(ended)
    }
}

/// What stays as it was at the start.
#[derive(Clone)]
pub(crate) struct Fixed {
    listen: Vec<Listen>,
    admin: Option<Settings>,
    http2: bool,
    connections: usize,
    buffered: u64,
    /// `None`: the program's own writer.
    audit: Option<(Option<PathBuf>, Style)>,
    domains: Vec<String>,
    trust_files: Files,
    ca_key_file: Option<PathBuf>,
    ca_lifetime: Duration,
}

impl Fixed {
    pub(crate) fn of(config: &Config) -> Self {
        let place = match &config.audit {
            Audit::Given(_) => None,
            Audit::Stdout => Some(None),
            Audit::File(path) => Some(Some(path.clone())),
        };
        Self {
            listen: config.listen.clone(),
            admin: config.admin.clone(),
            http2: config.http2,
            connections: config.connections,
            buffered: config.buffered,
            audit: place.map(|place| (place, config.audit_style)),
            domains: config.domains.clone(),
            trust_files: config.trust_files.clone(),
            ca_key_file: config.ca_key_file.clone(),
            ca_lifetime: config.ca_lifetime,
        }
    }

    fn check(&self, config: &Config) -> Result<(), ReloadError> {
        let other = Self::of(config);
        let names = [
            (self.listen == other.listen, "listen"),
            (self.admin == other.admin, "admin"),
            (self.http2 == other.http2, "http2"),
            (self.connections == other.connections, "limits.connections"),
            (self.buffered == other.buffered, "limits.buffered_bytes"),
            (self.audit.is_none() || self.audit == other.audit, "audit"),
            // The authority's certificate names the domains that it may certify, and clients trust that one.
            (self.domains == other.domains, "endpoint: the set of hosts"),
            (self.trust_files == other.trust_files && self.ca_key_file == other.ca_key_file, "ca"),
            (self.ca_lifetime == other.ca_lifetime, "ca.hours"),
        ];
        match names.into_iter().find(|(same, _)| !same) {
            Some((_, name)) => Err(ReloadError::Fixed(name)),
            None => Ok(()),
        }
    }
}
