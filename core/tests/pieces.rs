//! What holds for a body of every kind, from a client that is not ours to a receiver that is not ours: the same
//! however it is split, as long as before, right under the real key, and never whole if anything is wrong with it.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

mod judge;

use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{
    Algorithm, BodyError, BodyResigner, Checksum, Claim, DeclaredPayload, Headers, Payload, Policy, Request,
    ResignError, Scope, Settings, Streaming, Upstream, resign, sign,
};
use awsaccess::time::Time;
use judge::Party;
use proptest::prelude::*;
use serde_json::Value;

const NOW: Time = Time::from_unix(1_800_000_000);
const HOST: &str = "bucket.s3.eu-west-1.amazonaws.com";
const CRC: &str = "x-amz-checksum-crc32";
/// How many bytes the test's client puts into a chunk or a message.
const PIECE: usize = 8192;
/// More than a piece has beside its data.
const FRAME: usize = 300;

/// How a body is framed and signed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Hash,
    Unsigned,
    UnsignedTrailer,
    Signed(Streaming),
}

const KINDS: [Kind; 8] = [
    Kind::Hash,
    Kind::Unsigned,
    Kind::UnsignedTrailer,
    Kind::Signed(Streaming::Chunks),
    Kind::Signed(Streaming::ChunksTrailer),
    Kind::Signed(Streaming::EcdsaChunks),
    Kind::Signed(Streaming::EcdsaChunksTrailer),
    Kind::Signed(Streaming::Events),
];

impl Kind {
    /// Those whose bytes say whether they are right.
    fn checked() -> impl Iterator<Item = Self> {
        KINDS.into_iter().filter(|kind| *kind != Self::Unsigned)
    }

    fn is_chunked(self) -> bool {
        !matches!(self, Self::Hash | Self::Unsigned | Self::Signed(Streaming::Events))
    }

    fn has_trailer(self) -> bool {
        use Streaming::{ChunksTrailer, EcdsaChunksTrailer};
        matches!(self, Self::UnsignedTrailer | Self::Signed(ChunksTrailer | EcdsaChunksTrailer))
    }

    fn scope(self) -> Scope {
        match self {
            Self::Signed(Streaming::EcdsaChunks | Streaming::EcdsaChunksTrailer) => {
                Scope::regions(["eu-west-1", "us-*"], "s3")
            }
            Self::Signed(Streaming::Events) => Scope::new("eu-west-1", "transcribe"),
            _ => Scope::new("eu-west-1", "s3"),
        }
    }
}

fn keys() -> Credentials {
    Credentials::new("AKIAPLACEHOLDER00001", "placeholder-secret")
}

fn real() -> Credentials {
    Credentials::new("ASIAREALREALREALREAL", "real-secret").with_session_token("real/token+==")
}

fn data(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 % 251) as u8).collect()
}

fn checksum(name: &'static str, data: &[u8]) -> (&'static str, String) {
    let mut sum = Checksum::of(name).unwrap();
    sum.update(data);
    (name, sum.value())
}

/// A signed upload: its head, and its body in pieces of which each may leave alone.
struct Upload {
    kind: Kind,
    /// Of its data.
    length: usize,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    pieces: Vec<Vec<u8>>,
}

impl Upload {
    fn new(kind: Kind, data: &[u8]) -> Self {
        Self::with(kind, data, data.len(), &[checksum(CRC, data)])
    }

    /// With this decoded length, and these trailers where the kind has some.
    fn with(kind: Kind, data: &[u8], decoded: usize, trailers: &judge::Trailers) -> Self {
        let trailers = if kind.has_trailer() { trailers } else { &[] };
        let names: Vec<&str> = trailers.iter().map(|(name, _)| *name).collect();
        let (names, decoded) = (names.join(","), decoded.to_string());
        let mut headers = vec![("Host", HOST)];
        if kind.is_chunked() {
            headers.extend([
                ("X-Amz-Decoded-Content-Length", decoded.as_str()),
                ("Content-Encoding", "aws-chunked"),
            ]);
        }
        if kind.has_trailer() {
            headers.push(("X-Amz-Trailer", &names));
        }
        let payload = match kind {
            Kind::Hash => Payload::Bytes(data),
            Kind::Unsigned => Payload::Unsigned,
            Kind::UnsignedTrailer => Payload::StreamingUnsignedTrailer,
            Kind::Signed(streaming) => Payload::Streaming(streaming),
        };
        let (request, scope) = (Request::new("PUT", "/key", &headers), kind.scope());
        let signed = sign(&request, payload, &keys(), &scope, &Settings::default(), NOW).unwrap();
        let (client, seed) = (Party::new(&keys(), &scope, NOW), signed.signature());
        let pieces = match kind {
            Kind::Hash | Kind::Unsigned => vec![data.to_vec()],
            Kind::UnsignedTrailer => vec![unsigned_chunks(data, trailers)],
            Kind::Signed(Streaming::Events) => {
                client.write_events(seed, &data.chunks(PIECE).collect::<Vec<_>>())
            }
            Kind::Signed(_) => vec![client.write_chunks(seed, data, PIECE, trailers)],
        };
        Self { kind, length: data.len(), headers: signed.apply(&request), pieces }
    }

