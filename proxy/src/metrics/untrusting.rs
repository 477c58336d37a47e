//! Clients that came to no TLS session with the gateway: most likely they do not trust its certificate. They name no
//! application, only the host that they asked for; and what was mended is forgotten after a while.

use std::net::IpAddr;
use std::time::Duration;

use awsaccess::audit::{Record, Shown};
use awsaccess::time::Time;

/// How long one is remembered.
pub(crate) const MEMORY: Duration = Duration::from_secs(3600);
/// The most hosts that are remembered: a client may make up as many names as it likes.
const MOST: usize = 32;

/// Those of late, by the host that they asked for.
#[derive(Default)]
pub(super) struct Untrusting {
    /// The one that was met last comes last.
    hosts: Vec<Missed>,
}

/// A host that clients asked for in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missed {
    pub(crate) host: Option<Shown>,
    /// How many came in all, none of them long after the one before.
    pub(crate) count: u64,
    /// When the last one came, and from where.
    pub(crate) time: Time,
    pub(crate) source: Option<IpAddr>,
}

impl Untrusting {
    pub(super) fn add(&mut self, record: &Record) {
        let (host, time, source) = (record.host.clone(), record.time, record.source);
        self.forget(time);
        let before = self.hosts.iter().position(|missed| missed.host == host);
        let count = before.map_or(0, |at| self.hosts.remove(at).count);
        if self.hosts.len() >= MOST {
            self.hosts.remove(0);
        }
        self.hosts.push(Missed { host, count: count.saturating_add(1), time, source });
    }

    /// Those that are remembered, the last one first.
    pub(super) fn of_late(&mut self, now: Time) -> Vec<Missed> {
        self.forget(now);
        self.hosts.iter().rev().cloned().collect()
    }

    fn forget(&mut self, now: Time) {
        self.hosts.retain(|missed| now.since(missed.time) < MEMORY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_counted_by_host_and_forgotten() {
        let mut untrusting = Untrusting::default();
        let at = |minute: i64| Time::from_unix(1_800_000_000 + 60 * minute);
        let mut meet = |minute: i64, host: &str| {
            let mut record = Record::request("id", at(minute));
            record.host = Some(Shown::text(host));
            untrusting.add(&record);
            let found = untrusting.of_late(at(minute));
            found
                .iter()
                .map(|missed| (missed.host.as_deref().unwrap().to_owned(), missed.count))
                .collect::<Vec<_>>()
        };
        let one = |host: &str, count| (host.to_owned(), count);
        assert_eq!(meet(0, "sts"), [one("sts", 1)]);
        assert_eq!(meet(30, "s3"), [one("s3", 1), one("sts", 1)]);
        assert_eq!(meet(59, "sts"), [one("sts", 2), one("s3", 1)]);
        assert_eq!(meet(90, "sqs"), [one("sqs", 1), one("sts", 2)], "the one at s3 was an hour ago");
        assert_eq!(meet(150, "sts"), [one("sts", 1)], "what was counted before is over");
        for n in 0..100 {
            assert!(meet(150, &format!("h{n}")).len() <= MOST);
        }
    }
}
