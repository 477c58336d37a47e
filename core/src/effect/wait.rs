//! Time that has to pass.

use std::time::Duration;

use super::Effect;

/// Lets time pass before a request is repeated. A host that will not wait declines, and the source gives up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wait {
    /// How long.
    pub duration: Duration,
}

impl Wait {
    /// Lets `duration` pass.
    #[must_use]
    pub fn new(duration: Duration) -> Self {
        Self { duration }
    }
}

impl Effect for Wait {
    type Reply = ();
}
