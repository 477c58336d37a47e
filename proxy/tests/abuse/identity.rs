//! Who it is: one proof, by the one algorithm, with the one token; and nobody is taken for another.

use std::time::SystemTime;

use awsaccess::time::Time;
use awsaccess_proxy::Config;

use crate::common::{ALICE, Call, DEVELOPER, SECRET, Stage};
use crate::{is_refused, nothing_passed};

#[test]
fn a_token_that_was_put_in() {
    let stage = Stage::new();
    let calls = [Call::sts("GetCallerIdentity"), Call::s3("GET", "/key"), Call::dynamodb("ListTables", "{}")];
    for call in calls {
        for name in ["X-Amz-Security-Token", "x-amz-security-token", "x-amz-s3session-token"] {
            // Behind the client's back, and by the client itself, whose key has none.
            let mut headers = call.signed();
            headers.push((name.into(), "IQoJb3JpZ2luX2VjEInjected".into()));
            is_refused(name, &stage.send_raw(call.host, &call.bytes_with(&headers)));
        }
        let mut tokened = call.clone();
        tokened.keys = tokened.keys.with_session_token("IQoJb3JpZ2luX2VjESigned");
        is_refused("signed", &stage.send(&tokened));
        let mut queried = call.clone();
        queried.target = format!("{}?X-Amz-Security-Token=IQoJb3JpZ2luX2VjEQuery", call.target);
        is_refused("in the query", &stage.send(&queried));
    }
    nothing_passed(stage);
}

#[test]
fn a_token_in_a_trailer_ends_at_the_gateway() {
    let stage = Stage::new();
    let mut call = Call::s3("PUT", "/trailer").body(b"hello".to_vec());
    call.chunked = true;
    let head = call.head_with(&call.signed());
    let body =
        b"5\r\nhello\r\n0\r\nx-amz-security-token: IQoJb3JpZ2luX2VjETrailer\r\nhost: evil.example\r\n\r\n";
    let reply = stage.send_raw(call.host, &[&head, body.as_slice()].concat());
    assert_eq!(reply.status, 200, "{}", reply.body);
    let put =
        stage.emulator.requests().into_iter().find(|request| request.head().starts_with("PUT /trailer"));
    let head = put.expect("the upload came").head();
    assert!(!head.contains("Trailer") && !head.contains("evil"), "{head}");
    stage.end();
}

#[test]
fn no_other_proof_will_do() {
    let stage = Stage::new();
    let call = Call::s3("GET", "/key");
    let plain: Vec<_> =
        call.signed().into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("authorization")).collect();
    let signed = call.signed();
    let right = &signed.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization")).unwrap().1;
    for authorization in [
        format!("AWS {ALICE}:bWFjaGluZQ=="),
        format!("AWS3-HTTPS AWSAccessKeyId={ALICE},Algorithm=HmacSHA256,Signature=bWFj"),
        "Bearer eyJhbGciOiJub25lIn0.e30.".to_owned(),
        "Basic QUtJQVBMQUNFSE9MREVSQUxJQ0U6eA==".to_owned(),
        right.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
        right.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        right.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256-PAYLOAD"),
        right.replace("AWS4-HMAC-SHA256", "none"),
        right.replace("SignedHeaders=host;", "SignedHeaders="),
        format!("{right}, {right}"),
        format!("{right}, Signature={}", "0".repeat(64)),
    ] {
        let mut headers = plain.clone();
        headers.push(("authorization".into(), authorization.clone()));
        is_refused(&authorization, &stage.send_raw(call.host, &call.bytes_with(&headers)));
    }
    for query in [
        format!("?AWSAccessKeyId={ALICE}&Expires=4102444800&Signature=bWFj"),
        format!("?AWSAccessKeyId={ALICE}&SignatureVersion=2&SignatureMethod=HmacSHA256&Signature=bWFj"),
    ] {
        let mut old = call.clone();
        old.target.push_str(&query);
        is_refused(&query, &stage.send_raw(call.host, &old.bytes_with(&plain)));
    }
    // A form of a browser, whose policy is signed in place of the request.
    let form = "--x\r\nContent-Disposition: form-data; name=\"x-amz-algorithm\"\r\n\r\nAWS4-HMAC-SHA256\r\n--x--\r\n";
    let upload = Call::s3("POST", "/").body(form.into());
    let mut headers = plain;
    headers.push(("content-type".into(), "multipart/form-data; boundary=x".into()));
    headers.push(("content-length".into(), form.len().to_string()));
    is_refused("a form", &stage.send_raw(upload.host, &upload.bytes_with(&headers)));
    nothing_passed(stage);
}

