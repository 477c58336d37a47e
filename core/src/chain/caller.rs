//! Who the credentials that a chain finds belong to.

use super::options::Options;
use super::resolve::{Resolved, find};
use crate::env::Env;
use crate::flow;
use crate::step::Step;
use crate::sts::{self, CallerIdentity};
use crate::time::Time;

/// Where no region is set, the one that stands for a partition is asked; this names the partition.
const OF_PARTITION: &str = "arn:aws:sts::";

/// Resolves as [`resolve`](super::resolve) does, then asks STS whose credentials these are; that needs no permission.
///
/// ```
/// use awsaccess::chain::{self, Options};
/// use awsaccess::{env::Env, step::Step, time::Time};
/// let env: Env = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "hush")].into_iter().collect();
/// let mut step = chain::caller_identity(&Options::new(), &env, Time::from_unix(1_800_000_000), [7; 32]);
/// while let Step::ReadFile(ask) = step {
///     step = ask.answer(Time::from_unix(1_800_000_000), Ok(None));
/// }
/// assert!(matches!(step, Step::Http(ask) if ask.request().url == "https://sts.us-east-1.amazonaws.com/"));
/// ```
pub fn caller_identity(
    options: &Options,
    env: &Env,
    now: Time,
    seed: [u8; 32],
) -> Step<(CallerIdentity, Resolved)> {
    let (options, env) = (options.clone(), env.clone());
    flow::start(now, seed, |flow| async move {
        let (resolved, mut world) = find(flow, options, env).await?;
        let endpoint = world.sts(Some(OF_PARTITION), None, false).await?;
        let identity = sts::caller_identity(&world.flow, resolved.credentials(), &endpoint).await?;
        Ok((identity, resolved))
    })
}
