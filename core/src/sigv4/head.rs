//! The head of a request, owned: all of it in one place, the canonical lines of what is signed before the rest.

mod edit;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use self::edit::Edit;
use super::canonical::{Order, SignedFields};
use super::header::{Field, Known, Look};
use super::request::{Headers, Request};
use super::sink::Sink as _;
use crate::secret::Wiped;

/// An owned list of header fields: one allocation for the text, one for its borders. Wiped on drop.
#[derive(Clone, Default)]
pub struct HeaderBuf {
    /// Begins with the lines that a canonical request has of the signed fields. Nearly all that is signed is sent in its
    /// canonical form: what is hashed and what is sent are then the same bytes. There may be bytes that no field has.
    text: Wiped,
    spans: Vec<Span>,
    /// Where those lines end.
    lines: usize,
}

/// A field of a list: `name:value` somewhere in the text.
#[derive(Clone, Copy)]
struct Span {
    /// Where the name begins and ends, and where the value ends.
    borders: [u32; 3],
    look: Look,
}

impl Span {
    /// Of a header signature whose place is not known yet.
    const NONE: Self = Self { borders: [0; 3], look: Look::AUTHORIZATION };

    fn set(&mut self, start: usize, name: usize, end: usize) {
        // A head of four gigabytes is no head.
        self.borders = [start, start + name, end].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
    }

    /// Whether its place is known.
    const fn is_set(&self) -> bool {
        self.borders[2] > 0
    }
}

impl HeaderBuf {
    /// Takes fields over, those in `order` signed, with room for more bytes.
    pub(crate) fn of(fields: &[Field<'_>], order: &Order, room: usize) -> Self {
        let length = |field: &Field<'_>| field.name.text.len() + field.value.len() + 2;
        let some = order.numbers();
        // What is not sent as it is signed is kept both ways. Names are written by sixteen bytes, the last one too.
        let is_twice = |field: &&Field<'_>| order.has_repeats() || !field.is_surely_canonical();
        let signed = some.iter().filter_map(|at| fields.get(*at as usize));
        let twice = signed.filter(is_twice).map(length).sum::<usize>();
        let mut text = Wiped::with_capacity(fields.iter().map(length).sum::<usize>() + twice + 16 + room);
        let mut spans = Vec::with_capacity(fields.len() + 1);
        // Each is made in its place: what is copied right after it was made, by wider words, is waited for.
        spans.resize(fields.len(), Span::NONE);
        spans.iter_mut().zip(fields).for_each(|(span, field)| span.look = field.look());
        if order.has_repeats() {
            SignedFields::new(fields, order).write_usual(&mut *text);
        } else {
            for at in some {
                let (Some(field), Some(span)) = (fields.get(*at as usize), spans.get_mut(*at as usize))
                else {
                    continue;
                };
                let start = text.len();
                if field.write_line(&mut *text) {
                    span.set(start, field.name.text.len(), text.len() - 1);
                }
            }
        }
        let lines = text.len();
        for (field, span) in fields.iter().zip(&mut spans).filter(|(_, span)| !span.is_set()) {
            let start = text.len();
            text.put(field.name.text);
            text.put(b":");
            text.put(field.value);
            span.set(start, field.name.text.len(), text.len());
        }
        Self { text, spans, lines }
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.spans.iter().map(|span| self.texts(span))
    }

    /// The fields in order, as they were looked at when they came in.
    pub(crate) fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.spans.iter().map(|span| {
            let (name, value) = self.texts(span);
            Field::again(name, value, span.look)
        })
    }

    /// As [`Headers::each_of`], without another look at the names.
    pub(crate) fn each_of<'a>(&'a self, names: u64, mut visit: impl FnMut(u8, &'a [u8])) {
        for span in &self.spans {
            if let Some(place) = span.look.place().filter(|place| names >> place & 1 == 1) {
                visit(place, self.texts(span).1);
            }
        }
    }

    /// Whether there is a field of that meaning.
    pub(crate) fn has(&self, known: Known) -> bool {
        self.spans.iter().any(|span| span.look.known() == known)
    }

    /// The field of that number.
    pub(crate) fn field(&self, at: usize) -> Option<Field<'_>> {
        self.spans.get(at).map(|span| {
            let (name, value) = self.texts(span);
            Field::again(name, value, span.look)
        })
    }

    /// Whether a field is sent in its canonical line.
    const fn is_line(&self, span: &Span) -> bool {
        (span.borders[2] as usize) < self.lines
    }

    /// The canonical lines of the signed fields, those of one name as one.
    pub(crate) fn lines(&self) -> &[u8] {
        self.text(0..self.lines)
    }

    /// All that is sent, and perhaps the line of what is sent in another form: in few pieces, for who looks for a text that has
    /// no line break.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let others = self.spans.iter().filter(|span| !self.is_line(span)).flat_map(|span| {
            let (name, value) = self.texts(span);
            [name, value]
        });
        std::iter::once(self.lines()).chain(others)
    }

    /// The value of the field of that number.
    pub(crate) fn value(&self, at: usize) -> Option<&[u8]> {
        self.spans.get(at).map(|span| self.texts(span).1)
    }

    fn texts(&self, span: &Span) -> (&[u8], &[u8]) {
        let [start, middle, end] = span.borders.map(|at| at as usize);
        (self.text.get(start..middle).unwrap_or_default(), self.text.get(middle + 1..end).unwrap_or_default())
    }

    /// Some of the text.
    pub(crate) fn text(&self, place: Range<usize>) -> &[u8] {
        self.text.get(place).unwrap_or_default()
    }

    /// How many fields there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The first value of `name`, compared without case.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(field, _)| field.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// Adds `authorization`, whose value `write` appends.
    pub(crate) fn add_authorization<T>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let start = self.text.len();
        self.text.put(b"authorization:");
        let written = write(&mut self.text);
        self.spans.push(Span::NONE);
        if let Some(span) = self.spans.last_mut() {
            span.set(start, "authorization".len(), self.text.len());
        }
        written
    }

    /// Makes the value of the last field longer.
    pub(crate) fn extend_last(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
        if let Some(span) = self.spans.last_mut() {
            span.borders[2] = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        }
    }
}

