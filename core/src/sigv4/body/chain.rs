//! The chain of signatures over the pieces of a body: each one covers the one before it, the first the request's.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::credentials::SigningKey;
use crate::hash::{hex, sha256_hex};
use crate::secret::Secret;
use crate::sigv4::error::BodyError;
use crate::sigv4::payload::{DeclaredPayload, Streaming};
use crate::sigv4::scope::{Algorithm, Scope};
use crate::time::Time;

const PAYLOAD: &str = "AWS4-HMAC-SHA256-PAYLOAD";
const TRAILER: &str = "AWS4-HMAC-SHA256-TRAILER";

/// One key's chain, at its last link. It holds a key, and so prints nothing; what it holds is wiped on drop.
#[derive(Clone)]
pub(crate) struct Chain {
    kind: Streaming,
    key: SigningKey,
    /// For event streams, which may go on after midnight: their keys are those of the day of each message.
    secret: Option<Secret>,
    scope: Scope,
    /// Date and scope, as the string to sign has them.
    lines: String,
    last: [u8; 32],
}

impl Chain {
    /// The chain that a request's signature begins; `None` unless the request is signed with SigV4, and its body piece
    /// by piece with an HMAC.
    pub(crate) fn of(
        payload: DeclaredPayload,
        secret: &Secret,
        scope: &Scope,
        signed_at: Time,
        signature: Option<[u8; 32]>,
    ) -> Option<Self> {
        let (DeclaredPayload::Streaming(kind), Some(last)) = (payload, signature) else { return None };
        if [kind.algorithm(), scope.algorithm()] != [Algorithm::V4; 2] {
            return None;
        }
        let keeps_secret = kind == Streaming::Events;
        Some(Self {
            kind,
            key: SigningKey::derive(secret, signed_at, scope.region(), scope.service()),
            secret: keeps_secret.then(|| secret.clone()),
            scope: scope.clone(),
            lines: lines(signed_at, scope),
            last,
        })
    }

    pub(crate) const fn kind(&self) -> Streaming {
        self.kind
    }

    /// The next signature, over a chunk with this hash ("Defining the chunk body" in the Amazon S3 API reference).
    pub(super) fn chunk(&self, hash: &[u8; 32]) -> [u8; 32] {
        self.link(PAYLOAD, &[&sha256_hex(b""), &hex(hash)])
    }

    /// The next signature, over trailers in their canonical form.
    pub(super) fn trailer(&self, canonical: &[u8]) -> [u8; 32] {
        self.link(TRAILER, &[&sha256_hex(canonical)])
    }

    /// The next signature, over an event message of that time.
    pub(super) fn event(&mut self, at: Time, date_hash: &[u8; 32], payload_hash: &[u8; 32]) -> [u8; 32] {
        let lines = lines(at, &self.scope);
        let same_day = lines.get(..8) == self.lines.get(..8);
        if let (false, Some(secret)) = (same_day, &self.secret) {
            self.key = SigningKey::derive(secret, at, self.scope.region(), self.scope.service());
        }
        self.lines = lines;
        self.link(PAYLOAD, &[&hex(date_hash), &hex(payload_hash)])
    }

    /// Goes on from this signature.
    pub(super) const fn advance(&mut self, signature: [u8; 32]) {
        self.last = signature;
    }

    fn link(&self, kind: &str, hashes: &[&[u8; 64]]) -> [u8; 32] {
        let mut text = Vec::with_capacity(320);
        text.extend_from_slice(kind.as_bytes());
        text.push(b'\n');
        text.extend_from_slice(self.lines.as_bytes());
        text.extend_from_slice(&hex(&self.last));
        for hash in hashes {
            text.push(b'\n');
            text.extend_from_slice(*hash);
        }
        self.key.sign(&text)
    }
}

fn lines(at: Time, scope: &Scope) -> String {
    let date = at.amz();
    format!("{date}\n{}\n", scope.on(date.day()))
}

/// Two chains over the same pieces: the client's, which is checked, and the one that AWS is to see.
pub(super) struct Chains {
    from: Chain,
    to: Chain,
}

impl Chains {
    pub(super) const fn new(from: Chain, to: Chain) -> Self {
        Self { from, to }
    }

    pub(super) const fn kind(&self) -> Streaming {
        self.from.kind
    }

    /// Checks a chunk's signature and gives the one that takes its place.
    pub(super) fn chunk(&mut self, hash: &[u8; 32], given: &[u8; 32]) -> Result<[u8; 32], BodyError> {
        let (expected, next) = (self.from.chunk(hash), self.to.chunk(hash));
        self.link(expected, given, next).ok_or(BodyError::Signature)
    }

    /// As [`Chains::chunk`], for a message of an event stream.
    pub(super) fn event(
        &mut self,
        at: Time,
        date: &[u8],
        payload: &[u8],
        given: &[u8; 32],
    ) -> Result<[u8; 32], BodyError> {
        let (date, payload) = (Sha256::digest(date).into(), Sha256::digest(payload).into());
        let (expected, next) = (self.from.event(at, &date, &payload), self.to.event(at, &date, &payload));
        self.link(expected, given, next).ok_or(BodyError::Signature)
    }

    /// As [`Chains::chunk`], for trailers: signed in the order in which they came, or sorted as the AWS SDKs do.
    pub(super) fn trailers(
        &mut self,
        lines: &mut [Vec<u8>],
        given: &[u8; 32],
    ) -> Result<[u8; 32], BodyError> {
        for _ in 0..2 {
            let canonical = lines.concat();
            let expected = self.from.trailer(&canonical);
            let next = self.to.trailer(&canonical);
            if let Some(next) = self.link(expected, given, next) {
                return Ok(next);
            }
            lines.sort_unstable();
        }
        Err(BodyError::TrailerSignature)
    }

    fn link(&mut self, expected: [u8; 32], given: &[u8; 32], next: [u8; 32]) -> Option<[u8; 32]> {
        if !bool::from(expected.ct_eq(given)) {
            return None;
        }
        self.from.advance(expected);
        self.to.advance(next);
        Some(next)
    }
}
