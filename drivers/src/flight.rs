//! One request for all who need the same credentials: what the threads and the tasks of a process share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use awsaccess::cache::{Cached, Decision, Settings};
use awsaccess::chain::Resolved;
use awsaccess::credentials::Credentials;
use awsaccess::error::{Error, ErrorKind, Trace};
use awsaccess::time::Time;

/// The clock of this machine, or one that a test sets.
pub(crate) type Clock = Box<dyn Fn() -> Time + Send + Sync>;

pub(crate) fn system_clock() -> Clock {
    Box::new(|| SystemTime::now().into())
}

pub(crate) struct Flight {
    state: Mutex<State>,
    clock: Clock,
}

pub(crate) struct State {
    cached: Cached,
    /// How often somebody has come back from the source.
    pub(crate) landed: u64,
    /// What the last one said to those who waited.
    refused: Option<Error>,
    trace: Trace,
    warnings: Vec<String>,
    /// How far this machine's clock is behind AWS's, in milliseconds.
    clock_offset: i64,
}

impl State {
    pub(crate) fn clock_offset(&self) -> i64 {
        self.clock_offset
    }
}

/// What a caller does now.
pub(crate) enum Look {
    Ready(Result<Credentials, Error>),
    /// Ask the source, and report with [`Flight::land`].
    Depart,
    /// Wait until `landed` changes, for so long at most.
    Wait(Duration),
}

impl Flight {
    pub(crate) fn new(settings: Settings, seed: [u8; 32], clock: Clock) -> Self {
        let state = State {
            cached: Cached::new(settings, seed),
            landed: 0,
            refused: None,
            trace: Trace::default(),
            warnings: Vec::new(),
            clock_offset: 0,
        };
        Self { state: Mutex::new(state), clock }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is whole before the lock is given back.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What one does that needs credentials, good for so long.
    pub(crate) fn look(&self, state: &mut State, need: Duration) -> Look {
        let now = self.now(state);
        match state.cached.decide(now, need) {
            Decision::Use(credentials) => Look::Ready(Ok(credentials)),
            Decision::Fail(error) => Look::Ready(Err(error)),
            Decision::RefreshInBackground(_) | Decision::RefreshNow => Look::Depart,
            Decision::Wait(until) => Look::Wait(until.since(now)),
            _ => Look::Ready(Err(broken())),
        }
    }

    /// What is served to one who asked the source, or waited for who did.
    pub(crate) fn served(&self, state: &State, need: Duration) -> Result<Credentials, Error> {
        match &state.refused {
            Some(error) => Err(error.clone()),
            None => state.cached.serve(self.now(state), need),
        }
    }

    /// Reports what the source said.
    pub(crate) fn land(&self, result: Result<Resolved, Error>) {
        let mut state = self.lock();
        let result = result.map(|resolved| {
            state.clock_offset = resolved.clock_offset();
            state.trace = resolved.trace().clone();
            state.warnings = resolved.warnings().to_vec();
            resolved.into_credentials()
        });
        let now = self.now(&state);
        state.refused = state.cached.settle(now, result).err();
        state.landed = state.landed.wrapping_add(1);
    }

    #[cfg(feature = "blocking")]
    pub(crate) fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    pub(crate) fn invalidate(&self, access_key_id: &str) -> bool {
        let mut state = self.lock();
        let now = self.now(&state);
        state.cached.invalidate(now, access_key_id)
    }

    pub(crate) fn last_failure(&self) -> Option<Error> {
        self.lock().cached.last_failure().cloned()
    }

    pub(crate) fn current(&self) -> Option<Credentials> {
        self.lock().cached.credentials().cloned()
    }

    pub(crate) fn account(&self) -> (Trace, Vec<String>) {
        let state = self.lock();
        (state.trace.clone(), state.warnings.clone())
    }

    fn now(&self, state: &State) -> Time {
        Time::from_unix_millis((self.clock)().unix_millis().saturating_add(state.clock_offset))
    }
}

/// Reports in any case, so that nobody waits for one whose work broke off.
pub(crate) struct Turn<'a> {
    flight: &'a Flight,
    reported: bool,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(flight: &'a Flight) -> Self {
        Self { flight, reported: false }
    }

    pub(crate) fn report(mut self, result: Result<Resolved, Error>) {
        self.reported = true;
        self.flight.land(result);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.reported {
            self.flight.land(Err(broken()));
        }
    }
}

fn broken() -> Error {
    Error::new(ErrorKind::Internal, "the source of credentials broke off; the program's log may say why")
}
