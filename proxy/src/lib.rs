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
mod admin;
mod body;
mod ca;
mod carrier;
#[cfg(feature = "cedar")]
mod cedar;
mod clock;
mod config;
mod connection;
mod console;
mod credential;
mod disk;
mod forward;
mod head;
mod health;
mod http2;
mod id;
mod linger;
mod link;
mod listen;
mod live;
mod metrics;
mod pass;
mod peer;
mod places;
mod probe;
mod realtime;
mod reply;
mod server;
mod sink;
mod source;
mod state;
mod threads;
mod trust;
mod tunnel;
mod upstream;
mod websocket;
mod whole;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use awsaccess::gateway::{Revocation, RevocationsFull};
use awsaccess::time::Time;
use tokio::sync::watch;

pub use config::{Config, ConfigError};
pub use credential::{Flush, Source, SourceError};
pub use health::{Ailment, Health, SignIn};
pub use live::ReloadError;
pub use pass::Whose;
pub use trust::{TrustFiles, bundle_with};

use crate::admin::{Admin, ForClients, Token};
use crate::body::Budget;
use crate::ca::Tended;
use crate::config::Audit;
use crate::listen::{At, Bound, Listen};
use crate::live::{Doors, Fixed, Live};
use crate::pass::Gate;
use crate::places::Places;
use crate::probe::Probes;
use crate::server::{Acceptors, Lasting};
use crate::sink::{Sink, now};
use crate::state::State;
use crate::threads::Threads;

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
    /// What was changed while the gateway ran before (`[admin] state`) cannot be taken up again.
    #[error("[admin] state, {0}: {1}")]
    State(String, String),
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
    admin_addr: Option<SocketAddr>,
    admin_url: Option<String>,
    trusted: Arc<Tended>,
    closing: watch::Sender<bool>,
    connections: Arc<Places>,
    live: Arc<Live>,
    threads: Option<Threads>,
}

impl Proxy {
    /// Looks at what a configuration takes up when it is started: what was added and revoked while a gateway ran before
    /// (`[admin] state`). Nothing is begun or written, and a gateway that has the file keeps it.
    ///
    /// # Errors
    /// [`StartError::State`]: the gateway would not start with it.
    pub fn check(config: Config) -> Result<(), StartError> {
        taken_up(config, State::read).map(|_| ())
    }

    /// Binds the addresses and serves them on threads of its own.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    pub fn start(config: Config) -> Result<Running, StartError> {
        if config.listen.is_empty() {
            return Err(StartError::NoAddress);
        }
        let (mut config, state) = taken_up(config, State::open)?;
        let threads = Threads::start(config.threads).map_err(StartError::Runtime)?;
        let runtime = threads.others();
        let fixed = Fixed::of(&config);
        let style = config.audit_style;
        let sink = Sink::open(&mut config.audit, style).map_err(|error| {
            let path = if let Audit::File(path) = &config.audit {
                path.display().to_string()
            } else {
                String::new()
            };
            StartError::File(path, error)
        })?;
        let trusted = Arc::new(Tended::start(
            &config.domains,
            config.ca_lifetime,
            config.trust_files.clone(),
            config.ca_key_file.clone(),
            Arc::clone(&config.provider),
        )?);
        let (closing, closed) = watch::channel(false);
        let lasting = Lasting {
            authority: Arc::clone(&trusted.authority),
            trusted: Arc::clone(&trusted),
            gate: Gate::new(config.allowance),
            sink,
            budget: Budget::new(config.buffered, runtime.handle().clone()),
            connections: Arc::new(Places::new(config.connections, runtime.handle().clone())),
            closing: closed,
        };
        let unix = config.admin.as_ref().and_then(|settings| match &settings.listen.at {
            At::Unix(path) => Some(format!("unix:{}", path.display())),
            At::Tcp(_) => None,
        });
        let (listen, connections) = (config.listen.clone(), Arc::clone(&lasting.connections));
        let (admin, token) = (config.admin.clone(), Token::default());
        token.set(admin::token_of(&config).map_err(|error| {
            let path = admin.as_ref().and_then(|settings| settings.token_file.as_ref());
            StartError::File(path.map(|path| path.display().to_string()).unwrap_or_default(), error)
        })?);
        let doors = Doors::new(threads.clients().clone());
        let probes = (Probes::new(runtime.handle().clone()), config.probes.clone());
        let live = Arc::new(Live::start(config, state, lasting, (fixed, doors, probes.0, token))?);
        let acceptors = Acceptors::new(&live).map_err(|error| StartError::Authority(error.to_string()))?;
        live.listen(&listen, acceptors)?;
        live.probed(probes.1.as_ref())?;
        let addrs = live.addresses();
        let admin_addr = match &admin {
            None => None,
            Some(settings) => {
                let _inside = runtime.enter();
                let bound = bind(&settings.listen)?;
                let address = bound.address();
                let client = ForClients { trusted: Arc::clone(&trusted) };
                let admin = Arc::new(Admin::new(Arc::clone(&live), client));
                runtime.spawn(admin.serve(bound));
                address
            }
        };
        let admin_url = admin_addr.map(|address| format!("http://{address}")).or(unix);
        runtime.spawn(Arc::clone(&trusted).tend(closing.subscribe()));
        tracing::info!(?addrs, "the gateway is listening");
        Ok(Running {
            addrs,
            admin_addr,
            admin_url,
            trusted,
            closing,
            connections,
            live,
            threads: Some(threads),
        })
    }
}

