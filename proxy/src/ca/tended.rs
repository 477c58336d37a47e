//! The authority with its files: written at the start, and again at each turn of a generation.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use awsaccess::time::Time;
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
    /// Whether the files lack what was renewed.
    unwritten: AtomicBool,
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
        let unwritten = AtomicBool::new(false);
        let tended = Self { authority: Arc::new(authority), files, key_file, provider, unwritten };
        tended.publish().map_err(|Unwritten(path, error)| StartError::File(path, error))?;
        Ok(tended)
    }

    /// The certificates, for clients to trust.
    pub(crate) fn pem(&self) -> String {
        self.authority.certificates().iter().map(trust::pem).collect()
    }

    /// Until when whoever trusts [`Self::pem`] takes what the gateway shows.
    pub(crate) fn trusted_until(&self) -> Time {
        self.authority.trusted_until().into()
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
        let renewed = self.authority.renew(now);
        if !matches!(renewed, Ok(false)) {
            self.unwritten.store(true, Ordering::Relaxed);
        }
        // What could not be written is tried again: it is what clients will need next.
        if self.unwritten.load(Ordering::Relaxed) {
            self.publish().map_err(|error| error.to_string())?;
            self.unwritten.store(false, Ordering::Relaxed);
            tracing::info!("the certificate authority was renewed");
        }
        renewed.map(drop).map_err(|error| error.to_string())
    }

    fn publish(&self) -> Result<(), Unwritten> {
        if let Some(path) = &self.key_file {
            kept::save(path, &self.authority)
                .map_err(|error| Unwritten(path.display().to_string(), error))?;
        }
        self.files.write(&self.authority.certificates(), &self.provider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_written_is_written_at_the_next_turn() {
        let folder = std::env::temp_dir().join(format!("awsaccess-tended-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("ca.pem");
        let files = TrustFiles { ca: Some(file.clone()), ..TrustFiles::default() };
        let hour = Duration::from_secs(3600);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tended = Tended::start(&["amazonaws.com".into()], hour, files, None, provider).unwrap();
        let read = || std::fs::read_to_string(&file).unwrap();
        assert_eq!(read(), tended.pem());
        let later = SystemTime::now() + hour * 4 / 5;
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(tended.turn(later).is_err(), "there is no folder");
        std::fs::create_dir_all(&folder).unwrap();
        tended.turn(later).unwrap();
        assert_eq!(read(), tended.pem());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
