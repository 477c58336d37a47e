//! In whose name something is asked for: that of a placeholder which somebody has, or of one that is made for the purpose.

use std::time::Duration;

use awsaccess::audit::{Record, Shown};
use awsaccess::credentials::Credentials;
use awsaccess::gateway::Placeholder;
use awsaccess::time::Time;
use http::StatusCode;

use super::issue::sealed;
use super::task::{Asker, Who};
use crate::server::Shared;

/// How long a placeholder lives that is made for the purpose.
const MOMENT: Duration = Duration::from_secs(300);

impl Asker {
    /// Notes in whose name something is asked for, as it was said.
    pub(super) fn note(&self, record: &mut Record) {
        match self {
            Self::Who(who) => who.note(record),
            Self::Placeholder(id, _) => record.access_key_id = Some(said(id)),
        }
    }
}

impl Who {
    /// The same.
    pub(super) fn note(&self, record: &mut Record) {
        let name = |text: &str| Some(said(text).as_str().into());
        record.subject = name(&self.subject);
        record.application = name(&self.application);
        record.role_name = name(&self.role);
    }
}

/// What may be a name of ours, or anything: no more of it than the longest name has.
fn said(text: &str) -> Shown {
    Shown::text(&text.chars().take(512).collect::<String>())
}

/// A placeholder, and the keys that its holder has.
pub(super) struct Holder {
    pub(super) keys: Credentials,
    pub(super) placeholder: Placeholder,
    /// Whether it is somebody's, and not made for the purpose.
    pub(super) is_somebodys: bool,
}

impl Holder {
    pub(super) fn of(shared: &Shared, asker: Asker) -> Result<Self, (StatusCode, String)> {
        let unknown = || (StatusCode::UNPROCESSABLE_ENTITY, "the placeholder is not known".to_owned());
        let placeholders = &shared.gateway.placeholders;
        match asker {
            Asker::Who(who) => {
                let (keys, _) = sealed(shared, &who, MOMENT)?;
                let token = keys.session_token().map(|token| token.expose().as_bytes());
                let placeholder = placeholders.find(keys.access_key_id(), token).ok_or_else(unknown)?;
                Ok(Self { keys, placeholder, is_somebodys: false })
            }
            Asker::Placeholder(id, token) => {
                let given = token.as_ref().map(|token| token.expose().as_bytes());
                let placeholder = placeholders.find(&id, given).ok_or_else(unknown)?;
                let is_its_token = match (&placeholder.session_token, given) {
                    (None, None) => true,
                    (Some(own), Some(given)) => own.matches(given),
                    _ => false,
                };
                if !is_its_token {
                    return Err(unknown());
                }
                let mut keys = Credentials::new(id, placeholder.secret.expose());
                if let Some(token) = &token {
                    keys = keys.with_session_token(token.expose());
                }
                Ok(Self { keys, placeholder, is_somebodys: true })
            }
        }
    }

    /// When what it stands for ends.
    pub(super) fn ends(&self) -> Option<Time> {
        self.placeholder.expires_at.filter(|_| self.is_somebodys)
    }
}
