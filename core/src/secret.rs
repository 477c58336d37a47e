//! Text that must never be seen: wiped when dropped, compared in constant time, impossible to print.

use std::hint::black_box;
use std::sync::Arc;

use subtle::ConstantTimeEq;

/// A secret access key, a session token, a password or a one-time code.
///
/// It has no `Debug`, `Display` or serialisation, so that it cannot reach a log by accident; the one way to
/// the text is [`Secret::expose`], which is easy to search for. Clones share one copy of the text, which is wiped when
/// the last of them is dropped.
///
/// ```
/// use awsaccess::secret::Secret;
/// let secret = Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
/// assert!(secret.matches(b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"));
/// assert_eq!(secret.expose().len(), 40);
/// ```
///
/// ```compile_fail
/// let secret = awsaccess::secret::Secret::new("s");
/// println!("{secret:?}"); // a secret cannot be printed
/// ```
#[derive(Clone)]
pub struct Secret(Arc<Text>);

impl Secret {
    /// Takes the text over; the caller's own copy, if one is left, stays the caller's to wipe.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Text(text.into())))
    }

    /// The text itself. Each call is a place where the secret leaves the type's protection.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0.0
    }

    /// Compares in time that depends on the lengths only.
    #[must_use]
    pub fn matches(&self, other: &[u8]) -> bool {
        same(self.0.0.as_bytes(), other)
    }

    /// Whether there is no text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.matches(other.expose().as_bytes())
    }
}

impl Eq for Secret {}

/// The one copy of a secret's text.
struct Text(String);

impl Drop for Text {
    fn drop(&mut self) {
        wipe(&mut std::mem::take(&mut self.0).into_bytes());
    }
}

/// Bytes that may hold a secret among others, such as the head of a request; wiped on drop.
#[derive(Clone, Default)]
pub(crate) struct Wiped(Vec<u8>);

impl Wiped {
    /// What is known to be needed should be asked for: bytes that are left behind by growing are not wiped.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Makes room for more bytes; what they were copied from is wiped.
    pub(crate) fn reserve_wiped(&mut self, more: usize) {
        if self.0.capacity() - self.0.len() < more {
            let mut bytes = Self::with_capacity(self.0.len() + more);
            bytes.0.extend_from_slice(&self.0);
            *self = bytes;
        }
    }
}

impl From<Vec<u8>> for Wiped {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl std::ops::Deref for Wiped {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl std::ops::DerefMut for Wiped {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// Overwrites with zeros, in stores that are not optimised away; by the word, which a head of a few kilobytes is worth.
pub(crate) fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    zeroize::optimization_barrier(bytes);
}

/// Compares in time that depends on the lengths only, sixty-four bytes at a time; the last of them overlap.
fn same(ours: &[u8], theirs: &[u8]) -> bool {
    let (mut each, mut differs) = ([0; 64], 0);
    let same_length = ours.len() == theirs.len();
    let mut compare = |ours: &[u8; 64], theirs: &[u8; 64]| {
        each.iter_mut().zip(ours.iter().zip(theirs)).for_each(|(differs, (a, b))| *differs |= a ^ b);
    };
    if let (Some(end), Some(their_end)) = (ours.last_chunk(), theirs.last_chunk()) {
        let (ours, theirs) = (ours.as_chunks().0, theirs.as_chunks().0);
        ours.iter().zip(theirs).for_each(|(ours, theirs)| compare(ours, theirs));
        compare(end, their_end);
    } else {
        differs = ours.iter().zip(theirs).fold(0, |differs, (a, b)| differs | (a ^ b));
    }
    // Hidden from the optimiser, so that it cannot stop at a difference.
    differs = black_box(each).iter().fold(black_box(differs), |differs, each| differs | each);
    same_length & bool::from(differs.ct_eq(&0u8))
}

/// Compares two codes in constant time, by the word.
pub(crate) fn same_code(ours: &[u8; 32], theirs: &[u8; 32]) -> bool {
    let words = ours.as_chunks::<8>().0.iter().zip(theirs.as_chunks::<8>().0);
    let differs =
        words.fold(0, |differs, (a, b)| differs | (u64::from_ne_bytes(*a) ^ u64::from_ne_bytes(*b)));
    black_box(differs).ct_eq(&0).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_codes_are_the_same() {
        let code: [u8; 32] = std::array::from_fn(|at| at as u8);
        assert!(same_code(&code, &code.clone()));
        for bit in 0..256 {
            let mut other = code;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!same_code(&code, &other), "{bit}");
        }
    }

    #[test]
    fn only_the_same_bytes_are_the_same() {
        for length in [0, 1, 63, 64, 65, 255, 256, 257, 930] {
            let secret = Secret::new("s".repeat(length));
            let mut other = vec![b's'; length];
            assert!(secret.matches(&other));
            assert!(!secret.matches(&vec![b's'; length + 1]));
            for at in 0..length {
                other[at] ^= 1;
                assert!(!secret.matches(&other), "{length} {at}");
                other[at] ^= 1;
            }
        }
    }

    #[test]
    fn what_is_wiped_is_zero() {
        let mut bytes = *b"a session token";
        wipe(&mut bytes);
        assert_eq!(bytes, [0; 15]);
    }
}
