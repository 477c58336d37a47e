//! What the emulator accepts as signed, and what it refuses, in the words of each protocol.

mod support;

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use awsaccess_emulator::{Emulator, Verdict};
use sha2::{Digest as _, Sha256};
use std::time::{Duration, UNIX_EPOCH};
use support::{Call, Keys, REGION, Reply, Sign, ask_sts, developer, start, sts};

const S3: &str = "s3.us-east-1.amazonaws.com";
const DYNAMODB: &str = "dynamodb.us-east-1.amazonaws.com";

fn identity() -> Call {
    sts(&[("Action", "GetCallerIdentity")])
}

fn tables() -> Call {
    Call::new("POST", DYNAMODB, "/")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", "DynamoDB_20120810.ListTables")
        .body("{}")
}

fn object(key: &str) -> Call {
    Call::new("PUT", S3, &format!("/demo-bucket/{key}"))
}

#[track_caller]
fn is(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.error(), (status, code.to_owned()), "{}", reply.text());
}

/// What the emulator made of the last request.
fn verdict(emulator: &Emulator) -> Verdict {
    emulator.requests().pop().expect("a request").verdict
}

#[test]
fn a_right_signature_is_recorded_with_its_key() {
    let emulator = start();
    let keys = developer(&emulator);
    emulator.clear_requests();
    let call = identity().header("user-agent", "tester/1").sign(&keys, &Sign::new(&emulator, "sts"));
    assert_eq!(call.send(&emulator).status, 200);
    let [seen] = &emulator.requests()[..] else { panic!("one request") };
    assert_eq!(seen.verified_key(), Some(keys.id.as_str()));
    assert_eq!(seen.server_name.as_deref(), Some("sts.us-east-1.amazonaws.com"));
    assert_eq!((seen.service.as_str(), seen.method.as_str(), seen.status), ("sts", "POST", 200));
    assert_eq!(seen.header("user-agent"), Some("tester/1"));
    assert_eq!(seen.body_length, call.body.len() as u64);
    let Verdict::Verified { arn, region, signed_headers, presigned, .. } = &seen.verdict else {
        panic!("verified")
    };
    assert_eq!(arn, "arn:aws:sts::222222222222:assumed-role/developer/tester");
    assert_eq!((region.as_str(), *presigned), (REGION, false));
    assert!(signed_headers.iter().any(|name| name == "user-agent"));
}

#[test]
fn keys_and_tokens() {
    let emulator = start();
    let keys = developer(&emulator);
    let unknown = Keys { id: "ASIAAAAAAAAAAAAAAAAA".into(), ..keys.clone() };
    let other_token = Keys { token: Some("other".into()), ..keys.clone() };
    let no_token = Keys { token: None, ..keys.clone() };
    let extra_token = Keys { token: keys.token.clone(), ..Keys::of(&emulator, "ci") };
    let wrong_secret = Keys { secret: "x".repeat(40), ..keys.clone() };
    for (keys, in_sts, in_json, in_s3) in [
        (unknown, "InvalidClientTokenId", "UnrecognizedClientException", (403, "InvalidAccessKeyId")),
        (other_token, "InvalidClientTokenId", "UnrecognizedClientException", (400, "InvalidToken")),
        (no_token, "InvalidClientTokenId", "UnrecognizedClientException", (403, "InvalidAccessKeyId")),
        (extra_token, "InvalidClientTokenId", "UnrecognizedClientException", (400, "InvalidToken")),
        (wrong_secret, "SignatureDoesNotMatch", "InvalidSignatureException", (403, "SignatureDoesNotMatch")),
    ] {
        is(&identity().sign(&keys, &Sign::new(&emulator, "sts")).send(&emulator), 403, in_sts);
        is(&tables().sign(&keys, &Sign::new(&emulator, "dynamodb")).send(&emulator), 400, in_json);
        is(&object("k").sign(&keys, &Sign::new(&emulator, "s3")).send(&emulator), in_s3.0, in_s3.1);
        let Verdict::Refused { access_key_id, code, .. } = verdict(&emulator) else { panic!("refused") };
        assert_eq!((access_key_id, code.as_str()), (Some(keys.id), in_s3.1));
    }
}

