//! A client's connection, as long as it brings whole requests.

use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use awsaccess::gateway::Arrival;
use http::Response;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

use super::request::{Found, find};
use super::{Reply, Rewound};
use crate::body::AnyBody;
use crate::carrier::Carrier;
use crate::clock::{Clock, Until};
use crate::forward::{self, Ending};
use crate::listen::closed;
use crate::live::Live;
use crate::peer::Peer;

/// What came of a request that was whole.
pub(crate) enum Answered {
    /// One that is here, and goes once its end has come.
    Whole(Reply, Ending),
    /// One that flows.
    Flows(Response<AnyBody>),
}

/// What becomes of a connection.
pub(crate) enum Goes<S> {
    /// It has ended: the client asks no more, or may not.
    Ended(io::Result<()>),
    /// It goes on as one whose requests flow. It begins with what is no whole request, or with one that was answered
    /// already, by an answer that flows.
    On(Rewound<S>, Option<Response<AnyBody>>),
}

/// A connection and what was read of it.
struct Reader<S> {
    stream: S,
    bytes: Vec<u8>,
}

impl<S: Carrier> Reader<S> {
    /// Reads more, where something is likely to be; `false` is the end.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        self.stream.poll_more(cx, &mut self.bytes).map_ok(|read| read > 0)
    }

    /// The same where nothing is likely to be.
    fn poll_rare(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        ready!(self.stream.poll_readable(cx));
        self.poll_more(cx)
    }

    /// Does the work, unless the client leaves: then nobody waits for it.
    async fn unless_gone<T>(&mut self, mut work: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        let mut waits = false;
        poll_fn(|cx| {
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(Some(done));
            }
            // The first time, it has only let others go first.
            if !mem::replace(&mut waits, true) || !self.bytes.is_empty() {
                return Poll::Pending;
            }
            match self.poll_rare(cx) {
                Poll::Pending | Poll::Ready(Ok(true)) => Poll::Pending,
                Poll::Ready(_) => Poll::Ready(None),
            }
        })
        .await
    }

    /// Waits for more. The end of the client is the end of it, as is that of the gateway; and what comes late.
    async fn more(
        &mut self,
        mut closing: Pin<&mut impl Future<Output = ()>>,
        late: &mut Until,
    ) -> io::Result<bool> {
        let mut waits = false;
        poll_fn(|cx| {
            if closing.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(false));
            }
            let more = if mem::replace(&mut waits, true) { self.poll_more(cx) } else { self.poll_rare(cx) };
            if let Poll::Ready(more) = more {
                return Poll::Ready(more);
            }
            Pin::new(&mut *late).poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
        })
        .await
    }

    fn goes_on(self, mut bytes: Vec<u8>, answer: Option<Response<AnyBody>>) -> Goes<S> {
        bytes.extend_from_slice(&self.bytes);
        Goes::On(Rewound::new(bytes, self.stream), answer)
    }
}

/// Answers whole requests, one after another, and notes that there was one.
pub(crate) async fn serve<S>(
    stream: S,
    (live, peer, arrival): (&Live, &Peer, &Arrival),
    asked: &AtomicBool,
) -> Goes<S>
where
    S: Carrier,
{
    let shared = live.shared();
    let (patience, mut closing) = (shared.head, shared.closing.clone());
    drop(shared);
    let mut closing = pin!(closed(&mut closing));
    let (clock, mut spare) = (Clock::default(), Vec::new());
    let mut reader = Reader { stream, bytes: Vec::new() };
    let mut late = clock.until(Instant::now() + patience);
    loop {
        let mut bytes = mem::take(&mut reader.bytes);
        let in_head = match find(&bytes) {
            Found::Other => return reader.goes_on(bytes, None),
            Found::Part { head } => head,
            Found::Whole(request, length) => {
                asked.store(true, Ordering::Relaxed);
                reader.bytes = mem::take(&mut spare);
                reader.bytes.extend_from_slice(bytes.get(length..).unwrap_or_default());
                let (shared, last) = (live.shared(), request.last);
                let answered = {
                    let answering = pin!(forward::whole(&shared, peer, arrival, request));
                    reader.unless_gone(answering).await
                };
                match answered {
                    None => return Goes::Ended(Ok(())),
                    Some(Answered::Flows(answer)) => {
                        bytes.truncate(length);
                        return reader.goes_on(bytes, Some(answer));
                    }
                    Some(Answered::Whole(mut reply, ending)) => {
                        if last {
                            reply.close();
                        }
                        let rest = reader.stream.load(reply.bytes);
                        ending.come().await;
                        match send(&mut reader.stream, &rest, last).await {
                            Ok(()) if !last => {}
                            ended => return Goes::Ended(ended),
                        }
                    }
                }
                bytes.clear();
                spare = bytes;
                late = clock.until(Instant::now() + patience);
                continue;
            }
        };
        reader.bytes = bytes;
        match reader.more(closing.as_mut(), &mut late).await {
            Ok(true) => {}
            Err(error) if in_head || reader.bytes.is_empty() => return Goes::Ended(Err(error)),
            Ok(false) if reader.bytes.is_empty() => return Goes::Ended(Ok(())),
            // It ends as hyper has it end; and who is in the middle of a body has the time that bodies have.
            _ => {
                let bytes = mem::take(&mut reader.bytes);
                return reader.goes_on(bytes, None);
            }
        }
    }
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8], last: bool) -> io::Result<()> {
    stream.write_all(bytes).await?;
    if last { stream.shutdown().await } else { stream.flush().await }
}
