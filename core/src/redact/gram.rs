//! Fingerprints of how secrets begin, so small that a text is compared with all of them at once.
//!
//! Of the beginning of each needle a few neighbouring *grams* of some bytes are noted: as many as there are places
//! between two samples of the text. Whoever then looks at one gram of the text in so many finds one of them wherever the
//! beginning stands. A filter of a few bits for each gram says of most of the text that nothing begins there.

use zeroize::Zeroizing;

use super::needle::Needle;

/// How the text is sampled: so many bytes at a time, once in so many places.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    gram: usize,
    pub(super) step: usize,
}

/// The rate for needles of which at least twelve digits are looked for, and for shorter ones.
const RATES: [(usize, Rate); 2] = [(12, Rate { gram: 6, step: 7 }), (8, Rate { gram: 5, step: 4 })];

impl Rate {
    /// The fastest at which a head of so many digits is not passed over.
    pub(super) fn of(head: usize) -> Self {
        let fits = RATES.iter().find(|(least, _)| head >= *least).or(RATES.last());
        fits.map_or(Self { gram: 1, step: 1 }, |(_, rate)| *rate)
    }

    /// The fingerprint of the gram at the beginning of eight bytes.
    pub(super) fn print(self, bytes: [u8; 8]) -> u64 {
        let kept = u64::MAX >> (64 - 8 * self.gram);
        mixed((u64::from_le_bytes(bytes) | 0x2020_2020_2020_2020) & kept)
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
    /// Three bits for each fingerprint, all in one word.
    filter: Zeroizing<Vec<u64>>,
    /// Fingerprint and place, at the first free slot from where the fingerprint points. Zero is free.
    slots: Zeroizing<Vec<u64>>,
    used: usize,
}

const USED: u64 = 1 << 16;

impl Grams {
    /// Whether there may be such a fingerprint.
    pub(super) fn may_hold(&self, print: u64) -> bool {
        let bits = 1 << (print & 63) | 1 << (print >> 6 & 63) | 1u64 << (print >> 12 & 63);
        let word = usize::try_from(print >> 18).unwrap_or(0) & self.filter.len().wrapping_sub(1);
        self.filter.get(word).is_some_and(|word| word & bits == bits)
    }

    pub(super) fn places(&self, print: u64) -> impl Iterator<Item = Place> {
        self.probes(print).take_while(|slot| *slot != 0).filter(move |slot| slot >> 24 == print).map(|slot| {
            let [offset, form, ..] = slot.to_le_bytes();
            Place { offset, form }
        })
    }

    fn probes(&self, print: u64) -> impl Iterator<Item = u64> {
        let first = usize::try_from(print).unwrap_or(0);
        let mask = self.slots.len().wrapping_sub(1);
        (0..self.slots.len()).filter_map(move |i| self.slots.get(first.wrapping_add(i) & mask).copied())
    }

    pub(super) fn add(&mut self, print: u64, place: Place) {
        if (self.used + 1) * 2 > self.slots.len() {
            let old = std::mem::take(&mut *self.slots);
            let old = Zeroizing::new(old);
            *self.slots = vec![0; (old.len() * 2).max(64)];
            // Twelve bits of the filter for each that fits.
            *self.filter = vec![0; (self.slots.len() / 8).next_power_of_two()];
            self.used = 0;
            old.iter().filter(|slot| **slot != 0).for_each(|slot| self.put(*slot));
        }
        self.put(print << 24 | USED | u64::from(place.form) << 8 | u64::from(place.offset));
    }

    fn put(&mut self, slot: u64) {
        let print = slot >> 24;
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = usize::try_from(print).unwrap_or(0) & mask;
        while let Some(held) = self.slots.get_mut(at) {
            if *held == slot {
                return;
            }
            if *held == 0 {
                *held = slot;
                self.used += 1;
                break;
            }
            at = (at + 1) & mask;
        }
        let bits = 1 << (print & 63) | 1 << (print >> 6 & 63) | 1u64 << (print >> 12 & 63);
        let word = usize::try_from(print >> 18).unwrap_or(0) & self.filter.len().wrapping_sub(1);
        if let Some(word) = self.filter.get_mut(word) {
            *word |= bits;
        }
    }
}

/// The fingerprints of a needle's head where nothing in it is escaped: of the last grams of it, in every spelling.
pub(super) fn literal(needle: &Needle, rate: Rate, mut each: impl FnMut(u64, usize)) {
    let last = needle.head().saturating_sub(rate.gram);
    for offset in (last + 1).saturating_sub(rate.step)..=last {
        let mut all: Vec<[u8; 8]> = vec![[0; 8]];
        for i in 0..rate.gram {
            let Some(value) = needle.digit(offset + i) else { continue };
            let (spellings, count) = needle.form.spellings(value);
            all = all
                .iter()
                .flat_map(|gram| {
                    spellings.into_iter().take(count).map(move |byte| {
                        let mut gram = *gram;
                        gram.iter_mut().skip(i).take(1).for_each(|slot| *slot = byte);
                        gram
                    })
                })
                .collect();
        }
        all.into_iter().for_each(|gram| each(rate.print(gram), offset));
    }
}

/// The fingerprints around each character of a needle's head that may be the first to be escaped.
pub(super) fn escaped(needle: &Needle, mut each: impl FnMut(u64, usize, u8)) {
    let head = needle.head();
    let byte = |i: usize| needle.digit(i).map_or(0, |value| needle.form.spellings(value).0.first().copied().unwrap_or(0));
    for i in (0..head).filter(|i| needle.escapes(*i)) {
        let after = i + AROUND <= head;
        let from = if after { i } else { (i + 1).saturating_sub(AROUND) };
        let mut bytes = [0; AROUND];
        bytes.iter_mut().zip(from..).for_each(|(slot, i)| *slot = byte(i));
        each(around(bytes, after), i, byte(i));
    }
}
