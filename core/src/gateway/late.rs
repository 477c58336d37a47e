//! The session token of MQTT over WebSocket: put behind the signature, and not covered by it.
//!
//! AWS IoT wants the query signed without `X-Amz-Security-Token`, which is appended afterwards; many of its clients leave
//! out `X-Amz-Expires`, too. The token is taken off here, so that what is left is what was signed, and the real one is
//! appended just so. See "MQTT over the WebSocket protocol" in the developer guide of AWS IoT Core.

use std::borrow::Cow;

use super::{Head, Placeholder};
use crate::credentials::Credentials;
use crate::secret::Secret;
use crate::sigv4::{IOT_GATEWAY, Verified};

const TOKEN: &[u8] = b"X-Amz-Security-Token";

/// What was taken off a request.
#[derive(Default)]
pub(super) struct Late<'a> {
    /// Whether it is a request of this kind, with a token or without.
    is_one: bool,
    token: Option<Secret>,
    /// The target as it came, for a request that goes on as it is.
    target: Option<Cow<'a, [u8]>>,
}

impl<'a> Late<'a> {
    /// Takes the token off a query that was signed for AWS IoT. Two of them are nobody's.
    pub(super) fn take(head: &mut Head<'a>) -> Self {
        let Some(at) = memchr::memchr(b'?', &head.target) else { return Self::default() };
        let (path, query) = head.target.split_at_checked(at + 1).unwrap_or_default();
        let value = |wanted: &[u8]| {
            let mut found = query.split(|byte| *byte == b'&').filter_map(|piece| {
                let end = memchr::memchr(b'=', piece)?;
                let (name, value) = piece.split_at_checked(end)?;
                (name == wanted).then(|| decoded(value.get(1..).unwrap_or_default()))
            });
            (found.next(), found.next().is_some())
        };
        let end = format!("/{IOT_GATEWAY}/aws4_request");
        let (Some(credential), false) = value(b"X-Amz-Credential") else { return Self::default() };
        if !credential.ends_with(end.as_bytes()) {
            return Self::default();
        }
        let (Some(token), false) = value(TOKEN) else { return Self { is_one: true, ..Self::default() } };
        let is_token = |piece: &&[u8]| piece.split(|byte| *byte == b'=').next() == Some(TOKEN);
        let rest: Vec<&[u8]> = query.split(|byte| *byte == b'&').filter(|piece| !is_token(piece)).collect();
        let target = [path, &rest.join(&b'&')].concat();
        let token = String::from_utf8(token).ok().map(Secret::new);
        Self { is_one: true, token, target: Some(std::mem::replace(&mut head.target, target.into())) }
    }

    /// The token that came with the request.
    pub(super) fn token(&self) -> Option<&[u8]> {
        self.token.as_ref().map(|token| token.expose().as_bytes())
    }

    /// The placeholder, if the token is its own; from here on it has none, as the signature has none.
    pub(super) fn admit(&self, placeholder: Option<Placeholder>) -> Option<Placeholder> {
        let mut placeholder = placeholder?;
        if !self.is_one {
            return Some(placeholder);
        }
        let is_right = match (&placeholder.session_token, &self.token) {
            (None, None) => true,
            (Some(own), Some(given)) => own == given,
            _ => false,
        };
        placeholder.session_token = None;
        is_right.then_some(placeholder)
    }

    /// The request as it came.
    pub(super) fn put_back(self, head: &mut Head<'a>) {
        if let Some(target) = self.target {
            head.target = target;
        }
    }
}

/// What signs the request again, and the token that is appended to it.
pub(super) fn signer<'k>(
    verified: &Verified,
    credentials: &'k Credentials,
) -> (Cow<'k, Credentials>, Option<&'k Secret>) {
    let is_late = verified.is_presigned() && verified.service() == IOT_GATEWAY;
    let Some(token) = credentials.session_token().filter(|_| is_late) else {
        return (Cow::Borrowed(credentials), None);
    };
    let bare = Credentials::new(credentials.access_key_id(), credentials.secret_access_key().expose());
    let bare = match credentials.expires_at() {
        Some(at) => bare.with_expiry(at),
        None => bare,
    };
    (Cow::Owned(bare), Some(token))
}

/// Appends the token behind the signature.
pub(super) fn append(target: &mut Vec<u8>, token: &Secret) {
    target.push(b'&');
    target.extend_from_slice(TOKEN);
    target.push(b'=');
    for byte in token.expose().bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => target.push(byte),
            _ => target.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
}

fn decoded(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut bytes = value.iter();
    while let Some(&byte) = bytes.next() {
        let escape = bytes.as_slice().get(..2).filter(|_| byte == b'%');
        let digits = escape.and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(escaped) => {
                out.push(escaped);
                bytes = bytes.as_slice().get(2..).unwrap_or_default().iter();
            }
            None => out.push(byte),
        }
    }
    out
}
