//! What is revoked: shown, and taken back.

use awsaccess::gateway::Revocation;
use awsaccess::time::Time;

use super::{Live, ReloadError};
use crate::sink::now;

/// Why a revocation was not taken back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RestoreError {
    /// It is the file's to say.
    #[error("the gateway's file revokes it ([sealed] revoked); take it out there")]
    OfTheFile,
    /// There is none.
    #[error("there is no such revocation in force")]
    Unknown,
    /// It could not be recorded, or not be kept.
    #[error("{0}")]
    Reload(#[from] ReloadError),
}

/// A revocation that is in force.
pub(crate) struct Standing {
    pub(crate) what: Revocation,
    /// Until when it is remembered.
    pub(crate) until: Time,
    /// Whether it is one of the file's.
    pub(crate) of_file: bool,
}

/// Several that are meant together: a subject may be revoked more than once.
pub(crate) enum Meant<'a> {
    Session(&'a str),
    Subject(&'a str),
    KeyId(&'a str),
    Everything,
}

impl Meant<'_> {
    fn covers(&self, what: &Revocation) -> bool {
        match (self, what) {
            (Self::Session(own), Revocation::Session(id)) => own == id,
            (Self::Subject(own), Revocation::Subject(name, _)) => own == name,
            (Self::KeyId(own), Revocation::KeyId(id)) => own == id,
            (Self::Everything, Revocation::IssuedUntil(_)) => true,
            _ => false,
        }
    }
}

impl Live {
    /// What is revoked now.
    pub(crate) fn revocations(&self) -> Vec<Standing> {
        let made_of = self.made_of();
        let of_file = made_of.again.revokes().list(now());
        let standing = |(what, until)| {
            let of_file = of_file.iter().any(|(own, _)| *own == what);
            Standing { what, until, of_file }
        };
        self.shared().revoked.list(now()).into_iter().map(standing).collect()
    }

    /// Takes a revocation back: what it concerns is good again, as far as it has not expired. Says how many there were, and
    /// whether that outlives the process.
    pub(crate) fn restore(&self, meant: &Meant<'_>) -> Result<(usize, bool), RestoreError> {
        let made_of = self.made_of();
        let (shared, now) = (self.shared(), now());
        let of_file = made_of.again.revokes().list(now);
        if of_file.iter().any(|(what, _)| meant.covers(what)) {
            return Err(RestoreError::OfTheFile);
        }
        let mut standing = shared.revoked.list(now);
        standing.retain(|(what, _)| meant.covers(what));
        if standing.is_empty() {
            return Err(RestoreError::Unknown);
        }
        let state = &made_of.state;
        let kept: Vec<_> = standing.iter().filter(|(what, _)| state.restore(what)).collect();
        // First kept, then in force: what would be revoked again after a restart is no use to anybody.
        let persisted = state.write(&state.added, now).map_err(|error| {
            for (what, until) in &kept {
                // There was room for it a moment ago.
                let _ = state.revoke(what, *until, now);
            }
            ReloadError::State(error)
        })?;
        let taken = standing.iter().filter(|(what, _)| shared.revoked.remove(what)).count();
        Ok((taken, persisted))
    }
}
