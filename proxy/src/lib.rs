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
mod credential;
mod forward;
mod linger;
mod patient;
mod server;
mod sink;
mod source;
mod trust;
mod tunnel;
mod upstream;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, watch};

pub use config::{Config, ConfigError};
pub use credential::{Source, SourceError};

use crate::body::Budget;
use crate::ca::Tended;
use crate::config::Audit;
use crate::credential::Cache;
use crate::server::Shared;
use crate::sink::Sink;
use crate::upstream::Upstream;

/// Why the gateway could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A listening address cannot be had.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
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
    trusted: Arc<Tended>,
    closing: watch::Sender<bool>,
    connections: Arc<Semaphore>,
    most: u32,
    runtime: Option<Runtime>,
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
        let trusted = Tended::start(
            &config.domains,
            config.ca_lifetime,
            config.trust,
            config.ca_key_file,
            Arc::clone(&config.provider),
        )?;
        let trusted = Arc::new(trusted);
        let source = config.custom.unwrap_or_else(|| Arc::new(config.sources));
        let (closing, closed) = watch::channel(false);
        let shared = Arc::new(Shared {
            gateway: config.gateway,
            credentials: Cache::new(source),
            upstream: Arc::new(Upstream::new(config.places, config.private, config.roots, config.patience)),
            authority: Arc::clone(&trusted.authority),
            tunnel: config.tunnel,
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
        let mut addrs = Vec::new();
        for address in config.listen {
            let fault = |error| StartError::Listen(address, error);
            let listener = TcpListener::bind(address).map_err(fault)?;
            listener.set_nonblocking(true).map_err(fault)?;
            addrs.push(listener.local_addr().map_err(fault)?);
            let _inside = runtime.enter();
            let listener = tokio::net::TcpListener::from_std(listener).map_err(fault)?;
            let (shared, acceptor, connections) =
                (Arc::clone(&shared), acceptor.clone(), Arc::clone(&connections));
            runtime.spawn(server::listen(listener, shared, acceptor, connections));
        }
        runtime.spawn(Arc::clone(&trusted).tend(closing.subscribe()));
        tracing::info!(?addrs, "the gateway is listening");
        Ok(Running { addrs, trusted, closing, connections, most, runtime: Some(runtime) })
    }
}

impl Running {
    /// The addresses that are listened on, with the ports that the system chose.
    #[must_use]
    pub fn addrs(&self) -> &[SocketAddr] {
        &self.addrs
    }

    /// The certificate that clients must trust, in PEM; two of them while one takes over from the other.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        self.trusted.pem()
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
