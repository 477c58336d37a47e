//! The configuration file, and what becomes of it: read whole or refused with the name of the key that is wrong.

mod added;
mod again;
mod document;
mod file;
mod json;
mod network;
mod passing;
mod rules;
mod sealed;
mod shape;
mod single;
mod source;

use std::fmt::Display;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use awsaccess::access::Restriction;
use awsaccess::audit::Format;
use awsaccess::credentials::Credentials;
use awsaccess::env::Env;
use awsaccess::gateway::{Allowance, Claims, Gateway, HostPattern, OWN_HOST, Revocations};
use awsaccess::partition;
use awsaccess::secret::Secret;
use awsaccess_drivers::blocking::Network;
use rustls::crypto::CryptoProvider;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub(crate) use self::added::{Added, is_name};
pub(crate) use self::again::Again;
use self::document::{Node, Syntax, position};
pub(crate) use self::sealed::{LifeKey, issue};
pub(crate) use self::single::Offer;
use crate::admin;
use crate::credential::Source;
use crate::listen::Listen;
use crate::sink::{OnFailure, Style};
use crate::source::Chain;
use crate::trust::TrustFiles;
use crate::tunnel::Rules;
use crate::upstream::{Patience, Place, Resolver, Setting, Trust};

/// What is wrong with a configuration: a line for each thing, with line and column where they are known. The text names
/// the key, and no value that could be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    fn at(key: &str, why: impl Display) -> Self {
        Self(format!("{key}: {why}"))
    }

    /// A line for each thing that is wrong, beginning with the name of the file: `file:line:column: key: what to do`.
    #[must_use]
    pub fn in_file(&self, path: &Path) -> String {
        let with_place = |line: &str| line.split_once(':').is_some_and(|(n, _)| n.parse::<usize>().is_ok());
        let line = |line: &str| match with_place(line) {
            true => format!("{}:{line}", path.display()),
            false => format!("{}: {line}", path.display()),
        };
        self.0.lines().map(line).collect::<Vec<_>>().join("\n")
    }

    /// With the line and column of the key that each line begins with.
    fn placed(self, text: &str, node: &Node) -> Self {
        let line = |line: &str| {
            let key = line.split(": ").next().unwrap_or_default();
            let key = key.split(".\"").next().unwrap_or(key);
            let is_key = key.bytes().all(|c| c.is_ascii_alphanumeric() || b"_.[]".contains(&c));
            if !is_key || key.is_empty() {
                return line.to_owned();
            }
            let (row, column) = position(text, node.locate(key));
            format!("{row}:{column}: {line}")
        };
        Self(self.0.lines().map(line).collect::<Vec<_>>().join("\n"))
    }
}

/// A configuration that is whole: every name in it leads somewhere.
#[non_exhaustive]
pub struct Config {
    pub(crate) listen: Vec<Listen>,
    /// Whether clients may speak HTTP/2.
    pub(crate) http2: bool,
    pub(crate) gateway: Gateway,
    /// What was revoked: a handle of the list that the gateway judges by.
    pub(crate) revoked: Revocations,
    pub(crate) sources: Chain,
    /// How those are reached who give credentials, if their source does not say it.
    pub(crate) network: Network,
    pub(crate) custom: Option<Arc<dyn Source>>,
    pub(crate) places: Vec<Place>,
    pub(crate) private: Vec<HostPattern>,
    /// In place of the system's.
    pub(crate) resolver: Option<Resolver>,
    pub(crate) trust: Trust,
    pub(crate) proxy: Setting,
    pub(crate) proxy_resolves: bool,
    pub(crate) allowance: Allowance,
    pub(crate) tunnel: Rules,
    pub(crate) patience: Patience,
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
    /// The fewest bytes a second of a body that is held.
    pub(crate) least_rate: u64,
    pub(crate) connections: usize,
    /// The threads that serve clients, if not as many as there are cores.
    pub(crate) threads: Option<NonZeroUsize>,
    pub(crate) buffered: u64,
    pub(crate) audit: Audit,
    pub(crate) audit_style: Style,
    pub(crate) admin: Option<admin::Settings>,
    /// Where probes ask that are not the administrator's.
    pub(crate) probes: Option<Listen>,
    pub(crate) domains: Vec<String>,
    pub(crate) offer: Offer,
    pub(crate) trust_files: TrustFiles,
    pub(crate) ca_key_file: Option<PathBuf>,
    pub(crate) ca_lifetime: Duration,
    pub(crate) provider: Arc<CryptoProvider>,
    /// A digest of the sources as they stand in the file.
    pub(crate) written: Option<Written>,
    path: Option<PathBuf>,
    document: Option<Document>,
    life: LifeKey,
    /// Where trust files go that it names no place for.
    trust_folder: Option<PathBuf>,
}

