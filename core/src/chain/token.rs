//! A bearer token, for the services that take one in place of a signature.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-bearer-token.html>

use std::fmt;

use super::options::Options;
use super::plan::{Base, PlanError, plan};
use super::world::World;
use crate::env::Env;
use crate::error::{Error, ErrorKind};
use crate::flow;
use crate::provider::renewal;
use crate::secret::Secret;
use crate::step::Step;
use crate::time::Time;

/// A token with what is known of it. `Debug` hides the token.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BearerToken {
    /// What goes into `Authorization: Bearer`.
    pub token: Secret,
    /// When it ends; `None` if nobody said.
    pub expires_at: Option<Time>,
    /// `environment` or `sso`.
    pub source: &'static str,
    /// What may not be meant so.
    pub warnings: Vec<String>,
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerToken")
            .field("expires_at", &self.expires_at)
            .field("source", &self.source)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// The token of a service: the variable `AWS_BEARER_TOKEN_<SERVICE>`, or else the token of the `[sso-session]` of the
/// selected profile, renewed if it is about to end. `service` is the name that the service signs as (`bedrock`).
pub fn bearer_token(
    options: &Options,
    service: &str,
    env: &Env,
    now: Time,
    seed: [u8; 32],
) -> Step<BearerToken> {
    let (options, env) = (options.clone(), env.clone());
    let variable = format!("AWS_BEARER_TOKEN_{}", service.to_ascii_uppercase().replace([' ', '-'], "_"));
    flow::start(now, seed, |flow| async move {
        let mut world = World::new(flow, options, env);
        if let Some(token) = world.env.get(&variable) {
            let token = Secret::new(token);
            return Ok(BearerToken { token, expires_at: None, source: "environment", warnings: Vec::new() });
        }
        of_profile(&mut world, &variable).await
    })
}

async fn of_profile(world: &mut World, variable: &str) -> Result<BearerToken, Error> {
    let selected = world.selected.clone();
    let profiles = world.read_profiles().await?;
    let base = plan(profiles, &selected).map(|plan| plan.base);
    let sso = match base {
        Ok(Base::Sso(sso)) if sso.session.is_some() => sso,
        Ok(_) | Err(PlanError::NotConfigured(_) | PlanError::NoProfile(_) | PlanError::NoCredentials(_)) => {
            let message = format!(
                "there is no bearer token; set {variable}, or sso_session in the profile {}",
                selected.name
            );
            return Err(Error::new(ErrorKind::NotConfigured, message));
        }
        Err(error) => return Err(Error::new(error.kind(), error.to_string())),
    };
    let setup = world.sso(&sso).await?;
    let World { flow, options, warnings, .. } = world;
    let token = renewal::current(flow, &setup, &options.renewals, warnings).await?;
    if token.ends <= flow.now() {
        return Err(Error::new(ErrorKind::Expired, format!("the token of {} has expired", sso.name())));
    }
    Ok(BearerToken {
        token: token.access,
        expires_at: Some(token.ends),
        source: "sso",
        warnings: std::mem::take(warnings),
    })
}
