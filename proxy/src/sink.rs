//! Where audit lines go, one write a line.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use awsaccess::audit::{Decision, Phase, Record};
use awsaccess::time::Time;

/// A place for audit lines. A line that could not be written is an error, and the request is then not passed on.
#[derive(Clone)]
pub(crate) struct Sink(Arc<Mutex<Box<dyn Write + Send>>>);

impl Sink {
    /// Lines to standard output.
    pub(crate) fn stdout() -> Self {
        Self::new(io::stdout())
    }

    /// Lines to the end of a file, which is made for its owner alone if it is not there.
    pub(crate) fn file(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self::new(options.open(path)?))
    }

    pub(crate) fn new(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::new(writer))))
    }

    fn write(&self, line: String) -> io::Result<()> {
        let mut bytes = line.into_bytes();
        bytes.push(b'\n');
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writer.write_all(&bytes)?;
        writer.flush()
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
        self.sink.write(self.record.line(Phase::Begin))
    }

    /// Writes nothing: what happens is recorded elsewhere.
    pub(crate) fn discard(mut self) {
        self.silent = true;
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
        if let Err(error) = self.sink.write(self.record.line(Phase::End)) {
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
