//! What a profile leads to, as plain data: where the first credentials come from, and which roles follow.
//!
//! The rules are those of AWS's SDKs, the strict reading where they differ. In the selected profile a role comes
//! before anything else; in one that another profile names as its source, complete static keys end the chain.

mod error;
mod form;
mod outlook;

use std::time::Duration;

pub use error::PlanError;

use super::warning;
use crate::credentials::Credentials;
use crate::env::Env;
use crate::error::one_line;
use crate::profile::{Profiles, Section, Selected};
use crate::provider::RoleHop;
use crate::provider::keys::Keys;
use crate::provider::sso::Sso;
use crate::secret::Secret;
use crate::sts;

/// The most profiles that one chain may pass through.
const MOST_PROFILES: usize = 20;

/// A profile, resolved without asking anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// The profile that was selected.
    pub profile: String,
    /// Where the first credentials come from.
    pub base: Base,
    /// The profile that says so.
    pub base_profile: String,
    /// The roles, in the order in which they are assumed.
    pub roles: Vec<Hop>,
    /// What a person should know before relying on it.
    pub warnings: Vec<String>,
}

/// One role of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hop {
    /// The role and its parameters, with the region of its own profile.
    pub role: RoleHop,
    /// The profile that holds it.
    pub profile: String,
    /// It is assumed with the session of another role, so that AWS gives one hour at most.
    pub one_hour_cap: bool,
}

/// Where the first credentials of a profile come from.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Base {
    /// `aws_access_key_id` and its companions.
    Keys(Credentials),
    /// `credential_source = Environment`.
    Environment,
    /// `credential_source = Ec2InstanceMetadata`.
    Imds,
    /// `credential_source = EcsContainer`.
    Container,
    /// `web_identity_token_file` with `role_arn`.
    WebIdentity {
        /// The role.
        role_arn: String,
        /// Where the token is.
        token_file: String,
        /// What the session is called.
        session_name: Option<String>,
    },
    /// `sso_session`, or the older keys of IAM Identity Center.
    Sso(Sso),
    /// `login_session`: a session of `aws login`.
    Login(String),
    /// `credential_process`.
    Process {
        /// The command line.
        command: Secret,
        /// The account, if the program does not say.
        account_id: Option<String>,
    },
}

/// Resolves the selected profile.
///
/// # Errors
/// [`PlanError`], which names the profiles and keys to mend.
///
/// ```
/// use awsaccess::chain::{Base, plan};
/// use awsaccess::profile::{Profiles, Selected};
/// let config = b"[profile a]\nrole_arn = arn:aws:iam::111122223333:role/a\ncredential_source = Ec2InstanceMetadata";
/// let profiles = Profiles::parse(Some(config), None).unwrap();
/// let plan = plan(&profiles, &Selected::choose(Some("a"), &Default::default())).unwrap();
/// assert_eq!(plan.base, Base::Imds);
/// assert!(plan.roles[0].one_hour_cap);
/// ```
pub fn plan(profiles: &Profiles, selected: &Selected) -> Result<Plan, PlanError> {
    let mut walk = Walk { profiles, visited: Vec::new(), roles: Vec::new(), warnings: Vec::new() };
    let (base, base_profile) = walk.from(&selected.name).map_err(|error| error.of_nothing(selected))?;
    let mut roles: Vec<Hop> = walk.roles.into_iter().rev().collect();
    let mut is_session = base.is_role_session();
    for hop in &mut roles {
        check(hop)?;
        hop.one_hour_cap = is_session;
        is_session = true;
    }
    let warnings = profiles.warnings().iter().cloned().chain(walk.warnings).collect();
    let mut plan = Plan { profile: selected.name.clone(), base, base_profile, roles, warnings };
    plan.warnings.extend(warning::of_plan(&plan, profiles));
    plan.tidy();
    Ok(plan)
}

/// The same, with warnings of what the environment does to it as well.
///
/// # Errors
/// As of [`plan`].
pub fn plan_in(profiles: &Profiles, selected: &Selected, env: &Env) -> Result<Plan, PlanError> {
    let mut plan = plan(profiles, selected)?;
    let section = profiles.profile(&selected.name);
    plan.warnings.extend(warning::of_environment(selected, section, env));
    plan.tidy();
    Ok(plan)
}

impl Plan {
    /// A value of a file or a variable, which a warning repeats, may have line breaks and escapes of a terminal.
    fn tidy(&mut self) {
        self.warnings.iter_mut().for_each(|warning| *warning = one_line(warning));
    }

