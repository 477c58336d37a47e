//! The values of header fields.

use crate::sigv4::sink::Sink;

/// Appends `value` trimmed, each run of spaces, tabs and folds (RFC 9112, 5.2) inside it made one space.
pub(crate) fn canonical_value(out: &mut impl Sink, value: &[u8]) {
    let value = trim(value);
    if is_plain(value) {
        out.put(value);
        return;
    }
    let mut words = value.split(|&byte| is_blank(byte)).filter(|word| !word.is_empty());
    if let Some(first) = words.next() {
        out.put(first);
    }
    for word in words {
        out.put(b" ");
        out.put(word);
    }
}

/// Whether no byte is a space or below it, told in one pass that does not stop, by sixteen bytes where there are so many.
pub(super) fn is_solid(value: &[u8]) -> bool {
    let (Some(first), Some(last)) = (value.first_chunk::<16>(), value.last_chunk::<16>()) else {
        return match (value.first_chunk(), value.last_chunk()) {
            (Some(first), Some(last)) => is_solid_word(*first) & is_solid_word(*last),
            _ => value.iter().all(|byte| *byte > b' '),
        };
    };
    let mut least = *first;
    let mut take = |chunk: &[u8; 16]| {
        least.iter_mut().zip(chunk).for_each(|(least, byte)| *least = (*least).min(*byte));
    };
    take(last);
    value.as_chunks().0.iter().for_each(take);
    least.iter().fold(true, |solid, byte| solid & (*byte > b' '))
}

/// The same of eight bytes at once: what is taken from each borrows from the next where the byte is less.
const fn is_solid_word(bytes: [u8; 8]) -> bool {
    const EACH: u64 = u64::MAX / 255;
    let word = u64::from_le_bytes(bytes);
    word.wrapping_sub(EACH * (b' ' as u64 + 1)) & !word & (EACH * 0x80) == 0
}

/// Without the blanks around it.
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = value
        && is_blank(*first)
    {
        value = rest;
    }
    while let [rest @ .., last] = value
        && is_blank(*last)
    {
        value = rest;
    }
    value
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether a trimmed value holds nothing to collapse.
fn is_plain(value: &[u8]) -> bool {
    memchr::memchr3(b'\t', b'\r', b'\n', value).is_none()
        && memchr::memchr_iter(b' ', value).all(|at| value.get(at + 1) != Some(&b' '))
}

/// What makes a value unfit to be sent: NUL, or a line break that is no fold.
pub(crate) fn is_valid_value(value: &[u8]) -> bool {
    let mut rest = value;
    while let Some(at) = memchr::memchr3(b'\r', b'\n', 0, rest) {
        rest = match rest.get(at..) {
            Some([b'\r', b'\n', b' ' | b'\t', rest @ ..] | [b'\n', b' ' | b'\t', rest @ ..]) => rest,
            _ => return false,
        };
    }
    true
}
