//! The listener: CONNECT for clients that were given a proxy, plain requests for those that were given an endpoint URL.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use awsaccess::audit::{Decision, Record, Shown};
use awsaccess::gateway::{Arrival, Destination, Gateway};
use awsaccess::partition::HostName;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::body::{AnyBody, Budget, full};
use crate::ca::Authority;
use crate::credential::Cache;
use crate::forward;
use crate::patient::Patient;
use crate::sink::{Entry, Sink, now};
use crate::tunnel::{self, Rules};
use crate::upstream::Upstream;

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) gateway: Gateway,
    pub(crate) credentials: Cache,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) authority: Arc<Authority>,
    pub(crate) tunnel: Rules,
    pub(crate) sink: Sink,
    pub(crate) budget: Budget,
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
    pub(crate) provider: Arc<CryptoProvider>,
    /// Turns true when the gateway is to end.
    pub(crate) closing: watch::Receiver<bool>,
}

impl Shared {
    /// A fresh random id of a request, in the form of AWS's own.
    pub(crate) fn id(&self) -> String {
        let mut bytes = [0; 16];
        // A generator that fails gives an id of noughts, which harms nobody but the reader of the log.
        let _ = self.provider.secure_random.fill(&mut bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
        parts.map(|(from, to)| hex.get(from..to).unwrap_or_default()).join("-")
    }

    /// Ends TLS sessions for intercepted hosts.
    pub(crate) fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Leaves(Arc::clone(self))));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// A leaf for each intercepted host that a client names, and for no other.
struct Leaves(Arc<Shared>);

impl std::fmt::Debug for Leaves {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Leaves")
    }
}

impl ResolvesServerCert for Leaves {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let host = HostName::parse(hello.server_name()?.as_bytes()).ok()?;
        if self.0.gateway.routes.destination(&host) != Destination::Intercept {
            return None;
        }
        match self.0.authority.leaf(host.name()) {
            Ok(leaf) => Some(leaf),
            Err(error) => {
                tracing::error!(host = host.name(), %error, "no certificate");
                None
            }
        }
    }
}

/// Takes connections until the gateway is to end.
pub(crate) async fn listen(
    listener: TcpListener,
    shared: Arc<Shared>,
    acceptor: TlsAcceptor,
    connections: Arc<Semaphore>,
) {
    let mut closing = shared.closing.clone();
    loop {
        let next = async {
            let permit = Arc::clone(&connections).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            next = next => next,
            () = closed(&mut closing) => return,
        };
        let Ok(permit) = permit else { return };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, most likely: a moment's pause lets some be given back.
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (shared, acceptor) = (Arc::clone(&shared), acceptor.clone());
        tokio::spawn(async move {
            outer(stream, client, shared, acceptor, Arc::new(permit)).await;
        });
    }
}

/// Waits until the gateway is to end.
async fn closed(closing: &mut watch::Receiver<bool>) {
    let _ = closing.wait_for(|closing| *closing).await;
}

/// A connection's place in the count of all; held by whatever the connection becomes.
type Place = Arc<tokio::sync::OwnedSemaphorePermit>;

async fn outer(
    stream: TcpStream,
    client: SocketAddr,
    shared: Arc<Shared>,
    acceptor: TlsAcceptor,
    place: Place,
) {
    let _ = stream.set_nodelay(true);
    let (head, idle, mut closing) = (shared.head, shared.idle, shared.closing.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let (shared, acceptor, place) = (Arc::clone(&shared), acceptor.clone(), Arc::clone(&place));
        async move {
            Ok::<_, Infallible>(if request.method() == Method::CONNECT {
                connect(request, client, shared, acceptor, place).await
            } else {
                plain(request, client, shared).await
            })
        }
    });
    let stream = Patient::new(stream, idle);
    let mut serving = pin!(builder(head).serve_connection(TokioIo::new(stream), service).with_upgrades());
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = closed(&mut closing) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%client, %error, "a connection ended");
    }
}

fn builder(head: Duration) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(256 << 10).max_headers(160);
    builder
}

/// A request to the gateway's own address: endpoint-URL mode.
async fn plain(request: Request<Incoming>, client: SocketAddr, shared: Arc<Shared>) -> Response<AnyBody> {
    if request.uri().authority().is_some() {
        return text(StatusCode::BAD_REQUEST, "this proxy takes https by CONNECT only");
    }
    if !client.ip().to_canonical().is_loopback() {
        return text(
            StatusCode::FORBIDDEN,
            "plain requests are taken from this machine only; use the proxy by CONNECT",
        );
    }
    forward::answer(shared, client, Arrival::EndpointUrl, request).await
}

