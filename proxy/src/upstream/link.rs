//! One connection to a service, in whichever version of HTTP the two of us agreed on.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http::{HeaderValue, Version, header};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Connection;
use super::pool::Pool;
use crate::body::AnyBody;
use crate::clock::Clock;

/// The most requests that are put on one HTTP/2 connection at a time.
const MOST_STREAMS: usize = 100;
/// How often a service that is silent is asked whether it is there, and how long it has to say so.
const PING: Duration = Duration::from_secs(20);

/// A connection that takes requests.
pub(super) enum Link {
    One(http1::SendRequest<AnyBody>, Clock),
    Two(http2::SendRequest<AnyBody>, Arc<Load>),
}

/// What runs on an HTTP/2 connection.
pub(super) struct Load {
    running: AtomicUsize,
    since: Mutex<Instant>,
}

impl Load {
    /// Whether another request may be put on it.
    pub(super) fn has_room(&self, kept_for: Duration) -> bool {
        let running = self.running.load(Ordering::Relaxed);
        running < MOST_STREAMS && (running > 0 || self.idle() < kept_for)
    }

    /// Whether nothing has run on it for so long.
    pub(super) fn rests(&self, kept_for: Duration) -> bool {
        self.running.load(Ordering::Relaxed) == 0 && self.idle() >= kept_for
    }

    fn idle(&self) -> Duration {
        self.since.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// A place on an HTTP/2 connection, until the answer was read.
struct Stream(Arc<Load>);

impl Stream {
    fn on(load: &Arc<Load>) -> Self {
        load.running.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(load))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
        *self.0.since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// The body of an answer as it comes.
pub(crate) struct Arriving {
    inner: Incoming,
    _stream: Option<Stream>,
    /// Where the connection goes once the answer was read. If it is not read to its end, there is no such connection.
    home: Option<Home>,
}

/// The connection that an answer comes by, and where it is kept afterwards.
pub(super) struct Home {
    pub(super) pool: Arc<Pool>,
    pub(super) host: Arc<str>,
    pub(super) link: Link,
}

impl Arriving {
    /// The same answer, whose connection is for others after it.
    pub(super) fn back_to(mut self, home: Home) -> Self {
        self.home = Some(home);
        self.give_back(self.inner.is_end_stream());
        self
    }

    fn give_back(&mut self, ended: bool) {
        if let Some(Home { pool, host, link }) = self.home.take_if(|_| ended) {
            pool.keep(host, Connection::Spoken(link));
        }
    }
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(Err(_))) => self.home = None,
            Poll::Ready(frame) => {
                let ended = frame.is_none() || self.inner.is_end_stream();
                self.give_back(ended);
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Why there is no answer, and the request if it never left.
pub(super) type Unsent = (hyper::Error, Option<Box<Request<AnyBody>>>);

impl Link {
    /// Speaks HTTP/1.1 on the stream.
    pub(super) async fn one<S>(stream: S) -> hyper::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) =
            http1::Builder::new().max_buf_size(256 << 10).handshake(TokioIo::new(stream)).await?;
        // An answer to an upgrade takes the stream with it.
        tokio::spawn(ended(connection.with_upgrades()));
        Ok(Self::One(sender, Clock::default()))
    }

    /// Speaks HTTP/2 on the stream.
    pub(super) async fn two<S>(stream: S) -> hyper::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(4 << 20)
            .max_header_list_size(64 << 10)
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING)
            .handshake(TokioIo::new(stream))
            .await?;
        tokio::spawn(ended(connection));
        let load = Load { running: AtomicUsize::new(0), since: Mutex::new(Instant::now()) };
        Ok(Self::Two(sender, Arc::new(load)))
    }

    pub(super) async fn ready(&mut self) -> hyper::Result<()> {
        match self {
            Self::One(sender, _) => sender.ready().await,
            Self::Two(sender, _) => sender.ready().await,
        }
    }

    /// Whether it takes a request at once.
    pub(super) fn is_ready(&self) -> bool {
        match self {
            Self::One(sender, _) => sender.is_ready(),
            Self::Two(sender, _) => sender.is_ready(),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        match self {
            Self::One(sender, _) => sender.is_closed(),
            Self::Two(sender, _) => sender.is_closed(),
        }
    }

    /// Another way onto the same connection, where it takes several requests.
    pub(super) fn shared(&self) -> Option<Self> {
        match self {
            Self::One(..) => None,
            Self::Two(sender, load) => Some(Self::Two(sender.clone(), Arc::clone(load))),
        }
    }

    /// What to wait by for the answer to a request.
    pub(super) fn clock(&self) -> Clock {
        match self {
            Self::One(_, clock) => clock.clone(),
            // Each request has its own time.
            Self::Two(..) => Clock::default(),
        }
    }

    pub(super) fn load(&self) -> Option<&Load> {
        match self {
            Self::One(..) => None,
            Self::Two(_, load) => Some(load),
        }
    }

    /// Sends a request in HTTP/1.1's form: path and query, and a `Host` header.
    pub(super) async fn send(&mut self, request: Request<AnyBody>) -> Result<Response<Arriving>, Unsent> {
        match self {
            Self::One(sender, _) => match sender.try_send_request(request).await {
                Ok(response) => Ok(response.map(|inner| Arriving { inner, _stream: None, home: None })),
                Err(mut error) => {
                    let unsent = error.take_message().map(Box::new);
                    Err((error.into_error(), unsent))
                }
            },
            Self::Two(sender, load) => {
                let stream = Stream::on(load);
                match sender.try_send_request(into_two(request)).await {
                    Ok(response) => {
                        Ok(response.map(|inner| Arriving { inner, _stream: Some(stream), home: None }))
                    }
                    Err(mut error) => {
                        let unsent = error.take_message().map(|request| Box::new(into_one(request)));
                        Err((error.into_error(), unsent))
                    }
                }
            }
        }
    }
}

/// `:authority` in place of the `Host` header, which was signed as what it says.
fn into_two(mut request: Request<AnyBody>) -> Request<AnyBody> {
    let host = request.headers().get(header::HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    if let Some(host) = host {
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        (parts.scheme, parts.authority) = (Some(Scheme::HTTPS), Some(host));
        let target = parts.path_and_query.get_or_insert_with(|| PathAndQuery::from_static("/")).clone();
        match Uri::from_parts(parts) {
            Ok(uri) => {
                *request.uri_mut() = uri;
                request.headers_mut().remove(header::HOST);
            }
            Err(_) => *request.uri_mut() = Uri::from(target),
        }
    }
    *request.version_mut() = Version::HTTP_2;
    request
}

/// The reverse of [`into_two`].
fn into_one(mut request: Request<AnyBody>) -> Request<AnyBody> {
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    if let Some(host) = parts.authority.take().and_then(|host| HeaderValue::from_str(host.as_str()).ok()) {
        request.headers_mut().insert(header::HOST, host);
    }
    *request.uri_mut() = parts.path_and_query.take().map(Uri::from).unwrap_or_default();
    *request.version_mut() = Version::HTTP_11;
    request
}

async fn ended(connection: impl Future<Output = hyper::Result<()>>) {
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection to a service ended");
    }
}
