//! The payload: what the head declares of it, and whether the body keeps that promise.

use bytes::Bytes;
use crc_fast::CrcAlgorithm;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::chunked::{self, Mode};
use super::events::{self, EVENTS};
use super::key::SigningKey;
use super::{Algorithm, Claim, Refusal, is_s3};
use crate::encoding::{base64, hex, unbase64};
use crate::keyring::Key;
use crate::message::Request;

const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// A checksum of S3's: its name, as in `x-amz-checksum-<name>`, and its value in base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checksum {
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

const NAMES: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

impl Checksum {
    /// The checksum of that name over the chunks; `None` if there is no such checksum.
    pub(crate) fn of(name: &str, chunks: &[Bytes]) -> Option<Self> {
        let name = NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name))?;
        let crc = |algorithm| {
            let mut digest = crc_fast::Digest::new(algorithm);
            chunks.iter().for_each(|chunk| digest.update(chunk));
            digest.finalize()
        };
        let crc32 = |algorithm| crc(algorithm).to_be_bytes()[4..].to_vec();
        let bytes = match name {
            "crc32" => crc32(CrcAlgorithm::Crc32IsoHdlc),
            "crc32c" => crc32(CrcAlgorithm::Crc32Iscsi),
            "crc64nvme" => crc(CrcAlgorithm::Crc64Nvme).to_be_bytes().to_vec(),
            "sha1" => hash::<Sha1>(chunks),
            _ => hash::<Sha256>(chunks),
        };
        Some(Self { name, value: base64(&bytes) })
    }
}

fn hash<D: sha2::Digest>(chunks: &[Bytes]) -> Vec<u8> {
    let mut digest = D::new();
    chunks.iter().for_each(|chunk| digest.update(chunk));
    digest.finalize().to_vec()
}

/// The MD5 of chunks, for entity tags.
pub(crate) fn md5(chunks: &[Bytes]) -> Vec<u8> {
    hash::<Md5>(chunks)
}

/// The last line of the canonical request: a hash or one of the literals.
pub(super) fn declared(request: &Request, claim: &Claim) -> Result<String, Refusal> {
    let header = request.header("x-amz-content-sha256").filter(|_| claim.signs("x-amz-content-sha256"));
    if !is_s3(&claim.service) {
        // These services hash the body that they got; a few take it unsigned. STS and DynamoDB do not.
        let may_be_unsigned = !matches!(claim.service.as_str(), "sts" | "dynamodb");
        return Ok(match header {
            Some(UNSIGNED) if may_be_unsigned => UNSIGNED.to_owned(),
            Some(EVENTS) if may_be_unsigned && claim.algorithm == Algorithm::Hmac => EVENTS.to_owned(),
            _ => hex(&Sha256::digest(&request.body)),
        });
    }
    let in_query = || {
        let params = request.params();
        params.into_iter().find(|(name, _)| name == "X-Amz-Content-Sha256").map(|(_, value)| value)
    };
    let declared = match header {
        Some(value) => value.to_owned(),
        None if claim.presigned => in_query().unwrap_or_else(|| UNSIGNED.to_owned()),
        None => {
            return Err(Refusal::body(
                "InvalidRequest",
                "Missing required header for this request: x-amz-content-sha256",
            ));
        }
    };
    let is_hash = declared.len() == 64 && declared.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash || declared == UNSIGNED || Mode::of(&declared).is_some_and(|mode| mode.fits(claim)) {
        return Ok(declared);
    }
    Err(Refusal::body(
        "InvalidArgument",
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
         STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, \
         STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid \
         sha256 value.",
    ))
}

