//! The running emulator, and how it is set up.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::{Builder as RuntimeBuilder, Runtime};
use tokio_rustls::TlsAcceptor;

use crate::fault::Fault;
use crate::record::Recorded;
use crate::server::{Speaks, listen};
use crate::state::{Limits, State};
use crate::tls::Authority;
use crate::totp;
use crate::world::World;

const GIB: u64 = 1024 * 1024 * 1024;

/// How an emulator is set up. See [`Emulator::builder`].
#[must_use]
pub struct Builder {
    world: World,
    faults: Vec<Fault>,
    limits: Limits,
    clock_offset: i64,
    address: IpAddr,
    metadata_port: u16,
    container_port: u16,
    port: u16,
    plain_port: Option<u16>,
    http2: bool,
}

/// A running emulator. It has a runtime of its own, and stops when it is dropped.
pub struct Emulator {
    state: Arc<State>,
    runtime: Option<Runtime>,
    ca_pem: String,
    metadata: SocketAddr,
    container: SocketAddr,
    service: SocketAddr,
    plain: Option<SocketAddr>,
}

impl Builder {
    /// The IAM world. Without one there is [`World::demo`].
    pub fn world(mut self, world: World) -> Self {
        self.world = world;
        self
    }

    /// A fault that is on from the start.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Moves the emulator's clock by so many seconds.
    pub fn clock_offset(mut self, seconds: i64) -> Self {
        self.clock_offset = seconds;
        self
    }

    /// Lets the metadata service answer requests without a token (version 1). Off unless called.
    pub fn allow_imds_v1(mut self) -> Self {
        self.limits.imds_v1 = true;
        self
    }

    /// How long the credentials of the instance live, in seconds; six hours unless given.
    pub fn instance_session(mut self, seconds: u32) -> Self {
        self.limits.instance_session_seconds = Some(seconds);
        self
    }

    /// How many bytes of objects and bodies are held at most; 1 GiB unless given.
    pub fn stored_bytes(mut self, bytes: u64) -> Self {
        self.limits.stored_bytes = bytes;
        self
    }

    /// How many requests are remembered; 10,000 unless given.
    pub fn requests_kept(mut self, count: usize) -> Self {
        self.limits.requests_kept = count;
        self
    }

    /// The address to listen on; 127.0.0.1 unless given. Its keys are no secrets: keep it on loopback.
    pub fn address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// The port of the metadata service; any free one unless given.
    pub fn metadata_port(mut self, port: u16) -> Self {
        self.metadata_port = port;
        self
    }

    /// The port of the containers' agents; any free one unless given.
    pub fn container_port(mut self, port: u16) -> Self {
        self.container_port = port;
        self
    }

    /// The port of the services (TLS); any free one unless given.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Opens a port where the services speak plain HTTP; 0 takes any free one.
    pub fn plain_port(mut self, port: u16) -> Self {
        self.plain_port = Some(port);
        self
    }

    /// Lets the services speak HTTP/2 to clients that want it. Off unless called.
    pub fn http2(mut self) -> Self {
        self.http2 = true;
        self
    }

    /// Starts the emulator.
    ///
    /// # Errors
    /// If a port cannot be had, or the threads or keys cannot be made.
    pub fn start(self) -> io::Result<Emulator> {
        let authority = Arc::new(Authority::new()?);
        let ca_pem = authority.pem();
        let acceptor = TlsAcceptor::from(authority.server_config(self.http2)?);
        let state = Arc::new(State::new(self.world, self.limits));
        state.clock.set_offset(self.clock_offset);
        self.faults.into_iter().for_each(|fault| state.faults.add(fault));
        let runtime = RuntimeBuilder::new_multi_thread()
            .worker_threads(2)
            .thread_name("emulator")
            .enable_all()
            .build()?;
        let open = |port: u16, speaks: Speaks| -> io::Result<SocketAddr> {
            let listener = runtime.block_on(TcpListener::bind((self.address, port)))?;
            let address = listener.local_addr()?;
            runtime.spawn(listen(listener, speaks, Arc::clone(&state)));
            Ok(address)
        };
        let metadata = open(self.metadata_port, Speaks::Metadata)?;
        let container = open(self.container_port, Speaks::Container)?;
        let service = open(self.port, Speaks::Tls(acceptor))?;
        let plain = self.plain_port.map(|port| open(port, Speaks::Plain)).transpose()?;
        Ok(Emulator { state, runtime: Some(runtime), ca_pem, metadata, container, service, plain })
    }
}

