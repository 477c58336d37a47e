//! Fingerprints of how secrets begin, so small that a text is compared with all of them at once.
//!
//! Of the beginning of each needle a few neighbouring *grams* of some bytes are noted: as many as there are places
//! between two samples of the text. Whoever then looks at one gram of the text in so many finds one of them wherever the
//! beginning stands. A filter of a few bits for each gram says of most of the text that nothing begins there.

use zeroize::Zeroizing;

use super::needle::{Form, Needle};

/// How the text is sampled: so many bytes at a time, once in so many places.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) gram: usize,
    pub(super) step: usize,
}

/// The rates for needles of which at least so many digits are looked for.
const RATES: [(usize, Rate); 3] =
    [(16, Rate { gram: 6, step: 11 }), (12, Rate { gram: 5, step: 8 }), (8, Rate { gram: 5, step: 4 })];

impl Rate {
    /// The fastest at which a head of so many digits is not passed over.
    pub(super) fn of(head: usize) -> Self {
        let fits = RATES.iter().find(|(least, _)| head >= *least).or(RATES.last());
        fits.map_or(Self { gram: 1, step: 1 }, |(_, rate)| *rate)
    }

    /// The fingerprint of the gram at the beginning of eight bytes.
    pub(super) fn print(self, bytes: [u8; 8]) -> u64 {
        let kept = u64::MAX >> (64 - 8 * self.gram);
        ((u64::from_le_bytes(bytes) | 0x2020_2020_2020_2020) & kept).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24
    }
}

/// What each byte is to grams: no part of any, or a part of some. What all of a gram's bytes are says which filter holds
/// it. Most of a log is words and numbers, and few secrets hold either, so most of a log is told apart by small filters.
#[derive(Clone)]
pub(super) struct Alphabet([u8; 256]);

const SMALL: u8 = 1;
const DECIMAL: u8 = 2;
const OTHER: u8 = 4;
const FOREIGN: u8 = 8;

/// So many filters there may be: of small letters alone, of decimal digits alone, of everything else.
const FILTERS: usize = 3;

/// A few bits for each fingerprint, all in one word, and how many fingerprints there are.
#[derive(Clone, Default)]
struct Filter {
    words: Zeroizing<Vec<u64>>,
    held: usize,
}

fn class(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => SMALL,
        b'0'..=b'9' => DECIMAL,
        _ => OTHER,
    }
}

fn filter_of(classes: u8) -> usize {
    match classes {
        SMALL => 0,
        DECIMAL => 1,
        _ => 2,
    }
}

impl Default for Alphabet {
    fn default() -> Self {
        Self([FOREIGN; 256])
    }
}

impl Alphabet {
    pub(super) fn holds(&self, byte: u8) -> bool {
        self.class(byte) != FOREIGN
    }

    pub(super) fn add(&mut self, byte: u8) {
        self.0.iter_mut().skip(usize::from(byte)).take(1).for_each(|held| *held = class(byte));
    }

    fn class(&self, byte: u8) -> u8 {
        self.0.get(usize::from(byte)).copied().unwrap_or(FOREIGN)
    }

    /// What the first bytes of a gram are, all together.
    fn classes(&self, bytes: [u8; 8]) -> u8 {
        let [a, b, c, d, e, ..] = bytes;
        self.class(a) | self.class(b) | self.class(c) | self.class(d) | self.class(e)
    }
}

/// How many bytes tell an escaped character apart, itself included.
pub(super) const AROUND: usize = 5;

/// The fingerprint of an escaped character and those after it, or before it.
pub(super) fn around(bytes: [u8; AROUND], after: bool) -> u64 {
    let folded = bytes.iter().fold(u64::from(after) + 1, |all, byte| {
        let byte = match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other.to_ascii_lowercase(),
        };
        all << 8 | u64::from(byte)
    });
    mixed(folded)
}

/// The fingerprint of digits in a row.
pub(super) fn head(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |all, digit| mixed(all << 8 | u64::from(*digit)))
}

