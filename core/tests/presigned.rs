//! Presigned URLs and tokens as the clients' own generators made them: recognised, proven, and signed again to what those
//! generators make with the real key.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{LimitedBy, OfflinePresign, Policy, PresignKind, ResignError, VerifyErrorKind};
use awsaccess::time::Time;
use serde_json::Value;

const SECOND: Duration = Duration::from_secs(1);

fn cases() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/presigned/cases.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn keys(case: &Value, name: &str) -> Credentials {
    let parts: Vec<_> = case[name].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
    let keys = Credentials::new(parts[0], parts[1]);
    match parts.get(2) {
        Some(token) => keys.with_session_token(*token),
        None => keys,
    }
}

fn recognize(case: &Value) -> OfflinePresign {
    let found = OfflinePresign::recognize(case["text"].as_str().unwrap().as_bytes()).unwrap();
    case["headers"]
        .as_object()
        .unwrap()
        .iter()
        .fold(found, |found, (name, value)| found.with_header(name, value.as_str().unwrap()))
}

fn of_kind(kind: &str) -> Value {
    cases().into_iter().find(|case| case["kind"] == kind).unwrap()
}

fn noon() -> Time {
    Time::parse_amz("20261121T120000Z").unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn each_is_recognised_proven_and_signed_as_its_generator_does() {
    let (now, later) = (noon(), noon() + 300 * SECOND);
    let mut kinds = Vec::new();
    for case in cases() {
        let name = case["kind"].as_str().unwrap();
        let found = recognize(&case);
        assert_eq!(found.kind().name(), name);
        assert_eq!(found.service(), case["service"], "{name}");
        assert_eq!((found.region(), found.signed_at()), ("eu-west-1", now), "{name}");
        assert_eq!(found.access_key_id(), case["placeholder"][0], "{name}");
        assert_eq!(found.resource(), case["resource"].as_str(), "{name}");
        assert!(found.missing_headers().is_empty());
        let (placeholder, real) = (keys(&case, "placeholder"), keys(&case, "real"));
        let proven = found.verify(&placeholder, &Policy::default(), now).unwrap_or_else(|error| {
            panic!("{name}: {}", error.operator_detail());
        });
        let again = proven.resign(&real, None, now).unwrap();
        assert_eq!(text(again.text()).trim(), case["resigned"].as_str().unwrap().trim(), "{name}");
        assert_eq!(again.limited_by(), LimitedBy::Asked);
        let again = proven.resign(&real, None, later).unwrap();
        if let Some(expected) = case["resigned_later"].as_str() {
            assert_eq!(text(again.text()), expected, "{name}");
        }
        assert_eq!(again.expires_at(), proven.presign().expires_at(), "{name}");
        assert_eq!(again.lifetime(), again.expires_at().since(later), "{name}");
        kinds.push(name.to_owned());
    }
    kinds.dedup();
    assert_eq!(kinds.len(), 9, "{kinds:?}");
}

#[test]
fn a_wrong_key_or_any_change_is_refused() {
    for case in cases() {
        let other = Credentials::new("AKIAPLACEHOLDER00001", "another-placeholder-secret-of-presigns");
        let refused = recognize(&case).verify(&other, &Policy::default(), noon());
        assert_eq!(refused.err().unwrap().kind(), VerifyErrorKind::SignatureMismatch, "{}", case["kind"]);
    }
    let case = of_kind("rds-token");
    let changed = case["text"].as_str().unwrap().replace("jane", "root");
    let found = OfflinePresign::recognize(changed.as_bytes()).unwrap();
    assert_eq!(found.resource(), Some("root doe"));
    assert!(found.verify(&keys(&case, "placeholder"), &Policy::default(), noon()).is_err());
}

#[test]
fn it_is_good_for_its_time_alone() {
    let policy = Policy::default();
    for (kind, seconds) in [("eks-token", 900), ("codecommit", 900), ("rds-token", 900), ("s3", 3600)] {
        let case = of_kind(kind);
        let placeholder = keys(&case, "placeholder");
        let end = noon() + seconds * SECOND;
        assert_eq!(recognize(&case).expires_at(), end);
        assert!(recognize(&case).verify(&placeholder, &policy, end).is_ok(), "{kind}");
        let late = recognize(&case).verify(&placeholder, &policy, end + SECOND).err().unwrap();
        assert_eq!(late.kind(), VerifyErrorKind::Expired, "{kind}");
        let early = recognize(&case).verify(&placeholder, &policy, noon() - 1000 * SECOND).err().unwrap();
        assert_eq!(early.kind(), VerifyErrorKind::NotYetValid, "{kind}");
        let proven = recognize(&case).verify(&placeholder, &policy, end).unwrap();
        assert!(
            matches!(proven.resign(&keys(&case, "real"), None, end), Err(ResignError::Expired)),
            "{kind}"
        );
    }
}

#[test]
fn the_lifetime_is_the_least_and_is_said() {
    for kind in ["s3", "eks-token", "codecommit", "msk-token"] {
        let case = of_kind(kind);
        let now = noon() + 60 * SECOND;
        let proven = recognize(&case).verify(&keys(&case, "placeholder"), &Policy::default(), now).unwrap();
        let real = keys(&case, "real").with_expiry(now + 500 * SECOND);
        let again = proven.resign(&real, Some(700 * SECOND), now).unwrap();
        assert_eq!((again.lifetime(), again.limited_by()), (500 * SECOND, LimitedBy::Credentials), "{kind}");
        let again = proven.resign(&real, Some(100 * SECOND), now).unwrap();
        assert_eq!((again.lifetime(), again.limited_by()), (100 * SECOND, LimitedBy::Policy), "{kind}");
        // What comes out is what it says: recognised anew, it ends then.
        let found = OfflinePresign::recognize(again.text()).unwrap();
        assert_eq!(found.expires_at(), again.expires_at(), "{kind}");
        let found = recognize_again(&case, again.text());
        assert!(found.verify(&keys(&case, "real"), &Policy::default(), now).is_ok(), "{kind}");
        let gone = keys(&case, "real").with_expiry(now);
        assert!(matches!(proven.resign(&gone, None, now), Err(ResignError::Expired)), "{kind}");
    }
}

fn recognize_again(case: &Value, text: &[u8]) -> OfflinePresign {
    let found = OfflinePresign::recognize(text).unwrap();
    case["headers"]
        .as_object()
        .unwrap()
        .iter()
        .fold(found, |found, (name, value)| found.with_header(name, value.as_str().unwrap()))
}

#[test]
fn a_cluster_must_be_named() {
    let case = of_kind("eks-token");
    let found = OfflinePresign::recognize(case["text"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!((found.kind(), found.resource()), (PresignKind::EksToken, None));
    assert_eq!(found.missing_headers(), ["x-k8s-aws-id"]);
    let refused = found.verify(&keys(&case, "placeholder"), &Policy::default(), noon()).err().unwrap();
    assert_eq!(refused.kind(), VerifyErrorKind::SignedHeaderAbsent);
    let other = recognize(&case).with_header("x-k8s-aws-id", "another-cluster");
    assert!(other.verify(&keys(&case, "placeholder"), &Policy::default(), noon()).is_err());
}

#[test]
fn git_credentials_come_as_a_url_too() {
    let case = of_kind("codecommit");
    let of = |text: &str, name: &str| {
        text.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap().to_owned()
    };
    let url = |text: &str| {
        let (user, password) = (of(text, "username"), of(text, "password"));
        format!("https://{user}:{password}@git-codecommit.eu-west-1.amazonaws.com/v1/repos/my-repo")
    };
    let found = OfflinePresign::recognize(url(case["text"].as_str().unwrap()).as_bytes()).unwrap();
    assert_eq!(
        (found.kind(), found.host()),
        (PresignKind::CodeCommit, "git-codecommit.eu-west-1.amazonaws.com")
    );
    let proven = found.verify(&keys(&case, "placeholder"), &Policy::default(), noon()).unwrap();
    assert_eq!(proven.method(), "GIT");
    let again = proven.resign(&keys(&case, "real"), None, noon()).unwrap();
    assert_eq!(text(again.text()), url(case["resigned"].as_str().unwrap()));
}

#[test]
fn what_is_none_is_none() {
    let mut texts: Vec<Vec<u8>> =
        ["", "k8s-aws-v1.", "k8s-aws-v1.!!", "hello", "GET / HTTP/1.1\r\nHost: h\r\n\r\n"]
            .map(|text| text.as_bytes().to_vec())
            .to_vec();
    texts.push(b"https://bucket.s3.amazonaws.com/k?AWSAccessKeyId=A&Signature=s&Expires=1".to_vec());
    texts.push(b"username=a\npassword=b\nhost=h\npath=p".to_vec());
    texts.push(vec![b'a'; 100_000]);
    for case in cases() {
        // Every text without its end is none, or does not verify; nothing panics.
        let text = case["text"].as_str().unwrap();
        for end in (0..text.len()).step_by(7).filter(|end| text.is_char_boundary(*end)) {
            if let Some(found) = OfflinePresign::recognize(&text.as_bytes()[..end]) {
                let found = found.with_header("x-k8s-aws-id", "my-cluster");
                let refused = found.verify(&keys(&case, "placeholder"), &Policy::default(), noon());
                let agent = case["kind"] == "msk-token";
                assert!(agent || refused.is_err(), "{} {end}", case["kind"]);
            }
        }
    }
    for text in texts {
        assert!(OfflinePresign::recognize(&text).is_none(), "{}", String::from_utf8_lossy(&text));
    }
}
