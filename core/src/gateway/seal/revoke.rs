//! What is no longer taken although it has not expired.

use std::sync::{Arc, PoisonError, RwLock};

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
/// judged by it.
#[derive(Clone, Default)]
pub struct Revocations(Arc<RwLock<Vec<Entry>>>);

#[derive(Clone)]
struct Entry {
    what: Revocation,
    /// When everything that it concerns has expired.
    until: Time,
}

impl Revocations {
    /// Takes over what another list holds: of the configuration that was in force before.
    pub fn carry(&self, before: &Self) {
        if Arc::ptr_eq(&self.0, &before.0) {
            return;
        }
        let before = before.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let new = before.iter().filter(|one| !all.iter().any(|own| own.what == one.what)).cloned();
        let new: Vec<Entry> = new.collect();
        // Each of the two lists is bounded, and none of either is dropped.
        all.extend(new);
    }

    /// Revokes. `until` is when all that it concerns has expired by itself: it is then forgotten. A revocation of all
    /// that was issued until some instant makes the room of those that it covers.
    ///
    /// # Errors
    /// [`RevocationsFull`]: nothing was revoked.
    pub fn add(&self, what: Revocation, until: Time, now: Time) -> Result<(), RevocationsFull> {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|entry| entry.until > now && entry.what != what);
        if let Revocation::IssuedUntil(at) = what {
            all.retain(|entry| !matches!(entry.what, Revocation::IssuedUntil(other) if other <= at));
        }
        // One place is kept for the revocation of everything.
        let room = if matches!(what, Revocation::IssuedUntil(_)) { MOST + 1 } else { MOST };
        if all.len() >= room {
            return Err(RevocationsFull);
        }
        all.push(Entry { what, until });
        Ok(())
    }

    /// Takes a revocation back. Says whether it was in force.
    #[must_use]
    pub fn remove(&self, what: &Revocation) -> bool {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = all.len();
        all.retain(|entry| entry.what != *what);
        all.len() < before
    }

    /// What is revoked, and until when that is remembered.
    #[must_use]
    pub fn list(&self, now: Time) -> Vec<(Revocation, Time)> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|entry| entry.until > now).map(|entry| (entry.what.clone(), entry.until)).collect()
    }

    pub(super) fn covers(&self, access_key_id: &str, claims: &Claims) -> bool {
        self.any(|what| match what {
            Revocation::Session(session) => claims.identity.session.as_ref() == Some(session),
            Revocation::Subject(subject, at) => {
                *subject == claims.identity.subject && claims.issued_at <= *at
            }
            Revocation::KeyId(id) => {
                let root = match &claims.purpose {
                    Purpose::Chained(chained) => Some(&chained.root),
                    Purpose::Issued => None,
                };
                id == access_key_id || root == Some(id)
            }
            Revocation::IssuedUntil(at) => claims.issued_at <= *at,
        })
    }

    pub(super) fn covers_stored(&self, access_key_id: &str, identity: &Identity) -> bool {
        self.any(|what| match what {
            Revocation::Subject(subject, _) => *subject == identity.subject,
            Revocation::KeyId(id) => id == access_key_id,
            Revocation::Session(_) | Revocation::IssuedUntil(_) => false,
        })
    }

    fn any(&self, matches: impl Fn(&Revocation) -> bool) -> bool {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().any(|entry| matches(&entry.what))
    }
}
