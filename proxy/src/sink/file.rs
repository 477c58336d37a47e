//! The file of an audit log, and what a chain of lines needs of it.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use awsaccess::audit::Link;

/// The longest line that is read back; records are far shorter.
const LONGEST: u64 = 1 << 20;

/// Opens a file to append to. `alone`: it is read back as well, and no other gateway may write to it.
pub(super) fn open(path: &Path, alone: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).read(alone);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    if alone {
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::other("another gateway writes its chain to this file"),
            TryLockError::Error(error) => error,
        })?;
    }
    Ok(file)
}

/// Which file it is, by whatever name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Id([u64; 2]);

impl Id {
    /// `None` where the system does not tell.
    pub(super) fn of(metadata: io::Result<Metadata>) -> Option<Self> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            metadata.ok().map(|metadata| Self([metadata.dev(), metadata.ino()]))
        }
        #[cfg(not(unix))]
        {
            drop(metadata);
            None
        }
    }
}

/// What the next line of the file carries.
pub(super) fn last_link(mut file: &File) -> io::Result<Link> {
    let length = file.seek(SeekFrom::End(0))?;
    if length == 0 {
        return Ok(Link::FIRST);
    }
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST)))?;
    let mut end = Vec::new();
    file.take(LONGEST).read_to_end(&mut end)?;
    let advice = "move the file away to begin a new chain, or see `awsaccess audit verify`";
    let Some(lines) = end.strip_suffix(b"\n") else {
        return Err(io::Error::other(format!("its last line has no end; {advice}")));
    };
    let last = lines.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    Link::after(last)
        .ok_or_else(|| io::Error::other(format!("its last line carries no link of a chain; {advice}")))
}

/// A file that takes a line whole or not at all: what was written of one when it failed is taken back.
pub(super) struct Whole(pub(super) File);

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let before = self.0.metadata().map(|metadata| metadata.len());
        let Err(error) = self.0.write_all(bytes) else { return Ok(()) };
        Err(taken_back(&self.0, before, error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Cuts a file to the length that it had. The error says so if that went well.
pub(super) fn taken_back(file: &File, before: io::Result<u64>, error: io::Error) -> io::Error {
    match before.and_then(|length| file.set_len(length)) {
        Ok(()) => io::Error::new(error.kind(), Undone(error)),
        Err(_) => error,
    }
}

/// Why a line could not be written, nothing of which is left.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Undone(#[source] io::Error);

/// Whether nothing is left of the line that could not be written.
pub(super) fn is_undone(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<Undone>()).is_some()
}
