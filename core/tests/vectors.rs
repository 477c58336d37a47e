//! AWS's own SigV4 test suite, and the order in which faults are reported.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

mod suite;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use awsaccess::sigv4::{
    Algorithm, Claim, Payload, Policy, Request, SessionToken, VerifyErrorKind, explain, explain_presign,
    presign, sign,
};
use awsaccess::time::Time;
use serde_json::Value;
use suite::{Case, parse_raw};

fn cases() -> Vec<Case> {
    let cases = suite::cases(Algorithm::V4);
    assert_eq!(cases.len(), 38);
    cases
}

#[test]
fn header_signatures() {
    for case in cases() {
        let payload = Payload::Bytes(&case.body);
        let explained =
            explain(&case.request(), payload, &case.credentials, &case.scope, &case.settings, case.now)
                .unwrap();
        assert_eq!(
            String::from_utf8(explained.canonical_request).unwrap(),
            case.expected("header-canonical-request.txt"),
            "{}",
            case.name
        );
        assert_eq!(
            String::from_utf8(explained.string_to_sign).unwrap(),
            case.expected("header-string-to-sign.txt"),
            "{}",
            case.name
        );
        let signed =
            sign(&case.request(), payload, &case.credentials, &case.scope, &case.settings, case.now).unwrap();
        assert_eq!(signed.signature(), case.expected("header-signature.txt"), "{}", case.name);

        // The signed request holds the same fields as ours.
        let (_, _, theirs, _) = parse_raw(case.expected("header-signed-request.txt").as_bytes());
        let fields = |headers: &[(Vec<u8>, Vec<u8>)]| -> BTreeSet<(String, String)> {
            headers
                .iter()
                .map(|(name, value)| {
                    let value = String::from_utf8_lossy(value).trim().to_owned();
                    (String::from_utf8_lossy(name).to_ascii_lowercase(), value)
                })
                .collect()
        };
        assert_eq!(fields(&signed.apply(&case.request())), fields(&theirs), "{}", case.name);
    }
}

#[test]
fn query_signatures() {
    for case in cases() {
        let payload = Payload::Bytes(&case.body);
        let (request, keys, scope) = (case.request(), &case.credentials, &case.scope);
        let explained =
            explain_presign(&request, payload, keys, scope, &case.settings, case.expires, case.now).unwrap();
        assert_eq!(
            String::from_utf8(explained.canonical_request).unwrap(),
            case.expected("query-canonical-request.txt"),
            "{}",
            case.name
        );
        let link = presign(&request, payload, keys, scope, &case.settings, case.expires, case.now).unwrap();
        assert_eq!(link.signature(), case.expected("query-signature.txt"), "{}", case.name);

        let (_, theirs, _, _) = parse_raw(case.expected("query-signed-request.txt").as_bytes());
        let query = |target: &[u8]| -> (String, BTreeSet<String>) {
            let target = String::from_utf8(target.to_vec()).unwrap();
            let (path, query) = target.split_once('?').unwrap();
            (path.to_owned(), query.split('&').map(str::to_owned).collect())
        };
        assert_eq!(query(link.target()), query(&theirs), "{}", case.name);
    }
}

#[test]
fn presigned_requests_verify() {
    for case in cases() {
        let payload = Payload::Bytes(&case.body);
        let (request, keys, scope) = (case.request(), &case.credentials, &case.scope);
        let link = presign(&request, payload, keys, scope, &case.settings, case.expires, case.now).unwrap();
        let policy = Policy::default();
        let check = |target: &[u8], now: Time| {
            let request = Request::new(&case.method, target, &case.headers);
            Claim::parse(&request, &policy, now).and_then(|claim| claim.verify(keys, payload))
        };
        if case.settings.session_token == SessionToken::Append {
            // A token that is added after signing is part of the query that AWS verifies, and IoT alone skips it.
            assert!(check(link.target(), case.now).is_err(), "{}", case.name);
            continue;
        }
        assert!(check(link.target(), case.now).is_ok(), "{}", case.name);
        assert!(check(link.target(), case.now + case.expires).is_ok(), "{}", case.name);
        let late = check(link.target(), case.now + case.expires + Duration::from_secs(1));
        assert_eq!(late.err().map(|error| error.kind()), Some(VerifyErrorKind::Expired), "{}", case.name);
        let early = check(link.target(), case.now - Duration::from_secs(301));
        assert_eq!(
            early.err().map(|error| error.kind()),
            Some(VerifyErrorKind::NotYetValid),
            "{}",
            case.name
        );
        let mut target = link.target().to_vec();
        let last = target.last_mut().unwrap();
        *last ^= 1;
        assert!(check(&target, case.now).is_err(), "{}", case.name);
    }
}

