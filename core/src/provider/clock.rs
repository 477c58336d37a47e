//! The host's clock, set right by services that were sent the time.

use std::time::Duration;

use crate::effect::HttpReply;
use crate::flow::Flow;
use crate::sts;
use crate::time::Time;

/// A clock that is off by more than this is the likely cause of a refused signature or proof.
const SKEW: Duration = Duration::from_secs(240);

/// What one request, with all its attempts, has shown about the clock.
#[derive(Default)]
pub(crate) struct Clock {
    corrected: bool,
}

impl Clock {
    /// The service took the time that was sent; its own is more exact.
    pub(crate) fn taken(&self, flow: &Flow, sent: Time, reply: &HttpReply) {
        let _ = sts::learn_clock(flow, sent, reply);
    }

    /// The service refused. Says whether the clock was the likely cause and has just been set right, once: then another
    /// attempt can help.
    pub(crate) fn refused(&mut self, flow: &Flow, sent: Time, reply: &HttpReply) -> bool {
        let moved = sts::learn_clock(flow, sent, reply).is_some_and(|moved| moved > SKEW);
        let first = !self.corrected;
        self.corrected |= moved;
        moved && first
    }
}
