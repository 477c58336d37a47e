//! Generations that follow each other: the one that signs, and the one that will.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::Generation;

/// The generation that signs, and the one that comes next, which clients trust already.
pub(super) struct Line {
    present: Arc<Generation>,
    next: Arc<Generation>,
}

impl Line {
    /// Begins one with a new generation.
    pub(super) fn begin(
        domains: &[String],
        lifetime: Duration,
        now: SystemTime,
    ) -> Result<Self, rcgen::Error> {
        Self::of(Generation::new(domains, lifetime, now)?, None, lifetime)
    }

    /// One that goes on: the next generation is made if it is not there.
    pub(super) fn of(
        present: Generation,
        next: Option<Generation>,
        lifetime: Duration,
    ) -> Result<Self, rcgen::Error> {
        let next = match next {
            Some(next) => next,
            None => Generation::new(present.domains(), lifetime, gives_way(&present, lifetime))?,
        };
        Ok(Self { present: Arc::new(present), next: Arc::new(next) })
    }

    pub(super) const fn present(&self) -> &Arc<Generation> {
        &self.present
    }

    /// The present one and the next.
    pub(super) fn both(&self) -> impl Iterator<Item = &Generation> {
        [&*self.present, &*self.next].into_iter()
    }

    /// Whether the one that signs may certify a host.
    pub(super) fn covers(&self, host: &str) -> bool {
        self.present.covers(host)
    }

    /// Until when one of the two signs.
    pub(super) fn trusted_until(&self, lifetime: Duration) -> SystemTime {
        gives_way(&self.next, lifetime)
    }

    /// Lets the next one sign if it is time to, and makes one for `domains` to follow it. Gives whether it did.
    pub(super) fn turn(
        &mut self,
        domains: &[String],
        lifetime: Duration,
        now: SystemTime,
    ) -> Result<bool, rcgen::Error> {
        if now < gives_way(&self.present, lifetime) {
            return Ok(false);
        }
        // Whoever slept through both has none that could go on.
        if now >= gives_way(&self.next, lifetime) {
            *self = Self::begin(domains, lifetime, now)?;
            return Ok(true);
        }
        let after = Generation::new(domains, lifetime, gives_way(&self.next, lifetime))?;
        self.present = std::mem::replace(&mut self.next, Arc::new(after));
        Ok(true)
    }
}

/// When a quarter of a life is left.
fn gives_way(generation: &Generation, lifetime: Duration) -> SystemTime {
    generation.ends() - lifetime / 4
}
