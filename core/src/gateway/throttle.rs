//! How much one subject may ask for: so many requests a second, and so many requests and so many streams at a time.
//!
//! A bucket for each subject, which fills with time up to its burst; a request takes one drop. The host says what time it
//! is, and when a request has ended. A subject is known only after its signature was proven, so that nobody empties the
//! bucket of another.
//!
//! A WebSocket is open for hours, and what is said in it may be requests of their own: it takes no place among those that
//! run, but one among the streams.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use thiserror::Error;

use super::refusal::{Refusal, RefusalKind};
use crate::time::Time;

/// What each subject may ask for. The default is no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allowance {
    /// Requests a second, in the long run.
    pub per_second: Option<NonZeroU32>,
    /// Requests that may come at once after a pause; as many as a second allows unless given.
    pub burst: Option<NonZeroU32>,
    /// Requests that may run at the same time. A stream is none of them.
    pub at_once: Option<NonZeroU32>,
    /// Streams that may be open at the same time.
    pub streams_at_once: Option<NonZeroU32>,
}

/// What begins, and is counted as long as it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// A request, until its answer was read.
    Request,
    /// A WebSocket, from its handshake until it is closed.
    Stream,
}

/// Why a request may not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Throttled {
    /// More requests a second than are allowed.
    #[error("the subject sends more requests a second than it may")]
    Rate,
    /// More requests at a time than are allowed.
    #[error("the subject has as many requests running as it may")]
    AtOnce,
    /// More streams at a time than are allowed.
    #[error("the subject has as many streams open as it may")]
    Streams,
    /// There are too many subjects to count for.
    #[error("more subjects are active than the gateway counts for")]
    Subjects,
}

impl From<Throttled> for Refusal {
    fn from(why: Throttled) -> Self {
        Self::new(RefusalKind::Throttled, "Rate exceeded; please reduce your request rate")
            .with_detail(why.to_string())
    }
}

/// The requests of all subjects, counted.
#[derive(Debug, Clone)]
pub struct Throttle {
    allowance: Allowance,
    most: usize,
    subjects: BTreeMap<String, Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// In thousandths of a request, so that a millisecond counts.
    credit: u64,
    at: Time,
    running: u32,
    streams: u32,
}

/// The most subjects that are counted for at a time.
const MOST_SUBJECTS: usize = 10_000;

impl Throttle {
    /// Nobody has asked for anything yet.
    #[must_use]
    pub const fn new(allowance: Allowance) -> Self {
        Self { allowance, most: MOST_SUBJECTS, subjects: BTreeMap::new() }
    }

    /// Takes another bound from now on. What runs and what was used up stays counted.
    pub fn allow(&mut self, allowance: Allowance) {
        self.allowance = allowance;
    }

    /// Counts a request that begins. One that was counted must be given to [`Throttle::end`] when it is over.
    ///
    /// # Errors
    /// [`Throttled`], and nothing was counted.
    pub fn begin(&mut self, subject: &str, now: Time) -> Result<(), Throttled> {
        self.begin_as(Counted::Request, subject, now)
    }

    /// Counts a request or a stream that begins, the latter's handshake among the requests of the second. What was
    /// counted must be given to [`Throttle::end_as`], as the same, when it is over.
    ///
    /// # Errors
    /// [`Throttled`], and nothing was counted.
    pub fn begin_as(&mut self, what: Counted, subject: &str, now: Time) -> Result<(), Throttled> {
        let Allowance { per_second, at_once, streams_at_once, .. } = self.allowance;
        if per_second.is_none() && at_once.is_none() && streams_at_once.is_none() {
            return Ok(());
        }
        let (full, rate) = (self.full(), self.rate());
        if !self.subjects.contains_key(subject) {
            if self.subjects.len() >= self.most {
                // Who rests is as one who was never here.
                self.subjects.retain(|_, bucket| bucket.is_active() || bucket.filled(now, rate, full) < full);
            }
            if self.subjects.len() >= self.most {
                return Err(Throttled::Subjects);
            }
        }
        let fresh = Bucket { credit: full, at: now, running: 0, streams: 0 };
        let bucket = self.subjects.entry(subject.to_owned()).or_insert(fresh);
        bucket.credit = bucket.filled(now, rate, full);
        bucket.at = now;
        let (count, most, full) = match what {
            Counted::Request => (&mut bucket.running, at_once, Throttled::AtOnce),
            Counted::Stream => (&mut bucket.streams, streams_at_once, Throttled::Streams),
        };
        if most.is_some_and(|most| *count >= most.get()) {
            return Err(full);
        }
        if per_second.is_some() {
            bucket.credit = bucket.credit.checked_sub(1000).ok_or(Throttled::Rate)?;
        }
        *count = count.saturating_add(1);
        Ok(())
    }

