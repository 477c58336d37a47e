//! A connection to a service on which whole requests are asked, one after another, and answered whole.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hyper::{Request, Response};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::link::{Arriving, Link};
use crate::body::full;
use crate::clock::Clock;
use crate::listen::Carrier;
use crate::peer::Cork;
use crate::whole::{Message, Replayed, Reply, Said};

/// How long the rest of a small answer is waited for before it is one that flows.
const SOON: Duration = Duration::from_millis(20);
/// How much room there is for what is read.
const ROOM: usize = 4 << 10;

/// Such a connection.
pub(super) struct Bare {
    stream: Box<dyn Carrier>,
    /// What was read of an answer.
    bytes: Vec<u8>,
    cork: Arc<Cork>,
    /// How much of the next request is in the stream already.
    loaded: usize,
    pub(super) clock: Clock,
}

impl Bare {
    /// `cork` is that of the road below the stream.
    pub(super) fn new(stream: impl Carrier + 'static, cork: Arc<Cork>) -> Self {
        Self { stream: Box::new(stream), bytes: Vec::new(), cork, loaded: 0, clock: Clock::default() }
    }

    /// Makes a request ready to be sent, and sends nothing of it.
    pub(super) fn load(&mut self, message: &Message) {
        self.cork.hold();
        let mut cx = Context::from_waker(Waker::noop());
        // What is wrong shows when it is sent.
        if let Poll::Ready(Ok(taken)) = Pin::new(&mut self.stream).poll_write(&mut cx, &message.bytes) {
            self.loaded = taken;
        }
    }

    /// The same connection for requests of any kind.
    pub(super) async fn spoken(self) -> hyper::Result<Link> {
        Link::one(self.stream).await
    }

    /// Whether the service has ended the connection, or says something that nobody asked for.
    pub(super) fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        let mut cx = Context::from_waker(Waker::noop());
        Pin::new(&mut self.stream).poll_read(&mut cx, &mut ReadBuf::new(&mut byte)).is_ready()
    }

    /// Asks what was perhaps [loaded](Self::load), and gives the answer if it is one that is whole.
    pub(super) async fn ask(&mut self, message: &Message) -> io::Result<Option<Reply>> {
        self.cork.let_go();
        let loaded = std::mem::take(&mut self.loaded);
        self.stream.write_all(message.bytes.get(loaded..).unwrap_or_default()).await?;
        self.stream.flush().await?;
        self.bytes.clear();
        let is_head = message.method == "HEAD";
        let mut begun = false;
        loop {
            let more = if begun {
                // What has begun is not kept from the client because of what is late.
                matches!(tokio::time::timeout(SOON, self.more()).await, Ok(Ok(true)))
            } else {
                self.more().await?
            };
            if !more && begun {
                return Ok(None);
            }
            if !more {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it closed the connection"));
            }
            match Reply::find(&self.bytes, is_head) {
                Said::Whole(reply) => return Ok(Some(reply)),
                Said::Part { head } => begun = !head,
                Said::Other => return Ok(None),
            }
        }
    }

    async fn more(&mut self) -> io::Result<bool> {
        self.bytes.reserve(ROOM);
        Ok(self.stream.read_buf(&mut self.bytes).await? > 0)
    }

    /// The answer whose beginning was read, as one that flows, and the connection that it comes by.
    pub(super) async fn flowing(self, message: &Message) -> hyper::Result<(Response<Arriving>, Link)> {
        let mut link = Link::one(Replayed::new(self.bytes, self.stream)).await?;
        // What the answer means depends on the method; the rest of the request is where it belongs already.
        let mut request = Request::new(full(""));
        *request.method_mut() = message.method.parse().unwrap_or_default();
        link.ready().await?;
        let response = link.send(request).await.map_err(|(error, _)| error)?;
        Ok((response, link))
    }
}
