//! What a request is about: the values that name a bucket, a table, a role. They are the client's own words.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::Why;
use super::catalogue::{Entry, Hint, Place};
use super::form::{Param, Query};
use super::path::Labels;
use super::{Protocol, form, member};
use crate::sigv4::Headers;

/// A value of a request that names what it is about. It is what the client says, and no proof that there is such a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resource {
    /// What it names: `bucket`, `key`, `table`, `queue`, `function`, `role`, `arn` and others.
    pub kind: &'static str,
    /// The name, URL or ARN, without escapes.
    pub value: String,
}

/// The longest value that is shown; AWS's own names and ARNs are shorter.
const LONGEST: usize = 2048;

/// Where the values are.
pub(super) struct Source<'a, 'b> {
    pub(super) labels: &'b Labels<'a>,
    pub(super) query: Query<'a>,
    pub(super) headers: Headers<'a>,
    pub(super) body: &'a [u8],
    pub(super) protocol: Protocol,
}

/// The values that the operation's hints lead to, in their order.
pub(super) fn resources<'a>(entry: Entry, source: &Source<'a, '_>) -> Result<Vec<Resource>, Why> {
    let hints: SmallVec<[Hint; 8]> = entry.hints().collect();
    let mut values: SmallVec<[Option<Cow<'a, [u8]>>; 8]> = SmallVec::new();
    for hint in &hints {
        values.push(match hint.place {
            Place::Path(label) => source.labels.get(label).map(|label| form::segment(label)),
            Place::Query => once(source.query, hint.name)?,
            Place::Header => source.headers.first(hint.name).map(Cow::Borrowed),
            Place::Body => None,
        });
    }
    let in_body =
        |name: &[u8]| hints.iter().position(|hint| hint.place == Place::Body && hint.name.as_bytes() == name);
    if hints.iter().any(|hint| hint.place == Place::Body) {
        let mut seen: SmallVec<[usize; 8]> = SmallVec::new();
        let mut visit = |name: &[u8], value: Option<Cow<'a, [u8]>>| {
            let Some(at) = in_body(name) else { return };
            seen.push(at);
            if let Some(place) = values.get_mut(at) {
                *place = value;
            }
        };
        match source.protocol {
            Protocol::Query | Protocol::Ec2 => {
                let named = |param: &Param<'_>| in_body(&param.name()).is_some();
                for param in source.query.params().chain(form::of_form(source.body)).filter(named) {
                    visit(&param.name(), Some(param.value()));
                }
            }
            // A body that is not well formed says nothing more.
            Protocol::Cbor => {
                let _ = member::cbor(source.body, &mut visit);
            }
            Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => {
                let _ = member::json(source.body, &mut visit);
            }
            Protocol::RestXml | Protocol::S3 => {}
        }
        seen.sort_unstable();
        if seen.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err("a member of the body that says what it is about is there twice");
        }
    }
    let shown = |(hint, value): (&Hint, Option<Cow<'_, [u8]>>)| {
        let value = value.filter(|value| (1..=LONGEST).contains(&value.len()))?;
        let value = String::from_utf8(value.into_owned())
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Some(Resource { kind: hint.kind, value })
    };
    Ok(hints.iter().zip(values).filter_map(shown).collect())
}

fn once<'a>(query: Query<'a>, name: &str) -> Result<Option<Cow<'a, [u8]>>, Why> {
    let mut all = query.params().filter(|param| param.is(name.as_bytes()));
    match (all.next(), all.next()) {
        (found, None) => Ok(found.map(|param| param.value())),
        _ => Err("a parameter that says what the request is about is there twice"),
    }
}
