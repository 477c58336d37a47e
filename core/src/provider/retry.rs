//! Attempts at a request of a source, and what a failure of the network means.

use std::time::Duration;

use crate::effect::{HttpFailure, HttpReason, Wait};
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;

const LONGEST_DELAY: Duration = Duration::from_secs(20);

/// What is left of the attempts at one request. Between two of them passes a random part of a delay that doubles.
pub(crate) struct Retry {
    left: u32,
    made: u32,
    base: Duration,
}

impl Retry {
    /// `attempts` in all, the first delay below `base`.
    pub(crate) fn new(attempts: u32, base: Duration) -> Self {
        Self { left: attempts.saturating_sub(1), made: 0, base }
    }

    /// Waits before another attempt, or gives the error back if it is a lasting one or was met too often.
    pub(crate) async fn pause(&mut self, flow: &Flow, error: Error) -> Result<(), Error> {
        if error.is_retryable() && self.wait(flow, self.base).await { Ok(()) } else { Err(error) }
    }

    /// Waits before another attempt, as long as a failure of that kind asks for; `false` if there is none.
    pub(crate) async fn wait(&mut self, flow: &Flow, base: Duration) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        let full = base.saturating_mul(1 << self.made.min(10)).min(LONGEST_DELAY);
        self.made += 1;
        flow.ask(Wait::new(full.mul_f64(flow.fraction()))).await.is_ok()
    }
}

/// No reply at all; a certificate that is not trusted now will not be a moment later.
pub(crate) fn of_transport(failure: &HttpFailure) -> Error {
    match failure.reason {
        HttpReason::Timeout => Error::new(ErrorKind::Timeout, failure.message.as_str()).retryable(),
        HttpReason::TooLarge => Error::new(ErrorKind::Limit, failure.message.as_str()),
        HttpReason::Tls => Error::new(ErrorKind::Unreachable, failure.message.as_str()),
        _ => Error::new(ErrorKind::Unreachable, failure.message.as_str()).retryable(),
    }
}
