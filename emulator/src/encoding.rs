//! Percent-encoding, forms, hexadecimal, base64 and XML text: what the AWS protocols write their values in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const HEX_UPPER: &[u8; 16] = b"0123456789ABCDEF";
const HEX_LOWER: &[u8; 16] = b"0123456789abcdef";

fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Percent-encodes everything outside RFC 3986's unreserved set and outside `keep`.
pub(crate) fn percent_encode(bytes: &[u8], keep: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        if unreserved(byte) || keep.contains(&byte) {
            out.push(byte as char);
        } else {
            out.push('%');
            out.push(HEX_UPPER[usize::from(byte >> 4)] as char);
            out.push(HEX_UPPER[usize::from(byte & 15)] as char);
        }
    }
    out
}

/// Undoes percent-encoding once; a `%` that no two hexadecimal digits follow stays as it is.
pub(crate) fn percent_decode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1).zip(bytes.get(at + 2)).and_then(|(&high, &low)| hex_pair(high, low));
        match (bytes[at], pair) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// Decodes a form or query component: `+` is a space.
pub(crate) fn form_decode(bytes: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = bytes.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&spaced)
}

/// The pairs of a query string or form body, still encoded; empty pairs are dropped, `x` is `x=`.
pub(crate) fn raw_pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        match pair.iter().position(|&byte| byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        }
    })
}

/// The decoded pairs of a query string or form body; bytes that are not UTF-8 become U+FFFD.
pub(crate) fn form_pairs(text: &[u8]) -> Vec<(String, String)> {
    raw_pairs(text).map(|(name, value)| (text_of(&form_decode(name)), text_of(&form_decode(value)))).collect()
}

/// Bytes as text, lossily.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        out.push(HEX_LOWER[usize::from(byte >> 4)] as char);
        out.push(HEX_LOWER[usize::from(byte & 15)] as char);
    }
    out
}

/// Bytes in space-separated hexadecimal, as S3 shows the strings of a signature error.
pub(crate) fn spaced_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| hex(&[*byte])).collect::<Vec<_>>().join(" ")
}

/// Standard base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Undoes [`base64`].
pub(crate) fn unbase64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Text as the content of an XML element. What XML cannot hold at all is left out.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            '\n' | '\t' => out.push(character),
            control if control < ' ' => {}
            other => out.push(other),
        }
    }
    out
}

/// `length` random characters of `alphabet`. The alphabet's length should divide 256 for an even spread.
pub(crate) fn random_text(length: usize, alphabet: &[u8]) -> String {
    random_bytes(length).iter().map(|&byte| alphabet[usize::from(byte) % alphabet.len()] as char).collect()
}

/// Random bytes from the operating system.
///
/// # Panics
/// If the operating system has no randomness to give, on which nothing here could go on.
pub(crate) fn random_bytes(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A request id in the form of a version 4 UUID.
pub(crate) fn request_id() -> String {
    let mut bytes = random_bytes(16);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_once_and_leaves_broken_escapes() {
        assert_eq!(percent_decode(b"a%252Fb%2fc%zz%4"), b"a%2Fb/c%zz%4");
        assert_eq!(form_decode(b"a+b%2B"), b"a b+");
        assert_eq!(percent_encode("a/b é~".as_bytes(), b"/"), "a/b%20%C3%A9~");
    }
}
