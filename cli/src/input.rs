//! What the commands that sign and verify are given: standard input, files, keys and a time.

use std::fs::File;
use std::io::{self, Read};
use std::time::SystemTime;

use awsaccess::chain::Options;
use awsaccess::credentials::Credentials;
use awsaccess::time::Time;
use awsaccess_drivers::blocking;
use zeroize::Zeroizing;

use crate::output::Failure;
use crate::person;

/// The most that is read from standard input or from a file.
const MAX_INPUT: u64 = 64 << 20;

/// Keys on the command line, or else the credential chain.
#[derive(clap::Args)]
pub(crate) struct Keys {
    /// The key id; without it the credential chain is asked
    #[arg(long)]
    access_key_id: Option<String>,
    /// The secret. Other users of the machine can see it in the list of processes: prefer the chain
    #[arg(long, requires = "access_key_id")]
    secret_access_key: Option<String>,
    /// The session token; see --secret-access-key
    #[arg(long, requires = "access_key_id")]
    session_token: Option<String>,
    /// The profile for the credential chain
    #[arg(long, conflicts_with = "access_key_id")]
    profile: Option<String>,
}

impl Keys {
    /// Whether it is said which.
    pub(crate) const fn are_given(&self) -> bool {
        self.access_key_id.is_some() || self.profile.is_some()
    }

    /// The keys given, or those that the chain finds.
    pub(crate) fn resolve(&self) -> Result<Credentials, Failure> {
        if let Some(keys) = self.given()? {
            return Ok(keys);
        }
        let mut options = Options::new();
        if let Some(profile) = &self.profile {
            options = options.profile(profile);
        }
        let mut host = person::host_beside_input()?;
        Ok(blocking::resolve_with(&options, &blocking::environment()?, &mut host)?.into_credentials())
    }

    /// As [`Keys::resolve`], but without asking anyone who was not named: keys given, a profile given, or the
    /// environment.
    pub(crate) fn at_hand(&self) -> Result<Option<Credentials>, Failure> {
        if self.profile.is_some() {
            return self.resolve().map(Some);
        }
        let given = self.given()?;
        Ok(given.or_else(|| keys_in("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")))
    }

    fn given(&self) -> Result<Option<Credentials>, Failure> {
        let Some(id) = &self.access_key_id else { return Ok(None) };
        let secret = self
            .secret_access_key
            .as_deref()
            .ok_or_else(|| Failure::misuse("--access-key-id needs --secret-access-key"))?;
        let keys = Credentials::new(id, secret);
        Ok(Some(match &self.session_token {
            Some(token) => keys.with_session_token(token),
            None => keys,
        }))
    }
}

/// Credentials in variables of the environment.
pub(crate) fn keys_in(id: &str, secret: &str, token: &str) -> Option<Credentials> {
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let keys = Credentials::new(variable(id)?, variable(secret)?);
    Some(match variable(token) {
        Some(token) => keys.with_session_token(token),
        None => keys,
    })
}

/// The time at which a command acts.
#[derive(clap::Args)]
pub(crate) struct Clock {
    /// Act as at this time (ISO 8601) instead of now
    #[arg(long)]
    time: Option<String>,
}

impl Clock {
    pub(crate) fn now(&self) -> Result<Time, Failure> {
        Ok(self.given()?.unwrap_or_else(|| SystemTime::now().into()))
    }

    pub(crate) fn given(&self) -> Result<Option<Time>, Failure> {
        let Some(text) = &self.time else { return Ok(None) };
        let time = Time::parse_amz(text).or_else(|| Time::parse_rfc3339(text));
        let misuse = || Failure::misuse("--time must be ISO 8601, such as 20150830T123600Z");
        time.map(Some).ok_or_else(misuse)
    }
}

/// All of standard input.
pub(crate) fn stdin() -> Result<Zeroizing<Vec<u8>>, Failure> {
    bounded(io::stdin(), "standard input")
}

/// A file, or standard input for `-`.
pub(crate) fn file(path: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if path == "-" {
        return stdin();
    }
    let file = File::open(path).map_err(|error| Failure::misuse(format!("{path}: {error}")))?;
    bounded(file, path)
}

fn bounded(from: impl Read, name: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut all = Zeroizing::new(Vec::new());
    from.take(MAX_INPUT + 1).read_to_end(&mut all)?;
    if all.len() as u64 > MAX_INPUT {
        return Err(Failure::failed(format!("{name} is larger than 64 MiB")));
    }
    Ok(all)
}
