//! Bodies that are signed piece by piece, from a client's signature to ours, judged by a reader that shares no code
//! with the library: it goes by the pages of the Amazon S3 API reference, with aws-sigv4's key and HMAC.
#![allow(clippy::disallowed_methods, reason = "a test is a host")]

use std::time::SystemTime;

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{
    Algorithm, BodyError, BodyResigner, Checksum, Claim, Payload, Policy, Request, ResignError, Scope,
    Settings, SignError, Signed, Streaming, Upstream, VerifyErrorKind, resign, sign,
};
use awsaccess::time::Time;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const NOW: Time = Time::from_unix(1_800_000_000);
const CRC: &str = "x-amz-checksum-crc32c";
const HOST: &str = "bucket.s3.eu-west-1.amazonaws.com";

fn keys() -> Credentials {
    Credentials::new("AKIAPLACEHOLDER00001", "placeholder-secret")
}

fn real() -> Credentials {
    Credentials::new("ASIAREALREALREALREAL", "real-secret").with_session_token("real/token+==")
}

type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// A signed upload: its head, and its body.
struct Upload {
    headers: Fields,
    body: Vec<u8>,
}

impl Upload {
    fn new(kind: Streaming, data: &[u8]) -> Self {
        let length = data.len().to_string();
        let mut headers = vec![("Host", HOST), ("X-Amz-Decoded-Content-Length", length.as_str())];
        let mut trailers = Vec::new();
        let mut crc = Checksum::of(CRC).unwrap();
        crc.update(data);
        let crc = crc.value();
        if kind == Streaming::ChunksTrailer {
            headers.push(("X-Amz-Trailer", CRC));
            trailers.push((CRC, crc.as_str()));
        }
        let (headers, signed) = Self::head(kind, &headers);
        let mut signer = signed.chunk_signer().unwrap().with_chunk_size(8192);
        let mut body = signer.push(data);
        body.extend(signer.finish(&trailers).unwrap());
        Self { headers, body }
    }

    fn head(kind: Streaming, headers: &[(&str, &str)]) -> (Fields, Signed) {
        let request = Request::new("PUT", "/key", headers);
        let scope = match kind.algorithm() {
            Algorithm::V4a => Scope::regions(["eu-west-1"], "s3"),
            _ => Scope::new("eu-west-1", "s3"),
        };
        let payload = Payload::Streaming(kind);
        let signed = sign(&request, payload, &keys(), &scope, &Settings::default(), NOW).unwrap();
        (signed.apply(&request), signed)
    }

    /// The way for the body, and the signature of the request that goes out.
    fn way(&self) -> (BodyResigner, String) {
        way(&self.headers).unwrap()
    }

    fn through(&self, body: &[u8]) -> Result<Vec<u8>, BodyError> {
        through(self.way().0, &[body])
    }
}

fn way(headers: &[(Vec<u8>, Vec<u8>)]) -> Result<(BodyResigner, String), ResignError> {
    let request = Request::new("PUT", "/key", headers);
    let claim = Claim::parse(&request, &Policy::default(), NOW).unwrap();
    let verified = claim.verify(&keys(), Payload::Declared).ok().unwrap();
    let head = resign(verified, &Upstream::new(HOST), &real(), NOW)?;
    let authorization = head.headers.iter().find(|(name, _)| name == b"authorization").unwrap();
    let authorization = String::from_utf8(authorization.1.clone()).unwrap();
    Ok((head.body, authorization.split("Signature=").nth(1).unwrap().to_owned()))
}

fn through(mut way: BodyResigner, pieces: &[&[u8]]) -> Result<Vec<u8>, BodyError> {
    let mut out = Vec::new();
    for piece in pieces {
        way.push_into(piece, &mut out)?;
    }
    out.extend(way.finish()?);
    Ok(out)
}

