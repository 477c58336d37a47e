//! The way to the services: connections that are kept, to addresses that were checked, with certificates verified.

mod bare;
mod dial;
mod link;
mod names;
mod pool;
mod proxy;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use awsaccess::gateway::{HostPattern, Refusal, RefusalKind};
use awsaccess::partition::HostName;
use hyper::{Request, Response};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use self::bare::Bare;
pub(crate) use self::dial::{Dialer, Road, connect_to};
pub(crate) use self::link::Arriving;
use self::link::{Home, Link};
pub(crate) use self::names::{Names, Resolver};
use self::pool::Pool;
pub(crate) use self::proxy::{Except, Proxies, Proxy, Setting};
use crate::body::{AnyBody, Progress};
use crate::carrier::Carrier;
use crate::whole::{Answer, Message};

/// Where hosts are that are not found by their name alone.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) host: HostPattern,
    /// The address to dial instead of what the name resolves to; no check is made of it, and no proxy is between.
    pub(crate) address: Option<SocketAddr>,
    pub(crate) tls: bool,
    /// The certificates to trust there, if they are not the usual ones.
    pub(crate) trust: Option<Trust>,
}

/// Whom to trust to be a service, and what to speak there.
#[derive(Clone)]
pub(crate) struct Trust {
    /// The service chooses the version of HTTP.
    any: Arc<ClientConfig>,
    /// HTTP/1.1, for what HTTP/2 does not carry.
    one: Arc<ClientConfig>,
}

impl Trust {
    pub(crate) fn new(config: &ClientConfig, http2: bool) -> Self {
        let speaks = |protocols: &[&[u8]]| {
            let mut config = config.clone();
            config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
            Arc::new(config)
        };
        let one = speaks(&[b"http/1.1"]);
        let any = if http2 { speaks(&[b"h2", b"http/1.1"]) } else { Arc::clone(&one) };
        Self { any, one }
    }

    /// For whom HTTP/1.1 is spoken to.
    pub(crate) fn one(&self) -> &Arc<ClientConfig> {
        &self.one
    }
}

/// How long the steps towards an answer may take.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) connect: Duration,
    /// From the last byte that moved to the head of the answer; the longest pause in an answer, too.
    pub(crate) answer: Duration,
}

/// A request that is ready to be sent, perhaps in a connection already.
pub(crate) struct Loaded {
    message: Message,
    kept: Option<(Box<Bare>, Arc<str>)>,
}

/// A connection to a service.
enum Connection {
    /// For whole requests, or for any once it is [spoken](Self::spoken).
    Bare(Box<Bare>),
    Spoken(Link),
}

impl Connection {
    fn bare(stream: impl Carrier + 'static) -> Self {
        Self::Bare(Box::new(Bare::new(stream)))
    }

    /// What takes requests of any kind, once it takes one.
    async fn spoken(self) -> hyper::Result<Link> {
        let mut link = match self {
            Self::Bare(bare) => bare.spoken().await?,
            Self::Spoken(link) => link,
        };
        link.ready().await.map(|()| link)
    }

    fn is_closed(&mut self) -> bool {
        match self {
            Self::Bare(bare) => bare.is_closed(),
            Self::Spoken(link) => link.is_closed(),
        }
    }

    /// Whether it takes a request at once.
    fn is_ready(&self) -> bool {
        match self {
            Self::Bare(_) => true,
            Self::Spoken(link) => link.is_ready(),
        }
    }
}

/// The way to all services.
pub(crate) struct Upstream {
    places: Vec<Place>,
    private: Vec<HostPattern>,
    trust: Trust,
    dialer: Arc<Dialer>,
    pub(crate) patience: Patience,
    pool: Arc<Pool>,
}

impl Upstream {
    pub(crate) fn new(
        places: Vec<Place>,
        private: Vec<HostPattern>,
        trust: Trust,
        dialer: Arc<Dialer>,
        patience: Patience,
    ) -> Self {
        Self { places, private, trust, dialer, patience, pool: Pool::new() }
    }

    /// Sends a request to `host` (as the `Host` header says it) and gives the head of the answer, whose body follows.
    /// `progress` tells when the request's own body last moved, which may take as long as it likes.
    ///
    /// A request is sent once. Only one that never left, since a kept connection had ended, is sent on a new one.
    pub(crate) async fn send(
        &self,
        host: &str,
        mut request: Request<AnyBody>,
        progress: Option<&Progress>,
    ) -> Result<Response<Arriving>, Refusal> {
        let started = Instant::now();
        while let Some((connection, name)) = self.pool.take(host) {
            let Ok(mut link) = connection.spoken().await else { continue };
            match self.answer(&mut link, request, started, progress).await {
                Ok(response) => return Ok(self.to_be_kept(response, name, link)),
                Err((refusal, None)) => return Err(refusal),
                Err((_, Some(unsent))) => request = *unsent,
            }
        }
        let mut link = self.connect(host, false).await?.spoken().await.map_err(broken)?;
        let name = Arc::<str>::from(host);
        if let Some(shared) = link.shared() {
            self.pool.keep(Arc::clone(&name), Connection::Spoken(shared));
        }
        match self.answer(&mut link, request, started, progress).await {
            Ok(response) => Ok(self.to_be_kept(response, name, link)),
            Err((refusal, _)) => Err(refusal),
        }
    }

    /// Makes a request that is here whole ready for a connection that is kept, if there is one, and sends nothing of it.
    pub(crate) fn load(&self, host: &str, mut message: Message) -> Loaded {
        let kept = match self.pool.take(host) {
            Some((Connection::Bare(mut bare), name)) => {
                bare.load(&mut message);
                Some((bare, name))
            }
            Some((spoken, name)) => {
                self.pool.keep(name, spoken);
                None
            }
            None => None,
        };
        Loaded { message, kept }
    }

