//! The plan of a profile, from the files that the host reads, with nobody else asked.

use super::options::Options;
use super::plan::{Plan, plan_in};
use super::world::World;
use crate::env::Env;
use crate::error::Error;
use crate::flow;
use crate::step::Step;
use crate::time::Time;

/// Reads the shared files and plans the selected profile, warnings of the environment included. No request is made.
///
/// # Errors
/// [`crate::error::ErrorKind::NotConfigured`] where no profile is selected and the one that stands in for it holds
/// nothing; else of kind `profile` or `config`, with what to mend.
pub fn outline(options: &Options, env: &Env, now: Time) -> Step<Plan> {
    let (options, env) = (options.clone(), env.clone());
    // Nothing is drawn at random here.
    flow::start(now, [0; 32], |flow| async move {
        let mut world = World::new(flow, options, env.clone());
        let selected = world.selected.clone();
        let profiles = world.read_profiles().await?;
        plan_in(profiles, &selected, &env).map_err(|error| Error::new(error.kind(), error.to_string()))
    })
}
