//! The configuration file, and what becomes of it: read whole or refused with the name of the key that is wrong.

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

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use awsaccess::access::Restriction;
use awsaccess::audit::Format;
use awsaccess::credentials::Credentials;
use awsaccess::env::Env;
use awsaccess::gateway::{Allowance, Claims, Gateway, HostPattern, Revocations};
use awsaccess::partition;
use awsaccess::secret::Secret;
use rustls::crypto::CryptoProvider;
use zeroize::Zeroizing;

use self::document::{Node, Syntax, position};
pub(crate) use self::sealed::{LifeKey, issue};
use crate::admin;
use crate::credential::Source;
use crate::listen::Listen;
use crate::sink::{OnFailure, Style};
use crate::source::{Chain, CustomSource};
use crate::trust::Files;
use crate::tunnel::Rules;
use crate::upstream::{Patience, Place, Setting, Trust};

pub use single::TrustFiles;

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
    pub(crate) custom: Option<Arc<dyn Source>>,
    pub(crate) places: Vec<Place>,
    pub(crate) private: Vec<HostPattern>,
    pub(crate) trust: Trust,
    pub(crate) proxy: Setting,
    pub(crate) proxy_resolves: bool,
    pub(crate) allowance: Allowance,
    pub(crate) tunnel: Rules,
    pub(crate) patience: Patience,
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
    pub(crate) connections: usize,
    pub(crate) buffered: u64,
    pub(crate) audit: Audit,
    pub(crate) audit_style: Style,
    pub(crate) admin: Option<admin::Settings>,
    pub(crate) domains: Vec<String>,
    offer: single::Offer,
    pub(crate) trust_files: Files,
    pub(crate) ca_key_file: Option<PathBuf>,
    pub(crate) ca_lifetime: Duration,
    pub(crate) provider: Arc<CryptoProvider>,
    /// The sources as they stand in the file.
    pub(crate) written: Option<toml::Value>,
    path: Option<PathBuf>,
    life: LifeKey,
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
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        let text = text.map_err(|error| ConfigError(format!("cannot be read: {error}")))?;
        let read = Self::read(&text, path.parent().unwrap_or(Path::new(".")), life)?;
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

    /// How to read it again.
    pub(crate) fn again(&self) -> Again {
        Again {
            path: self.path.clone(),
            life: Arc::clone(&self.life),
            custom: self.custom.clone(),
            env: self.sources.env.clone(),
            customs: self.sources.customs.clone(),
        }
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
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        let text = text.map_err(|error| ConfigError(format!("cannot be read: {error}")))?;
        let (file, _) = file_of(&text)?;
        let name = file.sealed.key_file.ok_or_else(|| {
            ConfigError::at("sealed.key_file", "names no file; placeholders are sealed with the keys in it")
        })?;
        Ok(path.parent().unwrap_or(Path::new(".")).join(name))
    }

    /// The schema of a configuration, as JSON: for editors, and for who makes one by program.
    #[must_use]
    pub const fn schema() -> &'static str {
        shape::SCHEMA
    }

    fn read(text: &str, base: &Path, life: Option<&LifeKey>) -> Result<Self, ConfigError> {
        let (file, node) = file_of(text)?;
        let read = Self::of(&file, base, life).map_err(|error| error.placed(text, &node))?;
        Ok(Self { written: written(text), ..read })
    }

    fn of(file: &file::File, base: &Path, life: Option<&LifeKey>) -> Result<Self, ConfigError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let upstream_roots = file.upstream.ca_file.as_deref().map(|name| base.join(name));
        let roots = network::client_config(&provider, upstream_roots.as_deref(), false, "upstream.ca_file")?;

        let stored = rules::placeholders(file)?;
        let life = life.map_or_else(|| sealed::life_key(&provider), |life| Ok(Arc::clone(life)))?;
        let (placeholders, revoked) = sealed::placeholders(&file.sealed, base, &life, stored)?;
        let mut gateway = Gateway::new(rules::access_policy(file)?, placeholders);
        gateway.restrictions = restrictions(file, base)?;
        gateway.credential_operations = file.credential_operations.clone();
        passing::apply(file, &mut gateway)?;
        gateway.strict_headers = file.strict_headers;
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
            .map(str::to_owned)
            .chain(gateway.routes.extras.iter().map(|extra| extra.host.name().to_owned()))
            .collect();

        let named = |name: &Option<String>| name.as_deref().map(|name| base.join(name));
        let seconds = |value: Option<u64>, default| Duration::from_secs(value.unwrap_or(default));
        let patience = Patience {
            connect: seconds(file.limits.connect_seconds, 10),
            answer: seconds(file.limits.answer_seconds, 900),
        };
        let sources = source::sources(file, base)?;
        Ok(Self {
            tunnel: network::tunnel(file, base, &sources.env, patience.connect)?,
            sources,
            listen: network::listeners(file, base)?,
            http2: file.http2.unwrap_or(true),
            custom: None,
            places: network::places(file, base, &provider)?,
            private: network::patterns("upstream.private", &file.upstream.private)?,
            trust: Trust::new(&roots, file.upstream.http2.unwrap_or(true)),
            proxy: network::proxy(file)?,
            proxy_resolves: file.upstream.proxy_resolves,
            allowance: network::allowance(&file.limits)?,
            patience,
            head: seconds(file.limits.head_seconds, 10),
            idle: seconds(file.limits.idle_seconds, 60),
            connections: file.limits.connections.unwrap_or(4096),
            buffered: file.limits.buffered_bytes.unwrap_or(512 << 20),
            audit: match file.audit.file.as_deref() {
                None | Some("-") => Audit::Stdout,
                Some(name) => Audit::File(base.join(name)),
            },
            audit_style: audit_style(&file.audit)?,
            admin: file.admin.as_ref().map(|table| network::admin(table, base)).transpose()?,
            domains,
            trust_files: Files {
                pem: named(&file.ca.file),
                bundle: named(&file.ca.bundle),
                jks: named(&file.ca.jks),
                pkcs12: named(&file.ca.pkcs12),
            },
            ca_key_file: named(&file.ca.key_file),
            ca_lifetime: Duration::from_secs(3600 * file.ca.hours.unwrap_or(12).clamp(1, 168)),
            offer: single::Offer::of(file),
            gateway,
            revoked,
            provider,
            written: None,
            path: None,
            life,
        })
    }
}

