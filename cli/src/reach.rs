//! Which gateway a client goes through: the one of a connection, if it answers, or one that is started for it alone.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use awsaccess::gateway::{Claims, ClientEnv, ClientMode};
use awsaccess::time::Time;
use awsaccess_proxy::{Config, Proxy, Running};
use tracing::Level;

use crate::connection::{Connection, Connections};
use crate::folder::{Folder, append_private, make_private, state};
use crate::log;
use crate::output::Failure;
use crate::probe::answers;

/// The placeholder of a gateway that serves one program ends with it, not by the clock.
const LONG: Duration = Duration::from_secs(366 * 86_400);

/// What was said of the application, on the command line or in the environment.
#[derive(clap::Args, Clone, Default)]
pub(crate) struct Wish {
    /// The application (or AWSACCESS_NAME)
    #[arg(long, value_name = "APP")]
    pub(crate) name: Option<String>,
    /// The gateway's configuration (TOML), for a gateway of its own where none runs (or AWSACCESS_CONFIG)
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    /// The application's role (or AWSACCESS_ROLE)
    #[arg(long)]
    pub(crate) role: Option<String>,
    /// Who asks (or AWSACCESS_SUBJECT)
    #[arg(long)]
    pub(crate) subject: Option<String>,
    /// The region to work in, in place of the application's (or AWSACCESS_REGION)
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// Tell clients that the gateway is the service itself, without TLS, instead of their proxy (or
    /// AWSACCESS_ENDPOINT_URL_MODE=true)
    #[arg(long)]
    pub(crate) endpoint_url_mode: bool,
    /// Tell Java too, which says so on standard error whenever it starts (or AWSACCESS_JAVA=true)
    #[arg(long)]
    pub(crate) java: bool,
    /// Tell git, Cargo and pip too, whose settings for certificates this replaces (or AWSACCESS_TOOLS=true)
    #[arg(long)]
    pub(crate) tools: bool,
}

impl Wish {
    /// With what the environment says where the command line says nothing.
    pub(crate) fn completed(&self) -> Self {
        let text = |given: &Option<String>, name: &str| given.clone().or_else(|| variable(name));
        let is_on =
            |given: bool, name: &str| given || variable(name).is_some_and(|on| on == "true" || on == "1");
        Self {
            name: text(&self.name, "AWSACCESS_NAME"),
            config: self.config.clone().or_else(|| variable("AWSACCESS_CONFIG").map(PathBuf::from)),
            role: text(&self.role, "AWSACCESS_ROLE"),
            subject: text(&self.subject, "AWSACCESS_SUBJECT"),
            region: text(&self.region, "AWSACCESS_REGION"),
            endpoint_url_mode: is_on(self.endpoint_url_mode, "AWSACCESS_ENDPOINT_URL_MODE"),
            java: is_on(self.java, "AWSACCESS_JAVA"),
            tools: is_on(self.tools, "AWSACCESS_TOOLS"),
        }
    }

    fn mode(&self) -> ClientMode {
        if self.endpoint_url_mode { ClientMode::EndpointUrl } else { ClientMode::Connect }
    }

    /// What a client of a connection is told.
    pub(crate) fn told(&self, connection: &Connection) -> ClientEnv {
        let mut client = connection.client(self.mode());
        client.java_trust_store = client.java_trust_store.filter(|_| self.java);
        self.finish(client)
    }

    fn finish(&self, mut client: ClientEnv) -> ClientEnv {
        if self.region.is_some() {
            client.region.clone_from(&self.region);
        }
        client.tools = self.tools;
        client
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// The connection that is meant.
pub(crate) fn connection(wish: &Wish) -> Result<Connection, Failure> {
    let all = Connections::open()?;
    let how = "`awsaccess connect APP` with --gateway or --config connects";
    if let Some(name) = &wish.name {
        let found = all.find(name)?;
        return found.ok_or_else(|| {
            let names = all.list().map_or(String::new(), |all| names(&all));
            let others = if names.is_empty() { String::new() } else { format!(", but to {names}") };
            Failure::misuse(format!("not connected to {name}{others}; {how}"))
        });
    }
    let mut all = all.list()?;
    match all.len() {
        0 => Err(Failure::misuse(format!("not connected to any application; {how}"))),
        1 => Ok(all.swap_remove(0)),
        _ => {
            let names = names(&all);
            Err(Failure::misuse(format!(
                "connected to several applications ({names}); say which one with --name or AWSACCESS_NAME"
            )))
        }
    }
}

fn names(all: &[Connection]) -> String {
    all.iter().map(|one| one.application.as_str()).collect::<Vec<_>>().join(", ")
}

/// A gateway for a client alone.
pub(crate) struct Reached {
    pub(crate) client: ClientEnv,
    pub(crate) kept: Ours,
}

/// A gateway in this process, and the folder of its trust files; both go when this is dropped.
pub(crate) struct Ours {
    running: Option<Running>,
    _folder: Folder,
}

impl Drop for Ours {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.shutdown();
        }
    }
}

