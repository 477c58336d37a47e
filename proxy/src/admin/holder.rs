//! In whose name something is asked for: that of a placeholder which somebody has, or of one that is made for the purpose.

use std::time::Duration;

use awsaccess::audit::{Record, Shown};
use awsaccess::secret::Secret;
use http::StatusCode;

use super::issue::sealed;
use crate::link::{Asker, Holder, Who};
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

/// The placeholder that is meant.
pub(super) fn holder(shared: &Shared, asker: Asker) -> Result<Holder, (StatusCode, String)> {
    let unknown = || (StatusCode::UNPROCESSABLE_ENTITY, "the placeholder is not known".to_owned());
    let placeholders = &shared.gateway.placeholders;
    match asker {
        Asker::Who(who) => {
            let (keys, _) = sealed(shared, &who, MOMENT)?;
            let token = keys.session_token().map(|token| token.expose().as_bytes());
            let placeholder = placeholders.find(keys.access_key_id(), token).ok_or_else(unknown)?;
            Ok(Holder { keys, placeholder, is_somebodys: false })
        }
        Asker::Placeholder(id, token) => {
            let given = token.as_ref().map(Secret::expose);
            let placeholder = placeholders.find(&id, given.map(str::as_bytes)).ok_or_else(unknown)?;
            let is_its_token = match (&placeholder.session_token, given) {
                (None, None) => true,
                (Some(own), Some(given)) => own.matches(given.as_bytes()),
                _ => false,
            };
            if !is_its_token {
                return Err(unknown());
            }
            Ok(Holder::new(&id, given, placeholder))
        }
    }
}
