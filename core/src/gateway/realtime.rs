//! AppSync's real-time WebSockets, which are signed in a way of their own.
//!
//! The handshake and every message that subscribes or publishes carry an *authorization object*: the header fields of a
//! `POST` that is never sent, signed for AppSync's HTTP endpoint with a body that both sides make of the message. The
//! handshake's stands as `header-` and base64url among the sub-protocols, or in the query. Here each is read as that
//! request, so that it goes the way of any other, and is written anew with what was signed again.
//!
//! See "Understanding the Event API WebSocket protocol" in the AppSync Events Developer Guide, and "Building a Real-time
//! WebSocket Client" in the AppSync Developer Guide for GraphQL subscriptions.

mod message;
mod place;

use serde_json::{Map, Value};

pub use self::message::{Draft, RealtimeMessage};
use self::place::{Found, Place};
use super::ingress::{self, Admitted};
use super::pass::Kept;
use super::{Arrival, BodyPlan, Gateway, Head, Proven, Refusal, RefusalKind, Refused, note};
use crate::audit::{Record, Shown};
use crate::partition::HostName;
use crate::sigv4::{Fields, Resigned};
use crate::time::Time;

/// The label of the hosts that sockets are opened to, and that of the hosts that are signed for.
const REALTIME: &str = "appsync-realtime-api";
const HTTP: &str = "appsync-api";
/// What a connection is asked for with.
const CONNECT: &str = "{}";
/// A field that Amplify adds behind the signature. It says what the client is and is nothing that AWS acts on.
const USER_AGENT: &str = "x-amz-user-agent";
const MOST_PROTOCOLS: usize = 16;

/// What is spoken in the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// AppSync Events.
    Events,
    /// Subscriptions of GraphQL.
    GraphQl,
}

impl Dialect {
    fn named(protocol: &str) -> Option<Self> {
        match protocol {
            "aws-appsync-event-ws" => Some(Self::Events),
            "graphql-ws" => Some(Self::GraphQl),
            _ => None,
        }
    }

    /// The path that a connection is signed for, and the one that messages are.
    const fn paths(self) -> (&'static str, &'static str) {
        match self {
            Self::Events => ("/event", "/event"),
            Self::GraphQl => ("/graphql/connect", "/graphql"),
        }
    }
}

/// A socket that a client opens with a signature of AppSync's kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealtimeSocket {
    dialect: Dialect,
    /// The host of the HTTP endpoint.
    host: HostName,
    /// That of the socket, as its `Host` header says it.
    upstream: String,
    /// Where the handshake has its authorization object, and what it has beside it.
    place: Place,
    target: Vec<u8>,
    protocols: Vec<String>,
}

/// A request that is never sent, but signed: what an authorization object stands for.
pub struct RealtimeRequest {
    head: Kept,
    body: String,
    arrival: Arrival,
    socket: RealtimeSocket,
    /// What is done, in the words of AppSync's IAM actions.
    action: &'static str,
    /// What it is done with.
    channel: Option<Shown>,
    draft: Draft,
}

impl Gateway {
    /// The socket that a WebSocket handshake asks for, and the request that its authorization object stands for; `None`
    /// for a handshake that is signed like any other request, or not at all.
    ///
    /// # Errors
    /// A head that [`Gateway::open`] would refuse as well, and an object that cannot be read in one way only.
    pub fn realtime(
        &self,
        head: &Head<'_>,
        arrival: &Arrival,
        record: &mut Record,
    ) -> Result<Option<(RealtimeSocket, RealtimeRequest)>, Refusal> {
        let Arrival::Intercepted { .. } = arrival else { return Ok(None) };
        let Some(protocols) = protocols(head) else { return Ok(None) };
        let Some(dialect) = protocols.iter().find_map(|protocol| Dialect::named(protocol)) else {
            return Ok(None);
        };
        let Some(place) = Place::of(dialect, &protocols, &head.target) else { return Ok(None) };
        note::head(head, arrival, record);
        // An object in the query is no part of what is shown.
        record.target = Some(Shown::target(place::query(&head.target).0));
        let mut head = head.clone();
        let Admitted { host, .. } = ingress::admit(&mut head, &mut Fields::new(), arrival, &self.limits)?;
        let Found { object, protocols, target } = place.take(&protocols, &head.target)?;
        let (upstream, host) = (host.name().to_owned(), http_host(&host)?);
        let socket = RealtimeSocket { dialect, host, upstream, place, target, protocols };
        let (path, _) = dialect.paths();
        let request = socket.request(path, &object, CONNECT.to_owned(), "EventConnect", Draft::default())?;
        Ok(Some((socket, request)))
    }
}

impl RealtimeSocket {
    /// The target of the handshake, without an authorization object.
    #[must_use]
    pub fn target(&self) -> &[u8] {
        &self.target
    }

    /// The target and the sub-protocols of the handshake as it is sent on, with the object that [`Draft::finish`] gave.
    #[must_use]
    pub fn handshake(&self, object: String) -> (Vec<u8>, String) {
        self.place.put(object, &self.target, &self.protocols)
    }

