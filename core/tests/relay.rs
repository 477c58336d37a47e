//! One call for proving and signing again gives what the two calls give: requests of every kind, and every way to fail.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

mod suite;

use std::cell::RefCell;
use std::time::Duration;

use awsaccess::credentials::{Credentials, Delegate};
use awsaccess::secret::Secret;
use awsaccess::sigv4::{
    Algorithm, Claim, Key, Payload, Policy, RelayError, Request, Resigned, Scope, Settings, Signer,
    Streaming, Upstream, presign, resign, sign,
};
use awsaccess::time::Time;
use proptest::prelude::*;
use suite::{Pairs, parse_raw};

const NOW: Time = Time::from_unix(1_800_000_000);
const PLACEHOLDER: &str = "placeholder-secret-of-a-relay";

/// A request as it arrived, and what it is held against.
struct Arrived<'a> {
    method: &'a str,
    target: &'a [u8],
    headers: &'a Pairs,
    body: &'a [u8],
    payload: Payload<'a>,
    policy: Policy,
    now: Time,
}

/// What came out of a request, as far as anybody sees it.
#[derive(PartialEq, Eq, Debug)]
struct Out {
    method: String,
    target: Vec<u8>,
    headers: Pairs,
    body: Vec<u8>,
    ends: Result<Vec<u8>, String>,
}

impl Arrived<'_> {
    fn claim(&self) -> Option<Claim> {
        let request = Request::new(self.method, self.target, self.headers);
        Claim::parse(&request, &self.policy, self.now).ok()
    }

    /// What went out, with the body pushed through.
    fn seen(&self, result: Result<Resigned, RelayError>) -> Result<Out, RelayError> {
        result.map(|Resigned { method, target, headers, body: mut way }| {
            let pushed = way.push(self.body);
            let body = pushed.clone().unwrap_or_default();
            let ends = pushed.and_then(|_| way.finish()).map_err(|error| error.to_string());
            Out { method, target, headers: (&headers).into(), body, ends }
        })
    }

    /// By one call and by two.
    fn both<'k>(
        &self,
        key: Key<'k>,
        upstream: &Upstream,
        signer: Signer<'_>,
    ) -> Option<[Result<Out, RelayError>; 2]> {
        let one = self.claim()?.relay(key, self.payload, upstream, signer, self.now);
        let verified = self.claim()?.verify(key, self.payload).map_err(RelayError::from);
        let two = verified.and_then(|verified| Ok(resign(verified, upstream, signer, self.now)?));
        Some([self.seen(one), self.seen(two)])
    }
}

fn client() -> Credentials {
    Credentials::new("AKIAPLACEHOLDER00001", PLACEHOLDER)
}

/// The real credentials, their key at hand or still to be derived.
fn real(token: Option<&str>, scope: &Scope, is_warm: bool) -> Credentials {
    let real = Credentials::new("ASIAREALREALREALREAL", "real-secret-of-a-relay");
    let real = match token {
        Some(token) => real.with_session_token(token),
        None => real,
    };
    if is_warm && scope.algorithm() == Algorithm::V4 {
        let _ = real.signing_key(NOW, scope.region(), scope.service());
    }
    real
}

/// What is done to a request, or to what it is held against, after it was signed.
const FAULTS: [&str; 16] = [
    "none",
    "none",
    "none",
    "none",
    "secret",
    "token",
    "body",
    "header",
    "signature",
    "target",
    "expired",
    "base",
    "hop",
    "nominated",
    "port",
    "sorted",
];

