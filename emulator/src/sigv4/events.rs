//! Event streams that are signed message by message.
//!
//! A message is its length, the length of its headers and their CRC, the headers, the payload, and the CRC of all;
//! numbers are big-endian. <https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html>

use bytes::Bytes;
use crc_fast::CrcAlgorithm;
use sha2::{Digest as _, Sha256};

use super::key::SigningKey;
use super::{Claim, Refusal};
use crate::clock::compact;
use crate::encoding::hex;
use crate::keyring::Key;

/// The literal that declares such a body.
pub(super) const EVENTS: &str = "STREAMING-AWS4-HMAC-SHA256-EVENTS";

/// The payloads, without the empty one that ends the stream.
pub(super) fn decode(body: &Bytes, claim: &Claim, key: &Key) -> Result<Vec<Bytes>, Refusal> {
    let (mut previous, mut payloads, mut at) = (claim.signature.clone(), Vec::new(), 0);
    loop {
        let message = Message::read(&body.slice(at..)).ok_or_else(malformed)?;
        at += message.length;
        // A stream may go on after midnight: each message has the key and the scope of its own day.
        let date = compact(message.seconds);
        let scope = format!("{}/{}/{}/aws4_request", &date[..8], claim.region, claim.service);
        let hashes = [hex(&Sha256::digest(&message.date)), hex(&Sha256::digest(&message.payload))];
        let text = format!("AWS4-HMAC-SHA256-PAYLOAD\n{date}\n{scope}\n{previous}\n{}", hashes.join("\n"));
        let signing_key = SigningKey::of(key, claim, message.seconds);
        if !signing_key.is_some_and(|key| key.accepts(&text, &message.signature)) {
            return Err(Refusal::SignatureMismatch { string_to_sign: text, canonical: Vec::new() });
        }
        previous = message.signature;
        match (message.payload.is_empty(), at == body.len()) {
            (true, true) => return Ok(payloads),
            (false, false) => payloads.push(message.payload),
            _ => return Err(malformed()),
        }
    }
}

struct Message {
    length: usize,
    /// The header `:date`, as it is encoded.
    date: Bytes,
    seconds: i64,
    signature: String,
    payload: Bytes,
}

impl Message {
    fn read(body: &Bytes) -> Option<Self> {
        let number = |at: usize| body.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
        let crc = |bytes: &[u8]| crc_fast::checksum(CrcAlgorithm::Crc32IsoHdlc, bytes);
        let (length, headers) = (number(0)? as usize, number(4)? as usize);
        let end = length.checked_sub(4)?;
        if u64::from(number(8)?) != crc(body.get(..8)?) || u64::from(number(end)?) != crc(body.get(..end)?) {
            return None;
        }
        let (mut at, end_of_headers) = (12, headers.checked_add(12).filter(|at| *at <= end)?);
        let (mut date, mut signature) = (None, None);
        while at < end_of_headers {
            let rest = &body[at..end_of_headers];
            let taken = if rest.starts_with(b"\x05:date\x08") && date.is_none() {
                date = Some((body.slice(at..at + rest.get(..15)?.len()), rest.get(7..15)?.to_vec()));
                15
            } else if rest.starts_with(b"\x10:chunk-signature\x06\x00\x20") && signature.is_none() {
                signature = Some(hex(rest.get(20..52)?));
                52
            } else {
                return None;
            };
            at += taken;
        }
        let ((date, millis), signature) = (date?, signature?);
        let millis = i64::from_be_bytes(millis.try_into().ok()?);
        // What a date of four digits can say.
        let seconds =
            Some(millis.div_euclid(1000)).filter(|seconds| (0..253_402_300_800).contains(seconds))?;
        Some(Self { length, date, seconds, signature, payload: body.slice(end_of_headers..end) })
    }
}

fn malformed() -> Refusal {
    Refusal::body("ValidationException", "The event stream is not well-formed, or ends before its end.")
}
