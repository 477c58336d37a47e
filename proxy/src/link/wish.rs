//! What is wished for, as JSON.

use std::collections::BTreeMap;

use awsaccess::secret::Secret;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::config::Hidden;

/// Reads a body, or says what is wrong with it, without what stands in it: serde's words quote values.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| {
        let at = format!("line {}, column {}", error.line(), error.column());
        let text = error.to_string();
        match text.split(" at line ").next() {
            Some(why) if why.starts_with("missing field") || why.starts_with("unknown ") => {
                format!("{why} ({at})")
            }
            _ => format!("the body is not the JSON object that is wanted ({at})"),
        }
    })
}

/// Whom something is asked for.
pub(crate) struct Who {
    pub(crate) subject: String,
    pub(crate) application: String,
    pub(crate) role: String,
    pub(crate) session: Option<String>,
    pub(crate) traits: BTreeMap<String, Vec<String>>,
    pub(crate) signed_in: BTreeMap<String, String>,
}

/// In whose name: whom the rules know, or who has a placeholder, by its key id and its session token.
pub(crate) enum Asker {
    Who(Box<Who>),
    Placeholder(String, Option<Secret>),
}

/// In whose name an administrator asks: subject, application and role, or a placeholder.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InWhoseName {
    subject: Option<String>,
    application: Option<String>,
    role: Option<String>,
    session: Option<String>,
    #[serde(default)]
    traits: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    signed_in: BTreeMap<String, String>,
    access_key_id: Option<String>,
    session_token: Option<Hidden>,
}

impl InWhoseName {
    fn asker(&self) -> Option<Asker> {
        let said = (&self.subject, &self.application, &self.role, &self.access_key_id);
        let more = self.session.is_some() || !self.traits.is_empty() || !self.signed_in.is_empty();
        match said {
            (Some(subject), Some(application), Some(role), None) if self.session_token.is_none() => {
                Some(Asker::Who(Box::new(Who {
                    subject: subject.clone(),
                    application: application.clone(),
                    role: role.clone(),
                    session: self.session.clone(),
                    traits: self.traits.clone(),
                    signed_in: self.signed_in.clone(),
                })))
            }
            (None, None, None, Some(id)) if !more => {
                let token = self.session_token.as_ref().map(|token| token.0.clone());
                Some(Asker::Placeholder(id.clone(), token))
            }
            _ => None,
        }
    }
}

/// What an administrator is told who does not say in whose name.
const WHOSE: &str = "as: subject, application and role are wanted, or access_key_id and session_token";

/// A link into the console.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConsoleWish {
    pub(super) r#as: Option<InWhoseName>,
    /// How long the console is to stay open.
    pub(super) seconds: Option<u64>,
    /// Where to arrive.
    pub(super) destination: Option<String>,
    /// Where the console sends the person in the end.
    pub(super) issuer: Option<String>,
    pub(super) region: Option<String>,
}

impl ConsoleWish {
    /// In whose name an administrator asks.
    pub(crate) fn asker(&self) -> Result<Asker, &'static str> {
        self.r#as.as_ref().and_then(InWhoseName::asker).ok_or(WHOSE)
    }
}

/// A presigned URL, or what a client signed with its placeholder and no gateway saw.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresignWish {
    pub(super) r#as: Option<InWhoseName>,
    pub(super) method: Option<String>,
    pub(super) url: Option<String>,
    /// What a client printed: a presigned URL, or a token made of one.
    pub(super) token: Option<Hidden>,
    /// Headers that are signed, and must come with the URL; or that the token was signed with.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// The signing name, where the host does not tell it.
    pub(super) service: Option<String>,
    pub(super) region: Option<String>,
    pub(super) seconds: Option<u64>,
}

impl PresignWish {
    /// In whose name an administrator asks.
    pub(crate) fn asker(&self) -> Result<Asker, &'static str> {
        self.r#as.as_ref().and_then(InWhoseName::asker).ok_or(WHOSE)
    }
}
