//! Thousands of generated requests, signed by us and by aws-sigv4: the signatures are equal.
//!
//! Known differences, left out of what is generated:
//! - aws-sigv4 sorts the raw query, we sort the encoded one as AWS does; equal for names and values that hold
//!   unreserved characters, `%XX` and nothing that sorts apart when it is encoded.
//! - aws-sigv4 normalises a path that ends in a dot segment (`/a/.`) to `/a/`; botocore and @smithy/signature-v4
//!   say `/a`, and so do we.
//! - aws-sigv4 takes no raw `+`, no bytes outside ASCII and no invalid escapes.
#![allow(clippy::disallowed_methods, reason = "a test is a host")]

mod oracle;

use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{Claim, Payload, Policy, Request, Scope, Settings, presign, sign};
use awsaccess::time::Time;
use oracle::{Body, Judged};
use proptest::prelude::*;
use std::time::Duration;

fn path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        4 => "[a-zA-Z0-9_.~-]{1,12}",
        2 => proptest::sample::select(vec!["a%20b", "a%2Fb", "%C3%A9", "x%3Ay", "100%25", "%7B%7D", "a%2Bb", "%40"])
            .prop_map(str::to_owned),
        1 => Just(String::new()),
        1 => Just(".".to_owned()),
    ];
    prop::collection::vec(segment, 0..6).prop_map(|segments| {
        let path = format!("/{}", segments.join("/"));
        // A path that ends in a dot segment is a known difference, see above.
        if path.ends_with('.') { format!("{path}x") } else { path }
    })
}

fn query() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        3 => "[a-zA-Z0-9]{1,8}",
        1 => proptest::sample::select(vec!["a%20b", "%C3%A9", "x%3Dy", "a%2Fb", "%2B"]).prop_map(str::to_owned),
    ];
    prop::collection::vec((text.clone(), prop::option::of(text)), 0..5).prop_map(|pairs| {
        let pieces: Vec<String> =
            pairs.into_iter().map(|(name, value)| format!("{name}={}", value.unwrap_or_default())).collect();
        pieces.join("&")
    })
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = proptest::sample::select(vec![
        "Content-Type",
        "X-Amz-Target",
        "x-amz-meta-a",
        "X-Amz-Meta-B",
        "Accept",
        "Range",
        "content-md5",
        "X-Custom",
    ]);
    prop::collection::vec((name, "[ -~]{0,20}"), 0..6)
        .prop_map(|pairs| pairs.into_iter().map(|(n, v)| (n.to_owned(), v)).collect())
}

fn credentials() -> impl Strategy<Value = Credentials> {
    ("[A-Z0-9]{16,20}", "[A-Za-z0-9/+]{40}", prop::option::of("[A-Za-z0-9/+=]{20,60}")).prop_map(
        |(id, secret, token)| {
            let keys = Credentials::new(id, secret);
            match token {
                Some(token) => keys.with_session_token(token),
                None => keys,
            }
        },
    )
}