/// With what was changed while the gateway ran before, and outlived it.
fn taken_up(
    config: Config,
    read: impl Fn(Option<&Path>, Time) -> io::Result<State>,
) -> Result<(Config, State), StartError> {
    let path = config.admin.as_ref().and_then(|settings| settings.state.clone());
    let failed = |why: &dyn std::fmt::Display| {
        let path = path.as_ref().map(|path| path.display().to_string());
        StartError::State(path.unwrap_or_default(), why.to_string())
    };
    let mut state = read(path.as_deref(), now()).map_err(|error| failed(&error))?;
    let again = config.again();
    // What the file has itself is the file's; the next change forgets the other.
    state.added.retain(|one| {
        let is_ours = !again.has(&one.name);
        if !is_ours {
            tracing::warn!(application = one.name, "the file has this application now that had been added");
        }
        is_ours
    });
    config.revoked.carry(state.revoked());
    let config = config.with_added(&state.added).map_err(|error| failed(&error))?;
    Ok((config, state))
}

fn bind(listen: &Listen) -> Result<Bound, StartError> {
    listen.bind().map_err(|error| match &listen.at {
        At::Tcp(address) => StartError::Listen(*address, error),
        At::Unix(path) => StartError::Socket(path.display().to_string(), error),
    })
}

impl Running {
    /// The addresses that are listened on, with the ports that the system chose; those for all applications first. They
    /// are those of the start: see [`Running::listening`].
    #[must_use]
    pub fn addrs(&self) -> &[SocketAddr] {
        &self.addrs
    }

    /// The same as they are now: another configuration may have opened and closed some.
    #[must_use]
    pub fn listening(&self) -> Vec<SocketAddr> {
        self.live.addresses()
    }

    /// The address of the administrative listener, if it has one.
    #[must_use]
    pub const fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin_addr
    }

    /// The address of the listener for probes, if it has one, as it is now: see [`Running::listening`].
    #[must_use]
    pub fn probes_addr(&self) -> Option<SocketAddr> {
        self.live.probes_address()
    }

    /// The URL of the administrative listener, if it has one: `http://127.0.0.1:8878`, or `unix:/path`.
    #[must_use]
    pub fn admin_url(&self) -> Option<&str> {
        self.admin_url.as_deref()
    }

    /// The certificate that clients must trust, in PEM; two of them while one takes over from the other.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        self.trusted.pem()
    }

    /// Ends requests that run, wherever they are: their bodies and tunnels break off, on both sides. It keeps nobody from
    /// coming back; that is for the rules. Gives how many there were.
    pub fn end_requests(&self, whose: Whose<'_>) -> usize {
        self.live.lasting().gate.end(whose)
    }

    /// Reads the configuration file again, and puts it in force if it is whole.
    ///
    /// # Errors
    /// [`ReloadError`]; the configuration in force stays then.
    pub fn reload(&self) -> Result<(), ReloadError> {
        self.live.reload("program")
    }

    /// Puts another configuration in force: for each request that comes from now on, also on connections that are open.
    ///
    /// # Errors
    /// [`ReloadError`]; the configuration in force stays then.
    pub fn replace(&self, config: Config) -> Result<(), ReloadError> {
        self.live.replace("program", config)
    }

    /// Forgets real credentials, so that the next requests are signed with new ones. Says of how many grants there were
    /// any.
    pub fn flush(&self, which: &Flush) -> usize {
        self.live.shared().credentials.flush(which)
    }

    /// Revokes placeholders, ends what runs by them, and forgets the real credentials that were got for them. `until` is
    /// when all that it concerns has expired by itself.
    ///
    /// # Errors
    /// [`RevocationsFull`]: nothing was revoked.
    #[expect(clippy::needless_pass_by_value, reason = "what is revoked is over")]
    pub fn revoke(&self, what: Revocation, until: Time) -> Result<(), RevocationsFull> {
        self.live.revoke(&what, until).map(|_| ())
    }

    /// Tries the roles of an application, each in a session of its own. It blocks until the last has answered.
    #[must_use]
    pub fn health(&self, application: &str) -> Vec<Health> {
        self.live.shared().health(application)
    }

    /// Whether the sign-in answers at which links into the console are made; `None` for an application that has none. It
    /// blocks until it has answered.
    #[must_use]
    pub fn sign_in_health(&self, application: &str) -> Option<SignIn> {
        self.live.shared().sign_in(application)
    }

    /// Waits for an interrupt or a termination signal. At each hangup (`SIGHUP`) it reads the configuration file again.
    ///
    /// # Errors
    /// If signals cannot be received.
    pub fn wait(&self) -> io::Result<()> {
        let Some(threads) = self.threads.as_ref() else { return Ok(()) };
        threads.others().block_on(signalled(|| {
            // What is wrong was said where it was found, and the configuration in force stays.
            let _ = self.live.reload("signal");
        }))
    }

    /// Ends it: no new connections, and a few seconds for the requests that are on their way.
    pub fn shutdown(mut self) {
        let Some(threads) = self.threads.take() else { return };
        let _ = self.closing.send(true);
        threads.others().block_on(async {
            let _ = tokio::time::timeout(GRACE, self.connections.all_free()).await;
        });
        // What still has a line to record writes it.
        threads.shutdown(LAST_LINES);
        // Whoever still runs on a thread of his own keeps it from being dropped.
        self.live.give_up();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.abandon();
        }
    }
}

/// How long requests that are on their way may take when the gateway ends.
const GRACE: Duration = Duration::from_secs(5);
/// How long what is broken off then may take to end.
const LAST_LINES: Duration = Duration::from_secs(2);

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

/// Until the process is told to end.
async fn signalled(on_hangup: impl Fn()) -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut hangup) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
        let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
        loop {
            tokio::select! {
                interrupted = &mut interrupted => return interrupted,
                _ = terminate.recv() => return Ok(()),
                _ = hangup.recv() => on_hangup(),
            }
        }
    }
    #[cfg(not(unix))]
    {
        drop(on_hangup);
        tokio::signal::ctrl_c().await
    }
}
