//! The connections that are kept for the next request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::link::Link;

/// The most connections that are kept to one host, and to all.
const MOST_KEPT: usize = 256;
const MOST_KEPT_IN_ALL: usize = 512;
/// Services close what is idle for some 20 s at the least; we do so before them.
const KEPT_FOR: Duration = Duration::from_secs(15);
/// How often all hosts are looked through for connections that have rested for too long.
const SWEEP: Duration = Duration::from_secs(1);

/// Connections by host.
#[derive(Default)]
pub(super) struct Pool(Mutex<Hosts>);

#[derive(Default)]
struct Hosts {
    all: HashMap<Arc<str>, Host>,
    swept: Option<Instant>,
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
    link: Link,
    since: Instant,
}

impl Kept {
    fn rests(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= KEPT_FOR
    }
}

impl Host {
    fn new(name: &Arc<str>) -> Self {
        Self { name: Arc::clone(name), single: Vec::new(), shared: Vec::new() }
    }

    /// A connection that is free. One whose last request is still on its way up stays until that has ended.
    fn free(&mut self, now: Instant) -> Option<Link> {
        let mut at = self.single.len();
        while let Some(kept) = at.checked_sub(1).and_then(|before| self.single.get(before)) {
            at -= 1;
            if kept.rests(now) {
                // So do all before it.
                self.single.drain(..=at);
                return None;
            }
            if kept.link.is_closed() {
                self.single.remove(at);
            } else if kept.link.is_ready() {
                return Some(self.single.remove(at).link);
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

    fn sweep(&mut self, now: Instant) -> bool {
        self.shared.retain(is_good);
        self.single.retain(|kept| !kept.rests(now) && !kept.link.is_closed());
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
    /// A connection to the host: a share of one that takes several requests, or one that is free. With it comes the
    /// host's name, by which it is given back.
    pub(super) fn take(&self, host: &str) -> Option<(Link, Arc<str>)> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = hosts.all.get_mut(host)?;
        let shared = if kept.shared.is_empty() { None } else { kept.share() };
        let found = shared.or_else(|| kept.free(Instant::now()))?;
        Some((found, Arc::clone(&kept.name)))
    }

    /// Keeps the connection for the next request. One that takes several requests is there once.
    pub(super) fn keep(&self, host: Arc<str>, link: Link) {
        let now = Instant::now();
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.swept.is_none_or(|swept| now.saturating_duration_since(swept) >= SWEEP) {
            hosts.swept = Some(now);
            hosts.all.retain(|_, kept| kept.sweep(now));
        }
        let in_all = hosts.all.values().map(Host::count).sum::<usize>();
        let kept = hosts.all.entry(host).or_insert_with_key(Host::new);
        let is_same = |other: &Link| match (other.load(), link.load()) {
            (Some(one), Some(other)) => std::ptr::eq(one, other),
            _ => false,
        };
        let has_room = in_all < MOST_KEPT_IN_ALL && kept.count() < MOST_KEPT;
        if !has_room || kept.shared.iter().any(is_same) {
            return;
        }
        match link.load() {
            Some(_) => kept.shared.push(link),
            None => kept.single.push(Kept { link, since: now }),
        }
    }
}