/// What sources are told apart by.
pub(crate) type Written = [u8; 32];

/// What a configuration was read from, so that it can be read again with more in it.
#[derive(Clone)]
struct Document {
    text: Arc<Zeroizing<String>>,
    /// The folder that file names are taken from.
    base: PathBuf,
    /// The names of its applications.
    applications: Vec<String>,
}

/// What outlives a configuration, and goes on into the next.
#[derive(Clone, Copy, Default)]
struct Outlives<'a> {
    life: Option<&'a LifeKey>,
    /// Holds what the same text says already.
    revoked: Option<&'a Revocations>,
}

/// Where audit lines go.
pub(crate) enum Audit {
    Stdout,
    File(PathBuf),
    Given(Box<dyn std::io::Write + Send>),
}

impl Config {
    /// Reads a file. File names in it are taken from its folder.
    ///
    /// # Errors
    /// [`ConfigError`] names the line or the key that is wrong; which file it was, the caller knows.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::load_with(path, None)
    }

    fn load_with(path: &Path, life: Option<&LifeKey>) -> Result<Self, ConfigError> {
        let read = Self::read(&text_of(path)?, folder_of(path), life)?;
        Ok(Self { path: Some(path.to_owned()), ..read })
    }

    /// Reads a configuration. File names in it are taken from the working directory.
    ///
    /// # Errors
    /// [`ConfigError`] names the key that is wrong.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::read(text, Path::new("."), None)
    }

    /// With real credentials from somewhere else than the sources of the file.
    #[must_use]
    pub fn with_source(mut self, source: impl Source + 'static) -> Self {
        self.custom = Some(Arc::new(source));
        self
    }

    /// With audit lines going to a writer, a whole line at a time.
    #[must_use]
    pub fn with_audit(mut self, writer: impl std::io::Write + Send + 'static) -> Self {
        self.audit = Audit::Given(Box::new(writer));
        self
    }

    /// With the environment that the credential sources see, in place of this process's.
    #[must_use]
    pub fn with_env(mut self, env: Env) -> Self {
        self.sources.env = env;
        self
    }

    /// With a source of the host's own, which `order = ["custom:<name>"]` of a `[[source]]` names: a secret store, a
    /// keychain. It is asked on a thread that may block, and gives `None` if it holds no credentials, or one line that
    /// says why there are none.
    #[must_use]
    pub fn with_custom(
        mut self,
        name: impl Into<String>,
        source: impl Fn() -> Result<Option<Credentials>, String> + Send + Sync + 'static,
    ) -> Self {
        self.sources.customs.insert(name.into(), Arc::new(source));
        self
    }

    /// With names looked up by the host itself, in place of the system's resolver: those of services and of the hosts that
    /// tunnels lead to. It is asked on a thread that may block. What it gives is held against the same rules: no private
    /// address but where the file says so.
    #[must_use]
    pub fn with_resolver(
        mut self,
        resolver: impl Fn(&str) -> std::io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        self.resolver = Some(Arc::new(resolver));
        self
    }

    /// The list of what was revoked, which can be added to while the gateway runs.
    #[must_use]
    pub fn revocations(&self) -> Revocations {
        self.revoked.clone()
    }

    /// Makes a placeholder as these rules know them: `seed` is 32 fresh bytes of a cryptographic generator.
    ///
    /// # Errors
    /// If the subject, the application or its role is not there, or the claims cannot be sealed.
    pub fn issue(&self, claims: &Claims, seed: &[u8; 32]) -> Result<Credentials, ConfigError> {
        issue(&self.gateway, claims, seed)
    }

    /// The file of keys that a configuration names, whether it is there or not.
    ///
    /// # Errors
    /// [`ConfigError`] if the configuration cannot be read, or names none.
    pub fn key_file(path: &Path) -> Result<PathBuf, ConfigError> {
        let (file, _) = file_of(&text_of(path)?)?;
        let name = file.sealed.key_file.ok_or_else(|| {
            ConfigError::at("sealed.key_file", "names no file; placeholders are sealed with the keys in it")
        })?;
        Ok(folder_of(path).join(name))
    }

    /// The schema of a configuration, as JSON: for editors, and for who makes one by program.
    #[must_use]
    pub const fn schema() -> &'static str {
        shape::SCHEMA
    }

    fn read(text: &str, base: &Path, life: Option<&LifeKey>) -> Result<Self, ConfigError> {
        let (file, node) = file_of(text)?;
        let outlives = Outlives { life, revoked: None };
        let read = Self::of(&file, base, outlives).map_err(|error| error.placed(text, &node))?;
        let document = Document {
            text: Arc::new(Zeroizing::new(text.to_owned())),
            base: base.to_owned(),
            applications: file.application.into_iter().map(|application| application.name).collect(),
        };
        Ok(Self { written: written(text, base), document: Some(document), ..read })
    }

    fn of(file: &file::File, base: &Path, outlives: Outlives<'_>) -> Result<Self, ConfigError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let upstream_roots = file.upstream.ca_file.as_deref().map(|name| base.join(name));
        let roots = network::client_config(&provider, upstream_roots.as_deref(), false, "upstream.ca_file")?;

        let stored = rules::placeholders(file)?;
        let life = outlives.life.map_or_else(|| sealed::life_key(&provider), |life| Ok(Arc::clone(life)))?;
        let revoked = sealed::revocations(&file.sealed)?;
        let revoked = outlives.revoked.cloned().unwrap_or(revoked);
        let placeholders = sealed::placeholders(&file.sealed, base, &life, stored, &revoked)?;
        let mut gateway = Gateway::new(rules::access_policy(file)?, placeholders);
        gateway.restrictions = restrictions(file, base)?;
        gateway.credential_operations = file.credential_operations.clone();
        passing::apply(file, &mut gateway)?;
        gateway.bodies = passing::bodies(&file.audit)?;
        gateway.strict_headers = file.strict_headers;
        gateway.policy.unsigned_amz = passing::unsigned_headers(file)?;
        gateway.policy.sigv4a = file.sigv4a;
        gateway.policy.uniform_errors = file.uniform_errors;
        if let Some(bytes) = file.limits.body_bytes {
            gateway.limits.body = bytes;
        }
        if let Some(seconds) = file.limits.skew_seconds {
            gateway.policy.max_skew = Some(Duration::from_secs(seconds));
        }
        if let Some(seconds) = file.limits.presigned_seconds {
            gateway.policy.max_expires = Duration::from_secs(seconds);
        }
        gateway.routes = network::routes(file)?;
        let domains = partition::suffixes()
            .chain([OWN_HOST])
            .map(str::to_owned)
            .chain(gateway.routes.extras.iter().map(|extra| extra.host.name().to_owned()))
            .collect();

        let named = |name: &Option<String>| name.as_deref().map(|name| base.join(name));
        let seconds = |value: Option<u64>, default| Duration::from_secs(value.unwrap_or(default));
        let patience = Patience {
            connect: seconds(file.limits.connect_seconds, 10),
            answer: seconds(file.limits.answer_seconds, 900),
        };
        let network = network::for_credentials(file, base)?;
        let sources = source::sources(file, base, &network)?;
        Ok(Self {
            tunnel: network::tunnel(file, base, &sources.env, patience.connect)?,
            sources,
            network,
            listen: network::listeners(file, base)?,
            http2: file.http2.unwrap_or(true),
            custom: None,
            places: network::places(file, base, &provider)?,
            resolver: None,
            private: network::patterns("upstream.private", &file.upstream.private)?,
            trust: Trust::new(&roots, file.upstream.http2.unwrap_or(true)),
            proxy: network::proxy(file)?,
            proxy_resolves: file.upstream.proxy_resolves,
            allowance: network::allowance(&file.limits)?,
            patience,
            head: seconds(file.limits.head_seconds, 10),
            idle: seconds(file.limits.idle_seconds, 60),
            least_rate: file.limits.body_bytes_per_second.unwrap_or(1024),
            connections: file.limits.connections.unwrap_or(4096),
            threads: network::threads(&file.limits)?,
            buffered: file.limits.buffered_bytes.unwrap_or(512 << 20),
            audit: match file.audit.file.as_deref() {
                None | Some("-") => Audit::Stdout,
                Some(name) => Audit::File(base.join(name)),
            },
            audit_style: audit_style(&file.audit)?,
            admin: file.admin.as_ref().map(|table| network::admin(table, base)).transpose()?,
            probes: file.probes.as_ref().map(|table| network::probes(table, base)).transpose()?,
            domains,
            trust_files: TrustFiles {
                ca: named(&file.ca.file),
                bundle: named(&file.ca.bundle),
                jks: named(&file.ca.jks),
                pkcs12: named(&file.ca.pkcs12),
            },
            ca_key_file: named(&file.ca.key_file),
            ca_lifetime: authority_lifetime(&file.ca)?,
            offer: Offer::of(file),
            gateway,
            revoked,
            provider,
            written: None,
            path: None,
            document: None,
            life,
            trust_folder: None,
        })
    }
}

