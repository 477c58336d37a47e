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

use super::names::{Names, no_address};
use super::proxy::Proxies;
use crate::carrier::Carrier;

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
    names: Names,
}

impl Dialer {
    pub(crate) fn new(proxies: Proxies, trust: Arc<ClientConfig>, names: Names) -> Self {
        Self { proxies, trust, names }
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
            return self.dial_checked(name, port, private).await.map(Road::Plain);
        };
        if self.proxies.resolves {
            return proxy.connect(&format!("{name}:{port}"), &self.trust).await;
        }
        let address = self.names.addresses(name, port, private).await?.next().ok_or_else(no_address)?;
        proxy.connect(&address.to_string(), &self.trust).await
    }

    /// Resolves a name, and connects to the first of its addresses that may be connected to. The address that was
    /// checked is the one that is dialled, so that a name that resolves anew to something else changes nothing.
    async fn dial_checked(&self, name: &str, port: u16, private: bool) -> io::Result<TcpStream> {
        let mut last = no_address();
        for address in self.names.addresses(name, port, private).await? {
            match connect_to(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
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

impl Carrier for Road {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Plain(stream) => stream.poll_readable(cx),
            Self::Secured(stream) => stream.poll_readable(cx),
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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::atomic::{AtomicU32, Ordering};

    use awsaccess::env::Env;

    use super::super::proxy::Setting;
    use super::*;

    /// One that is told another address each time that it asks: first this one, and then those of a network.
    fn rebound(asked: &Arc<AtomicU32>) -> Dialer {
        let asked = Arc::clone(asked);
        let own = move |name: &str| {
            assert_eq!(name, "rebound.example");
            let last = asked.fetch_add(1, Ordering::Relaxed);
            let other = Ipv4Addr::new(10, 0, 0, u8::try_from(last).unwrap());
            Ok(vec![if last == 0 { Ipv4Addr::LOCALHOST.into() } else { other.into() }])
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let trust = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let proxies = Proxies::new(Setting::Off, false, &Env::new()).unwrap();
        Dialer::new(proxies, Arc::new(trust), Names::new(Some(Arc::new(own))))
    }

    #[tokio::test]
    async fn the_address_that_was_checked_is_the_one_that_is_dialled() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicU32::new(0));
        let dialer = rebound(&asked);
        let Road::Plain(stream) = dialer.reach("rebound.example", port, true).await.unwrap() else {
            panic!("there is no proxy")
        };
        assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
        // To ask anew would have been to dial what nobody has checked.
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        let refused = dialer.reach("rebound.example", port, false).await.err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
