//! AWS's credential plane on loopback, and enough services behind it to see that credentials work.
//!
//! [`Emulator`] is IMDSv2, containers' agents, STS, IAM Identity Center, sign-in, IAM Roles Anywhere, Cognito identity,
//! S3, DynamoDB, WebSockets that say back what they are told, and a signature check for every other service. It is what `awsaccess`
//! is tested against, so it shares no code with it: signatures are judged by AWS's own signer, the crate
//! aws-sigv4.
//!
//! ```
//! use awsaccess_emulator::{Emulator, World};
//!
//! let emulator = Emulator::builder().world(World::demo()).start()?;
//! assert!(emulator.endpoint_url().starts_with("https://localhost:"));
//! assert!(emulator.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
//! assert!(emulator.requests().is_empty());
//! # Ok::<(), std::io::Error>(())
//! ```

mod anywhere;
mod approval;
mod appsync;
mod blob;
mod clock;
mod cognito;
mod container;
mod control;
mod dynamodb;
mod emulator;
mod encoding;
mod failure;
mod fault;
mod guide;
mod imds;
mod jws;
mod keyring;
mod message;
mod open;
mod page;
mod permission;
mod policy;
mod record;
mod rotation;
mod s3;
mod serve;
mod server;
mod service;
mod session;
mod signin;
mod sigv4;
mod sso;
mod state;
mod sts;
mod tls;
mod totp;
mod websocket;
mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use anywhere::IssuedCertificate;
pub use emulator::{Builder, Emulator};
pub use fault::{Effect, Fault};
pub use guide::Source;
pub use policy::{Caller, Condition, Context, Decision, MalformedPolicy, Policy};
pub use record::{Recorded, Verdict};
pub use serve::{Config, Ready, ReadyContainer, ReadyUser, serve};
pub use sts::Assertion;
pub use world::{
    AccessKey, Agent, AnywhereProfile, Assignment, BucketSeed, CenterAccount, CenterUser, Console, Container,
    IdentityCenter, IdentityPool, Instance, Mfa, OidcProvider, Role, Root, SamlProvider, TableSeed,
    TrustAnchor, User, World,
};

/// Locks, also after a panic elsewhere: every change under a lock here is whole at any point.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
