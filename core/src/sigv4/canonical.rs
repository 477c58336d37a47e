//! The canonical request and the string to sign: one writer for signing, verifying and re-signing.

use std::cmp::Ordering;

use super::header::{Field, Known, Name, canonical_value};
use super::payload::PayloadLine;
use super::scope::Scope;
use super::sink::Sink;
use super::uri::{self, Params, PathRule, Plus};
use crate::hash::{Hashing, hex, sha256_hex};
use crate::time::AmzDate;

/// The choices that a canonical request leaves open; a verifier tries several, a signer has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// How the path is read.
    pub path: PathRule,
    /// What a raw `+` of the query is.
    pub plus: Plus,
    /// How the host is written.
    pub host: HostForm,
    /// How the values of a repeated header are put in order.
    pub repeated: Repeated,
}

/// Whether the default port is part of the signed host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostForm {
    /// As it was received.
    AsSent,
    /// Without `:443`.
    WithoutPort,
    /// With `:443`.
    WithPort,
}

/// The order of the values of a header that occurs more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// As they came; AWS's rule.
    InOrder,
    /// Sorted, as botocore does.
    Sorted,
}

/// The header fields that a signature covers, by name without regard to case and else in order of arrival.
#[derive(Clone, Copy)]
pub(crate) struct SignedFields<'f, 'a> {
    fields: &'f [Field<'a>],
    order: &'f [u32],
    /// Whether any name occurs more than once.
    repeats: bool,
    names: &'f [u8],
    /// Their lines as one text, where they were written before, none of a repeated name.
    lines: Option<&'f [u8]>,
}

/// Numbers of header fields, in the order in which they are signed.
#[derive(Default)]
pub(crate) struct Order {
    fields: smallvec::SmallVec<[u32; 32]>,
    /// Whether any name occurs more than once.
    repeats: bool,
}

impl Order {
    /// Adds the next field; `again` if it has the name of the last.
    pub(crate) fn push(&mut self, field: u32, again: bool) {
        self.fields.push(field);
        self.repeats |= again;
    }