    fn body(&self) -> Vec<u8> {
        self.pieces.concat()
    }

    /// Where the first piece ends: a chunk, a message, or some of the bytes.
    fn first_piece(&self) -> usize {
        match self.kind {
            Kind::Signed(Streaming::Events) => self.pieces[0].len(),
            kind if kind.is_chunked() => {
                let body = self.body();
                let header = body.windows(2).position(|window| window == b"\r\n").unwrap();
                header + 2 + PIECE.min(self.length) + 2
            }
            _ => PIECE,
        }
    }

    /// Where the last piece begins: the final chunk, the empty message, or the last byte.
    fn last_piece(&self) -> usize {
        let body = self.body();
        match self.kind {
            Kind::Signed(Streaming::Events) => body.len() - self.pieces.last().unwrap().len(),
            Kind::Signed(_) => body.windows(4).rposition(|window| window == b"\r\n0;").unwrap() + 2,
            Kind::UnsignedTrailer => body.windows(5).rposition(|window| window == b"\r\n0\r\n").unwrap() + 2,
            _ => body.len() - 1,
        }
    }

    /// The way for the body, and the signature of the request that goes out.
    fn way(&self) -> (BodyResigner, String) {
        way("/key", &self.headers, &keys()).unwrap()
    }

    fn through(&self, pieces: &[&[u8]]) -> Result<Vec<u8>, (Vec<u8>, BodyError)> {
        through(self.way().0, pieces)
    }

    /// What the receiver reads of what came out: the data, or `None` if anything is wrong.
    fn read(&self, out: &[u8], seed: &str) -> Option<Vec<u8>> {
        let receiver = Party::new(&real(), &self.kind.scope(), NOW);
        match self.kind {
            Kind::Hash | Kind::Unsigned => Some(out.to_vec()),
            Kind::UnsignedTrailer => read_unsigned(out),
            Kind::Signed(Streaming::Events) => {
                let payloads = receiver.read_events(out, seed)?;
                // Each payload is a message of its own, of twelve bytes before its data and four behind.
                Some(payloads.iter().flat_map(|payload| payload[12..payload.len() - 4].to_vec()).collect())
            }
            Kind::Signed(_) => receiver.read_chunks(out, seed),
        }
    }
}

fn unsigned_chunks(data: &[u8], trailers: &judge::Trailers) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in data.chunks(PIECE) {
        out.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    let lines: String = trailers.iter().map(|(name, value)| format!("{name}:{value}\r\n")).collect();
    out.extend(format!("0\r\n{lines}\r\n").into_bytes());
    out
}

fn read_unsigned(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    loop {
        let end = body.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).ok()?, 16).ok()?;
        let rest = &body[end + 2..];
        if size == 0 {
            let (name, value) = checksum(CRC, &data);
            let (given, rest) = std::str::from_utf8(rest).ok()?.split_once(':')?;
            let is_right = given.eq_ignore_ascii_case(name) && rest == format!("{value}\r\n\r\n");
            return is_right.then_some(data);
        }
        data.extend_from_slice(rest.get(..size)?);
        body = rest[size..].strip_prefix(b"\r\n")?;
    }
}

