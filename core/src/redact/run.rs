//! Runs of exactly forty characters of the kind that secret access keys are made of.

use super::token::escaped;
use super::view::{NeedMore, View};

/// The length of a secret access key.
pub(super) const KEY_LENGTH: usize = 40;

/// A run of this length or longer reaches over half of this to one side of any of its characters.
const HALF: usize = 16;

pub(super) fn is_key_digit(byte: u8) -> bool {
    // From `/` to `9` they stand in a row. Without branches, so that many are judged at once.
    ((byte | 0x20).wrapping_sub(b'a') < 26) | (byte.wrapping_sub(b'/') < 11) | (byte == b'+')
}

/// The next run of forty key characters, as far as has been looked.
pub(super) enum Run {
    At(usize),
    NoneBefore(usize),
}

/// Whether sixteen characters are all of them key characters.
#[inline]
fn all_digits(text: &[u8; HALF]) -> bool {
    text.iter().fold(true, |all, &byte| all & is_key_digit(byte))
}

/// The first place from `at` on, before `limit`, where no key character stands.
fn end_of_run(view: &View<'_>, mut at: usize, limit: usize) -> Result<usize, NeedMore> {
    while at < limit && view.slice(at, at + HALF).first_chunk().is_some_and(all_digits) {
        at += HALF;
    }
    if at < limit { view.skip(at, limit - at, is_key_digit) } else { Ok(limit) }
}

/// Whether no run of forty reaches over the byte at `probe`. Such a run holds the sixteen bytes before that one, or the
/// sixteen from it on. May say no where there is none.
fn surely_none(view: &View<'_>, probe: usize) -> bool {
    #[cfg(test)]
    if super::differential::careful() {
        return false;
    }
    let halves = view.slice(probe.saturating_sub(HALF), probe + HALF);
    let Some((before, after)) = halves.split_first_chunk::<HALF>() else { return false };
    after.first_chunk::<HALF>().is_some_and(|after| !all_digits(before) && !all_digits(after))
}

/// The next run of exactly forty key characters that begins at `from` or later. Looks around one byte in forty, and
/// around those that may be in such a run.
pub(super) fn next_run(view: &View<'_>, known: Run, from: usize) -> Run {
    let mut at = match known {
        Run::At(start) if start >= from => return known,
        Run::NoneBefore(checked) if checked >= from && checked > 0 => return known,
        _ => from,
    };
    loop {
        let probe = at + KEY_LENGTH - 1;
        if surely_none(view, probe)
            || view.slice(probe, probe + 1).first().is_some_and(|byte| !is_key_digit(*byte))
        {
            at = probe + 1;
            continue;
        }
        // A run over the probe, or over the end of what is there: where does it begin?
        let start = view.skip_back(probe.min(view.len()), KEY_LENGTH + 1, is_key_digit);
        let Ok(end) = end_of_run(view, start, start + KEY_LENGTH + 1) else {
            return Run::NoneBefore(start.max(from));
        };
        if end == start + KEY_LENGTH && start >= from {
            return Run::At(start);
        }
        // The letter of `\n` is none of the key's digits.
        let behind_escape = start + 1;
        if end == behind_escape + KEY_LENGTH && behind_escape >= from && escaped(view, behind_escape) {
            match view.get(end) {
                Ok(next) if next.is_none_or(|byte| !is_key_digit(byte)) => return Run::At(behind_escape),
                Ok(_) => {}
                Err(NeedMore) => return Run::NoneBefore(start.max(from)),
            }
        }
        if end >= view.len() {
            return Run::NoneBefore(view.len());
        }
        at = if end > start + KEY_LENGTH {
            // Too long: on to its end.
            match end_of_run(view, end, usize::MAX) {
                Ok(end) if end < view.len() => end,
                _ => return Run::NoneBefore(view.len()),
            }
        } else {
            end.max(at) + 1
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Every run of forty, found a byte at a time.
    fn slowly(text: &[u8]) -> Vec<usize> {
        let digit =
            |at: usize| text.get(at).is_some_and(|&b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
        let begins = |at: &usize| {
            (*at == 0 || !digit(at - 1)) && (0..KEY_LENGTH).all(|i| digit(at + i)) && !digit(at + KEY_LENGTH)
        };
        (0..text.len()).filter(begins).collect()
    }

    #[test]
    fn key_characters_are_those_of_base64() {
        for byte in 0..=u8::MAX {
            assert_eq!(
                is_key_digit(byte),
                byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
                "{byte}"
            );
            assert_eq!(all_digits(&[byte; HALF]), is_key_digit(byte));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn no_run_is_passed_over(lengths in vec(prop_oneof![0usize..45, 38usize..43, 0usize..200], 0..20), from in 0usize..60) {
            let text: Vec<u8> = lengths.iter().flat_map(|length| [vec![b'a'; *length], vec![b' ']].concat()).collect();
            let view = View::new(&text, true);
            let mut found = Vec::new();
            let mut run = Run::NoneBefore(0);
            let mut search = from;
            loop {
                run = next_run(&view, run, search);
                let Run::At(start) = run else { break };
                found.push(start);
                search = start + 1;
            }
            let all: Vec<usize> = slowly(&text).into_iter().filter(|start| *start >= from).collect();
            prop_assert_eq!(found, all);
        }
    }
}
