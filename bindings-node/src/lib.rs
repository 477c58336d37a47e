//! The native half of the npm package `awsaccess`; the face is `index.d.ts`, and JavaScript under `lib/` wears it.
//!
//! A call takes one string of all its texts and gives one string back, since each value that crosses the border
//! costs more than the work behind it ([`piece`]). Faults come back as strings too, and are thrown in JavaScript
//! ([`fault`]). Whatever panics is answered with a fixed message. State lives in private fields on the other
//! side; what cannot be text (a verified request, a task, a redactor) goes there as an opaque external.
#![allow(unsafe_code, reason = "the napi macros write the C entry points; no line of ours is unsafe")]
#![allow(clippy::needless_pass_by_value, reason = "a string that comes from JavaScript is a copy of our own")]
#![cfg_attr(
    test,
    allow(dead_code, reason = "the macros leave the entry points out of a test, which has no Node")
)]

mod cached;
mod delegate;
mod diagnose;
mod fault;
mod lock;
mod option;
mod outcome;
mod piece;
mod presigned;
mod profile;
mod redact;
mod sign;
mod sigv4;
mod source;
mod step;
mod task;
