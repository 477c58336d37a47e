//! Links that leave the gateway: into the console, and presigned URLs. An administrator asks for them in anybody's name; who
//! holds a placeholder [petitions](petition) for his own.

mod console;
mod draft;
mod petition;
mod presign;
mod wish;

use awsaccess::audit::Decision;
use awsaccess::credentials::Credentials;
use awsaccess::gateway::{Placeholder, Refusal, Refused};
use awsaccess::operation::Protocol;
use awsaccess::time::Time;
use http::StatusCode;

pub(crate) use self::console::console;
pub(crate) use self::petition::{flowing, whole};
pub(crate) use self::presign::presign;
pub(crate) use self::wish::{Asker, ConsoleWish, PresignWish, Who, read};
use crate::forward::{SharedEntry, lock};

/// Whose link it is to be: a placeholder, and the keys that its holder has.
pub(crate) struct Holder {
    pub(crate) keys: Credentials,
    pub(crate) placeholder: Placeholder,
    /// Whether it is somebody's, and not made for the purpose.
    pub(crate) is_somebodys: bool,
}

impl Holder {
    /// Who holds it, with the token that came with it.
    pub(crate) fn new(access_key_id: &str, token: Option<&str>, placeholder: Placeholder) -> Self {
        let keys = Credentials::new(access_key_id, placeholder.secret.expose());
        let keys = match token {
            Some(token) => keys.with_session_token(token),
            None => keys,
        };
        Self { keys, placeholder, is_somebodys: true }
    }

    /// When what it stands for ends.
    fn ends(&self) -> Option<Time> {
        self.placeholder.expires_at.filter(|_| self.is_somebodys)
    }
}

/// How somebody asks.
pub(crate) struct Way<'a> {
    /// As the record has it.
    pub(crate) mode: &'static str,
    /// The application that the listener is for, if it is for one only.
    pub(crate) application: Option<&'a str>,
}

/// Why there is no link.
pub(crate) enum Unmade {
    /// A request would be refused for it, too.
    Refused(Refusal),
    /// What was wished for cannot be made.
    Unfit(Unfit),
}

pub(crate) struct Unfit {
    /// As the record has it.
    pub(crate) error: &'static str,
    pub(crate) status: StatusCode,
    pub(crate) why: String,
    /// Whether it speaks of what was asked for, and not of what only the operator may know.
    pub(crate) is_askers: bool,
}

impl Unfit {
    /// Something is wrong with what was asked for.
    pub(crate) fn asked(error: &'static str, why: impl Into<String>) -> Self {
        Self { error, status: StatusCode::UNPROCESSABLE_ENTITY, why: why.into(), is_askers: true }
    }
}

impl From<Refusal> for Unmade {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Unfit> for Unmade {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

impl Unmade {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refusal) => {
                StatusCode::from_u16(refusal.kind().status()).unwrap_or(StatusCode::FORBIDDEN)
            }
            Self::Unfit(unfit) => unfit.status,
        }
    }

    /// What its asker is told, who may know less than the operator.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.to_string(),
            Self::Unfit(unfit) if unfit.is_askers => unfit.why.clone(),
            Self::Unfit(_) => "the link could not be made; the gateway's log says why".to_owned(),
        }
    }

    /// Records that there is none.
    pub(crate) fn note(&self, entry: &SharedEntry) {
        let mut entry = lock(entry);
        match self {
            Self::Refused(refusal) => {
                let refused = Refused::new(refusal.clone(), Protocol::RestJson, false);
                let _ = refused.answer(&mut entry.record);
            }
            Self::Unfit(Unfit { error, why, .. }) => {
                entry.failed(error, why);
                entry.record.decision = Some(Decision::Refused);
            }
        }
        entry.answered(self.status().as_u16());
    }
}
