//! A chain through the lines of an audit log, so that no line is altered, removed or put in unseen.
//!
//! Each line carries a [`Link`]: its number, and the SHA-256 of the bytes of the line before it (without the line
//! break). The first line of a chain has the number 1 and, for the line before it, sixty-four zeros. [`Verifier`] reads
//! the lines again and says where they do not hold together.
//!
//! A chain proves that a log is whole up to its last line. Whoever can write the file can still cut off its end or
//! write all of it anew: to see that, note the hash of the last line elsewhere, and look for it later
//! ([`Verifier::noted`]).
//!
//! ```
//! use awsaccess::audit::{Format, Link, Phase, Record, Verifier};
//! use awsaccess::time::Time;
//! let record = Record::request("id-1", Time::from_unix(1_440_938_160));
//! let mut link = Link::FIRST;
//! let mut verifier = Verifier::new();
//! for phase in [Phase::Begin, Phase::End] {
//!     let line = record.linked_line(phase, Format::Plain, Some(&link));
//!     link = link.next(line.as_bytes());
//!     assert_eq!(verifier.line(line.as_bytes()), None);
//! }
//! assert!(verifier.line(b"{\"event\":\"request.end\"}").is_some());
//! ```

use std::collections::VecDeque;
use std::fmt;

use serde_json::{Map, Value};

use super::line::{Line, name};
use crate::hash;

/// What a line says of its place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    sequence: u64,
    previous: [u8; 32],
}

impl Link {
    /// Of the first line of a chain.
    pub const FIRST: Self = Self { sequence: 1, previous: [0; 32] };

    /// Of the line after the one that carries this link and has these bytes, without the line break.
    #[must_use]
    pub fn next(&self, line: &[u8]) -> Self {
        Self { sequence: self.sequence.saturating_add(1), previous: hash::sha256(line) }
    }

    /// Of the line after this one, which was read back. `None` if it carries no link.
    #[must_use]
    pub fn after(line: &[u8]) -> Option<Self> {
        Some(Self::read(line)?.next(line))
    }

    /// The link that a line carries.
    fn read(line: &[u8]) -> Option<Self> {
        let line: Value = serde_json::from_slice(line).ok()?;
        let chain = line.get(NAME).or_else(|| line.get("unmapped")?.get(NAME))?;
        let sequence = chain.get("sequence")?.as_u64()?;
        let previous = hash::unhex(chain.get("previous")?.as_str()?.as_bytes())?;
        Some(Self { sequence, previous })
    }

    /// The hash of the line before, in hexadecimal.
    #[must_use]
    pub fn previous(&self) -> String {
        hash::hex(&self.previous).iter().map(|digit| char::from(*digit)).collect()
    }

    /// As a member of a line.
    pub(super) fn write(&self, line: &mut Line<'_>) {
        let previous = hash::hex(&self.previous);
        line.object(name!("chain"), |chain| {
            chain.number(name!("sequence"), Some(self.sequence));
            chain.text(name!("previous"), str::from_utf8(&previous).ok());
        });
    }

    /// As a member of an object.
    pub(super) fn put(&self, fields: &mut Map<String, Value>) {
        let mut chain = Map::new();
        chain.insert("sequence".to_owned(), self.sequence.into());
        chain.insert("previous".to_owned(), self.previous().into());
        fields.insert(NAME.to_owned(), chain.into());
    }
}

/// The member of a line that is its link.
const NAME: &str = "chain";

/// Where a chain does not hold. Lines are counted from 1 over all that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The first line does not begin the chain: this many lines are missing before it, or the file before.
    Beginning(u64),
    /// A line carries no link: it was altered, or put in.
    Unlinked(u64),
    /// A line is not the one that the next line is linked to: it was altered, or the next one's link was.
    Altered(u64),
    /// Lines are missing before this one, so many.
    Removed(u64, u64),
    /// A line, or several up to the second, were put in.
    Inserted(u64, u64),
    /// A line has no end: what came after is cut off.
    Cut(u64),
    /// No line has the hash that was noted: the end is cut off, or all was written anew.
    NotNoted,
    /// There are no lines at all.
    Empty,
}

