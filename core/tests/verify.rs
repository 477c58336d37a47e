//! What a verifier must refuse, and what honest clients do that it must accept.
#![allow(clippy::disallowed_methods, reason = "a test is a host")]

use std::time::Duration;

use awsaccess::credentials::Credentials;
use awsaccess::secret::Secret;
use awsaccess::sigv4::{
    Claim, HostForm, Payload, Plus, Policy, Repeated, Request, Scope, SessionToken, Settings, Verified,
    VerifyError, VerifyErrorKind as Kind, VerifyFailure, sign, verify,
};
use awsaccess::time::Time;

const NOW: Time = Time::from_unix(1_800_000_000);

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

fn keys() -> Credentials {
    Credentials::new("AKIAPLACEHOLDER00001", "placeholder-secret")
}

fn signed_with(
    credentials: &Credentials,
    service: &str,
    target: &str,
    extra: &[(&str, &str)],
    body: &[u8],
) -> Pairs {
    let mut headers = vec![("Host", "example.amazonaws.com")];
    headers.extend_from_slice(extra);
    let request = Request::new("POST", target, &headers);
    let scope = Scope::new("eu-west-1", service);
    sign(&request, Payload::Bytes(body), credentials, &scope, &Settings::default(), NOW)
        .unwrap()
        .apply(&request)
}

fn signed(service: &str, target: &str, extra: &[(&str, &str)]) -> Pairs {
    signed_with(&keys(), service, target, extra, b"")
}

fn check_at(headers: &Pairs, target: &str, now: Time) -> Result<Verified, VerifyError> {
    let request = Request::new("POST", target, headers);
    Claim::parse(&request, &Policy::default(), now)?.verify(&keys(), Payload::Bytes(b""))
}

fn check(headers: &Pairs, target: &str) -> Result<Verified, VerifyError> {
    check_at(headers, target, NOW)
}

#[track_caller]
fn refused(result: Result<Verified, VerifyError>, kind: Kind) -> VerifyError {
    let error = result.err().expect("it must be refused");
    assert_eq!(error.kind(), kind, "{error}: {}", error.operator_detail());
    error
}

fn set(headers: &mut Pairs, name: &str, value: &str) {
    let field = headers.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).unwrap();
    field.1 = value.into();
}

fn add(headers: &mut Pairs, name: &str, value: &str) {
    headers.push((name.into(), value.into()));
}

fn value(headers: &Pairs, name: &str) -> String {
    let field = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).unwrap();
    String::from_utf8(field.1.clone()).unwrap()
}

#[test]
fn nobody_on_the_way_may_add_what_aws_reads() {
    for name in ["x-amz-acl", "X-Amz-Copy-Source", "x-amz-meta-a", "X-AMZ-Target"] {
        let mut headers = signed("sts", "/", &[]);
        add(&mut headers, name, "1");
        let error = refused(check(&headers, "/"), Kind::HeaderNotSigned);
        assert_eq!((error.aws_code(), error.status()), ("SignatureDoesNotMatch", 403));
        let mut headers = signed("s3", "/", &[]);
        add(&mut headers, name, "1");
        let error = refused(check(&headers, "/"), Kind::HeaderNotSigned);
        assert_eq!((error.aws_code(), error.status()), ("AccessDenied", 403));
    }
    let mut headers = signed("s3", "/", &[]);
    add(&mut headers, "Content-Type", "text/html");
    refused(check(&headers, "/"), Kind::HeaderNotSigned);
    let mut headers = signed("s3", "/", &[]);
    add(&mut headers, "x-amz-cf-id", "1");
    let mut policy = Policy::default();
    policy.unsigned_amz = vec!["X-Amz-Cf-Id".into()];
    let request = Request::new("POST", "/", &headers);
    assert!(
        Claim::parse(&request, &policy, NOW)
            .and_then(|claim| claim.verify(&keys(), Payload::Bytes(b"")))
            .is_ok()
    );
}

#[test]
fn the_clock_differs_by_service() {
    let minutes = |n: u64| Duration::from_secs(60 * n);
    let (sts, s3) = (signed("sts", "/", &[]), signed("s3", "/", &[]));
    assert!(check_at(&sts, "/", NOW + minutes(5)).is_ok() && check_at(&sts, "/", NOW - minutes(5)).is_ok());
    let late = refused(check_at(&sts, "/", NOW + minutes(5) + Duration::from_secs(1)), Kind::Expired);
    assert_eq!(late.aws_code(), "SignatureDoesNotMatch");
    assert_eq!(
        late.to_string(),
        "Signature expired: 20270115T080000Z is now earlier than 20270115T080001Z (20270115T080501Z - 5 min.)"
    );
    refused(check_at(&sts, "/", NOW - minutes(6)), Kind::NotYetValid);
    assert!(check_at(&s3, "/", NOW + minutes(15)).is_ok());
    assert_eq!(
        refused(check_at(&s3, "/", NOW + minutes(16)), Kind::Expired).aws_code(),
        "RequestTimeTooSkewed"
    );
}

