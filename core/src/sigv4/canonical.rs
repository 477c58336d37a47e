//! The canonical request and the string to sign: one writer for signing, verifying and re-signing.

use super::header::{canonical_value, compare};
use super::key::sha256_hex;
use super::scope::Scope;
use super::uri::{self, Param, PathRule, Plus};
use crate::time::Time;

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
pub(crate) struct SignedFields<'a> {
    fields: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> SignedFields<'a> {
    pub(crate) fn new(mut fields: Vec<(&'a [u8], &'a [u8])>) -> Self {
        fields.sort_by(|a, b| compare(a.0, b.0));
        Self { fields }
    }

    /// The fields, those of one name together.
    fn groups(&self) -> impl Iterator<Item = &[(&'a [u8], &'a [u8])]> {
        self.fields.chunk_by(|a, b| a.0.eq_ignore_ascii_case(b.0))
    }

    /// Whether any name occurs more than once.
    pub(crate) fn has_repeats(&self) -> bool {
        self.groups().any(|group| group.len() > 1)
    }

    /// `host;x-amz-date`
    pub(crate) fn names(&self) -> String {
        let mut names = String::new();
        for (name, _) in self.groups().filter_map(<[_]>::first) {
            if !names.is_empty() {
                names.push(';');
            }
            names.extend(name.iter().map(|byte| char::from(byte.to_ascii_lowercase())));
        }
        names
    }

    fn write(&self, out: &mut Vec<u8>, variant: Variant) {
        for group in self.groups() {
            let Some((name, _)) = group.first() else { continue };
            out.extend(name.iter().map(u8::to_ascii_lowercase));
            out.push(b':');
            let is_host = name.eq_ignore_ascii_case(b"host");
            if group.len() > 1 && variant.repeated == Repeated::Sorted {
                let mut values: Vec<&[u8]> = group.iter().map(|(_, value)| *value).collect();
                values.sort_unstable();
                write_values(out, values.into_iter());
            } else if is_host {
                write_host(out, group.first().map(|(_, value)| *value).unwrap_or_default(), variant.host);
            } else {
                write_values(out, group.iter().map(|(_, value)| *value));
            }
            out.push(b'\n');
        }
    }
}

fn write_values<'a>(out: &mut Vec<u8>, values: impl Iterator<Item = &'a [u8]>) {
    for (nth, value) in values.enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        canonical_value(out, value);
    }
}

fn write_host(out: &mut Vec<u8>, host: &[u8], form: HostForm) {
    match form {
        HostForm::AsSent => canonical_value(out, host),
        HostForm::WithoutPort => canonical_value(out, host.strip_suffix(b":443").unwrap_or(host)),
        HostForm::WithPort => {
            canonical_value(out, host);
            out.extend_from_slice(b":443");
        }
    }
}

/// Writes the canonical request ("Create a canonical request" in the IAM User Guide).
pub(crate) fn request<'p>(
    out: &mut Vec<u8>,
    method: &str,
    path: &[u8],
    params: impl Iterator<Item = Param<'p>>,
    fields: &SignedFields<'_>,
    payload: &[u8],
    variant: Variant,
) {
    out.extend_from_slice(method.as_bytes());
    out.push(b'\n');
    uri::canonical_path(out, path, variant.path);
    out.push(b'\n');
    uri::canonical_query(out, params, variant.plus);
    out.push(b'\n');
    fields.write(out, variant);
    out.push(b'\n');
    out.extend_from_slice(fields.names().as_bytes());
    out.push(b'\n');
    out.extend_from_slice(payload);
}

/// Writes the string to sign over a canonical request.
pub(crate) fn string_to_sign(out: &mut Vec<u8>, now: Time, scope: &Scope, canonical_request: &[u8]) {
    let date = now.amz();
    for line in [scope.algorithm().as_str(), date.as_str(), &scope.on(date.day())] {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(&sha256_hex(canonical_request));
}
