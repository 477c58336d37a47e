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

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.fields.iter().copied()
    }

    /// Whether any name occurs more than once.
    pub(crate) const fn has_repeats(&self) -> bool {
        self.repeats
    }

    /// This order, of fields that are elsewhere now, or nowhere, and that of others, of other names, as one.
    pub(crate) fn merged(
        &self,
        place: impl Fn(u32) -> Option<u32>,
        others: &Self,
        fields: &[Field<'_>],
    ) -> Self {
        let name = |at: u32| fields.get(at as usize).map(|field| &field.name);
        let mut merged = Self { fields: smallvec::SmallVec::new(), repeats: self.repeats | others.repeats };
        let mut rest = others.fields.as_slice();
        for at in self.iter() {
            let Some(at) = place(at) else { continue };
            let Some(one) = name(at) else { continue };
            while let [other, after @ ..] = rest
                && name(*other).is_some_and(|other| other.compare(one).is_lt())
            {
                merged.fields.push(*other);
                rest = after;
            }
            merged.fields.push(at);
        }
        merged.fields.extend_from_slice(rest);
        merged
    }

    /// Puts some of the fields in order, given by their numbers in order of arrival, or nearly in that of their names.
    pub(crate) fn of(fields: &[Field<'_>], some: impl Iterator<Item = u32>) -> Self {
        let name = |at: u32| fields.get(at as usize).map(|field| &field.name);
        let compare = |one: u32, two: u32| match (name(one), name(two)) {
            (Some(one), Some(two)) => one.compare(two),
            _ => Ordering::Equal,
        };
        // The first eight bytes of a name beside its number: few names begin with the same eight.
        let mut keys: smallvec::SmallVec<[(u64, u32); 32]> = smallvec::SmallVec::new();
        keys.extend(some.filter_map(|at| Some((name(at)?.start(), at))));
        let mut repeats = false;
        keys.sort_unstable_by(|(one, at_one), (two, at_two)| {
            one.cmp(two).then_with(|| {
                let order = compare(*at_one, *at_two);
                repeats |= order.is_eq() && at_one != at_two;
                order.then(at_one.cmp(at_two))
            })
        });
        Self { fields: keys.iter().map(|(_, at)| *at).collect(), repeats }
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
                write_repeated(out, first, rest, variant.repeated);
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
    first: &'f Field<'a>,
    rest: impl Iterator<Item = &'f Field<'a>>,
    order: Repeated,
) {
    first.name.write(out);
    let mut values: smallvec::SmallVec<[&[u8]; 8]> =
        std::iter::once(first).chain(rest).map(|field| field.value).collect();
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
        self.write_start(out);
        match self.payload {
            Tail::Line(line) => out.put(line.as_bytes()),
            Tail::Body(body) => out.put(&sha256_hex(body)),
        }
    }

    /// Writes all but the last line.
    fn write_start(&self, out: &mut impl Sink) {
        out.put(self.method.as_bytes());
        out.put(b"\n");
        uri::canonical_path(out, self.path, self.variant.path);
        out.put(b"\n");
        if !self.params.is_empty() {
            uri::canonical_query(out, self.params.clone(), self.variant.plus);
        }
        out.put(b"\n");
        self.fields.write(out, self.variant);
        out.put(b"\n");
        out.put(self.fields.names);
        out.put(b"\n");
    }

    /// Its SHA-256, and its last line; it is never in memory as a whole.
    pub(crate) fn hash(&self) -> ([u8; 32], PayloadLine) {
        let body = match self.payload {
            Tail::Line(_) => b"",
            Tail::Body(body) => body,
        };
        let mut hash = Hashing::beside(body);
        self.write_start(&mut hash);
        let line = match self.payload {
            Tail::Line(line) => line,
            Tail::Body(_) => PayloadLine::Hash(hex(&hash.finish_beside())),
        };
        hash.update(line.as_bytes());
        (hash.finish(), line)
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
        out.put(self.scope.algorithm().as_str().as_bytes());
        out.put(b"\n");
        out.put(self.date.as_bytes());
        out.put(b"\n");
        credential_scope(out, self.date, self.scope);
        out.put(b"\n");
        out.put(&hex(&self.hash));
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
