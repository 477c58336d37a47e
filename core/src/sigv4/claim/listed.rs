//! `SignedHeaders`, held against the header fields that were sent.

use super::reader::Reader;
use crate::sigv4::canonical::Order;
use crate::sigv4::error::{VerifyError, VerifyErrorKind as Kind};
use crate::sigv4::header::{Known, Name, key};
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

    /// Goes through the list and through the fields in order, and takes the field that each name is of. `None` as soon as
    /// there is none, or fields have one name: nearly all requests are right, and one that is not is looked at name by
    /// name.
    fn walk(&self, text: &str) -> Option<(Marks, Order)> {
        let fields = self.sent.fields;
        let sorted = Order::of(fields, (0..u32::MAX).take(fields.len()));
        if sorted.has_repeats() {
            return None;
        }
        let mut marks: Marks = smallvec::smallvec![false; fields.len()];
        let mut order = Order::default();
        let (mut sorted, mut rest) = (sorted.numbers().iter(), Some(text.as_bytes()));
        while let Some(list) = rest {
            let (name, key);
            (name, key, rest) = next_name(list);
            // A name that is not behind the one before it is not found there.
            let (at, field) = loop {
                let at = *sorted.next()?;
                let field = fields.get(at as usize)?;
                if field.name.key() == key && is_tail(&field.name, name) {
                    break (at, field);
                }
            };
            if field.known == Known::Authorization
                || field.known.is_hop_by_hop()
                || order.len() >= MAX_SIGNED_HEADERS
            {
                return None;
            }
            *marks.get_mut(at as usize)? = true;
            order.push(at, false);
        }
        Some((marks, order))
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

/// The first name of a list, its key, and what is behind it.
fn next_name(list: &[u8]) -> (&[u8], u128, Option<&[u8]>) {
    const EACH: u128 = u128::MAX / 255;
    let Some(start) = list.first_chunk().map(|start| u128::from_be_bytes(*start)) else {
        let (name, rest) = cut_short(list, b';');
        return (name, key(name), rest);
    };
    // The high bit of each byte that is `;`.
    let differs = start ^ (EACH * u128::from(b';'));
    let low = EACH * 0x7f;
    let found = !(((differs & low) + low) | differs | low);
    let end = found.leading_zeros() as usize / 8;
    if end < 16 {
        // Without what is behind the name.
        let key = start & !(u128::MAX >> (8 * end));
        return (list.get(..end).unwrap_or_default(), key, list.get(end + 1..));
    }
    let (tail, rest) = cut_short(list.get(16..).unwrap_or_default(), b';');
    (list.get(..16 + tail.len()).unwrap_or_default(), start, rest)
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
    use crate::sigv4::header::{Field, Fields};
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
        #[test]
        fn names_are_cut_as_others_cut_them(list in "[a-d;]{0,4}[a-z:;\u{e9}-]{0,40}") {
            let (name, key_of_name, rest) = next_name(list.as_bytes());
            prop_assert_eq!((name, rest), cut_short(list.as_bytes(), b';'));
            prop_assert_eq!(key_of_name, key(name));
        }

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
                    let all_alone = !Order::of(&fields, 0..fields.len() as u32).has_repeats();
                    prop_assert!(!all_alone || listed.absent.is_some() || listed.authority.is_some());
                }
                (None, Err(_)) => {}
            }
        }
    }
}
