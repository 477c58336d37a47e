//! The chain of signatures over the pieces of a body: each one covers the one before it, the first the request's.

use crate::credentials::SigningKey;
use crate::hash::{hex, sha256_hex};
use crate::secret::Secret;
use crate::sigv4::error::BodyError;
use crate::sigv4::key::Key;
use crate::sigv4::payload::{DeclaredPayload, Streaming};
use crate::sigv4::scope::{Algorithm, Scope};
use crate::sigv4::signature::{Check, PieceSigner, Signature, SignatureText};
use crate::sigv4::sink::Sink;
use crate::time::Time;

/// One key's chain, at its last link. It holds a key, and so prints nothing; what it holds is wiped on drop.
#[derive(Clone)]
pub(crate) struct Chain {
    kind: Streaming,
    signer: PieceSigner,
    /// For event streams, which may go on after midnight: their keys are those of the day of each message.
    secret: Option<Secret>,
    scope: Scope,
    /// Date and scope, as the string to sign has them.
    lines: String,
    last: SignatureText,
}

impl Chain {
    /// The chain that a request's signature begins; `None` unless the body is signed piece by piece, with the
    /// algorithm of the request.
    pub(crate) fn of(
        payload: DeclaredPayload,
        key: &Key<'_>,
        access_key_id: &str,
        scope: &Scope,
        signed_at: Time,
        signature: &[u8],
    ) -> Option<Self> {
        let DeclaredPayload::Streaming(kind) = payload else { return None };
        if kind.algorithm() != scope.algorithm() {
            return None;
        }
        let keeps_secret = kind == Streaming::Events;
        Some(Self {
            kind,
            signer: key.piece_signer(access_key_id, scope, signed_at)?,
            secret: key.secret().filter(|_| keeps_secret).cloned(),
            scope: scope.clone(),
            lines: lines(signed_at, scope),
            last: SignatureText::read(signature)?,
        })
    }

    pub(crate) const fn kind(&self) -> Streaming {
        self.kind
    }

    /// What the next piece is signed with.
    pub(super) const fn algorithm(&self) -> Algorithm {
        self.kind.algorithm()
    }

    /// Signs the next piece, and goes on from its signature.
    pub(super) fn sign(&mut self, piece: &Piece) -> SignatureText {
        self.last = self.signer.sign(|text| self.write(piece, text));
        self.last
    }

    /// Turns to the time of the next message; gives whether its key is another one.
    ///
    /// # Errors
    /// [`BodyError::KeyEnded`] on another day, where the secret is not at hand.
    pub(super) fn turn(&mut self, at: Time) -> Result<bool, BodyError> {
        let lines = lines(at, &self.scope);
        let same_day = lines.get(..8) == self.lines.get(..8);
        if !same_day {
            let secret = self.secret.as_ref().ok_or(BodyError::KeyEnded)?;
            let (region, service) = (self.scope.region(), self.scope.service());
            // Event streams are signed with HMACs.
            self.signer = PieceSigner::V4(SigningKey::derive(secret, at, region, service));
        }
        self.lines = lines;
        Ok(!same_day)
    }

    /// Writes the string to sign of a piece.
    fn write(&self, piece: &Piece, out: &mut impl Sink) {
        for part in [self.algorithm().as_str(), piece.name, "\n", &self.lines] {
            out.put(part.as_bytes());
        }
        out.put(&self.last);
        for hash in piece.first.iter().chain([&piece.second]) {
            out.put(b"\n");
            out.put(hash);
        }
    }
}

fn lines(at: Time, scope: &Scope) -> String {
    let date = at.amz();
    format!("{date}\n{}\n", scope.on(date.day()))
}

/// What is signed of a piece: its name and its hashes.
pub(super) struct Piece {
    name: &'static str,
    first: Option<[u8; 64]>,
    second: [u8; 64],
}

impl Piece {
    /// A chunk with this hash ("Defining the chunk body" in the Amazon S3 API reference).
    pub(super) fn chunk(hash: &[u8; 32]) -> Self {
        Self { name: "-PAYLOAD", first: Some(sha256_hex(b"")), second: hex(hash) }
    }

    /// Trailers in their canonical form.
    pub(super) fn trailers(canonical: &[u8]) -> Self {
        Self { name: "-TRAILER", first: None, second: sha256_hex(canonical) }
    }

    /// A message of an event stream: its header `:date`, as it is encoded, and its payload.
    pub(super) fn event(date: &[u8], payload: &[u8]) -> Self {
        Self { name: "-PAYLOAD", first: Some(sha256_hex(date)), second: sha256_hex(payload) }
    }
}

/// Two chains over the same pieces: the client's, which is checked, and the one that AWS is to see.
pub(super) struct Chains {
    from: Chain,
    check: Check,
    to: Chain,
}

impl Chains {
    pub(super) fn new(from: Chain, to: Chain) -> Self {
        Self { check: from.signer.check(), from, to }
    }

    pub(super) const fn kind(&self) -> Streaming {
        self.from.kind
    }

    pub(super) const fn algorithm(&self) -> Algorithm {
        self.from.algorithm()
    }

    /// Checks a chunk's signature and gives the one that takes its place.
    pub(super) fn chunk(&mut self, hash: &[u8; 32], given: &Signature) -> Result<SignatureText, BodyError> {
        self.link(&Piece::chunk(hash), given).ok_or(BodyError::Signature)
    }

    /// As [`Chains::chunk`], for a message of an event stream.
    pub(super) fn event(
        &mut self,
        at: Time,
        date: &[u8],
        payload: &[u8],
        given: &Signature,
    ) -> Result<SignatureText, BodyError> {
        if self.from.turn(at)? {
            self.check = self.from.signer.check();
        }
        self.to.turn(at)?;
        self.link(&Piece::event(date, payload), given).ok_or(BodyError::Signature)
    }

    /// As [`Chains::chunk`], for trailers: signed in the order in which they came, or sorted as the AWS SDKs do.
    pub(super) fn trailers(
        &mut self,
        lines: &mut [Vec<u8>],
        given: &Signature,
    ) -> Result<SignatureText, BodyError> {
        for _ in 0..2 {
            if let Some(next) = self.link(&Piece::trailers(&lines.concat()), given) {
                return Ok(next);
            }
            lines.sort_unstable();
        }
        Err(BodyError::TrailerSignature)
    }

    fn link(&mut self, piece: &Piece, given: &Signature) -> Option<SignatureText> {
        if !self.check.accepts(|text| self.from.write(piece, text), given) {
            return None;
        }
        self.from.last = given.text();
        Some(self.to.sign(piece))
    }
}
