//! The lines of a sink: put one behind another, and written when somebody needs to know that his is.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, OnceLock};

use awsaccess::audit::{Event, Format, Link, Phase, Record};

use super::noted::Noted;
use super::place::Place;
use super::{OnFailure, Style, file, now};

/// As many bytes wait at most before they are written unasked.
const MOST_WAITING: usize = 64 << 10;

/// Lines, and the place that they go to.
pub(super) struct Lines {
    pub(super) place: Place,
    pub(super) writer: Box<dyn Write + Send>,
    pub(super) format: Format,
    /// Where the chain stands once what waits is written.
    pub(super) chain: Option<Chain>,
    pub(super) on_failure: OnFailure,
    waiting: Waiting,
    /// Lines that were not written since one was.
    missing: u64,
    /// Lines that were not written at all.
    lost: u64,
}

/// Where a chain stands.
#[derive(Clone, Copy)]
pub(super) enum Chain {
    /// The next line carries this.
    Whole(Link),
    /// Part of a line may have been written: nothing that follows could be proven.
    Broken,
}

/// Lines that are written together.
#[derive(Default)]
struct Waiting {
    text: String,
    /// Where each line ends.
    ends: Vec<usize>,
    /// Whether the first of them says how many are missing.
    owns_up: bool,
    /// Where the chain stood before them.
    before: Option<Chain>,
    outcome: Arc<OnceLock<Outcome>>,
}

/// What became of lines that were written together.
struct Outcome {
    /// How many bytes of whole lines were written.
    whole: usize,
    /// Why not all were, if the sink may not go on without.
    error: Option<(io::ErrorKind, String)>,
}

/// What will become of a line.
pub(super) struct Written {
    outcome: Arc<OnceLock<Outcome>>,
    end: usize,
}

impl Written {
    /// Whether it is known what became of it.
    pub(super) fn is_settled(&self) -> bool {
        self.outcome.get().is_some()
    }

    /// Why it was not written, if it was not and had to be.
    pub(super) fn outcome(&self) -> io::Result<()> {
        match self.outcome.get() {
            Some(Outcome { whole, error: Some((kind, why)) }) if self.end > *whole => {
                Err(io::Error::new(*kind, why.clone()))
            }
            _ => Ok(()),
        }
    }
}

impl Lines {
    pub(super) fn new(writer: Box<dyn Write + Send>, place: Place, style: Style, link: Option<Link>) -> Self {
        let (format, on_failure, chain) = (style.format, style.on_failure, link.map(Chain::Whole));
        let waiting = Waiting::default();
        Self { place, writer, format, chain, on_failure, waiting, missing: 0, lost: 0 }
    }

    /// How many lines could not be written.
    pub(super) const fn lost(&self) -> u64 {
        self.lost
    }

    /// Whether the last line that was to be written was.
    pub(super) const fn is_whole(&self) -> bool {
        self.missing == 0
    }

    /// Puts a line behind those that wait, and before the first of them how many are missing. It is written when somebody
    /// [flushes](Self::flush).
    pub(super) fn put(&mut self, record: &mut Noted, phase: Phase) -> Written {
        if self.waiting.ends.is_empty() {
            self.waiting.before = self.chain;
            if self.missing > 0 {
                let mut gap = Record::new(Event::Gap, record.id.as_str(), now());
                gap.lost = Some(self.missing);
                self.push(&mut gap.into(), Phase::End);
                self.waiting.owns_up = true;
            }
        }
        self.push(record, phase);
        let written = Written { outcome: Arc::clone(&self.waiting.outcome), end: self.waiting.text.len() };
        if self.waiting.text.len() > MOST_WAITING {
            self.flush();
        }
        written
    }

    fn push(&mut self, record: &mut Noted, phase: Phase) {
        let link = match &self.chain {
            Some(Chain::Whole(link)) => Some(*link),
            Some(Chain::Broken) | None => None,
        };
        let Waiting { text, ends, .. } = &mut self.waiting;
        let start = text.len();
        record.write_line(text, phase, self.format, link.as_ref());
        if let Some(link) = link {
            self.chain = Some(Chain::Whole(link.next(&text.as_bytes()[start..])));
        }
        text.push('\n');
        ends.push(text.len());
    }

    /// Writes what waits.
    pub(super) fn flush(&mut self) {
        if self.waiting.ends.is_empty() {
            return;
        }
        let mut waiting = mem::take(&mut self.waiting);
        let (bytes, error) = match waiting.before {
            Some(Chain::Broken) => (0, Some(io::Error::other("an earlier line was written in part only"))),
            _ => write(&mut *self.writer, waiting.text.as_bytes()),
        };
        let lines = waiting.ends.partition_point(|end| *end <= bytes);
        if lines > 0 && waiting.owns_up || error.is_none() {
            self.missing = 0;
        }
        if let Some(error) = &error {
            // The writer says so if it took back what it had written.
            self.chain = match waiting.before {
                Some(Chain::Whole(_)) if !file::is_undone(error) => Some(Chain::Broken),
                before => before,
            };
            let is_gap_lost = waiting.owns_up && lines == 0;
            let lost = (waiting.ends.len() - lines - usize::from(is_gap_lost)) as u64;
            self.missing = self.missing.saturating_add(lost);
            self.lost = self.lost.saturating_add(lost);
            if self.on_failure == OnFailure::Open {
                tracing::error!(%error, lost = self.lost, "the audit log has a gap");
            }
        }
        let must = self.on_failure == OnFailure::Closed;
        let error = error.filter(|_| must).map(|error| (error.kind(), error.to_string()));
        let whole = lines.checked_sub(1).and_then(|last| waiting.ends.get(last).copied()).unwrap_or(0);
        // Nobody else sets it: those who hold it wait for it.
        let _ = waiting.outcome.set(Outcome { whole, error });
        waiting.text.clear();
        waiting.ends.clear();
        self.waiting = Waiting { text: waiting.text, ends: waiting.ends, ..Waiting::default() };
    }
}

/// Writes as much as it can; tells how much that was, and why it was not all.
fn write(writer: &mut dyn Write, bytes: &[u8]) -> (usize, Option<io::Error>) {
    let mut done = 0;
    while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
        match writer.write(rest) {
            Ok(0) => return (done, Some(io::ErrorKind::WriteZero.into())),
            Ok(more) => done += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (done, Some(error)),
        }
    }
    match writer.flush() {
        Ok(()) => (done, None),
        Err(error) => (0, Some(error)),
    }
}
