//! The ways in which a body that is signed piece by piece may be odd, too large or wrong. What holds for every kind of
//! body is in `pieces.rs`.
#![allow(clippy::disallowed_methods, reason = "a test is a host")]

mod judge;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::DateTime;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{
    Algorithm, BodyError, BodyResigner, Checksum, Claim, Payload, Policy, Request, ResignError, Scope,
    Settings, SignError, Signed, Streaming, Upstream, VerifyErrorKind, resign, sign,
};
use awsaccess::time::Time;
use judge::Party;

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
    let authorization = String::from_utf8(authorization.1.to_vec()).unwrap();
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

/// What the receiver reads under the real key, or `None` if anything is wrong.
fn judge(body: &[u8], seed: &str) -> Option<Vec<u8>> {
    Party::new(&real(), &Scope::new("eu-west-1", "s3"), NOW).read_chunks(body, seed)
}

fn data(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 % 251) as u8).collect()
}

#[test]
fn the_digits_of_a_size_stay_as_they_are() {
    let upload = Upload::new(Streaming::Chunks, &[b'x'; 10]);
    let text = String::from_utf8_lossy(&upload.body).replacen("a;", "000A;", 1);
    let out = upload.through(text.as_bytes()).unwrap();
    assert!(out.starts_with(b"000A;chunk-signature="));
    assert_eq!(out.len(), text.len());
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
    messages.push(signer.finish(NOW).unwrap());
    let (way, seed) = way(&headers).unwrap();
    (way, seed, messages)
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
    let receiver = Party::new(&real(), &Scope::new("eu-west-1", "s3"), NOW);
    assert_eq!(receiver.read_events(&out, &seed).unwrap(), [b"a message".to_vec(), data(70_000)]);
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

/// A message has `:date` and `:chunk-signature`, each once and in its type, and nothing beside them that nobody signed.
#[test]
fn odd_headers_of_events_are_refused() {
    let date = |seconds| ("date", HeaderValue::Timestamp(DateTime::from_secs(seconds)));
    let signature = |length| ("chunk-signature", HeaderValue::ByteArray(vec![0; length].into()));
    let now = date(NOW.unix());
    let text = |name| (name, HeaderValue::String("1".into()));
    let cases = [
        vec![],
        vec![now.clone()],
        vec![signature(32)],
        vec![now.clone(), signature(32), text("message-type")],
        vec![now.clone(), now.clone(), signature(32)],
        vec![now.clone(), signature(32), signature(32)],
        vec![text("date"), signature(32)],
        vec![("date", HeaderValue::Int64(NOW.unix() * 1000)), signature(32)],
        vec![date(i64::MAX / 1000), signature(32)],
        vec![now.clone(), text("chunk-signature")],
        vec![now.clone(), signature(31)],
        vec![now.clone(), signature(33)],
        vec![now.clone(), signature(64)],
    ];
    let through = |headers: &[(&str, HeaderValue)]| {
        let mut message = Message::new(&b"payload"[..]);
        for (name, value) in headers {
            message = message.add_header(Header::new(format!(":{name}"), value.clone()));
        }
        let mut frame = Vec::new();
        write_message_to(&message, &mut frame).unwrap();
        events().0.push(&frame)
    };
    for headers in cases {
        assert_eq!(through(&headers), Err(BodyError::Event), "{headers:?}");
    }
    // In either order; that this one is not right is another matter.
    assert_eq!(through(&[now.clone(), signature(32)]), Err(BodyError::Signature));
    assert_eq!(through(&[signature(32), now]), Err(BodyError::Signature));
}
