//! The other tasks of the chain: each is a step, and ends in JSON (`awsaccess_step_json`).

use std::ffi::c_char;

use awsaccess::cache;
use awsaccess::chain::{self, Options, Sso};
use awsaccess::env::Env;
use awsaccess::signin::{self, Login, SsoLogin, SsoProfile};
use awsaccess::step::Step;
use awsaccess::time::Time;

use crate::clock::now as clock;
use crate::error::{Failure, Out, awsaccess_error, entry};
use crate::options::{awsaccess_options, environment, options as read_options};
use crate::outcome::Outcome;
use crate::policy::names;
use crate::request::{awsaccess_switch, switch};
use crate::status::awsaccess_status;
use crate::step::{awsaccess_step, seed as read_seed};
use crate::text::{Versioned, awsaccess_text, read};

/// What every task is begun with.
struct Begin {
    options: Options,
    env: Env,
    now: Time,
    seed: [u8; 32],
}

/// # Safety
/// The pointers are what the conventions of the header ask for.
unsafe fn begin(
    options: *const awsaccess_options,
    environ: *const *const c_char,
    now: i64,
    seed: *const u8,
    step: *mut *mut awsaccess_step,
    error: *mut *mut awsaccess_error,
    task: impl FnOnce(Begin) -> Result<Step<Outcome>, Failure>,
) -> awsaccess_status {
    // SAFETY: passed on.
    unsafe {
        entry(error, || {
            let out = Out::new(step)?;
            let (options, seed) = (read_options(options)?, read_seed(seed)?);
            let begin = Begin { options, env: environment(environ)?, now: clock(now)?, seed };
            out.put(awsaccess_step::new(task(begin)?))
        })
    }
}

/// Finds credentials as `awsaccess_step_start` does, then asks STS whose they are. Ends in JSON: `{"account", "arn",
/// "user_id", "credentials": {"access_key_id", ...}}`; `awsaccess_step_result` gives the credentials.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_caller_identity_start(
    options: *const awsaccess_options,
    environ: *const *const c_char,
    now: i64,
    seed: *const u8,
    step: *mut *mut awsaccess_step,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        begin(options, environ, now, seed, step, error, |with| {
            Ok(chain::caller_identity(&with.options, &with.env, with.now, with.seed)
                .map(|(identity, resolved)| Outcome::Identity(identity, resolved)))
        })
    }
}

/// Finds the region: in code, in the environment, in the profile and its sources, at the instance. Ends in JSON: a text,
/// or `null` if nothing says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_region_start(
    options: *const awsaccess_options,
    environ: *const *const c_char,
    now: i64,
    seed: *const u8,
    step: *mut *mut awsaccess_step,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        begin(options, environ, now, seed, step, error, |with| {
            Ok(chain::region(&with.options, &with.env, with.now, with.seed).map(Outcome::Region))
        })
    }
}

/// Finds the bearer token of a service that takes one in place of a signature; `service` is the name that it signs as.
/// Ends in JSON: `{"token", "source", "expires_at"}`. **It holds the token.**
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_bearer_token_start(
    service: awsaccess_text,
    options: *const awsaccess_options,
    environ: *const *const c_char,
    now: i64,
    seed: *const u8,
    step: *mut *mut awsaccess_step,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        begin(options, environ, now, seed, step, error, |with| {
            let service = service.required("service")?;
            let step = chain::bearer_token(&with.options, service, &with.env, with.now, with.seed);
            Ok(step.map(Outcome::Token))
        })
    }
}

/// Plans the selected profile from the files that the caller reads; no request is made. Ends in JSON, as of
/// `awsaccess_plan`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_plan_start(
    options: *const awsaccess_options,
    environ: *const *const c_char,
    now: i64,
    step: *mut *mut awsaccess_step,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        begin(options, environ, now, std::ptr::null(), step, error, |with| {
            Ok(chain::outline(&with.options, &with.env, with.now).map(Outcome::Plan))
        })
    }
}

