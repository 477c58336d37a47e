//! What the other side of a request wrote, as far as it may be told.

use zeroize::Zeroizing;

use super::encoding::{base64_inner, hex};
use super::{GREATEST, LEAST, find_secret};
use crate::secret::Secret;

/// The first line of the text, or nothing if a secret of ours stands in any of it, as it is or encoded: the message
/// about a signature that does not match repeats the request, session token and all.
pub(crate) fn told<'a>(text: &str, secrets: impl IntoIterator<Item = &'a Secret>) -> String {
    if secrets.into_iter().any(|secret| stands_in(text.as_bytes(), secret.expose().as_bytes())) {
        return String::new();
    }
    text.trim_ascii().lines().next().unwrap_or_default().to_owned()
}

fn stands_in(text: &[u8], secret: &[u8]) -> bool {
    let has = |needle: &[u8]| !needle.is_empty() && memchr::memmem::find(text, needle).is_some();
    if secret.len() < LEAST {
        // Too short for the search, such as a one-time code.
        let long_enough = secret.len() > 3;
        let encoded = || has(&hex(secret)) || (0..3).any(|shift| has(&base64_inner(secret, shift)));
        let escaped = || !secret.is_empty() && memchr::memmem::find(&unescaped(text), secret).is_some();
        return has(secret) || escaped() || long_enough && encoded();
    }
    let head = secret.get(..GREATEST).unwrap_or(secret);
    find_secret(text, head).is_some()
}

/// With every `%2F` as the byte that it stands for.
fn unescaped(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let escape = digit(0).zip(digit(1)).filter(|_| *byte == b'%');
        match escape.and_then(|(high, low)| u8::try_from(high << 4 | low).ok()).zip(after.get(2..)) {
            Some((byte, after)) => {
                out.push(byte);
                rest = after;
            }
            None => {
                out.push(*byte);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_comes_back_in_any_form() {
        let long = Secret::new("t0k/3n".repeat(9000));
        let secrets = [Secret::new("t0k/3n-t0k/3n"), Secret::new("246810"), Secret::new(""), long.clone()];
        for text in [
            "t0k/3n-t0k/3n",
            "no\nt0k/3n-t0k/3n",
            "t0k%2F3n-t0k%2F3n",
            "dDBrLzNuLXQway8zbg==",
            "code 246810 is wrong",
            "MjQ2ODEw",
            "xMjQ2ODEw",
            "323436383130",
            "24%36810",
            "%32%34%36%38%31%30%",
            long.expose(),
        ] {
            assert_eq!(told(text, &secrets), "", "{text}");
        }
        assert_eq!(told(" a reason\nand more", &secrets), "a reason");
    }
}
