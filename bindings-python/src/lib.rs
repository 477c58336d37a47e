//! The native half of the Python package `awsaccess`: types and functions over the core, and nothing else.
//!
//! The package in `python/awsaccess` re-exports what is here, defines the exceptions, and drives the steps with
//! Python's own standard library. No function here opens a file, a socket or a process; the clock is read where
//! a caller passes `now=None`.

mod body;
mod cached;
mod chain;
mod claim;
mod console;
mod credentials;
mod decision;
mod delegate;
mod diagnose;
mod error;
mod gateway;
mod header;
mod identity;
mod once;
mod operation;
mod option;
mod outcome;
mod partition;
mod placeholder;
mod policy;
mod presign;
mod profile;
mod question;
mod record;
mod redact;
mod reply;
mod revoke;
mod rules;
mod sign;
mod source;
mod step;
mod store;
mod sts;
mod task;
mod value;

use pyo3::prelude::*;

/// What `awsaccess` re-exports.
#[pymodule(gil_used = false)]
mod _awsaccess {
    use super::{Bound, PyModule, PyModuleMethods, PyResult, error};

    #[pymodule_export]
    use super::body::BodyResigner;
    #[pymodule_export]
    use super::cached::{Cached, Decision};
    #[pymodule_export]
    use super::chain::start;
    #[pymodule_export]
    use super::claim::{Claim, Resigned, Verified, claim, verify};
    #[pymodule_export]
    use super::console::{ConsoleLink, start_console, switch_role_url};
    #[pymodule_export]
    use super::credentials::Credentials;
    #[pymodule_export]
    use super::decision::AccessDecision;
    #[pymodule_export]
    use super::delegate::Delegate;
    #[pymodule_export]
    use super::diagnose::{Diagnosis, diagnose};
    #[pymodule_export]
    use super::gateway::{AccessQuestion, Admitted, ConsoleGrant, Forward, Gateway, Proven, Throttle};
    #[pymodule_export]
    use super::identity::Identity;
    #[pymodule_export]
    use super::operation::{Operation, identify};
    #[pymodule_export]
    use super::partition::{
        Endpoint, Location, Partition, endpoint, locate, parse_endpoint, partition, partitions,
    };
    #[pymodule_export]
    use super::placeholder::{Claims, GatewayKeys, client_env, mint_placeholder, new_key, open_placeholder};
    #[pymodule_export]
    use super::policy::Policy;
    #[pymodule_export]
    use super::presign::{OfflinePresign, ProvenPresign, ResignedPresign, recognize_presign};
    #[pymodule_export]
    use super::profile::{Plan, PlanStep, Profiles, parse_profiles, plan, profile_files};
    #[pymodule_export]
    use super::question::{
        Custom, Http, ListFiles, Listen, Lock, Prompt, ReadFile, RemoveFile, Resolve, RunProcess, Sign, Wait,
        WriteFile,
    };
    #[pymodule_export]
    use super::record::{AuditChain, AuditVerifier, Record};
    #[pymodule_export]
    use super::redact::{RedactStream, Redactor, find_secret, redact};
    #[pymodule_export]
    use super::reply::{
        CustomFailure, FileFailure, HttpFailure, HttpReply, ListenFailure, ListenReply, ProcessFailure,
        ProcessReply, SignFailure,
    };
    #[pymodule_export]
    use super::revoke::Revocations;
    #[pymodule_export]
    use super::rules::{Rules, session_name_of};
    #[pymodule_export]
    use super::sign::{Explanation, explain, presign, sign};
    #[pymodule_export]
    use super::source::{
        Cognito, FederationToken, Role, RolesAnywhere, Saml, SessionToken, TokenFile, WebIdentity,
    };
    #[pymodule_export]
    use super::step::{Attempt, Step};
    #[pymodule_export]
    use super::store::Store;
    #[pymodule_export]
    use super::sts::{_session_name, _sts_read, _sts_request, StsReply};
    #[pymodule_export]
    use super::task::{
        start_bearer_token, start_cache_clear, start_cache_list, start_caller_identity, start_configure_sso,
        start_login, start_logout, start_plan, start_region, start_sso_accounts, start_sso_login,
    };

    #[cfg(debug_assertions)]
    #[pymodule_export]
    use super::error::_panic;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("_ERROR_KINDS", error::table())?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
