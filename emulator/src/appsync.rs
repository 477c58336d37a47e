//! AppSync over a WebSocket: the handshake and each message that asks for something carry an authorization object, which is
//! the head of a `POST` that is never sent. It is checked as that request.

mod events;
mod graphql;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::encoding::{percent_decode, raw_pairs, unbase64};
use crate::message::{Reply, Request};
use crate::service::{self, Arrival};
use crate::state::State;

const OBJECT: &str = "header-";

/// An open socket.
pub(crate) struct Socket {
    state: Arc<State>,
    arrival: Arc<Arrival>,
    host: String,
    dialect: Dialect,
    /// Of events: identifiers and channels.
    subscriptions: Vec<(String, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Events,
    GraphQl,
}

/// The socket that a handshake opens, or why it does not; `None` for one of another service.
pub(crate) fn open(
    state: &Arc<State>,
    arrival: &Arc<Arrival>,
    request: &Request,
) -> Option<Result<Socket, Reply>> {
    let protocols: Vec<&str> = request.header("sec-websocket-protocol")?.split(',').map(str::trim).collect();
    let speaks = |protocol| protocols.contains(&protocol);
    let (dialect, path) = match request.path.as_str() {
        "/event/realtime" if speaks(events::PROTOCOL) => (Dialect::Events, "/event"),
        "/graphql" if speaks(graphql::PROTOCOL) => (Dialect::GraphQl, "/graphql/connect"),
        _ => return None,
    };
    let host = request.host().replace("appsync-realtime-api", "appsync-api");
    let subscriptions = Vec::new();
    let socket =
        Socket { state: Arc::clone(state), arrival: Arc::clone(arrival), host, dialect, subscriptions };
    let object = protocols.iter().find_map(|protocol| protocol.strip_prefix(OBJECT));
    let object = match (object, &request.query, dialect) {
        (Some(object), None, _) => URL_SAFE_NO_PAD.decode(object).ok(),
        (None, Some(query), Dialect::GraphQl) => in_query(query),
        _ => None,
    };
    let object: Option<Map<String, Value>> = object.and_then(|json| serde_json::from_slice(&json).ok());
    Some(match socket.check(object.as_ref(), path, "{}") {
        Ok(()) => Ok(socket),
        Err(reply) => Err(reply),
    })
}

/// The object in a query, beside what a connection is asked for with.
fn in_query(query: &str) -> Option<Vec<u8>> {
    let (mut object, mut payload) = (None, None);
    for (name, value) in raw_pairs(query.as_bytes()) {
        // A plus is one: what stands here is base64.
        let value = unbase64(&String::from_utf8(percent_decode(value)).ok()?)?;
        match name {
            b"header" => object = Some(value),
            b"payload" => payload = Some(value),
            _ => {}
        }
    }
    object.filter(|_| payload.as_deref() == Some(b"{}"))
}

impl Socket {
    /// Whether an authorization object is right for a body.
    fn check(&self, object: Option<&Map<String, Value>>, path: &str, body: &str) -> Result<(), Reply> {
        let Some(object) = object else { return Err(Reply::text(401, "no authorization object")) };
        let mut headers = Vec::new();
        for (name, value) in object {
            let Value::String(value) = value else { return Err(Reply::text(400, "a member is no text")) };
            // What the client is, which it adds behind the signature.
            if name != "x-amz-user-agent" {
                headers.push((name.to_ascii_lowercase(), value.clone().into_bytes()));
            }
        }
        let request = Request {
            method: "POST".into(),
            path: path.into(),
            query: None,
            headers,
            body: Bytes::from(body.to_owned()),
            reservation: Arc::new(self.state.budget.reservation()),
        };
        if request.host() != self.host {
            return Err(Reply::text(403, "the authorization object is for another host"));
        }
        let reply = service::answer(&self.state, &self.arrival, &request).reply;
        if reply.status == 200 { Ok(()) } else { Err(reply) }
    }

    /// What is answered to a message.
    pub(crate) fn answer(&mut self, text: &[u8]) -> Vec<String> {
        let message: Value = serde_json::from_slice(text).unwrap_or_default();
        let answers = match self.dialect {
            Dialect::Events => self.event(&message),
            Dialect::GraphQl => self.subscription(&message),
        };
        answers.iter().map(Value::to_string).collect()
    }
}

/// An error as both dialects have it.
fn error(kind: &str) -> Value {
    json!({ "errorType": kind, "message": "The request was not carried out." })
}
