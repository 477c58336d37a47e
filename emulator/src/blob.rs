//! Bodies in memory: shared slices under one budget, so that nothing is copied and nothing grows without bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

/// How many bytes of bodies and objects may be held at once.
pub(crate) struct Budget {
    limit: u64,
    used: AtomicU64,
}

/// A part of the budget, given back when dropped.
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    bytes: u64,
}

/// A sequence of bytes in pieces.
#[derive(Clone, Default)]
pub(crate) struct Blob {
    pub(crate) chunks: Vec<Bytes>,
    pub(crate) len: u64,
    held: Vec<Arc<Reservation>>,
}

impl Budget {
    pub(crate) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicU64::new(0) })
    }

    /// An empty reservation, to be grown.
    pub(crate) fn reservation(self: &Arc<Self>) -> Reservation {
        Reservation { budget: Arc::clone(self), bytes: 0 }
    }
}

impl Reservation {
    /// Takes more of the budget; false if there is not so much left.
    #[must_use]
    pub(crate) fn grow(&mut self, bytes: u64) -> bool {
        let used = self.budget.used.fetch_add(bytes, Ordering::Relaxed);
        if used.saturating_add(bytes) > self.budget.limit {
            self.budget.used.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        self.bytes += bytes;
        true
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Blob {
    pub(crate) fn new(chunks: Vec<Bytes>, reservation: Option<Arc<Reservation>>) -> Self {
        let len = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        Self { chunks, len, held: reservation.into_iter().collect() }
    }

    /// Puts another one after this one, without copying.
    pub(crate) fn append(&mut self, other: &Self) {
        self.chunks.extend(other.chunks.iter().cloned());
        self.held.extend(other.held.iter().cloned());
        self.len += other.len;
    }

    /// The bytes `from..to`, without copying.
    pub(crate) fn slice(&self, from: u64, to: u64) -> Self {
        let (mut chunks, mut at) = (Vec::new(), 0_u64);
        for chunk in &self.chunks {
            let end = at + chunk.len() as u64;
            let (start, stop) = (from.max(at), to.min(end));
            if start < stop {
                // Both lie within the chunk, whose length is a usize.
                chunks.push(chunk.slice((start - at) as usize..(stop - at) as usize));
            }
            at = end;
        }
        let len = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        Self { chunks, len, held: self.held.clone() }
    }
}

impl<T: Into<Bytes>> From<T> for Blob {
    fn from(bytes: T) -> Self {
        Self::new(vec![bytes.into()], None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_across_chunks() {
        let mut blob = Blob::from("hello ");
        blob.append(&Blob::from("world"));
        assert_eq!(blob.len, 11);
        assert_eq!(blob.slice(4, 8).chunks.concat(), b"o wo");
        assert_eq!(blob.slice(11, 20).len, 0);
    }

    #[test]
    fn the_budget_comes_back() {
        let budget = Budget::new(10);
        let mut first = budget.reservation();
        assert!(first.grow(8));
        assert!(!budget.reservation().grow(3));
        drop(first);
        assert!(budget.reservation().grow(10));
    }
}
