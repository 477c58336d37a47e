//! Signing in with a person's console credentials, as `aws login` does.
//!
//! <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html>

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

use super::MAX_QUESTIONS;
use super::browser::{self, Pkce, parameter};
use super::configure::{self, Section};
use crate::chain::{Options, World};
use crate::effect::{Prompt, WriteFile};
use crate::env::Env;
use crate::error::{Error, ErrorKind};
use crate::flow;
use crate::profile::edit::Kind;
use crate::provider::login::oauth::exchange;
use crate::provider::login::{Key, Session};
use crate::provider::object::Object;
use crate::provider::renewal::Renewable;
use crate::secret::Secret;
use crate::step::Step;
use crate::time::Time;

const SAME_DEVICE: &str = "arn:aws:signin:::devtools/same-device";
const CROSS_DEVICE: &str = "arn:aws:signin:::devtools/cross-device";

/// What a sign-in of `aws login` is for.
#[derive(Clone, Debug)]
pub struct Login {
    options: Options,
    remote: bool,
}

impl Login {
    /// Signs in for the profile that the options select, in the region of the options, the profile or the
    /// environment.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, remote: false }
    }

    /// The browser is on another device: the person pastes the code that it shows. A host that does not listen for
    /// a redirect gets this way in any case.
    #[must_use]
    pub fn remote(mut self, remote: bool) -> Self {
        self.remote = remote;
        self
    }
}

/// A session that a profile can use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedIn {
    /// The profile.
    pub profile: String,
    /// Who signed in: the `login_session` of the profile.
    pub session: String,
    /// The account.
    pub account_id: String,
    /// When its first credentials end; they are renewed for as long as the session lasts.
    pub expires_at: Time,
    /// What keeps the profile from meaning this session.
    pub warnings: Vec<String>,
}

/// Signs a person in, writes the session to `~/.aws/login/cache` and its name into the profile.
pub fn login(request: &Login, env: &Env, now: Time, seed: [u8; 32]) -> Step<LoggedIn> {
    let (request, env) = (request.clone(), env.clone());
    flow::start_bounded(now, seed, MAX_QUESTIONS, |flow| async move {
        let mut world = World::new(flow, request.options.clone(), env);
        run(&mut world, &request).await
    })
}

