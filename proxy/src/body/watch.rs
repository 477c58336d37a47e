//! Watching a body: whether it pauses for too long, whether its request is to end, and when it last moved.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::pass::Pass;

/// Why a body is not waited for any longer.
pub(super) enum Alarm {
    /// Nothing came for too long.
    Idle,
    /// The request is ended from outside.
    Ended,
}

/// Looks at a body each time that it was polled. What flows without pause costs no timer.
pub(super) struct Watch {
    pass: Arc<Pass>,
    patience: Duration,
    waiting: bool,
    timers: Option<Box<Timers>>,
}

struct Timers {
    idle: Pin<Box<Sleep>>,
    ended: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Watch {
    pub(super) fn new(patience: Duration, pass: Arc<Pass>) -> Self {
        Self { pass, patience, waiting: false, timers: None }
    }

    pub(super) fn look(&mut self, is_pending: bool, cx: &mut Context<'_>) -> Option<Alarm> {
        let waited = std::mem::replace(&mut self.waiting, is_pending);
        if !is_pending {
            return self.pass.is_ended().then_some(Alarm::Ended);
        }
        let (pass, patience) = (&self.pass, self.patience);
        let timers = self.timers.get_or_insert_with(|| {
            let pass = Arc::clone(pass);
            let ended = Box::pin(async move { pass.ended().await });
            Box::new(Timers { idle: Box::pin(tokio::time::sleep(patience)), ended })
        });
        if !waited {
            timers.idle.as_mut().reset(Instant::now() + patience);
        }
        if timers.ended.as_mut().poll(cx) == Poll::Ready(()) {
            return Some(Alarm::Ended);
        }
        timers.idle.as_mut().poll(cx).is_ready().then_some(Alarm::Idle)
    }
}

/// When a body last moved.
pub(crate) struct Progress {
    began: Instant,
    millis: AtomicU64,
}

impl Default for Progress {
    fn default() -> Self {
        Self { began: Instant::now(), millis: AtomicU64::new(0) }
    }
}

impl Progress {
    pub(super) fn note(&self) {
        let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.millis.store(millis, Ordering::Relaxed);
    }

    /// How long it has been still.
    pub(crate) fn still(&self) -> Duration {
        self.began.elapsed().saturating_sub(Duration::from_millis(self.millis.load(Ordering::Relaxed)))
    }
}
