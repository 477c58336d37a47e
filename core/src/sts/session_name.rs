//! What a role session is called, which is how CloudTrail tells people apart: from a template, and never longer or
//! stranger than STS takes it.

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind};

/// The longest session name that STS takes.
const LONGEST: usize = 64;
/// What is appended where the name alone would not tell: a dash and sixteen hexadecimal digits.
const MARK: usize = 17;

/// A session name from a template such as `{app}-{user}`: 2 to 64 of `[A-Za-z0-9_+=,.@-]`, whatever the values are.
///
/// Two sets of values never share a name. Where putting them together could give the same text twice (a character had to
/// be replaced, the name had to be cut, or the parts could be told apart in more than one way), a digest of the template
/// and the values is appended.
///
/// ```
/// use awsaccess::sts::session_name;
/// let name = |app, user| session_name("{app}-{user}", &[("app", app), ("user", user)]).unwrap();
/// assert_eq!(name("crm", "alice@example.com"), "crm-alice@example.com");
/// assert_ne!(name("a-b", "c"), name("a", "b-c"));
/// assert_ne!(name("crm", "team/alice"), name("crm", "team:alice"));
/// ```
///
/// # Errors
/// [`ErrorKind::Input`] if the template has a brace without its pair, or names a value that is not there.
pub fn session_name(template: &str, values: &[(&str, &str)]) -> Result<String, Error> {
    let parts = split(template, values)?;
    let whole: String = parts.iter().map(Part::text).collect();
    if is_session_name(&whole) && is_plain(&parts) {
        return Ok(whole);
    }
    let mut digest = Sha256::new();
    for text in std::iter::once(template).chain(values.iter().flat_map(|(name, value)| [*name, *value])) {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    let safe = whole.chars().map(|c| if taken(c) { c } else { '-' });
    let mut name: String = safe.take(LONGEST - MARK).collect();
    name.push('-');
    for byte in digest.finalize().iter().take(8) {
        name.push_str(&format!("{byte:02x}"));
    }
    Ok(name)
}

/// Whether a text can be a session name as it is, and stand for no other.
pub(crate) fn is_session_name(text: &str) -> bool {
    (2..=LONGEST).contains(&text.len()) && text.chars().all(taken) && !ends_in_mark(text)
}

enum Part<'a> {
    Literal(&'a str),
    Value(&'a str),
}

impl Part<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Literal(text) | Self::Value(text) => text,
        }
    }
}

fn split<'a>(template: &'a str, values: &[(&str, &'a str)]) -> Result<Vec<Part<'a>>, Error> {
    let wrong = |why: String| Error::new(ErrorKind::Input, format!("the session name's template {why}"));
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) =
            after.split_once('}').ok_or_else(|| wrong("has a { without its }".to_owned()))?;
        let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let value = value.ok_or_else(|| {
            let known: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
            wrong(format!("names {{{name}}}; there are {}", known.join(", ")))
        })?;
        parts.extend([Part::Literal(before), Part::Value(value)]);
        rest = behind;
    }
    parts.push(Part::Literal(rest));
    let stray = parts.iter().any(|part| matches!(part, Part::Literal(text) if text.contains('}')));
    if stray { Err(wrong("has a } without its {".to_owned())) } else { Ok(parts) }
}

/// Whether the values can be told from the text in one way only: one value, or no value that has what separates them.
fn is_plain(parts: &[Part<'_>]) -> bool {
    let values = || parts.iter().filter(|part| matches!(part, Part::Value(_))).map(Part::text);
    let inner = parts.get(1..parts.len().saturating_sub(1)).unwrap_or_default();
    let mut separators = inner.iter().filter(|part| matches!(part, Part::Literal(_))).map(Part::text);
    separators.all(|separator| !separator.is_empty() && !values().any(|value| value.contains(separator)))
}

/// A name that looks as if it had been given a digest, which another set of values may have been.
fn ends_in_mark(name: &str) -> bool {
    let Some((name, digits)) = name.as_bytes().split_last_chunk::<{ MARK - 1 }>() else { return false };
    name.last() == Some(&b'-') && digits.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b))
}

fn taken(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '=' | ',' | '.' | '@' | '-')
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_that_fits_is_kept() {
        let of = |user: &str| session_name("{user}", &[("user", user)]).unwrap();
        assert_eq!(of("ab"), "ab");
        assert_eq!(of(&"a".repeat(64)), "a".repeat(64));
        assert_ne!(of(&"a".repeat(65)), of(&"a".repeat(66)));
        assert!(of("a").starts_with("a-"));
        // A subject that is called as another's name would be.
        assert_ne!(of(&of("a/b")), of("a/b"));
        assert_eq!(session_name("job", &[]).unwrap(), "job");
    }

    #[test]
    fn a_template_is_read_strictly() {
        for bad in ["{", "{user", "}", "{user}}", "{nobody}", "{}"] {
            let error = session_name(bad, &[("user", "me")]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Input, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn sts_takes_every_name(user in "\\PC{0,80}", app in "\\PC{0,80}") {
            let name = session_name("{app}/{user}", &[("app", &app), ("user", &user)]).unwrap();
            prop_assert!((2..=64).contains(&name.len()), "{}", name);
            prop_assert!(name.chars().all(taken));
        }

        /// Short texts of few letters, so that they would meet if they could.
        #[test]
        fn no_two_share_a_name(pairs in proptest::collection::vec(("[ab-]{0,3}", "[ab-]{0,3}"), 2..40)) {
            let mut seen = HashMap::new();
            for pair in pairs {
                let name = session_name("{a}-{b}", &[("a", &pair.0), ("b", &pair.1)]).unwrap();
                let before = seen.insert(name.clone(), pair.clone());
                prop_assert!(before.is_none_or(|before| before == pair), "{}", name);
            }
        }
    }
}
