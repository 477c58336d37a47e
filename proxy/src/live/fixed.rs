//! What clients and logs hold on to, and what therefore stays as it was at the start.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::ReloadError;
use crate::config::Config;
use crate::listen::Listen;
use crate::trust::TrustFiles;

/// What stays as it was at the start.
#[derive(Clone)]
pub(crate) struct Fixed {
    admin: Option<Listen>,
    state: Option<PathBuf>,
    trust_files: TrustFiles,
    ca_key_file: Option<PathBuf>,
    ca_lifetime: Duration,
    threads: Option<NonZeroUsize>,
}

impl Fixed {
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            admin: config.admin.as_ref().map(|settings| settings.listen.clone()),
            state: config.admin.as_ref().and_then(|settings| settings.state.clone()),
            trust_files: config.trust_files.clone(),
            ca_key_file: config.ca_key_file.clone(),
            ca_lifetime: config.ca_lifetime,
            threads: config.threads,
        }
    }

    /// Names every key that is not as it was.
    pub(super) fn check(&self, config: &Config) -> Result<(), ReloadError> {
        let other = Self::of(config);
        let names = [
            (self.admin == other.admin, "admin.listen"),
            (self.state == other.state, "admin.state"),
            (self.trust_files == other.trust_files && self.ca_key_file == other.ca_key_file, "ca"),
            (self.ca_lifetime == other.ca_lifetime, "ca.hours"),
            (self.threads == other.threads, "limits.threads"),
        ];
        let changed: Vec<&str> = names.into_iter().filter(|(same, _)| !same).map(|(_, name)| name).collect();
        if changed.is_empty() { Ok(()) } else { Err(ReloadError::Fixed(changed)) }
    }
}
