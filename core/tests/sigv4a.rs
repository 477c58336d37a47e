//! SigV4A: AWS's own suite, judged by ring's P-256; what is altered; what is signed again.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

mod suite;

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use awsaccess::credentials::Credentials;
use awsaccess::secret::Secret;
use awsaccess::sigv4::{
    Algorithm, Claim, Payload, Policy, Request, Resigned, Scope, SessionToken, Settings, SignError,
    Streaming, Upstream, Verified, VerifyError, VerifyErrorKind, explain, explain_presign, presign, resign,
    sign,
};
use awsaccess::time::Time;
use proptest::prelude::*;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::Value;
use suite::{Case, Pairs, parse_raw};

const NOW: Time = Time::from_unix(1_800_000_000);

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// Whether ring takes the signature.
fn is_right(public_key: &[u8], string_to_sign: &[u8], signature: &str) -> bool {
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public_key);
    key.verify(string_to_sign, &unhex(signature)).is_ok()
}

/// The cases that hold expectations, each with its public key.
fn judged() -> Vec<(Case, Vec<u8>)> {
    let cases = suite::cases(Algorithm::V4a);
    assert_eq!(cases.len(), 40);
    let judged: Vec<_> = cases
        .into_iter()
        .filter_map(|case| {
            let key: Value =
                serde_json::from_slice(&fs::read(case.dir.join("public-key.json")).ok()?).unwrap();
            let point = ["04", key["X"].as_str().unwrap(), key["Y"].as_str().unwrap()].concat();
            Some((case, unhex(&point)))
        })
        .collect();
    assert_eq!(judged.len(), 38);
    judged
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn fields(headers: &[(Vec<u8>, Vec<u8>)]) -> BTreeSet<(String, String)> {
    let field = |(name, value): &(Vec<u8>, Vec<u8>)| {
        let value = text(value.clone()).trim().to_owned();
        (text(name.clone()).to_ascii_lowercase(), value.split(", Signature=").next().unwrap().to_owned())
    };
    headers.iter().map(field).collect()
}

#[test]
fn header_signatures() {
    for (case, public_key) in judged() {
        let (request, payload, name) = (case.request(), Payload::Bytes(&case.body), &case.name);
        let explained =
            explain(&request, payload, &case.credentials, &case.scope, &case.settings, case.now).unwrap();
        let canonical = text(explained.canonical_request);
        assert_eq!(canonical, case.expected("header-canonical-request.txt"), "{name}");
        let to_sign = text(explained.string_to_sign);
        assert_eq!(to_sign, case.expected("header-string-to-sign.txt"), "{name}");
        let signed =
            sign(&request, payload, &case.credentials, &case.scope, &case.settings, case.now).unwrap();
        assert!(is_right(&public_key, to_sign.as_bytes(), signed.signature()), "{name}");
        assert!(!is_right(&public_key, canonical.as_bytes(), signed.signature()), "{name}");
        let (_, _, theirs, _) = parse_raw(case.expected("header-signed-request.txt").as_bytes());
        assert_eq!(fields(&signed.apply(&request)), fields(&theirs), "{name}");
    }
}

#[test]
fn query_signatures() {
    for (case, public_key) in judged() {
        let (request, payload, name) = (case.request(), Payload::Bytes(&case.body), &case.name);
        let (keys, scope, settings) = (&case.credentials, &case.scope, &case.settings);
        let explained =
            explain_presign(&request, payload, keys, scope, settings, case.expires, case.now).unwrap();
        let canonical = text(explained.canonical_request);
        assert_eq!(canonical, case.expected("query-canonical-request.txt"), "{name}");
        let to_sign = text(explained.string_to_sign);
        assert_eq!(to_sign, case.expected("query-string-to-sign.txt"), "{name}");
        let link = presign(&request, payload, keys, scope, settings, case.expires, case.now).unwrap();
        assert!(is_right(&public_key, to_sign.as_bytes(), link.signature()), "{name}");

        let (_, theirs, _, _) = parse_raw(case.expected("query-signed-request.txt").as_bytes());
        let query = |target: &[u8]| -> (String, BTreeSet<String>) {
            let target = text(target.to_vec());
            let (path, query) = target.split_once('?').unwrap();
            let params = query.split('&').filter(|param| !param.starts_with("X-Amz-Signature="));
            (path.to_owned(), params.map(str::to_owned).collect())
        };
        assert_eq!(query(link.target()), query(&theirs), "{name}");
    }
}

fn verify(
    case: &Case,
    target: &[u8],
    headers: &[(Vec<u8>, Vec<u8>)],
    policy: &Policy,
) -> Result<Verified, VerifyError> {
    let request = Request::new(&case.method, target, headers);
    Claim::parse(&request, policy, case.now)?.verify(&case.credentials, Payload::Bytes(&case.body))
}

#[test]
fn signatures_of_other_signers_verify() {
    for (case, _) in judged() {
        let (_, target, headers, _) = parse_raw(case.expected("header-signed-request.txt").as_bytes());
        let verified = verify(&case, &target, &headers, &case.policy()).map_err(|why| why.to_string());
        let verified = verified.unwrap_or_else(|why| panic!("{}: {why}", case.name));
        assert_eq!(verified.algorithm(), Algorithm::V4a);
        assert_eq!(verified.scope().region_set().unwrap().collect::<Vec<_>>(), ["us-east-1"]);
        if case.settings.session_token == SessionToken::Append {
            continue;
        }
        let (_, target, headers, _) = parse_raw(case.expected("query-signed-request.txt").as_bytes());
        assert!(verify(&case, &target, &headers, &Policy::default()).is_ok(), "{}", case.name);
    }
}

#[test]
fn signatures_of_awscrt_verify() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/sigv4/awscrt-v4a.json");
    let cases: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), 24);
    for case in cases {
        let text = |name: &str| case[name].as_str().unwrap();
        let mut keys = Credentials::new(text("access_key_id"), text("secret_access_key"));
        if let Some(token) = case["session_token"].as_str() {
            keys = keys.with_session_token(token);
        }
        let pairs = case["headers"].as_array().unwrap().iter();
        let headers: Vec<(String, String)> =
            pairs.map(|pair| (pair[0].as_str().unwrap().into(), pair[1].as_str().unwrap().into())).collect();
        let request = Request::new(text("method"), text("target"), &headers);
        let claim = Claim::parse(&request, &Policy::default(), NOW).unwrap();
        assert_eq!(claim.scope(), &Scope::regions(text("region_set").split(','), text("service")));
        let body = text("body").as_bytes();
        let payload = if body.is_empty() { Payload::Declared } else { Payload::Bytes(body) };
        let result = claim.verify(&keys, payload).map(|verified| verified.access_key_id().to_owned());
        assert_eq!(result.as_deref().map_err(ToString::to_string), Ok(text("access_key_id")), "{case}");

        let other = Credentials::new(text("access_key_id"), "another secret");
        let claim = Claim::parse(&request, &Policy::default(), NOW).unwrap();
        let error = claim.verify(&other, payload).err().unwrap();
        assert_eq!(error.kind(), VerifyErrorKind::SignatureMismatch);
    }
}

