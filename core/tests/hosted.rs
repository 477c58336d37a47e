//! Keys that are not here: a signing key for one day, region and service, and one that the host holds.

use std::time::Duration;

use awsaccess::credentials::{Credentials, Delegate, SigningKey};
use awsaccess::effect::{SignAlgorithm, SignFailure};
use awsaccess::error::ErrorKind;
use awsaccess::sigv4::{
    Claim, HostKey, Payload, Policy, Request, ResignError, Scope, Settings, SignError, Streaming, Upstream,
    presign, presign_by_host, resign, resign_by_host, sign, sign_by_host,
};
use awsaccess::step::Step;
use awsaccess::time::Time;

const NOW: Time = Time::from_unix(1_440_938_160);
const HOST: &str = "dynamodb.us-east-1.amazonaws.com";
const HEADERS: [(&str, &str); 2] = [("Host", HOST), ("X-Amz-Target", "DynamoDB_20120810.GetItem")];

fn keys() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
        .with_session_token("token/of=it")
}

fn scope() -> Scope {
    Scope::new("us-east-1", "dynamodb")
}

fn host_key() -> HostKey {
    HostKey::new("hsm:slot-1", "AKIDEXAMPLE").with_session_token("token/of=it")
}

/// The device: an HMAC that nobody here wrote, over the key for the day.
fn device(message: &[u8]) -> Vec<u8> {
    let key = keys().signing_key(NOW, "us-east-1", "dynamodb");
    ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.expose()), message).as_ref().to_vec()
}

fn answered<T>(step: Step<T>) -> T {
    let Step::Sign(ask) = step else { panic!("it asks for a signature") };
    assert_eq!(
        (ask.request().key.as_str(), ask.request().algorithm),
        ("hsm:slot-1", SignAlgorithm::HmacSha256)
    );
    let reply = Ok(device(&ask.request().message));
    let Step::Done(Ok(done)) = ask.answer(NOW, reply) else { panic!("it is done") };
    done
}

#[test]
fn a_hosts_key_signs_as_the_secret_does() {
    let request = Request::new("POST", "/", &HEADERS);
    let (payload, settings) = (Payload::Bytes(b"{}"), Settings::default());
    let expected = sign(&request, payload, &keys(), &scope(), &settings, NOW).unwrap();
    let ours = answered(sign_by_host(&request, payload, &host_key(), &scope(), &settings, NOW).unwrap());
    assert_eq!(ours.signature(), expected.signature());
    assert!(ours.headers().eq(expected.headers()));

    let hour = Duration::from_secs(3600);
    let expected = presign(&request, payload, &keys(), &scope(), &settings, hour, NOW).unwrap();
    let ours =
        answered(presign_by_host(&request, payload, &host_key(), &scope(), &settings, hour, NOW).unwrap());
    assert_eq!((ours.target(), ours.signature()), (expected.target(), expected.signature()));
}

#[test]
fn a_hosts_key_signs_again_as_the_secret_does() {
    let client = Credentials::new("AKIAPLACEHOLDER", "placeholder");
    let request = Request::new("POST", "/?a=b", &HEADERS);
    let (payload, settings, upstream) = (Payload::Bytes(b"{}"), Settings::default(), Upstream::new(HOST));
    let sent = sign(&request, payload, &client, &scope(), &settings, NOW).unwrap().apply(&request);
    let link =
        presign(&request, payload, &client, &scope(), &settings, Duration::from_secs(50), NOW).unwrap();
    let forms = [Request::new("POST", "/?a=b", &sent), Request::new("POST", link.target(), &HEADERS)];
    for arrived in forms {
        let verified = || {
            Claim::parse(&arrived, &Policy::default(), NOW).unwrap().verify(&client, payload).ok().unwrap()
        };
        let expected = resign(verified(), &upstream, &keys(), NOW).unwrap();
        let ours = answered(resign_by_host(verified(), &upstream, &host_key(), NOW).unwrap());
        assert_eq!(ours.target, expected.target);
        assert!(ours.headers.iter().eq(expected.headers.iter()));
    }
}

#[test]
fn a_hosts_key_signs_for_regions() {
    use p256::ecdsa::signature::Signer as _;
    let real = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let request = Request::new("GET", "/", &HEADERS);
    let scope = Scope::regions(["us-east-1", "eu-*"], "dynamodb");
    let step =
        sign_by_host(&request, Payload::Bytes(b""), &host_key(), &scope, &Settings::default(), NOW).unwrap();
    let Step::Sign(ask) = step else { panic!("it asks for a signature") };
    assert_eq!(ask.request().algorithm, SignAlgorithm::EcdsaSha256Der);
    let signature: p256::ecdsa::Signature = real.sign(&ask.request().message);
    let Step::Done(Ok(signed)) = ask.answer(NOW, Ok(signature.to_der().as_bytes().to_vec())) else {
        panic!("done")
    };
    let hex: String = signature.to_der().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(signed.signature(), hex);
    assert!(signed.headers().any(|(name, value)| name == "authorization" && value.ends_with(&hex)));
}