/// Reads a body as its receiver does, under the real key: the data, or `None` if anything is wrong.
fn judge(body: &[u8], seed: &str) -> Option<Vec<u8>> {
    let key = generate_signing_key("real-secret", SystemTime::from(NOW), "eu-west-1", "s3");
    let hash =
        |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let scope = "20270115T080000Z\n20270115/eu-west-1/s3/aws4_request";
    let (mut rest, mut last, mut data) = (body, seed.to_owned(), Vec::new());
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let line = std::str::from_utf8(&rest[..end]).ok()?;
        rest = &rest[end + 2..];
        let (size, signature) = line.split_once(";chunk-signature=")?;
        let size = usize::from_str_radix(size, 16).ok()?;
        let chunk = rest.get(..size)?;
        rest = &rest[size..];
        let text = format!("AWS4-HMAC-SHA256-PAYLOAD\n{scope}\n{last}\n{}\n{}", hash(b""), hash(chunk));
        last = calculate_signature(key.as_ref(), text.as_bytes());
        if last != signature {
            return None;
        }
        data.extend_from_slice(chunk);
        if size == 0 {
            break;
        }
        rest = rest.strip_prefix(b"\r\n")?;
    }
    if rest == b"\r\n" {
        return Some(data);
    }
    let rest = std::str::from_utf8(rest).ok()?;
    let (trailers, signature) = rest.split_once("x-amz-trailer-signature:")?;
    let trailers = trailers.replace("\r\n", "\n");
    let text = format!("AWS4-HMAC-SHA256-TRAILER\n{scope}\n{last}\n{}", hash(trailers.as_bytes()));
    let expected = calculate_signature(key.as_ref(), text.as_bytes());
    (signature.strip_suffix("\r\n\r\n")? == expected).then_some(data)
}

fn data(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 % 251) as u8).collect()
}

const KINDS: [Streaming; 2] = [Streaming::Chunks, Streaming::ChunksTrailer];

#[test]
fn the_receiver_accepts_what_leaves() {
    for kind in KINDS {
        for length in [0, 1, 8191, 8192, 8193, 40_000] {
            let upload = Upload::new(kind, &data(length));
            let (way, seed) = upload.way();
            let out = through(way, &[&upload.body]).unwrap();
            assert_eq!(out.len(), upload.body.len());
            assert_eq!(judge(&out, &seed).unwrap(), data(length));
            assert!(judge(&upload.body, &seed).is_none());
        }
    }
}

#[test]
fn the_digits_of_a_size_stay_as_they_are() {
    let upload = Upload::new(Streaming::Chunks, &[b'x'; 10]);
    let text = String::from_utf8_lossy(&upload.body).replacen("a;", "000A;", 1);
    let out = upload.through(text.as_bytes()).unwrap();
    assert!(out.starts_with(b"000A;chunk-signature="));
    assert_eq!(out.len(), text.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same(
        length in 0usize..30_000,
        trailer in any::<bool>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let upload = Upload::new(KINDS[usize::from(trailer)], &data(length));
        let whole = upload.through(&upload.body).unwrap();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(upload.body.len() + 1)).collect();
        cuts.extend([0, upload.body.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &upload.body[cut[0]..cut[1]]).collect();
        prop_assert_eq!(&through(upload.way().0, &pieces).unwrap(), &whole);
        // With a new buffer for each piece, too.
        let mut way = upload.way().0;
        let mut out: Vec<u8> = Vec::new();
        for piece in &pieces {
            out.extend(way.push(piece).unwrap());
        }
        out.extend(way.finish().unwrap());
        prop_assert_eq!(out, whole);
    }

    #[test]
    fn any_altered_byte_is_refused(
        length in 0usize..20_000,
        trailer in any::<bool>(),
        at in any::<prop::sample::Index>(),
        flip in 1u8..=255,
    ) {
        let upload = Upload::new(KINDS[usize::from(trailer)], &data(length));
        let mut body = upload.body.clone();
        let at = at.index(body.len());
        body[at] ^= flip;
        let seed = upload.way().1;
        match upload.through(&body) {
            Err(_) => {}
            // A size may be written, and a trailer be named, in capitals: the same to the receiver.
            Ok(_) => {
                prop_assert!(flip == 0x20 && body[at].eq_ignore_ascii_case(&upload.body[at]));
                prop_assert!(judge(&upload.through(&upload.body).unwrap(), &seed).is_some());
            }
        }
    }

    #[test]
    fn no_bytes_can_make_it_panic(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8)) {
        for kind in KINDS {
            let upload = Upload::new(kind, b"");
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            prop_assert!(through(upload.way().0, &pieces).is_err());
        }
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        prop_assert!(through(events().0, &pieces).is_err());
    }
}