fn verify_cases(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/verify").join(file);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn headers_of(case: &Value) -> Vec<(String, String)> {
    let pairs = case["headers"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    pairs.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
}

#[test]
fn faults_are_reported_in_aws_order() {
    let file = verify_cases("error-ordering-header.json");
    let now = Time::parse_rfc3339(file["setup"]["now"].as_str().unwrap()).unwrap();
    let mut policy = Policy::default();
    policy.max_skew = Some(Duration::from_secs(900));
    policy.region = Some("us-east-1".into());
    policy.service = Some("service".into());
    policy.require_signed = vec!["Content-Type".into()];
    policy.require_signed_if_present = vec!["Foo".into(), "ETag".into()];
    let secret = awsaccess::secret::Secret::new(file["setup"]["secret_access_key"].as_str().unwrap());
    let mut seen = 0;
    for case in file["cases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        let headers = headers_of(case);
        let request =
            Request::new(case["method"].as_str().unwrap(), case["target"].as_str().unwrap(), &headers);
        let result =
            Claim::parse(&request, &policy, now).and_then(|claim| claim.verify(&secret, Payload::Bytes(b"")));
        let expect = &case["expect"];
        match (expect["code"].as_str(), result.err()) {
            // An absent signed header is a rejection here.
            (None, Some(error)) => assert_eq!(error.kind(), VerifyErrorKind::SignedHeaderAbsent, "{id}"),
            (Some(code), Some(error)) => {
                assert_eq!(error.aws_code(), code, "{id}: {error}");
                let status = if code == "MissingAuthenticationToken" {
                    403
                } else {
                    expect["http_status"].as_u64().unwrap()
                };
                assert_eq!(u64::from(error.status()), status, "{id}");
                let message = expect["message"].as_str().unwrap();
                if message.starts_with("Signature ") || message.starts_with("Unsupported") {
                    assert_eq!(error.to_string(), message, "{id}");
                }
            }
            (expected, None) => panic!("{id}: accepted, expected {expected:?}"),
        }
        seen += 1;
    }
    assert_eq!(seen, 22);
}

#[test]
fn missing_parts_are_all_named() {
    let file = verify_cases("components.json");
    let now = Time::from_unix(1_440_938_160);
    let mut seen = 0;
    let mut check = |case: &Value, target: &str, headers: &[(String, String)]| {
        let id = case["id"].as_str().unwrap();
        let error =
            Claim::parse(&Request::new("GET", target, headers), &Policy::default(), now).err().unwrap();
        assert_eq!(error.aws_code(), case["expect"]["code"].as_str().unwrap(), "{id}");
        let missing: Vec<&str> =
            case["expect"]["missing"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        for name in ["Credential", "Signature", "SignedHeaders", "Date"] {
            let expected = missing.iter().any(|missing| {
                missing.rsplit('-').next() == Some(name) || missing.contains(&format!("X-Amz-{name}")[..])
            });
            let said = error.to_string().contains(&format!("'{name}'"))
                || error.to_string().contains(&format!("'X-Amz-{name}'"));
            assert_eq!(said, expected, "{id}: {name}: {error}");
        }
        seen += 1;
    };
    for case in file["missing_header_components"].as_array().unwrap() {
        check(case, "/", &headers_of(case));
    }
    for case in file["missing_query_components"].as_array().unwrap() {
        check(case, case["target"].as_str().unwrap(), &[]);
    }
    assert_eq!(seen, 30);

    let misc = |id: &str| {
        let case = file["misc"].as_array().unwrap().iter().find(|case| case["id"] == id).unwrap();
        let headers = headers_of(case);
        let request = Request::new("GET", case["target"].as_str().unwrap_or("/"), &headers);
        Claim::parse(&request, &Policy::default(), now).err().unwrap().kind()
    };
    assert_eq!(misc("both-header-and-query"), VerifyErrorKind::MultipleAuthentication);
    assert_eq!(misc("duplicate-auth-components"), VerifyErrorKind::DuplicateHeader);
    assert_eq!(misc("duplicate-query-components"), VerifyErrorKind::MalformedAuthorization);
    assert_eq!(misc("host-not-signed"), VerifyErrorKind::HeaderNotSigned);
    assert_eq!(misc("wrong-algorithm-query"), VerifyErrorKind::MissingAuthentication);
    assert_eq!(misc("two-authorization-headers-other-scheme"), VerifyErrorKind::DuplicateHeader);
}
