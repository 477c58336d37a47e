//! SHA-256 and HMAC-SHA256 over text that is written piece by piece, and hexadecimal.
//!
//! The compression function is that of the `sha2` crate. What stands around it is here because a signature is over text
//! that need not be in one place: pieces are gathered into blocks on the stack and compressed from there, a key's first
//! block is compressed once and kept, and what was gathered is wiped. Against hashing a canonical request that was
//! written out first, a signature takes half the time and no memory.

mod two;

use std::ops::Range;

use sha2::block_api::compress256;

use crate::secret::wipe;

/// How many blocks are gathered before they are compressed.
const BLOCKS: usize = 4;

/// The least padding (FIPS 180-4, 5.1.1): a one, then zeros up to the length in the last eight bytes of a block.
const PADDING: usize = 9;

/// The state that SHA-256 begins with (FIPS 180-4, 5.3.3).
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// All the work of hashing; tests count it.
#[inline]
fn compress(state: &mut [u32; 8], blocks: &[[u8; 64]]) {
    #[cfg(test)]
    work::add(blocks.len());
    if !blocks.is_empty() {
        compress256(state, blocks);
    }
}

/// How many blocks this thread has compressed: that two ways cost the same is shown by counting, not by a clock.
#[cfg(test)]
pub(crate) mod work {
    use std::cell::Cell;

    thread_local!(static BLOCKS: Cell<usize> = const { Cell::new(0) });

    pub(super) fn add(blocks: usize) {
        BLOCKS.set(BLOCKS.get() + blocks);
    }

    /// What `task` gives, and how many blocks it took.
    pub(crate) fn of<T>(task: impl FnOnce() -> T) -> (T, usize) {
        let before = BLOCKS.get();
        let result = task();
        (result, BLOCKS.get() - before)
    }
}

/// Compresses blocks of two texts side by side, as many as both have, and gives how many those are. Each block waits for
/// the one before it of its own text: of two texts, a processor compresses a block each in half as much time again as one
/// takes.
fn compress_pairs(
    (one, blocks): (&mut [u32; 8], &[[u8; 64]]),
    (other, others): (&mut [u32; 8], &[[u8; 64]]),
) -> usize {
    for (block, another) in blocks.iter().zip(others) {
        compress(one, std::slice::from_ref(block));
        compress(other, std::slice::from_ref(another));
    }
    blocks.len().min(others.len())
}

/// A SHA-256 under way, and perhaps another beside it.
pub(crate) struct Hashing<'a> {
    state: [u32; 8],
    /// How many bytes came before those that are gathered.
    done: u64,
    gathered: [[u8; 64]; BLOCKS],
    used: usize,
    /// Whether more was gathered than what is now: all of it is wiped then.
    filled: bool,
    /// How many blocks of those gathered were compressed beside another text.
    ahead: usize,
    beside: Beside<'a>,
}

/// A text in one place, hashed beside another; at first none.
struct Beside<'a> {
    state: [u32; 8],
    blocks: &'a [[u8; 64]],
    /// What follows the whole blocks, padded; and which of these blocks are left.
    end: [[u8; 64]; 2],
    left: Range<usize>,
}

impl<'a> Beside<'a> {
    const NONE: Self = Self { state: START, blocks: &[], end: [[0; 64]; 2], left: 0..0 };

    /// Takes the text. What it ends with is copied to where it stays: what is moved leaves a copy that nobody wipes.
    fn take(&mut self, text: &'a [u8]) {
        let rest;
        (self.blocks, rest) = text.as_chunks();
        self.left = 0..pad(&mut self.end, rest, text.len() as u64);
    }

    /// Compresses blocks into another state, and of its own as many beside them.
    fn compress(&mut self, state: &mut [u32; 8], mut blocks: &[[u8; 64]]) {
        let pairs = compress_pairs((state, blocks), (&mut self.state, self.blocks));
        blocks = blocks.get(pairs..).unwrap_or_default();
        self.blocks = self.blocks.get(pairs..).unwrap_or_default();
        if !blocks.is_empty() {
            let end = self.end.get(self.left.clone()).unwrap_or_default();
            let pairs = compress_pairs((state, blocks), (&mut self.state, end));
            self.left.start += pairs;
            compress(state, blocks.get(pairs..).unwrap_or_default());
        }
    }

    fn finish(&mut self) -> [u8; 32] {
        compress(&mut self.state, std::mem::take(&mut self.blocks));
        compress(&mut self.state, self.end.get(std::mem::take(&mut self.left)).unwrap_or_default());
        bytes_of(self.state)
    }
}

