//! What a subject may have running, and how it is ended.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use awsaccess_emulator::{Effect, Fault};
use awsaccess_proxy::Whose;
use common::{ALICE, BOB, Call, Reply, SECRET, Stage};

fn limited(limits: &str) -> Stage {
    Stage::with(|config| {
        config
            .replacen("[limits]", &format!("[limits]\n{limits}"), 1)
            .replace("role = \"admin\"", "role = \"developer\"")
    })
}

#[test]
fn so_many_requests_a_second() {
    let stage = limited("requests_per_second = 1\nburst = 3");
    // A signature that is wrong costs its subject nothing.
    for _ in 0..5 {
        stage
            .send(&Call::s3("GET", "/key").keys(ALICE, "not-the-secret"))
            .refused(403, "SignatureDoesNotMatch");
    }
    let calls = [
        (Call::s3("GET", "/key"), "SlowDown"),
        (Call::dynamodb("ListTables", "{}"), "ThrottlingException"),
        (Call::sts("GetCallerIdentity"), "Throttling"),
    ];
    // However fast this machine is, more than a handful a second are too many.
    let mut refused = [false; 3];
    let mut passed = 0;
    while refused != [true; 3] {
        for ((call, code), refused) in calls.iter().zip(&mut refused) {
            let reply = stage.send(call);
            match reply.status {
                429 => {
                    reply.refused(429, code);
                    *refused = true;
                }
                _ => passed += 1,
            }
        }
        assert!(passed < 100, "nothing was refused");
    }
    assert!(passed >= 3);
    // Bob has a bucket of his own.
    assert_eq!(stage.send(&Call::dynamodb("ListTables", "{}").keys(BOB, SECRET)).status, 200);
    let lines = stage.end();
    assert!(lines.iter().any(|line| line["error"] == "throttled" && line["subject"] == "alice"));
}

/// A request that waits for its service.
fn waiting(stage: &Stage, call: &Call) -> TcpStream {
    let host = stage.address().to_string();
    let of =
        |lines: &[serde_json::Value]| lines.iter().filter(|line| line["event"] == "request.begin").count();
    let begun = stage.log.wait_until(|lines| Some(of(lines)));
    let mut stream = TcpStream::connect(stage.address()).unwrap();
    stream.write_all(&call.bytes_with(&call.signed_for(&host))).unwrap();
    stage.log.wait_until(|lines| (of(lines) > begun).then_some(()));
    stream
}

fn answer(mut stream: TcpStream) -> Reply {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    Reply::read(&bytes)
}

#[test]
fn so_many_requests_at_once() {
    let stage = limited("requests_at_once = 1");
    assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    stage.emulator.fault(Fault::new(Effect::Delay(60_000)).on_service("dynamodb"));
    let held = waiting(&stage, &Call::dynamodb("ListTables", "{}"));
    stage.send(&Call::s3("GET", "/key")).refused(429, "SlowDown");
    assert_eq!(stage.send(&Call::s3("GET", "/key").keys(BOB, SECRET)).status, 404);
    assert_eq!(stage.gateway.end_requests(Whose::Subject("alice")), 1);
    assert_eq!(answer(held).status, 403);
    assert_eq!(stage.send(&Call::s3("GET", "/key")).status, 404);
    stage.end();
}

#[test]
fn who_is_revoked_is_not_answered() {
    let stage = limited("");
    for keys in [ALICE, BOB] {
        assert_eq!(stage.send(&Call::sts("GetCallerIdentity").keys(keys, SECRET)).status, 200);
    }
    assert_eq!(stage.gateway.end_requests(Whose::Everybody), 0);
    stage.emulator.fault(Fault::new(Effect::Delay(60_000)).on_service("dynamodb"));
    let call = Call::dynamodb("ListTables", "{}");
    for whose in [Whose::Subject("alice"), Whose::Key(ALICE), Whose::Application("demo"), Whose::Everybody] {
        let held = waiting(&stage, &call);
        for other in [Whose::Subject("bob"), Whose::Key(BOB), Whose::Application("other")] {
            assert_eq!(stage.gateway.end_requests(other), 0);
        }
        assert_eq!(stage.gateway.end_requests(whose), 1);
        answer(held).refused(403, "ExpiredTokenException");
    }
    let lines = stage.end();
    let told = "the session was revoked while the request ran";
    assert_eq!(lines.iter().filter(|line| line["reason"] == told).count(), 4);
}

#[test]
fn an_upload_that_is_revoked_stores_nothing() {
    let stage = limited("").send_first();
    let put = Call::s3("PUT", "/demo-bucket/half").body(vec![7; 3 << 20]);
    let host = stage.address().to_string();
    let bytes = put.bytes_with(&put.signed_for(&host));
    let mut stream = TcpStream::connect(stage.address()).unwrap();
    stream.write_all(&bytes[..bytes.len() / 2]).unwrap();
    stage.log.wait_for(|line| line["operation"] == "PutObject");
    assert_eq!(stage.gateway.end_requests(Whose::Subject("alice")), 1);
    let reply = answer(stream);
    assert!(reply.status == 403 || reply.status == 0, "{}{}", reply.head, reply.body);
    assert_eq!(stage.send(&Call::s3("GET", "/half")).status, 404);
    stage.end();
}

#[test]
fn a_download_that_is_revoked_breaks_off() {
    let stage = limited("").send_first();
    let body = vec![7; 8 << 20];
    assert_eq!(stage.send(&Call::s3("PUT", "/large").body(body.clone())).status, 200);
    stage.emulator.fault(Fault::new(Effect::SlowBody { pieces: 4, pause: 60_000 }).on_service("s3"));
    let get = Call::s3("GET", "/demo-bucket/large");
    let stream = waiting(&stage, &get);
    assert_eq!(stage.gateway.end_requests(Whose::Key(ALICE)), 1);
    let reply = answer(stream);
    // The length was promised, so that the client sees that it is short; or it heard of it before.
    assert!(reply.status == 403 || reply.bytes.len() < body.len(), "{}", reply.head);
    stage.end();
}

#[test]
fn a_tunnel_that_is_revoked_breaks_off() {
    let far = TcpListener::bind("127.0.0.1:0").unwrap();
    let listed = format!(
        "mode = \"listed\"\nhost = [{{ name = \"far.example.com\", address = \"{}\", without_tls = true }}]",
        far.local_addr().unwrap()
    );
    let stage = Stage::with(|config| config.replace("mode = \"public\"", &listed));
    let mut near = stage.connect("far.example.com:443").unwrap();
    let (mut far, _) = far.accept().unwrap();
    near.write_all(b"hello").unwrap();
    let mut bytes = [0; 5];
    far.read_exact(&mut bytes).unwrap();
    assert_eq!(stage.gateway.end_requests(Whose::Subject("alice")), 0);
    assert_eq!(stage.gateway.end_requests(Whose::Everybody), 1);
    assert!(
        matches!(near.read(&mut bytes), Ok(0) | Err(_)) && matches!(far.read(&mut bytes), Ok(0) | Err(_))
    );
    let lines = stage.end();
    assert!(
        lines.iter().any(|line| line["event"] == "tunnel.end" && line["error"] == "revoked"),
        "{lines:?}"
    );
}

trait SendFirst {
    fn send_first(self) -> Self;
}

impl SendFirst for Stage {
    /// So that the credentials are there.
    fn send_first(self) -> Self {
        assert_eq!(self.send(&Call::sts("GetCallerIdentity")).status, 200);
        self
    }
}