    /// The host that the socket is opened to.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.upstream
    }

    /// Whether a key stands beside the object of the handshake.
    fn names(&self, key: &str) -> bool {
        memchr::memmem::find(&self.target, key.as_bytes()).is_some()
            || self.protocols.iter().any(|protocol| protocol.contains(key))
    }

    fn request(
        &self,
        path: &str,
        object: &Map<String, Value>,
        body: String,
        action: &'static str,
        mut draft: Draft,
    ) -> Result<RealtimeRequest, Refusal> {
        let mut headers = Vec::with_capacity(object.len() + 1);
        for (name, value) in object {
            let Value::String(value) = value else {
                return Err(malformed("a member of the authorization object is no text"));
            };
            if name.eq_ignore_ascii_case(USER_AGENT) && !is_signed(object, USER_AGENT) {
                draft.user_agent = Some(value.clone());
                continue;
            }
            // What the socket needs no length for is added for the request alone.
            headers.push((name.to_ascii_lowercase().into_bytes(), value.clone().into_bytes()));
        }
        let length = headers.iter().any(|(name, _)| name == b"content-length");
        draft.has_length = length || is_signed(object, "content-length");
        if !length {
            headers.push((b"content-length".to_vec(), body.len().to_string().into_bytes()));
        }
        let arrival = Arrival::Intercepted { authority: self.host.clone(), sni: Some(self.host.clone()) };
        let head = Kept { method: "POST".to_owned(), target: path.into(), headers };
        Ok(RealtimeRequest { head, body, arrival, socket: self.clone(), action, channel: None, draft })
    }
}

impl RealtimeRequest {
    /// Proves the signature and decides, as for any request. What then is signed again goes to [`Draft::finish`].
    ///
    /// # Errors
    /// [`Refused`], as [`Gateway::open`] and [`super::Opened::prove`] have it.
    pub fn prove(
        self,
        gateway: &Gateway,
        now: Time,
        record: &mut Record,
    ) -> Result<(Proven, Draft), Refused> {
        let Self { head, body, arrival, socket, action, channel, mut draft } = self;
        let opened = gateway.open(head.head(), &arrival, now, record);
        // The record is of the socket, not of what it is signed as.
        note::socket(&socket, record);
        let opened = opened?;
        record.upstream = Some(socket.upstream.as_str().into());
        let protocol = opened.protocol();
        let held = matches!(opened.body(), BodyPlan::Hold(_)).then_some(body.as_bytes());
        let proven = opened.prove(gateway, held, now, record);
        record.operation = Some(Shown::name(action));
        let proven = proven?;
        // Not before: what was refused may be what must not be kept.
        record.resources.extend(channel);
        let Some(key) = proven.access_key_id() else {
            let why = "a real-time message without a signature has no place to go";
            return Err(Refused::new(Refusal::new(RefusalKind::AuthMissing, why), protocol, false));
        };
        if socket.names(key) {
            return Err(Refused::new(
                malformed("the placeholder stands where it would be sent on"),
                protocol,
                false,
            ));
        }
        draft.key = key.to_owned();
        draft.body = body;
        Ok((proven, draft))
    }
}

/// The authorization object of what was signed again.
fn object_of(resigned: Resigned, body: &str, draft: &Draft) -> Result<Map<String, Value>, Refusal> {
    let Resigned { headers, body: mut checked, .. } = resigned;
    checked.push(body.as_bytes())?;
    checked.finish()?;
    let mut object = Map::new();
    for (name, value) in headers.iter() {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        if name == "content-length" && !draft.has_length {
            continue;
        }
        let value = std::str::from_utf8(value).map_err(|_| malformed("a signed field is no text"))?;
        object.insert(name, value.into());
    }
    if let Some(agent) = &draft.user_agent {
        object.insert(USER_AGENT.to_owned(), agent.as_str().into());
    }
    Ok(object)
}

fn is_signed(object: &Map<String, Value>, wanted: &str) -> bool {
    let authorization = object.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let signed = authorization.and_then(|(_, value)| value.as_str()?.split_once("SignedHeaders="));
    signed.is_some_and(|(_, rest)| {
        let names = rest.split([',', ' ']).next().unwrap_or_default();
        names.split(';').any(|name| name == wanted)
    })
}

/// The sub-protocols of a handshake, if there are any and not too many.
fn protocols(head: &Head<'_>) -> Option<Vec<String>> {
    let mut all = Vec::new();
    for value in head.values("sec-websocket-protocol") {
        let value = std::str::from_utf8(value).ok()?;
        all.extend(value.split(',').map(|protocol| protocol.trim().to_owned()));
    }
    (1..=MOST_PROTOCOLS).contains(&all.len()).then_some(all)
}

/// The HTTP endpoint of a socket's host. A domain of a customer's own has one name for both.
fn http_host(host: &HostName) -> Result<HostName, Refusal> {
    let labels: Vec<&str> = host.name().split('.').collect();
    let name: Vec<&str> = labels.iter().map(|label| if *label == REALTIME { HTTP } else { *label }).collect();
    HostName::parse(name.join(".").as_bytes())
        .map_err(|why| Refusal::new(RefusalKind::HostNotAllowed, why.to_string()))
}

fn malformed(why: &str) -> Refusal {
    Refusal::new(RefusalKind::Malformed, format!("of the real-time socket, {why}"))
}
