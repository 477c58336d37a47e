//! What whoever holds a placeholder asks the gateway itself for, where its requests to AWS go: signed with the placeholder,
//! in a TLS session with the gateway, or in clear to an address of this machine.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use awsaccess::credentials::Credentials;
use awsaccess::gateway::{OWN_HOST, OWN_SERVICE};
use awsaccess::sigv4::{self, Payload, Request, Scope, Settings};
use awsaccess::time::Time;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::connection::Connection;
use crate::exchange::{PATIENCE, exchange, object};
use crate::input::keys_in;
use crate::output::Failure;
use crate::probe::{trust, tunnel};

/// A placeholder, and the gateway that knows it.
pub(crate) struct Held {
    keys: Credentials,
    region: Option<String>,
    /// Host and port.
    address: String,
    /// What shows that it is the gateway; none where it is a place of this machine, without TLS.
    trust: Option<PathBuf>,
}

impl Held {
    /// The placeholder of a connection.
    pub(crate) fn by(connection: Connection) -> Result<Self, Failure> {
        if connection.has_ended() {
            let name = connection.application;
            return Err(Failure::failed(format!("the connection to {name} has ended; connect again")));
        }
        let trust = connection.ca_file.or(connection.bundle_file);
        let trust = trust.ok_or_else(|| {
            Failure::misuse("the connection has no certificate of its gateway; connect again with --ca-file")
        })?;
        let Connection { credentials: keys, region, address, .. } = connection;
        Ok(Self { keys, region, address, trust: Some(trust) })
    }

    /// The placeholder of the environment, as `awsaccess run` and `awsaccess env` set it.
    pub(crate) fn by_environment() -> Result<Self, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let keys = keys_in("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN");
        let keys = keys.ok_or_else(|| Failure::misuse("there is no placeholder in AWS_ACCESS_KEY_ID"))?;
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        let host =
            |url: String| url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/').to_owned());
        if let Some(address) = variable("AWS_ENDPOINT_URL").and_then(host) {
            return Ok(Self { keys, region, address, trust: None });
        }
        let proxy = variable("HTTPS_PROXY").or_else(|| variable("https_proxy")).and_then(host);
        match (proxy, variable("AWS_CA_BUNDLE").map(PathBuf::from)) {
            (Some(address), trust @ Some(_)) => Ok(Self { keys, region, address, trust }),
            _ => Err(Failure::misuse(
                "the environment leads to no gateway: HTTPS_PROXY and AWS_CA_BUNDLE, or AWS_ENDPOINT_URL, are wanted",
            )),
        }
    }

    /// Asks for something, and gives back the object that is answered.
    pub(crate) fn post(&self, path: &str, wish: &Value) -> Result<Map<String, Value>, Failure> {
        let body = Zeroizing::new(wish.to_string());
        let stranger = format!("what listens at {} is no gateway", self.address);
        let reply = match &self.trust {
            Some(file) => {
                let failed = |error: io::Error| Failure::failed(format!("{}: {error}", file.display()));
                let trust = std::fs::read(file).and_then(|pem| trust(&pem)).map_err(failed)?;
                exchange(self.tls(trust)?, &self.head(OWN_HOST, path, &body)?, &body)
            }
            None => exchange(self.plain()?, &self.head(&self.address, path, &body)?, &body),
        };
        let why = |error| Failure::failed(format!("the gateway at {} went silent: {error}", self.address));
        object(&reply.map_err(why)?, &stranger)
    }

    /// The head of a request, signed for the gateway and for nobody else.
    fn head(&self, host: &str, path: &str, body: &str) -> Result<Zeroizing<String>, Failure> {
        let length = body.len().to_string();
        let headers = [("host", host), ("content-type", "application/json"), ("content-length", &length)];
        let request = Request::new("POST", path, &headers);
        let scope = Scope::new(self.region.as_deref().unwrap_or("us-east-1"), OWN_SERVICE);
        let settings = Settings { content_sha256_header: Some(true), ..Settings::default() };
        let now = Time::from(SystemTime::now());
        let payload = Payload::Bytes(body.as_bytes());
        let signed = sigv4::sign(&request, payload, &self.keys, &scope, &settings, now);
        let mut head = Zeroizing::new(format!("POST {path} HTTP/1.1\r\nconnection: close\r\n"));
        for (name, value) in signed.map_err(Failure::failed)?.apply(&request) {
            for part in [&*String::from_utf8_lossy(&name), ": ", &*String::from_utf8_lossy(&value), "\r\n"] {
                head.push_str(part);
            }
        }
        head.push_str("\r\n");
        Ok(head)
    }

    fn tls(&self, trust: Arc<ClientConfig>) -> Result<StreamOwned<ClientConnection, TcpStream>, Failure> {
        let mut stream = self.dial(|_| true)?;
        if !tunnel(&mut stream, OWN_HOST).map_err(|error| self.silent(&error))? {
            let why = "makes no links for who holds a placeholder: it is an older one, or none";
            let instead = "an administrator's --token-file has its administrative listener make them";
            return Err(Failure::failed(format!("what listens at {} {why}; {instead}", self.address)));
        }
        let name = ServerName::try_from(OWN_HOST).map_err(Failure::failed)?;
        let mut tls = ClientConnection::new(trust, name).map_err(Failure::failed)?;
        let shaken = tls.complete_io(&mut stream);
        shaken.map_err(|_| {
            let why = "is not the one that was connected to, or has another certificate since; connect again";
            Failure::failed(format!("the gateway at {} {why}", self.address))
        })?;
        Ok(StreamOwned::new(tls, stream))
    }

    /// Without TLS nothing leaves this machine: the answer is a link with power.
    fn plain(&self) -> Result<TcpStream, Failure> {
        self.dial(|address| address.ip().to_canonical().is_loopback())
    }

    fn dial(&self, may: impl Fn(&std::net::SocketAddr) -> bool) -> Result<TcpStream, Failure> {
        let all: Vec<_> = self.address.to_socket_addrs().map_err(|error| self.silent(&error))?.collect();
        let address = all.into_iter().find(may).ok_or_else(|| {
            let why = "without TLS a link is asked for on this machine alone";
            Failure::misuse(format!("{}: {why}; use HTTPS_PROXY with AWS_CA_BUNDLE", self.address))
        })?;
        let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(|error| self.silent(&error))?;
        let set = stream.set_read_timeout(Some(PATIENCE)).and(stream.set_write_timeout(Some(PATIENCE)));
        set.map_err(|error| self.silent(&error))?;
        Ok(stream)
    }

    fn silent(&self, error: &io::Error) -> Failure {
        let advice = "start it, or connect again if it is elsewhere now";
        Failure::failed(format!("the gateway at {} does not answer: {error}; {advice}", self.address))
    }
}
