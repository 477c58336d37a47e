//! Reading a configuration again: its file, or the same text with applications beside those that it has.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use awsaccess::env::Env;
use awsaccess::gateway::Revocations;

use super::{Added, Config, ConfigError, Document, LifeKey, Outlives, added, file_of, sealed, written};
use crate::credential::Source;
use crate::source::CustomSource;
use crate::upstream::Resolver;

/// Where a configuration came from, what the program gave beside it, and what goes on into the next.
pub(crate) struct Again {
    path: Option<PathBuf>,
    document: Option<Document>,
    life: LifeKey,
    revoked: Revocations,
    custom: Option<Arc<dyn Source>>,
    env: Env,
    resolver: Option<Resolver>,
    customs: BTreeMap<String, CustomSource>,
    trust_folder: Option<PathBuf>,
}

impl Config {
    /// How to read it again.
    pub(crate) fn again(&self) -> Again {
        Again {
            path: self.path.clone(),
            document: self.document.clone(),
            life: Arc::clone(&self.life),
            revoked: self.revoked.clone(),
            custom: self.custom.clone(),
            env: self.sources.env.clone(),
            resolver: self.resolver.clone(),
            customs: self.sources.customs.clone(),
            trust_folder: self.trust_folder.clone(),
        }
    }

    /// The same with applications beside its own.
    pub(crate) fn with_added(self, added: &[Added]) -> Result<Self, ConfigError> {
        if added.is_empty() {
            return Ok(self);
        }
        let read = self.again().with(added)?;
        Ok(Self { audit: self.audit, ..read })
    }
}

impl Again {
    /// Reads the file; `None` if it came from no file.
    pub(crate) fn read(&self) -> Option<Result<Config, ConfigError>> {
        let read = Config::load_with(self.path.as_ref()?, Some(&self.life));
        Some(read.map(|config| self.dressed(config)))
    }

    /// Reads the same text, with applications beside those that it has.
    pub(crate) fn with(&self, added: &[Added]) -> Result<Config, ConfigError> {
        let none = || ConfigError("the configuration came as no text that could be read again".into());
        let document = self.document.as_ref().ok_or_else(none)?;
        let (mut file, node) = file_of(&document.text)?;
        let own = file.application.len();
        for one in added {
            file.application.push(one.application()?);
        }
        let outlives = Outlives { life: Some(&self.life), revoked: Some(&self.revoked) };
        let read = Config::of(&file, &document.base, outlives)
            .map_err(|error| added::told(&error, own, added).placed(&document.text, &node))?;
        let (written, document) = (written(&document.text, &document.base), Some(document.clone()));
        Ok(self.dressed(Config { written, document, path: self.path.clone(), ..read }))
    }

    /// Whether an application of that name is in the text itself.
    pub(crate) fn has(&self, application: &str) -> bool {
        let document = self.document.as_ref();
        document.is_some_and(|document| document.applications.iter().any(|own| own == application))
    }

    /// What the text itself revokes.
    pub(crate) fn revokes(&self) -> Revocations {
        let file = self.document.as_ref().and_then(|document| file_of(&document.text).ok());
        file.and_then(|(file, _)| sealed::revocations(&file.sealed).ok()).unwrap_or_default()
    }

    /// How to read another configuration again that takes this one's place: by the same file, unless it has its own, and
    /// with the key that lives as long as the gateway.
    pub(crate) fn after(&self, config: &Config) -> Self {
        let next = config.again();
        Self { path: next.path.or_else(|| self.path.clone()), life: Arc::clone(&self.life), ..next }
    }

    /// The configuration itself if it cannot be read again, which a program may have made of it.
    pub(crate) fn with_or(&self, config: Config, added: &[Added]) -> Result<Config, ConfigError> {
        if self.document.is_none() && added.is_empty() { Ok(config) } else { self.with(added) }
    }

    fn dressed(&self, mut config: Config) -> Config {
        config.custom.clone_from(&self.custom);
        config.sources.env.clone_from(&self.env);
        config.resolver.clone_from(&self.resolver);
        config.sources.customs.clone_from(&self.customs);
        match &self.trust_folder {
            Some(folder) => config.with_trust_files_in(folder),
            None => config,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_gave_is_given_again() {
        let folder = std::env::temp_dir().join(format!("awsaccess-again-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("gateway.toml");
        std::fs::write(&path, "listen = []\n").unwrap();
        let config = Config::load(&path)
            .unwrap()
            .with_trust_files_in(&folder)
            .with_custom("vault", || Ok(None))
            .with_resolver(|_| Ok(Vec::new()));
        let (files, again) = (config.trust_files(), config.again());
        std::fs::write(&path, "listen = []\n[[source]]\nname = \"s\"\n").unwrap();
        let read = again.read().unwrap().unwrap();
        assert_eq!(read.trust_files(), files);
        assert!(read.sources.customs.contains_key("vault") && read.sources.sources.contains_key("s"));
        assert!(read.resolver.is_some(), "a reload is no way to other addresses");
        let same = again.with(&[]).unwrap();
        assert!(
            same.sources.sources.is_empty(),
            "the text is the one that is in force, whatever the file says by now"
        );
        assert!(Config::parse("listen = []").unwrap().again().read().is_none());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
