//! The connections that are kept for the next request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::Connection;
use super::link::Link;

/// The most connections that are kept to one host, and to all.
const MOST_KEPT: usize = 256;
const MOST_KEPT_IN_ALL: usize = 512;
/// Services close what is idle for some 20 s at the least; we do so before them.
const KEPT_FOR: Duration = Duration::from_secs(15);
/// How often all hosts are looked through for connections that have rested for too long.
const SWEEP: Duration = Duration::from_secs(1);

/// Connections by host.
pub(super) struct Pool {
    hosts: Mutex<Hosts>,
    this: Weak<Self>,
}

#[derive(Default)]
struct Hosts {
    all: HashMap<Arc<str>, Host>,
    /// Whether somebody sweeps, as long as there is something kept.
    swept: bool,
}

/// The connections to one host.
struct Host {
    name: Arc<str>,
    /// Those that take one request at a time, the longest unused first.
    single: Vec<Kept>,
    /// Those that take several.
    shared: Vec<Link>,
}

struct Kept {
    connection: Connection,
    /// How often all hosts were looked through since: to ask the clock for each request is not needed.
    swept: u32,
}

impl Host {
    fn new(name: &Arc<str>) -> Self {
        Self { name: Arc::clone(name), single: Vec::new(), shared: Vec::new() }
    }

    /// A connection that is free. One whose last request is still on its way up stays until that has ended.
    fn free(&mut self) -> Option<Connection> {
        let mut at = self.single.len();
        while let Some(kept) = at.checked_sub(1).and_then(|before| self.single.get_mut(before)) {
            at -= 1;
            if kept.connection.is_closed() {
                self.single.remove(at);
            } else if kept.connection.is_ready() {
                return Some(self.single.remove(at).connection);
            }
        }
        None
    }

    /// A share of a connection that takes several requests.
    fn share(&mut self) -> Option<Link> {
        self.shared.retain(is_good);
        let roomy = |link: &&Link| link.load().is_some_and(|load| load.has_room(KEPT_FOR));
        self.shared.iter().find(roomy).and_then(Link::shared)
    }

    fn sweep(&mut self) -> bool {
        self.shared.retain(is_good);
        self.single.retain_mut(|kept| {
            kept.swept += 1;
            SWEEP * kept.swept <= KEPT_FOR && !kept.connection.is_closed()
        });
        self.count() > 0
    }

    fn count(&self) -> usize {
        self.single.len() + self.shared.len()
    }
}

fn is_good(link: &Link) -> bool {
    !link.is_closed() && link.load().is_some_and(|load| !load.rests(KEPT_FOR))
}

impl Pool {
    pub(super) fn new() -> Arc<Self> {
        Arc::new_cyclic(|this| Self { hosts: Mutex::default(), this: Weak::clone(this) })
    }

    /// A connection to the host: a share of one that takes several requests, or one that is free. With it comes the
    /// host's name, by which it is given back.
    pub(super) fn take(&self, host: &str) -> Option<(Connection, Arc<str>)> {
        let mut hosts = self.hosts();
        let kept = hosts.all.get_mut(host)?;
        let shared = if kept.shared.is_empty() { None } else { kept.share() };
        let found = shared.map(Connection::Spoken).or_else(|| kept.free())?;
        Some((found, Arc::clone(&kept.name)))
    }

    /// Keeps the connection for the next request. One that takes several requests is there once.
    pub(super) fn keep(&self, host: Arc<str>, connection: Connection) {
        let mut hosts = self.hosts();
        let in_all = hosts.all.values().map(Host::count).sum::<usize>();
        let kept = hosts.all.entry(host).or_insert_with_key(Host::new);
        if in_all >= MOST_KEPT_IN_ALL || kept.count() >= MOST_KEPT {
            return;
        }
        match connection {
            Connection::Spoken(link) if link.load().is_some() => {
                let is_same = |other: &Link| match (other.load(), link.load()) {
                    (Some(one), Some(other)) => std::ptr::eq(one, other),
                    _ => false,
                };
                if !kept.shared.iter().any(is_same) {
                    kept.shared.push(link);
                }
            }
            connection => kept.single.push(Kept { connection, swept: 0 }),
        }
        if !std::mem::replace(&mut hosts.swept, true) {
            tokio::spawn(sweep(Weak::clone(&self.this)));
        }
    }

    fn hosts(&self) -> MutexGuard<'_, Hosts> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks through all hosts until nothing is kept: most of what rests is watched by nobody else.
async fn sweep(pool: Weak<Pool>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut hosts = pool.hosts();
        hosts.all.retain(|_, kept| kept.sweep());
        if hosts.all.is_empty() {
            hosts.swept = false;
            return;
        }
    }
}
