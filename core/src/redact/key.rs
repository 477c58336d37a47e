//! Forty characters that look like a secret access key.

use super::name::Kind;
use super::run::KEY_LENGTH;
use super::shape::{Verdict, hide};
use super::token::escaped;
use super::until::Until;
use super::view::{NeedMore, View};

/// Whether forty characters look like a secret access key: no longer token around them, no SHA-1, no path, no
/// CamelCase name. Random digits change their class at 25 of 39 places; fewer than 15 happen once in 2000 keys.
pub(super) fn judge(view: &View<'_>, start: usize) -> Result<Verdict, NeedMore> {
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
