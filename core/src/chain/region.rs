//! The region: in code, in the environment, in the profile and its sources, at the instance.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html>

use super::options::Options;
use super::order::Source;
use super::world::World;
use crate::env::Env;
use crate::error::Error;
use crate::flow;
use crate::profile::Profiles;
use crate::provider::imds;
use crate::step::Step;
use crate::time::Time;

/// The most profiles that are walked through.
const MOST_PROFILES: usize = 20;

/// Finds the region to use; `None` if nothing says. Instance metadata is asked last, and only where the order of the
/// options holds it. A profile that names no region has that of its `source_profile`.
///
/// ```
/// use awsaccess::chain::{self, Options};
/// use awsaccess::{env::Env, step::Step, time::Time};
/// let env: Env = [("AWS_REGION", "eu-west-1")].into_iter().collect();
/// let step = chain::region(&Options::new(), &env, Time::from_unix(1_800_000_000), [7; 32]);
/// assert!(matches!(step, Step::Done(Ok(Some(region))) if region == "eu-west-1"));
/// ```
pub fn region(options: &Options, env: &Env, now: Time, seed: [u8; 32]) -> Step<Option<String>> {
    let (options, env) = (options.clone(), env.clone());
    flow::start(now, seed, |flow| async move { find(World::new(flow, options, env)).await })
}

async fn find(mut world: World) -> Result<Option<String>, Error> {
    let of_env = || world.env.get("AWS_REGION").or_else(|| world.env.get("AWS_DEFAULT_REGION"));
    if let Some(region) = world.options.region.as_deref().or_else(of_env) {
        return Ok(Some(region.to_owned()));
    }
    let selected = world.selected.name.clone();
    if let Some(region) = of_profile(world.read_profiles().await?, &selected) {
        return Ok(Some(region.to_owned()));
    }
    if !world.options.order.sources().contains(&Source::Imds) {
        return Ok(None);
    }
    let imds = world.imds(false).await?;
    imds::region(&world.flow, &imds).await
}

fn of_profile<'a>(profiles: &'a Profiles, selected: &'a str) -> Option<&'a str> {
    let mut name = selected;
    for _ in 0..MOST_PROFILES {
        let section = profiles.profile(name)?;
        if let Some(region) = section.get("region") {
            return Some(region);
        }
        name = section.get("source_profile")?;
    }
    None
}
