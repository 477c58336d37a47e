//! Servers that verify SigV4 and that nobody here wrote, and a client whose requests go through core to them: signed
//! with a placeholder, verified, signed again with the key that the server knows, and sent over HTTP.

mod call;
mod moto;
mod reply;
mod s3;
mod sdk;

pub use call::{Call, Kind, Outbound, Signer};
pub use moto::Moto;
pub use reply::Reply;
pub use s3::S3;

/// The key id that the client has.
pub const PLACEHOLDER_ID: &str = "AKIAPLACEHOLDER00001";
/// Its secret, which no server knows.
pub const PLACEHOLDER_SECRET: &str = "a-placeholder-that-no-server-knows";