#[test]
fn singletons_are_single_and_authentication_is_one() {
    for name in ["Host", "Authorization", "X-Amz-Date", "x-amz-content-sha256"] {
        let mut headers = signed("s3", "/", &[]);
        let again = value(&headers, name);
        add(&mut headers, name, &again);
        refused(check(&headers, "/"), Kind::DuplicateHeader);
    }
    for query in [
        "X-Amz-Signature=00",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Security-Token=t",
        "X-Amz-%43redential=x",
    ] {
        let target = format!("/?{query}");
        let headers = signed("s3", &target, &[]);
        refused(check(&headers, &target), Kind::MultipleAuthentication);
    }
}

#[test]
fn the_token_is_the_keys_or_there_is_none() {
    let with = |token: &str| keys().with_session_token(token);
    let headers = signed_with(&with("right"), "sts", "/", &[], b"");
    let request = Request::new("POST", "/", &headers);
    let verify_with = |expected: &Credentials| {
        Claim::parse(&request, &Policy::default(), NOW)
            .and_then(|claim| claim.verify(expected, Payload::Bytes(b"")))
    };
    assert!(verify_with(&with("right")).is_ok());
    refused(verify_with(&with("wrong")), Kind::InvalidToken);
    let error = refused(verify_with(&keys()), Kind::InvalidToken);
    assert_eq!((error.aws_code(), error.status()), ("InvalidClientTokenId", 403));
    let bare = signed("sts", "/", &[]);
    let request = Request::new("POST", "/", &bare);
    let claim = Claim::parse(&request, &Policy::default(), NOW).unwrap();
    refused(claim.verify(&with("right"), Payload::Bytes(b"")), Kind::InvalidToken);

    // Added after signing, it passes only where the policy is lenient, as for IoT.
    let scope = Scope::new("eu-west-1", "iotdevicegateway");
    let late = Settings { session_token: SessionToken::Append, ..Settings::default() };
    let host = [("Host", "example.amazonaws.com")];
    let request = Request::new("POST", "/", &host);
    let headers =
        sign(&request, Payload::Bytes(b""), &with("right"), &scope, &late, NOW).unwrap().apply(&request);
    let request = Request::new("POST", "/", &headers);
    assert!(Claim::parse(&request, &Policy::default(), NOW).is_err());
    let claim = Claim::parse(&request, &Policy::default().lenient(), NOW).unwrap();
    assert!(claim.verify(&with("right"), Payload::Bytes(b"")).is_ok());
}

#[test]
fn a_token_of_other_credentials_is_not_sent_on() {
    let headers = [("Host", "h"), ("X-Amz-Security-Token", "stale")];
    let request = Request::new("GET", "/", &headers);
    let scope = Scope::new("r", "sts");
    let signed = sign(&request, Payload::Bytes(b""), &keys(), &scope, &Settings::default(), NOW).unwrap();
    assert!(!signed.apply(&request).iter().any(|(_, value)| value == b"stale"));
}

#[test]
fn an_unknown_key_says_no_more_than_it_must() {
    let headers = signed("sts", "/", &[]);
    let request = Request::new("POST", "/", &headers);
    let nobody = |_: &str| -> Result<Option<Secret>, &'static str> { Ok(None) };
    let failure = verify(&request, Payload::Bytes(b""), &Policy::default(), nobody, NOW).err().unwrap();
    let VerifyFailure::Refused(error) = failure else { panic!("the lookup did not fail") };
    assert_eq!((error.kind(), error.aws_code()), (Kind::UnknownKey, "InvalidClientTokenId"));
    let mut policy = Policy::default();
    policy.uniform_errors = true;
    let unknown = verify(&request, Payload::Bytes(b""), &policy, nobody, NOW).err().unwrap();
    let wrong = |_: &str| -> Result<_, &'static str> { Ok(Some(Secret::new("wrong"))) };
    let wrong = verify(&request, Payload::Bytes(b""), &policy, wrong, NOW).err().unwrap();
    assert_eq!(unknown.to_string(), wrong.to_string());
    let broken = |_: &str| -> Result<Option<Secret>, _> { Err("the store is down") };
    let failure = verify(&request, Payload::Bytes(b""), &Policy::default(), broken, NOW).err().unwrap();
    assert_eq!(failure, VerifyFailure::Lookup("the store is down"));
}