/// Every byte of one small body, each bit of it.
#[test]
fn every_byte_of_it_matters() {
    let upload = Upload::new(Streaming::ChunksTrailer, &data(40));
    for at in 0..upload.body.len() {
        for bit in 0..8 {
            let mut body = upload.body.clone();
            body[at] ^= 1 << bit;
            let case = bit == 5 && body[at].is_ascii_alphabetic();
            match upload.through(&body) {
                Err(_) => {}
                Ok(_) => assert!(case, "byte {at}, bit {bit}"),
            }
        }
    }
}

#[test]
fn truncation_at_every_byte_keeps_the_end_back() {
    for kind in KINDS {
        let upload = Upload::new(kind, &data(9000));
        for at in 0..upload.body.len() {
            let (mut way, _) = upload.way();
            let sent = way.push(&upload.body[..at]).unwrap();
            // What left is whole chunks, all of them proven, save one byte; the final one is never among them.
            let whole = [8192 + 89, 8192 + 89 + 808 + 88].map(|length| length - 1);
            assert!(sent.is_empty() || whole.contains(&sent.len()), "{}", sent.len());
            assert!(sent.len() < at.max(1), "all that came has left, with no final chunk");
            let error = way.finish().unwrap_err();
            assert!(matches!(error, BodyError::Truncated | BodyError::TrailerSignature), "{error}");
        }
    }
}

#[test]
fn nothing_leaves_before_its_signature_is_seen() {
    let upload = Upload::new(Streaming::Chunks, &data(20_000));
    let (mut way, _) = upload.way();
    assert_eq!(way.push(&upload.body[..8000]).unwrap(), b"");
    let mut body = upload.body[8000..].to_vec();
    body[50] ^= 1;
    let mut out = b"before".to_vec();
    assert_eq!(way.push_into(&body, &mut out), Err(BodyError::Signature));
    assert_eq!(out, b"before");
    assert_eq!(way.push_into(b"", &mut out), Err(BodyError::Refused));
    assert_eq!(way.finish(), Err(BodyError::Refused));
}