fn header() -> impl Strategy<Value = (String, String)> {
    let name = proptest::sample::select(vec![
        "Content-Type",
        "X-Amz-Target",
        "x-amz-meta-a",
        "X-Amz-Meta-A",
        "Accept",
        "Range",
        "User-Agent",
        "te",
        "X-Custom",
        "x-forwarded-for",
        "Cookie",
        "amz-sdk-request",
    ]);
    (name.prop_map(str::to_owned), "[ -b]{0,20}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    fn one_call_is_two_each_time(
        method in proptest::sample::select(vec!["GET", "POST", "PUT", "PURGE"]),
        path in "/(b|[a-z.]{0,3}|%20|%2F|é|//){0,4}",
        query in proptest::option::of("[a-c]=[a-c+]{0,3}(&[a-c]=%2B)?"),
        mut headers in prop::collection::vec(header(), 0..7),
        service in proptest::sample::select(vec!["dynamodb", "dynamodb", "s3", "sts"]),
        (is_v4a, presigned, by_target) in (0u8..8, 0u8..5, 0u8..10),
        kind in 0u8..8,
        body in prop::collection::vec(any::<u8>(), 0..700),
        (client_token, real_token) in (prop::option::of("[a-z]{1,900}"), prop::option::of("[a-z]{1,900}")),
        fault in proptest::sample::select(FAULTS.to_vec()),
        (is_warm, by_secret, by_delegate, strict, sorted) in any::<(bool, bool, bool, bool, bool)>(),
    ) {
        let scope = match (is_v4a, service) {
            (0, "s3" | "sts") => Scope::regions(["*"], service),
            _ => Scope::new("eu-west-1", service),
        };
        let host = if fault == "port" { "a.amazonaws.com:443" } else { "a.amazonaws.com" };
        let absolute = if by_target == 0 { format!("https://{host}") } else { String::new() };
        let target = format!("{absolute}{path}{}", query.map(|query| format!("?{query}")).unwrap_or_default());
        if by_target > 0 {
            headers.insert(headers.len() / 2, ("Host".into(), host.into()));
        }
        if fault == "hop" {
            headers.push(("X-Real-Ip".into(), "10.0.0.1".into()));
        }
        if fault == "sorted" || sorted {
            headers.extend([("x-amz-meta-z".into(), "b".into()), ("X-Amz-Meta-Z".into(), "a".into())]);
        }
        let mut keys = client();
        if let Some(token) = client_token {
            keys = keys.with_session_token(token);
        }
        let payload = match kind {
            0 => Payload::Unsigned,
            1 => Payload::StreamingUnsignedTrailer,
            2 => Payload::Streaming(if scope.algorithm() == Algorithm::V4 { Streaming::Chunks } else { Streaming::EcdsaChunks }),
            _ => Payload::Bytes(&body),
        };
        // With a name of its own in some, which services of other families do not send.
        let settings = Settings { content_sha256_header: (kind == 3).then_some(service != "s3"), ..Settings::default() };
        let request = Request::new(method, &target, &headers);
        let (mut sent_target, mut sent);
        if presigned == 0 {
            let Ok(link) = presign(&request, payload, &keys, &scope, &settings, Duration::from_secs(600), NOW) else {
                return Ok(());
            };
            (sent_target, sent) = (link.target().to_vec(), Vec::new());
            request.headers().each(|name, value| sent.push((name.to_vec(), value.to_vec())));
        } else {
            let Ok(signed) = sign(&request, payload, &keys, &scope, &settings, NOW) else { return Ok(()) };
            (sent_target, sent) = (target.clone().into_bytes(), signed.apply(&request));
        }

        let mut upstream = Upstream::new("another.amazonaws.com");
        if strict {
            upstream = upstream.strict();
        }
        let (mut altered, mut real) = (body.clone(), real(real_token.as_deref(), &scope, is_warm));
        match fault {
            "body" => altered.push(b'.'),
            "header" => sent.iter_mut().for_each(|(_, value)| if value == b"a" || value.len() == 7 { value.push(b'b') }),
            "signature" => for (name, value) in &mut sent {
                if name == b"authorization" && let Some(last) = value.last_mut() {
                    *last = if *last == b'0' { b'1' } else { b'0' };
                }
            },
            "target" => sent_target.extend_from_slice(b"x"),
            "expired" => real = real.with_expiry(NOW),
            "base" => upstream = upstream.without_base_path("/b"),
            "nominated" => sent.push((b"Connection".to_vec(), b"close, x-custom, x-amz-date".to_vec())),
            // Signed in one order, sent in another; only some signers are so.
            "sorted" => sent.sort(),
            "port" => sent.iter_mut().for_each(|(name, value)| if name == b"Host" { *value = b"a.amazonaws.com".to_vec() }),
            _ => {}
        }
        let declared = match payload {
            Payload::Bytes(_) if kind != 4 => Payload::Bytes(&altered),
            _ => Payload::Declared,
        };
        let mut policy = Policy::default();
        policy.any_unsigned_payload = true;
        policy.sigv4a = true;
        let arrived =
            Arrived { method, target: &sent_target, headers: &sent, body: &altered, payload: declared, policy, now: NOW };

        let secret = Secret::new(if fault == "secret" { "another" } else { PLACEHOLDER });
        let other = Secret::new("another-token");
        let token = if fault == "token" { Some(&other) } else { keys.session_token() };
        let wrong = Credentials::new("AKIAPLACEHOLDER00001", secret.expose());
        let key = match (by_secret, fault) {
            (true, _) | (_, "token") => Key::from((&secret, token)),
            (_, "secret") => Key::from(&wrong),
            _ => Key::from(&keys),
        };
        let delegate: Delegate = real.delegate(NOW, scope.region(), scope.service());
        let signer = if by_delegate { Signer::from(&delegate) } else { Signer::from(&real) };
        if let Some([one, two]) = arrived.both(key, &upstream, signer) {
            let kind = match &one {
                Ok(_) => 0,
                Err(RelayError::Verify(_)) => 1,
                Err(RelayError::Resign(_)) => 2,
            };
            SEEN.with_borrow_mut(|seen| seen[kind] += 1);
            prop_assert_eq!(one, two, "{}", fault);
        }
    }
}

