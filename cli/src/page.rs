//! A page on a loopback port that sends the first browser that comes on to another address, so that the address is on no
//! command line: lists of processes are open to everybody on a machine.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

/// How long a browser has to start.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a connection has for its request.
const READ: Duration = Duration::from_secs(5);
/// The longest first line of a request.
const MOST_BYTES: u64 = 8 * 1024;

/// A redirect that serves once.
pub(crate) struct Page {
    /// What the browser is to open; nobody can guess it.
    pub(crate) address: String,
    served: Receiver<()>,
}

impl Page {
    /// Listens; `path` is a text that nobody can guess.
    pub(crate) fn serve(path: &str, url: &str) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = format!("http://{}/{path}", listener.local_addr()?);
        let (path, url) = (format!("/{path}"), Zeroizing::new(url.to_owned()));
        let (done, served) = channel();
        thread::spawn(move || {
            loop {
                let Ok((stream, _)) = listener.accept() else { continue };
                if answer(stream, &path, &url).unwrap_or(false) {
                    // Nothing is listened for any more when it is told; and nobody may wait for that.
                    drop(listener);
                    let _ = done.send(());
                    return;
                }
            }
        });
        Ok(Self { address, served })
    }

    /// Waits until the page was fetched.
    pub(crate) fn wait(&self) -> io::Result<()> {
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "it did not fetch the page within a minute");
        self.served.recv_timeout(PATIENCE).map_err(late)
    }
}

/// Answers one request; whether it was the right one.
fn answer(stream: TcpStream, path: &str, url: &str) -> io::Result<bool> {
    stream.set_read_timeout(Some(READ)).and(stream.set_write_timeout(Some(READ)))?;
    let mut reader = BufReader::new(stream.take(MOST_BYTES));
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let is_right =
        line.strip_prefix("GET ").and_then(|rest| rest.strip_suffix(" HTTP/1.1\r\n")) == Some(path);
    // The rest of the head, so that the connection does not end before the client is done writing.
    let mut header = String::new();
    while reader.read_line(&mut header).is_ok_and(|read| read > 2) {
        header.clear();
    }
    let end = "Content-Length: 0\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
    let reply = Zeroizing::new(match is_right {
        true => format!("HTTP/1.1 302 Found\r\nLocation: {url}\r\n{end}"),
        false => format!("HTTP/1.1 404 Not Found\r\n{end}"),
    });
    reader.into_inner().into_inner().write_all(reply.as_bytes())?;
    Ok(is_right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(address: &str, path: &str) -> String {
        let authority = address.strip_prefix("http://").unwrap().split('/').next().unwrap();
        let mut stream = TcpStream::connect(authority).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {authority}\r\n\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    #[test]
    fn only_the_right_path_is_sent_on() {
        let page = Page::serve("unguessable", "https://console.example/once").unwrap();
        assert!(page.address.ends_with("/unguessable"));
        for path in ["/", "/favicon.ico", "/unguessable/", "/unguessabl"] {
            let reply = get(&page.address, path);
            assert!(reply.starts_with("HTTP/1.1 404") && !reply.contains("console"), "{reply}");
        }
        assert!(
            get(&page.address, "/unguessable").contains("\r\nLocation: https://console.example/once\r\n")
        );
        page.wait().unwrap();
        // The port may be somebody else's by now; nobody there has the link.
        let authority = page.address.split('/').nth(2).unwrap();
        let mut reply = Vec::new();
        if let Ok(mut stream) = TcpStream::connect(authority) {
            let _ = write!(stream, "GET /unguessable HTTP/1.1\r\nHost: {authority}\r\n\r\n");
            stream.set_read_timeout(Some(READ)).unwrap();
            let _ = stream.read_to_end(&mut reply);
        }
        assert!(!String::from_utf8_lossy(&reply).contains("console.example"));
    }
}
