//! Globs: literal pieces and `*`, the whole text or nothing.

/// Whether the pattern stands for the text, where `*` is any characters but a colon. Linear in the length of both.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    if !pattern.as_bytes().contains(&b'*') {
        return pattern == text;
    }
    let (mut patterns, mut parts) = (pattern.split(':'), text.split(':'));
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) if covers(pattern, part) => {}
            _ => return false,
        }
    }
}

/// The same where `*` is any characters: literal pieces in order, the first at the start, the last at the end.
pub(super) fn covers(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match left.split_once(piece) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The textbook: try every length for each star.
    fn naive(pattern: &str, text: &str, stops: bool) -> bool {
        let mut rest = pattern.chars();
        match rest.next() {
            None => text.is_empty(),
            Some('*') => (0..=text.len())
                .take_while(|n| !(stops && text[..*n].contains(':')))
                .any(|n| naive(rest.as_str(), &text[n..], stops)),
            Some(c) => text.strip_prefix(c).is_some_and(|text| naive(rest.as_str(), text, stops)),
        }
    }

    proptest! {
        #[test]
        fn matching_is_right(pattern in "[ab:*]{0,8}", text in "[ab:]{0,10}") {
            prop_assert_eq!(matches(&pattern, &text), naive(&pattern, &text, true));
            prop_assert_eq!(covers(&pattern, &text), naive(&pattern, &text, false));
        }

        /// Whatever it stands for has as many colons as it has itself.
        #[test]
        fn a_star_never_crosses_a_colon(pattern in "[ab:*]{0,8}", text in "[ab:]{0,10}") {
            let colons = |text: &str| text.matches(':').count();
            prop_assert!(!matches(&pattern, &text) || colons(&pattern) == colons(&text));
        }
    }
}
