//! Connections: the placeholder for an application, and where its gateway is, kept for this user alone. An application is
//! connected as long as its file is there.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use awsaccess::credentials::Credentials;
use awsaccess::gateway::{ClientEnv, ClientMode};
use awsaccess::secret::Secret;
use awsaccess::time::Time;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::folder::{is_private, make_private, named, replace_private, state};
use crate::output::Failure;

/// The largest file that is read.
const MOST: u64 = 256 << 10;

/// What a client of an application needs.
pub(crate) struct Connection {
    pub(crate) application: String,
    pub(crate) subject: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) credentials: Credentials,
    pub(crate) region: Option<String>,
    /// Where the gateway listens: host and port.
    pub(crate) address: String,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) bundle_file: Option<PathBuf>,
    pub(crate) jks_file: Option<PathBuf>,
    /// The gateway's administrative address.
    pub(crate) gateway: Option<String>,
    /// The gateway's configuration.
    pub(crate) config: Option<PathBuf>,
}

impl Connection {
    pub(crate) fn has_ended(&self) -> bool {
        self.credentials.expires_at().is_some_and(|end| end <= Time::from(SystemTime::now()))
    }

    /// What a client is told.
    pub(crate) fn client(&self, mode: ClientMode) -> ClientEnv {
        let text = |path: &Option<PathBuf>| path.as_deref().map(|path| path.display().to_string());
        let mut client = ClientEnv::new(mode, &self.address, self.credentials.clone());
        client.region.clone_from(&self.region);
        client.ca_file = text(&self.ca_file);
        client.bundle_file = text(&self.bundle_file);
        client.java_trust_store = text(&self.jks_file);
        client
    }

    /// What may be shown of it.
    pub(crate) fn shown(&self) -> Value {
        json!({
            "application": self.application,
            "subject": self.subject,
            "role": self.role,
            "access_key_id": self.credentials.access_key_id(),
            "expires_at": self.credentials.expires_at().map(|end| end.to_string()),
            "region": self.region,
            "proxy_address": self.address,
            "ca_file": self.ca_file,
            "bundle_file": self.bundle_file,
            "jks_file": self.jks_file,
            "gateway": self.gateway,
            "config": self.config,
        })
    }

    fn written(&self) -> Zeroizing<String> {
        let mut object = self.shown();
        let keys = &self.credentials;
        object["secret_access_key"] = keys.secret_access_key().expose().into();
        object["session_token"] = keys.session_token().map(Secret::expose).into();
        let text = Zeroizing::new(format!("{object:#}\n"));
        for name in ["secret_access_key", "session_token"] {
            if let Value::String(secret) = object[name].take() {
                drop(Zeroizing::new(secret));
            }
        }
        text
    }

    fn read(text: &str) -> Option<Self> {
        let Value::Object(object) = serde_json::from_str(text).ok()? else { return None };
        let said = |name: &str| text_of(&object, name);
        let path = |name: &str| said(name).map(PathBuf::from);
        Some(Self {
            application: said("application")?,
            subject: said("subject"),
            role: said("role"),
            credentials: credentials(&object)?,
            region: said("region"),
            address: said("proxy_address")?,
            ca_file: path("ca_file"),
            bundle_file: path("bundle_file"),
            jks_file: path("jks_file"),
            gateway: said("gateway"),
            config: path("config"),
        })
    }
}

/// The triple in an object, by our names or by those of `credential_process`.
pub(crate) fn credentials(object: &Map<String, Value>) -> Option<Credentials> {
    let either = |ours: &str, theirs: &str| {
        let found = object.get(ours).or_else(|| object.get(theirs))?;
        found.as_str().filter(|text| !text.is_empty())
    };
    let mut keys = Credentials::new(
        either("access_key_id", "AccessKeyId")?,
        either("secret_access_key", "SecretAccessKey")?,
    );
    if let Some(token) = either("session_token", "SessionToken") {
        keys = keys.with_session_token(token);
    }
    match either("expires_at", "Expiration") {
        None => Some(keys),
        Some(end) => Time::parse_rfc3339(end).map(|end| keys.with_expiry(end)),
    }
}

