//! What the environment and the files say about the sources that a person signs in to.

use super::world::World;
use crate::error::{Error, ErrorKind};
use crate::profile::{Platform, SettingError, below_aws, in_home};
use crate::provider::endpoint::{Rules, Service, address};
use crate::provider::login;
use crate::provider::sso::{self, Sso};

impl World {
    /// How a portal of IAM Identity Center is reached, and where its token lies.
    pub(crate) async fn sso(&mut self, sso: &Sso) -> Result<sso::Setup, Error> {
        let token_file = self.in_home(&["sso", "cache", &sso.cache_file()])?;
        Ok(sso::Setup {
            portal: self.address(Service::Portal, &sso.region).await?,
            oidc: self.address(Service::Oidc, &sso.region).await?,
            token_file,
            sso: sso.clone(),
        })
    }

    /// Where a session of `aws login` lies, and how it is renewed; `profile` holds it.
    pub(crate) async fn login(&mut self, session: &str, profile: &str) -> Result<login::Setup, Error> {
        let file = self.login_file(session)?;
        let (url, fips, dual_stack) = self.rules(Service::SignIn).await?;
        let region = self.region(profile).await?;
        let address = login::Address { region, url, fips, dual_stack };
        Ok(login::Setup { session: session.to_owned(), file, address })
    }

    /// The region of that profile, in code, or of the environment.
    pub(crate) async fn region(&mut self, profile: &str) -> Result<Option<String>, Error> {
        let given = self.options.region.clone();
        let own = self.read_profiles().await?.profile(profile).and_then(|section| section.get("region"));
        let own = own.map(str::to_owned);
        let environment = || self.env.get("AWS_REGION").or_else(|| self.env.get("AWS_DEFAULT_REGION"));
        Ok(own.or(given).or_else(|| environment().map(str::to_owned)))
    }

    /// The file of a login session, in `AWS_LOGIN_CACHE_DIRECTORY` or `~/.aws/login/cache`.
    pub(crate) fn login_file(&self, session: &str) -> Result<String, Error> {
        let name = login::file_name(session);
        let Some(directory) = self.env.get("AWS_LOGIN_CACHE_DIRECTORY") else {
            return self.in_home(&["login", "cache", &name]);
        };
        let home = self.options.home.as_deref();
        let directory = in_home(directory, &self.env, home, Platform::HERE).ok_or_else(homeless)?;
        let separator = if Platform::HERE == Platform::Windows { '\\' } else { '/' };
        Ok(format!("{}{separator}{name}", directory.trim_end_matches(separator)))
    }

    /// A path below `~/.aws`.
    pub(crate) fn in_home(&self, parts: &[&str]) -> Result<String, Error> {
        below_aws(&self.env, self.options.home.as_deref(), Platform::HERE, parts).ok_or_else(homeless)
    }

    /// The address of a service in a region.
    pub(crate) async fn address(&mut self, service: Service, region: &str) -> Result<String, Error> {
        let (url, fips, dual_stack) = self.rules(service).await?;
        address(service, &Rules { region, url: url.as_deref(), fips, dual_stack })
    }

    async fn rules(&mut self, service: Service) -> Result<(Option<String>, bool, bool), Error> {
        let config = |error: SettingError| Error::new(ErrorKind::Config, error.to_string());
        self.read_profiles().await?;
        let Some(from) = self.lookup() else {
            return Err(Error::new(ErrorKind::Internal, "the profiles were not read"));
        };
        let url = from.endpoint_url(service.id()).map_err(config)?.map(str::to_owned);
        let flag = |variable, key| from.flag(variable, key).map(|flag| flag == Some(true)).map_err(config);
        if flag("AWS_DISABLE_CLOCK_SKEW_CORRECTION", "disable_clock_skew_correction")? {
            self.flow.trust_clock();
        }
        let fips = flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")?;
        Ok((url, fips, flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")?))
    }
}

fn homeless() -> Error {
    Error::new(ErrorKind::Config, "the cache of signed-in sessions lies in the home directory; set HOME")
}