impl Drop for Beside<'_> {
    fn drop(&mut self) {
        wipe(self.end.as_flattened_mut());
    }
}

impl<'a> Hashing<'a> {
    pub(crate) const fn new() -> Self {
        Self {
            state: START,
            done: 0,
            gathered: [[0; 64]; BLOCKS],
            used: 0,
            filled: false,
            ahead: 0,
            beside: Beside::NONE,
        }
    }

    /// Hashes `text` on the way, for [`Hashing::finish_beside`].
    pub(crate) fn take_beside(&mut self, text: &'a [u8]) {
        self.beside.take(text);
    }

    /// The hash of the text beside this one.
    pub(crate) fn finish_beside(&mut self) -> [u8; 32] {
        self.beside.finish()
    }

    /// Appends bytes.
    #[inline]
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self.room(bytes.len()) {
            Some(room) => room.copy_from_slice(bytes),
            None => self.overflow(bytes),
        }
    }

    /// Appends the first bytes of the sixteen of a number, without a copy of their length where there is room.
    #[inline]
    pub(crate) fn update_start(&mut self, sixteen: u128, length: usize) {
        let free = self.gathered.as_flattened_mut().get_mut(self.used..).map(<[u8]>::as_chunks_mut::<8>);
        match free {
            // By halves: a processor waits where it is to read at once what was just written in two parts.
            Some(([first, second, ..], _)) if length <= 16 => {
                *first = ((sixteen >> 64) as u64).to_be_bytes();
                *second = (sixteen as u64).to_be_bytes();
                self.used += length;
            }
            _ => self.update(sixteen.to_be_bytes().get(..length).unwrap_or_default()),
        }
    }

    /// The next bytes of what is gathered, to be written by the caller; `None` if they do not fit.
    #[inline]
    pub(crate) fn room(&mut self, bytes: usize) -> Option<&mut [u8]> {
        let room = self.gathered.as_flattened_mut().get_mut(self.used..)?.get_mut(..bytes)?;
        self.used += bytes;
        Some(room)
    }

    /// Fills what is gathered, compresses it, then whole blocks from where they are, and gathers what is left.
    #[inline(never)]
    fn overflow(&mut self, bytes: &[u8]) {
        let (blocks, rest) = self.fill(bytes);
        let gathered = self.gathered.get(self.ahead..).unwrap_or_default();
        for blocks in [gathered, blocks] {
            self.beside.compress(&mut self.state, blocks);
        }
        self.go_on(blocks.len(), rest);
    }

    /// Fills what is gathered; gives the whole blocks of what is left, and what follows them.
    #[inline]
    fn fill<'b>(&mut self, bytes: &'b [u8]) -> (&'b [[u8; 64]], &'b [u8]) {
        let free = self.gathered.as_flattened().len() - self.used;
        let (first, rest) = bytes.split_at_checked(free).unwrap_or((bytes, b""));
        if let Some(room) = self.room(first.len()) {
            room.copy_from_slice(first);
        }
        rest.as_chunks()
    }

    /// What was gathered is compressed, and so many blocks behind it; gathers less than a block.
    #[inline]
    fn go_on(&mut self, blocks: usize, rest: &[u8]) {
        self.done += ((BLOCKS + blocks) * 64) as u64;
        (self.used, self.ahead, self.filled) = (0, 0, true);
        if let Some(room) = self.room(rest.len()) {
            room.copy_from_slice(rest);
        }
    }

    const fn has_room(&self, bytes: usize) -> bool {
        self.used + bytes <= BLOCKS * 64
    }

    /// The hash of all that was appended.
    pub(crate) fn finish(&mut self) -> [u8; 32] {
        self.finish_with(None)
    }

    /// The hash of all that was appended; whole blocks that another has gathered are compressed beside its end.
    pub(crate) fn finish_with(&mut self, other: Option<&mut Hashing<'_>>) -> [u8; 32] {
        let bits = (self.done + self.used as u64) * 8;
        let blocks = (self.used + PADDING).div_ceil(64);
        let Some([one, rest @ ..]) = self.gathered.as_flattened_mut().get_mut(self.used..blocks * 64) else {
            let gathered = self.gathered.as_flattened().get(self.ahead * 64..self.used).unwrap_or_default();
            return last(self.state, self.done + (self.ahead * 64) as u64, gathered);
        };
        *one = 0x80;
        rest.fill(0);
        if let Some(place) = rest.last_chunk_mut() {
            *place = bits.to_be_bytes();
        }
        let mut blocks = self.gathered.get(self.ahead..blocks).unwrap_or_default();
        if let Some(other) = other {
            let whole = other.gathered.get(other.ahead..other.used / 64).unwrap_or_default();
            let pairs = compress_pairs((&mut self.state, blocks), (&mut other.state, whole));
            other.ahead += pairs;
            blocks = blocks.get(pairs..).unwrap_or_default();
        }
        compress(&mut self.state, blocks);
        bytes_of(self.state)
    }
}

