//! What bytes come and go by: sockets, TLS, and what lies around them.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio_rustls::{client, server};
use tokio_util::io::poll_read_buf;

/// A connection of any kind.
pub(crate) trait Carrier: AsyncRead + AsyncWrite + Unpin + Send {
    /// Comes when it may be worth to read. Whoever expects that nothing came yet asks this: it costs less than to read.
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()>;

    /// Reads behind what was read, and gives how much; nothing is the end.
    fn poll_more(&mut self, cx: &mut Context<'_>, bytes: &mut Vec<u8>) -> Poll<io::Result<usize>> {
        if bytes.capacity() - bytes.len() < ROOM / 4 {
            bytes.reserve(ROOM);
        }
        poll_read_buf(Pin::new(self), cx, bytes)
    }

    /// Makes bytes ready, which go when it is next written to or flushed, and gives those that are left: all, where there is
    /// nothing to be done to them. What is sent for several at a time, one right after the other, costs the system less
    /// than here and there between other work. What is ready is not kept twice: what comes next is then put where
    /// something was just now, and not where the memory is cold.
    fn load(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }
}

/// How much room there is for what is read.
const ROOM: usize = 4 << 10;

impl<T: Carrier + ?Sized> Carrier for Box<T> {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        (**self).poll_readable(cx)
    }

    fn poll_more(&mut self, cx: &mut Context<'_>, bytes: &mut Vec<u8>) -> Poll<io::Result<usize>> {
        (**self).poll_more(cx, bytes)
    }

    fn load(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        (**self).load(bytes)
    }
}

impl Carrier for TcpStream {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // What is wrong shows when it is read.
        self.poll_read_ready(cx).map(|_| ())
    }
}

#[cfg(unix)]
impl Carrier for UnixStream {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_read_ready(cx).map(|_| ())
    }
}

impl<S: Carrier> Carrier for server::TlsStream<S> {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (below, session) = self.get_mut();
        if session.wants_read() { below.poll_readable(cx) } else { Poll::Ready(()) }
    }

    fn poll_more(&mut self, cx: &mut Context<'_>, bytes: &mut Vec<u8>) -> Poll<io::Result<usize>> {
        poll_chunk(self, cx, bytes)
    }

    fn load(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        let taken = self.get_mut().1.writer().write(&bytes);
        left(bytes, taken)
    }
}

impl<S: Carrier> Carrier for client::TlsStream<S> {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (below, session) = self.get_mut();
        if session.wants_read() { below.poll_readable(cx) } else { Poll::Ready(()) }
    }

    fn poll_more(&mut self, cx: &mut Context<'_>, bytes: &mut Vec<u8>) -> Poll<io::Result<usize>> {
        poll_chunk(self, cx, bytes)
    }

    fn load(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        let taken = self.get_mut().1.writer().write(&bytes);
        left(bytes, taken)
    }
}

/// Takes what was decrypted from where it is, and does not look for more behind it.
fn poll_chunk(
    mut stream: impl AsyncBufRead + Unpin,
    cx: &mut Context<'_>,
    bytes: &mut Vec<u8>,
) -> Poll<io::Result<usize>> {
    let mut stream = Pin::new(&mut stream);
    let chunk = ready!(stream.as_mut().poll_fill_buf(cx))?;
    let length = chunk.len();
    bytes.extend_from_slice(chunk);
    stream.consume(length);
    Poll::Ready(Ok(length))
}

/// What is not encrypted yet. What is wrong shows when it is sent.
fn left(mut bytes: Vec<u8>, taken: io::Result<usize>) -> Vec<u8> {
    let taken = taken.unwrap_or_default();
    if taken == bytes.len() {
        return Vec::new();
    }
    bytes.drain(..taken);
    bytes
}

#[cfg(test)]
impl Carrier for tokio::io::DuplexStream {
    fn poll_readable(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Waker;
    use std::time::Duration;

    use rustls::pki_types::ServerName;
    use rustls::sign::{CertifiedKey, SingleCertAndKey};
    use rustls::{ClientConfig, RootCertStore, ServerConfig};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    use super::*;
    use crate::ca::Authority;

    const HOST: &str = "s3.amazonaws.com";

    async fn sockets() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (near, listener.accept().await.unwrap().0)
    }

