//! The listeners for clients, which another configuration may change: what it keeps stays open, what it adds is opened
//! before it is in force, and what it lacks takes nobody any more. Connections that came in stay.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::Live;
use crate::StartError;
use crate::listen::{Bound, Listen};
use crate::server::Acceptors;

/// The listeners.
pub(crate) struct Doors {
    runtime: Handle,
    open: Mutex<Vec<Door>>,
    /// What takes those who come.
    behind: OnceLock<(Weak<Live>, Acceptors)>,
}

/// A listener that is open.
struct Door {
    listen: Listen,
    address: Option<SocketAddr>,
    closes: CancellationToken,
}

/// The listeners of a configuration, before it is in force.
pub(crate) struct Turned {
    wanted: Vec<Listen>,
    bound: Vec<(Listen, Bound)>,
}

impl Turned {
    fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.bound.iter().filter_map(|(_, bound)| bound.address())
    }
}

impl Doors {
    pub(crate) fn new(runtime: Handle) -> Self {
        Self { runtime, open: Mutex::default(), behind: OnceLock::new() }
    }

    /// Says who takes those who come.
    pub(crate) fn lead(&self, live: Weak<Live>, acceptors: Acceptors) {
        let _ = self.behind.set((live, acceptors));
    }

    /// Binds what is wanted and not open yet.
    pub(crate) fn ready(&self, wanted: &[Listen]) -> Result<Turned, StartError> {
        if wanted.is_empty() {
            return Err(StartError::NoAddress);
        }
        let mut open: Vec<Listen> = self.open().iter().map(|door| door.listen.clone()).collect();
        let mut bound = Vec::new();
        for listen in wanted {
            match open.iter().position(|there| there == listen) {
                Some(at) => drop(open.swap_remove(at)),
                None => {
                    let _inside = self.runtime.enter();
                    bound.push((listen.clone(), crate::bind(listen)?));
                }
            }
        }
        Ok(Turned { wanted: wanted.to_vec(), bound })
    }

    /// Opens what was bound, and closes what is not wanted.
    pub(crate) fn turn(&self, turned: Turned) {
        let Turned { mut wanted, bound } = turned;
        let mut open = self.open();
        open.retain(|door| match wanted.iter().position(|listen| *listen == door.listen) {
            Some(at) => {
                wanted.remove(at);
                true
            }
            None => {
                door.closes.cancel();
                false
            }
        });
        let Some((live, acceptors)) = self.behind.get() else { return };
        for (listen, bound) in bound {
            let Some(live) = live.upgrade() else { return };
            let (address, closes) = (bound.address(), CancellationToken::new());
            let connections = live.lasting().connections.semaphore();
            self.runtime.spawn(bound.serve(live, acceptors.clone(), connections, closes.clone()));
            open.push(Door { listen, address, closes });
        }
    }

    /// The addresses that are listened on, with the ports that the system chose; those for all applications first.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let open = self.open();
        let (all, some): (Vec<_>, Vec<_>) = open.iter().partition(|door| door.listen.application.is_none());
        all.into_iter().chain(some).filter_map(|door| door.address).collect()
    }

    /// Those that are for one application alone.
    pub(crate) fn addresses_of(&self, application: &str) -> Vec<SocketAddr> {
        let open = self.open();
        let own = open.iter().filter(|door| door.listen.application.as_deref() == Some(application));
        own.filter_map(|door| door.address).collect()
    }

    /// All of them, with those that are only bound.
    pub(crate) fn addresses_with(&self, turned: &Turned) -> Vec<SocketAddr> {
        self.addresses().into_iter().chain(turned.addresses()).collect()
    }

    fn open(&self) -> MutexGuard<'_, Vec<Door>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
