//! HTTP/2 on either side: the same requests, the same refusals, streams that flow both ways, and what only HTTP/2 makes
//! possible.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::net::TcpListener;
use std::time::SystemTime;

use awsaccess::sigv4::{self, Payload, Request, Scope, Settings, Streaming};
use awsaccess::time::Time;
use common::echo::Echo;
use common::two::{GOAWAY, RST_STREAM, Two};
use common::{ALICE, Call, SECRET, Stage};

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Sends a request on a connection of its own.
fn send(stage: &Stage, call: &Call) -> common::two::Ended {
    send_fields(stage, call, &call.fields())
}

fn send_fields(stage: &Stage, call: &Call, fields: &[(String, String)]) -> common::two::Ended {
    let mut two = stage.two(call.host);
    let _ = two.headers(1, &borrowed(fields), call.body.is_empty());
    if !call.body.is_empty() {
        let _ = two.data(1, &call.body, true);
    }
    two.answer(1)
}

fn passes(stage: &Stage) {
    let who = send(stage, &Call::sts("GetCallerIdentity"));
    assert!(who.text().contains("assumed-role/developer/alice"), "{who:?}");
    let body: Vec<u8> = (0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let put = send(stage, &Call::s3("PUT", "/two%20words").body(body.clone()));
    assert!(put.answered && put.broken.is_none(), "{put:?}");
    // One side's version is no matter of the other's.
    assert!(stage.send(&Call::s3("GET", "/two%20words")).bytes == body);
    assert!(send(stage, &Call::s3("GET", "/two%20words")).body == body);
    assert_eq!(send(stage, &Call::s3("HEAD", "/two%20words")).body, b"");
    assert!(send(stage, &Call::dynamodb("ListTables", "{}")).text().contains("demo-table"));
    let wrong = send(stage, &Call::sts("GetCallerIdentity").keys(ALICE, "not-the-secret"));
    assert!(wrong.text().contains("<Code>SignatureDoesNotMatch</Code>"), "{wrong:?}");
    let refused = send(stage, &Call::s3("PUT", "/key").body(vec![1; 100_000]).keys(ALICE, "not-the-secret"));
    assert!(refused.text().contains("<Code>SignatureDoesNotMatch</Code>"), "{refused:?}");
}

#[test]
fn clients_may_speak_it() {
    let stage = Stage::new();
    passes(&stage);
    let lines = stage.end();
    assert_eq!(lines[0]["host"], "sts.us-east-1.amazonaws.com");
    assert!(lines.iter().all(|line| line["mode"] == "intercept"));
}

#[test]
fn services_may_speak_it() {
    let stage = Stage::over_http2(|config| config);
    passes(&stage);
    stage.end();
}

#[test]
fn nobody_needs_to() {
    let stage = Stage::over_http2(|config| format!("http2 = false\n{config}\n[upstream]\nhttp2 = false\n"));
    let host = "sts.us-east-1.amazonaws.com";
    assert!(stage.tls_speaking(&format!("{host}:443"), host, b"h2").is_err());
    assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    stage.end();
}

#[test]
fn many_requests_share_a_connection() {
    let stage = Stage::over_http2(|config| config);
    let call = Call::dynamodb("ListTables", "{}");
    // The credentials and a connection to the service are there.
    assert_eq!(stage.send(&call).status, 200);
    let mut two = stage.two(call.host);
    let streams: Vec<u32> = (0..100).map(|n| 2 * n + 1).collect();
    for stream in &streams {
        two.headers(*stream, &borrowed(&call.fields()), false).unwrap();
        two.data(*stream, &call.body, true).unwrap();
    }
    let mut bodies = std::collections::BTreeMap::<u32, Vec<u8>>::new();
    let mut open = streams.len();
    while open > 0 {
        let frame = two.next().unwrap();
        assert!(frame.kind != RST_STREAM && frame.kind != GOAWAY, "{frame:?}");
        if frame.kind == common::two::DATA {
            bodies.entry(frame.stream).or_default().extend(&frame.payload);
            open -= usize::from(frame.flags & 1 == 1);
        }
    }
    for stream in streams {
        let text = String::from_utf8_lossy(&bodies[&stream]);
        assert!(text.contains("demo-table"), "{stream}: {text}");
    }
    drop(two);
    stage.end();
}

/// Some clients forget the answer that they have when the stream under their hands is taken back.
#[test]
fn a_client_that_still_writes_is_not_cut_off() {
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let stage = Stage::with(|config| {
        format!(
            "{config}\n[[endpoint]]\nhost = \"store.example\"\naddress = \"{nowhere}\"\nscheme = \"http\"\n"
        )
    });
    let mut put = Call::new("PUT", "s3", "store.example", "/large").unsigned(Payload::Unsigned);
    put.headers.push(("content-length".into(), "2000".into()));
    let mut two = stage.two(put.host);
    two.headers(1, &borrowed(&put.fields()), false).unwrap();
    two.data(1, &[0; 1000], false).unwrap();
    let told = two.answer(1);
    assert!(told.text().contains("<Code>ServiceUnavailable</Code>"), "{told:?}");
    // What comes next on the connection is the next answer.
    let get = Call::new("GET", "s3", "store.example", "/large");
    two.headers(3, &borrowed(&get.fields()), true).unwrap();
    let next = two.next().unwrap();
    assert_eq!((next.kind, next.stream), (common::two::HEADERS, 3), "{next:?}");
    two.data(1, &[0; 1000], true).unwrap();
    assert!(two.answer(3).broken.is_none());
    drop(two);
    stage.end();
}

/// An event stream through the gateway: each message is answered before the next is written.
fn converse(client_two: bool, service_two: bool) {
    const HOST: &str = "stream.example";
    let echo = Echo::start(HOST, service_two);
    let ca_file = std::env::temp_dir()
        .join(format!("awsaccess-echo-{}-{client_two}-{service_two}", std::process::id()));
    let stage = Stage::with(|config| config + &echo.endpoint(HOST, &ca_file));
    let now = Time::from(SystemTime::now());
    let keys = awsaccess::credentials::Credentials::new(ALICE, SECRET);
    let headers = [("host", HOST), ("content-type", "application/vnd.amazon.eventstream")];
    let request = Request::new("POST", "/stream", &headers);
    let scope = Scope::new("us-east-1", "transcribe");
    let payload = Payload::Streaming(Streaming::Events);
    let signed = sigv4::sign(&request, payload, &keys, &scope, &Settings::default(), now).unwrap();
    let mut signer = signed.event_signer().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let fields: Vec<_> = signed.apply(&request).into_iter().map(|(n, v)| (text(n), text(v))).collect();
    let mut messages = vec![];
    for message in [&b"first"[..], &[7; 40_000], b"third"] {
        messages.push(signer.sign(message, now).unwrap());
    }
    let last = signer.finish(now).unwrap();
    if client_two {
        let mut two = stage.two(HOST);
        let pseudo = [(":method", "POST"), (":scheme", "https"), (":authority", HOST), (":path", "/stream")];
        let own = fields
            .iter()
            .filter(|(name, _)| name != "host")
            .map(|(n, v)| (n.to_ascii_lowercase(), v.clone()));
        let own: Vec<_> = own.collect();
        two.headers(1, &[&pseudo[..], &borrowed(&own)].concat(), false).unwrap();
        for message in &messages {
            two.data(1, message, false).unwrap();
            let back = two.read(1, message.len());
            assert_eq!(back.len(), message.len());
            assert!(back != *message, "the message was not signed again");
        }
        two.data(1, &last, true).unwrap();
        let ended = two.answer(1);
        assert!(ended.broken.is_none() && ended.body.len() == last.len(), "{ended:?}");
    } else {
        use std::io::{Read, Write};
        let mut stream = stage.tls(HOST, HOST).unwrap();
        let mut head = String::from("POST /stream HTTP/1.1\r\nTransfer-Encoding: chunked\r\n");
        fields.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        let mut seen = Vec::new();
        for message in &messages {
            stream.write_all(format!("{:x}\r\n", message.len()).as_bytes()).unwrap();
            stream.write_all(&[message.as_slice(), b"\r\n"].concat()).unwrap();
            // The payload comes back before anything else is written.
            let payload = &message[message.len() - 9..message.len() - 4];
            while !seen.windows(payload.len()).any(|window| window == payload) {
                let mut bytes = [0; 8192];
                let read = stream.read(&mut bytes).unwrap();
                assert!(read > 0, "{}", String::from_utf8_lossy(&seen));
                seen.extend(&bytes[..read]);
            }
            seen.clear();
        }
        stream.write_all(format!("{:x}\r\n", last.len()).as_bytes()).unwrap();
        stream.write_all(&[last.as_slice(), b"\r\n0\r\n\r\n"].concat()).unwrap();
        while !seen.ends_with(b"0\r\n\r\n") {
            let mut bytes = [0; 8192];
            let read = stream.read(&mut bytes).unwrap();
            assert!(read > 0);
            seen.extend(&bytes[..read]);
        }
    }
    let seen = echo.seen.lock().unwrap();
    let (version, parts) = &seen[0];
    assert_eq!(*version == http::Version::HTTP_2, service_two);
    assert!(parts.headers["authorization"].to_str().unwrap().contains("ASIA"), "{parts:?}");
    assert!(!format!("{parts:?}").contains(ALICE));
    drop(seen);
    let _ = std::fs::remove_file(ca_file);
    stage.end();
}

#[test]
fn conversations_flow_both_ways() {
    for (client_two, service_two) in [(true, true), (true, false), (false, true), (false, false)] {
        converse(client_two, service_two);
    }
}

/// What no client may say over HTTP/2. Each is refused, by the framing or in the protocol's own words.
#[test]
fn tricks_end_here() {
    let stage = Stage::new();
    let call = Call::s3("PUT", "/key").body(b"hello".to_vec());
    let good = call.fields();
    let with = |name: &str, value: &str| {
        let mut fields = good.clone();
        fields.push((name.to_owned(), value.to_owned()));
        fields
    };
    let instead = |name: &str, value: &str| {
        let mut fields = good.clone();
        fields.iter_mut().filter(|(known, _)| known == name).for_each(|(_, v)| *v = value.to_owned());
        fields
    };
    let without = |name: &str| good.iter().filter(|(known, _)| known != name).cloned().collect::<Vec<_>>();
    let mut late = without(":path");
    late.push((":path".into(), "/key".into()));
    for (what, fields) in [
        ("another authority", instead(":authority", "kms.us-east-1.amazonaws.com")),
        (
            "a look-alike authority",
            instead(":authority", "demo-bucket.s3.us-east-1.amazonaws.com.evil.example"),
        ),
        ("an authority with a user", instead(":authority", "x@demo-bucket.s3.us-east-1.amazonaws.com")),
        ("an authority with a port", instead(":authority", "demo-bucket.s3.us-east-1.amazonaws.com:8443")),
        ("an address", instead(":authority", "169.254.169.254")),
        ("another host beside", with("host", "kms.us-east-1.amazonaws.com")),
        ("two hosts beside", {
            let mut fields = with("host", call.host);
            fields.push(("host".into(), "kms.us-east-1.amazonaws.com".into()));
            fields
        }),
        ("no host", without(":authority")),
        ("another scheme", instead(":scheme", "http")),
        ("a scheme with a host", instead(":scheme", "https://evil.example/?x=")),
        ("no scheme", without(":scheme")),
        ("no path", without(":path")),
        ("an empty path", instead(":path", "")),
        ("a star", instead(":path", "*")),
        ("an absolute path", instead(":path", "https://evil.example/")),
        ("a path with a line break", instead(":path", "/key HTTP/1.1\r\nx: y")),
        ("a path with a space", instead(":path", "/key key")),
        ("two paths", with(":path", "/other")),
        ("a pseudo-header behind a header", late),
        ("an unknown pseudo-header", with(":x", "1")),
        ("a protocol", with(":protocol", "websocket")),
        ("connect", instead(":method", "CONNECT")),
        ("trace", instead(":method", "TRACE")),
        ("a method with a space", instead(":method", "PUT /x")),
        ("transfer-encoding", with("transfer-encoding", "chunked")),
        ("connection", with("connection", "x-amz-date")),
        ("keep-alive", with("keep-alive", "timeout=5")),
        ("proxy-connection", with("proxy-connection", "close")),
        ("upgrade", with("upgrade", "websocket")),
        ("te", with("te", "chunked")),
        ("a line break", with("x-amz-meta-a", "1\r\nhost: evil.example")),
        ("a line feed", with("x-note", "1\nx")),
        ("a nul", with("x-note", "1\0")),
        ("a colon in a name", with("x-note: 1", "1")),
        ("a space in a name", with("x note", "1")),
        ("a capital letter", with("X-Note", "1")),
        ("an empty name", with("", "1")),
        ("a longer length", instead("content-length", "6")),
        ("a shorter length", instead("content-length", "4")),
        ("no length that is one", instead("content-length", "5, 5")),
        ("a signed length", instead("content-length", "+5")),
        ("two lengths", with("content-length", "5")),
        ("two authorizations", with("authorization", "AWS4-HMAC-SHA256 x")),
        ("a token", with("x-amz-security-token", "t")),
        ("an unsigned header", with("x-amz-acl", "public-read")),
    ] {
        let ended = send_fields(&stage, &call, &fields);
        let text = ended.text();
        // The framing's own refusals have no body, ours have AWS's shape.
        let shaped = ended.answered && (text.is_empty() || text.contains("<Error>"));
        assert!(ended.broken.is_some() || shaped, "{what}: {ended:?}");
    }
    let passed: Vec<_> = stage.emulator.requests().iter().map(awsaccess_emulator::Recorded::head).collect();
    assert!(!passed.iter().any(|head| head.contains("PUT /")), "{passed:?}");
    // The gateway goes on.
    assert!(send(&stage, &call).broken.is_none());
    assert_eq!(stage.send(&Call::s3("GET", "/key")).body, "hello");
    stage.end();
}

#[test]
fn heads_are_bounded() {
    let stage = Stage::new();
    let call = Call::s3("GET", "/key");
    for (count, size) in [(1, 70_000), (1, 200_000), (127, 2000), (140, 1), (40_000, 1)] {
        let mut fields = call.fields();
        fields.extend((0..count).map(|n| (format!("x-note-{n}"), "a".repeat(size))));
        let ended = send_fields(&stage, &call, &fields);
        let refused = ended.broken.is_some() || ended.text().contains("<Error>") || ended.body.is_empty();
        assert!(refused, "{count} of {size}: {ended:?}");
    }
    // A head that goes on and on without an end.
    let mut two = stage.two(call.host);
    let _ = two.frame(common::two::HEADERS, 0, 1, &[0, 1, b'a', 1, b'b']);
    let endless = (0..10_000).find(|_| two.frame(common::two::CONTINUATION, 0, 1, &[0; 64]).is_err());
    assert!(endless.is_some() || two.answer(1).broken.is_some());
    assert!(stage.emulator.requests().is_empty());
    assert!(send(&stage, &call).text().contains("NoSuchKey"));
    stage.end();
}

#[test]
fn streams_are_bounded() {
    let stage = Stage::new();
    let call = Call::s3("PUT", "/key").body(vec![7; 10]);
    let mut two = stage.two(call.host);
    // None of them ends: the bodies are still to come.
    let fields = call.fields();
    for n in 0..200 {
        if two.headers(2 * n + 1, &borrowed(&fields), false).is_err() {
            break;
        }
    }
    // 128 may be open: the next is refused, or the connection ends.
    let frame = two.next().expect("a refusal");
    assert!(
        frame.kind == RST_STREAM && frame.payload == 7_u32.to_be_bytes() || frame.kind == GOAWAY,
        "{frame:?}"
    );
    drop(two);
    assert!(send(&stage, &call).broken.is_none());
    stage.end();
}

#[test]
fn requests_that_are_taken_back_end_the_connection() {
    let stage = Stage::new();
    let call = Call::s3("PUT", "/key").body(vec![7; 10]);
    let mut two = stage.two(call.host);
    let fields = call.fields();
    let mut ended = false;
    for n in 0..5000 {
        let stream = 2 * n + 1;
        let sent = two.headers(stream, &borrowed(&fields), false);
        ended |= sent.and_then(|()| two.frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())).is_err();
        if ended {
            break;
        }
    }
    let mut told = None;
    while let Some(frame) = two.next() {
        if frame.kind == GOAWAY {
            told = Some(u32::from_be_bytes(frame.payload[4..8].try_into().unwrap()));
        }
    }
    assert!(ended || told.is_some(), "nobody minded");
    // Nobody else is hurt.
    assert!(send(&stage, &call).broken.is_none());
    stage.end();
}

