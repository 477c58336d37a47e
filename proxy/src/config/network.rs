//! Where things are, from the file: endpoints, credential sources, tunnels and trusted certificates.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use awsaccess::env::Env;
use awsaccess::gateway::{Allowance, ExtraEndpoint, HostPattern, Routes};
use awsaccess::partition;
use awsaccess_drivers::blocking::Network;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::{ConfigError, file};
use crate::admin;
use crate::listen::{At, Listen};
use crate::trust::pem;
use crate::tunnel::{Inside, Listed, Mode, Password, Rules, User};
use crate::upstream::{Except, Place, Proxy, Setting, Trust};

/// Where operators ask: this machine only.
pub(super) fn admin(table: &file::AdminTable, base: &Path) -> Result<admin::Settings, ConfigError> {
    let at = place("admin.listen", &table.listen, base)?;
    let token_file = table.token_file.as_deref().map(|name| base.join(name));
    let state = table.state.as_deref().map(|name| base.join(name));
    match &at {
        At::Tcp(address) if !address.ip().is_loopback() => Err(ConfigError::at(
            "admin.listen",
            "must be an address of this machine alone (127.0.0.1, ::1), or unix:/path",
        )),
        At::Tcp(_) if token_file.is_none() => {
            Err(ConfigError::at("admin.token_file", "is needed where the listener is no unix socket"))
        }
        _ => Ok(admin::Settings { listen: Listen { at, application: None }, token_file, state }),
    }
}

/// Where probes ask: anywhere, since they are told nothing that is a secret.
pub(super) fn probes(table: &file::ProbesTable, base: &Path) -> Result<Listen, ConfigError> {
    Ok(Listen { at: place("probes.listen", &table.listen, base)?, application: None })
}

fn place(key: &str, text: &str, base: &Path) -> Result<At, ConfigError> {
    match text.strip_prefix("unix:") {
        Some(path) if !path.is_empty() => Ok(At::Unix(base.join(path))),
        _ => {
            let address = text.parse();
            address
                .map(At::Tcp)
                .map_err(|_| ConfigError::at(key, "neither an address with a port nor unix:/path"))
        }
    }
}

/// The listeners for all applications, then those of each.
pub(super) fn listeners(file: &file::File, base: &Path) -> Result<Vec<Listen>, ConfigError> {
    let mut all = Vec::new();
    let mut add = |key: &str, texts: &[String], application: Option<Arc<str>>| {
        for (n, text) in texts.iter().enumerate() {
            let at = place(&format!("{key}[{n}]"), text, base)?;
            all.push(Listen { at, application: application.clone() });
        }
        Ok(())
    };
    add("listen", &file.listen, None)?;
    for (n, application) in file.application.iter().enumerate() {
        add(
            &format!("application[{n}].listen"),
            &application.listen,
            Some(application.name.as_str().into()),
        )?;
    }
    Ok(all)
}

pub(super) fn allowance(limits: &file::Limits) -> Result<Allowance, ConfigError> {
    if limits.burst.is_some() && limits.requests_per_second.is_none() {
        return Err(ConfigError::at("limits.burst", "means nothing without limits.requests_per_second"));
    }
    let mut allowance = Allowance::default();
    allowance.per_second = limits.requests_per_second;
    allowance.burst = limits.burst;
    allowance.at_once = limits.requests_at_once;
    allowance.streams_at_once = limits.streams_at_once;
    Ok(allowance)
}

/// More threads than any machine has cores for are a slip of the pen, which the system would be asked for one by one.
const MOST_THREADS: usize = 1024;

pub(super) fn threads(limits: &file::Limits) -> Result<Option<NonZeroUsize>, ConfigError> {
    match limits.threads {
        Some(count) if count.get() > MOST_THREADS => {
            Err(ConfigError::at("limits.threads", format!("at most {MOST_THREADS}")))
        }
        threads => Ok(threads),
    }
}

/// The upstream proxy: a URL, "environment" or "none".
pub(super) fn proxy(file: &file::File) -> Result<Setting, ConfigError> {
    let text = file.upstream.proxy.as_ref().map(|hidden| hidden.0.expose());
    let setting = match text {
        None | Some("environment") => Setting::Environment,
        Some("none") => Setting::Off,
        Some(url) => {
            let proxy = Proxy::parse(url).map_err(|why| ConfigError::at("upstream.proxy", why))?;
            return Ok(Setting::Given(Box::new(proxy), Except::parse(&file.upstream.no_proxy.join(","))));
        }
    };
    if !file.upstream.no_proxy.is_empty() {
        let why = "goes with the url of a proxy in upstream.proxy; the environment has a no_proxy of its own";
        return Err(ConfigError::at("upstream.no_proxy", why));
    }
    Ok(setting)
}

/// How those are reached who give credentials: through the proxy and with the certificates that the file says, and as the
/// environment says where it says nothing.
pub(super) fn for_credentials(file: &file::File, base: &Path) -> Result<Network, ConfigError> {
    let wrong = |key: &str| {
        let key = key.to_owned();
        move |why: awsaccess::error::Error| ConfigError::at(&key, why)
    };
    let network = match proxy(file)? {
        Setting::Environment => Network::new(),
        Setting::Off => Network::new().direct(),
        Setting::Given(proxy, except) => {
            Network::new().proxy(proxy.for_credentials(except)).map_err(wrong("upstream.proxy"))?
        }
    };
    let Some(name) = &file.upstream.ca_file else { return Ok(network) };
    let key = "upstream.ca_file";
    let own = std::fs::read(base.join(name)).map_err(|error| ConfigError::at(key, error))?;
    let mut all = own;
    all.push(b'\n');
    all.extend(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().flat_map(|root| pem(root).into_bytes()));
    network.roots(&all).map_err(wrong(key))
}

