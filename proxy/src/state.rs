//! What was changed over the administrative API and is to outlive the process: applications that were added, and what was
//! revoked. It is kept in one file, for the gateway alone, or nowhere.

mod lock;

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use awsaccess::gateway::{Revocation, Revocations, RevocationsFull};
use awsaccess::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use self::lock::Lock;
use crate::config::Added;
use crate::disk;

/// The most applications that are added.
pub(crate) const MOST_ADDED: usize = 256;
/// The longest file that is read.
const LONGEST: u64 = 64 << 20;
const VERSION: u64 = 1;

/// What is to outlive the process.
pub(crate) struct State {
    path: Option<PathBuf>,
    pub(crate) added: Vec<Added>,
    revoked: Revocations,
    /// Keeps other gateways from the file.
    lock: Option<Lock>,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    awsaccess_gateway_state: u64,
    applications: Vec<Value>,
    revocations: Vec<Entry>,
}

/// A revocation. Times are seconds since the epoch.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_key_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issued_until: Option<i64>,
    until: i64,
}

impl State {
    /// Reads the file, if there is one, and keeps other gateways from it: what they write would undo what we do.
    pub(crate) fn open(path: Option<&Path>, now: Time) -> io::Result<Self> {
        let lock = path.map(Lock::take).transpose()?;
        Ok(Self { lock, ..Self::read(path, now)? })
    }

    /// Reads the file, if there is one. What has expired since is left out.
    pub(crate) fn read(path: Option<&Path>, now: Time) -> io::Result<Self> {
        let place = path.map(Path::to_owned);
        let mut state = Self { path: place, added: Vec::new(), revoked: Revocations::default(), lock: None };
        let Some(path) = path else { return Ok(state) };
        let mut text = Zeroizing::new(String::new());
        match File::open(path) {
            Ok(file) => {
                disk::own_only(path)?;
                file.take(LONGEST).read_to_string(&mut text)?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(state),
            Err(error) => return Err(error),
        }
        let wrong = |why: &str| io::Error::new(ErrorKind::InvalidData, why.to_owned());
        let whole: Whole =
            serde_json::from_str(&text).map_err(|_| wrong("it is no state of a gateway; move it away"))?;
        if whole.awsaccess_gateway_state != VERSION {
            return Err(wrong("it was written by another version of the gateway; move it away"));
        }
        for value in whole.applications {
            let name = value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            let text = Zeroizing::new(value.to_string());
            let added = Added::read(&name, &text);
            state.added.push(added.map_err(|why| wrong(&format!("the application '{name}': {why}")))?);
        }
        for entry in whole.revocations {
            let until = Time::from_unix(entry.until);
            if until > now {
                let what = entry.what().ok_or_else(|| wrong("it has a revocation that cannot be read"))?;
                state.revoked.add(what, until, now).map_err(|why| wrong(&why.to_string()))?;
            }
        }
        Ok(state)
    }

    /// What was revoked while a gateway ran.
    pub(crate) const fn revoked(&self) -> &Revocations {
        &self.revoked
    }

    /// Notes a revocation; [`write`](Self::write) keeps it.
    pub(crate) fn revoke(&self, what: &Revocation, until: Time, now: Time) -> Result<(), RevocationsFull> {
        self.revoked.add(what.clone(), until, now)
    }

    /// Forgets a revocation; [`write`](Self::write) keeps that. Says whether it was one of ours.
    pub(crate) fn restore(&self, what: &Revocation) -> bool {
        self.revoked.remove(what)
    }

    /// Lets another gateway have the file: this one writes nothing more.
    pub(crate) fn give_up(&mut self) {
        self.lock = None;
    }

    /// Writes the file anew, with these applications. Says whether there is one.
    pub(crate) fn write(&self, added: &[Added], now: Time) -> io::Result<bool> {
        let Some(path) = &self.path else { return Ok(false) };
        let revoked = self.revoked.list(now);
        let entries: Option<Vec<Entry>> =
            revoked.iter().map(|(what, until)| Entry::of(what, *until)).collect();
        let entries = entries.ok_or_else(|| io::Error::other("a revocation cannot be written"))?;
        let entries = serde_json::to_string(&entries)?;
        let mut text =
            Zeroizing::new(format!("{{\"awsaccess_gateway_state\":{VERSION},\n\"applications\":["));
        for (n, one) in added.iter().enumerate() {
            text.push_str(if n == 0 { "\n" } else { ",\n" });
            text.push_str(one.text());
        }
        text.push_str(&format!("],\n\"revocations\":{entries}}}\n"));
        disk::replace(path, text.as_bytes(), 0o600)?;
        Ok(true)
    }
}

impl Entry {
    fn of(what: &Revocation, until: Time) -> Option<Self> {
        let entry = Self { until: until.unix(), ..Self::default() };
        Some(match what {
            Revocation::Session(id) => Self { session: Some(id.clone()), ..entry },
            Revocation::Subject(name, at) => {
                Self { subject: Some(name.clone()), issued_until: Some(at.unix()), ..entry }
            }
            Revocation::KeyId(id) => Self { access_key_id: Some(id.clone()), ..entry },
            Revocation::IssuedUntil(at) => Self { issued_until: Some(at.unix()), ..entry },
            _ => return None,
        })
    }

