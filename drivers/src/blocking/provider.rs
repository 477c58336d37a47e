//! Credentials for as long as a program runs, shared by its threads.

use std::sync::Condvar;
use std::time::Duration;

use awsaccess::cache::Settings;
use awsaccess::chain::{Options, Resolved};
use awsaccess::credentials::Credentials;
use awsaccess::error::{Error, Trace};
use awsaccess::time::Time;

use super::{Blocking, environment, resolve_with, seed};
use crate::flight::{Flight, Look, Turn, system_clock};

/// Asks the source, told how far the clock is off.
type Fetch = Box<dyn Fn(i64) -> Result<Resolved, Error> + Send + Sync>;

/// Finds credentials once, and renews them when their time comes. However many threads ask at a time, the source is
/// asked by one of them; see [`awsaccess::cache`] for when that is and what a failure means.
///
/// ```no_run
/// use awsaccess::chain::Options;
/// use std::time::Duration;
/// let provider = awsaccess_drivers::blocking::Provider::new(Options::new().profile("prod"))?;
/// let now = provider.credentials()?;
/// let for_a_long_upload = provider.credentials_for(Duration::from_secs(20 * 60))?;
/// # Ok::<_, awsaccess::error::Error>(())
/// ```
pub struct Provider {
    flight: Flight,
    landed: Condvar,
    fetch: Fetch,
}

impl Provider {
    /// The chain with the environment, files, network and clock of this process.
    ///
    /// # Errors
    /// As of [`environment`] and [`seed`].
    pub fn new(options: Options) -> Result<Self, Error> {
        let env = environment()?;
        let fetch =
            move |offset| resolve_with(&options.clone().clock_offset(offset), &env, &mut Blocking::new()?);
        Self::from_fn(Settings::default(), fetch)
    }

    /// A source of the caller's own. `fetch` asks it, on the thread of whoever has the turn; it is given how far the
    /// clock is behind AWS's in milliseconds, as its last answer has shown, for [`Options::clock_offset`].
    ///
    /// # Errors
    /// As of [`seed`].
    pub fn from_fn(
        settings: Settings,
        fetch: impl Fn(i64) -> Result<Resolved, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let flight = Flight::new(settings, seed()?, system_clock());
        Ok(Self { flight, landed: Condvar::new(), fetch: Box::new(fetch) })
    }

    /// Goes by another clock than this machine's.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> Time + Send + Sync + 'static) -> Self {
        self.flight.set_clock(Box::new(clock));
        self
    }

    /// Credentials that serve now.
    ///
    /// # Errors
    /// The source's own, where there is nothing to serve in its place.
    pub fn credentials(&self) -> Result<Credentials, Error> {
        self.credentials_for(Duration::ZERO)
    }

    /// Credentials that are good for at least so long from now.
    ///
    /// # Errors
    /// The source's own; [`awsaccess::error::ErrorKind::Expired`] if it gives none that last as long.
    pub fn credentials_for(&self, need: Duration) -> Result<Credentials, Error> {
        let mut state = self.flight.lock();
        loop {
            match self.flight.look(&mut state, need) {
                Look::Ready(result) => return result,
                Look::Depart => {
                    let offset = state.clock_offset();
                    drop(state);
                    self.ask(offset);
                    return self.flight.served(&self.flight.lock(), need);
                }
                Look::Wait(longest) => {
                    let landed = state.landed;
                    let waited =
                        self.landed.wait_timeout_while(state, longest, |state| state.landed == landed);
                    state = waited.unwrap_or_else(std::sync::PoisonError::into_inner).0;
                    if state.landed != landed {
                        return self.flight.served(&state, need);
                    }
                }
            }
        }
    }

    /// AWS has refused this key as expired or invalid: the next caller has the source asked. A key that was replaced
    /// meanwhile changes nothing. Says whether it did.
    pub fn invalidate(&self, access_key_id: &str) -> bool {
        self.flight.invalidate(access_key_id)
    }

    /// Why the last refresh failed, if none succeeded since.
    #[must_use]
    pub fn last_failure(&self) -> Option<Error> {
        self.flight.last_failure()
    }

    /// What every source said when the credentials were found, and what was warned of.
    #[must_use]
    pub fn account(&self) -> (Trace, Vec<String>) {
        self.flight.account()
    }

    fn ask(&self, offset: i64) {
        /// Wakes the others once the report is in, whatever became of it.
        struct Wake<'a>(&'a Condvar);
        impl Drop for Wake<'_> {
            fn drop(&mut self) {
                self.0.notify_all();
            }
        }
        let _wake = Wake(&self.landed);
        let turn = Turn::new(&self.flight);
        turn.report((self.fetch)(offset));
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("credentials", &self.flight.current()).finish_non_exhaustive()
    }
}
