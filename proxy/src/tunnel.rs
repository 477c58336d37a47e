//! Tunnels for hosts whose requests are not signed here. They are a way round all rules, so they have rules of their own:
//! who may open one, to which ports, never to an address that is not on the public internet, and with the host inside
//! that was named outside.

mod carry;
mod hello;
mod login;

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use awsaccess::gateway::HostPattern;
use awsaccess::partition::HostName;
use http::HeaderMap;

pub(crate) use self::carry::{carry, carry_checked};
pub(crate) use self::hello::Inside;
pub(crate) use self::login::{Password, User};
use crate::peer::Peer;
use crate::upstream::{Dialer, Road, connect_to};

/// Which hosts are tunnelled to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Off,
    Listed,
    Public,
}

/// A host that may be tunnelled to by name.
#[derive(Clone)]
pub(crate) struct Listed {
    pub(crate) host: HostPattern,
    /// Where it is, if not where its name says; no check is made of it, and no proxy is between.
    pub(crate) address: Option<SocketAddr>,
    pub(crate) inside: Inside,
}

/// The rules of tunnels.
#[derive(Clone)]
pub(crate) struct Rules {
    pub(crate) mode: Mode,
    pub(crate) ports: Vec<u16>,
    pub(crate) listed: Vec<Listed>,
    pub(crate) users: Vec<User>,
    /// Whether programs of this machine must give a password too.
    pub(crate) always_login: bool,
    pub(crate) connect: Duration,
    pub(crate) idle: Duration,
}

/// Why there is no tunnel: a stable name, and a text for client and operator.
pub(crate) struct Refused {
    pub(crate) error: &'static str,
    pub(crate) reason: String,
}

impl Refused {
    pub(crate) fn new(error: &'static str, reason: impl Display) -> Self {
        Self { error, reason: reason.to_string() }
    }
}

/// The other end of a tunnel, and what must be in it.
pub(crate) struct Way {
    pub(crate) road: Road,
    pub(crate) inside: Inside,
}

impl Rules {
    /// Who opens a tunnel: a program of this machine, or a user with the right password.
    pub(crate) fn who(&self, peer: &Peer, headers: &HeaderMap) -> Result<Option<&str>, Refused> {
        if peer.is_local() && !self.always_login {
            return Ok(None);
        }
        if self.users.is_empty() {
            return Err(Refused::new("tunnel-client", "tunnels are for clients on this machine only"));
        }
        match login::user(&self.users, headers) {
            Some(user) => Ok(Some(user)),
            None => Err(Refused::new(
                "tunnel-login",
                "tunnels are for users with a password (proxy authentication)",
            )),
        }
    }

    /// Connects to the host, if the rules allow it. `opaque` is an API of AWS's own that signs in another way: it needs
    /// no rule.
    pub(crate) async fn open(
        &self,
        dialer: &Arc<Dialer>,
        host: &HostName,
        opaque: bool,
    ) -> Result<Way, Refused> {
        let port = host.port().unwrap_or(443);
        let listed = self.listed.iter().find(|listed| listed.host.matches(host.name()));
        if !self.ports.contains(&port) {
            return Err(Refused::new("tunnel-port", format!("tunnels to port {port} are not allowed")));
        }
        let allowed = match self.mode {
            Mode::Off => opaque,
            Mode::Listed => opaque || listed.is_some(),
            Mode::Public => true,
        };
        if !allowed || host.is_localhost() {
            return Err(Refused::new("tunnel-host", "the rules allow no tunnel to this host"));
        }
        let dialling = async {
            match listed.and_then(|listed| listed.address) {
                Some(address) => connect_to(address).await.map(Road::Plain),
                None => dialer.reach(host.name(), port, false).await,
            }
        };
        // What is inside must be of AWS's own where the host is.
        let inside = listed.filter(|_| !opaque).map_or(Inside::Named, |listed| listed.inside);
        match tokio::time::timeout(self.connect, dialling).await {
            Ok(Ok(road)) => Ok(Way { road, inside }),
            Ok(Err(error)) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err(Refused::new("tunnel-address", error))
            }
            Ok(Err(error)) => Err(Refused::new("tunnel-connect", error)),
            Err(_) => Err(Refused::new("tunnel-connect", "the connection was not made in time")),
        }
    }
}
