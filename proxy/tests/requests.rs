//! Requests that must get through do: signed by a placeholder key, sent on with the real one, and recorded.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use awsaccess::sigv4::Payload;
use common::{Call, DEVELOPER, PATIENCE, Reply, Stage};

#[test]
fn who_am_i() {
    let stage = Stage::new();
    let reply = stage.send(&Call::sts("GetCallerIdentity"));
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.body.contains("arn:aws:sts::222222222222:assumed-role/developer/alice"), "{}", reply.body);
    let requests = stage.emulator.requests();
    let last = requests.last().unwrap();
    assert!(last.verified_key().is_some_and(|key| key.starts_with("ASIA")), "{}", last.head());
    let lines = stage.end();
    let (begin, end) = (&lines[0], &lines[1]);
    assert_eq!(
        (begin["event"].as_str(), end["event"].as_str()),
        (Some("request.begin"), Some("request.end"))
    );
    for (name, value) in [
        ("subject", "alice"),
        ("role", DEVELOPER),
        ("session_name", "alice"),
        ("service", "sts"),
        ("operation", "GetCallerIdentity"),
        ("decision", "allowed"),
        ("mode", "intercept"),
        ("source", "127.0.0.1"),
    ] {
        assert_eq!(begin[name], value, "{name}");
    }
    assert_eq!(end["status"], 200);
    assert_eq!(begin["id"], end["id"]);
    assert!(end["upstream_request_id"].as_str().is_some_and(|id| !id.is_empty()), "{end}");
}

#[test]
fn credentials_are_fetched_once() {
    let stage = Stage::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200));
        }
    });
    let assumed = stage.emulator.requests().iter().filter(|r| r.head().contains("AssumeRole")).count();
    let hops = stage.emulator.requests().len() - 8;
    assert!(assumed <= 2 && hops <= 6, "{hops} requests for credentials");
    stage.end();
}

