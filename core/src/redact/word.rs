//! The words that give a secret away, found as fast as memory is read.
//!
//! A text of some length is searched in blocks: a block is [folded](window::fold) beside it, and a vectorised search
//! (Teddy, where the machine has the instructions) looks for [four bytes](super::window) of each word at once; where it
//! finds them, the words that hold them are compared. Where the machine cannot, and in short texts, an automaton finds the
//! same words at the same places.

use super::window::{self, WINDOW, Within};
use crate::secret::Wiped;
use aho_corasick::packed::{self, Searcher};
use aho_corasick::{AhoCorasick, Input, MatchKind, Span};
use memchr::memmem::Finder;

/// How much is folded at a time: it stays in the nearest cache.
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

/// A word that means something only where something rarer stands ahead of it.
#[derive(Clone, Copy)]
pub(super) struct Ahead {
    pub(super) word: &'static str,
    /// The byte that must stand there.
    pub(super) byte: u8,
    /// What may stand between the word and that, and how much of it.
    pub(super) between: fn(u8) -> bool,
    pub(super) most: usize,
}

/// A set of words in small letters, which are found in letters of any case.
pub(super) struct Words {
    automaton: AhoCorasick,
    /// The vectorised searches. None on machines that cannot.
    sources: Vec<Source>,
    all: Vec<Box<[u8]>>,
    longest: usize,
    /// How far ahead of a word anything is looked for.
    ahead: usize,
}

/// A vectorised search for some of the words.
enum Source {
    /// For the windows of many, with the words that each finds.
    Many(Searcher, Vec<Vec<Within>>),
    /// For one that is shorter than a window: it would make all others harder to tell from other text.
    One(Finder<'static>, [Within; 1]),
    /// For one that means something only before something rarer.
    Before(Ahead, [Within; 1]),
}

impl Words {
    /// `None` if there are more words than an automaton holds. One of `before` need not be found where neither its byte
    /// nor the end of the text stands ahead.
    pub(super) fn new(words: &[&str], before: &[Ahead]) -> Option<Self> {
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(words)
            .ok()?;
        let longest = words.iter().map(|word| word.len()).max().unwrap_or(0);
        let numbered = words.iter().copied().enumerate();
        let (short, long): (Vec<_>, Vec<_>) = numbered.partition(|(_, word)| word.len() < WINDOW);
        let many = |plan: window::Plan| {
            let searcher = packed::Config::new()
                .match_kind(packed::MatchKind::LeftmostLongest)
                .heuristic_pattern_limits(false) // which are for words that nobody has chosen
                .builder()
                .extend(&plan.windows)
                .build()?;
            Some(Source::Many(searcher, plan.words))
        };
        let one = |(word, text): (usize, &str)| {
            let folded: Vec<u8> = text.bytes().map(window::fold).collect();
            let within = [Within { word, offset: 0 }];
            Some(match before.iter().find(|ahead| ahead.word == text) {
                Some(ahead) => Source::Before(*ahead, within),
                None => Source::One(Finder::new(&folded).into_owned(), within),
            })
        };
        let sources: Option<Vec<Source>> =
            window::plan(&long).into_iter().map(many).chain(short.into_iter().map(one)).collect();
        let all = words.iter().map(|word| word.as_bytes().into()).collect();
        let ahead = before.iter().map(Ahead::reach).max().unwrap_or(0);
        Some(Self { automaton, sources: sources.unwrap_or_default(), all, longest, ahead })
    }

    /// The length of the longest word.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// A search of one text.
    pub(super) fn over<'a>(&'a self, bytes: &'a [u8]) -> Search<'a> {
        Search { words: self, bytes, folded: Wiped::default(), base: 0, found: Vec::new(), given: 0 }
    }

    /// The first of the words that begins at `from` or later, and of those that begin there the longest.
    fn slowly(&self, bytes: &[u8], from: usize) -> Option<Word> {
        let found = self.automaton.find(Input::new(bytes).range(from.min(bytes.len())..))?;
        Some(Word { number: found.pattern().as_usize(), start: found.start(), end: found.end() })
    }

