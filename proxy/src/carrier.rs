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