    /// Sends what was made ready, and gives the answer.
    pub(crate) async fn ask(
        &self,
        host: &str,
        Loaded { message, kept }: Loaded,
    ) -> Result<Answer<Response<Arriving>>, Refusal> {
        if let Some((bare, name)) = kept {
            return self.ask_bare(bare, name, &message).await;
        }
        let (connection, name) = match self.pool.take(host) {
            Some(kept) => kept,
            None => (self.connect(host, false).await?, host.into()),
        };
        match connection {
            Connection::Bare(bare) => self.ask_bare(bare, name, &message).await,
            spoken @ Connection::Spoken(_) => {
                self.pool.keep(name, spoken);
                Box::pin(self.send(host, message.request()?, None)).await.map(Answer::Flows)
            }
        }
    }

    async fn ask_bare(
        &self,
        mut bare: Box<Bare>,
        name: Arc<str>,
        message: &Message,
    ) -> Result<Answer<Response<Arriving>>, Refusal> {
        let deadline = tokio::time::Instant::now() + self.patience.answer;
        let overdue = bare.clock.until(deadline);
        tokio::select! {
            biased;
            answer = bare.ask(message) => if let Some(reply) = answer.map_err(broken)? {
                self.pool.keep(name, Connection::Bare(bare));
                return Ok(Answer::Whole(reply));
            },
            () = overdue => return Err(late()),
        }
        // What came may be a word on the way to an answer that is still to come.
        let flowing = tokio::time::timeout_at(deadline, Box::pin(bare.flowing(message))).await;
        let (response, link) = flowing.map_err(|_| late())?.map_err(broken)?;
        Ok(Answer::Flows(self.to_be_kept(response, name, link)))
    }

    /// The answer, after which its connection is there for the next request. One that takes several is there already.
    fn to_be_kept(&self, response: Response<Arriving>, host: Arc<str>, link: Link) -> Response<Arriving> {
        if link.load().is_some() {
            self.pool.keep(host, Connection::Spoken(link));
            return response;
        }
        let home = Home { pool: Arc::clone(&self.pool), host, link };
        response.map(|body| body.back_to(home))
    }

    /// Sends a request that would make something else of its connection. The connection is its own.
    pub(crate) async fn upgrade(
        &self,
        host: &str,
        request: Request<AnyBody>,
    ) -> Result<Response<Arriving>, Refusal> {
        let mut link = self.connect(host, true).await?.spoken().await.map_err(broken)?;
        self.answer(&mut link, request, Instant::now(), None).await.map_err(|(refusal, _)| refusal)
    }

    async fn answer(
        &self,
        link: &mut Link,
        request: Request<AnyBody>,
        started: Instant,
        progress: Option<&Progress>,
    ) -> Result<Response<Arriving>, (Refusal, Option<Box<Request<AnyBody>>>)> {
        let patience = self.patience.answer;
        let still = || progress.map_or_else(|| started.elapsed(), Progress::still);
        let clock = link.clock();
        let overdue = async {
            while still() < patience {
                clock.until(tokio::time::Instant::now() + patience.saturating_sub(still())).await;
            }
        };
        tokio::select! {
            answer = link.send(request) => answer.map_err(|(error, unsent)| {
                (broken(error), unsent)
            }),
            () = overdue => Err((late(), None)),
        }
    }

    async fn connect(&self, host: &str, one: bool) -> Result<Connection, Refusal> {
        let fault = |detail: String| {
            Refusal::new(RefusalKind::UpstreamConnect, "the service cannot be reached").with_detail(detail)
        };
        let name = HostName::parse(host.as_bytes()).map_err(|why| fault(why.to_string()))?;
        // What a TLS session begins with takes much room, which requests on a kept connection do not need.
        let linking = Box::pin(self.link(&name, one));
        match tokio::time::timeout(self.patience.connect, linking).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(fault(format!("{host}: {error}"))),
            Err(_) => Err(fault(format!("{host}: the connection was not made in time"))),
        }
    }

    async fn link(&self, name: &HostName, one: bool) -> io::Result<Connection> {
        let place = self.places.iter().find(|place| place.host.matches(name.name()));
        let road = self.dial(name, place).await?;
        if place.is_some_and(|place| !place.tls) {
            return Ok(Connection::bare(road));
        }
        let trust = place.and_then(|place| place.trust.as_ref()).unwrap_or(&self.trust);
        let config = if one { &trust.one } else { &trust.any };
        let server = ServerName::try_from(name.name().to_owned()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::clone(config)).connect(server, road).await?;
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Ok(Connection::bare(stream));
        }
        Link::two(stream).await.map(Connection::Spoken).map_err(io::Error::other)
    }

    async fn dial(&self, name: &HostName, place: Option<&Place>) -> io::Result<Road> {
        if let Some(address) = place.and_then(|place| place.address) {
            return connect_to(address).await.map(Road::Plain);
        }
        let private = place.is_some() || self.private.iter().any(|pattern| pattern.matches(name.name()));
        let default = if place.is_some_and(|place| !place.tls) { 80 } else { 443 };
        self.dialer.reach(name.name(), name.port().unwrap_or(default), private).await
    }
}

#[cold]
fn broken(why: impl std::fmt::Display) -> Refusal {
    Refusal::new(RefusalKind::UpstreamConnect, "the service broke the connection")
        .with_detail(why.to_string())
}

#[cold]
fn late() -> Refusal {
    Refusal::new(RefusalKind::UpstreamTimeout, "the service did not answer in time")
}
