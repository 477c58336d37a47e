//! A road on which what is written can be held back until several can go together.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Road;
use crate::peer::Cork;

/// The road.
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
