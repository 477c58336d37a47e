//! Bodies that flow through, piece by piece.

use super::*;

const KNOWN: &[(&str, &str)] = &[("Content-Length", "300")];
const CHUNKED: &[(&str, &str)] = &[("Transfer-Encoding", "chunked")];
/// As botocore sends what it makes checksums of.
const DECODED: &[(&str, &str)] = &[("Transfer-Encoding", "chunked"), ("X-Amz-Decoded-Content-Length", "0")];

/// An upload whose chunks are signed, of a length that is known or not: its record, its plan, and the way for its body.
fn pieces(
    kind: Streaming,
    framing: &[(&'static str, &'static str)],
    checksums: bool,
) -> (Result<(Resigned, BodyPlan), Refused>, Record, sigv4::Signed) {
    let mut headers =
        vec![("Host", "bucket.s3.us-east-1.amazonaws.com"), ("X-Amz-Trailer", "x-amz-checksum-crc32")];
    headers.extend(framing);
    let request = Request::new("PUT", "/key", &headers);
    let keys = Credentials::new(KEY, SECRET);
    let scope = match kind.algorithm() {
        Algorithm::V4a => Scope::regions(["us-east-1"], "s3"),
        _ => Scope::new("us-east-1", "s3"),
    };
    let signed =
        sigv4::sign(&request, Payload::Streaming(kind), &keys, &scope, &Settings::default(), NOW).unwrap();
    let head = kept("PUT", "/key", signed.apply(&request));
    let mut gateway = gateway();
    gateway.trailer_checksums = checksums;
    gateway.policy.sigv4a = true;
    let name = HostName::parse(b"bucket.s3.us-east-1.amazonaws.com").unwrap();
    let arrival = Arrival::Intercepted { authority: name.clone(), sni: Some(name) };
    let mut record = Record::request("id", NOW);
    let real = Credentials::new("AKIAREALREALREALREAL", REAL);
    let through = gateway.open(head.head(), &arrival, NOW, &mut record).and_then(|opened| {
        let plan = opened.body();
        let body = matches!(plan, BodyPlan::Hold(_)).then_some(&b"not looked at"[..]);
        let proven = opened.prove(&gateway, body, NOW, &mut record)?;
        Ok((proven.resign(&real, NOW)?, plan))
    });
    (through, record, signed)
}

#[test]
fn signed_chunks_flow() {
    for kind in [Streaming::ChunksTrailer, Streaming::EcdsaChunksTrailer] {
        let (through, record, signed) = pieces(kind, KNOWN, true);
        let (resigned, plan) = through.unwrap();
        assert_eq!((plan, record.payload), (BodyPlan::Stream, Some(kind.as_str())));
        let mut chunks = signed.chunk_signer().unwrap();
        let mut body = chunks.push(b"hello");
        body.extend(chunks.finish(&[("x-amz-checksum-crc32", "NhCmhg==")]).unwrap());
        let mut way = resigned.body;
        let mut out = way.push(&body).unwrap();
        out.extend(way.finish().unwrap());
        assert_eq!(out.len(), body.len());
        assert_ne!(out, body);
    }

    // Where neither length is known it must be held; and the checksums are checked only where the gateway is told so.
    let held = BodyPlan::Hold(gateway().limits.body);
    for (framing, checksums, plan) in
        [(KNOWN, true, BodyPlan::Stream), (DECODED, true, BodyPlan::Stream), (CHUNKED, false, held)]
    {
        let (through, _, signed) = pieces(Streaming::ChunksTrailer, framing, checksums);
        let (resigned, planned) = through.unwrap();
        assert_eq!(planned, plan);
        let body = signed.chunk_signer().unwrap().finish(&[("x-amz-checksum-crc32", "NhCmhg==")]).unwrap();
        let mut way = resigned.body;
        assert_eq!(way.push(&body).is_err(), checksums);
    }
}

#[test]
fn a_conversation_is_never_held() {
    let (through, record, _) = pieces(Streaming::Events, CHUNKED, false);
    let (_, plan) = through.unwrap();
    assert_eq!((plan, record.payload), (BodyPlan::Stream, Some(Streaming::Events.as_str())));
}

#[test]
fn a_wrong_chunk_is_answered_as_a_wrong_signature() {
    let kind = |error| Refusal::from(error).kind();
    assert_eq!(kind(sigv4::BodyError::Signature), RefusalKind::SignatureMismatch);
    assert_eq!(kind(sigv4::BodyError::TrailerSignature), RefusalKind::SignatureMismatch);
    assert_eq!(kind(sigv4::BodyError::Truncated), RefusalKind::PayloadMismatch);
}
