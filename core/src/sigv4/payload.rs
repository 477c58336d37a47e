//! What stands for the body in a canonical request.

use super::scope::{Algorithm, is_s3_family};
use crate::hash::{hex, sha256_hex, unhex};

/// `x-amz-content-sha256` of a body that is not signed.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
/// `x-amz-content-sha256` of an `aws-chunked` body with unsigned chunks and trailing checksums; what the AWS
/// SDKs send by default since 2025.
pub const STREAMING_UNSIGNED_PAYLOAD_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// The body, or what is known of it, as its signer or verifier has it at hand.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Payload<'a> {
    /// The whole body, to be hashed.
    Bytes(&'a [u8]),
    /// The SHA-256 of the body.
    Sha256([u8; 32]),
    /// No hash: the body goes unsigned (over TLS only, and only where the service takes it).
    Unsigned,
    /// `aws-chunked` with unsigned chunks and a trailer.
    StreamingUnsignedTrailer,
    /// A body that is signed piece by piece, after the head: by
    /// [`Signed::chunk_signer`](crate::sigv4::Signed::chunk_signer) or
    /// [`Signed::event_signer`](crate::sigv4::Signed::event_signer).
    Streaming(Streaming),
    /// Only the head is at hand. To verify: what the head declares is used, and the body is checked as it
    /// flows. To sign: the `x-amz-content-sha256` that the headers carry.
    Declared,
}

/// The literals of bodies that are signed chunk by chunk, or event by event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Streaming {
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`
    Chunks,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`
    ChunksTrailer,
    /// `STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD`
    EcdsaChunks,
    /// `STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER`
    EcdsaChunksTrailer,
    /// `STREAMING-AWS4-HMAC-SHA256-EVENTS`
    Events,
}

impl Streaming {
    const ALL: [Self; 5] =
        [Self::Chunks, Self::ChunksTrailer, Self::EcdsaChunks, Self::EcdsaChunksTrailer, Self::Events];

    /// The literal.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chunks => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            Self::ChunksTrailer => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            Self::EcdsaChunks => "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
            Self::EcdsaChunksTrailer => "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
            Self::Events => "STREAMING-AWS4-HMAC-SHA256-EVENTS",
        }
    }

    /// The algorithm that the head and the pieces are signed with; the two are one chain.
    #[must_use]
    pub const fn algorithm(self) -> Algorithm {
        match self {
            Self::Chunks | Self::ChunksTrailer | Self::Events => Algorithm::V4,
            Self::EcdsaChunks | Self::EcdsaChunksTrailer => Algorithm::V4a,
        }
    }

    /// Whether trailers are allowed, and must then be signed.
    pub(crate) const fn has_trailer(self) -> bool {
        matches!(self, Self::ChunksTrailer | Self::EcdsaChunksTrailer)
    }
}

impl Payload<'_> {
    /// Reads a hexadecimal SHA-256 or one of AWS's literals, compared with their case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Payload<'static>> {
        DeclaredPayload::parse(Some(text.as_bytes())).map(|declared| match declared {
            DeclaredPayload::Sha256(hash) => Payload::Sha256(hash),
            DeclaredPayload::Unsigned => Payload::Unsigned,
            DeclaredPayload::StreamingUnsignedTrailer => Payload::StreamingUnsignedTrailer,
            DeclaredPayload::Streaming(kind) => Payload::Streaming(kind),
            DeclaredPayload::Absent => Payload::Declared,
        })
    }

    /// The text for the last line of the canonical request; `None` where only the head could tell.
    pub(crate) fn line(&self) -> Option<PayloadLine> {
        Some(match self {
            Self::Bytes(body) => PayloadLine::Hash(sha256_hex(body)),
            Self::Sha256(hash) => PayloadLine::Hash(hex(hash)),
            Self::Unsigned => PayloadLine::Literal(UNSIGNED_PAYLOAD),
            Self::StreamingUnsignedTrailer => PayloadLine::Literal(STREAMING_UNSIGNED_PAYLOAD_TRAILER),
            Self::Streaming(kind) => PayloadLine::Literal(kind.as_str()),
            Self::Declared => return None,
        })
    }
}

/// The last line of a canonical request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PayloadLine {
    Hash([u8; 64]),
    Literal(&'static str),
}

impl PayloadLine {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Hash(hex) => hex,
            Self::Literal(text) => text.as_bytes(),
        }
    }
}

/// What the head of a request says of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeclaredPayload {
    /// Nothing: the body's own hash was signed (or, in an S3 presigned URL, nothing).
    Absent,
    /// Its SHA-256.
    Sha256([u8; 32]),
    /// That it is not signed.
    Unsigned,
    /// That it is `aws-chunked`, unsigned, with a trailer.
    StreamingUnsignedTrailer,
    /// That it is signed piece by piece.
    Streaming(Streaming),
}

impl DeclaredPayload {
    /// Reads the value of `x-amz-content-sha256`; `None` for one that AWS does not define.
    #[must_use]
    pub fn parse(value: Option<&[u8]>) -> Option<Self> {
        let Some(value) = value else { return Some(Self::Absent) };
        if let Some(hash) = unhex(value) {
            return Some(Self::Sha256(hash));
        }
        match value {
            b"UNSIGNED-PAYLOAD" => Some(Self::Unsigned),
            b"STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Some(Self::StreamingUnsignedTrailer),
            _ => {
                Streaming::ALL.into_iter().find(|kind| kind.as_str().as_bytes() == value).map(Self::Streaming)
            }
        }
    }

    /// What the canonical request holds for a request whose body is not at hand; `None` where the body decides.
    pub(crate) fn line(self, presigned: bool, service: &str) -> Option<PayloadLine> {
        Some(match self {
            Self::Absent if presigned && is_s3_family(service) => PayloadLine::Literal(UNSIGNED_PAYLOAD),
            Self::Absent => return None,
            Self::Sha256(hash) => PayloadLine::Hash(hex(&hash)),
            Self::Unsigned => PayloadLine::Literal(UNSIGNED_PAYLOAD),
            Self::StreamingUnsignedTrailer => PayloadLine::Literal(STREAMING_UNSIGNED_PAYLOAD_TRAILER),
            Self::Streaming(kind) => PayloadLine::Literal(kind.as_str()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_compared_with_their_case() {
        assert_eq!(DeclaredPayload::parse(Some(b"UNSIGNED-PAYLOAD")), Some(DeclaredPayload::Unsigned));
        for bad in [&b"unsigned-payload"[..], b"STREAMING-NEW", b"", b" UNSIGNED-PAYLOAD", b"E3B0"] {
            assert_eq!(DeclaredPayload::parse(Some(bad)), None);
        }
        for kind in Streaming::ALL {
            assert_eq!(
                DeclaredPayload::parse(Some(kind.as_str().as_bytes())),
                Some(DeclaredPayload::Streaming(kind))
            );
        }
    }
}
