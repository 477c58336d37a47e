//! Where a text may hold keys and tokens: stretches of the characters that they are spelled with.
//!
//! Of a log most is words, and few stretches of letters and digits are long. Those who look for learned secrets and those
//! who look for secret access keys want the long ones alone; so a text is parted into blocks of eight bytes, and of each
//! it is told once whether it may lie in a stretch of [`LONG`]. No branch depends on the text: where stretches begin and
//! end cannot be foreseen.

/// A text is judged by blocks of so many bytes.
pub(super) const BLOCK: usize = 8;

/// Whoever has so many characters in a row fills a block with them, and half of one beside it.
pub(super) const LONG: usize = 16;

/// What a byte of bits tells of.
pub(super) const CHUNK: usize = 8 * BLOCK;

/// Halves of blocks are what the processor compares at once.
const HALF: usize = BLOCK / 2;

/// So much is judged in a round.
pub(super) const SPAN: usize = 8 * CHUNK;

/// Texts shorter than this are not worth it.
const SHORT: usize = 256;

/// The characters that make a stretch.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) enum Digits {
    /// Those of base64 (RFC 4648, 4), which secret access keys are made of.
    #[default]
    Base64,
    /// And `-` and `_`, which stand in URLs for two of them (RFC 4648, 5). Names and paths are full of these: who looks
    /// for nothing that has them does better without.
    WithUrl,
}

impl Digits {
    pub(super) fn hold(self, byte: u8) -> bool {
        match self {
            Self::Base64 => belongs::<false>(byte),
            Self::WithUrl => belongs::<true>(byte),
        }
    }
}

/// Without branches, so that many are judged at once. Bytes are compared as signed ones: moved so that the last of a row
/// is the greatest of all, the row is what is greater than the one before it.
fn belongs<const URL: bool>(byte: u8) -> bool {
    let letter =
        (byte | 0x20).wrapping_add(0x7f - b'z').cast_signed() > (b'a' - 1 + 0x7f - b'z').cast_signed();
    // The slash stands right before the digits.
    let digit = byte.wrapping_add(0x7f - b'9').cast_signed() > (b'/' - 1 + 0x7f - b'9').cast_signed();
    letter | digit | (byte == b'+') | (URL & ((byte == b'-') | (byte == b'_')))
}

/// A bit for each block of a text, the first one lowest: whether it may lie in a long stretch.
#[derive(Default)]
pub(super) struct Stretches {
    digits: Digits,
    bits: Vec<u8>,
    /// How many of the bits depend on nothing that is still to come.
    sure: usize,
}

impl Stretches {
    /// Those of a text that is still to come.
    pub(super) fn new(digits: Digits) -> Self {
        Self { digits, ..Self::default() }
    }

    /// Those of a text that is all there.
    pub(super) fn of(text: &[u8], digits: Digits) -> Self {
        let mut all = Self::new(digits);
        all.follow(text);
        all
    }

    /// Follows a text to which something was added.
    pub(super) fn follow(&mut self, text: &[u8]) {
        self.bits.truncate(self.sure);
        let rest = text.get(self.sure * CHUNK..).unwrap_or_default();
        if rest.len() < SHORT {
            // Anything may be there.
            self.bits.resize(text.len().div_ceil(CHUNK), u8::MAX);
            return;
        }
        self.bits.reserve(rest.len().div_ceil(SPAN) * (SPAN / CHUNK));
        let (spans, last) = rest.as_chunks::<SPAN>();
        let mut padded = [0; SPAN];
        padded.iter_mut().zip(last).for_each(|(slot, byte)| *slot = *byte);
        // Of what lies before, and behind a span, nothing is known.
        let judge = match self.digits {
            Digits::Base64 => judge::<false>,
            Digits::WithUrl => judge::<true>,
        };
        spans.iter().chain([&padded]).for_each(|span| self.bits.extend_from_slice(&judge(span)));
        self.bits.truncate(text.len().div_ceil(CHUNK));
        self.sure += spans.len() * (SPAN / CHUNK);
    }

