//! What all connections share: the rules, the way to the services, the certificates of intercepted hosts.

use std::sync::Arc;
use std::time::Duration;

use awsaccess::gateway::{Destination, Gateway, Revocations};
use awsaccess::partition::HostName;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::body::Budget;
use crate::ca::Authority;
use crate::config::Config;
use crate::credential::{Cache, Source};
use crate::health::{self, Health};
use crate::live::Live;
use crate::pass::Gate;
use crate::sink::Sink;
use crate::tunnel::Rules;
use crate::upstream::{Dialer, Proxies, Upstream};

/// What outlives a configuration.
#[derive(Clone)]
pub(crate) struct Lasting {
    pub(crate) authority: Arc<Authority>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) sink: Sink,
    pub(crate) budget: Budget,
    /// Turns true when the gateway is to end.
    pub(crate) closing: watch::Receiver<bool>,
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) gateway: Gateway,
    pub(crate) credentials: Cache,
    source: Arc<dyn Source>,
    pub(crate) revoked: Revocations,
    /// The sources as they are written in the file, by which one tells whether they are still the same.
    written: Option<toml::Value>,
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
    pub(crate) provider: Arc<CryptoProvider>,
    /// Turns true when the gateway is to end.
    pub(crate) closing: watch::Receiver<bool>,
}

impl Shared {
    /// What a configuration makes of it. Credentials that were fetched `before` are kept if their sources are the same.
    pub(crate) fn new(config: Config, lasting: &Lasting, before: Option<&Self>) -> Result<Self, String> {
        let proxies = Proxies::new(config.proxy, config.proxy_resolves, &config.sources.env)
            .map_err(|error| error.to_string())?;
        let dialer = Arc::new(Dialer::new(proxies, Arc::clone(config.trust.one())));
        let source = config.custom.unwrap_or_else(|| Arc::new(config.sources));
        let is_same = |before: &&Self| config.written.is_some() && before.written == config.written;
        let credentials = before
            .filter(is_same)
            .map_or_else(|| Cache::new(Arc::clone(&source)), |before| before.credentials.clone());
        lasting.gate.allow(config.allowance);
        let (places, private) = (config.places, config.private);
        let upstream = Upstream::new(places, private, config.trust, Arc::clone(&dialer), config.patience);
        let lasting = lasting.clone();
        Ok(Self {
            gateway: config.gateway,
            credentials,
            source,
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
            provider: config.provider,
            closing: lasting.closing,
        })
    }

    /// Tries the roles of an application, each in a session of its own. It blocks until the last has answered.
    pub(crate) fn health(&self, application: &str) -> Vec<Health> {
        health::check(&*self.source, &self.gateway.access, application)
    }

    /// A fresh random id of a request, in the form of AWS's own.
    pub(crate) fn id(&self) -> String {
        let mut bytes = [0; 16];
        // A generator that fails gives an id of noughts, which harms nobody but the reader of the log.
        let _ = self.provider.secure_random.fill(&mut bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
        parts.map(|(from, to)| hex.get(from..to).unwrap_or_default()).join("-")
    }
}

/// Ends TLS sessions for intercepted hosts.
pub(crate) fn acceptor(live: &Arc<Live>) -> Result<TlsAcceptor, rustls::Error> {
    let shared = live.shared();
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&shared.provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Leaves(Arc::clone(live))));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    if shared.http2 {
        config.alpn_protocols.insert(0, b"h2".to_vec());
    }
    Ok(TlsAcceptor::from(Arc::new(config)))
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
