//! The accounts and roles that are assigned to whoever is signed in.

use super::MAX_QUESTIONS;
use super::sso::{SsoLogin, target};
use crate::chain::{Sso, World};
use crate::env::Env;
use crate::error::Error;
use crate::flow;
use crate::provider::renewal;
use crate::provider::sso::Setup;
use crate::provider::sso::portal::{Account, accounts as list_accounts, roles as list_roles};
use crate::secret::Secret;
use crate::step::Step;
use crate::time::Time;

/// Every account that is assigned to the person, for the portal that the request means (ListAccounts). Somebody has
/// to be signed in.
pub fn accounts(request: &SsoLogin, env: &Env, now: Time, seed: [u8; 32]) -> Step<Vec<Account>> {
    let (request, env) = (request.clone(), env.clone());
    flow::start_bounded(now, seed, MAX_QUESTIONS, |flow| async move {
        let mut world = World::new(flow, request.options.clone(), env);
        let (setup, token) = signed_in(&mut world, &request).await?;
        list_accounts(&world.flow, &setup, &token).await
    })
}

/// The names of every role that is assigned to the person in an account (ListAccountRoles).
pub fn account_roles(
    request: &SsoLogin,
    account_id: &str,
    env: &Env,
    now: Time,
    seed: [u8; 32],
) -> Step<Vec<String>> {
    let (request, env, account) = (request.clone(), env.clone(), account_id.to_owned());
    flow::start_bounded(now, seed, MAX_QUESTIONS, |flow| async move {
        let mut world = World::new(flow, request.options.clone(), env);
        let (setup, token) = signed_in(&mut world, &request).await?;
        list_roles(&world.flow, &setup, &token, &account).await
    })
}

/// The portal that a request means, and the scopes that its `[sso-session]` names.
pub fn portal(request: &SsoLogin, env: &Env, now: Time, seed: [u8; 32]) -> Step<(Sso, Vec<String>)> {
    let (request, env) = (request.clone(), env.clone());
    flow::start(now, seed, |flow| async move {
        let mut world = World::new(flow, request.options.clone(), env);
        let found = target(&mut world, &request).await?;
        Ok((found.sso, found.scopes))
    })
}

async fn signed_in(world: &mut World, request: &SsoLogin) -> Result<(Setup, Secret), Error> {
    let sso = target(world, request).await?.sso;
    let setup = world.sso(&sso).await?;
    let World { flow, options, warnings, .. } = world;
    let token = renewal::current(flow, &setup, options.renewals(), warnings).await?;
    Ok((setup, token.access))
}
