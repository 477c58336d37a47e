//! HTTP/1.1 as little as it can be: the load and the service must cost less than what stands between them.

use std::io;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

/// A connection and what was read of it ahead.
pub(super) struct Wire<S> {
    pub(super) stream: S,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, buffer: vec![0; 64 << 10], from: 0, to: 0 }
    }

    /// The next head, with the empty line at its end; `None` where the other side has ended.
    pub(super) async fn head(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let there = &self.buffer[self.from..self.to];
            if let Some(at) = there.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = there[..at + 4].to_vec();
                self.from += at + 4;
                return Ok(Some(head));
            }
            if self.from > 0 {
                self.buffer.copy_within(self.from..self.to, 0);
                (self.from, self.to) = (0, self.to - self.from);
            }
            let read = self.stream.read(&mut self.buffer[self.to..]).await?;
            if read == 0 {
                return Ok(None);
            }
            self.to += read;
        }
    }

    /// The next `length` bytes, as they come.
    pub(super) async fn body(&mut self, length: usize, mut piece: impl FnMut(&[u8])) -> io::Result<()> {
        let mut left = length;
        while left > 0 {
            if self.from == self.to {
                self.from = 0;
                self.to = self.stream.read(&mut self.buffer).await?;
                if self.to == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            let took = left.min(self.to - self.from);
            piece(&self.buffer[self.from..self.from + took]);
            self.from += took;
            left -= took;
        }
        Ok(())
    }
}

/// The value of a field of a head, by its name in small letters.
pub(super) fn field<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let lines = head.split(|byte| *byte == b'\n');
    let value =
        lines.filter(|line| line.len() > name.len() && line[name.len()] == b':').find_map(|line| {
            line[..name.len()].eq_ignore_ascii_case(name.as_bytes()).then_some(&line[name.len() + 1..])
        })?;
    std::str::from_utf8(value.trim_ascii()).ok()
}

pub(super) fn length(head: &[u8]) -> usize {
    field(head, "content-length").map_or(0, |value| value.parse().expect("a length"))
}

/// A certificate of AWS's hosts that signs itself, in PEM, and what serves it.
pub(super) fn server() -> (String, Arc<ServerConfig>) {
    let names = ["*.us-east-1.amazonaws.com", "*.s3.us-east-1.amazonaws.com"].map(String::from).to_vec();
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a certificate and its key");
    (made.cert.pem(), Arc::new(config))
}

/// Trusts what `pem` holds, and nothing else.
pub(super) fn client(pem: &str) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.expect("a certificate")).expect("a certificate");
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
