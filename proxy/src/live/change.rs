//! What is changed beside the file: applications that are added and removed, and what is revoked.

use awsaccess::gateway::{Revocation, RevocationsFull};
use awsaccess::time::Time;

use super::{Live, ReloadError, about};
use crate::config::Added;
use crate::credential::Flush;
use crate::pass::Whose;
use crate::sink::now;
use crate::state::MOST_ADDED;

/// Why an application was neither added nor removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    /// It is the file's to say what it is.
    #[error("the gateway's file has an application of this name; change it there")]
    OfTheFile,
    /// There is none.
    #[error("there is no such application")]
    Unknown,
    /// There are too many.
    #[error("{MOST_ADDED} applications were added; put some of them into the gateway's file")]
    Full,
    /// What it would make is not whole, or cannot be put in force.
    #[error("{0}")]
    Reload(#[from] ReloadError),
}

/// What came of adding one.
pub(crate) struct Put {
    /// Whether it took the place of another that was added.
    pub(crate) replaced: bool,
    /// Whether it outlives the process.
    pub(crate) persisted: bool,
}

/// What came of removing one.
pub(crate) struct Removed {
    pub(crate) requests_ended: usize,
    pub(crate) flushed: usize,
    pub(crate) persisted: bool,
}

/// What came of revoking.
pub(crate) struct Revoked {
    pub(crate) requests_ended: usize,
    /// Whether it outlives the process; why not, if it should have.
    pub(crate) persisted: Result<bool, String>,
}

impl Live {
    /// Adds an application beside those of the file, or puts it in the place of another that was added.
    pub(crate) fn put_application(&self, added: Added) -> Result<Put, ChangeError> {
        let mut made_of = self.made_of();
        self.recorded("put-application", "admin", Some(about(&added.name)), |_| {
            if made_of.again.has(&added.name) {
                return Err(ChangeError::OfTheFile);
            }
            let mut next = made_of.state.added.clone();
            let replaced = next.iter().any(|one| one.name == added.name);
            if !replaced && next.len() >= MOST_ADDED {
                return Err(ChangeError::Full);
            }
            next.retain(|one| one.name != added.name);
            next.push(added);
            let config = made_of.again.with(&next).map_err(ReloadError::from)?;
            let shared = self.made(config)?;
            let persisted = made_of.state.write(&next, now()).map_err(ReloadError::State)?;
            self.put_in_force(shared);
            made_of.state.added = next;
            Ok(Put { replaced, persisted })
        })
    }

    /// Removes an application that was added, ends what runs by it, and forgets its credentials.
    pub(crate) fn remove_application(&self, name: &str) -> Result<Removed, ChangeError> {
        let mut made_of = self.made_of();
        self.recorded("remove-application", "admin", Some(about(name)), |_| {
            if made_of.again.has(name) {
                return Err(ChangeError::OfTheFile);
            }
            let mut next = made_of.state.added.clone();
            next.retain(|one| one.name != name);
            if next.len() == made_of.state.added.len() {
                return Err(ChangeError::Unknown);
            }
            let config = made_of.again.with(&next).map_err(ReloadError::from)?;
            let shared = self.made(config)?;
            let persisted = made_of.state.write(&next, now()).map_err(ReloadError::State)?;
            self.put_in_force(shared);
            made_of.state.added = next;
            // What runs on is what was allowed before.
            let requests_ended = self.lasting().gate.end(Whose::Application(name));
            let flushed = self.shared().credentials.flush(&Flush::Application(name.to_owned()));
            Ok(Removed { requests_ended, flushed, persisted })
        })
    }

    /// Whether an application is one that was added.
    pub(crate) fn is_added(&self, name: &str) -> bool {
        self.made_of().state.added.iter().any(|one| one.name == name)
    }

    /// Revokes placeholders, ends what runs by them, and forgets the real credentials that were got for them.
    pub(crate) fn revoke(&self, what: &Revocation, until: Time) -> Result<Revoked, RevocationsFull> {
        // Not while the list is carried over to another configuration.
        let made_of = self.made_of();
        let (shared, now) = (self.shared(), now());
        shared.revoked.add(what.clone(), until, now)?;
        // In force first: a disk that is full is no reason to let anybody in.
        let state = &made_of.state;
        let kept = state.revoke(what, until, now).map_err(|why| why.to_string());
        let persisted = kept.and_then(|()| {
            let written = state.write(&state.added, now);
            written.map_err(|error| ReloadError::State(error).to_string())
        });
        if let Err(error) = &persisted {
            tracing::error!(error, "a revocation is in force, and will be forgotten when the gateway ends");
        }
        drop(made_of);
        // What runs on is what was allowed before.
        let (whose, flush) = match what {
            Revocation::Session(id) => (Whose::Session(id), Some(Flush::Session(id.clone()))),
            Revocation::Subject(name, _) => (Whose::Subject(name), Some(Flush::Subject(name.clone()))),
            // What one key was used with, others of its session may still be.
            Revocation::KeyId(id) => (Whose::Key(id), None),
            _ => (Whose::Everybody, Some(Flush::All)),
        };
        let requests_ended = shared.gate.end(whose);
        if let Some(flush) = flush {
            shared.credentials.flush(&flush);
        }
        Ok(Revoked { requests_ended, persisted })
    }
}
