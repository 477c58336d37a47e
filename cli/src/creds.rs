//! `awsaccess creds`: the credential chain, printed for whoever asks.

use std::io::{self, Write};

use awsaccess::chain::Options;
use awsaccess::credentials::Credentials;
use awsaccess::secret::Secret;
use awsaccess_drivers::blocking;
use clap::ValueEnum;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::output::{Failure, unless_closed};
use crate::person;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The profile to use
    #[arg(long)]
    profile: Option<String>,
    /// The region for STS
    #[arg(long)]
    region: Option<String>,
    /// How to print them
    #[arg(long, value_enum, default_value = "process")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// What `credential_process` of an AWS profile expects
    Process,
    /// `export NAME=value` lines for a POSIX shell
    Env,
    /// A JSON object, with where they came from
    Json,
    /// `set -gx` lines for fish
    Fish,
    /// `$Env:NAME =` lines for PowerShell
    Powershell,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut options = Options::new();
    if let Some(profile) = &args.profile {
        options = options.profile(profile);
    }
    if let Some(region) = &args.region {
        options = options.region(region);
    }
    let env = blocking::environment()?;
    let found = blocking::resolve_with(&options, &env, &mut person::host(false)?)?;
    let credentials = found.into_credentials();
    let text = Zeroizing::new(write(&credentials, args.format));
    unless_closed(io::stdout().write_all(text.as_bytes()))
}

/// Credentials for whoever is to read them.
pub(crate) fn write(credentials: &Credentials, format: Format) -> String {
    match format {
        Format::Process => object(
            credentials,
            ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", "AccountId"],
            |o| {
                o.insert("Version".into(), 1.into());
            },
        ),
        Format::Json => object(
            credentials,
            ["access_key_id", "secret_access_key", "session_token", "expires_at", "account_id"],
            |o| {
                o.insert("source".into(), credentials.source().map_or(Value::Null, Value::from));
            },
        ),
        Format::Env => lines(credentials, |name, value| format!("export {name}={}", quote_posix(value))),
        Format::Fish => lines(credentials, |name, value| format!("set -gx {name} {}", quote_fish(value))),
        Format::Powershell => {
            lines(credentials, |name, value| format!("$Env:{name} = '{}'", value.replace('\'', "''")))
        }
    }
}

fn object(credentials: &Credentials, names: [&str; 5], more: impl FnOnce(&mut Map<String, Value>)) -> String {
    let mut object = Map::new();
    more(&mut object);
    let values = [
        Some(credentials.access_key_id().to_owned()),
        Some(credentials.secret_access_key().expose().to_owned()),
        credentials.session_token().map(|token| token.expose().to_owned()),
        credentials.expires_at().map(|time| time.to_string()),
        credentials.account_id().map(str::to_owned),
    ];
    for (name, value) in names.into_iter().zip(values) {
        if let Some(value) = value {
            object.insert(name.into(), value.into());
        }
    }
    format!("{}\n", Value::Object(object))
}

fn lines(credentials: &Credentials, line: impl Fn(&str, &str) -> String) -> String {
    let expires = credentials.expires_at().map(|time| time.to_string());
    let variables = [
        ("AWS_ACCESS_KEY_ID", Some(credentials.access_key_id())),
        ("AWS_SECRET_ACCESS_KEY", Some(credentials.secret_access_key().expose())),
        ("AWS_SESSION_TOKEN", credentials.session_token().map(Secret::expose)),
        ("AWS_CREDENTIAL_EXPIRATION", expires.as_deref()),
    ];
    variables.into_iter().filter_map(|(name, value)| Some(line(name, value?) + "\n")).collect()
}

fn quote_posix(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn quote_fish(value: &str) -> String {
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use awsaccess::time::Time;

    fn keys() -> Credentials {
        Credentials::new("AKIDEXAMPLE", "it's")
            .with_session_token("t\\")
            .with_expiry(Time::from_unix(1_800_000_000))
            .with_source("environment")
    }

    #[test]
    fn each_form_is_quoted_for_its_reader() {
        assert_eq!(
            write(&keys(), Format::Process),
            r#"{"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"it's","SessionToken":"t\\","Expiration":"2027-01-15T08:00:00Z"}"#.to_owned() + "\n"
        );
        assert!(write(&keys(), Format::Env).contains(r"export AWS_SECRET_ACCESS_KEY='it'\''s'"));
        assert!(write(&keys(), Format::Fish).contains(r"set -gx AWS_SESSION_TOKEN 't\\'"));
        assert!(write(&keys(), Format::Powershell).contains("$Env:AWS_SECRET_ACCESS_KEY = 'it''s'"));
        assert!(write(&keys(), Format::Json).contains(r#""source":"environment""#));
    }
}