/// Lists the files of the caches that the AWS CLI and SDKs share. `home` none: as the environment says. Ends in JSON:
/// `[{"path", "kind", "expires_at", "about"}]`; `kind` is `role`, `sso-credentials`, `sso-token`, `sso-registration`,
/// `login` or `unknown`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_cache_list_start(
    home: awsaccess_text,
    environ: *const *const c_char,
    now: i64,
    step: *mut *mut awsaccess_step,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        begin(std::ptr::null(), environ, now, std::ptr::null(), step, error, |with| {
            Ok(cache::list(&with.env, home.optional("home")?, with.now).map(Outcome::Stored))
        })
    }
}

/// Removes files of those caches: those at `paths`, or all of them for NULL. Ends in JSON: `{"removed": [...], "kept":
/// [{"file", "reason"}]}`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_cache_clear_start(
    paths: *const awsaccess_text,
    count: usize,
    home: awsaccess_text,
    environ: *const *const c_char,
    now: i64,
    step: *mut *mut awsaccess_step,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        begin(std::ptr::null(), environ, now, std::ptr::null(), step, error, |with| {
            let paths = if paths.is_null() { None } else { Some(names(paths, count)?) };
            let which =
                move |file: &cache::Stored| paths.as_ref().is_none_or(|paths| paths.contains(&file.path));
            Ok(cache::clear(&with.env, home.optional("home")?, with.now, which).map(Outcome::Cleared))
        })
    }
}

/// A portal of IAM Identity Center, and how a person signs in to it. All zero, or NULL, is the portal of the profile.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct awsaccess_sso {
    /// `sizeof(awsaccess_sso)`.
    pub struct_size: usize,
    /// The name of a `[sso-session]`.
    pub session: awsaccess_text,
    /// The portal by its address, with `region`; for one that no file names yet.
    pub start_url: awsaccess_text,
    /// The region of that portal.
    pub region: awsaccess_text,
    /// The scopes to ask for, in place of the session's own.
    pub scopes: *const awsaccess_text,
    /// How many.
    pub scope_count: usize,
    /// What the client is called on the page where the person allows it.
    pub client_name: awsaccess_text,
    /// Whether a code is shown that is typed in elsewhere, in place of opening a browser here. By default, no.
    pub device_code: awsaccess_switch,
}

// SAFETY: repr(C), the size first, and zero is a value of every member.
unsafe impl Versioned for awsaccess_sso {}

/// # Safety
/// `sso` is NULL or one whose pointers are good.
unsafe fn sso_request(options: Options, sso: *const awsaccess_sso) -> Result<SsoLogin, Failure> {
    let mut request = SsoLogin::new(options);
    if sso.is_null() {
        return Ok(request);
    }
    // SAFETY: passed on.
    unsafe {
        let given = read(sso, "sso")?;
        let session = given.session.optional("session")?;
        match (given.start_url.optional("start_url")?, given.region.optional("region")?) {
            (Some(url), Some(region)) => {
                request = request.portal(Sso::new(session.map(str::to_owned), region, url));
            }
            (None, None) => {
                if let Some(session) = session {
                    request = request.session(session);
                }
            }
            _ => return Err(Failure::input("give start_url with region, or none of them")),
        }
        let scopes = names(given.scopes, given.scope_count)?;
        if !scopes.is_empty() {
            request = request.scopes(scopes);
        }
        if let Some(name) = given.client_name.optional("client_name")? {
            request = request.client_name(name);
        }
        Ok(request.device_code(switch(given.device_code, "device_code")?.unwrap_or(false)))
    }
}

