//! Where the files are, and which profile is meant.

use crate::env::Env;

/// How paths are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// With slashes.
    Unix,
    /// With backslashes, and with a home that may be named by `USERPROFILE`.
    Windows,
}

impl Platform {
    /// The one that this code was built for.
    pub const HERE: Self = if cfg!(windows) { Self::Windows } else { Self::Unix };
}

/// The paths of the two files.
///
/// A path is `None` when it lies in the home directory and there is none. `AWS_CONFIG_FILE` and
/// `AWS_SHARED_CREDENTIALS_FILE` name others than `~/.aws/config` and `~/.aws/credentials`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Files {
    /// The config file.
    pub config: Option<String>,
    /// The credentials file.
    pub credentials: Option<String>,
    /// Somebody named the config file, so that its absence is worth a word.
    pub config_named: bool,
    /// The same of the credentials file.
    pub credentials_named: bool,
}

impl Files {
    /// Finds both. `home` is the home directory where the caller knows better than the environment.
    #[must_use]
    pub fn locate(env: &Env, home: Option<&str>, platform: Platform) -> Self {
        let place = |variable: &str, file: &str| match env.get(variable) {
            Some(named) => (in_home(named, env, home, platform), true),
            None => (below_aws(env, home, platform, &[file]), false),
        };
        let (config, config_named) = place("AWS_CONFIG_FILE", "config");
        let (credentials, credentials_named) = place("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        Self { config, credentials, config_named, credentials_named }
    }
}

/// A path, a leading `~` in it replaced; `None` if it lies in the home directory and there is none. `home` is the home
/// directory where the caller knows better than the environment.
pub(crate) fn in_home(path: &str, env: &Env, home: Option<&str>, platform: Platform) -> Option<String> {
    let home = home.map(str::to_owned).or_else(|| home_of(env, platform));
    expand(path, home.as_deref(), platform)
}

/// The same of a file below `~/.aws`.
pub(crate) fn below_aws(env: &Env, home: Option<&str>, platform: Platform, parts: &[&str]) -> Option<String> {
    let separator = if platform == Platform::Windows { "\\" } else { "/" };
    let path = ["~", ".aws"].iter().chain(parts).copied().collect::<Vec<_>>().join(separator);
    in_home(&path, env, home, platform)
}

/// `HOME`; on Windows then `USERPROFILE`, then `HOMEDRIVE` with `HOMEPATH`.
fn home_of(env: &Env, platform: Platform) -> Option<String> {
    let on_windows = || {
        if platform == Platform::Unix {
            return None;
        }
        let drive_and_path = || Some(format!("{}{}", env.get("HOMEDRIVE")?, env.get("HOMEPATH")?));
        env.get("USERPROFILE").map(str::to_owned).or_else(drive_and_path)
    };
    env.get("HOME").map(str::to_owned).or_else(on_windows)
}

/// Replaces a `~` that is the whole first part of the path; `~name` stays as it is.
fn expand(path: &str, home: Option<&str>, platform: Platform) -> Option<String> {
    let Some(rest) = path.strip_prefix('~') else { return Some(path.to_owned()) };
    let separators: &[char] = if platform == Platform::Windows { &['/', '\\'] } else { &['/'] };
    if !rest.is_empty() && !rest.starts_with(separators) {
        return Some(path.to_owned());
    }
    Some(format!("{}{rest}", home?.trim_end_matches(separators)))
}

/// Which profile is meant, and who said so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Selected {
    /// Its name.
    pub name: String,
    /// It was named, in code or by the environment, and is not just `default` for want of another; one that is
    /// named must exist.
    pub explicit: bool,
    /// It was named in code.
    pub in_code: bool,
}

impl Selected {
    /// The profile named in code, or by `AWS_PROFILE`, or by `AWS_DEFAULT_PROFILE`, or `default`.
    #[must_use]
    pub fn choose(in_code: Option<&str>, env: &Env) -> Self {
        let named = in_code.or_else(|| env.get("AWS_PROFILE")).or_else(|| env.get("AWS_DEFAULT_PROFILE"));
        Self {
            name: named.unwrap_or("default").to_owned(),
            explicit: named.is_some(),
            in_code: in_code.is_some(),
        }
    }
}