    /// Takes note that the text is another one from a place on.
    pub(super) fn cut(&mut self, at: usize) {
        self.sure = self.sure.min(at / CHUNK);
    }

    /// Takes note that so much of the beginning is dropped, whole [chunks](CHUNK).
    pub(super) fn forget(&mut self, count: usize) {
        let chunks = (count / CHUNK).min(self.bits.len());
        self.bits.drain(..chunks);
        self.sure = self.sure.saturating_sub(chunks);
    }

    /// The bits of these chunks.
    pub(super) fn chunks(&self, from: usize, to: usize) -> &[u8] {
        self.bits.get(from..to.min(self.bits.len())).unwrap_or_default()
    }

    /// The first place from `at` on from which on there may be forty such characters.
    pub(super) fn next_of_forty(&self, at: usize) -> Option<usize> {
        // They fill four blocks.
        let first = at.div_ceil(BLOCK);
        let mut skipped = first % 8;
        let mut chunk = first / 8;
        let mut rest = self.bits.get(chunk..)?;
        while !rest.is_empty() {
            let mut eight = [0; 8];
            match rest.first_chunk() {
                Some(next) => eight = *next,
                None => eight.iter_mut().zip(rest).for_each(|(slot, bits)| *slot = *bits),
            }
            let bits = u64::from_le_bytes(eight);
            let two = bits & bits >> 1;
            // What begins in the last chunk is seen whole with the next.
            let four = (two & two >> 2) >> skipped << skipped & u64::MAX >> 8;
            if four != 0 {
                let block = chunk * 8 + four.trailing_zeros() as usize;
                return Some(at.max((block * BLOCK).saturating_sub(BLOCK - 1)));
            }
            (chunk, skipped) = (chunk + 7, 0);
            rest = rest.get(7..).unwrap_or_default();
        }
        None
    }
}

/// A bit for every other of four times two bytes.
const FIRST: u64 = 0x0001_0001_0001_0001;

/// Moves the lowest bits of four times two bytes, and the fifth ones, to the eight bits from the 48th on.
const GATHER: u64 = 1 << 48 | 1 << 33 | 1 << 18 | 1 << 3;

