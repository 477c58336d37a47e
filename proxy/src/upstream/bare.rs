//! A connection to a service on which whole requests are asked, one after another, and answered whole.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Waker};
use std::time::Duration;

use hyper::{Request, Response};
use tokio::io::AsyncWriteExt;

use super::link::{Arriving, Link};
use crate::body::full;
use crate::carrier::Carrier;
use crate::clock::Clock;
use crate::whole::{Message, Replayed, Reply, Said};

/// How long the rest of a small answer is waited for before it is one that flows.
const SOON: Duration = Duration::from_millis(20);

/// Such a connection.
pub(super) struct Bare {
    stream: Box<dyn Carrier>,
    /// What was read of an answer.
    bytes: Vec<u8>,
    pub(super) clock: Clock,
}

impl Bare {
    pub(super) fn new(stream: impl Carrier + 'static) -> Self {
        Self { stream: Box::new(stream), bytes: Vec::new(), clock: Clock::default() }
    }

    /// Makes a request ready to be sent, and sends nothing of it.
    pub(super) fn load(&mut self, message: &mut Message) {
        message.bytes = self.stream.load(std::mem::take(&mut message.bytes));
    }

    /// The same connection for requests of any kind.
    pub(super) async fn spoken(self) -> hyper::Result<Link> {
        Link::one(self.stream).await
    }

    /// Whether the service has ended the connection, or says something that nobody asked for.
    pub(super) fn is_closed(&mut self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        self.bytes.clear();
        self.stream.poll_readable(&mut cx).is_ready()
            && self.stream.poll_more(&mut cx, &mut self.bytes).is_ready()
    }

    /// Asks what was perhaps [loaded](Self::load) in part, and gives the answer if it is one that is whole.
    pub(super) async fn ask(&mut self, message: &Message) -> io::Result<Option<Reply>> {
        self.stream.write_all(&message.bytes).await?;
        self.stream.flush().await?;
        self.bytes.clear();
        let is_head = message.method == "HEAD";
        // It is not there at once.
        poll_fn(|cx| self.stream.poll_readable(cx)).await;
        let mut begun = false;
        loop {
            let more = poll_fn(|cx| self.stream.poll_more(cx, &mut self.bytes));
            let more = if begun {
                // What has begun is not kept from the client because of what is late.
                matches!(tokio::time::timeout(SOON, more).await, Ok(Ok(1..)))
            } else {
                more.await? > 0
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
