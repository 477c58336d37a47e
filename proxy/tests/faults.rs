//! What goes wrong elsewhere: nothing hangs, nothing leaks, and nothing is half-written as success.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use awsaccess_emulator::{Effect, Fault};
use common::{BOB, Call, Reply, SECRET, Stage};

#[test]
fn sts_is_away() {
    let stage = Stage::new();
    stage.emulator.fault(Fault::new(Effect::Status { status: 503, code: String::new() }).on_service("sts"));
    let began = Instant::now();
    stage.send(&Call::dynamodb("ListTables", "{}")).refused(503, "ServiceUnavailableException");
    stage.send(&Call::s3("GET", "/key")).refused(503, "ServiceUnavailable");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    // Back again: the failure is remembered for a moment only.
    stage.emulator.clear_faults();
    std::thread::sleep(Duration::from_millis(3200));
    assert_eq!(stage.send(&Call::dynamodb("ListTables", "{}")).status, 200);
    // Away again: what was fetched is good for an hour.
    stage.emulator.fault(Fault::new(Effect::Status { status: 503, code: String::new() }).on_service("sts"));
    assert_eq!(stage.send(&Call::dynamodb("ListTables", "{}")).status, 200);
    let lines = stage.end();
    assert!(lines.iter().any(|line| line["error"] == "credentials-unavailable"));
}

#[test]
fn a_trust_policy_that_says_no() {
    let stage = Stage::with(|config| {
        config.replace("allow = [", "allow = [\"arn:aws:iam::222222222222:role/admin\", ")
    });
    for (call, code) in [
        (Call::sts("GetCallerIdentity"), "AccessDenied"),
        (Call::s3("GET", "/key"), "AccessDenied"),
        (Call::dynamodb("ListTables", "{}"), "AccessDeniedException"),
    ] {
        let reply = stage.send(&call.keys(BOB, SECRET));
        reply.refused(403, code);
        // What STS said is for the operator.
        assert!(!reply.body.contains("arn:") && !reply.body.contains("sts:"), "{}", reply.body);
    }
    let lines = stage.end();
    let line = lines.iter().find(|line| line["error"] == "assume-denied").unwrap();
    assert!(line["reason"].as_str().unwrap().contains("role/admin"), "{line}");
}

#[test]
fn the_services_errors_come_through_untouched() {
    let stage = Stage::new();
    let reply = stage.send(&Call::s3("GET", "/nothing-here"));
    reply_is(&reply, 404, "<Code>NoSuchKey</Code>");
    stage.emulator.fault(
        Fault::new(Effect::Status { status: 500, code: String::new() }).on_service("dynamodb").times(1),
    );
    assert_eq!(stage.send(&Call::dynamodb("ListTables", "{}")).status, 500);
    assert_eq!(stage.send(&Call::dynamodb("ListTables", "{}")).status, 200);
    stage.end();
}

#[track_caller]
fn reply_is(reply: &Reply, status: u16, text: &str) {
    assert!(reply.status == status && reply.body.contains(text), "{}{}", reply.head, reply.body);
}

#[test]
fn a_service_that_resets() {
    let stage = Stage::new();
    assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    stage.emulator.fault(Fault::new(Effect::Reset).on_service("s3"));
    stage.send(&Call::s3("GET", "/key")).refused(502, "ServiceUnavailable");
    let put = Call::s3("PUT", "/key").body(vec![7; 3 << 20]);
    let reply = stage.send(&put);
    reply.refused(502, "ServiceUnavailable");
    stage.emulator.clear_faults();
    assert_eq!(stage.send(&put).status, 200);
    let lines = stage.end();
    assert!(lines.iter().any(|line| line["error"] == "upstream-connect"));
}

#[test]
fn an_answer_that_is_cut_short() {
    let stage = Stage::new();
    let body = vec![7; 1 << 20];
    assert_eq!(stage.send(&Call::s3("PUT", "/key").body(body.clone())).status, 200);
    stage.emulator.fault(Fault::new(Effect::ResetBody).on_service("s3"));
    let reply = stage.send(&Call::s3("GET", "/key"));
    // The length was promised, so that the client sees that it is short.
    assert_eq!((reply.status, reply.header("content-length")), (200, Some("1048576")));
    assert!(reply.bytes.len() < body.len());
    let lines = stage.end();
    let line = lines.iter().rfind(|line| line["event"] == "request.end").unwrap();
    assert_eq!(line["error"], "upstream-broken", "{line}");
}

#[test]
fn a_service_that_cannot_be_reached() {
    let stage = Stage::with(|config| {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        format!("{config}\n[[endpoint]]\nhost = \"nowhere.example\"\naddress = \"{free}\"\n")
    });
    let call = Call::new("GET", "s3", "nowhere.example", "/key");
    stage.send(&call).refused(502, "ServiceUnavailable");
    stage.end();
}

#[test]
fn a_client_that_leaves() {
    let stage = Stage::new();
    let put = Call::s3("PUT", "/half").body(vec![7; 3 << 20]);
    let mut stream = stage.tls(put.host, put.host).unwrap();
    let bytes = put.bytes();
    stream.write_all(&bytes[..bytes.len() / 2]).unwrap();
    drop(stream);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(stage.send(&Call::s3("GET", "/half")).status, 404);
    let lines = stage.end();
    assert!(lines.iter().any(|line| line["event"] == "request.end" && line["operation"] == "PutObject"));
}

#[test]
fn a_hundred_requests_on_one_connection_take_no_naps() {
    let stage = Stage::new();
    let call = Call::dynamodb("ListTables", "{}");
    assert_eq!(stage.send(&call).status, 200);
    let mut stream = stage.tls(call.host, call.host).unwrap();
    let began = Instant::now();
    for _ in 0..100 {
        let text = String::from_utf8(call.bytes()).unwrap().replace("connection: close\r\n", "");
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).unwrap();
            assert!(read > 0);
            answer.extend(&bytes[..read]);
        }
        assert_eq!(Reply::read(&answer).status, 200);
    }
    // A delayed acknowledgement somewhere would cost 40 ms each time.
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    stage.end();
}
