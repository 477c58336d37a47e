//! Real credentials, per grant: fetched once however many requests wait for them, renewed ahead of their end, and never
//! used beyond it.
//!
//! When a source is asked is decided by [`awsaccess::cache::Cached`]; this is its host: it keeps one for each grant, asks
//! on threads that may block, and lets those who wait know.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use awsaccess::access::{Grant, Hop, Identity, SessionPolicy};
use awsaccess::cache::{Cached, Decision, Settings};
use awsaccess::credentials::Credentials;
use awsaccess::error::{Error, ErrorKind};
use awsaccess::gateway::{Refusal, RefusalKind};
use awsaccess::time::Time;
use tokio::sync::Notify;

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
    /// What the chain says, with AWS's own code where there is one.
    #[error("{0}")]
    Chain(Error),
}

impl From<SourceError> for Error {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Denied(text) => Self::new(ErrorKind::Denied, text).with_aws_code("AccessDenied"),
            SourceError::Unavailable(text) => Self::new(ErrorKind::Service, text).retryable(),
            SourceError::Chain(error) => error,
        }
    }
}

/// The most grants whose credentials are kept.
const MOST_ENTRIES: usize = 10_000;
/// How long a failure is told again without asking, if it is one that waiting does not mend.
const REMEMBER_FAILURE: Duration = Duration::from_secs(3);
/// How long a source is left alone after each failure in a row, while there is nothing to serve.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A grant as what credentials are kept for.
#[derive(Clone)]
struct Key(Grant);

/// What makes two grants share credentials: everything that AWS or an auditor could tell apart.
#[derive(PartialEq, Eq)]
struct Told<'a> {
    identity: &'a Identity,
    source: &'a str,
    hops: &'a [Hop],
    session_name: &'a str,
    source_identity: Option<&'a str>,
    tags: &'a [(String, String)],
    transitive_tag_keys: &'a [String],
    session_policy: Option<&'a SessionPolicy>,
    session_policy_arns: &'a [String],
    duration: Duration,
}

/// What spreads grants well: each request looks for its own, and all of it is compared then.
impl Hash for Told<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.identity.subject.as_bytes());
        if let Some(hop) = self.hops.last() {
            state.write(hop.role.as_str().as_bytes());
        }
    }
}

/// Keys are looked up by the grant itself: nothing of it is copied for that.
trait Tells {
    fn told(&self) -> Told<'_>;
}

impl Tells for Grant {
    fn told(&self) -> Told<'_> {
        Told {
            identity: &self.identity,
            source: &self.source,
            hops: &self.hops,
            session_name: &self.session_name,
            source_identity: self.source_identity.as_deref(),
            tags: &self.tags,
            transitive_tag_keys: &self.transitive_tag_keys,
            session_policy: self.session_policy.as_ref(),
            session_policy_arns: &self.session_policy_arns,
            duration: self.duration,
        }
    }
}

impl Tells for Key {
    fn told(&self) -> Told<'_> {
        self.0.told()
    }
}

impl<'a> Borrow<dyn Tells + 'a> for Key {
    fn borrow(&self) -> &(dyn Tells + 'a) {
        self
    }
}

impl PartialEq for dyn Tells + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.told() == other.told()
    }
}

impl Eq for dyn Tells + '_ {}

impl Hash for dyn Tells + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.told().hash(state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.told() == other.told()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.told().hash(state);
    }
}

/// Credentials that are being fetched. Nobody fetches them before this is waited for.
pub(crate) type Coming<'a> = Pin<Box<dyn Future<Output = Result<Credentials, Refusal>> + Send + 'a>>;

/// Which credentials are to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flush {
    /// All of them.
    All,
    /// Those of an application.
    Application(String),
    /// Those of a subject.
    Subject(String),
    /// Those of a session.
    Session(String),
    /// Those whose way goes through a role, by its ARN.
    Role(String),
}

impl Flush {
    fn covers(&self, key: &Key) -> bool {
        let Key(grant) = key;
        match self {
            Self::All => true,
            Self::Application(name) => *grant.identity.application == **name,
            Self::Subject(name) => *grant.identity.subject == **name,
            Self::Session(id) => grant.identity.session.as_deref() == Some(id),
            Self::Role(arn) => grant.hops.iter().any(|hop| hop.role.as_str() == arn),
        }
    }
}