    /// Counts a request that has ended.
    pub fn end(&mut self, subject: &str) {
        self.end_as(Counted::Request, subject);
    }

    /// Counts a request or a stream that has ended.
    pub fn end_as(&mut self, what: Counted, subject: &str) {
        if let Some(bucket) = self.subjects.get_mut(subject) {
            let count = match what {
                Counted::Request => &mut bucket.running,
                Counted::Stream => &mut bucket.streams,
            };
            *count = count.saturating_sub(1);
        }
    }

    fn rate(&self) -> u64 {
        self.allowance.per_second.map_or(0, |rate| u64::from(rate.get()))
    }

    /// A full bucket.
    fn full(&self) -> u64 {
        1000 * self.allowance.burst.map_or(self.rate(), |burst| u64::from(burst.get()))
    }
}

impl Bucket {
    const fn is_active(&self) -> bool {
        self.running > 0 || self.streams > 0
    }

    /// What is in it by now. A clock that was set back fills nothing.
    fn filled(&self, now: Time, rate: u64, full: u64) -> u64 {
        let millis = u64::try_from(now.unix_millis().saturating_sub(self.at.unix_millis())).unwrap_or(0);
        self.credit.saturating_add(millis.saturating_mul(rate)).min(full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Time {
        Time::from_unix_millis(1_800_000_000_000 + millis)
    }

    fn throttle(per_second: u32, burst: u32, at_once: u32) -> Throttle {
        let [per_second, burst, at_once] = [per_second, burst, at_once].map(NonZeroU32::new);
        Throttle::new(Allowance { per_second, burst, at_once, streams_at_once: None })
    }

    /// A request that ends at once.
    fn ask(throttle: &mut Throttle, subject: &str, millis: i64) -> Result<(), Throttled> {
        let begun = throttle.begin(subject, at(millis));
        if begun.is_ok() {
            throttle.end(subject);
        }
        begun
    }

    #[test]
    fn so_many_a_second() {
        let mut throttle = throttle(10, 3, 0);
        for _ in 0..3 {
            assert_eq!(ask(&mut throttle, "alice", 0), Ok(()));
        }
        assert_eq!(ask(&mut throttle, "alice", 0), Err(Throttled::Rate));
        assert_eq!(ask(&mut throttle, "alice", 99), Err(Throttled::Rate));
        // Another subject has a bucket of its own.
        assert_eq!(ask(&mut throttle, "bob", 99), Ok(()));
        // A tenth of a second is one request; what was refused took nothing.
        assert_eq!(ask(&mut throttle, "alice", 100), Ok(()));
        assert_eq!(ask(&mut throttle, "alice", 100), Err(Throttled::Rate));
        // A long rest fills it to the burst and no further.
        for _ in 0..3 {
            assert_eq!(ask(&mut throttle, "alice", 1_000_000), Ok(()));
        }
        assert_eq!(ask(&mut throttle, "alice", 1_000_000), Err(Throttled::Rate));
    }

    #[test]
    fn a_clock_that_is_set_back_neither_fills_nor_locks() {
        let mut throttle = throttle(1, 1, 0);
        assert_eq!(ask(&mut throttle, "alice", 0), Ok(()));
        assert_eq!(ask(&mut throttle, "alice", -3_600_000), Err(Throttled::Rate));
        assert_eq!(ask(&mut throttle, "alice", -3_599_000), Ok(()));
    }

    #[test]
    fn so_many_at_a_time() {
        let mut throttle = throttle(0, 0, 2);
        assert_eq!(throttle.begin("alice", at(0)), Ok(()));
        assert_eq!(throttle.begin("alice", at(0)), Ok(()));
        assert_eq!(throttle.begin("alice", at(5000)), Err(Throttled::AtOnce));
        assert_eq!(throttle.begin("bob", at(5000)), Ok(()));
        throttle.end("alice");
        assert_eq!(throttle.begin("alice", at(5000)), Ok(()));
    }

    #[test]
    fn streams_take_no_place_of_a_request() {
        let mut throttle = throttle(0, 0, 1);
        throttle.allow(Allowance { streams_at_once: NonZeroU32::new(1), ..throttle.allowance });
        assert_eq!(throttle.begin_as(Counted::Stream, "alice", at(0)), Ok(()));
        assert_eq!(throttle.begin("alice", at(0)), Ok(()), "what is said in it is a request");
        assert_eq!(throttle.begin("alice", at(0)), Err(Throttled::AtOnce));
        assert_eq!(throttle.begin_as(Counted::Stream, "alice", at(0)), Err(Throttled::Streams));
        assert_eq!(throttle.begin_as(Counted::Stream, "bob", at(0)), Ok(()));
        throttle.end("alice");
        assert_eq!(throttle.begin_as(Counted::Stream, "alice", at(0)), Err(Throttled::Streams));
        throttle.most = 2;
        assert_eq!(throttle.begin("carol", at(9000)), Err(Throttled::Subjects), "an open stream is counted");
        throttle.end_as(Counted::Stream, "alice");
        assert_eq!(throttle.begin_as(Counted::Stream, "alice", at(0)), Ok(()));
        // Its handshake is one of the requests of the second.
        let mut throttle = tests::throttle(1, 1, 0);
        assert_eq!(throttle.begin_as(Counted::Stream, "alice", at(0)), Ok(()));
        assert_eq!(throttle.begin("alice", at(0)), Err(Throttled::Rate));
    }

    #[test]
    fn no_bound_unless_asked_for() {
        let mut throttle = Throttle::new(Allowance::default());
        assert!((0..1000).all(|_| throttle.begin("alice", at(0)).is_ok()));
        assert!(throttle.subjects.is_empty());
    }

    #[test]
    fn the_table_is_bounded_and_forgets_nobody_who_is_counted() {
        let mut throttle = throttle(1, 1, 1);
        throttle.most = 2;
        assert_eq!(throttle.begin("alice", at(0)), Ok(()));
        assert_eq!(ask(&mut throttle, "bob", 0), Ok(()));
        assert_eq!(throttle.begin("carol", at(0)), Err(Throttled::Subjects));
        // Bob's bucket is full again: he makes room. Alice's request still runs.
        assert_eq!(throttle.begin("carol", at(1000)), Ok(()));
        assert_eq!(throttle.begin("alice", at(1000)), Err(Throttled::AtOnce));
        assert_eq!(throttle.subjects.len(), 2);
    }

    #[test]
    fn the_refusal_is_one_that_sdks_slow_down_for() {
        use crate::operation::Protocol;
        let refusal = Refusal::from(Throttled::Rate);
        assert!(refusal.kind().is_retryable());
        for (protocol, code) in [
            (Protocol::S3, "SlowDown"),
            (Protocol::Ec2, "RequestLimitExceeded"),
            (Protocol::Query, "Throttling"),
            (Protocol::Json10, "ThrottlingException"),
            (Protocol::RestJson, "ThrottlingException"),
        ] {
            assert_eq!(refusal.kind().code(protocol), code);
        }
    }
}
