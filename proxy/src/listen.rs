//! Where clients connect: addresses and Unix sockets, each for all applications or for one.

#[cfg(unix)]
mod socket;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::carrier::Carrier;
use crate::connection;
use crate::live::Live;
use crate::peer::{Patient, Peer, Reading};
use crate::server::Acceptors;

/// A place to listen at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum At {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// A place to listen at, and whom for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listen {
    pub(crate) at: At,
    /// The application whose placeholders alone are taken there.
    pub(crate) application: Option<Arc<str>>,
}

/// A listener that is bound.
pub(crate) struct Bound {
    door: Door,
    application: Option<Arc<str>>,
}

enum Door {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(socket::Socket),
}

impl Listen {
    /// Binds it. To be called inside the runtime.
    pub(crate) fn bind(&self) -> io::Result<Bound> {
        let door = match &self.at {
            At::Tcp(address) => {
                let listener = std::net::TcpListener::bind(address)?;
                listener.set_nonblocking(true)?;
                Door::Tcp(TcpListener::from_std(listener)?)
            }
            #[cfg(unix)]
            At::Unix(path) => Door::Unix(socket::Socket::bind(path)?),
            #[cfg(not(unix))]
            At::Unix(_) => {
                return Err(io::Error::new(io::ErrorKind::Unsupported, "unix sockets are not known here"));
            }
        };
        Ok(Bound { door, application: self.application.clone() })
    }
}

impl Bound {
    /// The address, if it is one.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match &self.door {
            Door::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Door::Unix(_) => None,
        }
    }

    /// Takes one connection.
    pub(crate) async fn accept(&self) -> io::Result<Box<dyn Carrier>> {
        Ok(match &self.door {
            Door::Tcp(listener) => Box::new(listener.accept().await?.0),
            #[cfg(unix)]
            Door::Unix(socket) => Box::new(socket.accept().await?),
        })
    }

    /// Takes connections until the gateway is to end, or this listener.
    pub(crate) async fn serve(
        self,
        live: Arc<Live>,
        acceptors: Acceptors,
        connections: Arc<Semaphore>,
        closes: CancellationToken,
    ) {
        let mut closing = live.shared().closing.clone();
        loop {
            let next = async {
                let place = Arc::clone(&connections).acquire_owned().await.map_err(io::Error::other)?;
                self.take(&live, &acceptors, place).await
            };
            let taken = tokio::select! {
                taken = next => taken,
                () = closed(&mut closing) => return,
                () = closes.cancelled() => return,
            };
            match taken {
                Ok(taken) => taken.start(),
                Err(error) => {
                    // Out of descriptors, most likely: a moment's pause lets some be given back.
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    async fn take(
        &self,
        live: &Arc<Live>,
        acceptors: &Acceptors,
        place: OwnedSemaphorePermit,
    ) -> io::Result<Taken> {
        let (stream, address) = match &self.door {
            Door::Tcp(listener) => {
                let (stream, address) = accepted(listener).await?;
                (Stream::Tcp(stream), Some(address))
            }
            #[cfg(unix)]
            Door::Unix(socket) => (Stream::Unix(socket.accept().await?), None),
        };
        // A configuration may have come while nobody did.
        let shared = live.shared();
        let reading = Reading::within(shared.idle);
        let peer = Peer::new(address, self.application.clone(), Arc::clone(&reading), Arc::new(place));
        let acceptor = acceptors.of(&shared);
        Ok(Taken { stream, peer, reading, live: Arc::clone(live), acceptor })
    }
}

/// Takes a connection whose answers do not wait for acknowledgements, which come 40 ms later.
async fn accepted(listener: &TcpListener) -> io::Result<(tokio::net::TcpStream, SocketAddr)> {
    let (stream, address) = listener.accept().await?;
    let _ = stream.set_nodelay(true);
    Ok((stream, address))
}

/// Waits until the gateway is to end.
pub(crate) async fn closed(closing: &mut watch::Receiver<bool>) {
    let _ = closing.wait_for(|closing| *closing).await;
}

enum Stream {
    Tcp(tokio::net::TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

/// A connection that was accepted.
struct Taken {
    stream: Stream,
    peer: Peer,
    reading: Arc<Reading>,
    live: Arc<Live>,
    acceptor: TlsAcceptor,
}

impl Taken {
    fn start(self) {
        let Self { stream, peer, reading, live, acceptor } = self;
        match stream {
            Stream::Tcp(stream) => {
                tokio::spawn(connection::outer(Patient::new(stream, reading), peer, live, acceptor));
            }
            #[cfg(unix)]
            Stream::Unix(stream) => {
                tokio::spawn(connection::outer(Patient::new(stream, reading), peer, live, acceptor));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_waits_for_acknowledgements() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dialled = crate::upstream::connect_to(listener.local_addr().unwrap()).await.unwrap();
        let (taken, _) = accepted(&listener).await.unwrap();
        assert!(dialled.nodelay().unwrap() && taken.nodelay().unwrap());
    }
}
