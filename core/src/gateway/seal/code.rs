//! Numbers and texts as bytes: each in one way only, so that what is read can be held against what was written.

use base64ct::{Base64, Encoding};

use crate::secret::Wiped;

/// Writes, up to a bound.
pub(super) struct Writer {
    out: Wiped,
    most: usize,
    is_full: bool,
}

impl Writer {
    pub(super) fn new(most: usize) -> Self {
        // All of it at once: what growing leaves behind would not be wiped.
        Self { out: Wiped::with_capacity(most), most, is_full: false }
    }

    /// `None` if it did not fit.
    pub(super) fn finish(self) -> Option<Wiped> {
        (!self.is_full).then_some(self.out)
    }

    fn put(&mut self, bytes: &[u8]) {
        if self.out.len() + bytes.len() > self.most {
            self.is_full = true;
        } else {
            self.out.extend_from_slice(bytes);
        }
    }

    /// Seven bits a byte, the low ones first; the top bit says that more follow.
    pub(super) fn number(&mut self, mut number: u64) {
        loop {
            let low = (number & 0x7f) as u8;
            number >>= 7;
            self.put(&[if number > 0 { low | 0x80 } else { low }]);
            if number == 0 {
                return;
            }
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.put(text.as_bytes());
    }

    pub(super) fn texts(&mut self, texts: &[impl AsRef<str>]) {
        self.number(texts.len() as u64);
        texts.iter().for_each(|text| self.text(text.as_ref()));
    }

    /// A text that is base64 most of the time, as AWS's tokens are: without that, a quarter shorter.
    pub(super) fn base64(&mut self, text: &str) {
        match Base64::decode_vec(text).map(Wiped::from) {
            Ok(bytes) => {
                self.number(1);
                self.number(bytes.len() as u64);
                self.put(&bytes);
            }
            Err(_) => {
                self.number(0);
                self.text(text);
            }
        }
    }
}

/// Reads what [`Writer`] wrote, and nothing else.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..63).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                // A nought at the top is a longer way to write the same.
                return (*byte != 0 || shift == 0).then_some(number);
            }
        }
        None
    }

    pub(super) fn count(&mut self, most: usize) -> Option<usize> {
        self.number().and_then(|count| usize::try_from(count).ok()).filter(|count| *count <= most)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        self.take(length).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    pub(super) fn texts(&mut self, most: usize) -> Option<Vec<String>> {
        let count = self.count(most)?;
        (0..count).map(|_| self.text().map(str::to_owned)).collect()
    }

    pub(super) fn base64(&mut self) -> Option<String> {
        match self.number()? {
            0 => self.text().filter(|text| Base64::decode_vec(text).is_err()).map(str::to_owned),
            1 => {
                let length = self.number()?;
                self.take(length).map(Base64::encode_string)
            }
            _ => None,
        }
    }
}
