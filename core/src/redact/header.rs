//! Header fields.

use std::borrow::Cow;

use super::mark::Marks;
use super::name::{Kind, Normal};

/// The value without what its name says is secret; `None` if the name says nothing of the kind.
pub(super) fn value<'a>(name: &[u8], value: &'a [u8], marks: Marks<'_>) -> Option<Cow<'a, [u8]>> {
    let normal = Normal::new(name.iter().copied());
    if matches!(normal.text(), b"authorization" | b"proxyauthorization") {
        return Some(Cow::Owned(authorization(value, marks)));
    }
    let kind = normal.parameter()?;
    Some(if value.is_empty() || marks.covers(value) {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(marks.whole(kind, value).as_bytes().into())
    })
}

/// RFC 9110, 11.6.2, with the forms of AWS's signature versions. The scheme stays, and the parameters that are known
/// to hold no secret.
pub(super) fn authorization(value: &[u8], marks: Marks<'_>) -> Vec<u8> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let scheme_end = value.iter().position(blank).unwrap_or(value.len());
    let (scheme, rest) = value.split_at(scheme_end);
    let blanks = rest.iter().position(|byte| !blank(byte)).unwrap_or(rest.len());
    let (gap, parameters) = rest.split_at(blanks);
    let mut out = Vec::with_capacity(value.len());
    let hide = |out: &mut Vec<u8>, kind, secret: &[u8]| {
        let label =
            if secret.is_empty() || marks.covers(secret) { None } else { Some(marks.whole(kind, secret)) };
        out.extend_from_slice(label.as_ref().map_or(secret, |label| label.as_bytes()));
    };
    if parameters.is_empty() {
        hide(&mut out, Kind::Credentials, value);
        return out;
    }
    let named = scheme.len() <= 32 && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    if !named {
        hide(&mut out, Kind::Credentials, value);
        return out;
    }
    out.extend_from_slice(scheme);
    out.extend_from_slice(gap);
    let mut secret = parameters;
    let kind = if scheme.starts_with(b"AWS4") || scheme.starts_with(b"AWS3") {
        signed(parameters, &mut out, hide);
        return out;
    } else if scheme == b"AWS" {
        if let Some((key_id, colon)) = memchr::memrchr(b':', parameters).map(|at| parameters.split_at(at)) {
            out.extend_from_slice(key_id);
            out.extend_from_slice(colon.get(..1).unwrap_or_default());
            secret = colon.get(1..).unwrap_or_default();
            Kind::Signature
        } else {
            Kind::Credentials
        }
    } else if scheme.eq_ignore_ascii_case(b"bearer") {
        Kind::BearerToken
    } else {
        Kind::Credentials
    };
    hide(&mut out, kind, secret);
    out
}

/// `Credential=…, SignedHeaders=…, Signature=…`, parted by commas or spaces.
fn signed(parameters: &[u8], out: &mut Vec<u8>, mut hide: impl FnMut(&mut Vec<u8>, Kind, &[u8])) {
    const READABLE: [&[u8]; 4] = [b"Credential", b"SignedHeaders", b"AWSAccessKeyId", b"Algorithm"];
    let parts = parameters.split_inclusive(|byte| matches!(byte, b',' | b' ' | b'\t'));
    for part in parts {
        let (text, end) = match part.split_last() {
            Some((b',' | b' ' | b'\t', text)) => (text, part.get(text.len()..).unwrap_or_default()),
            _ => (part, <&[u8]>::default()),
        };
        let equals = memchr::memchr(b'=', text).unwrap_or(text.len());
        let (name, value) = text.split_at(equals);
        if text.is_empty() || READABLE.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            out.extend_from_slice(text);
        } else if name.eq_ignore_ascii_case(b"Signature") && !value.is_empty() {
            out.extend_from_slice(name);
            out.push(b'=');
            hide(out, Kind::Signature, value.get(1..).unwrap_or_default());
        } else {
            hide(out, Kind::Credentials, text);
        }
        out.extend_from_slice(end);
    }
}