#[test]
fn the_published_key_signs() {
    let file =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/sigv4/sigv4a-key-derivation.json");
    let cases: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let text = |name: &str| cases[0][name].as_str().unwrap();
    let keys = Credentials::new(text("access_key_id"), text("secret_access_key"));
    let public_key = unhex(&["04", text("public_x"), text("public_y")].concat());
    let headers = [("Host", "x.mrap.accesspoint.s3-global.amazonaws.com")];
    let request = Request::new("GET", "/key", &headers);
    let scope = Scope::regions(["*"], "s3");
    let settings = Settings::default();
    let to_sign = explain(&request, Payload::Unsigned, &keys, &scope, &settings, NOW).unwrap().string_to_sign;
    let signed = sign(&request, Payload::Unsigned, &keys, &scope, &settings, NOW).unwrap();
    assert!(is_right(&public_key, &to_sign, signed.signature()));
    // No randomness: the same request has the same signature.
    let again = sign(&request, Payload::Unsigned, &keys, &scope, &settings, NOW).unwrap();
    assert_eq!(signed.signature(), again.signature());
}

#[test]
fn a_long_key_id_works() {
    let id: String = (b'A'..=b'Z').cycle().take(312).map(char::from).collect();
    let client = Client::new(Credentials::new(id, "secret"), Scope::regions(["us-east-1", "eu-*"], "s3"));
    assert_eq!(client.verified().access_key_id().len(), 312);
    assert!(
        client.claim(&client.signed()).unwrap().verify(&Secret::new("other"), Payload::Unsigned).is_err()
    );
}

/// One GET to S3, signed, and perhaps tampered with.
struct Client {
    keys: Credentials,
    scope: Scope,
    policy: Policy,
    settings: Settings,
}

