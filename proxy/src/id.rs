//! Ids of requests: random, in the form of AWS's own. They tell records apart and are no secrets.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::CryptoProvider;

/// The bytes of an id.
const LENGTH: usize = 16;
/// For how many ids random bytes are drawn at a time: each time is a call to the system.
const DRAWN: usize = 64;

/// Makes ids.
pub(crate) struct Ids {
    provider: Arc<CryptoProvider>,
    pool: Mutex<Pool>,
}

struct Pool {
    bytes: [u8; LENGTH * DRAWN],
    /// How many of them are left, at the front.
    left: usize,
}

impl Ids {
    pub(crate) fn new(provider: Arc<CryptoProvider>) -> Self {
        Self { provider, pool: Mutex::new(Pool { bytes: [0; LENGTH * DRAWN], left: 0 }) }
    }

    /// A fresh one.
    pub(crate) fn next(&self) -> String {
        text(self.drawn())
    }

    fn drawn(&self) -> [u8; LENGTH] {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let Pool { bytes, left } = &mut *pool;
        if *left == 0 {
            // A generator that fails gives ids of noughts, which harms nobody but the reader of the log.
            bytes.fill(0);
            let _ = self.provider.secure_random.fill(bytes);
            *left = DRAWN;
        }
        *left -= 1;
        bytes.as_chunks().0[*left]
    }
}

fn text(bytes: [u8; LENGTH]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut id = [b'-'; 2 * LENGTH + 4];
    for (at, byte) in bytes.into_iter().enumerate() {
        // Two digits each, and a dash before the fifth, seventh, ninth and eleventh.
        let at = 2 * at + (at.clamp(2, 10) - 2) / 2;
        id[at] = DIGITS[usize::from(byte >> 4)];
        id[at + 1] = DIGITS[usize::from(byte & 15)];
    }
    str::from_utf8(&id).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn an_id_has_the_form_of_aws_s() {
        let bytes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0xfe, 0xff];
        assert_eq!(text(bytes), "00010203-0405-0607-0809-0a0b0c0dfeff");
    }

    #[test]
    fn no_id_comes_twice() {
        let ids = Ids::new(Arc::new(rustls::crypto::ring::default_provider()));
        let all: HashSet<_> = (0..10 * DRAWN + 1).map(|_| ids.next()).collect();
        assert_eq!(all.len(), 10 * DRAWN + 1);
    }
}
