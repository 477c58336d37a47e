//! `SignedHeaders`, held against the header fields that were sent.

use super::reader::Reader;
use crate::sigv4::canonical::Order;
use crate::sigv4::error::{VerifyError, VerifyErrorKind as Kind};
use crate::sigv4::header::{Field, Known, Name, key};
use crate::sigv4::sign::lossy;
use crate::sigv4::split::{cut_short, split};

/// The most names that `SignedHeaders` may list.
const MAX_SIGNED_HEADERS: usize = 256;

/// The names of `SignedHeaders`.
type Names<'a> = smallvec::SmallVec<[Name<'a>; 24]>;

/// Which of a request's header fields are signed, in their order.
pub(crate) type Marks = smallvec::SmallVec<[bool; 32]>;

/// What `SignedHeaders` lists of what was sent.
pub(super) struct Listed<'q> {
    /// The list as it was sent.
    pub(super) text: &'q str,
    pub(super) marks: Marks,
    pub(super) order: Order,
    /// The first name that no field has.
    pub(super) absent: Option<&'q str>,
    /// The name under which the host is signed that the target names.
    pub(super) authority: Option<&'static str>,
}

impl Listed<'_> {
    /// Whether a name is listed.
    pub(super) fn has(&self, name: &str) -> bool {
        split(self.text.as_bytes(), b';').any(|listed| listed.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// Whether the field of that number is signed.
    pub(super) fn marks(&self, at: usize) -> bool {
        self.marks.get(at).copied().unwrap_or_default()
    }
}

impl Reader<'_> {
    /// `SignedHeaders`: lower case, ascending, each once, and no field among them that hops replace.
    pub(super) fn signed_headers<'q>(
        &self,
        text: &'q str,
        presigned: bool,
    ) -> Result<Listed<'q>, VerifyError> {
        match self.walk(text) {
            Some((marks, order)) => Ok(Listed { text, marks, order, absent: None, authority: None }),
            None => self.look_closely(text, presigned),
        }
    }

    /// Goes through the list and takes the field that each name is of. `None` as soon as one is not of one field alone, or
    /// the list is not as it should be: nearly all requests are right, and one that is not is looked at name by name.
    fn walk(&self, text: &str) -> Option<(Marks, Order)> {
        let fields = self.sent.fields;
        let mut marks: Marks = smallvec::smallvec![false; fields.len()];
        let mut order = Order::default();
        let (mut last, mut rest) = (0, Some(text.as_bytes()));
        while let Some(list) = rest {
            let name;
            (name, rest) = cut_short(list, b';');
            let key = key(name);
            // Names are ascending if their beginnings are; those that begin alike are looked at more closely.
            if key <= last || order.len() >= MAX_SIGNED_HEADERS {
                return None;
            }
            last = key;
            let (at, field) = (0u32..).zip(fields).find(|(_, field)| field.name.key() == key)?;
            if !is_tail(&field.name, name)
                || field.known == Known::Authorization
                || field.known.is_hop_by_hop()
            {
                return None;
            }
            *marks.get_mut(at as usize)? = true;
            order.push(at, false);
        }
        let is_again = |other: &Field<'_>| {
            let mut signed = order.iter().filter_map(|at| fields.get(at as usize));
            signed.any(|field| field.name.key() == other.name.key())
        };
        let mut others = fields.iter().zip(&marks).filter(|(_, signed)| !**signed);
        (!others.any(|(field, _)| is_again(field))).then_some((marks, order))
    }

    /// The same by the letter of the rules, each fault told in its order.
    #[cold]
    #[inline(never)]
    fn look_closely<'q>(&self, text: &'q str, presigned: bool) -> Result<Listed<'q>, VerifyError> {
        let names = self.names(text, presigned)?;
        let fields = &self.sent.fields;
        let sorted = Order::of(fields, (0..u32::MAX).take(fields.len()));
        let mut marks: Marks = smallvec::smallvec![false; fields.len()];
        let mut found: Marks = smallvec::smallvec![false; names.len()];
        let mut order = Order::default();
        let mut last = None;
        for (at, field) in sorted.iter().filter_map(|at| Some((at, fields.get(at as usize)?))) {
            let place = names.partition_point(|name| name.compare(&field.name).is_lt());
            let is_listed = names.get(place).is_some_and(|name| name.is(&field.name));
            if let (true, Some(mark), Some(found)) =
                (is_listed, marks.get_mut(at as usize), found.get_mut(place))
            {
                (*mark, *found) = (true, true);
                order.push(at, last == Some(place));
                last = Some(place);
            }
        }
        let (mut absent, mut authority) = (None, None);
        for (name, _) in names.iter().zip(&found).filter(|(_, found)| !**found) {
            let host = ["host", ":authority"].into_iter().find(|host| name.text == host.as_bytes());
            match host.filter(|_| self.request.host().is_some()) {
                // The host of the target stands for a field once, whichever name comes first.
                Some(host) => authority = authority.or(Some(host)),
                None => absent = absent.or_else(|| std::str::from_utf8(name.text).ok()),
            }
        }
        Ok(Listed { text, marks, order, absent, authority })
    }

    fn names<'q>(&self, text: &'q str, presigned: bool) -> Result<Names<'q>, VerifyError> {
        let names: Names<'q> =
            split(text.as_bytes(), b';').take(MAX_SIGNED_HEADERS + 1).map(Name::new).collect();
        let where_ = if presigned { "X-Amz-SignedHeaders" } else { "SignedHeaders" };
        let malformed =
            |what: &str| Err(self.error(Kind::MalformedAuthorization, format!("{where_} {what}.")));
        if names.len() > MAX_SIGNED_HEADERS {
            return malformed("lists too many headers");
        }
        if names.iter().any(|name| !name.is_valid() && name.text != b":authority" || name.has_upper_case()) {
            return malformed("must be lower-case header names separated by ';'");
        }
        let ascending = names.iter().zip(names.iter().skip(1)).all(|(a, b)| a.text < b.text);
        if !ascending {
            return malformed("must be sorted, each name once");
        }
        for name in &names {
            let known = name.known();
            if known == Known::Authorization || known.is_hop_by_hop() {
                let message = format!("The header '{}' must not be signed.", lossy(name.text));
                return Err(self.error(Kind::HopSigned, message));
            }
        }
        Ok(names)
    }
}