    /// How many fields there are.
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    pub(crate) fn numbers(&self) -> &[u32] {
        &self.fields
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + Clone {
        self.fields.iter().copied()
    }

    /// Whether any name occurs more than once.
    pub(crate) const fn has_repeats(&self) -> bool {
        self.repeats
    }

    /// Puts some of the fields in order, given by their numbers in order of arrival, or nearly in that of their names.
    pub(crate) fn of(fields: &[Field<'_>], some: impl Iterator<Item = u32> + Clone) -> Self {
        let mut order = Self::default();
        if order.take_places(fields, some.clone()).is_none() {
            order.sort(fields, some);
        }
        order
    }

    fn sort(&mut self, fields: &[Field<'_>], some: impl Iterator<Item = u32>) {
        let name = |at: u32| fields.get(at as usize).map(|field| &field.name);
        let compare = |one: u32, two: u32| match (name(one), name(two)) {
            (Some(one), Some(two)) => one.compare(two),
            _ => Ordering::Equal,
        };
        // The first eight bytes of a name beside its number: few names begin with the same eight.
        let mut keys: smallvec::SmallVec<[(u64, u32); 32]> = smallvec::SmallVec::new();
        keys.extend(some.filter_map(|at| Some((name(at)?.start(), at))));
        keys.sort_unstable_by(|(one, at_one), (two, at_two)| {
            one.cmp(two).then_with(|| {
                let order = compare(*at_one, *at_two);
                self.repeats |= order.is_eq() && at_one != at_two;
                order.then(at_one.cmp(at_two))
            })
        });
        self.fields.extend(keys.iter().map(|(_, at)| *at));
    }

    /// Takes fields whose names are all known whole and occur once: each has its place, and none is held against another.
    /// `None`, and nothing is taken, for others, and for more than clients send.
    #[inline]
    fn take_places(&mut self, fields: &[Field<'_>], some: impl Iterator<Item = u32>) -> Option<()> {
        let (mut taken, mut at_places) = (0u64, [0u8; 64]);
        for at in some {
            let place = fields.get(at as usize)?.name.place()?;
            let bit = 1 << place;
            if taken & bit != 0 {
                return None;
            }
            taken |= bit;
            *at_places.get_mut(usize::from(place))? = u8::try_from(at).ok()?;
        }
        while taken != 0 {
            self.fields.push(u32::from(*at_places.get(taken.trailing_zeros() as usize)?));
            taken &= taken - 1;
        }
        Some(())
    }
}

impl<'f, 'a> SignedFields<'f, 'a> {
    /// Fields whose order is known; the list of their names comes with [`SignedFields::named`].
    pub(crate) fn new(fields: &'f [Field<'a>], order: &'f Order) -> Self {
        Self { fields, order: &order.fields, repeats: order.repeats, names: b"", lines: None }
    }

    /// Fields whose lines were written before, as they are with the host as it was sent.
    pub(crate) const fn written(lines: &'f [u8], names: &'f [u8]) -> Self {
        Self { fields: &[], order: &[], repeats: false, names, lines: Some(lines) }
    }

    /// With the list of their names, which is written once and read more than once.
    pub(crate) const fn named(self, names: &'f [u8]) -> Self {
        Self { names, ..self }
    }

    /// The list of their names: `host;x-amz-date`.
    pub(crate) const fn names(&self) -> &'f [u8] {
        self.names
    }

    fn each(&self) -> impl Iterator<Item = &'f Field<'a>> {
        let fields = self.fields;
        self.order.iter().filter_map(move |at| fields.get(*at as usize))
    }

    /// The first field of each name, and those that have its name after it.
    fn groups(&self) -> impl Iterator<Item = (&'f Field<'a>, &'f [u32])> {
        let fields = self.fields;
        let field = move |at: &u32| fields.get(*at as usize);
        let same = move |one: &u32, two: &u32| {
            field(one).zip(field(two)).is_some_and(|(one, two)| one.is_named_as(two))
        };
        let groups = self.order.chunk_by(same).filter_map(<[_]>::split_first);
        groups.filter_map(move |(first, rest)| Some((field(first)?, rest)))
    }

    /// Whether any name occurs more than once.
    pub(crate) const fn has_repeats(&self) -> bool {
        self.repeats
    }

    /// The room that [`SignedFields::write_names`] needs.
    pub(crate) fn names_len(&self) -> usize {
        // Names are written by sixteen bytes, the last one too.
        self.each().fold(16, |length, field| length + field.name.text.len() + 1)
    }

    /// Appends the list of their names, `room` bytes of it at most.
    pub(crate) fn write_names(&self, out: &mut Vec<u8>, room: usize) {
        let start = out.len();
        out.resize(start + room, 0);
        let mut end = start;
        let mut add = |name: &Name<'_>| {
            if let Some(after) = out.get_mut(end..).and_then(|place| name.write_to(place)) {
                *after = b';';
                end += name.text.len() + 1;
            }
        };
        if self.has_repeats() {
            self.groups().for_each(|(first, _)| add(&first.name));
        } else {
            self.each().for_each(|field| add(&field.name));
        }
        out.truncate(end.saturating_sub(1).max(start));
    }

    /// Writes their lines as nearly all clients do.
    pub(crate) fn write_usual(&self, out: &mut impl Sink) {
        for (first, rest) in self.groups() {
            let rest = rest.iter().filter_map(|at| self.fields.get(*at as usize));
            write_repeated(out, std::iter::once(first).chain(rest), Repeated::InOrder);
        }
    }

    pub(super) fn write(&self, out: &mut impl Sink, variant: Variant) {
        if let Some(lines) = self.lines {
            return out.put(lines);
        }
        if !self.has_repeats() && variant.host == HostForm::AsSent {
            for field in self.each() {
                let _ = field.write_line(out);
            }
            return;
        }
        for (first, rest) in self.groups() {
            if !rest.is_empty() {
                let rest = rest.iter().filter_map(|at| self.fields.get(*at as usize));
                write_repeated(out, std::iter::once(first).chain(rest), variant.repeated);
            } else if first.known == Known::Host {
                first.name.write(out);
                out.put(b":");
                write_host(out, first.value, variant.host);
                out.put(b"\n");
            } else {
                let _ = first.write_line(out);
            }
        }
    }
}

fn write_repeated<'f, 'a: 'f>(
    out: &mut impl Sink,
    fields: impl Iterator<Item = &'f Field<'a>>,
    order: Repeated,
) {
    let mut fields = fields.peekable();
    if let Some(first) = fields.peek() {
        first.name.write(out);
    }
    let mut values: smallvec::SmallVec<[&[u8]; 8]> = fields.map(|field| field.value).collect();
    if order == Repeated::Sorted {
        values.sort_unstable();
    }
    for (nth, value) in values.into_iter().enumerate() {
        out.put(if nth > 0 { b"," } else { b":" });
        canonical_value(out, value);
    }
    out.put(b"\n");
}