/// Signs a person in to IAM Identity Center, as `aws sso login` does. `sso` may be NULL. Ends in JSON: `{"session",
/// "start_url", "region", "expires_at", "token_file"}`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_sso_login_start(
    sso: *const awsaccess_sso,
    options: *const awsaccess_options,
    environ: *const *const c_char,
    now: i64,
    seed: *const u8,
    step: *mut *mut awsaccess_step,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        begin(options, environ, now, seed, step, error, |with| {
            let request = sso_request(with.options, sso)?;
            Ok(signin::sso_login(&request, &with.env, with.now, with.seed).map(Outcome::SignedIn))
        })
    }
}

/// Lists the accounts that the person who is signed in may enter, as JSON: `[{"id", "name", "email"}]`; with
/// `account_id`, the names of the roles in that account. `sso` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_sso_accounts_start(
    sso: *const awsaccess_sso,
    account_id: awsaccess_text,
    options: *const awsaccess_options,
    environ: *const *const c_char,
    now: i64,
    seed: *const u8,
    step: *mut *mut awsaccess_step,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        begin(options, environ, now, seed, step, error, |with| {
            let request = sso_request(with.options, sso)?;
            Ok(match account_id.optional("account_id")? {
                None => signin::accounts(&request, &with.env, with.now, with.seed).map(Outcome::Accounts),
                Some(account) => signin::account_roles(&request, account, &with.env, with.now, with.seed)
                    .map(Outcome::Roles),
            })
        })
    }
}

/// Writes a profile of IAM Identity Center into the config file, and its `[sso-session]` if `sso` names one, as `aws
/// configure sso` does. `account_id` and `role_name` go together. Ends in JSON: `{"path"}`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_configure_sso_start(
    profile: awsaccess_text,
    sso: *const awsaccess_sso,
    account_id: awsaccess_text,
    role_name: awsaccess_text,
    options: *const awsaccess_options,
    environ: *const *const c_char,
    now: i64,
    step: *mut *mut awsaccess_step,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        begin(options, environ, now, std::ptr::null(), step, error, |with| {
            let given = read(sso, "sso")?;
            let session = given.session.optional("session")?.map(str::to_owned);
            let (region, url) = (given.region.required("region")?, given.start_url.required("start_url")?);
            let mut portal = Sso::new(session, region, url);
            portal.role = match (account_id.optional("account_id")?, role_name.optional("role_name")?) {
                (None, None) => None,
                (Some(account), Some(role)) => Some((account.to_owned(), role.to_owned())),
                _ => return Err(Failure::input("give account_id with role_name, or none of them")),
            };
            let profile = SsoProfile::new(profile.required("profile")?, portal);
            let step = signin::configure_sso(&profile, &with.options, &with.env, with.now, with.seed);
            Ok(step.map(Outcome::Written))
        })
    }
}

/// Signs a person in as `aws login` does; `remote`: the browser is on another device, and the person pastes the code that
/// it shows. Ends in JSON: `{"profile", "session", "account_id", "expires_at"}`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_login_start(
    remote: bool,
    options: *const awsaccess_options,
    environ: *const *const c_char,
    now: i64,
    seed: *const u8,
    step: *mut *mut awsaccess_step,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        begin(options, environ, now, seed, step, error, |with| {
            let request = Login::new(with.options).remote(remote);
            Ok(signin::login(&request, &with.env, with.now, with.seed).map(Outcome::LoggedIn))
        })
    }
}

/// Signs out: `sso` ends every session of IAM Identity Center, else the profile's session of `aws login` is ended. Ends in
/// JSON: `{"removed": [...]}`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_logout_start(
    sso: bool,
    options: *const awsaccess_options,
    environ: *const *const c_char,
    now: i64,
    seed: *const u8,
    step: *mut *mut awsaccess_step,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        begin(options, environ, now, seed, step, error, |with| {
            let Begin { options, env, now, seed } = with;
            let step = match sso {
                true => signin::sso_logout(&options, &env, now, seed),
                false => signin::logout(&options, &env, now, seed),
            };
            Ok(step.map(Outcome::LoggedOut))
        })
    }
}
