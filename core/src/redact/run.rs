//! Forty characters that look like a secret access key.

use super::name::Kind;
use super::shape::{Verdict, hide};
use super::token::escaped;
use super::until::Until;
use super::view::{NeedMore, View};

/// The next run of forty key characters, as far as has been looked.
pub(super) enum Run {
    At(usize),
    NoneBefore(usize),
}

/// So long is a secret access key.
pub(super) const KEY_LENGTH: usize = 40;

pub(super) fn is_key_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// The next run of exactly forty key characters that begins at `from` or later. Looks at one byte in forty, and
/// around those that may be in such a run.
pub(super) fn next_run(view: &View<'_>, known: Run, from: usize) -> Run {
    let mut at = match known {
        Run::At(start) if start >= from => return known,
        Run::NoneBefore(checked) if checked >= from && checked > 0 => return known,
        _ => from,
    };
    loop {
        let probe = at + KEY_LENGTH - 1;
        if view.slice(probe, probe + 1).first().is_some_and(|byte| !is_key_digit(*byte)) {
            at = probe + 1;
            continue;
        }
        // A run over the probe, or over the end of what is there: where does it begin?
        let mut start = probe.min(view.len());
        let back = start;
        while start > 0 && back - start <= KEY_LENGTH && is_key_digit(view.before(start)) {
            start -= 1;
        }
        let Ok(end) = view.skip(start, KEY_LENGTH + 1, is_key_digit) else {
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
            let mut end = end;
            while view.slice(end, end + 1).first().is_some_and(|byte| is_key_digit(*byte)) {
                end += 1;
            }
            if end >= view.len() {
                return Run::NoneBefore(view.len());
            }
            end
        } else {
            end.max(at) + 1
        };
    }
}

/// Whether forty characters look like a secret access key: no longer token around them, no SHA-1, no path, no
/// CamelCase name. Random digits change their class at 25 of 39 places; fewer than 15 happen once in 2000 keys.
pub(super) fn key_run(view: &View<'_>, start: usize) -> Result<Verdict, NeedMore> {
    let end = start + KEY_LENGTH;
    let text = view.slice(start, end);
    let after = view.at(end)?;
    let apart =
        (!b"_-.%@]~\\".contains(&view.before(start)) || escaped(view, start)) && !b"=_-%@[~".contains(&after);
    let class = |byte: &u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let changes = text.iter().zip(text.iter().skip(1)).filter(|(a, b)| class(a) != class(b)).count();
    let count = |of: fn(&u8) -> bool| text.iter().filter(|byte| of(byte)).count();
    let mixed = count(u8::is_ascii_lowercase) >= 4
        && count(u8::is_ascii_uppercase) >= 4
        && count(|byte| *byte == b'/') <= 5;
    // Beside a key id less will do.
    let least = if beside_key_id(view, start) { 9 } else { 15 };
    if !apart || !mixed || changes < least {
        return Ok(Verdict::Pass);
    }
    Ok(hide(start, Kind::SecretAccessKey, Until::Count(KEY_LENGTH)))
}

/// Whether a key id stands little before this place.
fn beside_key_id(view: &View<'_>, start: usize) -> bool {
    let before = view.slice(start.saturating_sub(60), start);
    let id = |part: &[u8]| {
        (part.starts_with(b"AKIA") || part.starts_with(b"ASIA"))
            && part.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    before.windows(20).any(id)
}
