//! What can be asked of the administrative listener: a path and a body, read into a task or refused.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The most bytes of a body.
pub(super) const MOST: usize = 1 << 20;

/// What is asked.
pub(super) enum Task {
    /// Whether the process is alive.
    Alive,
    /// Whether it can do its work.
    Ready,
    /// The counters.
    Metrics,
    /// The applications, with nothing that is secret.
    Applications,
    /// Puts an application beside those of the file, or in the place of one that was put there before.
    PutApplication(String, serde_json::Map<String, serde_json::Value>),
    /// Takes one away that was put there.
    RemoveApplication(String),
    /// Whether an application's credentials can be had, and its roles be assumed.
    Health(String),
    /// Issues a placeholder.
    Issue(Issue),
    /// Ends what was issued.
    Revoke(Revoke),
    /// Forgets real credentials.
    Flush(Flush),
    /// Takes the configuration file anew.
    Reload,
    /// A link that signs in to the console.
    Link(Link),
    /// A presigned URL for later use.
    Presign(Presign),
}

/// Who, as what: one subject in one role of one application.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Issue {
    pub(super) subject: String,
    pub(super) application: String,
    pub(super) role: String,
    /// How long it is good for.
    pub(super) seconds: Option<u64>,
    #[serde(default)]
    pub(super) traits: BTreeMap<String, Vec<String>>,
}

/// What ends; one of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum Revoke {
    /// The placeholders of a session.
    Session(String),
    /// All of a subject's.
    Subject(String),
    /// One placeholder.
    AccessKeyId(String),
    /// All that were issued until now: `true`.
    Everything(bool),
}

/// Whose real credentials are forgotten: all that fit each of those that are given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flush {
    pub(super) application: Option<String>,
    pub(super) subject: Option<String>,
    /// The ARN of a role.
    pub(super) role: Option<String>,
}

/// A console link.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Link {
    pub(super) subject: String,
    pub(super) application: String,
    pub(super) role: String,
    pub(super) seconds: Option<u64>,
    pub(super) destination: Option<String>,
}

/// A presigned URL.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Presign {
    pub(super) subject: String,
    pub(super) application: String,
    pub(super) role: String,
    pub(super) method: String,
    pub(super) url: String,
    pub(super) service: Option<String>,
    pub(super) region: Option<String>,
    pub(super) seconds: u64,
}

/// Why nothing is done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// There is no such path.
    Path,
    /// The path takes other methods.
    Method(&'static str),
    /// The body is none of the path's.
    Body(String),
}

impl Task {
    /// Reads a request.
    pub(super) fn read(method: &Method, path: &str, body: &[u8]) -> Result<Self, Unknown> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let get = |task: Self| if method == Method::GET { Ok(task) } else { Err(Unknown::Method("GET")) };
        let posted = || if method == Method::POST { Ok(()) } else { Err(Unknown::Method("POST")) };
        match *parts.as_slice() {
            ["healthz"] => get(Self::Alive),
            ["readyz"] => get(Self::Ready),
            ["metrics"] => get(Self::Metrics),
            ["v1", "applications"] => get(Self::Applications),
            ["v1", "applications", name, "health"] => get(Self::Health(named(name)?)),
            ["v1", "applications", name] if method == Method::PUT => {
                Ok(Self::PutApplication(named(name)?, json(body)?))
            }
            ["v1", "applications", name] if method == Method::DELETE => {
                Ok(Self::RemoveApplication(named(name)?))
            }
            ["v1", "applications", _] => Err(Unknown::Method("PUT, DELETE")),
            ["v1", "placeholders"] => posted().and_then(|()| Ok(Self::Issue(json(body)?))),
            ["v1", "revocations"] => posted().and_then(|()| Ok(Self::Revoke(json(body)?))),
            ["v1", "flushes"] => posted().and_then(|()| Ok(Self::Flush(json(body)?))),
            ["v1", "reload"] => posted().map(|()| Self::Reload),
            ["v1", "links"] => posted().and_then(|()| Ok(Self::Link(json(body)?))),
            ["v1", "presigned"] => posted().and_then(|()| Ok(Self::Presign(json(body)?))),
            _ => Err(Unknown::Path),
        }
    }

    /// Whether anybody who reaches the listener may ask it.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self, Self::Alive | Self::Ready)
    }

    /// The word for what it changes, where it changes anything.
    pub(super) const fn change(&self) -> Option<&'static str> {
        match self {
            Self::PutApplication(..) => Some("put-application"),
            Self::RemoveApplication(_) => Some("remove-application"),
            Self::Revoke(_) => Some("revoke"),
            Self::Flush(_) => Some("flush"),
            Self::Reload => Some("reload"),
            _ => None,
        }
    }
}

/// A name in a path: what the configuration takes as one, percent-encoded where it must be.
fn named(part: &str) -> Result<String, Unknown> {
    let name = percent_encoding::percent_decode_str(part).decode_utf8().map_err(|_| Unknown::Path)?;
    if name.is_empty() || name.len() > 128 { Err(Unknown::Path) } else { Ok(name.into_owned()) }
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unknown> {
    serde_json::from_slice(body).map_err(|error| Unknown::Body(told(&error)))
}

/// What is wrong with a body, without what stands in it: serde's words quote values.
fn told(error: &serde_json::Error) -> String {
    let at = format!("line {}, column {}", error.line(), error.column());
    let text = error.to_string();
    match text.split(" at line ").next() {
        Some(why) if why.starts_with("missing field") || why.starts_with("unknown ") => format!("{why} ({at})"),
        _ => format!("the body is not the JSON object that is wanted ({at})"),
    }
}
