//! Requests that servers refused, and the cause of each: recorded from moto and s3s, and in AWS's own forms.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use awsaccess::credentials::Credentials;
use awsaccess::redact;
use awsaccess::sigv4::{
    Cause, Diagnosis, Evidence, Payload, Reply, Request, Scope, Settings, diagnose, explain, sign,
};
use awsaccess::time::Time;
use proptest::prelude::*;
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

#[test]
fn without_the_secret_nothing_wrong_is_certain() {
    let (mut right, mut likely) = (0, 0);
    for case in cases("aws.json") {
        let found = case.diagnose(false);
        if case.fault(&found).is_none() {
            right += 1;
        } else {
            assert!(!found.is_certain(), "{}: {found:?}", case.name);
            likely += 1;
        }
    }
    assert!(right >= 30 && likely >= 5, "{right} {likely}");
}

const HOST: [(&str, &str); 1] = [("Host", "abc.execute-api.us-east-1.amazonaws.com")];

fn client() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
}

/// A request to API Gateway, signed with a scope and settings, and its canonical request.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

fn signed(scope: &Scope, settings: &Settings) -> (Pairs, Vec<u8>) {
    let now = Time::from_unix(1_440_938_160);
    let request = Request::new("GET", "/a%20b", &HOST);
    let body = Payload::Bytes(b"");
    let sent = sign(&request, body, &client(), scope, settings, now).unwrap().apply(&request);
    (sent, explain(&request, body, &client(), scope, settings, now).unwrap().canonical_request)
}

fn refused() -> Reply {
    Reply::parse(403, &HOST, b"{\"message\": \"The request signature we calculated does not match\"}")
}

#[test]
fn the_clients_own_log_names_the_cause_too() {
    let scope = Scope::new("us-east-1", "execute-api");
    let settings = Settings { double_encode: Some(false), ..Settings::default() };
    let (sent, canonical) = signed(&scope, &settings);
    let evidence = Evidence::new(Request::new("GET", "/a%20b", &sent), Payload::Bytes(b""));
    assert_eq!(diagnose(&evidence, Some(&refused())).cause(), Cause::Unknown);
    let found = diagnose(&evidence.canonical_request(&canonical), Some(&refused()));
    assert_eq!((found.cause(), found.ours()), (Cause::PathEncodedOnce, Some("/a%20b")));
}

#[test]
fn the_scope_is_held_against_the_host_and_against_what_is_expected() {
    let wrong = Settings { double_encode: Some(false), ..Settings::default() };
    let cases = [
        (Scope::new("us-east-1", "lambda"), None, Cause::WrongService),
        (Scope::new("eu-west-1", "execute-api"), None, Cause::WrongRegion),
        (
            Scope::new("us-east-1", "execute-api"),
            Some(Scope::new("us-east-1", "lambda")),
            Cause::WrongService,
        ),
        (
            Scope::regions(["eu-*"], "execute-api"),
            Some(Scope::new("us-east-1", "execute-api")),
            Cause::WrongRegion,
        ),
    ];
    let keys = client();
    for (scope, expected, cause) in &cases {
        let (sent, _) = signed(scope, &Settings::default());
        let evidence = Evidence::new(Request::new("GET", "/a%20b", &sent), Payload::Bytes(b""));
        let evidence = expected.as_ref().map_or(evidence, |expected| evidence.expected(expected));
        for evidence in [evidence, evidence.credentials(&keys)] {
            assert_eq!(diagnose(&evidence, Some(&refused())).cause(), *cause, "{scope:?}");
        }
    }
    // SigV4A is proven by its public key.
    let (sent, _) = signed(&Scope::regions(["us-*"], "execute-api"), &wrong);
    let evidence =
        Evidence::new(Request::new("GET", "/a%20b", &sent), Payload::Bytes(b"")).credentials(&keys);
    assert_eq!(diagnose(&evidence, Some(&refused())).cause(), Cause::PathEncodedOnce);
    let (sent, _) = signed(&Scope::regions(["us-*"], "execute-api"), &Settings::default());
    let evidence =
        Evidence::new(Request::new("GET", "/a%20b", &sent), Payload::Bytes(b"")).credentials(&keys);
    assert_eq!(diagnose(&evidence, None).cause(), Cause::Nothing);
}

proptest! {
    #[test]
    fn never_panics_and_shows_no_token(
        target in "/[ -~]{0,40}",
        value in "[ -~]{0,30}",
        authorization in "(AWS4-HMAC-SHA256 )?(Credential=)?[a-zA-Z0-9/, ;=-]{0,60}(, SignedHeaders=[a-z;-]{0,20}, Signature=[0-9a-f]{64})?",
        reply in "[ -~\n]{0,200}",
    ) {
        let headers = [
            ("Host", "sts.amazonaws.com"),
            ("Authorization", authorization.as_str()),
            ("X-Amz-Date", "20150830T123600Z"),
            ("X-Amz-Meta-A", value.as_str()),
            ("X-Amz-Security-Token", "a-token-that-nobody-may-see"),
        ];
        let keys = client().with_session_token("a-token-that-nobody-may-see");
        let evidence = Evidence::new(Request::new("GET", &target, &headers), Payload::Bytes(b"")).credentials(&keys);
        let shown = format!("{:?}", diagnose(&evidence, Some(&Reply::parse_http(reply.as_bytes()))));
        prop_assert!(!shown.contains("a-token-that-nobody-may-see"));
    }
}
