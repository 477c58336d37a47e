//! `Expect: 100-continue` (RFC 9110, section 10.1.1): a client is told to go on once nothing but its body can still be
//! wrong, and hears its refusal before that where one is known.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};
use std::net::TcpStream;

use common::{ALICE, BOB, Call, FORM, Reply, SECRET, Stage};
use rustls::{ClientConnection, StreamOwned};

const GO_ON: &str = "HTTP/1.1 100 Continue\r\n\r\n";

/// A client that has sent its head and waits.
struct Waiting(StreamOwned<ClientConnection, TcpStream>);

impl Waiting {
    fn of(stage: &Stage, call: &Call) -> Self {
        let mut headers = call.signed();
        headers.push(("Expect".into(), "100-continue".into()));
        let mut stream = stage.tls(call.host, call.host).unwrap();
        stream.write_all(&call.head_with(&headers)).unwrap();
        Self(stream)
    }

    fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if self.0.read(&mut byte).unwrap_or(0) == 0 {
                break;
            }
            head.push(byte[0]);
        }
        String::from_utf8(head).unwrap()
    }

    /// What it hears before it has sent anything of its body.
    fn hears(mut self) -> Reply {
        let head = self.head();
        let mut answer = head.into_bytes();
        let _ = self.0.read_to_end(&mut answer);
        Reply::read(&answer)
    }

    /// It is told to go on, and does.
    #[track_caller]
    fn goes_on(mut self, body: &[u8]) -> Reply {
        assert_eq!(self.head(), GO_ON);
        let _ = self.0.write_all(body);
        let mut answer = Vec::new();
        let _ = self.0.read_to_end(&mut answer);
        Reply::read(&answer)
    }
}

fn chunks(of: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in of.chunks(700) {
        out.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        out.extend([chunk, b"\r\n"].concat());
    }
    out.extend(b"0\r\n\r\n");
    out
}

fn put_item() -> Call {
    Call::dynamodb("PutItem", r#"{"TableName":"demo-table","Item":{"id":{"S":"expected"}}}"#)
}

#[test]
fn a_client_goes_on_when_it_may() {
    let stage = Stage::new();
    let held = put_item();
    let mut flowing = Call::s3("PUT", "/expected").body(vec![7; 100_000]);
    assert_eq!(Waiting::of(&stage, &held).goes_on(&held.body).status, 200);
    assert_eq!(Waiting::of(&stage, &flowing).goes_on(&flowing.body).status, 200);
    flowing.chunked = true;
    let mut chunked = held.clone();
    chunked.chunked = true;
    assert_eq!(Waiting::of(&stage, &chunked).goes_on(&chunks(&chunked.body)).status, 200);
    // Between us and the service nobody waits for anything.
    let heads: Vec<_> = stage.emulator.requests().iter().map(awsaccess_emulator::Recorded::head).collect();
    assert!(
        heads.len() >= 3 && heads.iter().all(|head| !head.to_ascii_lowercase().contains("expect:")),
        "{heads:?}"
    );
    stage.end();
}

#[test]
fn a_refusal_that_is_known_comes_instead() {
    let stage = Stage::with(|config| config.replace("[limits]", "[limits]\nbody_bytes = 1000"));
    let large = Call::dynamodb("PutItem", &"x".repeat(1001));
    let flowing = || Call::s3("PUT", "/never").body(vec![7; 100_000]);
    let mut elsewhere = put_item();
    elsewhere.region = "eu-west-1";
    for (call, status, code) in [
        (large, 413, "RequestEntityTooLarge"),
        (put_item().keys("AKIANOBODYKNOWSTHIS0", SECRET), 403, "UnrecognizedClientException"),
        (elsewhere, 403, "InvalidSignatureException"),
        (flowing().keys(ALICE, "not-the-secret"), 403, "SignatureDoesNotMatch"),
        (flowing().keys(BOB, SECRET), 403, "AccessDenied"),
        (flowing().ago(3600), 403, "RequestTimeTooSkewed"),
    ] {
        Waiting::of(&stage, &call).hears().refused(status, code);
    }
    assert!(stage.emulator.requests().is_empty());
    stage.end();
}

#[test]
fn a_body_of_unknown_length_that_is_too_large_is_refused_in_its_protocol() {
    let stage = Stage::with(|config| config.replace("[limits]", "[limits]\nbody_bytes = 1000"));
    let form = |service: &'static str, host: &'static str, version: &str| {
        let body = format!("Action=DescribeRegions&Version={version}&x={}", "x".repeat(5000));
        Call::new("POST", service, host, "/").header("content-type", FORM).body(body.into())
    };
    for mut call in [
        form("sts", "sts.us-east-1.amazonaws.com", "2011-06-15"),
        form("ec2", "ec2.us-east-1.amazonaws.com", "2016-11-15"),
        Call::dynamodb("PutItem", &"x".repeat(5000)),
    ] {
        call.chunked = true;
        let reply = Waiting::of(&stage, &call).goes_on(&chunks(&call.body));
        reply.refused(413, "RequestEntityTooLarge");
        assert_eq!(reply.header("connection"), Some("close"), "{}", reply.head);
        let shape = match call.service {
            "sts" => "<ErrorResponse>",
            "ec2" => "<Response><Errors><Error>",
            _ => "{\"__type\":",
        };
        assert!(reply.body.replace(" xmlns=", ">").contains(shape.trim_end_matches('>')), "{}", reply.body);
    }
    assert!(stage.emulator.requests().is_empty());
    stage.end();
}

#[test]
fn another_expectation_is_none_of_ours() {
    let stage = Stage::new();
    let call = put_item();
    let mut headers = call.signed();
    headers.push(("Expect".into(), "200-ok".into()));
    let reply = stage.send_raw(call.host, &call.bytes_with(&headers));
    assert_eq!(reply.status, 417, "{}{}", reply.head, reply.body);
    stage.end();
}
