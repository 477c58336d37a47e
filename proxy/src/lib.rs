//! The gateway as a service: unmodified AWS clients with placeholder keys on one side, AWS with real roles on the other.
//!
//! It is one host of [`awsaccess::gateway`], which holds the rules. This crate brings the wire: a listener for CONNECT
//! (with a certificate authority of its own, for AWS's domains, hours long) and for plain endpoint-URL requests, TLS
//! to the services, credentials that are fetched once and renewed ahead, tunnels for all else, and the audit log.
//!
//! ```
//! use awsaccess_proxy::{Config, Proxy};
//! let running = Proxy::start(Config::parse("listen = [\"127.0.0.1:0\"]")?)?;
//! assert!(running.addrs()[0].port() != 0);
//! assert!(running.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
//! running.shutdown();
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! `examples/gateway.toml` shows every key of the configuration.
#![forbid(unsafe_code)]

mod address;
mod body;
mod ca;
mod config;
mod connection;
mod credential;
mod forward;
mod head;
mod health;
mod http2;
mod linger;
mod listen;
mod pass;
mod peer;
mod reply;
mod server;
mod sink;
mod source;
mod tunnel;
mod upstream;
mod websocket;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use awsaccess::gateway::{Revocation, Revocations, RevocationsFull};
use awsaccess::time::Time;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, watch};

pub use config::{Config, ConfigError};
pub use credential::{Flush, Source, SourceError};
pub use health::{Ailment, Health};
pub use pass::Whose;

use crate::body::Budget;
use crate::ca::Authority;
use crate::config::Audit;
use crate::credential::Cache;
use crate::listen::{At, Bound};
use crate::pass::Gate;
use crate::server::Shared;
use crate::sink::Sink;
use crate::upstream::{Dialer, NoProxy, Proxies, Upstream};

