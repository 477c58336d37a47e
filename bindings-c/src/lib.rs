//! `awsaccess` for C: opaque handles, views into them, and no callbacks.
//!
//! `include/awsaccess.h` is made from this crate; its first comment is the one page of conventions. Each doc comment of
//! an exported function is the header's text. Hand-written unsafe code lives here and nowhere else in the workspace:
//! behind `error::{entry, handle, view, Out}` and `text::{slice, read}`, which say what they rely on.
#![allow(unsafe_code, reason = "the border to C")]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]
#![allow(non_camel_case_types, reason = "the names are those of the header")]
#![allow(clippy::missing_safety_doc, reason = "one page of conventions holds for all")]

pub mod answer;
pub mod body;
pub mod cached;
pub mod claim;
pub mod clock;
pub mod credentials;
pub mod delegate;
pub mod diagnose;
pub mod error;
mod json;
pub mod options;
mod outcome;
pub mod policy;
pub mod presigned;
pub mod profile;
pub mod question;
pub mod redact;
pub mod request;
#[cfg(feature = "blocking")]
pub mod resolve;
pub mod sign;
pub mod source;
pub mod status;
pub mod step;
pub mod task;
pub mod text;
pub mod verified;