/// A link to `/key` whose signature is right, by the letter of the API reference: what is refused is refused for what it
/// says.
fn link(key: &str, secret: &str, at: i64, expires: &str) -> String {
    let hash = |bytes: &[u8]| hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
    let mac = |key: &[u8], text: &str| {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
        ring::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
    };
    let date = Time::from_unix(at).amz();
    let scope = format!("{}/us-east-1/s3/aws4_request", date.day());
    let query = format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={key}%2F{}&X-Amz-Date={date}&X-Amz-Expires={expires}\
         &X-Amz-SignedHeaders=host",
        scope.replace('/', "%2F")
    );
    let host = Call::s3("GET", "/").host;
    let canonical = format!("GET\n/key\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hash(canonical.as_bytes()));
    let start = format!("AWS4{secret}").into_bytes();
    let key = scope.split('/').fold(start, |key, part| mac(&key, part));
    format!("/key?{query}&X-Amz-Signature={}", hex(&mac(&key, &text)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn presigned_links_of_others_and_for_too_long() {
    let stage = Stage::new();
    let now = Time::from(SystemTime::now()).unix();
    let call = Call::s3("GET", "/key");
    let host = vec![("host".to_owned(), call.host.to_owned())];
    let follow = |target: &str, headers: &[(String, String)]| {
        let mut linked = call.clone();
        linked.target = target.to_owned();
        stage.send_raw(call.host, &linked.bytes_with(headers))
    };
    let good = link(ALICE, SECRET, now, "300");
    let cases = [
        (link("AKIASOMEBODYELSE0000", SECRET, now, "300"), "unknown-key"),
        (link(ALICE, "not-the-secret", now, "300"), "signature-mismatch"),
        (link(ALICE, SECRET, now, "604801"), "auth-malformed"),
        (link(ALICE, SECRET, now, "-1"), "auth-malformed"),
        (link(ALICE, SECRET, now, "0"), "auth-malformed"),
        (link(ALICE, SECRET, now - 3600, "300"), "skewed"),
        (link(ALICE, SECRET, now + 3600, "300"), "skewed"),
        (good.replace("X-Amz-Expires=300", "X-Amz-Expires=604800"), "signature-mismatch"),
        (format!("{good}&X-Amz-Expires=604800"), "auth-malformed"),
        (format!("{good}&X-Amz-Signature=1"), "auth-malformed"),
    ];
    for (target, _) in &cases {
        is_refused(target, &follow(target, &host));
    }
    // Two proofs at once: which one counts?
    is_refused("both", &follow(&good, &call.signed()));
    let lines = nothing_passed(stage);
    let errors: Vec<_> = lines.iter().map(|line| line["error"].as_str().unwrap_or_default()).collect();
    let wanted: Vec<_> = cases.iter().map(|(_, error)| *error).chain(["multiple-auth"]).collect();
    assert_eq!(errors, wanted);
    // The links are refused for what is wrong with each: one with which nothing is, passes.
    let stage = Stage::new();
    let mut linked = call.clone();
    linked.target = link(ALICE, SECRET, now, "300");
    let reply = stage.send_raw(call.host, &linked.bytes_with(&host));
    assert!(reply.status == 404 && reply.body.contains("NoSuchKey"), "{}{}", reply.head, reply.body);
    stage.end();
}

#[test]
fn each_subject_has_a_session_of_its_own() {
    let carol = "AKIAPLACEHOLDERCAROL";
    let stage = Stage::with(|config| {
        format!(
            "{config}\n[[subject]]\nname = \"carol\"\nroles = [\"developers\"]\n[[placeholder]]\naccess_key_id = \
             \"{carol}\"\nsecret_access_key = \"{SECRET}\"\nsubject = \"carol\"\napplication = \"demo\"\nrole = \
             \"developer\"\n"
        )
    });
    let identity = |key: &str| stage.send(&Call::sts("GetCallerIdentity").keys(key, SECRET)).body;
    // In turns, so that whatever was kept for one is there when the other asks.
    for _ in 0..2 {
        assert!(identity(ALICE).contains("assumed-role/developer/alice<"));
        assert!(identity(carol).contains("assumed-role/developer/carol<"));
    }
    let keys: std::collections::HashSet<_> = stage
        .emulator
        .requests()
        .iter()
        .filter(|request| request.head().contains("x-amz-date") || request.verified_key().is_some())
        .filter_map(|request| request.verified_key().map(str::to_owned))
        .collect();
    assert!(keys.len() >= 2, "{keys:?}");
    stage.end();
}

#[test]
fn the_gateways_own_credentials_are_nobodys() {
    let text = |assume: &str| {
        format!(
            "listen = [\"127.0.0.1:0\"]\n[[source]]\nname = \"node\"\norder = [\"imds\"]\n[[application]]\nname = \
             \"demo\"\nsource = \"node\"\n[[application.role]]\nname = \"developer\"\n{assume}"
        )
    };
    assert!(Config::parse(&text(&format!("assume = [{{ role_arn = \"{DEVELOPER}\" }}]"))).is_ok());
    for assume in ["", "assume = []"] {
        assert!(Config::parse(&text(assume)).is_err(), "a role without a role to assume is the source's own");
    }
}
