//! Bytes that must not leave yet.

/// What of a body was read and waits for a signature to be seen right.
#[derive(Default)]
pub(super) struct Held {
    bytes: Vec<u8>,
    ready: usize,
}

impl Held {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// All that has come so far may leave.
    pub(super) const fn free(&mut self) {
        self.ready = self.bytes.len();
    }

    /// What may not leave yet.
    pub(super) fn pending(&self) -> &[u8] {
        self.bytes.get(self.ready..).unwrap_or_default()
    }

    /// What may not leave yet, to be changed in place.
    pub(super) fn pending_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.ready..).unwrap_or_default()
    }

    /// Appends to `out` what may leave.
    pub(super) fn release(&mut self, out: &mut Vec<u8>) {
        if out.is_empty() && self.pending().len() < self.ready {
            // The buffers change places: only the beginning of the next piece is copied, not the one that leaves.
            std::mem::swap(out, &mut self.bytes);
            self.bytes.extend_from_slice(out.get(self.ready..).unwrap_or_default());
            out.truncate(self.ready);
        } else {
            out.extend_from_slice(self.bytes.get(..self.ready).unwrap_or_default());
            self.bytes.drain(..self.ready);
        }
        self.ready = 0;
    }

    /// All of it.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pending_stays_in_either_way() {
        for before in [&b""[..], b"out"] {
            let mut held = Held::default();
            let mut out = before.to_vec();
            held.push(b"leaves now");
            held.free();
            held.push(b"stays");
            held.release(&mut out);
            assert_eq!(out, [before, b"leaves now"].concat());
            assert_eq!(held.pending(), b"stays");
            held.release(&mut out);
            held.pending_mut()[0] = b'S';
            assert_eq!(held.into_bytes(), b"Stays");
        }
    }
}
