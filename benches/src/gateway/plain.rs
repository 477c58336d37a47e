//! The peers: proxies that intercept TLS with hyper and pass everything on. They prove nothing, sign nothing and record
//! nothing.
//!
//! The plain one is made of what hyper brings for it, as its users write theirs: a server, and a client that keeps its
//! connections in a pool. The bare one has as little as can be: a connection of its own to the service for each of a client's,
//! which spares it the pool, the looking for a host and what is behind.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderName;
use hyper::http::uri::{Authority, Scheme};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tower_service::Service;

use super::wire::{client, server};

type Fault = Box<dyn std::error::Error + Send + Sync>;
type Answer = Result<Response<BoxBody<Bytes, hyper::Error>>, Fault>;

/// Serves until standard input ends; says where, and whom to trust.
pub(super) fn play(service: SocketAddr, trusted: &str, pools: bool) -> io::Result<()> {
    let (pem, config) = server();
    let acceptor = TlsAcceptor::from(config);
    let config = client(trusted);
    let up = if pools { Up::Pool(pool(service, &config)) } else { Up::Own(service, config) };
    let way = Way { up, acceptor };
    super::serve(
        async |listener| listen(listener, way).await,
        |address| serde_json::json!({ "address": address, "ca_pem": pem }),
    )
}

#[derive(Clone)]
struct Way {
    up: Up,
    acceptor: TlsAcceptor,
}

/// The way to the service.
#[derive(Clone)]
enum Up {
    Pool(Client<HttpsConnector<HttpConnector<Resolver>>, Incoming>),
    Own(SocketAddr, Arc<ClientConfig>),
}

async fn listen(listener: TcpListener, way: Way) {
    while let Ok((stream, _)) = listener.accept().await {
        let way = way.clone();
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let service = service_fn(move |request| std::future::ready(connect(request, way.clone())));
            let serving =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            let _ = serving.with_upgrades().await;
        });
    }
}

fn connect(request: Request<Incoming>, way: Way) -> Result<Response<Empty<Bytes>>, Infallible> {
    let mut response = Response::new(Empty::new());
    let authority = request.uri().authority().filter(|_| request.method() == Method::CONNECT).cloned();
    let Some(authority) = authority else {
        *response.status_mut() = hyper::StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    tokio::spawn(async move {
        let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
        let Ok(stream) = way.acceptor.accept(TokioIo::new(upgraded)).await else { return };
        let builder = hyper::server::conn::http1::Builder::new();
        let stream = TokioIo::new(stream);
        let _ = match way.up {
            Up::Pool(client) => {
                let service = service_fn(move |request| pooled(request, client.clone(), authority.clone()));
                builder.serve_connection(stream, service).await
            }
            Up::Own(service, config) => {
                let own: Arc<Own> = Arc::new(Own { service, config, sender: Mutex::default() });
                let service = service_fn(move |request| bare(request, Arc::clone(&own)));
                builder.serve_connection(stream, service).await
            }
        };
    });
    Ok(response)
}

/// By the pool, less what belongs to either connection.
async fn pooled(
    mut request: Request<Incoming>,
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Incoming>,
    authority: Authority,
) -> Answer {
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    // The port is the resolver's.
    let host = Authority::try_from(authority.host())?;
    (parts.scheme, parts.authority) = (Some(Scheme::HTTPS), Some(host));
    *request.uri_mut() = Uri::from_parts(parts)?;
    strip(request.headers_mut());
    let mut response = client.request(request).await?;
    strip(response.headers_mut());
    Ok(response.map(BodyExt::boxed))
}

/// RFC 9110, section 7.6.1.
fn strip(headers: &mut HeaderMap) {
    const OF_THE_CONNECTION: [HeaderName; 7] = [
        hyper::header::CONNECTION,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
        hyper::header::TE,
        hyper::header::TRAILER,
        hyper::header::TRANSFER_ENCODING,
        hyper::header::UPGRADE,
    ];
    for name in OF_THE_CONNECTION {
        headers.remove(name);
    }
}

fn pool(
    service: SocketAddr,
    config: &ClientConfig,
) -> Client<HttpsConnector<HttpConnector<Resolver>>, Incoming> {
    let mut http = HttpConnector::new_with_resolver(Resolver(service));
    http.enforce_http(false);
    http.set_nodelay(true);
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(config.clone())
        .https_only()
        .enable_http1()
        .wrap_connector(http);
    Client::builder(TokioExecutor::new()).build(https)
}

/// Finds the service under every name.
#[derive(Clone)]
struct Resolver(SocketAddr);

impl Service<Name> for Resolver {
    type Response = std::iter::Once<SocketAddr>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        std::future::ready(Ok(std::iter::once(self.0)))
    }
}

type Sender = hyper::client::conn::http1::SendRequest<Incoming>;

/// A client's own connection to the service, made with its first request.
struct Own {
    service: SocketAddr,
    config: Arc<ClientConfig>,
    sender: Mutex<Option<Sender>>,
}

async fn bare(request: Request<Incoming>, own: Arc<Own>) -> Answer {
    let mut sender = own.sender.lock().await;
    if sender.as_ref().is_none_or(Sender::is_closed) {
        let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        *sender = Some(own.dial(host.to_owned()).await?);
    }
    let sender = sender.as_mut().ok_or("no connection")?;
    sender.ready().await?;
    Ok(sender.send_request(request).await?.map(BodyExt::boxed))
}

impl Own {
    async fn dial(&self, host: String) -> Result<Sender, Fault> {
        let stream = TcpStream::connect(self.service).await?;
        stream.set_nodelay(true)?;
        let connector = TlsConnector::from(Arc::clone(&self.config));
        let stream = connector.connect(ServerName::try_from(host)?, stream).await?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }
}
