//! Request targets and query strings.

use super::mark::Marks;
use super::name::{Kind, Normal};

/// Hides the secret parameters of a query string (without its `?`) or a form body; `other` sees every other value.
///
/// A name is compared after percent-decoding, without case, dashes and underscores.
pub(super) fn parameters(
    query: &[u8],
    out: &mut Vec<u8>,
    marks: Marks<'_>,
    mut other: impl FnMut(&[u8]) -> Vec<u8>,
) {
    for (i, pair) in query.split(|byte| *byte == b'&').enumerate() {
        if i > 0 {
            out.push(b'&');
        }
        if let Some(found) = secret(pair) {
            hide(found, marks, out);
            continue;
        }
        // A label that now stands in the name may say of the value what the name did not.
        let shown = other(pair);
        match secret(&shown) {
            Some(found) => hide(found, marks, out),
            None => out.extend_from_slice(&shown),
        }
    }
}

fn hide((name, value, kind): (&[u8], &[u8], Kind), marks: Marks<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    out.push(b'=');
    if marks.covers(value) {
        out.extend_from_slice(value);
    } else {
        out.extend_from_slice(marks.whole(kind, value).as_bytes());
    }
}

/// The name and the value of a parameter whose value is secret, and what that is.
fn secret(pair: &[u8]) -> Option<(&[u8], &[u8], Kind)> {
    let (name, value) = pair.split_at_checked(memchr::memchr(b'=', pair)?)?;
    let kind = Normal::new(decoded(name).into_iter()).parameter()?;
    let value = value.get(1..).filter(|value| !value.is_empty())?;
    Some((name, value, kind))
}

/// The path of a request target, and its query without the `?`.
pub(super) fn split(target: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'?', target).and_then(|at| target.split_at_checked(at)) {
        Some((path, query)) => (path, query.get(1..)),
        None => (target, None),
    }
}

/// RFC 3986, 2.1; what is no escape stays as it is.
fn decoded(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((&first, tail)) = rest.split_first() {
        let digit = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let escaped = match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        out.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    out
}
