//! `start`: the chain of sources as a task, and what the caller says about it.

use awsaccess::chain::{self, Options, Order, Source};
use awsaccess::env::Env;
use awsaccess::provider::Shell;
use awsaccess::provider::imds::{EndpointMode, Overrides};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::credentials::Credentials;
use crate::error::{guard, input, wrong_type};
use crate::outcome::Outcome;
use crate::source::{Cognito, FederationToken, RolesAnywhere, Saml, SessionToken, WebIdentity, read_role};
use crate::step::Step;
use crate::value::{bytes, number, text, time};

/// Starts to look for credentials as AWS's SDKs do, and stands at the first question.
///
/// `env` is a mapping of environment variables; nothing else is read. What is given here outranks it. `seed` is
/// 32 fresh random bytes; `None` takes them from `os.urandom`. `options` are those of `awsaccess.Options`.
#[pyfunction]
#[pyo3(signature = (env, now=None, profile=None, region=None, home=None, seed=None, **options))]
#[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
pub(crate) fn start(
    py: Python<'_>,
    env: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    profile: Option<String>,
    region: Option<String>,
    home: Option<String>,
    seed: Option<&Bound<'_, PyAny>>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Step> {
    guard(|| {
        let mut options = read_options(options)?;
        if let Some(profile) = profile {
            options = options.profile(profile);
        }
        if let Some(region) = region {
            options = options.region(region);
        }
        if let Some(home) = home {
            options = options.home(home);
        }
        let step = chain::resolve(&options, &read_env(env)?, time(now)?, read_seed(py, seed)?);
        Step::new(py, step.map(Outcome::Credentials))
    })
}

/// The options by their names. One that is misspelt must not be passed over.
pub(crate) fn read_options(given: Option<&Bound<'_, PyDict>>) -> PyResult<Options> {
    let (mut options, mut imds) = (Options::new(), Overrides::default());
    for (name, value) in given.into_iter().flatten() {
        let name: String = name.extract()?;
        if value.is_none() {
            continue;
        }
        options = match name.as_str() {
            "profile" => options.profile(text(&value, "profile")?),
            "region" => options.region(text(&value, "region")?),
            "home" => options.home(text(&value, "home")?),
            "config_file" => options.config_file(text(&value, "config_file")?),
            "credentials_file" => options.credentials_file(text(&value, "credentials_file")?),
            "credentials" => options.credentials(of::<Credentials>(&value, &name)?.0.clone()),
            "web_identity" => options.web_identity(of::<WebIdentity>(&value, &name)?.0.clone()),
            "saml" => options.saml(of::<Saml>(&value, &name)?.0.clone()),
            "cognito" => options.cognito(of::<Cognito>(&value, &name)?.0.clone()),
            "roles_anywhere" => options.roles_anywhere(of::<RolesAnywhere>(&value, &name)?.0.clone()),
            "session_token" => options.session_token(of::<SessionToken>(&value, &name)?.0.clone()),
            "federation_token" => options.federation_token(of::<FederationToken>(&value, &name)?.0.clone()),
            "order" => options.order(read_order(&value)?),
            "assume" => {
                let roles: Vec<Bound<'_, PyAny>> = list(&value, "assume", "roles")?;
                roles
                    .iter()
                    .try_fold(options, |options, role| Ok::<_, PyErr>(options.assume(read_role(role)?)))?
            }
            "sts_endpoint" => options.sts_endpoint(text(&value, "sts_endpoint")?),
            "imds_endpoint" => {
                imds.endpoint = Some(text(&value, "imds_endpoint")?.to_owned());
                options
            }
            "imds_mode" => {
                imds.mode = Some(match text(&value, "imds_mode")? {
                    "ipv4" => EndpointMode::Ipv4,
                    "ipv6" => EndpointMode::Ipv6,
                    _ => return Err(input("imds_mode must be 'ipv4' or 'ipv6'")),
                });
                options
            }
            "imds_role_name" => {
                imds.role_name = Some(text(&value, "imds_role_name")?.to_owned());
                options
            }
            "imds_allow_v1" => {
                imds.allow_v1 = value.extract()?;
                options
            }
            "imds_extended" => {
                imds.extended = value.extract()?;
                options
            }
            "shell" => options.shell(if value.extract()? { Shell::default() } else { Shell::Never }),
            "shared_cache" => options.shared_cache(value.extract()?),
            "clock_offset" => {
                let seconds = number(&value).ok_or_else(|| wrong_type("clock_offset", "seconds", &value))?;
                options.clock_offset((seconds * 1000.0) as i64)
            }
            _ => return Err(PyTypeError::new_err(format!("there is no option '{}'", name.escape_debug()))),
        };
    }
    Ok(options.imds(imds))
}

/// An option that is an object of one class.
fn of<'a, T: pyo3::PyClass<Frozen = pyo3::pyclass::boolean_struct::True> + Sync>(
    value: &'a Bound<'_, PyAny>,
    name: &str,
) -> PyResult<&'a T> {
    let object = value.cast::<T>().map_err(|_| wrong_type(name, T::NAME, value))?;
    Ok(object.get())
}

/// A sequence, and not a text, which is one of letters.
fn list<'py, T>(value: &Bound<'py, PyAny>, name: &str, what: &str) -> PyResult<Vec<T>>
where
    T: for<'a> FromPyObject<'a, 'py>,
{
    let wrong = || wrong_type(name, &format!("a list of {what}"), value);
    if value.is_instance_of::<PyString>() {
        return Err(wrong());
    }
    value.try_iter().map_err(|_| wrong())?.map(|item| item?.extract().map_err(|_| wrong())).collect()
}

fn read_order(value: &Bound<'_, PyAny>) -> PyResult<Order> {
    let names: Vec<String> = list(value, "order", "sources")?;
    let sources = names
        .iter()
        .map(|name| name.parse::<Source>().map_err(|unknown| input(&format!("order: {unknown}"))));
    Ok(Order::new(sources.collect::<PyResult<Vec<_>>>()?))
}

/// 32 bytes; the system's where none are given.
pub(crate) fn read_seed(py: Python<'_>, seed: Option<&Bound<'_, PyAny>>) -> PyResult<[u8; 32]> {
    let fresh;
    let seed = match seed {
        Some(seed) => seed,
        None => {
            fresh = py.import("os")?.getattr("urandom")?.call1((32,))?;
            &fresh
        }
    };
    <[u8; 32]>::try_from(&*bytes(seed, "seed")?).map_err(|_| input("seed must be 32 random bytes"))
}

/// A snapshot of the variables. One of AWS's that is no text is an error; another such one is left out.
pub(crate) fn read_env(env: &Bound<'_, PyAny>) -> PyResult<Env> {
    let items = env.call_method0("items").map_err(|_| wrong_type("env", "a mapping of text to text", env))?;
    let mut snapshot = Env::new();
    for item in items.try_iter()? {
        let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
        if !name.is_instance_of::<PyString>() {
            return Err(wrong_type("the name of a variable", "str", &name));
        }
        let Ok(name) = text(&name, "the name of a variable") else { continue };
        if !value.is_instance_of::<PyString>() {
            return Err(wrong_type(&format!("the variable {}", name.escape_debug()), "str", &value));
        }
        match text(&value, name) {
            Ok(value) => snapshot.set(name, value),
            Err(_) if name.starts_with("AWS_") => {
                return Err(input(&format!("{name} holds bytes that are no text; set it anew")));
            }
            Err(_) => {}
        }
    }
    Ok(snapshot)
}
