//! AppSync's sockets: each message that carries a signature is a request of its own.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};
use std::net::TcpStream;

use awsaccess_proxy::Whose;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use common::{ALICE, BOB, Call, Reply, SECRET, Stage};
use rustls::{ClientConnection, StreamOwned};
use serde_json::{Map, Value, json};

const HTTP: &str = "abcdefghijklmnopqrstuvwxyz.appsync-api.us-east-1.amazonaws.com";
const HOST: &str = "abcdefghijklmnopqrstuvwxyz.appsync-realtime-api.us-east-1.amazonaws.com";
const CHANNEL: &str = "/default/room";

/// What is signed for a body, as AppSync's clients sign it.
fn object(keys: (&str, &str), body: &str) -> Value {
    let call = Call::new("POST", "appsync", HTTP, "/event")
        .header("content-type", "application/json; charset=UTF-8")
        .body(body.into())
        .keys(keys.0, keys.1);
    let object: Map<String, Value> =
        call.signed().into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value.into())).collect();
    object.into()
}

/// A gateway whose rules name both hosts of the interface.
fn before_events(edit: impl FnOnce(String) -> String) -> Stage {
    Stage::with(|config| {
        let config = edit(config);
        let hosts =
            ["api", "realtime-api"].map(|label| format!("\"*.appsync-{label}.us-east-1.amazonaws.com\""));
        format!("customer_hosts = [{}]\n{config}", hosts.join(", "))
    })
}

struct Socket(StreamOwned<ClientConnection, TcpStream>);

impl Socket {
    fn open(stage: &Stage, object: &Value) -> Result<Self, Reply> {
        let encoded = Base64UrlUnpadded::encode_string(object.to_string().as_bytes());
        let mut stream = stage.tls(HOST, HOST).unwrap();
        write!(
            stream,
            "GET /event/realtime HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Extensions: permessage-deflate\r\n\
             Sec-WebSocket-Protocol: aws-appsync-event-ws, header-{encoded}\r\n\r\n"
        )
        .unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if stream.read(&mut byte).unwrap_or(0) == 0 {
                break;
            }
            head.push(byte[0]);
        }
        let reply = Reply::read(&head);
        if reply.status != 101 {
            return Err(reply);
        }
        assert_eq!(reply.header("sec-websocket-protocol"), Some("aws-appsync-event-ws"));
        assert_eq!(reply.header("sec-websocket-extensions"), None);
        Ok(Self(stream))
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        let mut frame = vec![0x81, 0xfe];
        frame.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
        frame.extend([9, 8, 7, 6]);
        frame.extend(text.bytes().zip([9, 8, 7, 6].iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.0.write_all(&frame).unwrap();
    }

    /// The next message; `None` at the end.
    fn next(&mut self) -> Option<Value> {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).ok()?;
        assert_eq!(head[0], 0x81, "a whole text");
        let length = match head[1] {
            126 => {
                let mut long = [0; 2];
                self.0.read_exact(&mut long).ok()?;
                usize::from(u16::from_be_bytes(long))
            }
            short => usize::from(short),
        };
        let mut text = vec![0; length];
        self.0.read_exact(&mut text).ok()?;
        Some(serde_json::from_slice(&text).unwrap())
    }

    fn ask(&mut self, message: &Value) -> Value {
        self.send(message);
        self.next().expect("an answer")
    }
}

const OWN: (&str, &str) = (ALICE, SECRET);

fn subscribe(id: &str, channel: &str, keys: (&str, &str)) -> Value {
    let authorization = object(keys, &json!({ "channel": channel }).to_string());
    json!({ "type": "subscribe", "id": id, "channel": channel, "authorization": authorization })
}

fn publish(id: &str, events: &Value) -> Value {
    let authorization = object(OWN, &format!("{{\"channel\":{},\"events\":{events}}}", json!(CHANNEL)));
    json!({ "type": "publish", "id": id, "channel": CHANNEL, "events": events, "authorization": authorization })
}

fn opened(stage: &Stage) -> Socket {
    let mut socket = Socket::open(stage, &object(OWN, "{}"))
        .map_err(|reply| format!("{reply:?}{}", object(OWN, "{}")))
        .unwrap();
    assert_eq!(socket.ask(&json!({ "type": "connection_init" }))["type"], "connection_ack");
    socket
}

#[test]
fn handshake_and_messages_are_signed_again() {
    let stage = before_events(|config| config);
    let mut socket = opened(&stage);
    assert_eq!(socket.ask(&subscribe("s", CHANNEL, OWN)), json!({ "id": "s", "type": "subscribe_success" }));
    let events = json!(["{\"n\":1}", "grüße 🌍"]);
    assert_eq!(socket.ask(&publish("p", &events))["type"], "publish_success");
    for event in ["{\"n\":1}", "grüße 🌍"] {
        assert_eq!(socket.next().unwrap(), json!({ "id": "s", "type": "data", "event": event }));
    }
    assert_eq!(socket.ask(&json!({ "type": "unsubscribe", "id": "s" }))["type"], "unsubscribe_success");
    drop(socket);
    // AWS's own signer has judged each of them, under the key of the role.
    let seen: Vec<_> =
        stage.emulator.requests().into_iter().filter(|seen| seen.service == "appsync").collect();
    assert_eq!(seen.len(), 3);
    assert!(
        seen.iter()
            .all(|seen| seen.status == 200 && seen.verified_key().is_some_and(|key| key.starts_with("ASIA")))
    );
    stage.log.wait_for(|line| line["event"] == "request.end" && line["operation"] == "EventConnect");
    let lines = stage.end();
    for operation in ["EventConnect", "EventSubscribe", "EventPublish"] {
        let of = |event: &str| {
            lines.iter().find(|line| line["event"] == event && line["operation"] == operation).unwrap()
        };
        of("request.begin");
        let end = of("request.end");
        assert_eq!(
            (&end["subject"], &end["status"], &end["host"]),
            (&"alice".into(), &101.into(), &HOST.into())
        );
    }
    assert!(lines.iter().any(|line| line["resources"] == json!([format!("channel:{CHANNEL}")])));
}

