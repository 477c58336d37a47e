//! What a resolution knows: the options, the environment, and the files once they were read.

use zeroize::Zeroizing;

use super::options::Options;
use crate::effect::ReadFile;
use crate::env::Env;
use crate::error::{Error, ErrorKind, one_line};
use crate::flow::{Flow, Refusal};
use crate::profile::{File, Files, Lookup, MAX_BYTES, Platform, Profiles, Selected, SettingError, below_aws};
use crate::provider::RoleHop;
use crate::provider::imds::Imds;
use crate::sts::{self, Endpoint, EndpointRules};

pub(crate) struct World {
    pub(crate) flow: Flow,
    pub(crate) options: Options,
    pub(crate) env: Env,
    pub(crate) selected: Selected,
    /// `None` until somebody has to know: many tasks never do.
    profiles: Option<Profiles>,
    pub(crate) warnings: Vec<String>,
}

impl World {
    pub(crate) fn new(flow: Flow, options: Options, env: Env) -> Self {
        let selected = Selected::choose(options.profile.as_deref(), &env);
        Self { flow, options, env, selected, profiles: None, warnings: Vec::new() }
    }

    /// Reads both files, once.
    pub(crate) async fn read_profiles(&mut self) -> Result<&Profiles, Error> {
        if self.profiles.is_none() {
            let files = Files::locate(&self.env, self.options.home.as_deref(), Platform::HERE);
            let of = |in_code: &Option<String>, found: Option<String>, in_env: bool| match in_code {
                Some(path) => (Some(path.clone()), Named::Code),
                None if in_env => (found, Named::Environment),
                None => (found, Named::Nobody),
            };
            let config_file = of(&self.options.config_file, files.config, files.config_named);
            let credentials_file =
                of(&self.options.credentials_file, files.credentials, files.credentials_named);
            let config = self.read(&config_file).await?;
            let credentials = self.read(&credentials_file).await?;
            let parsed = Profiles::parse(
                config.as_ref().map(|c| c.as_slice()),
                credentials.as_ref().map(|c| c.as_slice()),
            );
            let profiles = parsed.map_err(|error| {
                let (path, _) = match error.file {
                    File::Config => config_file,
                    File::Credentials => credentials_file,
                };
                let path = path.unwrap_or_default();
                Error::new(ErrorKind::Profile, format!("{path}, line {}: {}", error.line, error.kind))
            })?;
            self.warnings.extend(profiles.warnings().iter().cloned());
            self.profiles = Some(profiles);
        }
        Ok(self.profiles.get_or_insert_default())
    }

    /// A file that nobody named may be missing, unreadable, or beyond what the host does; one that is named in code
    /// must be there.
    async fn read(&mut self, file: &(Option<String>, Named)) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let (Some(path), named) = (&file.0, file.1) else {
            return match file.1 {
                Named::Nobody => Ok(None),
                _ => {
                    Err(Error::new(ErrorKind::Config, "a profile file lies in the home directory; set HOME"))
                }
            };
        };
        let wrong = |message: String| Err(Error::new(ErrorKind::Profile, message));
        let why = match (self.flow.ask(ReadFile::new(path, MAX_BYTES)).await, named) {
            (Ok(Ok(Some(data))), _) => return Ok(Some(data.into())),
            (Ok(Ok(None)), Named::Nobody) => return Ok(None),
            (Ok(Ok(None)), Named::Environment) => {
                format!("{path} is named by the environment and does not exist")
            }
            (Ok(Ok(None)), Named::Code) => return wrong(format!("{path} does not exist")),
            (Ok(Err(failure)), Named::Nobody) => format!("{path} cannot be read: {}", failure.reason),
            (Ok(Err(failure)), _) => return wrong(format!("{path} cannot be read: {}", failure.reason)),
            (Err(Refusal::Declined), Named::Nobody) if !self.selected.explicit => {
                format!("{path} was not read, this host does not read files")
            }
            (Err(refusal), _) => return Err(refusal.error(&format!("read {path}"))),
        };
        self.warnings.push(one_line(&why));
        Ok(None)
    }

    /// The folder of the AWS CLI's cache, if it was asked for.
    pub(super) fn shared_cache(&self) -> Option<String> {
        let home = self.options.home.as_deref();
        let place = || below_aws(&self.env, home, Platform::HERE, &["cli", "cache"]);
        self.options.shared_cache.then(place).flatten()
    }

    /// Valid once the profiles were read.
    pub(super) fn lookup(&self) -> Option<Lookup<'_>> {
        let profiles = self.profiles.as_ref()?;
        Some(Lookup { env: &self.env, profiles, profile: profiles.profile(&self.selected.name) })
    }

    /// How instance metadata is asked. `configured`: somebody named this very source.
    pub(super) async fn imds(&mut self, configured: bool) -> Result<Imds, Error> {
        self.read_profiles().await?;
        let Some(from) = self.lookup() else { return Err(unread()) };
        let mut imds = Imds::configure(from, &self.options.imds)?;
        imds.configured = configured;
        Ok(imds)
    }

    /// The STS to assume a role with. The region is the caller's, else that of the environment, of the role's own
    /// profile, of the selected profile, or the one that stands for the role's partition.
    pub(super) async fn endpoint(&mut self, hop: &RoleHop, of_profile: bool) -> Result<Endpoint, Error> {
        self.sts(Some(&hop.role_arn), hop.region.as_deref(), of_profile).await
    }

    /// The same for any call of STS; `arn` is what the call is about, `own` the region that is set for it.
    pub(super) async fn sts(
        &mut self,
        arn: Option<&str>,
        own: Option<&str>,
        of_profile: bool,
    ) -> Result<Endpoint, Error> {
        self.read_profiles().await?;
        let Some(from) = self.lookup() else { return Err(unread()) };
        let config = |error: SettingError| Error::new(ErrorKind::Config, error.to_string());
        let given = self.options.region.as_deref();
        let environment = || from.env.get("AWS_REGION").or_else(|| from.env.get("AWS_DEFAULT_REGION"));
        let selected = || from.profile.and_then(|profile| profile.get("region"));
        let region = match of_profile {
            true => given.or_else(environment).or(own).or_else(selected),
            false => own.or(given).or_else(environment).or_else(selected),
        };
        let region = region.or_else(|| sts::region_of_arn(arn?));
        let url = match self.options.sts_endpoint.as_deref() {
            Some(url) => Some(url),
            None => from.endpoint_url("sts").map_err(config)?,
        };
        let regional = from.text("AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints");
        let legacy_global = match regional {
            None => false,
            Some(text) if text.eq_ignore_ascii_case("regional") => false,
            Some(text) if text.eq_ignore_ascii_case("legacy") => true,
            Some(_) => {
                return Err(Error::new(
                    ErrorKind::Config,
                    "sts_regional_endpoints must be regional or legacy",
                ));
            }
        };
        let flag = |variable, key| from.flag(variable, key).map(|flag| flag == Some(true)).map_err(config);
        if flag("AWS_DISABLE_CLOCK_SKEW_CORRECTION", "disable_clock_skew_correction")? {
            self.flow.trust_clock();
        }
        let mut rules = EndpointRules { region, url, legacy_global, ..EndpointRules::default() };
        rules.fips = flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")?;
        rules.dual_stack = flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")?;
        Endpoint::choose(&rules)
    }
}

/// Who said where a file is.
#[derive(Clone, Copy)]
enum Named {
    Nobody,
    Environment,
    Code,
}

fn unread() -> Error {
    Error::new(ErrorKind::Internal, "the profiles were not read")
}
