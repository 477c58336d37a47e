//! Where audit lines go, one write a line.

mod file;

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use awsaccess::audit::{Decision, Format, Link, Phase, Record};
use awsaccess::time::Time;

/// How lines are written.
#[derive(Clone, Copy, Default)]
pub(crate) struct Style {
    pub(crate) format: Format,
    pub(crate) chain: bool,
}

/// A place for audit lines. A line that could not be written is an error, and the request is then not passed on.
#[derive(Clone)]
pub(crate) struct Sink(Arc<Mutex<Lines>>);

struct Lines {
    writer: Box<dyn Write + Send>,
    format: Format,
    chain: Option<Chain>,
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
        Self::new(io::stdout(), style)
    }

    /// Lines to the end of a file, which is made for its owner alone if it is not there. A chain goes on from the
    /// file's last line, and has the file to itself.
    pub(crate) fn file(path: &Path, style: Style) -> io::Result<Self> {
        let file = file::open(path, style.chain)?;
        if !style.chain {
            return Ok(Self::new(file, style));
        }
        let link = file::last_link(&file)?;
        Ok(Self::with(file::Whole(file), style.format, Some(link)))
    }

    pub(crate) fn new(writer: impl Write + Send + 'static, style: Style) -> Self {
        Self::with(writer, style.format, style.chain.then_some(Link::FIRST))
    }

    fn with(writer: impl Write + Send + 'static, format: Format, link: Option<Link>) -> Self {
        let chain = link.map(Chain::Whole);
        Self(Arc::new(Mutex::new(Lines { writer: Box::new(writer), format, chain })))
    }

    fn write(&self, record: &Record, phase: Phase) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(record, phase)
    }
}

impl Lines {
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