async fn connect(
    request: Request<Incoming>,
    client: SocketAddr,
    shared: Arc<Shared>,
    acceptor: TlsAcceptor,
    place: Place,
) -> Response<AnyBody> {
    let authority = request.uri().authority().map_or("", |authority| authority.as_str()).to_owned();
    let mut record = Record::tunnel(shared.id(), now());
    record.source = Some(client.ip().to_canonical());
    record.host = Some(Shown::text(&authority));
    let entry = Entry::new(record, &shared.sink);

    let host = match HostName::parse(authority.as_bytes()) {
        Ok(host) => host,
        Err(why) => return refuse(entry, "host-not-allowed", &why.to_string()),
    };
    match shared.gateway.routes.destination(&host) {
        Destination::Intercept => {
            let known = awsaccess::partition::endpoint(host.name()).is_ok();
            if known && host.port().unwrap_or(443) != 443 {
                return refuse(entry, "host-not-allowed", "aws endpoints are reached on port 443 only");
            }
            // Each request inside has a record of its own.
            entry.discard();
            tokio::spawn(async move {
                match hyper::upgrade::on(request).await {
                    Ok(upgraded) => intercept(upgraded, host, client, shared, acceptor).await,
                    Err(error) => {
                        tracing::debug!(%client, %error, "a client left before its tunnel was made");
                    }
                }
                drop(place);
            });
            Response::new(full(""))
        }
        Destination::Opaque => open(request, client, shared, host, true, entry, place).await,
        Destination::Foreign => open(request, client, shared, host, false, entry, place).await,
        Destination::Refused(why) => refuse(entry, "host-not-allowed", &why.to_string()),
        _ => refuse(entry, "host-not-allowed", "no way leads to this host"),
    }
}

async fn open(
    request: Request<Incoming>,
    client: SocketAddr,
    shared: Arc<Shared>,
    host: HostName,
    opaque: bool,
    mut entry: Entry,
    place: Place,
) -> Response<AnyBody> {
    let server = match shared.tunnel.open(client, &host, opaque).await {
        Ok(server) => server,
        Err((error, reason)) => return refuse(entry, error, &reason),
    };
    entry.record.decision = Some(Decision::Allowed);
    if let Err(error) = entry.begin() {
        tracing::error!(%error, "the audit log cannot be written");
        entry.failed("audit-unavailable", &error.to_string());
        entry.record.decision = Some(Decision::Refused);
        entry.answered(503);
        return text(StatusCode::SERVICE_UNAVAILABLE, "the gateway cannot record this tunnel");
    }
    let idle = shared.tunnel.idle;
    tokio::spawn(async move {
        match hyper::upgrade::on(request).await {
            Ok(upgraded) => tunnel::carry(TokioIo::new(upgraded), server, entry, idle).await,
            Err(error) => entry.failed("client-gone", &error.to_string()),
        }
        drop(place);
    });
    Response::new(full(""))
}

async fn intercept(
    upgraded: Upgraded,
    authority: HostName,
    client: SocketAddr,
    shared: Arc<Shared>,
    acceptor: TlsAcceptor,
) {
    let accepted = tokio::time::timeout(shared.head, acceptor.accept(TokioIo::new(upgraded))).await;
    let stream = match accepted {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::info!(%client, host = authority.name(), %error, "no tls session; does the client trust our ca?");
            return;
        }
        Err(_) => return,
    };
    let sni = stream.get_ref().1.server_name().and_then(|name| HostName::parse(name.as_bytes()).ok());
    inner(stream, Arrival::Intercepted { authority, sni }, client, shared).await;
}

async fn inner<S>(stream: S, arrival: Arrival, client: SocketAddr, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (head, mut closing) = (shared.head, shared.closing.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let (shared, arrival) = (Arc::clone(&shared), arrival.clone());
        async move { Ok::<_, Infallible>(forward::answer(shared, client, arrival, request).await) }
    });
    let mut serving = pin!(builder(head).serve_connection(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = closed(&mut closing) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%client, %error, "an intercepted connection ended");
    }
}

fn refuse(mut entry: Entry, error: &'static str, reason: &str) -> Response<AnyBody> {
    let status = match error {
        "tunnel-connect" => StatusCode::BAD_GATEWAY,
        _ => StatusCode::FORBIDDEN,
    };
    entry.record.decision = Some(Decision::Refused);
    entry.failed(error, reason);
    entry.answered(status.as_u16());
    let line = match error {
        // What our resolver or network says of a host is not the client's business.
        "tunnel-connect" => "the host cannot be reached",
        _ => reason,
    };
    text(status, line)
}

fn text(status: StatusCode, line: &str) -> Response<AnyBody> {
    let mut response = Response::new(full(format!("awsaccess: {line}\n")));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert("content-type", http::HeaderValue::from_static("text/plain; charset=utf-8"));
    response.headers_mut().insert("cache-control", http::HeaderValue::from_static("no-store"));
    response
}
