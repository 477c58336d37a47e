//! What is looked for of a secret, and reading a text as that may have been written.

use std::cmp::Ordering;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::encoding::{self, Layer};
use super::view::{NeedMore, View};

/// How a text was turned into digits, before any escaping.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Its own bytes.
    Plain,
    /// RFC 4648, 8, in letters of either case.
    Hex,
    /// RFC 4648, 4 and 5, after so many bytes of something else (0, 1 or 2).
    Base64(u8),
}

pub(super) const FORMS: [Form; 5] =
    [Form::Plain, Form::Hex, Form::Base64(0), Form::Base64(1), Form::Base64(2)];

/// So many digits of a beginning are looked at to find it, at most.
pub(super) const HEAD: usize = 64;

impl Form {
    /// The value of a digit; `None` for what is none.
    fn value(self, byte: u8) -> Option<u8> {
        match (self, byte) {
            (Self::Plain, _) => Some(byte),
            (Self::Hex, _) => char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()),
            (Self::Base64(_), b'A'..=b'Z') => Some(byte - b'A'),
            (Self::Base64(_), b'a'..=b'z') => Some(byte - b'a' + 26),
            (Self::Base64(_), b'0'..=b'9') => Some(byte - b'0' + 52),
            (Self::Base64(_), b'+' | b'-') => Some(62),
            (Self::Base64(_), b'/' | b'_') => Some(63),
            (Self::Base64(_), _) => None,
        }
    }

    /// The spellings of a digit, large letters of hexadecimal excepted.
    pub(super) fn spellings(self, value: u8) -> ([u8; 2], usize) {
        match (self, value) {
            (Self::Plain, _) => ([value, 0], 1),
            (Self::Hex, _) => ([if value < 10 { b'0' + value } else { b'a' + value - 10 }, 0], 1),
            (Self::Base64(_), 0..26) => ([b'A' + value, 0], 1),
            (Self::Base64(_), 26..52) => ([b'a' + value - 26, 0], 1),
            (Self::Base64(_), 52..62) => ([b'0' + value - 52, 0], 1),
            (Self::Base64(_), 62) => (*b"+-", 2),
            (Self::Base64(_), _) => (*b"/_", 2),
        }
    }
}

/// A secret as some writer spells it, before any encoding.
pub(super) struct Text {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// Which secret it is.
    pub(super) secret: usize,
    /// The name of the spelling, if it is not the secret itself.
    pub(super) name: Option<&'static str>,
    /// So many bytes of its beginning are enough, where the rest was cut off.
    enough: usize,
}

/// One form of one text.
#[derive(Clone)]
pub(super) struct Needle {
    pub(super) text: Arc<Text>,
    pub(super) form: Form,
}

/// What is looked for of a secret.
pub(super) fn needles(secret: &[u8], index: usize) -> Vec<Needle> {
    // Long tokens begin alike, so more of one must be there before it is taken for this one.
    let enough = match secret.len() {
        64.. => 32,
        32.. => 16,
        _ => 12,
    };
    let text =
        |bytes: Zeroizing<Vec<u8>>, name, enough| Arc::new(Text { bytes, secret: index, name, enough });
    let itself = text(Zeroizing::new(secret.to_vec()), None, enough);
    let mut all: Vec<Needle> =
        FORMS.into_iter().map(|form| Needle { text: Arc::clone(&itself), form }).collect();
    let mut also =
        |bytes, name, enough| all.push(Needle { text: text(bytes, name, enough), form: Form::Plain });
    if secret.contains(&b' ') {
        // As forms write a space.
        let mut plus = Zeroizing::new(secret.to_vec());
        plus.iter_mut().filter(|byte| **byte == b' ').for_each(|byte| *byte = b'+');
        also(plus, None, enough);
    }
    for upper in [false, true] {
        if let Some(escaped) = encoding::ascii_json(secret, upper) {
            also(escaped, Some("json-escaped"), usize::MAX);
        }
    }
    all
}

impl Needle {
    /// How many digits there are.
    pub(super) fn len(&self) -> usize {
        let len = self.text.bytes.len();
        match self.form {
            Form::Plain => len,
            Form::Hex => len * 2,
            Form::Base64(shift) => {
                let shift = usize::from(shift);
                (shift + len) * 8 / 6 - (shift * 8).div_ceil(6)
            }
        }
    }

    /// The value of a digit.
    pub(super) fn digit(&self, i: usize) -> Option<u8> {
        let bytes = &self.text.bytes;
        match self.form {
            Form::Plain => bytes.get(i).copied(),
            Form::Hex => bytes.get(i / 2).map(|byte| if i.is_multiple_of(2) { byte >> 4 } else { byte & 15 }),
            Form::Base64(shift) => {
                if i >= self.len() {
                    return None;
                }
                let shift = usize::from(shift) * 8;
                let bit = (shift.div_ceil(6) + i) * 6 - shift;
                let two = u16::from(*bytes.get(bit / 8)?) << 8
                    | u16::from(bytes.get(bit / 8 + 1).copied().unwrap_or(0));
                u8::try_from(two >> (10 - bit % 8) & 63).ok()
            }
        }
    }

    /// The values of so many digits.
    pub(super) fn digits(&self, count: usize) -> Zeroizing<Vec<u8>> {
        let mut digits = Zeroizing::new(Vec::with_capacity(count));
        digits.extend((0..count).filter_map(|i| self.digit(i)));
        digits
    }