thread_local!(static SEEN: RefCell<[usize; 3]> = const { RefCell::new([0; 3]) });

#[test]
fn one_call_is_two() {
    one_call_is_two_each_time();
    // Of each kind there were many: signed again, not right, and right but not to be signed again.
    SEEN.with_borrow(|seen| assert!(seen[0] > 100 && seen[1] > 30 && seen[2] > 5, "{seen:?}"));
}

#[test]
fn one_call_is_two_for_the_official_vectors() {
    for algorithm in [Algorithm::V4, Algorithm::V4a] {
        for case in suite::cases(algorithm) {
            let file = case.dir.join("header-signed-request.txt");
            if !file.exists() {
                continue;
            }
            let (method, target, headers, body) =
                parse_raw(case.expected("header-signed-request.txt").as_bytes());
            let real = Credentials::new("AKIDREAL", "real").with_session_token("real-token");
            let mut policy = case.policy();
            policy.sigv4a = true;
            if algorithm == Algorithm::V4 {
                let _ = real.signing_key(case.now, case.scope.region(), case.scope.service());
            }
            let upstream = Upstream::new("example.amazonaws.com");
            let secret = Secret::new(case.credentials.secret_access_key().expose());
            let sent = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"x-amz-security-token"));
            let token = case.credentials.session_token().filter(|_| sent);
            for payload in [Payload::Bytes(&body), Payload::Bytes(b"another")] {
                let arrived = Arrived {
                    method: &method,
                    target: &target,
                    headers: &headers,
                    body: &body,
                    payload,
                    policy: policy.clone(),
                    now: case.now,
                };
                let key = Key::from((&secret, token));
                let [one, two] = arrived.both(key, &upstream, Signer::from(&real)).unwrap();
                assert_eq!(one, two, "{}", case.name);
                let is_right = payload == Payload::Bytes(&body);
                assert_eq!(one.is_ok(), is_right, "{} {:?}", case.name, one.err());
            }
        }
    }
}

/// The error is the one of proving, whatever signing again would have said.
#[test]
fn what_is_wrong_with_the_claim_is_said_first() {
    let scope = Scope::new("eu-west-1", "dynamodb");
    let headers = [("Host", "a.amazonaws.com"), ("X-Real-Ip", "10.0.0.1")];
    let request = Request::new("POST", "/", &headers);
    let signed = sign(&request, Payload::Bytes(b"a"), &client(), &scope, &Settings::default(), NOW).unwrap();
    let sent = signed.apply(&request);
    let expired = real(None, &scope, true).with_expiry(NOW);
    let upstream = Upstream::new("a.amazonaws.com").without_base_path("/nowhere");
    let relay = |secret: &str| {
        let claim = Claim::parse(&Request::new("POST", "/", &sent), &Policy::default(), NOW).unwrap();
        claim.relay(&Secret::new(secret), Payload::Bytes(b"a"), &upstream, &expired, NOW).err().unwrap()
    };
    assert!(matches!(relay("another"), RelayError::Verify(_)));
    assert!(matches!(relay(PLACEHOLDER), RelayError::Resign(_)));
}