/// The body without its framing, and the checksum that came with it. Whatever the client declared is checked.
pub(super) fn decode(
    request: &Request,
    claim: &Claim,
    declared: &str,
    signing_key: &SigningKey,
    key: &Key,
) -> Result<(Vec<Bytes>, Option<Checksum>), Refusal> {
    if declared == EVENTS {
        return Ok((events::decode(&request.body, claim, key)?, None));
    }
    if !is_s3(&claim.service) {
        return Ok((vec![request.body.clone()], None));
    }
    let (chunks, trailers) = match Mode::of(declared) {
        Some(mode) => {
            let decoded = chunked::decode(&request.body, mode, claim, signing_key)?;
            check_length(request, &decoded.chunks)?;
            check_announced(request, &decoded.trailers)?;
            (decoded.chunks, decoded.trailers)
        }
        None => (vec![request.body.clone()], Vec::new()),
    };
    if declared.len() == 64 {
        let actual = hex(&hash::<Sha256>(&chunks));
        if !actual.eq_ignore_ascii_case(declared) {
            return Err(Refusal::Body {
                code: "XAmzContentSHA256Mismatch",
                message: "The provided 'x-amz-content-sha256' header does not match what was computed."
                    .into(),
                members: vec![
                    ("ClientComputedContentSHA256", declared.to_owned()),
                    ("S3ComputedContentSHA256", actual),
                ],
            });
        }
    }
    if let Some(wanted) = request.header("content-md5") {
        let wanted = unbase64(wanted).filter(|digest| digest.len() == 16);
        let wanted = wanted
            .ok_or_else(|| Refusal::body("InvalidDigest", "The Content-MD5 you specified was invalid."))?;
        if wanted != md5(&chunks) {
            return Err(Refusal::body(
                "BadDigest",
                "The Content-MD5 you specified did not match what we received.",
            ));
        }
    }
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    let trailers = trailers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let checksum = check_checksum(headers.chain(trailers), &chunks)?;
    Ok((chunks, checksum))
}

fn check_length(request: &Request, chunks: &[Bytes]) -> Result<(), Refusal> {
    let length: usize = chunks.iter().map(Bytes::len).sum();
    match request.header("x-amz-decoded-content-length").map(str::parse::<usize>) {
        Some(Ok(wanted)) if wanted == length => Ok(()),
        Some(Ok(_)) => Err(Refusal::body(
            "IncompleteBody",
            "The request body terminated unexpectedly: it is not as long as x-amz-decoded-content-length says.",
        )),
        _ => Err(Refusal::body(
            "MissingContentLength",
            "You must provide the x-amz-decoded-content-length HTTP header.",
        )),
    }
}

/// The trailers that came must be those that `x-amz-trailer` announced.
fn check_announced(request: &Request, trailers: &[(String, String)]) -> Result<(), Refusal> {
    let announced = request.header("x-amz-trailer").unwrap_or_default();
    let mut announced: Vec<String> = announced
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .collect();
    let mut came: Vec<String> = trailers.iter().map(|(name, _)| name.clone()).collect();
    announced.sort();
    came.sort();
    if announced == came {
        return Ok(());
    }
    Err(Refusal::body(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    ))
}

fn check_checksum<'a>(
    headers: impl Iterator<Item = (&'a str, &'a [u8])>,
    chunks: &[Bytes],
) -> Result<Option<Checksum>, Refusal> {
    let mut found: Option<Checksum> = None;
    for (header, value) in headers {
        let Some(name) = header.strip_prefix("x-amz-checksum-") else { continue };
        let Some(computed) = Checksum::of(name, chunks) else { continue };
        if found.is_some() {
            return Err(Refusal::body(
                "InvalidRequest",
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
            ));
        }
        if computed.value.as_bytes() != value {
            return Err(Refusal::body(
                "BadDigest",
                format!(
                    "The {} you specified did not match the calculated checksum.",
                    computed.name.to_ascii_uppercase()
                ),
            ));
        }
        found = Some(computed);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values that the catalogues of these algorithms give for the text 123456789.
    #[test]
    fn checksums_of_the_check_text() {
        let chunks = [Bytes::from_static(b"1234"), Bytes::from_static(b"56789")];
        for (name, wanted) in [
            ("crc32", "cbf43926"),
            ("CRC32C", "e3069283"),
            ("crc64nvme", "ae8b14860a799888"),
            ("sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        ] {
            let value = Checksum::of(name, &chunks).and_then(|checksum| unbase64(&checksum.value));
            assert_eq!(value.map(|bytes| hex(&bytes)).as_deref(), Some(wanted), "{name}");
        }
        assert_eq!(Checksum::of("algorithm", &chunks), None);
        assert_eq!(hex(&md5(&chunks)), "25f9e794323b453885f5181f1b624d0b");
    }
}
