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

/// The least byte, found in one pass that does not stop, by sixteen bytes where there are so many, and by twice as many in
/// long values; of none, the greatest.
pub(super) fn least(value: &[u8]) -> u8 {
    least_flipped::<0>(value)
}

/// Whether there is a DEL, which flipped by itself is the least byte that there can be.
pub(super) fn has_delete(value: &[u8]) -> bool {
    least_flipped::<0x7f>(value) == 0
}

/// The least byte, each flipped at the bits of `FLIP`.
fn least_flipped<const FLIP: u8>(value: &[u8]) -> u8 {
    if value.len() > 64 { least_by::<32, FLIP>(value) } else { least_by::<16, FLIP>(value) }
}

#[inline]
fn least_by<const N: usize, const FLIP: u8>(value: &[u8]) -> u8 {
    let (chunks, rest) = value.as_chunks::<N>();
    let Some(last) = value.last_chunk::<N>() else { return least_of::<FLIP>(rest) };
    let mut least = last.map(|byte| byte ^ FLIP);
    for chunk in chunks {
        least.iter_mut().zip(chunk).for_each(|(least, byte)| *least = (*least).min(*byte ^ FLIP));
    }
    least_of::<0>(&least)
}

fn least_of<const FLIP: u8>(bytes: &[u8]) -> u8 {
    bytes.iter().fold(u8::MAX, |least, byte| least.min(*byte ^ FLIP))
}

/// Whether a value without controls has spaces between words only, one at a time.
pub(super) fn is_spaced(value: &[u8]) -> bool {
    !value.starts_with(b" ")
        && memchr::memchr_iter(b' ', value).all(|at| !matches!(value.get(at + 1), None | Some(b' ')))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_delete_is_found(value in "[a-~\\x7e-\\x80]{0,140}") {
            prop_assert_eq!(has_delete(value.as_bytes()), value.contains('\x7f'));
        }

        #[test]
        fn a_value_that_stands_as_it_is_is_its_canonical_form(value in "[ -b\t\r\n]{0,140}") {
            let value = value.as_bytes();
            prop_assert_eq!(least(value), value.iter().copied().min().unwrap_or(u8::MAX));
            let mut canonical = Vec::new();
            canonical_value(&mut canonical, value);
            if least(value) > b' ' || least(value) == b' ' && is_spaced(value) {
                prop_assert_eq!(&canonical, value);
            } else {
                prop_assert_ne!(&canonical, value);
            }
            if least(value) >= b' ' {
                prop_assert!(is_valid_value(value));
            }
        }
    }
}
