//! Which source, in what order: from a profile to a plan, and from a list of sources to credentials.

mod explain;
mod options;
mod order;
mod plan;
mod region;
mod resolve;
mod world;

pub use options::Options;
pub use order::{CustomName, Order, Source, UnknownSource};
pub use plan::{Base, Hop, Plan, PlanError, Sso, plan};
pub use region::region;
pub use resolve::{Resolved, resolve};

#[cfg(test)]
mod tests;