/// The hash that ends with `rest`, after `done` bytes that went into `state`.
fn last(mut state: [u32; 8], done: u64, rest: &[u8]) -> [u8; 32] {
    let length = done + rest.len() as u64;
    let (blocks, rest) = rest.as_chunks::<64>();
    compress(&mut state, blocks);
    let mut end = [[0; 64]; 2];
    let ends = pad(&mut end, rest, length);
    compress(&mut state, end.get(..ends).unwrap_or_default());
    wipe(end.as_flattened_mut());
    bytes_of(state)
}

/// Writes what a text of that length ends with after its whole blocks, padded, to blocks of zeros; gives how many it takes.
#[inline]
fn pad(end: &mut [[u8; 64]; 2], rest: &[u8], length: u64) -> usize {
    let blocks = if rest.len() + PADDING <= 64 { 1 } else { 2 };
    let bytes = end.as_flattened_mut();
    if let Some((start, [one, ..])) = bytes.split_at_mut_checked(rest.len()) {
        start.copy_from_slice(rest);
        *one = 0x80;
    }
    if let Some(place) = bytes.get_mut(blocks * 64 - 8..blocks * 64) {
        place.copy_from_slice(&(length * 8).to_be_bytes());
    }
    blocks
}

fn bytes_of(state: [u32; 8]) -> [u8; 32] {
    let mut hash = [0; 32];
    for (place, word) in hash.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *place = word.to_be_bytes();
    }
    hash
}

impl Drop for Hashing<'_> {
    fn drop(&mut self) {
        let gathered = self.gathered.as_flattened_mut();
        let filled = if self.filled { gathered.len() } else { self.used };
        wipe(gathered.get_mut(..filled).unwrap_or_default());
    }
}

/// A key of HMAC-SHA256 (RFC 2104), its two first blocks compressed. Wiped on drop.
pub(crate) struct MacKey {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl MacKey {
    /// None yet: the place of one.
    pub(crate) const fn none() -> Self {
        Self { inner: [0; 8], outer: [0; 8] }
    }

    /// Copies another to this place. It is not given back by value: what is moved leaves a copy that nobody wipes.
    pub(crate) const fn set(&mut self, other: &Self) {
        (self.inner, self.outer) = (other.inner, other.outer);
    }

    pub(crate) fn new(key: &[u8]) -> Self {
        let mut block = [0; 64];
        match block.get_mut(..key.len()) {
            Some(start) => start.copy_from_slice(key),
            None => block.iter_mut().zip(sha256(key)).for_each(|(place, byte)| *place = byte),
        }
        let state = |pad: u8| {
            let mut padded = block.map(|byte| byte ^ pad);
            let mut state = START;
            compress(&mut state, &[padded]);
            wipe(&mut padded);
            state
        };
        let key = Self { inner: state(0x36), outer: state(0x5c) };
        wipe(&mut block);
        key
    }

    /// The hash to append the text to.
    pub(crate) const fn begin(&self) -> Hashing<'static> {
        let mut text = Hashing::new();
        (text.state, text.done) = (self.inner, 64);
        text
    }

    /// The same in the place of a hash that is finished, whose room is taken over.
    pub(crate) const fn begin_in(&self, finished: &mut Hashing<'_>) {
        (finished.state, finished.done) = (self.inner, 64);
        (finished.used, finished.ahead, finished.filled) = (0, 0, true);
    }

    /// The code of the text that was appended.
    pub(crate) fn end(&self, text: &mut Hashing<'_>) -> [u8; 32] {
        last(self.outer, 64, &text.finish())
    }

    pub(crate) fn mac(&self, text: &[u8]) -> [u8; 32] {
        last(self.outer, 64, &last(self.inner, 64, text))
    }
}

impl Drop for MacKey {
    fn drop(&mut self) {
        (self.inner, self.outer) = ([0; 8], [0; 8]);
        zeroize::optimization_barrier(self);
    }
}

/// SHA-256 of what is in one place.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    last(START, 0, bytes)
}

/// SHA-256, as the sixty-four characters that canonical requests carry.
pub(crate) fn sha256_hex(bytes: &[u8]) -> [u8; 64] {
    hex(&sha256(bytes))
}

