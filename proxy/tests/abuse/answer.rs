//! The way back: what a service answers goes to the client that asked, and nowhere else.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use crate::common::{Call, Stage};

/// A service that gives every request the same bytes; the request lines that it saw.
fn service(answer: Vec<u8>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, saw) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<String>>>::default());
    let seen = Arc::clone(&saw);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (answer, seen) = (answer.clone(), Arc::clone(&seen));
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.unwrap());
                let mut line = String::new();
                let mut first = true;
                while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
                    if std::mem::take(&mut first) {
                        seen.lock().unwrap().push(line.clone());
                    }
                    if line == "\r\n" {
                        first = true;
                        if reader.get_mut().write_all(&answer).is_err() {
                            return;
                        }
                    }
                    line.clear();
                }
            });
        }
    });
    (address, saw)
}

fn stage(address: SocketAddr) -> Stage {
    Stage::with(|config| {
        format!(
            "{config}\n[[endpoint]]\nhost = \"store.example\"\naddress = \"{address}\"\nscheme = \"http\"\n"
        )
    })
}

fn call() -> Call {
    Call::new("GET", "s3", "store.example", "/key")
}

#[test]
fn what_belongs_to_the_connection_stays_there() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nConnection: keep-alive, X-Private\r\nX-Private: 1\r\n\
        Keep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nSet-Cookie: session=1\r\nSet-Cookie: other=2\r\n\
        x-amz-meta-note: kept\r\n\r\nok";
    let (address, _) = service(answer.to_vec());
    let stage = stage(address);
    let reply = stage.send(&call());
    assert_eq!((reply.status, reply.body.as_str()), (200, "ok"), "{}", reply.head);
    for name in ["x-private", "keep-alive", "proxy-authenticate", "set-cookie"] {
        assert_eq!(reply.header(name), None, "{}", reply.head);
    }
    assert_eq!(reply.header("x-amz-meta-note"), Some("kept"));
    stage.end();
}

#[test]
fn a_redirect_is_the_clients_to_follow() {
    let location = "http://169.254.169.254/latest/meta-data/iam/security-credentials/";
    let answer =
        format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    let (address, saw) = service(answer.into_bytes());
    let stage = stage(address);
    let reply = stage.send(&call());
    assert_eq!((reply.status, reply.header("location")), (307, Some(location)), "{}", reply.head);
    assert_eq!(*saw.lock().unwrap(), ["GET /key HTTP/1.1\r\n"]);
    stage.end();
}

#[test]
fn a_head_of_an_answer_has_a_bound() {
    let answer =
        [b"HTTP/1.1 200 OK\r\nx-long: ".to_vec(), vec![b'x'; 2 << 20], b"\r\n\r\n".to_vec()].concat();
    let (address, _) = service(answer);
    let stage = stage(address);
    stage.send(&call()).refused(502, "ServiceUnavailable");
    stage.end();
}

#[test]
fn an_answer_that_nobody_asked_for_is_nobodys() {
    let answer =
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
    let (address, _) = service(answer.to_vec());
    let stage = stage(address);
    for _ in 0..5 {
        let reply = stage.send(&call());
        // What came too early may have broken the next one's connection; it is never that one's answer.
        assert!(reply.status == 502 || reply.body == "ok", "{}{}", reply.head, reply.body);
    }
    stage.end();
}

#[test]
fn an_answer_of_two_lengths_is_none() {
    for lengths in ["content-length: 2\r\ncontent-length: 4", "content-length: 2x", "content-length: -2"] {
        let (address, _) = service(format!("HTTP/1.1 200 OK\r\n{lengths}\r\n\r\nokxx").into_bytes());
        let stage = stage(address);
        stage.send(&call()).refused(502, "ServiceUnavailable");
        stage.end();
    }
}
