//! The authority with its files: written at the start, and again at each turn of a generation.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::crypto::CryptoProvider;
use tokio::sync::watch;

use super::{Authority, kept};
use crate::StartError;
use crate::trust::{self, TrustFiles, Unwritten};

/// How often the clock is looked at. A generation that is an hour long is renewed to the minute.
const TURN: Duration = Duration::from_secs(60);

/// An authority, and what is written of it.
pub(crate) struct Tended {
    pub(crate) authority: Arc<Authority>,
    files: TrustFiles,
    key_file: Option<PathBuf>,
    provider: Arc<CryptoProvider>,
}

impl Tended {
    /// Makes the authority, or takes up the one that was kept, and writes its files.
    pub(crate) fn start(
        domains: &[String],
        lifetime: Duration,
        files: TrustFiles,
        key_file: Option<PathBuf>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, StartError> {
        let authority = match &key_file {
            None => Authority::new(domains, lifetime, Arc::clone(&provider))
                .map_err(|error| StartError::Authority(error.to_string()))?,
            Some(path) => kept::load(path, domains, lifetime, &provider)
                .map_err(|error| StartError::Authority(format!("{}: {error}", path.display())))?,
        };
        let tended = Self { authority: Arc::new(authority), files, key_file, provider };
        tended.publish().map_err(|Unwritten(path, error)| StartError::File(path, error))?;
        Ok(tended)
    }

    /// The certificates, for clients to trust.
    pub(crate) fn pem(&self) -> String {
        self.authority.certificates().iter().map(trust::pem).collect()
    }

    /// Takes other domains, and writes the certificates if there are new ones.
    pub(crate) fn extend(&self, domains: &[String]) -> Result<(), String> {
        if self.authority.extend(domains, SystemTime::now())? {
            self.publish().map_err(|error| error.to_string())?;
            tracing::info!(
                "there are new hosts, and a certificate for them: who is to reach them reads it again"
            );
        }
        Ok(())
    }

    /// Renews the authority in time, until the gateway ends.
    pub(crate) async fn tend(self: Arc<Self>, mut closing: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(TURN) => {}
                _ = closing.wait_for(|closing| *closing) => return,
            }
            if let Err(why) = self.turn(SystemTime::now()) {
                tracing::error!(
                    why,
                    "the certificate authority is not renewed; clients will not trust it for long"
                );
            }
        }
    }

    fn turn(&self, now: SystemTime) -> Result<(), String> {
        if self.authority.renew(now).map_err(|error| error.to_string())? {
            self.publish().map_err(|error| error.to_string())?;
            tracing::info!("the certificate authority was renewed");
        }
        Ok(())
    }

    fn publish(&self) -> Result<(), Unwritten> {
        if let Some(path) = &self.key_file {
            kept::save(path, &self.authority)
                .map_err(|error| Unwritten(path.display().to_string(), error))?;
        }
        self.files.write(&self.authority.certificates(), &self.provider)
    }
}
