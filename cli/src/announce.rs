//! What `awsaccess proxy` says when it is ready: the lines to paste into a shell, and a command to try.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use awsaccess::access::Identity;
use awsaccess::credentials::Credentials;
use awsaccess::gateway::{Claims, ClientEnv, ClientMode};
use awsaccess::time::Time;
use awsaccess_drivers::blocking;
use awsaccess_proxy::{Config, Running, TrustFiles};
use serde_json::json;
use zeroize::Zeroizing;

use crate::env::{self, Format, quote_posix};
use crate::folder::Folder;
use crate::output::Failure;

/// How long the placeholder of an announcement is good for, as that of `awsaccess issue`.
const LASTS: Duration = Duration::from_secs(8 * 3600);

/// What is to be said, and the folder with the certificates that no other place was named for.
pub(crate) struct Announcement {
    files: TrustFiles,
    region: Option<String>,
    keys: Keys,
    _folder: Option<Folder>,
}

/// How a client comes by its placeholder.
enum Keys {
    /// It is printed: that was asked for, or it goes to a terminal and nowhere else can they be had.
    Shown(Credentials),
    /// By a command.
    Issued(String),
    /// From the configuration.
    Stored(String),
}

impl Announcement {
    /// Reads what there is to say from a configuration that is about to be started, and sees to it that there is a
    /// certificate to name.
    pub(crate) fn prepare(config: Config, path: &Path, show_keys: bool) -> Result<(Config, Self), Failure> {
        let files = config.trust_files();
        let folder = match (&files.ca, &files.bundle) {
            (Some(_), Some(_)) => None,
            _ => Some(Folder::temporary()?),
        };
        let config = match &folder {
            Some(folder) => config.with_trust_files_in(folder.path()),
            None => config,
        };
        let who = config.identity(None, None, None).ok();
        let region = who.as_ref().and_then(|who| config.region(&who.application)).map(str::to_owned);
        let has_keys = Config::key_file(path).is_ok();
        let keys = match who {
            Some(who) if show_keys || (!has_keys && io::stdout().is_terminal()) => {
                Keys::Shown(issue(&config, path, who)?)
            }
            None if show_keys => {
                // Whatever it says, there is not one placeholder to show.
                let why = config.identity(None, None, None).err().map(|why| why.to_string());
                return Err(Failure::misuse(format!("--show-keys: {}", why.unwrap_or_default())));
            }
            who if has_keys => Keys::Issued(command(path, who.as_ref())),
            _ => Keys::Stored(path.display().to_string()),
        };
        let files = config.trust_files();
        Ok((config, Self { files, region, keys, _folder: folder }))
    }