#[test]
fn what_is_no_signature_is_an_error() {
    let request = Request::new("GET", "/", &HEADERS);
    let start = || {
        let step =
            sign_by_host(&request, Payload::Bytes(b""), &host_key(), &scope(), &Settings::default(), NOW);
        let Step::Sign(ask) = step.unwrap() else { panic!("it asks for a signature") };
        ask
    };
    let ends = |step: Step<_>| match step {
        Step::Done(Err(error)) => (error.kind(), error.message().to_owned()),
        _ => panic!("it ends in an error"),
    };
    assert_eq!(ends(start().decline(NOW)).0, ErrorKind::Declined);
    let (kind, message) = ends(start().answer(NOW, Err(SignFailure::new("the token is not plugged in"))));
    assert_eq!((kind, message.as_str()), (ErrorKind::Declined, "the token is not plugged in"));
    for reply in [vec![], vec![1; 31], vec![1; 33], vec![1; 9000]] {
        let (kind, _) = ends(start().answer(NOW, Ok(reply)));
        assert!(matches!(kind, ErrorKind::Malformed | ErrorKind::Limit), "{kind:?}");
    }
}

#[test]
fn a_body_in_signed_pieces_is_refused_before_anything_is_asked() {
    let headers = [("Host", "b.s3.amazonaws.com"), ("x-amz-decoded-content-length", "3")];
    let request = Request::new("PUT", "/key", &headers);
    let (scope, settings) = (Scope::new("us-east-1", "s3"), Settings::default());
    let payload = Payload::Streaming(Streaming::Chunks);
    let refused = sign_by_host(&request, payload, &host_key(), &scope, &settings, NOW);
    assert!(matches!(refused, Err(SignError::HostKey)));
    let client = Credentials::new("AKIAPLACEHOLDER", "placeholder");
    let sent = sign(&request, payload, &client, &scope, &settings, NOW).unwrap().apply(&request);
    let claim = Claim::parse(&Request::new("PUT", "/key", &sent), &Policy::default(), NOW).unwrap();
    let verified = claim.verify(&client, Payload::Declared).ok().unwrap();
    let refused = resign_by_host(verified, &Upstream::new("b.s3.amazonaws.com"), &host_key(), NOW);
    assert!(matches!(refused, Err(ResignError::Payload(_))));
}

#[test]
fn a_delegate_signs_and_proves_what_it_is_for_and_nothing_else() {
    let request = Request::new("POST", "/", &HEADERS);
    let (payload, settings) = (Payload::Bytes(b"{}"), Settings::default());
    // As it would travel to another process: the key's bytes, and what they are for.
    let bytes = *keys().signing_key(NOW, "us-east-1", "dynamodb").expose();
    let key = SigningKey::from_bytes(bytes, NOW, "us-east-1", "dynamodb");
    let delegate = Delegate::new("AKIDEXAMPLE", key).with_session_token("token/of=it");
    let expected = sign(&request, payload, &keys(), &scope(), &settings, NOW).unwrap();
    let signed = sign(&request, payload, &delegate, &scope(), &settings, NOW).unwrap();
    assert!(signed.headers().eq(expected.headers()));
    for (other, at) in [
        (Scope::new("eu-west-1", "dynamodb"), NOW),
        (Scope::new("us-east-1", "s3"), NOW),
        (Scope::regions(["us-east-1"], "dynamodb"), NOW),
        (scope(), NOW + Duration::from_secs(86_400)),
    ] {
        let refused = sign(&request, payload, &delegate, &other, &settings, at);
        assert!(matches!(refused, Err(SignError::Delegate)), "{other:?}");
    }

    let arrives = |scope: &Scope, by: &Credentials| {
        let sent = sign(&request, payload, by, scope, &settings, NOW).unwrap().apply(&request);
        let claim = Claim::parse(&Request::new("POST", "/", &sent), &Policy::default(), NOW).unwrap();
        claim.verify(&delegate, payload).is_ok()
    };
    assert!(arrives(&scope(), &keys()));
    assert!(!arrives(&Scope::new("eu-west-1", "dynamodb"), &keys()));
    assert!(!arrives(
        &scope(),
        &Credentials::new("AKIDEXAMPLE", "another").with_session_token("token/of=it")
    ));
    assert!(!arrives(&scope(), &keys().with_session_token("another token")));
}

#[test]
fn who_holds_the_key_of_one_region_does_not_speak_for_another() {
    // The forger has the key for us-east-1 and signs a request that says eu-west-1 with it.
    let delegate = keys().delegate(NOW, "us-east-1", "dynamodb");
    let elsewhere = Scope::new("eu-west-1", "dynamodb");
    let request = Request::new("POST", "/", &HEADERS);
    let payload = Payload::Bytes(b"");
    let step = sign_by_host(&request, payload, &host_key(), &elsewhere, &Settings::default(), NOW).unwrap();
    let forged = answered(step).apply(&request);
    let claim = Claim::parse(&Request::new("POST", "/", &forged), &Policy::default(), NOW).unwrap();
    assert!(claim.verify(&delegate, payload).is_err());
}
