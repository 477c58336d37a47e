//! Requests and answers that come whole, and all that nearly do: what is in several pieces, what flows after all, what is
//! said too much; and connections that are kept, and that end.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{Call, Reply, Stage};

const HOST: &str = "store.example";

/// A service that does with its connections what the test says, and how many it has had.
fn service(
    each: impl Fn(&mut BufReader<TcpStream>) + Send + Sync + 'static,
) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (each, count) = (Arc::new(each), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let each = Arc::clone(&each);
            std::thread::spawn(move || each(&mut BufReader::new(stream.unwrap())));
        }
    });
    (address, count)
}

fn before(address: SocketAddr) -> Stage {
    Stage::with(|config| {
        format!("{config}\n[[endpoint]]\nhost = \"{HOST}\"\naddress = \"{address}\"\nscheme = \"http\"\n")
    })
}

/// Reads a request; `None` at the end of the connection.
fn asked(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// The same request on a connection that is kept.
fn kept(call: &Call) -> Vec<u8> {
    String::from_utf8(call.bytes()).unwrap().replace("connection: close\r\n", "").into_bytes()
}

/// Reads one answer, whose length is told or which is in chunks.
fn answer(stream: &mut impl Read) -> io::Result<Reply> {
    let mut bytes = Vec::new();
    let end = |bytes: &[u8]| bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
    let is_whole = |bytes: &[u8]| {
        let Some(end) = end(bytes) else { return false };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        match length {
            Some(length) => bytes.len() >= end + length.parse::<usize>().unwrap(),
            None => bytes.ends_with(b"0\r\n\r\n"),
        }
    };
    while !is_whole(&bytes) {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    Ok(Reply::read(&bytes))
}

fn get(key: &str) -> Call {
    Call::new("GET", "s3", HOST, key)
}

#[test]
fn every_kind_of_answer_comes_on_a_kept_connection() {
    let large = "x".repeat(100_000);
    let answers = [
        (
            "/small",
            "200 OK\r\ncontent-length: 5\r\nx-amz-request-id: ABC\r\nset-cookie: a=b\r\n\r\nsmall".to_owned(),
        ),
        ("/none", "200 OK\r\ncontent-length: 0\r\n\r\n".to_owned()),
        (
            "/chunks",
            "200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".to_owned(),
        ),
        ("/large", format!("200 OK\r\ncontent-length: {}\r\n\r\n{large}", large.len())),
        ("/missing", "404 Nothing Here\r\ncontent-length: 2\r\nConnection: keep-alive\r\n\r\nno".to_owned()),
        (
            "/hints",
            "103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_owned(),
        ),
        (
            "/nominated",
            "200 OK\r\nconnection: x-hop, keep-alive\r\nx-hop: 1\r\ncontent-length: 2\r\n\r\nok".to_owned(),
        ),
    ];
    let (told, pieces) = (answers.clone(), AtomicUsize::new(1));
    let (address, connections) = service(move |stream| {
        while let Some((head, _)) = asked(stream) {
            let key = head.split(' ').nth(1).unwrap().to_owned();
            let (_, answer) = told.iter().find(|(other, _)| *other == key).unwrap();
            // Each time in smaller pieces, so that the end of everything is met.
            let bytes = format!("HTTP/1.1 {answer}").into_bytes();
            let size = bytes.len() / pieces.fetch_add(1, Ordering::SeqCst).min(9) + 1;
            for piece in bytes.chunks(size) {
                stream.get_mut().write_all(piece).unwrap();
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    });
    let stage = before(address);
    for _ in 0..3 {
        for (key, told) in &answers {
            let call = get(key);
            let mut tls = stage.tls(HOST, HOST).unwrap();
            for _ in 0..2 {
                tls.write_all(&kept(&call)).unwrap();
                let reply = answer(&mut tls).unwrap();
                let last = told.rsplit("HTTP/1.1 ").next().unwrap();
                assert_eq!(reply.status.to_string(), last[..3], "{key}");
                let body = if *key == "/chunks" { "abcde" } else { last.split_once("\r\n\r\n").unwrap().1 };
                assert_eq!(reply.body, body, "{key}");
                assert!(
                    reply.header("date").is_some() && reply.header("set-cookie").is_none(),
                    "{}",
                    reply.head
                );
                assert!(
                    reply.header("x-hop").is_none() && reply.header("keep-alive").is_none(),
                    "{}",
                    reply.head
                );
            }
        }
    }
    assert!(connections.load(Ordering::SeqCst) < 42, "connections to the service are used again");
    let lines = stage.end();
    let ends: Vec<_> = lines.iter().filter(|line| line["event"] == "request.end").collect();
    assert_eq!(ends.len(), 42);
    assert!(ends.iter().all(|line| line["error"].is_null()), "{ends:?}");
    assert_eq!(ends.iter().filter(|line| line["bytes_out"] == 100_000).count(), 6);
    assert_eq!(ends.iter().filter(|line| line["upstream_request_id"] == "ABC").count(), 6);
}

#[test]
fn pieces_of_requests_become_requests() {
    let (address, connections) = service(|stream| {
        while let Some((head, body)) = asked(stream) {
            let body = format!("{} {}", head.split(' ').next().unwrap(), body.len());
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    let stage = before(address);
    let put = Call::new("PUT", "s3", HOST, "/key").body(vec![7; 3000]);
    let mut tls = stage.tls(HOST, HOST).unwrap();
    let bytes = kept(&put);
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    for pieces in [vec![bytes.len()], vec![end, bytes.len()], vec![10, end - 2, end + 1, bytes.len()]] {
        let mut from = 0;
        for to in pieces {
            tls.write_all(&bytes[from..to]).unwrap();
            tls.flush().unwrap();
            std::thread::sleep(Duration::from_millis(20));
            from = to;
        }
        assert_eq!(answer(&mut tls).unwrap().body, "PUT 3000");
    }
    // Two at once are two, in their order; what is larger flows on the same connection, and then come small ones again.
    tls.write_all(&[kept(&get("/a")), bytes.clone(), kept(&get("/b"))].concat()).unwrap();
    for body in ["GET 0", "PUT 3000", "GET 0"] {
        assert_eq!(answer(&mut tls).unwrap().body, body);
    }
    tls.write_all(&kept(&Call::new("PUT", "s3", HOST, "/key").body(vec![7; 300_000]))).unwrap();
    assert_eq!(answer(&mut tls).unwrap().body, "PUT 300000");
    tls.write_all(&kept(&get("/c"))).unwrap();
    assert_eq!(answer(&mut tls).unwrap().body, "GET 0");
    // Who says that it is his last request reads the end behind the answer.
    let mut tls = stage.tls(HOST, HOST).unwrap();
    tls.write_all(&get("/last").bytes()).unwrap();
    let mut all = Vec::new();
    tls.read_to_end(&mut all).unwrap();
    let reply = Reply::read(&all);
    assert_eq!((reply.header("connection"), reply.body.as_str()), (Some("close"), "GET 0"));
    // All by one connection to the service but for what flowed, for which it was made anew or taken over.
    assert!(connections.load(Ordering::SeqCst) <= 2);
    let lines = stage.end();
    assert_eq!(lines.iter().filter(|line| line["event"] == "request.end").count(), 9);
}

#[test]
fn a_service_that_says_too_much_is_not_listened_to() {
    let second = Arc::new(AtomicUsize::new(0));
    let said = Arc::clone(&second);
    let (address, connections) = service(move |stream| {
        while asked(stream).is_some() {
            let first = said.fetch_add(1, Ordering::SeqCst) == 0;
            // What looks like an answer to somebody else's request, at once or a moment later.
            let stray = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nstolen";
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            if first {
                std::thread::sleep(Duration::from_millis(50));
            }
            stream.get_mut().write_all(stray.as_bytes()).unwrap();
        }
    });
    let stage = before(address);
    for _ in 0..3 {
        assert_eq!(stage.send(&get("/key")).body, "ok");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(connections.load(Ordering::SeqCst), 3, "none was used again");
    stage.end();
}

#[test]
fn a_connection_that_has_ended_is_not_used_again() {
    let (address, connections) = service(|stream| {
        if asked(stream).is_some() {
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    let stage = before(address);
    for _ in 0..3 {
        assert_eq!(stage.send(&get("/key")).body, "ok");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(connections.load(Ordering::SeqCst), 3);
    stage.end();
}

#[test]
fn answers_that_break_off_are_no_answers() {
    for (begun, status) in [
        ("", 502),
        ("HTTP/1.1 200 OK\r\ncontent-le", 502),
        ("no http at all\r\n\r\n", 502),
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcde", 502),
        ("HTTP/1.1 200 OK\r\nx y: z\r\ncontent-length: 1\r\n\r\na", 502),
    ] {
        let (address, _) = service(move |stream| {
            asked(stream);
            stream.get_mut().write_all(begun.as_bytes()).unwrap();
        });
        let stage = before(address);
        let reply = stage.send(&get("/key"));
        assert_eq!(reply.status, status, "{begun:?}: {}{}", reply.head, reply.body);
        let lines = stage.end();
        assert!(lines.iter().any(|line| line["error"] == "upstream-connect"), "{lines:?}");
    }
    // A body that is not there to its end.
    let (address, _) = service(|stream| {
        asked(stream);
        stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc").unwrap();
    });
    let stage = before(address);
    let reply = stage.send(&get("/key"));
    assert_ne!((reply.status, reply.body.len()), (200, 5));
    let lines = stage.end();
    assert!(lines.iter().any(|line| !line["error"].is_null()), "{lines:?}");
}

#[test]
fn who_leaves_is_not_waited_for() {
    let (address, _) = service(|stream| {
        asked(stream);
        // It never answers, and sees the gateway leave.
        let _ = stream.read_exact(&mut [0]);
    });
    let stage = before(address);
    let mut tls = stage.tls(HOST, HOST).unwrap();
    tls.write_all(&kept(&get("/key"))).unwrap();
    tls.flush().unwrap();
    stage.log.wait_for(|line| line["event"] == "request.begin");
    drop(tls);
    let line = stage.log.wait_for(|line| line["event"] == "request.end");
    assert_eq!(line["host"], HOST, "{line}");
    stage.end();
}

#[test]
fn a_head_that_does_not_come_in_time_is_the_end() {
    let (address, _) = service(|_| ());
    let stage = Stage::with(|config| {
        let config = config.replace("head_seconds = 60", "head_seconds = 1");
        format!("{config}\n[[endpoint]]\nhost = \"{HOST}\"\naddress = \"{address}\"\nscheme = \"http\"\n")
    });
    for begun in [&b""[..], b"GET / HTT", b"GET / HTTP/1.1\r\nHost: store.example\r\n"] {
        let mut tls = stage.tls(HOST, HOST).unwrap();
        tls.write_all(begun).unwrap();
        tls.flush().unwrap();
        let mut rest = Vec::new();
        // Before the test's own patience ends, which would be an error of another kind.
        let read = tls.read_to_end(&mut rest);
        assert!(read.map_or_else(|error| error.kind() == io::ErrorKind::UnexpectedEof, |read| read == 0));
    }
    stage.end();
}

#[test]
fn who_only_hints_at_an_answer_has_not_answered() {
    let (address, _) = service(|stream| {
        asked(stream);
        stream.get_mut().write_all(b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n").unwrap();
        let _ = stream.read_exact(&mut [0]);
    });
    let stage = Stage::with(|config| {
        let config = config.replace("[limits]", "[limits]\nanswer_seconds = 1");
        format!("{config}\n[[endpoint]]\nhost = \"{HOST}\"\naddress = \"{address}\"\nscheme = \"http\"\n")
    });
    stage.send(&get("/key")).refused(504, "RequestTimeout");
    stage.end();
}
