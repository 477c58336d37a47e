//! Signing in to IAM Identity Center, as `aws sso login` does.

use std::time::Duration;

use super::{MAX_QUESTIONS, browser, device};
use crate::chain::{Base, Options, PlanError, Sso, World, plan};
use crate::effect::{Http, WriteFile};
use crate::env::Env;
use crate::error::{Error, ErrorKind};
use crate::flow::{self, Refusal};
use crate::provider::endpoint::{Rules, Service, address};
use crate::provider::renewal::Renewable;
use crate::provider::sso::oidc::{Client, DEFAULT_SCOPE, Tokens};
use crate::provider::sso::token::Token;
use crate::provider::sso::{Setup, oidc};
use crate::step::Step;
use crate::time::Time;

/// What a sign-in is for: the portal of the selected profile, unless another is named.
#[derive(Clone, Debug)]
pub struct SsoLogin {
    pub(super) options: Options,
    session: Option<String>,
    portal: Option<Sso>,
    scopes: Vec<String>,
    device_code: bool,
    client_name: Option<String>,
}

impl SsoLogin {
    /// Signs in to the portal of the profile that the options select.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            session: None,
            portal: None,
            scopes: Vec::new(),
            device_code: false,
            client_name: None,
        }
    }

    /// Signs in to the portal of this `[sso-session]`.
    #[must_use]
    pub fn session(mut self, name: impl Into<String>) -> Self {
        self.session = Some(name.into());
        self
    }

    /// Signs in to a portal that no file names yet.
    #[must_use]
    pub fn portal(mut self, portal: Sso) -> Self {
        self.portal = Some(portal);
        self
    }

    /// The scopes to ask for, in place of the session's `sso_registration_scopes`.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Shows a code to be typed in elsewhere, in place of opening a browser on this machine. A host that does not
    /// listen for the browser's redirect gets this way in any case, and so does a profile without a session.
    #[must_use]
    pub fn device_code(mut self, wanted: bool) -> Self {
        self.device_code = wanted;
        self
    }

    /// What the client is called on the page where the person allows it.
    #[must_use]
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.client_name = Some(name.into());
        self
    }
}

/// A token was fetched and is in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedIn {
    /// The portal.
    pub portal: Sso,
    /// When the token ends.
    pub expires_at: Time,
    /// The file that it is in.
    pub token_file: String,
    /// What did not go as it should, and does no harm now.
    pub warnings: Vec<String>,
}

/// Signs a person in to IAM Identity Center and writes the token to `~/.aws/sso/cache`.
pub fn sso_login(request: &SsoLogin, env: &Env, now: Time, seed: [u8; 32]) -> Step<SignedIn> {
    let (request, env) = (request.clone(), env.clone());
    flow::start_bounded(now, seed, MAX_QUESTIONS, |flow| async move {
        let mut world = World::new(flow, request.options.clone(), env);
        run(&mut world, &request).await
    })
}

async fn run(world: &mut World, request: &SsoLogin) -> Result<SignedIn, Error> {
    let Target { sso, mut scopes } = target(world, request).await?;
    if !request.scopes.is_empty() {
        scopes.clone_from(&request.scopes);
    }
    let setup = world.sso(&sso).await?;
    let mut client_name = request.client_name.clone();
    let client_name = client_name.get_or_insert_with(|| match &sso.session {
        Some(session) => format!("awsaccess-{session}"),
        None => format!("awsaccess-{}", world.flow.now().unix()),
    });
    let mut attempt = Attempt { world, setup: &setup, client_name, scopes, start_url: String::new() };
    attempt.start_url = attempt.start_url().await?;
    let by_browser = !request.device_code && sso.session.is_some();
    let found = match by_browser {
        true => browser::sign_in(&mut attempt).await?,
        false => Err(Refusal::Declined),
    };
    let (client, tokens) = match found {
        Ok(found) => found,
        Err(_) => device::sign_in(&mut attempt).await?,
    };
    let token = keep(world, &setup, &client, &tokens).await?;
    let warnings = std::mem::take(&mut world.warnings);
    Ok(SignedIn { portal: sso, expires_at: token.ends, token_file: setup.token_file, warnings })
}

/// What both ways of signing in share.
pub(super) struct Attempt<'a> {
    pub(super) world: &'a mut World,
    pub(super) setup: &'a Setup,
    pub(super) client_name: &'a str,
    pub(super) scopes: Vec<String>,
    /// As it goes to the service; files keep the one that was configured.
    pub(super) start_url: String,
}

impl Attempt<'_> {
    /// What the service knows the portal by. An address of the organization's own leads there in one step.
    async fn start_url(&self) -> Result<String, Error> {
        let url = &self.setup.sso.start_url;
        let wrong = |why: &str| {
            Err(Error::new(ErrorKind::Config, format!("the sso_start_url {url} cannot be used: {why}")))
        };
        let usual = Rules { region: &self.setup.sso.region, ..Rules::default() };
        // Whoever runs a service of their own knows what it calls its portal.
        let is_own = address(Service::Oidc, &usual).as_ref() != Ok(&self.setup.oidc);
        if is_own || is_of_aws(url) {
            return Ok(url.clone());
        }
        if !url.starts_with("https://") || url.parse::<http::Uri>().is_err() {
            return wrong("it has to be an https address such as https://my-org.awsapps.com/start");
        }
        for method in ["HEAD", "GET"] {
            let ask = Http::new(method, url).timeout(Duration::from_secs(10));
            let reply =
                self.world.flow.ask(ask).await.map_err(|refusal| refusal.error("make HTTP requests"))?;
            let Ok(reply) = reply else { continue };
            let leads = reply.header("location").filter(|_| (300..400).contains(&reply.status));
            if let Some(location) = leads {
                return match is_of_aws(location) {
                    true => Ok(location.to_owned()),
                    false => wrong("it leads to an address that is not of AWS"),
                };
            }
        }
        wrong("it is no address of AWS and leads to none")
    }
}

