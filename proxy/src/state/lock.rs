//! A file beside the state whose lock says which gateway has it. The state itself is replaced with each change, and a lock
//! on it would go with the old one.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// The right to write a state. It ends with the process, however that ends.
pub(super) struct Lock(#[expect(dead_code, reason = "what it is held for is that it is held")] File);

impl Lock {
    /// Takes the lock of the state at `path`, in a file of that name with `.lock` behind it.
    pub(super) fn take(path: &Path) -> io::Result<Self> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let shown = Path::new(&beside).display().to_string();
        let failed = |error: io::Error| io::Error::new(error.kind(), format!("{shown}: {error}"));
        let file = options.open(&beside).map_err(failed)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::new(
                io::ErrorKind::ResourceBusy,
                format!("another gateway has it ({shown} is locked); give each gateway a file of its own"),
            ),
            TryLockError::Error(error) => failed(error),
        })?;
        Ok(Self(file))
    }
}
