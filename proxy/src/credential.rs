//! Real credentials, per grant: fetched once however many requests wait for them, renewed ahead of their end, and never
//! used beyond it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use awsaccess::access::{Grant, Hop, Identity, SessionPolicy};
use awsaccess::credentials::Credentials;
use awsaccess::gateway::{Refusal, RefusalKind};
use awsaccess::time::Time;

use crate::sink::now;

/// Where real credentials come from. Called on a thread that may block; one call at a time for one grant.
pub trait Source: Send + Sync {
    /// Assumes the roles of the grant, beginning with the credential source that it names.
    ///
    /// # Errors
    /// [`SourceError`], whose text goes to the operator only.
    fn fetch(&self, grant: &Grant) -> Result<Credentials, SourceError>;
}

/// Why there are no credentials. The text is for the operator, and holds no secret.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// STS said no: a matter of trust policies, which waiting does not mend.
    #[error("{0}")]
    Denied(String),
    /// Anything else.
    #[error("{0}")]
    Unavailable(String),
}

/// How long before their end credentials are renewed in the background.
const RENEW_AHEAD: Duration = Duration::from_secs(10 * 60);
/// With less left than this, a request waits for new ones.
const LAST_MOMENT: Duration = Duration::from_secs(60);
/// How long a failure is remembered.
const REMEMBER_FAILURE: Duration = Duration::from_secs(3);
/// The most grants whose credentials are kept.
const MOST_ENTRIES: usize = 10_000;

/// What makes two grants share credentials: everything that AWS or an auditor could tell apart.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    identity: Identity,
    source: String,
    hops: Vec<Hop>,
    session_name: String,
    source_identity: Option<String>,
    tags: Vec<(String, String)>,
    transitive_tag_keys: Vec<String>,
    session_policy: Option<SessionPolicy>,
    session_policy_arns: Vec<String>,
    duration: Duration,
}

impl From<&Grant> for Key {
    fn from(grant: &Grant) -> Self {
        Self {
            identity: grant.identity.clone(),
            source: grant.source.clone(),
            hops: grant.hops.clone(),
            session_name: grant.session_name.clone(),
            source_identity: grant.source_identity.clone(),
            tags: grant.tags.clone(),
            transitive_tag_keys: grant.transitive_tag_keys.clone(),
            session_policy: grant.session_policy.clone(),
            session_policy_arns: grant.session_policy_arns.clone(),
            duration: grant.duration,
        }
    }
}

/// The credentials of all grants in use.
#[derive(Clone)]
pub(crate) struct Cache {
    source: Arc<dyn Source>,
    entries: Arc<Mutex<HashMap<Key, Arc<Slot>>>>,
}

#[derive(Default)]
struct Slot {
    /// What there is; never held across a wait.
    current: Mutex<Current>,
    /// Held by the one that fetches.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Current {
    credentials: Option<Credentials>,
    failed: Option<(Instant, SourceError)>,
}

/// What a look at a slot says.
enum Look {
    Fresh(Credentials),
    /// Good, but a renewal is due.
    Aging(Credentials),
    Missing,
    Failed(SourceError),
}

impl Cache {
    pub(crate) fn new(source: Arc<dyn Source>) -> Self {
        Self { source, entries: Arc::default() }
    }

    /// The credentials for a grant.
    pub(crate) async fn get(&self, grant: &Grant) -> Result<Credentials, Refusal> {
        let slot = self.slot(grant);
        match slot.look(now()) {
            Look::Fresh(credentials) => return Ok(credentials),
            Look::Aging(credentials) => {
                self.renew(&slot, grant);
                return Ok(credentials);
            }
            Look::Failed(error) => return Err(refusal(&error)),
            Look::Missing => {}
        }
        // A task of its own: a client that leaves meanwhile takes nothing from those who wait as well.
        let (cache, grant) = (self.clone(), grant.clone());
        let fetched = tokio::spawn(async move { cache.fetch_in_turn(&slot, grant).await }).await;
        fetched
            .unwrap_or_else(|_| {
                Err(SourceError::Unavailable("the task that fetches credentials broke".into()))
            })
            .map_err(|error| refusal(&error))
    }