/// Whether the host is one of AWS's access portals.
fn is_of_aws(url: &str) -> bool {
    const SUFFIXES: [&str; 8] = [
        ".app.aws",
        ".portal.amazonaws.com",
        ".portal.amazonaws.com.cn",
        ".app.amazonwebservices.com.cn",
        ".portal.amazonaws.eu",
        ".api.amazonwebservices.eu",
        ".awsapps.com",
        ".awsapps.cn",
    ];
    const HOSTS: [&str; 4] = [
        "identitycenter.amazonaws.com",
        "identitycenter.amazonaws.com.cn",
        "identitycenter.amazonaws.eu",
        "identitycenter.us-gov.amazonaws.com",
    ];
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let Some(authority) = uri.authority() else { return false };
    let host = authority.host().to_ascii_lowercase();
    uri.scheme_str() == Some("https")
        && !authority.as_str().contains('@')
        && (HOSTS.contains(&host.as_str()) || SUFFIXES.iter().any(|suffix| host.ends_with(suffix)))
}

async fn keep(world: &mut World, setup: &Setup, client: &Client, tokens: &Tokens) -> Result<Token, Error> {
    let token = Token::signed_in(setup, client, tokens, world.flow.now());
    let mut file = WriteFile::new(&setup.token_file, Vec::new());
    file.data = setup.write(&token);
    let why = match world.flow.ask(file).await {
        Ok(Ok(())) => return Ok(token),
        Ok(Err(failure)) => failure.reason,
        Err(refusal) => refusal.error("write files").message().to_owned(),
    };
    let message = format!("the token could not be kept in {}: {why}", setup.token_file);
    Err(Error::new(ErrorKind::Config, message))
}

pub(super) struct Target {
    pub(super) sso: Sso,
    pub(super) scopes: Vec<String>,
}

/// The portal that is meant, and the scopes that its section names.
pub(super) async fn target(world: &mut World, request: &SsoLogin) -> Result<Target, Error> {
    if let Some(sso) = &request.portal {
        return Ok(Target { sso: sso.clone(), scopes: Vec::new() });
    }
    let selected = world.selected.clone();
    let profiles = world.read_profiles().await?;
    let config = |error: PlanError| Error::new(error.kind(), error.to_string());
    let sso = match &request.session {
        None => match plan(profiles, &selected).map_err(config)?.base {
            Base::Sso(sso) => sso,
            _ => {
                let message = format!(
                    "the profile {} does not use IAM Identity Center; name a session, or configure one",
                    selected.name
                );
                return Err(Error::new(ErrorKind::Config, message));
            }
        },
        Some(name) => {
            let lacks = |what: &str| Error::new(ErrorKind::Config, format!("the sso-session {name} {what}"));
            let section = profiles.sso_session(name).ok_or_else(|| lacks("is not in the config file"))?;
            let region = section.get("sso_region").ok_or_else(|| lacks("lacks sso_region; add it"))?;
            let url = section.get("sso_start_url").ok_or_else(|| lacks("lacks sso_start_url; add it"))?;
            Sso::new(Some(name.clone()), region, url)
        }
    };
    let section = sso.session.as_deref().and_then(|name| profiles.sso_session(name));
    let scopes = section.and_then(|section| section.get("sso_registration_scopes")).unwrap_or_default();
    let scopes = scopes.split(',').map(str::trim).filter(|scope| !scope.is_empty()).map(str::to_owned);
    Ok(Target { scopes: scopes.collect(), sso })
}

/// The scopes of a sign-in by browser, which always names some.
pub(super) fn with_default(scopes: &[String]) -> Vec<String> {
    match scopes {
        [] => vec![DEFAULT_SCOPE.to_owned()],
        scopes => scopes.to_vec(),
    }
}

/// What a grant was refused with, in words.
pub(super) fn refused(failure: oidc::Failure) -> Error {
    let said = |kind, message: &str| {
        let error = Error::new(kind, message);
        match failure.error.aws_code() {
            Some(code) => error.with_aws_code(code),
            None => error,
        }
    };
    match () {
        () if failure.is("AccessDenied") => said(ErrorKind::Denied, "the sign-in was denied on its page"),
        () if failure.is("ExpiredToken") => said(ErrorKind::Expired, "the code has expired; sign in again"),
        () => failure.error.within("the sign-in failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portals_of_aws() {
        for url in [
            "https://d-1.awsapps.com/start",
            "https://ssoins-1.portal.eu-west-1.app.aws",
            "https://identitycenter.amazonaws.com/ssoins-1",
        ] {
            assert!(is_of_aws(url), "{url}");
        }
        for url in [
            "http://d-1.awsapps.com/start",
            "https://awsapps.com.evil.example/",
            "https://evil.example/.awsapps.com",
            "https://a@d-1.awsapps.com/",
            "https://evilawsapps.com/",
            "/start",
        ] {
            assert!(!is_of_aws(url), "{url}");
        }
    }
}
