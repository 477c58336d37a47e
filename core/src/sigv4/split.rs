//! Cutting bytes at a byte: as `slice::split` does it, many bytes at a time.

/// What stands before the first `at`, and what after it.
pub(crate) fn cut(text: &[u8], at: u8) -> (&[u8], &[u8]) {
    match memchr::memchr(at, text) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
        None => (text, b""),
    }
}

/// Cuts the first piece off, where pieces are short: by eight bytes, which for such is quicker than many.
pub(crate) fn cut_short(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    const EACH: u64 = u64::MAX / 255;
    let (words, end) = text.as_chunks::<8>();
    let in_word = |word: &[u8; 8]| {
        // The high bit of the first byte that is `at`, and of bytes after it only.
        let differs = u64::from_le_bytes(*word) ^ (EACH * u64::from(at));
        let found = differs.wrapping_sub(EACH) & !differs & (EACH * 0x80);
        (found != 0).then(|| found.trailing_zeros() as usize / 8)
    };
    let in_words = words.iter().enumerate().find_map(|(nth, word)| Some(nth * 8 + in_word(word)?));
    let in_end = || Some(words.len() * 8 + end.iter().position(|byte| *byte == at)?);
    match in_words.or_else(in_end) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

/// The pieces between the bytes `at`; one piece, of no bytes, of an empty text.
pub(crate) fn split(text: &[u8], at: u8) -> impl Iterator<Item = &[u8]> + Clone {
    let mut ends = memchr::memchr_iter(at, text).chain(std::iter::once(text.len()));
    let mut start = 0;
    std::iter::from_fn(move || {
        let end = ends.next()?;
        let piece = text.get(start..end).unwrap_or_default();
        start = end + 1;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_those_of_the_standard_library() {
        for text in [&b""[..], b",", b"a", b"a,", b",a", b"a,,b", b"a,b,c"] {
            let ours: Vec<&[u8]> = split(text, b',').collect();
            assert_eq!(ours, text.split(|byte| *byte == b',').collect::<Vec<_>>());
        }
        for length in 0..40 {
            for comma in 0..length {
                let mut text: Vec<u8> = (0..length).map(|n| if n % 3 == 0 { b'-' } else { 0xac }).collect();
                assert_eq!(cut_short(&text, b','), (text.as_slice(), None));
                text[comma] = b',';
                text[length - 1] = b',';
                assert_eq!(cut_short(&text, b','), (&text[..comma], Some(&text[comma + 1..])));
            }
        }
        assert_eq!((cut(b"a=b=c", b'='), cut(b"a", b'=')), ((&b"a"[..], &b"b=c"[..]), (&b"a"[..], &b""[..])));
    }
}
