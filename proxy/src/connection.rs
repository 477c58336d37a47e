//! A connection of a client's: CONNECT for clients that were given a proxy, plain requests for those that were given an
//! endpoint URL, and what is inside a tunnel that ends here.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use awsaccess::audit::{Decision, Event, Record, Shown};
use awsaccess::gateway::{Arrival, Destination};
use awsaccess::partition::HostName;
use http::header::{self, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_rustls::TlsAcceptor;

use crate::body::{AnyBody, full};
use crate::carrier::Carrier;
use crate::clock::Clock;
use crate::forward;
use crate::http2;
use crate::listen::closed;
use crate::live::Live;
use crate::metrics::NO_TLS_SESSION;
use crate::peer::Peer;
use crate::server::Shared;
use crate::sink::{Entry, now};
use crate::tunnel::{self, Refused};
use crate::whole::{self, Goes, Rewound};

pub(crate) async fn outer<S>(stream: S, peer: Peer, live: Arc<Live>, acceptor: TlsAcceptor)
where
    S: Carrier + 'static,
{
    let (stream, first) = if peer.is_local() {
        let arrival = peer.plain_arrival();
        match whole::serve(stream, (&live, &peer, &arrival), &AtomicBool::new(false)).await {
            Goes::On(stream, first) => (stream, First::new(first)),
            Goes::Ended(Ok(())) => return,
            Goes::Ended(Err(error)) => return tracing::debug!(client = %peer, %error, "a connection ended"),
        }
    } else {
        (Rewound::new(Vec::new(), stream), First::new(None))
    };
    let shared = live.shared();
    let (shown, builder, mut closing) = (peer.clone(), http1(&shared), shared.closing.clone());
    drop(shared);
    let service = service_fn(move |request: Request<Incoming>| {
        let (live, acceptor) = (Arc::clone(&live), acceptor.clone());
        let (peer, first) = (peer.clone(), first.take());
        async move {
            Ok::<_, Infallible>(if let Some(answer) = first {
                again(request, answer).await
            } else if request.method() == Method::CONNECT {
                Box::pin(connect::<S>(request, peer, live, acceptor)).await
            } else {
                Box::pin(plain(request, &peer, live.shared())).await
            })
        }
    });
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = closed(&mut closing) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(client = %shown, %error, "a connection ended");
    }
}

/// The answer to the first request of a connection, where that came [whole].
struct First(Mutex<Option<Response<AnyBody>>>);

impl First {
    fn new(answer: Option<Response<AnyBody>>) -> Self {
        Self(Mutex::new(answer))
    }

    fn take(&self) -> Option<Response<AnyBody>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Gives the answer to a request that is read for a second time.
async fn again(request: Request<Incoming>, answer: Response<AnyBody>) -> Response<AnyBody> {
    let _ = request.into_body().collect().await;
    answer
}

fn http1(shared: &Shared) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(Clock::default()).header_read_timeout(shared.head).max_buf_size(256 << 10).max_headers(160);
    builder
}

/// A request to the gateway's own address: endpoint-URL mode.
async fn plain(request: Request<Incoming>, peer: &Peer, shared: Arc<Shared>) -> Response<AnyBody> {
    if request.uri().authority().is_some() {
        return text(StatusCode::BAD_REQUEST, "this proxy takes https by CONNECT only");
    }
    if !peer.is_local() {
        return text(
            StatusCode::FORBIDDEN,
            "plain requests are taken from this machine only; use the proxy by CONNECT",
        );
    }
    forward::answer(shared, peer, &peer.plain_arrival(), request).await
}