#[test]
fn what_is_wrong_is_named() {
    let chunks = Upload::new(Streaming::Chunks, &data(5));
    let trailer = Upload::new(Streaming::ChunksTrailer, &data(5));
    let edit = |upload: &Upload, from: &str, to: &str| {
        let text: String = upload.body.iter().map(|&byte| char::from(byte)).collect();
        assert!(text.contains(from), "{from}");
        let text = text.replacen(from, to, 1);
        upload.through(&text.chars().map(|c| c as u8).collect::<Vec<u8>>()).unwrap_err()
    };
    assert_eq!(edit(&chunks, "5;", "4;"), BodyError::Signature);
    assert_eq!(edit(&chunks, "5;", "6;"), BodyError::DecodedLength);
    assert_eq!(edit(&chunks, "5;chunk", "5 ;chunk"), BodyError::Framing);
    assert_eq!(edit(&chunks, "5;chunk-signature", "5;chunk-Signature"), BodyError::Framing);
    assert_eq!(edit(&chunks, "5;chunk", "5;a=b;chunk"), BodyError::Framing);
    assert_eq!(edit(&chunks, "0;chunk", "0;chunk-signature=;chunk"), BodyError::Framing);
    assert_eq!(edit(&chunks, "5;chunk", "1000001;chunk"), BodyError::DecodedLength);
    let last = chunks.body.windows(2).rposition(|window| window == b"0;").unwrap();
    assert_eq!(chunks.through(&[&chunks.body[..last], b"0\r\n\r\n"].concat()), Err(BodyError::Signature));
    assert_eq!(chunks.through(&[&chunks.body[..], b"\r\n"].concat()), Err(BodyError::TrailingBytes));
    let cut = &chunks.body[..chunks.body.len() - 2];
    assert_eq!(chunks.through(&[cut, b"x-amz-meta-a:1\r\n\r\n"].concat()), Err(BodyError::Trailers));

    let text = String::from_utf8_lossy(&trailer.body).into_owned();
    let at = text.find("x-amz-trailer-signature").unwrap();
    let unsigned = format!("{}\r\n", &text[..at]);
    assert_eq!(trailer.through(unsigned.as_bytes()), Err(BodyError::TrailerSignature));
    assert_eq!(trailer.through(format!("{unsigned}\r\n").as_bytes()), Err(BodyError::TrailerSignature));
    let stripped = text.find(CRC).unwrap();
    assert_eq!(trailer.through(format!("{}\r\n", &text[..stripped]).as_bytes()), Err(BodyError::Trailers));
    assert_eq!(edit(&trailer, CRC, "x-amz-meta-evil"), BodyError::Trailers);
    assert_eq!(edit(&trailer, "==\r\n", "=\r\n"), BodyError::Checksum(CRC));
    assert_eq!(
        edit(&trailer, "\r\nx-amz-trailer-signature", &format!("\r\n{CRC}:AA\r\nx-amz-trailer-signature")),
        BodyError::Trailers
    );
    let after = format!("{}x-amz-meta-a:1\r\n\r\n", &text[..text.len() - 2]);
    assert_eq!(trailer.through(after.as_bytes()), Err(BodyError::Trailers));
    let mut wrong = trailer.way().0.without_checksums();
    let text = text.replacen("==\r\n", "=\r\n", 1);
    assert_eq!(wrong.push(text.as_bytes()), Err(BodyError::TrailerSignature));
}

#[test]
fn a_wrong_checksum_is_refused_though_it_is_signed() {
    let headers = [("Host", HOST), ("X-Amz-Trailer", CRC), ("X-Amz-Decoded-Content-Length", "5")];
    let (headers, signed) = Upload::head(Streaming::ChunksTrailer, &headers);
    let mut signer = signed.chunk_signer().unwrap();
    let mut body = signer.push(b"hello");
    body.extend(signer.finish(&[(CRC, "AAAAAA==")]).unwrap());
    assert_eq!(through(way(&headers).unwrap().0, &[&body]), Err(BodyError::Checksum(CRC)));
    let (way, seed) = way(&headers).unwrap();
    assert!(judge(&through(way.without_checksums(), &[&body]).unwrap(), &seed).is_some());
}

/// As minio-go writes it: an LF after the trailer, an empty line, then the signature; and in any order.
#[test]
fn another_clients_way_with_trailers() {
    let upload = Upload::new(Streaming::ChunksTrailer, &data(5));
    let at = upload.body.windows(4).position(|window| window == b"==\r\n").unwrap();
    let body = [&upload.body[..at + 2], b"\n\r\n", &upload.body[at + 4..]].concat();
    let (way, seed) = upload.way();
    let out = through(way, &[&body]).unwrap();
    assert_eq!(out.len(), body.len());
    let plain = [&out[..at + 2], b"\r\n", &out[at + 5..]].concat();
    assert!(judge(&plain, &seed).is_some());
}

