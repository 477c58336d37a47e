//! Deadlines of a connection, one after another, that nearly always are met.
//!
//! To set a timer for each request and to take it back costs more than to let one fire in vain now and then: the timer of
//! a connection is set on only when it fires, or for a deadline that is earlier than the one before.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// The timer of a connection, for one deadline at a time.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<Mutex<Option<Pin<Box<Sleep>>>>>);

/// Comes at a deadline.
pub(crate) struct Until {
    deadline: Instant,
    clock: Clock,
}

impl Clock {
    pub(crate) fn until(&self, deadline: Instant) -> Until {
        Until { deadline, clock: self.clone() }
    }
}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline;
        let mut timer = self.clock.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sleep = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        ready!(sleep.as_mut().poll(cx));
        // It may have been set for an earlier one.
        if sleep.deadline() < deadline {
            sleep.as_mut().reset(deadline);
            return sleep.as_mut().poll(cx);
        }
        Poll::Ready(())
    }
}

impl hyper::rt::Sleep for Until {}

/// As hyper's timer, for what it waits for on one connection.
impl hyper::rt::Timer for Clock {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(self.until(Instant::now() + duration))
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(self.until(deadline.into()))
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_deadline_comes_in_its_time() {
        let clock = Clock::default();
        let began = Instant::now();
        let after = |seconds| clock.until(began + Duration::from_secs(seconds));
        after(5).await;
        assert_eq!(began.elapsed().as_secs(), 5);
        after(60).await;
        assert_eq!(began.elapsed().as_secs(), 60);
        // One that was met, and then earlier and later ones than it.
        assert!(tokio::time::timeout(Duration::from_secs(10), after(100)).await.is_err());
        after(80).await;
        assert_eq!(began.elapsed().as_secs(), 80);
        assert!(tokio::time::timeout(Duration::from_secs(10), after(100)).await.is_err());
        after(120).await;
        assert_eq!(began.elapsed().as_secs(), 120);
        after(1).await;
        assert_eq!(began.elapsed().as_secs(), 120);
    }
}
