//! Looking for secrets where a text has a run of characters that they begin with, and nowhere else.
//!
//! Most needles begin with sixteen characters of base64, whatever they are: keys, tokens, hexadecimal digits. Of a log
//! most is words, and few runs are as long. So a text is parted into blocks of eight bytes, and of those alone that lie
//! in a run of sixteen the [fingerprint](super::gram) is looked up.

use super::gram::{Grams, Place, ROUND, Rate, spelled};
use super::needle::Needle;

/// Of most needles the first so many digits are characters of base64, whatever is spelled so.
const RUN: usize = 16;

/// Wherever a run begins, one of the blocks that the text is parted into lies within its first half and a bit.
const BLOCK: usize = 8;

fn in_run(byte: u8) -> bool {
    // From `/` to `9` they stand in a row. Without branches, so that many are judged at once.
    ((byte | 0x20).wrapping_sub(b'a') < 26)
        | (byte.wrapping_sub(b'/') < 11)
        | (byte == b'+')
        | (byte == b'-')
        | (byte == b'_')
}

/// A block all of whose bytes may be in a run, in [`Grams::sample_runs`].
const ALL: u64 = 0x0101_0101_0101_0101;

/// Which filter holds a block of a run: of those with large letters, of those without and with small ones beyond
/// hexadecimal, or of the others. Words have the second to themselves, since few secrets hold eight such characters.
#[inline]
fn filter_of_block(block: [u8; BLOCK]) -> usize {
    // All characters of runs are below 128, so that no sum carries. `_` would be a large letter if it were one less.
    let text = u64::from_le_bytes(block);
    let next = text.wrapping_add(ALL);
    let large = next & !(next << 1) & (ALL << 6) != 0;
    let beyond = text.wrapping_add(ALL * 0x19) & (ALL << 7) != 0;
    if large { 2 } else { usize::from(!beyond) }
}

/// The fingerprint of a block of a run.
const WHOLE: Rate = Rate { gram: BLOCK, step: BLOCK };

/// Whether a needle begins with a run, however its digits are spelled.
pub(super) fn begins_with_run(needle: &Needle) -> bool {
    needle.head() >= RUN
        && (0..RUN).filter_map(|i| needle.digit(i)).all(|value| {
            let (spellings, count) = needle.form.spellings(value);
            spellings.iter().take(count).all(|byte| in_run(*byte))
        })
}

/// Adds the fingerprints of the blocks that a needle's run may hold first.
pub(super) fn add_run(needle: &Needle, form: u8, grams: &mut Grams) {
    for offset in 0..BLOCK {
        let place = Place { offset: u8::try_from(offset).unwrap_or(0), form };
        for gram in spelled(needle, offset, BLOCK) {
            grams.add_to(WHOLE.print(gram), place, filter_of_block(gram));
        }
    }
}

impl Grams {
    /// Tells where in a text there may be a block of a run that was added, and its fingerprint.
    ///
    /// A text has few runs that are long enough, and only their blocks are looked up: all that is done for the others
    /// is to see which of their characters may be in a run, of sixteen at once.
    pub(super) fn sample_runs(&self, text: &[u8], mut each: impl FnMut(usize, u64)) {
        let blocks = text.len() / BLOCK;
        // A one for each byte that may be in a run, of a round's blocks and of one to either side.
        let mut marks = [0u8; (ROUND + 2) * BLOCK];
        let (mut likely, mut held) = ([0; ROUND], [(0, 0); ROUND]);
        for first in (0..blocks).step_by(ROUND) {
            let part = text.get(first * BLOCK..).unwrap_or_default();
            marks.copy_within(ROUND * BLOCK..(ROUND + 1) * BLOCK, 0);
            for (mark, byte) in marks.iter_mut().skip(BLOCK).zip(part) {
                *mark = u8::from(in_run(*byte));
            }
            let left = marks.len().saturating_sub(BLOCK + part.len());
            marks.iter_mut().rev().take(left).for_each(|mark| *mark = 0);
            let (round, _) = marks.as_chunks::<BLOCK>();
            let (mut whole, mut likelies, mut helds) = (0, 0, 0);
            for (i, mask) in round.iter().skip(1).take(ROUND).enumerate() {
                if let Some(slot) = likely.get_mut(whole) {
                    *slot = i;
                }
                whole += usize::from(u64::from_le_bytes(*mask) == ALL);
            }
            for next in 0..whole {
                let i = likely.get(next).copied().unwrap_or(0);
                let Some([before, _, after]) = round.get(i..).and_then(<[_]>::first_chunk) else { continue };
                let before = (u64::from_le_bytes(*before) ^ ALL).leading_zeros() / 8;
                let after = (u64::from_le_bytes(*after) ^ ALL).trailing_zeros() / 8;
                if let Some(slot) = likely.get_mut(likelies) {
                    *slot = i;
                }
                likelies += usize::from(before + after >= 8);
            }
            for &i in likely.iter().take(likelies) {
                let at = i * BLOCK;
                let Some(block) = part.get(at..).and_then(<[u8]>::first_chunk) else { continue };
                let print = WHOLE.print(*block);
                if let Some(slot) = held.get_mut(helds) {
                    *slot = (first * BLOCK + at, print);
                }
                helds += usize::from(self.may_hold(print, filter_of_block(*block)));
            }
            held.iter().take(helds).for_each(|(at, print)| each(*at, *print));
        }
    }
}