fn target(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn headers_are_signed_alike(
        path in path(), query in query(), mut headers in headers(), keys in credentials(),
        body in prop::collection::vec(any::<u8>(), 0..64),
        service in proptest::sample::select(vec!["s3", "dynamodb", "execute-api"]),
        method in proptest::sample::select(vec!["GET", "PUT", "POST", "DELETE"]),
        seconds in 0i64..4_000_000_000,
    ) {
        let now = Time::from_unix(seconds);
        let target = target(&path, &query);
        headers.insert(0, ("Host".into(), "example.amazonaws.com".into()));
        let request = Request::new(method, &target, &headers);
        let scope = Scope::new("eu-central-1", service);
        let signed = sign(&request, Payload::Bytes(&body), &keys, &scope, &Settings::default(), now).unwrap();

        let mut judged = headers.clone();
        if let Some((_, hash)) = signed.headers().find(|(name, _)| *name == "x-amz-content-sha256") {
            judged.push(("x-amz-content-sha256".into(), hash.into()));
        }
        let expected = Judged {
            method, target: &target, headers: &judged, payload: Body::Bytes(&body), credentials: &keys,
            region: "eu-central-1", service, expires: None, at: now,
        }.signature().unwrap();
        prop_assert_eq!(signed.signature(), expected);

        // What we sign, we verify; with another key or another body, we do not.
        let content_types = headers.iter().filter(|(name, _)| name == "Content-Type").count();
        let all = signed.apply(&request);
        let arrived = Request::new(method, &target, &all);
        match Claim::parse(&arrived, &Policy::default(), now) {
            Ok(claim) => prop_assert!(claim.verify(&keys, Payload::Bytes(&body)).is_ok()),
            Err(error) => prop_assert!(content_types > 1, "{}", error.operator_detail()),
        }
        if content_types <= 1 {
            let claim = Claim::parse(&arrived, &Policy::default(), now).unwrap();
            prop_assert!(claim.verify(&keys, Payload::Bytes(&[&body[..], b"."].concat())).is_err());
            let claim = Claim::parse(&arrived, &Policy::default(), now).unwrap();
            prop_assert!(claim.verify(&awsaccess::secret::Secret::new("other"), Payload::Bytes(&body)).is_err());
        }
    }

    #[test]
    fn queries_are_signed_alike(
        path in path(), query in query(), keys in credentials(), seconds in 0i64..4_000_000_000, expires in 1u64..=604_800,
        service in proptest::sample::select(vec!["s3", "sts"]),
    ) {
        let now = Time::from_unix(seconds);
        let target = target(&path, &query);
        let headers = vec![("Host".to_owned(), "example.amazonaws.com".to_owned())];
        let request = Request::new("GET", &target, &headers);
        let scope = Scope::new("eu-central-1", service);
        let lifetime = Duration::from_secs(expires);
        let payload = Payload::Unsigned;
        let link = presign(&request, payload, &keys, &scope, &Settings::default(), lifetime, now).unwrap();
        let expected = Judged {
            method: "GET", target: &target, headers: &headers, payload: Body::Literal("UNSIGNED-PAYLOAD"),
            credentials: &keys, region: "eu-central-1", service, expires: Some(lifetime), at: now,
        }.signature().unwrap();
        prop_assert_eq!(link.signature(), expected);
        if service == "s3" {
            let arrived = Request::new("GET", link.target(), &headers);
            let claim = Claim::parse(&arrived, &Policy::default(), now).unwrap();
            prop_assert!(claim.verify(&keys, Payload::Declared).is_ok());
        }
    }

    #[test]
    fn nothing_that_arrives_can_panic(
        method in "[ -~]{0,8}",
        target in prop::collection::vec(any::<u8>(), 0..200),
        authorization in "(AWS4-HMAC-SHA256 )?[ -~]{0,200}",
        other in prop::collection::vec((any::<Vec<u8>>(), any::<Vec<u8>>()), 0..4),
        date in "[0-9TZ]{0,18}",
    ) {
        let mut headers: Vec<(Vec<u8>, Vec<u8>)> = vec![
            (b"host".to_vec(), b"h".to_vec()),
            (b"authorization".to_vec(), authorization.into_bytes()),
            (b"x-amz-date".to_vec(), date.into_bytes()),
        ];
        headers.extend(other);
        let request = Request::new(&method, &target, &headers);
        let now = Time::from_unix(1_800_000_000);
        if let Ok(claim) = Claim::parse(&request, &Policy::default(), now) {
            let _ = claim.verify(&awsaccess::secret::Secret::new("s"), Payload::Declared);
        }
        let keys = Credentials::new("AKID", "s");
        let scope = Scope::new("r", "s3");
        let _ = sign(&request, Payload::Declared, &keys, &scope, &Settings::default(), now);
        let _ = presign(&request, Payload::Unsigned, &keys, &scope, &Settings::default(), Duration::from_secs(1), now);
    }

    #[test]
    fn a_credential_of_any_shape_is_read_or_refused(
        key in "[ -~]{0,40}", day in "[0-9]{0,9}", region in "[ -~]{0,12}", service in "[a-z0-9-]{0,12}", end in "[ -~]{0,14}",
        names in "[a-zA-Z;:-]{0,40}", signature in "[0-9a-fA-F]{0,66}",
    ) {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={key}/{day}/{region}/{service}/{end}, SignedHeaders={names}, Signature={signature}"
        );
        let headers = vec![
            ("Host".to_owned(), "h".to_owned()),
            ("X-Amz-Date".to_owned(), "20270115T080000Z".to_owned()),
            ("Authorization".to_owned(), authorization),
        ];
        let request = Request::new("GET", "/", &headers);
        if let Ok(claim) = Claim::parse(&request, &Policy::default(), Time::from_unix(1_800_000_000)) {
            prop_assert_eq!(claim.region(), region);
            prop_assert!(claim.verify(&awsaccess::secret::Secret::new("s"), Payload::Bytes(b"")).is_err());
        }
    }
}