fn write_host(out: &mut impl Sink, host: &[u8], form: HostForm) {
    match form {
        HostForm::AsSent => canonical_value(out, host),
        HostForm::WithoutPort => canonical_value(out, host.strip_suffix(b":443").unwrap_or(host)),
        HostForm::WithPort => {
            canonical_value(out, host);
            out.put(b":443");
        }
    }
}

/// The parts of a canonical request ("Create a canonical request" in the IAM User Guide).
pub(crate) struct Canonical<'a, 'f> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a [u8],
    pub(crate) params: Params<'a>,
    pub(crate) fields: &'a SignedFields<'f, 'f>,
    pub(crate) payload: Tail<'a>,
    pub(crate) variant: Variant,
}

/// The last line of a canonical request.
#[derive(Clone, Copy)]
pub(crate) enum Tail<'a> {
    /// Known.
    Line(PayloadLine),
    /// The hash of this body, which is taken on the way.
    Body(&'a [u8]),
}

impl Canonical<'_, '_> {
    /// Writes it.
    pub(crate) fn write(&self, out: &mut impl Sink) {
        self.write_target(out);
        self.fields.write(out, self.variant);
        out.put(b"\n");
        out.put(self.fields.names);
        out.put(b"\n");
        match self.payload {
            Tail::Line(line) => out.put(line.as_bytes()),
            Tail::Body(body) => out.put(&sha256_hex(body)),
        }
    }

    /// Writes what comes before the fields.
    fn write_target(&self, out: &mut impl Sink) {
        out.put(self.method.as_bytes());
        if matches!(self.path, b"" | b"/") && self.params.is_empty() {
            return out.put(b"\n/\n\n");
        }
        out.put(b"\n");
        uri::canonical_path(out, self.path, self.variant.path);
        out.put(b"\n");
        if !self.params.is_empty() {
            uri::canonical_query(out, self.params.clone(), self.variant.plus);
        }
        out.put(b"\n");
    }

    /// Its SHA-256, and its last line; it is never in memory as a whole.
    pub(crate) fn hash(&self) -> ([u8; 32], PayloadLine) {
        self.hash_with(None)
    }

    /// Its SHA-256, taken beside what another has gathered, and its last line.
    pub(crate) fn hash_with(&self, other: Option<&mut Hashing<'_>>) -> ([u8; 32], PayloadLine) {
        let mut hash = Hashing::new();
        if let Tail::Body(body) = self.payload {
            hash.take_beside(body);
        }
        self.write_target(&mut hash);
        self.fields.write(&mut hash, self.variant);
        let line = match self.payload {
            Tail::Line(line) => line,
            Tail::Body(_) => PayloadLine::Hash(hex(&hash.finish_beside())),
        };
        put_end(&mut hash, self.fields.names, line.as_bytes());
        (hash.finish_with(other), line)
    }

