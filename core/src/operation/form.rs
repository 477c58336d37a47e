//! `Action`, as the query protocol names it: in a form body or in the query.

use super::{Name, word};
use crate::sigv4::Request;

/// Whether the body is a form.
pub(super) fn is_form(request: &Request<'_>) -> bool {
    let kind = request.headers().first("content-type").unwrap_or_default();
    let form = b"application/x-www-form-urlencoded";
    kind.get(..form.len()).is_some_and(|start| start.eq_ignore_ascii_case(form))
}

/// Whether the query names an action.
pub(super) fn in_query(request: &Request<'_>) -> bool {
    actions(request.query()).next().is_some()
}

/// The one action that query and body together name.
pub(super) fn name(request: &Request<'_>, body: &[u8]) -> Name {
    let mut all = actions(request.query()).chain(actions(body));
    match (all.next(), all.next()) {
        (None, _) => Name::Unknown,
        (Some(action), None) => std::str::from_utf8(&action).map_or(Name::Unknown, word),
        (Some(_), Some(_)) => Name::Ambiguous("action is there twice"),
    }
}

fn actions(form: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    form.split(|byte| *byte == b'&').filter_map(|pair| {
        let (name, value) = match memchr::memchr(b'=', pair) {
            Some(at) => (pair.get(..at)?, pair.get(at + 1..)?),
            None => (pair, &b""[..]),
        };
        (decode(name) == b"Action").then(|| decode(value))
    })
}

/// Undoes `%XX` and `+`; what is no escape stays as it is.
fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let digit = |byte: Option<u8>| char::from(byte.unwrap_or(0)).to_digit(16);
                match (digit(ahead.next()), digit(ahead.next())) {
                    (Some(high), Some(low)) => {
                        out.push(u8::try_from(high * 16 + low).unwrap_or_default());
                        rest = ahead;
                    }
                    _ => out.push(byte),
                }
            }
            _ => out.push(byte),
        }
    }
    out
}
