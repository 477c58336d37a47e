//! Bodies flow in constant memory, whichever side is slower. A process of its own, so that it measures nothing else; it
//! measures its client and its service too, whose memory allocators give back what they like. The gateway alone, and bodies of
//! every kind, are measured in `clients/test_memory.py`.
#![cfg(target_os = "linux")]
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};

use awsaccess::sigv4::Payload;
use common::{Call, Stage};

const LENGTH: u64 = 256 << 20;
/// What all of them may take meanwhile: far from what flows, and far from what they need.
const MOST: u64 = LENGTH / 4;

/// A service that takes any upload and throws it away, and answers any GET with as many noughts.
fn service() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.unwrap());
                let (mut line, mut length, mut get) = (String::new(), 0, false);
                while reader.read_line(&mut line).unwrap() > 2 {
                    get |= line.starts_with("GET");
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                }
                std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).unwrap();
                let mut stream = reader.into_inner();
                let body = if get { LENGTH } else { 0 };
                write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {body}\r\nconnection: close\r\n\r\n")
                    .unwrap();
                let _ = std::io::copy(&mut std::io::repeat(0).take(body), &mut stream);
            });
        }
    });
    address
}

/// The memory of this process, now (`VmRSS`) or at most so far (`VmHWM`).
fn resident(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn a_quarter_of_a_gibibyte_each_way_in_constant_memory() {
    let address = service();
    let stage = Stage::with(|config| {
        format!(
            "{config}\n[[endpoint]]\nhost = \"store.example\"\naddress = \"{address}\"\nscheme = \"http\"\n"
        )
    });
    // Everything that is made once is made.
    let warm = Call::new("PUT", "s3", "store.example", "/warm").body(vec![0; 1 << 20]);
    assert_eq!(stage.send(&warm).status, 200);
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = resident("VmRSS");

    let mut put = Call::new("PUT", "s3", "store.example", "/large").unsigned(Payload::Unsigned);
    put.headers.push(("content-length".into(), LENGTH.to_string()));
    let mut stream = stage.tls(put.host, put.host).unwrap();
    stream.write_all(&put.head_with(&put.signed())).unwrap();
    std::io::copy(&mut std::io::repeat(0).take(LENGTH), &mut stream).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let get = Call::new("GET", "s3", "store.example", "/large");
    let mut stream = stage.tls(get.host, get.host).unwrap();
    stream.write_all(&get.bytes()).unwrap();
    // A receiver that is slower than the sender.
    let (mut received, mut buffer) = (0, vec![0; 1 << 20]);
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        received += read as u64;
        if received < 64 << 20 {
            std::thread::sleep(std::time::Duration::from_micros(100));
        }
    }
    assert!(received > LENGTH, "{received}");
    let grown = resident("VmHWM").saturating_sub(before);
    println!("resident memory grew by {} KiB over {} MiB each way", grown / 1024, LENGTH >> 20);
    assert!(grown < MOST, "resident memory grew by {grown} bytes");
    let lines = stage.end();
    assert!(lines.iter().any(|line| line["bytes_in"] == LENGTH));
    assert!(lines.iter().any(|line| line["bytes_out"] == LENGTH));
}
