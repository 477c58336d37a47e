//! Where canonical text goes: to a person as bytes, or straight into a hash.

use super::header::Name;
use crate::hash::Hashing;

/// Takes text piece by piece.
pub(crate) trait Sink {
    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Appends bytes, `A` to `Z` made `a` to `z`.
    fn put_lower(&mut self, bytes: &[u8]);

    /// Appends the first bytes of the sixteen of a number.
    fn put_start(&mut self, sixteen: u128, length: usize) {
        self.put(sixteen.to_be_bytes().get(..length).unwrap_or_default());
    }

    /// Appends a header line: the name in lower case, `:`, the value as it is, and the end of the line.
    fn put_line(&mut self, name: &Name<'_>, value: &[u8])
    where
        Self: Sized,
    {
        name.write(self);
        self.put(b":");
        self.put(value);
        self.put(b"\n");
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn put_lower(&mut self, bytes: &[u8]) {
        let start = self.len();
        self.extend_from_slice(bytes);
        self.get_mut(start..).unwrap_or_default().make_ascii_lowercase();
    }

    fn put_start(&mut self, sixteen: u128, length: usize) {
        let end = self.len() + length;
        // A copy whose length is known is no call.
        self.extend_from_slice(&sixteen.to_be_bytes());
        self.truncate(end);
    }
}

/// Nothing is allocated, and nothing of the text stays in memory.
impl Sink for Hashing<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }

    #[inline]
    fn put_start(&mut self, sixteen: u128, length: usize) {
        self.update_start(sixteen, length);
    }

    /// In one place, where there is room for all of it.
    #[inline]
    fn put_line(&mut self, name: &Name<'_>, value: &[u8]) {
        let length = name.text.len() + value.len() + 2;
        let room = if length < 16 { None } else { self.room(length) };
        if room.and_then(|room| write_line(room, name, value)).is_none() {
            name.write(self);
            self.put(b":");
            self.put(value);
            self.put(b"\n");
        }
    }

    fn put_lower(&mut self, bytes: &[u8]) {
        match self.room(bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                room.make_ascii_lowercase();
            }
            None => bytes.iter().for_each(|byte| self.update(&[byte.to_ascii_lowercase()])),
        }
    }
}

/// Copies a text to a place as long as it is; the lengths that most values have by two halves that overlap, which is no
/// call.
#[inline]
fn copy(place: &mut [u8], text: &[u8]) {
    match text.len() {
        16..=32 => copy_ends::<16>(place, text),
        33..=64 => copy_ends::<32>(place, text),
        _ => place.copy_from_slice(text),
    }
}

#[inline]
fn copy_ends<const N: usize>(place: &mut [u8], text: &[u8]) {
    if let (Some(to), Some(from)) = (place.first_chunk_mut::<N>(), text.first_chunk()) {
        *to = *from;
    }
    if let (Some(to), Some(from)) = (place.last_chunk_mut::<N>(), text.last_chunk()) {
        *to = *from;
    }
}

/// Writes a header line to the start of a place that has room for it, and for sixteen bytes at the least.
#[inline]
fn write_line(place: &mut [u8], name: &Name<'_>, value: &[u8]) -> Option<()> {
    *name.write_to(place)? = b':';
    let (place, rest) = place.get_mut(name.text.len() + 1..)?.split_at_mut_checked(value.len())?;
    copy(place, value);
    *rest.first_mut()? = b'\n';
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_any_length_is_whole() {
        let text: Vec<u8> = (1..=130).collect();
        for length in 0..=text.len() {
            let mut place = vec![0; length];
            copy(&mut place, &text[..length]);
            assert_eq!(place, text[..length]);
        }
    }
}
