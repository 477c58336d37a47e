//! What is no longer taken although it has not expired.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use thiserror::Error;

use super::{Claims, Purpose};
use crate::access::Identity;
use crate::time::Time;

/// What is revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revocation {
    /// All placeholders of a session, and what was chained from them.
    Session(String),
    /// All that a subject was issued until then; stored ones of that subject for as long as this stands.
    Subject(String, Time),
    /// One placeholder, and what was chained from it.
    KeyId(String),
    /// All sealed ones that were issued until then.
    IssuedUntil(Time),
}

/// A revocation that does not fit in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{MOST} revocations are in force; revoke everything that was issued until now instead")]
pub struct RevocationsFull;

const MOST: usize = 10_000;

/// The revocations in force. A clone is a handle of the same list, so that a host can add to it while requests are
/// judged by it. What a request costs hardly grows with the list.
#[derive(Clone, Default)]
pub struct Revocations(Arc<RwLock<Held>>);

/// Each with when everything that it concerns has expired.
#[derive(Default)]
struct Held {
    sessions: BTreeMap<String, Time>,
    key_ids: BTreeMap<String, Time>,
    /// By subject and the last instant of issue.
    subjects: BTreeMap<String, BTreeMap<Time, Time>>,
    /// By the last instant of issue.
    issued: BTreeMap<Time, Time>,
    count: usize,
    /// No entry expires before that.
    soonest: Option<Time>,
}

impl Held {
    fn insert(&mut self, what: Revocation, until: Time) {
        let before = match what {
            Revocation::Session(session) => self.sessions.insert(session, until),
            Revocation::KeyId(id) => self.key_ids.insert(id, until),
            Revocation::Subject(subject, at) => self.subjects.entry(subject).or_default().insert(at, until),
            Revocation::IssuedUntil(at) => self.issued.insert(at, until),
        };
        self.count = self.count.saturating_add(usize::from(before.is_none()));
        self.soonest = Some(self.soonest.map_or(until, |soonest| soonest.min(until)));
    }

    fn remove(&mut self, what: &Revocation) -> bool {
        let found = match what {
            Revocation::Session(session) => self.sessions.remove(session).is_some(),
            Revocation::KeyId(id) => self.key_ids.remove(id).is_some(),
            Revocation::Subject(subject, at) => {
                let Some(times) = self.subjects.get_mut(subject) else { return false };
                let found = times.remove(at).is_some();
                if times.is_empty() {
                    self.subjects.remove(subject);
                }
                found
            }
            Revocation::IssuedUntil(at) => self.issued.remove(at).is_some(),
        };
        self.count = self.count.saturating_sub(usize::from(found));
        found
    }

    fn contains(&self, what: &Revocation) -> bool {
        match what {
            Revocation::Session(session) => self.sessions.contains_key(session),
            Revocation::KeyId(id) => self.key_ids.contains_key(id),
            Revocation::Subject(subject, at) => {
                self.subjects.get(subject).is_some_and(|times| times.contains_key(at))
            }
            Revocation::IssuedUntil(at) => self.issued.contains_key(at),
        }
    }

    /// Forgets what has expired, if anything has.
    fn expire(&mut self, now: Time) {
        if self.soonest.is_none_or(|soonest| soonest > now) {
            return;
        }
        self.sessions.retain(|_, until| *until > now);
        self.key_ids.retain(|_, until| *until > now);
        self.issued.retain(|_, until| *until > now);
        self.subjects.retain(|_, times| {
            times.retain(|_, until| *until > now);
            !times.is_empty()
        });
        let left = self.iter().map(|(_, until)| until);
        (self.count, self.soonest) = left.fold((0, None), |(count, soonest), until| {
            (count + 1, Some(soonest.map_or(until, |soonest: Time| soonest.min(until))))
        });
    }

    fn iter(&self) -> impl Iterator<Item = (Revocation, Time)> {
        let sessions = self.sessions.iter().map(|(name, until)| (Revocation::Session(name.clone()), *until));
        let key_ids = self.key_ids.iter().map(|(id, until)| (Revocation::KeyId(id.clone()), *until));
        let subjects = self.subjects.iter().flat_map(|(subject, times)| {
            times.iter().map(|(at, until)| (Revocation::Subject(subject.clone(), *at), *until))
        });
        let issued = self.issued.iter().map(|(at, until)| (Revocation::IssuedUntil(*at), *until));
        sessions.chain(key_ids).chain(subjects).chain(issued)
    }

    fn issued_until(&self, at: Time) -> bool {
        self.issued.last_key_value().is_some_and(|(last, _)| at <= *last)
    }

    fn subject(&self, subject: &str, issued_at: Time) -> bool {
        let last = self.subjects.get(subject).and_then(BTreeMap::last_key_value);
        last.is_some_and(|(last, _)| issued_at <= *last)
    }
}

impl Revocations {
    /// Takes over what another list holds: of the configuration that was in force before.
    pub fn carry(&self, before: &Self) {
        if Arc::ptr_eq(&self.0, &before.0) {
            return;
        }
        let before = before.read();
        let mut all = self.write();
        // Each of the two lists is bounded, and none of either is dropped.
        for (what, until) in before.iter() {
            if !all.contains(&what) {
                all.insert(what, until);
            }
        }
    }

    /// Revokes. `until` is when all that it concerns has expired by itself: it is then forgotten. A revocation of all
    /// that was issued until some instant makes the room of those that it covers.
    ///
    /// # Errors
    /// [`RevocationsFull`]: nothing was revoked.
    pub fn add(&self, what: Revocation, until: Time, now: Time) -> Result<(), RevocationsFull> {
        let mut all = self.write();
        all.expire(now);
        // One place is kept for the revocation of everything.
        let (room, covered) = match what {
            Revocation::IssuedUntil(at) => (MOST + 1, all.issued.range(..=at).count()),
            _ => (MOST, 0),
        };
        if all.count.saturating_sub(covered) >= room && !all.contains(&what) {
            return Err(RevocationsFull);
        }
        if let Revocation::IssuedUntil(at) = what {
            all.issued.retain(|other, _| *other > at);
            all.count = all.count.saturating_sub(covered);
        }
        all.insert(what, until);
        Ok(())
    }

    /// Takes a revocation back. Says whether it was in force.
    #[must_use]
    pub fn remove(&self, what: &Revocation) -> bool {
        self.write().remove(what)
    }

    /// What is revoked, and until when that is remembered: sessions, key ids, subjects, then all that was issued.
    #[must_use]
    pub fn list(&self, now: Time) -> Vec<(Revocation, Time)> {
        self.read().iter().filter(|(_, until)| *until > now).collect()
    }

    pub(super) fn covers(&self, access_key_id: &str, claims: &Claims) -> bool {
        let all = self.read();
        let root = match &claims.purpose {
            Purpose::Chained(chained) => Some(chained.root.as_str()),
            Purpose::Issued => None,
        };
        let session = claims.identity.session.as_deref();
        all.issued_until(claims.issued_at)
            || session.is_some_and(|session| all.sessions.contains_key(session))
            || all.subject(&claims.identity.subject, claims.issued_at)
            || all.key_ids.contains_key(access_key_id)
            || root.is_some_and(|root| all.key_ids.contains_key(root))
    }

    pub(super) fn covers_stored(&self, access_key_id: &str, identity: &Identity) -> bool {
        let all = self.read();
        all.subjects.contains_key(&*identity.subject) || all.key_ids.contains_key(access_key_id)
    }

    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
