//! Real credentials by the chain: a source as the configuration describes it, then the roles of the grant.

use std::collections::BTreeMap;
use std::sync::Arc;

use awsaccess::access::{Grant, Hop};
use awsaccess::chain::Options;
use awsaccess::credentials::Credentials;
use awsaccess::effect::CustomFailure;
use awsaccess::env::Env;
use awsaccess::error::Error;
use awsaccess::provider::RoleHop;
use awsaccess_drivers::blocking::{self, Blocking};

use crate::credential::{Source, SourceError};

/// One named source.
pub(crate) struct Named {
    pub(crate) options: Options,
    /// Certificates to trust in place of the usual ones, as PEM.
    pub(crate) roots: Option<Vec<u8>>,
}

/// Credentials of a source of the host's own, or none, or why there are none.
pub(crate) type CustomSource = Arc<dyn Fn() -> Result<Option<Credentials>, String> + Send + Sync>;

/// All sources of the configuration, and the environment that they were given at start.
pub(crate) struct Chain {
    pub(crate) sources: BTreeMap<String, Named>,
    pub(crate) customs: BTreeMap<String, CustomSource>,
    pub(crate) env: Env,
}

impl Source for Chain {
    fn fetch(&self, grant: &Grant) -> Result<Credentials, SourceError> {
        let hop = |hop: &Hop| {
            let mut role = RoleHop::new(hop.role.as_str())
                .session_name(grant.session_name.as_str())
                .duration(grant.duration);
            if let Some(id) = &hop.external_id {
                role = role.external_id(id.as_str());
            }
            role
        };
        self.find(&grant.source, &grant.hops.iter().map(hop).collect::<Vec<_>>())
    }
}

impl Chain {
    /// The credentials of a source, and of the roles that are taken after it.
    pub(crate) fn find(&self, source: &str, hops: &[RoleHop]) -> Result<Credentials, SourceError> {
        let named = self.sources.get(source);
        let named = named.ok_or_else(|| SourceError::Unavailable(format!("no source '{source}'")))?;
        let options = hops.iter().cloned().fold(named.options.clone(), Options::assume);
        let host = match &named.roots {
            Some(pem) => Blocking::with_roots(pem),
            None => Blocking::new(),
        };
        let customs = self.customs.clone();
        let mut host = host.map_err(|error| explain(&error))?.custom_with(move |wanted| {
            let found = customs.get(&wanted.name)?();
            Some(found.map_err(CustomFailure::new))
        });
        let resolved =
            blocking::resolve_with(&options, &self.env, &mut host).map_err(|error| explain(&error))?;
        for warning in resolved.warnings() {
            tracing::warn!(source, warning);
        }
        Ok(resolved.into_credentials())
    }
}

fn explain(error: &Error) -> SourceError {
    SourceError::Chain(error.clone())
}
