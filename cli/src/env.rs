//! `awsaccess env`: the variables for a client of the gateway, for a shell to take over.

use std::io::{self, Write};

use awsaccess::gateway::Variable;
use awsaccess_drivers::blocking;
use clap::ValueEnum;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::output::{Failure, unless_closed};
use crate::probe;
use crate::reach::{self, Wish};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The application, if there are connections to several (or AWSACCESS_NAME)
    #[arg(long, value_name = "APP")]
    name: Option<String>,
    /// How to print them; without it as this shell ($SHELL) reads them
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The region to work in, in place of the application's (or AWSACCESS_REGION)
    #[arg(long)]
    region: Option<String>,
    /// Tell clients that the gateway is the service itself, without TLS, instead of their proxy
    #[arg(long)]
    endpoint_url_mode: bool,
    /// Tell Java too, which says so on standard error whenever it starts
    #[arg(long)]
    java: bool,
    /// Tell git, Cargo and pip too, whose settings for certificates this replaces
    #[arg(long)]
    tools: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// `export` and `unset` lines for a POSIX shell
    Env,
    /// `set` lines for fish
    Fish,
    /// `$Env:` lines for PowerShell
    Powershell,
    /// One JSON object: what to set, and what to unset
    Json,
    /// Plain lines for Docker, editors and the like; nothing is unset
    Dotenv,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let given = Wish {
        name: args.name.clone(),
        region: args.region.clone(),
        endpoint_url_mode: args.endpoint_url_mode,
        java: args.java,
        tools: args.tools,
        ..Wish::default()
    };
    let wish = given.completed();
    let connection = reach::connection(&wish)?;
    let name = &connection.application;
    if connection.has_ended() {
        return Err(Failure::failed(format!("the connection to {name} has ended; connect again")));
    }
    if wish.java && connection.jks_file.is_none() {
        let why = "has no key store for Java; name one in the gateway's [ca] jks and connect again";
        return Err(Failure::failed(format!("the connection to {name} {why}")));
    }
    if let Err(why) = probe::answers(&connection) {
        let notice = format!("awsaccess: the gateway of {name} at {} {why}\n", connection.address);
        let _ = io::stderr().write_all(notice.as_bytes());
    }
    let variables = wish.told(&connection).variables(&blocking::environment()?);
    let text = write(&variables, args.format.unwrap_or_else(of_shell));
    unless_closed(io::stdout().write_all(text.as_bytes()))
}

/// What the shell of this user reads.
pub(crate) fn of_shell() -> Format {
    let shell = std::env::var("SHELL").unwrap_or_default();
    of(&shell, cfg!(windows))
}

fn of(shell: &str, on_windows: bool) -> Format {
    let name = shell.rsplit(['/', '\\']).next().unwrap_or_default();
    match name.strip_suffix(".exe").unwrap_or(name) {
        "fish" => Format::Fish,
        "pwsh" | "powershell" => Format::Powershell,
        "" if on_windows => Format::Powershell,
        _ => Format::Env,
    }
}

/// The variables, for whoever is to take them over.
pub(crate) fn write(variables: &[Variable], format: Format) -> Zeroizing<String> {
    if format == Format::Json {
        return json_object(variables);
    }
    let mut all = Zeroizing::new(String::with_capacity(16 << 10));
    let mut unset = Vec::new();
    for Variable { name, value, .. } in variables {
        let Some(value) = value else {
            unset.push(name.as_ref());
            continue;
        };
        let line = Zeroizing::new(set(name, value.expose(), format));
        all.push_str(&line);
        all.push('\n');
    }
    let line = match format {
        Format::Dotenv | Format::Json => return all,
        Format::Env => format!("unset {}\n", unset.join(" ")),
        Format::Fish => format!("set -e {}\n", unset.join(" ")),
        Format::Powershell => {
            format!("Remove-Item Env:{} -ErrorAction SilentlyContinue\n", unset.join(", Env:"))
        }
    };
    if !unset.is_empty() {
        all.push_str(&line);
    }
    all
}

