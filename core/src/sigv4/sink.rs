//! Where canonical text goes: to a person as bytes, or straight into a hash.

use sha2::{Digest, Sha256};

use crate::secret::wipe;

/// Takes text piece by piece.
pub(crate) trait Sink {
    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Appends bytes, `A` to `Z` made `a` to `z`.
    fn put_lower(&mut self, bytes: &[u8]) {
        let mut lower = [0; 32];
        for piece in bytes.chunks(lower.len()) {
            if let Some(lower) = lower.get_mut(..piece.len()) {
                lower.copy_from_slice(piece);
                lower.make_ascii_lowercase();
                self.put(lower);
            }
        }
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// How much is gathered before it is hashed; whole blocks of the hash.
const GATHERED: usize = 512;

/// A SHA-256 of text that is never in one place: nothing is allocated, and what was gathered is wiped.
pub(crate) struct Hashing {
    hash: Sha256,
    gathered: [u8; GATHERED],
    used: usize,
}

impl Hashing {
    pub(crate) fn new() -> Self {
        Self { hash: Sha256::new(), gathered: [0; GATHERED], used: 0 }
    }

    pub(crate) fn finish(mut self) -> [u8; 32] {
        self.flush();
        std::mem::take(&mut self.hash).finalize().into()
    }

    fn flush(&mut self) {
        self.hash.update(self.gathered.get(..self.used).unwrap_or_default());
        self.used = 0;
    }
}

impl Sink for Hashing {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        if let Some(place) = self.gathered.get_mut(self.used..self.used + bytes.len()) {
            place.copy_from_slice(bytes);
            self.used += bytes.len();
        } else {
            self.flush();
            self.hash.update(bytes);
        }
    }
}

impl Drop for Hashing {
    fn drop(&mut self) {
        wipe(&mut self.gathered);
    }
}

/// Bytes on the stack, for texts that are nearly always short; longer ones move to the heap.
pub(crate) type Short<const N: usize> = smallvec::SmallVec<[u8; N]>;

impl<const N: usize> Sink for Short<N> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_pieces_give_the_hash_of_the_whole() {
        let text: Vec<u8> = (0..3000u32).map(|n| (n * 7) as u8).collect();
        for size in [1, 7, 63, 64, 65, 511, 512, 513, 1000, 3000] {
            let mut hash = Hashing::new();
            text.chunks(size).for_each(|piece| hash.put(piece));
            assert_eq!(hash.finish(), <[u8; 32]>::from(Sha256::digest(&text)), "{size}");
        }
        let mut hash = Hashing::new();
        let name = "X-Amz-Meta-A-Name-That-Is-Longer-Than-Thirty-Two";
        hash.put_lower(name.as_bytes());
        let expected: [u8; 32] = Sha256::digest(name.to_lowercase()).into();
        assert_eq!(hash.finish(), expected);
    }
}