pub(crate) fn text_of(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// All connections of this user.
pub(crate) struct Connections(PathBuf);

impl Connections {
    pub(crate) fn open() -> Result<Self, Failure> {
        Ok(Self(state()?.join("connections")))
    }

    /// All of them, by name.
    pub(crate) fn list(&self) -> Result<Vec<Connection>, Failure> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(named(&self.0, &error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| named(&self.0, &error))?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                paths.push(path);
            }
        }
        paths.sort();
        // One that goes away meanwhile is no longer one of them.
        paths.iter().filter_map(|path| read(path).transpose()).collect()
    }

    pub(crate) fn find(&self, application: &str) -> Result<Option<Connection>, Failure> {
        read(&self.file(application, "json")?)
    }

    /// Keeps it in the place of what was there. `trust`: the gateway's certificate and the bundle, if the gateway has
    /// no files of its own that could be read here.
    pub(crate) fn keep(
        &self,
        mut connection: Connection,
        trust: Option<&Trust>,
    ) -> Result<Connection, Failure> {
        make_private(&self.0)?;
        let name = &connection.application;
        if let Some(Trust { ca, bundle, .. }) = trust {
            let (ca_file, bundle_file) = (self.file(name, "pem")?, self.file(name, "bundle")?);
            replace_private(&ca_file, ca.as_bytes())?;
            replace_private(&bundle_file, bundle.as_bytes())?;
            (connection.ca_file, connection.bundle_file) = (Some(ca_file), Some(bundle_file));
        }
        replace_private(&self.file(name, "json")?, connection.written().as_bytes())?;
        Ok(connection)
    }

    /// Removes it with its files.
    pub(crate) fn remove(&self, application: &str) -> Result<(), Failure> {
        for ending in ["json", "pem", "bundle"] {
            let path = self.file(application, ending)?;
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(named(&path, &error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// A name can be anything; a file's cannot.
    fn file(&self, application: &str, ending: &str) -> Result<PathBuf, Failure> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let mut name = String::new();
        for byte in application.bytes() {
            if plain(byte) {
                name.push(char::from(byte));
            } else {
                name.push_str(&format!("%{byte:02X}"));
            }
        }
        if !(1..=200).contains(&name.len()) {
            return Err(Failure::misuse("an application has a name of 1 to 200 bytes"));
        }
        Ok(self.0.join(format!("{name}.{ending}")))
    }
}

/// What a client trusts the gateway by.
pub(crate) struct Trust {
    pub(crate) ca: String,
    pub(crate) bundle: String,
    /// Until when the gateway shows what follows from it, if it said so.
    pub(crate) until: Option<Time>,
}

fn read(path: &Path) -> Result<Option<Connection>, Failure> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(named(path, &error)),
    };
    let about = file.metadata().map_err(|error| named(path, &error))?;
    if !is_private(&about) {
        let why =
            "others may read it; take that from them (chmod 600), and connect again if they may have read it";
        return Err(Failure::failed(format!("{}: {why}", path.display())));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MOST).read_to_string(&mut text).map_err(|error| named(path, &error))?;
    let broken = || Failure::failed(format!("{}: is no connection; connect again", path.display()));
    Connection::read(&text).ok_or_else(broken).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Folder;

    fn connection(application: &str) -> Connection {
        Connection {
            application: application.into(),
            subject: Some("alice".into()),
            role: None,
            credentials: Credentials::new("AKIAKEPT", "kept-secret")
                .with_session_token("kept-token")
                .with_expiry(Time::from_unix(1_900_000_000)),
            region: Some("eu-west-1".into()),
            address: "127.0.0.1:1".into(),
            ca_file: None,
            bundle_file: None,
            jks_file: None,
            gateway: Some("unix:/run/g".into()),
            config: None,
        }
    }

    fn fails(result: Result<impl Sized, Failure>) -> String {
        result.err().map(|failure| failure.message).unwrap_or_default()
    }

    #[test]
    fn what_is_kept_is_found_again() {
        let folder = Folder::temporary().ok().unwrap();
        let all = Connections(folder.path().join("connections"));
        assert!(all.list().ok().unwrap().is_empty());
        let trust = Trust { ca: "ours".into(), bundle: "ours and theirs".into(), until: None };
        for name in ["prod", "a/b ../ü"] {
            assert!(all.keep(connection(name), Some(&trust)).is_ok());
        }
        let names: Vec<_> = all.list().ok().unwrap().into_iter().map(|one| one.application).collect();
        assert_eq!(names, ["a/b ../ü", "prod"]);
        let found = all.find("a/b ../ü").ok().flatten().unwrap();
        assert!(found.credentials == connection("").credentials);
        assert_eq!(found.credentials.expires_at(), Some(Time::from_unix(1_900_000_000)));
        assert_eq!(
            (found.region.as_deref(), found.gateway.as_deref()),
            (Some("eu-west-1"), Some("unix:/run/g"))
        );
        assert_eq!(fs::read_to_string(found.bundle_file.as_ref().unwrap()).unwrap(), "ours and theirs");
        assert!(found.bundle_file.unwrap().starts_with(&all.0), "no name leads out of the folder");
        let shown = found_text(&all);
        assert!(!shown.contains("kept-secret") && !shown.contains("kept-token"));
        all.remove("prod").ok().unwrap();
        all.remove("prod").ok().unwrap();
        assert!(all.find("prod").ok().unwrap().is_none());
        assert_eq!(fs::read_dir(&all.0).unwrap().count(), 3);
        assert!(fails(all.find("")).contains("1 to 200"));
    }

    fn found_text(all: &Connections) -> String {
        all.list().ok().unwrap().iter().map(|one| one.shown().to_string()).collect()
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::temporary().ok().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let all = Connections(folder.path().join("state/connections"));
        all.keep(connection("prod"), None).ok().unwrap();
        let file = all.file("prod", "json").ok().unwrap();
        assert_eq!((mode(&file), mode(&all.0), mode(folder.path())), (0o600, 0o700, 0o700));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(fails(all.find("prod")).contains("chmod 600"));
        assert!(fails(all.list()).contains("chmod 600"));
    }

    #[test]
    fn what_is_broken_is_named_without_its_contents() {
        let folder = Folder::temporary().ok().unwrap();
        let all = Connections(folder.path().to_owned());
        let file = all.file("prod", "json").ok().unwrap();
        replace_private(&file, br#"{"application": "prod", "secret_access_key": "kept-secret""#)
            .ok()
            .unwrap();
        let why = fails(all.find("prod"));
        assert!(why.contains("prod.json: is no connection") && !why.contains("kept-secret"), "{why}");
    }
}
