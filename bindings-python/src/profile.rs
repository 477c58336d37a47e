//! `parse_profiles` and `plan`: the shared files read and understood, without touching one.

use awsaccess::chain::{self, Base};
use awsaccess::profile::{File, Files, Platform, Profiles as Core, Section, Selected};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::chain::read_env;
use crate::error::{error, guard, input, profile, wrong_type};
use crate::value::{bytes, text};

/// Everything that the config and the credentials file say, merged.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Profiles(Core);

/// Reads the two files, bytes or text; one that does not exist is `None`. Raises `ProfileError` with the line.
#[pyfunction]
#[pyo3(signature = (config=None, credentials=None))]
pub(crate) fn parse_profiles(
    config: Option<&Bound<'_, PyAny>>,
    credentials: Option<&Bound<'_, PyAny>>,
) -> PyResult<Profiles> {
    guard(|| parse(config, credentials).map(Profiles))
}

fn parse(config: Option<&Bound<'_, PyAny>>, credentials: Option<&Bound<'_, PyAny>>) -> PyResult<Core> {
    let config = config.map(|file| contents(file, "config")).transpose()?;
    let credentials = credentials.map(|file| contents(file, "credentials")).transpose()?;
    Core::parse(config.as_deref(), credentials.as_deref()).map_err(|error| {
        let file = match error.file {
            File::Config => "config",
            File::Credentials => "credentials",
        };
        profile(&error.to_string(), file, error.line)
    })
}

fn contents<'a>(file: &'a Bound<'_, PyAny>, what: &str) -> PyResult<std::borrow::Cow<'a, [u8]>> {
    if file.is_instance_of::<PyString>() {
        return text(file, what).map(|text| text.as_bytes().into());
    }
    bytes(file, what)
}

/// The properties of each section as text; one with nested properties is a dict of them.
fn sections<'py, 'a>(
    py: Python<'py>,
    all: impl Iterator<Item = (&'a str, &'a Section)>,
) -> PyResult<Bound<'py, PyDict>> {
    let out = PyDict::new(py);
    for (name, section) in all {
        let properties = PyDict::new(py);
        for (key, value) in section.iter() {
            let nested = PyDict::new(py);
            for (name, value) in section.nested_of(key) {
                nested.set_item(name, value)?;
            }
            if nested.is_empty() {
                properties.set_item(key, value)?;
            } else {
                properties.set_item(key, nested)?;
            }
        }
        out.set_item(name, properties)?;
    }
    Ok(out)
}

#[pymethods]
impl Profiles {
    /// Each profile by name: a dict of its properties.
    #[getter]
    fn profiles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        sections(py, self.0.all_profiles())
    }
    /// Each `[sso-session]` by name.
    #[getter]
    fn sso_sessions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        sections(py, self.0.all_sso_sessions())
    }
    /// Each `[services]` section by name.
    #[getter]
    fn services<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        sections(py, self.0.all_services())
    }
    /// What was passed over, each a line with its file and number.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.0.warnings().to_vec()
    }
    fn __repr__(&self) -> String {
        format!("<Profiles: {} profiles>", self.0.all_profiles().count())
    }
}

/// What a profile leads to: where the first credentials come from, and which roles follow.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Plan(pub(crate) chain::Plan);

/// Resolves a profile without asking anybody.
///
/// `files` says what each path holds (bytes, text or `None`); the keys `config` and `credentials` stand for the
/// two files wherever they are. Raises `ConfigError`, which names the profiles and keys to mend, or
/// `NotConfiguredError` where there is simply nothing.
#[pyfunction]
#[pyo3(signature = (env, files, profile=None, *, home=None))]
pub(crate) fn plan(
    env: &Bound<'_, PyAny>,
    files: &Bound<'_, PyAny>,
    profile: Option<&str>,
    home: Option<&str>,
) -> PyResult<Plan> {
    guard(|| {
        let env = read_env(env)?;
        let places = Files::locate(&env, home, Platform::HERE);
        let config = file(files, places.config.as_deref(), "config")?;
        let credentials = file(files, places.credentials.as_deref(), "credentials")?;
        let profiles = parse(config.as_ref(), credentials.as_ref())?;
        let selected = Selected::choose(profile, &env);
        let plan = chain::plan_in(&profiles, &selected, &env);
        plan.map(Plan).map_err(|failure| error(failure.kind(), &failure.to_string()))
    })
}

/// Where the two files are and which profile is selected, as `(config, credentials, profile)`; `None` for a file whose
/// place nobody says. `platform` is `unix` or `windows`; `None` is the one that this runs on.
#[pyfunction]
#[pyo3(signature = (env, *, home=None, platform=None))]
pub(crate) fn profile_files(
    env: &Bound<'_, PyAny>,
    home: Option<&str>,
    platform: Option<&str>,
) -> PyResult<(Option<String>, Option<String>, String)> {
    guard(|| {
        let platform = match platform {
            None => Platform::HERE,
            Some("unix") => Platform::Unix,
            Some("windows") => Platform::Windows,
            Some(_) => return Err(input("platform must be 'unix' or 'windows'")),
        };
        let env = read_env(env)?;
        let files = Files::locate(&env, home, platform);
        Ok((files.config, files.credentials, Selected::choose(None, &env).name))
    })
}

