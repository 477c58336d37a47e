//! A request that was sent before: a signature is good for as long as clocks may differ, and somebody who has seen it
//! could send it again. Looking helps where a write must not happen twice; it costs memory, and is off by default.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::refusal::{Refusal, RefusalKind};
use crate::hash::sha256;
use crate::time::Time;

/// The signatures of late, so that none is taken too often. `GET` and `HEAD` change nothing and are not looked at.
pub struct Replays {
    /// How often one signature is taken: SDKs try again within the second, with the very same request.
    times: u32,
    /// How many are remembered.
    most: usize,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// By a digest of key id and signature: how often, and until when it is remembered.
    counts: BTreeMap<[u8; 16], (u32, Time)>,
    /// The same, by when they are forgotten.
    ends: BTreeSet<(Time, [u8; 16])>,
}

impl Replays {
    /// Takes each signature `times` times, and remembers at most `most` of them. When so many are in force, further
    /// requests are refused until some are forgotten.
    #[must_use]
    pub fn new(times: u32, most: usize) -> Self {
        Self { times: times.max(1), most: most.max(1), seen: Mutex::default() }
    }

    /// Remembers what another saw: of the configuration that was in force before. Where that is more than this remembers,
    /// what would be forgotten first is forgotten now.
    pub fn carry(&self, before: &Self) {
        if std::ptr::eq(self, before) {
            return;
        }
        let before = before.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.counts.clone_from(&before.counts);
        seen.ends.clone_from(&before.ends);
        while seen.counts.len() > self.most {
            let Some((_, key)) = seen.ends.pop_first() else { return };
            seen.counts.remove(&key);
        }
    }

    /// Notes a signature that was verified. It is remembered for twice the skew that its service allows: until then a
    /// clock may take it for fresh.
    pub(super) fn admit(
        &self,
        access_key_id: &str,
        signature: &[u8],
        skew: Duration,
        now: Time,
    ) -> Result<(), Refusal> {
        let digest = sha256(&[access_key_id.as_bytes(), b"\0", signature].concat());
        let key: [u8; 16] = digest.first_chunk().copied().unwrap_or_default();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget(now);
        if let Some((count, _)) = seen.counts.get_mut(&key) {
            if *count >= self.times {
                return Err(Refusal::new(
                    RefusalKind::Replayed,
                    "this very request was sent before; sign it anew to send it again",
                ));
            }
            *count += 1;
            return Ok(());
        }
        if seen.counts.len() >= self.most {
            return Err(Refusal::new(
                RefusalKind::Busy,
                "the gateway cannot tell whether this request was sent before; please try again later",
            )
            .with_detail("as many signatures are remembered as the replay cache holds"));
        }
        let until = now + skew + skew;
        seen.counts.insert(key, (1, until));
        seen.ends.insert((until, key));
        Ok(())
    }
}

impl Seen {
    fn forget(&mut self, now: Time) {
        while let Some((until, key)) = self.ends.first().copied().filter(|(until, _)| *until <= now) {
            self.ends.remove(&(until, key));
            self.counts.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKEW: Duration = Duration::from_secs(300);

    #[test]
    fn a_signature_is_taken_so_many_times() {
        let replays = Replays::new(2, 3);
        let at = |seconds: i64| Time::from_unix(1_000_000 + seconds);
        let send = |key: &str, signature: &[u8], seconds| {
            replays.admit(key, signature, SKEW, at(seconds)).map_err(|why| why.kind())
        };
        assert_eq!(send("A", b"1", 0), Ok(()));
        assert_eq!(send("A", b"1", 1), Ok(()));
        assert_eq!(send("A", b"1", 2), Err(RefusalKind::Replayed));
        // Another key's signature is another, wherever the border between the two lies.
        assert_eq!(send("B", b"1", 2), Ok(()));
        assert_eq!(send("A1", b"", 2), Ok(()));
        assert_eq!(send("C", b"1", 2), Err(RefusalKind::Busy));
        assert_eq!(send("A", b"1", 599), Err(RefusalKind::Replayed));
        // Forgotten once no clock takes it any more; that makes room.
        assert_eq!(send("A", b"1", 600), Ok(()));
        assert_eq!(send("C", b"1", 600), Err(RefusalKind::Busy));
        assert_eq!(send("C", b"1", 602), Ok(()));
    }

    #[test]
    fn what_was_seen_under_other_rules_was_seen() {
        let (before, after) = (Replays::new(1, 10), Replays::new(1, 2));
        let at = |seconds: i64| Time::from_unix(1_000_000 + seconds);
        for nth in 0..4 {
            before.admit("A", &[nth], SKEW, at(i64::from(nth))).unwrap();
        }
        after.carry(&before);
        after.carry(&after);
        let send = |nth: u8| after.admit("A", &[nth], SKEW, at(4)).map_err(|why| why.kind());
        assert_eq!(send(3), Err(RefusalKind::Replayed));
        assert_eq!(send(2), Err(RefusalKind::Replayed));
        assert_eq!(send(1), Err(RefusalKind::Busy), "two are remembered, as the new rules say");
    }
}
