//! A look at bytes that may not all be there yet.

/// The answer depends on bytes that have not arrived.
pub(super) struct NeedMore;

#[cfg(test)]
thread_local! {
    static LOOKS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// How many bytes were looked at so far: what the tests measure work by.
#[cfg(test)]
pub(super) fn looks() -> usize {
    LOOKS.get()
}

/// What a rule sees: some bytes before its place, and those after it as far as they are known.
///
/// A rule that asks for a byte beyond what has arrived is told to wait, so that its verdict never depends on
/// where the input was cut.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    bytes: &'a [u8],
    complete: bool,
}

impl<'a> View<'a> {
    pub(super) fn new(bytes: &'a [u8], complete: bool) -> Self {
        Self { bytes, complete }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The byte there, or `None` behind the end of the input.
    pub(super) fn get(&self, at: usize) -> Result<Option<u8>, NeedMore> {
        #[cfg(test)]
        LOOKS.set(LOOKS.get() + 1);
        match self.bytes.get(at) {
            Some(&byte) => Ok(Some(byte)),
            None if self.complete => Ok(None),
            None => Err(NeedMore),
        }
    }

    /// The byte there; NUL behind the end, which no rule takes for a part of a value.
    pub(super) fn at(&self, at: usize) -> Result<u8, NeedMore> {
        Ok(self.get(at)?.unwrap_or(0))
    }

    /// The byte before; NUL at the very beginning.
    pub(super) fn before(&self, at: usize) -> u8 {
        #[cfg(test)]
        LOOKS.set(LOOKS.get() + 1);
        at.checked_sub(1).and_then(|i| self.bytes.get(i)).copied().unwrap_or(0)
    }

    /// Whether `text` stands there, letters compared without case.
    pub(super) fn has(&self, at: usize, text: &[u8]) -> Result<bool, NeedMore> {
        for (i, want) in text.iter().enumerate() {
            if !self.at(at + i)?.eq_ignore_ascii_case(want) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The first place from `at` on, at most `limit` bytes away, whose byte is not `of` the class.
    pub(super) fn skip(&self, at: usize, limit: usize, of: impl Fn(u8) -> bool) -> Result<usize, NeedMore> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let rest = rest.get(..limit).unwrap_or(rest);
        let count = rest.iter().position(|byte| !of(*byte)).unwrap_or(rest.len());
        #[cfg(test)]
        LOOKS.set(LOOKS.get() + count + 1);
        let ended = count < rest.len() || count == limit || self.complete;
        if ended { Ok(at + count) } else { Err(NeedMore) }
    }

    /// The first place, at most `limit` bytes before `at`, from which on all bytes are `of` the class.
    pub(super) fn skip_back(&self, at: usize, limit: usize, of: impl Fn(u8) -> bool) -> usize {
        let before = self.bytes.get(at.saturating_sub(limit)..at).unwrap_or_default();
        let count = before.iter().rev().position(|byte| !of(*byte)).unwrap_or(before.len());
        #[cfg(test)]
        LOOKS.set(LOOKS.get() + count + 1);
        at - count
    }

    pub(super) fn slice(&self, from: usize, to: usize) -> &'a [u8] {
        #[cfg(test)]
        LOOKS.set(LOOKS.get() + to.saturating_sub(from));
        self.bytes.get(from..to).unwrap_or_default()
    }
}
