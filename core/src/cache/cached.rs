//! The credentials of one source, and what each caller is told.

use std::time::Duration;

use zeroize::Zeroizing;

use super::policy::{Settings, is_lasting, is_steady};
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::flow::fraction;
use crate::time::Time;

/// What a caller does now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// These serve.
    Use(Credentials),
    /// These serve, and it falls to this caller to have the source asked: itself, or beside its own work. Report with
    /// [`Cached::settle`] or [`Cached::abandon`].
    RefreshInBackground(Credentials),
    /// There is nothing to serve; this caller asks the source and reports, as above.
    RefreshNow,
    /// Another caller asks the source: wait for its report and decide again, by this time at the latest.
    Wait(Time),
    /// The source said no a moment ago, or cannot give what is needed; it is not asked again.
    Fail(Error),
}

/// The credentials of one source.
///
/// ```
/// use std::time::Duration;
/// use awsaccess::cache::{Cached, Decision, Settings};
/// use awsaccess::{credentials::Credentials, time::Time};
/// let now = Time::from_unix(1_800_000_000);
/// let mut cached = Cached::new(Settings::default(), [7; 32]);
/// assert_eq!(cached.decide(now, Duration::ZERO), Decision::RefreshNow);
/// assert!(matches!(cached.decide(now, Duration::ZERO), Decision::Wait(_))); // a second caller
/// let keys = Credentials::new("ASIA", "secret").with_expiry(now + Duration::from_secs(3600)).with_source("imds");
/// cached.settle(now, Ok(keys.clone())).unwrap();
/// assert_eq!(cached.decide(now, Duration::ZERO), Decision::Use(keys.clone()));
/// let later = now + Duration::from_secs(3000); // ten minutes are left
/// assert_eq!(cached.decide(later, Duration::ZERO), Decision::RefreshInBackground(keys.clone()));
/// assert_eq!(cached.decide(later, Duration::ZERO), Decision::Use(keys)); // one asks, the others go on
/// ```
pub struct Cached {
    settings: Settings,
    seed: Zeroizing<[u8; 32]>,
    drawn: u64,
    current: Option<Current>,
    /// Somebody asks the source, and has until then.
    refreshing: Option<Time>,
    /// The source is left alone until then.
    next_ask: Option<Time>,
    failure: Option<Failure>,
}

struct Current {
    credentials: Credentials,
    fetched_at: Time,
    /// `None` where they do not end.
    ends: Option<Ends>,
    /// The source is of the kind whose credentials may serve past their time.
    steady: bool,
}

#[derive(Clone, Copy)]
struct Ends {
    expires_at: Time,
    advisory_at: Time,
    mandatory_at: Time,
    /// Before this no other need is a reason to ask again.
    patient_until: Time,
}

struct Failure {
    error: Error,
    /// Told again, without asking, until then.
    told_until: Time,
}

impl Cached {
    /// An empty cache. `seed` is 32 fresh bytes from the host's cryptographic generator, for the jitter.
    #[must_use]
    pub fn new(settings: Settings, seed: [u8; 32]) -> Self {
        Self {
            settings,
            seed: seed.into(),
            drawn: 0,
            current: None,
            refreshing: None,
            next_ask: None,
            failure: None,
        }
    }

    /// What a caller does that needs credentials which are good for at least `need` from now.
    ///
    /// One that is told to refresh has taken the turn: it reports, or everybody else waits until the time that
    /// [`Settings::longest_refresh`] gives it is over.
    pub fn decide(&mut self, now: Time, need: Duration) -> Decision {
        if let Some(failure) = self.failure.as_ref().filter(|failure| now < failure.told_until) {
            return Decision::Fail(failure.error.clone());
        }
        let Some(current) = &self.current else {
            return self.take_turn(now).map_or_else(Decision::Wait, |()| Decision::RefreshNow);
        };
        let credentials = || current.credentials.clone();
        let Some(ends) = current.ends else { return Decision::Use(credentials()) };
        let is_enough = ends.expires_at.since(now) >= need;
        if now < ends.advisory_at && is_enough {
            return Decision::Use(credentials());
        }
        if self.next_ask.is_some_and(|at| now < at) {
            let may_serve = now < ends.expires_at || self.serves_expired(current);
            return match may_serve && (is_enough || need.is_zero()) {
                true => Decision::Use(credentials()),
                false => Decision::Fail(self.why_not(ends, need)),
            };
        }
        if now < ends.patient_until && !is_enough {
            return Decision::Fail(too_short(ends, need));
        }
        if now < ends.mandatory_at && is_enough {
            let credentials = credentials();
            return match self.take_turn(now) {
                Ok(()) => Decision::RefreshInBackground(credentials),
                Err(_) => Decision::Use(credentials),
            };
        }
        self.take_turn(now).map_or_else(Decision::Wait, |()| Decision::RefreshNow)
    }

