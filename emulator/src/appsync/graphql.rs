//! Subscriptions of GraphQL: as its data each is given its own variables, once.

use serde_json::{Value, json};

use super::{Socket, error};

pub(super) const PROTOCOL: &str = "graphql-ws";

impl Socket {
    /// What is answered to a message.
    pub(super) fn subscription(&self, message: &Value) -> Vec<Value> {
        let id = &message["id"];
        match message["type"].as_str().unwrap_or_default() {
            "connection_init" => {
                vec![json!({ "type": "connection_ack", "payload": { "connectionTimeoutMs": 300_000 } })]
            }
            "start" => {
                let payload = &message["payload"];
                let body = payload["data"].as_str().unwrap_or_default();
                let authorization = payload["extensions"]["authorization"].as_object();
                if self.check(authorization, "/graphql", body).is_err() {
                    let errors = [error("UnauthorizedException")];
                    return vec![json!({ "id": id, "type": "error", "payload": { "errors": errors } })];
                }
                let asked: Value = serde_json::from_str(body).unwrap_or_default();
                vec![
                    json!({ "id": id, "type": "start_ack" }),
                    json!({ "id": id, "type": "data", "payload": { "data": asked["variables"] } }),
                ]
            }
            "stop" => vec![json!({ "id": id, "type": "complete" })],
            _ => vec![json!({ "type": "error", "payload": { "errors": [error("UnsupportedOperation")] } })],
        }
    }
}