    /// What is warned of in a plan and yet stops it when it is carried out: a role whose ARN lacks a colon.
    pub(super) fn executable(&self) -> Result<(), PlanError> {
        self.roles.iter().try_for_each(|hop| {
            sts::role_arn(&hop.role.role_arn).map_err(|must| PlanError::Value {
                profile: hop.profile.clone(),
                key: "role_arn",
                expected: must.0,
            })
        })
    }
}

/// The limits of STS, told by the key that breaks one.
fn check(hop: &Hop) -> Result<(), PlanError> {
    let role = &hop.role;
    let told = |key: &'static str, result: Result<(), sts::Violation>| {
        result.map_err(|must| PlanError::Value { profile: hop.profile.clone(), key, expected: must.0 })
    };
    let optional = |key, value: Option<&str>, check: fn(&str) -> _| told(key, value.map_or(Ok(()), check));
    if !warning::lacks_colon(&role.role_arn) {
        told("role_arn", sts::role_arn(&role.role_arn))?;
    }
    optional("external_id", role.external_id.as_ref().map(Secret::expose), sts::external_id)?;
    optional("role_session_name", role.session_name.as_deref(), sts::check_session_name)?;
    optional("mfa_serial", role.mfa_serial.as_deref(), sts::serial_number)
}

struct Walk<'a> {
    profiles: &'a Profiles,
    visited: Vec<&'a str>,
    /// From the last to be assumed to the first.
    roles: Vec<Hop>,
    warnings: Vec<String>,
}

impl<'a> Walk<'a> {
    fn from(&mut self, selected: &'a str) -> Result<(Base, String), PlanError> {
        let missing = || PlanError::NoProfile(selected.to_owned());
        let mut name = selected;
        let mut section = self.profiles.profile(selected).ok_or_else(missing)?;
        loop {
            if self.visited.contains(&name) {
                let circle = self.visited.iter().skip_while(|visited| **visited != name).chain([&name]);
                return Err(PlanError::Loop(circle.map(|name| (*name).to_owned()).collect()));
            }
            let first = self.visited.is_empty();
            if self.visited.len() >= MOST_PROFILES {
                return Err(PlanError::TooLong);
            }
            self.visited.push(name);
            self.warnings.extend(warning::of_profile(name, section, !first));
            let found = |base| Ok((base, name.to_owned()));
            if !first && let Some(keys) = static_keys(name, section)? {
                return found(Base::Keys(keys));
            }
            let is_role = section.has("role_arn") && !section.has("web_identity_token_file");
            if !is_role {
                return found(self.base_of(name, section, !first)?);
            }
            self.warn_of_two(name, section);
            self.roles.push(hop(name, section)?);
            match (section.get("source_profile"), section.get("credential_source")) {
                (Some(_), Some(_)) => return Err(PlanError::TwoSources(name.to_owned())),
                (None, None) => return Err(PlanError::NoSource(name.to_owned())),
                (None, Some(source)) => return found(named_source(name, source)?),
                // What else the profile holds is then the source.
                (Some(source), None) if source == name => return found(self.base_of(name, section, false)?),
                (Some(source), None) => {
                    section = self.profiles.profile(source).ok_or_else(|| PlanError::NoSourceProfile {
                        profile: name.to_owned(),
                        source_profile: source.to_owned(),
                    })?;
                    name = source;
                }
            }
        }
    }

    /// Whatever the profile holds but a role: web identity, keys, Identity Center, login, a program.
    fn base_of(&mut self, name: &str, section: &Section, is_source: bool) -> Result<Base, PlanError> {
        let own_role = section.has("role_arn") && !section.has("web_identity_token_file");
        self.warn_of_several(name, section);
        if let (true, Some(source)) = (is_source && !own_role, section.get("credential_source")) {
            return named_source(name, source);
        }
        if let Some(token_file) = section.get("web_identity_token_file") {
            let role_arn = section.get("role_arn").ok_or_else(|| PlanError::NoRole(name.to_owned()))?;
            return Ok(Base::WebIdentity {
                role_arn: role_arn.to_owned(),
                token_file: token_file.to_owned(),
                session_name: section.get("role_session_name").map(str::to_owned),
            });
        }
        if let Some(keys) = static_keys(name, section)? {
            return Ok(Base::Keys(keys));
        }
        if SSO_KEYS.iter().any(|key| section.has(key)) {
            return sso(self.profiles, name, section).map(Base::Sso);
        }
        if let Some(session) = section.get("login_session") {
            return Ok(Base::Login(session.to_owned()));
        }
        if let Some(command) = section.get("credential_process") {
            let account_id = section.get("aws_account_id").map(str::to_owned);
            return Ok(Base::Process { command: Secret::new(command), account_id });
        }
        Err(PlanError::NoCredentials(name.to_owned()))
    }

