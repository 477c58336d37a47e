//! The reference request: DynamoDB GetItem, 230 bytes of body, eight headers, a session token of 930 bytes.

use std::convert::Infallible;

use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{
    Claim, Payload, Policy, Request, Resigned, Scope, Settings, Streaming, Upstream, explain, resign, sign,
    verify,
};
use awsaccess::time::Time;
use sha2::{Digest, Sha256};

use crate::allocation::beyond_output;
use crate::peer;
use crate::race::{Row, Target, race};

const HOST: &str = "dynamodb.us-east-1.amazonaws.com";

pub fn run(rows: &mut Vec<Row>) {
    let now = Time::from_unix(1_800_000_000);
    let body = vec![b'x'; 230];
    let token = "t".repeat(930);
    let keys = Credentials::new("AKIAPLACEHOLDER00001", "placeholder").with_session_token(&token);
    // As long as the client's, and another: nothing of the one can serve for the other.
    let real = Credentials::new("ASIAREALREALREALREAL", "real").with_session_token("r".repeat(930));
    let scope = Scope::new("us-east-1", "dynamodb");
    let settings = Settings::default();
    let headers = [
        ("host", HOST),
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", "DynamoDB_20120810.GetItem"),
        ("content-length", "230"),
        ("accept-encoding", "identity"),
        ("amz-sdk-invocation-id", "e8f1b1a0-6b1f-4f2e-9d83-1f1f1f1f1f1f"),
        ("amz-sdk-request", "attempt=1; max=3"),
        ("user-agent", "aws-cli/2.36.7 md/awscrt#0.31 ua/2.1 os/linux lang/python"),
    ];
    let request = Request::new("POST", "/", &headers);
    let payload = Payload::Bytes(&body);
    let explained = explain(&request, payload, &keys, &scope, &settings, now).expect("signs");
    let identity = peer::identity(&keys);

    let ours = || sign(&request, payload, &keys, &scope, &settings, now).expect("signs");
    assert_eq!(
        ours().signature(),
        peer::aws_sigv4(&headers, &body, &identity, now),
        "the signatures are equal"
    );
    let limit = || peer::limit(&body, &explained.canonical_request, &explained.string_to_sign, &[7; 32]);
    rows.extend(race("sign", "the hashing alone", Some(Target::AtMost(1.4)), ours, limit));
    let theirs = || peer::aws_sigv4(&headers, &body, &identity, now);
    rows.extend(race("sign", "aws-sigv4 1.6", Some(Target::AtMost(0.25)), ours, theirs));
    rows.extend(beside_reqsign(&headers, &body, &keys, ours));
    rows.push(beyond_output("sign, allocations", ours));

    let signed = ours().apply(&request);
    let arrived = Request::new("POST", "/", &signed);
    let policy = Policy::default();
    let upstream = Upstream::new(HOST);
    let through = || {
        let lookup = |_: &str| -> Result<_, Infallible> { Ok(Some(&keys)) };
        let Ok(verified) = verify(&arrived, payload, &policy, lookup, now) else { panic!("verifies") };
        resign(verified, &upstream, &real, now).expect("signs again")
    };
    let proven = || {
        let Ok(verified) = Claim::parse(&arrived, &policy, now).expect("a claim").verify(&keys, payload)
        else {
            panic!("verifies")
        };
        verified
    };
    assert_eq!(proven().access_key_id(), keys.access_key_id());
    rows.push(beyond_output("verify, allocations", proven));
    rows.extend(race("verify", "the hashing alone", None, proven, limit));
    let twice = || (limit(), limit());
    rows.extend(race("verify, then re-sign: two calls", "the hashing of both alone", None, through, twice));
    let relayed = || {
        let claim = Claim::parse(&arrived, &policy, now).expect("a claim");
        claim.relay(&keys, payload, &upstream, &real, now).unwrap_or_else(|error| panic!("{error}"))
    };
    let fields = |out: &Resigned| Vec::<(Vec<u8>, Vec<u8>)>::from(&out.headers);
    assert_eq!(fields(&relayed()), fields(&through()), "one call gives what two give");
    rows.extend(race(
        "verify and re-sign together: relay",
        "the hashing of both alone",
        Some(Target::AtMost(1.5)),
        relayed,
        twice,
    ));

    body_through(rows, now);
    chunks_through(rows, now);
}

