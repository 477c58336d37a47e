//! Looking for secrets in the long [stretches](super::stretch) of a text, and nowhere else.
//!
//! Most needles begin with sixteen characters of base64, whatever they are: keys, tokens, hexadecimal digits. Wherever
//! these stand, one of the blocks that the text is parted into lies within them. So of the blocks of long stretches
//! alone the [fingerprint](super::gram) is looked up.

use super::gram::{self, Grams, Place, Rate, spelled};
use super::needle::Needle;
use super::stretch::{BLOCK, CHUNK, LONG, Stretches, belongs};

/// A one in each of eight bytes.
const ALL: u64 = 0x0101_0101_0101_0101;

/// The fingerprint of a block.
const WHOLE: Rate = Rate { gram: BLOCK, step: BLOCK };

/// Whether a needle begins with characters of a long stretch, however its digits are spelled.
pub(super) fn begins_with_blocks(needle: &Needle) -> bool {
    needle.head() >= LONG
        && (0..LONG).filter_map(|i| needle.digit(i)).all(|value| {
            let (spellings, count) = needle.form.spellings(value);
            spellings.iter().take(count).all(|byte| belongs(*byte))
        })
}

/// So many blocks are looked up in a round: their numbers are bytes.
const ROUND: usize = 256;

/// For each choice of eight blocks their numbers, and how many they are.
const CHOICES: [([u8; 8], u8); 256] = choices();

#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
const fn choices() -> [([u8; 8], u8); 256] {
    let mut all = [([0; 8], 0); 256];
    let mut choice = 0;
    while choice < all.len() {
        let mut number = 0;
        while number < 8 {
            if choice >> number & 1 == 1 {
                let (numbers, count) = &mut all[choice];
                numbers[*count as usize] = number as u8;
                *count += 1;
            }
            number += 1;
        }
        choice += 1;
    }
    all
}

/// The numbers of the blocks that have a bit, and how many they are; behind them stand others.
fn numbers(bits: &[u8], numbers: &mut [u8; ROUND + 8]) -> usize {
    let (mut count, mut base) = (0, 0_u64);
    for bits in bits {
        let Some((chosen, more)) = CHOICES.get(usize::from(*bits)) else { continue };
        if let Some(slots) = numbers.get_mut(count..count + chosen.len()) {
            slots.copy_from_slice(&u64::from_le_bytes(*chosen).wrapping_add(base).to_le_bytes());
        }
        count += usize::from(*more);
        base = base.wrapping_add(ALL * 8);
    }
    count
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
    /// In rounds, each of which goes over many blocks without a branch that depends on them: what the filter holds of
    /// one block is on its way from memory while it is looked for the next ones.
    pub(super) fn sample_blocks(
        &self,
        text: &[u8],
        stretches: &Stretches,
        (from, to): (usize, usize),
        mut each: impl FnMut(usize, u64),
    ) {
        let (mut found, mut prints, mut likely) = ([0; ROUND + 8], [0; ROUND], [(0, 0); ROUND]);
        let words = self.words(BLOCKS);
        let first = from / CHUNK;
        let rounds = stretches.chunks(first, to.div_ceil(CHUNK)).chunks(ROUND / 8);
        for (bits, first) in rounds.zip((first * 8..).step_by(ROUND)) {
            let count = numbers(bits, &mut found);
            let (blocks, _) = text.get(first * BLOCK..).unwrap_or_default().as_chunks::<BLOCK>();
            for (print, number) in prints.iter_mut().zip(&found).take(count) {
                *print = blocks.get(usize::from(*number)).map_or(0, |block| WHOLE.print(*block));
            }
            let mut likelies = 0;
            for (print, number) in prints.iter().zip(&found).take(count) {
                if let Some(slot) = likely.get_mut(likelies) {
                    *slot = (*number, *print);
                }
                likelies += usize::from(gram::may_hold_at_all(words, *print));
            }
            for (number, print) in likely.iter().take(likelies) {
                if gram::may_hold(words, *print) {
                    each((first + usize::from(*number)) * BLOCK, *print);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bit_is_the_number_of_a_block() {
        let bits: Vec<u8> = (0..=u8::MAX).collect();
        for bits in bits.chunks(ROUND / 8) {
            let mut found = [0; ROUND + 8];
            let count = numbers(bits, &mut found);
            let want: Vec<u8> = (0..=u8::MAX)
                .filter(|number| bits[usize::from(number / 8)] >> (number % 8) & 1 == 1)
                .collect();
            assert_eq!(found[..count], want);
        }
        assert_eq!(numbers(&[u8::MAX; ROUND / 8], &mut [0; ROUND + 8]), ROUND);
    }
}