/// Forty bits that depend on all of the value.
fn mixed(value: u64) -> u64 {
    let value = (value ^ value >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (value ^ value >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 24
}

/// Where in which needle a gram stands: its offset, and the number of the form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u8,
    pub(super) form: u8,
}

/// A set of fingerprints, and the places that each stands for.
#[derive(Clone, Default)]
pub(super) struct Grams {
    /// By their numbers, as far as there are any.
    filters: Vec<Filter>,
    /// Fingerprint, filter and place, at the first free slot from where the fingerprint points. Zero is free.
    slots: Zeroizing<Vec<u64>>,
    used: usize,
}

/// So many samples are taken in a round.
const ROUND: usize = 256;

impl Grams {
    pub(super) fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Samples a text: tells where there may be one of these grams, and its fingerprint. Returns where the next sample
    /// would be taken, for which fewer than eight bytes are left.
    ///
    /// In rounds, each of which goes over many samples without a branch that depends on them: what the filter holds of
    /// one sample is on its way from memory while the next ones are computed.
    pub(super) fn sample(
        &self,
        text: &[u8],
        rate: Rate,
        alphabet: &Alphabet,
        mut each: impl FnMut(usize, u64),
    ) -> usize {
        let count = text.len().checked_sub(8).map_or(0, |last| last / rate.step + 1);
        let (mut likely, mut held) = ([(0, 0); ROUND], [(0, 0); ROUND]);
        let mut first = 0;
        while first < count {
            let (mut likelies, mut helds) = (0, 0);
            let round = text.get(first * rate.step..).unwrap_or_default();
            for (i, window) in round.windows(8).step_by(rate.step).take(ROUND).enumerate() {
                let classes = window.first_chunk().map_or(FOREIGN, |window| alphabet.classes(*window));
                if let Some(slot) = likely.get_mut(likelies) {
                    *slot = (i * rate.step, classes);
                }
                likelies += usize::from(classes < FOREIGN);
            }
            for &(at, classes) in likely.iter().take(likelies) {
                let Some(window) = round.get(at..).and_then(<[u8]>::first_chunk) else { continue };
                let print = rate.print(*window);
                if let Some(slot) = held.get_mut(helds) {
                    *slot = (at, print);
                }
                helds += usize::from(self.may_hold(print, filter_of(classes)));
            }
            held.iter().take(helds).for_each(|(at, print)| each(first * rate.step + at, *print));
            first += ROUND;
        }
        count * rate.step
    }

    /// Whether there may be such a fingerprint.
    #[inline]
    fn may_hold(&self, print: u64, filter: usize) -> bool {
        may_hold(self.words(filter), print)
    }

    /// The words of a filter.
    pub(super) fn words(&self, filter: usize) -> &[u64] {
        self.filters.get(filter).map_or(&[], |filter| &filter.words)
    }

    pub(super) fn places(&self, print: u64) -> impl Iterator<Item = Place> {
        self.probes(print).take_while(|slot| *slot != 0).filter(move |slot| slot >> 24 == print).map(|slot| {
            let [offset, form, ..] = slot.to_le_bytes();
            Place { offset, form }
        })
    }

    /// Keeps of many fingerprints, each with the place where it was seen, those that there may be. The first slots of all
    /// are on their way from memory at once, and no branch depends on them.
    pub(super) fn keep_likely(&self, seen: &mut Vec<(usize, u64)>) {
        let mask = self.slots.len().wrapping_sub(1);
        let mut kept = 0;
        for i in 0..seen.len() {
            let Some(&(at, print)) = seen.get(i) else { break };
            let slot = self.slots.get(first_slot(print) & mask).copied().unwrap_or_default();
            if let Some(place) = seen.get_mut(kept) {
                *place = (at, print);
            }
            kept += usize::from(slot != 0);
        }
        seen.truncate(kept);
    }

    fn probes(&self, print: u64) -> impl Iterator<Item = u64> {
        let first = first_slot(print);
        let mask = self.slots.len().wrapping_sub(1);
        (0..self.slots.len()).filter_map(move |i| self.slots.get(first.wrapping_add(i) & mask).copied())
    }

    /// Adds a fingerprint that a text is looked up by.
    pub(super) fn add(&mut self, print: u64, place: Place) {
        self.add_to(print, place, FILTERS - 1);
    }

    pub(super) fn add_to(&mut self, print: u64, place: Place, filter: usize) {
        if (self.used + 1) * 2 > self.slots.len() {
            let old = Zeroizing::new(std::mem::take(&mut *self.slots));
            *self.slots = vec![0; (old.len() * 2).max(64)];
            self.used = 0;
            old.iter().filter(|slot| **slot != 0).for_each(|slot| {
                self.put(*slot);
            });
        }
        let number = u64::try_from(filter + 1).unwrap_or(1);
        let slot = print << 24 | number << 16 | u64::from(place.form) << 8 | u64::from(place.offset);
        if !self.put(slot) {
            return;
        }
        if filter >= self.filters.len() {
            self.filters.resize_with(filter + 1, Filter::default);
        }
        let Some(Filter { words, held }) = self.filters.get_mut(filter) else { return };
        *held += 1;
        // A byte for each: more would not stay near the processor.
        if *held > words.len() * 8 {
            **words = vec![0; (words.len() * 2).max(64)];
            self.slots
                .iter()
                .filter(|slot| *slot >> 16 & 255 == number)
                .for_each(|slot| set(words, slot >> 24));
        } else {
            set(words, print);
        }
    }

    /// False if it was there.
    fn put(&mut self, slot: u64) -> bool {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = first_slot(slot >> 24) & mask;
        while let Some(held) = self.slots.get_mut(at) {
            if *held == slot {
                return false;
            }
            if *held == 0 {
                *held = slot;
                self.used += 1;
                return true;
            }
            at = (at + 1) & mask;
        }
        false
    }
}

/// Where among the slots a fingerprint is looked for first. Its low bits depend on few of the bytes that it stands for.
fn first_slot(print: u64) -> usize {
    usize::try_from(mixed(print)).unwrap_or(0)
}

/// Whether the words of a filter may hold a fingerprint.
#[inline]
pub(super) fn may_hold(words: &[u64], print: u64) -> bool {
    let (word, bits) = bits(print, words.len());
    words.get(word).is_some_and(|word| word & bits == bits)
}

/// The word of a filter that a fingerprint sets bits of, and those: no bit of the fingerprint chooses both.
#[inline]
fn bits(print: u64, words: usize) -> (usize, u64) {
    let [word, choice] = [print >> 18, print >> 9].map(|bits| usize::try_from(bits).unwrap_or(0));
    (word & words.wrapping_sub(1), CHOICES.get(choice % CHOICES.len()).copied().unwrap_or(0))
}

/// Four bits of a word each, chosen by lot: to look them up takes less time than to put them together.
static CHOICES: [u64; 512] = choices();

#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
const fn choices() -> [u64; 512] {
    let mut all = [0_u64; 512];
    let (mut choice, mut lot) = (0, 1_u64);
    while choice < all.len() {
        while all[choice].count_ones() < 4 {
            lot = lot.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            all[choice] |= 1 << (lot >> 58);
        }
        choice += 1;
    }
    all
}

fn set(words: &mut [u64], print: u64) {
    let (word, bits) = bits(print, words.len());
    if let Some(word) = words.get_mut(word) {
        *word |= bits;
    }
}

/// So many digits of a needle from an offset on, in every spelling.
pub(super) fn spelled(needle: &Needle, offset: usize, count: usize) -> Vec<[u8; 8]> {
    let mut all: Vec<[u8; 8]> = vec![[0; 8]];
    for i in 0..count {
        let Some(value) = needle.digit(offset + i) else { continue };
        let (spellings, count) = needle.form.spellings(value);
        let before = all.len();
        for &byte in spellings.iter().take(count) {
            all.extend_from_within(..before);
            all.iter_mut().rev().take(before).for_each(|gram| put_at(gram, i, byte));
        }
        all.drain(..before);
    }
    if needle.form == Form::Hex {
        // Large letters have the same fingerprint, but go through another filter; so does a mixture.
        let mut large: Vec<[u8; 8]> = all.clone();
        large.iter_mut().for_each(|gram| gram.make_ascii_uppercase());
        all.extend(large);
    }
    all
}

/// Adds the fingerprints of a needle's head where nothing in it is escaped: of the last grams of it, in every spelling.
pub(super) fn add_literal(needle: &Needle, rate: Rate, form: u8, alphabet: &mut Alphabet, grams: &mut Grams) {
    let last = needle.head().saturating_sub(rate.gram);
    for offset in (last + 1).saturating_sub(rate.step)..=last {
        let all = spelled(needle, offset, rate.gram);
        all.iter().flat_map(|gram| gram.iter().take(rate.gram)).for_each(|byte| alphabet.add(*byte));
        let place = Place { offset: u8::try_from(offset).unwrap_or(0), form };
        for gram in all {
            grams.add_to(rate.print(gram), place, filter_of(alphabet.classes(gram)));
        }
    }
}

fn put_at(gram: &mut [u8; 8], i: usize, byte: u8) {
    if let Some(slot) = gram.get_mut(i) {
        *slot = byte;
    }
}

/// The fingerprints around each character of a needle's head that may be the first to be escaped.
pub(super) fn escaped(needle: &Needle, mut each: impl FnMut(u64, usize, u8)) {
    let head = needle.head();
    let byte = |i: usize| {
        needle.digit(i).map_or(0, |value| needle.form.spellings(value).0.first().copied().unwrap_or(0))
    };
    for i in (0..head).filter(|i| needle.escapes(*i)) {
        let after = i + AROUND <= head;
        let from = if after { i } else { (i + 1).saturating_sub(AROUND) };
        let mut bytes = [0; AROUND];
        bytes.iter_mut().zip(from..).for_each(|(slot, i)| *slot = byte(i));
        each(around(bytes, after), i, byte(i));
    }
}
