//! Making a connection: to an address that was checked, straight or through a proxy.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::proxy::Proxies;
use crate::address::is_public;
use crate::peer::Cork;

/// The bytes to another host, however they get there.
pub(crate) enum Road {
    /// Straight, or in a tunnel of a proxy that is reached in the clear.
    Plain(TcpStream),
    /// In a tunnel of a proxy that is reached by TLS.
    Secured(Box<TlsStream<TcpStream>>),
}

/// Makes connections.
pub(crate) struct Dialer {
    proxies: Proxies,
    /// Whom to trust to be the proxy.
    trust: Arc<ClientConfig>,
}

impl Dialer {
    pub(crate) fn new(proxies: Proxies, trust: Arc<ClientConfig>) -> Self {
        Self { proxies, trust }
    }

    /// Which of our own addresses the proxy is at, if it is: through itself a request would go on without end.
    pub(crate) fn proxy_among(&self, ours: &[SocketAddr]) -> Option<SocketAddr> {
        let (host, port) = self.proxies.place()?;
        let is_it = |own: &&SocketAddr| {
            let ip = own.ip();
            let is_here = |other: IpAddr| other == ip || (ip.is_unspecified() && other.is_loopback());
            let is_near = host == "localhost" && (ip.is_loopback() || ip.is_unspecified());
            own.port() == port && host.parse().map_or(is_near, is_here)
        };
        ours.iter().find(is_it).copied()
    }

    /// A way to the host: to one of its addresses that is public, or to any if `private`.
    ///
    /// Through a proxy too the name is resolved here and the proxy is asked for the address that was checked, unless it
    /// was configured that the proxy resolves names: then what it does is its own matter.
    pub(crate) async fn reach(&self, name: &str, port: u16, private: bool) -> io::Result<Road> {
        let Some(proxy) = self.proxies.of(name, port) else {
            return dial_checked(name, port, private).await.map(Road::Plain);
        };
        if self.proxies.resolves {
            return proxy.connect(&format!("{name}:{port}"), &self.trust).await;
        }
        let address = addresses(name, port, private).await?.next().ok_or_else(no_address)?;
        proxy.connect(&address.to_string(), &self.trust).await
    }
}

fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the name has no address")
}

/// The addresses of a name that may be connected to.
async fn addresses(name: &str, port: u16, private: bool) -> io::Result<impl Iterator<Item = SocketAddr>> {
    let all: Vec<_> = tokio::net::lookup_host((name, port)).await?.collect();
    if all.is_empty() {
        return Err(no_address());
    }
    let allowed: Vec<_> = all.into_iter().filter(|address| private || is_public(address.ip())).collect();
    if allowed.is_empty() {
        let text = "the name resolves to an address that is not on the public internet";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    Ok(allowed.into_iter())
}

/// Resolves a name, and connects to the first of its addresses that may be connected to. The address that was checked
/// is the one that is dialled, so that a name that resolves anew to something else changes nothing.
async fn dial_checked(name: &str, port: u16, private: bool) -> io::Result<TcpStream> {
    let mut last = no_address();
    for address in addresses(name, port, private).await? {
        match connect_to(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

pub(crate) async fn connect_to(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl AsyncRead for Road {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Secured(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Road {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Secured(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match (self.get_mut(), slices) {
            // To send one piece costs the system less.
            (Self::Plain(stream), [one]) => Pin::new(stream).poll_write(cx, one),
            (Self::Plain(stream), several) => Pin::new(stream).poll_write_vectored(cx, several),
            (Self::Secured(stream), several) => Pin::new(stream).poll_write_vectored(cx, several),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Secured(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Secured(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Secured(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// A road on which what is written can be held back.
pub(super) struct Corked {
    road: Road,
    cork: Arc<Cork>,
}

impl Corked {
    pub(super) fn new(road: Road) -> (Self, Arc<Cork>) {
        let cork = Arc::<Cork>::default();
        (Self { road, cork: Arc::clone(&cork) }, cork)
    }
}

impl AsyncRead for Corked {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.road).poll_read(cx, buf)
    }
}

impl AsyncWrite for Corked {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.cork.holds() {
            return Poll::Pending;
        }
        Pin::new(&mut self.road).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.cork.holds() {
            return Poll::Pending;
        }
        Pin::new(&mut self.road).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.road.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.road).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.road).poll_shutdown(cx)
    }
}
