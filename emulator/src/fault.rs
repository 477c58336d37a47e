//! Faults that tests switch on: what a network and a service can do wrong.

use std::sync::Mutex;

use serde::Deserialize;

use crate::policy::like;

/// A fault: where it strikes, what it does, and how often.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The services it strikes: a signing name, `imds`, or `*` as a wildcard.
    #[serde(default = "everything")]
    pub service: String,
    /// The raw paths it strikes, `*` and `?` being wildcards.
    #[serde(default = "everything")]
    pub path: String,
    /// What it does.
    pub effect: Effect,
    /// How many requests it strikes; all if absent.
    #[serde(default)]
    pub times: Option<u32>,
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Answers this status with this error code, in the protocol's shape; the request is not looked at.
    Status {
        /// The HTTP status.
        status: u16,
        /// The error code; a plain word for the status if empty.
        #[serde(default)]
        code: String,
    },
    /// Waits so many milliseconds before answering.
    Delay(u64),
    /// Resets the connection instead of answering (TCP RST).
    Reset,
    /// Sends the body's first half, then resets the connection.
    ResetBody,
    /// Sends the body in so many pieces with so many milliseconds before each.
    SlowBody {
        /// The number of pieces.
        pieces: u32,
        /// The pause before each, in milliseconds.
        pause: u64,
    },
    /// Moves the service's clock, and so its `Date`, by so many seconds.
    ClockOffset(i64),
}

impl Fault {
    /// A fault that strikes everything.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self { service: everything(), path: everything(), effect, times: None }
    }

    /// Limits the fault to a service: a signing name, or `imds`.
    #[must_use]
    pub fn on_service(mut self, service: &str) -> Self {
        service.clone_into(&mut self.service);
        self
    }

    /// Limits the fault to raw paths that match the pattern.
    #[must_use]
    pub fn on_path(mut self, pattern: &str) -> Self {
        pattern.clone_into(&mut self.path);
        self
    }

    /// Limits the fault to so many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }
}

/// The faults that are switched on.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        crate::lock(&self.0).push(fault);
    }

    pub(crate) fn clear(&self) {
        crate::lock(&self.0).clear();
    }

    /// The effects that strike a request, each of which is one time less then.
    pub(crate) fn strike(&self, service: &str, path: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        crate::lock(&self.0).retain_mut(|fault| {
            if !like(&fault.service, service) || !like(&fault.path, path) {
                return true;
            }
            match &mut fault.times {
                Some(0) => return false,
                Some(times) => *times -= 1,
                None => {}
            }
            effects.push(fault.effect.clone());
            fault.times != Some(0)
        });
        effects
    }
}

fn everything() -> String {
    "*".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strikes_where_and_as_often_as_told() {
        let faults = Faults::default();
        faults.add(Fault::new(Effect::Reset).on_service("s3").on_path("/b/*").times(1));
        assert!(faults.strike("sts", "/b/k").is_empty());
        assert!(faults.strike("s3", "/c").is_empty());
        assert_eq!(faults.strike("s3", "/b/k"), [Effect::Reset]);
        assert!(faults.strike("s3", "/b/k").is_empty());
    }
}
