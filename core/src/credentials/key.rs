//! The keys that a secret is turned into before it signs, and the few of them that are kept.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::hash::{Hashing, MacKey};
use crate::secret::Secret;
use crate::time::Time;

/// The most keys that one secret keeps: more regions and services than one client talks to at a time.
const MOST_KEYS: usize = 16;

/// The key of SigV4 for one day, region and service ("Calculate the signature" in the IAM User Guide).
///
/// It signs in place of the secret and can be given to whom the secret must not reach: it ends with its day. Clones share
/// one copy, wiped when the last is dropped.
///
/// ```
/// use awsaccess::credentials::SigningKey;
/// use awsaccess::secret::Secret;
/// use awsaccess::time::Time;
/// let secret = Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
/// let key = SigningKey::derive(&secret, Time::from_unix(1_440_938_160), "us-east-1", "iam");
/// assert_eq!(key.expose()[..4], [0xc4, 0xaf, 0xb1, 0xcc]);
/// assert!(key.is_for(Time::from_unix(1_440_979_199), "us-east-1", "iam"));
/// assert!(!key.is_for(Time::from_unix(1_440_979_200), "us-east-1", "iam"));
/// ```
#[derive(Clone)]
pub struct SigningKey(Arc<Inner>);

struct Inner {
    key: Zeroizing<[u8; 32]>,
    mac: MacKey,
    day: i64,
    region: Box<str>,
    service: Box<str>,
}

impl SigningKey {
    /// Derives the key for the day of `day` in UTC.
    #[must_use]
    pub fn derive(secret: &Secret, day: Time, region: &str, service: &str) -> Self {
        let mut start = Zeroizing::new(Vec::with_capacity(4 + secret.expose().len()));
        start.extend_from_slice(b"AWS4");
        start.extend_from_slice(secret.expose().as_bytes());
        let date = day.amz();
        let mut key = Zeroizing::new(MacKey::new(&start).mac(date.day().as_bytes()));
        for part in [region, service, "aws4_request"] {
            *key = MacKey::new(&*key).mac(part.as_bytes());
        }
        Self::new(key, day, region, service)
    }

    /// A key that was derived elsewhere, for the day of `day` in UTC.
    #[must_use]
    pub fn from_bytes(key: [u8; 32], day: Time, region: &str, service: &str) -> Self {
        Self::new(Zeroizing::new(key), day, region, service)
    }

    fn new(key: Zeroizing<[u8; 32]>, day: Time, region: &str, service: &str) -> Self {
        let mac = MacKey::new(&*key);
        Self(Arc::new(Inner { key, mac, day: number(day), region: region.into(), service: service.into() }))
    }

    /// The key itself, to be given to another process. Each call is a place where it leaves the type's protection.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0.key
    }

    /// The region that it signs for.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.0.region
    }

    /// The signing name that it signs for.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.0.service
    }

    /// Whether it signs what is signed at that time, for that region and service.
    #[must_use]
    pub fn is_for(&self, at: Time, region: &str, service: &str) -> bool {
        self.0.day == number(at) && *self.0.region == *region && *self.0.service == *service
    }

    /// HMAC-SHA256 of a text that `write` writes.
    pub(crate) fn sign_written(&self, write: impl FnOnce(&mut Hashing<'_>)) -> [u8; 32] {
        let mut hash = self.0.mac.begin();
        write(&mut hash);
        self.0.mac.end(&mut hash)
    }

    /// What signs.
    pub(crate) fn mac(&self) -> &MacKey {
        &self.0.mac
    }
}

/// The days since the epoch.
const fn number(day: Time) -> i64 {
    day.unix() / 86_400
}

/// A secret access key, and the few signing keys that were derived from it last. Clones share both.
///
/// It is made of a [`Secret`], and can be used as one.
#[derive(Clone)]
pub struct SecretKey {
    secret: Secret,
    keys: Arc<Keys>,
}

impl From<Secret> for SecretKey {
    fn from(secret: Secret) -> Self {
        Self { secret, keys: Arc::default() }
    }
}

impl Deref for SecretKey {
    type Target = Secret;

    fn deref(&self) -> &Secret {
        &self.secret
    }
}

impl SecretKey {
    /// The key for one day (in UTC), region and service, derived once and kept.
    #[must_use]
    pub fn signing_key(&self, day: Time, region: &str, service: &str) -> SigningKey {
        self.kept(day, region, service).unwrap_or_else(|| {
            let key = SigningKey::derive(&self.secret, day, region, service);
            self.keys.keep(&key);
            key
        })
    }

    /// The same, if it is at hand.
    pub(crate) fn kept(&self, day: Time, region: &str, service: &str) -> Option<SigningKey> {
        self.keys.find(day, region, service)
    }

    /// Copies what [`SecretKey::signing_key`] signs with.
    pub(crate) fn copy_mac(&self, to: &mut MacKey, day: Time, region: &str, service: &str) {
        let kept = self.copy_kept(to, day, region, service);
        kept.unwrap_or_else(|| to.set(self.signing_key(day, region, service).mac()));
    }

    /// The same, if the key is at hand. A few words are copied: a clone that is counted, and counted again when it goes,
    /// takes longer. `None` where there is no such key.
    pub(crate) fn copy_kept(&self, to: &mut MacKey, day: Time, region: &str, service: &str) -> Option<()> {
        self.keys.lock().iter().find(|key| key.is_for(day, region, service)).map(|key| to.set(key.mac()))
    }
}

/// The keys that were derived last from one secret. When a day begins, those of the day before the last go.
#[derive(Default)]
struct Keys(Mutex<Vec<SigningKey>>);

impl Keys {
    fn find(&self, day: Time, region: &str, service: &str) -> Option<SigningKey> {
        self.lock().iter().find(|key| key.is_for(day, region, service)).cloned()
    }

    fn keep(&self, key: &SigningKey) {
        let mut keys = self.lock();
        // Yesterday's stay: at midnight not all clocks agree.
        keys.retain(|kept| kept.0.day + 1 >= key.0.day);
        if keys.len() >= MOST_KEYS {
            keys.remove(0);
        }
        keys.push(key.clone());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<SigningKey>> {
        // Nothing panics while it is held, and the list is whole at any time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Credentials;

    #[test]
    fn few_keys_are_kept_and_none_beyond_its_day() {
        let keys = Credentials::new("AKIDEXAMPLE", "secret");
        let noon = Time::from_unix(1_800_014_400);
        for n in 0..100 {
            let _ = keys.signing_key(noon, &format!("region-{n}"), "s3");
        }
        assert_eq!(keys.secret_key().keys.lock().len(), MOST_KEYS);
        assert!(keys.secret_key().kept(noon, "region-99", "s3").is_some());
        assert!(keys.secret_key().kept(noon, "region-0", "s3").is_none());
        let day = std::time::Duration::from_secs(86_400);
        let _ = keys.signing_key(noon + day, "r", "s3");
        assert_eq!(keys.secret_key().keys.lock().len(), MOST_KEYS);
        let _ = keys.signing_key(noon + day + day, "r", "s3");
        assert_eq!(keys.secret_key().keys.lock().len(), 2);
    }

    #[test]
    fn a_clone_shares_what_was_derived() {
        let keys = Credentials::new("AKIDEXAMPLE", "secret");
        let clone = keys.clone().with_session_token("t");
        let key = keys.signing_key(Time::from_unix(0), "r", "s");
        let same = clone.secret_key().kept(Time::from_unix(0), "r", "s").unwrap();
        assert!(Arc::ptr_eq(&key.0, &same.0));
    }
}
