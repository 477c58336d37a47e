//! A proxy between the gateway and AWS, which sees where the gateway wants to go.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A proxy that notes the heads of its requests and leads all to one address, or refuses.
pub fn proxy(target: Option<SocketAddr>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&heads);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let noted = Arc::clone(&noted);
            std::thread::spawn(move || {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    if stream.read(&mut byte).unwrap_or(0) == 0 {
                        return;
                    }
                    head.push(byte[0]);
                }
                noted.lock().unwrap().push(String::from_utf8(head).unwrap());
                let Some(target) = target else {
                    let _ = stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
                    return;
                };
                stream.write_all(b"HTTP/1.1 200 Connection established\r\nX-Note: 1\r\n\r\n").unwrap();
                let mut other = TcpStream::connect(target).unwrap();
                let (mut back, mut forth) = (stream.try_clone().unwrap(), other.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut stream, &mut forth);
                    let _ = forth.shutdown(std::net::Shutdown::Write);
                });
                let _ = std::io::copy(&mut other, &mut back);
                let _ = back.shutdown(std::net::Shutdown::Write);
            });
        }
    });
    (address, heads)
}

/// The configuration without the addresses of AWS's hosts, with the certificates of the emulator.
pub fn by_name(config: &str, upstream: &str) -> String {
    let line = config.lines().find(|line| line.starts_with("address = ")).unwrap();
    let ca_file = config.lines().find(|line| line.starts_with("ca_file = ")).unwrap();
    let upstream = format!("[upstream]\nproxy_resolves = true\n{ca_file}\n{upstream}\n[limits]");
    let at = config.rfind("[[endpoint]]").unwrap();
    config[..at].replace(line, "").replacen("[limits]", &upstream, 1)
}
