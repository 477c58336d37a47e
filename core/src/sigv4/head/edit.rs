//! A head that becomes another in its place: the lines that change are written over, and all else stays where it is.
//!
//! What is left out stays in the text, where no field has it, until all of it is wiped.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

use super::{HeaderBuf, Span};
use crate::secret::Wiped;
use crate::sigv4::header::{Field, Known, canonical_value, trim};
use crate::sigv4::sink::Sink as _;
use crate::sigv4::split::{cut_short, split};

/// A list of fields that is being changed. Fields are named by their numbers before that.
pub(crate) struct Edit {
    buf: HeaderBuf,
    /// Whether the names of what is signed are others than before.
    renamed: bool,
}

impl Edit {
    pub(crate) const fn of(buf: HeaderBuf) -> Self {
        Self { buf, renamed: false }
    }

    /// What the field of that number means.
    pub(crate) fn known(&self, at: usize) -> Known {
        self.buf.spans.get(at).map_or(Known::Other, |span| span.look.known())
    }

    /// How many fields there are.
    pub(crate) const fn len(&self) -> usize {
        self.buf.len()
    }

    /// Its name.
    pub(crate) fn name(&self, at: usize) -> &[u8] {
        self.buf.spans.get(at).map_or(b"", |span| self.buf.texts(span).0)
    }

    /// Leaves a field out, and its line with it.
    pub(crate) fn leave_out(&mut self, at: usize, is_signed: bool) {
        if is_signed {
            self.remove_line(at);
        }
        if let Some(span) = self.buf.spans.get_mut(at) {
            *span = Span { borders: [0; 3], ..*span };
        }
    }

    /// Keeps a field as it is to be sent; without its line, if it had one.
    pub(crate) fn send(&mut self, at: usize, is_signed: bool) {
        let Some(span) = self.buf.spans.get(at).copied() else { return };
        let (_, value) = self.buf.texts(&span);
        let in_line = self.buf.is_line(&span);
        let is_folded = span.look.may_be_folded() && memchr::memchr2(b'\r', b'\n', trim(value)).is_some();
        if is_folded || trim(value).len() != value.len() || is_signed && in_line {
            self.write_anew(at, &span, is_folded);
        }
        if is_signed {
            self.remove_line(at);
        }
    }

    /// Keeps a field and its line.
    pub(crate) fn sign(&mut self, at: usize) {
        // What is sent in its line needs no second look.
        if self.buf.spans.get(at).is_some_and(|span| !self.buf.is_line(span)) {
            self.send(at, false);
        }
    }

    /// Keeps a field, and gives it the line that it has not, behind others of its name.
    pub(crate) fn sign_too(&mut self, at: usize) {
        let Some(field) = self.buf.field(at) else { return };
        // A name is written by sixteen bytes, the last one too.
        let mut line = Wiped::with_capacity(field.name.text.len() + field.value.len() + 18);
        let place = match self.buf.find(field.name.text) {
            Ok(others) => {
                line.put(b",");
                canonical_value(&mut *line, field.value);
                others.end - 1..others.end - 1
            }
            Err(place) => {
                field.name.write(&mut *line);
                line.put(b":");
                canonical_value(&mut *line, field.value);
                line.put(b"\n");
                place..place
            }
        };
        self.renamed = true;
        self.buf.splice(place, &line);
        self.send(at, false);
    }

    /// Sets a field that is signed, in the place of another or as one more.
    pub(crate) fn set(&mut self, at: Option<usize>, name: &'static str, value: &[u8]) {
        let field = Field::new(name.as_bytes(), value);
        let old = at.and_then(|at| self.buf.spans.get(at)).filter(|span| self.buf.is_line(span));
        let place = match old {
            Some(span) => Ok(span.borders[0] as usize..span.borders[2] as usize + 1),
            None => self.buf.find(field.name.text),
        };
        let start = match place {
            // The value only.
            Ok(line) if field.is_canonical() => {
                self.buf.splice(line.start + name.len() + 1..line.end - 1, value);
                line.start
            }
            place => {
                let mut line = Wiped::with_capacity(name.len() + value.len() + 18);
                let _ = field.write_line(&mut *line);
                self.renamed |= place.is_err();
                let place = place.unwrap_or_else(|place| place..place);
                self.buf.splice(place.clone(), &line);
                place.start
            }
        };
        let at = at.filter(|at| *at < self.buf.len()).unwrap_or_else(|| {
            self.buf.spans.push(Span::NONE);
            self.buf.len() - 1
        });
        let place = if field.is_canonical() {
            start..start + name.len() + 1 + value.len()
        } else {
            self.buf.append(field.name.text, trim(value))
        };
        if let Some(span) = self.buf.spans.get_mut(at) {
            span.look = field.look();
            span.set(place.start, name.len(), place.end);
        }
    }

