//! SigV4A, and bodies that are signed piece by piece, by a client of the tests' own.

mod support;

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::event_stream::{sign_empty_message, sign_message};
use aws_sigv4::sign::{v4, v4a};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::Message;
use awsaccess_emulator::Emulator;
use sha2::{Digest, Sha256};
use support::*;

const BUCKET: &str = "s3.us-east-1.amazonaws.com";

fn object() -> Call {
    Call::new("PUT", BUCKET, "/demo-bucket/key%20name")
}

fn over(emulator: &Emulator, set: &str) -> Sign {
    Sign { region_set: Some(set.into()), ..Sign::new(emulator, "s3") }
}

fn is(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.error(), (status, code.to_owned()), "{}", reply.text());
}

fn value<'c>(call: &'c Call, name: &str) -> &'c str {
    &call.headers.iter().find(|(header, _)| header == name).expect("the header").1
}

#[test]
fn region_sets() {
    let emulator = start();
    let keys = developer(&emulator);
    for set in ["us-east-1", "*", "eu-west-1, us-*", "us-*-1"] {
        let signed = object().body("body").sign(&keys, &over(&emulator, set));
        assert!(value(&signed, "authorization").starts_with("AWS4-ECDSA-P256-SHA256 "));
        let reply = signed.send(&emulator);
        assert_eq!(reply.status, 200, "{set}: {}", reply.text());
        // Another signature over the same is as right.
        assert_eq!(signed.send(&emulator).status, 200);
    }
    for set in ["eu-west-1", "us-*-2,eu-*"] {
        let reply = object().sign(&keys, &over(&emulator, set)).send(&emulator);
        is(&reply, 400, "AuthorizationHeaderMalformed");
        assert_eq!(reply.element("Region"), "us-east-1");
    }
}

#[test]
fn tampering() {
    let emulator = start();
    let keys = developer(&emulator);
    let signed = object().body("body").sign(&keys, &over(&emulator, "us-*"));
    let refused = |call: &Call| is(&call.send(&emulator), 403, "SignatureDoesNotMatch");
    refused(&signed.clone().set("x-amz-region-set", "*"));
    refused(&Call { target: "/demo-bucket/other".into(), ..signed.clone() });
    refused(&object().body("body").sign(&Keys { secret: "x".into(), ..keys.clone() }, &over(&emulator, "*")));
    let authorization = value(&signed, "authorization").to_owned();
    for (from, to) in
        [("Signature=30", "Signature=31"), ("Signature=30", "Signature=3"), ("Signature=30", "Signature=*")]
    {
        refused(&signed.clone().set("authorization", &authorization.replace(from, to)));
    }
    let other = object().body("body").header("x-amz-meta-a", "b").sign(&keys, &over(&emulator, "us-*"));
    let swapped = authorization.replace(&signed.signature(), &other.signature());
    refused(&signed.clone().set("authorization", &swapped));
    // The algorithm is part of what is signed, and a region belongs to the scope of the other.
    let renamed = authorization.replace("AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA256");
    is(&signed.clone().set("authorization", &renamed).send(&emulator), 400, "AuthorizationHeaderMalformed");
    let unsigned = authorization.replace("x-amz-region-set;", "").replace(";x-amz-region-set", "");
    is(&signed.set("authorization", &unsigned).send(&emulator), 400, "AuthorizationHeaderMalformed");
}