    /// Ends a turn with what the source said, at the time of its answer. Gives what is served now to the one who asked
    /// and to those who waited: after a failure the old credentials, where they still serve. One who needs them for
    /// a while asks [`serve`](Self::serve) next.
    ///
    /// # Errors
    /// The source's own; [`ErrorKind::Expired`] for credentials that are past their time when they come.
    pub fn settle(&mut self, now: Time, result: Result<Credentials, Error>) -> Result<Credentials, Error> {
        self.refreshing = None;
        let fresh = result.and_then(|credentials| match credentials.expires_at().filter(|end| *end <= now) {
            None => Ok(credentials),
            Some(end) => Err(Error::new(
                ErrorKind::Expired,
                format!("the source gave credentials that expired at {end}"),
            )),
        });
        match fresh {
            Ok(credentials) => {
                self.current = Some(self.enter(now, credentials.clone()));
                self.next_ask = None;
                self.failure = None;
                Ok(credentials)
            }
            Err(error) => self.fail(now, error),
        }
    }

    /// What serves at this moment, without asking anybody: for the one who has just reported, and for those who waited.
    ///
    /// # Errors
    /// The last failure, or [`ErrorKind::Expired`] if what there is ends too soon.
    pub fn serve(&self, now: Time, need: Duration) -> Result<Credentials, Error> {
        let nothing =
            || Error::new(ErrorKind::NotConfigured, "there are no credentials yet; have the source asked");
        let Some(current) = &self.current else {
            return Err(self.last_failure().cloned().unwrap_or_else(nothing));
        };
        match current.ends {
            Some(ends) if now >= ends.expires_at && !self.serves_expired(current) => {
                Err(self.why_not(ends, need))
            }
            Some(ends) if ends.expires_at.since(now) < need => Err(self.why_not(ends, need)),
            _ => Ok(current.credentials.clone()),
        }
    }

    /// Gives a turn back without an answer: the one who had it was cancelled.
    pub fn abandon(&mut self) {
        self.refreshing = None;
    }

    /// AWS has refused this key as expired or invalid (`ExpiredToken`, `ExpiredTokenException`, `InvalidToken`; not
    /// `AccessDenied`): the next caller has the source asked, unless it is left alone just now. A key that was
    /// replaced meanwhile changes nothing. Says whether it did.
    pub fn invalidate(&mut self, now: Time, access_key_id: &str) -> bool {
        if self.is_refreshing(now) {
            return false;
        }
        let Some(current) = &mut self.current else { return false };
        let is_same = current.credentials.access_key_id() == access_key_id;
        if is_same {
            let over = Ends { expires_at: now, advisory_at: now, mandatory_at: now, patient_until: now };
            current.ends = Some(over);
        }
        is_same
    }

    /// What there is, good or not.
    #[must_use]
    pub fn credentials(&self) -> Option<&Credentials> {
        self.current.as_ref().map(|current| &current.credentials)
    }

    /// Why the last refresh failed, if none succeeded since: a warning while the old credentials serve.
    #[must_use]
    pub fn last_failure(&self) -> Option<&Error> {
        self.failure.as_ref().map(|failure| &failure.error)
    }

