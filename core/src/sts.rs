//! AWS STS: what is asked of it, where, and what its replies mean.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/>. Requests are forms, replies are XML; a request is checked
//! against the published limits before it is sent.

mod call;
mod clock;
mod document;
mod endpoint;
mod failure;
mod federation;
mod form;
mod identity;
mod limit;
mod reply;
mod request;
mod role;
mod root;
mod session_name;

pub(crate) use call::{call, call_unsigned};
pub(crate) use clock::learn as learn_clock;
pub use document::Document;
pub use endpoint::{Endpoint, EndpointRules};
pub(crate) use endpoint::{is_known_region, region_of_arn};
pub use failure::Failure;
pub use federation::{
    AssumeRoleWithSaml, AssumeRoleWithWebIdentity, GetFederationToken, GetSessionToken, Session,
};
pub(crate) use form::{Form, encode};
pub(crate) use identity::caller_identity;
pub use identity::{CallerIdentity, get_caller_identity};
pub(crate) use limit::{
    MOST_ASSERTION, MOST_TOKEN, Violation, duration, external_id, role_arn, serial_number,
    session_name as check_session_name, tags as check_tags,
};
pub use reply::{Reply, ReplyError};
pub use request::Request;
pub use role::{AssumeRole, AssumedRole, Keys};
pub use root::AssumeRoot;
pub(crate) use session_name::is_session_name;
pub use session_name::session_name;

#[cfg(test)]
mod tests;
