//! What goes wrong elsewhere: nothing hangs, nothing leaks, and nothing is half-written as success.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use awsaccess::access::Grant;
use awsaccess::credentials::Credentials;
use awsaccess::time::Time;
use awsaccess_emulator::{Effect, Fault};
use awsaccess_proxy::{Source, SourceError};
use common::{BOB, Call, PATIENCE, Reply, SECRET, Stage};

#[test]
fn sts_is_away() {
    let stage = Stage::new();
    stage.emulator.fault(Fault::new(Effect::Status { status: 503, code: String::new() }).on_service("sts"));
    let began = Instant::now();
    stage.send(&Call::dynamodb("ListTables", "{}")).refused(503, "ServiceUnavailableException");
    stage.send(&Call::s3("GET", "/key")).refused(503, "ServiceUnavailable");
    // Back again: the failure is remembered for a moment only.
    stage.emulator.clear_faults();
    while stage.send(&Call::dynamodb("ListTables", "{}")).status != 200 {
        assert!(began.elapsed() < PATIENCE, "it is never asked again");
    }
    // Down, throttled or unreachable again: what was fetched is good for an hour, and nothing is asked meanwhile.
    for effect in [
        Effect::Status { status: 503, code: String::new() },
        Effect::Status { status: 400, code: "Throttling".to_owned() },
        Effect::Reset,
    ] {
        stage.emulator.clear_faults();
        stage.emulator.fault(Fault::new(effect).on_service("sts"));
        let asked = sts_requests(&stage);
        assert_eq!(stage.send(&Call::dynamodb("ListTables", "{}")).status, 200);
        assert_eq!(stage.send(&Call::s3("GET", "/key")).status, 404);
        assert_eq!(sts_requests(&stage), asked);
    }
    let lines = stage.end();
    assert!(lines.iter().any(|line| line["error"] == "credentials-unavailable"));
}

fn sts_requests(stage: &Stage) -> usize {
    stage.emulator.requests().iter().filter(|request| request.service == "sts").count()
}

#[test]
fn sts_is_throttled_before_there_is_anything() {
    let stage = Stage::new();
    let throttled = Effect::Status { status: 400, code: "Throttling".to_owned() };
    stage.emulator.fault(Fault::new(throttled).on_service("sts"));
    // Something to wait for, and no word of what STS said.
    let reply = stage.send(&Call::dynamodb("ListTables", "{}"));
    reply.refused(503, "ServiceUnavailableException");
    assert!(!reply.body.contains("hrottl") && !reply.body.contains("sts"), "{}", reply.body);
    let lines = stage.end();
    let line = lines.iter().find(|line| line["error"] == "credentials-unavailable").unwrap();
    assert!(line["reason"].as_str().unwrap().contains("Throttling"), "{line}");
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
    // A port that the system gives nobody.
    let stage = Stage::with(|config| {
        format!("{config}\n[[endpoint]]\nhost = \"nowhere.example\"\naddress = \"127.0.0.1:1\"\n")
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
    stage.log.wait_for(|line| line["event"] == "request.end" && line["operation"] == "PutObject");
    assert_eq!(stage.send(&Call::s3("GET", "/half")).status, 404);
    stage.end();
}

/// A key of the emulator's world, good for minutes only, and then never again.
struct Once {
    keys: Credentials,
    asked: std::sync::Mutex<std::sync::mpsc::Sender<usize>>,
    times: AtomicUsize,
}

impl Source for Once {
    fn fetch(&self, _: &Grant) -> Result<Credentials, SourceError> {
        let time = self.times.fetch_add(1, Ordering::SeqCst);
        let answer = match time {
            0 => Ok(self.keys.clone()),
            _ => Err(SourceError::Unavailable("Throttling: Rate exceeded".into())),
        };
        self.asked.lock().unwrap().send(time).unwrap();
        answer
    }
}

#[test]
fn sts_is_throttled_while_credentials_live() {
    let (sender, asked) = std::sync::mpsc::channel();
    let stage = Stage::with_source(|emulator| {
        let user = &emulator.world().users[0];
        let key = &user.access_keys[0];
        // Less is left than the gateway likes: it asks for more as soon as it may ask again.
        let soon = Time::from(SystemTime::now()) + Duration::from_secs(20);
        let keys = Credentials::new(&key.access_key_id, key.secret_access_key.as_str())
            .with_expiry(soon)
            .with_source("assume-role");
        Once { keys, asked: std::sync::Mutex::new(sender), times: AtomicUsize::new(0) }
    });
    let call = Call::sts("GetCallerIdentity");
    assert_eq!(stage.send(&call).status, 200);
    assert_eq!(asked.recv().unwrap(), 0);
    let renewed = loop {
        assert_eq!(stage.send(&call).status, 200);
        if let Ok(time) = asked.try_recv() {
            break time;
        }
    };
    assert_eq!(renewed, 1, "a renewal was tried, and refused");
    for _ in 0..5 {
        assert_eq!(stage.send(&call).status, 200);
    }
    let lines = stage.end();
    assert!(lines.iter().all(|line| line["error"].is_null()), "{lines:?}");
}

/// A service that does with its connections what the test says.
fn service(each: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let each = Arc::new(each);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let each = Arc::clone(&each);
            std::thread::spawn(move || each(stream.unwrap()));
        }
    });
    address
}

fn before(address: SocketAddr) -> Stage {
    before_with(address, "")
}