fn way<'h>(
    target: &'h str,
    headers: impl Into<Headers<'h>>,
    keys: &Credentials,
) -> Result<(BodyResigner, String), ResignError> {
    let request = Request::new("PUT", target, headers);
    let claim = Claim::parse(&request, &Policy::default(), NOW).unwrap();
    let verified = claim.verify(keys, Payload::Declared).ok().unwrap();
    let head = resign(verified, &Upstream::new(HOST), &real(), NOW)?;
    let authorization = head.headers.iter().find(|(name, _)| name == b"authorization").unwrap();
    let authorization = String::from_utf8(authorization.1.to_vec()).unwrap();
    Ok((head.body, authorization.split("Signature=").nth(1).unwrap().to_owned()))
}

/// All that came out; on an error, what had come out before.
fn through(mut way: BodyResigner, pieces: &[&[u8]]) -> Result<Vec<u8>, (Vec<u8>, BodyError)> {
    let mut out = Vec::new();
    for piece in pieces {
        if let Err(error) = way.push_into(piece, &mut out) {
            return Err((out, error));
        }
    }
    match way.finish() {
        Ok(last) => Ok([out, last].concat()),
        Err(error) => Err((out, error)),
    }
}

#[test]
fn what_leaves_is_as_long_and_right_under_the_real_key() {
    for kind in KINDS {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5] {
            let upload = Upload::new(kind, &data(length));
            let (way, seed) = upload.way();
            let body = upload.body();
            let out = through(way, &[&body]).unwrap();
            assert_eq!(out.len(), body.len(), "{kind:?} {length}");
            assert_eq!(upload.read(&out, &seed), Some(data(length)), "{kind:?} {length}");
            let is_signed = matches!(kind, Kind::Signed(_));
            assert_eq!(upload.read(&body, &seed).is_none(), is_signed, "{kind:?} {length}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same(
        kind in prop::sample::select(KINDS.to_vec()),
        length in 0usize..30_000,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let upload = Upload::new(kind, &data(length));
        let body = upload.body();
        let whole = upload.through(&[&body]).unwrap();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &body[cut[0]..cut[1]]).collect();
        prop_assert_eq!(&upload.through(&pieces).unwrap(), &whole);
        // With a new buffer for each piece, too.
        let (mut way, mut out) = (upload.way().0, Vec::new());
        for piece in &pieces {
            out.extend(way.push(piece).unwrap());
        }
        out.extend(way.finish().unwrap());
        prop_assert_eq!(out, whole);
    }

    #[test]
    fn any_altered_byte_is_refused(
        kind in prop::sample::select(Kind::checked().collect::<Vec<_>>()),
        length in 1usize..20_000,
        at in any::<prop::sample::Index>(),
        flip in 1u8..=255,
    ) {
        let upload = Upload::new(kind, &data(length));
        let at = at.index(upload.body().len());
        let refused = altered(&upload, &data(length), at, flip);
        prop_assert!(refused, "{kind:?}, byte {at}, flip {flip}");
    }

    #[test]
    fn no_bytes_can_make_it_panic(
        kind in prop::sample::select(Kind::checked().collect::<Vec<_>>()),
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8),
    ) {
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        prop_assert!(Upload::new(kind, b"a body").through(&pieces).is_err());
    }
}

/// Whether a body with one byte changed never leaves whole, or means the same: a size may be written, and a trailer be
/// named, in capitals.
fn altered(upload: &Upload, data: &[u8], at: usize, flip: u8) -> bool {
    let (mut body, (way, seed)) = (upload.body(), upload.way());
    body[at] ^= flip;
    match through(way, &[&body]) {
        Err((out, _)) => out.len() < body.len(),
        Ok(out) => {
            let in_capitals = flip == 0x20 && body[at].is_ascii_alphabetic();
            in_capitals && upload.kind.is_chunked() && upload.read(&out, &seed).as_deref() == Some(data)
        }
    }
}

#[test]
fn every_byte_matters() {
    for kind in Kind::checked() {
        let upload = Upload::new(kind, &data(43));
        for at in 0..upload.body().len() {
            // SigV4A takes a hundred times as long.
            let flips: &[u8] = if kind.scope().algorithm() == Algorithm::V4a {
                &[0x01]
            } else {
                &[0x01, 0x04, 0x20, 0x2d, 0x80]
            };
            for &flip in flips {
                assert!(altered(&upload, &data(43), at, flip), "{kind:?}, byte {at}, flip {flip:#x}");
            }
        }
    }
}

