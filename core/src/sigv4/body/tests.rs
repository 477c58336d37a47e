//! Each way alone: the framing, the hash, the published chains of signatures.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

use serde_json::Value;

use super::chain::Piece;
use super::*;
use crate::credentials::Credentials;
use crate::secret::Secret;
use crate::sigv4::key::Key;
use crate::sigv4::scope::Scope;
use crate::time::Time;
use std::time::Duration;

fn framed(decoded: Option<u64>, names: &[&str]) -> BodyResigner {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    BodyResigner { check: Check::Chunks(Box::new(ChunkReader::new(decoded, names, None))), last: None }
}

fn run(mut body: BodyResigner, pieces: &[&[u8]]) -> Result<Vec<u8>, (Vec<u8>, BodyError)> {
    let mut out = Vec::new();
    for piece in pieces {
        if let Err(error) = body.push_into(piece, &mut out) {
            return Err((out, error));
        }
    }
    match body.finish() {
        Ok(last) => Ok([out, last].concat()),
        Err(error) => Err((out, error)),
    }
}

const BODY: &[u8] = b"5\r\nhello\r\nA\r\n0123456789\r\n0\r\nx-amz-checksum-crc32:bSnkpQ==\r\n\r\n";

#[test]
fn framing_passes_unchanged_however_it_is_split() {
    for at in 0..=BODY.len() {
        let (a, b) = BODY.split_at(at);
        let out = run(framed(Some(15), &["x-amz-checksum-crc32"]), &[a, b]).unwrap();
        assert_eq!(out, BODY);
    }
    let bytes: Vec<&[u8]> = BODY.chunks(1).collect();
    assert_eq!(run(framed(Some(15), &["x-amz-checksum-crc32"]), &bytes).unwrap(), BODY);
}

#[test]
fn truncation_at_every_byte_keeps_the_end_back() {
    for at in 0..BODY.len() {
        let (sent, error) = run(framed(Some(15), &["x-amz-checksum-crc32"]), &[&BODY[..at]]).unwrap_err();
        assert_eq!(error, BodyError::Truncated);
        assert!(sent.len() < at.max(1));
    }
}

#[test]
fn broken_framing_is_named() {
    let cases: [(&[u8], BodyError); 10] = [
        (b"5\r\nhelloX\r\n", BodyError::Framing),
        (b"5\nhello\r\n0\r\n\r\n", BodyError::Framing),
        (b"g\r\n", BodyError::Framing),
        (b"\r\n", BodyError::Framing),
        (b"5;chunk-signature=00\r\n", BodyError::Framing),
        (b"fffffffffffffffff\r\n", BodyError::Framing),
        (b"6\r\n", BodyError::DecodedLength),
        (b"4\r\nhell\r\n0\r\n\r\n", BodyError::DecodedLength),
        (b"5\r\nhello\r\n0\r\nx-amz-meta-evil:1\r\n\r\n", BodyError::Trailers),
        (b"5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n", BodyError::TrailingBytes),
    ];
    for (body, expected) in cases {
        let (_, error) = run(framed(Some(5), &[]), &[body]).unwrap_err();
        assert_eq!(error, expected, "{}", String::from_utf8_lossy(body));
    }
    let stripped = b"5\r\nhello\r\n0\r\n\r\n";
    assert_eq!(
        run(framed(Some(5), &["x-amz-checksum-crc32"]), &[stripped]).unwrap_err().1,
        BodyError::Trailers
    );
    let long = vec![b'0'; 5000];
    assert_eq!(run(framed(None, &[]), &[&long]).unwrap_err().1, BodyError::TooLarge);
}

#[test]
fn a_wrong_hash_keeps_the_last_byte_back() {
    let body = || BodyResigner {
        check: Check::Hash { hasher: Sha256::new(), expected: Sha256::digest(b"hello").into() },
        last: None,
    };
    assert_eq!(run(body(), &[b"he", b"", b"llo"]).unwrap(), b"hello");
    for wrong in [&b"hellO"[..], b"hell", b"hello!"] {
        let (sent, error) = run(body(), &[wrong]).unwrap_err();
        assert_eq!((sent.len(), error), (wrong.len() - 1, BodyError::HashMismatch));
    }
    assert_eq!(run(body(), &[]).unwrap_err().1, BodyError::HashMismatch);
}

#[test]
fn a_wrong_checksum_in_a_trailer_is_named() {
    let name = "x-amz-checksum-crc32";
    let whole = |value: &str| format!("5\r\nhello\r\n0\r\n{name}:{value}\r\n\r\n").into_bytes();
    assert!(run(framed(Some(5), &[name]), &[&whole("NhCmhg==")]).is_ok());
    let (_, error) = run(framed(Some(5), &[name]), &[&whole("NhCmhw==")]).unwrap_err();
    assert_eq!(error, BodyError::Checksum(name));
    assert!(error.to_string().contains(name));
    assert!(run(framed(Some(5), &[name]).without_checksums(), &[&whole("NhCmhw==")]).is_ok());
}