    /// Both ends of a TLS session.
    async fn session() -> (client::TlsStream<TcpStream>, server::TlsStream<TcpStream>) {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let authority =
            Authority::new(&["amazonaws.com".into()], Duration::from_secs(3600), Arc::clone(&provider))
                .unwrap();
        let mut roots = RootCertStore::empty();
        authority.certificates().into_iter().for_each(|root| roots.add(root).unwrap());
        let leaf = authority.leaf(HOST).unwrap();
        let ours = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::clone(&leaf))));
        let theirs = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let (near, far) = sockets().await;
        let accepting = TlsAcceptor::from(Arc::new(ours)).accept(far);
        let name = ServerName::try_from(HOST).unwrap();
        let connecting = TlsConnector::from(Arc::new(theirs)).connect(name, near);
        let (near, far) = tokio::join!(connecting, accepting);
        (near.unwrap(), far.unwrap())
    }

    fn is_readable(carrier: &mut impl Carrier) -> bool {
        carrier.poll_readable(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    async fn more(carrier: &mut impl Carrier, bytes: &mut Vec<u8>) -> usize {
        std::future::poll_fn(|cx| carrier.poll_more(cx, bytes)).await.unwrap()
    }

    async fn readable(carrier: &mut impl Carrier) {
        std::future::poll_fn(|cx| carrier.poll_readable(cx)).await;
    }

    #[tokio::test]
    async fn what_is_loaded_goes_with_what_is_sent_next() {
        let (mut near, mut far) = session().await;
        let mut read = Vec::new();
        // Tickets for other sessions come first, and are nothing to be read.
        near.write_all(b"0").await.unwrap();
        assert_eq!(more(&mut far, &mut read).await, 1);
        assert!(far.load(b"an answer".to_vec()).is_empty());
        let mut bytes = Vec::new();
        let soon = tokio::time::timeout(Duration::from_millis(50), more(&mut near, &mut bytes)).await;
        assert!(soon.is_err() && bytes.is_empty(), "{bytes:?}");
        far.flush().await.unwrap();
        assert_eq!(more(&mut near, &mut bytes).await, 9);
        assert_eq!(bytes, b"an answer");
        assert!(near.load(b"a request".to_vec()).is_empty());
        near.write_all(b", and more").await.unwrap();
        while read.len() < 20 {
            assert_ne!(more(&mut far, &mut read).await, 0);
        }
        assert_eq!(read, b"0a request, and more");
    }

    #[tokio::test]
    async fn more_than_there_is_room_for_is_given_back() {
        let (mut near, mut far) = session().await;
        let all: Vec<u8> = (0..1 << 20).map(|at: u32| (at % 251) as u8).collect();
        let left = near.load(all.clone());
        assert!(!left.is_empty() && left.len() < all.len() && all.ends_with(&left), "{}", left.len());
        let sending = async {
            near.write_all(&left).await.unwrap();
            near.shutdown().await.unwrap();
        };
        let mut read = Vec::new();
        let reading = async { while more(&mut far, &mut read).await > 0 {} };
        tokio::join!(sending, reading);
        assert!(read == all, "{} of {}", read.len(), all.len());
    }

    #[tokio::test]
    async fn a_socket_is_readable_once_something_came() {
        let (mut near, mut far) = sockets().await;
        assert_eq!(near.load(b"a".to_vec()), b"a", "there is nothing to be done to it");
        let mut bytes = b"before ".to_vec();
        // Whether there is something, only who reads knows at first.
        let mut cx = Context::from_waker(Waker::noop());
        assert!(far.poll_more(&mut cx, &mut bytes).is_pending() && !is_readable(&mut far));
        near.write_all(b"a").await.unwrap();
        readable(&mut far).await;
        assert_eq!(more(&mut far, &mut bytes).await, 1);
        assert_eq!(bytes, b"before a");
        drop(near);
        readable(&mut far).await;
        assert_eq!(more(&mut far, &mut bytes).await, 0);
    }

    #[tokio::test]
    async fn what_was_decrypted_and_not_read_is_readable() {
        let (mut near, mut far) = session().await;
        let mut bytes = Vec::new();
        assert!(!is_readable(&mut far));
        near.write_all(b"ab").await.unwrap();
        readable(&mut far).await;
        assert_eq!(far.read_u8().await.unwrap(), b'a');
        // The socket has nothing more.
        assert!(is_readable(&mut far));
        assert_eq!(more(&mut far, &mut bytes).await, 1);
        assert!(bytes == b"b" && !is_readable(&mut far));
        near.shutdown().await.unwrap();
        readable(&mut far).await;
        assert_eq!(more(&mut far, &mut bytes).await, 0);
        assert!(is_readable(&mut far), "its end is seen again");
    }
}