/// The bits of a span: a block counts if all of it belongs to a stretch, and half a block on one side of it as well.
fn judge<const URL: bool>(span: &[u8; SPAN]) -> [u8; SPAN / CHUNK] {
    let mut marks = [0; SPAN];
    for (mark, byte) in marks.iter_mut().zip(span) {
        *mark = u8::from(belongs::<URL>(*byte)).wrapping_neg();
    }
    // One before the span, and two behind it.
    let mut halves = [u8::MAX; 1 + SPAN / HALF + 2];
    let (marks, _) = marks.as_chunks::<HALF>();
    for (half, marks) in halves.iter_mut().skip(1).zip(marks) {
        *half = u8::from(u32::from_le_bytes(*marks) == u32::MAX).wrapping_neg();
    }
    let [before, half, other, after] = [0, 1, 2, 3].map(|from| halves.get(from..).unwrap_or_default());
    let mut begins = [0; SPAN / HALF];
    for ((((begins, before), half), other), after) in
        begins.iter_mut().zip(before).zip(half).zip(other).zip(after)
    {
        *begins = half & other & (before | after);
    }
    let mut bits = [0; SPAN / CHUNK];
    let (chunks, _) = begins.as_chunks::<{ CHUNK / HALF }>();
    for (bits, chunk) in bits.iter_mut().zip(chunks) {
        let ([first, second], _) = chunk.as_chunks::<8>() else { continue };
        let spread = u64::from_le_bytes(*first) & FIRST | (u64::from_le_bytes(*second) & FIRST) << 4;
        let [.., gathered, _] = spread.wrapping_mul(GATHER).to_le_bytes();
        *bits = gathered;
    }
    bits
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    #[test]
    fn what_secrets_are_spelled_with_belongs_to_a_stretch() {
        for byte in 0..=u8::MAX {
            let base64 = byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
            assert_eq!(Digits::Base64.hold(byte), base64, "{byte}");
            assert_eq!(Digits::WithUrl.hold(byte), base64 || b"-_".contains(&byte), "{byte}");
        }
    }

    /// Texts of stretches of these lengths, some of them with digits of URLs.
    fn texts() -> impl Strategy<Value = Vec<u8>> {
        // Of some lengths, so that many stretches begin where a block does.
        let length = prop_oneof![0usize..30, 12usize..20, 0usize..200, select(vec![7, 15, 23, 31, 63])];
        let end = select(vec![b' ', b' ', b'-', b'_']);
        vec((length, end), 0..90).prop_map(|all| {
            all.iter().flat_map(|(length, end)| [vec![b'Q'; *length], vec![*end]].concat()).collect()
        })
    }

    fn digits() -> impl Strategy<Value = Digits> {
        select(vec![Digits::Base64, Digits::WithUrl])
    }

    #[test]
    fn what_is_told_before_all_of_a_stretch_is_there_is_told_anew() {
        let mut stretches = Stretches::default();
        stretches.follow(&[b' '; 600]);
        stretches.forget(5 * CHUNK);
        // One that begins with a block, of which the text ends right behind.
        let text = [vec![b' '; 504], vec![b'Q'; 16], vec![b' '; 300]].concat();
        for end in [600 - 5 * CHUNK, 513, text.len()] {
            stretches.follow(&text[..end]);
        }
        assert!(bits(&stretches, 64)[63]);
    }

    /// For each block, whether it lies in a stretch of so many.
    fn slowly(text: &[u8], digits: Digits, least: usize) -> Vec<bool> {
        let ahead = |at: usize| text[at..].iter().take_while(|byte| digits.hold(**byte)).count();
        let back = |at: usize| text[..at].iter().rev().take_while(|byte| digits.hold(**byte)).count();
        let blocks = (0..text.len()).step_by(BLOCK);
        blocks.map(|at| ahead(at) >= BLOCK && ahead(at) + back(at) >= least).collect()
    }

    fn bits(stretches: &Stretches, blocks: usize) -> Vec<bool> {
        (0..blocks).map(|block| stretches.bits[block / 8] >> (block % 8) & 1 == 1).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

        #[test]
        fn no_block_of_a_long_stretch_is_passed_over_and_few_others_count(
            text in texts(), digits in digits(), cuts in vec(0usize..600, 0..6),
        ) {
            let mut followed = Stretches::new(digits);
            let (mut from, mut end) = (0, 0);
            for cut in cuts {
                end = text.len().min(end + cut);
                followed.follow(&text[from..end]);
                let drop = (end - from) / 2 / CHUNK * CHUNK;
                followed.forget(drop);
                from += drop;
            }
            let text = &text[from..];
            followed.follow(text);
            for (stretches, exact) in [(&followed, false), (&Stretches::of(text, digits), text.len() >= SHORT)] {
                let long = slowly(text, digits, LONG);
                let at_all = slowly(text, digits, BLOCK + HALF);
                let told = bits(stretches, long.len());
                for (block, told) in told.into_iter().enumerate() {
                    prop_assert!(told || !long[block], "{block}");
                    // Beside a span anything may stand.
                    let inside = block % (SPAN / BLOCK) != 0 && (block + 1) % (SPAN / BLOCK) != 0;
                    prop_assert!(!told || at_all[block] || !exact || !inside, "{block}");
                }
            }
        }

        #[test]
        fn no_forty_in_a_row_are_passed_over(text in texts(), digits in digits(), at in 0usize..900) {
            let at = at.min(text.len());
            let begins = |at: &usize| text[*at..].iter().take_while(|byte| digits.hold(**byte)).count() >= 40;
            let first = (at..text.len()).find(begins);
            let told = Stretches::of(&text, digits).next_of_forty(at);
            prop_assert!(told.is_none_or(|told| told >= at));
            prop_assert!(first.is_none_or(|first| told.is_some_and(|told| told <= first)), "{first:?} {told:?}");
        }
    }
}
