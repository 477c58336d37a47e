//! The words that give a secret away, found as fast as memory is read.
//!
//! A text of some length is searched in blocks: a block is written in small letters beside it, and a vectorised search
//! (Teddy, where the machine has the instructions) looks for all words at once. Where it has not, and in short texts, an
//! automaton finds the same words at the same places.

use aho_corasick::packed::{self, Searcher};
use aho_corasick::{AhoCorasick, Input, MatchKind, Span};
use memchr::memmem::Finder;
use zeroize::Zeroizing;

/// So many words go into one vectorised search. A second search costs as much as the first, one more word next to nothing.
const GROUP: usize = 64;

/// Shorter words are looked for one by one: they would make all others harder to tell from other text.
const SHORTEST: usize = 4;

/// How much is written in small letters at a time: it stays in the nearest cache.
const BLOCK: usize = 8 * 1024;

/// Texts shorter than this are not worth the copy.
const SHORT: usize = 256;

/// A word that stands somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Which of the words it is, by its number.
    pub(super) number: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A set of words in small letters, which are found in letters of any case.
pub(super) struct Words {
    automaton: AhoCorasick,
    /// The vectorised searches. None on machines that cannot.
    sources: Vec<Source>,
    longest: usize,
}

/// Control characters that make the words more than 32: then the search parts them into twice as many groups, and takes
/// other text for one of them half as often, which is most of what it does.
fn padding(words: usize) -> impl Iterator<Item = [u8; 5]> {
    (words..33).filter(move |_| words > 16).filter_map(|i| Some([1, 1, 1, 1, u8::try_from(i).ok()?]))
}

/// A vectorised search for some of the words.
enum Source {
    /// For several, with the number of each.
    Many(Searcher, Vec<usize>),
    One(Finder<'static>, usize),
}

impl Words {
    /// `None` if there are more words than an automaton holds.
    pub(super) fn new(words: &[&str]) -> Option<Self> {
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(words)
            .ok()?;
        let longest = words.iter().map(|word| word.len()).max().unwrap_or(0);
        let (short, long): (Vec<usize>, Vec<usize>) =
            (0..words.len()).partition(|i| words.get(*i).is_some_and(|word| word.len() < SHORTEST));
        let many = |numbers: &[usize]| {
            let searcher = packed::Config::new()
                .match_kind(packed::MatchKind::LeftmostLongest)
                .builder()
                .extend(numbers.iter().filter_map(|i| words.get(*i)))
                .extend(padding(numbers.len()))
                .build()?;
            Some(Source::Many(searcher, numbers.to_vec()))
        };
        let one = |i: usize| Some(Source::One(Finder::new(words.get(i)?).into_owned(), i));
        let sources: Option<Vec<Source>> =
            long.chunks(GROUP).map(many).chain(short.into_iter().map(one)).collect();
        Some(Self { automaton, sources: sources.unwrap_or_default(), longest })
    }

    /// The length of the longest word.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// A search of one text.
    pub(super) fn over<'a>(&'a self, bytes: &'a [u8]) -> Search<'a> {
        Search { words: self, bytes, small: Zeroizing::new(Vec::new()), base: 0, ahead: Vec::new() }
    }

    /// The first of the words that begins at `from` or later, and of those that begin there the longest.
    fn slowly(&self, bytes: &[u8], from: usize) -> Option<Word> {
        let found = self.automaton.find(Input::new(bytes).range(from.min(bytes.len())..))?;
        Some(Word { number: found.pattern().as_usize(), start: found.start(), end: found.end() })
    }
}

impl Source {
    /// The same in a block that is in small letters.
    fn find(&self, block: &[u8], mut from: usize) -> Option<Word> {
        match self {
            Self::Many(searcher, numbers) => loop {
                let found = searcher.find_in(block, Span { start: from, end: block.len() })?;
                if let Some(&number) = numbers.get(found.pattern().as_usize()) {
                    return Some(Word { number, start: found.start(), end: found.end() });
                }
                from = found.start() + 1;
            },
            Self::One(finder, number) => {
                let start = from + finder.find(block.get(from..)?)?;
                Some(Word { number: *number, start, end: start + finder.needle().len() })
            }
        }
    }
}

/// A search of one text for words.
pub(super) struct Search<'a> {
    words: &'a Words,
    bytes: &'a [u8],
    /// A block of the text in small letters, and so much of the next that a word may reach into.
    small: Zeroizing<Vec<u8>>,
    /// Where the block begins.
    base: usize,
    /// What each source found next in the block.
    ahead: Vec<Option<Word>>,
}

