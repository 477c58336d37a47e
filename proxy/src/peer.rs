//! Who is at the other end of a connection, by which listener it came in, and how long it may leave us waiting.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use awsaccess::gateway::Arrival;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};

use crate::carrier::Carrier;

/// The client's end of a connection.
#[derive(Clone)]
pub(crate) struct Peer {
    /// `None`: a Unix socket.
    address: Option<SocketAddr>,
    /// The application that the listener is for, if it is for one only.
    pub(crate) application: Option<Arc<str>>,
    /// How long the client may take to read what it is sent.
    pub(crate) reading: Arc<Reading>,
    /// The connection's place in the count of all: held by whatever it becomes.
    _place: Arc<OwnedSemaphorePermit>,
}

impl Peer {
    pub(crate) fn new(
        address: Option<SocketAddr>,
        application: Option<Arc<str>>,
        reading: Arc<Reading>,
        place: Arc<OwnedSemaphorePermit>,
    ) -> Self {
        Self { address, application, reading, _place: place }
    }

    pub(crate) fn ip(&self) -> Option<IpAddr> {
        self.address.map(|address| address.ip().to_canonical())
    }

    /// The way of a request that is made of the gateway itself, in the clear.
    pub(crate) const fn plain_arrival(&self) -> Arrival {
        match self.address {
            Some(_) => Arrival::PlainEndpointUrl,
            None => Arrival::EndpointUrl,
        }
    }

    /// Whether it is a program of this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.ip().is_none_or(|ip| ip.is_loopback())
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(f, "{address}"),
            None => f.write_str("unix socket"),
        }
    }
}

/// The time in which a client must read something of what waits for it.
pub(crate) struct Reading {
    millis: AtomicU64,
}

impl Reading {
    pub(crate) fn within(limit: Duration) -> Arc<Self> {
        let reading = Self { millis: AtomicU64::new(0) };
        reading.relax(limit);
        Arc::new(reading)
    }

    /// Another time from now on: what has become a tunnel has its own.
    pub(crate) fn relax(&self, limit: Duration) {
        self.millis.store(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn limit(&self) -> Duration {
        Duration::from_millis(self.millis.load(Ordering::Relaxed))
    }
}

/// A stream whose writing fails once the other side has read nothing for too long.
pub(crate) struct Patient<S> {
    inner: S,
    reading: Arc<Reading>,
    sleep: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

impl<S> Patient<S> {
    pub(crate) fn new(inner: S, reading: Arc<Reading>) -> Self {
        Self { inner, reading, sleep: None, waiting: false }
    }

    fn watched<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let waited = std::mem::replace(&mut self.waiting, written.is_pending());
        if !written.is_pending() {
            return written;
        }
        let limit = self.reading.limit();
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        if !waited {
            sleep.as_mut().reset(Instant::now() + limit);
        }
        match sleep.as_mut().poll(cx) {
            Poll::Ready(()) => {
                self.waiting = false;
                let why = "the other side reads nothing";
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, why)))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: Carrier> Carrier for Patient<S> {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.inner.poll_readable(cx)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.watched(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let inner = Pin::new(&mut self.inner);
        // To send one piece costs the system less.
        let written = match slices {
            [one] => inner.poll_write(cx, one),
            several => inner.poll_write_vectored(cx, several),
        };
        self.watched(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_reads_nothing_is_not_waited_for() {
        let (near, far) = tokio::io::duplex(1024);
        let reading = Reading::within(Duration::from_secs(60));
        let mut near = Patient::new(near, Arc::clone(&reading));
        near.write_all(&[0; 1024]).await.unwrap();
        let began = Instant::now();
        let error = near.write_all(&[0; 1]).await.unwrap_err();
        assert_eq!((error.kind(), began.elapsed().as_secs()), (io::ErrorKind::TimedOut, 60));
        reading.relax(Duration::from_secs(3600));
        let began = Instant::now();
        assert!(near.write_all(&[0; 1]).await.is_err());
        assert_eq!(began.elapsed().as_secs(), 3600);
        drop(far);
    }
}
