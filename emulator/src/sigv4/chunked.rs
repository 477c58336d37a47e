//! `aws-chunked` bodies: decoded, with each chunk's signature checked where there is one.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html> and
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::key::SigningKey;
use super::{Algorithm, Claim, Refusal};
use crate::clock::compact;
use crate::encoding::hex;

const MAX_LINE: usize = 16 * 1024;
const MAX_TRAILERS: usize = 16;
/// The smallest chunk that S3 takes, the last one excepted.
const MIN_CHUNK: usize = 8 * 1024;

/// A streaming mode: whether chunks are signed and whether trailers follow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    signed: Option<Algorithm>,
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
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => (None, true),
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => (Some(Algorithm::Hmac), false),
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => (Some(Algorithm::Hmac), true),
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD" => (Some(Algorithm::Ecdsa), false),
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER" => (Some(Algorithm::Ecdsa), true),
            _ => return None,
        };
        Some(Self { signed, trailer })
    }

    /// The chunks go on from the head's signature, and so in its algorithm.
    pub(super) fn fits(self, claim: &Claim) -> bool {
        self.signed.is_none_or(|algorithm| algorithm == claim.algorithm)
    }
}

/// What is needed to sign the next piece.
struct Chain<'a> {
    algorithm: Algorithm,
    key: &'a SigningKey,
    prefix: String,
    previous: String,
}

impl Chain<'_> {
    fn check(&mut self, kind: &str, rest: &str, given: &str) -> Result<(), Refusal> {
        let text = format!("{}-{kind}\n{}\n{}\n{rest}", self.algorithm.name(), self.prefix, self.previous);
        let Some(given) = self.key.trim(given).filter(|given| self.key.accepts(&text, given)) else {
            return Err(Refusal::SignatureMismatch { string_to_sign: text, canonical: Vec::new() });
        };
        self.previous = given.to_owned();
        Ok(())
    }
}

/// Takes the framing off a body.
pub(super) fn decode(body: &Bytes, mode: Mode, claim: &Claim, key: &SigningKey) -> Result<Decoded, Refusal> {
    let prefix = format!("{}\n{}", compact(claim.signed_at), claim.scope());
    let mut chain = Chain { algorithm: claim.algorithm, key, prefix, previous: claim.signature.clone() };
    let mut chunks: Vec<Bytes> = Vec::new();
    let mut at = 0;
    loop {
        let line = line(body, &mut at)?;
        let (size, signature) = chunk_head(line, mode)?;
        let end = at.checked_add(size).filter(|end| *end <= body.len()).ok_or_else(incomplete)?;
        let data = body.slice(at..end);
        at = end;
        if mode.signed.is_some() {
            let (empty, hash) = (hex(&Sha256::digest(b"")), hex(&Sha256::digest(&data)));
            chain.check("PAYLOAD", &format!("{empty}\n{hash}"), signature)?;
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
    let signature = match (mode.signed.is_some(), extension.strip_prefix("chunk-signature=")) {
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
    match (mode.signed.is_some() && mode.trailer, signature) {
        (true, Some(signature)) => {
            let hash = hex(&Sha256::digest(canonical.as_bytes()));
            chain.check("TRAILER", &hash, &signature)?;
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

#[cfg(test)]
mod tests {
    use aws_sigv4::sign::v4::generate_signing_key;

    use super::*;
    use crate::clock::{parse_compact, system_time};

    const SIGNED: Mode = Mode { signed: Some(Algorithm::Hmac), trailer: false };
    const SIGNED_TRAILER: Mode = Mode { signed: Some(Algorithm::Hmac), trailer: true };

    fn read(body: Vec<u8>, mode: Mode, seed: &str) -> Result<Decoded, Refusal> {
        let signed_at = parse_compact("20130524T000000Z").expect("a date");
        let claim = Claim {
            algorithm: Algorithm::Hmac,
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            scope_date: "20130524".into(),
            region: "us-east-1".into(),
            service: "s3".into(),
            signed_headers: Vec::new(),
            signature: seed.into(),
            signed_at,
            presigned: false,
            expires: 0,
            token: None,
        };
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let key = generate_signing_key(secret, system_time(signed_at), "us-east-1", "s3");
        decode(&Bytes::from(body), mode, &claim, &SigningKey::Hmac(key.as_ref().to_vec()))
    }

    fn body(chunks: &[(usize, &str)], trailer: &str) -> Vec<u8> {
        let mut body = Vec::new();
        for (size, signature) in chunks {
            body.extend_from_slice(format!("{size:x};chunk-signature={signature}\r\n").as_bytes());
            body.extend(vec![b'a'; *size]);
            if *size > 0 {
                body.extend_from_slice(b"\r\n");
            }
        }
        body.extend_from_slice(trailer.as_bytes());
        body.extend_from_slice(b"\r\n");
        body
    }

    /// The example of AWS's page on signed chunks.
    fn documented() -> Vec<u8> {
        body(
            &[
                (65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
                (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
                (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
            ],
            "",
        )
    }

    const SEED: &str = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";

    #[test]
    fn the_documented_chunks_are_right() {
        let decoded = read(documented(), SIGNED, SEED).ok().expect("decoded");
        assert_eq!(decoded.chunks.iter().map(Bytes::len).collect::<Vec<_>>(), [65_536, 1024]);
    }

    /// The example of AWS's page on trailers, with each of its parts changed once.
    #[test]
    fn the_documented_trailer_is_right_and_nothing_else_is() {
        let chunks = [
            (65_536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
            (1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
            (0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
        ];
        let seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
        let signature = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";
        let trailer = |value: &str, signature: &str| {
            format!("x-amz-checksum-crc32c:{value}\r\nx-amz-trailer-signature:{signature}\r\n")
        };
        let good = body(&chunks, &trailer("sOO8/Q==", signature));
        let decoded = read(good.clone(), SIGNED_TRAILER, seed).ok().expect("decoded");
        assert_eq!(decoded.trailers, [("x-amz-checksum-crc32c".to_owned(), "sOO8/Q==".to_owned())]);
        let wrong = |body: Vec<u8>, mode, seed| {
            assert!(read(body, mode, seed).is_err());
        };
        wrong(body(&chunks, &trailer("sOO8/R==", signature)), SIGNED_TRAILER, seed);
        wrong(body(&chunks, &trailer("sOO8/Q==", SEED)), SIGNED_TRAILER, seed);
        wrong(body(&chunks, "x-amz-checksum-crc32c:sOO8/Q==\r\n"), SIGNED_TRAILER, seed);
        wrong(body(&chunks[..2], ""), SIGNED_TRAILER, seed);
        wrong(good.clone(), SIGNED_TRAILER, SEED);
        wrong(good, SIGNED, seed);
    }

    #[test]
    fn a_changed_byte_or_a_cut_is_found() {
        for at in [100, 65_700, 66_700] {
            let mut changed = documented();
            changed[at] ^= 1;
            assert!(read(changed, SIGNED, SEED).is_err(), "{at}");
        }
        let whole = documented();
        for length in [0, 10, 65_000, whole.len() - 2, whole.len() - 1] {
            assert!(read(whole[..length].to_vec(), SIGNED, SEED).is_err(), "{length}");
        }
        let mut longer = documented();
        longer.push(b'x');
        assert!(read(longer, SIGNED, SEED).is_err());
    }
}