/// The credentials of all grants in use.
#[derive(Clone)]
pub(crate) struct Cache(Arc<Inner>);

struct Inner {
    source: Arc<dyn Source>,
    entries: Mutex<HashMap<Key, Arc<Slot>>>,
    /// Counts uses, by which the longest unused are found.
    uses: AtomicU64,
    settings: Settings,
    /// Fresh bytes for the jitter of each entry.
    seed: fn() -> [u8; 32],
}

/// The credentials of one grant.
struct Slot {
    state: Mutex<State>,
    /// Told when a turn has ended.
    ended: Notify,
    used: AtomicU64,
}

struct State {
    cached: Cached,
    /// How often the source has failed in a row, and until when it is left alone for that.
    failures: u32,
    quiet: Option<(Time, Error)>,
}

impl Cache {
    pub(crate) fn new(source: Arc<dyn Source>) -> Self {
        Self::with(source, Settings::default(), seed)
    }

    fn with(source: Arc<dyn Source>, mut settings: Settings, seed: fn() -> [u8; 32]) -> Self {
        // A gateway does not sign with what AWS has told it not to.
        settings.serve_expired = false;
        settings.remember_failure = REMEMBER_FAILURE;
        let entries = Mutex::default();
        Self(Arc::new(Inner { source, entries, uses: AtomicU64::new(0), settings, seed }))
    }

    /// The credentials for a grant, fetched if need be.
    pub(crate) async fn get(&self, grant: &Grant) -> Result<Credentials, Refusal> {
        match self.at_hand(grant, now()) {
            Ok(credentials) => Ok(credentials),
            Err(coming) => coming.await,
        }
    }

    /// The credentials for a grant, where they are at hand; else what to wait for.
    pub(crate) fn at_hand<'a>(&'a self, grant: &'a Grant, now: Time) -> Result<Credentials, Coming<'a>> {
        let slot = self.slot(grant);
        let decision = slot.state().decide(now);
        match decision {
            Decision::Use(credentials) => Ok(credentials),
            Decision::RefreshInBackground(credentials) => {
                tokio::spawn(self.clone().fetch(slot, grant.clone()));
                Ok(credentials)
            }
            decision => Err(Box::pin(self.coming(grant, slot, decision))),
        }
    }

    async fn coming(
        &self,
        grant: &Grant,
        slot: Arc<Slot>,
        mut decision: Decision,
    ) -> Result<Credentials, Refusal> {
        loop {
            decision = match decision {
                Decision::Use(credentials) => return Ok(credentials),
                Decision::RefreshInBackground(credentials) => {
                    tokio::spawn(self.clone().fetch(Arc::clone(&slot), grant.clone()));
                    return Ok(credentials);
                }
                Decision::RefreshNow => {
                    // A task of its own: a client that leaves meanwhile takes nothing from those who wait as well.
                    let fetching = tokio::spawn(self.clone().fetch(Arc::clone(&slot), grant.clone()));
                    let fetched = fetching.await.unwrap_or_else(|_| Err(broke()));
                    return fetched.map_err(|error| refusal(&error));
                }
                Decision::Wait(_) => slot.turn().await,
                Decision::Fail(error) => return Err(refusal(&error)),
                _ => return Err(refusal(&broke())),
            }
        }
    }

    /// Forgets credentials: the next request asks for new ones. Says how many grants had any.
    pub(crate) fn flush(&self, which: &Flush) -> usize {
        let mut entries = self.0.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let before = entries.len();
        entries.retain(|key, _| !which.covers(key));
        before - entries.len()
    }

