//! Files of this machine.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use awsaccess::effect::FileFailure;

/// A process that holds a lock longer than this hangs.
const LONGEST_LOCK: Duration = Duration::from_secs(30);
const LOCK_POLL: Duration = Duration::from_millis(20);

pub(crate) fn read(path: &Path, max_bytes: usize) -> Result<Option<Vec<u8>>, FileFailure> {
    let mut data = Vec::new();
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    match File::open(path).and_then(|file| file.take(limit).read_to_end(&mut data)) {
        // One byte too many is kept: the task must see that there is more than it takes.
        Ok(_) => Ok(Some(data)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(failure(&error)),
    }
}

/// Whole or not at all: beside the target, flushed to the disk, then renamed over it.
pub(crate) fn write(path: &Path, data: &[u8]) -> Result<(), FileFailure> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    if let Some(directory) = directory {
        private_directory().create(directory).map_err(|error| failure(&error))?;
    }
    let (mut file, beside) = create_beside(path)?;
    let written = file.write_all(data).and_then(|()| file.sync_all());
    drop(file);
    written.and_then(|()| std::fs::rename(&beside, path)).map_err(|error| {
        // Nothing of a secret is left behind.
        let _ = std::fs::remove_file(&beside);
        failure(&error)
    })
}

pub(crate) fn list(path: &Path, max_bytes: usize) -> Result<Vec<String>, FileFailure> {
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failure(&error)),
    };
    let (mut names, mut bytes) = (Vec::new(), 0);
    for entry in entries {
        let entry = entry.map_err(|error| failure(&error))?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let Some(name) = entry.file_name().into_string().ok().filter(|_| is_file) else { continue };
        bytes += name.len();
        if bytes > max_bytes {
            return Err(FileFailure::new("there are too many files"));
        }
        names.push(name);
    }
    names.sort();
    Ok(names)
}

pub(crate) fn remove(path: &Path) -> Result<(), FileFailure> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failure(&error)),
        _ => Ok(()),
    }
}

/// The lock ends when the file is closed, be it by the end of this process.
pub(crate) fn lock(path: &Path) -> Result<File, FileFailure> {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        private_directory().create(directory).map_err(|error| failure(&error))?;
    }
    let file = private_file().create(true).open(path).map_err(|error| failure(&error))?;
    let deadline = Instant::now() + LONGEST_LOCK;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(LOCK_POLL),
            Err(TryLockError::WouldBlock) => {
                return Err(FileFailure::new("another process holds the lock and does not give it back"));
            }
            Err(TryLockError::Error(error)) => return Err(failure(&error)),
        }
    }
}

fn create_beside(path: &Path) -> Result<(File, PathBuf), FileFailure> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    for _ in 0..16 {
        let mut name = path.file_name().ok_or_else(|| FileFailure::new("the path names no file"))?.to_owned();
        name.push(format!(".{}.{}.tmp", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
        let beside = path.with_file_name(name);
        match private_file().create_new(true).open(&beside) {
            Ok(file) => return Ok((file, beside)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failure(&error)),
        }
    }
    Err(FileFailure::new("no name is free for a temporary file"))
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn private_directory() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn failure(error: &std::io::Error) -> FileFailure {
    FileFailure::new(error.to_string().to_lowercase())
}
