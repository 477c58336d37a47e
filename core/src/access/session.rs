//! The name of the session at AWS, which is how CloudTrail tells people apart.

use sha2::{Digest, Sha256};

/// The longest session name that STS takes.
const LONGEST: usize = 64;
/// What is appended when the name had to be changed: a dash and sixteen hexadecimal digits.
const MARK: usize = 17;

/// A session name for a subject: its own name where STS takes it (2 to 64 of `[A-Za-z0-9_+=,.@-]`), otherwise as
/// much of it as fits, and a digest of the whole, so that two subjects never share one.
///
/// ```
/// use awsaccess::access::session_name;
/// assert_eq!(session_name("alice@example.com"), "alice@example.com");
/// assert_ne!(session_name("team/alice"), session_name("team:alice"));
/// ```
#[must_use]
pub fn session_name(subject: &str) -> String {
    let taken = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if (2..=LONGEST).contains(&subject.len()) && subject.chars().all(taken) {
        return subject.to_owned();
    }
    let digest = Sha256::digest(subject.as_bytes());
    let safe = subject.chars().map(|c| if taken(c) { c } else { '-' });
    let mut name: String = safe.take(LONGEST - MARK).collect();
    name.push('-');
    for byte in digest.iter().take(8) {
        name.push_str(&format!("{byte:02x}"));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_that_fits_is_kept() {
        assert_eq!(session_name("ab"), "ab");
        assert_eq!(session_name(&"a".repeat(64)).len(), 64);
        assert_ne!(session_name(&"a".repeat(65)), session_name(&"a".repeat(66)));
        assert!(session_name("a").starts_with("a-"));
    }

    proptest! {
        #[test]
        fn sts_takes_every_name(subject in "\\PC{0,80}") {
            let name = session_name(&subject);
            prop_assert!((2..=64).contains(&name.len()), "{}", name);
            prop_assert!(name.bytes().all(|c| c.is_ascii_alphanumeric() || b"_+=,.@-".contains(&c)));
        }
    }
}