    /// The word that a window at `at` is a part of, if it stands there.
    fn around(&self, bytes: &[u8], at: usize, within: Within) -> Option<Word> {
        let word = self.all.get(within.word)?;
        let start = at.checked_sub(within.offset)?;
        let end = start + word.len();
        let stands = bytes.get(start..end)?.eq_ignore_ascii_case(word);
        stands.then_some(Word { number: within.word, start, end })
    }
}

impl Source {
    /// Where in a folded block one of its windows stands from `from` on, and which words that may be a part of. `rest` is
    /// the block and what follows it.
    fn find(&self, block: &[u8], rest: &[u8], from: usize) -> Option<(usize, &[Within])> {
        match self {
            Self::Many(searcher, words) => {
                let found = searcher.find_in(block, Span { start: from, end: block.len() })?;
                Some((found.start(), words.get(found.pattern().as_usize())?))
            }
            Self::One(finder, word) => Some((from + finder.find(block.get(from..)?)?, word)),
            Self::Before(ahead, word) => Some((ahead.find(rest, from, block.len())?, word)),
        }
    }
}

impl Ahead {
    /// Where from `from` on, and before `to`, the word stands, if what must stand ahead does, or may yet arrive.
    fn find(&self, text: &[u8], mut from: usize, to: usize) -> Option<usize> {
        while from < to {
            let at = memchr::memchr(self.byte, text.get(from..)?).map_or(text.len(), |at| from + at);
            let before = text.get(..at).unwrap_or_default();
            let between =
                before.iter().rev().take(self.most).take_while(|byte| (self.between)(**byte)).count();
            let word = before.get(..at - between).filter(|text| text.ends_with(self.word.as_bytes()));
            let start = word.map(|text| text.len() - self.word.len());
            if let Some(start) = start.filter(|start| (from..to).contains(start)) {
                return Some(start);
            }
            from = at + 1;
        }
        None
    }

    /// How much of a text tells whether the word means something.
    fn reach(&self) -> usize {
        self.word.len() + self.most + 1
    }
}

/// A search of one text for words.
pub(super) struct Search<'a> {
    words: &'a Words,
    bytes: &'a [u8],
    /// A block of the text, folded, and so much of the next that a word may reach into.
    folded: Wiped,
    /// Where the block begins.
    base: usize,
    /// The words that begin in the block, in order, and how many of them were given.
    found: Vec<Word>,
    given: usize,
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
            if self.folded.is_empty() || from >= self.base + BLOCK {
                self.take(from);
            }
            while let Some(word) = self.found.get(self.given) {
                if word.start >= from {
                    return Some(*word);
                }
                self.given += 1;
            }
            from = self.base + BLOCK;
        }
        None
    }

    /// Finds the words that begin in the block that begins at `base`.
    fn take(&mut self, base: usize) {
        let end = self.bytes.len().min(base + BLOCK + self.words.longest);
        let seen = self.bytes.len().min(end + self.words.ahead);
        let rest = self.bytes.get(base..seen).unwrap_or_default();
        let block = self.bytes.get(base..end).unwrap_or_default();
        self.folded.clear();
        self.folded.extend(block.iter().map(|byte| window::fold(*byte)));
        self.base = base;
        self.found.clear();
        self.given = 0;
        for source in &self.words.sources {
            let mut from = 0;
            while let Some((at, words)) = source.find(&self.folded, rest, from) {
                let found = words.iter().filter_map(|within| self.words.around(block, at, *within));
                let here = found.filter(|word| word.start < BLOCK);
                self.found.extend(here.map(|word| Word {
                    start: base + word.start,
                    end: base + word.end,
                    ..word
                }));
                from = at + 1;
            }
        }
        self.found.sort_unstable_by_key(|word| (word.start, std::cmp::Reverse(word.end)));
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
        let words = Words::new(&WORDS, &[]).unwrap();
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

    #[test]
    fn a_word_is_found_where_something_may_be_ahead() {
        let ahead = Ahead { word: "://", byte: b'@', between: |byte| byte != b'/', most: 9 };
        let words = Words::new(&WORDS, &[ahead]).unwrap();
        let starts = |text: &[u8]| all(&words, text, true).iter().map(|word| word.start).collect::<Vec<_>>();
        for at in (BLOCK - 20..BLOCK + 20).chain([300]) {
            let text = |after: &[u8]| [&vec![b'x'; at], b"://".as_slice(), after, &[b'x'; 300]].concat();
            assert!(starts(&text(b"")).is_empty());
            assert_eq!(starts(&text(b"@")), [at]);
            assert_eq!(starts(&text(b"12345678@://9@@://123456789@")), [at, at + 12, at + 18]);
            assert!(starts(&text(b"1234567890@")).is_empty());
            assert!(starts(&text(b"1/2@")).is_empty());
        }
        // The text may go on with it.
        for (after, found) in
            [("://123456789", &[300][..]), ("://://12345678", &[303]), ("://1234567890", &[])]
        {
            assert_eq!(starts(&[&[b'x'; 300], after.as_bytes()].concat()), found, "{after}");
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
            let words = Words::new(&set, &[]).unwrap();
            let text: String = pieces
                .iter()
                .map(|(word, other, upper)| if *upper { word.to_uppercase() + other } else { other.clone() + word })
                .collect();
            let text = text.repeat(4);
            prop_assert_eq!(all(&words, text.as_bytes(), true), all(&words, text.as_bytes(), false));
        }
    }
}