/// reqsign signs the same request at the time of the clock, which its result is checked at.
fn beside_reqsign<T>(
    headers: &[(&str, &str)],
    body: &[u8],
    keys: &Credentials,
    ours: impl FnMut() -> T,
) -> [Row; 2] {
    let signer = reqsign_aws_v4::RequestSigner::new("dynamodb", "us-east-1");
    let context = reqsign_core::Context::new();
    let identity = reqsign_aws_v4::Credential {
        access_key_id: keys.access_key_id().into(),
        secret_access_key: keys.secret_access_key().expose().into(),
        session_token: keys.session_token().map(|token| token.expose().into()),
        expires_in: None,
    };
    let mut head = http::Request::post(format!("https://{HOST}/"));
    for (name, value) in headers {
        head = head.header(*name, *value);
    }
    let head = head.body(()).expect("a request").into_parts().0;
    let signed = peer::reqsign(&signer, &context, &head, body, &identity);
    let claim =
        Claim::parse(&Request::from(&signed), &Policy::default(), std::time::SystemTime::now().into());
    assert!(
        claim.expect("a claim").verify(keys, Payload::Bytes(body)).is_ok(),
        "reqsign's signature is right"
    );
    race("sign", "reqsign-aws-v4 3", None, ours, || peer::reqsign(&signer, &context, &head, body, &identity))
}

/// A body of a megabyte whose hash was declared, in pieces of 64 KiB.
fn body_through(rows: &mut Vec<Row>, now: Time) {
    let body = vec![7u8; 1 << 20];
    let keys = Credentials::new("AKIAPLACEHOLDER00001", "placeholder");
    let headers = [("host", "b.s3.us-east-1.amazonaws.com")];
    let request = Request::new("PUT", "/key", &headers);
    let scope = Scope::new("us-east-1", "s3");
    let signed =
        sign(&request, Payload::Bytes(&body), &keys, &scope, &Settings::default(), now).expect("signs");
    let signed = signed.apply(&request);
    let arrived = Request::new("PUT", "/key", &signed);
    let mut out = Vec::with_capacity(1 << 17);
    let ours = || {
        let claim = Claim::parse(&arrived, &Policy::default(), now).expect("a claim");
        let Ok(verified) = claim.verify(&keys, Payload::Declared) else { panic!("verifies") };
        let mut way =
            resign(verified, &Upstream::new("b.s3.us-east-1.amazonaws.com"), &keys, now).expect("signs").body;
        let mut length = 0;
        for piece in body.chunks(1 << 16) {
            out.clear();
            way.push_into(piece, &mut out).expect("as signed");
            length += out.len();
        }
        length += way.finish().expect("as signed").len();
        assert_eq!(length, body.len());
    };
    let theirs = || {
        let mut hash = Sha256::new();
        body.chunks(1 << 16).for_each(|piece| hash.update(piece));
        hash.finalize()
    };
    rows.extend(race(
        "body of 1 MiB, declared hash",
        "SHA-256 alone",
        Some(Target::AtMost(1.18)),
        ours,
        theirs,
    ));
}

/// A body in signed chunks of 64 KiB, in pieces of 64 KiB that do not end where the chunks do; long enough that the head
/// does not count.
fn chunks_through(rows: &mut Vec<Row>, now: Time) {
    let data = vec![7u8; 4 << 20];
    let keys = Credentials::new("AKIAPLACEHOLDER00001", "placeholder");
    let host = "b.s3.us-east-1.amazonaws.com";
    let headers = [("host", host), ("x-amz-decoded-content-length", "4194304")];
    let request = Request::new("PUT", "/key", &headers);
    let scope = Scope::new("us-east-1", "s3");
    let payload = Payload::Streaming(Streaming::Chunks);
    let signed = sign(&request, payload, &keys, &scope, &Settings::default(), now).expect("signs");
    let mut chunks = signed.chunk_signer().expect("chunks");
    let mut body = chunks.push(&data);
    body.extend(chunks.finish(&[]).expect("no trailers"));
    let head = signed.apply(&request);
    let arrived = Request::new("PUT", "/key", &head);
    let mut out = Vec::new();
    let ours = || {
        let claim = Claim::parse(&arrived, &Policy::default(), now).expect("a claim");
        let Ok(verified) = claim.verify(&keys, Payload::Declared) else { panic!("verifies") };
        let mut way = resign(verified, &Upstream::new(host), &keys, now).expect("signs").body;
        let mut length = 0;
        for piece in body.chunks(1 << 16) {
            out.clear();
            way.push_into(piece, &mut out).expect("as signed");
            length += out.len();
        }
        length += way.finish().expect("as signed").len();
        assert_eq!(length, body.len());
    };
    let theirs = || data.chunks(1 << 16).map(Sha256::digest).last();
    rows.extend(race(
        "body of 4 MiB, signed chunks of 64 KiB",
        "SHA-256 alone",
        Some(Target::AtMost(1.18)),
        ours,
        theirs,
    ));
}