#[test]
fn the_body_is_the_one_declared() {
    let headers = signed_with(&keys(), "s3", "/", &[], b"hello");
    let request = Request::new("POST", "/", &headers);
    let with = |payload| {
        Claim::parse(&request, &Policy::default(), NOW).and_then(|claim| claim.verify(&keys(), payload))
    };
    assert!(with(Payload::Bytes(b"hello")).is_ok() && with(Payload::Declared).is_ok());
    let error = refused(with(Payload::Bytes(b"hellO")), Kind::PayloadMismatch);
    assert_eq!((error.aws_code(), error.status()), ("XAmzContentSHA256Mismatch", 400));

    // Not declared: the body itself was signed, and must be at hand.
    let headers = signed_with(&keys(), "sts", "/", &[("Content-Length", "5")], b"hello");
    let request = Request::new("POST", "/", &headers);
    let with = |payload| {
        Claim::parse(&request, &Policy::default(), NOW).and_then(|claim| claim.verify(&keys(), payload))
    };
    assert!(with(Payload::Bytes(b"hello")).is_ok());
    refused(with(Payload::Bytes(b"hellO")), Kind::SignatureMismatch);
    refused(with(Payload::Declared), Kind::PayloadRequired);

    for literal in ["UNSIGNED-PAYLOAD", "STREAMING-NEW", "unsigned-payload", ""] {
        let mut headers = signed("sts", "/", &[("X-Amz-Content-Sha256", "x")]);
        set(&mut headers, "x-amz-content-sha256", literal);
        refused(check(&headers, "/"), Kind::UnsupportedPayload);
    }
}

#[test]
fn an_altered_or_missing_signed_header_is_named_to_the_operator() {
    let mut headers = signed("sts", "/", &[("X-Custom", "1")]);
    headers.retain(|(name, _)| name != b"X-Custom");
    let error = refused(check(&headers, "/"), Kind::SignedHeaderAbsent);
    assert!(error.operator_detail().contains("`x-custom`") && !error.to_string().contains("x-custom"));
    let mut headers = signed("sts", "/", &[("X-Custom", "1")]);
    set(&mut headers, "x-custom", "2");
    refused(check(&headers, "/"), Kind::SignatureMismatch);
}