    async fn fetch_in_turn(&self, slot: &Arc<Slot>, grant: Grant) -> Result<Credentials, SourceError> {
        let _turn = slot.fetching.lock().await;
        // Whoever was before us may have brought them, or found that there are none.
        match slot.look(now()) {
            Look::Fresh(credentials) | Look::Aging(credentials) => Ok(credentials),
            Look::Failed(error) => Err(error),
            Look::Missing => self.fetch(slot, grant).await,
        }
    }

    fn slot(&self, grant: &Grant) -> Arc<Slot> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST_ENTRIES {
            let time = now();
            entries.retain(|_, slot| Arc::strong_count(slot) > 1 || slot.is_usable(time));
            if entries.len() >= MOST_ENTRIES {
                entries.retain(|_, slot| Arc::strong_count(slot) > 1);
            }
        }
        Arc::clone(entries.entry(Key::from(grant)).or_default())
    }

    /// Renews in the background, unless somebody is at it.
    fn renew(&self, slot: &Arc<Slot>, grant: &Grant) {
        let (cache, slot, grant) = (self.clone(), Arc::clone(slot), grant.clone());
        tokio::spawn(async move {
            let Ok(_turn) = slot.fetching.try_lock() else { return };
            if let Look::Aging(_) = slot.look(now()) {
                // The failure is remembered and the old ones stay in use: they are good for minutes yet.
                let _ = cache.fetch(&slot, grant).await;
            }
        });
    }

    async fn fetch(&self, slot: &Arc<Slot>, grant: Grant) -> Result<Credentials, SourceError> {
        let source = Arc::clone(&self.source);
        let application = grant.identity.application.clone();
        let fetched = tokio::task::spawn_blocking(move || source.fetch(&grant)).await;
        let fetched = fetched
            .unwrap_or_else(|_| Err(SourceError::Unavailable("the source of credentials broke".into())));
        let mut current = slot.current.lock().unwrap_or_else(PoisonError::into_inner);
        match &fetched {
            Ok(credentials) => {
                tracing::info!(application, key = credentials.access_key_id(), "new credentials");
                *current = Current { credentials: Some(credentials.clone()), failed: None };
            }
            Err(error) => {
                let text = awsaccess::redact::text(&error.to_string());
                tracing::warn!(application, error = text, "no credentials");
                current.failed = Some((Instant::now(), error.clone()));
            }
        }
        fetched
    }
}

impl Slot {
    fn look(&self, now: Time) -> Look {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let failure = current.failed.as_ref().filter(|(when, _)| when.elapsed() < REMEMBER_FAILURE);
        if let Some(credentials) = &current.credentials {
            let left = credentials.expires_at().map_or(Duration::MAX, |at| at.since(now));
            // While a renewal has just failed, what is left of the old ones is used to the end.
            if left > RENEW_AHEAD || (failure.is_some() && !left.is_zero()) {
                return Look::Fresh(credentials.clone());
            }
            if left > LAST_MOMENT {
                return Look::Aging(credentials.clone());
            }
        }
        failure.map_or(Look::Missing, |(_, error)| Look::Failed(error.clone()))
    }

    fn is_usable(&self, now: Time) -> bool {
        matches!(self.look(now), Look::Fresh(_) | Look::Aging(_))
    }
}