/// The longest life of an authority.
const LONGEST_AUTHORITY: Duration = Duration::from_secs(168 * 3600);

fn authority_lifetime(table: &file::CaTable) -> Result<Duration, ConfigError> {
    match table.hours.unwrap_or(12) {
        hours @ 1..=168 => Ok(Duration::from_secs(3600 * hours)),
        _ => Err(ConfigError::at("ca.hours", "must be from 1 to 168")),
    }
}

fn text_of(path: &Path) -> Result<Zeroizing<String>, ConfigError> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    text.map_err(|error| ConfigError(format!("cannot be read: {error}")))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

fn audit_style(table: &file::AuditTable) -> Result<Style, ConfigError> {
    let format = match table.format.as_deref() {
        None | Some("plain") => Format::Plain,
        Some("ocsf") => Format::Ocsf,
        Some(_) => return Err(ConfigError::at("audit.format", "must be \"plain\" or \"ocsf\"")),
    };
    let on_failure = match table.on_failure.as_deref() {
        None | Some("closed") => OnFailure::Closed,
        Some("open") => OnFailure::Open,
        Some(_) => return Err(ConfigError::at("audit.on_failure", "must be \"closed\" or \"open\"")),
    };
    Ok(Style { format, chain: table.chain, on_failure })
}

