//! Parameters of a query or a form, and the `Action` that the query protocol names among them.

use std::borrow::Cow;

use super::head::Head;
use crate::sigv4::Plus;

/// The largest form in which an operation is looked for.
const LARGEST: usize = 16 << 20;

/// The query of a request, and what a raw `+` is in it.
#[derive(Clone, Copy)]
pub(super) struct Query<'a> {
    pub(super) text: &'a [u8],
    pub(super) plus: Plus,
}

impl<'a> Query<'a> {
    pub(super) fn params(self) -> impl Iterator<Item = Param<'a>> {
        params(self.text, self.plus)
    }

    /// Whether it names an action.
    pub(super) fn has_action(self) -> bool {
        !self.text.is_empty() && self.params().any(|param| param.is(b"Action"))
    }
}

/// One `name=value`, still as it was sent.
#[derive(Clone, Copy)]
pub(super) struct Param<'a> {
    name: &'a [u8],
    value: &'a [u8],
    plus: Plus,
    /// Whether a semicolon stands before it, where some readers begin a parameter and others do not.
    semicolon: bool,
}

impl<'a> Param<'a> {
    pub(super) fn is(&self, name: &[u8]) -> bool {
        is(self.name, name, self.plus)
    }

    pub(super) fn name(&self) -> Cow<'a, [u8]> {
        decoded(self.name, self.plus)
    }

    pub(super) fn value(&self) -> Cow<'a, [u8]> {
        decoded(self.value, self.plus)
    }
}

/// The parameters of a form, in which a `+` is a space.
pub(super) fn of_form(text: &[u8]) -> impl Iterator<Item = Param<'_>> {
    params(text, Plus::Space)
}

/// The parameters in the order sent. A `;` ends one too, and marks the next.
fn params(text: &[u8], plus: Plus) -> impl Iterator<Item = Param<'_>> {
    let mut rest = text;
    let mut semicolon = false;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let marked = semicolon;
        let end = memchr::memchr2(b'&', b';', rest).unwrap_or(rest.len());
        semicolon = rest.get(end) == Some(&b';');
        let piece = rest.get(..end).unwrap_or_default();
        rest = rest.get(end + 1..).unwrap_or_default();
        let (name, value) = match memchr::memchr(b'=', piece) {
            Some(at) => piece.split_at_checked(at).unwrap_or_default(),
            None => (piece, &b""[..]),
        };
        Some(Param { name, value: value.get(1..).unwrap_or_default(), semicolon: marked, plus })
    })
}

/// What a query service is asked for.
#[derive(Default)]
pub(super) struct Action<'a> {
    pub(super) name: Option<Cow<'a, [u8]>>,
    pub(super) version: Option<Cow<'a, [u8]>>,
    /// Why two readers could find two actions.
    pub(super) doubt: Option<&'static str>,
}

/// The one action that query and body together name.
pub(super) fn action<'a>(head: &Head<'_>, query: Query<'a>, body: &'a [u8]) -> Action<'a> {
    let mut found = Action::default();
    let mut strange = false;
    let mut in_body = false;
    if body.len() > LARGEST {
        found.doubt = Some("the form is too large to look for the operation in it");
        return found;
    }
    for (text, plus, is_body) in [(query.text, query.plus, false), (body, Plus::Space, true)] {
        for param in params(text, plus) {
            if !matches!(param.name.len(), 6 | 7) && !has_escape(param.name) {
                continue;
            }
            let place = match (param.is(b"Action"), param.is(b"Version")) {
                (true, _) => &mut found.name,
                (_, true) => &mut found.version,
                _ => {
                    strange |= param.is_nearly(b"Action");
                    continue;
                }
            };
            if param.semicolon {
                found.doubt = Some("a semicolon stands before an action, where readers differ");
            }
            if place.replace(param.value()).is_some() {
                found.doubt = Some("action or version is there twice");
            }
            in_body |= is_body;
        }
    }
    if found.name.is_some() && strange {
        found.doubt = Some("an action is there twice, once in other letters");
    }
    if in_body && head.content_type.is_some() && !head.is_form() {
        found.doubt = Some("the body names an action and says that it is no form");
    }
    if in_body && head.is_form() && !head.is_plain_form() {
        found.doubt = Some("the form is in a character set that readers take differently");
    }
    found
}

impl Param<'_> {
    /// The same letters, large or small.
    fn is_nearly(&self, name: &[u8]) -> bool {
        (self.name.len() == name.len() || has_escape(self.name)) && self.name().eq_ignore_ascii_case(name)
    }
}

fn has_escape(text: &[u8]) -> bool {
    memchr::memchr2(b'%', b'+', text).is_some()
}

/// Whether an encoded text stands for `plain`.
fn is(text: &[u8], plain: &[u8], plus: Plus) -> bool {
    text == plain
        || (text.len() > plain.len()
            && has_escape(text)
            && Decoded { rest: text, plus }.eq(plain.iter().copied()))
}

/// The text without escapes.
pub(super) fn decoded(text: &[u8], plus: Plus) -> Cow<'_, [u8]> {
    if !has_escape(text) {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    plain.extend(Decoded { rest: text, plus });
    Cow::Owned(plain)
}

/// A segment of a path without escapes; a `+` is nothing else there.
pub(super) fn segment(text: &[u8]) -> Cow<'_, [u8]> {
    decoded(text, Plus::Sign)
}

/// Undoes `%XX`; what is no escape stays as it is.
struct Decoded<'a> {
    rest: &'a [u8],
    plus: Plus,
}

impl Iterator for Decoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        if let [b'%', high, low, rest @ ..] = self.rest
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            self.rest = rest;
            return Some(high << 4 | low);
        }
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(if *first == b'+' && self.plus == Plus::Space { b' ' } else { *first })
    }
}
