//! The name of the session at AWS, which is how CloudTrail tells people apart.

use crate::sts;

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
    sts::session_name("{subject}", &[("subject", subject)]).unwrap_or_default()
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