    /// So many digits are enough, where the rest was cut off.
    pub(super) fn enough(&self) -> usize {
        let enough = match self.form {
            Form::Plain => self.text.enough,
            Form::Hex => self.text.enough * 2,
            Form::Base64(_) => self.text.enough * 4 / 3,
        };
        enough.min(self.len())
    }

    /// So many digits it is found by.
    pub(super) fn head(&self) -> usize {
        self.enough().min(HEAD)
    }

    /// Whether a writer that escapes some characters alone would escape this digit.
    pub(super) fn escapes(&self, i: usize) -> bool {
        i == 0
            || self.digit(i).is_some_and(|value| {
                !self.form.spellings(value).0.first().is_some_and(u8::is_ascii_alphanumeric)
            })
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        if self.form == Form::Plain {
            return self.text.bytes.cmp(&other.text.bytes);
        }
        let differ = (0..self.len().min(other.len())).find(|i| self.digit(*i) != other.digit(*i));
        differ.map_or_else(|| self.len().cmp(&other.len()), |i| self.digit(i).cmp(&other.digit(i)))
    }
}

/// A text read as digits of a form through layers of escapes, as far as is asked for.
pub(super) struct Reading<'a> {
    view: &'a View<'a>,
    layers: &'a [Layer],
    form: Form,
    digits: Zeroizing<Vec<u8>>,
    /// Where each digit ends in the text.
    ends: Vec<usize>,
    start: usize,
    /// What follows is no digit.
    ended: bool,
}

impl<'a> Reading<'a> {
    pub(super) fn new(view: &'a View<'a>, start: usize, layers: &'a [Layer], form: Form) -> Self {
        Self { view, layers, form, digits: Zeroizing::default(), ends: Vec::new(), start, ended: false }
    }

    fn digit(&mut self, i: usize) -> Result<Option<u8>, NeedMore> {
        while self.digits.len() <= i && !self.ended {
            let at = self.ends.last().copied().unwrap_or(self.start);
            let next = encoding::next(self.view, at, self.layers)?;
            match next.and_then(|(byte, after)| Some((self.form.value(byte)?, after))) {
                Some((value, after)) => {
                    self.digits.push(value);
                    self.ends.push(after);
                }
                None => self.ended = true,
            }
        }
        Ok(self.digits.get(i).copied())
    }

    /// Whether there is no escape in what was read, nor where that ended: then it reads alike in every dialect.
    pub(super) fn is_plain(&self) -> bool {
        let last = self.ends.last().copied().unwrap_or(self.start);
        let end = self.view.len().min(last + usize::from(self.ended));
        memchr::memchr3(b'%', b'\\', b'&', self.view.slice(self.start, end)).is_none()
    }

    /// So many digits of the beginning, if there are.
    pub(super) fn head(&mut self, count: usize) -> Result<Option<&[u8]>, NeedMore> {
        let last = count.checked_sub(1).map_or(Ok(None), |last| self.digit(last))?;
        Ok(last.and_then(|_| self.digits.get(..count)))
    }

    /// How many digits a needle and the text have in common, and how the needle compares with the text.
    pub(super) fn common(&mut self, needle: &Needle) -> Result<(usize, Ordering), NeedMore> {
        for i in 0..needle.len() {
            let (ours, theirs) = (needle.digit(i), self.digit(i)?);
            if ours != theirs {
                return Ok((i, ours.cmp(&theirs)));
            }
        }
        Ok((needle.len(), Ordering::Less))
    }

    /// Where the needle ends if so much of it is enough, and if it is written in a way that is looked for: either all
    /// characters of its head are escaped that can be, or some of those that are no letters and digits, or none.
    pub(super) fn end(&self, needle: &Needle, common: usize) -> Option<usize> {
        if common < needle.enough() {
            return None;
        }
        let starts = std::iter::once(&self.start).chain(&self.ends);
        let escaped =
            self.ends.iter().zip(starts).take(needle.head()).position(|(end, start)| end - start > 1);
        if escaped.is_some_and(|i| !needle.escapes(i)) {
            return None;
        }
        self.ends.get(common.checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_that_encoders_write() {
        let secret = b"foobar!!\xff\x00";
        for needle in needles(secret, 0) {
            let spelled: Vec<u8> =
                (0..needle.len()).map(|i| needle.form.spellings(needle.digit(i).unwrap()).0[0]).collect();
            let want = match needle.form {
                Form::Plain => Zeroizing::new(secret.to_vec()),
                Form::Hex => encoding::hex(secret),
                Form::Base64(shift) => encoding::base64_inner(secret, usize::from(shift)),
            };
            assert_eq!(spelled, *want);
            assert_eq!(needle.digit(needle.len()), None);
            for (i, digit) in spelled.iter().enumerate() {
                assert_eq!(needle.form.value(*digit), needle.digit(i));
            }
        }
    }

    #[test]
    fn spaces_and_other_alphabets_have_spellings_of_their_own() {
        let texts: Vec<Vec<u8>> = needles("p\u{e4}ss word".as_bytes(), 0)
            .iter()
            .filter(|needle| needle.form == Form::Plain)
            .map(|needle| needle.text.bytes.to_vec())
            .collect();
        assert_eq!(
            texts,
            [
                "p\u{e4}ss word".as_bytes(),
                "p\u{e4}ss+word".as_bytes(),
                b"p\\u00e4ss word",
                b"p\\u00E4ss word"
            ]
        );
    }
}