impl Search<'_> {
    /// The first word that begins at `from` or later, and of those that begin there the longest. No call may ask for a
    /// smaller `from` than one before.
    pub(super) fn next(&mut self, mut from: usize) -> Option<Word> {
        #[cfg(test)]
        if super::differential::careful() {
            return self.words.slowly(self.bytes, from);
        }
        if self.words.sources.is_empty() || self.bytes.len() < SHORT {
            return self.words.slowly(self.bytes, from);
        }
        while from < self.bytes.len() {
            if self.small.is_empty() || from >= self.base + BLOCK {
                self.take(from);
            }
            if let Some(word) = self.in_block(from.saturating_sub(self.base)) {
                return Some(Word { start: word.start + self.base, end: word.end + self.base, ..word });
            }
            from = self.base + BLOCK;
        }
        None
    }

    fn in_block(&mut self, from: usize) -> Option<Word> {
        let mut best: Option<Word> = None;
        for (source, ahead) in self.words.sources.iter().zip(&mut self.ahead) {
            if ahead.is_some_and(|word| word.start < from) {
                *ahead = source.find(&self.small, from).filter(|word| word.start < BLOCK);
            }
            if let Some(word) = *ahead
                && best.is_none_or(|best| (word.start, best.end) < (best.start, word.end))
            {
                best = Some(word);
            }
        }
        best
    }

    /// Writes the block that begins at `base` in small letters.
    fn take(&mut self, base: usize) {
        let end = self.bytes.len().min(base + BLOCK + self.words.longest);
        self.small.clear();
        self.small.extend_from_slice(self.bytes.get(base..end).unwrap_or_default());
        self.small.make_ascii_lowercase();
        self.base = base;
        let first = |source: &Source| source.find(&self.small, 0).filter(|word| word.start < BLOCK);
        self.ahead = self.words.sources.iter().map(first).collect();
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    const WORDS: [&str; 6] = ["token", "passw", "password", "://", "eyj", "-----begin "];

    fn all(words: &Words, text: &[u8], fast: bool) -> Vec<Word> {
        let mut search = words.over(text);
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(word) = if fast { search.next(from) } else { words.slowly(text, from) } {
            from = word.start + 1;
            found.push(word);
        }
        found
    }

    /// More words than one vectorised search takes.
    fn many() -> Vec<String> {
        let more = (0..100).map(|i| format!("w{i:02}x"));
        WORDS.into_iter().map(str::to_owned).chain(more).collect()
    }

    #[test]
    fn a_word_is_found_wherever_a_block_ends() {
        let words = Words::new(&WORDS).unwrap();
        assert!(cfg!(not(target_arch = "x86_64")) || !words.sources.is_empty());
        for at in (BLOCK - 20..BLOCK + 20).chain([0, 3 * BLOCK]) {
            for word in WORDS {
                let mut text = vec![b'x'; at];
                text.extend_from_slice(word.to_uppercase().as_bytes());
                text.extend_from_slice(&[b'x'; 300]);
                let found = all(&words, &text, true);
                assert_eq!(
                    found.iter().map(|word| (word.start, word.end)).collect::<Vec<_>>(),
                    [(at, at + word.len())]
                );
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

        #[test]
        fn both_searches_find_the_same(
            pieces in vec((select(many()), "[ -~\r\u{1a}\u{f}]{0,9}", any::<bool>()), 0..200), crowd: bool,
        ) {
            let many = many();
            let set: Vec<&str> = many.iter().map(String::as_str).take(if crowd { many.len() } else { 6 }).collect();
            let words = Words::new(&set).unwrap();
            let text: String = pieces
                .iter()
                .map(|(word, other, upper)| if *upper { word.to_uppercase() + other } else { other.clone() + word })
                .collect();
            let text = text.repeat(4);
            prop_assert_eq!(all(&words, text.as_bytes(), true), all(&words, text.as_bytes(), false));
        }
    }
}
