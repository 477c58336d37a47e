//! The first bytes of a tunnel: a TLS session for the host that the tunnel was opened to, and nothing else.
//!
//! Behind one address are many hosts. A tunnel to a harmless name that turns out to hold a session with an AWS endpoint
//! would carry requests, signed with whatever keys, past every rule and record.

use std::io::Cursor;
use std::time::Duration;

use awsaccess::partition::HostName;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::Refused;

/// What a tunnel must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inside {
    /// TLS, whose server name is the host.
    Named,
    /// TLS, whose server name is the host if there is one.
    Nameless,
    /// Anything: no byte is looked at.
    Anything,
}

/// The longest first message of a TLS session.
const MOST: usize = 64 << 10;

/// Reads the client's first message and holds it against the host. What was read must go on to the server.
pub(super) async fn read<C>(
    client: &mut C,
    host: &HostName,
    inside: Inside,
    limit: Duration,
) -> Result<Vec<u8>, Refused>
where
    C: AsyncRead + Unpin,
{
    if inside == Inside::Anything {
        return Ok(Vec::new());
    }
    match tokio::time::timeout(limit, hello(client)).await {
        Ok(found) => {
            let (bytes, name) = found?;
            check(name.as_deref(), host, inside)?;
            Ok(bytes)
        }
        Err(_) => Err(Refused::new("tunnel-hello", "no tls session began in time")),
    }
}

async fn hello<C: AsyncRead + Unpin>(client: &mut C) -> Result<(Vec<u8>, Option<String>), Refused> {
    let no_tls = || Refused::new("tunnel-no-tls", "what is in the tunnel is no tls session");
    let mut acceptor = Acceptor::default();
    let mut bytes = Vec::with_capacity(2048);
    let mut buffer = [0; 4096];
    loop {
        let read = client.read(&mut buffer).await.map_err(|error| Refused::new("client-gone", error))?;
        let part = buffer.get(..read).unwrap_or_default();
        if part.is_empty() {
            return Err(no_tls());
        }
        bytes.extend_from_slice(part);
        if bytes.len() > MOST {
            return Err(no_tls());
        }
        let mut rest = Cursor::new(part);
        while usize::try_from(rest.position()).is_ok_and(|at| at < part.len()) {
            if acceptor.read_tls(&mut rest).map_err(|_| no_tls())? == 0 {
                break;
            }
            match acceptor.accept() {
                Ok(None) => {}
                Ok(Some(accepted)) => {
                    let name = accepted.client_hello().server_name().map(str::to_owned);
                    return Ok((bytes, name));
                }
                Err(_) => return Err(no_tls()),
            }
        }
    }
}

fn check(name: Option<&str>, host: &HostName, inside: Inside) -> Result<(), Refused> {
    match name.map(|name| HostName::parse(name.as_bytes())) {
        None if inside == Inside::Nameless => Ok(()),
        None => Err(Refused::new("tunnel-server-name", "the tls session names no server")),
        Some(Ok(name)) if name.name() == host.name() => Ok(()),
        Some(_) => {
            Err(Refused::new("tunnel-server-name", "the tls session is for another server than the tunnel"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, ClientConnection, RootCertStore};

    use super::*;

    /// The first message of a session with that server.
    fn first(server: &'static str, sni: bool) -> Vec<u8> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        config.enable_sni = sni;
        let mut client =
            ClientConnection::new(Arc::new(config), ServerName::try_from(server).unwrap()).unwrap();
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        bytes
    }

    async fn outcome(bytes: &[u8], inside: Inside) -> Result<Vec<u8>, &'static str> {
        let host = HostName::parse(b"example.com:443").unwrap();
        // In pieces of one byte, as a network may bring them.
        let (mut client, mut near) = tokio::io::duplex(1);
        let bytes = bytes.to_vec();
        tokio::spawn(async move {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut near, &bytes).await;
        });
        read(&mut client, &host, inside, Duration::from_secs(5)).await.map_err(|refused| refused.error)
    }

    #[tokio::test]
    async fn the_server_name_is_the_host() {
        let right = first("example.com", true);
        assert_eq!(outcome(&right, Inside::Named).await, Ok(right.clone()));
        assert_eq!(outcome(&right, Inside::Nameless).await, Ok(right));
        for other in ["s3.us-east-1.amazonaws.com", "www.example.com", "example.org"] {
            for inside in [Inside::Named, Inside::Nameless] {
                assert_eq!(outcome(&first(other, true), inside).await, Err("tunnel-server-name"), "{other}");
            }
        }
        let nameless = first("example.com", false);
        assert_eq!(outcome(&nameless, Inside::Named).await, Err("tunnel-server-name"));
        assert_eq!(outcome(&nameless, Inside::Nameless).await, Ok(nameless));
    }

    #[tokio::test]
    async fn what_is_no_tls_is_refused() {
        let right = first("example.com", true);
        for bytes in [
            b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n".as_slice(),
            b"SSH-2.0-OpenSSH_9.6\r\n",
            b"\x16\x03\x01\xff\xff",
            &right[..right.len() - 1],
            &[0; 100],
            b"",
        ] {
            let found = outcome(bytes, Inside::Named).await;
            assert!(matches!(found, Err("tunnel-no-tls")), "{bytes:?}: {found:?}");
        }
        assert_eq!(outcome(b"anything", Inside::Anything).await, Ok(Vec::new()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_not_waited_for() {
        let host = HostName::parse(b"example.com").unwrap();
        let (mut client, _near) = tokio::io::duplex(1);
        let found = read(&mut client, &host, Inside::Named, Duration::from_secs(10)).await;
        assert_eq!(found.map_err(|refused| refused.error), Err("tunnel-hello"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let found = runtime.block_on(outcome(&bytes, Inside::Named));
            proptest::prop_assert!(found.is_err());
        }
    }
}
