//! The configuration file, and what becomes of it: read whole or refused with the name of the key that is wrong.

mod file;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use awsaccess::access::{self, Application, Hop, Identity, Subject, Target};
use awsaccess::chain::{Options, Order, Source as ChainSource};
use awsaccess::gateway::{ExtraEndpoint, Gateway, HostPattern, Placeholder, Routes, Store};
use awsaccess::partition;
use awsaccess::secret::Secret;
use awsaccess::time::Time;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use zeroize::Zeroizing;

use crate::credential::Source;
use crate::sink::Sink;
use crate::source::{Chain, Named};
use crate::tunnel::{Listed, Mode, Rules};
use crate::upstream::{Patience, Place};

/// What is wrong with a configuration. The text names the key, and no value that could be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    fn at(key: &str, why: impl Display) -> Self {
        Self(format!("{key}: {why}"))
    }
}

/// A configuration that is whole: every name in it leads somewhere.
#[non_exhaustive]
pub struct Config {
    pub(crate) listen: Vec<SocketAddr>,
    pub(crate) gateway: Gateway,
    pub(crate) sources: Chain,
    pub(crate) custom: Option<Arc<dyn Source>>,
    pub(crate) places: Vec<Place>,
    pub(crate) private: Vec<HostPattern>,
    pub(crate) roots: Arc<ClientConfig>,
    pub(crate) tunnel: Rules,
    pub(crate) patience: Patience,
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
    pub(crate) connections: usize,
    pub(crate) buffered: u64,
    pub(crate) audit: Audit,
    pub(crate) domains: Vec<String>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) ca_lifetime: Duration,
    pub(crate) provider: Arc<CryptoProvider>,
}

