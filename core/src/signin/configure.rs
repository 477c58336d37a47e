//! A profile written into the config file, as `aws configure sso` and `aws login` do.

use zeroize::Zeroizing;

use super::MAX_QUESTIONS;
use crate::chain::{Options, Sso, World};
use crate::effect::{ReadFile, WriteFile};
use crate::env::Env;
use crate::error::{Error, ErrorKind};
use crate::flow;
use crate::profile::edit::{self, Kind};
use crate::profile::{Files, MAX_BYTES, Platform, Profiles};
use crate::step::Step;
use crate::time::Time;

/// A role in an account, to be kept under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SsoProfile {
    /// The profile's name.
    pub name: String,
    /// The portal, with the account and the role.
    pub sso: Sso,
    /// `sso_registration_scopes` of the session.
    pub scopes: Vec<String>,
    /// `region` of the profile.
    pub region: Option<String>,
    /// `output` of the profile, which the AWS CLI reads.
    pub output: Option<String>,
}

impl SsoProfile {
    /// A profile for this role. Set [`Sso::role`] to the account and the role, or leave it for a profile that gives
    /// a token only.
    pub fn new(name: impl Into<String>, sso: Sso) -> Self {
        let scopes = vec![crate::provider::sso::oidc::DEFAULT_SCOPE.to_owned()];
        Self { name: name.into(), sso, scopes, region: None, output: None }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// The config file.
    pub path: String,
    /// What keeps the profile from meaning what was written.
    pub warnings: Vec<String>,
}

/// Writes a profile, and its `[sso-session]` if it has one, into the config file. Everything else in the file stays
/// as it is.
pub fn configure_sso(
    profile: &SsoProfile,
    options: &Options,
    env: &Env,
    now: Time,
    seed: [u8; 32],
) -> Step<Written> {
    let (profile, options, env) = (profile.clone(), options.clone(), env.clone());
    flow::start_bounded(now, seed, MAX_QUESTIONS, |flow| async move {
        let mut world = World::new(flow, options, env);
        if profile.sso.session.is_none() && profile.sso.role.is_none() {
            let message = "a profile without an sso-session needs an account and a role";
            return Err(Error::new(ErrorKind::Input, message));
        }
        let SsoProfile { sso, scopes, .. } = &profile;
        let scopes = scopes.join(",");
        let mut sections = Vec::new();
        let mut keys = Vec::new();
        match &sso.session {
            Some(session) => {
                check_session(&mut world, session, sso).await?;
                let mut session_keys =
                    vec![("sso_start_url", sso.start_url.as_str()), ("sso_region", &sso.region)];
                session_keys
                    .extend((!scopes.is_empty()).then_some(("sso_registration_scopes", scopes.as_str())));
                sections.push((Kind::SsoSession, session.as_str(), session_keys));
                keys.push(("sso_session", session.as_str()));
            }
            None => keys.extend([("sso_start_url", sso.start_url.as_str()), ("sso_region", &sso.region)]),
        }
        if let Some((account, role)) = &sso.role {
            keys.extend([("sso_account_id", account.as_str()), ("sso_role_name", role)]);
        }
        keys.extend(profile.region.as_deref().map(|region| ("region", region)));
        keys.extend(profile.output.as_deref().map(|output| ("output", output)));
        sections.insert(0, (Kind::Profile, profile.name.as_str(), keys));
        write(&mut world, &sections).await
    })
}

/// A session that other profiles share is not turned into another one.
async fn check_session(world: &mut World, name: &str, sso: &Sso) -> Result<(), Error> {
    let profiles = world.read_profiles().await?;
    let Some(section) = profiles.sso_session(name) else { return Ok(()) };
    for (key, value) in [("sso_start_url", &sso.start_url), ("sso_region", &sso.region)] {
        if section.get(key).is_some_and(|own| own != value) {
            let message = format!("the sso-session {name} is there with another {key}; choose another name");
            return Err(Error::new(ErrorKind::Config, message));
        }
    }
    Ok(())
}

/// A section, and what is to stand in it.
pub(super) type Section<'a> = (Kind, &'a str, Vec<(&'a str, &'a str)>);

/// Sets the keys of the sections, checks that they are read as they were meant, and writes the file.
pub(super) async fn write(world: &mut World, sections: &[Section<'_>]) -> Result<Written, Error> {
    let files = Files::locate(&world.env, world.options.home.as_deref(), Platform::HERE);
    let path = world.options.config_file.clone().or(files.config);
    let path = path.ok_or_else(|| {
        Error::new(ErrorKind::Config, "the config file lies in the home directory; set HOME")
    })?;
    let wrong = |why: &str| Error::new(ErrorKind::Profile, format!("{path}: {why}"));
    let answer = world.flow.ask(ReadFile::new(&path, MAX_BYTES)).await;
    let before = match answer.map_err(|refusal| refusal.error(&format!("read {path}")))? {
        Ok(bytes) => Zeroizing::new(bytes.unwrap_or_default()),
        Err(failure) => return Err(wrong(&failure.reason)),
    };
    let read = |bytes: &[u8]| {
        let parsed = Profiles::parse(Some(bytes), None);
        parsed.map_err(|error| wrong(&format!("line {}: {}", error.line, error.kind)))
    };
    read(&before)?;
    let mut text = Zeroizing::new(String::from_utf8_lossy(&before).into_owned());
    for (kind, name, values) in sections {
        text = Zeroizing::new(edit::set(&text, *kind, name, values).map_err(|why| wrong(&why))?);
    }
    let after = read(text.as_bytes())?;
    let mut warnings = Vec::new();
    let merged = world.read_profiles().await?;
    for (kind, name, values) in sections {
        let own = match kind {
            Kind::Profile => after.profile(name),
            Kind::SsoSession => after.sso_session(name),
        };
        if values.iter().any(|(key, value)| own.and_then(|section| section.get(key)) != Some(value)) {
            return Err(Error::new(
                ErrorKind::Internal,
                format!("{path} could not be edited safely and was left alone"),
            ));
        }
        let winners = ["role_arn", "web_identity_token_file", "aws_access_key_id"];
        let profile = merged.profile(name).filter(|_| *kind == Kind::Profile);
        for key in winners.iter().filter(|key| profile.is_some_and(|section| section.has(key))) {
            warnings.push(format!("the profile {name} has {key} too, which comes first; remove it"));
        }
    }
    if text.as_bytes() != before.as_slice() {
        let file = WriteFile::new(&path, text.as_bytes().to_vec());
        match world.flow.ask(file).await.map_err(|refusal| refusal.error(&format!("write {path}")))? {
            Ok(()) => {}
            Err(failure) => return Err(wrong(&format!("it could not be written, {}", failure.reason))),
        }
    }
    Ok(Written { path, warnings })
}