    /// Whether the source is left alone after a failure.
    #[must_use]
    pub fn is_backing_off(&self, now: Time) -> bool {
        self.next_ask.is_some_and(|at| now < at)
    }

    /// From when on the credentials are renewed in the background; `None` where there are none or they do not end.
    #[must_use]
    pub fn advisory_at(&self) -> Option<Time> {
        Some(self.current.as_ref()?.ends?.advisory_at)
    }

    fn is_refreshing(&self, now: Time) -> bool {
        self.refreshing.is_some_and(|until| now < until)
    }

    /// The turn to ask the source, or until when another has it.
    fn take_turn(&mut self, now: Time) -> Result<(), Time> {
        match self.refreshing {
            Some(until) if now < until => Err(until),
            _ => {
                self.refreshing = Some(now + self.settings.longest_refresh);
                Ok(())
            }
        }
    }

    fn enter(&mut self, now: Time, credentials: Credentials) -> Current {
        let steady = is_steady(credentials.source());
        let draw = self.draw();
        let ends = credentials.expires_at().map(|expires_at| {
            let windows = self.settings.windows(expires_at.since(now), steady, draw);
            let patient_until = now + windows.pause;
            Ends {
                expires_at,
                advisory_at: (expires_at - windows.advisory).max(patient_until),
                mandatory_at: (expires_at - windows.mandatory).max(patient_until),
                patient_until,
            }
        });
        Current { credentials, fetched_at: now, ends, steady }
    }

    fn fail(&mut self, now: Time, error: Error) -> Result<Credentials, Error> {
        // Of a source that a person signs in to, "expired" means that they have to do so again.
        let by_sign_in = self.credentials().is_some_and(|old| matches!(old.source(), Some("sso" | "login")));
        let signed_out = by_sign_in && error.kind() == ErrorKind::Expired && !error.is_retryable();
        let lasting = is_lasting(&error) || signed_out;
        let seconds = |from: f64, to: f64, draw: f64| Duration::from_secs_f64(from + (to - from) * draw);
        let draw = self.draw();
        let old = self.current.as_ref().filter(|_| !lasting);
        let ends = old.and_then(|current| current.ends);
        let serves_expired = old.is_some_and(|current| self.serves_expired(current));
        let served = old
            .filter(|_| serves_expired || ends.is_none_or(|ends| now < ends.expires_at))
            .map(|current| current.credentials.clone());
        let mut told_until = now;
        if served.is_some() {
            let mut next = now + seconds(300.0, 600.0, draw);
            // Where nothing is served past its end, the source has to be asked there.
            if let Some(ends) = ends.filter(|_| !serves_expired) {
                next = next.min(ends.expires_at);
            }
            self.next_ask = Some(next);
        } else if lasting || self.current.is_some() {
            told_until = now + seconds(1.0, 5.0, draw).max(self.settings.remember_failure);
        } else {
            told_until = now + self.settings.remember_failure;
        }
        self.failure = Some(Failure { error: error.clone(), told_until });
        served.ok_or(error)
    }

    fn serves_expired(&self, current: &Current) -> bool {
        current.steady && self.settings.serve_expired
    }

    fn why_not(&self, ends: Ends, need: Duration) -> Error {
        self.last_failure().cloned().unwrap_or_else(|| too_short(ends, need))
    }

    fn draw(&mut self) -> f64 {
        self.drawn = self.drawn.wrapping_add(1);
        fraction(&self.seed, self.drawn)
    }
}

/// Names, times and no secret.
impl std::fmt::Debug for Cached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cached")
            .field("credentials", &self.credentials())
            .field("fetched_at", &self.current.as_ref().map(|current| current.fetched_at))
            .field("refreshing", &self.refreshing)
            .field("next_ask", &self.next_ask)
            .field("last_failure", &self.last_failure())
            .finish_non_exhaustive()
    }
}

fn too_short(ends: Ends, need: Duration) -> Error {
    let message = format!(
        "the source gives credentials until {}, and they are needed for {} seconds; ask for a longer session or need less",
        ends.expires_at,
        need.as_secs()
    );
    Error::new(ErrorKind::Expired, message)
}
