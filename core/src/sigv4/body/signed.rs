//! Chunks that are signed: each is held until its signature is right, and leaves under another one.

use sha2::{Digest, Sha256};

use super::chain::Chains;
use super::held::Held;
use super::trailer::SIGNATURE;
use crate::sigv4::error::BodyError;
use crate::sigv4::signature::{Signature, piece_width};

/// The largest chunk: it must be held whole.
pub(super) const MAX_CHUNK: u64 = 16 * 1024 * 1024;

/// What follows the size in the header of a chunk.
const EXTENSION: &[u8] = b";chunk-signature=";

/// The signatures of chunks, and the chunk that waits for its own to be checked.
pub(super) struct SignedChunks {
    chains: Chains,
    hasher: Sha256,
    given: Option<Signature>,
    /// How far into what is pending the signature of the chunk stands.
    at: usize,
    held: Held,
    trailer_is_signed: bool,
}

impl SignedChunks {
    pub(super) fn new(chains: Chains) -> Self {
        Self {
            chains,
            hasher: Sha256::new(),
            given: None,
            at: 0,
            held: Held::default(),
            trailer_is_signed: false,
        }
    }

    /// Whether trailers are allowed, and must then be signed.
    pub(super) fn has_trailer(&self) -> bool {
        self.chains.kind().has_trailer()
    }

    pub(super) const fn trailer_is_signed(&self) -> bool {
        self.trailer_is_signed
    }

    /// Takes the header of a chunk, and gives its size's digits.
    pub(super) fn header<'l>(&mut self, line: &'l [u8]) -> Result<&'l [u8], BodyError> {
        let at = memchr::memchr(b';', line).ok_or(BodyError::Signature)?;
        let (digits, extension) = line.split_at_checked(at).ok_or(BodyError::Framing)?;
        let signature = extension.strip_prefix(EXTENSION).and_then(|rest| rest.strip_suffix(b"\r\n"));
        let given = signature.and_then(|text| Signature::parse_piece(self.chains.algorithm(), text));
        self.given = Some(given.ok_or(BodyError::Framing)?);
        self.at = self.held.pending().len() + at + EXTENSION.len();
        self.held.push(line);
        Ok(digits)
    }

    /// Takes bytes of a chunk.
    pub(super) fn data(&mut self, data: &[u8]) {
        self.hasher.update(data);
        self.held.push(data);
    }

    /// The chunk is complete: checks its signature, and puts the new one in its place.
    pub(super) fn data_end(&mut self) -> Result<(), BodyError> {
        let hash: [u8; 32] = self.hasher.finalize_reset().into();
        let given = self.given.take().ok_or(BodyError::Signature)?;
        let next = self.chains.chunk(&hash, &given)?;
        let place = self.held.pending_mut().get_mut(self.at..).unwrap_or_default();
        let next = next.as_piece(self.chains.algorithm());
        place.iter_mut().zip(next).for_each(|(old, new)| *old = *new);
        Ok(())
    }

    /// Takes bytes that no signature is about.
    pub(super) fn copy(&mut self, bytes: &[u8]) {
        self.held.push(bytes);
    }

    /// A chunk that is not the final one may leave, save its last byte: where no final chunk follows, the receiver's body
    /// stays short.
    pub(super) fn chunk_end(&mut self) {
        self.held.free_but_last();
    }

    /// Takes the line with the signature of the trailers, and puts the new one in its place.
    pub(super) fn trailer_signature(
        &mut self,
        line: &[u8],
        value: &[u8],
        trailers: &mut [Vec<u8>],
    ) -> Result<(), BodyError> {
        let algorithm = self.chains.algorithm();
        let given = Signature::parse_piece(algorithm, value).ok_or(BodyError::TrailerSignature)?;
        let next = self.chains.trailers(trailers, &given)?;
        let at = memchr::memmem::find(line, value).unwrap_or(SIGNATURE.len() + 1);
        self.held.push(line.get(..at).unwrap_or_default());
        self.held.push(next.as_piece(algorithm));
        self.held.push(line.get(at + piece_width(algorithm)..).unwrap_or_default());
        self.trailer_is_signed = true;
        Ok(())
    }

    pub(super) const fn held(&mut self) -> &mut Held {
        &mut self.held
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.held.into_bytes()
    }
}
