//! `awsaccess connect`, `disconnect` and `connections`: which applications this user is connected to.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use awsaccess::credentials::Credentials;
use awsaccess::gateway::Claims;
use awsaccess::time::Time;
use awsaccess_drivers::blocking;
use awsaccess_proxy::{Config, bundle_with};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::admin::Admin;
use crate::connection::{Connection, Connections, Trust, credentials, text_of};
use crate::output::{Failure, print, print_json};
use crate::{input, issue};

#[derive(clap::Args)]
pub(crate) struct ConnectArgs {
    /// The application
    #[arg(required_unless_present = "list")]
    application: Option<String>,
    /// List the connections instead, without a secret
    #[arg(long, conflicts_with_all = ["application", "config", "gateway", "from_stdin"])]
    list: bool,
    /// The gateway's configuration: the placeholder is sealed with the keys that it names ([sealed] key_file)
    #[arg(long)]
    config: Option<PathBuf>,
    /// The administrative address of a running gateway, which makes the placeholder: http://127.0.0.1:9000, or
    /// unix:/run/awsaccess/admin.sock
    #[arg(long, value_name = "URL", conflicts_with = "from_stdin")]
    gateway: Option<String>,
    /// A file with the token for the administrative listener, if it wants one (or AWSACCESS_ADMIN_TOKEN)
    #[arg(long, value_name = "FILE", requires = "gateway")]
    token_file: Option<PathBuf>,
    /// Take the placeholder from standard input, as JSON: what `awsaccess issue` prints, or the gateway's answer
    #[arg(long)]
    from_stdin: bool,
    /// Who is to use it (or AWSACCESS_SUBJECT); the only subject of the configuration unless given
    #[arg(long)]
    subject: Option<String>,
    /// The application's role (or AWSACCESS_ROLE); its only one unless given
    #[arg(long)]
    role: Option<String>,
    /// How long it is taken: seconds, or a number with s, m, h or d
    #[arg(long, default_value = "8h", value_parser = issue::duration)]
    ttl: Duration,
    /// Where the gateway listens (host and port), if not where its configuration or its answer says
    #[arg(long)]
    address: Option<String>,
    /// The file of the gateway's certificate, if not the one that its configuration or its answer names
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Print what was connected as one JSON object, without a secret
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct DisconnectArgs {
    /// The application; the only one that is connected unless given
    application: Option<String>,
    /// All applications
    #[arg(long, conflicts_with = "application")]
    all: bool,
    /// A file with the token for the administrative listener, if it wants one (or AWSACCESS_ADMIN_TOKEN)
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct ConnectionsArgs {
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

pub(crate) fn connect(args: &ConnectArgs) -> Result<(), Failure> {
    if args.list {
        return connections(&ConnectionsArgs { json: args.json });
    }
    let application = args.application.as_deref().unwrap_or_default();
    let said = |given: &Option<String>, name: &str| {
        given.clone().or_else(|| env::var(name).ok()).filter(|text| !text.is_empty())
    };
    let wanted = Wanted {
        application,
        subject: said(&args.subject, "AWSACCESS_SUBJECT"),
        role: said(&args.role, "AWSACCESS_ROLE"),
        lasts: args.ttl,
    };
    let config = match &args.config {
        Some(path) => Some(absolute(path)?),
        None => None,
    };
    let (mut connection, mut trust) = match (&args.gateway, args.from_stdin, &config) {
        (Some(url), ..) => by_gateway(&wanted, url, args.token_file.as_deref())?,
        (None, true, _) => from_stdin(&wanted)?,
        (None, false, Some(path)) => (by_keys(&wanted, path)?, None),
        (None, false, None) => {
            let ways = "--gateway URL for one that runs, --config FILE with its keys, or --from-stdin";
            return Err(Failure::misuse(format!("which gateway? give {ways}")));
        }
    };
    if let Some(path) = &config {
        complete(&mut connection, trust.is_none(), path)?;
    }
    if let Some(address) = &args.address {
        connection.address.clone_from(address);
    }
    if let Some(path) = &args.ca_file {
        let pem = String::from_utf8_lossy(&input::file(&path.display().to_string())?).into_owned();
        trust = Some(Trust { bundle: bundle_with(&pem), ca: pem, until: None });
    }
    check(&connection, trust.is_some())?;
    let connection = Connections::open()?.keep(connection, trust.as_ref())?;
    let (trusted, end) = (trust.and_then(|trust| trust.until), connection.credentials.expires_at());
    if let Some(until) = trusted.filter(|until| end.is_none_or(|end| *until < end)) {
        let notice = "awsaccess: clients trust the certificates of this gateway until";
        let _ = writeln!(io::stderr(), "{notice} {until}, which is before the end; connect again by then");
    }
    if args.json {
        return print_json(&connection.shown());
    }
    let end = connection.credentials.expires_at().map_or(String::new(), |end| format!(" until {end}"));
    print(
        format!("connected to {application}{end}; next: awsaccess aws sts get-caller-identity\n").as_bytes(),
    )
}

/// Who is to be connected to what.
struct Wanted<'a> {
    application: &'a str,
    subject: Option<String>,
    role: Option<String>,
    lasts: Duration,
}

impl Wanted<'_> {
    fn connection(&self, credentials: Credentials) -> Connection {
        Connection {
            application: self.application.to_owned(),
            subject: self.subject.clone(),
            role: self.role.clone(),
            credentials,
            region: None,
            address: String::new(),
            ca_file: None,
            bundle_file: None,
            jks_file: None,
            gateway: None,
            config: None,
        }
    }
}

/// The running gateway makes the placeholder, and says what else a client must know.
fn by_gateway(
    wanted: &Wanted<'_>,
    url: &str,
    token_file: Option<&Path>,
) -> Result<(Connection, Option<Trust>), Failure> {
    let need = |value: &Option<String>, name: &str| {
        value.clone().ok_or_else(|| Failure::misuse(format!("the gateway must be told the {name}: --{name}")))
    };
    let who = json!({
        "subject": need(&wanted.subject, "subject")?,
        "application": wanted.application,
        "role": need(&wanted.role, "role")?,
        "seconds": wanted.lasts.as_secs(),
    });
    let answer = Admin::parse(url, token_file)?.post("/v1/connections", &who)?;
    let (mut connection, trust) = told(wanted, &answer)
        .ok_or_else(|| Failure::failed("the gateway answered with something else than a placeholder"))?;
    connection.gateway = Some(url.to_owned());
    Ok((connection, trust))
}

fn from_stdin(wanted: &Wanted<'_>) -> Result<(Connection, Option<Trust>), Failure> {
    let text = input::stdin()?;
    let forms = "an object with access_key_id, secret_access_key and session_token is wanted";
    let misuse = || Failure::misuse(format!("standard input holds no placeholder; {forms}"));
    let Ok(Value::Object(object)) = serde_json::from_slice(&text) else { return Err(misuse()) };
    told(wanted, &object).ok_or_else(misuse)
}

fn told(wanted: &Wanted<'_>, object: &Map<String, Value>) -> Option<(Connection, Option<Trust>)> {
    let mut connection = wanted.connection(credentials(object)?);
    connection.region = text_of(object, "region");
    connection.address = text_of(object, "proxy_address").unwrap_or_default();
    let until = text_of(object, "trusted_until").and_then(|until| Time::parse_rfc3339(&until));
    let trust = text_of(object, "ca_pem").map(|ca| Trust { bundle: bundle_with(&ca), ca, until });
    Some((connection, trust))
}

/// The placeholder is sealed here, with the keys of the gateway.
fn by_keys(wanted: &Wanted<'_>, path: &Path) -> Result<Connection, Failure> {
    let at = |error: awsaccess_proxy::ConfigError| Failure::misuse(format!("{}: {error}", path.display()));
    // Without a file the keys would be ours alone, and no gateway would know them.
    Config::key_file(path).map_err(at)?;
    let config = Config::load(path).map_err(at)?;
    let (subject, role) = (wanted.subject.as_deref(), wanted.role.as_deref());
    let who = config.identity(subject, Some(wanted.application), role).map_err(at)?;
    let session: String = blocking::seed()?.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let (subject, role) = (who.subject.to_string(), who.role.to_string());
    let now = Time::from(SystemTime::now());
    let claims = Claims::new(who.with_session(session), now, now + wanted.lasts);
    let seed = Zeroizing::new(blocking::seed()?);
    let mut connection = wanted.connection(config.issue(&claims, &seed).map_err(at)?);
    (connection.subject, connection.role) = (Some(subject.to_string()), Some(role.to_string()));
    Ok(connection)
}

/// What a configuration says of its gateway.
fn complete(connection: &mut Connection, with_trust: bool, path: &Path) -> Result<(), Failure> {
    let config =
        Config::load(path).map_err(|error| Failure::misuse(format!("{}: {error}", path.display())))?;
    if connection.address.is_empty() {
        let fixed = config.addresses(&connection.application).find(|address| address.port() != 0);
        connection.address = fixed.map(|address| address.to_string()).unwrap_or_default();
    }
    if connection.region.is_none() {
        connection.region = config.region(&connection.application).map(str::to_owned);
    }
    let files = config.trust_files();
    if with_trust {
        (connection.ca_file, connection.bundle_file) = (files.ca, files.bundle);
    }
    connection.jks_file = files.jks;
    connection.config = Some(path.to_owned());
    Ok(())
}

fn check(connection: &Connection, has_trust: bool) -> Result<(), Failure> {
    if connection.address.is_empty() {
        let why = "it is not said where the gateway listens: give --address HOST:PORT, or a port in `listen`";
        return Err(Failure::misuse(why));
    }
    if !has_trust && connection.ca_file.is_none() && connection.bundle_file.is_none() {
        let why = "clients need the gateway's certificate: name files in its [ca] file and bundle, or give --ca-file";
        return Err(Failure::misuse(why));
    }
    Ok(())
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::misuse(format!("{}: {error}", path.display())))
}

