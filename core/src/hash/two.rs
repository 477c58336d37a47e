//! Two texts that are written in turn and hashed side by side.

use super::{Beside, Hashing, MacKey, PADDING, bytes_of, compress, pad};
use crate::secret::wipe;

/// Blocks of a text that are to be compressed, in the one or two places where they are.
struct Lane<'s, 'b> {
    state: &'s mut [u32; 8],
    blocks: &'b [[u8; 64]],
    more: &'b [[u8; 64]],
}

impl<'b> Lane<'_, 'b> {
    fn len(&self) -> usize {
        self.blocks.len() + self.more.len()
    }

    fn next(&mut self) -> Option<&'b [[u8; 64]]> {
        if self.blocks.is_empty() {
            self.blocks = std::mem::take(&mut self.more);
        }
        let (block, rest) = self.blocks.split_at_checked(1)?;
        self.blocks = rest;
        Some(block)
    }

    /// Compresses blocks beside those of another, `most` of each if both have as many.
    #[inline]
    fn beside(&mut self, other: &mut Lane<'_, '_>, most: usize) {
        for _ in 0..most.min(self.len()).min(other.len()) {
            if let (Some(block), Some(another)) = (self.next(), other.next()) {
                compress(self.state, block);
                compress(other.state, another);
            }
        }
    }

    /// Compresses the others, alone.
    fn finish(self) {
        compress(self.state, self.blocks);
        compress(self.state, self.more);
    }
}

impl Beside<'_> {
    /// Its blocks; nothing of it is left then.
    fn lane(&mut self) -> Lane<'_, '_> {
        let left = std::mem::take(&mut self.left);
        Lane {
            state: &mut self.state,
            blocks: std::mem::take(&mut self.blocks),
            more: self.end.get(left).unwrap_or_default(),
        }
    }
}

impl Hashing<'_> {
    /// Appends to two texts; blocks that both then have are compressed side by side, and the text beside the first is
    /// hashed to its end, half of it beside either.
    pub(crate) fn update_two((one, text): (&mut Self, &[u8]), (other, another): (&mut Hashing<'_>, &[u8])) {
        if one.has_room(text.len()) || other.has_room(another.len()) {
            one.update(text);
            return other.update(another);
        }
        let (blocks, rest) = one.fill(text);
        let (others, end) = other.fill(another);
        let gathered = one.gathered.get(one.ahead..).unwrap_or_default();
        let mut lane = Lane { state: &mut one.state, blocks: gathered, more: blocks };
        let gathered = other.gathered.get(other.ahead..).unwrap_or_default();
        let mut other_lane = Lane { state: &mut other.state, blocks: gathered, more: others };
        let mut third = one.beside.lane();
        let half = third.len().div_ceil(2);
        lane.beside(&mut third, half);
        other_lane.beside(&mut third, usize::MAX);
        third.finish();
        lane.beside(&mut other_lane, usize::MAX);
        lane.finish();
        other_lane.finish();
        one.go_on(blocks.len(), rest);
        other.go_on(others.len(), end);
    }

    /// The hashes of two texts, ended side by side.
    pub(crate) fn finish_two(one: &mut Self, other: &mut Hashing<'_>) -> [[u8; 32]; 2] {
        if !(one.has_room(PADDING) && other.has_room(PADDING)) {
            return [one.finish(), other.finish()];
        }
        let (mut lane, mut other_lane) = (one.end(), other.end());
        lane.beside(&mut other_lane, usize::MAX);
        lane.finish();
        other_lane.finish();
        [bytes_of(one.state), bytes_of(other.state)]
    }

    /// The blocks that are left when nothing follows, padded; there is room for that.
    fn end(&mut self) -> Lane<'_, '_> {
        let bits = (self.done + self.used as u64) * 8;
        let blocks = (self.used + PADDING).div_ceil(64);
        if let Some([one, rest @ ..]) = self.gathered.as_flattened_mut().get_mut(self.used..blocks * 64) {
            *one = 0x80;
            rest.fill(0);
            if let Some(place) = rest.last_chunk_mut() {
                *place = bits.to_be_bytes();
            }
        }
        let blocks = self.gathered.get(self.ahead..blocks).unwrap_or_default();
        Lane { state: &mut self.state, blocks, more: &[] }
    }
}

impl MacKey {
    /// The codes of two texts that were appended to what two keys began, taken side by side.
    pub(crate) fn end_two(
        (key, text): (&Self, &mut Hashing<'_>),
        (other, another): (&Self, &mut Hashing<'_>),
    ) -> [[u8; 32]; 2] {
        let (mut ends, mut states) = ([[[0; 64]; 2]; 2], [key.outer, other.outer]);
        for (end, hash) in ends.iter_mut().zip(Hashing::finish_two(text, another)) {
            pad(end, &hash, 64 + 32);
        }
        let ([one, two], [[end, _], [another, _]]) = (&mut states, &ends);
        compress(one, std::slice::from_ref(end));
        compress(two, std::slice::from_ref(another));
        wipe(ends.as_flattened_mut().as_flattened_mut());
        states.map(bytes_of)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sha256;
    use super::*;

    #[test]
    fn two_in_turn_are_two_alone_and_a_third_with_them() {
        let text: Vec<u8> = (0..4000u32).map(|n| (n * 7) as u8).collect();
        let (key, other_key) = (MacKey::new(b"one"), MacKey::new(b"another"));
        for beside in [0, 64, 230, 3500] {
            for (length, other) in [(0, 1), (247, 248), (255, 1500), (256, 256), (1500, 1500), (1501, 3900)] {
                for size in [1, 100, 300, 4000] {
                    let (one, two) = (&text[..length], &text[4000 - other..]);
                    let (mut hash, mut another) = (Hashing::new(), Hashing::new());
                    let (mut code, mut other_code) = (key.begin(), other_key.begin());
                    hash.take_beside(&text[7..7 + beside]);
                    let (mut pieces, mut others) = (one.chunks(size), two.chunks(size));
                    while pieces.len() + others.len() > 0 {
                        let (piece, other) = (pieces.next().unwrap_or(b""), others.next().unwrap_or(b""));
                        Hashing::update_two((&mut hash, piece), (&mut another, other));
                        Hashing::update_two((&mut code, piece), (&mut other_code, other));
                    }
                    assert_eq!(hash.finish_beside(), sha256(&text[7..7 + beside]));
                    let hashes = Hashing::finish_two(&mut hash, &mut another);
                    assert_eq!(hashes, [sha256(one), sha256(two)], "{beside} {length} {other} {size}");
                    let codes = MacKey::end_two((&key, &mut code), (&other_key, &mut other_code));
                    assert_eq!(codes, [key.mac(one), other_key.mac(two)], "{beside} {length} {other} {size}");
                }
            }
        }
    }
}