#[test]
fn truncation_at_every_byte_keeps_the_end_back() {
    for kind in Kind::checked() {
        // Every byte of a small body, and of the end of one of two pieces.
        for (length, last) in [(43, usize::MAX), (PIECE + 43, 800)] {
            let upload = Upload::new(kind, &data(length));
            let body = upload.body();
            // SigV4A takes a hundred times as long.
            let is_slow = length > PIECE && kind.scope().algorithm() == Algorithm::V4a;
            for at in (body.len().saturating_sub(last)..body.len()).step_by(if is_slow { 7 } else { 1 }) {
                let (out, error) = upload.through(&[&body[..at]]).unwrap_err();
                let expected = match kind {
                    Kind::Hash => BodyError::HashMismatch,
                    // With an empty line, as some clients write it, the signature may still follow.
                    _ if error == BodyError::TrailerSignature => {
                        assert!(body[..at].ends_with(b"\r\n") && kind.has_trailer());
                        continue;
                    }
                    _ => BodyError::Truncated,
                };
                assert_eq!(error, expected, "{kind:?} {at}");
                // Of what is signed only whole pieces leave, and never the last; of chunks, all but a byte.
                let left = match kind {
                    Kind::Signed(signed) => {
                        let kept = usize::from(signed != Streaming::Events);
                        let whole = [upload.first_piece(), upload.last_piece()];
                        out.is_empty() || whole.iter().any(|whole| out.len() + kept == *whole)
                    }
                    _ => out.len() == at.saturating_sub(1),
                };
                assert!(left, "{kind:?} {at} {}", out.len());
            }
        }
    }
}

/// What a client, or one on the way, may do to a body, by what the body then is.
#[test]
fn what_is_left_out_or_added_is_named() {
    let data = data(PIECE + 43);
    for kind in Kind::checked() {
        let upload = Upload::new(kind, &data);
        let body = upload.body();
        let refused = |body: &[u8]| {
            let (out, error) = upload.through(&[body]).unwrap_err();
            assert!(out.len() < body.len().max(upload.body().len()), "{kind:?}");
            error
        };
        let by_kind = |chunked, events| match kind {
            Kind::Hash => BodyError::HashMismatch,
            Kind::Signed(Streaming::Events) => events,
            _ => chunked,
        };
        let ended = by_kind(BodyError::TrailingBytes, BodyError::TrailingBytes);
        for tail in [&b"\0"[..], b"\r\n", b"0\r\n\r\n", &body] {
            assert_eq!(refused(&[&body, tail].concat()), ended, "{kind:?}");
        }
        assert_eq!(refused(b""), by_kind(BodyError::Truncated, BodyError::Truncated));
        let without_end = &body[..upload.last_piece()];
        assert_eq!(refused(without_end), by_kind(BodyError::Truncated, BodyError::Truncated), "{kind:?}");
        // The first piece left out, and twice.
        let (first, rest) = body.split_at(upload.first_piece());
        let (out, twice) = (refused(rest), refused(&[first, first, rest].concat()));
        let expected = match kind {
            Kind::Hash | Kind::Unsigned => [BodyError::HashMismatch, BodyError::HashMismatch],
            Kind::UnsignedTrailer => [BodyError::Checksum(CRC), BodyError::DecodedLength],
            Kind::Signed(Streaming::Events) => [BodyError::Signature, BodyError::Signature],
            Kind::Signed(_) => [BodyError::Signature, BodyError::DecodedLength],
        };
        assert_eq!([out, twice], expected, "{kind:?}");
    }
}

#[test]
fn trailers_are_neither_stripped_nor_added() {
    let data = data(43);
    for kind in KINDS.into_iter().filter(|kind| kind.is_chunked()) {
        let upload = Upload::new(kind, &data);
        let body = upload.body();
        let end = upload.last_piece() + 3;
        let end = end + body[end..].windows(2).position(|window| window == b"\r\n").map_or(0, |at| at + 2);
        let end = if kind == Kind::UnsignedTrailer { upload.last_piece() + 3 } else { end };
        let refused = |tail: &str| upload.through(&[&body[..end], tail.as_bytes()]).unwrap_err().1;
        let (name, value) = checksum(CRC, &data);
        assert_eq!(refused("x-amz-meta-a:1\r\n\r\n"), BodyError::Trailers, "{kind:?}");
        if kind.has_trailer() {
            assert_eq!(refused("\r\n"), BodyError::Trailers, "{kind:?}");
            let twice = format!("{name}:{value}\r\n{name}:{value}\r\n\r\n");
            assert_eq!(refused(&twice), BodyError::Trailers, "{kind:?}");
        } else {
            assert_eq!(refused(&format!("{name}:{value}\r\n\r\n")), BodyError::Trailers, "{kind:?}");
        }
        if let (Kind::Signed(_), true) = (kind, kind.has_trailer()) {
            let unsigned = format!("{name}:{value}\r\n\r\n");
            assert_eq!(refused(&unsigned), BodyError::TrailerSignature, "{kind:?}");
            let foreign = format!("{name}:{value}\r\nx-amz-trailer-signature:{}\r\n\r\n", "0".repeat(144));
            assert_eq!(refused(&foreign), BodyError::TrailerSignature, "{kind:?}");
        }
    }
}