fn cases(file: &str) -> Vec<Value> {
    let path = format!("{}/../vectors/sigv4/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

/// The chain that a published case begins, and one of ours beside it.
fn chains(case: &Value, kind: Streaming, at: &str) -> (Chain, Chain) {
    let mut parts = text(case, "scope").split('/').skip(1);
    let scope = Scope::new(parts.next().unwrap(), parts.next().unwrap());
    let chain = |secret: &str, seed: &str| {
        let (payload, at) = (DeclaredPayload::Streaming(kind), Time::parse_amz(at).unwrap());
        Chain::of(payload, &Key::from(&Secret::new(secret)), "AKIDEXAMPLE", &scope, at, seed.as_bytes())
            .unwrap()
    };
    (
        chain(text(case, "secret_access_key"), text(case, "seed_signature")),
        chain("another secret", &"07".repeat(32)),
    )
}

#[test]
fn published_chunks() {
    let cases = cases("chunked.json");
    for case in &cases {
        let trailers = case["trailer"]["canonical_trailers"].as_str();
        let kind = if trailers.is_some() { Streaming::ChunksTrailer } else { Streaming::Chunks };
        let mut body = Vec::new();
        let mut decoded = 0;
        for chunk in case["chunks"].as_array().unwrap() {
            let size = chunk["size"].as_u64().unwrap();
            decoded += size;
            body.extend(format!("{size:x};chunk-signature={}\r\n", text(chunk, "signature")).into_bytes());
            body.extend(text(chunk, "fill").repeat(size as usize).into_bytes());
            body.extend(if size > 0 { &b"\r\n"[..] } else { b"" });
        }
        let mut announced = Vec::new();
        for line in trailers.unwrap_or_default().lines() {
            announced.push(line.split(':').next().unwrap().to_owned());
            body.extend(format!("{line}\r\n").into_bytes());
        }
        if trailers.is_some() {
            let signature = text(&case["trailer"], "signature");
            body.extend(format!("x-amz-trailer-signature:{signature}\r\n").into_bytes());
        }
        body.extend(b"\r\n");

        let (from, to) = chains(case, kind, text(case, "date"));
        let id = text(case, "id");
        let resigner = |from: Chain, to: Chain| {
            let signed = SignedChunks::new(Chains::new(from, to));
            let reader = ChunkReader::new(Some(decoded), announced.clone(), Some(signed));
            BodyResigner { check: Check::Chunks(Box::new(reader)), last: None }
        };
        let there = run(resigner(from.clone(), to.clone()), &[&body]).unwrap();
        assert_eq!(there.len(), body.len(), "{id}");
        assert_ne!(there, body, "{id}");
        assert!(run(resigner(from.clone(), to.clone()), &[&there]).is_err(), "{id}");
        assert!(run(resigner(to, from), &[&there]).is_ok_and(|back| back == body), "{id}");
    }
    assert_eq!(cases.len(), 4);
}

#[test]
fn published_chunks_are_what_a_client_signs() {
    for case in cases("chunked.json") {
        let trailers = case["trailer"]["canonical_trailers"].as_str();
        let kind = if trailers.is_some() { Streaming::ChunksTrailer } else { Streaming::Chunks };
        let (chain, _) = chains(&case, kind, text(&case, "date"));
        let size = case["chunks"][0]["size"].as_u64().unwrap() as usize;
        let mut signer = ChunkSigner::new(chain).with_chunk_size(size);
        let mut body = Vec::new();
        let decoded: u64 =
            case["chunks"].as_array().unwrap().iter().map(|c| c["size"].as_u64().unwrap()).sum();
        for piece in vec![b'a'; decoded as usize].chunks(1000) {
            signer.push_into(piece, &mut body);
        }
        let fields: Vec<(&str, &str)> =
            trailers.unwrap_or_default().lines().map(|line| line.split_once(':').unwrap()).collect();
        let lengths: Vec<(&str, usize)> = fields.iter().map(|(name, value)| (*name, value.len())).collect();
        let length = signer.framed_length(decoded, &lengths);
        body.extend(signer.finish(&fields).unwrap());
        assert_eq!(body.len() as u64, length);
        let body = String::from_utf8(body).unwrap();
        for chunk in case["chunks"].as_array().unwrap() {
            assert!(body.contains(text(chunk, "signature")), "{}", text(&case, "id"));
        }
        if trailers.is_some() {
            assert!(body.contains(text(&case["trailer"], "signature")), "{}", text(&case, "id"));
        }
    }
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap();
    (0..hexadecimal.len()).step_by(2).map(digit).collect()
}

#[test]
fn published_events() {
    let cases = cases("event-stream.json");
    let mut seen = 0;
    for case in &cases {
        let (mut chain, _) = chains(case, Streaming::Events, text(&case["events"][0], "date"));
        for event in case["events"].as_array().unwrap() {
            let at = Time::parse_amz(text(event, "date")).unwrap();
            let headers = bytes(text(event, "headers_hex"));
            let payload = match event["payload"].as_str() {
                Some(payload) => payload.as_bytes().to_vec(),
                None => bytes(text(event, "payload_hex")),
            };
            let expected = bytes(text(event, "signature"));
            let before = chain.clone();
            chain.turn(at).unwrap();
            let signature = chain.sign(&Piece::event(&headers, &payload));
            assert_eq!(signature.to_string(), text(event, "signature"), "{}", text(case, "id"));
            // Where the headers are the date alone, the message that is sent has it and the signature.
            if headers.starts_with(b"\x05:date\x08") {
                let message = EventSigner::new(before).sign(&payload, at + Duration::from_millis(7)).unwrap();
                assert_eq!(&message[12..12 + headers.len()], headers);
                assert!(message.windows(32).any(|window| window == expected));
                seen += 1;
            }
        }
    }
    assert_eq!((cases.len(), seen), (3, 5));
}

#[test]
fn event_keys_are_those_of_the_day() {
    let scope = Scope::new("us-east-1", "transcribe");
    let evening = Time::parse_amz("20270115T235959Z").unwrap();
    let morning = evening + Duration::from_secs(1);
    let chain = |at| {
        let payload = DeclaredPayload::Streaming(Streaming::Events);
        Chain::of(payload, &Key::from(&Secret::new("secret")), "AKIDEXAMPLE", &scope, at, &[b'1'; 64])
            .unwrap()
    };
    let signed = |mut chain: Chain, at| {
        chain.turn(at).unwrap();
        chain.sign(&Piece::event(b"date", b"payload")).to_string()
    };
    assert_eq!(signed(chain(evening), morning), signed(chain(morning), morning));
    assert_ne!(signed(chain(evening), evening), signed(chain(morning), morning));
}

#[test]
fn a_chain_is_of_one_algorithm() {
    let begins = |kind, scope: &Scope, signature: &[u8]| {
        let (payload, at) = (DeclaredPayload::Streaming(kind), Time::from_unix(1_800_000_000));
        Chain::of(payload, &Key::from(&Secret::new("secret")), "AKIDEXAMPLE", scope, at, signature).is_some()
    };
    let (one, set) = (Scope::new("us-east-1", "s3"), Scope::regions(["us-east-1"], "s3"));
    for (kind, right, wrong) in [
        (Streaming::Chunks, &one, &set),
        (Streaming::ChunksTrailer, &one, &set),
        (Streaming::Events, &one, &set),
        (Streaming::EcdsaChunks, &set, &one),
        (Streaming::EcdsaChunksTrailer, &set, &one),
    ] {
        assert!(begins(kind, right, &[b'1'; 64]) && !begins(kind, wrong, &[b'1'; 64]));
        assert!(!begins(kind, right, &[b'1'; 145]));
    }
}

/// A key that stands for the secret ends with its day; one that has the secret behind it goes on.
#[test]
fn a_delegate_ends_with_its_day() {
    let evening = Time::parse_amz("20260101T235959Z").unwrap();
    let morning = evening + Duration::from_secs(1);
    let credentials = Credentials::new("AKIDEXAMPLE", "secret");
    let delegate = credentials.delegate(evening, "us-east-1", "transcribe");
    let scope = Scope::new("us-east-1", "transcribe");
    let chain = |key: Key<'_>, kind, scope: &Scope, at| {
        Chain::of(DeclaredPayload::Streaming(kind), &key, "AKIDEXAMPLE", scope, at, &[b'1'; 64])
    };
    let begin = |key| chain(key, Streaming::Events, &scope, evening).unwrap();
    let mut ours = EventSigner::new(begin((&credentials).into()));
    let mut theirs = EventSigner::new(begin((&delegate).into()));
    assert_eq!(ours.sign(b"message", evening).unwrap(), theirs.sign(b"message", evening).unwrap());
    assert!(ours.sign(b"message", morning).is_ok() && ours.finish(morning).is_ok());
    assert_eq!(theirs.sign(b"message", morning), Err(BodyError::KeyEnded));
    assert_eq!(theirs.finish(morning), Err(BodyError::KeyEnded));

    // From either side of the gateway.
    let message = EventSigner::new(begin((&credentials).into())).sign(b"message", morning).unwrap();
    for (from, to) in
        [((&credentials).into(), (&delegate).into()), ((&delegate).into(), (&credentials).into())]
    {
        let mut reader = EventReader::new(Chains::new(begin(from), begin(to)));
        assert_eq!(reader.read(&message), Err(BodyError::KeyEnded));
    }

    // Its chunks it signs, on its day and for its region and service.
    let delegate = credentials.delegate(evening, "us-east-1", "s3");
    let begins = |scope: &Scope, at| chain((&delegate).into(), Streaming::Chunks, scope, at).is_some();
    assert!(begins(&Scope::new("us-east-1", "s3"), evening));
    assert!(!begins(&Scope::new("us-east-1", "s3"), morning));
    assert!(!begins(&Scope::new("us-east-2", "s3"), evening));
    assert!(!begins(&Scope::new("us-east-1", "s3express"), evening));
    let set = Scope::regions(["us-east-1"], "s3");
    assert!(chain((&delegate).into(), Streaming::EcdsaChunks, &set, evening).is_none());
}
