//! Messages that are here whole: a small request that has come in one piece with its body, and a small answer to one.
//!
//! Most requests to AWS are that. They are read where they lie and answered by the task that read them, without the
//! machinery for what flows. Only what HTTP leaves no choice about is taken for whole; whatever else comes, a body in
//! pieces, an upgrade, something odd, is hyper's: it is given the same bytes again, and the connection with them.

mod reply;
mod request;
mod rewound;
mod serve;

pub(crate) use self::reply::{Answer, Reply, Said};
pub(crate) use self::request::{Message, Request};
pub(crate) use self::rewound::{Replayed, Rewound};
pub(crate) use self::serve::{Answered, Goes, serve};

/// The longest message that is taken for whole: what is longer flows, or is held piece by piece.
const MOST: usize = 16 << 10;
/// The most fields in a head. Who sends more is rare.
const FIELDS: usize = 64;

/// A length in digits and nothing else.
fn length(value: &[u8]) -> Option<u64> {
    let digits = value.iter().all(u8::is_ascii_digit) && (1..=15).contains(&value.len());
    if digits { std::str::from_utf8(value).ok()?.parse().ok() } else { None }
}

/// As much as may be whole, of a length.
fn within(length: u64) -> Option<usize> {
    usize::try_from(length).ok().filter(|length| *length <= MOST)
}

/// Whether the connection is kept, by a `Connection` field that says no more than that.
fn keeps(value: &[u8]) -> Option<bool> {
    let is = |word: &[u8]| value.eq_ignore_ascii_case(word);
    if is(b"keep-alive") { Some(true) } else { is(b"close").then_some(false) }
}

#[cfg(test)]
mod tests;
