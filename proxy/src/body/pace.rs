//! How slowly a client may send a body that is held for it.
//!
//! A pause ends it, and so does a drip: within each [`WINDOW`] as many bytes must come as the least rate makes of it, the
//! first one after a [`GRACE`] in which a connection finds its speed. A short body has until the end of the first.

use std::time::Duration;

use awsaccess::gateway::{Refusal, RefusalKind};
use tokio::time::Instant;

/// What is looked at together: a hiccup of the network is no drip.
const WINDOW: Duration = Duration::from_secs(10);
/// How much longer the first may take.
const GRACE: Duration = Duration::from_secs(10);

/// How slowly a body may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// The longest pause.
    pub(crate) pause: Duration,
    /// The fewest bytes a second; nought is no bound.
    pub(crate) least: u64,
}

impl Pace {
    pub(super) fn begin(self) -> Step {
        let now = Instant::now();
        Step { pace: self, came: 0, moved: now, due: now + GRACE + WINDOW }
    }

    /// What must come in a window.
    const fn quota(self) -> u64 {
        self.least.saturating_mul(WINDOW.as_secs())
    }
}

/// Where a body is in its window.
pub(super) struct Step {
    pace: Pace,
    came: u64,
    moved: Instant,
    due: Instant,
}

impl Step {
    /// Until when more must come.
    pub(super) fn until(&self) -> Instant {
        let pause = self.moved + self.pace.pause;
        if self.pace.least == 0 { pause } else { pause.min(self.due) }
    }

    /// So many bytes came.
    pub(super) fn came(&mut self, bytes: u64) {
        self.moved = Instant::now();
        self.came = self.came.saturating_add(bytes);
        if self.came >= self.pace.quota() {
            (self.came, self.due) = (0, self.moved + WINDOW);
        }
    }
}

/// The answer to a client whose body does not come: AWS's own, after which SDKs try again.
pub(super) fn stopped() -> Refusal {
    let text =
        "Your socket connection to the server was not read from or written to within the timeout period";
    Refusal::new(RefusalKind::BodyTimeout, text).with_detail("the body stopped coming, or came too slowly")
}