/// Whether a listed name, whose first sixteen bytes are a field's in lower case, is all of it in lower case.
fn is_tail(field: &Name<'_>, listed: &[u8]) -> bool {
    field.text.len() == listed.len()
        && match (field.text.get(16..), listed.get(16..)) {
            (Some(field), Some(listed)) => {
                field == listed && !listed.iter().any(u8::is_ascii_uppercase)
                    || field.iter().map(u8::to_ascii_lowercase).eq(listed.iter().copied())
            }
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sent::Sent;
    use super::*;
    use crate::sigv4::authorization::QueryAuth;
    use crate::sigv4::header::Fields;
    use crate::sigv4::{Policy, Request};
    use crate::time::Time;

    /// Names that are alike in their first bytes, in case and in length.
    const NAMES: [&str; 14] = [
        "host",
        "Host",
        "x-amz-date",
        "X-Amz-Date",
        "x-amz-meta-aaaaaa",
        "x-amz-meta-aaaaab",
        "X-Amz-Meta-Aaaaab",
        "x-amz-meta-aaaaaaa",
        "x-amz-meta-aaaaa",
        "a",
        "connection",
        "authorization",
        ":authority",
        "",
    ];

    proptest! {
        /// What the quick way accepts, the careful one accepts as the same; what it leaves is looked at by the rules.
        #[test]
        fn the_quick_way_is_the_careful_one(
            fields in prop::collection::vec(0..NAMES.len() - 2, 0..12),
            list in prop::collection::vec(0..NAMES.len(), 0..8),
            sorted: bool,
        ) {
            let headers: Vec<_> = fields.iter().map(|at| (NAMES[*at], "v")).collect();
            let mut list: Vec<_> = list.iter().map(|at| NAMES[*at].to_ascii_lowercase()).collect();
            if sorted {
                list.sort_unstable();
                list.dedup();
            }
            let list = list.join(";");
            let request = Request::new("GET", "/", &headers);
            let mut fields = Fields::new();
            request.headers().each(|name, value| Field::push(&mut fields, name, value));
            let (sent, query, policy) = (Sent::of(&fields), QueryAuth::default(), Policy::default());
            let reader = Reader::new(&request, &sent, &query, &policy, Time::from_unix(0));
            let quick = reader.walk(&list);
            let careful = reader.look_closely(&list, false);
            let shape = |marks: &Marks, order: &Order| {
                (marks.to_vec(), order.iter().collect::<Vec<_>>(), order.has_repeats())
            };
            match (quick, careful) {
                (Some((marks, order)), Ok(listed)) => {
                    prop_assert_eq!(shape(&marks, &order), shape(&listed.marks, &listed.order));
                    prop_assert!(listed.absent.is_none() && listed.authority.is_none());
                }
                (Some(_), Err(error)) => prop_assert!(false, "accepted in haste: {error}"),
                (None, Ok(listed)) => {
                    let keys: Vec<_> = fields.iter().map(|field| field.name.key()).collect();
                    let is_alone = |at: u32| keys.iter().filter(|key| **key == keys[at as usize]).count() == 1;
                    let all_alone = listed.order.iter().all(is_alone);
                    prop_assert!(!all_alone || listed.absent.is_some() || listed.authority.is_some());
                }
                (None, Err(_)) => {}
            }
        }
    }
}