/// Why the gateway could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A listening address cannot be had.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    /// A Unix socket cannot be had.
    #[error("cannot listen on unix:{0}: {1}")]
    Socket(String, #[source] io::Error),
    /// `HTTPS_PROXY` of the gateway's own environment is no proxy.
    #[error("https_proxy of the environment: {0}; mend it, or set upstream.proxy")]
    Proxy(String),
    /// The upstream proxy is this gateway itself.
    #[error("upstream.proxy: the proxy is {0}, where this gateway itself listens; set another, or \"none\"")]
    ProxyIsOurs(SocketAddr),
    /// There is nothing to listen on.
    #[error("listen: at least one address is needed")]
    NoAddress,
    /// A file cannot be written.
    #[error("cannot write {0}: {1}")]
    File(String, #[source] io::Error),
    /// The certificate authority could not be made.
    #[error("the certificate authority cannot be made: {0}")]
    Authority(String),
    /// The threads could not be started.
    #[error("cannot start: {0}")]
    Runtime(#[source] io::Error),
}

/// The gateway.
pub struct Proxy;

/// A gateway that is running, until this is dropped.
pub struct Running {
    addrs: Vec<SocketAddr>,
    ca_pem: String,
    closing: watch::Sender<bool>,
    connections: Arc<Semaphore>,
    gate: Arc<Gate>,
    most: u32,
    runtime: Option<Runtime>,
    shared: Arc<Shared>,
    source: Arc<dyn Source>,
    revoked: Revocations,
}

impl Proxy {
    /// Binds the addresses and serves them on threads of its own.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    pub fn start(config: Config) -> Result<Running, StartError> {
        if config.listen.is_empty() {
            return Err(StartError::NoAddress);
        }
        let style = config.audit_style;
        let sink = match config.audit {
            Audit::Stdout => Sink::stdout(style),
            Audit::Given(writer) => Sink::new(writer, style),
            Audit::File(path) => Sink::file(&path, style)
                .map_err(|error| StartError::File(path.display().to_string(), error))?,
        };
        let authority = Authority::new(&config.domains, config.ca_lifetime, Arc::clone(&config.provider))
            .map_err(|error| StartError::Authority(error.to_string()))?;
        let ca_pem = authority.pem().to_owned();
        if let Some(path) = &config.ca_file {
            std::fs::write(path, &ca_pem)
                .map_err(|error| StartError::File(path.display().to_string(), error))?;
        }
        let wrong = |error: NoProxy| StartError::Proxy(error.to_string());
        let proxies =
            Proxies::new(config.proxy, config.proxy_resolves, &config.sources.env).map_err(wrong)?;
        let place = proxies.place().map(|(host, port)| (host.to_owned(), port));
        let dialer = Arc::new(Dialer::new(proxies, Arc::clone(config.trust.one())));
        let gate = Gate::new(config.allowance);
        let source = config.custom.unwrap_or_else(|| Arc::new(config.sources));
        let revoked = config.revoked;
        let (closing, closed) = watch::channel(false);
        let shared = Arc::new(Shared {
            gateway: config.gateway,
            credentials: Cache::new(Arc::clone(&source)),
            upstream: Arc::new(Upstream::new(
                config.places,
                config.private,
                config.trust,
                Arc::clone(&dialer),
                config.patience,
            )),
            dialer,
            authority,
            tunnel: config.tunnel,
            gate: Arc::clone(&gate),
            http2: config.http2,
            sink,
            budget: Budget::new(config.buffered),
            head: config.head,
            idle: config.idle,
            provider: config.provider,
            closing: closed,
        });
        let acceptor = shared.acceptor().map_err(|error| StartError::Authority(error.to_string()))?;

        let runtime = Builder::new_multi_thread().enable_all().thread_name("awsaccess-proxy").build();
        let runtime = runtime.map_err(StartError::Runtime)?;
        let most = u32::try_from(config.connections).unwrap_or(u32::MAX);
        let connections = Arc::new(Semaphore::new(config.connections));
        let mut bound = Vec::new();
        for listen in &config.listen {
            let _inside = runtime.enter();
            bound.push(listen.bind().map_err(|error| match &listen.at {
                At::Tcp(address) => StartError::Listen(*address, error),
                At::Unix(path) => StartError::Socket(path.display().to_string(), error),
            })?);
        }
        let addrs: Vec<_> = bound.iter().filter_map(Bound::address).collect();
        if let Some((host, port)) = place {
            // Through itself it would go on without end.
            let is_ours = |own: &&SocketAddr| {
                let own_ip = own.ip();
                let is_here = |ip: IpAddr| ip == own_ip || (own_ip.is_unspecified() && ip.is_loopback());
                let is_near = host == "localhost" && (own_ip.is_loopback() || own_ip.is_unspecified());
                own.port() == port && host.parse().map_or(is_near, is_here)
            };
            if let Some(own) = addrs.iter().find(is_ours) {
                return Err(StartError::ProxyIsOurs(*own));
            }
        }
        for listener in bound {
            let (shared, acceptor) = (Arc::clone(&shared), acceptor.clone());
            runtime.spawn(listener.serve(shared, acceptor, Arc::clone(&connections)));
        }
        tracing::info!(?addrs, "the gateway is listening");
        let runtime = Some(runtime);
        Ok(Running { addrs, ca_pem, closing, connections, gate, most, runtime, shared, source, revoked })
    }
}

impl Running {
    /// The addresses that are listened on, with the ports that the system chose; those for all applications first.
    #[must_use]
    pub fn addrs(&self) -> &[SocketAddr] {
        &self.addrs
    }

    /// The certificate that clients must trust, in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Ends requests that run, wherever they are: their bodies and tunnels break off, on both sides. It keeps nobody from
    /// coming back; that is for the rules. Gives how many there were.
    pub fn end_requests(&self, whose: Whose<'_>) -> usize {
        self.gate.end(whose)
    }

    /// Forgets real credentials, so that the next requests are signed with new ones. Says of how many grants there were
    /// any.
    pub fn flush(&self, which: &Flush) -> usize {
        self.shared.credentials.flush(which)
    }

    /// Revokes placeholders, and forgets the real credentials that were got for them. `until` is when all that it
    /// concerns has expired by itself.
    ///
    /// # Errors
    /// [`RevocationsFull`]: nothing was revoked.
    pub fn revoke(&self, what: Revocation, until: Time) -> Result<(), RevocationsFull> {
        let flush = match &what {
            Revocation::Session(id) => Some(Flush::Session(id.clone())),
            Revocation::Subject(name, _) => Some(Flush::Subject(name.clone())),
            Revocation::IssuedUntil(_) => Some(Flush::All),
            // What one key was used with, others of its session may still be.
            _ => None,
        };
        let revoked = what.clone();
        self.revoked.add(what, until, sink::now())?;
        // What runs on is what was allowed before.
        match &revoked {
            Revocation::Session(id) => self.gate.end(Whose::Session(id)),
            Revocation::Subject(name, _) => self.gate.end(Whose::Subject(name)),
            Revocation::KeyId(id) => self.gate.end(Whose::Key(id)),
            _ => self.gate.end(Whose::Everybody),
        };
        if let Some(flush) = flush {
            self.flush(&flush);
        }
        Ok(())
    }

    /// Tries the roles of an application, each in a session of its own. It blocks until the last has answered.
    #[must_use]
    pub fn health(&self, application: &str) -> Vec<Health> {
        health::check(&*self.source, &self.shared.gateway.access, application)
    }

    /// Waits for an interrupt or a termination signal.
    ///
    /// # Errors
    /// If signals cannot be received.
    pub fn wait(&self) -> io::Result<()> {
        self.runtime.as_ref().map_or(Ok(()), |runtime| runtime.block_on(signalled()))
    }

    /// Ends it: no new connections, and a few seconds for the requests that are on their way.
    pub fn shutdown(mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        let _ = self.closing.send(true);
        runtime.block_on(async {
            let all = self.connections.acquire_many(self.most);
            let _ = tokio::time::timeout(GRACE, all).await;
        });
        runtime.shutdown_timeout(Duration::from_millis(200));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// How long requests that are on their way may take when the gateway ends.
const GRACE: Duration = Duration::from_secs(5);

/// Starts the gateway and serves until the process is told to end.
///
/// # Errors
/// [`StartError`] if it cannot start.
pub fn run(config: Config) -> Result<(), StartError> {
    let running = Proxy::start(config)?;
    running.wait().map_err(StartError::Runtime)?;
    running.shutdown();
    Ok(())
}

async fn signalled() -> io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
