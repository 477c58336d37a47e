//! `awsaccess issue`: placeholder credentials for the gateway's clients, sealed with a key of the gateway's.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use awsaccess::access::{Identity, Traits};
use awsaccess::gateway::{Claims, GatewayKey, GatewayKeys};
use awsaccess::secret::Secret;
use awsaccess::time::Time;
use awsaccess_drivers::blocking;
use awsaccess_proxy::Config;
use zeroize::Zeroizing;

use crate::creds::{Format, write};
use crate::output::{Failure, unless_closed};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The gateway's configuration (TOML), which names the file of its keys
    #[arg(long)]
    config: PathBuf,
    /// Make a new key, which seals from now on; those that are there still open. The file is made if it is not there
    #[arg(long)]
    new_key: bool,
    /// Who is to use the placeholder
    #[arg(long, required_unless_present = "new_key")]
    subject: Option<String>,
    /// The application
    #[arg(long, required_unless_present = "new_key")]
    app: Option<String>,
    /// The application's role
    #[arg(long, required_unless_present = "new_key")]
    role: Option<String>,
    /// How long it is taken: seconds, or a number with s, m, h or d
    #[arg(long, default_value = "8h", value_parser = duration)]
    ttl: Duration,
    /// What is known of the subject, as name=value; a name may come again with another value
    #[arg(long = "trait", value_name = "NAME=VALUE", value_parser = pair)]
    traits: Vec<(String, String)>,
    /// How the subject signed in, as name=value (method=oidc, mfa=true)
    #[arg(long = "signed-in", value_name = "NAME=VALUE", value_parser = pair)]
    signed_in: Vec<(String, String)>,
    /// The session that it can be revoked by, in place of a random one
    #[arg(long)]
    session: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value = "env")]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if args.new_key {
        new_key(args)?;
    }
    let (Some(subject), Some(app), Some(role)) = (&args.subject, &args.app, &args.role) else {
        return Ok(());
    };
    let mut traits = Traits::new();
    for (name, value) in &args.traits {
        traits.insert(name, [value]).map_err(Failure::misuse)?;
    }
    let seed = Zeroizing::new(blocking::seed()?);
    let session = args.session.clone().map_or_else(random_name, Ok)?;
    let identity = Identity::new(subject.as_str(), app.as_str(), role.as_str())
        .with_traits(traits)
        .with_session(session);
    let now = Time::from(SystemTime::now());
    let mut claims = Claims::new(identity, now, now + args.ttl);
    for (name, value) in &args.signed_in {
        claims = claims.with_sign_in(name, value);
    }
    let config = Config::load(&args.config).map_err(|error| named(&args.config, error))?;
    let placeholder = config.issue(&claims, &seed).map_err(Failure::failed)?;
    let text = Zeroizing::new(write(&placeholder, args.format));
    unless_closed(io::stdout().write_all(text.as_bytes()))
}

fn named(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::misuse(format!("{}: {error}", path.display()))
}

fn random_name() -> Result<String, Failure> {
    let seed = blocking::seed()?;
    Ok(seed.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// Puts a new key into the file of keys that the configuration names: whole or not at all, readable by its owner only.
fn new_key(args: &Args) -> Result<(), Failure> {
    let path = Config::key_file(&args.config).map_err(|error| named(&args.config, error))?;
    let old = match fs::read_to_string(&path).map(Zeroizing::new) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(named(&path, error)),
    };
    let number = match &old {
        Some(text) => {
            let keys = GatewayKeys::parse(text).map_err(|error| named(&path, error))?;
            keys.newest().checked_add(1).ok_or_else(|| named(&path, "there are no numbers left for keys"))?
        }
        None => 1,
    };
    let bytes = Zeroizing::new(blocking::seed()?);
    let text = added(old.as_deref().map_or("", String::as_str), &GatewayKey::line(number, &bytes));
    // What was written must be read again before it takes the place of what is there.
    GatewayKeys::parse(&text).map_err(|error| named(&path, error))?;
    replace(&path, text.as_bytes()).map_err(|error| named(&path, error))?;
    let notice = format!(
        "awsaccess: key {number} is in {}; a gateway takes it when it starts or reloads, and then seals with it unless \
         [sealed] seals_with names another\n",
        path.display()
    );
    let _ = io::stderr().write_all(notice.as_bytes());
    Ok(())
}

fn added(old: &str, line: &Secret) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(old.len() + line.expose().len() + 2));
    text.push_str(old);
    if !old.is_empty() && !old.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(line.expose());
    text.push('\n');
    text
}

fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    let written =
        file.write_all(text).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..) {
        Some("" | "s") => Some(1),
        Some("m") => Some(60),
        Some("h") => Some(3600),
        Some("d") => Some(86400),
        _ => None,
    };
    let seconds = unit.zip(digits.parse::<u64>().ok()).and_then(|(unit, count)| count.checked_mul(unit));
    match seconds {
        Some(seconds @ 1..=31_622_400) => Ok(Duration::from_secs(seconds)),
        _ => Err("1 second to 366 days are wanted: 900, 15m, 8h or 30d".to_owned()),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("name=value is wanted")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [("900", 900), ("900s", 900), ("15m", 900), ("8h", 28800), ("30d", 2_592_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "h", "0", "-1h", "1.5h", "8 h", "8hh", "9999999999999999999d", "367d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
