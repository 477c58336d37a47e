//! Runs of exactly forty characters of the kind that secret access keys are made of.

use super::stretch::{BLOCK, Stretches};
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

/// All ones for each of sixteen characters that is no key character, in their order. In one number, so that where the
/// first or the last of them stands is one instruction.
#[inline(always)]
fn others(text: &[u8; HALF]) -> u128 {
    let mut others = [0; HALF];
    for (other, byte) in others.iter_mut().zip(text) {
        *other = u8::from(is_key_digit(*byte)).wrapping_sub(1);
    }
    u128::from_le_bytes(others)
}

/// The first place from `at` on, before `limit`, where no key character stands.
fn end_of_run(view: &View<'_>, mut at: usize, limit: usize) -> Result<usize, NeedMore> {
    while at < limit
        && let Some(next) = view.slice(at, at + HALF).first_chunk()
    {
        let others = others(next);
        if others != 0 {
            return Ok(limit.min(at + others.trailing_zeros() as usize / 8));
        }
        at += HALF;
    }
    if at < limit { view.skip(at, limit - at, is_key_digit) } else { Ok(limit) }
}

/// The first place, at most `most` before `at`, from which on all characters are key characters.
fn start_of_run(view: &View<'_>, at: usize, most: usize) -> usize {
    let least = at.saturating_sub(most);
    let mut start = at;
    while start > least
        && let Some(before) = start.checked_sub(HALF).and_then(|from| view.slice(from, start).first_chunk())
    {
        let others = others(before);
        if others != 0 {
            return least.max(start - others.leading_zeros() as usize / 8);
        }
        start -= HALF;
    }
    if start > least { view.skip_back(start, start - least, is_key_digit) } else { least }
}

/// What touches the end of the text is seen by its last bytes: of shorter runs there the blocks may not be whole.
const TAIL: usize = KEY_LENGTH + BLOCK;

/// From `at` on, the first place where a run of forty may begin that has not ended before the text does.
fn pass_over(view: &View<'_>, stretches: &Stretches, at: usize) -> usize {
    #[cfg(test)]
    if super::differential::careful() {
        return at;
    }
    let tail = view.len().saturating_sub(TAIL);
    if at >= tail { at } else { stretches.next_of_forty(at).map_or(tail, |next| next.min(tail)) }
}

/// The next run of exactly forty key characters that begins at `from` or later. Looks closely only at long stretches.
pub(super) fn next_run(view: &View<'_>, stretches: &Stretches, known: Run, from: usize) -> Run {
    let mut at = match known {
        Run::At(start) if start >= from => return known,
        Run::NoneBefore(checked) if checked >= from && checked > 0 => return known,
        _ => from,
    };
    loop {
        at = pass_over(view, stretches, at);
        let probe = at + KEY_LENGTH - 1;
        if view.slice(probe, probe + 1).first().is_some_and(|byte| !is_key_digit(*byte)) {
            at = probe + 1;
            continue;
        }
        // A run over the probe, or over the end of what is there: where does it begin?
        let start = start_of_run(view, probe.min(view.len()), KEY_LENGTH + 1);
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
    use crate::redact::stretch::Digits;

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
            assert_eq!(others(&[byte; HALF]) == 0, is_key_digit(byte));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn no_run_is_passed_over(lengths in vec(prop_oneof![0usize..45, 38usize..43, 0usize..200], 0..20), from in 0usize..60) {
            let text: Vec<u8> = lengths.iter().flat_map(|length| [vec![b'a'; *length], vec![b' ']].concat()).collect();
            let (view, stretches) = (View::new(&text, true), Stretches::of(&text, Digits::Base64));
            let mut found = Vec::new();
            let mut run = Run::NoneBefore(0);
            let mut search = from;
            loop {
                run = next_run(&view, &stretches, run, search);
                let Run::At(start) = run else { break };
                found.push(start);
                search = start + 1;
            }
            let all: Vec<usize> = slowly(&text).into_iter().filter(|start| *start >= from).collect();
            prop_assert_eq!(found, all);
        }
    }
}
