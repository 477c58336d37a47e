//! Hosts for [`awsaccess`]: its tasks ask, these answer.
//!
//! `blocking` (on by default) answers with files, sockets and processes of this machine, one after the other.
#![forbid(unsafe_code)]

#[cfg(feature = "blocking")]
pub mod blocking;
