//! A header field that has been looked at once.

use super::known::{const_key, place};
use super::name::{NO_PLACE, Name};
use super::value::{canonical_value, has_delete, is_spaced, is_valid_value, least};
use super::{Known, TokenName};
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

    /// Whether the value has a control character in it that is no HTAB.
    pub(crate) fn has_control(&self) -> bool {
        let below_space = |byte: &u8| *byte < b' ' && *byte != b'\t';
        self.least < b' ' && self.value.iter().any(below_space) || has_delete(self.value)
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
    pub(crate) fn is_canonical(&self) -> bool {
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
    place: u8,
    key: u128,
}

impl Look {
    /// Of a header signature.
    pub(crate) const AUTHORIZATION: Self = Self::new("authorization", Known::Authorization);

    /// Of a name that is known whole, with a value of visible characters and spaces.
    const fn new(name: &str, known: Known) -> Self {
        let name = name.as_bytes();
        Self { known, least: b' ', class: 0, place: place(name), key: const_key(name) }
    }

    pub(crate) const fn place(&self) -> Option<u8> {
        if self.place == NO_PLACE { None } else { Some(self.place) }
    }

    pub(crate) const fn known(&self) -> Known {
        self.known
    }

    /// Whether the value may go over several lines.
    pub(crate) const fn may_be_folded(&self) -> bool {
        self.least < b' '
    }
}

impl<'a> Field<'a> {
    /// What a look at the field has shown; with the same text, it gives the field again.
    pub(crate) const fn look(&self) -> Look {
        Look {
            known: self.known,
            least: self.least,
            class: self.name.class,
            place: self.name.place,
            key: self.name.key,
        }
    }

    pub(crate) const fn again(name: &'a [u8], value: &'a [u8], look: Look) -> Self {
        let Look { known, least, class, place, key } = look;
        Self { name: Name { text: name, class, place, key }, value, known, least }
    }
}

/// The name of a field that signing adds, looked at when this is compiled.
pub(crate) struct Ours {
    text: &'static str,
    look: Look,
}

impl Ours {
    pub(crate) const HOST: Self = Self::new("host", Known::Host);
    pub(crate) const DATE: Self = Self::new("x-amz-date", Known::AmzDate);
    pub(crate) const REGION_SET: Self = Self::new("x-amz-region-set", Known::RegionSet);
    pub(crate) const CONTENT_SHA256: Self = Self::new("x-amz-content-sha256", Known::ContentSha256);
    const SECURITY: Self = Self::token(TokenName::Security);
    const S3_SESSION: Self = Self::token(TokenName::S3Session);

    const fn new(text: &'static str, known: Known) -> Self {
        Self { text, look: Look::new(text, known) }
    }

    const fn token(name: TokenName) -> Self {
        Self::new(name.header(), Known::Token(name))
    }

    /// Of a session token.
    pub(crate) const fn of_token(name: TokenName) -> &'static Self {
        match name {
            TokenName::Security => &Self::SECURITY,
            TokenName::S3Session => &Self::S3_SESSION,
        }
    }

    /// Adds a field of this name.
    #[inline]
    pub(crate) fn push<'a>(&self, fields: &mut Fields<'a>, value: &'a [u8]) {
        fields.push(Field::EMPTY);
        if let Some(field) = fields.last_mut() {
            field.name.text = self.text.as_bytes();
            (field.name.key, field.name.place) = (self.look.key, self.look.place);
            (field.known, field.value, field.least) = (self.look.known, value, least(value));
        }
    }

    pub(crate) const fn as_str(&self) -> &'static str {
        self.text
    }
}

/// Fields on the stack; more than a client ever sends move to the heap.
pub(crate) type Fields<'a> = smallvec::SmallVec<[Field<'a>; 24]>;
