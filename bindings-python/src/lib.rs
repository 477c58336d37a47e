//! The native half of the Python package `awsaccess`: types and functions over the core, and nothing else.
//!
//! The package in `python/awsaccess` re-exports what is here, defines the exceptions, and drives the steps with
//! Python's own standard library. No function here opens a file, a socket or a process; the clock is read where
//! a caller passes `now=None`.

mod claim;
mod credentials;
mod error;
mod header;
mod policy;
mod sign;
mod value;

use pyo3::prelude::*;

/// What `awsaccess` re-exports.
#[pymodule(gil_used = false)]
mod _awsaccess {
    use super::{Bound, PyModule, PyModuleMethods, PyResult, error};

    #[pymodule_export]
    use super::claim::{BodyResigner, Claim, Resigned, Verified, claim, verify};
    #[pymodule_export]
    use super::credentials::Credentials;
    #[pymodule_export]
    use super::policy::Policy;
    #[pymodule_export]
    use super::sign::{Explanation, explain, presign, sign};

    #[cfg(debug_assertions)]
    #[pymodule_export]
    use super::error::_panic;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("_ERROR_KINDS", error::table())?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