#[test]
fn trailers_may_be_signed_sorted() {
    let headers = [("Host", HOST), ("X-Amz-Trailer", "b-b, a-a"), ("X-Amz-Decoded-Content-Length", "0")];
    let (headers, signed) = Upload::head(Streaming::ChunksTrailer, &headers);
    let body = signed.chunk_signer().unwrap().finish(&[("b-b", "2"), ("A-A", "1  1")]).unwrap();
    let text = String::from_utf8(body).unwrap();
    assert!(text.contains("a-a:1 1\r\nb-b:2\r\n"));
    let swapped = text.replace("a-a:1 1\r\nb-b:2\r\n", "B-B: 2\r\na-a:1 1\r\n");
    for body in [text, swapped] {
        let (way, _) = way(&headers).unwrap();
        assert_eq!(through(way, &[body.as_bytes()]).unwrap().len(), body.len());
    }
}

#[test]
fn sizes_are_bounded() {
    let headers = [("Host", HOST)];
    let (headers, _) = Upload::head(Streaming::Chunks, &headers);
    let header = |size: &str| format!("{size};chunk-signature={}\r\n", "0".repeat(64)).into_bytes();
    let refused = |body: &[u8]| through(way(&headers).unwrap().0, &[body]).unwrap_err();
    assert_eq!(refused(&header("1000000")), BodyError::Truncated);
    assert_eq!(refused(&header("1000001")), BodyError::PieceTooLarge);
    assert_eq!(refused(&header("ffffffffffffffff")), BodyError::PieceTooLarge);
    assert_eq!(refused(&header("10000000000000000")), BodyError::Framing);
    assert_eq!(refused(&[b'0'; 5000]), BodyError::TooLarge);
    let (headers, signed) =
        Upload::head(Streaming::ChunksTrailer, &[("Host", HOST), ("X-Amz-Trailer", &["t"; 20].join(","))]);
    let final_chunk = signed.chunk_signer().unwrap().finish(&[]).unwrap();
    let at = final_chunk.windows(23).position(|window| window == b"x-amz-trailer-signature").unwrap();
    for line in [b"t:1\r\n".repeat(17), [b"t:", &[b'x'; 4000][..], b"\r\n"].concat().repeat(5)] {
        let body = [&final_chunk[..at], &line].concat();
        assert_eq!(through(way(&headers).unwrap().0, &[&body]), Err(BodyError::TooLarge));
    }
}

#[test]
fn lengths_that_are_no_numbers_are_refused() {
    for wrong in ["", "+5", "-1", "5 5", "0x5", "99999999999999999999"] {
        let headers = [("Host", HOST), ("X-Amz-Decoded-Content-Length", wrong)];
        let (headers, _) = Upload::head(Streaming::Chunks, &headers);
        assert_eq!(way(&headers).err(), Some(ResignError::DecodedLength), "{wrong}");
    }
}

/// SigV4 and SigV4A do not share a chain, whichever of the two the literal names.
#[test]
fn a_literal_of_the_other_algorithm_is_refused() {
    for (kind, wrong) in [
        (Streaming::Chunks, Streaming::EcdsaChunks),
        (Streaming::ChunksTrailer, Streaming::EcdsaChunksTrailer),
        (Streaming::Events, Streaming::EcdsaChunks),
        (Streaming::EcdsaChunks, Streaming::Events),
        (Streaming::EcdsaChunks, Streaming::Chunks),
        (Streaming::EcdsaChunksTrailer, Streaming::ChunksTrailer),
    ] {
        let (mut headers, _) = Upload::head(kind, &[("Host", HOST)]);
        let field = headers.iter_mut().find(|(name, _)| name == b"x-amz-content-sha256").unwrap();
        field.1 = wrong.as_str().into();
        let request = Request::new("PUT", "/key", &headers);
        let error = Claim::parse(&request, &Policy::default(), NOW).err().unwrap();
        assert_eq!(error.kind(), VerifyErrorKind::UnsupportedPayload);
        assert!(error.to_string().contains("does not go with the algorithm"), "{error}");
    }
}