/// Lower-case hexadecimal. It is for what is sent or compared in the open: how long it takes may tell of the bytes.
pub(crate) fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    // Without a table, so that many are written at once.
    let digit = |nibble: u8| nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
    let mut text = [0; 64];
    for (pair, byte) in text.as_chunks_mut().0.iter_mut().zip(bytes) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    text
}

/// Sixty-four lower-case hexadecimal characters, as thirty-two bytes.
pub(crate) fn unhex(text: &[u8]) -> Option<[u8; 32]> {
    let text: &[u8; 64] = text.try_into().ok()?;
    // Without a branch or a table, so that many are read at once.
    let is_digit = |byte: u8| byte.wrapping_sub(b'0') < 10;
    let is_letter = |byte: u8| byte.wrapping_sub(b'a') < 6;
    let all = text.iter().fold(true, |all, byte| all & (is_digit(*byte) | is_letter(*byte)));
    // The low four bits; of a letter, nine more.
    let values = text.map(|byte| (byte & 15) + (byte >> 6) * 9);
    let mut bytes = [0; 32];
    for ([high, low], byte) in values.as_chunks::<2>().0.iter().zip(&mut bytes) {
        *byte = high << 4 | low;
    }
    all.then_some(bytes)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn any_pieces_give_the_hash_of_the_whole() {
        let text: Vec<u8> = (0..3000u32).map(|n| (n * 7) as u8).collect();
        for size in [1, 7, 55, 56, 63, 64, 65, 511, 512, 513, 1000, 3000] {
            let mut hash = Hashing::new();
            text.chunks(size).for_each(|piece| hash.update(piece));
            assert_eq!(hash.finish(), <[u8; 32]>::from(Sha256::digest(&text)), "{size}");
        }
        for length in 0..1200 {
            let text = &text[..length];
            assert_eq!(sha256(text), <[u8; 32]>::from(Sha256::digest(text)), "{length}");
        }
    }

    #[test]
    fn two_beside_each_other_are_two_alone() {
        let text: Vec<u8> = (0..3000u32).map(|n| (n * 7) as u8).collect();
        for other in [0, 1, 55, 63, 64, 65, 230, 640, 2900] {
            for (length, size) in
                [(0, 1), (100, 7), (511, 64), (512, 512), (513, 513), (1400, 930), (3000, 3000)]
            {
                let mut hash = Hashing::new();
                hash.take_beside(&text[3000 - other..]);
                text[..length].chunks(size).for_each(|piece| hash.update(piece));
                assert_eq!(hash.finish_beside(), sha256(&text[3000 - other..]), "{other} {length}");
                assert_eq!(hash.finish(), sha256(&text[..length]), "{other} {length}");
            }
        }
    }

    #[test]
    fn two_ends_beside_each_other_are_two_alone() {
        let text: Vec<u8> = (0..700u32).map(|n| (n * 7) as u8).collect();
        let hash_of = |text: &[u8]| {
            let mut hash = Hashing::new();
            hash.update(text);
            hash
        };
        for length in [0, 54, 55, 63, 64, 300, 503, 504, 512, 700] {
            for other in [0, 63, 64, 75, 200, 511, 512] {
                for more in [0, 5, 64, 600] {
                    let (mut one, mut two) = (hash_of(&text[..length]), hash_of(&text[..other]));
                    assert_eq!(one.finish_with(Some(&mut two)), sha256(&text[..length]), "{length} {other}");
                    two.update(&text[..more]);
                    let whole = [&text[..other], &text[..more]].concat();
                    assert_eq!(two.finish(), sha256(&whole), "{length} {other} {more}");
                }
            }
        }
    }

    #[test]
    fn codes_are_those_of_others() {
        for key in [0, 1, 32, 63, 64, 65, 200] {
            for text in [0, 1, 55, 64, 200, 600] {
                let (key, text) = (vec![b'k'; key], vec![b't'; text]);
                let theirs = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key), &text);
                assert_eq!(MacKey::new(&key).mac(&text), theirs.as_ref());
            }
        }
    }

    #[test]
    fn hex_both_ways() {
        let bytes: [u8; 32] = std::array::from_fn(|n| (n * 37) as u8);
        assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        for byte in 0..=u8::MAX {
            let mut text = [b'0'; 64];
            text[37] = byte;
            let value = b"0123456789abcdef".iter().position(|digit| *digit == byte);
            assert_eq!(unhex(&text).map(|bytes| usize::from(bytes[18])), value, "{byte}");
        }
        assert_eq!(unhex(b"00"), None);
        assert_eq!(&sha256_hex(b"")[..8], b"e3b0c442");
    }
}
