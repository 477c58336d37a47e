//! A listening Unix socket that its owner alone can connect to.
//!
//! It is bound in a folder of our own, closed to others and there moved to its place, so that there is no moment in which
//! it is open to more than it should be, whatever the process's umask.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

/// A socket, whose file goes when this does.
pub(super) struct Socket {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode of the file, to tell it from one that came later.
    file: (u64, u64),
    owner: u32,
}

impl Socket {
    /// Binds `path`. What a gateway that is gone left behind is replaced; a socket that somebody listens on is not, nor
    /// is anything else.
    pub(super) fn bind(path: &Path) -> io::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().ok_or_else(|| refused("a file name is wanted"))?;
        let own = Own::make(folder)?;
        let owner = own.owner;
        check_folder(&fs::metadata(folder)?, owner)?;
        check_stale(path, owner)?;
        let draft = own.path.join("s");
        let listener = std::os::unix::net::UnixListener::bind(&draft)?;
        fs::set_permissions(&draft, Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        let path = folder.join(name);
        fs::rename(&draft, &path)?;
        let found = fs::symlink_metadata(&path)?;
        let listener = UnixListener::from_std(listener)?;
        Ok(Self { listener, path, file: (found.dev(), found.ino()), owner })
    }

    /// The next connection. Only the owner and root can open the socket; that it was one of them is checked again.
    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            let who = stream.peer_cred()?.uid();
            if who == self.owner || who == 0 {
                return Ok(stream);
            }
            tracing::warn!(uid = who, "another user connected to the unix socket; its mode was changed");
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let ours =
            fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.file);
        if ours {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A folder for our eyes only, beside the socket's place; gone when this is.
struct Own {
    path: PathBuf,
    owner: u32,
}

impl Own {
    fn make(parent: &Path) -> io::Result<Self> {
        for number in 0..100 {
            let path = parent.join(format!(".aa{}-{number}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => {
                    let owner = fs::symlink_metadata(&path)?.uid();
                    return Ok(Self { path, owner });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(refused("its folder is full of leftovers (.aa*); remove them"))
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.path.join("s"));
        let _ = fs::remove_dir(&self.path);
    }
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

/// Nobody else may put something in the socket's place: the folder is ours or root's, and not for others to write to,
/// save where the sticky bit keeps them from what is ours.
fn check_folder(folder: &Metadata, owner: u32) -> io::Result<()> {
    if folder.uid() != owner && folder.uid() != 0 {
        return Err(refused("its folder belongs to another user"));
    }
    if folder.mode() & 0o022 != 0 && folder.mode() & 0o1000 == 0 {
        return Err(refused("its folder can be written to by others; take that away (chmod go-w)"));
    }
    Ok(())
}

fn check_stale(path: &Path, owner: u32) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !found.file_type().is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "something that is no socket is in its place",
        ));
    }
    if found.uid() != owner {
        return Err(refused("a socket of another user is in its place"));
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        _ => Err(io::Error::new(io::ErrorKind::AddrInUse, "another program listens there")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("awsaccess-socket-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            DirBuilder::new().mode(0o700).create(&path).unwrap();
            Self(path)
        }

        fn names(&self) -> Vec<String> {
            let all = fs::read_dir(&self.0).unwrap();
            all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[tokio::test]
    async fn it_is_for_its_owner_and_leaves_nothing() {
        let folder = Folder::new("owner");
        let path = folder.0.join("gateway.sock");
        let socket = Socket::bind(&path).unwrap();
        assert_eq!(fs::symlink_metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(folder.names(), ["gateway.sock"]);
        let _client = std::os::unix::net::UnixStream::connect(&path).unwrap();
        socket.accept().await.unwrap();
        // Somebody listens: it is not taken away.
        let again = Socket::bind(&path).err().map(|error| error.kind());
        assert_eq!(again, Some(io::ErrorKind::AddrInUse));
        drop(socket);
        assert!(folder.names().is_empty());
    }

    #[tokio::test]
    async fn what_a_dead_gateway_left_is_replaced_and_nothing_else() {
        let folder = Folder::new("stale");
        let path = folder.0.join("gateway.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let socket = Socket::bind(&path).unwrap();
        // One that came later, in the same place, is not ours to remove.
        fs::remove_file(&path).unwrap();
        fs::write(&path, "a file").unwrap();
        drop(socket);
        assert!(path.exists());
        assert_eq!(Socket::bind(&path).err().map(|error| error.kind()), Some(io::ErrorKind::AlreadyExists));
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/null", &path).unwrap();
        assert_eq!(Socket::bind(&path).err().map(|error| error.kind()), Some(io::ErrorKind::AlreadyExists));
    }

    #[tokio::test]
    async fn its_folder_is_for_nobody_else_to_write_to() {
        let folder = Folder::new("open");
        let path = folder.0.join("gateway.sock");
        for (mode, allowed) in [(0o770, false), (0o702, false), (0o1777, true), (0o755, true)] {
            fs::set_permissions(&folder.0, Permissions::from_mode(mode)).unwrap();
            let bound = Socket::bind(&path);
            assert_eq!(bound.is_ok(), allowed, "{mode:o}: {:?}", bound.err());
        }
        assert!(Socket::bind(&folder.0.join("missing").join("gateway.sock")).is_err());
    }
}
