//! Cutting bytes at a byte: as `slice::split` does it, many bytes at a time.

/// What stands before the first `at`, and what after it.
pub(crate) fn cut(text: &[u8], at: u8) -> (&[u8], &[u8]) {
    match memchr::memchr(at, text) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
        None => (text, b""),
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
        assert_eq!((cut(b"a=b=c", b'='), cut(b"a", b'=')), ((&b"a"[..], &b"b=c"[..]), (&b"a"[..], &b""[..])));
    }
}