#[test]
fn presigned() {
    let emulator = start();
    let keys = developer(&emulator);
    let how = Sign {
        expires: Some(600),
        payload: Some("UNSIGNED-PAYLOAD".into()),
        ..over(&emulator, "us-east-1,eu-west-1")
    };
    let put = object().sign(&keys, &how);
    assert!(put.target.contains("X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256"), "{}", put.target);
    assert_eq!(put.clone().body("anything").send(&emulator).status, 200);
    let set = "X-Amz-Region-Set=us-east-1%2Ceu-west-1";
    assert!(put.target.contains(set), "{}", put.target);
    let wider = Call { target: put.target.replace(set, "X-Amz-Region-Set=%2A"), ..put.clone() };
    is(&wider.send(&emulator), 403, "SignatureDoesNotMatch");
    let none = Call { target: put.target.replace(&format!("&{set}"), ""), ..put };
    is(&none.send(&emulator), 400, "AuthorizationQueryParametersError");
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A call whose body is chunks that are signed with the algorithm of its head, and a trailer if there is one.
fn chunked(emulator: &Emulator, keys: &Keys, ecdsa: bool, data: &[&[u8]], trailer: Option<&str>) -> Call {
    let name = if ecdsa { "AWS4-ECDSA-P256-SHA256" } else { "AWS4-HMAC-SHA256" };
    let payload = format!("STREAMING-{name}-PAYLOAD{}", if trailer.is_some() { "-TRAILER" } else { "" });
    let how = Sign {
        region_set: ecdsa.then(|| "us-*".into()),
        payload: Some(payload),
        ..Sign::new(emulator, "s3")
    };
    let length = data.iter().map(|chunk| chunk.len()).sum::<usize>().to_string();
    let mut call = object().header("x-amz-decoded-content-length", &length);
    if let Some((name, _)) = trailer.and_then(|line| line.split_once(':')) {
        call = call.header("x-amz-trailer", name);
    }
    let call = call.sign(keys, &how);
    let date = value(&call, "x-amz-date");
    let scope = if ecdsa { "s3" } else { "us-east-1/s3" };
    let lines = format!("{date}\n{}/{scope}/aws4_request", &date[..8]);
    let sign = |text: String| {
        if ecdsa {
            let key = v4a::generate_signing_key(&keys.id, &keys.secret);
            return format!("{:*<144}", v4a::calculate_signature(key, text.as_bytes()));
        }
        let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(how.at).expect("after the epoch"));
        let key = v4::generate_signing_key(&keys.secret, time, REGION, "s3");
        v4::calculate_signature(key, text.as_bytes())
    };
    let (mut last, mut body) = (call.signature(), Vec::new());
    for chunk in data.iter().copied().chain([&b""[..]]) {
        let previous = last.trim_end_matches('*');
        last = sign(format!("{name}-PAYLOAD\n{lines}\n{previous}\n{}\n{}", hash(b""), hash(chunk)));
        body.extend(format!("{:x};chunk-signature={last}\r\n", chunk.len()).into_bytes());
        body.extend_from_slice(chunk);
        body.extend_from_slice(if chunk.is_empty() { b"" } else { b"\r\n" });
    }
    if let Some(line) = trailer {
        let previous = last.trim_end_matches('*');
        let signature =
            sign(format!("{name}-TRAILER\n{lines}\n{previous}\n{}", hash(format!("{line}\n").as_bytes())));
        body.extend(format!("{line}\r\nx-amz-trailer-signature:{signature}\r\n").into_bytes());
    }
    body.extend_from_slice(b"\r\n");
    call.body(body)
}

