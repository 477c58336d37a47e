//! AWS STS: what is asked of it, where, and what its replies mean.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/>. Requests are forms, replies are XML; a request is checked
//! against the published limits before it is sent.

mod call;
mod clock;
mod document;
mod endpoint;
mod form;
mod identity;
mod limit;
mod role;

pub(crate) use call::call;
pub use document::Document;
pub use endpoint::{Endpoint, EndpointRules};
pub(crate) use endpoint::{is_known_region, region_of_arn};
pub(crate) use form::encode;
pub use identity::{CallerIdentity, get_caller_identity};
pub(crate) use limit::{Violation, duration, external_id, role_arn, serial_number, session_name};
pub use role::{AssumeRole, AssumedRole, Keys};

#[cfg(test)]
mod tests;
