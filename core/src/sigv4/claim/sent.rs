//! The header fields of a request, each looked at once.

use crate::sigv4::header::{Field, Known};

/// The fields, and where those of them are that can only occur once.
pub(super) struct Sent<'a> {
    pub(super) fields: &'a [Field<'a>],
    /// The first of each kind, by the number of [`Known::singleton_bit`].
    firsts: [u32; 11],
    /// Which of those kinds are there, and which of them again.
    seen: u32,
    again: u32,
    /// Whether a field could not be sent.
    malformed: bool,
}

impl<'a> Sent<'a> {
    pub(super) fn of(fields: &'a [Field<'a>]) -> Self {
        let mut sent = Self { fields, firsts: [0; 11], seen: 0, again: 0, malformed: false };
        for (field, at) in fields.iter().zip(0..u32::MAX) {
            sent.note(field, at);
        }
        sent
    }

    fn note(&mut self, field: &Field<'_>, at: u32) {
        self.malformed |= !field.is_valid();
        let bit = field.known.singleton_bit();
        self.again |= self.seen & bit;
        if self.seen & bit == 0
            && let Some(first) = self.firsts.get_mut(bit.trailing_zeros() as usize)
        {
            self.seen |= bit;
            *first = at;
        }
    }

    /// The first field of a kind that can only occur once, and its number.
    pub(super) fn first(&self, known: Known) -> Option<(usize, &'a Field<'a>)> {
        let bit = known.singleton_bit();
        let first = self.firsts.get(bit.trailing_zeros() as usize).filter(|_| self.seen & bit != 0)?;
        let at = *first as usize;
        self.fields.get(at).map(|field| (at, field))
    }

    /// Whether a kind that can only occur once occurs again.
    pub(super) const fn is_again(&self, known: Known) -> bool {
        self.again & known.singleton_bit() != 0
    }

    pub(super) const fn has_repeated_singleton(&self) -> bool {
        self.again != 0
    }

    /// The first field that could not be sent.
    pub(super) fn malformed(&self) -> Option<&'a Field<'a>> {
        if self.malformed { self.fields.iter().find(|field| !field.is_valid()) } else { None }
    }
}
