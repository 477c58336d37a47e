//! The connections that are kept for the next request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::link::Link;

/// The most connections that are kept to one host, and to all.
const MOST_KEPT: usize = 64;
const MOST_KEPT_IN_ALL: usize = 512;
/// Services close what is idle for some 20 s at the least; we do so before them.
const KEPT_FOR: Duration = Duration::from_secs(15);

/// Connections by host.
#[derive(Default)]
pub(super) struct Pool(Mutex<HashMap<String, Vec<Kept>>>);

struct Kept {
    link: Link,
    since: Instant,
}

impl Kept {
    fn is_good(&self) -> bool {
        let rests = match self.link.load() {
            Some(load) => load.rests(KEPT_FOR),
            None => self.since.elapsed() >= KEPT_FOR,
        };
        !rests && !self.link.is_closed()
    }
}

impl Pool {
    /// A connection to the host: one that is free, or a share of one that takes several requests.
    pub(super) fn take(&self, host: &str) -> Option<Link> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get_mut(host)?;
        kept.retain(Kept::is_good);
        let roomy = |kept: &Kept| kept.link.load().is_some_and(|load| load.has_room(KEPT_FOR));
        let shared = kept.iter().find(|kept| roomy(kept)).and_then(|kept| kept.link.shared());
        let found = shared.or_else(|| {
            let at = kept.iter().rposition(|kept| kept.link.load().is_none())?;
            Some(kept.remove(at).link)
        });
        if kept.is_empty() {
            all.remove(host);
        }
        found
    }

    /// Keeps the connection for the next request once this answer has been read: until then it is not ready. One that
    /// takes several requests is there at once, and once.
    pub(super) fn give_back(self: &Arc<Self>, host: &str, mut link: Link) {
        if link.load().is_some() {
            return self.keep(host, link);
        }
        let (pool, host) = (Arc::clone(self), host.to_owned());
        tokio::spawn(async move {
            if link.ready().await.is_ok() {
                pool.keep(&host, link);
            }
        });
    }

    fn keep(&self, host: &str, link: Link) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |kept: &Kept| match (kept.link.load(), link.load()) {
            (Some(one), Some(other)) => std::ptr::eq(one, other),
            _ => false,
        };
        if all.get(host).is_some_and(|kept| kept.iter().any(is_same)) {
            return;
        }
        all.retain(|_, kept| {
            kept.retain(Kept::is_good);
            !kept.is_empty()
        });
        if all.values().map(Vec::len).sum::<usize>() < MOST_KEPT_IN_ALL {
            let kept = all.entry(host.to_owned()).or_default();
            if kept.len() < MOST_KEPT {
                kept.push(Kept { link, since: Instant::now() });
            }
        }
    }
}
