//! Which files lie in the shared caches, and clearing them. No secret of a file is kept or shown.

use std::fmt;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::file::{MAX_BYTES, time};
use crate::effect::{ListFiles, ReadFile, RemoveFile};
use crate::env::Env;
use crate::error::{Error, ErrorKind, one_line};
use crate::flow::{self, Flow, Refusal};
use crate::profile::{Platform, below_aws};
use crate::step::Step;
use crate::time::Time;

/// The folders beneath `~/.aws` in which a `cache` lies. For the last `AWS_LOGIN_CACHE_DIRECTORY` may name another.
const FOLDERS: [&str; 3] = ["cli", "sso", "login"];
/// The most that the names of one folder may have together.
const MAX_NAMES: usize = 256 * 1024;
/// The most files that are looked at; a folder with more is not a cache of credentials.
const MOST_FILES: usize = 2000;

/// What a cached file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The session of a role.
    Role,
    /// Credentials that IAM Identity Center gave for a role of an account.
    SsoCredentials,
    /// A sign-in to IAM Identity Center.
    SsoToken,
    /// The registration of a client with IAM Identity Center.
    SsoRegistration,
    /// A session of `aws login`.
    Login,
    /// A file that is none of these, or cannot be read.
    Unknown,
}

impl Kind {
    /// `role`, `sso-credentials`, `sso-token`, `sso-registration`, `login` or `unknown`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::SsoCredentials => "sso-credentials",
            Self::SsoToken => "sso-token",
            Self::SsoRegistration => "sso-registration",
            Self::Login => "login",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One file of a shared cache.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stored {
    /// Where it is.
    pub path: String,
    /// What it holds.
    pub kind: Kind,
    /// When that ends.
    pub expires_at: Option<Time>,
    /// What it is for, as far as the file says: a key id, a start URL.
    pub about: Option<String>,
}

/// What was cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cleared {
    /// The files that are gone.
    pub removed: Vec<Stored>,
    /// Those that could not be removed, each with the reason.
    pub kept: Vec<(Stored, String)>,
}

/// Lists the files of the shared caches of the AWS CLI and SDKs: `~/.aws/cli/cache`, `~/.aws/sso/cache`,
/// `~/.aws/login/cache`. `home` is the home directory where the caller knows better than the environment.
///
/// # Errors
/// [`ErrorKind::Config`] without a home directory; [`ErrorKind::Declined`] by a host that lists or reads no files.
pub fn list(env: &Env, home: Option<&str>, now: Time) -> Step<Vec<Stored>> {
    let folders = folders(env, home);
    flow::start_bounded(now, [0; 32], MOST_FILES + FOLDERS.len(), |flow| async move {
        found(&flow, &folders?).await
    })
}

/// Removes those files of the shared caches that `which` picks.
///
/// # Errors
/// As of [`list`]; a file that cannot be removed is told of in the result.
pub fn clear(
    env: &Env,
    home: Option<&str>,
    now: Time,
    which: impl Fn(&Stored) -> bool + Send + 'static,
) -> Step<Cleared> {
    let folders = folders(env, home);
    flow::start_bounded(now, [0; 32], 2 * MOST_FILES + FOLDERS.len(), |flow| async move {
        let mut cleared = Cleared::default();
        for stored in found(&flow, &folders?).await?.into_iter().filter(which) {
            let gone = flow.ask(RemoveFile::new(stored.path.as_str())).await;
            match gone.map_err(|refusal| refusal.error("remove files"))? {
                Ok(()) => cleared.removed.push(stored),
                Err(failure) => cleared.kept.push((stored, failure.reason)),
            }
        }
        Ok(cleared)
    })
}

fn folders(env: &Env, home: Option<&str>) -> Result<Vec<String>, Error> {
    let homeless = || Error::new(ErrorKind::Config, "the caches lie in the home directory; set HOME");
    let mut folders = Vec::new();
    for folder in FOLDERS {
        let elsewhere = env.get("AWS_LOGIN_CACHE_DIRECTORY").filter(|_| folder == "login");
        let place =
            elsewhere.map(str::to_owned).or_else(|| below_aws(env, home, Platform::HERE, &[folder, "cache"]));
        folders.push(place.ok_or_else(homeless)?);
    }
    Ok(folders)
}

async fn found(flow: &Flow, folders: &[String]) -> Result<Vec<Stored>, Error> {
    let mut all = Vec::new();
    for folder in folders {
        let names = flow.ask(ListFiles::new(folder.as_str(), MAX_NAMES)).await;
        let names = names.map_err(|refusal| refusal.error("list files"))?;
        let unlisted =
            |reason: &str| Error::new(ErrorKind::Config, format!("{folder} cannot be listed: {reason}"));
        for name in names.map_err(|failure| unlisted(&failure.reason))? {
            // A name that leads elsewhere is not one that a folder holds.
            if !name.ends_with(".json") || name.contains(['/', '\\']) {
                continue;
            }
            if all.len() >= MOST_FILES {
                return Err(Error::new(
                    ErrorKind::Limit,
                    format!("the caches hold more than {MOST_FILES} files"),
                ));
            }
            all.push(look(flow, format!("{folder}/{name}")).await?);
        }
    }
    Ok(all)
}

async fn look(flow: &Flow, path: String) -> Result<Stored, Error> {
    let data = match flow.ask(ReadFile::new(path.as_str(), MAX_BYTES)).await {
        Ok(Ok(Some(data))) => Zeroizing::new(data),
        Ok(_) | Err(Refusal::TooLarge(_)) => Zeroizing::default(),
        Err(refusal) => return Err(refusal.error("read files")),
    };
    let (kind, expires_at, about) = told(&data).unwrap_or((Kind::Unknown, None, None));
    Ok(Stored { path, kind, expires_at, about: about.map(|about| one_line(&about)) })
}

fn told(data: &[u8]) -> Option<(Kind, Option<Time>, Option<String>)> {
    let document: Map<String, Value> = serde_json::from_slice(data).ok()?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let member = |name: &str| document.get(name);
    let ends = |value: Option<&Value>| value.and_then(Value::as_str).and_then(time);
    if let Some(keys) = member("Credentials").filter(|keys| keys.is_object()) {
        let of_sso = text(member("ProviderType")).as_deref() == Some("sso");
        let kind = if of_sso { Kind::SsoCredentials } else { Kind::Role };
        let arn = text(document.get("AssumedRoleUser").and_then(|user| user.get("Arn")));
        let about = arn.or_else(|| text(keys.get("AccessKeyId")).map(|id| format!("key {id}")));
        return Some((kind, ends(keys.get("Expiration")), about));
    }
    match member("accessToken") {
        Some(Value::String(_)) => Some((Kind::SsoToken, ends(member("expiresAt")), text(member("startUrl")))),
        Some(keys @ Value::Object(_)) => {
            let about = text(keys.get("accountId")).map(|account| format!("account {account}"));
            Some((Kind::Login, ends(keys.get("expiresAt")), about))
        }
        Some(_) => None,
        None if document.contains_key("clientId") && document.contains_key("clientSecret") => {
            Some((Kind::SsoRegistration, ends(member("expiresAt")), None))
        }
        None => None,
    }
}
