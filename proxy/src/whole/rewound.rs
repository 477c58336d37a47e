//! Streams whose reader begins anew: with bytes that were read already.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::carrier::Carrier;

/// A stream that is read again from where bytes were taken of it.
pub(crate) struct Rewound<S> {
    again: Vec<u8>,
    at: usize,
    inner: S,
}

impl<S> Rewound<S> {
    pub(crate) const fn new(again: Vec<u8>, inner: S) -> Self {
        Self { again, at: 0, inner }
    }

    /// The same stream with more that was read of it.
    pub(crate) fn rewind(self, read: &[u8]) -> Self {
        let left = self.again.get(self.at..).unwrap_or_default();
        Self::new([read, left].concat(), self.inner)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewound<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let left = this.again.get(this.at..).unwrap_or_default();
        if left.is_empty() {
            return Pin::new(&mut this.inner).poll_read(cx, buf);
        }
        let read = left.len().min(buf.remaining());
        buf.put_slice(left.get(..read).unwrap_or_default());
        this.at += read;
        if this.at == this.again.len() {
            (this.again, this.at) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Carrier> Carrier for Rewound<S> {
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.at < self.again.len() { Poll::Ready(()) } else { self.inner.poll_readable(cx) }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewound<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, slices)
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

/// A stream on which a request was sent already and its answer has begun: whoever writes a head to it now, for the same
/// answer, writes it in vain, and then reads the answer from its first byte.
pub(crate) struct Replayed<S> {
    inner: Rewound<S>,
    /// How much of the end of the head, an empty line, has been written; all of it, and it is a stream like any other.
    ended: usize,
    /// Who reads before that.
    reader: Option<Waker>,
}

const END: &[u8] = b"\r\n\r\n";

impl<S> Replayed<S> {
    pub(crate) const fn new(answer: Vec<u8>, inner: S) -> Self {
        Self { inner: Rewound::new(answer, inner), ended: 0, reader: None }
    }

    /// How many of the bytes belong to the head.
    fn swallow(&mut self, bytes: &[u8]) -> usize {
        let mut swallowed = 0;
        for byte in bytes {
            if self.ended == END.len() {
                break;
            }
            swallowed += 1;
            self.ended = match END.get(self.ended) {
                Some(next) if next == byte => self.ended + 1,
                _ => usize::from(*byte == b'\r'),
            };
        }
        if self.ended == END.len()
            && let Some(reader) = self.reader.take()
        {
            reader.wake();
        }
        swallowed
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Replayed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // An answer to what was not asked yet would be taken for a fault.
        if self.ended < END.len() {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Replayed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.swallow(bytes) {
            0 => Pin::new(&mut self.inner).poll_write(cx, bytes),
            swallowed => Poll::Ready(Ok(swallowed)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
