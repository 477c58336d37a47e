//! What can be asked of the administrative listener: a path and a body, read into a task or refused.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::config::is_name;
use crate::link::{ConsoleWish, PresignWish, Who, read};
use crate::probe::Probe;

/// The most bytes of a body.
pub(super) const MOST: usize = 1 << 20;

/// What is asked.
pub(super) enum Task {
    /// What probes ask.
    Probe(Probe),
    /// The applications, with nothing that is secret.
    Applications,
    /// One of them.
    Application(String),
    /// Adds an application, or puts it in the place of one that was added: its name, and its JSON.
    Put(String, Zeroizing<String>),
    /// Removes one that was added.
    Remove(String),
    /// Whether an application's credentials can be had, and its roles be assumed.
    Health(String),
    /// Issues a placeholder.
    Issue(Issue),
    /// The same for a client that is connected by it.
    Connect(Issue),
    /// Ends a connection, by the key id of its placeholder.
    Disconnect(String),
    /// Makes a link into the console.
    Console(ConsoleWish),
    /// Makes a presigned URL.
    Presign(PresignWish),
    /// Ends what was issued.
    Revoke(Revoke),
    /// What is revoked.
    Revocations,
    /// Takes a revocation back.
    Restore(Revoke),
    /// Forgets real credentials.
    Forget(Forget),
    /// Takes the configuration file anew.
    Reload,
}

/// Who, as what: one subject in one role of one application.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Issue {
    pub(super) subject: String,
    pub(super) application: String,
    pub(super) role: String,
    /// How long it is good for; eight hours unless given.
    pub(super) seconds: Option<u64>,
    /// By which it can be revoked with others; a random one unless given.
    pub(super) session: Option<String>,
    #[serde(default)]
    pub(super) traits: BTreeMap<String, Vec<String>>,
    /// How the subject signed in.
    #[serde(default)]
    pub(super) signed_in: BTreeMap<String, String>,
}

impl Issue {
    pub(super) fn who(&self) -> Who {
        Who {
            subject: self.subject.clone(),
            application: self.application.clone(),
            role: self.role.clone(),
            session: self.session.clone(),
            traits: self.traits.clone(),
            signed_in: self.signed_in.clone(),
        }
    }
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

/// Whose real credentials are forgotten; one of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum Forget {
    /// Those of an application.
    Application(String),
    /// Those of a subject.
    Subject(String),
    /// Those of a session.
    Session(String),
    /// Those whose way goes through a role, by its ARN.
    RoleArn(String),
    /// All of them: `true`.
    Everything(bool),
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
        let deleted = || if method == Method::DELETE { Ok(()) } else { Err(Unknown::Method("DELETE")) };
        let posted = || if method == Method::POST { Ok(()) } else { Err(Unknown::Method("POST")) };
        if let Some(probe) = Probe::at(path) {
            return get(Self::Probe(probe));
        }
        match *parts.as_slice() {
            ["v1", "applications"] => get(Self::Applications),
            ["v1", "applications", name] => match *method {
                Method::GET => Ok(Self::Application(named(name)?)),
                Method::PUT => Ok(Self::Put(named(name)?, text(body)?)),
                Method::DELETE => Ok(Self::Remove(named(name)?)),
                _ => Err(Unknown::Method("GET, PUT, DELETE")),
            },
            ["v1", "applications", name, "health"] => get(Self::Health(named(name)?)),
            ["v1", "placeholders"] => posted().and_then(|()| Ok(Self::Issue(json(body)?))),
            ["v1", "connections"] => posted().and_then(|()| Ok(Self::Connect(json(body)?))),
            ["v1", "connections", id] => match *method {
                Method::DELETE => Ok(Self::Disconnect(named(id)?)),
                _ => Err(Unknown::Method("DELETE")),
            },
            ["v1", "console-links"] => posted().and_then(|()| Ok(Self::Console(json(body)?))),
            ["v1", "presigned-urls"] => posted().and_then(|()| Ok(Self::Presign(json(body)?))),
            ["v1", "revocations"] => match *method {
                Method::GET => Ok(Self::Revocations),
                Method::POST => Ok(Self::Revoke(json(body)?)),
                _ => Err(Unknown::Method("GET, POST")),
            },
            ["v1", "revocations", "everything"] => {
                deleted().map(|()| Self::Restore(Revoke::Everything(true)))
            }
            ["v1", "revocations", sort, name] => {
                let what = match sort {
                    "session" => Revoke::Session(named(name)?),
                    "subject" => Revoke::Subject(named(name)?),
                    "access_key_id" => Revoke::AccessKeyId(named(name)?),
                    _ => return Err(Unknown::Path),
                };
                deleted().map(|()| Self::Restore(what))
            }
            ["v1", "flushes"] => posted().and_then(|()| Ok(Self::Forget(json(body)?))),
            ["v1", "reload"] => posted().map(|()| Self::Reload),
            _ => Err(Unknown::Path),
        }
    }

    /// Whether anybody who reaches the listener may ask it.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self, Self::Probe(Probe::Alive | Probe::Ready))
    }
}

