//! The peer: a proxy that intercepts TLS with hyper and passes everything on as it is. It proves nothing, signs nothing and
//! records nothing; each client's connection has one of its own to the service, which spares it a pool.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::wire::{client, server};

type Sender = hyper::client::conn::http1::SendRequest<Incoming>;
type Answer = Result<Response<BoxBody<Bytes, hyper::Error>>, Box<dyn std::error::Error + Send + Sync>>;

/// Serves until standard input ends; says where, and whom to trust.
pub(super) fn play(service: SocketAddr, trusted: &str) -> io::Result<()> {
    let (pem, config) = server();
    let way = Way { service, config: client(trusted), acceptor: TlsAcceptor::from(config) };
    super::serve(
        async |listener| listen(listener, way).await,
        |address| serde_json::json!({ "address": address, "ca_pem": pem }),
    )
}

#[derive(Clone)]
struct Way {
    service: SocketAddr,
    config: Arc<ClientConfig>,
    acceptor: TlsAcceptor,
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
    if request.method() != Method::CONNECT {
        *response.status_mut() = hyper::StatusCode::BAD_REQUEST;
        return Ok(response);
    }
    tokio::spawn(async move {
        let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
        let Ok(stream) = way.acceptor.accept(TokioIo::new(upgraded)).await else { return };
        let sender: Arc<Mutex<Option<Sender>>> = Arc::default();
        let service = service_fn(move |request| forward(request, way.clone(), Arc::clone(&sender)));
        let _ =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    });
    Ok(response)
}

async fn forward(request: Request<Incoming>, way: Way, sender: Arc<Mutex<Option<Sender>>>) -> Answer {
    let mut sender = sender.lock().await;
    if sender.as_ref().is_none_or(Sender::is_closed) {
        let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        *sender = Some(dial(&way, host.to_owned()).await?);
    }
    let sender = sender.as_mut().ok_or("no connection")?;
    sender.ready().await?;
    Ok(sender.send_request(request).await?.map(BodyExt::boxed))
}

async fn dial(way: &Way, host: String) -> Result<Sender, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(way.service).await?;
    stream.set_nodelay(true)?;
    let stream =
        TlsConnector::from(Arc::clone(&way.config)).connect(ServerName::try_from(host)?, stream).await?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}
