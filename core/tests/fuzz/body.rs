//! Bodies of all kinds, well formed and not: cut anywhere they come to the same, and what is refused has not left whole.

use awsaccess::sigv4::{
    BodyError, BodyResigner, Claim, Payload, Policy, Request, Scope, Settings, Signed, Streaming, Upstream,
    resign, sign,
};
use sha2::{Digest, Sha256};

use super::head::Pairs;
use super::{NOW, placeholder, real};

pub(super) const HOST: &str = "bucket.s3.us-east-1.amazonaws.com";
pub(super) const TRAILER: &str = "x-amz-checksum-crc32";

/// The head of an upload, signed by its client.
pub(super) fn upload(payload: Payload<'_>, decoded: Option<usize>) -> (Pairs, Signed) {
    let length = decoded.unwrap_or_default().to_string();
    let mut headers = vec![("Host", HOST)];
    if decoded.is_some() {
        headers.push(("X-Amz-Decoded-Content-Length", &length));
    }
    let trailer =
        matches!(payload, Payload::StreamingUnsignedTrailer | Payload::Streaming(Streaming::ChunksTrailer));
    if trailer {
        headers.push(("X-Amz-Trailer", TRAILER));
    }
    let request = Request::new("PUT", "/key", &headers);
    let scope = Scope::new("us-east-1", "s3");
    let signed = sign(&request, payload, &placeholder(), &scope, &Settings::default(), NOW).unwrap();
    (signed.apply(&request), signed)
}

/// The way for the body of an upload, with the head that leaves.
pub(super) fn way(
    headers: &[(Vec<u8>, Vec<u8>)],
    keys: &awsaccess::credentials::Credentials,
) -> (Pairs, BodyResigner) {
    let request = Request::new("PUT", "/key", headers);
    let claim = Claim::parse(&request, &Policy::default(), NOW).unwrap();
    let verified = claim.verify(keys, Payload::Declared).ok().unwrap();
    let head = resign(verified, &Upstream::new(HOST), &real(), NOW).unwrap();
    ((&head.headers).into(), head.body)
}

/// What left, and how it ended.
pub(super) fn run<'a>(
    mut way: BodyResigner,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<u8>, Result<(), BodyError>) {
    let mut out = Vec::new();
    for piece in pieces {
        if let Err(error) = way.push_into(piece, &mut out) {
            // Once refused, always refused.
            assert_eq!(way.push(b"x").err(), Some(BodyError::Refused));
            assert_eq!(way.finish().err(), Some(BodyError::Refused));
            return (out, Err(error));
        }
    }
    let end = way.finish().map(|rest| out.extend(rest));
    (out, end)
}

/// Pieces of lengths that look random, some of them empty.
pub(super) fn cut(body: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let (mut rest, mut state) = (body, u32::from(seed) | 1);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let length = (state >> 24) as usize % 71;
        let (piece, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        Some(piece)
    })
}

/// The body whole, byte by byte and in pieces. What is refused has not left whole; only the messages of a conversation
/// leave at once, each when it is proven.
pub(super) fn compare(
    headers: &[(Vec<u8>, Vec<u8>)],
    body: &[u8],
    seed: u8,
    kind: Option<Streaming>,
) -> Result<Vec<u8>, BodyError> {
    let most = if kind == Some(Streaming::Events) { body.len() } else { body.len().saturating_sub(1) };
    let make = || way(headers, &placeholder()).1;
    let (whole, end) = run(make(), std::iter::once(body));
    let ways: [Box<dyn Iterator<Item = &[u8]>>; 2] = [Box::new(body.chunks(1)), Box::new(cut(body, seed))];
    for (nth, pieces) in ways.into_iter().enumerate() {
        let (out, ended) = run(make(), pieces);
        assert_eq!(ended.is_ok(), end.is_ok(), "whole {end:?}, way {nth} {ended:?}");
        match ended {
            Ok(()) => assert_eq!((out.len(), &out), (body.len(), &whole)),
            Err(_) => assert!(out.len() <= most, "all of what is refused has left"),
        }
    }
    if end.is_err() {
        assert!(whole.len() <= most, "all of what is refused has left");
    }
    end.map(|()| whole)
}

/// Bytes as a body: with a declared hash, with unsigned chunks, with signed chunks.
pub(super) fn chunks(data: &[u8]) {
    let [mode, seed, body @ ..] = data else { return };
    let decoded = (mode & 0x80 == 0).then_some(usize::from(mode >> 3 & 15));
    let payload = match mode & 7 {
        0 | 1 => Payload::StreamingUnsignedTrailer,
        2 => Payload::Streaming(Streaming::Chunks),
        3 => Payload::Streaming(Streaming::ChunksTrailer),
        4 => Payload::Sha256(Sha256::digest(body).into()),
        5 => Payload::Sha256(Sha256::digest([body, b"x"].concat()).into()),
        _ => Payload::Unsigned,
    };
    let result = compare(&upload(payload, decoded).0, body, *seed, None);
    match payload {
        Payload::Unsigned => assert_eq!(result.as_deref(), Ok(body)),
        Payload::Sha256(_) => assert_eq!(result.is_ok(), mode & 7 == 4),
        Payload::StreamingUnsignedTrailer => assert!(result.is_err() || result.as_deref() == Ok(body)),
        // The client's signatures are gone, whatever they were.
        _ => assert!(result.is_err() || result.as_deref() != Ok(body)),
    }
}

/// Bytes as an event stream.
pub(super) fn events(data: &[u8]) {
    let [seed, body @ ..] = data else { return };
    let result =
        compare(&upload(Payload::Streaming(Streaming::Events), None).0, body, *seed, Some(Streaming::Events));
    assert!(result.is_err() || result.as_deref() != Ok(body));
}
