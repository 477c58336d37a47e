//! How a task is written, and how it is driven: an `async fn` that is polled by hand.
//!
//! A task's body is a straight-line `async fn` that asks questions of a [`Flow`] and nothing else. There is no
//! executor: [`Step`] polls the body once for each answer, with a waker that does nothing, because the body can
//! wait for one thing only, the answer that was just put into its slot. A body that waits for anything else ends
//! the task with [`ErrorKind::Internal`] instead of hanging it.

use std::any::Any;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::effect::{Effect, Question};
use crate::error::{Error, ErrorKind};
use crate::step::Step;
use crate::time::Time;

/// The most questions that one task may ask. A chain of several roles, each retried, stays far below.
pub const MAX_QUESTIONS: usize = 200;

/// Starts a task: runs its body up to the first question.
///
/// `now` is the host's clock; it comes anew with each answer. `seed` is 32 fresh bytes from the host's
/// cryptographic generator.
///
/// ```
/// use std::time::Duration;
/// use awsaccess::{effect::Wait, error::Error, flow, step::Step, time::Time};
/// let start = Time::from_unix(1_800_000_000);
/// let step = flow::start(start, [0; 32], |flow| async move {
///     let before = flow.now();
///     flow.ask(Wait::new(Duration::from_secs(3))).await.ok();
///     Ok::<_, Error>(flow.now().since(before))
/// });
/// let Step::Wait(ask) = step else { panic!("{step:?}") };
/// let later = start + ask.request().duration;
/// assert!(matches!(ask.answer(later, ()), Step::Done(Ok(passed)) if passed == Duration::from_secs(3)));
/// ```
pub fn start<T, B, F>(now: Time, seed: [u8; 32], body: B) -> Step<T>
where
    B: FnOnce(Flow) -> F,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    start_bounded(now, seed, MAX_QUESTIONS, body)
}

/// The same for a task that may ask more: one that waits for a person asks again and again.
pub(crate) fn start_bounded<T, B, F>(now: Time, seed: [u8; 32], most: usize, body: B) -> Step<T>
where
    B: FnOnce(Flow) -> F,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let shared = Shared { now, offset: Offset::default(), seed: seed.into(), drawn: 0, slot: Slot::Idle };
    let flow = Flow(Arc::new(Mutex::new(shared)));
    let body = body(flow.clone());
    Task { body: Mutex::new(Box::pin(body)), flow, asked: 0, most }.poll()
}

/// A task's view of the world: the questions it may ask, and what came with the last answer.
#[derive(Clone)]
pub struct Flow(Arc<Mutex<Shared>>);

impl Flow {
    /// Asks the host, and waits for its answer. One question at a time: a second one that is asked before the
    /// first is answered replaces it.
    ///
    /// # Errors
    /// [`Refusal`] if the host declines, or if its answer is larger than the question allows.
    pub async fn ask<E: Effect>(&self, question: E) -> Result<E::Reply, Refusal> {
        let limit = question.max_bytes();
        self.lock().slot = Slot::Asked(question.into());
        let answer = poll_fn(|_| self.take_answer()).await;
        // Only an `Ask<E>` answers a question of type E, so the type is always the expected one.
        let reply =
            *answer.ok_or(Refusal::Declined)?.downcast::<E::Reply>().map_err(|_| Refusal::Declined)?;
        if E::size(&reply) > limit {
            return Err(Refusal::TooLarge(limit));
        }
        Ok(reply)
    }

    /// The time at the last answer: the host's clock, set right by what AWS has said of it.
    #[must_use]
    pub fn now(&self) -> Time {
        let shared = self.lock();
        shared.now.shifted(shared.offset.millis)
    }

    /// The host's clock at the last answer, right or wrong.
    pub(crate) fn host_now(&self) -> Time {
        self.lock().now
    }

    /// How far the host's clock is behind AWS's, in milliseconds.
    pub(crate) fn clock_offset(&self) -> i64 {
        self.lock().offset.millis
    }

    /// Sets the clock right from now on, unless it is to be trusted.
    pub(crate) fn set_clock_offset(&self, millis: i64) {
        let offset = &mut self.lock().offset;
        if !offset.fixed {
            offset.millis = millis;
        }
    }

    /// Takes the host's clock as it is, whatever AWS says.
    pub(crate) fn trust_clock(&self) {
        self.lock().offset = Offset { millis: 0, fixed: true };
    }

