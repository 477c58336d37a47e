//! Sessions with directory buckets of S3 Express One Zone, whose token has a name of its own.
#![allow(clippy::disallowed_methods, reason = "a test is a host")]

mod oracle;

use std::time::Duration;

use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{
    Claim, Headers, Payload, Policy, Request, Resigned, Scope, SessionToken, Settings, SignError, Upstream,
    Verified, VerifyError, VerifyErrorKind, presign, resign, sign,
};
use awsaccess::time::Time;
use oracle::{Body, Judged};

const NOW: Time = Time::from_unix(1_800_000_000);
const HOST: &str = "bucket--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com";
const HEADERS: [(&str, &str); 1] = [("Host", HOST)];

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

fn session() -> Credentials {
    Credentials::new("ASIAPLACEHOLDER00001", "placeholder").with_session_token("session/token+==")
}

fn real() -> Credentials {
    Credentials::new("ASIAREALREALREALREAL", "real").with_session_token("real/token")
}

fn scope() -> Scope {
    Scope::new("us-west-2", "s3express")
}

fn settings() -> Settings {
    Settings { session_token: SessionToken::S3Express, ..Settings::default() }
}

fn signed(headers: &[(&str, &str)]) -> Pairs {
    let request = Request::new("GET", "/key", headers);
    sign(&request, Payload::Unsigned, &session(), &scope(), &settings(), NOW).unwrap().apply(&request)
}

fn link() -> Vec<u8> {
    let request = Request::new("GET", "/key", &HEADERS);
    let expires = Duration::from_secs(300);
    let link = presign(&request, Payload::Unsigned, &session(), &scope(), &settings(), expires, NOW).unwrap();
    link.target().to_vec()
}

fn verify<'a>(
    target: &'a [u8],
    headers: impl Into<Headers<'a>>,
    keys: &Credentials,
) -> Result<Verified, VerifyError> {
    let claim = Claim::parse(&Request::new("GET", target, headers), &Policy::default(), NOW)?;
    claim.verify(keys, Payload::Declared)
}

fn values<'a>(headers: impl Into<Headers<'a>>, name: &str) -> Vec<String> {
    let mut values = Vec::new();
    headers.into().each(|other, value| {
        if other.eq_ignore_ascii_case(name.as_bytes()) {
            values.push(String::from_utf8(value.to_vec()).unwrap());
        }
    });
    values
}

fn owned() -> Pairs {
    HEADERS.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

/// The AWS SDK's signer, with its own setting for this token.
fn judged(expires: Option<Duration>, name: &'static str) -> String {
    let content = ("x-amz-content-sha256".to_owned(), "UNSIGNED-PAYLOAD".to_owned());
    let mut headers = vec![("host".to_owned(), HOST.to_owned())];
    headers.extend(expires.is_none().then_some(content));
    let judged = Judged {
        method: "GET",
        target: "/key",
        headers: &headers,
        payload: Body::Literal("UNSIGNED-PAYLOAD"),
        credentials: &session(),
        region: "us-west-2",
        service: "s3express",
        expires,
        at: NOW,
    };
    judged.signature_with(|settings| settings.session_token_name_override = Some(name)).unwrap()
}

#[test]
fn the_token_is_signed_under_its_own_name() {
    // A token of the other name that the caller still has does not go along.
    let headers =
        signed(&[HEADERS[0], ("X-Amz-Security-Token", "stale"), ("x-amz-s3session-token", "stale")]);
    assert_eq!(values(&headers, "x-amz-s3session-token"), ["session/token+=="]);
    assert!(values(&headers, "x-amz-security-token").is_empty());
    let authorization = &values(&headers, "authorization")[0];
    assert!(authorization.contains("x-amz-date;x-amz-s3session-token, "), "{authorization}");
    let expected = judged(None, "x-amz-s3session-token");
    assert!(authorization.ends_with(&format!("Signature={expected}")), "{authorization}");
    assert!(verify(b"/key", &headers, &session()).is_ok());

    let target = String::from_utf8(link()).unwrap();
    assert!(target.contains("&X-Amz-S3session-Token=session%2Ftoken%2B%3D%3D"), "{target}");
    assert!(!target.contains("Security-Token"), "{target}");
    let expected = judged(Some(Duration::from_secs(300)), "X-Amz-S3session-Token");
    assert!(target.ends_with(&format!("X-Amz-Signature={expected}")), "{target}");
    assert!(verify(target.as_bytes(), &owned(), &session()).is_ok());

    let request = Request::new("GET", target.as_str(), &HEADERS);
    let again =
        presign(&request, Payload::Unsigned, &session(), &scope(), &settings(), Duration::from_secs(1), NOW);
    assert!(matches!(again.err(), Some(SignError::SignedAlready(_))));
}

#[test]
fn the_token_must_be_the_keys_and_signed_and_one() {
    let kind = |result: Result<Verified, VerifyError>| result.err().map(|error| error.kind());
    let headers = signed(&HEADERS);
    let other = Credentials::new("ASIAPLACEHOLDER00001", "placeholder").with_session_token("other");
    assert_eq!(kind(verify(b"/key", &headers, &other)), Some(VerifyErrorKind::InvalidToken));
    assert_eq!(kind(verify(&link(), &owned(), &other)), Some(VerifyErrorKind::InvalidToken));

    let mut two = headers.clone();
    two.push((b"x-amz-security-token".to_vec(), b"session/token+==".to_vec()));
    assert!(kind(verify(b"/key", &two, &session())).is_some());
    let mut two = link();
    two.extend_from_slice(b"&X-Amz-Security-Token=x");
    assert_eq!(kind(verify(&two, &owned(), &session())), Some(VerifyErrorKind::MalformedAuthorization));

    let mut unsigned = headers;
    let at = unsigned.iter().position(|(name, _)| name == b"authorization").unwrap();
    let value = values(&unsigned, "authorization")[0].replace(";x-amz-s3session-token", "");
    unsigned[at].1 = value.into_bytes();
    assert_eq!(kind(verify(b"/key", &unsigned, &session())), Some(VerifyErrorKind::HeaderNotSigned));
}

#[test]
fn the_name_stays_when_it_is_signed_again() {
    let upstream = Upstream::new(HOST);
    let again = |verified: Verified| -> Resigned { resign(verified, &upstream, &real(), NOW).ok().unwrap() };
    let head = again(verify(b"/key", &signed(&HEADERS), &session()).ok().unwrap());
    assert_eq!(values(&head.headers, "x-amz-s3session-token"), ["real/token"]);
    assert!(values(&head.headers, "x-amz-security-token").is_empty());
    assert!(verify(&head.target, &head.headers, &real()).is_ok());

    let head = again(verify(&link(), &owned(), &session()).ok().unwrap());
    let target = String::from_utf8(head.target.clone()).unwrap();
    assert!(target.contains("&X-Amz-S3session-Token=real%2Ftoken"), "{target}");
    assert!(!target.contains("Security-Token") && !target.contains("session%2Ftoken"), "{target}");
    assert!(verify(&head.target, &head.headers, &real()).is_ok());

    // The usual name stays as well.
    let request = Request::new("GET", "/key", &HEADERS);
    let usual = sign(&request, Payload::Unsigned, &session(), &scope(), &Settings::default(), NOW).unwrap();
    let head = again(verify(b"/key", &usual.apply(&request), &session()).ok().unwrap());
    assert_eq!(values(&head.headers, "x-amz-security-token"), ["real/token"]);
    assert!(values(&head.headers, "x-amz-s3session-token").is_empty());
}