#[test]
fn a_handshake_that_is_not_signed_opens_nothing() {
    let stage = before_events(|config| config);
    let refused = |object: &Value, status: u16| {
        let reply = Socket::open(&stage, object).err().expect("no socket");
        assert_eq!(reply.status, status, "{}", reply.head);
    };
    refused(&object((ALICE, "not-the-secret"), "{}"), 403);
    refused(&object(OWN, "{\"channel\":\"/x\"}"), 403);
    refused(&json!({ "host": HTTP, "x-api-key": "da2-abcdefghijklmnopqrstuvwxyz" }), 403);
    let mut elsewhere = object(OWN, "{}");
    elsewhere["host"] = "zbcdefghijklmnopqrstuvwxyz.appsync-api.us-east-1.amazonaws.com".into();
    refused(&elsewhere, 403);
    assert!(stage.emulator.requests().is_empty());
    stage.end();
}

#[test]
fn a_message_that_is_refused_leaves_the_socket() {
    let stage = before_events(|config| config);
    let mut socket = opened(&stage);
    let before = stage.emulator.requests().len();
    let mut altered = subscribe("a", CHANNEL, OWN);
    altered["channel"] = "/default/*".into();
    let mut keyed = subscribe("k", CHANNEL, OWN);
    keyed["authorization"] = json!({ "host": HTTP, "x-api-key": "da2-abcdefghijklmnopqrstuvwxyz" });
    for message in
        [altered, keyed, subscribe("w", CHANNEL, (ALICE, "wrong")), subscribe("b", CHANNEL, (BOB, SECRET))]
    {
        let told = socket.ask(&message);
        assert_eq!((&told["type"], &told["id"]), (&"subscribe_error".into(), &message["id"]));
        assert_eq!(told["errors"][0]["errorType"], "UnauthorizedException");
    }
    assert_eq!(stage.emulator.requests().len(), before, "none of them went further");
    assert_eq!(socket.ask(&subscribe("s", CHANNEL, OWN))["type"], "subscribe_success");
    drop(socket);
    stage.log.wait_for(|line| line["event"] == "request.end" && line["operation"] == "EventConnect");
    let lines = stage.end();
    let refused: Vec<_> = lines.iter().filter(|line| line["decision"] == "refused").collect();
    assert_eq!(refused.len(), 4, "{refused:?}");
}

#[test]
fn a_socket_ends_with_its_session() {
    let stage = before_events(|config| config);
    let mut socket = opened(&stage);
    assert_eq!(stage.gateway.end_requests(Whose::Key(ALICE)), 1);
    assert_eq!(socket.next(), None);
    let end =
        stage.log.wait_for(|line| line["event"] == "request.end" && line["operation"] == "EventConnect");
    assert_eq!(end["error"], "revoked");
    stage.end();
}

#[test]
fn what_is_said_is_judged_by_the_rules_of_its_time() {
    let stage = before_events(|config| config);
    let mut socket = opened(&stage);
    let text = std::fs::read_to_string(&stage.config_file).unwrap();
    std::fs::write(&stage.config_file, text.replace("allow = [\"arn", "deny = [\"arn")).unwrap();
    stage.gateway.reload().unwrap();
    assert_eq!(socket.ask(&subscribe("s", CHANNEL, OWN))["type"], "subscribe_error");
    drop(socket);
    stage.end();
}

#[test]
fn what_is_no_message_ends_the_socket() {
    for frame in [&[0x82, 0x80, 1, 2, 3, 4][..], &[0x81, 0x01, b'x'], &[0xc1, 0x80, 1, 2, 3, 4]] {
        let stage = before_events(|config| config);
        let mut socket = opened(&stage);
        socket.0.write_all(frame).unwrap();
        assert_eq!(socket.next(), None);
        stage.end();
    }
}

#[test]
fn a_socket_takes_no_place_among_the_requests_that_run() {
    let stage = before_events(|config| {
        config.replacen("[limits]", "[limits]\nrequests_at_once = 1\nstreams_at_once = 1", 1)
    });
    let mut socket = opened(&stage);
    assert_eq!(socket.ask(&subscribe("s", CHANNEL, OWN))["type"], "subscribe_success");
    assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    // There is a bound for them, too.
    let refused = Socket::open(&stage, &object(OWN, "{}")).err().unwrap();
    assert_eq!((refused.status, refused.header("x-amzn-errortype")), (429, Some("ThrottlingException")));
    drop(socket);
    stage.log.wait_for(|line| {
        line["event"] == "request.end" && line["operation"] == "EventConnect" && line["status"] == 101
    });
    drop(opened(&stage));
    stage.end();
}
