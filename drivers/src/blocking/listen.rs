//! The redirect of a sign-in page, taken on a loopback port (RFC 8252, 7.3).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use awsaccess::effect::{Listen, ListenFailure, ListenReply};
use zeroize::Zeroizing;

/// The most connections at a time: browsers open some that they never use.
const MOST_CONNECTIONS: usize = 16;
/// How long one of them has for its request.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest first line of a request.
const MOST_BYTES: u64 = 16 * 1024;
const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>awsaccess</title></head>\
    <body><p>You may close this window and go back to the program that opened it.</p></body></html>\n";

/// Listens, has the page opened, and waits for the one request to the path. `open` says whether the page was shown to
/// anybody.
pub(super) fn listen(
    request: &Listen,
    open: &mut dyn FnMut(&str) -> bool,
) -> Result<ListenReply, ListenFailure> {
    let failed = |error: std::io::Error| ListenFailure::new(error.to_string());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let (found, arrived) = channel();
    let door = Door::open(listener, address, request.path.clone(), found);
    if !open(&request.page.replace("{port}", &address.port().to_string())) {
        return Err(ListenFailure::new("the page could not be opened"));
    }
    let query = arrived.recv_timeout(request.timeout);
    drop(door);
    let query = query.map_err(|_| ListenFailure::new("nobody came in time"))?;
    Ok(ListenReply::new(address.port(), query.as_str()))
}

/// Takes connections until it is dropped.
struct Door {
    closed: Arc<AtomicBool>,
    address: SocketAddr,
}

impl Door {
    fn open(
        listener: TcpListener,
        address: SocketAddr,
        path: String,
        found: Sender<Zeroizing<String>>,
    ) -> Self {
        let closed = Arc::new(AtomicBool::new(false));
        let (told, path, present) = (Arc::clone(&closed), Arc::new(path), Arc::new(AtomicUsize::new(0)));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if told.load(Ordering::Acquire) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                if present.fetch_add(1, Ordering::AcqRel) >= MOST_CONNECTIONS {
                    present.fetch_sub(1, Ordering::AcqRel);
                    continue;
                }
                let (path, found, present) = (Arc::clone(&path), found.clone(), Arc::clone(&present));
                thread::spawn(move || {
                    if let Some(query) = serve(stream, &path) {
                        // Nobody waits for a second one.
                        let _ = found.send(query);
                    }
                    present.fetch_sub(1, Ordering::AcqRel);
                });
            }
        });
        Self { closed, address }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Release);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect_timeout(&self.address, PATIENCE);
    }
}

/// Answers one request; gives its query if it is the redirect.
fn serve(stream: TcpStream, path: &str) -> Option<Zeroizing<String>> {
    stream.set_read_timeout(Some(PATIENCE)).and(stream.set_write_timeout(Some(PATIENCE))).ok()?;
    let mut reader = BufReader::new(stream.take(MOST_BYTES));
    let mut line = Zeroizing::new(String::new());
    reader.read_line(&mut line).ok()?;
    let query = redirect(&line, path);
    // The rest of the head, so that the connection does not end before the client is done writing.
    let mut header = Zeroizing::new(String::new());
    while reader.read_line(&mut header).is_ok_and(|read| read > 2) {
        header.clear();
    }
    let (status, body) = if query.is_some() { ("200 OK", PAGE) } else { ("404 Not Found", "") };
    let reply = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Content-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    // The code is here, whatever becomes of the page.
    let _ = reader.into_inner().into_inner().write_all(reply.as_bytes());
    query
}

fn redirect(line: &str, path: &str) -> Option<Zeroizing<String>> {
    let target = line.strip_suffix("\r\n")?.strip_prefix("GET ")?.strip_suffix(" HTTP/1.1")?;
    let query = target.strip_prefix(path)?.strip_prefix('?')?;
    Some(Zeroizing::new(query.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(page: &str, request: &str) -> String {
        let mut stream = TcpStream::connect(page.strip_prefix("http://").unwrap()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    #[test]
    fn one_redirect_is_taken_and_others_are_waited_past() {
        let request = Listen::new("http://127.0.0.1:{port}", "/back", PATIENCE);
        let mut replies = Vec::new();
        let mut silent = Vec::new();
        let reply = listen(&request, &mut |page| {
            silent.push(TcpStream::connect(page.strip_prefix("http://").unwrap()).unwrap());
            for line in ["GET /favicon.ico", "POST /back?code=x", "GET /back", "GET /backwards?code=x"] {
                replies.push(ask(page, &format!("{line} HTTP/1.1\r\nHost: x\r\n\r\n")));
            }
            replies.push(ask(page, "GET /back?code=c0de-of-redirect&state=s HTTP/1.1\r\nHost: x\r\n\r\n"));
            true
        });
        assert_eq!(reply.unwrap().query.expose(), "code=c0de-of-redirect&state=s");
        let right = replies.pop().unwrap();
        assert!(right.starts_with("HTTP/1.1 200 ") && right.contains("close this window"), "{right}");
        assert!(!right.contains("c0de-of-redirect"), "{right}");
        assert!(replies.iter().all(|reply| reply.starts_with("HTTP/1.1 404 ")), "{replies:?}");
    }

    #[test]
    fn nobody_who_comes_and_nobody_to_show_the_page_to() {
        let request = Listen::new("http://127.0.0.1:{port}", "/back", Duration::ZERO);
        assert_eq!(listen(&request, &mut |_| true).unwrap_err().reason, "nobody came in time");
        assert!(listen(&request, &mut |_| false).unwrap_err().reason.contains("opened"));
    }
}
