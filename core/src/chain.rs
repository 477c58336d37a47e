//! Which source, in what order: from a profile to a plan, and from a list of sources to credentials.

mod caller;
mod explain;
mod options;
mod order;
mod outline;
mod plan;
mod region;
mod resolve;
mod signin;
mod token;
mod warning;
mod world;

pub use caller::caller_identity;
pub use options::Options;
pub use order::{CustomName, Order, Source, UnknownSource};
pub use outline::outline;
pub use plan::{Base, Hop, Plan, PlanError, plan, plan_in};
pub use region::region;
pub use resolve::{Resolved, resolve};
pub use token::{BearerToken, bearer_token};
pub(crate) use world::World;

pub use crate::provider::sso::Sso;

#[cfg(test)]
mod tests;