#[test]
fn expiry() {
    let emulator = start();
    let keys = developer(&emulator);
    let session = Keys::in_reply(&ask_sts(
        &emulator,
        &Keys::of(&emulator, "ci"),
        &[("Action", "GetSessionToken"), ("DurationSeconds", "900")],
    ));
    // It is good for as long as this test can take before.
    emulator.set_clock_offset(780);
    assert_eq!(ask_sts(&emulator, &session, &[("Action", "GetCallerIdentity")]).status, 200);
    emulator.set_clock_offset(900);
    is(&ask_sts(&emulator, &session, &[("Action", "GetCallerIdentity")]), 403, "ExpiredToken");
    emulator.set_clock_offset(0);
    assert!(emulator.expire(&keys.id));
    assert!(!emulator.expire("ASIAAAAAAAAAAAAAAAAA"));
    is(
        &tables().sign(&keys, &Sign::new(&emulator, "dynamodb")).send(&emulator),
        400,
        "ExpiredTokenException",
    );
    is(&object("k").sign(&keys, &Sign::new(&emulator, "s3")).send(&emulator), 400, "ExpiredToken");
}

#[test]
fn clock_skew() {
    let emulator = start();
    let keys = developer(&emulator);
    let at = |service: &str, by: i64| Sign { at: emulator.now() + by, ..Sign::new(&emulator, service) };
    for by in [-290, 290] {
        assert_eq!(identity().sign(&keys, &at("sts", by)).send(&emulator).status, 200);
    }
    let past = identity().sign(&keys, &at("sts", -400)).send(&emulator);
    is(&past, 403, "SignatureDoesNotMatch");
    let message = past.element("Message");
    assert!(
        message.starts_with("Signature expired: ") && message.contains(" is now earlier than "),
        "{message}"
    );
    assert!(message.ends_with(" - 5 min.)"), "{message}");
    let future = identity().sign(&keys, &at("sts", 400)).send(&emulator);
    assert!(future.element("Message").starts_with("Signature not yet current: "), "{}", future.text());
    is(&tables().sign(&keys, &at("dynamodb", -400)).send(&emulator), 400, "InvalidSignatureException");
    for by in [-880, 880] {
        assert_eq!(object("k").sign(&keys, &at("s3", by)).send(&emulator).status, 200);
    }
    let skewed = object("k").sign(&keys, &at("s3", -1000)).send(&emulator);
    is(&skewed, 403, "RequestTimeTooSkewed");
    assert_eq!(skewed.element("MaxAllowedSkewMilliseconds"), "900000");
    assert!(skewed.header("date").is_some_and(|date| date.ends_with(" GMT")));
}

#[test]
fn tampering() {
    let emulator = start();
    let keys = developer(&emulator);
    let signed = identity().header("x-note", "a").sign(&keys, &Sign::new(&emulator, "sts"));
    assert_eq!(signed.send(&emulator).status, 200);
    let refused = |call: &Call| is(&call.send(&emulator), 403, "SignatureDoesNotMatch");
    refused(&signed.clone().set("x-note", "b"));
    refused(&signed.clone().body("Version=2011-06-15&Action=GetCallerIdentity&x=y"));
    refused(&Call { target: "/?a=b".into(), ..signed.clone() });
    refused(&Call { target: "/x".into(), ..signed.clone() });
    refused(&Call { method: "PUT".into(), ..signed.clone() });
    let (_, authorization) = signed.headers.iter().find(|(name, _)| name == "authorization").expect("signed");
    let last = if authorization.ends_with('0') { "1" } else { "0" };
    let altered = format!("{}{last}", &authorization[..authorization.len() - 1]);
    refused(&signed.clone().set("authorization", &altered));
    let missing = Call {
        headers: signed.headers.iter().filter(|(name, _)| name != "x-note").cloned().collect(),
        ..signed.clone()
    };
    is(&missing.send(&emulator), 400, "IncompleteSignature");
    // A header that is not signed may be added, except with S3 where it is one of AWS's.
    assert_eq!(signed.header("x-other", "c").send(&emulator).status, 200);
}