#[cfg(feature = "cedar")]
fn restrictions(file: &file::File, base: &Path) -> Result<Vec<Box<dyn Restriction>>, ConfigError> {
    let Some(table) = &file.cedar else { return Ok(Vec::new()) };
    let paths: Vec<(String, PathBuf)> =
        table.policies.iter().map(|name| (name.clone(), base.join(name))).collect();
    let files: Vec<(String, &Path)> =
        paths.iter().map(|(name, path)| (name.clone(), path.as_path())).collect();
    let cedar = crate::cedar::Cedar::load(&files);
    Ok(vec![Box::new(cedar.map_err(|why| ConfigError::at("cedar.policies", why.replace('\n', " ")))?)])
}

#[cfg(not(feature = "cedar"))]
fn restrictions(file: &file::File, _base: &Path) -> Result<Vec<Box<dyn Restriction>>, ConfigError> {
    // Policies that would not be asked are no policies.
    let named = |table: &file::Cedar| table.policies.join(", ");
    file.cedar.as_ref().map_or(Ok(Vec::new()), |table| {
        let why = "this program was built without the feature 'cedar', and cannot ask";
        Err(ConfigError::at("cedar.policies", format!("{why} {}", named(table))))
    })
}

/// A digest of the sources as they stand in the file, and of the way to those that they ask: it may hold a password. What
/// certificates are in the files that they name counts too.
fn written(text: &str, base: &Path) -> Option<Written> {
    let table: Option<toml::Table> = match Syntax::of(text) {
        Syntax::Toml => toml::from_str(text).ok(),
        Syntax::Json => serde_json::from_str(text).ok(),
    };
    let mut all = table?;
    let sources = all.remove("source");
    let upstream = all.get("upstream").and_then(toml::Value::as_table);
    let way = ["proxy", "no_proxy", "ca_file"].map(|key| upstream.and_then(|table| table.get(key)).cloned());
    let json = serde_json::to_vec(&(&sources, way)).map(Zeroizing::new).ok()?;
    let tables = sources.as_ref().and_then(toml::Value::as_array).into_iter().flatten();
    let tables = tables.filter_map(toml::Value::as_table).chain(upstream);
    let mut digest = Sha256::new_with_prefix(&*json);
    for name in tables.filter_map(|table| table.get("ca_file")?.as_str()) {
        digest.update(Sha256::digest(std::fs::read(base.join(name)).unwrap_or_default()));
    }
    Some(digest.finalize().into())
}