#[test]
fn the_body_goes_on_from_the_head() {
    let before = |kind| {
        let (headers, _) = Upload::head(kind, &[("Host", HOST)]);
        let request = Request::new("PUT", "/key", &headers);
        let claim = Claim::parse(&request, &Policy::default(), NOW).unwrap();
        claim.verify(&keys(), Payload::Declared).ok().unwrap().body_resigner().err()
    };
    for kind in [Streaming::Chunks, Streaming::ChunksTrailer, Streaming::Events] {
        assert_eq!(before(kind), Some(ResignError::HeadFirst(kind.as_str())));
    }
    let kind = Streaming::EcdsaChunks;
    assert_eq!(before(kind), Some(ResignError::Payload(kind.as_str())));
}

#[test]
fn what_is_not_signed_again_is_refused_by_name() {
    for kind in [Streaming::EcdsaChunks, Streaming::EcdsaChunksTrailer] {
        let (headers, signed) = Upload::head(kind, &[("Host", HOST)]);
        assert!(signed.chunk_signer().is_none() && signed.event_signer().is_none());
        assert_eq!(way(&headers).err(), Some(ResignError::Payload(kind.as_str())));
    }
}

#[test]
fn a_client_cannot_add_trailers_that_nobody_signed() {
    let (_, signed) = Upload::head(Streaming::Chunks, &[("Host", HOST)]);
    assert!(signed.event_signer().is_none());
    let error = signed.chunk_signer().unwrap().finish(&[(CRC, "AAAAAA==")]);
    assert_eq!(error, Err(SignError::Trailer(CRC.into())));
    let (_, signed) = Upload::head(Streaming::ChunksTrailer, &[("Host", HOST)]);
    for bad in [("a b", "1"), ("a", "1\r\nb:2"), ("", "1")] {
        assert!(signed.chunk_signer().unwrap().finish(&[bad]).is_err());
    }
}

/// A signed event stream: the way for it, the seed of what goes out, and its messages.
fn events() -> (BodyResigner, String, Vec<Vec<u8>>) {
    let (headers, signed) = Upload::head(Streaming::Events, &[("Host", HOST)]);
    assert!(signed.chunk_signer().is_none());
    let mut signer = signed.event_signer().unwrap();
    let mut messages: Vec<Vec<u8>> =
        [&b"a message"[..], &data(70_000)].iter().map(|data| signer.sign(data, NOW).unwrap()).collect();
    messages.push(signer.finish(NOW));
    let (way, seed) = way(&headers).unwrap();
    (way, seed, messages)
}

/// Checks what the receiver checks, under the real key, by the layout of the frames alone.
fn judge_events(mut body: &[u8], seed: &str) -> Vec<Vec<u8>> {
    let key = generate_signing_key("real-secret", SystemTime::from(NOW), "eu-west-1", "s3");
    let hash =
        |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let crc = |bytes: &[u8]| {
        let table = |mut n: u32| {
            (0..8).for_each(|_| n = if n & 1 == 1 { 0xedb8_8320 ^ (n >> 1) } else { n >> 1 });
            n
        };
        !bytes.iter().fold(!0u32, |crc, byte| table((crc ^ u32::from(*byte)) & 255) ^ (crc >> 8))
    };
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    let (mut last, mut payloads) = (seed.to_owned(), Vec::new());
    while !body.is_empty() {
        let (message, rest) = body.split_at(number(&body[..4]) as usize);
        body = rest;
        let headers = number(&message[4..8]) as usize;
        assert_eq!(number(&message[8..12]), crc(&message[..8]));
        assert_eq!(number(&message[message.len() - 4..]), crc(&message[..message.len() - 4]));
        let payload = &message[12 + headers..message.len() - 4];
        let (date, signature) = message[12..12 + headers].split_at(15);
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n20270115T080000Z\n20270115/eu-west-1/s3/aws4_request\n{last}\n{}\n{}",
            hash(date),
            hash(payload)
        );
        last = calculate_signature(key.as_ref(), text.as_bytes());
        let given: String = signature[20..].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((given.len(), &given), (64, &last));
        payloads.push(payload.to_vec());
    }
    payloads
}

