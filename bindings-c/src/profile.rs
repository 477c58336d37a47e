//! Profiles and plans, as JSON.

use std::ffi::c_char;

use awsaccess::chain::{Base, Plan, plan_in};
use awsaccess::error::ErrorKind;
use awsaccess::profile::{Files, Platform, Profiles, Section, Selected};
use serde_json::{Value, json};

use crate::error::{Failure, Out, awsaccess_error, entry};
use crate::json::Json;
use crate::options::environment;
use crate::redact::awsaccess_buffer;
use crate::status::awsaccess_status;
use crate::text::awsaccess_text;

/// Reads the shared config and credentials files; one that does not exist is none. Gives JSON:
/// `{"profiles": {NAME: {KEY: VALUE}}, "sso_sessions": {...}, "services": {...}, "warnings": [...]}`. A value that holds
/// further settings is an object of them. **The values may be secrets.**
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_parse_profiles(
    config: awsaccess_text,
    credentials: awsaccess_text,
    json: *mut *mut awsaccess_buffer,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(json)?;
            let profiles = parse(config.bytes("config")?, credentials.bytes("credentials")?)?;
            let mut text = Json::default();
            text.raw(b"{\"profiles\":");
            sections(&mut text, profiles.all_profiles());
            text.raw(b",\"sso_sessions\":");
            sections(&mut text, profiles.all_sso_sessions());
            text.raw(b",\"services\":");
            sections(&mut text, profiles.all_services());
            text.raw(b",\"warnings\":");
            text.raw(json!(profiles.warnings()).to_string().as_bytes());
            text.raw(b"}");
            out.put(awsaccess_buffer::new(text.as_bytes()))
        })
    }
}

/// Says where the credentials of a profile would come from, without asking anybody. `profile` none: the one that
/// `environ` selects (as POSIX has it, may be NULL), or `default`. Gives JSON:
/// `{"profile", "base": {"kind", ...}, "long_lived", "base_profile", "roles": [{"role_arn", "profile", "session_name",
/// "external_id", "mfa_serial", "region", "duration", "one_hour_cap"}], "prompts": [...], "may_need_sign_in",
/// "lasts_seconds", "longest_seconds", "warnings": [...], "text", "graph"}`; `graph` is in Graphviz's language.
/// `kind` is `keys`, `environment`, `imds`, `container`, `web-identity`, `sso`, `login`, `process` or `other`. It holds
/// no secret: `external_id` says whether there is one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_plan(
    config: awsaccess_text,
    credentials: awsaccess_text,
    profile: awsaccess_text,
    environ: *const *const c_char,
    json: *mut *mut awsaccess_buffer,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(json)?;
            let profiles = parse(config.bytes("config")?, credentials.bytes("credentials")?)?;
            let env = environment(environ)?;
            let selected = Selected::choose(profile.optional("profile")?, &env);
            let plan = plan_in(&profiles, &selected, &env)
                .map_err(|error| Failure::new(error.kind(), error.to_string()))?;
            out.put(awsaccess_buffer::new(planned(&plan).to_string().as_bytes()))
        })
    }
}

/// Where the two files are and which profile is selected, by `environ` (as POSIX has it, may be NULL). `home` none: as the
/// environment says; `platform` is `unix` or `windows`, none the one that this runs on. Gives JSON: `{"config",
/// "credentials", "profile"}`, a file being `null` whose place nobody says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn awsaccess_profile_files(
    home: awsaccess_text,
    platform: awsaccess_text,
    environ: *const *const c_char,
    json: *mut *mut awsaccess_buffer,
    error: *mut *mut awsaccess_error,
) -> awsaccess_status {
    // SAFETY: the pointers are what the conventions of the header ask for.
    unsafe {
        entry(error, || {
            let out = Out::new(json)?;
            let platform = match platform.optional("platform")? {
                None => Platform::HERE,
                Some("unix") => Platform::Unix,
                Some("windows") => Platform::Windows,
                Some(_) => return Err(Failure::input("platform is unix or windows")),
            };
            let env = environment(environ)?;
            let files = Files::locate(&env, home.optional("home")?, platform);
            let profile = Selected::choose(None, &env).name;
            let found =
                json!({ "config": files.config, "credentials": files.credentials, "profile": profile });
            out.put(awsaccess_buffer::new(found.to_string().as_bytes()))
        })
    }
}

fn parse(config: Option<&[u8]>, credentials: Option<&[u8]>) -> Result<Profiles, Failure> {
    Profiles::parse(config, credentials).map_err(|error| Failure::new(ErrorKind::Profile, error.to_string()))
}

fn sections<'a>(json: &mut Json, sections: impl Iterator<Item = (&'a str, &'a Section)>) {
    json.object(sections, |json, section| {
        let members = section.iter().map(|(key, text)| (key, (key, text)));
        json.object(members, |json, (key, text)| match section.nested_of(key).next() {
            None => json.text(text),
            Some(_) => json.object(section.nested_of(key), Json::text),
        });
    });
}

/// Without what may be secret: keys by their id, a program not at all.
fn base(base: &Base) -> Value {
    match base {
        Base::Keys(keys) => json!({ "kind": "keys", "access_key_id": keys.access_key_id() }),
        Base::Environment => json!({ "kind": "environment" }),
        Base::Imds => json!({ "kind": "imds" }),
        Base::Container => json!({ "kind": "container" }),
        Base::WebIdentity { role_arn, token_file, session_name } => json!({
            "kind": "web-identity", "role_arn": role_arn, "token_file": token_file, "session_name": session_name,
        }),
        Base::Sso(sso) => json!({
            "kind": "sso", "session": sso.session, "region": sso.region, "start_url": sso.start_url,
            "account_id": sso.role.as_ref().map(|(account, _)| account),
            "role_name": sso.role.as_ref().map(|(_, role)| role),
        }),
        Base::Login(session) => json!({ "kind": "login", "session": session }),
        Base::Process { account_id, .. } => json!({ "kind": "process", "account_id": account_id }),
        _ => json!({ "kind": "other" }),
    }
}

pub(crate) fn planned(plan: &Plan) -> Value {
    let role = |hop: &awsaccess::chain::Hop| {
        let role = &hop.role;
        json!({
            "role_arn": role.role_arn,
            "profile": hop.profile,
            "session_name": role.session_name,
            "external_id": role.external_id.is_some(),
            "mfa_serial": role.mfa_serial,
            "region": role.region,
            "duration": role.duration.map(|duration| duration.as_secs()),
            "one_hour_cap": hop.one_hour_cap,
        })
    };
    let roles: Vec<_> = plan.roles.iter().map(role).collect();
    let prompts: Vec<_> = plan.roles.iter().filter_map(|hop| hop.role.mfa_serial.as_deref()).collect();
    json!({
        "profile": plan.profile,
        "base": base(&plan.base),
        "long_lived": plan.base.is_long_lived(),
        "base_profile": plan.base_profile,
        "roles": roles,
        "prompts": prompts,
        "warnings": plan.warnings,
        "may_need_sign_in": plan.may_need_sign_in(),
        "lasts_seconds": plan.lasts().map(|lasts| lasts.as_secs()),
        "longest_seconds": plan.longest().map(|longest| longest.as_secs()),
        "text": plan.to_string(),
        "graph": plan.graph(),
    })
}