/// A request as a client of another habit signs it: `Authorization` over a canonical request of its own.
fn signed_by_hand(canonical: &str, headers: &[(&str, &str)], names: &str) -> Pairs {
    use ring::hmac::{HMAC_SHA256, Key, sign};
    use sha2::{Digest, Sha256};
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mac = |key: &[u8], text: &str| sign(&Key::new(HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec();
    let scope = "20270115/eu-west-1/sts/aws4_request";
    let to_sign = format!("AWS4-HMAC-SHA256\n20270115T080000Z\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let key = ["20270115", "eu-west-1", "sts", "aws4_request"]
        .iter()
        .fold(b"AWS4placeholder-secret".to_vec(), |key, part| mac(&key, part));
    let signature = hex(&mac(&key, &to_sign));
    let authorization = format!(
        "AWS4-HMAC-SHA256 SignedHeaders={names},Signature={signature} ,Credential=AKIAPLACEHOLDER00001/{scope}"
    );
    let mut all: Pairs =
        headers.iter().map(|(n, v)| (n.as_bytes().to_vec(), v.as_bytes().to_vec())).collect();
    add(&mut all, "x-amz-date", "20270115T080000Z");
    add(&mut all, "authorization", &authorization);
    all
}

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn honest_clients_of_other_habits_are_accepted() {
    // A plus that means a space, as curl signs it.
    let canonical =
        format!("POST\n/\nq=a%20b\nhost:h\nx-amz-date:20270115T080000Z\n\nhost;x-amz-date\n{EMPTY}");
    let headers = signed_by_hand(&canonical, &[("Host", "h")], "host;x-amz-date");
    assert_eq!(check(&headers, "/?q=a+b").ok().unwrap().variant().plus, Plus::Space);

    // The default port in the signed host, or not, whatever the Host header says.
    let canonical = format!("POST\n/\n\nhost:h:443\nx-amz-date:20270115T080000Z\n\nhost;x-amz-date\n{EMPTY}");
    let headers = signed_by_hand(&canonical, &[("Host", "h")], "host;x-amz-date");
    assert_eq!(check(&headers, "/").ok().unwrap().variant().host, HostForm::WithPort);
    let canonical = format!("POST\n/\n\nhost:h\nx-amz-date:20270115T080000Z\n\nhost;x-amz-date\n{EMPTY}");
    let headers = signed_by_hand(&canonical, &[("Host", "h:443")], "host;x-amz-date");
    assert_eq!(check(&headers, "/").ok().unwrap().variant().host, HostForm::WithoutPort);

    // Repeated headers, sorted as botocore sorts them.
    let canonical =
        format!("POST\n/\n\nhost:h\nx-a:1,2\nx-amz-date:20270115T080000Z\n\nhost;x-a;x-amz-date\n{EMPTY}");
    let headers =
        signed_by_hand(&canonical, &[("Host", "h"), ("X-A", "2"), ("X-A", "1")], "host;x-a;x-amz-date");
    assert_eq!(check(&headers, "/").ok().unwrap().variant().repeated, Repeated::Sorted);

    // A path that was not normalised.
    let canonical =
        format!("POST\n/a//./b\n\nhost:h\nx-amz-date:20270115T080000Z\n\nhost;x-amz-date\n{EMPTY}");
    let headers = signed_by_hand(&canonical, &[("Host", "h")], "host;x-amz-date");
    assert!(check(&headers, "/a//./b").is_ok());

    // The user agent, signed as old Java SDKs do: verified like any other.
    let canonical = format!(
        "POST\n/\n\nhost:h\nuser-agent:aws-sdk-java\nx-amz-date:20270115T080000Z\n\nhost;user-agent;x-amz-date\n{EMPTY}"
    );
    let mut headers = signed_by_hand(
        &canonical,
        &[("Host", "h"), ("User-Agent", "aws-sdk-java")],
        "host;user-agent;x-amz-date",
    );
    assert!(check(&headers, "/").is_ok());
    set(&mut headers, "user-agent", "rewritten");
    refused(check(&headers, "/"), Kind::SignatureMismatch);
}

#[test]
fn grammar_and_hops() {
    let with_authorization = |text: &str| {
        let mut headers = signed("sts", "/", &[]);
        let old = value(&headers, "authorization");
        set(&mut headers, "authorization", &text.replace("{}", &old));
        headers
    };
    refused(check(&with_authorization("Bearer x"), "/"), Kind::MissingAuthentication);
    refused(check(&with_authorization("AWS4-HMAC-SHA512 Credential=x"), "/"), Kind::UnsupportedAlgorithm);
    refused(check(&with_authorization("{}, Extra=1"), "/"), Kind::MalformedAuthorization);
    refused(check(&with_authorization("{}, Signature=00"), "/"), Kind::MalformedAuthorization);
    assert!(check(&with_authorization("  {} "), "/").is_ok());
    let upper = value(&signed("sts", "/", &[]), "authorization");
    let (start, signature) = upper.split_once("Signature=").unwrap();
    let upper = format!("{start}Signature={}", signature.to_uppercase());
    refused(check(&with_authorization(&upper), "/"), Kind::SignatureMismatch);
    for names in ["host;x-amz-date;x-amz-date", "x-amz-date;host", "Host;x-amz-date", "host;;x-amz-date", ""]
    {
        let mut headers = signed("sts", "/", &[]);
        let old = value(&headers, "authorization");
        set(&mut headers, "authorization", &old.replace("host;x-amz-date", names));
        refused(check(&headers, "/"), Kind::MalformedAuthorization);
    }
    for hop in ["connection", "transfer-encoding", "authorization", "te"] {
        let mut names = ["host", "x-amz-date", hop];
        names.sort_unstable();
        let mut headers = signed("sts", "/", &[]);
        let old = value(&headers, "authorization");
        set(&mut headers, "authorization", &old.replace("host;x-amz-date", &names.join(";")));
        refused(check(&headers, "/"), Kind::HopSigned);
    }
}

#[test]
fn a_refusal_is_one_line_whatever_was_folded() {
    for change in [
        ("aws4_request", "aws4\r\n request"),
        ("Signature=", "Sig\n nature="),
        ("Credential=", "Credential\n "),
    ] {
        let mut headers = signed("sts", "/", &[]);
        let text = value(&headers, "authorization").replace(change.0, change.1);
        set(&mut headers, "authorization", &text);
        let error = check(&headers, "/").err().unwrap();
        assert!(!error.to_string().contains(['\r', '\n']), "{error:?}");
        assert!(!error.operator_detail().contains(['\r', '\n']), "{error:?}");
    }
}
