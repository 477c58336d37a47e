//! Looking for secrets in the long [stretches](super::stretch) of a text, and nowhere else.
//!
//! Most needles begin with sixteen characters of base64, whatever they are: keys, tokens, hexadecimal digits. Wherever
//! these stand, one of the blocks that the text is parted into lies within them. So of the blocks of long stretches
//! alone the [fingerprint](super::gram) is looked up.

use super::gram::{self, Grams, Place, Rate, spelled};
use super::needle::Needle;
use super::stretch::{BLOCK, CHUNK, Digits, LONG, SPAN, Stretches};

/// The fingerprint of a block.
const WHOLE: Rate = Rate { gram: BLOCK, step: BLOCK };

/// The digits of the long stretch that a needle begins with, however it is spelled; `None` if it begins with none.
pub(super) fn digits(needle: &Needle) -> Option<Digits> {
    let begins_with = |digits: &Digits| {
        (0..LONG).filter_map(|i| needle.digit(i)).all(|value| {
            let (spellings, count) = needle.form.spellings(value);
            spellings.iter().take(count).all(|byte| digits.hold(*byte))
        })
    };
    let either = [Digits::Base64, Digits::WithUrl];
    if needle.head() < LONG { None } else { either.into_iter().find(begins_with) }
}

/// The filter that holds all blocks.
const BLOCKS: usize = 0;

/// Adds the fingerprints of the blocks that a needle's beginning may hold first.
pub(super) fn add_blocks(needle: &Needle, form: u8, grams: &mut Grams) {
    for offset in 0..BLOCK {
        let place = Place { offset: u8::try_from(offset).unwrap_or(0), form };
        for gram in spelled(needle, offset, BLOCK) {
            grams.add_to(WHOLE.print(gram), place, BLOCKS);
        }
    }
}

impl Grams {
    /// Tells where in a text from `from` to `to` there may be a block that was added, and its fingerprint; around these
    /// places as well.
    ///
    /// Of each span first all blocks of stretches are looked up, without a branch that depends on what is found: what the
    /// filter holds of one is on its way from memory while the next ones are looked up.
    pub(super) fn sample_blocks(
        &self,
        text: &[u8],
        stretches: &Stretches,
        (from, to): (usize, usize),
        mut each: impl FnMut(usize, u64),
    ) {
        let words = self.words(BLOCKS);
        let first = from / CHUNK;
        let (blocks, _) = text.get(first * CHUNK..).unwrap_or_default().as_chunks::<BLOCK>();
        let (spans, last) = stretches.chunks(first, to.div_ceil(CHUNK)).as_chunks();
        let mut padded = [0; SPAN / CHUNK];
        padded.iter_mut().zip(last).for_each(|(slot, bits)| *slot = *bits);
        let spans = spans.iter().chain([&padded]).zip(blocks.chunks(SPAN / BLOCK));
        spans.zip((first * CHUNK..).step_by(SPAN)).for_each(|((bits, blocks), at)| {
            // Of the block that the lowest bit stands for.
            let print =
                |bits: u64| blocks.get(bits.trailing_zeros() as usize).map_or(0, |block| WHOLE.print(*block));
            let (mut bits, mut likely) = (u64::from_le_bytes(*bits), 0);
            while bits != 0 {
                let rest = bits & (bits - 1);
                let held = gram::may_hold(words, print(bits));
                likely |= (bits ^ rest) & u64::from(held).wrapping_neg();
                bits = rest;
            }
            while likely != 0 {
                each(at + likely.trailing_zeros() as usize * BLOCK, print(likely));
                likely &= likely - 1;
            }
        });
    }
}
