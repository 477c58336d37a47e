//! Signing out: the tokens are taken back and their files removed.

use zeroize::Zeroizing;

use super::MAX_QUESTIONS;
use crate::chain::{Options, World};
use crate::effect::{ListFiles, ReadFile, RemoveFile};
use crate::env::Env;
use crate::error::{Error, ErrorKind};
use crate::flow;
use crate::provider::endpoint::Service;
use crate::provider::object::Object;
use crate::provider::sso::portal;
use crate::provider::sso::token::Token;
use crate::step::Step;
use crate::time::Time;

/// The most files of one directory that are looked at.
const MOST_FILES: usize = 150;
const MAX_BYTES: usize = 64 * 1024;

/// What was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedOut {
    /// The files.
    pub removed: Vec<String>,
    /// Tokens that AWS was not told of, and files that could not be removed.
    pub warnings: Vec<String>,
}

/// Ends every session of IAM Identity Center, as `aws sso logout` does: each token is given back to its portal, its
/// file removed, and with it the role credentials that the AWS CLI keeps.
pub fn sso_logout(options: &Options, env: &Env, now: Time, seed: [u8; 32]) -> Step<LoggedOut> {
    let (options, env) = (options.clone(), env.clone());
    flow::start_bounded(now, seed, MAX_QUESTIONS, |flow| async move {
        let mut world = World::new(flow, options, env);
        let mut done = LoggedOut::default();
        for (path, bytes) in files(&world, &["sso", "cache"], &mut done).await? {
            let Some(token) = Token::parse(&bytes) else { continue };
            give_back(&mut world, &path, &token, &mut done).await;
            remove(&world, path, &mut done).await?;
        }
        for (path, bytes) in files(&world, &["cli", "cache"], &mut done).await? {
            let kept = Object::parse(&bytes);
            if kept.is_some_and(|document| document.text("ProviderType") == Some("sso")) {
                remove(&world, path, &mut done).await?;
            }
        }
        Ok(done)
    })
}

/// Ends the session of `aws login` that the selected profile names: its file is removed. The service knows no
/// sign-out; what is left of the credentials ends within a quarter of an hour.
pub fn logout(options: &Options, env: &Env, now: Time, seed: [u8; 32]) -> Step<LoggedOut> {
    let (options, env) = (options.clone(), env.clone());
    flow::start_bounded(now, seed, MAX_QUESTIONS, |flow| async move {
        let mut world = World::new(flow, options, env);
        let name = world.selected.name.clone();
        let section = world.read_profiles().await?.profile(&name);
        let session = section.and_then(|section| section.get("login_session")).map(str::to_owned);
        let session = session.ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("the profile {name} has no login_session to sign out of"))
        })?;
        let mut done = LoggedOut::default();
        let path = world.login_file(&session)?;
        remove(&world, path, &mut done).await?;
        Ok(done)
    })
}

/// Tells the portal; that it cannot be told keeps nobody from signing out here.
async fn give_back(world: &mut World, path: &str, token: &Token, done: &mut LoggedOut) {
    if token.ends <= world.flow.now() {
        return;
    }
    let told = match token.region().map(str::to_owned) {
        None => Err(Error::new(ErrorKind::Config, "its file names no region")),
        Some(region) => match world.address(Service::Portal, &region).await {
            Ok(base) => portal::logout(&world.flow, &base, &token.access).await,
            Err(error) => Err(error),
        },
    };
    if let Err(error) = told {
        let end = token.ends;
        done.warnings
            .push(format!("the token of {path} stays valid until {end}, AWS could not be told: {error}"));
    }
}

async fn files(
    world: &World,
    directory: &[&str],
    done: &mut LoggedOut,
) -> Result<Vec<(String, Zeroizing<Vec<u8>>)>, Error> {
    let at = world.in_home(directory)?;
    let answer = world.flow.ask(ListFiles::new(&at, MAX_BYTES)).await;
    let mut names = match answer.map_err(|refusal| refusal.error(&format!("list {at}")))? {
        Ok(names) => names,
        Err(failure) => {
            return Err(Error::new(ErrorKind::Config, format!("{at} cannot be listed: {}", failure.reason)));
        }
    };
    // What could lead elsewhere is no file of ours.
    names.retain(|name| name.ends_with(".json") && !name.contains(['/', '\\']));
    names.sort_unstable();
    if names.len() > MOST_FILES {
        done.warnings.push(format!("{at} holds more than {MOST_FILES} files; the rest was not looked at"));
        names.truncate(MOST_FILES);
    }
    let mut found = Vec::new();
    for name in names {
        let path = world.in_home(&[directory, &[name.as_str()]].concat())?;
        match world.flow.ask(ReadFile::new(&path, MAX_BYTES)).await {
            Ok(Ok(Some(bytes))) => found.push((path, Zeroizing::new(bytes))),
            Ok(Ok(None)) => {}
            Ok(Err(failure)) => done.warnings.push(format!("{path} cannot be read: {}", failure.reason)),
            Err(refusal) => done.warnings.push(refusal.error(&format!("read {path}")).message().to_owned()),
        }
    }
    Ok(found)
}

async fn remove(world: &World, path: String, done: &mut LoggedOut) -> Result<(), Error> {
    let answer = world.flow.ask(RemoveFile::new(&path)).await;
    match answer.map_err(|refusal| refusal.error(&format!("remove {path}")))? {
        Ok(()) => done.removed.push(path),
        Err(failure) => done.warnings.push(format!("{path} could not be removed: {}", failure.reason)),
    }
    Ok(())
}