    /// The next number that the seed gives, evenly spread over 0 to 1 (without 1): for jitter.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        let mut shared = self.lock();
        shared.drawn += 1;
        fraction(&shared.seed, shared.drawn)
    }

    /// The next 32 bytes that the seed gives, for this purpose and no other: an identifier, a verifier, a key.
    #[must_use]
    pub(crate) fn random(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut shared = self.lock();
        shared.drawn += 1;
        // All parts before the purpose have a fixed length, so no two draws hash the same text.
        let digest = Sha256::new()
            .chain_update(b"awsaccess random")
            .chain_update(shared.seed.as_slice())
            .chain_update(shared.drawn.to_be_bytes())
            .chain_update(purpose)
            .finalize();
        Zeroizing::new(digest.into())
    }

    fn take_answer(&self) -> Poll<Option<Box<dyn Any + Send>>> {
        let mut shared = self.lock();
        match std::mem::replace(&mut shared.slot, Slot::Idle) {
            Slot::Answered(answer) => Poll::Ready(answer),
            unanswered => {
                shared.slot = unanswered;
                Poll::Pending
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Never held across a call that could panic; and the state is whole at any time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The draw of that number from a seed.
pub(crate) fn fraction(seed: &[u8; 32], drawn: u64) -> f64 {
    let digest = Sha256::new()
        .chain_update(b"awsaccess jitter")
        .chain_update(seed)
        .chain_update(drawn.to_be_bytes())
        .finalize();
    let bits = digest.iter().take(4).fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte));
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

/// Why a question has no usable answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The host does not do such things.
    Declined,
    /// The answer is larger than this many bytes.
    TooLarge(usize),
}

impl Refusal {
    /// As the error of a source that depends on the answer; `what` completes "this host does not …".
    #[must_use]
    pub fn error(self, what: &str) -> Error {
        match self {
            Self::Declined => Error::new(ErrorKind::Declined, format!("this host does not {what}")),
            Self::TooLarge(limit) => Error::new(
                ErrorKind::Limit,
                format!("asked to {what}, the host gave more than {limit} bytes"),
            ),
        }
    }
}

#[derive(Default)]
struct Offset {
    millis: i64,
    fixed: bool,
}

struct Shared {
    now: Time,
    offset: Offset,
    seed: Zeroizing<[u8; 32]>,
    drawn: u64,
    slot: Slot,
}

/// What passes between a body and its step: a question one way, an answer (or `None`, declined) the other.
enum Slot {
    Idle,
    Asked(Question),
    Answered(Option<Box<dyn Any + Send>>),
}

/// A body that stands at a question.
pub(crate) struct Task<T> {
    /// A future is `Send` and not `Sync`; behind a lock that is only ever opened by its sole owner it is both.
    body: Mutex<Body<T>>,
    flow: Flow,
    asked: usize,
    most: usize,
}

type Body<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

impl<T> Task<T> {
    pub(crate) fn resume(self, now: Time, answer: Option<Box<dyn Any + Send>>) -> Step<T> {
        let mut shared = self.flow.lock();
        shared.now = now;
        shared.slot = Slot::Answered(answer);
        drop(shared);
        self.poll()
    }

    pub(crate) fn map<U>(self, then: impl FnOnce(T) -> U + Send + 'static) -> Task<U>
    where
        T: 'static,
    {
        let body = self.body.into_inner().unwrap_or_else(PoisonError::into_inner);
        let body = Mutex::new(Box::pin(async move { body.await.map(then) }) as Body<U>);
        Task { body, flow: self.flow, asked: self.asked, most: self.most }
    }

    fn poll(mut self) -> Step<T> {
        let body = self.body.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Poll::Ready(result) = body.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Step::Done(result);
        }
        let slot = std::mem::replace(&mut self.flow.lock().slot, Slot::Idle);
        let Slot::Asked(question) = slot else {
            return Step::Done(Err(Error::new(ErrorKind::Internal, "a task waits without having asked")));
        };
        if self.asked >= self.most {
            let message = format!("gave up after {} questions to the host", self.most);
            return Step::Done(Err(Error::new(ErrorKind::Limit, message)));
        }
        self.asked += 1;
        Step::asking(question, self)
    }
}

const _: () = {
    const fn send_and_sync<T: Send + Sync>() {}
    send_and_sync::<Step<crate::credentials::Credentials>>();
    send_and_sync::<Flow>();
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::{ReadFile, Wait};
    use std::time::Duration;

    const NOW: Time = Time::from_unix(1_000);

    #[test]
    fn an_endless_task_ends() {
        let mut step: Step<()> = start(NOW, [0; 32], |flow| async move {
            loop {
                let _ = flow.ask(Wait::new(Duration::from_secs(1))).await;
            }
        });
        let mut turns = 0;
        let error = loop {
            step = match step {
                Step::Wait(ask) => ask.answer(NOW, ()), // a clock that stands still
                Step::Done(result) => break result.unwrap_err(),
                other => panic!("{other:?}"),
            };
            turns += 1;
        };
        assert_eq!((error.kind(), turns), (ErrorKind::Limit, MAX_QUESTIONS));
    }

    #[test]
    fn a_task_that_waits_for_something_else_ends() {
        let step: Step<()> = start(NOW, [0; 32], |_| std::future::pending());
        assert!(matches!(step, Step::Done(Err(error)) if error.kind() == ErrorKind::Internal));
    }

    #[test]
    fn an_answer_beyond_the_limit_is_refused() {
        let task = || {
            start(NOW, [0; 32], |flow| async move {
                Ok(flow.ask(ReadFile::new("f", 3)).await.map(Result::unwrap))
            })
        };
        let answer = |data: &[u8]| match task() {
            Step::ReadFile(ask) => match ask.answer(NOW, Ok(Some(data.to_vec()))) {
                Step::Done(result) => result.unwrap(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        assert_eq!(answer(b"abc"), Ok(Some(b"abc".to_vec())));
        assert_eq!(answer(b"abcd"), Err(Refusal::TooLarge(3)));
        let Step::Done(Ok(declined)) = task().decline(NOW) else { panic!("not done") };
        assert_eq!(declined, Err(Refusal::Declined));
    }

    #[test]
    fn jitter_depends_on_the_seed_and_moves_on() {
        let draw = |seed| {
            let step = start(NOW, [seed; 32], |flow| async move { Ok((flow.fraction(), flow.fraction())) });
            let Step::Done(Ok(pair)) = step else { panic!("not done") };
            pair
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_ne!(draw(1).0, draw(1).1);
        assert!((0..=255).map(draw).all(|(a, b)| (0.0..1.0).contains(&a) && (0.0..1.0).contains(&b)));
    }
}