#[test]
fn signed_chunks() {
    let emulator = start();
    let keys = developer(&emulator);
    let first = vec![b'a'; 8192];
    let chunks: [&[u8]; 2] = [&first, b"123456789"];
    for ecdsa in [true, false] {
        for (data, trailer) in
            [(&chunks[..], None), (&[], None), (&chunks[1..], Some("x-amz-checksum-crc32:y/Q5Jg=="))]
        {
            let call = chunked(&emulator, &keys, ecdsa, data, trailer);
            let reply = call.send(&emulator);
            assert_eq!(reply.status, 200, "{}", reply.text());
            let get = Call::new("GET", BUCKET, "/demo-bucket/key%20name");
            let got = get.sign(&keys, &Sign::new(&emulator, "s3")).send(&emulator);
            assert_eq!(got.body, data.concat());
            // Each piece, changed in its data or in its signature.
            let places = [call.body.len() - 40, call.body.len() / 2].into_iter();
            for at in places.chain((!data.is_empty()).then_some(200)) {
                let mut altered = call.clone();
                altered.body[at] ^= 1;
                assert!(altered.send(&emulator).status >= 400, "byte {at}");
            }
            let mut cut = call.clone();
            cut.body.truncate(call.body.len() - 2);
            is(&cut.send(&emulator), 400, "IncompleteBody");
        }
    }
    // Chunks of one algorithm do not go with a head of the other.
    let other = Sign { payload: Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD".into()), ..over(&emulator, "*") };
    is(&object().sign(&keys, &other).send(&emulator), 400, "InvalidArgument");
}

#[test]
fn a_signature_of_a_chunk_is_padded_as_it_must_be() {
    let emulator = start();
    let keys = developer(&emulator);
    // One of two signatures is shorter than the longest.
    let padded = (0..64u8).find_map(|n| {
        let call = chunked(&emulator, &keys, true, &[&[n]], None);
        call.body.contains(&b'*').then_some(call)
    });
    let call = padded.expect("a signature that is padded");
    assert_eq!(call.send(&emulator).status, 200);
    let at = call.body.iter().position(|&byte| byte == b'*').expect("padding");
    let mut without = call.clone();
    without.body.remove(at);
    is(&without.send(&emulator), 403, "SignatureDoesNotMatch");
    let mut other = call.clone();
    other.body[at] = b'0';
    is(&other.send(&emulator), 403, "SignatureDoesNotMatch");
}

#[test]
fn event_streams() {
    let emulator = start();
    let keys = developer(&emulator);
    let how = Sign {
        payload: Some("STREAMING-AWS4-HMAC-SHA256-EVENTS".into()),
        ..Sign::new(&emulator, "transcribe")
    };
    let host = "transcribestreaming.us-east-1.amazonaws.com";
    let call = Call::new("POST", host, "/stream-transcription")
        .header("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-EVENTS")
        .sign(&keys, &how);
    let identity = Credentials::new(&keys.id, &keys.secret, keys.token.clone(), None, "test").into();
    let messages = |at: i64| {
        let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(at).expect("after the epoch"));
        let params = v4::SigningParams::builder().identity(&identity).region(REGION).name("transcribe");
        let params = params.time(time).settings(()).build().expect("parameters");
        let mut last = call.signature();
        let mut frames: Vec<Vec<u8>> = Vec::new();
        for payload in [Some("one"), Some("two"), None] {
            let signed = match payload {
                Some(text) => sign_message(&Message::new(text), &last, &params),
                None => sign_empty_message(&last, &params),
            };
            let (message, signature) = signed.expect("signed").into_parts();
            last = signature;
            let mut frame = Vec::new();
            write_message_to(&message, &mut frame).expect("a frame");
            frames.push(frame);
        }
        frames
    };
    let frames = messages(how.at);
    let reply = call.clone().body(frames.concat()).send(&emulator);
    assert_eq!(reply.status, 200, "{}", reply.text());
    // Messages of the next day have the key of that day.
    assert_eq!(call.clone().body(messages(how.at + 86_400).concat()).send(&emulator).status, 200);

    let sent = |body: Vec<u8>| call.clone().body(body).send(&emulator).status;
    let [one, two, end] = &frames[..] else { panic!("three frames") };
    for body in [
        Vec::new(),
        [&one[..], two].concat(),
        [&two[..], one, end].concat(),
        [&one[..], end].concat(),
        [&one[..], two, end, end].concat(),
        [&one[..], two, &end[..end.len() - 1]].concat(),
    ] {
        assert!(sent(body) >= 400);
    }
    for at in (0..frames.concat().len()).step_by(9) {
        let mut body = frames.concat();
        body[at] ^= 1;
        assert!(sent(body) >= 400, "byte {at}");
    }
}