/// Reads the file, or says everything that is wrong with its form.
fn file_of(text: &str) -> Result<(file::File, Node), ConfigError> {
    let syntax = Syntax::of(text);
    let at = |at: usize, why: String| {
        let (line, column) = position(text, at);
        format!("{line}:{column}: {why}")
    };
    let all = |lines: Vec<String>| ConfigError(lines.join("\n"));
    let node = Node::parse(text, syntax)
        .map_err(|faults| all(faults.into_iter().map(|fault| at(fault.at, fault.why)).collect()))?;
    let misfits = shape::check(&node);
    if !misfits.is_empty() {
        let line = |misfit: shape::Misfit| at(misfit.at, format!("{}: {}", misfit.key, misfit.why));
        return Err(all(misfits.into_iter().map(line).collect()));
    }
    let file = match syntax {
        Syntax::Toml => toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            all(vec![at(start, without_values(error.message()))])
        }),
        Syntax::Json => serde_json::from_str(text).map_err(|error| {
            let why = error.to_string();
            let why = why.split(" at line ").next().unwrap_or_default();
            let why = without_values(why);
            all(vec![format!("{}:{}: {why}", error.line(), error.column())])
        }),
    };
    Ok((file?, node))
}

/// The parser's word, but never the value: it may be a secret.
fn without_values(message: &str) -> String {
    let message = message.lines().next().unwrap_or("cannot be read");
    let message = message.split(": string \"").next().unwrap_or(message);
    awsaccess::redact::text(message)
}

/// A secret of the file, taken over at once.
pub(crate) struct Hidden(pub(crate) Secret);

#[cfg(test)]
impl schemars::JsonSchema for Hidden {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "writeOnly": true })
    }
}

impl<'de> serde::Deserialize<'de> for Hidden {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

#[cfg(test)]
mod tests;
