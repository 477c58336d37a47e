//! Which source, in what order: from a profile to a plan, and from a list of sources to credentials.

mod explain;
mod options;
mod order;
mod outline;
mod plan;
mod resolve;
mod warning;
mod world;

pub use options::Options;
pub use order::{Order, Source};
pub use outline::outline;
pub use plan::{Base, Hop, Plan, PlanError, Sso, plan, plan_in};
pub use resolve::{Resolved, resolve};

#[cfg(test)]
mod tests;