/// Answers a CONNECT on a connection that goes over the stream `S`.
async fn connect<S>(
    request: Request<Incoming>,
    peer: Peer,
    live: Arc<Live>,
    acceptor: TlsAcceptor,
) -> Response<AnyBody>
where
    S: Carrier + 'static,
{
    let shared = live.shared();
    let authority = request.uri().authority().map_or("", |authority| authority.as_str()).to_owned();
    let mut record = Record::tunnel(shared.id(), now());
    record.source = peer.ip();
    record.host = Some(Shown::text(&authority));
    let entry = Entry::new(record, &shared.sink);

    let host = match HostName::parse(authority.as_bytes()) {
        Ok(host) => host,
        Err(why) => return refuse(entry, &Refused::new("host-not-allowed", why)),
    };
    let same = request.headers().get_all(header::HOST).iter().all(|named| {
        let named = HostName::parse(named.as_bytes());
        named.is_ok_and(|named| {
            named.name() == host.name() && named.port().is_none_or(|port| Some(port) == host.port())
        })
    });
    if !same {
        return refuse(entry, &Refused::new("host-mismatch", "host and the authority of connect differ"));
    }
    match shared.gateway.routes.destination(&host) {
        Destination::Intercept => {
            if !shared.gateway.routes.takes_port(&host) {
                let why = "aws endpoints are reached on port 443 only";
                return refuse(entry, &Refused::new("host-not-allowed", why));
            }
            // Each request inside has a record of its own; a connection that comes to none has this one.
            let mut record = entry.record.clone();
            (record.event, record.mode) = (Event::Connection, Some("intercept"));
            entry.discard();
            tokio::spawn(async move {
                match hyper::upgrade::on(request).await.map(stream_of::<S>) {
                    Ok(Some(stream)) => intercept(stream, host, peer, live, acceptor, record).await,
                    gone => {
                        let why = gone.map_or_else(|error| format!(": {error}"), |_| String::new());
                        let why = format!("it left before its tunnel was made{why}");
                        Entry::new(record, &live.lasting().sink).failed("client-gone", &why);
                    }
                }
            });
            Response::new(full(""))
        }
        Destination::Opaque => open(request, peer, shared, host, true, entry).await,
        Destination::Foreign => open(request, peer, shared, host, false, entry).await,
        Destination::Refused(why) => refuse(entry, &Refused::new("host-not-allowed", why)),
        _ => refuse(entry, &Refused::new("host-not-allowed", "no way leads to this host")),
    }
}

async fn open(
    request: Request<Incoming>,
    peer: Peer,
    shared: Arc<Shared>,
    host: HostName,
    opaque: bool,
    mut entry: Entry,
) -> Response<AnyBody> {
    let opened = async {
        let user = shared.tunnel.who(&peer, request.headers())?;
        entry.record.subject = user.map(Into::into);
        let way = shared.tunnel.open(&shared.dialer, &host, opaque).await?;
        Ok((way, shared.gate.enter_tunnel(user)))
    };
    let (way, pass) = match opened.await {
        Ok(opened) => opened,
        Err(refused) => return refuse(entry, &refused),
    };
    entry.record.decision = Some(Decision::Allowed);
    if let Err(error) = entry.begin() {
        tracing::error!(%error, "the audit log cannot be written");
        entry.failed("audit-unavailable", &error.to_string());
        entry.record.decision = Some(Decision::Refused);
        entry.answered(503);
        return text(StatusCode::SERVICE_UNAVAILABLE, "the gateway cannot record this tunnel");
    }
    let (idle, head) = (shared.tunnel.idle, shared.head);
    tokio::spawn(async move {
        match hyper::upgrade::on(request).await {
            Ok(upgraded) => {
                peer.reading.relax(idle);
                tunnel::carry_checked(TokioIo::new(upgraded), way, &host, entry, (head, idle), &pass).await;
            }
            Err(error) => entry.failed("client-gone", &error.to_string()),
        }
    });
    Response::new(full(""))
}

/// The stream itself, with what was read of it ahead: what is inside a tunnel needs nothing between.
fn stream_of<S>(upgraded: Upgraded) -> Option<Rewound<S>>
where
    S: Carrier + 'static,
{
    let parts = upgraded.downcast::<TokioIo<Rewound<S>>>().ok()?;
    Some(parts.io.into_inner().rewind(&parts.read_buf))
}

async fn intercept<S>(
    stream: Rewound<S>,
    authority: HostName,
    peer: Peer,
    live: Arc<Live>,
    acceptor: TlsAcceptor,
    record: Record,
) where
    S: Carrier + 'static,
{
    let accepted = tokio::time::timeout(live.shared().head, acceptor.accept(stream)).await;
    let stream = match accepted {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::info!(client = %peer, host = authority.name(), %error, "no tls session; does the client trust our ca?");
            let why = format!("does the client trust the gateway's ca? {error}");
            return Entry::new(record, &live.lasting().sink).failed(NO_TLS_SESSION, &why);
        }
        // Who waits when the gateway ends has done nothing wrong.
        Err(_) if *live.lasting().closing.borrow() => {
            return quiet(record, &live, "the gateway ended before the tls session began");
        }
        Err(_) => {
            let why = "the client did not begin it in time";
            return Entry::new(record, &live.lasting().sink).failed(NO_TLS_SESSION, why);
        }
    };
    let session = stream.get_ref().1;
    let sni = session.server_name().and_then(|name| HostName::parse(name.as_bytes()).ok());
    let is_two = session.alpn_protocol() == Some(b"h2");
    let (arrival, used) = (Arrival::Intercepted { authority, sni }, Arc::clone(&live));
    // It is there until its record is.
    let _there = peer.clone();
    match inner(stream, is_two, arrival, peer, live).await {
        Used::Asked => {}
        Used::Silent(how) => quiet(record, &used, &how),
        Used::Broken(why) => Entry::new(record, &used.lasting().sink).failed("no-request", &why),
    }
}