#[test]
fn s3_wants_its_headers_signed_and_shows_its_work() {
    let emulator = start();
    let keys = developer(&emulator);
    let signed = object("k").body("body").sign(&keys, &Sign::new(&emulator, "s3"));
    let reply = signed.clone().header("x-amz-acl", "public-read").header("x-amz-meta-a", "b").send(&emulator);
    is(&reply, 403, "AccessDenied");
    assert_eq!(reply.element("Message"), "There were headers present in the request which were not signed");
    assert_eq!(reply.element("HeadersNotSigned"), "x-amz-acl, x-amz-meta-a");
    let reply = Call { target: "/demo-bucket/other".into(), ..signed.clone() }.send(&emulator);
    is(&reply, 403, "SignatureDoesNotMatch");
    assert!(reply.element("CanonicalRequest").starts_with("PUT\n/demo-bucket/other\n\nhost:"));
    assert!(reply.element("StringToSign").starts_with("AWS4-HMAC-SHA256\n"));
    assert_eq!(reply.element("SignatureProvided"), signed.signature());
    let reply = signed.clone().body("hody").send(&emulator);
    is(&reply, 400, "XAmzContentSHA256Mismatch");
    let reply = object("k")
        .body("b")
        .sign(&keys, &Sign { payload: Some("STREAMING-NEW".into()), ..Sign::new(&emulator, "s3") });
    is(&reply.send(&emulator), 400, "InvalidArgument");
}

#[test]
fn unsigned_payloads() {
    let emulator = start();
    let keys = developer(&emulator);
    let unsigned =
        |service: &str| Sign { payload: Some("UNSIGNED-PAYLOAD".into()), ..Sign::new(&emulator, service) };
    assert_eq!(object("k").body("b").sign(&keys, &unsigned("s3")).send(&emulator).status, 200);
    let call = tables().header("x-amz-content-sha256", "UNSIGNED-PAYLOAD").sign(&keys, &unsigned("dynamodb"));
    is(&call.send(&emulator), 400, "InvalidSignatureException");
}

#[test]
fn missing_and_malformed() {
    let emulator = start();
    let keys = developer(&emulator);
    is(&identity().send(&emulator), 403, "MissingAuthenticationToken");
    is(&tables().send(&emulator), 400, "MissingAuthenticationTokenException");
    is(&object("k").send(&emulator), 403, "AccessDenied");
    let signed = identity().sign(&keys, &Sign::new(&emulator, "sts"));
    let (_, good) = signed.headers.iter().find(|(name, _)| name == "authorization").expect("signed").clone();
    for (from, to) in [
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"),
        ("Credential=", "Credentials="),
        ("SignedHeaders=", "Headers="),
        ("/sts/", "/"),
        (", Signature=", ", Signature=a, Signature="),
        ("host;", ""),
        ("content-type;host", "host;content-type"),
        ("host;", "Host;"),
        ("host;", "host;host;"),
    ] {
        is(
            &signed.clone().set("authorization", &good.replace(from, to)).send(&emulator),
            400,
            "IncompleteSignature",
        );
    }
    // Blanks after commas are a matter of taste.
    assert_eq!(signed.clone().set("authorization", &good.replace(", ", ",")).send(&emulator).status, 200);
    let twice = signed.clone().header("authorization", &good);
    assert_eq!(twice.send(&emulator).status, 400);
    let both = Call {
        target: "/?X-Amz-Signature=00".into(),
        ..object("k").sign(&keys, &Sign::new(&emulator, "s3"))
    };
    assert_eq!(both.send(&emulator).status, 400);
}