/// What the mapping holds for a path, or else for the file's short name.
fn file<'py>(
    files: &Bound<'py, PyAny>,
    path: Option<&str>,
    name: &str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    for key in path.into_iter().chain([name]) {
        let found = files
            .call_method1("get", (key,))
            .map_err(|_| wrong_type("files", "a mapping of paths to their contents", files))?;
        if !found.is_none() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

#[pymethods]
impl Plan {
    /// The profile that was selected.
    #[getter]
    fn profile(&self) -> &str {
        &self.0.profile
    }
    /// The steps in order: the first credentials, then each role.
    #[getter]
    fn steps(&self) -> Vec<PlanStep> {
        let base = PlanStep {
            kind: match &self.0.base {
                Base::Keys(_) => "keys",
                Base::Environment => "environment",
                Base::Imds => "imds",
                Base::Container => "container",
                Base::WebIdentity { .. } => "web-identity",
                Base::Sso(_) => "sso",
                Base::Login(_) => "login",
                Base::Process { .. } => "process",
                _ => "other",
            },
            profile: self.0.base_profile.clone(),
            what: self.0.base.to_string(),
            long_lived: self.0.base.is_long_lived(),
            hop: None,
        };
        let roles = self.0.roles.iter().map(|hop| PlanStep {
            kind: "assume-role",
            profile: hop.profile.clone(),
            what: format!("role {}", hop.role.role_arn),
            long_lived: Some(false),
            hop: Some(hop.clone()),
        });
        std::iter::once(base).chain(roles).collect()
    }
    /// The MFA devices whose codes will be asked for, in order.
    #[getter]
    fn prompts(&self) -> Vec<String> {
        self.0.roles.iter().filter_map(|hop| hop.role.mfa_serial.clone()).collect()
    }
    /// How many seconds the session of each role will last, in order.
    #[getter]
    fn durations(&self) -> Vec<u64> {
        self.0.roles.iter().map(lasts).collect()
    }
    /// What a person should know before relying on it.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.0.warnings.clone()
    }
    /// Whether a person may have to sign in with a browser.
    #[getter]
    fn may_need_sign_in(&self) -> bool {
        self.0.may_need_sign_in()
    }
    /// How many seconds the last session will last as things are configured; `None` where the credentials do not end, or
    /// nobody can tell.
    #[getter]
    fn lasts(&self) -> Option<u64> {
        self.0.lasts().map(|lasts| lasts.as_secs())
    }
    /// How many seconds it can last at most; `None` likewise.
    #[getter]
    fn longest(&self) -> Option<u64> {
        self.0.longest().map(|longest| longest.as_secs())
    }
    /// The plan as JSON, with external ids masked.
    fn json(&self) -> String {
        self.0.json()
    }
    /// The plan as a graph in Graphviz's language: `dot -Tsvg` draws it.
    fn graph(&self) -> String {
        self.0.graph()
    }
    fn __str__(&self) -> String {
        self.0.to_string()
    }
    fn __repr__(&self) -> String {
        format!("<Plan of profile '{}': {} roles>", self.0.profile.escape_debug(), self.0.roles.len())
    }
}

/// STS gives an hour unless asked for more, and no more to a role's own session.
fn lasts(hop: &chain::Hop) -> u64 {
    let asked = hop.role.duration.map_or(3600, |duration| duration.as_secs());
    if hop.one_hour_cap { asked.min(3600) } else { asked }
}

/// One step of a plan.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct PlanStep {
    kind: &'static str,
    profile: String,
    what: String,
    long_lived: Option<bool>,
    hop: Option<chain::Hop>,
}

#[pymethods]
impl PlanStep {
    /// `keys`, `environment`, `imds`, `container`, `web-identity`, `sso`, `login`, `process` or `assume-role`.
    #[getter]
    fn kind(&self) -> &'static str {
        self.kind
    }
    /// The profile that says so.
    #[getter]
    fn profile(&self) -> &str {
        &self.profile
    }
    /// Whether these are keys that do not end by themselves; `None` where nobody can tell beforehand.
    #[getter]
    fn long_lived(&self) -> Option<bool> {
        self.long_lived
    }
    /// The role, of a step that assumes one.
    #[getter]
    fn role_arn(&self) -> Option<&str> {
        self.hop.as_ref().map(|hop| hop.role.role_arn.as_str())
    }
    /// The external id that will be sent.
    #[getter]
    fn external_id(&self) -> Option<&str> {
        self.hop.as_ref()?.role.external_id.as_ref().map(awsaccess::secret::Secret::expose)
    }
    /// What the session will be called, if the profile says.
    #[getter]
    fn session_name(&self) -> Option<&str> {
        self.hop.as_ref()?.role.session_name.as_deref()
    }
    /// The MFA device whose code will be asked for.
    #[getter]
    fn mfa_serial(&self) -> Option<&str> {
        self.hop.as_ref()?.role.mfa_serial.as_deref()
    }
    /// How many seconds the role's session will last.
    #[getter]
    fn duration(&self) -> Option<u64> {
        self.hop.as_ref().map(lasts)
    }
    /// Whether AWS gives one hour at most, since a role is assumed with another role's session.
    #[getter]
    fn one_hour_cap(&self) -> bool {
        self.hop.as_ref().is_some_and(|hop| hop.one_hour_cap)
    }
    fn __repr__(&self) -> String {
        format!("<PlanStep {}>", self.what.escape_debug())
    }
}
