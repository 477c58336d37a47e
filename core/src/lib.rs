//! AWS credentials, role chains, SigV4 verification and **re-signing**, and log redaction, as pure functions.
//!
//! Nothing in this crate opens a file, a socket or a process, reads a clock or the environment. What it needs
//! to know it is given, or it asks for as a [`step`] that the host answers.
//!
//! Arrows of dependency point down this list, never up; `tests/layers.rs` fails on one that does.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::indexing_slicing,
        clippy::string_slice
    )
)]

pub mod access;
pub mod audit;
pub mod cache;
pub mod chain;
pub mod console;
pub mod credentials;
pub mod effect;
pub mod env;
pub mod error;
pub mod flow;
pub mod gateway;
mod hash;
pub mod host;
pub mod operation;
pub mod partition;
pub mod profile;
pub mod provider;
pub mod redact;
pub mod secret;
pub mod signin;
pub mod sigv4;
pub mod step;
pub mod sts;
pub mod time;