#[test]
fn a_decoded_length_that_is_wrong_is_refused_though_it_is_signed() {
    let data = data(PIECE + 43);
    for kind in KINDS.into_iter().filter(|kind| kind.is_chunked()) {
        for decoded in [0, data.len() - 1, data.len() + 1] {
            let upload = Upload::with(kind, &data, decoded, &[checksum(CRC, &data)]);
            let body = upload.body();
            let (out, error) = upload.through(&[&body]).unwrap_err();
            assert_eq!(error, BodyError::DecodedLength, "{kind:?} {decoded}");
            assert!(out.len() < body.len());
        }
    }
}

#[test]
fn every_checksum_is_checked_or_left_to_the_receiver() {
    let data = data(PIECE + 43);
    let names = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];
    for kind in KINDS.into_iter().filter(|kind| kind.has_trailer()) {
        for name in names {
            let name: &'static str = Checksum::of(&format!("x-amz-checksum-{name}")).unwrap().name();
            let right = checksum(name, &data);
            let wrong = checksum(name, &data[1..]);
            let upload = Upload::with(kind, &data, data.len(), &[right]);
            assert!(upload.through(&[&upload.body()]).is_ok(), "{kind:?} {name}");
            // The client signs it, and it is wrong all the same.
            let upload = Upload::with(kind, &data, data.len(), &[wrong]);
            let (_, error) = upload.through(&[&upload.body()]).unwrap_err();
            assert_eq!(error, BodyError::Checksum(name), "{kind:?}");
            let unchecked = upload.way().0.without_checksums();
            assert_eq!(through(unchecked, &[&upload.body()]).unwrap().len(), upload.body().len());
        }
        let both = [checksum(CRC, &data), checksum("x-amz-checksum-sha256", &data[1..])];
        let upload = Upload::with(kind, &data, data.len(), &both);
        let (_, error) = upload.through(&[&upload.body()]).unwrap_err();
        assert_eq!(error, BodyError::Checksum("x-amz-checksum-sha256"));
    }
}

#[test]
fn what_is_held_does_not_grow() {
    let data = data(64 * PIECE);
    for kind in KINDS {
        let upload = Upload::new(kind, &data);
        let (mut way, body) = (upload.way().0, upload.body());
        let (mut pushed, mut out, mut most) = (0, Vec::new(), 0);
        for piece in body.chunks(1000) {
            way.push_into(piece, &mut out).unwrap();
            pushed += piece.len();
            most = most.max(pushed - out.len());
        }
        let bound = match kind {
            Kind::Unsigned => 0,
            Kind::Hash | Kind::UnsignedTrailer => 1,
            Kind::Signed(_) => PIECE + FRAME,
        };
        assert!(most <= bound, "{kind:?} holds {most}");
    }
}

