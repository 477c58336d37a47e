//! Requests that servers refused, and the cause of each: recorded from moto and s3s, and in AWS's own forms.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use awsaccess::credentials::Credentials;
use awsaccess::redact;
use awsaccess::sigv4::{Diagnosis, Evidence, Payload, Reply, Request, diagnose};
use serde_json::Value;

struct Case {
    name: String,
    cause: String,
    subject: Option<String>,
    credentials: Credentials,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
    reply: Vec<u8>,
}

impl Case {
    fn read(file: &str, nth: usize, case: &Value) -> Self {
        let text = |name: &str| case[name].as_str().unwrap();
        let keys: Vec<_> = case["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
        let mut credentials = Credentials::new(keys[0], keys[1]);
        if let Some(token) = keys.get(2) {
            credentials = credentials.with_session_token(*token);
        }
        let (head, body) = text("request").split_once("\r\n\r\n").unwrap();
        let mut lines = head.split("\r\n");
        let first: Vec<_> = lines.next().unwrap().split(' ').collect();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        Self {
            name: format!("{file} {nth} {}", text("cause")),
            cause: text("cause").to_owned(),
            subject: case["subject"].as_str().map(str::to_owned),
            credentials,
            method: first[0].to_owned(),
            target: first[1].to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: body.to_owned(),
            reply: text("reply").as_bytes().to_vec(),
        }
    }

    fn diagnose(&self, with_secret: bool) -> Diagnosis {
        let request = Request::new(&self.method, &self.target, &self.headers);
        let mut evidence = Evidence::new(request, Payload::Bytes(self.body.as_bytes()));
        if with_secret {
            evidence = evidence.credentials(&self.credentials);
        }
        diagnose(&evidence, Some(&Reply::parse_http(&self.reply)))
    }

    /// What is found otherwise than expected.
    fn fault(&self, found: &Diagnosis) -> Option<String> {
        let shown = format!("{found:?}");
        let token = self.credentials.session_token();
        for secret in [Some(self.credentials.secret_access_key()), token].into_iter().flatten() {
            assert_eq!(
                redact::find_secret(shown.as_bytes(), secret.expose().as_bytes()),
                None,
                "{}",
                self.name
            );
        }
        let subject = self.subject.as_deref().is_none_or(|subject| found.subject() == Some(subject));
        (found.cause().name() != self.cause || !subject).then(|| format!("{}: {found:?}", self.name))
    }
}

fn cases(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/diagnose").join(file);
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    cases.iter().enumerate().map(|(nth, case)| Case::read(file, nth, case)).collect()
}

/// Diagnoses every case of a file and gives the causes that were named; fails on all that were not.
fn all(file: &str, with_secret: impl Fn(&Case) -> bool) -> BTreeSet<String> {
    let cases = cases(file);
    let faults: Vec<_> =
        cases.iter().filter_map(|case| case.fault(&case.diagnose(with_secret(case)))).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    cases.into_iter().map(|case| case.cause).collect()
}

#[test]
fn what_moto_and_s3s_answer() {
    let mut named = all("moto.json", |_| true);
    named.append(&mut all("s3s.json", |_| true));
    assert!(named.len() >= 20, "{named:?}");
}

#[test]
fn what_aws_answers() {
    let named = all("aws.json", |_| true);
    assert!(named.len() >= 25, "{named:?}");
}
