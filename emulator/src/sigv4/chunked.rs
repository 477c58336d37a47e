//! `aws-chunked` bodies: decoded, with each chunk's signature checked where there is one.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html> and
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>

use aws_sigv4::sign::v4::calculate_signature;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{Claim, Refusal};
use crate::clock::compact;
use crate::encoding::hex;

const MAX_LINE: usize = 16 * 1024;
const MAX_TRAILERS: usize = 16;
/// The smallest chunk that S3 takes, the last one excepted.
const MIN_CHUNK: usize = 8 * 1024;

/// A streaming mode: whether chunks are signed and whether trailers follow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    signed: bool,
    trailer: bool,
}

/// A decoded body.
pub(super) struct Decoded {
    pub(super) chunks: Vec<Bytes>,
    pub(super) trailers: Vec<(String, String)>,
}

impl Mode {
    pub(super) fn of(payload: &str) -> Option<Self> {
        let (signed, trailer) = match payload {
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => (false, true),
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => (true, false),
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => (true, true),
            _ => return None,
        };
        Some(Self { signed, trailer })
    }
}

/// What is needed to sign the next piece.
struct Chain<'a> {
    key: &'a [u8],
    prefix: String,
    previous: String,
}

impl Chain<'_> {
    fn check(&mut self, kind: &str, rest: &str, given: &str) -> Result<(), Refusal> {
        let text = format!("{kind}\n{}\n{}\n{rest}", self.prefix, self.previous);
        let wanted = calculate_signature(self.key, text.as_bytes());
        if !bool::from(wanted.as_bytes().ct_eq(given.as_bytes())) {
            return Err(Refusal::SignatureMismatch { string_to_sign: text, canonical: Vec::new() });
        }
        self.previous = wanted;
        Ok(())
    }
}

/// Takes the framing off a body.
pub(super) fn decode(body: &Bytes, mode: Mode, claim: &Claim, key: &[u8]) -> Result<Decoded, Refusal> {
    let prefix = format!("{}\n{}", compact(claim.signed_at), claim.scope());
    let mut chain = Chain { key, prefix, previous: claim.signature.clone() };
    let mut chunks: Vec<Bytes> = Vec::new();
    let mut at = 0;
    loop {
        let line = line(body, &mut at)?;
        let (size, signature) = chunk_head(line, mode)?;
        let end = at.checked_add(size).filter(|end| *end <= body.len()).ok_or_else(incomplete)?;
        let data = body.slice(at..end);
        at = end;
        if mode.signed {
            let (empty, hash) = (hex(&Sha256::digest(b"")), hex(&Sha256::digest(&data)));
            chain.check("AWS4-HMAC-SHA256-PAYLOAD", &format!("{empty}\n{hash}"), signature)?;
        }
        if size == 0 {
            break;
        }
        if chunks.last().is_some_and(|last| last.len() < MIN_CHUNK) {
            return Err(Refusal::body(
                "InvalidChunkSizeError",
                "Only the last chunk is allowed to have a size less than 8192 bytes",
            ));
        }
        chunks.push(data);
        if body.get(at..at + 2) != Some(b"\r\n") {
            return Err(incomplete());
        }
        at += 2;
    }
    let trailers = trailers(body, &mut at, mode, &mut chain)?;
    if at != body.len() {
        return Err(incomplete());
    }
    Ok(Decoded { chunks, trailers })
}

/// `<hex size>[;chunk-signature=<hex>]`
fn chunk_head(line: &str, mode: Mode) -> Result<(usize, &str), Refusal> {
    let (size, extension) = line.split_once(';').unwrap_or((line, ""));
    let is_size = (1..=8).contains(&size.len()) && size.bytes().all(|byte| byte.is_ascii_hexdigit());
    let size = usize::from_str_radix(size, 16).ok().filter(|_| is_size).ok_or_else(incomplete)?;
    let signature = match (mode.signed, extension.strip_prefix("chunk-signature=")) {
        (true, Some(signature)) => signature,
        (false, None) if extension.is_empty() => "",
        _ => return Err(incomplete()),
    };
    Ok((size, signature))
}

fn trailers(
    body: &Bytes,
    at: &mut usize,
    mode: Mode,
    chain: &mut Chain<'_>,
) -> Result<Vec<(String, String)>, Refusal> {
    let (mut trailers, mut signature, mut canonical) = (Vec::new(), None, String::new());
    loop {
        let line = line(body, at)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(malformed_trailer)?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        if !mode.trailer || trailers.len() == MAX_TRAILERS || signature.is_some() {
            return Err(malformed_trailer());
        }
        if name == "x-amz-trailer-signature" {
            signature = Some(value);
        } else {
            canonical.push_str(&format!("{name}:{value}\n"));
            trailers.push((name, value));
        }
    }
    match (mode.signed && mode.trailer, signature) {
        (true, Some(signature)) => {
            let hash = hex(&Sha256::digest(canonical.as_bytes()));
            chain.check("AWS4-HMAC-SHA256-TRAILER", &hash, &signature)?;
        }
        (false, None) => {}
        _ => return Err(malformed_trailer()),
    }
    Ok(trailers)
}

/// The line that begins at `at`, without its end.
fn line<'a>(body: &'a Bytes, at: &mut usize) -> Result<&'a str, Refusal> {
    let rest = body.get(*at..).unwrap_or_default();
    let rest = &rest[..rest.len().min(MAX_LINE)];
    let end = rest.iter().position(|&byte| byte == b'\n').ok_or_else(incomplete)?;
    let line = rest[..end].strip_suffix(b"\r").ok_or_else(incomplete)?;
    *at += end + 1;
    std::str::from_utf8(line).map_err(|_| incomplete())
}

fn incomplete() -> Refusal {
    Refusal::body("IncompleteBody", "The request body terminated unexpectedly")
}

fn malformed_trailer() -> Refusal {
    Refusal::body(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    )
}
