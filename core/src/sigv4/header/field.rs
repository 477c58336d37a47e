//! A header field that has been looked at once.

use super::Known;
use super::known::const_key;
use super::name::Name;
use super::value::{canonical_value, is_spaced, is_valid_value, least};
use crate::sigv4::sink::Sink;

/// A field, with what is looked at most.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) name: Name<'a>,
    pub(crate) value: &'a [u8],
    pub(crate) known: Known,
    /// The least byte of the value. Most have none below a space: nothing in them is refused.
    least: u8,
}

impl<'a> Field<'a> {
    pub(crate) fn new(name: &'a [u8], value: &'a [u8]) -> Self {
        let mut field = Self::EMPTY;
        field.set(name, value);
        field
    }

    const EMPTY: Self = Self { name: Name::EMPTY, value: b"", known: Known::Other, least: u8::MAX };

    fn set(&mut self, name: &'a [u8], value: &'a [u8]) {
        self.known = self.name.set(name);
        self.value = value;
        self.least = least(value);
    }

    /// Adds a field to a list. It is made in its place: to copy it right after it was made, by words that are wider than
    /// those it was made of, costs a processor as much as to make it.
    #[inline]
    pub(crate) fn push(fields: &mut Fields<'a>, name: &'a [u8], value: &'a [u8]) {
        fields.push(Self::EMPTY);
        if let Some(field) = fields.last_mut() {
            field.set(name, value);
        }
    }

    /// Whether name and value may be sent.
    pub(crate) fn is_valid(&self) -> bool {
        self.name.is_valid() && (self.least >= b' ' || is_valid_value(self.value))
    }

    /// Appends `name:value` and the end of the line, of a name that occurs once. Gives whether that is as it was sent.
    pub(crate) fn write_line(&self, out: &mut impl Sink) -> bool {
        if self.is_canonical() {
            out.put_line(&self.name, self.value);
            return !self.name.has_upper_case();
        }
        self.name.write(out);
        out.put(b":");
        canonical_value(out, self.value);
        out.put(b"\n");
        false
    }

    /// Whether its line is as it was sent, as far as a glance tells.
    pub(crate) const fn is_surely_canonical(&self) -> bool {
        self.least > b' ' && !self.name.has_upper_case()
    }

    /// Whether the value stands in a canonical request as it is.
    fn is_canonical(&self) -> bool {
        self.least > b' ' || self.least == b' ' && is_spaced(self.value)
    }

    /// Whether both are of one name.
    pub(crate) fn is_named_as(&self, other: &Self) -> bool {
        self.name.is(&other.name)
    }
}

/// What is known of a field, apart from its text.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    known: Known,
    least: u8,
    class: u8,
    key: u128,
}

impl Look {
    /// Of a header signature.
    pub(crate) const AUTHORIZATION: Self =
        Self { known: Known::Authorization, least: b' ', class: 0, key: const_key(b"authorization") };

    /// Whether the value may go over several lines.
    pub(crate) const fn may_be_folded(&self) -> bool {
        self.least < b' '
    }
}

impl<'a> Field<'a> {
    /// What a look at the field has shown; with the same text, it gives the field again.
    pub(crate) const fn look(&self) -> Look {
        Look { known: self.known, least: self.least, class: self.name.class, key: self.name.key }
    }

    pub(crate) const fn again(name: &'a [u8], value: &'a [u8], look: Look) -> Self {
        let Look { known, least, class, key } = look;
        Self { name: Name { text: name, class, key }, value, known, least }
    }

    /// Adds a field that was looked at before. It is made in its place, as [`Field::push`] has it.
    #[inline]
    pub(crate) fn push_again(fields: &mut Fields<'a>, field: &Self) {
        fields.push(Self::EMPTY);
        if let Some(place) = fields.last_mut() {
            place.name.set_again(&field.name);
            place.value = field.value;
            place.known = field.known;
            place.least = field.least;
        }
    }
}

/// Fields on the stack; more than a client ever sends move to the heap.
pub(crate) type Fields<'a> = smallvec::SmallVec<[Field<'a>; 24]>;
