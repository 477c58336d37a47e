//! Hashes and hexadecimal, as canonical requests carry them.

use sha2::{Digest, Sha256};

/// SHA-256, as the sixty-four characters that canonical requests carry.
pub(crate) fn sha256_hex(bytes: &[u8]) -> [u8; 64] {
    hex(&Sha256::digest(bytes).into())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    const fn digit(nibble: u8) -> u8 {
        if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
    }
    let mut text = [b'0'; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        if let [high, low] = pair {
            (*high, *low) = (digit(byte >> 4), digit(byte & 15));
        }
    }
    text
}

/// Sixty-four lower-case hexadecimal characters, as thirty-two bytes.
pub(crate) fn unhex(text: &[u8]) -> Option<[u8; 32]> {
    const fn value(digit: u8) -> Option<u8> {
        match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        }
    }
    let text: &[u8; 64] = text.try_into().ok()?;
    let mut bytes = [0; 32];
    for (pair, byte) in text.chunks_exact(2).zip(&mut bytes) {
        let [high, low] = pair else { return None };
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_both_ways() {
        let bytes: [u8; 32] = std::array::from_fn(|n| (n * 37) as u8);
        assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        assert_eq!(unhex(&[b'F'; 64]), None);
        assert_eq!(unhex(b"00"), None);
        assert_eq!(&sha256_hex(b"")[..8], b"e3b0c442");
    }
}
