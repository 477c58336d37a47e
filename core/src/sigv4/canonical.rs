//! The canonical request and the string to sign: one writer for signing, verifying and re-signing.

use super::header::{Field, Known, canonical_value};
use super::scope::{Algorithm, Scope};
use super::sink::Sink;
use super::uri::{self, Params, PathRule, Plus};
use crate::hash::{Hashing, hex};
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
pub(crate) struct SignedFields<'f, 'a>(&'f [Field<'a>]);

impl<'f, 'a> SignedFields<'f, 'a> {
    /// Puts them in order where they are.
    pub(crate) fn sort(fields: &'f mut [Field<'a>]) -> Self {
        fields.sort_by(Field::compare);
        Self(fields)
    }

    /// The fields, those of one name together.
    fn groups(&self) -> impl Iterator<Item = &[Field<'a>]> {
        self.0.chunk_by(Field::is_named_as)
    }

    /// Whether any name occurs more than once.
    pub(crate) fn has_repeats(&self) -> bool {
        self.groups().any(|group| group.len() > 1)
    }

    /// How many bytes [`SignedFields::write_names`] writes, at most.
    pub(crate) fn names_len(&self) -> usize {
        self.0.iter().map(|field| field.name.text.len() + 1).sum()
    }

    /// `host;x-amz-date`
    pub(crate) fn write_names(&self, out: &mut impl Sink) {
        for (nth, field) in self.groups().filter_map(<[_]>::first).enumerate() {
            if nth > 0 {
                out.put(b";");
            }
            field.name.write(out);
        }
    }

    fn write(&self, out: &mut impl Sink, variant: Variant) {
        for group in self.groups() {
            let Some(first) = group.first() else { continue };
            first.name.write(out);
            out.put(b":");
            if group.len() > 1 && variant.repeated == Repeated::Sorted {
                let mut values: Vec<&[u8]> = group.iter().map(|field| field.value).collect();
                values.sort_unstable();
                for (nth, value) in values.into_iter().enumerate() {
                    out.put(if nth > 0 { b"," } else { b"" });
                    canonical_value(out, value);
                }
            } else if first.known == Known::Host && variant.host != HostForm::AsSent {
                write_host(out, first.value, variant.host);
            } else {
                for (nth, field) in group.iter().enumerate() {
                    out.put(if nth > 0 { b"," } else { b"" });
                    field.write_value(out);
                }
            }
            out.put(b"\n");
        }
    }
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
    pub(crate) payload: &'a [u8],
    pub(crate) variant: Variant,
}

impl Canonical<'_, '_> {
    /// Writes it.
    pub(crate) fn write(&self, out: &mut impl Sink) {
        out.put(self.method.as_bytes());
        out.put(b"\n");
        uri::canonical_path(out, self.path, self.variant.path);
        out.put(b"\n");
        uri::canonical_query(out, self.params.clone(), self.variant.plus);
        out.put(b"\n");
        self.fields.write(out, self.variant);
        out.put(b"\n");
        self.fields.write_names(out);
        out.put(b"\n");
        out.put(self.payload);
    }

    /// Its SHA-256; it is never in memory as a whole.
    pub(crate) fn hash(&self) -> [u8; 32] {
        let mut hash = Hashing::new();
        self.write(&mut hash);
        hash.finish()
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
        out.put(self.date.as_str().as_bytes());
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
    out.put(date.day().as_bytes());
    if scope.algorithm() == Algorithm::V4 {
        out.put(b"/");
        out.put(scope.region().as_bytes());
    }
    out.put(b"/");
    out.put(scope.service().as_bytes());
    out.put(b"/aws4_request");
}
