//! The configuration in force, exchanged as a whole or not at all.
//!
//! A request is judged by the configuration that was in force when its head came, on whatever connection. What clients
//! hold on to (the certificate authority) and what must not be lost (records, running requests, what was revoked,
//! applications that were added) outlives configurations; listeners and the place of the audit log turn with them.

mod change;
mod doors;
mod fixed;
mod revoked;
mod turn;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use awsaccess::audit::{Decision, Event, Record, Shown};

pub(crate) use self::change::ChangeError;
pub(crate) use self::doors::Doors;
pub(crate) use self::fixed::Fixed;
pub(crate) use self::revoked::{Meant, RestoreError, Standing};
use self::turn::Turn;
use crate::StartError;
use crate::admin::Token;
use crate::config::{Again, Config, ConfigError};
use crate::listen::Listen;
use crate::probe::Probes;
use crate::server::{Acceptors, Lasting, Shared};
use crate::sink::{Entry, now};
use crate::state::State;

/// Why another configuration was not taken. The one in force stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// It is wrong.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// It changes what cannot change while the gateway runs: these keys, all of them.
    #[error("{}: cannot change while the gateway runs; restart it", .0.join(", "))]
    Fixed(Vec<&'static str>),
    /// It does not come from a file.
    #[error("the configuration came from no file; there is nothing to read again")]
    NoFile,
    /// It cannot be put to use.
    #[error("{0}")]
    Unusable(String),
    /// The file that keeps what was changed while the gateway ran cannot be written.
    #[error("[admin] state cannot be written: {0}")]
    State(#[source] io::Error),
    /// The change cannot be recorded.
    #[error("the audit log cannot be written: {0}")]
    Audit(String),
}

/// The configuration in force.
pub(crate) struct Live {
    shared: RwLock<Arc<Shared>>,
    lasting: Lasting,
    fixed: Fixed,
    doors: Doors,
    probes: Probes,
    token: Token,
    /// What the configuration in force was made of. Whoever holds it may exchange that: one at a time.
    made_of: Mutex<MadeOf>,
}

/// What a configuration made, before it is in force.
struct Next {
    shared: Shared,
    turn: Turn,
}

struct MadeOf {
    again: Again,
    state: State,
}

impl Live {
    pub(crate) fn start(
        config: Config,
        state: State,
        lasting: Lasting,
        (fixed, doors, probes, token): (Fixed, Doors, Probes, Token),
    ) -> Result<Self, StartError> {
        let made_of = Mutex::new(MadeOf { again: config.again(), state });
        let shared = Shared::new(config, &lasting, None).map_err(StartError::Proxy)?;
        let shared = RwLock::new(Arc::new(shared));
        Ok(Self { shared, lasting, fixed, doors, probes, token, made_of })
    }

    /// What is in force now.
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Opens the listeners. A proxy of the upstream's is none of those places.
    pub(crate) fn listen(
        self: &Arc<Self>,
        listen: &[Listen],
        acceptors: Acceptors,
    ) -> Result<(), StartError> {
        let turned = self.doors.ready(listen)?;
        let ours = self.doors.addresses_with(&turned);
        if let Some(own) = self.shared().dialer.proxy_among(&ours) {
            return Err(StartError::ProxyIsOurs(own));
        }
        self.doors.lead(Arc::downgrade(self), acceptors);
        self.doors.turn(turned);
        Ok(())
    }

    /// Opens the listener for probes.
    pub(crate) fn probed(&self, listen: Option<&Listen>) -> Result<(), StartError> {
        let turned = self.probes.ready(listen)?;
        self.probes.turn(turned, &self.lasting);
        Ok(())
    }

    /// Where probes ask.
    pub(crate) fn probes_address(&self) -> Option<SocketAddr> {
        self.probes.address()
    }

    /// Where clients connect.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.doors.addresses()
    }

    /// Where those of one application alone do.
    pub(crate) fn addresses_of(&self, application: &str) -> Vec<SocketAddr> {
        self.doors.addresses_of(application)
    }

    /// The token of the administrative listener.
    pub(crate) const fn token(&self) -> &Token {
        &self.token
    }

    pub(crate) const fn lasting(&self) -> &Lasting {
        &self.lasting
    }

    /// Reads the file again, and puts it in force if it is whole.
    pub(crate) fn reload(&self, by: &'static str) -> Result<(), ReloadError> {
        let mut made_of = self.made_of();
        self.recorded("reload", by, None, |entry| {
            // By itself first: what the file says must hold without the applications that were added.
            let config = made_of.again.read().ok_or(ReloadError::NoFile)??;
            self.exchange(&mut made_of, config, entry)
        })
    }

    /// Puts another configuration in force.
    pub(crate) fn replace(&self, by: &'static str, config: Config) -> Result<(), ReloadError> {
        let mut made_of = self.made_of();
        self.recorded("reload", by, None, |entry| self.exchange(&mut made_of, config, entry))
    }

    /// Puts another configuration in force, with the applications that were added. One of a name that the configuration
    /// has itself is the configuration's from now on.
    fn exchange(&self, made_of: &mut MadeOf, config: Config, entry: &mut Entry) -> Result<(), ReloadError> {
        let again = made_of.again.after(&config);
        let (taken, left): (Vec<_>, Vec<_>) =
            made_of.state.added.iter().cloned().partition(|one| again.has(&one.name));
        let next = self.made(again.with_or(config, &left)?)?;
        if !taken.is_empty() {
            entry.record.resources.extend(taken.iter().map(|one| about(&one.name)));
            entry.record.reason = Some(Shown::text("the file has the applications now that had been added"));
            made_of.state.write(&left, now()).map_err(ReloadError::State)?;
        }
        self.put_in_force(next);
        (made_of.again, made_of.state.added) = (again, left);
        Ok(())
    }

    /// What a configuration makes, beside the one in force.
    fn made(&self, mut config: Config) -> Result<Next, ReloadError> {
        let turn = self.ready(&mut config)?;
        let before = self.shared();
        let shared = Shared::new(config, &self.lasting, Some(&before)).map_err(ReloadError::Unusable)?;
        if let Some(own) = shared.dialer.proxy_among(&self.addresses_with(&turn)) {
            return Err(ReloadError::Unusable(StartError::ProxyIsOurs(own).to_string()));
        }
        Ok(Next { shared, turn })
    }

    /// The caller holds what it was made of, so that nothing is revoked in between.
    fn put_in_force(&self, next: Next) {
        let Next { shared: next, turn } = next;
        let before = self.shared();
        next.revoked.carry(&before.revoked);
        if let (Some(next), Some(before)) = (&next.gateway.replays, &before.gateway.replays) {
            next.carry(before);
        }
        next.bounds.set(&self.lasting);
        *self.shared.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        self.turn(turn);
    }

    /// Makes a change if it can be recorded, and records what came of it.
    fn recorded<T, E: From<ReloadError> + std::fmt::Display>(
        &self,
        operation: &'static str,
        by: &'static str,
        what: Option<Shown>,
        act: impl FnOnce(&mut Entry) -> Result<T, E>,
    ) -> Result<T, E> {
        let before = self.shared();
        let mut record = Record::new(Event::Change, before.id(), now());
        record.operation = Some(Shown::name(operation));
        record.mode = Some(by);
        record.resources = what.into_iter().collect();
        record.decision = Some(Decision::Allowed);
        let mut entry = Entry::new(record, &before.sink);
        let begun = entry.begin().map_err(|error| E::from(ReloadError::Audit(error.to_string())));
        let done = begun.and_then(|()| act(&mut entry));
        self.lasting.sink.metrics().reloaded(done.is_ok());
        match &done {
            Ok(_) => tracing::info!(by, operation, "another configuration is in force"),
            Err(error) => {
                tracing::error!(%error, by, operation, "the configuration in force stays");
                entry.record.error = Some("configuration");
                entry.record.reason = Some(Shown::text(&error.to_string()));
                entry.record.decision = Some(Decision::Refused);
            }
        }
        done
    }

    /// Lets another gateway have the state.
    pub(crate) fn give_up(&self) {
        self.made_of().state.give_up();
    }

    fn made_of(&self) -> MutexGuard<'_, MadeOf> {
        self.made_of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An application, as records name it.
fn about(application: &str) -> Shown {
    Shown::text(&format!("application:{application}"))
}
