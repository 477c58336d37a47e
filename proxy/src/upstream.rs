//! The way to the services: connections that are kept, to addresses that were checked, with certificates verified.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use awsaccess::gateway::{HostPattern, Refusal, RefusalKind};
use awsaccess::partition::HostName;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::address::is_public;
use crate::body::AnyBody;

/// Where hosts are that are not found by their name alone.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) host: HostPattern,
    /// The address to dial instead of what the name resolves to; no check is made of it.
    pub(crate) address: Option<SocketAddr>,
    pub(crate) tls: bool,
    /// The certificates to trust there, if they are not the usual ones.
    pub(crate) config: Option<Arc<ClientConfig>>,
}

/// How long the steps towards an answer may take.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) connect: Duration,
    pub(crate) answer: Duration,
}

/// The way to all services.
pub(crate) struct Upstream {
    places: Vec<Place>,
    private: Vec<HostPattern>,
    config: Arc<ClientConfig>,
    patience: Patience,
    idle: Mutex<HashMap<String, Vec<Kept>>>,
}

struct Kept {
    sender: SendRequest<AnyBody>,
    since: Instant,
}

/// The most connections that are kept to one host, and to all.
const MOST_KEPT: usize = 64;
const MOST_KEPT_IN_ALL: usize = 512;
/// Services close what is idle for some 20 s at the least; we do so before them.
const KEPT_FOR: Duration = Duration::from_secs(15);

impl Upstream {
    pub(crate) fn new(
        places: Vec<Place>,
        private: Vec<HostPattern>,
        config: Arc<ClientConfig>,
        patience: Patience,
    ) -> Self {
        Self { places, private, config, patience, idle: Mutex::default() }
    }

    pub(crate) fn patience(&self) -> Patience {
        self.patience
    }

    /// Sends a request to `host` (as the `Host` header says it) and gives the head of the answer, whose body follows.
    ///
    /// A request is sent once. Only one that never left, since a kept connection had ended, is sent on a new one.
    pub(crate) async fn send(
        self: &Arc<Self>,
        host: &str,
        mut request: Request<AnyBody>,
    ) -> Result<Response<Incoming>, Refusal> {
        let started = Instant::now();
        while let Some(mut sender) = self.take(host) {
            if sender.ready().await.is_err() {
                continue;
            }
            match self.answer(&mut sender, request, started).await {
                Ok(response) => return Ok(self.give_back(host, sender, response)),
                Err((refusal, None)) => return Err(refusal),
                Err((_, Some(unsent))) => request = *unsent,
            }
        }
        let mut sender = self.connect(host).await?;
        match self.answer(&mut sender, request, started).await {
            Ok(response) => Ok(self.give_back(host, sender, response)),
            Err((refusal, _)) => Err(refusal),
        }
    }

    async fn answer(
        &self,
        sender: &mut SendRequest<AnyBody>,
        request: Request<AnyBody>,
        started: Instant,
    ) -> Result<Response<Incoming>, (Refusal, Option<Box<Request<AnyBody>>>)> {
        let left = self.patience.answer.saturating_sub(started.elapsed());
        match tokio::time::timeout(left, sender.try_send_request(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(mut error)) => {
                let unsent = error.take_message().map(Box::new);
                let refusal = Refusal::new(RefusalKind::UpstreamConnect, "the service broke the connection");
                Err((refusal.with_detail(error.into_error().to_string()), unsent))
            }
            Err(_) => {
                Err((Refusal::new(RefusalKind::UpstreamTimeout, "the service did not answer in time"), None))
            }
        }
    }

    fn take(&self, host: &str) -> Option<SendRequest<AnyBody>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle.get_mut(host)?;
        while let Some(Kept { sender, since }) = kept.pop() {
            if since.elapsed() < KEPT_FOR && !sender.is_closed() {
                return Some(sender);
            }
        }
        idle.remove(host);
        None
    }

    /// Keeps the connection for the next request once this answer has been read: until then it is not ready.
    fn give_back(
        self: &Arc<Self>,
        host: &str,
        mut sender: SendRequest<AnyBody>,
        response: Response<Incoming>,
    ) -> Response<Incoming> {
        let (upstream, host) = (Arc::clone(self), host.to_owned());
        tokio::spawn(async move {
            if sender.ready().await.is_err() {
                return;
            }
            let mut idle = upstream.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.retain(|_, kept| {
                kept.retain(|kept| kept.since.elapsed() < KEPT_FOR && !kept.sender.is_closed());
                !kept.is_empty()
            });
            if idle.values().map(Vec::len).sum::<usize>() < MOST_KEPT_IN_ALL {
                let kept = idle.entry(host).or_default();
                if kept.len() < MOST_KEPT {
                    kept.push(Kept { sender, since: Instant::now() });
                }
            }
        });
        response
    }

    async fn connect(&self, host: &str) -> Result<SendRequest<AnyBody>, Refusal> {
        let fault = |detail: String| {
            Refusal::new(RefusalKind::UpstreamConnect, "the service cannot be reached").with_detail(detail)
        };
        let name = HostName::parse(host.as_bytes()).map_err(|why| fault(why.to_string()))?;
        let place = self.places.iter().find(|place| place.host.matches(name.name()));
        let connecting = async {
            let stream = self.dial(&name, place).await?;
            if place.is_some_and(|place| !place.tls) {
                return Ok(Stream::Plain(stream));
            }
            let config = place.and_then(|place| place.config.as_ref()).unwrap_or(&self.config);
            let server = ServerName::try_from(name.name().to_owned()).map_err(io::Error::other)?;
            TlsConnector::from(Arc::clone(config))
                .connect(server, stream)
                .await
                .map(|tls| Stream::Tls(Box::new(tls)))
        };
        let stream = match tokio::time::timeout(self.patience.connect, connecting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(fault(format!("{host}: {error}"))),
            Err(_) => return Err(fault(format!("{host}: the connection was not made in time"))),
        };
        match stream {
            Stream::Plain(stream) => speak(stream).await,
            Stream::Tls(stream) => speak(*stream).await,
        }
        .map_err(|error| fault(format!("{host}: {error}")))
    }

    async fn dial(&self, name: &HostName, place: Option<&Place>) -> io::Result<TcpStream> {
        if let Some(address) = place.and_then(|place| place.address) {
            return connect_to(address).await;
        }
        let private = place.is_some() || self.private.iter().any(|pattern| pattern.matches(name.name()));
        let default = if place.is_some_and(|place| !place.tls) { 80 } else { 443 };
        dial_checked(name.name(), name.port().unwrap_or(default), private).await
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

async fn speak<S>(stream: S) -> hyper::Result<SendRequest<AnyBody>>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) =
        http1::Builder::new().max_buf_size(256 << 10).handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to a service ended");
        }
    });
    Ok(sender)
}

/// Resolves a name, and connects to the first of its addresses that may be connected to. The address that was checked
/// is the one that is dialled, so that a name that resolves anew to something else changes nothing.
pub(crate) async fn dial_checked(name: &str, port: u16, private: bool) -> io::Result<TcpStream> {
    let mut refused = false;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in tokio::net::lookup_host((name, port)).await? {
        if !private && !is_public(address.ip()) {
            refused = true;
            continue;
        }
        match connect_to(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    if refused {
        let text = "the name resolves to an address that is not on the public internet";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    Err(last)
}

pub(crate) async fn connect_to(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
