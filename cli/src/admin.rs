//! The administrative listener of a running gateway, asked over loopback or its Unix socket.

use std::env;
use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use awsaccess::secret::Secret;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::input;
use crate::output::Failure;

/// How long the gateway may take for anything.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest answer.
const MOST: u64 = 1 << 20;

/// Where it listens, and the token that it wants.
pub(crate) struct Admin {
    place: Place,
    token: Option<Secret>,
}

enum Place {
    Tcp(String),
    Unix(PathBuf),
}

impl Admin {
    /// Reads `http://127.0.0.1:9000` or `unix:/run/awsaccess/admin.sock`. The token is in a file, or in
    /// `AWSACCESS_ADMIN_TOKEN`.
    pub(crate) fn parse(url: &str, token_file: Option<&Path>) -> Result<Self, Failure> {
        let token = match token_file {
            Some(path) => {
                let bytes = input::file(&path.display().to_string())?;
                Some(Zeroizing::new(String::from_utf8_lossy(&bytes).trim().to_owned()))
            }
            None => env::var("AWSACCESS_ADMIN_TOKEN").ok().map(Zeroizing::new),
        };
        let token = token.filter(|token| !token.is_empty()).map(|token| Secret::new(token.as_str()));
        if token.as_ref().is_some_and(|token| !token.expose().bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(Failure::misuse("the gateway's token must be one word of ASCII"));
        }
        let place = match (url.strip_prefix("unix:"), url.strip_prefix("http://")) {
            (Some(path), _) if path.starts_with('/') => Place::Unix(PathBuf::from(path)),
            (None, Some(rest)) => Place::Tcp(rest.trim_end_matches('/').to_owned()),
            _ => {
                let forms = "http://127.0.0.1:9000 or unix:/run/awsaccess/admin.sock";
                return Err(Failure::misuse(format!(
                    "the gateway's administrative address has the form {forms}"
                )));
            }
        };
        Ok(Self { place, token })
    }

    /// Sends an object and gives back the one that was answered.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Map<String, Value>, Failure> {
        self.send("POST", path, &Zeroizing::new(body.to_string()))
    }

    /// Has something removed, by its name below a path.
    pub(crate) fn delete(&self, path: &str, name: &str) -> Result<Map<String, Value>, Failure> {
        let mut path = format!("{path}/");
        for byte in name.bytes() {
            match byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
                true => path.push(char::from(byte)),
                false => path.push_str(&format!("%{byte:02X}")),
            }
        }
        self.send("DELETE", &path, "")
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Result<Map<String, Value>, Failure> {
        let mut head = Zeroizing::new(format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n"));
        if let Some(token) = &self.token {
            head.push_str("Authorization: Bearer ");
            head.push_str(token.expose());
            head.push_str("\r\n");
        }
        head.push_str(&format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        ));
        let exchanged = match &self.place {
            Place::Tcp(address) => exchange(tcp(address)?, &head, body),
            Place::Unix(path) => unix(path).and_then(|stream| exchange(stream, &head, body)),
        };
        let reply = exchanged.map_err(|error| {
            Failure::failed(format!("the gateway's administrative listener cannot be asked: {error}"))
        })?;
        let (status, body) = split(&reply)
            .ok_or_else(|| Failure::failed("what listens at the administrative address is no gateway"))?;
        let object = match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => object,
            _ => Map::new(),
        };
        if (200..300).contains(&status) {
            return Ok(object);
        }
        let said = ["error", "message"].into_iter().find_map(|name| object.get(name).and_then(Value::as_str));
        let said = said.unwrap_or("without saying why").chars().filter(|c| !c.is_control()).take(300);
        let said = awsaccess::redact::text(&said.collect::<String>());
        Err(Failure::failed(format!("the gateway refuses this ({status}): {said}")))
    }
}

/// To this machine alone: what is answered is in clear.
fn tcp(address: &str) -> Result<TcpStream, Failure> {
    let failed =
        |error: io::Error| Failure::failed(format!("{address}: {error}; is the gateway running there?"));
    let all: Vec<_> = address.to_socket_addrs().map_err(failed)?.collect();
    let is_here = |ip: IpAddr| ip.to_canonical().is_loopback();
    let here = all.into_iter().find(|address| is_here(address.ip())).ok_or_else(|| {
        Failure::misuse(
            "the administrative address must be on this machine; reach another by a tunnel (ssh -L)",
        )
    })?;
    let stream = TcpStream::connect_timeout(&here, PATIENCE).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).and_then(|()| stream.set_write_timeout(Some(PATIENCE)))?;
    Ok(stream)
}

#[cfg(unix)]
fn unix(path: &Path) -> io::Result<std::os::unix::net::UnixStream> {
    let stream = std::os::unix::net::UnixStream::connect(path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

#[cfg(not(unix))]
fn unix(_path: &Path) -> io::Result<TcpStream> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "there are no unix sockets here; use http://127.0.0.1:…"))
}

/// One request, and all that comes back until the listener hangs up.
fn exchange(mut stream: impl Read + Write, head: &str, body: &str) -> io::Result<Zeroizing<Vec<u8>>> {
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    stream.flush()?;
    let mut reply = Zeroizing::new(Vec::new());
    stream.take(MOST).read_to_end(&mut reply)?;
    Ok(reply)
}

/// Status and body of a reply that has a length, or ends with the connection.
fn split(reply: &[u8]) -> Option<(u16, &[u8])> {
    let end = reply.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (reply.get(..end)?, reply.get(end + 4..)?);
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let mut first = lines.next()?.split(' ');
    first.next().filter(|version| version.starts_with("HTTP/1."))?;
    let status = first.next()?.parse().ok()?;
    for line in lines {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return None;
        }
        if name.eq_ignore_ascii_case("content-length") && value.trim().parse() != Ok(body.len()) {
            return None;
        }
    }
    Some((status, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_taken_apart() {
        assert_eq!(split(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"), Some((201, &b"{}"[..])));
        assert_eq!(split(b"HTTP/1.1 204 No Content\r\n\r\n"), Some((204, &b""[..])));
        for cut in [
            &b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}"[..],
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n",
            b"SSH-2.0-x\r\n\r\n",
            b"",
        ] {
            assert_eq!(split(cut), None, "{}", String::from_utf8_lossy(cut));
        }
    }

    #[test]
    fn only_this_machine_is_asked() {
        let fails =
            |url: &str| Admin::parse(url, None).err().map(|failure| failure.message).unwrap_or_default();
        assert!(fails("https://127.0.0.1:1").contains("has the form"));
        assert!(fails("unix:relative").contains("has the form"));
        let far = Admin::parse("http://192.0.2.1:9", None).ok().unwrap();
        let why = far.post("/", &Value::Null).err().map(|failure| failure.message).unwrap_or_default();
        assert!(why.contains("must be on this machine"), "{why}");
    }
}
