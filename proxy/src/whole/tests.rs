//! What is taken for whole is what hyper takes it for, byte by byte of what counts.

use std::io;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::request::{Found, find};
use super::{MOST, Message, Replayed, Reply, Said};
use crate::head::is_of_the_connection;

/// A message as a reader has it: its first line, its fields, its body.
type Seen = (Vec<String>, Vec<(String, Vec<u8>)>, Vec<u8>);

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
}

/// The names in order, each with its values: readers that keep them by name keep no other order.
fn fields<'a>(all: impl Iterator<Item = (&'a str, &'a [u8])>) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = all.map(|(name, value)| (name.to_ascii_lowercase(), value.to_vec())).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// The first request that hyper finds in the bytes.
fn request_by_hyper(bytes: &[u8]) -> Option<Seen> {
    let seen: Arc<Mutex<Option<Seen>>> = Arc::default();
    let kept = Arc::clone(&seen);
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let kept = Arc::clone(&kept);
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
            let line = vec![parts.method.to_string(), parts.uri.to_string()];
            let headers = fields(parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
            kept.lock().unwrap().get_or_insert((line, headers, body.to_vec()));
            io::Result::Ok(Response::new(Empty::<Bytes>::new()))
        }
    });
    block_on(async {
        let (mut near, far) = duplex(1 << 20);
        near.write_all(bytes).await.unwrap();
        near.shutdown().await.unwrap();
        let mut builder = hyper::server::conn::http1::Builder::new();
        let _ = builder.half_close(true).serve_connection(TokioIo::new(far), service).await;
    });
    seen.lock().unwrap().take()
}

fn request_by_us(bytes: &[u8]) -> Option<Seen> {
    let Found::Whole(request, length) = find(bytes) else { return None };
    assert!(bytes[..length].ends_with(request.body));
    let line = vec![request.method.to_owned(), String::from_utf8(request.target.to_vec()).unwrap()];
    let names = request.fields.iter().map(|(name, value)| (std::str::from_utf8(name).unwrap(), *value));
    Some((line, fields(names), request.body.to_vec()))
}

/// The answer that hyper finds in the bytes, less what belongs to the connection.
fn reply_by_hyper(bytes: &[u8], method: Method) -> Option<Seen> {
    block_on(async {
        let (mut near, far) = duplex(1 << 20);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(far)).await.ok()?;
        let connection = tokio::spawn(connection);
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.method_mut() = method;
        let asked = tokio::spawn(sender.send_request(request));
        let (mut head, mut room) = (Vec::new(), [0; 256]);
        while !head.ends_with(b"\r\n\r\n") {
            let read = near.read(&mut room).await.unwrap();
            head.extend_from_slice(&room[..read]);
        }
        near.write_all(bytes).await.unwrap();
        // What it still waits for does not come.
        let whole = async {
            let (parts, body) = asked.await.unwrap().ok()?.into_parts();
            Some((parts, body.collect().await.ok()?.to_bytes()))
        };
        let whole = tokio::time::timeout(std::time::Duration::from_secs(1), whole).await;
        connection.abort();
        let (parts, body) = whole.ok()??;
        Some(seen_reply(
            parts.status.as_u16(),
            parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())),
            &body,
        ))
    })
}

fn seen_reply<'a>(status: u16, all: impl Iterator<Item = (&'a str, &'a [u8])>, body: &[u8]) -> Seen {
    let mut fields = fields(all.filter(|(name, _)| !is_of_the_connection(name)));
    fields.retain(|(name, _)| name != "date");
    (vec![status.to_string()], fields, body.to_vec())
}

fn reply_by_us(bytes: &[u8], is_head: bool) -> Option<Seen> {
    let Said::Whole(reply) = Reply::find(bytes, is_head) else { return None };
    let mut room = [httparse::EMPTY_HEADER; 80];
    let mut parsed = httparse::Response::new(&mut room);
    let end = parsed.parse(&reply.bytes).unwrap().unwrap();
    assert_eq!(reply.bytes.len(), end + reply.body);
    assert!(parsed.headers.iter().any(|field| field.name == "date"));
    assert!(parsed.headers.iter().all(|field| field.name == field.name.to_ascii_lowercase()));
    let all = parsed.headers.iter().map(|field| (field.name, field.value));
    Some(seen_reply(reply.status, all, &reply.bytes[end..]))
}

