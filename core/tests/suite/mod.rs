//! The cases of AWS's signing test suite, as they lie in `vectors/sigv4`.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{Algorithm, Policy, Request, Scope, SessionToken, Settings};
use awsaccess::time::Time;
use serde_json::Value;

pub(crate) type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// A request, how it is signed, and where the expectations are.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) dir: PathBuf,
    pub(crate) method: String,
    pub(crate) target: Vec<u8>,
    pub(crate) headers: Pairs,
    pub(crate) body: Vec<u8>,
    pub(crate) credentials: Credentials,
    pub(crate) scope: Scope,
    pub(crate) settings: Settings,
    pub(crate) expires: Duration,
    pub(crate) now: Time,
}

impl Case {
    fn read(dir: &Path, algorithm: Algorithm) -> Self {
        let context: Value = serde_json::from_slice(&fs::read(dir.join("context.json")).unwrap()).unwrap();
        let text = |name: &str| context[name].as_str().unwrap().to_owned();
        let keys = &context["credentials"];
        let mut credentials = Credentials::new(
            keys["access_key_id"].as_str().unwrap(),
            keys["secret_access_key"].as_str().unwrap(),
        );
        if let Some(token) = keys["token"].as_str() {
            credentials = credentials.with_session_token(token);
        }
        let (method, target, headers, body) = parse_raw(&fs::read(dir.join("request.txt")).unwrap());
        Self {
            name: dir.file_name().unwrap().to_str().unwrap().to_owned(),
            dir: dir.to_owned(),
            method,
            target,
            headers,
            body,
            credentials,
            scope: match algorithm {
                Algorithm::V4 => Scope::new(text("region"), text("service")),
                _ => Scope::regions([text("region")], text("service")),
            },
            settings: Settings {
                double_encode: Some(true),
                normalize: context["normalize"].as_bool(),
                content_sha256_header: context["sign_body"].as_bool(),
                session_token: if context["omit_session_token"].as_bool() == Some(true) {
                    SessionToken::Append
                } else {
                    SessionToken::Sign
                },
            },
            expires: Duration::from_secs(context["expiration_in_seconds"].as_u64().unwrap()),
            now: Time::parse_rfc3339(&text("timestamp")).unwrap(),
        }
    }

    pub(crate) fn expected(&self, file: &str) -> String {
        fs::read_to_string(self.dir.join(file)).unwrap()
    }

    pub(crate) fn request(&self) -> Request<'_> {
        Request::new(&self.method, &self.target, &self.headers)
    }

    /// Token and dates that a vector leaves unsigned need the lenient policy.
    pub(crate) fn policy(&self) -> Policy {
        if self.settings.session_token == SessionToken::Append {
            Policy::default().lenient()
        } else {
            Policy::default()
        }
    }
}

/// A raw request: request line, header fields (folded ones stay folded), an empty line, the body.
pub(crate) fn parse_raw(raw: &[u8]) -> (String, Vec<u8>, Pairs, Vec<u8>) {
    let text = String::from_utf8(raw.to_vec()).unwrap();
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.split('\n');
    let first = lines.next().unwrap();
    let (method, rest) = first.split_once(' ').unwrap();
    let target = rest.rsplit_once(" HTTP/1.1").unwrap().0;
    let mut headers = Pairs::new();
    for line in lines.filter(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            let value = &mut headers.last_mut().unwrap().1;
            value.push(b'\n');
            value.extend_from_slice(line.as_bytes());
        } else {
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name.into(), value.into()));
        }
    }
    (method.into(), target.into(), headers, body.into())
}

/// All cases of an algorithm, by name.
pub(crate) fn cases(algorithm: Algorithm) -> Vec<Case> {
    let folder = if algorithm == Algorithm::V4 { "v4" } else { "v4a" };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/sigv4").join(folder);
    let mut dirs: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    dirs.sort();
    dirs.iter().map(|dir| Case::read(dir, algorithm)).collect()
}