    /// Puts what was added last before all others.
    pub(crate) fn put_last_first(&mut self) {
        self.buf.spans.rotate_right(1);
    }

    /// The list, with room for more bytes, and the names of what is signed, which before were those `listed`.
    pub(crate) fn finish(self, listed: &[u8], room: usize) -> (HeaderBuf, Cow<'_, [u8]>) {
        let Self { mut buf, renamed } = self;
        buf.spans.retain(Span::is_set);
        let names = if renamed { Cow::Owned(buf.names()) } else { Cow::Borrowed(listed) };
        buf.text.reserve_wiped(room + names.len());
        (buf, names)
    }

    fn remove_line(&mut self, at: usize) {
        let Some(span) = self.buf.spans.get(at) else { return };
        let line = if self.buf.is_line(span) {
            Ok(span.borders[0] as usize..span.borders[2] as usize + 1)
        } else {
            self.buf.find(self.buf.texts(span).0)
        };
        // Those of one name have one line.
        if let Ok(line) = line {
            self.renamed = true;
            self.buf.splice(line, b"");
        }
    }

    /// Writes a field behind the others, without the blanks around its value. A value over several lines becomes one line:
    /// a fold is replaced by a space (RFC 9112, 5.2), all else is as it came.
    #[cold]
    fn write_anew(&mut self, at: usize, span: &Span, is_folded: bool) {
        let (name, value) = self.buf.texts(span);
        let (name, mut sent) = (name.to_vec(), Wiped::with_capacity(value.len()));
        if is_folded {
            canonical_value(&mut *sent, value);
        } else {
            sent.put(trim(value));
        }
        let place = self.buf.append(&name, &sent);
        if let Some(span) = self.buf.spans.get_mut(at) {
            span.set(place.start, name.len(), place.end);
        }
    }
}

