//! What begins a session in a machine or a container: Systems Manager's StartSession and ECS's ExecuteCommand. Both name a
//! channel and a token for it; the channel itself is in `websocket.rs`.

use serde_json::{Value, json};

use crate::encoding::random_text;
use crate::failure::Failure;
use crate::message::{Reply, Request};
use crate::sigv4::Verified;

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Answers one of the operations that lead to a channel; `None` for any other.
pub(crate) fn answer(request: &Request, verified: &Verified) -> Option<Result<Reply, Failure>> {
    let (account, region) = (verified.key.identity.account(), verified.claim.region.as_str());
    let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    let arn = |what: &str| format!("arn:aws:ecs:{region}:{account}:{what}");
    let missing =
        |name: &str| Some(Err(Failure::new(400, "ValidationException", format!("{name} is missing"))));
    let channel = || {
        let id = format!("session-{}", random_text(17, LETTERS));
        let url =
            format!("wss://ssmmessages.{region}.amazonaws.com/v1/data-channel/{id}?role=publish_subscribe");
        (id, random_text(64, LETTERS), url)
    };
    let (cluster, task) = (text("cluster"), text("task"));
    let body = match request.header("x-amz-target")? {
        "AmazonSSM.StartSession" => {
            if text("Target").is_empty() {
                return missing("Target");
            }
            let (id, token, url) = channel();
            json!({ "SessionId": id, "TokenValue": token, "StreamUrl": url })
        }
        "AmazonEC2ContainerServiceV20141113.ExecuteCommand" => {
            if task.is_empty() || text("command").is_empty() {
                return missing("task or command");
            }
            let (id, token, url) = channel();
            json!({
                "clusterArn": arn(&format!("cluster/{cluster}")),
                "taskArn": arn(&format!("task/{cluster}/{task}")),
                "containerName": "app", "containerArn": arn("container/app"), "interactive": true,
                "session": { "sessionId": id, "tokenValue": token, "streamUrl": url },
            })
        }
        "AmazonEC2ContainerServiceV20141113.DescribeTasks" => {
            let task = input["tasks"][0].as_str().unwrap_or_default();
            let container = json!({ "name": "app", "runtimeId": "0123456789abcdef-1" });
            json!({ "failures": [], "tasks": [{
                "clusterArn": arn(&format!("cluster/{cluster}")),
                "taskArn": arn(&format!("task/{cluster}/{task}")), "containers": [container],
            }] })
        }
        _ => return None,
    };
    Some(Ok(Reply::new(200, body.to_string()).header("Content-Type", "application/x-amz-json-1.1")))
}
