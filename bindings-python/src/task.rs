//! The other tasks of the chain: who one is, which region, what a plan says, what is cached, signing in and out.

use awsaccess::cache;
use awsaccess::chain::{self, Sso};
use awsaccess::signin::{self, Login, SsoLogin, SsoProfile};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::chain::{read_env, read_options, read_seed};
use crate::error::{guard, input};
use crate::outcome::Outcome;
use crate::step::Step;
use crate::value::time;

/// Finds credentials as `start` does, then asks STS whose they are: ends in a `CallerIdentity`.
#[pyfunction]
#[pyo3(signature = (env, now=None, *, seed=None, **options))]
pub(crate) fn start_caller_identity(
    py: Python<'_>,
    env: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    seed: Option<&Bound<'_, PyAny>>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Step> {
    guard(|| {
        let step = chain::caller_identity(
            &read_options(options)?,
            &read_env(env)?,
            time(now)?,
            read_seed(py, seed)?,
        );
        Step::new(py, step.map(|(identity, resolved)| Outcome::Identity(identity, resolved)))
    })
}

/// Finds the region: in code, in the environment, in the profile and its sources, at the instance. Ends in `None` if
/// nothing says.
#[pyfunction]
#[pyo3(signature = (env, now=None, *, seed=None, **options))]
pub(crate) fn start_region(
    py: Python<'_>,
    env: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    seed: Option<&Bound<'_, PyAny>>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Step> {
    guard(|| {
        let step = chain::region(&read_options(options)?, &read_env(env)?, time(now)?, read_seed(py, seed)?);
        Step::new(py, step.map(Outcome::Region))
    })
}

/// Finds the bearer token of a service that takes one in place of a signature; `service` is the name that it signs as.
#[pyfunction]
#[pyo3(signature = (service, env, now=None, *, seed=None, **options))]
pub(crate) fn start_bearer_token(
    py: Python<'_>,
    service: &str,
    env: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    seed: Option<&Bound<'_, PyAny>>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Step> {
    guard(|| {
        let (options, env) = (read_options(options)?, read_env(env)?);
        let step = chain::bearer_token(&options, service, &env, time(now)?, read_seed(py, seed)?);
        Step::new(py, step.map(Outcome::Token))
    })
}

/// Plans the selected profile from the files that the host reads; no request is made. Ends in a `Plan`.
#[pyfunction]
#[pyo3(signature = (env, now=None, **options))]
pub(crate) fn start_plan(
    py: Python<'_>,
    env: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Step> {
    guard(|| {
        let step = chain::outline(&read_options(options)?, &read_env(env)?, time(now)?);
        Step::new(py, step.map(Outcome::Plan))
    })
}

/// Lists the files of the caches that the AWS CLI and SDKs share. Ends in a list of `StoredFile`.
#[pyfunction]
#[pyo3(signature = (env, now=None, *, home=None))]
pub(crate) fn start_cache_list(
    py: Python<'_>,
    env: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    home: Option<&str>,
) -> PyResult<Step> {
    guard(|| {
        let step = cache::list(&read_env(env)?, home, time(now)?);
        Step::new(py, step.map(Outcome::Stored))
    })
}

/// Removes files of those caches: those at `paths`, which `start_cache_list` told, or all of them for `None`. Ends in a
/// `Cleared`.
#[pyfunction]
#[pyo3(signature = (env, now=None, paths=None, *, home=None))]
pub(crate) fn start_cache_clear(
    py: Python<'_>,
    env: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    paths: Option<Vec<String>>,
    home: Option<&str>,
) -> PyResult<Step> {
    guard(|| {
        let which = move |file: &cache::Stored| paths.as_ref().is_none_or(|paths| paths.contains(&file.path));
        let step = cache::clear(&read_env(env)?, home, time(now)?, which);
        Step::new(py, step.map(Outcome::Cleared))
    })
}

/// The portal by its start URL and region; neither for the one that the profile or the session names.
fn portal(
    session: Option<&str>,
    start_url: Option<String>,
    sso_region: Option<String>,
) -> PyResult<Option<Sso>> {
    match (start_url, sso_region) {
        (None, None) => Ok(None),
        (Some(url), Some(region)) => Ok(Some(Sso::new(session.map(str::to_owned), region, url))),
        _ => Err(input("give start_url with sso_region, or none of them")),
    }
}

/// What a sign-in to IAM Identity Center is asked for.
fn sso_request(
    session: Option<String>,
    start_url: Option<String>,
    sso_region: Option<String>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<SsoLogin> {
    let mut request = SsoLogin::new(read_options(options)?);
    if let Some(portal) = portal(session.as_deref(), start_url, sso_region)? {
        request = request.portal(portal);
    } else if let Some(session) = session {
        request = request.session(session);
    }
    Ok(request)
}

/// Signs a person in to IAM Identity Center, as `aws sso login` does: with a browser on this machine (`Listen`), or with
/// a code that is typed in elsewhere (`Prompt`). Ends in a `SignedIn`.
///
/// The portal is that of the profile, of the `[sso-session]` named `session`, or `start_url` in `sso_region`.
#[pyfunction]
#[pyo3(signature = (env, now=None, *, seed=None, session=None, start_url=None, sso_region=None, scopes=Vec::new(),
    device_code=false, client_name=None, **options))]
