//! Folders and files that are for this user alone.

use std::env;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use awsaccess_drivers::blocking;

use crate::output::Failure;

/// A folder that nobody else can look into, removed with all that is in it when this is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn temporary() -> Result<Self, Failure> {
        let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let parent = runtime.filter(|path| path.is_absolute() && path.is_dir()).unwrap_or_else(env::temp_dir);
        let name: String = blocking::seed()?.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let path = parent.join(format!("awsaccess-{name}"));
        // Not one that is there already: it could be somebody else's.
        private_builder().create(&path).map_err(|error| named(&path, &error))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Where this user's connections and records are kept: `$XDG_STATE_HOME/awsaccess`, or `~/.awsaccess`.
pub(crate) fn state() -> Result<PathBuf, Failure> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(path) = absolute("XDG_STATE_HOME") {
        return Ok(path.join("awsaccess"));
    }
    let home = absolute("HOME").or_else(|| absolute("USERPROFILE"));
    let home = home.ok_or_else(|| Failure::failed("there is no home folder; set HOME or XDG_STATE_HOME"))?;
    Ok(home.join(".awsaccess"))
}

/// Makes a folder for this user alone, and those above it that are missing.
pub(crate) fn make_private(path: &Path) -> Result<(), Failure> {
    let mut builder = private_builder();
    builder.recursive(true).create(path).map_err(|error| named(path, &error))
}

/// Puts a file for this user alone in the place of another: whole, or not at all.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    // What a process of the same number left behind.
    let _ = fs::remove_file(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    let written =
        options.open(&beside).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    let moved = written.and_then(|()| fs::rename(&beside, path));
    moved.map_err(|error| {
        let _ = fs::remove_file(&beside);
        named(path, &error)
    })
}

/// Opens a file for this user alone, to add to it.
pub(crate) fn append_private(path: &Path) -> Result<fs::File, Failure> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    private(&mut options);
    options.open(path).map_err(|error| named(path, &error))
}

/// Whether nobody else may read it.
#[cfg(unix)]
pub(crate) fn is_private(file: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.permissions().mode() & 0o077 == 0
}

/// On Windows what lies in the user's own folder inherits that nobody else may read it.
#[cfg(not(unix))]
pub(crate) fn is_private(_file: &fs::Metadata) -> bool {
    true
}

fn private_builder() -> DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there is no mode to set"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

pub(crate) fn named(path: &Path, error: &io::Error) -> Failure {
    Failure::failed(format!("{}: {error}", path.display()))
}
