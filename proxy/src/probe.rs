//! The probes: whether the gateway is alive and ready, and what it has counted. They say nothing that is anybody's secret, and
//! may have a listener of their own, for whoever reaches it: an orchestrator, and Prometheus.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::StartError;
use crate::listen::{Bound, Listen};
use crate::metrics::Readings;
use crate::server::Lasting;

/// How long a connection may last, which is for one request.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections at a time.
const MOST_CONNECTIONS: usize = 64;
/// The longest head.
const MOST_HEAD: usize = 16 << 10;

/// What a probe asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probe {
    /// Whether the process is alive.
    Alive,
    /// Whether it can do its work.
    Ready,
    /// The counters.
    Metrics,
}

impl Probe {
    pub(crate) fn at(path: &str) -> Option<Self> {
        match path {
            "/healthz" => Some(Self::Alive),
            "/readyz" => Some(Self::Ready),
            "/metrics" => Some(Self::Metrics),
            _ => None,
        }
    }

    pub(crate) fn answer(self, lasting: &Lasting) -> Response<Full<Bytes>> {
        match self {
            Self::Alive => text(StatusCode::OK, "text/plain; charset=utf-8", "ok\n".to_owned()),
            Self::Ready => ready(lasting),
            Self::Metrics => metrics(lasting),
        }
    }
}

fn ready(lasting: &Lasting) -> Response<Full<Bytes>> {
    let mut reasons = Vec::new();
    if *lasting.closing.borrow() {
        reasons.push("the gateway is ending");
    }
    if !lasting.sink.is_whole() {
        reasons.push("the audit log cannot be written");
    }
    if lasting.authority.left(SystemTime::now()).is_zero() {
        reasons.push("the certificate authority has expired");
    }
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let said = json!({ "ready": reasons.is_empty(), "reasons": reasons });
    text(status, "application/json", format!("{said}\n"))
}

fn metrics(lasting: &Lasting) -> Response<Full<Bytes>> {
    let now = Readings {
        audit_lost: lasting.sink.lost(),
        connections: lasting.connections.taken() as u64,
        authority_left: lasting.authority.left(SystemTime::now()),
    };
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    text(StatusCode::OK, kind, lasting.sink.metrics().text(&now))
}

/// An answer that nobody keeps.
pub(crate) fn text(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The listener for probes alone, which another configuration may open, move and close.
pub(crate) struct Probes {
    runtime: Handle,
    open: Mutex<Option<Open>>,
}

struct Open {
    listen: Listen,
    address: Option<SocketAddr>,
    closes: CancellationToken,
}

/// What another configuration makes of the listener, before it is in force.
pub(crate) enum Turned {
    Stays,
    Closes,
    Opens(Listen, Bound),
}

impl Probes {
    pub(crate) fn new(runtime: Handle) -> Self {
        Self { runtime, open: Mutex::default() }
    }

    /// Binds what is wanted and not open yet.
    pub(crate) fn ready(&self, wanted: Option<&Listen>) -> Result<Turned, StartError> {
        let Some(wanted) = wanted else { return Ok(Turned::Closes) };
        if self.open().as_ref().is_some_and(|open| open.listen == *wanted) {
            return Ok(Turned::Stays);
        }
        let _inside = self.runtime.enter();
        Ok(Turned::Opens(wanted.clone(), crate::bind(wanted)?))
    }

    pub(crate) fn turn(&self, turned: Turned, lasting: &Lasting) {
        let next = match turned {
            Turned::Stays => return,
            Turned::Closes => None,
            Turned::Opens(listen, bound) => {
                let (address, closes) = (bound.address(), CancellationToken::new());
                self.runtime.spawn(serve(bound, lasting.clone(), closes.clone()));
                Some(Open { listen, address, closes })
            }
        };
        if let Some(before) = std::mem::replace(&mut *self.open(), next) {
            before.closes.cancel();
        }
    }

    /// The address, if there is one.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.open().as_ref().and_then(|open| open.address)
    }

    fn open(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes connections until this listener is to end, or the gateway has: while that ends, it says that it is not ready. Each
/// is for one request, and for a short time: who would hold them all would keep the others out.
async fn serve(bound: Bound, lasting: Lasting, closes: CancellationToken) {
    let places = Arc::new(tokio::sync::Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = bound.accept() => accepted,
            () = closes.cancelled() => return,
        };
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection of a probe could not be taken");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let lasting = lasting.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answer = answer(&request, &lasting);
                async move { Ok::<_, Infallible>(answer) }
            });
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
            builder.keep_alive(false).max_buf_size(MOST_HEAD);
            let serving = builder.serve_connection(TokioIo::new(stream), service);
            if let Ok(Err(error)) = tokio::time::timeout(PATIENCE, serving).await {
                tracing::debug!(%error, "a connection of a probe ended");
            }
            drop(place);
        });
    }
}

fn answer(request: &Request<Incoming>, lasting: &Lasting) -> Response<Full<Bytes>> {
    let words = "text/plain; charset=utf-8";
    let Some(probe) = Probe::at(request.uri().path()) else {
        return text(StatusCode::NOT_FOUND, words, "there is no such path\n".to_owned());
    };
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return probe.answer(lasting);
    }
    let why = "the path takes GET and HEAD\n".to_owned();
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, words, why);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}