#[test]
fn events_leave_one_by_one() {
    let (mut way, seed, messages) = events();
    let mut out = Vec::new();
    for (nth, message) in messages.iter().enumerate() {
        let (first, last) = message.split_at(message.len() - 1);
        assert_eq!(way.push(first).unwrap(), b"");
        let sent = way.push(last).unwrap();
        assert_eq!(sent.len(), if nth < 2 { message.len() } else { 0 });
        out.extend(sent);
    }
    out.extend(way.finish().unwrap());
    assert_eq!(out.len(), messages.concat().len());
    assert_eq!(judge_events(&out, &seed), [b"a message".to_vec(), data(70_000), Vec::new()]);
}

#[test]
fn events_in_any_pieces() {
    let (way, _, messages) = events();
    let whole = through(way, &[&messages.concat()]).unwrap();
    for size in [1, 7, 13, 1000, 65_536] {
        let body = messages.concat();
        let pieces: Vec<&[u8]> = body.chunks(size).collect();
        assert_eq!(through(events().0, &pieces).unwrap(), whole);
    }
}

#[test]
fn every_byte_of_an_event_matters() {
    let messages = events().2;
    let body = [&messages[0][..], &messages[1][..200]].concat();
    for at in 0..messages[0].len() {
        for bit in 0..8 {
            let mut body = body.clone();
            body[at] ^= 1 << bit;
            let (mut way, ..) = events();
            let result = way.push(&body);
            // A length that grew may want more; nothing leaves in any case.
            assert!(result.is_err(), "byte {at}, bit {bit}");
        }
    }
    for at in 0..messages[0].len() {
        let (mut way, ..) = events();
        assert_eq!(way.push(&messages[0][..at]).unwrap(), b"");
        assert_eq!(way.finish(), Err(BodyError::Truncated));
    }
}

#[test]
fn messages_are_bounded() {
    let (_, signed) = Upload::head(Streaming::Events, &[("Host", HOST)]);
    let mut signer = signed.event_signer().unwrap();
    let largest = (16 << 20) - 83;
    assert_eq!(signer.sign(&vec![0; largest + 1], NOW).err(), Some(BodyError::PieceTooLarge));
    let message = signer.sign(&vec![0; largest], NOW).unwrap();
    assert_eq!(message.len(), 16 << 20);
    assert_eq!(events().0.push(&message).unwrap().len(), message.len());
    // The prelude alone tells, CRC and all.
    let prelude = |total: &str, headers: &str, crc: &str| {
        let digits = format!("{total}{headers}{crc}");
        let digit = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        events().0.push(&(0..24).step_by(2).map(digit).collect::<Vec<u8>>())
    };
    assert_eq!(prelude("01000001", "00000042", "0c3ad6fb"), Err(BodyError::PieceTooLarge));
    assert_eq!(prelude("00f00000", "00020001", "75df0148"), Err(BodyError::PieceTooLarge));
    assert_eq!(prelude("00000020", "00000011", "ce53d09f"), Err(BodyError::Event));
    assert_eq!(prelude("00000020", "00000010", "aaaaaaaa"), Err(BodyError::Event));
    assert_eq!(prelude("00000010", "00000000", "05c248eb"), Ok(Vec::new()));
}

#[test]
fn events_out_of_order_cut_or_after_the_end_are_refused() {
    let messages = events().2;
    let run = |messages: &[&Vec<u8>]| {
        let body: Vec<u8> = messages.iter().flat_map(|message| message.iter().copied()).collect();
        through(events().0, &[&body])
    };
    let [a, b, end] = &messages[..] else { panic!("three messages") };
    assert!(run(&[a, b, end]).is_ok());
    assert_eq!(run(&[a, b]), Err(BodyError::Truncated));
    assert_eq!(run(&[a, end]), Err(BodyError::Signature));
    assert_eq!(run(&[b, a, end]), Err(BodyError::Signature));
    assert_eq!(run(&[a, a, b, end]), Err(BodyError::Signature));
    assert_eq!(run(&[a, b, end, a]), Err(BodyError::TrailingBytes));
    assert_eq!(through(events().0, &[]), Err(BodyError::Truncated));
}
