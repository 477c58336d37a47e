//! AWS's own SigV4 test suite, and the order in which faults are reported.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{
    Claim, Payload, Policy, Request, Scope, SessionToken, Settings, VerifyErrorKind, explain,
    explain_presign, presign, sign, verify,
};
use awsaccess::time::Time;
use serde_json::Value;

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

struct Case {
    name: String,
    dir: PathBuf,
    method: String,
    target: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
    credentials: Credentials,
    scope: Scope,
    settings: Settings,
    expires: Duration,
    now: Time,
}

impl Case {
    fn read(dir: &Path) -> Self {
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
            scope: Scope::new(text("region"), text("service")),
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

    fn expected(&self, file: &str) -> String {
        fs::read_to_string(self.dir.join(file)).unwrap()
    }

    fn request(&self) -> Request<'_> {
        Request::new(&self.method, &self.target, &self.headers)
    }

    /// Token and dates that a vector leaves unsigned need the lenient policy.
    fn policy(&self) -> Policy {
        if self.settings.session_token == SessionToken::Append {
            Policy::default().lenient()
        } else {
            Policy::default()
        }
    }
}

/// A raw request: request line, header fields (folded ones stay folded), an empty line, the body.
fn parse_raw(raw: &[u8]) -> (String, Vec<u8>, Pairs, Vec<u8>) {
    let text = String::from_utf8(raw.to_vec()).unwrap();
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.split('\n');
    let first = lines.next().unwrap();
    let (method, rest) = first.split_once(' ').unwrap();
    let target = rest.rsplit_once(" HTTP/1.1").unwrap().0;
    let mut headers: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
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

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/sigv4/v4");
    let mut dirs: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    dirs.sort();
    let cases: Vec<_> = dirs.iter().map(|dir| Case::read(dir)).collect();
    assert_eq!(cases.len(), 38);
    cases
}

fn signature_field<'a>(headers: &'a [(&'static str, &'a str)]) -> &'a str {
    headers.iter().find(|(name, _)| *name == "authorization").unwrap().1
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
fn what_is_signed_verifies_and_what_is_altered_does_not() {
    let mut altered = 0;
    for case in cases() {
        let payload = Payload::Bytes(&case.body);
        let signed =
            sign(&case.request(), payload, &case.credentials, &case.scope, &case.settings, case.now).unwrap();
        let headers = signed.apply(&case.request());
        let policy = case.policy();
        let check = |target: &[u8], headers: &[(Vec<u8>, Vec<u8>)], body: &[u8]| {
            let request = Request::new(&case.method, target, headers);
            let known = |id: &str| -> Result<_, std::convert::Infallible> {
                Ok((id == case.credentials.access_key_id()).then_some(&case.credentials).cloned())
            };
            verify(&request, Payload::Bytes(body), &policy, known, case.now)
        };
        assert!(check(&case.target, &headers, &case.body).is_ok(), "{}", case.name);

        // Any byte of the signature, the date, the target, the body or a signed header, changed.
        for (nth, (name, value)) in headers.iter().enumerate() {
            for at in 0..value.len() {
                if matches!(value[at], b' ' | b'\n' | b'\t') {
                    continue;
                }
                let mut headers = headers.clone();
                headers[nth].1[at] ^= 1;
                if headers[nth].1.iter().eq(value) {
                    continue;
                }
                altered += 1;
                let result = check(&case.target, &headers, &case.body);
                assert!(result.is_err(), "{}: {} byte {at}", case.name, String::from_utf8_lossy(name));
            }
        }
        for at in 1..case.target.len() {
            let mut target = case.target.clone();
            target[at] ^= 1;
            if target[at] == b'#' || equal_targets(&target, &case.target, &case) {
                continue;
            }
            altered += 1;
            assert!(check(&target, &headers, &case.body).is_err(), "{}: target byte {at}", case.name);
        }
        assert!(check(&case.target, &headers, &[&case.body[..], b"x"].concat()).is_err(), "{}", case.name);
        assert!(!signature_field(&signed.headers().collect::<Vec<_>>()).is_empty());
    }
    assert!(altered > 9000, "{altered}");
}

/// Whether two targets have one canonical form, so that no verifier could tell them apart.
fn equal_targets(a: &[u8], b: &[u8], case: &Case) -> bool {
    let canonical = |target: &[u8]| {
        let request = Request::new(&case.method, target, &case.headers);
        explain(&request, Payload::Bytes(b""), &case.credentials, &case.scope, &case.settings, case.now)
            .map(|explained| explained.canonical_request)
            .ok()
    };
    canonical(a).is_some() && canonical(a) == canonical(b)
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
