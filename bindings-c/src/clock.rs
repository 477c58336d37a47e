//! Time as C has it.

use std::time::SystemTime;

use awsaccess::time::Time;

use crate::error::Failure;

/// As the time of a call: the system's clock.
pub const AWSACCESS_NOW: i64 = -1;

/// The year 5138: beyond it, somebody counts milliseconds.
const LATEST: i64 = 100_000_000_000;

/// An instant in seconds since 1970.
pub(crate) fn time(seconds: i64) -> Result<Time, Failure> {
    match seconds {
        0..=LATEST => Ok(Time::from_unix(seconds)),
        _ => Err(Failure::input("a time is in seconds since 1970, neither before nor in milliseconds")),
    }
}

/// The time of a call.
pub(crate) fn now(seconds: i64) -> Result<Time, Failure> {
    match seconds {
        AWSACCESS_NOW => Ok(Time::from(SystemTime::now())),
        _ => time(seconds),
    }
}
