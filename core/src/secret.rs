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
    /// Zeros, with room for more.
    pub(crate) fn zeros(length: usize, room: usize) -> Self {
        let mut bytes = vec![0; length + room];
        bytes.truncate(length);
        Self(bytes)
    }

    /// What is known to be needed should be asked for: bytes that are left behind by growing are not wiped.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
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

/// Compares in time that depends on the lengths only, sixty-four bytes at a time.
fn same(ours: &[u8], theirs: &[u8]) -> bool {
    let mut differs = 0;
    let same_length = ours.len() == theirs.len();
    let ((ours, end), (theirs, their_end)) = (ours.as_chunks::<64>(), theirs.as_chunks::<64>());
    for (ours, theirs) in ours.iter().zip(theirs) {
        // Hidden from the optimiser, so that it cannot stop at a difference.
        differs |= black_box(ours.iter().zip(theirs).fold(0, |differs, (a, b)| differs | (a ^ b)));
    }
    differs |= black_box(end.iter().zip(their_end).fold(0, |differs, (a, b)| differs | (a ^ b)));
    same_length & bool::from(differs.ct_eq(&0u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_are_the_same() {
        for length in [0, 1, 63, 64, 65, 930] {
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
