//! The requests that run: how many each subject may have, and how they are ended from outside.

use std::collections::HashMap;
use std::future::poll_fn;
use std::hash::{BuildHasherDefault, Hasher};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;

use awsaccess::access::Grant;
use awsaccess::gateway::{Allowance, Counted, Refusal, RefusalKind, Throttle};
use awsaccess::time::Time;
use tokio::sync::Notify;

/// Whose requests are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Whose<'a> {
    /// A subject's, or those of a user of tunnels.
    Subject(&'a str),
    /// All that use an application.
    Application(&'a str),
    /// Those of a session that placeholders were issued for.
    Session(&'a str),
    /// Those that were signed with a placeholder's access key id.
    Key(&'a str),
    /// All.
    Everybody,
}

/// What all requests pass before they are sent on.
pub(crate) struct Gate {
    inside: Mutex<Inside>,
}

/// What is counted of those that run.
struct Inside {
    throttle: Throttle,
    running: Running,
    next: u64,
}

/// By numbers that we count ourselves.
type Running = HashMap<u64, Weak<Pass>, BuildHasherDefault<Counting>>;

/// Such numbers are spread well as they are: nobody chooses them.
#[derive(Default)]
struct Counting(u64);

impl Hasher for Counting {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(self.0 << 8 | u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    /// The table looks at both ends of it.
    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// Whose a request is.
#[derive(Default)]
struct Holder {
    subject: Option<Arc<str>>,
    application: Option<Arc<str>>,
    session: Option<Arc<str>>,
    key: Option<String>,
}

impl Holder {
    fn is(&self, whose: Whose<'_>) -> bool {
        match whose {
            Whose::Subject(name) => self.subject.as_deref() == Some(name),
            Whose::Application(name) => self.application.as_deref() == Some(name),
            Whose::Session(id) => self.session.as_deref() == Some(id),
            Whose::Key(id) => self.key.as_deref() == Some(id),
            Whose::Everybody => true,
        }
    }
}

impl Gate {
    pub(crate) fn new(allowance: Allowance) -> Arc<Self> {
        let inside = Inside { throttle: Throttle::new(allowance), running: Running::default(), next: 0 };
        Arc::new(Self { inside: Mutex::new(inside) })
    }

    /// Takes another bound on what each subject may ask for.
    pub(crate) fn allow(&self, allowance: Allowance) {
        self.inside().throttle.allow(allowance);
    }

    /// Lets a request in, if its subject may have one more. One without a grant goes on as it is, and is nobody's.
    /// `bound_to` is the application of the listener that it came in by, if that serves one only.
    pub(crate) fn enter(
        self: &Arc<Self>,
        grant: Option<&Grant>,
        key: Option<&str>,
        bound_to: Option<&str>,
        now: Time,
    ) -> Result<Arc<Pass>, Refusal> {
        self.enter_as(Counted::Request, grant, key, bound_to, now)
    }

    /// The same for what is a request or becomes a stream.
    pub(crate) fn enter_as(
        self: &Arc<Self>,
        what: Counted,
        grant: Option<&Grant>,
        key: Option<&str>,
        bound_to: Option<&str>,
        now: Time,
    ) -> Result<Arc<Pass>, Refusal> {
        let identity = grant.map(|grant| &grant.identity);
        let own = identity.map(|identity| &*identity.application);
        if bound_to.is_some_and(|application| own != Some(application)) {
            let detail = "the listener is for another application than the placeholder";
            return Err(Refusal::new(RefusalKind::Denied, "the gateway's rules do not allow this request")
                .with_detail(detail));
        }
        let holder = Holder {
            subject: identity.map(|identity| Arc::clone(&identity.subject)),
            application: identity.map(|identity| Arc::clone(&identity.application)),
            session: identity.and_then(|identity| identity.session.clone()),
            key: key.map(str::to_owned),
        };
        self.register(holder, identity.map(|_| what), now)
    }

    /// A tunnel: nobody's, or that of a user who gave a password.
    pub(crate) fn enter_tunnel(self: &Arc<Self>, user: Option<&str>) -> Arc<Pass> {
        let holder = Holder { subject: user.map(Arc::from), ..Holder::default() };
        self.inside().register(self, holder, None)
    }

    fn register(
        self: &Arc<Self>,
        holder: Holder,
        counted: Option<Counted>,
        now: Time,
    ) -> Result<Arc<Pass>, Refusal> {
        let mut inside = self.inside();
        if let (Some(what), Some(subject)) = (counted, &holder.subject) {
            inside.throttle.begin_as(what, subject, now)?;
        }
        Ok(inside.register(self, holder, counted))
    }

    /// Ends requests wherever they are, and says how many there were.
    pub(crate) fn end(&self, whose: Whose<'_>) -> usize {
        // One that ends meanwhile takes itself out: not before the lock is given back.
        let running: Vec<_> = self.inside().running.values().filter_map(Weak::upgrade).collect();
        let ended: Vec<_> = running.iter().filter(|pass| pass.holder.is(whose)).collect();
        ended.iter().for_each(|pass| pass.end());
        ended.len()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn register(&mut self, gate: &Arc<Gate>, holder: Holder, counted: Option<Counted>) -> Arc<Pass> {
        let (gate, number) = (Arc::clone(gate), self.next);
        let pass =
            Pass { gate, number, counted, holder, is_ended: AtomicBool::new(false), told: Notify::new() };
        let pass = Arc::new(pass);
        self.running.insert(number, Arc::downgrade(&pass));
        self.next = number.wrapping_add(1);
        pass
    }
}

/// A request's right to run. Held by all that runs for it: its bodies, its tunnel.
pub(crate) struct Pass {
    gate: Arc<Gate>,
    number: u64,
    /// What its subject's share was taken for.
    counted: Option<Counted>,
    holder: Holder,
    is_ended: AtomicBool,
    /// Told when it is.
    told: Notify,
}

/// What a request that was ended from outside is recorded as.
pub(crate) const REVOKED: (&str, &str) = ("revoked", "the session was revoked while the request ran");

impl Pass {
    pub(crate) fn is_ended(&self) -> bool {
        self.is_ended.load(Ordering::Acquire)
    }

    fn end(&self) {
        self.is_ended.store(true, Ordering::Release);
        self.told.notify_waiters();
    }

    /// Comes when the request is to end.
    pub(crate) async fn ended(&self) {
        // Before the look: what is told in between is then not missed.
        let told = self.told.notified();
        if !self.is_ended() {
            told.await;
        }
    }

    /// The outcome of `work`, or a refusal if the request is to end before. The work stays where it is: what is given
    /// by value would be held twice.
    pub(crate) async fn race<T, E: From<Refusal>>(
        &self,
        mut work: impl Future<Output = Result<T, E>> + Unpin,
    ) -> Result<T, E> {
        let mut ended = pin!(None);
        poll_fn(|cx| {
            if self.is_ended() {
                return Poll::Ready(Err(revoked().into()));
            }
            // What is done at once needs nobody to watch over it.
            if let Poll::Ready(done) = Pin::new(&mut work).poll(cx) {
                return Poll::Ready(done);
            }
            if ended.is_none() {
                ended.set(Some(self.ended()));
            }
            let watching = ended.as_mut().as_pin_mut().map_or(Poll::Pending, |ended| ended.poll(cx));
            watching.map(|()| Err(revoked().into()))
        })
        .await
    }
}

/// The answer to a client whose session was revoked: what AWS says of a token that has ended.
#[cold]
pub(crate) fn revoked() -> Refusal {
    Refusal::new(RefusalKind::SessionExpired, "The security token included in the request is expired")
        .with_detail(REVOKED.1)
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = self.gate.inside();
        inside.running.remove(&self.number);
        if let (Some(what), Some(subject)) = (self.counted, &self.holder.subject) {
            inside.throttle.end_as(what, subject);
        }
    }
}
