//! What all connections share: the rules, the way to the services, the certificates of intercepted hosts.

use std::sync::Arc;
use std::time::Duration;

use awsaccess::access::Grant;
use awsaccess::credentials::Credentials;
use awsaccess::gateway::{Allowance, Destination, Gateway, Revocations};
use awsaccess::partition::HostName;
use awsaccess_drivers::blocking::Network;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::body::{Budget, Pace};
use crate::ca::{Authority, Tended};
use crate::config::{Config, Offer, Written};
use crate::credential::{Cache, Source, SourceError};
use crate::health::{self, Health};
use crate::id::Ids;
use crate::live::Live;
use crate::pass::Gate;
use crate::places::Places;
use crate::sink::Sink;
use crate::source::Chain;
use crate::tunnel::Rules;
use crate::upstream::{Dialer, Names, Proxies, Upstream};

/// What outlives a configuration.
#[derive(Clone)]
pub(crate) struct Lasting {
    pub(crate) authority: Arc<Authority>,
    /// The same with its files.
    pub(crate) trusted: Arc<Tended>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) sink: Sink,
    pub(crate) budget: Budget,
    /// The connections of clients.
    pub(crate) connections: Arc<Places>,
    /// Turns true when the gateway is to end.
    pub(crate) closing: watch::Receiver<bool>,
}

/// Bounds that hold from the moment that a configuration is in force.
pub(crate) struct Bounds {
    allowance: Allowance,
    connections: usize,
    buffered: u64,
}

impl Bounds {
    pub(crate) fn set(&self, lasting: &Lasting) {
        lasting.gate.allow(self.allowance);
        lasting.connections.resize(self.connections);
        lasting.budget.resize(self.buffered);
    }
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) gateway: Gateway,
    pub(crate) credentials: Cache,
    source: Arc<dyn Source>,
    /// The same, if it is the chain and none of the program's own.
    pub(crate) chain: Option<Arc<Chain>>,
    /// How those are reached who give credentials, if their source does not say it.
    pub(crate) network: Network,
    /// What there is to choose from.
    pub(crate) offer: Offer,
    pub(crate) bounds: Bounds,
    pub(crate) revoked: Revocations,
    /// By which one tells whether the sources, and the way to those that they ask, are still the same.
    written: Option<Written>,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) dialer: Arc<Dialer>,
    pub(crate) authority: Arc<Authority>,
    pub(crate) tunnel: Rules,
    pub(crate) gate: Arc<Gate>,
    /// Whether clients may speak HTTP/2 to us.
    pub(crate) http2: bool,
    pub(crate) sink: Sink,
    pub(crate) budget: Budget,
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
    /// How slowly a body may come that is held.
    pub(crate) pace: Pace,
    pub(crate) provider: Arc<CryptoProvider>,
    ids: Ids,
    /// Turns true when the gateway is to end.
    pub(crate) closing: watch::Receiver<bool>,
}

impl Shared {
    /// What a configuration makes of it. Credentials that were fetched `before` are kept if their sources are the same.
    pub(crate) fn new(config: Config, lasting: &Lasting, before: Option<&Self>) -> Result<Self, String> {
        let proxies = Proxies::new(config.proxy, config.proxy_resolves, &config.sources.env)
            .map_err(|error| error.to_string())?;
        let dialer =
            Arc::new(Dialer::new(proxies, Arc::clone(config.trust.one()), Names::new(config.resolver)));
        let (source, chain) = match config.custom {
            Some(custom) => (custom, None),
            None => {
                let chain = Arc::new(config.sources);
                (Arc::clone(&chain) as Arc<dyn Source>, Some(chain))
            }
        };
        let is_same = |before: &&Self| config.written.is_some() && before.written == config.written;
        let credentials = before
            .filter(is_same)
            .map_or_else(|| Cache::new(Arc::clone(&source)), |before| before.credentials.clone());
        let (places, private) = (config.places, config.private);
        let upstream = Upstream::new(places, private, config.trust, Arc::clone(&dialer), config.patience);
        let lasting = lasting.clone();
        Ok(Self {
            gateway: config.gateway,
            credentials,
            source,
            chain,
            network: config.network,
            offer: config.offer,
            bounds: Bounds {
                allowance: config.allowance,
                connections: config.connections,
                buffered: config.buffered,
            },
            revoked: config.revoked,
            written: config.written,
            upstream: Arc::new(upstream),
            dialer,
            authority: lasting.authority,
            tunnel: config.tunnel,
            gate: lasting.gate,
            http2: config.http2,
            sink: lasting.sink,
            budget: lasting.budget,
            head: config.head,
            idle: config.idle,
            pace: Pace { pause: config.idle, least: config.least_rate },
            ids: Ids::new(Arc::clone(&config.provider)),
            provider: config.provider,
            closing: lasting.closing,
        })
    }

    /// Real credentials that are nobody else's, fetched now. It blocks.
    pub(crate) fn fetch(&self, grant: &Grant) -> Result<Credentials, SourceError> {
        self.source.fetch(grant)
    }

    /// Tries the roles of an application, each in a session of its own. It blocks until the last has answered.
    pub(crate) fn health(&self, application: &str) -> Vec<Health> {
        health::check(&*self.source, &self.gateway.access, application)
    }

    /// A fresh id of a request.
    pub(crate) fn id(&self) -> String {
        self.ids.next()
    }
}

/// Ends TLS sessions for intercepted hosts, with the versions of HTTP that clients may speak.
#[derive(Clone)]
pub(crate) struct Acceptors {
    both: TlsAcceptor,
    one: TlsAcceptor,
}

impl Acceptors {
    pub(crate) fn new(live: &Arc<Live>) -> Result<Self, rustls::Error> {
        let shared = live.shared();
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&shared.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Leaves(Arc::clone(live))));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let one = TlsAcceptor::from(Arc::new(config.clone()));
        config.alpn_protocols.insert(0, b"h2".to_vec());
        Ok(Self { both: TlsAcceptor::from(Arc::new(config)), one })
    }

    /// The one for connections that come now.
    pub(crate) fn of(&self, shared: &Shared) -> TlsAcceptor {
        if shared.http2 { self.both.clone() } else { self.one.clone() }
    }
}

/// A leaf for each intercepted host that a client names, and for no other.
struct Leaves(Arc<Live>);

impl std::fmt::Debug for Leaves {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Leaves")
    }
}

impl ResolvesServerCert for Leaves {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let host = HostName::parse(hello.server_name()?.as_bytes()).ok()?;
        let shared = self.0.shared();
        if shared.gateway.routes.destination(&host) != Destination::Intercept {
            return None;
        }
        match shared.authority.leaf(host.name()) {
            Ok(leaf) => Some(leaf),
            Err(error) => {
                tracing::error!(host = host.name(), %error, "no certificate");
                None
            }
        }
    }
}
