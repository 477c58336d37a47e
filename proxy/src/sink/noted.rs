//! A record that two lines are written of.

use std::ops::{Deref, DerefMut};

use awsaccess::audit::{Common, Format, Link, Phase, Record, Shown};
use awsaccess::time::Time;

/// A record, and what its lines have in common once the first of them is written. Whoever changes the record has that
/// written anew; what only the last line says is noted here without.
pub(crate) struct Noted {
    /// It is large, and handed on a few times.
    record: Box<Record>,
    common: Option<Common>,
}

impl From<Record> for Noted {
    fn from(record: Record) -> Self {
        Self { record: Box::new(record), common: None }
    }
}

impl Noted {
    /// The service's own id of the request.
    pub(crate) fn served_as(&mut self, id: Option<Shown>) {
        self.record.upstream_request_id = id;
    }

    /// So many more bytes of the answer.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.record.bytes_out += bytes as u64;
    }

    pub(super) fn complete(&mut self, status: u16, now: Time) {
        self.record.complete(status, now);
    }

    pub(super) fn write_line(&mut self, out: &mut String, phase: Phase, format: Format, link: Option<&Link>) {
        self.record.write_line(out, phase, format, link, &mut self.common);
    }
}

impl Deref for Noted {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.record
    }
}

impl DerefMut for Noted {
    fn deref_mut(&mut self) -> &mut Record {
        self.common = None;
        &mut self.record
    }
}
