//! Listening, TLS, HTTP/1.1, and what faults do to a connection.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, Sleep, sleep};
use tokio_rustls::TlsAcceptor;

use crate::appsync;
use crate::encoding::text_of;
use crate::fault::Effect;
use crate::message::{Reply, Request};
use crate::service::{self, Arrival, Door};
use crate::state::State;
use crate::websocket::{self, Opening};

const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 200;
const MAX_CONNECTIONS: usize = 1024;
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// What a listener speaks.
#[derive(Clone)]
pub(crate) enum Speaks {
    Metadata,
    Container,
    Plain,
    Tls(TlsAcceptor),
}

/// Accepts connections until it is dropped.
pub(crate) async fn listen(listener: TcpListener, speaks: Speaks, state: Arc<State>) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, or the client went away: neither is a reason to stop or to spin.
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (speaks, state) = (speaks.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            let _permit = permit;
            // What a client does wrong on its connection is the client's business.
            let _ = connection(stream, speaks, state).await;
        });
    }
}

async fn connection(stream: TcpStream, speaks: Speaks, state: Arc<State>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let door = match &speaks {
        Speaks::Metadata => Door::Metadata,
        Speaks::Container => Door::Container,
        Speaks::Plain => Door::Services { tls: false },
        Speaks::Tls(_) => Door::Services { tls: true },
    };
    match speaks {
        Speaks::Metadata | Speaks::Container | Speaks::Plain => {
            let (stream, reset) = converse(stream, state, Arrival { door, server_name: None }).await;
            end(stream.as_ref(), reset)
        }
        Speaks::Tls(acceptor) => {
            let stream = tokio::time::timeout(HEAD_TIMEOUT, acceptor.accept(stream)).await??;
            let server_name = stream.get_ref().1.server_name().map(str::to_owned);
            let arrival = Arrival { door, server_name };
            if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                converse_two(stream, state, arrival).await;
                return Ok(());
            }
            let (stream, reset) = converse(stream, state, arrival).await;
            end(stream.as_ref().map(|stream| stream.get_ref().0), reset)
        }
    }
}

/// Ends a connection: with a reset, if a fault wants that.
fn end(stream: Option<&TcpStream>, reset: bool) -> io::Result<()> {
    match stream {
        Some(stream) if reset => stream.set_zero_linger(),
        _ => Ok(()),
    }
}

/// Serves the requests of a connection; gives the stream back, and whether it is to be reset.
async fn converse<S>(stream: S, state: Arc<State>, arrival: Arrival) -> (Option<S>, bool)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (fate, arrival) = (Arc::new(Fate::default()), Arc::new(arrival));
    let flag = Arc::clone(&fate);
    let service = service_fn(move |request| {
        Box::pin(exchange(Arc::clone(&state), Arc::clone(&arrival), Arc::clone(&flag), request))
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD * 2)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service);
    let result = std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let resets = fate.reset.load(Ordering::Relaxed);
    let parts = connection.into_parts();
    let mut stream = parts.io.into_inner();
    let opening = crate::lock(&fate.websocket).take();
    if let Some(opening) = opening.filter(|_| result.is_ok()) {
        let _ = websocket::converse(&mut stream, BytesMut::from(parts.read_buf), opening).await;
    }
    if result.is_ok() && !resets {
        use tokio::io::AsyncWriteExt as _;
        let _ = stream.shutdown().await;
    }
    (Some(stream), resets)
}

/// What becomes of a connection after its answers.
#[derive(Default)]
struct Fate {
    reset: AtomicBool,
    websocket: Mutex<Option<Opening>>,
}

/// Serves the requests of an HTTP/2 connection. What faults do to a connection is for HTTP/1.1 alone; here they end a
/// stream.
async fn converse_two<S>(stream: S, state: Arc<State>, arrival: Arrival)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let arrival = Arc::new(arrival);
    let service = service_fn(move |request| {
        Box::pin(exchange(Arc::clone(&state), Arc::clone(&arrival), Arc::default(), request))
    });
    let _ = http2::Builder::new(TokioExecutor::new())
        .max_header_list_size(MAX_HEAD as u32 * 2)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// The connection is to be dropped.
#[derive(Debug, thiserror::Error)]
#[error("connection dropped by a fault")]
struct Dropped;

