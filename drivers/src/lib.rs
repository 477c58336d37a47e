//! Hosts for [`awsaccess`]: its tasks ask, these answer.
//!
//! `blocking` (on by default) answers with files, sockets and processes of this machine, one after the other. `tokio`
//! (a feature) does so without blocking, over any HTTP client of the AWS SDK for Rust, and is a provider of
//! credentials for that SDK. `tracing` (a feature) is a writer and a layer that hide secrets from logs.
#![forbid(unsafe_code)]

#[cfg(any(feature = "blocking", feature = "tokio"))]
mod file;
#[cfg(any(feature = "blocking", feature = "tokio"))]
mod flight;
#[cfg(feature = "blocking")]
mod key;
#[cfg(any(feature = "blocking", feature = "tokio"))]
mod process;
#[cfg(any(feature = "blocking", feature = "tokio"))]
mod surroundings;

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "tracing")]
pub mod log;
#[cfg(feature = "tokio")]
pub mod tokio;
