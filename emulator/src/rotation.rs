//! Credentials of a role that something outside keeps fresh: of an instance, of a container.

use std::sync::Mutex;

use crate::keyring::{Identity, Key, Keyring, Session};

/// New credentials are there this long before the old ones end.
const RENEW_BEFORE: i64 = 300;

/// The credentials that are current, and how long each lives.
pub(crate) struct Rotation {
    seconds: u32,
    session: Session,
    current: Mutex<Option<(Key, i64)>>,
}

impl Rotation {
    pub(crate) fn new(seconds: u32) -> Self {
        Self { seconds, session: Session::default(), current: Mutex::default() }
    }

    /// Of an instance: using its role to assume another one is no chaining.
    pub(crate) fn of_instance(mut self) -> Self {
        self.session.of_instance = true;
        self
    }

    /// The current credentials, and when they were issued; new ones if the old ones are about to end.
    pub(crate) fn credentials(
        &self,
        keyring: &Keyring,
        now: i64,
        identity: impl FnOnce() -> Identity,
    ) -> (Key, i64) {
        let mut current = crate::lock(&self.current);
        // The keyring knows the end, which tests may have moved.
        let known = current.as_ref().and_then(|(key, issued)| Some((keyring.find(&key.id)?, *issued)));
        let margin = RENEW_BEFORE.min(i64::from(self.seconds) / 2);
        let valid = |key: &Key| key.expires_at.is_some_and(|end| end - now > margin);
        let (key, issued) = match known {
            Some((key, issued)) if valid(&key) => (key, issued),
            _ => (keyring.issue(identity(), self.session.clone(), now, self.seconds), now),
        };
        *current = Some((key.clone(), issued));
        (key, issued)
    }
}