async fn exchange(
    state: Arc<State>,
    arrival: Arc<Arrival>,
    fate: Arc<Fate>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Sender>, Dropped> {
    let request = match receive(&state, request).await {
        Ok(request) => request,
        Err(status) => {
            return Ok(response(&Reply::text(status, "the emulator does not take this request"), None));
        }
    };
    let wants_websocket = websocket::is_asked_for(&request);
    if wants_websocket && websocket::is_channel(&request) {
        return Ok(response(&upgrade(&fate, &request, Opening::Token), None));
    }
    if let Some(opened) = wants_websocket.then(|| appsync::open(&state, &arrival, &request)).flatten() {
        let reply = match opened {
            Ok(socket) => upgrade(&fate, &request, Opening::AppSync(socket)),
            Err(reply) => reply,
        };
        return Ok(response(&reply, None));
    }
    // Hashing and signing take a while for large bodies; other connections go on meanwhile.
    let outcome = tokio::task::block_in_place(|| service::answer(&state, &arrival, &request));
    if wants_websocket && outcome.reply.status == 200 {
        return Ok(response(&upgrade(&fate, &request, Opening::None), None));
    }
    drop(request);
    let mut pace = None;
    for effect in &outcome.effects {
        match effect {
            Effect::Delay(milliseconds) => sleep(Duration::from_millis(*milliseconds)).await,
            Effect::Reset => {
                fate.reset.store(true, Ordering::Relaxed);
                return Err(Dropped);
            }
            Effect::ResetBody => pace = Some(Pace::reset(&outcome.reply, Arc::clone(&fate))),
            Effect::SlowBody { pieces, pause } => pace = Some(Pace::slow(&outcome.reply, *pieces, *pause)),
            Effect::Status { .. } | Effect::ClockOffset(_) => {}
        }
    }
    Ok(response(&outcome.reply, pace))
}

/// Makes a WebSocket of the connection, if the handshake is one.
fn upgrade(fate: &Fate, request: &Request, opening: Opening) -> Reply {
    let reply = websocket::agree(request);
    if reply.status == 101 {
        *crate::lock(&fate.websocket) = Some(opening);
    }
    reply
}

/// Takes in the whole request, within the budget.
async fn receive(state: &State, request: hyper::Request<Incoming>) -> Result<Request, u16> {
    let (head, mut body) = request.into_parts();
    let size: usize = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > MAX_HEAD {
        return Err(431);
    }
    let mut reservation = state.budget.reservation();
    let length = body.size_hint().exact().unwrap_or_default();
    // The head counts as well: empty objects are not for nothing.
    if !reservation.grow(length.saturating_add(size as u64)) {
        return Err(413);
    }
    let mut reserved = length;
    let mut bytes = BytesMut::with_capacity(usize::try_from(length).map_err(|_| 413_u16)?);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| 400_u16)?.into_data() else { continue };
        let total = (bytes.len() + data.len()) as u64;
        if total > reserved {
            if !reservation.grow(total - reserved) {
                return Err(413);
            }
            reserved = total;
        }
        bytes.extend_from_slice(&data);
    }
    let mut headers: Vec<_> = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect();
    // HTTP/2 has `:authority` in its place.
    if let Some(authority) = head.uri.authority().filter(|_| !head.headers.contains_key("host")) {
        headers.push(("host".to_owned(), authority.as_str().as_bytes().to_vec()));
    }
    Ok(Request {
        method: head.method.as_str().to_owned(),
        path: text_of(head.uri.path().as_bytes()),
        query: head.uri.query().map(str::to_owned),
        headers,
        body: bytes.freeze(),
        reservation: Arc::new(reservation),
    })
}

fn response(reply: &Reply, pace: Option<Pace>) -> hyper::Response<Sender> {
    let mut response = hyper::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        // Metadata of an object may hold any byte that a header may; anything else is left out.
        if let Ok(value) = http::HeaderValue::from_bytes(value.as_bytes()) {
            response = response.header(name.as_str(), value);
        }
    }
    let left = reply.body.len;
    let chunks = reply.body.chunks.clone().into_iter();
    let sender = Sender { chunks, left, pace };
    response.body(sender).unwrap_or_else(|_| {
        let empty = Sender { chunks: Vec::new().into_iter(), left: 0, pace: None };
        let mut plain = hyper::Response::new(empty);
        *plain.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        plain
    })
}

/// How a fault slows or cuts a body.
struct Pace {
    piece: usize,
    pause: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    rest: Bytes,
    cut: Option<(u64, Arc<Fate>)>,
}

impl Pace {
    fn slow(reply: &Reply, pieces: u32, pause: u64) -> Self {
        let piece = reply.body.len.div_ceil(u64::from(pieces.max(1))).max(1);
        let piece = usize::try_from(piece).unwrap_or(usize::MAX);
        Self { piece, pause: Duration::from_millis(pause), sleep: None, rest: Bytes::new(), cut: None }
    }

    fn reset(reply: &Reply, fate: Arc<Fate>) -> Self {
        let half = reply.body.len / 2;
        Self { cut: Some((half, fate)), ..Self::slow(reply, 2, 50) }
    }
}

/// Sends a body chunk by chunk, at the pace that a fault sets.
struct Sender {
    chunks: std::vec::IntoIter<Bytes>,
    left: u64,
    pace: Option<Pace>,
}

impl Body for Sender {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let data = match &mut this.pace {
            None => this.chunks.next(),
            Some(pace) => {
                let timer = pace.sleep.get_or_insert_with(|| Box::pin(sleep(pace.pause)));
                ready!(timer.as_mut().poll(context));
                timer.as_mut().reset(Instant::now() + pace.pause);
                if let Some((0, fate)) = &pace.cut {
                    fate.reset.store(true, Ordering::Relaxed);
                    return Poll::Ready(Some(Err(Dropped)));
                }
                while pace.rest.is_empty() {
                    match this.chunks.next() {
                        Some(chunk) => pace.rest = chunk,
                        None => return Poll::Ready(None),
                    }
                }
                let mut size = pace.rest.len().min(pace.piece);
                if let Some((before, _)) = &mut pace.cut {
                    size = size.min(usize::try_from(*before).unwrap_or(usize::MAX));
                    *before -= size as u64;
                }
                Some(pace.rest.split_to(size))
            }
        };
        match data {
            Some(data) => {
                this.left = this.left.saturating_sub(data.len() as u64);
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            None => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
