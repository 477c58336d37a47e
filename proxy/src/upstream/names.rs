//! What names stand for: by the system's resolver, or by the program's own.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::address::is_public;

/// Gives the addresses of a name, on a thread that may block.
pub(crate) type Resolver = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// Who knows the addresses of names.
pub(crate) struct Names {
    own: Option<Resolver>,
}

impl Names {
    pub(crate) fn new(own: Option<Resolver>) -> Self {
        Self { own }
    }

    /// The addresses of a name that may be connected to: those that are public, or all if `private`.
    pub(crate) async fn addresses(
        &self,
        name: &str,
        port: u16,
        private: bool,
    ) -> io::Result<impl Iterator<Item = SocketAddr>> {
        let all = self.all(name, port).await?;
        if all.is_empty() {
            return Err(no_address());
        }
        let allowed: Vec<_> = all.into_iter().filter(|address| private || is_public(address.ip())).collect();
        if allowed.is_empty() {
            let text = "the name resolves to an address that is not on the public internet";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        Ok(allowed.into_iter())
    }

    async fn all(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let Some(own) = &self.own else {
            return Ok(tokio::net::lookup_host((name, port)).await?.collect());
        };
        let (own, name) = (Arc::clone(own), name.to_owned());
        let found = tokio::task::spawn_blocking(move || own(&name)).await.map_err(io::Error::other)??;
        Ok(found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }
}

pub(crate) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the name has no address")
}