#[test]
fn scopes() {
    let emulator = start();
    let keys = developer(&emulator);
    let elsewhere = |service: &str| Sign { region: "eu-west-1".into(), ..Sign::new(&emulator, service) };
    let reply = identity().sign(&keys, &elsewhere("sts")).send(&emulator);
    is(&reply, 403, "SignatureDoesNotMatch");
    assert!(reply.text().contains("Credential should be scoped to a valid region"));
    let reply = object("k").sign(&keys, &elsewhere("s3")).send(&emulator);
    is(&reply, 400, "AuthorizationHeaderMalformed");
    assert_eq!(reply.element("Region"), "us-east-1");
    let reply = identity().sign(&keys, &Sign::new(&emulator, "iam")).send(&emulator);
    assert!(
        reply.text().contains("Credential should be scoped to correct service: 'sts'"),
        "{}",
        reply.text()
    );
    // The day of the scope is that of the date.
    let signed = identity().sign(&keys, &Sign::new(&emulator, "sts"));
    let (_, good) = signed.headers.iter().find(|(name, _)| name == "authorization").expect("signed").clone();
    let day = good.split('/').nth(1).expect("a day").to_owned();
    let reply = signed.set("authorization", &good.replacen(&day, "20000101", 1)).send(&emulator);
    assert!(reply.text().contains("Date in Credential scope does not match"), "{}", reply.text());
}

#[test]
fn any_other_service_is_answered_with_what_was_proven() {
    let emulator = start();
    let keys = developer(&emulator);
    let host = "lambda.us-east-1.amazonaws.com";
    let call = || Call::new("GET", host, "/2015-03-31/functions//a%20b/../c");
    let reply = call().sign(&keys, &Sign::new(&emulator, "lambda")).send(&emulator);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let body: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
    assert_eq!(body["service"], "lambda");
    assert_eq!(body["accessKeyId"], keys.id);
    assert_eq!(body["host"], host);
    assert_eq!(body["path"], "/2015-03-31/functions//a%20b/../c");
    let wrong = Keys { secret: "x".into(), ..keys };
    is(
        &call().sign(&wrong, &Sign::new(&emulator, "lambda")).send(&emulator),
        403,
        "InvalidSignatureException",
    );
}

#[test]
fn presigned() {
    let emulator = start();
    let keys = developer(&emulator);
    let link = |at: i64| Sign {
        expires: Some(600),
        payload: Some("UNSIGNED-PAYLOAD".into()),
        at: emulator.now() + at,
        ..Sign::new(&emulator, "s3")
    };
    let put = object("linked").sign(&keys, &link(0));
    assert_eq!(put.clone().body("anything").send(&emulator).status, 200);
    let Verdict::Verified { presigned: true, .. } = verdict(&emulator) else { panic!("presigned") };
    let get = Call { method: "GET".into(), ..object("linked") }.sign(&keys, &link(-590));
    assert_eq!(get.send(&emulator).text(), "anything");
    let late = Call { method: "GET".into(), ..object("linked") }.sign(&keys, &link(-610)).send(&emulator);
    is(&late, 403, "AccessDenied");
    assert_eq!(late.element("Message"), "Request has expired");
    assert_eq!(late.element("X-Amz-Expires"), "600");
    let early = object("linked").sign(&keys, &link(1000)).send(&emulator);
    is(&early, 403, "AccessDenied");
    let altered = Call { target: put.target.replace("linked", "other"), ..put.clone() };
    is(&altered.send(&emulator), 403, "SignatureDoesNotMatch");
    let added = Call { target: format!("{}&acl", put.target), ..put.clone() };
    is(&added.send(&emulator), 403, "SignatureDoesNotMatch");
    let longer = Call { target: put.target.replace("Expires=600", "Expires=604801"), ..put.clone() };
    is(&longer.send(&emulator), 400, "AuthorizationQueryParametersError");
    let header = put.header("x-amz-acl", "public-read");
    is(&header.send(&emulator), 403, "AccessDenied");

    let whole = Sign { expires: Some(60), ..Sign::new(&emulator, "sts") };
    let target = "/?Action=GetCallerIdentity&Version=2011-06-15";
    let call = Call::new("GET", "sts.us-east-1.amazonaws.com", target).sign(&keys, &whole);
    assert_eq!(call.send(&emulator).element("Account"), "222222222222");
}

