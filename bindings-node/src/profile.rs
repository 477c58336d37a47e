//! Profile files, and what a profile leads to, as plain data.

use awsaccess::chain::{Base, Hop, Plan, PlanError, plan_in};
use awsaccess::error::ErrorKind;
use awsaccess::profile::{File, Files, Platform, ProfileError, Profiles, Section, Selected};
use awsaccess::provider::assume_role::LONGEST_CHAINED;
use awsaccess::secret::Secret;
use napi::{Env, JsString};
use napi_derive::napi;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::fault::{Fault, Out, answer};
use crate::option::read_env;

impl From<ProfileError> for Fault {
    fn from(error: ProfileError) -> Self {
        let file = match error.file {
            File::Config => "config",
            File::Credentials => "credentials",
        };
        Self::new(ErrorKind::Profile, &error.to_string()).with("file", file).with("line", error.line)
    }
}

impl From<PlanError> for Fault {
    fn from(error: PlanError) -> Self {
        Self::new(error.kind(), &error.to_string())
    }
}

/// Everything that the two files say.
#[napi]
pub(crate) fn parse_profiles<'e>(
    env: &'e Env,
    config: Option<&[u8]>,
    credentials: Option<&[u8]>,
) -> napi::Result<JsString<'e>> {
    answer(env, || {
        let profiles = Profiles::parse(config, credentials)?;
        Ok(Out::json(json!({
            "profiles": sections(profiles.all_profiles()),
            "ssoSessions": sections(profiles.all_sso_sessions()),
            "services": sections(profiles.all_services()),
            "warnings": profiles.warnings(),
        })))
    })
}

fn sections<'a>(sections: impl Iterator<Item = (&'a str, &'a Section)>) -> Value {
    Value::Object(sections.map(|(name, section)| (name.to_owned(), properties(section))).collect())
}

/// A property that holds others is an object of them; any other is text.
fn properties(section: &Section) -> Value {
    let property = |(key, text): (&str, &str)| {
        let nested: Map<String, Value> =
            section.nested_of(key).map(|(name, value)| (name.to_owned(), value.into())).collect();
        let value = if nested.is_empty() { text.into() } else { Value::Object(nested) };
        (key.to_owned(), value)
    };
    Value::Object(section.iter().map(property).collect())
}

/// Where the two files are, and which profile is selected.
#[napi]
pub(crate) fn locate<'e>(
    env: &'e Env,
    variables: String,
    home: Option<String>,
    platform: Option<String>,
) -> napi::Result<JsString<'e>> {
    let variables = Zeroizing::new(variables);
    answer(env, || {
        let platform = match platform.as_deref() {
            None => Platform::HERE,
            Some("windows") => Platform::Windows,
            Some(_) => Platform::Unix,
        };
        let variables = read_env(&variables)?;
        let files = Files::locate(&variables, home.as_deref(), platform);
        let profile = Selected::choose(None, &variables).name;
        Ok(Out::json(json!({ "config": files.config, "credentials": files.credentials, "profile": profile })))
    })
}

/// What the selected profile leads to.
#[napi]
pub(crate) fn plan<'e>(
    env: &'e Env,
    variables: String,
    config: Option<&[u8]>,
    credentials: Option<&[u8]>,
    profile: Option<String>,
) -> napi::Result<JsString<'e>> {
    let variables = Zeroizing::new(variables);
    answer(env, || {
        let profiles = Profiles::parse(config, credentials)?;
        let variables = read_env(&variables)?;
        let selected = Selected::choose(profile.as_deref(), &variables);
        let plan = plan_in(&profiles, &selected, &variables)?;
        Ok(Out::json(described(&plan)))
    })
}

/// The first credentials and each role as steps; what may be secret in them is left to the wrapper to hide.
pub(crate) fn described(plan: &Plan) -> Value {
    let roles = plan.roles.iter();
    json!({
        "profile": plan.profile,
        "steps": std::iter::once(base(plan)).chain(roles.clone().map(role)).collect::<Vec<_>>(),
        "prompts": roles.clone().filter_map(|hop| hop.role.mfa_serial.as_deref()).collect::<Vec<_>>(),
        "durations": roles.map(lasts).collect::<Vec<_>>(),
        "warnings": plan.warnings,
        "mayNeedSignIn": plan.may_need_sign_in(),
        "lasts": plan.lasts().map(|lasts| lasts.as_secs()),
        "longest": plan.longest().map(|longest| longest.as_secs()),
        "text": plan.to_string(),
        "graph": plan.graph(),
    })
}

/// Keys are told by their id, a program not at all: its command line may hold a secret.
fn base(plan: &Plan) -> Value {
    let mut step = match &plan.base {
        Base::Keys(keys) => json!({ "kind": "keys", "accessKeyId": keys.access_key_id() }),
        Base::Environment => json!({ "kind": "environment" }),
        Base::Imds => json!({ "kind": "imds" }),
        Base::Container => json!({ "kind": "container" }),
        Base::WebIdentity { role_arn, token_file, session_name } => json!({
            "kind": "web-identity", "roleArn": role_arn, "tokenFile": token_file, "sessionName": session_name,
        }),
        Base::Sso(sso) => json!({
            "kind": "sso", "session": sso.session, "region": sso.region, "startUrl": sso.start_url,
            "accountId": sso.role.as_ref().map(|(account, _)| account),
            "roleName": sso.role.as_ref().map(|(_, role)| role),
        }),
        Base::Login(session) => json!({ "kind": "login", "session": session }),
        Base::Process { account_id, .. } => json!({ "kind": "process", "accountId": account_id }),
        _ => json!({ "kind": "other" }),
    };
    step["longLived"] = plan.base.is_long_lived().into();
    step["profile"] = plan.base_profile.as_str().into();
    step
}

fn role(hop: &Hop) -> Value {
    let role = &hop.role;
    json!({
        "kind": "assume-role",
        "profile": hop.profile,
        "roleArn": role.role_arn,
        "externalId": role.external_id.as_ref().map(Secret::expose),
        "sessionName": role.session_name,
        "duration": lasts(hop),
        "mfaSerial": role.mfa_serial,
        "region": role.region,
        "oneHourCap": hop.one_hour_cap,
    })
}

/// STS gives an hour unless asked for more, and no more to a role's own session.
fn lasts(hop: &Hop) -> u64 {
    let asked = hop.role.duration.unwrap_or(LONGEST_CHAINED);
    if hop.one_hour_cap { asked.min(LONGEST_CHAINED).as_secs() } else { asked.as_secs() }
}
