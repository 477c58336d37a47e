//! Where canonical text goes: to a person as bytes, or straight into a hash.

use crate::hash::Hashing;

/// Takes text piece by piece.
pub(crate) trait Sink {
    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Appends bytes, `A` to `Z` made `a` to `z`.
    fn put_lower(&mut self, bytes: &[u8]);

    /// Appends the first bytes of the sixteen of a number.
    fn put_start(&mut self, sixteen: u128, length: usize) {
        self.put(sixteen.to_be_bytes().get(..length).unwrap_or_default());
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn put_lower(&mut self, bytes: &[u8]) {
        let start = self.len();
        self.extend_from_slice(bytes);
        self.get_mut(start..).unwrap_or_default().make_ascii_lowercase();
    }
}

/// Nothing is allocated, and nothing of the text stays in memory.
impl Sink for Hashing {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }

    #[inline]
    fn put_start(&mut self, sixteen: u128, length: usize) {
        self.update_start(sixteen, length);
    }

    fn put_lower(&mut self, bytes: &[u8]) {
        match self.room(bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                room.make_ascii_lowercase();
            }
            None => bytes.iter().for_each(|byte| self.update(&[byte.to_ascii_lowercase()])),
        }
    }
}