    fn slot(&self, grant: &Grant) -> Arc<Slot> {
        let inner = &self.0;
        let mut entries = inner.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let touch = |slot: &Arc<Slot>| {
            slot.used.store(inner.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
            Arc::clone(slot)
        };
        if let Some(slot) = entries.get(grant as &dyn Tells) {
            return touch(slot);
        }
        if entries.len() >= MOST_ENTRIES {
            make_room(&mut entries);
        }
        let cached = Cached::new(inner.settings.clone(), (inner.seed)());
        let state = Mutex::new(State { cached, failures: 0, quiet: None });
        let slot = Arc::new(Slot { state, ended: Notify::new(), used: AtomicU64::new(0) });
        let slot = touch(&slot);
        entries.insert(Key(grant.clone()), Arc::clone(&slot));
        slot
    }

    /// Asks the source and reports. Whatever becomes of it, those who wait are told.
    async fn fetch(self, slot: Arc<Slot>, grant: Grant) -> Result<Credentials, Error> {
        let turn = Turn { slot: &slot, reported: false };
        let source = Arc::clone(&self.0.source);
        let application = grant.identity.application.clone();
        let fetched = tokio::task::spawn_blocking(move || source.fetch(&grant)).await;
        let fetched = fetched.map_or_else(|_| Err(broke()), |fetched| fetched.map_err(Error::from));
        match &fetched {
            Ok(credentials) => {
                tracing::info!(
                    application = &*application,
                    key = credentials.access_key_id(),
                    "new credentials"
                );
            }
            Err(error) => {
                let text = awsaccess::redact::text(&error.to_string());
                tracing::warn!(application = &*application, error = text, "no credentials");
            }
        }
        turn.report(fetched)
    }
}

/// The longest unused go: an eighth of all, of which nobody is waiting for any.
fn make_room(entries: &mut HashMap<Key, Arc<Slot>>) {
    let mut uses: Vec<u64> = entries.values().map(|slot| slot.used.load(Ordering::Relaxed)).collect();
    let eighth = uses.len() / 8;
    let (_, limit, _) = uses.select_nth_unstable(eighth);
    let limit = *limit;
    entries.retain(|_, slot| Arc::strong_count(slot) > 1 || slot.used.load(Ordering::Relaxed) > limit);
}

/// The turn to ask the source. If it ends without a report, it is given back.
struct Turn<'a> {
    slot: &'a Slot,
    reported: bool,
}

impl Turn<'_> {
    fn report(mut self, fetched: Result<Credentials, Error>) -> Result<Credentials, Error> {
        self.reported = true;
        let settled = self.slot.state().settle(now(), fetched);
        self.slot.ended.notify_waiters();
        settled
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.reported {
            self.slot.state().cached.abandon();
            self.slot.ended.notify_waiters();
        }
    }
}

impl Slot {
    /// Waits for the turn that another has, and decides anew.
    async fn turn(&self) -> Decision {
        // Before the decision: a turn that ends in between is then not missed.
        let mut ended = std::pin::pin!(self.ended.notified());
        ended.as_mut().enable();
        let decision = self.state().decide(now());
        let Decision::Wait(until) = decision else { return decision };
        let _ = tokio::time::timeout(until.since(now()), ended).await;
        self.state().decide(now())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn decide(&mut self, now: Time) -> Decision {
        if let Some((until, error)) = &self.quiet
            && now < *until
            && self.cached.serve(now, Duration::ZERO).is_err()
        {
            return Decision::Fail(error.clone());
        }
        self.cached.decide(now, Duration::ZERO)
    }

    fn settle(&mut self, now: Time, fetched: Result<Credentials, Error>) -> Result<Credentials, Error> {
        match &fetched {
            Ok(_) => (self.failures, self.quiet) = (0, None),
            Err(error) => {
                // A service that throttles, or is away, is asked less and less often.
                let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(5)).min(LONGEST_PAUSE);
                self.failures = self.failures.saturating_add(1);
                self.quiet = error.is_retryable().then(|| (now + pause, error.clone()));
            }
        }
        self.cached.settle(now, fetched)
    }
}

fn seed() -> [u8; 32] {
    // The jitter only spreads load: without randomness there is none.
    awsaccess_drivers::blocking::seed().unwrap_or_default()
}

fn broke() -> Error {
    Error::new(ErrorKind::Internal, "the task that fetches credentials broke").retryable()
}

fn refusal(error: &Error) -> Refusal {
    let is_denied = error.kind() == ErrorKind::Denied && !error.is_retryable();
    let refusal = match is_denied {
        true => Refusal::new(RefusalKind::AssumeDenied, "the role cannot be assumed"),
        false => Refusal::new(
            RefusalKind::CredentialsUnavailable,
            "the gateway has no valid credentials for this role just now",
        ),
    };
    refusal.with_detail(error.to_string())
}

#[cfg(test)]
mod tests;