impl Fault {
    /// The fault in words, with a place for each line.
    pub fn describe(&self, place: impl Fn(u64) -> String) -> String {
        match *self {
            Self::Beginning(missing) => {
                let number = missing.saturating_add(1);
                format!(
                    "{} does not begin the chain: it says that it is number {number} and what came before it is \
                     missing",
                    place(1)
                )
            }
            Self::Unlinked(line) => {
                format!("{} carries no link to the line before it: it was altered or inserted", place(line))
            }
            Self::Altered(line) => {
                let next = place(line.saturating_add(1));
                format!("{} was altered (or the link to it in {next} was)", place(line))
            }
            Self::Removed(line, 1) => format!("a line was removed before {}", place(line)),
            Self::Removed(line, count) => format!("{count} lines were removed before {}", place(line)),
            Self::Inserted(line, last) if line == last => format!("{} was inserted", place(line)),
            Self::Inserted(line, last) => format!("{} to {} were inserted", place(line), place(last)),
            Self::Cut(line) => format!("{} has no end: it is cut off", place(line)),
            Self::NotNoted => {
                "no line has the hash that was noted: the end was cut off, or lines were written anew"
                    .to_owned()
            }
            Self::Empty => "there are no lines".to_owned(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(|line| format!("line {line}")))
    }
}

/// How far back an insertion is recognised as one.
const WINDOW: usize = 256;

/// Reads the lines of a chain, in order and over as many files as it has, and finds where it does not hold.
#[derive(Debug, Clone)]
pub struct Verifier {
    expected: Link,
    /// What came before has the hash of `expected`, but how many lines it was is not known.
    any_number: bool,
    /// The last lines that fitted.
    past: VecDeque<Past>,
    /// What follows the last line that did not fit.
    beside: Option<Link>,
    /// How many lines without a link came since one fitted.
    unlinked: u64,
    lines: u64,
    noted: Option<[u8; 32]>,
}

/// A line that fitted: the link that it carries, its hash, and which it is.
#[derive(Debug, Clone)]
struct Past {
    link: Link,
    hash: [u8; 32],
    line: u64,
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier {
    /// For a chain from its beginning.
    #[must_use]
    pub fn new() -> Self {
        Self {
            expected: Link::FIRST,
            any_number: false,
            past: VecDeque::new(),
            beside: None,
            unlinked: 0,
            lines: 0,
            noted: None,
        }
    }

    /// For a chain that goes on from a line that is not at hand any more: its hash, in hexadecimal. `None` if it is no
    /// SHA-256.
    #[must_use]
    pub fn after(hash: &str) -> Option<Self> {
        let previous = hash::unhex(hash.as_bytes())?;
        let expected = Link { previous, ..Link::FIRST };
        Some(Self { expected, any_number: true, ..Self::new() })
    }

    /// With a hash that was noted earlier, which a line must still have. `None` if it is no SHA-256.
    #[must_use]
    pub fn noted(mut self, hash: &str) -> Option<Self> {
        self.noted = Some(hash::unhex(hash.as_bytes())?);
        Some(self)
    }

    /// The next line, without its line break: what is found wrong when it is read.
    pub fn line(&mut self, line: &[u8]) -> Option<Fault> {
        self.lines = self.lines.saturating_add(1);
        let Some(found) = Link::read(line) else {
            self.unlinked = self.unlinked.saturating_add(1);
            return Some(Fault::Unlinked(self.lines));
        };
        if std::mem::take(&mut self.any_number) && found.previous == self.expected.previous {
            self.expected = found;
        }
        let next = found.next(line);
        let fault = self.compare(&found, &next.previous);
        if matches!(fault, Some(Fault::Inserted(first, _)) if first == self.lines) {
            // The chain goes on without this line, or, if nothing fits, beside it.
            self.beside = Some(next);
            return fault;
        }
        self.unlinked = 0;
        self.beside = None;
        self.past.push_back(Past { link: found, hash: next.previous, line: self.lines });
        if self.past.len() > WINDOW {
            self.past.pop_front();
        }
        self.expected = next;
        if self.noted == Some(next.previous) {
            self.noted = None;
        }
        fault
    }

    /// The next and last line of a file, if it has no line break.
    pub fn unended(&mut self) -> Fault {
        self.lines = self.lines.saturating_add(1);
        self.unlinked = self.unlinked.saturating_add(1);
        Fault::Cut(self.lines)
    }

    /// After the last line: what is missing.
    #[must_use]
    pub fn finish(&self) -> Option<Fault> {
        if self.lines == 0 {
            return Some(Fault::Empty);
        }
        self.noted.map(|_| Fault::NotNoted)
    }

    /// How many lines were read.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The hash of the last line of the chain, to be noted.
    #[must_use]
    pub fn head(&self) -> String {
        self.expected.previous()
    }

    fn compare(&self, found: &Link, hash: &[u8; 32]) -> Option<Fault> {
        let here = self.lines;
        if *found == self.expected {
            return None;
        }
        if self.past.iter().any(|past| past.hash == *hash) {
            return Some(Fault::Inserted(here, here));
        }
        if Some(*found) == self.beside {
            return None;
        }
        let first = self.past.is_empty() && self.unlinked == 0;
        // Two lines claim the same place: what stands between was put in.
        if let Some(past) = self.past.iter().find(|past| past.link == *found) {
            return Some(Fault::Inserted(past.line, here.saturating_sub(1)));
        }
        match found.sequence.checked_sub(self.expected.sequence) {
            None => Some(Fault::Inserted(here, here)),
            Some(missing) if first => Some(Fault::Beginning(missing)),
            Some(0) => Some(Fault::Altered(here.saturating_sub(1))),
            // They stand there, but without their links, and were named.
            Some(missing) if missing <= self.unlinked => None,
            Some(missing) => Some(Fault::Removed(here, missing.saturating_sub(self.unlinked))),
        }
    }
}

#[cfg(test)]
mod tests;
