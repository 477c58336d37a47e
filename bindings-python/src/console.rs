//! Links into the AWS console: the task that makes one, and the pure ones.

use std::sync::Arc;

use awsaccess::console::{self as core, Console};
use awsaccess::error::{Error, ErrorKind};
use awsaccess::sts::AssumeRole;
use pyo3::prelude::*;

use crate::chain::read_seed;
use crate::credentials::Credentials;
use crate::error::{error, guard, resolution};
use crate::outcome::Outcome;
use crate::step::Step;
use crate::value::{duration, seconds, time};

/// A way into the console: whoever opens its URL is signed in, so keep it as you keep a password.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct ConsoleLink(pub(crate) Arc<core::Link>);

#[pymethods]
impl ConsoleLink {
    /// What to open.
    #[getter]
    fn url(&self) -> &str {
        self.0.url.expose()
    }

    /// Until when it can be used, in seconds since the epoch.
    #[getter]
    fn expires_at(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        seconds(py, self.0.expires_at)
    }

    /// Until when the console stays open; `None` if only AWS knows.
    #[getter]
    fn session_ends_at(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.0.session_ends_at.map(|at| seconds(py, at)).transpose()
    }

    /// Whose session it is, where a role was assumed or a user federated.
    #[getter]
    fn arn(&self) -> Option<&str> {
        self.0.arn.as_deref()
    }

    #[expect(clippy::unused_self, reason = "a method by its nature")]
    fn __repr__(&self) -> &'static str {
        "<ConsoleLink>"
    }
}

/// Starts to make a link into the AWS console, and stands at the first question. Ends in a
/// `ConsoleLink`.
///
/// The console is that of the credentials, which must then be a role's or a federated user's; or of `role`, an ARN, which
/// is assumed first; or of `federated_user`, a name, for which long-lived keys are enough, and who may do what `policy`
/// allows. `duration` is shortened to what AWS allows: 12 hours over long-lived keys and over an EC2 instance's role, one
/// hour over other temporary credentials. `destination` is an `https` URL of the console, a path of it or a service's
/// name; `region` chooses sign-in and console of that region; `default_region`, the one that is set up, only says which
/// partition they are of, where neither `region` nor a role does.
#[pyfunction]
#[pyo3(signature = (credentials, now=None, *, role=None, session_name="awsaccess", external_id=None, federated_user=None,
    policy=None, duration=None, destination=None, issuer=None, region=None, default_region=None, endpoint=None,
    sts_endpoint=None, seed=None))]
#[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
pub(crate) fn start_console(
    py: Python<'_>,
    credentials: &Bound<'_, Credentials>,
    now: Option<&Bound<'_, PyAny>>,
    role: Option<String>,
    session_name: &str,
    external_id: Option<&str>,
    federated_user: Option<String>,
    policy: Option<String>,
    duration: Option<&Bound<'_, PyAny>>,
    destination: Option<String>,
    issuer: Option<String>,
    region: Option<String>,
    default_region: Option<String>,
    endpoint: Option<String>,
    sts_endpoint: Option<String>,
    seed: Option<&Bound<'_, PyAny>>,
) -> PyResult<Step> {
    guard(|| {
        let mut console = Console::new();
        match (role, federated_user, policy) {
            (Some(role), None, policy) => {
                let mut role = AssumeRole::new(role, session_name);
                role.external_id = external_id.map(awsaccess::secret::Secret::new);
                role.policy = policy;
                console = console.role(role);
            }
            (None, Some(name), policy) => console = console.federated_user(name, policy),
            (None, None, None) => {}
            (Some(_), Some(_), _) => {
                return Err(error(ErrorKind::Input, "give role or federated_user, not both"));
            }
            (None, None, Some(_)) => {
                return Err(error(ErrorKind::Input, "a policy goes with role or federated_user"));
            }
        }
        if let Some(lasts) = duration {
            console = console.duration(self::duration(lasts, "duration")?);
        }
        console = set(console, destination, Console::destination);
        console = set(console, issuer, Console::issuer);
        console = set(console, region, Console::region);
        console = set(console, default_region, Console::default_region);
        console = set(console, endpoint, Console::endpoint);
        console = set(console, sts_endpoint, Console::sts_endpoint);
        let step = core::sign_in(&credentials.get().0, &console, time(now)?, read_seed(py, seed)?);
        Step::new(py, step.map(|link| Outcome::Console(Arc::new(link))))
    })
}

fn set(console: Console, value: Option<String>, with: fn(Console, String) -> Console) -> Console {
    match value {
        Some(value) => with(console, value),
        None => console,
    }
}

/// A link that switches the role in a console that is signed in already. It gives no access by itself.
///
/// Raises `InputError` if a part is not what it must be.
#[pyfunction]
#[pyo3(signature = (role_arn, *, display_name=None, color=None, destination=None, region=None))]
pub(crate) fn switch_role_url(
    role_arn: &str,
    display_name: Option<String>,
    color: Option<String>,
    destination: Option<String>,
    region: Option<&str>,
) -> PyResult<String> {
    guard(|| {
        let made = || -> Result<String, Error> {
            let mut role = core::SwitchRole::of(role_arn)?;
            if let Some(name) = display_name {
                role = role.display_name(name);
            }
            if let Some(color) = color {
                role = role.color(color);
            }
            if let Some(destination) = destination {
                role = role.destination(destination);
            }
            role.url(region)
        };
        made().map_err(|error| resolution(&error))
    })
}
