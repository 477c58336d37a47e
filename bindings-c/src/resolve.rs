//! Resolution in one call: the library asks files, network and programs itself.

use awsaccess_drivers::blocking;

use crate::credentials::awsaccess_credentials;
use crate::error::{Out, awsaccess_error, entry};
use crate::options::{awsaccess_options, options as read_options};
use crate::status::awsaccess_status;

/// Finds credentials as AWS's SDKs do, with the environment, files, network and clock of this process. It blocks, and
/// asks no person: a profile that wants a one-time code fails, and `awsaccess_step_start` is the way for it. `options`
/// may be NULL. Do not change the environment while it runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_resolve(
    options: *const awsaccess_options,
    credentials: *mut *mut awsaccess_credentials,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(credentials)?;
            out.put(blocking::resolve(&read_options(options)?)?.into())
        })
    }
}