impl Client {
    fn new(keys: Credentials, scope: Scope) -> Self {
        Self { keys, scope, policy: Policy::default(), settings: Settings::default() }
    }

    fn anywhere() -> Self {
        Self::new(Credentials::new("AKIAPLACEHOLDER00001", "placeholder"), Scope::regions(["*"], "s3"))
    }

    const HEADERS: [(&str, &str); 2] =
        [("Host", "x.mrap.accesspoint.s3-global.amazonaws.com"), ("X-Amz-Meta-A", "b")];

    fn signed(&self) -> Pairs {
        let request = Request::new("GET", "/a//b?c=d", &Self::HEADERS);
        sign(&request, Payload::Unsigned, &self.keys, &self.scope, &self.settings, NOW)
            .unwrap()
            .apply(&request)
    }

    fn link(&self) -> String {
        let headers = [Self::HEADERS[0]];
        let request = Request::new("GET", "/a//b?c=d", &headers);
        let expires = Duration::from_secs(900);
        let link =
            presign(&request, Payload::Unsigned, &self.keys, &self.scope, &self.settings, expires, NOW);
        text(link.unwrap().target().to_vec())
    }

    fn claim(&self, headers: &[(Vec<u8>, Vec<u8>)]) -> Result<Claim, VerifyError> {
        Claim::parse(&Request::new("GET", "/a//b?c=d", headers), &self.policy, NOW)
    }

    fn claim_link(&self, link: &str, headers: &[(&str, &str)]) -> Result<Claim, VerifyError> {
        Claim::parse(&Request::new("GET", link, headers), &self.policy, NOW)
    }

    fn verified(&self) -> Verified {
        self.claim(&self.signed()).unwrap().verify(&self.keys, Payload::Declared).ok().unwrap()
    }

    fn verified_link(&self) -> Verified {
        let claim = self.claim_link(&self.link(), &[Self::HEADERS[0]]).unwrap();
        claim.verify(&self.keys, Payload::Declared).ok().unwrap()
    }

    #[track_caller]
    fn refused(&self, headers: &[(Vec<u8>, Vec<u8>)]) -> VerifyError {
        match self.claim(headers).and_then(|claim| claim.verify(&self.keys, Payload::Declared)) {
            Err(error) => error,
            Ok(_) => panic!("must be refused"),
        }
    }
}

fn set(headers: &mut Pairs, name: &str, change: impl FnOnce(&str) -> String) {
    let field = headers.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).unwrap();
    field.1 = change(std::str::from_utf8(&field.1).unwrap()).into_bytes();
}

#[test]
fn faults_of_a_region_set_are_named() {
    use VerifyErrorKind as Kind;
    let client = Client::anywhere();
    let mut widened = client.signed();
    set(&mut widened, "x-amz-region-set", |_| "us-east-1".into());
    assert_eq!(client.refused(&widened).kind(), Kind::SignatureMismatch);
    let mut none = client.signed();
    none.retain(|(name, _)| name != b"x-amz-region-set");
    assert_eq!(client.refused(&none).kind(), Kind::MalformedAuthorization);
    let mut odd = client.signed();
    set(&mut odd, "x-amz-region-set", |_| "us east".into());
    assert_eq!(client.refused(&odd).kind(), Kind::MalformedAuthorization);
    let mut twice = client.signed();
    twice.push((b"X-Amz-Region-Set".to_vec(), b"*".to_vec()));
    assert_eq!(client.refused(&twice).kind(), Kind::DuplicateHeader);
    // A region set that is not signed is refused even where other x-amz-* headers may go unsigned.
    let mut lenient = Client::anywhere();
    lenient.policy = Policy::default().lenient();
    let mut unsigned = lenient.signed();
    set(&mut unsigned, "authorization", |value| value.replace(";x-amz-region-set", ""));
    assert_eq!(lenient.refused(&unsigned).kind(), Kind::HeaderNotSigned);
    // The region is no part of the credential.
    let mut regional = client.signed();
    set(&mut regional, "authorization", |value| value.replace("/20270115/s3/", "/20270115/us-east-1/s3/"));
    assert_eq!(client.refused(&regional).kind(), Kind::WrongScope);
    let mut upper = client.signed();
    set(&mut upper, "authorization", |value| {
        let (start, signature) = value.split_once("Signature=").unwrap();
        format!("{start}Signature={}", signature.to_ascii_uppercase())
    });
    assert_eq!(client.refused(&upper).kind(), Kind::SignatureMismatch);
    // One algorithm's name over the other's signature.
    let mut renamed = client.signed();
    set(&mut renamed, "authorization", |value| value.replace("ECDSA-P256", "HMAC"));
    assert_eq!(client.refused(&renamed).aws_code(), "AuthorizationHeaderMalformed");

    let host = [Client::HEADERS[0]];
    let link = client.link();
    let kind = |link: &str, headers: &[(&str, &str)]| match client.claim_link(link, headers) {
        Err(error) => Some(error.kind()),
        Ok(claim) => claim.verify(&client.keys, Payload::Declared).err().map(|error| error.kind()),
    };
    assert_eq!(kind(&link, &host), None);
    assert_eq!(
        kind(&link.replace("Region-Set=%2A", "Region-Set=us-east-1"), &host),
        Some(Kind::SignatureMismatch)
    );
    assert_eq!(kind(&link.replace("&X-Amz-Region-Set=%2A", ""), &host), Some(Kind::MalformedAuthorization));
    assert_eq!(kind(&format!("{link}&X-Amz-Region-Set=%2A"), &host), Some(Kind::MalformedAuthorization));
    let both = [host[0], ("x-amz-region-set", "*")];
    assert_eq!(kind(&link, &both), Some(Kind::MalformedAuthorization));
}