/// What a client of the gateway that runs is told.
pub(crate) fn running(wish: &Wish, verbose: bool) -> Result<Option<ClientEnv>, Failure> {
    let Some(connection) = connected(wish)? else { return Ok(None) };
    match unusable(&connection, wish) {
        None => {
            tell(verbose, &format!("the gateway at {} serves", connection.address));
            Ok(Some(wish.told(&connection)))
        }
        Some(_) if wish.config.is_some() || connection.config.is_some() => Ok(None),
        Some(why) => Err(Failure::failed(format!(
            "the connection to {} {why}, or give --config for a gateway of its own",
            connection.application
        ))),
    }
}

/// A gateway for one program, by the configuration that was given, or that of the connection.
pub(crate) fn ours(wish: &Wish, verbose: bool) -> Result<Reached, Failure> {
    let mut wish = wish.clone();
    if let Some(connection) = connected(&wish)? {
        wish.config = wish.config.or(connection.config);
        wish.name = Some(connection.application);
        wish.role = wish.role.or(connection.role);
        wish.subject = wish.subject.or(connection.subject);
    }
    match &wish.config {
        Some(config) => start(config, &wish, verbose),
        None => Err(Failure::misuse("which configuration? give it with --config")),
    }
}

/// The connection that is meant; with a configuration there need not be one.
fn connected(wish: &Wish) -> Result<Option<Connection>, Failure> {
    match connection(wish) {
        // Somebody who names a configuration does not mean the only connection that happens to be there.
        Ok(connection)
            if wish.name.is_some() || wish.config.as_deref().is_none_or(|path| is_of(&connection, path)) =>
        {
            Ok(Some(connection))
        }
        Ok(_) => Ok(None),
        Err(failure) if failure.code == 2 && wish.config.is_some() => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn is_of(connection: &Connection, config: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    connection.config.as_deref().and_then(real).is_some_and(|own| Some(own) == real(config))
}

/// Why the gateway of a connection does not do.
fn unusable(connection: &Connection, wish: &Wish) -> Option<String> {
    let differs = |wanted: &Option<String>, is: &Option<String>| wanted.is_some() && wanted != is;
    if differs(&wish.role, &connection.role) || differs(&wish.subject, &connection.subject) {
        return Some("is for another role or subject; connect again with these".to_owned());
    }
    if connection.has_ended() {
        return Some("has ended; connect again".to_owned());
    }
    if wish.java && connection.jks_file.is_none() {
        return Some(
            "has no key store for Java; name one in the gateway's [ca] jks, connect again".to_owned(),
        );
    }
    let answered = answers(connection).err();
    answered.map(|why| format!("has a gateway at {} that {why}; start it", connection.address))
}

/// Starts a gateway for one program.
fn start(path: &Path, wish: &Wish, verbose: bool) -> Result<Reached, Failure> {
    let at = |error: awsaccess_proxy::ConfigError| Failure::misuse(format!("{}: {error}", path.display()));
    begin_log(verbose)?;
    let config = Config::load(path).map_err(at)?;
    let text = Option::as_deref;
    let who = config.identity(text(&wish.subject), text(&wish.name), text(&wish.role)).map_err(at)?;
    let region = config.region(&who.application).map(str::to_owned);
    let folder = Folder::temporary()?;
    let now = Time::from(SystemTime::now());
    let (mut config, placeholder) =
        config.for_one(&Claims::new(who, now, now + LONG), folder.path()).map_err(at)?;
    if config.audits_to_stdout() {
        config = config.with_audit(Records::open(verbose)?);
    }
    let files = config.trust_files();
    let running = Proxy::start(config).map_err(Failure::failed)?;
    let address = running.addrs().first().map(ToString::to_string).unwrap_or_default();
    tell(verbose, &format!("a gateway of its own at {address} serves"));
    let shown = |path: Option<PathBuf>| path.map(|path| path.display().to_string());
    let mut client = ClientEnv::new(wish.mode(), address, placeholder);
    client.region = region;
    client.ca_file = shown(files.ca);
    client.bundle_file = shown(files.bundle);
    client.java_trust_store = shown(files.jks).filter(|_| wish.java);
    Ok(Reached { client: wish.finish(client), kept: Ours { running: Some(running), _folder: folder } })
}

/// What our gateway says of itself is kept beside, too: standard error is the program's.
fn begin_log(verbose: bool) -> Result<(), Failure> {
    if verbose {
        log::begin(io::stderr(), Level::INFO);
        return Ok(());
    }
    let folder = state()?;
    make_private(&folder)?;
    log::begin(append_private(&folder.join("gateway.log"))?, Level::WARN);
    Ok(())
}

/// Where audit lines go that the configuration would have on standard output, which is the program's.
enum Records {
    File(File),
    Stderr,
}

impl Records {
    fn open(verbose: bool) -> Result<Self, Failure> {
        if verbose {
            return Ok(Self::Stderr);
        }
        let folder = state()?;
        make_private(&folder)?;
        append_private(&folder.join("audit.jsonl")).map(Self::File)
    }
}

impl Write for Records {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Stderr => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stderr => io::stderr().flush(),
        }
    }
}

fn tell(verbose: bool, line: &str) {
    if verbose {
        let _ = writeln!(io::stderr(), "awsaccess: {line}");
    }
}