impl HeaderBuf {
    /// The line of a name, or where it would be.
    fn find(&self, name: &[u8]) -> Result<Range<usize>, usize> {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', self.lines()) {
            let line = self.text(start..end);
            let (listed, _) = cut_short(line, b':');
            let lower = name.iter().map(u8::to_ascii_lowercase);
            match listed.iter().copied().cmp(lower) {
                Ordering::Less => start = end + 1,
                Ordering::Equal => return Ok(start..end + 1),
                Ordering::Greater => break,
            }
        }
        Err(start)
    }

    /// Puts other bytes in the place of some of the lines.
    fn splice(&mut self, place: Range<usize>, new: &[u8]) {
        let (old, end) = (place.len(), self.text.len());
        if self.text.get(place.clone()).is_none() {
            return;
        }
        if new.len() != old {
            // What is behind the last field need not be kept.
            let more = new.len().saturating_sub(old);
            self.text.reserve_wiped(more);
            self.text.resize(end + more, 0);
            let after = place.start + new.len();
            self.text.copy_within(place.end..end, after);
            let moved = |at: u32| (at as usize + new.len()).saturating_sub(old);
            let behind = |span: &&mut Span| span.is_set() && span.borders[0] as usize >= place.end;
            for span in self.spans.iter_mut().filter(behind) {
                span.borders = span.borders.map(|at| u32::try_from(moved(at)).unwrap_or(u32::MAX));
            }
            self.lines = (self.lines + new.len()).saturating_sub(old);
        }
        if let Some(place) = self.text.get_mut(place.start..place.start + new.len()) {
            place.copy_from_slice(new);
        }
    }

    /// Writes a field behind the others; gives where it is.
    fn append(&mut self, name: &[u8], value: &[u8]) -> Range<usize> {
        self.text.reserve_wiped(name.len() + value.len() + 1);
        let start = self.text.len();
        for part in [name, b":", value] {
            self.text.put(part);
        }
        start..self.text.len()
    }

    /// The names of the lines.
    fn names(&self) -> Vec<u8> {
        let mut names = Vec::with_capacity(self.lines);
        for line in split(self.lines().strip_suffix(b"\n").unwrap_or_default(), b'\n') {
            names.put(if names.is_empty() { b"" } else { b";" });
            names.put(cut_short(line, b':').0);
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sigv4::canonical::{Order, SignedFields};
    use crate::sigv4::header::Fields;

    /// Names, some of them twice but for their case.
    const NAMES: [&str; 10] = [
        "a",
        "B-b",
        "host",
        "Host",
        "x-amz-meta-abcdef",
        "X-Amz-Meta-Abcdeg",
        "x-amz-meta-abcdeg",
        "zz-a-name-of-more-than-thirty-two-bytes",
        "ZZ-a-name-of-more-than-thirty-two-bytes",
        "y",
    ];

    /// What is sent of a value.
    fn sent(value: &str) -> Vec<u8> {
        let value = trim(value.as_bytes());
        let mut out = Vec::new();
        if value.contains(&b'\n') {
            canonical_value(&mut out, value);
        } else {
            out.put(value);
        }
        out
    }

    fn lower(at: usize) -> String {
        NAMES[at].to_ascii_lowercase()
    }

    proptest! {
        /// The head that is made in place is the one that is made of its fields.
        #[test]
        fn a_head_in_place_is_one_made_anew(
            fields in prop::collection::vec((0..NAMES.len(), "[ -b\t]{0,6}(\r\n )?[ -b]{0,20}"), 0..14),
            signed in prop::collection::vec(any::<bool>(), NAMES.len()),
            stays in prop::collection::vec(0..3, NAMES.len()),
            host in "[ -b]{0,30}",
        ) {
            let mut hosts = 0;
            let fields: Vec<_> = fields
                .into_iter()
                .filter(|(name, _)| lower(*name) != "host" || { hosts += 1; hosts == 1 })
                .collect();
            // What is done to a field goes by its name without its case.
            let kind = |at: usize| NAMES.iter().position(|name| name.eq_ignore_ascii_case(NAMES[at])).unwrap();
            let mut before = Fields::new();
            fields.iter().for_each(|(name, value)| Field::push(&mut before, NAMES[*name].as_bytes(), value.as_bytes()));
            let is_signed = |at: &u32| signed[kind(fields[*at as usize].0)];
            let order = Order::of(&before, (0..fields.len() as u32).filter(is_signed));
            let buf = HeaderBuf::of(&before, &order, 9);
            let listed = buf.names();

            let mut edit = Edit::of(buf);
            let (mut place, mut made, mut in_lines) = (None, Vec::new(), Vec::new());
            for (at, (name, value)) in fields.iter().enumerate() {
                let (signed, stays) = (signed[kind(*name)], stays[kind(*name)]);
                prop_assert_eq!(edit.name(at), NAMES[*name].as_bytes());
                if lower(*name) == "host" {
                    place = Some(at);
                    in_lines.push(made.len() as u32);
                    made.push((b"host".to_vec(), trim(host.as_bytes()).to_vec()));
                    continue;
                }
                match (stays, signed) {
                    (0, _) => edit.leave_out(at, signed),
                    (1, _) => edit.send(at, signed),
                    (_, true) => edit.sign(at),
                    (_, false) => edit.sign_too(at),
                }
                if stays > 1 {
                    in_lines.push(made.len() as u32);
                }
                if stays > 0 {
                    made.push((NAMES[*name].as_bytes().to_vec(), sent(value)));
                }
            }
            edit.set(place, "host", host.as_bytes());
            if place.is_none() {
                in_lines.push(made.len() as u32);
                made.push((b"host".to_vec(), trim(host.as_bytes()).to_vec()));
            }
            let (buf, names) = edit.finish(&listed, 5);

            let pairs: Vec<_> = buf.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
            let mut after = Fields::new();
            made.iter().for_each(|(name, value)| Field::push(&mut after, name, value));
            let order = Order::of(&after, in_lines.into_iter());
            let mut lines = Vec::new();
            SignedFields::new(&after, &order).write_usual(&mut lines);
            prop_assert_eq!(buf.lines(), &lines);
            let anew = HeaderBuf::of(&after, &order, 0);
            prop_assert_eq!(&*names, anew.names());
            prop_assert_eq!(&pairs, &made);
        }
    }
}