#[test]
fn a_policy_may_refuse_sigv4a_and_bind_the_region() {
    let mut client = Client::anywhere();
    client.policy.sigv4a = false;
    let error = client.refused(&client.signed());
    assert_eq!(error.kind(), VerifyErrorKind::UnsupportedAlgorithm);
    assert_eq!((error.aws_code(), error.status()), ("InvalidRequest", 400));
    assert!(error.to_string().contains("AWS4-ECDSA-P256-SHA256"), "{error}");
    assert!(error.operator_detail().contains("sigv4a"), "{}", error.operator_detail());
    let error = client.claim_link(&client.link(), &[Client::HEADERS[0]]).err().unwrap();
    assert_eq!(error.kind(), VerifyErrorKind::UnsupportedAlgorithm);

    let mut bound = Client::anywhere();
    bound.policy.region = Some("eu-west-1".into());
    assert_eq!(bound.verified().region(), "*");
    bound.scope = Scope::regions(["us-*", "eu-central-1"], "s3");
    assert_eq!(bound.refused(&bound.signed()).kind(), VerifyErrorKind::WrongScope);
}

#[test]
fn an_unknown_key_is_refused_as_a_wrong_one() {
    let mut client = Client::anywhere();
    let error = client.claim(&client.signed()).unwrap().refuse_unknown(Payload::Declared);
    assert_eq!(error.kind(), VerifyErrorKind::UnknownKey);
    client.policy.uniform_errors = true;
    let error = client.claim(&client.signed()).unwrap().refuse_unknown(Payload::Declared);
    assert_eq!(error.aws_code(), "SignatureDoesNotMatch");
}

#[test]
fn a_scope_that_cannot_be_signed() {
    let headers = [Client::HEADERS[0]];
    let request = Request::new("GET", "/", &headers);
    let keys = Credentials::new("AKID", "secret");
    let fails = |scope: Scope, payload: Payload<'_>| {
        sign(&request, payload, &keys, &scope, &Settings::default(), NOW).err()
    };
    for set in [&[][..], &[""], &["us-east-1", ""], &["us east"], &["a\nb"]] {
        let found = fails(Scope::regions(set, "s3"), Payload::Unsigned);
        assert_eq!(found, Some(SignError::Scope("region")), "{set:?}");
    }
    let everywhere = || Scope::regions(["*"], "s3");
    assert_eq!(fails(everywhere(), Payload::Streaming(Streaming::EcdsaChunks)), None);
    assert_eq!(
        fails(everywhere(), Payload::Streaming(Streaming::Chunks)),
        Some(SignError::Streaming("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"))
    );
    assert!(fails(Scope::new("us-east-1", "s3"), Payload::Streaming(Streaming::EcdsaChunks)).is_some());
}

fn value<'a>(head: &'a Resigned, name: &str) -> Option<&'a str> {
    let mut found = head.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()));
    let first = found.next().map(|(_, value)| std::str::from_utf8(value).unwrap());
    assert!(found.next().is_none(), "{name} is there twice");
    first
}