fn users(file: &file::File, base: &Path, env: &Env) -> Result<Vec<User>, ConfigError> {
    let user = |(n, entry): (usize, &file::TunnelUser)| {
        let key = |name: &str| format!("tunnel.user[{n}].{name}");
        if entry.name.is_empty() || entry.name.contains(':') {
            return Err(ConfigError::at(&key("name"), "a name without a colon is wanted"));
        }
        let clear = |name: &str, text: &str| {
            let text = text.trim_end_matches(['\r', '\n']);
            if text.is_empty() {
                return Err(ConfigError::at(&key(name), "there is no password in it"));
            }
            Ok(Password::new(text))
        };
        let password = match (&entry.password_file, &entry.password_env, &entry.password_sha256) {
            (Some(name), None, None) => {
                let text = std::fs::read_to_string(base.join(name)).map(zeroize::Zeroizing::new);
                clear("password_file", &text.map_err(|error| ConfigError::at(&key("password_file"), error))?)?
            }
            (None, Some(name), None) => clear("password_env", env.raw(name).unwrap_or_default())?,
            (None, None, Some(hash)) => Password::hashed(hash.0.expose()).ok_or_else(|| {
                ConfigError::at(&key("password_sha256"), "64 hexadecimal digits are wanted")
            })?,
            _ => {
                let why = "one of password_file, password_env and password_sha256 is wanted";
                return Err(ConfigError::at(&format!("tunnel.user[{n}]"), why));
            }
        };
        Ok(User { name: entry.name.clone(), password })
    };
    file.tunnel.user.iter().enumerate().map(user).collect()
}

pub(super) fn routes(file: &file::File) -> Result<Routes, ConfigError> {
    let mut routes = Routes::default();
    routes.customer_hosts = patterns("customer_hosts", &file.customer_hosts)?;
    for (n, entry) in file.application.iter().enumerate() {
        let own = patterns(&format!("application[{n}].customer_hosts"), &entry.customer_hosts)?;
        routes.application_hosts.extend(own);
    }
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

pub(super) fn places(
    file: &file::File,
    base: &Path,
    provider: &Arc<CryptoProvider>,
) -> Result<Vec<Place>, ConfigError> {
    let place = |(n, entry): (usize, &file::Endpoint)| {
        let key = |name: &str| format!("endpoint[{n}].{name}");
        let tls = match entry.scheme.as_deref() {
            None | Some("https") => true,
            Some("http") => false,
            Some(_) => return Err(ConfigError::at(&key("scheme"), "must be \"https\" or \"http\"")),
        };
        let ca_file = entry.ca_file.as_deref().map(|name| base.join(name));
        let trust = match &ca_file {
            Some(path) => {
                let config = client_config(provider, Some(path), true, &key("ca_file"))?;
                Some(Trust::new(&config, file.upstream.http2.unwrap_or(true)))
            }
            None => None,
        };
        Ok(Place { host: pattern(&key("host"), &entry.host)?, address: entry.address, tls, trust })
    };
    file.endpoint.iter().enumerate().map(place).collect()
}

pub(super) fn tunnel(
    file: &file::File,
    base: &Path,
    env: &Env,
    connect: Duration,
) -> Result<Rules, ConfigError> {
    let mode = match file.tunnel.mode.as_deref() {
        Some("none") => Mode::Off,
        Some("listed") => Mode::Listed,
        None | Some("public") => Mode::Public,
        Some(_) => return Err(ConfigError::at("tunnel.mode", "must be \"none\", \"listed\" or \"public\"")),
    };
    let listed = file.tunnel.host.iter().enumerate().map(|(n, entry)| {
        let inside = match (entry.without_tls, entry.without_server_name) {
            (true, _) => Inside::Anything,
            (false, true) => Inside::Nameless,
            (false, false) => Inside::Named,
        };
        let host = pattern(&format!("tunnel.host[{n}].name"), &entry.name)?;
        Ok(Listed { host, address: entry.address, inside })
    });
    let ports = if file.tunnel.ports.is_empty() { vec![443] } else { file.tunnel.ports.clone() };
    let idle = Duration::from_secs(file.tunnel.idle_seconds.unwrap_or(3600));
    let listed = listed.collect::<Result<_, ConfigError>>()?;
    let users = users(file, base, env)?;
    Ok(Rules { mode, ports, listed, users, always_login: file.tunnel.always_login, connect, idle })
}

pub(super) fn patterns(key: &str, texts: &[String]) -> Result<Vec<HostPattern>, ConfigError> {
    texts.iter().enumerate().map(|(n, text)| pattern(&format!("{key}[{n}]"), text)).collect()
}

fn pattern(key: &str, text: &str) -> Result<HostPattern, ConfigError> {
    HostPattern::parse(text).map_err(|why| ConfigError::at(key, why))
}

/// Mozilla's roots with those of a file, or those of the file alone.
pub(super) fn client_config(
    provider: &Arc<CryptoProvider>,
    ca_file: Option<&Path>,
    alone: bool,
    key: &str,
) -> Result<ClientConfig, ConfigError> {
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
    Ok(config)
}