impl Emulator {
    /// Everything that it holds.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Sets an emulator up: on free ports of loopback, with [`World::demo`], unless told otherwise.
    pub fn builder() -> Builder {
        Builder {
            world: World::demo(),
            faults: Vec::new(),
            limits: Limits {
                stored_bytes: GIB,
                requests_kept: 10_000,
                imds_v1: false,
                instance_session_seconds: None,
            },
            clock_offset: 0,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            metadata_port: 0,
            container_port: 0,
            port: 0,
            plain_port: None,
            http2: false,
        }
    }

    /// The world that it was started with, with everything that was left to chance filled in.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.state.world
    }

    /// Where the metadata service listens, for `AWS_EC2_METADATA_SERVICE_ENDPOINT`: `http://127.0.0.1:…`.
    #[must_use]
    pub fn metadata_url(&self) -> String {
        format!("http://{}", self.metadata)
    }

    /// Where the containers' agents listen: `http://127.0.0.1:…`, to which a container's path is appended for
    /// `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    #[must_use]
    pub fn container_url(&self) -> String {
        format!("http://{}", self.container)
    }

    /// Where every service listens, for `AWS_ENDPOINT_URL`: `https://localhost:…`.
    #[must_use]
    pub fn endpoint_url(&self) -> String {
        if self.service.ip().is_loopback() {
            format!("https://localhost:{}", self.service.port())
        } else {
            format!("https://{}", self.service)
        }
    }

    /// Where every service speaks plain HTTP, if that was asked for.
    #[must_use]
    pub fn plain_endpoint_url(&self) -> Option<String> {
        self.plain.map(|address| format!("http://{address}"))
    }

    /// The address of the metadata service.
    #[must_use]
    pub fn metadata_address(&self) -> SocketAddr {
        self.metadata
    }

    /// The address of the containers' agents.
    #[must_use]
    pub fn container_address(&self) -> SocketAddr {
        self.container
    }

    /// The address of the services (TLS).
    #[must_use]
    pub fn service_address(&self) -> SocketAddr {
        self.service
    }

    /// The address of the services without TLS, if that was asked for.
    #[must_use]
    pub fn plain_address(&self) -> Option<SocketAddr> {
        self.plain
    }

    /// The certificate of its own authority, for `AWS_CA_BUNDLE`.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The requests that it saw, oldest first, as many as it keeps.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.log.all()
    }

    /// Forgets the requests that it saw.
    pub fn clear_requests(&self) {
        self.state.log.clear();
    }

    /// Switches a fault on.
    pub fn fault(&self, fault: Fault) {
        self.state.faults.add(fault);
    }

    /// Switches all faults off.
    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// Moves the emulator's clock to so many seconds ahead of the machine's.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.state.clock.set_offset(seconds);
    }

    /// The emulator's time in seconds since the epoch.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.state.clock.now()
    }

    /// Ends temporary credentials now. False if there are none by this id.
    pub fn expire(&self, access_key_id: &str) -> bool {
        self.state.keyring.set_expiry(access_key_id, self.state.clock.now())
    }

    /// The secret and the session token of temporary credentials, for tests that use them as who stole them would.
    #[must_use]
    pub fn temporary_keys(&self, access_key_id: &str) -> Option<(String, String)> {
        let key = self.state.keyring.find(access_key_id)?;
        key.token.map(|token| (key.secret, token))
    }

    /// Every secret that it knows or gave out (keys, session and bearer tokens, codes, clients' secrets), for tests which
    /// search output for them.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        self.state.keyring.secrets()
    }

    /// The code that a user's MFA device shows now.
    #[must_use]
    pub fn mfa_code(&self, user: &str) -> Option<String> {
        let user = self.state.world.users.iter().find(|known| known.name == user)?;
        totp::code(&user.mfa.as_ref()?.seed, totp::step(self.state.clock.now()))
    }

    /// How far the clock is moved, in seconds.
    #[must_use]
    pub fn clock_offset(&self) -> i64 {
        self.state.clock.offset()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
