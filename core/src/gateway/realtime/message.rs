//! The messages in a real-time socket: those that are signed, and those that ask for nothing.

use serde_json::{Map, Value};
use zeroize::Zeroize as _;

use super::{Dialect, RealtimeRequest, RealtimeSocket, malformed, object_of};
use crate::audit::Shown;
use crate::gateway::{Refusal, RefusalKind};
use crate::sigv4::Resigned;

/// What a client says in a socket.
#[non_exhaustive]
pub enum RealtimeMessage {
    /// It asks for nothing that is signed, and goes on as this text.
    Plain(String),
    /// It subscribes or publishes.
    Signed(Box<RealtimeRequest>),
}

/// What is sent on once its signature was renewed.
#[derive(Default)]
pub struct Draft {
    /// The message that it is an object of; none for a handshake.
    message: Option<(Map<String, Value>, Dialect)>,
    pub(super) body: String,
    pub(super) key: String,
    pub(super) user_agent: Option<String>,
    pub(super) has_length: bool,
}

/// Messages that need no authorization: they begin the conversation, or take back what was asked for in it.
const PLAIN: &[&str] = &["connection_init", "unsubscribe", "stop"];

impl RealtimeSocket {
    /// Reads a message.
    ///
    /// # Errors
    /// What is no message of the protocol, and what asks for something without a signature.
    pub fn message(&self, text: &[u8]) -> Result<RealtimeMessage, Refusal> {
        let message: Map<String, Value> =
            serde_json::from_slice(text).map_err(|_| malformed("a message is no object of json"))?;
        let kind = message.get("type").and_then(Value::as_str).unwrap_or_default();
        if PLAIN.contains(&kind) {
            if authorization(&message, self.dialect).is_some() {
                return Err(malformed("a message that needs no authorization carries one"));
            }
            // Written anew: what a reader could have taken in two ways is gone.
            return Ok(RealtimeMessage::Plain(Value::Object(message).to_string()));
        }
        let (action, body) = match (self.dialect, kind) {
            (Dialect::Events, "subscribe") => ("EventSubscribe", subscription(&message)?),
            (Dialect::Events, "publish") => ("EventPublish", publication(&message)?),
            (Dialect::GraphQl, "start") => ("GraphQL", query(&message)?),
            _ => return Err(malformed("a message is of no known type")),
        };
        let Some(object) = authorization(&message, self.dialect) else {
            let text = "the message has no authorization that the gateway could renew";
            return Err(Refusal::new(RefusalKind::AuthMissing, text));
        };
        let (object, (_, path)) = (object.clone(), self.dialect.paths());
        let channel = message.get("channel").and_then(Value::as_str);
        let channel = channel.map(|channel| Shown::text(&format!("channel:{channel}")));
        let draft = Draft { message: Some((message, self.dialect)), ..Draft::default() };
        let mut request = self.request(path, &object, body, action, draft)?;
        request.channel = channel;
        Ok(RealtimeMessage::Signed(Box::new(request)))
    }

    /// What the client is told of a message that went no further, in the form in which AppSync says it.
    #[must_use]
    pub fn refusal(&self, text: &[u8], refusal: &Refusal) -> String {
        let message: Map<String, Value> = serde_json::from_slice(text).unwrap_or_default();
        let error =
            serde_json::json!({ "errorType": "UnauthorizedException", "message": refusal.to_string() });
        let mut reply = Map::new();
        if let Some(id) = message.get("id").filter(|id| id.is_string()) {
            reply.insert("id".to_owned(), id.clone());
        }
        let kind = match (self.dialect, message.get("type").and_then(Value::as_str)) {
            (Dialect::Events, Some("subscribe")) => "subscribe_error",
            (Dialect::Events, Some("publish")) => "publish_error",
            _ => "error",
        };
        reply.insert("type".to_owned(), kind.into());
        match self.dialect {
            Dialect::Events => reply.insert("errors".to_owned(), Value::Array(vec![error])),
            Dialect::GraphQl => reply.insert("payload".to_owned(), serde_json::json!({ "errors": [error] })),
        };
        Value::Object(reply).to_string()
    }
}

impl Draft {
    /// The object of the handshake, or the text of the message, with the signature of what was signed again.
    ///
    /// # Errors
    /// A body that is not the one signed, and a placeholder that stands anywhere else in the message.
    pub fn finish(self, resigned: Resigned) -> Result<String, Refusal> {
        let object = object_of(resigned, &self.body, &self)?;
        let mut text = match self.message {
            None => Value::Object(object).to_string(),
            Some((mut message, dialect)) => {
                for path in places(dialect) {
                    if let Some(place) = place(&mut message, path) {
                        *place = Value::Object(object.clone());
                    }
                }
                Value::Object(message).to_string()
            }
        };
        if text.contains(&self.key) {
            text.zeroize();
            return Err(malformed("the placeholder stands where it would be sent on"));
        }
        Ok(text)
    }
}

/// Where an authorization object may stand; the first is the one that counts. Amplify writes that of an event twice.
const fn places(dialect: Dialect) -> &'static [&'static [&'static str]] {
    match dialect {
        Dialect::Events => &[&["authorization"], &["payload", "extensions", "authorization"]],
        Dialect::GraphQl => &[&["payload", "extensions", "authorization"]],
    }
}

fn place<'a>(message: &'a mut Map<String, Value>, path: &[&str]) -> Option<&'a mut Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(message.get_mut(*first)?, |value, name| value.get_mut(*name))
}

fn authorization(message: &Map<String, Value>, dialect: Dialect) -> Option<&Map<String, Value>> {
    let (first, rest) = places(dialect).first()?.split_first()?;
    rest.iter().try_fold(message.get(*first)?, |value, name| value.get(*name))?.as_object()
}

/// What a subscription is signed with.
fn subscription(message: &Map<String, Value>) -> Result<String, Refusal> {
    Ok(format!("{{\"channel\":{}}}", channel(message)?))
}

/// What a publication is signed with.
fn publication(message: &Map<String, Value>) -> Result<String, Refusal> {
    let events = message.get("events").and_then(Value::as_array);
    match events.filter(|events| events.iter().all(Value::is_string)) {
        Some(events) => {
            let events = Value::Array(events.clone());
            Ok(format!("{{\"channel\":{},\"events\":{events}}}", channel(message)?))
        }
        None => Err(malformed("the events are no list of texts")),
    }
}

fn channel(message: &Map<String, Value>) -> Result<&Value, Refusal> {
    let channel = message.get("channel").filter(|channel| channel.is_string());
    channel.ok_or_else(|| malformed("the channel is no text"))
}

/// What a subscription of GraphQL is signed with.
fn query(message: &Map<String, Value>) -> Result<String, Refusal> {
    let data = message.get("payload").and_then(|payload| payload.get("data")).and_then(Value::as_str);
    data.map(str::to_owned).ok_or_else(|| malformed("the data of a subscription is no text"))
}
