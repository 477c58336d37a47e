//! Where things are, from the file: endpoints, credential sources, tunnels and trusted certificates.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use awsaccess::gateway::{ExtraEndpoint, HostPattern, Routes};
use awsaccess::partition;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::{ConfigError, file};
use crate::tunnel::{Listed, Mode, Rules};
use crate::upstream::Place;

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
        let config = match &ca_file {
            Some(path) => Some(client_config(provider, Some(path), true, &key("ca_file"))?),
            None => None,
        };
        Ok(Place { host: pattern(&key("host"), &entry.host)?, address: entry.address, tls, config })
    };
    file.endpoint.iter().enumerate().map(place).collect()
}

pub(super) fn tunnel(file: &file::File, connect: Duration) -> Result<Rules, ConfigError> {
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
