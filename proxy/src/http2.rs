//! HTTP/2 towards clients: bounds on what one connection may hold, and no stream or connection that is waited for
//! without end.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::body::{AnyBody, Fault};
use crate::listen::closed;

/// The most requests of a connection at a time.
const MOST_STREAMS: u32 = 128;
/// The most bytes of a head, names and values and 32 for each field (RFC 9113, section 6.5.2); a little more than the
/// gateway takes, so that it is the gateway that says no.
const MOST_HEAD: u32 = 80 << 10;
/// The most requests that a client may take back before they were looked at, and altogether.
const MOST_PENDING_RESETS: usize = 20;
const MOST_RESETS: usize = 500;

/// How long things may take.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// A connection may be silent, and an answer may go unread.
    pub(crate) idle: Duration,
    /// A connection may take to end.
    pub(crate) end: Duration,
}

/// Serves the requests of a connection, each by `answer`.
pub(crate) async fn serve<S, F, A>(
    stream: S,
    limits: Limits,
    mut closing: watch::Receiver<bool>,
    answer: F,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Fn(Request<Incoming>) -> A + Clone + Send + 'static,
    A: Future<Output = Response<AnyBody>> + Send + 'static,
{
    let streams = Arc::new(Streams::default());
    let counted = Arc::clone(&streams);
    let service = service_fn(move |request| {
        let (running, answering) = (Visit::new(&counted), answer(request));
        async move { Ok::<_, Infallible>(answering.await.map(|body| running.go_on(body))) }
    });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(MOST_HEAD)
        .max_pending_accept_reset_streams(MOST_PENDING_RESETS)
        .initial_stream_window_size(256 << 10)
        .initial_connection_window_size(1 << 20)
        .max_send_buf_size(256 << 10)
        .keep_alive_interval(limits.idle)
        .keep_alive_timeout(limits.idle);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        served = serving.as_mut() => return served,
        () = closed(&mut closing) => {
            serving.as_mut().graceful_shutdown();
            return serving.await;
        }
        () = streams.worn(limits.idle) => serving.as_mut().graceful_shutdown(),
    }
    // It was told to end, and what it still answers may be read, but not for long.
    let _ = tokio::time::timeout(limits.end, serving).await;
    Ok(())
}

/// What runs on a connection.
#[derive(Default)]
struct Streams {
    answers: Mutex<Vec<Weak<Mutex<Answer>>>>,
    waiting: AtomicUsize,
    resets: AtomicUsize,
}

impl Streams {
    /// Comes once nothing has run for so long, or the client has taken too much back. What is not read is let go.
    async fn worn(&self, idle: Duration) {
        let mut quiet_since = Instant::now();
        loop {
            tokio::time::sleep((idle / 4).max(Duration::from_millis(20))).await;
            if self.resets.load(Ordering::Relaxed) > MOST_RESETS {
                return;
            }
            if self.waiting.load(Ordering::Relaxed) > 0 || self.any_moves(idle) {
                quiet_since = Instant::now();
            } else if quiet_since.elapsed() >= idle {
                return;
            }
        }
    }

    /// Whether any answer is on its way. One that the client has not read on for so long is dropped.
    fn any_moves(&self, idle: Duration) -> bool {
        let mut moves = false;
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).retain(|answer| {
            let Some(answer) = answer.upgrade() else { return false };
            let mut answer = answer.lock().unwrap_or_else(PoisonError::into_inner);
            if answer.is_unread && answer.since.elapsed() >= idle {
                // Its record ends here, and so does the request to the service.
                answer.body = None;
            }
            moves |= answer.body.is_some();
            answer.body.is_some()
        });
        moves
    }
}

/// A request that has not been answered yet. Taken back before, it counts against the client.
struct Visit(Option<Arc<Streams>>);

impl Visit {
    fn new(streams: &Arc<Streams>) -> Self {
        streams.waiting.fetch_add(1, Ordering::Relaxed);
        Self(Some(Arc::clone(streams)))
    }

    fn go_on(mut self, body: AnyBody) -> Flowing {
        let answer = Answer { body: Some(body), is_unread: true, since: Instant::now() };
        let answer = Arc::new(Mutex::new(answer));
        if let Some(streams) = self.0.take() {
            streams.answers.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&answer));
            streams.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        Flowing(answer)
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if let Some(streams) = self.0.take() {
            streams.waiting.fetch_sub(1, Ordering::Relaxed);
            streams.resets.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// An answer on its way to the client.
struct Answer {
    /// `None` once it has ended, or was let go.
    body: Option<AnyBody>,
    /// Whether it is the client that is waited for: HTTP/2 asks for more once there is room for it.
    is_unread: bool,
    since: Instant,
}

struct Flowing(Arc<Mutex<Answer>>);

impl Body for Flowing {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        let mut answer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(body) = &mut answer.body else {
            return Poll::Ready(Some(Err("the answer was not read in time".into())));
        };
        let polled = Pin::new(body).poll_frame(cx);
        answer.is_unread = polled.is_ready();
        answer.since = Instant::now();
        polled
    }

    fn is_end_stream(&self) -> bool {
        let answer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answer.body.as_ref().is_some_and(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let answer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answer.body.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}
