//! What a configuration changes beside the rules: made ready before it is in force, so that what cannot be had is said
//! while nothing has changed yet.

use awsaccess::secret::Secret;

use super::doors::Turned;
use super::{Live, ReloadError};
use crate::StartError;
use crate::admin;
use crate::config::Config;
use crate::probe;
use crate::sink::Change;

/// What is ready.
pub(super) struct Turn {
    audit: Option<Change>,
    token: Option<Secret>,
    doors: Turned,
    probes: probe::Turned,
}

impl Live {
    /// Makes ready what a configuration wants.
    pub(super) fn ready(&self, config: &mut Config) -> Result<Turn, ReloadError> {
        self.fixed.check(config)?;
        let unusable =
            |key: &str, why: &dyn std::fmt::Display| ReloadError::Unusable(format!("{key}: {why}"));
        let audit = self.lasting.sink.ready(&mut config.audit, config.audit_style);
        let audit = audit.map_err(|error| unusable("audit", &error))?;
        let token = admin::token_of(config).map_err(|error| unusable("admin.token_file", &error))?;
        let doors = self.doors.ready(&config.listen).map_err(|error| match error {
            StartError::NoAddress => ReloadError::Unusable(error.to_string()),
            error => unusable("listen", &error),
        })?;
        let probes = self.probes.ready(config.probes.as_ref());
        let probes = probes.map_err(|error| unusable("probes.listen", &error))?;
        // The last: its certificates are for everybody to see.
        let extended = self.lasting.trusted.extend(&config.domains);
        extended.map_err(|why| unusable("endpoint: the set of hosts", &why))?;
        Ok(Turn { audit, token, doors, probes })
    }

    /// Where clients would connect.
    pub(super) fn addresses_with(&self, turn: &Turn) -> Vec<std::net::SocketAddr> {
        self.doors.addresses_with(&turn.doors)
    }

    /// Puts it in force.
    pub(super) fn turn(&self, turn: Turn) {
        if let Some(change) = turn.audit {
            self.lasting.sink.turn(change);
        }
        self.token.set(turn.token);
        self.doors.turn(turn.doors);
        self.probes.turn(turn.probes, &self.lasting);
    }
}
