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
    /// Whether an application's credentials can be had, and its roles be assumed.
    Health(String),
    /// Issues a placeholder.
    Issue(Issue),
    /// Ends what was issued.
    Revoke(Revoke),
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
        let posted = || if method == Method::POST { Ok(()) } else { Err(Unknown::Method("POST")) };
        match *parts.as_slice() {
            ["healthz"] => get(Self::Alive),
            ["readyz"] => get(Self::Ready),
            ["metrics"] => get(Self::Metrics),
            ["v1", "applications"] => get(Self::Applications),
            ["v1", "applications", name, "health"] => get(Self::Health(named(name)?)),
            ["v1", "placeholders"] => posted().and_then(|()| Ok(Self::Issue(json(body)?))),
            ["v1", "revocations"] => posted().and_then(|()| Ok(Self::Revoke(json(body)?))),
            ["v1", "flushes"] => posted().and_then(|()| Ok(Self::Forget(json(body)?))),
            ["v1", "reload"] => posted().map(|()| Self::Reload),
            _ => Err(Unknown::Path),
        }
    }

    /// Whether anybody who reaches the listener may ask it.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self, Self::Alive | Self::Ready)
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
        Some(why) if why.starts_with("missing field") || why.starts_with("unknown ") => {
            format!("{why} ({at})")
        }
        _ => format!("the body is not the JSON object that is wanted ({at})"),
    }
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
        for path in ["/v1/placeholders", "/v1/revocations", "/v1/flushes", "/v1/reload"] {
            assert_eq!(fault(&Method::GET, path, ""), Some(Unknown::Method("POST")), "{path}");
        }
        for path in
            ["/", "", "/v1", "/v1/applications/", "/v1/applications//health", "/v2/reload", "/healthz/x"]
        {
            assert_eq!(fault(&Method::GET, path, ""), Some(Unknown::Path), "{path}");
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
