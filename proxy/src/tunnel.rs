//! Tunnels for hosts whose requests are not signed here. They are a way round all rules, so they have rules of their own:
//! who may open one, to which ports, and never to an address that is not on the public internet.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use awsaccess::gateway::HostPattern;
use awsaccess::partition::HostName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::sink::Entry;
use crate::upstream::{connect_to, dial_checked};

/// Which hosts are tunnelled to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Off,
    Listed,
    Public,
}

/// A host that may be tunnelled to by name.
#[derive(Clone)]
pub(crate) struct Listed {
    pub(crate) host: HostPattern,
    /// Where it is, if not where its name says; no check is made of it.
    pub(crate) address: Option<SocketAddr>,
}

/// The rules of tunnels.
#[derive(Clone)]
pub(crate) struct Rules {
    pub(crate) mode: Mode,
    pub(crate) ports: Vec<u16>,
    pub(crate) listed: Vec<Listed>,
    pub(crate) connect: Duration,
    pub(crate) idle: Duration,
}

impl Rules {
    /// Connects to the host, if the rules let this client. `opaque` is an API of AWS's own that signs in another way:
    /// it needs no rule.
    pub(crate) async fn open(
        &self,
        client: SocketAddr,
        host: &HostName,
        opaque: bool,
    ) -> Result<TcpStream, (&'static str, String)> {
        if !client.ip().to_canonical().is_loopback() {
            return Err(("tunnel-client", "tunnels are for clients on this machine only".into()));
        }
        let port = host.port().unwrap_or(443);
        let listed = self.listed.iter().find(|listed| listed.host.matches(host.name()));
        if !self.ports.contains(&port) {
            return Err(("tunnel-port", format!("tunnels to port {port} are not allowed")));
        }
        let allowed = match self.mode {
            Mode::Off => opaque,
            Mode::Listed => opaque || listed.is_some(),
            Mode::Public => true,
        };
        if !allowed || host.is_localhost() {
            return Err(("tunnel-host", "the rules allow no tunnel to this host".into()));
        }
        let dialling = async {
            match listed.and_then(|listed| listed.address) {
                Some(address) => connect_to(address).await,
                None => dial_checked(host.name(), port, false).await,
            }
        };
        match tokio::time::timeout(self.connect, dialling).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err(("tunnel-address", error.to_string()))
            }
            Ok(Err(error)) => Err(("tunnel-connect", error.to_string())),
            Err(_) => Err(("tunnel-connect", "the connection was not made in time".into())),
        }
    }
}

/// Passes bytes both ways until both sides have ended or nothing came for a while.
pub(crate) async fn carry<C>(client: C, server: TcpStream, mut entry: Entry, idle: Duration)
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    let (client_read, client_write) = tokio::io::split(client);
    let (server_read, server_write) = server.into_split();
    let alive = Arc::new(Notify::new());
    let (up, down) = (AtomicU64::new(0), AtomicU64::new(0));
    let both = async {
        tokio::join!(
            copy(client_read, server_write, &up, &alive),
            copy(server_read, client_write, &down, &alive)
        )
    };
    let silence = async { while tokio::time::timeout(idle, alive.notified()).await.is_ok() {} };
    let ended = {
        let both = std::pin::pin!(both);
        let silence = std::pin::pin!(silence);
        either(both, silence).await
    };
    entry.record.bytes_in = up.load(Ordering::Relaxed);
    entry.record.bytes_out = down.load(Ordering::Relaxed);
    entry.answered(200);
    match ended {
        Some((Err(error), _) | (_, Err(error))) => entry.failed("tunnel-broken", &error.to_string()),
        Some(_) => {}
        None => entry.failed("tunnel-idle", "nothing came for too long"),
    }
}

async fn copy<R, W>(mut from: R, mut to: W, count: &AtomicU64, alive: &Notify) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buffer = vec![0; 16 << 10];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(buffer.get(..read).unwrap_or_default()).await?;
        to.flush().await?;
        count.fetch_add(read as u64, Ordering::Relaxed);
        alive.notify_one();
    }
}

/// The first of two: `Some` if it is the left one.
async fn either<A: Future + Unpin, B: Future + Unpin>(mut left: A, mut right: B) -> Option<A::Output> {
    std::future::poll_fn(|cx| {
        if let std::task::Poll::Ready(done) = std::pin::Pin::new(&mut left).poll(cx) {
            return std::task::Poll::Ready(Some(done));
        }
        std::pin::Pin::new(&mut right).poll(cx).map(|_| None)
    })
    .await
}