/// What leaves is right under the real key, to our verifier and to ring.
#[test]
fn a_verified_request_is_signed_again() {
    let (suite, public_key) = judged().remove(0);
    let real = suite.credentials.clone().with_session_token("real-token");
    let mut client = Client::anywhere();
    client.scope = Scope::regions(["us-east-1", "eu-*"], "s3");
    let later = NOW + Duration::from_secs(2);
    let head = resign(client.verified(), &Upstream::new(Client::HEADERS[0].1), &real, later).ok().unwrap();
    assert_eq!(value(&head, "x-amz-region-set"), Some("us-east-1,eu-*"));
    assert_eq!(value(&head, "x-amz-security-token"), Some("real-token"));
    let authorization = value(&head, "authorization").unwrap();
    assert!(
        authorization.starts_with("AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20270115/s3/aws4_request, ")
    );

    let mut bare = Pairs::from(&head.headers);
    bare.retain(|(name, _)| name != b"authorization");
    let request = Request::new(&head.method, &head.target, &bare);
    let explained =
        explain(&request, Payload::Unsigned, &real, &client.scope, &Settings::default(), later).unwrap();
    let signature = authorization.split("Signature=").nth(1).unwrap();
    assert!(is_right(&public_key, &explained.string_to_sign, signature));
    let request = Request::new(&head.method, &head.target, &head.headers);
    let claim = Claim::parse(&request, &Policy::default(), later).unwrap();
    assert!(claim.verify(&real, Payload::Declared).is_ok());

    let verified = client.verified_link();
    let head = resign(verified, &Upstream::new(Client::HEADERS[0].1), &real, later).ok().unwrap();
    let target = text(head.target.clone());
    assert!(target.contains("X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&"), "{target}");
    assert!(target.contains("&X-Amz-Region-Set=us-east-1%2Ceu-%2A&"), "{target}");
    assert!(target.contains("&X-Amz-Security-Token=real-token&") && !target.contains("AKIAPLACEHOLDER"));
    let request = Request::new(&head.method, &head.target, &head.headers);
    let claim = Claim::parse(&request, &Policy::default(), later).unwrap();
    assert!(claim.verify(&real, Payload::Declared).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_signed_verifies(
        path in "/[a-zA-Z0-9/._~%+ -]{0,30}",
        pairs in prop::collection::vec(("[a-zA-Z]{1,6}", "[a-zA-Z0-9+ ]{0,8}"), 0..4),
        regions in prop::collection::vec("[a-z]{2}-[a-z]{2,5}-[1-9]|\\*|[a-z]{2}-\\*", 1..5),
        service in prop::sample::select(vec!["s3", "events", "execute-api", "s3-outposts"]),
        secret in "[ -~]{1,64}",
        id in "[A-Za-z0-9/]{1,400}",
        body in prop::collection::vec(any::<u8>(), 0..64),
        query in any::<bool>(),
    ) {
        let path = path.replace('%', "%25");
        let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let target = format!("{path}?{}", pairs.join("&"));
        let keys = Credentials::new(id, secret);
        let scope = Scope::regions(&regions, service);
        let headers = [("Host", "example.amazonaws.com"), ("Content-Type", "text/plain")];
        let (payload, settings) = (Payload::Bytes(&body), Settings::default());
        let request = Request::new("PUT", &target, &headers);
        let (target, headers) = if query {
            let expires = Duration::from_secs(60);
            let link = presign(&request, payload, &keys, &scope, &settings, expires, NOW).unwrap();
            let headers = headers.map(|(name, value)| (name.into(), value.into()));
            (link.target().to_vec(), headers.to_vec())
        } else {
            let signed = sign(&request, payload, &keys, &scope, &settings, NOW).unwrap();
            (target.clone().into_bytes(), signed.apply(&request))
        };
        let request = Request::new("PUT", &target, &headers);
        let claim = Claim::parse(&request, &Policy::default(), NOW).unwrap();
        prop_assert_eq!(claim.scope(), &scope);
        prop_assert_eq!(claim.access_key_id(), keys.access_key_id());
        let verified = claim.verify(&keys, payload);
        prop_assert!(verified.is_ok());
        let real = Credentials::new("AKIAREAL", "real");
        let head = resign(verified.ok().unwrap(), &Upstream::new("example.amazonaws.com"), &real, NOW).ok().unwrap();
        let request = Request::new(&head.method, &head.target, &head.headers);
        let claim = Claim::parse(&request, &Policy::default(), NOW).unwrap();
        prop_assert_eq!(claim.scope(), &scope);
        prop_assert!(claim.verify(&real, payload).is_ok());
    }
}