/// A name in a path: what the configuration takes as one, percent-encoded where it must be.
fn named(part: &str) -> Result<String, Unknown> {
    let name = percent_encoding::percent_decode_str(part).decode_utf8().map_err(|_| Unknown::Path)?;
    match name {
        name if name.is_empty() => Err(Unknown::Path),
        name if is_name(&name) => Ok(name.into_owned()),
        _ => Err(Unknown::Body("a name has 1 to 128 characters, and no control characters".to_owned())),
    }
}

fn text(body: &[u8]) -> Result<Zeroizing<String>, Unknown> {
    let text = std::str::from_utf8(body).map_err(|_| Unknown::Body("the body is not utf-8".to_owned()))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unknown> {
    read(body).map_err(Unknown::Body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(method: &Method, path: &str, body: &str) -> Option<Unknown> {
        Task::read(method, path, body.as_bytes()).err()
    }

    #[test]
    fn each_path_has_its_method() {
        for path in ["/healthz", "/readyz", "/metrics", "/v1/applications", "/v1/applications/prod/health"] {
            assert_eq!(fault(&Method::GET, path, ""), None, "{path}");
            assert_eq!(fault(&Method::POST, path, ""), Some(Unknown::Method("GET")), "{path}");
        }
        for path in [
            "/v1/placeholders",
            "/v1/connections",
            "/v1/console-links",
            "/v1/presigned-urls",
            "/v1/flushes",
            "/v1/reload",
        ] {
            assert_eq!(fault(&Method::GET, path, ""), Some(Unknown::Method("POST")), "{path}");
        }
        for path in
            ["/", "", "/v1", "/v1/applications/", "/v1/applications//health", "/v2/reload", "/healthz/x"]
        {
            assert_eq!(fault(&Method::GET, path, ""), Some(Unknown::Path), "{path}");
        }
        let (one, some) = ("/v1/applications/a%2Fb", Some(Unknown::Method("GET, PUT, DELETE")));
        assert_eq!(fault(&Method::POST, one, ""), some);
        assert!(matches!(Task::read(&Method::PUT, one, b"{}"), Ok(Task::Put(name, _)) if name == "a/b"));
        assert!(matches!(Task::read(&Method::DELETE, one, b""), Ok(Task::Remove(name)) if name == "a/b"));
        for name in ["a%0Ab", "a%00", "a%1b%5b31m", &"n".repeat(129)] {
            let path = format!("/v1/applications/{name}");
            assert!(matches!(fault(&Method::PUT, &path, "{}"), Some(Unknown::Body(_))), "{path}");
        }
        assert_eq!(fault(&Method::PUT, "/v1/revocations", ""), Some(Unknown::Method("GET, POST")));
        let one = "/v1/revocations/session/a%2Fb";
        assert_eq!(fault(&Method::GET, one, ""), Some(Unknown::Method("DELETE")));
        let taken = Task::read(&Method::DELETE, one, b"");
        assert!(matches!(taken, Ok(Task::Restore(Revoke::Session(id))) if id == "a/b"));
        for path in ["/v1/revocations/sesion/a", "/v1/revocations/a", "/v1/revocations/session/"] {
            assert_eq!(fault(&Method::DELETE, path, ""), Some(Unknown::Path), "{path}");
        }
        let named = Task::read(&Method::GET, "/v1/applications/a%2Fb%20c/health", b"");
        assert!(matches!(named, Ok(Task::Health(name)) if name == "a/b c"));
    }

    #[test]
    fn only_the_probes_are_open() {
        let is_open = |path: &str| Task::read(&Method::GET, path, b"").is_ok_and(|task| task.is_open());
        assert!(is_open("/healthz") && is_open("/readyz"));
        assert!(!is_open("/metrics") && !is_open("/v1/applications"));
    }

    #[test]
    fn a_body_is_whole_or_refused_without_being_quoted() {
        let revoke = |body: &str| Task::read(&Method::POST, "/v1/revocations", body.as_bytes());
        assert!(matches!(revoke(r#"{"session":"s"}"#), Ok(Task::Revoke(Revoke::Session(_)))));
        assert!(matches!(revoke(r#"{"everything":true}"#), Ok(Task::Revoke(Revoke::Everything(true)))));
        for body in [r#"{"session":"s","subject":"x"}"#, r#"{"sesion":"s"}"#, "", "[]", r#"{"session":1}"#] {
            assert!(matches!(revoke(body), Err(Unknown::Body(_))), "{body}");
        }
        let issue = r#"{"subject":"a","application":"b","role":"c","seconds":"a-secret-by-mistake"}"#;
        let Some(Unknown::Body(why)) = fault(&Method::POST, "/v1/placeholders", issue) else { panic!() };
        assert!(!why.contains("mistake") && why.contains("column"), "{why}");
        let missing = fault(&Method::POST, "/v1/placeholders", r#"{"subject":"a"}"#);
        assert!(
            matches!(missing, Some(Unknown::Body(why)) if why.starts_with("missing field `application`"))
        );
    }
}
