//! Text that must never be seen: wiped when dropped, compared in constant time, impossible to print.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A secret access key, a session token, a password or a one-time code.
///
/// It has no `Debug`, `Display` or serialisation, so that it cannot reach a log by accident; the one way to
/// the text is [`Secret::expose`], which is easy to search for. The memory is wiped on drop.
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
pub struct Secret(Zeroizing<Box<str>>);

impl Secret {
    /// Takes the text over; the caller's own copy, if one is left, stays the caller's to wipe.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into().into_boxed_str()))
    }

    /// The text itself. Each call is a place where the secret leaves the type's protection.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares in time that depends on the lengths only.
    #[must_use]
    pub fn matches(&self, other: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(other).into()
    }

    /// Whether there is no text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.matches(other.0.as_bytes())
    }
}

impl Eq for Secret {}
