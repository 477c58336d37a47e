//! AppSync Events over a WebSocket: the handshake and each message that subscribes or publishes carry an authorization
//! object, which is the head of a `POST` that is never sent. It is checked as that request; what is published comes back
//! to the subscriptions of the same socket.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::message::{Reply, Request};
use crate::service::{self, Arrival};
use crate::state::State;

const PROTOCOL: &str = "aws-appsync-event-ws";
const OBJECT: &str = "header-";

/// An open socket.
pub(crate) struct Socket {
    state: Arc<State>,
    arrival: Arc<Arrival>,
    host: String,
    /// Identifiers and channels.
    subscriptions: Vec<(String, String)>,
}

/// The socket that a handshake opens, or why it does not; `None` for one of another service.
pub(crate) fn open(
    state: &Arc<State>,
    arrival: &Arc<Arrival>,
    request: &Request,
) -> Option<Result<Socket, Reply>> {
    let protocols: Vec<&str> = request.header("sec-websocket-protocol")?.split(',').map(str::trim).collect();
    if !protocols.contains(&PROTOCOL) || request.path != "/event/realtime" {
        return None;
    }
    let socket = Socket {
        state: Arc::clone(state),
        arrival: Arc::clone(arrival),
        host: request.host().replace("appsync-realtime-api", "appsync-api"),
        subscriptions: Vec::new(),
    };
    let object = protocols.iter().find_map(|protocol| protocol.strip_prefix(OBJECT));
    let object = object.and_then(|object| URL_SAFE_NO_PAD.decode(object).ok());
    let object: Option<Map<String, Value>> = object.and_then(|json| serde_json::from_slice(&json).ok());
    Some(match socket.check(object.as_ref(), "{}") {
        Ok(()) => Ok(socket),
        Err(reply) => Err(reply),
    })
}

impl Socket {
    /// Whether an authorization object is right for a body.
    fn check(&self, object: Option<&Map<String, Value>>, body: &str) -> Result<(), Reply> {
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
            path: "/event".into(),
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
        let id = message["id"].as_str().unwrap_or_default().to_owned();
        let channel = message["channel"].as_str().unwrap_or_default().to_owned();
        let authorization = message["authorization"].as_object();
        let told = |kind: &str| json!({ "id": id, "type": kind });
        let refused = |kind: &str| {
            let error = json!({ "errorType": "UnauthorizedException", "message": "You are not authorized." });
            json!({ "id": id, "type": kind, "errors": [error] })
        };
        let answers = match message["type"].as_str().unwrap_or_default() {
            "connection_init" => vec![json!({ "type": "connection_ack", "connectionTimeoutMs": 300_000 })],
            "subscribe" => match self.check(authorization, &json!({ "channel": channel }).to_string()) {
                Ok(()) => {
                    self.subscriptions.push((id.clone(), channel));
                    vec![told("subscribe_success")]
                }
                Err(_) => vec![refused("subscribe_error")],
            },
            "publish" => {
                let body = format!("{{\"channel\":{},\"events\":{}}}", message["channel"], message["events"]);
                match self.check(authorization, &body) {
                    Ok(()) => self.publish(told("publish_success"), &channel, &message["events"]),
                    Err(_) => vec![refused("publish_error")],
                }
            }
            "unsubscribe" => {
                self.subscriptions.retain(|(own, _)| *own != id);
                vec![told("unsubscribe_success")]
            }
            _ => vec![json!({ "type": "error", "errors": [{ "errorType": "UnsupportedOperation" }] })],
        };
        answers.iter().map(Value::to_string).collect()
    }

    fn publish(&self, mut told: Value, channel: &str, events: &Value) -> Vec<Value> {
        let events = events.as_array().map_or(&[][..], Vec::as_slice);
        let successful: Vec<Value> = (0..events.len())
            .map(|index| json!({ "identifier": index.to_string(), "index": index }))
            .collect();
        told["successful"] = successful.into();
        told["failed"] = json!([]);
        let mut all = vec![told];
        for (id, wanted) in &self.subscriptions {
            let is_one = match wanted.strip_suffix('*') {
                Some(start) => channel.starts_with(start),
                None => channel == wanted,
            };
            let data = events.iter().map(|event| json!({ "id": id, "type": "data", "event": event }));
            all.extend(data.filter(|_| is_one));
        }
        all
    }
}