/// Lines of a head as they may come, most of them in order.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        8 => prop::sample::select(vec![
            "Host: a.amazonaws.com", "x-amz-date: 1", "X-Amz-Target:A.B", "connection: Keep-Alive", "date: never",
            "Authorization:  AWS4 x  ", "x-empty:", "x-amz-meta-a: b", "x-amz-meta-a: c", "x-amzn-RequestId: 1-2",
            "set-cookie: a=b", "keep-alive: timeout=1", "te: trailers", "x-caf: caf\u{e9}",
        ]),
        5 => prop::sample::select(vec![
            "content-length: 0", "Content-Length: 3", "content-length: 12", "content-length: 003", "content-length: +3",
            "content-length: 3, 3", "content-length: 3 ", "content-length:", "content-length: 99999",
        ]),
        1 => prop::sample::select(vec![
            "transfer-encoding: chunked", "Transfer-Encoding: identity", "expect: 100-continue", "upgrade: websocket",
            "connection: close", "connection: x-amz-date", " folded: 1", "x y: 1", "x: a\u{0}b", ": 1", "no colon",
            "sec-websocket-protocol: graphql-ws", "content-length : 3", "x: a\rcontent-length: 3",
        ]),
    ];
    let end = prop_oneof![30 => Just("\r\n"), 1 => Just("\n")];
    prop::collection::vec((line, end), 0..8).prop_map(|lines| {
        lines.into_iter().flat_map(|(line, end)| [line.as_bytes(), end.as_bytes()].concat()).collect()
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(Vec::new()),
        Just(b"abc".to_vec()),
        Just(b"abcdefghijkl".to_vec()),
        Just(b"3\r\nabc\r\n0\r\n\r\n".to_vec()),
        Just(b"abcGET / HTTP/1.1\r\n\r\n".to_vec()),
        prop::collection::vec(any::<u8>(), 0..20),
    ]
}

proptest! {
    #[test]
    fn a_request_is_the_one_that_hyper_finds(
        first in prop::sample::select(vec![
            "GET / HTTP/1.1\r\n", "POST /a%20b?c=d&e HTTP/1.1\r\n", "HEAD /k HTTP/1.1\r\n", "PUT /a/../b HTTP/1.1\r\n",
            "GET / HTTP/1.0\r\n", "CONNECT a:443 HTTP/1.1\r\n", "GET http://a/ HTTP/1.1\r\n", "GET /a#b HTTP/1.1\r\n",
            "OPTIONS * HTTP/1.1\r\n", "GET //a HTTP/1.1\r\n", "\r\nGET / HTTP/1.1\r\n", "DELETE /\u{e9} HTTP/1.1\r\n",
            "GET /?a={b}|\\^` HTTP/1.1\r\n",
        ]),
        lines in lines(),
        body in body(),
    ) {
        let bytes = [first.as_bytes(), &lines, b"\r\n", &body].concat();
        if let Some(ours) = request_by_us(&bytes) {
            prop_assert_eq!(Some(ours), request_by_hyper(&bytes));
        }
    }

    #[test]
    fn an_answer_is_the_one_that_hyper_finds(
        first in prop::sample::select(vec![
            "HTTP/1.1 200 OK\r\n", "HTTP/1.1 404 \r\n", "HTTP/1.1 503\r\n", "\r\nHTTP/1.1 200 OK\r\n", "HTTP/1.1 206 Half of it\r\n",
            "HTTP/1.1 304 Not Modified\r\n", "HTTP/1.1 204 No Content\r\n", "HTTP/1.0 200 OK\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", "HTTP/1.1 101 Switching\r\n", "HTTP/1.1 999 Odd\r\n",
        ]),
        lines in lines(),
        body in body(),
        is_head in any::<bool>(),
    ) {
        let bytes = [first.as_bytes(), &lines, b"\r\n", &body].concat();
        if let Some(ours) = reply_by_us(&bytes, is_head) {
            let method = if is_head { Method::HEAD } else { Method::POST };
            prop_assert_eq!(Some(ours), reply_by_hyper(&bytes, method));
        }
    }
}

fn is_other(bytes: &[u8]) -> bool {
    matches!(find(bytes), Found::Other)
}

#[test]
fn a_request_is_whole_once_all_of_it_is_there() {
    let bytes = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET";
    for length in 0..bytes.len() {
        match (find(&bytes[..length]), length) {
            (Found::Part { head: true }, 0..47) | (Found::Part { head: false }, 47..50) => {}
            (Found::Whole(request, 50), 50..) => assert_eq!(request.body, b"abc"),
            _ => panic!("{length}"),
        }
    }
    let long = [b"GET /".as_slice(), &vec![b'a'; MOST]].concat();
    assert!(is_other(&long) && matches!(find(&long[..MOST - 1]), Found::Part { head: true }));
    // Its body will not be here whole.
    assert!(is_other(format!("PUT / HTTP/1.1\r\ncontent-length: {MOST}\r\n\r\n").as_bytes()));
}

