//! base64 with the alphabet for URLs (RFC 4648, 5), without padding.

use zeroize::Zeroizing;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Appends `bytes` encoded.
pub(super) fn encode(out: &mut Vec<u8>, bytes: &[u8]) {
    for group in bytes.chunks(3) {
        let bits =
            group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            let six = bits >> (18 - 6 * place) & 63;
            out.extend(ALPHABET.get(six as usize));
        }
    }
}

/// Decodes; `None` for what is not of this form. Padding is allowed where it completes a group, bits left over
/// must be zero.
pub(super) fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut end = text;
    while let Some(rest) = end.strip_suffix(b"=").filter(|_| text.len() - end.len() < 2) {
        end = rest;
    }
    if end.len() < text.len() && !text.len().is_multiple_of(4) {
        return None;
    }
    let mut out = Zeroizing::new(Vec::with_capacity(end.len() / 4 * 3 + 2));
    for group in end.chunks(4) {
        let mut bits = 0u32;
        for digit in group {
            bits = bits << 6 | u32::from(value(*digit)?);
        }
        bits <<= 6 * (4 - group.len());
        let bytes = group.len().checked_sub(1).filter(|bytes| *bytes > 0)?;
        let [_, decoded @ ..] = bits.to_be_bytes();
        let (kept, left) = decoded.split_at_checked(bytes)?;
        if left.iter().any(|byte| *byte != 0) {
            return None;
        }
        out.extend_from_slice(kept);
    }
    Some(out)
}

const fn value(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_rfc() {
        for (plain, coded) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")] {
            let mut out = Vec::new();
            encode(&mut out, plain.as_bytes());
            assert_eq!(out, coded.as_bytes());
            assert_eq!(decode(coded.as_bytes()).unwrap().as_slice(), plain.as_bytes());
        }
        assert_eq!(decode(b"Zg==").unwrap().as_slice(), b"f");
        for bad in [&b"Z"[..], b"Zh", b"Zg===", b"Zg+/", b"Z g", b"=", b"Zg=", b"Zm9v=", b"===="] {
            assert!(decode(bad).is_none(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn there_and_back(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut out = Vec::new();
            encode(&mut out, &bytes);
            prop_assert_eq!(decode(&out).unwrap().to_vec(), bytes);
        }
    }
}
