//! What is no proper request, on the wire: through CONNECT and to the endpoint URL. Each is refused (what is no HTTP at
//! all by a bare 400 or the end of the connection, all else with an error of AWS's shape), nothing of it reaches AWS, and
//! the gateway goes on.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};

use common::{Call, Reply, Stage};

/// The same request in three protocols.
fn three() -> [Call; 3] {
    [
        Call::sts("GetCallerIdentity"),
        Call::s3("PUT", "/key").body(b"hello".to_vec()),
        Call::dynamodb("ListTables", "{}"),
    ]
}

/// A request that was rightly signed, with a line put in place of another, or behind the request line.
type Change = (&'static str, &'static [u8]);

/// Replaces the line that begins with `start` (any case), or adds one where `start` is empty.
fn changed(bytes: &[u8], (start, line): Change) -> Vec<u8> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let (head, body) = bytes.split_at(end);
    let mut lines: Vec<Vec<u8>> =
        String::from_utf8_lossy(head).split("\r\n").map(|line| line.as_bytes().to_vec()).collect();
    if start == "request line" {
        lines[0] = line.to_vec();
    } else if start.is_empty() {
        lines.push(line.to_vec());
    } else {
        let same = |l: &Vec<u8>| l.to_ascii_lowercase().starts_with(start.as_bytes());
        let at = lines.iter().position(same).expect("a line to be replaced");
        lines[at] = line.to_vec();
    }
    [&lines.join(&b"\r\n"[..]), body].concat()
}

/// No HTTP: the parser has the first word, and may hang up.
const NO_HTTP: &[Change] = &[
    ("request line", b"GET"),
    ("request line", b"GET /"),
    ("request line", b"GET  / HTTP/1.1"),
    ("request line", b"GET / HTTP/9.9"),
    ("request line", b"GET /a b HTTP/1.1"),
    ("request line", b"GET /\x00 HTTP/1.1"),
    ("request line", b"G\xffT / HTTP/1.1"),
    ("request line", b"\x16\x03\x01\x02\x00"),
    ("request line", b"PRI * HTTP/2.0\r\n\r\nSM"),
    ("", b"x y: 1"),
    ("", b": 1"),
    ("", b"x : 1"),
    ("", b"x: a\r\n folded"),
    ("", b"x: a\x00b"),
    ("", b"x: a\rb"),
    ("", b"no colon"),
    ("", b"Content-Length: 7"),
    ("content-length", b"Content-Length: x"),
    ("content-length", b"Content-Length: -1"),
    ("content-length", b"Content-Length: 99999999999999999999999"),
    ("content-length", b"Transfer-Encoding: gzip"),
    ("content-length", b"Transfer-Encoding: chunked, identity"),
];

/// HTTP, and no request for AWS.
const NO_REQUEST: &[Change] = &[
    ("request line", b"GET /%G0 HTTP/1.1"),
    ("request line", b"GET /% HTTP/1.1"),
    ("request line", b"TRACE / HTTP/1.1"),
    ("request line", b"BREW / HTTP/1.1"),
    ("request line", b"GET /?X-Amz-Signature=00 HTTP/1.1"),
    ("", b"Transfer-Encoding: chunked"),
    ("", b"Authorization: again"),
    ("", b"X-Amz-Date: again"),
    ("", b"X-Amz-Acl: public-read"),
    ("", b"X-Amz-Security-Token: t"),
    ("", b"Connection: authorization"),
    ("authorization", b"Authorization: "),
    ("authorization", b"Authorization: AWS4-HMAC-SHA256"),
    ("authorization", b"Authorization: AWS4-HMAC-SHA256 Credential=/////, SignedHeaders=;, Signature="),
    ("authorization", b"Authorization: AWS4-HMAC-SHA256 \xff\xfe"),
    ("authorization", b"Authorization: AWS AKID:c2ln"),
    ("x-amz-date", b"X-Amz-Date: yesterday"),
    ("x-amz-date", b"X-Amz-Date: 20270230T000000Z"),
    ("x-amz-date", b"X-Nothing: 1"),
];

fn is_shaped(reply: &Reply) -> bool {
    reply.body.contains("<Code>") || reply.header("x-amzn-errortype").is_some()
}

#[test]
fn malformed_requests_end_here() {
    let stage = Stage::new();
    for call in three() {
        for (nth, change) in NO_HTTP.iter().chain(NO_REQUEST).enumerate() {
            let what = format!("{} {}", call.service, String::from_utf8_lossy(change.1));
            for reply in [
                stage.send_raw(call.host, &changed(&call.bytes(), *change)),
                stage.send_plain(&changed(
                    &call.bytes_with(&call.signed_for(&stage.address().to_string())),
                    *change,
                )),
            ] {
                let bare = nth < NO_HTTP.len() && (reply.status == 0 || reply.body.is_empty());
                assert!(bare || (400..500).contains(&reply.status), "{what}: {}{}", reply.head, reply.body);
                assert!(bare || is_shaped(&reply), "{what}: {}{}", reply.head, reply.body);
            }
        }
    }
    ends_well(stage);
}

#[test]
fn malformed_bodies_end_here() {
    let stage = Stage::new();
    for mut call in three() {
        // In HTTP's own chunks, which are broken.
        call.chunked = true;
        let head = call.head_with(&call.signed());
        for body in [
            "zz\r\nhello\r\n0\r\n\r\n",
            "-1\r\n",
            "fffffffffffffffff\r\nx",
            "5\r\nhelloworld\r\n0\r\n\r\n",
            "5 5\r\nhello\r\n",
        ] {
            let reply = stage.send_raw(call.host, &[&head, body.as_bytes()].concat());
            assert!(reply.status == 0 || (400..500).contains(&reply.status), "{body:?}: {}", reply.head);
            assert!(reply.body.is_empty() || is_shaped(&reply), "{body:?}: {}", reply.body);
        }
    }
    ends_well(stage);
}

#[test]
fn what_is_no_tls_ends_here() {
    let stage = Stage::new();
    let call = Call::s3("GET", "/key");
    for bytes in [call.bytes(), b"\x16\x03\x01\xff\xff".repeat(100), vec![0; 1000], b"SSH-2.0-x\r\n".to_vec()]
    {
        let mut stream = stage.connect(&format!("{}:443", call.host)).unwrap();
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&answer));
    }
    ends_well(stage);
}

/// Nothing has come to AWS, and the next request does.
fn ends_well(stage: Stage) {
    let passed: Vec<_> = stage.emulator.requests().iter().map(awsaccess_emulator::Recorded::head).collect();
    assert!(passed.is_empty(), "{passed:?}");
    assert_eq!(stage.send(&Call::s3("GET", "/nothing")).status, 404);
    assert!(!stage.emulator.requests().is_empty());
    stage.end();
}