#[test]
fn json_items_come_back() {
    let stage = Stage::new();
    let item = r#"{"id":{"S":"1"},"text":{"S":"grüße 🌍"}}"#;
    let put =
        stage.send(&Call::dynamodb("PutItem", &format!(r#"{{"TableName":"demo-table","Item":{item}}}"#)));
    assert_eq!(put.status, 200, "{}", put.body);
    let get = stage.send(&Call::dynamodb("GetItem", r#"{"TableName":"demo-table","Key":{"id":{"S":"1"}}}"#));
    let found: serde_json::Value = serde_json::from_str(&get.body).unwrap();
    assert_eq!(found["Item"], serde_json::from_str::<serde_json::Value>(item).unwrap());
    stage.end();
}

#[test]
fn large_objects_flow() {
    let stage = Stage::new();
    let body: Vec<u8> = (0..(32u32 << 20)).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (target, payload) in [("/hashed", None), ("/unsigned%20key", Some(Payload::Unsigned))] {
        let mut put = Call::s3("PUT", target).body(body.clone());
        put.payload = payload;
        assert_eq!(stage.send(&put).status, 200);
        let get = stage.send(&Call::s3("GET", target));
        assert!(get.bytes == body, "{target}: {} bytes came back", get.bytes.len());
    }
    let range = stage.send(&Call::s3("GET", "/hashed").header("range", "bytes=10-19"));
    assert_eq!((range.status, range.bytes.as_slice()), (206, &body[10..20]));
    let head = stage.send(&Call::s3("HEAD", "/hashed"));
    assert_eq!((head.status, head.header("content-length")), (200, Some("33554432")));
    assert!(head.bytes.is_empty());
    let lines = stage.end();
    let end = lines.iter().find(|line| line["event"] == "request.end").unwrap();
    assert_eq!(end["bytes_in"], 32 << 20);
}

#[test]
fn a_chunked_body_with_a_trailer_flows() {
    let stage = Stage::new();
    let framed = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n".to_vec();
    let put = Call::s3("PUT", "/trailer")
        .header("content-encoding", "aws-chunked")
        .header("x-amz-decoded-content-length", "5")
        .header("x-amz-trailer", "x-amz-checksum-crc32")
        .body(framed)
        .unsigned(Payload::StreamingUnsignedTrailer);
    let reply = stage.send(&put);
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(stage.send(&Call::s3("GET", "/trailer")).body, "hello");
    stage.end();
}

#[test]
fn a_length_is_told_where_the_client_told_none() {
    let stage = Stage::new();
    let mut call = Call::s3("PUT", "/chunked").body(b"hello".to_vec());
    call.chunked = true;
    let reply = stage.send(&call);
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(stage.send(&Call::s3("GET", "/chunked")).body, "hello");
    stage.end();
}

#[test]
fn continue_is_said_after_the_request_is_allowed() {
    let stage = Stage::new();
    let call = Call::s3("PUT", "/patient").header("expect", "100-continue").body(b"hello".to_vec());
    let mut stream = stage.tls(call.host, call.host).unwrap();
    stream.write_all(&call.head_with(&call.signed())).unwrap();
    let mut said = [0; 25];
    stream.read_exact(&mut said).unwrap();
    assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hello").unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(Reply::read(&answer).status, 200);

    let wrong = call.keys(common::ALICE, "not-the-secret");
    let mut stream = stage.tls(wrong.host, wrong.host).unwrap();
    stream.write_all(&wrong.head_with(&wrong.signed())).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    Reply::read(&answer).refused(403, "SignatureDoesNotMatch");
    stage.end();
}

#[test]
fn connections_are_kept_on_both_sides() {
    let stage = Stage::new();
    let call = Call::sts("GetCallerIdentity");
    let mut stream = stage.tls(call.host, call.host).unwrap();
    for _ in 0..3 {
        let text = String::from_utf8(call.bytes()).unwrap().replace("connection: close\r\n", "");
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.windows(2).any(|w| w == b"\r\n") || !answer.ends_with(b">") && !answer.ends_with(b">\n")
        {
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).unwrap();
            assert!(read > 0);
            answer.extend(&bytes[..read]);
        }
        assert_eq!(Reply::read(&answer).status, 200);
    }
    stage.end();
}

#[test]
fn an_endpoint_url_is_enough() {
    let stage = Stage::new();
    let host = stage.address().to_string();
    let send = |call: &Call| stage.send_plain(&call.bytes_with(&call.signed_for(&host)));
    let reply = send(&Call::sts("GetCallerIdentity"));
    assert!(reply.body.contains("assumed-role/developer/alice"), "{}", reply.body);
    let mut put = Call::s3("PUT", "/demo-bucket/by%20path").body(b"hello".to_vec());
    assert_eq!(send(&put).status, 200);
    put.method = "GET";
    put.body.clear();
    assert_eq!(send(&put).body, "hello");
    assert_eq!(send(&Call::dynamodb("ListTables", "{}")).status, 200);
    // The path names the service where the scope does not; it is signed as sent, and gone upstream.
    let mut named = Call::dynamodb("ListTables", "{}");
    named.target = "/_/dynamodb/".into();
    assert_eq!(send(&named).status, 200);
    assert!(!stage.emulator.requests().last().unwrap().head().contains("/_/"));
    let mut unclear = Call::new("POST", "bedrock", "", "/model/x/invoke").body(b"{}".to_vec());
    unclear.headers.push(("content-type".into(), "application/json".into()));
    let reply = send(&unclear);
    assert!(reply.status == 400 && reply.body.contains("/_/<service>"), "{}", reply.body);
    let lines = stage.end();
    assert_eq!(lines[0]["mode"], "endpoint-url");
    assert_eq!(lines[0]["upstream"], "sts.us-east-1.amazonaws.com");
}

#[test]
fn a_listed_host_is_tunnelled_to() {
    use std::net::TcpListener;
    let echo = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = echo.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in echo.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = [0; 5];
            stream.read_exact(&mut bytes).unwrap();
            stream.write_all(&bytes).unwrap();
        }
    });
    let listed = format!(
        "mode = \"listed\"\nhost = [{{ name = \"echo.example.com\", address = \"{address}\", without_tls = true }}]"
    );
    let stage = Stage::with(|config| config.replace("mode = \"public\"", &listed));
    let mut stream = stage.connect("echo.example.com:443").unwrap();
    stream.write_all(b"hello").unwrap();
    let mut back = Vec::new();
    stream.read_to_end(&mut back).unwrap();
    assert_eq!(back, b"hello");
    drop(stream);
    let refused = stage.connect("other.example.com:443").unwrap_err();
    assert_eq!(refused.status, 403, "{}", refused.body);
    let end = stage.log.wait_for(|line| line["event"] == "tunnel.end" && line["decision"] == "allowed");
    stage.end();
    assert_eq!((end["bytes_in"].as_u64(), end["bytes_out"].as_u64()), (Some(5), Some(5)));
    assert_eq!(end["host"], "echo.example.com:443");
}

#[test]
fn what_is_on_its_way_ends_before_the_gateway_does() {
    use awsaccess_emulator::{Effect, Fault};
    let stage = Stage::new();
    assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    stage.hasten();
    stage.emulator.fault(Fault::new(Effect::Delay(300)).on_service("dynamodb"));
    let call = Call::dynamodb("ListTables", "{}");
    let mut stream = stage.tls(call.host, call.host).unwrap();
    stream.write_all(&call.bytes()).unwrap();
    stage.log.wait_for(|line| line["event"] == "request.begin" && line["operation"] == "ListTables");
    let idle = stage.connect("s3.us-east-1.amazonaws.com:443").unwrap();
    let lines = stage.end();
    drop(idle);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(Reply::read(&answer).status, 200);
    let last = |event: &str| lines.iter().rfind(|line| line["event"] == event).unwrap();
    assert_eq!(last("request.end")["status"], 200);
    // Who waits when the gateway ends has done nothing wrong.
    let waiting = last("connection.end");
    assert_eq!((&waiting["decision"], waiting.get("error")), (&"allowed".into(), None), "{waiting}");
}

/// A long poll of SQS: the service is silent until a message is there, or the wait is over.
fn receive() -> Call {
    Call::new("POST", "sqs", "sqs.us-east-1.amazonaws.com", "/")
        .header("x-amz-target", "AmazonSQS.ReceiveMessage")
        .header("content-type", "application/x-amz-json-1.0")
        .body(
            br#"{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/222222222222/q","WaitTimeSeconds":20}"#
                .to_vec(),
        )
}

#[test]
fn a_long_poll_flows_and_others_do_not_wait_for_it() {
    use awsaccess_emulator::{Effect, Fault};
    const WAIT: Duration = Duration::from_secs(4);
    for stage in [Stage::new(), Stage::over_http2(|config| config)] {
        assert_eq!(stage.send(&receive()).status, 200);
        // Shorter than the wait, all but what is for answers.
        stage.hasten();
        stage.emulator.clear_requests();
        stage.emulator.fault(Fault::new(Effect::Delay(WAIT.as_millis() as u64)).on_service("sqs").times(1));
        let begun = Instant::now();
        std::thread::scope(|scope| {
            let poll = scope.spawn(|| (stage.send(&receive()), Instant::now()));
            while stage.emulator.requests().is_empty() {
                assert!(begun.elapsed() < PATIENCE, "the poll did not get to its service");
                std::thread::sleep(Duration::from_millis(5));
            }
            // Of the same service, and of another.
            assert_eq!(stage.send(&receive()).status, 200);
            assert_eq!(stage.send(&Call::dynamodb("ListTables", "{}")).status, 200);
            let answered = Instant::now();
            let (reply, ended) = poll.join().unwrap();
            assert_eq!(reply.status, 200, "{}", reply.body);
            assert!(ended - begun >= WAIT, "it was no long poll");
            assert!(answered < ended, "others waited for the poll");
        });
        stage.end();
    }
}

#[test]
fn a_poll_that_is_longer_than_answers_may_take_is_told() {
    use awsaccess_emulator::{Effect, Fault};
    let stage = Stage::with(|config| config.replace("[limits]", "[limits]\nanswer_seconds = 1"));
    stage.emulator.fault(Fault::new(Effect::Delay(60_000)).on_service("sqs"));
    stage.send(&receive()).refused(504, "RequestTimeout");
    let lines = stage.end();
    assert!(lines.iter().any(|line| line["error"] == "upstream-timeout"), "{lines:?}");
}

#[test]
fn an_absolute_target_must_name_the_same_host() {
    let stage = Stage::new();
    let call = Call::sts("GetCallerIdentity");
    let send = |target: &str| {
        let text =
            String::from_utf8(call.bytes()).unwrap().replacen("POST / ", &format!("POST {target} "), 1);
        stage.send_raw(call.host, text.as_bytes())
    };
    assert_eq!(send("https://sts.us-east-1.amazonaws.com/").status, 200);
    send("https://evil.example/").refused(403, "AccessDenied");
    stage.end();
}