fn set(name: &str, value: &str, format: Format) -> String {
    match format {
        Format::Fish => format!("set -gx {name} {}", quote_fish(value)),
        Format::Powershell => format!("$Env:{name} = '{}'", value.replace('\'', "''")),
        Format::Dotenv => format!("{name}={}", quote_dotenv(value)),
        Format::Env | Format::Json => format!("export {name}={}", quote_posix(value)),
    }
}

fn json_object(variables: &[Variable]) -> Zeroizing<String> {
    let (mut set, mut unset) = (Map::new(), Vec::new());
    for Variable { name, value, .. } in variables {
        match value {
            Some(value) => drop(set.insert(name.to_string(), value.expose().into())),
            None => unset.push(Value::from(name.as_ref())),
        }
    }
    Zeroizing::new(format!("{}\n", json!({ "set": set, "unset": unset })))
}

pub(crate) fn quote_posix(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn quote_fish(value: &str) -> String {
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

/// Docker takes quotes for a part of the value: there are none where there need be none.
fn quote_dotenv(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:=+,@%[]-".contains(&byte);
    if value.bytes().all(plain) {
        return value.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' | '$' | '`' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use awsaccess::credentials::Credentials;
    use awsaccess::env::Env;
    use awsaccess::gateway::{ClientEnv, ClientMode};

    fn written(format: Format) -> String {
        let keys = Credentials::new("AKIAPLACEHOLDER00001", "it's");
        let mut client = ClientEnv::new(ClientMode::Connect, "127.0.0.1:1", keys);
        client.ca_file = Some("/a b/c$.pem".into());
        write(&client.variables(&Env::new()), format).to_string()
    }

    #[test]
    fn each_form_is_quoted_for_its_reader() {
        for (format, lines) in [
            (
                Format::Env,
                [
                    "export AWS_SECRET_ACCESS_KEY='it'\\''s'",
                    "export AWS_SESSION_TOKEN=''",
                    "unset AWS_PROFILE ",
                ],
            ),
            (
                Format::Fish,
                [
                    "set -gx AWS_SECRET_ACCESS_KEY 'it\\'s'",
                    "set -gx AWS_SESSION_TOKEN ''",
                    "set -e AWS_PROFILE ",
                ],
            ),
            (
                Format::Powershell,
                [
                    "$Env:AWS_SECRET_ACCESS_KEY = 'it''s'",
                    "$Env:AWS_SESSION_TOKEN = ''",
                    "Remove-Item Env:AWS_PROFILE, Env:AWS_DEFAULT_PROFILE, ",
                ],
            ),
            (
                Format::Dotenv,
                [
                    "AWS_SECRET_ACCESS_KEY=\"it's\"",
                    "AWS_CA_BUNDLE=\"/a b/c\\$.pem\"",
                    "HTTPS_PROXY=http://127.0.0.1:1",
                ],
            ),
        ] {
            let text = written(format);
            for line in lines {
                assert!(text.lines().any(|there| there.starts_with(line)), "{line} is not in {text}");
            }
        }
        assert!(!written(Format::Dotenv).contains("AWS_PROFILE"));
        let object: Value = serde_json::from_str(&written(Format::Json)).unwrap();
        assert_eq!(object["set"]["AWS_SECRET_ACCESS_KEY"], "it's");
        assert!(object["unset"].as_array().unwrap().contains(&"AWS_PROFILE".into()));
    }

    #[test]
    fn a_shell_is_known_by_its_name() {
        for (shell, on_windows, format) in [
            ("/usr/bin/fish", false, Format::Fish),
            ("/opt/microsoft/powershell/7/pwsh", false, Format::Powershell),
            (r"C:\Program Files\PowerShell\7\pwsh.exe", true, Format::Powershell),
            ("/bin/bash", false, Format::Env),
            ("/usr/bin/zsh", true, Format::Env),
            ("", false, Format::Env),
            ("", true, Format::Powershell),
        ] {
            assert_eq!(of(shell, on_windows), format, "{shell}");
        }
    }
}