fn refusal(error: &SourceError) -> Refusal {
    let refusal = match error {
        SourceError::Denied(_) => Refusal::new(RefusalKind::AssumeDenied, "the role cannot be assumed"),
        SourceError::Unavailable(_) => Refusal::new(
            RefusalKind::CredentialsUnavailable,
            "the gateway has no valid credentials for this role just now",
        ),
    };
    refusal.with_detail(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts, and gives credentials that last as long as was said.
    struct Counting {
        calls: AtomicUsize,
        lasts: Duration,
        fails_from: usize,
    }

    impl Source for Counting {
        fn fetch(&self, grant: &Grant) -> Result<Credentials, SourceError> {
            let call = self.calls.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(20));
            if call >= self.fails_from {
                return Err(SourceError::Unavailable("sts is away".into()));
            }
            Ok(Credentials::new(format!("AKIA-{}-{call}", grant.session_name), "real")
                .with_expiry(now() + self.lasts))
        }
    }

    fn cache(lasts: u64, fails_from: usize) -> (Arc<Counting>, Cache) {
        let source =
            Arc::new(Counting { calls: AtomicUsize::new(0), lasts: Duration::from_secs(lasts), fails_from });
        (Arc::clone(&source), Cache::new(source))
    }

    fn grant(subject: &str) -> Grant {
        use awsaccess::access::{Application, Policy, Role, Subject, Target, Wish};
        let hop = Hop::new("arn:aws:iam::123456789012:role/r").unwrap();
        let policy = Policy::new(
            vec![Application::new("a", "base", vec![Target::new("r", vec![hop])])],
            vec![Role::new("all", &["arn:aws:iam::*:role/*"], &[]).unwrap()],
            vec![Subject::new(subject, &["all"])],
        );
        let who = Identity::new(subject, "a", "r");
        policy.unwrap().decide(&who, &Wish::new("s3", "us-east-1").in_partition("aws"), now()).unwrap()
    }

    fn block<T>(future: impl Future<Output = T>) -> T {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(future)
    }

    #[test]
    fn many_requests_are_one_fetch() {
        let (source, cache) = cache(3600, usize::MAX);
        block(async {
            let tasks: Vec<_> = (0..1000)
                .map(|_| {
                    let cache = cache.clone();
                    tokio::spawn(async move {
                        cache.get(&grant("alice")).await.map(|c| c.access_key_id().to_owned())
                    })
                })
                .collect();
            for task in tasks {
                assert_eq!(task.await.unwrap().unwrap(), "AKIA-alice-0");
            }
        });
        assert_eq!(source.calls.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn subjects_never_share() {
        let (source, cache) = cache(3600, usize::MAX);
        block(async {
            let alice = cache.get(&grant("alice")).await.unwrap();
            let bob = cache.get(&grant("bob")).await.unwrap();
            assert_ne!(alice.access_key_id(), bob.access_key_id());
        });
        assert_eq!(source.calls.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_request_that_is_given_up_does_not_waste_the_fetch() {
        let (source, cache) = cache(3600, usize::MAX);
        block(async {
            let wanted = grant("alice");
            let given_up = tokio::time::timeout(Duration::from_millis(1), cache.get(&wanted)).await;
            assert!(given_up.is_err());
            cache.get(&wanted).await.unwrap();
        });
        assert_eq!(source.calls.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn renewed_ahead_and_kept_when_that_fails() {
        let (source, cache) = cache(300, 1);
        block(async {
            assert_eq!(cache.get(&grant("alice")).await.unwrap().access_key_id(), "AKIA-alice-0");
            assert_eq!(cache.get(&grant("alice")).await.unwrap().access_key_id(), "AKIA-alice-0");
            tokio::time::sleep(Duration::from_millis(200)).await;
            assert_eq!(cache.get(&grant("alice")).await.unwrap().access_key_id(), "AKIA-alice-0");
        });
        // One in the foreground, one in the background; the failure is not tried again at once.
        assert_eq!(source.calls.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn expired_credentials_are_not_used() {
        let (source, cache) = cache(0, 1);
        block(async {
            // Expired when they come: better none.
            let first = cache.get(&grant("alice")).await.unwrap();
            assert!(first.expires_at().unwrap() <= now());
            let second = cache.get(&grant("alice")).await.unwrap_err();
            assert_eq!(second.kind(), RefusalKind::CredentialsUnavailable);
            let third = cache.get(&grant("alice")).await.unwrap_err();
            assert_eq!(third.operator_detail(), "sts is away");
        });
        assert_eq!(source.calls.load(Ordering::SeqCst), 2, "a failure is remembered for a moment");
    }
}