    fn warn_of_two(&mut self, name: &str, section: &Section) {
        if section.has("aws_access_key_id") && section.get("source_profile") != Some(name) {
            let warning =
                format!("profile {name}: its static keys are not used, since it has a role_arn too");
            self.warnings.push(warning);
        }
    }

    fn warn_of_several(&mut self, name: &str, section: &Section) {
        let kinds = [
            ("web_identity_token_file", "web identity"),
            ("aws_access_key_id", "static keys"),
            ("sso_session", "an sso-session"),
            ("sso_start_url", "legacy sso"),
            ("login_session", "a login session"),
            ("credential_process", "a credential process"),
        ];
        let present: Vec<_> =
            kinds.into_iter().filter(|(key, _)| section.has(key)).map(|(_, kind)| kind).collect();
        if present.len() > 1 && present != ["an sso-session", "legacy sso"] {
            self.warnings.push(format!("profile {name}: of {}, the first is used", present.join(", ")));
        }
    }
}

fn static_keys(name: &str, section: &Section) -> Result<Option<Credentials>, PlanError> {
    match Keys::of(section) {
        Keys::None => Ok(None),
        Keys::Complete(keys) => Ok(Some(keys)),
        Keys::Partial(missing) => Err(PlanError::HalfKeys { profile: name.to_owned(), missing }),
    }
}

fn named_source(name: &str, source: &str) -> Result<Base, PlanError> {
    let known = [
        ("Environment", Base::Environment),
        ("Ec2InstanceMetadata", Base::Imds),
        ("EcsContainer", Base::Container),
    ];
    let found = known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(source));
    found.map(|(_, base)| base).ok_or_else(|| PlanError::Value {
        profile: name.to_owned(),
        key: "credential_source",
        expected: "Environment, Ec2InstanceMetadata or EcsContainer",
    })
}

fn hop(name: &str, section: &Section) -> Result<Hop, PlanError> {
    let mut role = RoleHop::new(section.get("role_arn").unwrap_or_default());
    role.external_id = section.get("external_id").map(Secret::new);
    role.session_name = section.get("role_session_name").map(str::to_owned);
    role.mfa_serial = section.get("mfa_serial").map(str::to_owned);
    role.region = section.get("region").map(str::to_owned);
    if let Some(text) = section.get("duration_seconds") {
        let seconds = text.parse().ok().filter(|seconds| sts::duration(*seconds).is_ok());
        let seconds = seconds.ok_or_else(|| PlanError::Value {
            profile: name.to_owned(),
            key: "duration_seconds",
            expected: "900 to 43200",
        })?;
        role.duration = Some(Duration::from_secs(seconds));
    }
    Ok(Hop { role, profile: name.to_owned(), one_hour_cap: false })
}

const SSO_KEYS: [&str; 5] = ["sso_session", "sso_account_id", "sso_role_name", "sso_region", "sso_start_url"];

fn sso(profiles: &Profiles, name: &str, section: &Section) -> Result<Sso, PlanError> {
    let lacks = |key| PlanError::Missing { section: format!("the profile {name}"), key };
    let role = match (section.get("sso_account_id"), section.get("sso_role_name")) {
        (Some(account), Some(role)) => Some((account.to_owned(), role.to_owned())),
        (None, None) => None,
        (None, Some(_)) => return Err(lacks("sso_account_id")),
        (Some(_), None) => return Err(lacks("sso_role_name")),
    };
    let Some(session) = section.get("sso_session") else {
        let text = |key| section.get(key).map(str::to_owned).ok_or_else(|| lacks(key));
        let (region, start_url) = (text("sso_region")?, text("sso_start_url")?);
        let role = Some(role.ok_or_else(|| lacks("sso_account_id"))?);
        return Ok(Sso { role, ..Sso::new(None, region, start_url) });
    };
    let in_session = profiles
        .sso_session(session)
        .ok_or_else(|| PlanError::NoSsoSession { profile: name.to_owned(), session: session.to_owned() })?;
    let text = |key| {
        let missing = || PlanError::Missing { section: format!("the sso-session {session}"), key };
        let value = in_session.get(key).ok_or_else(missing)?;
        match section.get(key).is_none_or(|own| own == value) {
            true => Ok(value.to_owned()),
            false => Err(PlanError::Contradiction { profile: name.to_owned(), key }),
        }
    };
    let (region, start_url) = (text("sso_region")?, text("sso_start_url")?);
    Ok(Sso { role, ..Sso::new(Some(session.to_owned()), region, start_url) })
}

#[cfg(test)]
mod tests;
