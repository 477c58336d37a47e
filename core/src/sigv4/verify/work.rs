//! A refusal costs the same whether or not the key id is known, whatever stands for the key: the blocks are counted.

use super::*;
use crate::credentials::{Credentials, Delegate};
use crate::hash::work;
use crate::secret::Secret;
use crate::sigv4::sign::{Settings, sign};

const NOW: Time = Time::from_unix(1_800_000_000);
const SECRET: &str = "a-secret-of-the-usual-length-0123456789A";

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// A request that is signed with the key, or with another of its name.
fn signed(scope: &Scope, secret: &str, headers: &[(&str, &str)]) -> Pairs {
    let request = Request::new("POST", "/a/../b?c=d+e", headers);
    let keys = Credentials::new("AKIDEXAMPLE", secret);
    let body = Payload::Bytes(b"body");
    sign(&request, body, &keys, scope, &Settings::default(), NOW).unwrap().apply(&request)
}

fn claim(headers: &Pairs) -> Claim {
    Claim::parse(&Request::new("POST", "/a/../b?c=d+e", headers), &Policy::default(), NOW).unwrap()
}

/// The blocks of a refusal, with the key or without one.
fn refused<'k>(headers: &Pairs, key: Option<impl Into<Key<'k>>>) -> usize {
    let claim = claim(headers);
    let (error, blocks) = work::of(|| match key {
        Some(key) => claim.verify(key, Payload::Bytes(b"body")).err().unwrap(),
        None => claim.refuse_unknown(Payload::Bytes(b"body")),
    });
    assert!(matches!(error.kind(), Kind::SignatureMismatch | Kind::UnknownKey));
    blocks
}

#[test]
fn a_refusal_costs_the_same_with_and_without_a_key() {
    let hosts: [&[(&str, &str)]; 3] = [
        &[("Host", "example.amazonaws.com:443")],
        &[("Host", "example.amazonaws.com:8080")],
        &[("Host", "example.amazonaws.com"), ("X-Amz-Meta-A", "2"), ("X-Amz-Meta-A", "1")],
    ];
    for scope in [Scope::new("us-east-1", "sts"), Scope::new("eu-west-1", "s3"), Scope::regions(["*"], "s3")]
    {
        for headers in hosts {
            let wrong = signed(&scope, "the-secret-of-another-of-the-same-length", headers);
            let unknown = refused(&wrong, None::<&Secret>);
            assert!(unknown > 20, "{unknown}");

            let secret = Secret::new(SECRET);
            assert_eq!(refused(&wrong, Some(&secret)), unknown);
            let cold = Credentials::new("AKIDEXAMPLE", SECRET);
            assert_eq!(refused(&wrong, Some(&cold)), unknown);
            // By now its key is at hand.
            assert_eq!(refused(&wrong, Some(&cold)), unknown);
            // A delegate's key for this day, region and service, and one for another.
            let (region, service) = (scope.region(), scope.service());
            let fitting: Delegate = cold.delegate(NOW, region, service);
            assert_eq!(refused(&wrong, Some(&fitting)), unknown);
            let other = cold.delegate(NOW, "ap-south-1", service);
            assert_eq!(refused(&wrong, Some(&other)), unknown);
        }
    }
}

/// What is refused above is taken with the right secret, for less once the key is at hand.
#[test]
fn who_is_known_pays_for_one_form() {
    let scope = Scope::new("us-east-1", "sts");
    let headers = signed(&scope, SECRET, &[("Host", "example.amazonaws.com")]);
    let keys = Credentials::new("AKIDEXAMPLE", SECRET);
    let taken = |key: Key<'_>| {
        let claim = claim(&headers);
        let (verified, blocks) = work::of(|| claim.verify(key, Payload::Bytes(b"body")));
        assert!(verified.is_ok());
        blocks
    };
    let cold = taken((&keys).into());
    let warm = taken((&keys).into());
    let delegate = keys.delegate(NOW, "us-east-1", "sts");
    assert!(warm < cold, "{warm} {cold}");
    assert_eq!(taken((&delegate).into()), warm);
    assert!(refused(&headers, None::<&Secret>) > cold);
}