#[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
pub(crate) fn start_sso_login(
    py: Python<'_>,
    env: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    seed: Option<&Bound<'_, PyAny>>,
    session: Option<String>,
    start_url: Option<String>,
    sso_region: Option<String>,
    scopes: Vec<String>,
    device_code: bool,
    client_name: Option<String>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Step> {
    guard(|| {
        let mut request = sso_request(session, start_url, sso_region, options)?.device_code(device_code);
        if !scopes.is_empty() {
            request = request.scopes(scopes);
        }
        if let Some(name) = client_name {
            request = request.client_name(name);
        }
        let step = signin::sso_login(&request, &read_env(env)?, time(now)?, read_seed(py, seed)?);
        Step::new(py, step.map(Outcome::SignedIn))
    })
}

/// Lists the accounts that the person who is signed in may enter, as a list of `Account`; with `account_id`, the names
/// of the roles in that account.
#[pyfunction]
#[pyo3(signature = (env, now=None, *, account_id=None, seed=None, session=None, start_url=None, sso_region=None,
    **options))]
#[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
pub(crate) fn start_sso_accounts(
    py: Python<'_>,
    env: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    account_id: Option<&str>,
    seed: Option<&Bound<'_, PyAny>>,
    session: Option<String>,
    start_url: Option<String>,
    sso_region: Option<String>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Step> {
    guard(|| {
        let request = sso_request(session, start_url, sso_region, options)?;
        let (env, now, seed) = (read_env(env)?, time(now)?, read_seed(py, seed)?);
        let step = match account_id {
            None => signin::accounts(&request, &env, now, seed).map(Outcome::Accounts),
            Some(account) => signin::account_roles(&request, account, &env, now, seed).map(Outcome::Roles),
        };
        Step::new(py, step)
    })
}

/// Writes a profile of IAM Identity Center into the config file, and its `[sso-session]` if it has one, as `aws
/// configure sso` does. Ends in the path of the file.
#[pyfunction]
#[pyo3(signature = (name, env, now=None, *, start_url, sso_region, session=None, account_id=None, role_name=None,
    output=None, profile_region=None, **options))]
#[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
pub(crate) fn start_configure_sso(
    py: Python<'_>,
    name: &str,
    env: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    start_url: String,
    sso_region: String,
    session: Option<String>,
    account_id: Option<String>,
    role_name: Option<String>,
    output: Option<String>,
    profile_region: Option<String>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Step> {
    guard(|| {
        let mut sso = Sso::new(session, sso_region, start_url);
        sso.role = match (account_id, role_name) {
            (None, None) => None,
            (Some(account), Some(role)) => Some((account, role)),
            _ => return Err(input("give account_id with role_name, or none of them")),
        };
        let mut profile = SsoProfile::new(name, sso);
        profile.region = profile_region;
        profile.output = output;
        let (options, env) = (read_options(options)?, read_env(env)?);
        let step = signin::configure_sso(&profile, &options, &env, time(now)?, read_seed(py, None)?);
        Step::new(py, step.map(Outcome::Written))
    })
}

/// Signs a person in as `aws login` does. Ends in a `LoggedIn`. `remote`: the browser is on another device, and the
/// person pastes the code that it shows.
#[pyfunction]
#[pyo3(signature = (env, now=None, *, remote=false, seed=None, **options))]
pub(crate) fn start_login(
    py: Python<'_>,
    env: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    remote: bool,
    seed: Option<&Bound<'_, PyAny>>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Step> {
    guard(|| {
        let request = Login::new(read_options(options)?).remote(remote);
        let step = signin::login(&request, &read_env(env)?, time(now)?, read_seed(py, seed)?);
        Step::new(py, step.map(Outcome::LoggedIn))
    })
}

/// Signs out: `sso` ends every session of IAM Identity Center, else the profile's session of `aws login` is ended. Ends
/// in a `LoggedOut`.
#[pyfunction]
#[pyo3(signature = (env, now=None, *, sso=false, seed=None, **options))]
pub(crate) fn start_logout(
    py: Python<'_>,
    env: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    sso: bool,
    seed: Option<&Bound<'_, PyAny>>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Step> {
    guard(|| {
        let (options, env) = (read_options(options)?, read_env(env)?);
        let (now, seed) = (time(now)?, read_seed(py, seed)?);
        let step = match sso {
            true => signin::sso_logout(&options, &env, now, seed),
            false => signin::logout(&options, &env, now, seed),
        };
        Step::new(py, step.map(Outcome::LoggedOut))
    })
}
