//! AppSync Events: what is published comes back to the subscriptions of the same socket.

use serde_json::{Value, json};

use super::{Socket, error};

pub(super) const PROTOCOL: &str = "aws-appsync-event-ws";
const PATH: &str = "/event";

impl Socket {
    /// What is answered to a message.
    pub(super) fn event(&mut self, message: &Value) -> Vec<Value> {
        let id = message["id"].as_str().unwrap_or_default().to_owned();
        let channel = message["channel"].as_str().unwrap_or_default().to_owned();
        let authorization = message["authorization"].as_object();
        let told = |kind: &str| json!({ "id": id, "type": kind });
        let refused =
            |kind: &str| json!({ "id": id, "type": kind, "errors": [error("UnauthorizedException")] });
        match message["type"].as_str().unwrap_or_default() {
            "connection_init" => vec![json!({ "type": "connection_ack", "connectionTimeoutMs": 300_000 })],
            "subscribe" => {
                match self.check(authorization, PATH, &json!({ "channel": channel }).to_string()) {
                    Ok(()) => {
                        self.subscriptions.push((id.clone(), channel));
                        vec![told("subscribe_success")]
                    }
                    Err(_) => vec![refused("subscribe_error")],
                }
            }
            "publish" => {
                let body = format!("{{\"channel\":{},\"events\":{}}}", message["channel"], message["events"]);
                match self.check(authorization, PATH, &body) {
                    Ok(()) => self.publish(told("publish_success"), &channel, &message["events"]),
                    Err(_) => vec![refused("publish_error")],
                }
            }
            "unsubscribe" => {
                self.subscriptions.retain(|(own, _)| *own != id);
                vec![told("unsubscribe_success")]
            }
            _ => vec![json!({ "type": "error", "errors": [error("UnsupportedOperation")] })],
        }
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
