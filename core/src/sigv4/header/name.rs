//! A header name as it is compared and ordered: without regard to case, sixteen bytes at a time.

use std::cmp::Ordering;

use super::Known;
use crate::sigv4::sink::Sink;

/// A header name, looked at once.
#[derive(Clone, Copy)]
pub(crate) struct Name<'a> {
    pub(crate) text: &'a [u8],
    /// What its bytes are, as [`CLASSES`] has it.
    pub(super) class: u8,
    /// Its place among the names that are known whole, or [`NO_PLACE`].
    pub(super) place: u8,
    /// The first sixteen bytes in lower case, as a number that orders as the name does.
    pub(super) key: u128,
}

/// Of names that are not known whole.
pub(super) const NO_PLACE: u8 = u8::MAX;

impl<'a> Name<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let mut name = Self::EMPTY;
        name.set(text);
        name
    }

    pub(super) const EMPTY: Self = Self { text: b"", class: 0, place: NO_PLACE, key: 0 };

    /// Looks at `text`, and tells what it means.
    pub(super) fn set(&mut self, text: &'a [u8]) -> Known {
        (self.text, self.class, self.place, self.key) = (text, 0, NO_PLACE, key(text));
        // What is equal to a name is a name: its bytes need no second look.
        if let Some((known, place)) = Known::whole(self, true) {
            self.place = place;
            return known;
        }
        let lower = lower(self.key);
        if lower != self.key {
            self.key = lower;
            if let Some((known, place)) = Known::whole(self, false) {
                (self.class, self.place) = (UPPER, place);
                return known;
            }
        }
        self.class = class(text);
        Known::of_prefix(self.key)
    }

    /// Whether it is a token of RFC 9110, 5.6.2.
    pub(crate) const fn is_valid(&self) -> bool {
        self.class & NO_TOKEN == 0 && !self.text.is_empty()
    }

    pub(crate) const fn has_upper_case(&self) -> bool {
        self.class & UPPER != 0
    }

    pub(crate) fn known(&self) -> Known {
        Known::whole(self, false).map_or_else(|| Known::of_prefix(self.key), |(known, _)| known)
    }

    /// Whether both are one name, compared without case.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.key == other.key
            && self.text.len() == other.text.len()
            && (self.text.len() <= 16 || self.text.eq_ignore_ascii_case(other.text))
    }

    /// The first sixteen bytes in lower case, as a number that orders as the name does.
    pub(crate) const fn key(&self) -> u128 {
        self.key
    }

    /// Its place among the names that are known whole, which are in order; they are fewer than 64.
    pub(crate) const fn place(&self) -> Option<u8> {
        if self.place == NO_PLACE { None } else { Some(self.place) }
    }

    /// The first eight bytes of the key.
    pub(crate) const fn start(&self) -> u64 {
        (self.key >> 64) as u64
    }

    /// Orders without regard to case, as the lower-case forms order.
    pub(crate) fn compare(&self, other: &Name<'_>) -> Ordering {
        self.key.cmp(&other.key).then_with(|| self.compare_rest(other))
    }

    /// Orders names of one key.
    pub(crate) fn compare_rest(&self, other: &Name<'_>) -> Ordering {
        if self.text.len() <= 16 && other.text.len() <= 16 {
            return self.text.len().cmp(&other.text.len());
        }
        let lower = u8::to_ascii_lowercase;
        self.text.iter().map(lower).cmp(other.text.iter().map(lower))
    }

    /// Writes it in lower case to the start of a place of at least sixteen bytes, and gives the byte after it; what else of
    /// the sixteen it needs not is overwritten too.
    #[inline]
    pub(crate) fn write_to<'p>(&self, place: &'p mut [u8]) -> Option<&'p mut u8> {
        *place.first_chunk_mut()? = self.key.to_be_bytes();
        let (place, after) = place.split_at_mut_checked(self.text.len())?;
        if let (Some(place), Some(rest)) = (place.get_mut(16..), self.text.get(16..)) {
            place.copy_from_slice(rest);
            if self.has_upper_case() {
                place.make_ascii_lowercase();
            }
        }
        after.first_mut()
    }

    /// Appends it in lower case.
    pub(crate) fn write(&self, out: &mut impl Sink) {
        out.put_start(self.key, self.text.len().min(16));
        let rest = self.text.get(16..).unwrap_or_default();
        if self.has_upper_case() { out.put_lower(rest) } else { out.put(rest) }
    }
}

/// In no token of RFC 9110, 5.6.2.
const NO_TOKEN: u8 = 1;
/// `A` to `Z`.
const UPPER: u8 = 2;

#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
static CLASSES: [u8; 256] = {
    let mut classes = [NO_TOKEN; 256];
    let mut byte = 0;
    while byte < 256 {
        if (byte as u8).is_ascii_uppercase() {
            classes[byte] = UPPER;
        } else if (byte as u8).is_ascii_alphanumeric() {
            classes[byte] = 0;
        }
        byte += 1;
    }
    let others = b"!#$%&'*+-.^_`|~";
    let mut at = 0;
    while at < others.len() {
        classes[others[at] as usize] = 0;
        at += 1;
    }
    classes
};

fn class(name: &[u8]) -> u8 {
    name.iter().fold(0, |class, byte| class | CLASSES.get(usize::from(*byte)).copied().unwrap_or(NO_TOKEN))
}

/// Whether `name` is a token of RFC 9110, 5.6.2.
pub(crate) fn is_valid_name(name: &[u8]) -> bool {
    class(name) & NO_TOKEN == 0 && !name.is_empty()
}

/// The first sixteen bytes as they are, zeros behind a shorter name: no name has a NUL.
pub(crate) fn key(name: &[u8]) -> u128 {
    match (name.first_chunk::<16>(), name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), ..) => u128::from_be_bytes(*first),
        (_, Some(first), Some(last)) => {
            // The last bytes without those that the first word holds, to the left of the second word.
            let tail = u64::from_be_bytes(*last).checked_shl(8 * (16 - name.len() as u32)).unwrap_or(0);
            u128::from(u64::from_be_bytes(*first)) << 64 | u128::from(tail)
        }
        _ => {
            let padded = name.iter().fold(0u64, |key, byte| key << 8 | u64::from(*byte));
            u128::from(padded) << (128 - 8 * name.len().clamp(1, 8))
        }
    }
}

/// `A` to `Z` made `a` to `z`, all bytes at once: the high bit of each byte that is one of them, moved to its place.
pub(super) const fn lower(key: u128) -> u128 {
    const EACH: u128 = u128::MAX / 255;
    let low = key & (EACH * 0x7f);
    let from_a = low + EACH * (0x80 - b'A' as u128);
    let past_z = low + EACH * (0x7f - b'Z' as u128);
    key | ((from_a ^ past_z) & !key & (EACH * 0x80)) >> 2
}

/// Whether `name` begins with `prefix`, compared without case.
pub(crate) fn has_prefix(name: &[u8], prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}