#[test]
fn whatever_flows_or_is_odd_is_not_taken() {
    for line in [
        "expect: 100-continue",
        "upgrade: h2c",
        "connection: close, x",
        "connection: close\r\nconnection: close",
        "connection: keep-alive, x",
        "transfer-encoding: chunked",
        "content-length: 1\r\ncontent-length: 1",
        "content-length: 1,1",
        "content-length: -1",
        "sec-websocket-protocol: a",
    ] {
        assert!(is_other(format!("GET / HTTP/1.1\r\n{line}\r\n\r\nabc").as_bytes()), "{line}");
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n{line}\r\n\r\nabc");
        let flows = line.starts_with("conn") || line.starts_with("tr") || line.starts_with("content");
        assert_eq!(matches!(Reply::find(answer.as_bytes(), false), Said::Other), flows, "{line}");
    }
    for first in [
        "GET / HTTP/1.0",
        "GET http://a/ HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "CONNECT a:1 HTTP/1.1",
        "GET /#a HTTP/1.1",
    ] {
        assert!(is_other(format!("{first}\r\n\r\n").as_bytes()), "{first}");
    }
    // How long a thing is that does not come is no matter.
    let large = b"HTTP/1.1 200 OK\r\ncontent-length: 5368709120\r\n\r\n";
    assert!(matches!(Reply::find(large, true), Said::Whole(reply) if reply.body == 0));
    assert!(matches!(Reply::find(large, false), Said::Other));
    // More than was asked for, no length, and what ends without one.
    for answer in [
        "200 OK\r\ncontent-length: 2\r\n\r\nabc",
        "200 OK\r\n\r\nabc",
        "204 No\r\ncontent-length: 0\r\n\r\n",
        "304 Not\r\ncontent-length: 3\r\n\r\n",
        "100 Continue\r\n\r\n",
    ] {
        assert!(
            matches!(Reply::find(format!("HTTP/1.1 {answer}").as_bytes(), false), Said::Other),
            "{answer}"
        );
    }
}

#[test]
fn what_is_written_is_what_was_to_be_sent() {
    let fields = [("Host", "a"), ("content-length", "99"), ("x-a", "b")];
    let fields = || fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let message = Message::new("PUT".to_owned(), b"/a?b", fields(), (b"abc", false)).unwrap();
    assert_eq!(message.bytes, b"PUT /a?b HTTP/1.1\r\nHost: a\r\nx-a: b\r\ncontent-length: 3\r\n\r\nabc");
    let request = message.request().unwrap();
    assert_eq!((request.method(), request.uri().to_string()), (&Method::PUT, "/a?b".to_owned()));
    assert_eq!(request.headers()["content-length"], "3");
    // A length only where there is one to tell.
    let told = |body: &[u8], told| {
        let message = Message::new("GET".to_owned(), b"/", std::iter::empty(), (body, told)).unwrap();
        String::from_utf8(message.bytes).unwrap().contains("content-length")
    };
    assert_eq!([told(b"", false), told(b"", true), told(b"a", false)], [false, true, true]);
    for (name, value) in [
        ("transfer-encoding", "chunked"),
        ("x", "a\r\nb: c"),
        ("x", "a\0"),
        ("x y", "a"),
        ("", "a"),
        ("x:", "a"),
    ] {
        let field = (name.as_bytes(), value.as_bytes());
        let message = Message::new("GET".to_owned(), b"/", std::iter::once(field), (b"", false));
        assert!(message.is_none(), "{name}: {value}");
    }
    assert!(Message::new("GET".to_owned(), b"/ HTTP/1.1\r\n", std::iter::empty(), (b"", false)).is_none());
}

#[tokio::test]
async fn a_replayed_answer_is_read_by_whoever_asks_for_it_in_vain() {
    let (near, mut far) = duplex(1 << 16);
    let begun = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n".to_vec();
    let stream = TokioIo::new(Replayed::new(begun, near));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::new(Empty::<Bytes>::new());
    *request.method_mut() = Method::POST;
    let response = sender.send_request(request).await.unwrap();
    far.write_all(b"2\r\nde\r\n0\r\n\r\n").await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "abcde");
    // The next request is a real one.
    let mut request = Request::new(Empty::<Bytes>::new());
    *request.uri_mut() = "/next".parse().unwrap();
    sender.ready().await.unwrap();
    let asked = tokio::spawn(sender.send_request(request));
    let mut bytes = vec![0; 64];
    let read = far.read(&mut bytes).await.unwrap();
    assert!(bytes[..read].starts_with(b"GET /next HTTP/1.1\r\n"), "{:?}", String::from_utf8_lossy(&bytes));
    far.write_all(b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    assert_eq!(asked.await.unwrap().unwrap().status(), 404);
}
