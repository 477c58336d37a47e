//! One-time passwords of virtual MFA devices (RFC 6238 over RFC 4226, six digits, thirty seconds, SHA-1).

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

const STEP_SECONDS: i64 = 30;

/// The time step of a moment.
pub(crate) fn step(now: i64) -> i64 {
    now.div_euclid(STEP_SECONDS)
}

/// The code of a time step. The seed is base32; spaces and padding are ignored.
pub(crate) fn code(seed: &str, step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(&base32(seed)?).ok()?;
    mac.update(&step.to_be_bytes());
    let tag = mac.finalize().into_bytes();
    let offset = usize::from(tag.last()? & 0x0f);
    let word: [u8; 4] = tag.get(offset..offset + 4)?.try_into().ok()?;
    Some(format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000))
}

fn base32(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut buffer, mut bits) = (Vec::new(), 0_u32, 0);
    for character in text.chars().filter(|character| !matches!(character, '=' | ' ')) {
        let value = match character.to_ascii_uppercase() {
            letter @ 'A'..='Z' => u32::from(letter) - u32::from('A'),
            digit @ '2'..='7' => u32::from(digit) - u32::from('2') + 26,
            _ => return None,
        };
        buffer = (buffer << 5 | value) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(buffer >> bits & 0xff).ok()?);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, cut to six digits; the seed is the ASCII text 12345678901234567890.
    #[test]
    fn the_rfcs_vectors() {
        let seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (now, wanted) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(code(seed, step(now)).as_deref(), Some(wanted));
        }
        assert_eq!(code("1", 0), None);
    }
}