async fn run(world: &mut World, request: &Login) -> Result<LoggedIn, Error> {
    let flow = world.flow.clone();
    let profile = world.selected.name.clone();
    let own_region = free(world, &profile).await?;
    let region = world.options.region.clone().or(own_region.clone());
    let region = match region {
        Some(region) => region,
        None => world.region(&profile).await?.ok_or_else(|| {
            Error::new(ErrorKind::Config, "set a region to sign in at, for example with AWS_REGION")
        })?,
    };
    let base = world.address(crate::provider::endpoint::Service::SignIn, &region).await?;
    let key = Key::generate(&flow);
    let key = key.ok_or_else(|| Error::new(ErrorKind::Internal, "the seed gave no key"))?;
    let pkce = Pkce::new(&flow);
    let page = |client: &str, redirect: &str| {
        let mut page = format!("{base}/v1/authorize");
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", client),
            ("state", pkce.state.expose()),
            ("code_challenge_method", "SHA-256"),
            ("scope", "openid"),
            ("redirect_uri", redirect),
            ("code_challenge", &pkce.challenge),
        ] {
            parameter(&mut page, name, value);
        }
        page
    };
    let redirect = match request.remote {
        true => None,
        false => browser::listen(&flow, page(SAME_DEVICE, browser::open_redirect())).await?.ok(),
    };
    let (code, client, redirect) = match redirect {
        Some(redirect) => {
            (pkce.code(redirect.query.expose())?, SAME_DEVICE, browser::redirect_uri(redirect.port))
        }
        None => {
            let redirect = format!("{base}/v1/sessions/confirmation");
            let page = page(CROSS_DEVICE, &redirect);
            let message = format!("to sign in, open {page} and paste the code that it shows: ");
            let pasted = flow.ask(Prompt::authorization_code(page, &message)).await;
            let pasted = pasted.map_err(|refusal| refusal.error("ask a person for the code of a sign-in"))?;
            (pasted_code(&pkce, &pasted)?, CROSS_DEVICE, redirect)
        }
    };
    let tokens = exchange(&flow, &base, &key, (client, &redirect), &code, &pkce.verifier).await;
    let tokens = tokens.map_err(|failure| match failure.is("AUTHCODE_EXPIRED") {
        true => Error::new(ErrorKind::Expired, "the code of the sign-in has expired; start again"),
        false => failure.error.within("the sign-in failed"),
    })?;
    let (arn, account_id) = tokens.id_token.as_ref().and_then(subject).ok_or_else(|| {
        Error::new(ErrorKind::Malformed, "the AWS sign-in service does not say who signed in")
    })?;
    let now = flow.now();
    let session = Session::signed_in(&tokens, &key, client, &account_id, &region, now);
    let session =
        session.ok_or_else(|| Error::new(ErrorKind::Internal, "the session cannot be written down"))?;
    let setup = world.login(&arn, &profile).await?;
    let mut file = WriteFile::new(setup.path(), Vec::new());
    file.data = setup.write(&session);
    match flow.ask(file).await.map_err(|refusal| refusal.error(&format!("write {}", setup.path())))? {
        Ok(()) => {}
        Err(failure) => {
            let message = format!("the session could not be kept in {}: {}", setup.path(), failure.reason);
            return Err(Error::new(ErrorKind::Config, message));
        }
    }
    let mut keys = vec![("login_session", arn.as_str())];
    keys.extend(
        own_region
            .is_none()
            .then_some(("region", region.as_str()))
            .filter(|_| world.options.region.is_some()),
    );
    let section: Section<'_> = (Kind::Profile, &profile, keys);
    let warnings = configure::write(world, &[section]).await?.warnings;
    Ok(LoggedIn { profile, session: arn, account_id, expires_at: session.ends(), warnings })
}

/// The profile's region, if the profile has no other kind of credentials, which would come first.
async fn free(world: &mut World, profile: &str) -> Result<Option<String>, Error> {
    let Some(section) = world.read_profiles().await?.profile(profile) else { return Ok(None) };
    let others = [
        "role_arn",
        "web_identity_token_file",
        "aws_access_key_id",
        "sso_session",
        "sso_account_id",
        "sso_role_name",
        "credential_process",
    ];
    match others.iter().find(|key| section.has(key)) {
        Some(key) => {
            let message =
                format!("the profile {profile} has {key}, which comes first; choose another profile");
            Err(Error::new(ErrorKind::Config, message))
        }
        None => Ok(section.get("region").map(str::to_owned)),
    }
}

/// The code of what a person pastes: `state=…&code=…` in base64.
fn pasted_code(pkce: &Pkce, pasted: &Secret) -> Result<Secret, Error> {
    let text = pasted.expose().trim_ascii();
    let bytes =
        Base64::decode_vec(text).or_else(|_| Base64UrlUnpadded::decode_vec(text.trim_end_matches('=')));
    let bytes = Zeroizing::new(bytes.unwrap_or_default());
    match std::str::from_utf8(&bytes) {
        Ok(query) if !query.is_empty() => pkce.code(query),
        _ => Err(Error::new(ErrorKind::Input, "what was pasted is not the code that the page shows")),
    }
}

/// The `sub` of an identity token, an ARN, and its account. The token comes from the service itself over TLS, so its
/// signature adds nothing (OpenID Connect Core, 3.1.3.7).
fn subject(token: &Secret) -> Option<(String, String)> {
    let payload = token.expose().split('.').nth(1)?;
    let bytes = Zeroizing::new(Base64UrlUnpadded::decode_vec(payload.trim_end_matches('=')).ok()?);
    let document = Object::parse(&bytes)?;
    let arn =
        document.text("sub").filter(|arn| arn.len() <= 2048 && arn.bytes().all(|b| b.is_ascii_graphic()))?;
    let account = arn.strip_prefix("arn:")?.split(':').nth(3)?;
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    is_account.then(|| (arn.to_owned(), account.to_owned()))
}
