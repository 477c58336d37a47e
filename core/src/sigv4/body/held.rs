//! Bytes that must not leave yet.

/// What of a body was read and waits for a signature to be seen right, and what of it may leave.
///
/// Where it can, a buffer changes its place instead of its bytes: a chunk is copied once, when it comes in.
#[derive(Default)]
pub(super) struct Held {
    ready: Vec<u8>,
    pending: Vec<u8>,
}

impl Held {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        append(&mut self.pending, bytes);
    }

    /// All that has come so far may leave.
    pub(super) fn free(&mut self) {
        pour(&mut self.pending, &mut self.ready);
    }

    /// All that has come so far may leave, save its last byte: something must follow.
    pub(super) fn free_but_last(&mut self) {
        let last = self.pending.pop();
        self.free();
        self.pending.extend(last);
    }

    /// What may not leave yet.
    pub(super) fn pending(&self) -> &[u8] {
        &self.pending
    }

    /// What may not leave yet, to be changed in place.
    pub(super) fn pending_mut(&mut self) -> &mut [u8] {
        &mut self.pending
    }

    /// Appends to `out` what may leave.
    pub(super) fn release(&mut self, out: &mut Vec<u8>) {
        pour(&mut self.ready, out);
    }

    /// All of it.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.free();
        self.ready
    }
}

/// Appends bytes, in steps. One large copy is made with string instructions, which some processors do several times as
/// slowly when the two buffers begin near the same place of a page, as large buffers do.
pub(super) fn append(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len());
    for step in bytes.chunks(1024) {
        out.extend_from_slice(step);
    }
}

/// Appends `from` to `to`, and empties it.
fn pour(from: &mut Vec<u8>, to: &mut Vec<u8>) {
    if to.is_empty() {
        std::mem::swap(from, to);
    } else {
        to.extend_from_slice(from);
    }
    from.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pending_stays() {
        for before in [&b""[..], b"out"] {
            let mut held = Held::default();
            let mut out = before.to_vec();
            held.push(b"leaves");
            held.free();
            held.push(b" now");
            held.free();
            held.push(b"stays");
            held.release(&mut out);
            assert_eq!(out, [before, b"leaves now"].concat());
            assert_eq!(held.pending(), b"stays");
            held.release(&mut out);
            held.pending_mut()[0] = b'S';
            assert_eq!(held.into_bytes(), b"Stays");
            assert_eq!(out.len(), before.len() + 10);
        }
    }
}