#[test]
fn who_is_silent_or_does_not_read_is_not_waited_for() {
    let stage = Stage::new();
    assert_eq!(stage.send(&Call::s3("PUT", "/large").body(vec![7; 4 << 20])).status, 200);
    stage.hasten();
    // No request, no preface even.
    let call = Call::s3("GET", "/large");
    let mut silent = stage.tls_speaking(&format!("{}:443", call.host), call.host, b"h2").unwrap();
    let mut rest = Vec::new();
    let _ = std::io::Read::read_to_end(&mut silent, &mut rest);
    // An answer that nobody makes room for: it is let go, and the record says so.
    let stream = stage.tls_speaking(&format!("{}:443", call.host), call.host, b"h2").unwrap();
    let mut two = Two::new(stream, false);
    two.headers(1, &borrowed(&call.fields()), true).unwrap();
    while two.next().is_some() {}
    let lines = stage.end();
    let line =
        lines.iter().find(|line| line["operation"] == "GetObject" && line["event"] == "request.end").unwrap();
    assert_eq!(line["error"], "client-gone", "{line}");
}

#[test]
fn a_body_that_stops_coming_is_not_waited_for() {
    let stage = Stage::new();
    stage.hasten();
    for call in [Call::dynamodb("ListTables", "{}"), Call::s3("PUT", "/slow").body(vec![0; 100])] {
        let mut two = stage.two(call.host);
        two.headers(1, &borrowed(&call.fields()), false).unwrap();
        two.data(1, &call.body[..call.body.len() - 1], false).unwrap();
        let ended = two.answer(1);
        assert!(ended.text().contains("RequestTimeout"), "{ended:?}");
    }
    stage.relax();
    assert_eq!(stage.send(&Call::s3("GET", "/slow")).status, 404);
    stage.end();
}
