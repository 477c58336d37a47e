//! `start`: the chain of sources as a task, and what the caller says about it.

use awsaccess::chain::{self, Options, Order, Source};
use awsaccess::env::Env;
use awsaccess::provider::RoleHop;
use awsaccess::secret::Secret;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::credentials::Credentials;
use crate::error::{guard, input, wrong_type};
use crate::step::Step;
use crate::value::{bytes, duration, text, time};

/// A role to assume, and what is said with it.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Role(RoleHop);

#[pymethods]
impl Role {
    /// `duration` is seconds or a timedelta, 15 minutes to 12 hours, and never sent unless given.
    #[new]
    #[pyo3(signature = (role_arn, *, external_id=None, session_name=None, duration=None, mfa_serial=None,
        region=None, source_identity=None, policy=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
    fn new(
        role_arn: String,
        external_id: Option<&Bound<'_, PyAny>>,
        session_name: Option<String>,
        duration: Option<&Bound<'_, PyAny>>,
        mfa_serial: Option<String>,
        region: Option<String>,
        source_identity: Option<String>,
        policy: Option<String>,
    ) -> PyResult<Self> {
        guard(|| {
            let mut hop = RoleHop::new(role_arn);
            hop.external_id = external_id.map(|id| text(id, "external_id").map(Secret::new)).transpose()?;
            hop.session_name = session_name;
            hop.duration = duration.map(|time| self::duration(time, "duration")).transpose()?;
            hop.mfa_serial = mfa_serial;
            hop.region = region;
            hop.source_identity = source_identity;
            hop.policy = policy;
            Ok(Self(hop))
        })
    }

    /// The role.
    #[getter]
    fn role_arn(&self) -> &str {
        &self.0.role_arn
    }

    fn __repr__(&self) -> String {
        format!("Role('{}')", self.0.role_arn.escape_debug())
    }
}

/// Starts to look for credentials as AWS's SDKs do, and stands at the first question.
///
/// `env` is a mapping of environment variables; nothing else is read. What is given here outranks it. `seed` is
/// 32 fresh random bytes; `None` takes them from `os.urandom`. `order` is a list of `code`, `environment`,
/// `profile`, `web-identity`, `container` and `imds`; `assume` is a list of roles (`Role`, or their ARNs) to assume one after the
/// other with what was found.
#[pyfunction]
#[pyo3(signature = (env, now=None, profile=None, region=None, home=None, seed=None, *, credentials=None, order=None,
    assume=None, sts_endpoint=None, imds_endpoint=None))]
#[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
pub(crate) fn start(
    py: Python<'_>,
    env: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    profile: Option<String>,
    region: Option<String>,
    home: Option<String>,
    seed: Option<&Bound<'_, PyAny>>,
    credentials: Option<&Bound<'_, Credentials>>,
    order: Option<Vec<String>>,
    assume: Option<Vec<Bound<'_, PyAny>>>,
    sts_endpoint: Option<String>,
    imds_endpoint: Option<String>,
) -> PyResult<Step> {
    guard(|| {
        let mut options = Options::new();
        if let Some(profile) = profile {
            options = options.profile(profile);
        }
        if let Some(region) = region {
            options = options.region(region);
        }
        if let Some(home) = home {
            options = options.home(home);
        }
        if let Some(credentials) = credentials {
            options = options.credentials(credentials.get().0.clone());
        }
        if let Some(names) = order {
            options = options.order(read_order(&names)?);
        }
        for role in assume.unwrap_or_default() {
            options = options.assume(read_role(&role)?);
        }
        if let Some(url) = sts_endpoint {
            options = options.sts_endpoint(url);
        }
        if let Some(url) = imds_endpoint {
            options = options.imds_endpoint(url);
        }
        let step = chain::resolve(&options, &read_env(env)?, time(now)?, read_seed(py, seed)?);
        Step::new(py, step)
    })
}

fn read_order(names: &[String]) -> PyResult<Order> {
    use Source::{Code, Container, Environment, Imds, Profile, WebIdentity};
    let known = [Code, Environment, Profile, WebIdentity, Container, Imds];
    let sources = names.iter().map(|name| {
        let found = known.into_iter().find(|source| source.name() == name);
        found.ok_or_else(|| {
            input("order is a list of code, environment, profile, web-identity, container, imds")
        })
    });
    Ok(Order::new(sources.collect::<PyResult<Vec<_>>>()?))
}

fn read_role(role: &Bound<'_, PyAny>) -> PyResult<RoleHop> {
    if let Ok(role) = role.cast::<Role>() {
        return Ok(role.get().0.clone());
    }
    if role.is_instance_of::<PyString>() {
        return text(role, "a role").map(RoleHop::new);
    }
    Err(wrong_type("a role to assume", "Role or an ARN", role))
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