/// Where a configuration came from, and what the program gave beside the file.
pub(crate) struct Again {
    path: Option<PathBuf>,
    life: LifeKey,
    custom: Option<Arc<dyn Source>>,
    env: Env,
    customs: BTreeMap<String, CustomSource>,
}

impl Again {
    /// Reads it; `None` if it came from no file.
    pub(crate) fn read(&self) -> Option<Result<Config, ConfigError>> {
        let read = Config::load_with(self.path.as_ref()?, Some(&self.life));
        Some(read.map(|mut config| {
            config.custom.clone_from(&self.custom);
            config.sources.env.clone_from(&self.env);
            config.sources.customs.clone_from(&self.customs);
            config
        }))
    }
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

/// The sources as they stand in the file.
fn written(text: &str) -> Option<toml::Value> {
    let table: Option<toml::Table> = match Syntax::of(text) {
        Syntax::Toml => toml::from_str(text).ok(),
        Syntax::Json => serde_json::from_str(text).ok(),
    };
    table?.remove("source")
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
mod tests {
    use super::*;
    use crate::listen::At;
    use crate::tunnel::Mode;

    const WHOLE: &str = include_str!("../examples/gateway.toml");

    fn error(text: &str) -> String {
        Config::parse(text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_example_is_whole() {
        let config = Config::parse(WHOLE).unwrap();
        assert_eq!(config.listen[0].at, At::Tcp("127.0.0.1:8877".parse().unwrap()));
        assert!(config.tunnel.mode == Mode::Public);
        assert!(!config.gateway.policy.sigv4a);
        let with = Config::parse(&WHOLE.replacen("sigv4a = false", "sigv4a = true", 1)).unwrap();
        assert!(with.gateway.policy.sigv4a);
        let without = Config::parse(&WHOLE.replacen("sigv4a = false\n", "", 1)).unwrap();
        assert!(!without.gateway.policy.sigv4a);
    }

    #[test]
    fn faults_are_named() {
        let edit = |from: &str, to: &str| {
            assert!(WHOLE.contains(from), "{from}");
            error(&WHOLE.replacen(from, to, 1))
        };
        for (from, to, wanted) in [
            ("\"127.0.0.1:8877\"", "\"localhost\"", "listen[0]: neither an address"),
            ("listen =", "listens =", ": listens: there is no key of this name; did you mean 'listen'?"),
            ("source = \"base\"", "source = \"bas\"", "application[0].source: there is no [[source]]"),
            (
                "\nsubject = \"alice@example.com\"",
                "\nsubject = \"eve\"",
                "placeholder[0]: there is no [[subject]]",
            ),
            (
                "\nrole = \"reader\"",
                "\nrole = \"writer\"",
                "placeholder[0]: the application 'prod' has no role",
            ),
            (
                "arn:aws:iam::111111111111:role/hub",
                "hub",
                "application[0].role[0].assume[0].role_arn: 'hub' is not the arn",
            ),
            ("mode = \"public\"", "mode = \"all\"", "tunnel.mode: must be"),
            ("format = \"plain\"", "format = \"cef\"", "audit.format: must be \"plain\" or \"ocsf\""),
            ("chain = false", "chain = \"yes\"", "true or false is wanted, and there is a text"),
            ("order = [\"imds\"]", "order = [\"aws\"]", "source[0].order: 'aws' is none of"),
            ("arn:aws:iam::222222222222:role/*", "*", "role[0].allow[0]: '*' can match no role"),
            (
                "roles = [\"developers\"]",
                "roles = [\"kings\"]",
                "the subject 'alice@example.com' has the role 'kings'",
            ),
        ] {
            let found = edit(from, to);
            assert!(found.contains(wanted), "{from}: {found}");
        }
    }

    #[test]
    fn faults_have_a_place_and_are_told_all_at_once() {
        let text =
            "listen = []\naplication = 1\n[[subject]]\nname = 1\n[tunnel]\nmode = true\nx = 1\n[[role]]\n";
        assert_eq!(
            error(text).lines().collect::<Vec<_>>(),
            [
                "2:1: aplication: there is no key of this name; did you mean 'application'?",
                "4:8: subject[0].name: a text in quotes is wanted, and there is a whole number",
                "6:8: tunnel.mode: a text in quotes is wanted, and there is true or false",
                "7:1: tunnel.x: there is no key of this name; there are mode, ports, idle_seconds, always_login, host, user",
                "8:1: role[0].name: is missing",
            ]
        );
        let text = "listen = []\n[[role]]\nname = \"r\"\nallow = [\"arn:aws:iam::1:role/x\", \"{{external.x}\"]\n\
                    guards = [\"read-onyl\"]\n[[guard]]\nname = \"g\"\ndeny = [\"s3\"]\n";
        let found = error(text);
        let found: Vec<&str> = found.lines().map(|line| line.split(" is wanted").next().unwrap()).collect();
        assert!(
            found[0].starts_with("8:9: guard[0].deny[0]: the rule 's3' is no service:Operation"),
            "{found:?}"
        );
        assert!(found[1].starts_with("4:10: role[0].allow[0]: 'arn:aws:iam::1:role/x' can match no role"));
        assert!(
            found[2].starts_with("4:35: role[0].allow[1]: the template '{{external.x}' has a {{ without")
        );
        assert!(found[3].ends_with("there is no guard of the name 'read-onyl'; did you mean 'read-only'?"));
        assert_eq!(found.len(), 4);
        let text =
            "listen = []\n[[role]]\nname = \"admins\"\n[[subject]]\nname = \"s\"\nroles = [\"admin\"]\n";
        let wanted = "6:1: subject[0].roles: the subject 's' has the role 'admin', which is not defined; did you mean \
                      'admins'?";
        assert_eq!(error(text), wanted);
        let path = Path::new("gw.toml");
        assert_eq!(ConfigError(error(text)).in_file(path), format!("gw.toml:{wanted}"));
    }

    #[test]
    #[cfg(not(feature = "cedar"))]
    fn policies_that_cannot_be_asked_are_refused() {
        let found = error("listen = []\n[cedar]\npolicies = [\"office.cedar\"]\n");
        assert!(found.starts_with("3:1: cedar.policies: this program was built without"), "{found}");
    }

    #[test]
    fn json_has_the_same_shape() {
        let toml: toml::Value = toml::from_str(WHOLE).unwrap();
        let json = serde_json::to_string_pretty(&toml).unwrap();
        let config = Config::parse(&json).unwrap();
        assert_eq!(config.listen, Config::parse(WHOLE).unwrap().listen);
        assert!(Config::parse("{\"listen\": [], \"listens\": 1}").is_err());
        let found = error("{\n  \"listen\": [],\n  \"subject\": [{\"name\": \"s\", \"rols\": []}]\n}");
        assert_eq!(found, "3:29: subject[0].rols: there is no key of this name; did you mean 'roles'?");
        assert!(error("{\"listen\": [}").starts_with("1:13: not json"));
    }

    /// `make schema` writes it anew.
    #[test]
    fn the_schema_is_that_of_the_types() {
        let schema = schemars::generate::SchemaSettings::draft2020_12().into_generator();
        let schema = schema.into_root_schema_for::<file::File>();
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("AWSACCESS_WRITE_SCHEMA").is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/gateway.schema.json"), &text).unwrap();
        } else {
            assert_eq!(Config::schema(), text, "the types have changed: run `make schema`");
        }
    }

    #[test]
    fn the_examples_fit_the_schema() {
        for text in [WHOLE, include_str!("../examples/access.toml"), include_str!("../clients/gateway.toml")]
        {
            let node = Node::parse(text, Syntax::Toml).unwrap();
            let misfits = shape::check(&node);
            assert!(misfits.is_empty(), "{}: {}", misfits[0].key, misfits[0].why);
        }
        assert!(
            Config::parse(include_str!("../examples/access.toml")).map_err(|error| panic!("{error}")).is_ok()
        );
    }

    #[test]
    fn no_secret_in_an_error() {
        let secret = "placeholder-secret-of-forty-characters-x";
        for text in [
            format!("[[placeholder]]\nsecret_access_key = [\"{secret}\"]"),
            format!("[[placeholder]]\nsecret_access_key = \"{secret}"),
            format!("[[placeholder]]\naccess_key_id = 7\nsecret_access_key = \"{secret}\""),
            format!("listen = \"{secret}\""),
            format!("[limits]\nconnections = \"{secret}\""),
            format!("secret_access_key = \"{secret}\""),
        ] {
            let found = error(&text);
            assert!(!found.is_empty() && !found.contains(secret), "{found}");
            assert!(found.starts_with(|c: char| c.is_ascii_digit()), "{found}");
        }
    }
}