/// Where audit lines go.
pub(crate) enum Audit {
    Stdout,
    File(PathBuf),
    Given(Sink),
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ConfigError`], with the name of the file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        let text = text.map_err(|error| ConfigError::at(&name, error))?;
        let base = path.parent().unwrap_or(Path::new("."));
        Self::read(&text, base).map_err(|error| ConfigError::at(&name, error))
    }

    /// Reads a configuration. File names in it are taken from the working directory.
    ///
    /// # Errors
    /// [`ConfigError`] names the key that is wrong.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::read(text, Path::new("."))
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
        self.audit = Audit::Given(Sink::new(writer));
        self
    }

    /// With the environment that the credential sources see, in place of this process's.
    #[must_use]
    pub fn with_env(mut self, env: awsaccess::env::Env) -> Self {
        self.sources.env = env;
        self
    }

    fn read(text: &str, base: &Path) -> Result<Self, ConfigError> {
        let file: file::File = toml::from_str(text).map_err(|error| unreadable(text, &error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let upstream_roots = file.upstream.ca_file.as_deref().map(|name| base.join(name));
        let roots = client_config(&provider, upstream_roots.as_deref(), false, "upstream.ca_file")?;

        let mut gateway = Gateway::new(access_policy(&file)?, placeholders(&file)?);
        gateway.credential_operations = file.credential_operations.clone();
        gateway.strict_headers = file.strict_headers;
        if let Some(bytes) = file.limits.body_bytes {
            gateway.limits.body = bytes;
        }
        if let Some(seconds) = file.limits.skew_seconds {
            gateway.policy.max_skew = Some(Duration::from_secs(seconds));
        }
        if let Some(seconds) = file.limits.presigned_seconds {
            gateway.policy.max_expires = Duration::from_secs(seconds);
        }
        gateway.routes = routes(&file)?;
        let domains = partition::suffixes()
            .map(str::to_owned)
            .chain(gateway.routes.extras.iter().map(|extra| extra.host.name().to_owned()))
            .collect();

        let seconds = |value: Option<u64>, default| Duration::from_secs(value.unwrap_or(default));
        let patience = Patience {
            connect: seconds(file.limits.connect_seconds, 10),
            answer: seconds(file.limits.answer_seconds, 900),
        };
        Ok(Self {
            listen: file.listen.clone(),
            sources: sources(&file, base)?,
            custom: None,
            places: places(&file, base, &provider)?,
            private: patterns("upstream.private", &file.upstream.private)?,
            roots,
            tunnel: tunnel(&file, patience.connect)?,
            patience,
            head: seconds(file.limits.head_seconds, 10),
            idle: seconds(file.limits.idle_seconds, 60),
            connections: file.limits.connections.unwrap_or(4096),
            buffered: file.limits.buffered_bytes.unwrap_or(512 << 20),
            audit: match file.audit.file.as_deref() {
                None | Some("-") => Audit::Stdout,
                Some(name) => Audit::File(base.join(name)),
            },
            domains,
            ca_file: file.ca.file.as_deref().map(|name| base.join(name)),
            ca_lifetime: Duration::from_secs(3600 * file.ca.hours.unwrap_or(12).clamp(1, 168)),
            gateway,
            provider,
        })
    }
}

/// The parser's word, with the line, but never the line itself: it may hold a secret.
fn unreadable(text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let message = error.message().lines().next().unwrap_or("not toml");
    // A value of the wrong type is quoted by the parser.
    let message = message.split(": string \"").next().unwrap_or(message);
    ConfigError(format!("line {line}: {}", awsaccess::redact::text(message)))
}

fn access_policy(file: &file::File) -> Result<access::Policy, ConfigError> {
    let mut applications = Vec::new();
    for (n, entry) in file.application.iter().enumerate() {
        let key = format!("application[{n}]");
        if !file.source.iter().any(|source| source.name == entry.source) {
            let why = format!("there is no [[source]] of the name '{}'", entry.source);
            return Err(ConfigError::at(&format!("{key}.source"), why));
        }
        let mut targets = Vec::new();
        for (m, role) in entry.role.iter().enumerate() {
            let key = format!("{key}.role[{m}].assume");
            let hops = role.assume.iter().map(|assume| {
                let hop = Hop::new(&assume.role_arn)?;
                Ok(match &assume.external_id {
                    Some(id) => hop.with_external_id(id.as_str()),
                    None => hop,
                })
            });
            let hops: Result<Vec<_>, access::ArnError> = hops.collect();
            targets.push(Target::new(&role.name, hops.map_err(|why| ConfigError::at(&key, why))?));
        }
        let mut application = Application::new(&entry.name, &entry.source, targets);
        application.services = entry.services.clone();
        application.regions = entry.regions.clone();
        if let Some(seconds) = entry.duration_seconds {
            application.duration = Duration::from_secs(seconds);
        }
        applications.push(application);
    }
    let mut roles = Vec::new();
    for (n, entry) in file.role.iter().enumerate() {
        let allow: Vec<&str> = entry.allow.iter().map(String::as_str).collect();
        let deny: Vec<&str> = entry.deny.iter().map(String::as_str).collect();
        let role = access::Role::new(&entry.name, &allow, &deny);
        roles.push(role.map_err(|why| ConfigError::at(&format!("role[{n}]"), why))?);
    }
    let subjects = file.subject.iter().map(|entry| {
        let roles: Vec<&str> = entry.roles.iter().map(String::as_str).collect();
        Subject::new(&entry.name, &roles)
    });
    access::Policy::new(applications, roles, subjects.collect()).map_err(|why| ConfigError(why.to_string()))
}

fn placeholders(file: &file::File) -> Result<Store, ConfigError> {
    let mut store = Store::new();
    for (n, entry) in file.placeholder.iter().enumerate() {
        let key = |name: &str| format!("placeholder[{n}].{name}");
        let id = &entry.access_key_id;
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=.-".contains(&byte);
        if !(16..=128).contains(&id.len()) || !id.bytes().all(sound) {
            return Err(ConfigError::at(
                &key("access_key_id"),
                "16 to 128 letters, digits and _+=.- are wanted",
            ));
        }
        if entry.secret_access_key.0.expose().len() < 20 {
            return Err(ConfigError::at(&key("secret_access_key"), "at least 20 characters are wanted"));
        }
        check_identity(file, entry).map_err(|why| ConfigError::at(&format!("placeholder[{n}]"), why))?;
        let identity = Identity {
            subject: entry.subject.clone(),
            application: entry.application.clone(),
            role: entry.role.clone(),
        };
        let mut placeholder = Placeholder::new(entry.secret_access_key.0.clone(), identity);
        if let Some(token) = &entry.session_token {
            placeholder = placeholder.with_session_token(token.0.clone());
        }
        if let Some(at) = &entry.expires_at {
            let time = Time::parse_rfc3339(at);
            let time =
                time.ok_or_else(|| ConfigError::at(&key("expires_at"), "not a time (2026-11-21T12:00:00Z)"))?;
            placeholder = placeholder.with_expiry(time);
        }
        if store.insert(id.as_str(), placeholder).is_some() {
            return Err(ConfigError::at(&key("access_key_id"), "is there twice"));
        }
    }
    Ok(store)
}

/// A placeholder for nobody would be refused at its first use; better to say so now.
fn check_identity(file: &file::File, entry: &file::Placeholder) -> Result<(), String> {
    if !file.subject.iter().any(|subject| subject.name == entry.subject) {
        return Err(format!("there is no [[subject]] of the name '{}'", entry.subject));
    }
    let application = file.application.iter().find(|application| application.name == entry.application);
    let Some(application) = application else {
        return Err(format!("there is no [[application]] of the name '{}'", entry.application));
    };
    if !application.role.iter().any(|role| role.name == entry.role) {
        return Err(format!(
            "the application '{}' has no role of the name '{}'",
            entry.application, entry.role
        ));
    }
    Ok(())
}

fn routes(file: &file::File) -> Result<Routes, ConfigError> {
    let mut routes = Routes::default();
    routes.customer_hosts = patterns("customer_hosts", &file.customer_hosts)?;
    for (n, entry) in file.endpoint.iter().enumerate() {
        let host = pattern(&format!("endpoint[{n}].host"), &entry.host)?;
        // An entry for a host of AWS's own says where it is; what it is, the catalogue says better.
        if under_aws(host.name()) {
            if entry.service.is_some() || entry.region.is_some() {
                let why = "service and region of an aws host are known; leave them out";
                return Err(ConfigError::at(&format!("endpoint[{n}]"), why));
            }
            continue;
        }
        let mut extra = ExtraEndpoint::new(host);
        extra.service = entry.service.clone();
        extra.region = entry.region.clone();
        routes.extras.push(extra);
    }
    Ok(routes)
}

fn under_aws(name: &str) -> bool {
    partition::suffixes()
        .any(|suffix| name.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

fn places(file: &file::File, base: &Path, provider: &Arc<CryptoProvider>) -> Result<Vec<Place>, ConfigError> {
    let place = |(n, entry): (usize, &file::Endpoint)| {
        let key = |name: &str| format!("endpoint[{n}].{name}");
        let tls = match entry.scheme.as_deref() {
            None | Some("https") => true,
            Some("http") => false,
            Some(_) => return Err(ConfigError::at(&key("scheme"), "must be \"https\" or \"http\"")),
        };
        let ca_file = entry.ca_file.as_deref().map(|name| base.join(name));
        let config = match &ca_file {
            Some(path) => Some(client_config(provider, Some(path), true, &key("ca_file"))?),
            None => None,
        };
        Ok(Place { host: pattern(&key("host"), &entry.host)?, address: entry.address, tls, config })
    };
    file.endpoint.iter().enumerate().map(place).collect()
}

fn sources(file: &file::File, base: &Path) -> Result<Chain, ConfigError> {
    let mut sources = BTreeMap::new();
    for (n, entry) in file.source.iter().enumerate() {
        let key = |name: &str| format!("source[{n}].{name}");
        let mut options = Options::new();
        if let Some(profile) = &entry.profile {
            options = options.profile(profile.as_str());
        }
        if let Some(region) = &entry.region {
            options = options.region(region.as_str());
        }
        if let Some(home) = &entry.home {
            options = options.home(base.join(home).display().to_string());
        }
        if let Some(url) = &entry.imds_endpoint {
            options = options.imds_endpoint(url.as_str());
        }
        if let Some(url) = &entry.sts_endpoint {
            options = options.sts_endpoint(url.as_str());
        }
        if !entry.order.is_empty() {
            let order: Result<Vec<_>, _> =
                entry.order.iter().map(|name| chain_source(&key("order"), name)).collect();
            options = options.order(Order::new(order?));
        }
        let roots = entry.ca_file.as_deref().map(|name| {
            std::fs::read(base.join(name)).map_err(|error| ConfigError::at(&key("ca_file"), error))
        });
        let named = Named { options, roots: roots.transpose()? };
        if sources.insert(entry.name.clone(), named).is_some() {
            return Err(ConfigError::at(&key("name"), "is there twice"));
        }
    }
    let env = awsaccess_drivers::blocking::environment().map_err(|error| ConfigError(error.to_string()))?;
    Ok(Chain { sources, env })
}

fn chain_source(key: &str, name: &str) -> Result<ChainSource, ConfigError> {
    let all = [
        ChainSource::Environment,
        ChainSource::Profile,
        ChainSource::WebIdentity,
        ChainSource::Container,
        ChainSource::Imds,
    ];
    let found = all.into_iter().find(|source| source.name() == name);
    found.ok_or_else(|| {
        ConfigError::at(key, format!("'{name}' is none of {}", all.map(ChainSource::name).join(", ")))
    })
}

fn tunnel(file: &file::File, connect: Duration) -> Result<Rules, ConfigError> {
    let mode = match file.tunnel.mode.as_deref() {
        Some("none") => Mode::Off,
        Some("listed") => Mode::Listed,
        None | Some("public") => Mode::Public,
        Some(_) => return Err(ConfigError::at("tunnel.mode", "must be \"none\", \"listed\" or \"public\"")),
    };
    let listed = file.tunnel.host.iter().enumerate().map(|(n, entry)| {
        Ok(Listed { host: pattern(&format!("tunnel.host[{n}].name"), &entry.name)?, address: entry.address })
    });
    let ports = if file.tunnel.ports.is_empty() { vec![443] } else { file.tunnel.ports.clone() };
    let idle = Duration::from_secs(file.tunnel.idle_seconds.unwrap_or(3600));
    Ok(Rules { mode, ports, listed: listed.collect::<Result<_, ConfigError>>()?, connect, idle })
}

fn patterns(key: &str, texts: &[String]) -> Result<Vec<HostPattern>, ConfigError> {
    texts.iter().enumerate().map(|(n, text)| pattern(&format!("{key}[{n}]"), text)).collect()
}

fn pattern(key: &str, text: &str) -> Result<HostPattern, ConfigError> {
    HostPattern::parse(text).map_err(|why| ConfigError::at(key, why))
}

/// Mozilla's roots with those of a file, or those of the file alone.
fn client_config(
    provider: &Arc<CryptoProvider>,
    ca_file: Option<&Path>,
    alone: bool,
    key: &str,
) -> Result<Arc<ClientConfig>, ConfigError> {
    let mut roots = RootCertStore::empty();
    if !alone {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(path) = ca_file {
        let pem = std::fs::read(path).map_err(|error| ConfigError::at(key, error))?;
        let mut count = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate =
                certificate.map_err(|_| ConfigError::at(key, "not a file of certificates in pem"))?;
            roots.add(certificate).map_err(|error| ConfigError::at(key, error))?;
            count += 1;
        }
        if count == 0 {
            return Err(ConfigError::at(key, "has no certificate in pem"));
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| ConfigError::at(key, error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// A secret of the file, taken over at once.
pub(crate) struct Hidden(pub(crate) Secret);

impl<'de> serde::Deserialize<'de> for Hidden {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = include_str!("../examples/gateway.toml");

    fn error(text: &str) -> String {
        Config::parse(text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_example_is_whole() {
        let config = Config::parse(WHOLE).unwrap();
        assert_eq!(config.listen, ["127.0.0.1:8877".parse().unwrap()]);
        assert!(config.tunnel.mode == Mode::Public);
    }

    #[test]
    fn faults_are_named() {
        let edit = |from: &str, to: &str| {
            assert!(WHOLE.contains(from), "{from}");
            error(&WHOLE.replacen(from, to, 1))
        };
        for (from, to, wanted) in [
            ("listen =", "listens =", "unknown field `listens`"),
            ("source = \"base\"", "source = \"bas\"", "application[0].source: there is no [[source]]"),
            (
                "subject = \"alice@example.com\"",
                "subject = \"eve\"",
                "placeholder[0]: there is no [[subject]]",
            ),
            ("role = \"reader\"", "role = \"writer\"", "placeholder[0]: the application 'prod' has no role"),
            (
                "arn:aws:iam::111111111111:role/hub",
                "hub",
                "application[0].role[0].assume: 'hub' is not the arn",
            ),
            ("mode = \"public\"", "mode = \"all\"", "tunnel.mode: must be"),
            ("order = [\"imds\"]", "order = [\"aws\"]", "source[0].order: 'aws' is none of"),
            ("arn:aws:iam::222222222222:role/*", "*", "role[0]: '*' can match no role"),
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
            assert!(found.starts_with("line "), "{found}");
        }
    }
}
