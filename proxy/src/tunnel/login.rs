//! Proxy authentication for tunnels: Basic (RFC 7617), compared in constant time and with every user there is, so that
//! neither a name nor a password can be found letter by letter.

use awsaccess::secret::Secret;
use http::HeaderMap;
use http::header::PROXY_AUTHORIZATION;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Somebody who may open tunnels.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) password: Password,
}

/// A password: what it is hashed to.
#[derive(Clone)]
pub(crate) struct Password(Secret);

impl Password {
    /// A password in the clear.
    pub(crate) fn new(text: &str) -> Self {
        Self(digest(text.as_bytes()))
    }

    /// The SHA-256 of a password in hexadecimal. Such a hash protects a password that was generated, and no other.
    pub(crate) fn hashed(hex: &str) -> Option<Self> {
        let is_hash = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then(|| Self(Secret::new(hex.to_ascii_lowercase())))
    }
}

fn digest(bytes: &[u8]) -> Secret {
    Secret::new(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// The user whose name and password the request has.
pub(super) fn user<'a>(users: &'a [User], headers: &HeaderMap) -> Option<&'a str> {
    let mut values = headers.get_all(PROXY_AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, rest) = value.as_bytes().split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let pair = decode(rest.trim_ascii())?;
    let at = pair.iter().position(|byte| *byte == b':')?;
    let (name, password) = (pair.get(..at)?, pair.get(at + 1..)?);
    let (name, password) = (digest(name), digest(password));
    let mut found = None;
    for user in users {
        let is_name = digest(user.name.as_bytes()).matches(name.expose().as_bytes());
        let is_password = user.password.0.matches(password.expose().as_bytes());
        if is_name & is_password {
            found = Some(user.name.as_str());
        }
    }
    found
}

/// Standard base64, with padding or without.
fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = text.strip_suffix(b"=").unwrap_or(text);
    let text = text.strip_suffix(b"=").unwrap_or(text);
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    for four in text.chunks(4) {
        let mut bits = 0_u32;
        for place in 0..4 {
            bits = bits << 6 | four.get(place).map_or(Some(0), |letter| value(*letter))?;
        }
        let [_, bytes @ ..] = bits.to_be_bytes();
        // A single letter carries no byte.
        let count = four.len().checked_sub(1).filter(|count| *count > 0)?;
        let (bytes, rest) = bytes.split_at_checked(count)?;
        // One text for one password: what is left over says nothing.
        if rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        out.extend_from_slice(bytes);
    }
    Some(out)
}

fn value(letter: u8) -> Option<u32> {
    Some(u32::from(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn users() -> Vec<User> {
        let hash = "08ff7a3f2ee64a8e7c6a5b6c4a36a2b3b7a7c93f3a1ea2b8bb0dbb8b1b5a0000";
        vec![
            User { name: "Aladdin".into(), password: Password::new("open sesame") },
            User { name: "build".into(), password: Password::hashed(hash).unwrap() },
            User { name: "Ali".into(), password: Password::new("Baba:40") },
        ]
    }

    fn asked(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(PROXY_AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        user(&users(), &headers).map(str::to_owned)
    }

    #[test]
    fn the_right_password_and_no_other() {
        // RFC 7617, section 2.
        assert_eq!(asked(&["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="]).as_deref(), Some("Aladdin"));
        assert_eq!(asked(&["basic QWxhZGRpbjpvcGVuIHNlc2FtZQ"]).as_deref(), Some("Aladdin"));
        // A password may have a colon, a name may not.
        assert_eq!(asked(&["Basic QWxpOkJhYmE6NDA="]).as_deref(), Some("Ali"));
        for values in [
            &[][..],
            &["Basic "],
            &["Basic ===="],
            &["Basic QWxhZGRpbg=="],
            &["Basic QWxhZGRpbjpvcGVuIHNlc2FtZR=="],
            &["Basic QWxpOm9wZW4gc2VzYW1l"],
            &["Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ=="],
            &["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="],
            &["Basic Q\u{e9}xhZGRpbjpvcGVuIHNlc2FtZQ=="],
        ] {
            assert_eq!(asked(values), None, "{values:?}");
        }
    }

    #[test]
    fn a_hash_stands_for_its_password() {
        let hash = "41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb";
        let known = [User { name: "Aladdin".into(), password: Password::hashed(hash).unwrap() }];
        let mut headers = HeaderMap::new();
        headers.insert(PROXY_AUTHORIZATION, HeaderValue::from_static("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
        assert_eq!(user(&known, &headers), Some("Aladdin"));
        assert!(Password::hashed("open sesame").is_none() && Password::hashed(&hash[1..]).is_none());
    }
}