    pub(crate) fn say(&self, running: &Running, as_json: bool) -> io::Result<()> {
        let Some(address) = running.addrs().first() else { return Ok(()) };
        let mut address = *address;
        if address.ip().is_unspecified() {
            // It listens everywhere; here, that is.
            address.set_ip(match address {
                std::net::SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                std::net::SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            });
        }
        let text = if as_json {
            let object = json!({
                "address": address.to_string(),
                "admin_url": running.admin_url(),
                "probes_address": running.probes_addr().map(|address| address.to_string()),
                "ca_pem": running.ca_pem(),
                "ca_file": self.files.ca,
                "bundle_file": self.files.bundle,
            });
            Zeroizing::new(format!("{object}\n"))
        } else {
            self.text(&address.to_string(), env::of_shell())
        };
        let mut out = io::stdout();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    fn text(&self, address: &str, format: Format) -> Zeroizing<String> {
        let keys = match &self.keys {
            Keys::Shown(keys) => keys.clone(),
            _ => Credentials::new("", ""),
        };
        let shown =
            |path: &Option<std::path::PathBuf>| path.as_deref().map(|path| path.display().to_string());
        let mut client = ClientEnv::new(ClientMode::Connect, address, keys);
        client.region.clone_from(&self.region);
        (client.ca_file, client.bundle_file) = (shown(&self.files.ca), shown(&self.files.bundle));
        let mut variables = client.variables(&awsaccess::env::Env::new());
        if !matches!(self.keys, Keys::Shown(_)) {
            let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
            variables.retain(|variable| !keys.contains(&variable.name.as_ref()));
        }
        let mut text = Zeroizing::new(String::with_capacity(16 << 10));
        text.push_str(&format!("# the gateway listens on {address}; paste these lines into a shell:\n"));
        text.push_str(&env::write(&variables, format));
        match &self.keys {
            Keys::Shown(_) => {}
            Keys::Issued(command) => text.push_str(&match format {
                Format::Fish => format!("{command} --format fish | source\n"),
                Format::Powershell => {
                    format!("{command} --format powershell | Out-String | Invoke-Expression\n")
                }
                _ => format!("eval \"$({command})\"\n"),
            }),
            Keys::Stored(path) => text.push_str(&format!(
                "# and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of a [[placeholder]] in {path}, or start with --show-keys\n"
            )),
        }
        text.push_str("# then try\naws sts get-caller-identity\n");
        text.push_str(&format!("# without TLS, on this machine only: AWS_ENDPOINT_URL=http://{address}\n"));
        text
    }
}

fn issue(config: &Config, path: &Path, who: Identity) -> Result<Credentials, Failure> {
    let now = Time::from(SystemTime::now());
    let seed = Zeroizing::new(blocking::seed()?);
    let issued = config.issue(&Claims::new(who, now, now + LASTS), &seed);
    issued.map_err(|error| Failure::misuse(format!("{}: {error}", path.display())))
}

fn command(path: &Path, who: Option<&Identity>) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let config = quote_posix(&path.display().to_string());
    let (subject, app, role) = match who {
        Some(who) => (quote_posix(&who.subject), quote_posix(&who.application), quote_posix(&who.role)),
        None => ("SUBJECT".into(), "APP".into(), "ROLE".into()),
    };
    format!("awsaccess issue --config {config} --subject {subject} --app {app} --role {role}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announcement(keys: Keys) -> Announcement {
        let mut files = TrustFiles::default();
        (files.ca, files.bundle) = (Some("/s/ca.pem".into()), Some("/s/bundle.pem".into()));
        Announcement { files, region: Some("eu-west-1".into()), keys, _folder: None }
    }

    #[test]
    fn each_shell_is_told_in_its_own_words() {
        let issued = announcement(Keys::Issued("awsaccess issue --config 'g'".into()));
        for (format, lines) in [
            (
                Format::Env,
                ["export AWS_CA_BUNDLE='/s/bundle.pem'", "eval \"$(awsaccess issue --config 'g')\""],
            ),
            (
                Format::Fish,
                [
                    "set -gx HTTPS_PROXY 'http://127.0.0.1:9'",
                    "awsaccess issue --config 'g' --format fish | source",
                ],
            ),
            (
                Format::Powershell,
                [
                    "$Env:AWS_REGION = 'eu-west-1'",
                    "awsaccess issue --config 'g' --format powershell | Out-String | Invoke-Expression",
                ],
            ),
        ] {
            let text = issued.text("127.0.0.1:9", format);
            for line in lines.into_iter().chain(["aws sts get-caller-identity"]) {
                assert!(text.lines().any(|there| there == line), "{line} is not in {}", text.as_str());
            }
            assert!(!text.contains("AWS_SECRET_ACCESS_KEY"), "what is not known is not set");
        }
    }

    #[test]
    fn keys_are_shown_only_where_they_are_meant_to_be() {
        let shown = announcement(Keys::Shown(Credentials::new("AKIASHOWN", "shown-secret")));
        let text = shown.text("127.0.0.1:9", Format::Env);
        assert!(text.contains("export AWS_SECRET_ACCESS_KEY='shown-secret'"));
        let stored = announcement(Keys::Stored("g.toml".into())).text("127.0.0.1:9", Format::Env);
        assert!(
            stored.contains("# and AWS_ACCESS_KEY_ID") && !stored.contains("export AWS_SECRET_ACCESS_KEY")
        );
    }
}