    fn what(self) -> Option<Revocation> {
        Some(match (self.session, self.subject, self.access_key_id, self.issued_until) {
            (Some(id), None, None, None) => Revocation::Session(id),
            (None, Some(name), None, Some(at)) => Revocation::Subject(name, Time::from_unix(at)),
            (None, None, Some(id), None) => Revocation::KeyId(id),
            (None, None, None, Some(at)) => Revocation::IssuedUntil(Time::from_unix(at)),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix(1_800_000_000);
    const LATER: Time = Time::from_unix(1_800_003_600);

    #[test]
    fn what_was_written_is_read_again() {
        let path = std::env::temp_dir().join(format!("awsaccess-state-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let state = State::open(Some(&path), NOW).unwrap();
        let all = [
            Revocation::Session("s".into()),
            Revocation::KeyId("AGWP".into()),
            Revocation::Subject("a@b".into(), NOW),
            Revocation::IssuedUntil(NOW),
        ];
        for what in &all {
            state.revoke(what, LATER, NOW).unwrap();
        }
        let text = "{\"name\": \"new\",\n \"source\": \"base\"}";
        assert!(state.write(&[Added::read("new", text).unwrap()], NOW).unwrap());
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        let other = State::open(Some(&path), NOW).err().unwrap().to_string();
        assert!(other.starts_with("another gateway has it"), "{other}");
        assert_eq!(State::read(Some(&path), NOW).unwrap().added.len(), 1, "to look at it is allowed");
        drop(state);
        let again = State::open(Some(&path), NOW).unwrap();
        assert_eq!(again.revoked().list(NOW).iter().map(|(what, _)| what.clone()).collect::<Vec<_>>(), all);
        assert_eq!(again.added[0].name, "new");
        assert!(again.restore(&all[0]) && !again.restore(&all[0]));
        drop(again);
        let later = State::open(Some(&path), LATER).unwrap();
        assert!(later.revoked().list(NOW).is_empty(), "what has expired is not remembered");
        drop(later);

        for text in ["", "{}", "{\"awsaccess_gateway_state\":2,\"applications\":[],\"revocations\":[]}"] {
            disk::replace(&path, text.as_bytes(), 0o600).unwrap();
            assert!(State::open(Some(&path), NOW).is_err(), "{text}");
        }
        #[cfg(unix)]
        {
            disk::replace(&path, b"{}", 0o644).unwrap();
            let error = State::open(Some(&path), NOW).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::remove_file(format!("{}.lock", path.display())).unwrap();
        assert!(!State::open(None, NOW).unwrap().write(&[], NOW).unwrap(), "nowhere");
    }
}
