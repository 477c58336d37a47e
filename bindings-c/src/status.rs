//! Status codes, their names, and the version.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use awsaccess::error::ErrorKind;

/// What a call came to: `AWSACCESS_OK`, or the sort of its failure. Numbers and names never change once released;
/// a later version may add some.
pub type awsaccess_status = u32;

/// Done.
pub const AWSACCESS_OK: awsaccess_status = 0;
/// No source that was asked is configured here.
pub const AWSACCESS_NOT_CONFIGURED: awsaccess_status = 1;
/// A file cannot be read as profiles.
pub const AWSACCESS_PROFILE: awsaccess_status = 2;
/// The configuration contradicts itself, or lacks a key.
pub const AWSACCESS_CONFIG: awsaccess_status = 3;
/// The host would not answer a question that a configured source depends on.
pub const AWSACCESS_DECLINED: awsaccess_status = 4;
/// Nothing answered at that address.
pub const AWSACCESS_UNREACHABLE: awsaccess_status = 5;
/// No answer came in time.
pub const AWSACCESS_TIMEOUT: awsaccess_status = 6;
/// AWS refused: the identity may not do this, or is not accepted.
pub const AWSACCESS_DENIED: awsaccess_status = 7;
/// AWS answered with another error.
pub const AWSACCESS_SERVICE: awsaccess_status = 8;
/// A reply that cannot be read.
pub const AWSACCESS_MALFORMED: awsaccess_status = 9;
/// The credentials, or those that they come from, are past their time.
pub const AWSACCESS_EXPIRED: awsaccess_status = 10;
/// A multi-factor code is needed, and none that could be right was given.
pub const AWSACCESS_MFA: awsaccess_status = 11;
/// A bound was reached: questions in a task, bytes in a reply, roles in a chain.
pub const AWSACCESS_LIMIT: awsaccess_status = 12;
/// An argument of the call is wrong.
pub const AWSACCESS_INPUT: awsaccess_status = 13;
/// A request could not be signed.
pub const AWSACCESS_SIGN: awsaccess_status = 14;
/// A request's signature, or its body, was not accepted.
pub const AWSACCESS_VERIFY: awsaccess_status = 15;
/// A verified request could not be signed again.
pub const AWSACCESS_RESIGN: awsaccess_status = 16;
/// A handle that serves once was used before.
pub const AWSACCESS_USED: awsaccess_status = 17;
/// The answer is of another kind than the question; the step can still be answered.
pub const AWSACCESS_WRONG_ANSWER: awsaccess_status = 18;
/// A fault of this library itself.
pub const AWSACCESS_INTERNAL: awsaccess_status = 19;
/// The caller gave up the task.
pub const AWSACCESS_CANCELLED: awsaccess_status = 20;

/// The name of a status (`ok`, `not_configured`, ...), or `unknown`. Ends in a NUL and lives for ever.
#[unsafe(no_mangle)]
pub extern "C" fn awsaccess_status_name(status: awsaccess_status) -> *const c_char {
    static NAMES: OnceLock<Vec<CString>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let kinds = ErrorKind::ALL.iter().map(|kind| kind.name());
        std::iter::once("ok").chain(kinds).filter_map(|name| CString::new(name).ok()).collect()
    });
    names.get(status as usize).map_or(c"unknown".as_ptr(), |name| name.as_ptr())
}

/// The version of the library that runs, as in `AWSACCESS_VERSION`, which is that of the header.
#[unsafe(no_mangle)]
pub extern "C" fn awsaccess_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    /// The source of this file, in which each code of the table has its line.
    const SOURCE: &str = include_str!("status.rs");

    #[test]
    fn every_kind_has_its_constant_and_name() {
        for kind in ErrorKind::ALL {
            let name = kind.name().to_uppercase();
            let line = format!("pub const AWSACCESS_{name}: awsaccess_status = {};", kind.code());
            assert!(SOURCE.contains(&line), "{line}");
            let given = awsaccess_status_name(kind.code());
            // SAFETY: a name ends in a NUL and lives for ever.
            assert_eq!(unsafe { CStr::from_ptr(given) }.to_str(), Ok(kind.name()));
        }
        let constants = SOURCE.matches(": awsaccess_status = ").count() - 2; // the two in this test
        assert_eq!(constants, ErrorKind::ALL.len() + 1);
        // SAFETY: as above.
        assert_eq!(unsafe { CStr::from_ptr(awsaccess_status_name(999)) }, c"unknown");
    }
}