/// Records a connection that came to no request, with nothing wrong about it.
fn quiet(record: Record, live: &Live, why: &str) {
    let mut entry = Entry::new(record, &live.lasting().sink);
    entry.record.decision = Some(Decision::Allowed);
    entry.record.reason = Some(Shown::text(why));
}

/// What came of an intercepted connection.
enum Used {
    /// A request, which has a record of its own.
    Asked,
    /// Nothing: how it ended.
    Silent(String),
    /// Something that is no request.
    Broken(String),
}

async fn inner<S>(stream: S, is_two: bool, arrival: Arrival, peer: Peer, live: Arc<Live>) -> Used
where
    S: Carrier + 'static,
{
    let asked = Arc::new(AtomicBool::new(false));
    let (stream, first) = if is_two {
        (Rewound::new(Vec::new(), stream), None)
    } else {
        match whole::serve(stream, (&live, &peer, &arrival), &asked).await {
            Goes::On(stream, first) => (stream, first),
            Goes::Ended(_) if asked.load(Ordering::Relaxed) => return Used::Asked,
            Goes::Ended(Ok(())) => return Used::Silent("the client asked for nothing".to_owned()),
            Goes::Ended(Err(error)) => return Used::Silent(format!("the client asked for nothing: {error}")),
        }
    };
    let (first, is_asked) = (First::new(first), Arc::clone(&asked));
    let shared = live.shared();
    let (shown, builder, mut closing) = (peer.clone(), http1(&shared), shared.closing.clone());
    let limits = http2::Limits { idle: shared.idle, end: shared.head };
    drop(shared);
    let arrival = Arc::new(arrival);
    let answer = move |mut request: Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let (shared, arrival, peer) = (live.shared(), Arc::clone(&arrival), peer.clone());
        // What is said in a socket is judged by the configuration that is in force then.
        if request.headers().contains_key(header::SEC_WEBSOCKET_PROTOCOL) {
            request.extensions_mut().insert(Arc::clone(&live));
        }
        async move { forward::answer(shared, &peer, &arrival, request).await }
    };
    let served = if is_two {
        http2::serve(stream, limits, closing, answer).await
    } else {
        let service = service_fn(move |request| {
            // Where it is polled it stays: only a pointer to it is handed on.
            let answering: Pin<Box<dyn Future<Output = _> + Send>> = match first.take() {
                Some(answer) => Box::pin(again(request, answer)),
                None => Box::pin(answer(request)),
            };
            async move { Ok::<_, Infallible>(answering.await) }
        });
        let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service).with_upgrades());
        tokio::select! {
            served = serving.as_mut() => served,
            () = closed(&mut closing) => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        }
    };
    if let Err(error) = &served {
        tracing::debug!(client = %shown, %error, "an intercepted connection ended");
    }
    match served {
        _ if is_asked.load(Ordering::Relaxed) => Used::Asked,
        Ok(()) => Used::Silent("the client asked for nothing".to_owned()),
        Err(error) if error.is_parse() => Used::Broken(error.to_string()),
        // Clients close what they have no use for as they please.
        Err(error) => Used::Silent(format!("the client asked for nothing: {error}")),
    }
}

fn refuse(mut entry: Entry, refused: &Refused) -> Response<AnyBody> {
    let status = match refused.error {
        "tunnel-connect" => StatusCode::BAD_GATEWAY,
        "tunnel-login" => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        _ => StatusCode::FORBIDDEN,
    };
    entry.record.decision = Some(Decision::Refused);
    entry.failed(refused.error, &refused.reason);
    entry.answered(status.as_u16());
    let line = match refused.error {
        // What our resolver or network says of a host is not the client's business.
        "tunnel-connect" => "the host cannot be reached",
        _ => &refused.reason,
    };
    let mut response = text(status, line);
    if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        let challenge = HeaderValue::from_static("Basic realm=\"awsaccess\", charset=\"UTF-8\"");
        response.headers_mut().insert(header::PROXY_AUTHENTICATE, challenge);
    }
    response
}

fn text(status: StatusCode, line: &str) -> Response<AnyBody> {
    let mut response = Response::new(full(format!("awsaccess: {line}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", HeaderValue::from_static("text/plain; charset=utf-8"));
    response.headers_mut().insert("cache-control", HeaderValue::from_static("no-store"));
    response
}