/// A `Date` header in place of `X-Amz-Date` is outside of what aws-sigv4's request signer can do.
#[test]
fn a_date_header_may_take_the_place_of_amz_date() {
    let emulator = start();
    let keys = Keys::of(&emulator, "ci");
    let compact = {
        let signed = identity().sign(&keys, &Sign::new(&emulator, "sts"));
        signed.headers.iter().find(|(name, _)| name == "x-amz-date").expect("a date").1.clone()
    };
    let hash =
        |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut call = identity().header("date", &compact);
    let canonical = format!(
        "POST\n/\n\ncontent-type:application/x-www-form-urlencoded; charset=utf-8\ndate:{compact}\n\
         host:sts.us-east-1.amazonaws.com\n\ncontent-type;date;host\n{}",
        hash(&call.body)
    );
    let scope = format!("{}/us-east-1/sts/aws4_request", &compact[..8]);
    let string = format!("AWS4-HMAC-SHA256\n{compact}\n{scope}\n{}", hash(canonical.as_bytes()));
    let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(emulator.now()).expect("after the epoch"));
    let key = generate_signing_key(&keys.secret, time, "us-east-1", "sts");
    let signature = calculate_signature(key, string.as_bytes());
    let value = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=content-type;date;host, Signature={signature}",
        keys.id
    );
    call = call.header("authorization", &value);
    assert_eq!(call.send(&emulator).status, 200);
    is(&call.body("Action=GetCallerIdentity").send(&emulator), 403, "SignatureDoesNotMatch");
}

/// The framing that SDKs send by default today.
#[test]
fn unsigned_chunks_with_a_trailer() {
    let emulator = start();
    let keys = developer(&emulator);
    let how =
        Sign { payload: Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER".into()), ..Sign::new(&emulator, "s3") };
    let call = |body: &str, announced: &str, length: &str| {
        object("chunked")
            .header("content-encoding", "aws-chunked")
            .header("x-amz-trailer", announced)
            .header("x-amz-decoded-content-length", length)
            .body(body)
            .sign(&keys, &how)
            .send(&emulator)
    };
    const CRC32: &str = "x-amz-checksum-crc32";
    let good = "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
    let reply = call(good, CRC32, "9");
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header(CRC32), Some("y/Q5Jg=="));
    let get = Call { method: "GET".into(), ..object("chunked") }.sign(&keys, &Sign::new(&emulator, "s3"));
    let got = get.send(&emulator);
    assert_eq!(got.text(), "123456789");
    assert_eq!(got.header("content-encoding"), None);
    for (body, announced, length, code) in [
        (good.replace("y/Q", "z/Q").as_str(), CRC32, "9", "BadDigest"),
        (good.replace("12345", "12346").as_str(), CRC32, "9", "BadDigest"),
        (good, CRC32, "10", "IncompleteBody"),
        (good, "x-amz-checksum-sha1", "9", "MalformedTrailerError"),
        (&good[..good.len() - 2], CRC32, "9", "IncompleteBody"),
        (good.replace("9\r\n", "a\r\n").as_str(), CRC32, "9", "IncompleteBody"),
        ("-1\r\n\r\n", CRC32, "0", "IncompleteBody"),
        ("ffffffffffffffff\r\n\r\n", CRC32, "0", "IncompleteBody"),
        ("0\r\n\r\n", CRC32, "0", "MalformedTrailerError"),
    ] {
        is(&call(body, announced, length), 400, code);
    }
}

/// Header bytes that are no text are signed as they are.
#[test]
fn odd_header_values() {
    let emulator = start();
    let keys = developer(&emulator);
    let call = object("k").header("x-amz-meta-a", "  a   b  ").header("x-amz-meta-a", "c");
    let call = call.header("x-amz-meta-b", "é").sign(&keys, &Sign::new(&emulator, "s3"));
    assert_eq!(call.send(&emulator).status, 200);
    let seen = emulator.requests().pop().expect("a request");
    let values: Vec<_> = seen.headers.iter().filter(|(name, _)| name == "x-amz-meta-b").collect();
    assert_eq!(values[0].1, "é".as_bytes());
}