/// Byte for byte, for the nonces of both are those of RFC 6979.
#[test]
fn our_client_writes_what_theirs_writes() {
    for kind in KINDS {
        let Kind::Signed(streaming) = kind else { continue };
        for length in [0, 1, PIECE, 3 * PIECE + 5] {
            let (data, scope) = (data(length), kind.scope());
            let trailers = if kind.has_trailer() { vec![checksum(CRC, &data)] } else { Vec::new() };
            let headers = [("Host", HOST)];
            let request = Request::new("PUT", "/key", &headers);
            let payload = Payload::Streaming(streaming);
            let signed = sign(&request, payload, &keys(), &scope, &Settings::default(), NOW).unwrap();
            let party = Party::new(&keys(), &scope, NOW);
            let seed = signed.signature();
            if streaming == Streaming::Events {
                assert!(signed.chunk_signer().is_none());
                let mut signer = signed.event_signer().unwrap();
                let messages: Vec<&[u8]> = data.chunks(PIECE).collect();
                let mut body: Vec<u8> =
                    messages.iter().flat_map(|message| signer.sign(message, NOW).unwrap()).collect();
                body.extend(signer.finish(NOW).unwrap());
                assert_eq!(party.read_events(&body, seed).unwrap(), messages);
                continue;
            }
            assert!(signed.event_signer().is_none());
            let mut signer = signed.chunk_signer().unwrap().with_chunk_size(PIECE);
            let fields: Vec<(&str, &str)> =
                trailers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let lengths: Vec<(&str, usize)> =
                fields.iter().map(|(name, value)| (*name, value.len())).collect();
            let expected = signer.framed_length(length as u64, &lengths);
            let mut body = signer.push(&data);
            body.extend(signer.finish(&fields).unwrap());
            assert_eq!(body.len() as u64, expected, "{kind:?} {length}");
            assert_eq!(body, party.write_chunks(seed, &data, PIECE, &trailers), "{kind:?} {length}");
        }
    }
}

#[test]
fn what_awscrt_wrote_goes_through() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/sigv4/awscrt-chunks.json");
    let cases: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let cases = cases.as_array().unwrap();
    let mut padded = 0;
    for case in cases {
        let text = |name: &str| case[name].as_str().unwrap();
        let mut keys = Credentials::new(text("access_key_id"), text("secret_access_key"));
        if let Some(token) = case["session_token"].as_str() {
            keys = keys.with_session_token(token);
        }
        let headers: Vec<(String, String)> = serde_json::from_value(case["headers"].clone()).unwrap();
        let scope = match case["region_set"].as_str() {
            Some(set) => Scope::regions(set.split(','), "s3"),
            None => Scope::new(text("region"), "s3"),
        };
        let (mut body, mut data) = (Vec::new(), Vec::new());
        for chunk in case["chunks"].as_array().unwrap() {
            let (size, signature) = (chunk["size"].as_u64().unwrap(), chunk["signature"].as_str().unwrap());
            let bytes = chunk["fill"].as_str().unwrap().repeat(usize::try_from(size).unwrap());
            body.extend(format!("{size:x};chunk-signature={signature}\r\n{bytes}").into_bytes());
            body.extend_from_slice(if size > 0 { b"\r\n" } else { b"" });
            data.extend(bytes.into_bytes());
            padded += usize::from(signature.ends_with('*'));
        }
        if case["trailer"].is_object() {
            for field in case["trailer"]["fields"].as_array().unwrap() {
                let (name, value) = (field[0].as_str().unwrap(), field[1].as_str().unwrap());
                body.extend(format!("{name}:{value}\r\n").into_bytes());
            }
            let signature = case["trailer"]["signature"].as_str().unwrap();
            padded += usize::from(signature.ends_with('*'));
            body.extend(format!("x-amz-trailer-signature:{signature}\r\n").into_bytes());
        }
        body.extend_from_slice(b"\r\n");
        let (resigner, seed) = way(text("target"), &headers, &keys).unwrap();
        let out = through(resigner, &[&body]).unwrap();
        assert_eq!(out.len(), body.len());
        assert_eq!(Party::new(&real(), &scope, NOW).read_chunks(&out, &seed), Some(data));
    }
    assert!(cases.len() == 7 && padded > 4, "{padded} signatures are padded");
}

/// The literal, the algorithm of the head and the signatures of the pieces are of one kind.
#[test]
fn every_kind_begins_with_its_own_head() {
    for kind in KINDS {
        let upload = Upload::new(kind, b"a body");
        let request = Request::new("PUT", "/key", &upload.headers);
        let claim = Claim::parse(&request, &Policy::default(), NOW).unwrap();
        let verified = claim.verify(&keys(), Payload::Declared).ok().unwrap();
        let before = verified.body_resigner().err();
        let expected = match kind {
            Kind::Signed(streaming) => Some(ResignError::HeadFirst(streaming.as_str())),
            _ => None,
        };
        assert_eq!(before, expected);
        assert_eq!(matches!(verified.payload(), DeclaredPayload::Streaming(_)), expected.is_some());
    }
}
