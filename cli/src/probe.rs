//! Whether the gateway of a connection answers: by a TLS session in its tunnel, whose certificate shows that it is the one.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::connection::Connection;

/// How long a gateway on the way may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// A host that every gateway ends the TLS sessions of.
const AWS_HOST: &str = "sts.amazonaws.com";

/// Whether the gateway is there, and is the one whose certificate was kept.
pub(crate) fn answers(connection: &Connection) -> Result<(), String> {
    let address = connection.address.to_socket_addrs().ok().and_then(|mut all| all.next());
    let address = address.ok_or("has no address")?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(|_| "does not answer")?;
    let Some(file) = connection.ca_file.as_ref().or(connection.bundle_file.as_ref()) else { return Ok(()) };
    let trust = std::fs::read(file)
        .and_then(|pem| trust(&pem))
        .map_err(|error| format!("has a certificate that cannot be read here ({error})"))?;
    let shaken = handshake(&mut stream, trust);
    shaken.map_err(|_| "is not the one that was connected to, or has another certificate since".to_owned())
}

/// Whoever has one of these certificates.
pub(crate) fn trust(pem: &[u8]) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn handshake(stream: &mut TcpStream, trust: Arc<ClientConfig>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    if !tunnel(stream, AWS_HOST)? {
        return Err(io::Error::other("refused"));
    }
    let name = ServerName::try_from(AWS_HOST).map_err(io::Error::other)?;
    let mut tls = ClientConnection::new(trust, name).map_err(io::Error::other)?;
    tls.complete_io(stream)?;
    tls.send_close_notify();
    tls.complete_io(stream)?;
    Ok(())
}

/// Asks the gateway for a tunnel to a host, and says whether it opens one.
pub(crate) fn tunnel(stream: &mut TcpStream, host: &str) -> io::Result<bool> {
    stream.write_all(format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n").as_bytes())?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
        if head.len() > 8192 {
            return Err(io::Error::other("no answer"));
        }
    }
    Ok(head.starts_with(b"HTTP/1.1 200 "))
}
