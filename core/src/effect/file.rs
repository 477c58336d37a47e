//! Files: read, written, listed, removed and locked by the host.

use std::fmt;

use zeroize::Zeroizing;

use super::Effect;
use crate::error::one_line;

/// The contents of a file. Answer `Ok(None)` if there is no such file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadFile {
    /// Where it is; a leading `~` has been replaced already.
    pub path: String,
    /// The most that will be taken. A longer file is refused, never cut.
    pub max_bytes: usize,
}

impl ReadFile {
    /// The whole of a file of at most `max_bytes`.
    pub fn new(path: impl Into<String>, max_bytes: usize) -> Self {
        Self { path: path.into(), max_bytes }
    }
}

impl Effect for ReadFile {
    type Reply = Result<Option<Vec<u8>>, FileFailure>;

    fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    fn size(reply: &Self::Reply) -> usize {
        reply.as_ref().map_or(0, |data| data.as_ref().map_or(0, Vec::len))
    }
}

/// Writes a file whole or not at all: a temporary file beside it, mode 0600, then a rename. Directories that
/// are missing are made with mode 0700.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteFile {
    /// Where to.
    pub path: String,
    /// What; wiped after use.
    pub data: Zeroizing<Vec<u8>>,
}

impl WriteFile {
    /// Replaces the file at `path`.
    pub fn new(path: impl Into<String>, data: Vec<u8>) -> Self {
        Self { path: path.into(), data: data.into() }
    }
}

impl fmt::Debug for WriteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteFile").field("path", &self.path).field("bytes", &self.data.len()).finish()
    }
}

impl Effect for WriteFile {
    type Reply = Result<(), FileFailure>;
}

/// The names of the files in a directory, without the directory. A missing directory is an empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListFiles {
    /// The directory.
    pub path: String,
    /// The most bytes that all names together may have.
    pub max_bytes: usize,
}

impl ListFiles {
    /// What is in the directory at `path`.
    pub fn new(path: impl Into<String>, max_bytes: usize) -> Self {
        Self { path: path.into(), max_bytes }
    }
}

impl Effect for ListFiles {
    type Reply = Result<Vec<String>, FileFailure>;

    fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    fn size(reply: &Self::Reply) -> usize {
        reply.as_ref().map_or(0, |names| names.iter().map(String::len).sum())
    }
}

/// Removes a file; that it was not there is no failure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoveFile {
    /// Which.
    pub path: String,
}

impl RemoveFile {
    /// Removes the file at `path`.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }
}

impl Effect for RemoveFile {
    type Reply = Result<(), FileFailure>;
}

/// Takes or gives back an exclusive lock that other processes of this machine honour too.
///
/// A host gives back what is still held when the task ends or is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lock {
    /// The file that stands for the lock; made when missing.
    pub path: String,
    /// `true` takes the lock, waiting for it; `false` gives it back.
    pub hold: bool,
}

impl Lock {
    /// Takes the lock at `path`.
    pub fn take(path: impl Into<String>) -> Self {
        Self { path: path.into(), hold: true }
    }

    /// Gives it back.
    pub fn release(path: impl Into<String>) -> Self {
        Self { path: path.into(), hold: false }
    }
}

impl Effect for Lock {
    type Reply = Result<(), FileFailure>;
}

/// Why a file could not be read, written, listed, removed or locked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileFailure {
    /// In one line, for a person: `permission denied`.
    pub reason: String,
}

impl FileFailure {
    /// A failure with its reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: one_line(&reason.into()) }
    }
}
