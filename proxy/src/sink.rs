//! Where audit lines go. Lines that come at the same time are written together.

mod file;
mod lines;
mod noted;
mod place;

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use awsaccess::audit::{Decision, Format, Link, Phase, Record};
use awsaccess::time::Time;

use self::lines::{Lines, Written};
use self::noted::Noted;
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
pub(crate) struct Sink(Arc<Inner>);

struct Inner {
    lines: Mutex<Lines>,
    metrics: Metrics,
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
        let lines = Lines::new(Box::new(writer), place, style, link);
        Self(Arc::new(Inner { lines: Mutex::new(lines), metrics: Metrics::new() }))
    }

    /// How many lines could not be written.
    pub(crate) fn lost(&self) -> u64 {
        self.lines().lost()
    }

    /// Whether the last line that was to be written was.
    pub(crate) fn is_whole(&self) -> bool {
        self.lines().is_whole()
    }

    /// What is counted of the records.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Writes a line, and what waits before it.
    #[cfg(test)]
    fn write(&self, record: &Record, phase: Phase) -> io::Result<()> {
        let written = self.lines().put(&mut record.clone().into(), phase);
        self.settle(&written)
    }

    /// Sees to it that the line is written; an error if it was not, unless the sink may go on without.
    fn settle(&self, written: &Written) -> io::Result<()> {
        if !written.is_settled() {
            self.lines().flush();
        }
        written.outcome()
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A record on its way to the sink. Whatever happens to the request, its last line is written when this is dropped.
pub(crate) struct Entry {
    pub(crate) record: Noted,
    sink: Sink,
    began: Instant,
    status: u16,
    silent: bool,
    /// A line that may still wait for others.
    waiting: Option<Written>,
}

impl Entry {
    pub(crate) fn new(record: Record, sink: &Sink) -> Self {
        let (record, sink) = (record.into(), sink.clone());
        Self { record, sink, began: Instant::now(), status: 0, silent: false, waiting: None }
    }

    /// Writes the first line, before anything is forwarded.
    pub(crate) fn begin(&mut self) -> io::Result<()> {
        self.announce();
        self.settle()
    }

    /// Has the first line written at [`settle`](Self::settle), with those of others who have come as far.
    pub(crate) fn announce(&mut self) {
        self.put(Phase::Begin);
    }

    /// Writes what waits.
    pub(crate) fn settle(&mut self) -> io::Result<()> {
        self.waiting.take().map_or(Ok(()), |written| self.sink.settle(&written))
    }

    fn put(&mut self, phase: Phase) {
        self.waiting = Some(self.sink.lines().put(&mut self.record, phase));
    }

    /// Writes nothing: what happens is recorded elsewhere.
    pub(crate) fn discard(mut self) {
        self.silent = true;
    }

    /// Another that goes on with this one's record; this one writes nothing more.
    pub(crate) fn take_over(&mut self, status: u16) -> Self {
        self.silent = true;
        let (record, sink) = (Record::clone(&self.record).into(), self.sink.clone());
        Self { record, sink, began: self.began, status, silent: false, waiting: self.waiting.take() }
    }

    /// Writes the last line, if it was not written yet.
    pub(crate) fn finish(&mut self) {
        self.conclude();
        self.concluded();
    }

    /// Has the last line written at [`concluded`](Self::concluded), with those of others who have come as far.
    pub(crate) fn conclude(&mut self) {
        if std::mem::replace(&mut self.silent, true) {
            return;
        }
        if self.record.decision.is_none() {
            self.record.decision = Some(Decision::Refused);
        }
        let now = self.record.time + self.began.elapsed();
        self.record.complete(self.status, now);
        self.sink.metrics().count(&self.record);
        self.put(Phase::End);
    }

    /// Writes what waits; a line that could not be written is told to the operator.
    pub(crate) fn concluded(&mut self) {
        if let Err(error) = self.settle() {
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
