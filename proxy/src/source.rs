//! Real credentials by the chain: a source as the configuration describes it, then the roles of the grant.

use std::collections::BTreeMap;

use awsaccess::access::Grant;
use awsaccess::chain::Options;
use awsaccess::credentials::Credentials;
use awsaccess::env::Env;
use awsaccess::error::{Error, ErrorKind};
use awsaccess::provider::RoleHop;
use awsaccess_drivers::blocking::{self, Blocking};

use crate::credential::{Source, SourceError};

/// One named source.
pub(crate) struct Named {
    pub(crate) options: Options,
    /// Certificates to trust in place of the usual ones, as PEM.
    pub(crate) roots: Option<Vec<u8>>,
}

/// All sources of the configuration, and the environment that they were given at start.
pub(crate) struct Chain {
    pub(crate) sources: BTreeMap<String, Named>,
    pub(crate) env: Env,
}

impl Source for Chain {
    fn fetch(&self, grant: &Grant) -> Result<Credentials, SourceError> {
        let named = self.sources.get(&grant.source);
        let named = named.ok_or_else(|| SourceError::Unavailable(format!("no source '{}'", grant.source)))?;
        let mut options = named.options.clone();
        for hop in &grant.hops {
            let mut role = RoleHop::new(hop.role.as_str())
                .session_name(grant.session_name.as_str())
                .duration(grant.duration);
            if let Some(id) = &hop.external_id {
                role = role.external_id(id.as_str());
            }
            options = options.assume(role);
        }
        let mut host = match &named.roots {
            Some(pem) => Blocking::with_roots(pem),
            None => Blocking::new(),
        }
        .map_err(|error| explain(&error))?;
        let resolved =
            blocking::resolve_with(&options, &self.env, &mut host).map_err(|error| explain(&error))?;
        for warning in resolved.warnings() {
            tracing::warn!(source = grant.source, warning);
        }
        Ok(resolved.into_credentials())
    }
}

fn explain(error: &Error) -> SourceError {
    let text = error.to_string();
    match error.kind() {
        ErrorKind::Denied => SourceError::Denied(text),
        _ => SourceError::Unavailable(text),
    }
}
