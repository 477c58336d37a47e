//! Where audit lines go, one write a line.

mod file;
mod place;

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use awsaccess::audit::{Decision, Event, Format, Link, Phase, Record};
use awsaccess::time::Time;

pub(crate) use self::place::Change;
use self::place::Place;
use crate::metrics::Metrics;

/// How lines are written.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) format: Format,
    pub(crate) chain: bool,
    pub(crate) on_failure: OnFailure,
}

/// What becomes of a request that cannot be recorded.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum OnFailure {
    /// It is refused.
    #[default]
    Closed,
    /// It is passed on; how many lines are missing is recorded as soon as one can be written again.
    Open,
}

/// A place for audit lines. A line that could not be written is an error, unless the sink may go on without.
#[derive(Clone)]
pub(crate) struct Sink {
    lines: Arc<Mutex<Lines>>,
    metrics: Arc<Metrics>,
}

struct Lines {
    place: Place,
    writer: Box<dyn Write + Send>,
    format: Format,
    chain: Option<Chain>,
    on_failure: OnFailure,
    /// Lines that were not written since one was.
    missing: u64,
    /// Lines that were not written at all.
    lost: u64,
}

/// Where a chain stands.
enum Chain {
    /// The next line carries this.
    Whole(Link),
    /// Part of a line may have been written: nothing that follows could be proven.
    Broken,
}

impl Sink {
    /// Lines to standard output.
    pub(crate) fn stdout(style: Style) -> Self {
        Self::with(io::stdout(), Place::Stdout, style, style.chain.then_some(Link::FIRST))
    }

    /// Lines to the end of a file, which is made for its owner alone if it is not there. A chain goes on from the
    /// file's last line, and has the file to itself.
    pub(crate) fn file(path: &Path, style: Style) -> io::Result<Self> {
        let file = file::open(path, style.chain)?;
        let place = Place::File(path.to_owned(), file::Id::of(file.metadata()));
        if !style.chain {
            return Ok(Self::with(file, place, style, None));
        }
        let link = file::last_link(&file)?;
        Ok(Self::with(file::Whole(file), place, style, Some(link)))
    }

    pub(crate) fn new(writer: impl Write + Send + 'static, style: Style) -> Self {
        Self::with(writer, Place::Given, style, style.chain.then_some(Link::FIRST))
    }

    fn with(writer: impl Write + Send + 'static, place: Place, style: Style, link: Option<Link>) -> Self {
        let chain = link.map(Chain::Whole);
        let (format, on_failure) = (style.format, style.on_failure);
        let writer = Box::new(writer);
        let lines = Lines { place, writer, format, chain, on_failure, missing: 0, lost: 0 };
        Self { lines: Arc::new(Mutex::new(lines)), metrics: Arc::new(Metrics::new()) }
    }

    /// How many lines could not be written.
    pub(crate) fn lost(&self) -> u64 {
        self.lines().lost
    }

    /// Whether the last line that was to be written was.
    pub(crate) fn is_whole(&self) -> bool {
        self.lines().missing == 0
    }

    /// What is counted of the records.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    fn write(&self, record: &Record, phase: Phase) -> io::Result<()> {
        self.lines().put(record, phase)
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    /// Writes a line, and before it how many are missing.
    fn put(&mut self, record: &Record, phase: Phase) -> io::Result<()> {
        let written = self.own_up(record).and_then(|()| self.write(record, phase));
        let Err(error) = written else { return Ok(()) };
        self.missing = self.missing.saturating_add(1);
        self.lost = self.lost.saturating_add(1);
        match self.on_failure {
            OnFailure::Closed => Err(error),
            OnFailure::Open => {
                tracing::error!(id = record.id, %error, lost = self.lost, "the audit log has a gap");
                Ok(())
            }
        }
    }

    fn own_up(&mut self, next: &Record) -> io::Result<()> {
        if self.missing == 0 {
            return Ok(());
        }
        let mut gap = Record::new(Event::Gap, next.id.as_str(), now());
        gap.lost = Some(self.missing);
        self.write(&gap, Phase::End)?;
        self.missing = 0;
        Ok(())
    }

    fn write(&mut self, record: &Record, phase: Phase) -> io::Result<()> {
        let link = match &self.chain {
            None => None,
            Some(Chain::Whole(link)) => Some(*link),
            Some(Chain::Broken) => return Err(io::Error::other("an earlier line was written in part only")),
        };
        let mut bytes = record.linked_line(phase, self.format, link.as_ref()).into_bytes();
        let next = link.map(|link| link.next(&bytes));
        bytes.push(b'\n');
        let written = self.writer.write_all(&bytes).and_then(|()| self.writer.flush());
        match (&written, next) {
            (Ok(()), Some(next)) => self.chain = Some(Chain::Whole(next)),
            // The writer says so if it took the part back.
            (Err(error), Some(_)) if !file::is_undone(error) => self.chain = Some(Chain::Broken),
            _ => {}
        }
        written
    }
}

/// A record on its way to the sink. Whatever happens to the request, its last line is written when this is dropped.
pub(crate) struct Entry {
    pub(crate) record: Record,
    sink: Sink,
    began: Instant,
    status: u16,
    silent: bool,
}

impl Entry {
    pub(crate) fn new(record: Record, sink: &Sink) -> Self {
        Self { record, sink: sink.clone(), began: Instant::now(), status: 0, silent: false }
    }

    /// Writes the first line, before anything is forwarded.
    pub(crate) fn begin(&self) -> io::Result<()> {
        self.sink.write(&self.record, Phase::Begin)
    }

    /// Writes nothing: what happens is recorded elsewhere.
    pub(crate) fn discard(mut self) {
        self.silent = true;
    }

    /// Another that goes on with this one's record; this one writes nothing more.
    pub(crate) fn take_over(&mut self, status: u16) -> Self {
        self.silent = true;
        let (record, sink) = (self.record.clone(), self.sink.clone());
        Self { record, sink, began: self.began, status, silent: false }
    }

    /// Writes the last line, if it was not written yet.
    pub(crate) fn finish(&mut self) {
        if std::mem::replace(&mut self.silent, true) {
            return;
        }
        if self.record.decision.is_none() {
            self.record.decision = Some(Decision::Refused);
        }
        let now = self.record.time + self.began.elapsed();
        self.record.complete(self.status, now);
        self.sink.metrics.count(&self.record);
        if let Err(error) = self.sink.write(&self.record, Phase::End) {
            tracing::error!(id = self.record.id, %error, "the end of a request could not be recorded");
        }
    }

    /// Notes what the client was answered with.
    pub(crate) fn answered(&mut self, status: u16) {
        self.status = status;
    }

    /// Notes that it went wrong after it was allowed.
    pub(crate) fn failed(&mut self, error: &'static str, reason: &str) {
        self.record.error = Some(error);
        self.record.reason = Some(awsaccess::audit::Shown::text(reason));
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.finish();
    }
}

/// The clock.
pub(crate) fn now() -> Time {
    Time::from(SystemTime::now())
}

#[cfg(test)]
mod tests;