/// The same with a limit that is to be met.
fn before_with(address: SocketAddr, limit: &str) -> Stage {
    Stage::with(|config| {
        let config = config.replace("[limits]", &format!("[limits]\n{limit}"));
        format!(
            "{config}\n[[endpoint]]\nhost = \"store.example\"\naddress = \"{address}\"\nscheme = \"http\"\n"
        )
    })
}

fn read_head(stream: &mut TcpStream) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
        head.push(byte[0]);
    }
}

#[test]
fn a_service_that_resets_mid_upload() {
    let stage = before(service(|mut stream| {
        read_head(&mut stream);
        let mut some = vec![0; 100_000];
        stream.read_exact(&mut some).unwrap();
        // What was sent and not read makes this a reset.
    }));
    let put = Call::new("PUT", "s3", "store.example", "/key").body(vec![7; 8 << 20]);
    for _ in 0..2 {
        stage.send(&put).refused(502, "ServiceUnavailable");
    }
    let lines = stage.end();
    let ends: Vec<_> = lines.iter().filter(|line| line["event"] == "request.end").collect();
    assert!(ends.len() == 2 && ends.iter().all(|line| line["error"] == "upstream-connect"), "{ends:?}");
}

#[test]
fn a_service_that_never_answers() {
    let silent = service(|mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let stage = before_with(silent, "answer_seconds = 1");
    stage.send(&Call::new("GET", "s3", "store.example", "/key")).refused(504, "RequestTimeout");
    stage.end();
}

#[test]
fn a_service_that_sends_its_head_a_byte_at_a_time() {
    let slow = service(|mut stream| {
        read_head(&mut stream);
        // For as long as somebody listens.
        let head = b"HTTP/1.1 200 OK\r\nx: ".iter().copied().chain(std::iter::repeat(b'x'));
        for byte in head {
            if stream.write_all(&[byte]).and_then(|()| stream.flush()).is_err() {
                return;
            }
        }
    });
    let stage = before_with(slow, "answer_seconds = 1");
    let reply = stage.send(&Call::new("GET", "s3", "store.example", "/key"));
    assert!(matches!(reply.status, 502 | 504), "{}", reply.head);
    stage.end();
}

#[test]
fn a_service_that_stops_mid_answer() {
    let stopping = service(|mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let stage = before_with(stopping, "answer_seconds = 5");
    let reply = stage.send(&Call::new("GET", "s3", "store.example", "/key"));
    // A length that is not kept, so that nobody takes it for the whole.
    assert_eq!((reply.status, reply.header("content-length"), reply.bytes.len()), (200, Some("1000"), 4));
    let line = stage.log.wait_for(|line| line["event"] == "request.end");
    assert_eq!(line["error"], "upstream-idle", "{line}");
    stage.end();
}

#[test]
fn a_client_that_does_not_read() {
    let stage = before(service(|mut stream| {
        read_head(&mut stream);
        let length = 1u64 << 30;
        let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        let _ = std::io::copy(&mut std::io::repeat(0).take(length), &mut stream);
    }));
    let get = Call::new("GET", "s3", "store.example", "/large");
    stage.hasten();
    let mut stream = stage.tls(get.host, get.host).unwrap();
    stream.write_all(&get.bytes()).unwrap();
    // It reads no more, and holds on: the gateway does not.
    let line = stage.log.wait_for(|line| line["event"] == "request.end");
    assert_eq!(line["error"], "client-gone", "{line}");
    assert!(line["bytes_out"].as_u64().unwrap() < 1 << 30, "{line}");
    drop(stream);
    stage.end();
}

#[test]
fn a_clock_that_is_wrong() {
    // STS says what time it is, and is asked again with that.
    let stage = Stage::new();
    stage.emulator.fault(Fault::new(Effect::ClockOffset(3600)).on_service("sts"));
    assert_eq!(stage.send(&Call::dynamodb("ListTables", "{}")).status, 200);
    let refused = stage
        .emulator
        .requests()
        .iter()
        .filter(|request| request.service == "sts" && request.status >= 400)
        .count();
    assert!(refused > 0, "the first request had the time of here");
    // A service that is elsewhere in time refuses what is signed here; that is its answer, and the client's to read.
    for (offset, service, call, code) in [
        (3600, "dynamodb", Call::dynamodb("ListTables", "{}"), "InvalidSignatureException"),
        (-3600, "s3", Call::s3("GET", "/key"), "RequestTimeTooSkewed"),
    ] {
        stage.emulator.clear_faults();
        stage.emulator.fault(Fault::new(Effect::ClockOffset(offset)).on_service(service));
        let reply = stage.send(&call);
        assert!(reply.status / 100 == 4 && reply.body.contains(code), "{}{}", reply.head, reply.body);
        let line = stage.log.wait_for(|line| {
            line["event"] == "request.end" && line["service"] == service && line["status"] != 200
        });
        assert_eq!(
            (&line["decision"], &line["error"]),
            (&"allowed".into(), &serde_json::Value::Null),
            "{line}"
        );
    }
    stage.end();
}

#[test]
fn a_hundred_requests_on_one_connection() {
    let stage = Stage::new();
    let call = Call::dynamodb("ListTables", "{}");
    assert_eq!(stage.send(&call).status, 200);
    let mut stream = stage.tls(call.host, call.host).unwrap();
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
    stage.end();
}
