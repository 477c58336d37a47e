//! What the other side of a request wrote, as far as it may be told.

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
        return has(secret) || long_enough && encoded();
    }
    let head = secret.get(..GREATEST).unwrap_or(secret);
    find_secret(text, head).is_some()
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
            long.expose(),
        ] {
            assert_eq!(told(text, &secrets), "", "{text}");
        }
        assert_eq!(told(" a reason\nand more", &secrets), "a reason");
    }
}