    /// Its SHA-256 and that of another with the same last line, taken side by side, and that line. The two hashes are new.
    pub(crate) fn hash_two<'h>(
        &'h self,
        other: &Canonical<'_, '_>,
        (one, two): (&mut Hashing<'h>, &mut Hashing<'_>),
    ) -> ([[u8; 32]; 2], PayloadLine) {
        if let Tail::Body(body) = self.payload {
            one.take_beside(body);
        }
        self.write_target(one);
        other.write_target(two);
        match (self.fields.lines, other.fields.lines) {
            (Some(lines), Some(others)) => Hashing::update_two((one, lines), (two, others)),
            _ => {
                self.fields.write(one, self.variant);
                other.fields.write(two, other.variant);
            }
        }
        let line = match self.payload {
            Tail::Line(line) => line,
            Tail::Body(_) => PayloadLine::Hash(hex(&one.finish_beside())),
        };
        put_end(one, self.fields.names, line.as_bytes());
        put_end(two, other.fields.names, line.as_bytes());
        (Hashing::finish_two(one, two), line)
    }
}

/// Appends what ends a canonical request: an empty line, the names of what is signed, and the last line.
fn put_end(hash: &mut Hashing<'_>, names: &[u8], line: &[u8]) {
    let parts = |room: &mut [u8]| {
        let [one, rest @ ..] = room else { return None };
        let (place, rest) = rest.split_at_mut_checked(names.len())?;
        let [two, rest @ ..] = rest else { return None };
        (*one, *two) = (b'\n', b'\n');
        place.copy_from_slice(names);
        match (<&mut [u8; 64]>::try_from(&mut *rest), <&[u8; 64]>::try_from(line)) {
            (Ok(place), Ok(line)) => *place = *line,
            _ => rest.copy_from_slice(line),
        }
        Some(())
    };
    if hash.room(names.len() + line.len() + 2).and_then(parts).is_none() {
        for text in [b"\n", names, b"\n", line] {
            hash.update(text);
        }
    }
}

/// A string to sign: a date, a scope, and the hash of a canonical request.
pub(crate) struct ToSign<'a> {
    pub(crate) date: &'a AmzDate,
    pub(crate) scope: &'a Scope,
    pub(crate) hash: [u8; 32],
}

impl ToSign<'_> {
    pub(crate) fn write(&self, out: &mut impl Sink) {
        Self::write_start(out, self.date, self.scope);
        out.put(&hex(&self.hash));
    }

    /// Writes what comes before the hash.
    pub(crate) fn write_start(out: &mut impl Sink, date: &AmzDate, scope: &Scope) {
        out.put(scope.algorithm().as_str().as_bytes());
        out.put(b"\n");
        out.put(date.as_bytes());
        out.put(b"\n");
        credential_scope(out, date, scope);
        out.put(b"\n");
    }

    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(192);
        self.write(&mut text);
        text
    }
}

/// `20150830/us-east-1/iam/aws4_request`, or `20150830/iam/aws4_request` for a region set.
pub(crate) fn credential_scope(out: &mut impl Sink, date: &AmzDate, scope: &Scope) {
    out.put(&date.scope_start());
    out.put(scope.after_day().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_and_without_a_place_are_ordered_alike() {
        let known = ["x-amz-target", "Host", "content-type", "AMZ-SDK-request", "content-length", "te"];
        for others in [&[][..], &["x-amz-meta-b", "A-name"], &["host"], &["TE", "te"]] {
            let names: Vec<&str> = known.iter().chain(others).copied().collect();
            let fields: Vec<Field<'_>> = names.iter().map(|name| Field::new(name.as_bytes(), b"")).collect();
            let order = Order::of(&fields, 0..fields.len() as u32);
            let mut sorted: Vec<u32> = (0..fields.len() as u32).collect();
            sorted.sort_by_key(|at| names[*at as usize].to_lowercase());
            assert_eq!(order.numbers(), sorted);
            let repeats =
                others.iter().any(|name| known.iter().any(|known| known.eq_ignore_ascii_case(name)));
            assert_eq!(order.has_repeats(), repeats, "{names:?}");
        }
    }
}