/// As pairs that are owned one by one, for code that takes them so.
impl From<&HeaderBuf> for Vec<(Vec<u8>, Vec<u8>)> {
    fn from(headers: &HeaderBuf) -> Self {
        headers.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
    }
}

/// Room for another signature, and for a session token that is longer than the client's, so that a head which is signed
/// again rarely moves.
const SIGNATURE: usize = 1536;

/// A request head that owns its bytes.
#[derive(Clone)]
pub(crate) struct Head {
    method: Cow<'static, str>,
    headers: HeaderBuf,
    /// Where authority and target are, in the text of the headers.
    authority: Option<usize>,
    target: usize,
    path: usize,
}

impl Head {
    /// Takes over a request, whose fields have been looked at, those in `order` signed.
    pub(crate) fn new(request: &Request<'_>, fields: &[Field<'_>], order: &Order) -> Self {
        let authority = request.authority();
        let room = authority.map_or(0, <[u8]>::len) + request.target().len() + SIGNATURE;
        let mut headers = HeaderBuf::of(fields, order, room);
        let start = headers.text.len();
        headers.text.put(authority.unwrap_or_default());
        let target = headers.text.len();
        headers.text.put(request.target());
        Self {
            method: method(request.method()),
            headers,
            authority: authority.map(|_| start),
            target,
            path: request.path().len(),
        }
    }

    pub(crate) const fn headers(&self) -> &HeaderBuf {
        &self.headers
    }

    pub(crate) fn method(&self) -> &str {
        &self.method
    }

    /// Gives the fields away; the target goes with them.
    pub(crate) fn take_headers(&mut self) -> HeaderBuf {
        std::mem::take(&mut self.headers)
    }

    /// A copy of the fields, with room for another signature and for more bytes.
    pub(crate) fn copy_headers(&self, more: usize) -> HeaderBuf {
        let HeaderBuf { text, spans, lines } = &self.headers;
        let fields = text.get(..self.authority.unwrap_or(self.target)).unwrap_or_default();
        let mut copy = HeaderBuf {
            text: Wiped::with_capacity(fields.len() + SIGNATURE + more),
            spans: Vec::with_capacity(spans.len() + 2),
            lines: *lines,
        };
        copy.text.extend_from_slice(fields);
        copy.spans.extend_from_slice(spans);
        copy
    }

    pub(crate) fn request(&self) -> Request<'_> {
        let text = &self.headers.text;
        let authority = self.authority.and_then(|start| text.get(start..self.target));
        let target = text.get(self.target..).unwrap_or_default();
        Request::of_parts(&self.method, authority, (target, self.path), Headers::Snapshot(&self.headers))
    }
}

/// A method to keep: those of the services are known.
fn method(text: &str) -> Cow<'static, str> {
    let known = ["GET", "POST", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS"];
    match known.into_iter().find(|known| *known == text) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sigv4::canonical::{HostForm, Repeated, SignedFields, Variant};
    use crate::sigv4::header::Fields;
    use crate::sigv4::uri::{PathRule, Plus};

    proptest! {
        #[test]
        fn a_snapshot_knows_the_names_of_its_fields(
            sent in prop::collection::vec(("[Hh]ost|[Aa]ccept|range|te|x-amz-meta-[ab]", "[a-z]{0,3}"), 0..14),
            names in any::<u64>(),
        ) {
            let pairs: Vec<_> = sent.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
            let mut fields = Fields::new();
            pairs.iter().for_each(|(name, value)| Field::push(&mut fields, name, value));
            let buf = HeaderBuf::of(&fields, &Order::default(), 0);
            let of = |headers: Headers<'_>| {
                let mut found = Vec::new();
                headers.each_of(names, |place, value| found.push((place, value.to_vec())));
                found
            };
            prop_assert_eq!(of(Headers::Snapshot(&buf)), of(Headers::Bytes(&pairs)));
        }
    }

    proptest! {
        /// The lines are what the writer of any form writes, and every field comes back as it was sent.
        #[test]
        fn lines_are_those_of_the_careful_writer(
            sent in prop::collection::vec(("[A-Za-z][a-zA-Z-]{0,24}", "[ -~\\t]{0,20}", any::<bool>()), 0..14),
        ) {
            let mut fields = Fields::new();
            for (name, value, _) in &sent {
                Field::push(&mut fields, name.as_bytes(), value.as_bytes());
            }
            let signed = |at: &u32| sent.get(*at as usize).is_some_and(|(.., signed)| *signed);
            let order = Order::of(&fields, (0..sent.len() as u32).filter(signed));
            let buf = HeaderBuf::of(&fields, &order, 3);
            let pairs: Vec<_> = buf.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
            let expected: Vec<_> =
                sent.iter().map(|(name, value, _)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect();
            prop_assert_eq!(pairs, expected);
            let variant = Variant {
                path: PathRule::AsSent, plus: Plus::Sign, host: HostForm::AsSent, repeated: Repeated::InOrder,
            };
            let mut careful = Vec::new();
            SignedFields::new(&fields, &order).write(&mut careful, variant);
            prop_assert_eq!(buf.lines(), &careful);
        }
    }
}
