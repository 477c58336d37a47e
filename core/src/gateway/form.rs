//! The parameters that AWS's query protocol takes from the query and from a form: read strictly, since what is read here
//! is decided upon, and must be what the service reads.

use std::borrow::Cow;
use std::ops::Range;

use super::refusal::{Refusal, RefusalKind};
use crate::sigv4::Plus;

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Query,
    Body,
}

/// A request's parameters.
pub(super) struct Form<'a> {
    pub(super) query: &'a [u8],
    /// What a raw `+` of the query is.
    pub(super) plus: Plus,
    /// The body, if it is a form.
    pub(super) body: &'a [u8],
}

/// A parameter that is there once.
pub(super) struct Found {
    pub(super) place: Place,
    /// Where the value stands, as it was sent.
    pub(super) span: Range<usize>,
    pub(super) value: String,
}

impl Form<'_> {
    /// All names and values, without escapes, in whatever letters.
    pub(super) fn all(&self) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
        [(self.query, self.plus), (self.body, Plus::Space)].into_iter().flat_map(|(text, plus)| {
            text.split(|byte| *byte == b'&').map(move |piece| {
                let equals = memchr::memchr(b'=', piece).unwrap_or(piece.len());
                let (name, value) = (piece.get(..equals), piece.get(equals + 1..));
                (decoded(name.unwrap_or_default(), plus), decoded(value.unwrap_or_default(), plus))
            })
        })
    }

    /// The parameter of that name, which may be there once, in these very letters.
    pub(super) fn one(&self, name: &str) -> Result<Option<Found>, Refusal> {
        let mut found = None;
        for (place, text, plus) in
            [(Place::Query, self.query, self.plus), (Place::Body, self.body, Plus::Space)]
        {
            // A semicolon separates parameters for some readers and not for others.
            if text.contains(&b';') {
                return Err(ambiguous("it has a semicolon, at which readers differ"));
            }
            let mut start = 0;
            for piece in text.split(|byte| *byte == b'&') {
                let end = start + piece.len();
                let equals = memchr::memchr(b'=', piece).unwrap_or(piece.len());
                let sent = decoded(piece.get(..equals).unwrap_or_default(), plus);
                if sent.eq_ignore_ascii_case(name.as_bytes()) {
                    let value = piece.get(equals + 1..).unwrap_or_default();
                    let text = String::from_utf8(decoded(value, plus).into_owned());
                    let text = text.map_err(|_| ambiguous("a parameter is no utf-8"))?;
                    let span = (start + equals + 1).min(end)..end;
                    if *sent != *name.as_bytes() || found.is_some() || equals == piece.len() {
                        return Err(ambiguous(
                            "a parameter is there twice, in other letters or without a value",
                        ));
                    }
                    found = Some(Found { place, span, value: text });
                }
                start = end + 1;
            }
        }
        Ok(found)
    }
}

fn ambiguous(why: &str) -> Refusal {
    Refusal::new(RefusalKind::AmbiguousOperation, format!("the request can be read in two ways: {why}"))
}

/// The text without escapes; what is no escape stays as it is.
pub(super) fn decoded(text: &[u8], plus: Plus) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'%', b'+', text).is_none() {
        return Cow::Borrowed(text);
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let escape = match (first, after) {
            (b'%', [high, low, ..]) => digit(high).zip(digit(low)),
            _ => None,
        };
        match escape {
            Some((high, low)) => {
                plain.push(high << 4 | low);
                rest = after.get(2..).unwrap_or_default();
            }
            None if *first == b'+' && plus == Plus::Space => plain.push(b' '),
            None => plain.push(*first),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(query: &str, body: &str) -> Result<Option<(Place, String)>, RefusalKind> {
        let form = Form { query: query.as_bytes(), plus: Plus::Sign, body: body.as_bytes() };
        let found = form.one("RoleArn").map_err(|why| why.kind())?;
        Ok(found.map(|found| {
            let text = if found.place == Place::Query { query } else { body };
            assert!(text.as_bytes().get(found.span.clone()).is_some());
            (found.place, found.value)
        }))
    }

    #[test]
    fn a_parameter_is_there_once() {
        let body = |value: &str| Ok(Some((Place::Body, value.to_owned())));
        assert_eq!(one("", "a=b&RoleArn=x%3Ay+z&c"), body("x:y z"));
        assert_eq!(one("Role%41rn=x+y", ""), Ok(Some((Place::Query, "x+y".into()))));
        assert_eq!(one("a=b", "c=d&RoleArnX=1&XRoleArn=2"), Ok(None));
        assert_eq!(one("", "RoleArn="), body(""));
        for (query, form) in [
            ("RoleArn=a", "RoleArn=a"),
            ("", "RoleArn=a&RoleArn=b"),
            ("", "RoleArn=a&rolearn=b"),
            ("", "RoleARN=a"),
            ("", "RoleArn"),
            ("a;b", "RoleArn=a"),
            ("", "x=1;RoleArn=b"),
            ("", "RoleArn=%ff"),
            ("", "RoleArn=a&%52oleArn=b"),
        ] {
            assert_eq!(one(query, form), Err(RefusalKind::AmbiguousOperation), "{query} {form}");
        }
    }
}