pub(crate) fn disconnect(args: &DisconnectArgs) -> Result<(), Failure> {
    let all = Connections::open()?;
    let chosen = match (&args.application, args.all) {
        (Some(name), _) => {
            vec![all.find(name)?.ok_or_else(|| Failure::misuse(format!("not connected to {name}")))?]
        }
        (None, true) => all.list()?,
        (None, false) => {
            let mut found = all.list()?;
            match found.len() {
                1 => vec![found.swap_remove(0)],
                0 => return Err(Failure::misuse("not connected to any application")),
                _ => {
                    return Err(Failure::misuse(
                        "connected to several applications; say which one, or --all",
                    ));
                }
            }
        }
    };
    for connection in chosen {
        let name = &connection.application;
        // Here first: whatever the gateway says, this user has it no longer.
        all.remove(name)?;
        print(format!("disconnected from {name}\n").as_bytes())?;
        if let Err(Failure { message, .. }) = revoke(&connection, args.token_file.as_deref()) {
            let end = connection.credentials.expires_at().map_or("never".to_owned(), |end| end.to_string());
            let notice = format!("awsaccess: the placeholder was not revoked ({message}); it ends: {end}\n");
            let _ = io::stderr().write_all(notice.as_bytes());
        }
    }
    Ok(())
}

fn revoke(connection: &Connection, token_file: Option<&Path>) -> Result<(), Failure> {
    if connection.has_ended() {
        return Ok(());
    }
    let url = connection.gateway.as_deref().ok_or_else(|| {
        Failure::failed("it was not made by a running gateway; [sealed] revoked in its configuration does it")
    })?;
    let id = connection.credentials.access_key_id();
    Admin::parse(url, token_file)?.delete("/v1/connections", id).map(drop)
}

pub(crate) fn connections(args: &ConnectionsArgs) -> Result<(), Failure> {
    let all = Connections::open()?.list()?;
    if args.json {
        return print_json(&all.iter().map(Connection::shown).collect());
    }
    let line = |connection: &Connection| {
        let end = connection.credentials.expires_at().map(|end| end.to_string()).unwrap_or_default();
        let state = if connection.has_ended() { "ended" } else { "until" };
        let who = connection.subject.as_deref().unwrap_or("-");
        let role = connection.role.as_deref().unwrap_or("-");
        format!("{:20}  {who}  {role}  {}  {state} {end}\n", connection.application, connection.address)
    };
    print(all.iter().map(line).collect::<String>().as_bytes())
}
