//! The sources that need to know more than the environment: which STS to ask, what the options say.

use super::super::options::{Exchange, Given};
use super::super::order::CustomName;
use super::Task;
use crate::credentials::Credentials;
use crate::effect::{Custom, Url, check_url};
use crate::error::{Error, ErrorKind, Outcome};
use crate::profile::{Platform, in_home};
use crate::provider::endpoint::Service;
use crate::provider::process::Process;
use crate::provider::{
    Answer, Cognito, RolesAnywhere, Token, WebIdentity, cognito, container, process, roles_anywhere, saml,
    session_token, usable, web_identity,
};
use crate::secret::Secret;

impl Task {
    /// What was given in code, and whether it is a role's session.
    pub(super) async fn code(&mut self) -> (Answer, bool) {
        let Some(given) = self.world.options.given.clone() else {
            return (Answer::NotConfigured("no credentials were given in code".to_owned()), false);
        };
        let result = match &given {
            Given::Keys(keys) => {
                let source = keys.source().unwrap_or("code").to_owned();
                let keys = usable(keys.clone().with_source(source), self.world.flow.now(), "the caller");
                return (keys.into(), false);
            }
            Given::WebIdentity(identity) => self.web_identity(identity, false).await,
            Given::Saml(saml) => {
                match self.world.sts(Some(&saml.role_arn), saml.region.as_deref(), false).await {
                    Ok(endpoint) => saml::load(&self.world.flow, saml, &endpoint).await,
                    Err(error) => Err(error),
                }
            }
            Given::Cognito(given) => self.cognito(given).await,
            Given::RolesAnywhere(given) => self.roles_anywhere(given).await,
        };
        (result.into(), true)
    }

    pub(super) async fn container(&mut self) -> Answer {
        if [container::RELATIVE, container::FULL].iter().all(|name| self.world.env.get(name).is_some()) {
            let warning =
                format!("{} is not used, since {} is set too", container::FULL, container::RELATIVE);
            self.world.warnings.push(warning);
        }
        container::load(&self.world.flow, &self.world.env).await
    }

    pub(super) async fn custom(&mut self, name: CustomName) -> Answer {
        let (name, flow) = (name.as_str(), &self.world.flow);
        match flow.ask(Custom::new(name)).await {
            Ok(Ok(Some(found))) => {
                let source = found.source().unwrap_or(name).to_owned();
                usable(found.with_source(source), flow.now(), &format!("the source {name}")).into()
            }
            Ok(Ok(None)) => Answer::NotConfigured(format!("the source {name} has none")),
            Ok(Err(failure)) => {
                let message = format!("the source {name}: {}", failure.reason);
                Answer::Failed(Error::new(ErrorKind::Service, message))
            }
            // Whoever puts it into the order means it.
            Err(refusal) => Answer::Failed(refusal.error(&format!("have a source of its own named {name}"))),
        }
    }

    pub(super) async fn web_identity_of_env(&mut self) -> Answer {
        match WebIdentity::of_env(&self.world.env) {
            Ok(Some(identity)) => self.web_identity(&identity, false).await.into(),
            Ok(None) => Answer::NotConfigured(format!("{} is not set", web_identity::TOKEN_FILE)),
            Err(error) => Answer::Failed(error),
        }
    }

    /// `names`: the role, the token's file, the session.
    pub(super) async fn web_identity_of_profile(
        &mut self,
        profile: &str,
        names: (&str, &str, Option<&str>),
    ) -> Answer {
        let (role_arn, file, session_name) = names;
        let home = self.world.options.home.as_deref();
        let Some(path) = in_home(file, &self.world.env, home, Platform::HERE) else {
            let message = format!("{file} lies in the home directory; set HOME");
            return Answer::Failed(Error::new(ErrorKind::Config, message));
        };
        let mut identity = WebIdentity::new(role_arn, Token::File(path));
        identity.session_name = session_name.map(str::to_owned);
        match self.world.read_profiles().await {
            Ok(profiles) => {
                let own = profiles.profile(profile).and_then(|section| section.get("region"));
                identity.region = own.map(str::to_owned);
            }
            Err(error) => return Answer::Failed(error),
        }
        self.web_identity(&identity, true).await.into()
    }

    async fn web_identity(&mut self, identity: &WebIdentity, of_profile: bool) -> Result<Credentials, Error> {
        let region = identity.region.as_deref();
        let endpoint = self.world.sts(Some(&identity.role_arn), region, of_profile).await?;
        web_identity::load(&self.world.flow, identity, &endpoint).await
    }

    pub(super) async fn process(
        &mut self,
        profile: &str,
        command: &Secret,
        account_id: Option<&str>,
    ) -> Answer {
        let process = Process { command, shell: self.world.options.shell, profile, account_id };
        process::load(&self.world.flow, &process, &self.world.env).await.into()
    }

    async fn cognito(&mut self, given: &Cognito) -> Result<Credentials, Error> {
        let place = self.place(Service::Cognito, given.region()?, given.endpoint.as_deref()).await?;
        let sts = match given.role_arn.as_deref() {
            Some(role) => Some(self.world.sts(Some(role), None, false).await?),
            None => None,
        };
        cognito::load(&self.world.flow, given, &place, sts.as_ref()).await
    }

    async fn roles_anywhere(&mut self, given: &RolesAnywhere) -> Result<Credentials, Error> {
        let region = given.region()?;
        let place = self.place(Service::RolesAnywhere, region, given.endpoint.as_deref()).await?;
        roles_anywhere::load(&self.world.flow, given, &place, region).await
    }

    /// Where a service is: as given in code, or as configured, or where AWS has it in that region.
    async fn place(&mut self, service: Service, region: &str, given: Option<&str>) -> Result<Url, Error> {
        let address = match given {
            Some(url) => url.to_owned(),
            None => self.world.address(service, region).await?,
        };
        check_url(&address).map_err(|why| {
            Error::new(ErrorKind::Config, format!("there is no address of {}: {why}", service.name()))
        })
    }

    /// Exchanges long-lived keys for a session.
    pub(super) async fn exchange(
        &mut self,
        keys: &Credentials,
        exchange: &Exchange,
        is_session: bool,
    ) -> Result<Credentials, Error> {
        let (name, arn, region) = match exchange {
            Exchange::Session(session) => ("session-token", session.mfa_serial.as_deref(), &session.region),
            Exchange::Federation(federation) => ("federation-token", None, &federation.region),
        };
        let roles_follow = !self.world.options.assume.is_empty();
        let result = async {
            if is_session || keys.session_token().is_some() {
                let message = "only the long-lived keys of a user can be exchanged, and the credentials that were found are a session";
                return Err(Error::new(ErrorKind::Config, message));
            }
            if roles_follow && matches!(exchange, Exchange::Federation(_)) {
                let message =
                    "a federated user's session can assume no role; assume it with the user's own keys";
                return Err(Error::new(ErrorKind::Config, message));
            }
            let endpoint = self.world.sts(arn, region.as_deref(), false).await?;
            match exchange {
                Exchange::Session(session) => {
                    session_token::session(&self.world.flow, keys, session, &endpoint).await
                }
                Exchange::Federation(federation) => {
                    session_token::federation(&self.world.flow, keys, federation, &endpoint).await
                }
            }
        };
        let result = result.await.map_err(|error| error.within(name));
        match &result {
            Ok(found) => self.note(name, Outcome::Ok, format!("key {}", found.access_key_id())),
            Err(error) => self.note(name, Outcome::Failed, error.message()),
        }
        result
    }
}
