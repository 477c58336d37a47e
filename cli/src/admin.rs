//! The administrative listener of a running gateway, asked over loopback or its Unix socket.

use std::env;
use std::io;
use std::net::{IpAddr, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};

use awsaccess::secret::Secret;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::exchange::{PATIENCE, exchange, object};
use crate::input;
use crate::output::Failure;

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

    /// Whether the caller has a token to show.
    pub(crate) const fn has_token(&self) -> bool {
        self.token.is_some()
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
        object(&reply, "what listens at the administrative address is no gateway")
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

#[cfg(test)]
mod tests {
    use super::*;

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
