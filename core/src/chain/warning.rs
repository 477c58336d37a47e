//! What a person should know before relying on a plan: settings that do not do what they seem to.

use std::time::Duration;

use super::plan::{Base, Plan};
use crate::credentials::Credentials;
use crate::env::Env;
use crate::profile::{Profiles, Section, Selected};
use crate::sts;

/// Keys that only count beside a role that is assumed.
const OF_ROLE: [&str; 5] =
    ["source_profile", "credential_source", "external_id", "mfa_serial", "duration_seconds"];
/// Every key that says where credentials come from.
const KNOWN: [&str; 20] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_account_id",
    "credential_process",
    "credential_source",
    "duration_seconds",
    "external_id",
    "login_session",
    "mfa_serial",
    "role_arn",
    "role_session_name",
    "source_profile",
    "sso_account_id",
    "sso_region",
    "sso_role_name",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
    "region",
];

/// STS refuses what takes more than all of the room: from here on it is as well to know.
const NEARLY_FULL: u32 = 90;

/// A session whose policies and tags are about to become too large.
pub(super) fn of_packed(role_arn: &str, session: &Credentials) -> Option<String> {
    let size = session.packed_policy_size().filter(|size| *size > NEARLY_FULL)?;
    Some(format!(
        "role {role_arn}: its session policies and tags take {size} per cent of what sts packs, and it refuses what takes more \
         than all; make them shorter"
    ))
}

/// The keys of a profile that nothing reads where it stands in the chain.
pub(super) fn of_profile(name: &str, section: &Section, is_source: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut ignored =
        |key: &str, why: &str| warnings.push(format!("profile {name}: {key} is ignored, {why}"));
    let by_token = section.has("web_identity_token_file");
    let ends_chain = is_source && section.has("aws_access_key_id");
    if section.has("role_arn") && ends_chain {
        ignored("role_arn", "since the static keys of a source profile come first");
    }
    let is_role = section.has("role_arn") && !by_token && !ends_chain;
    for key in OF_ROLE.into_iter().filter(|key| section.has(key) && !is_role) {
        match key {
            // A source may name where its credentials come from without a role of its own.
            "credential_source" if is_source && !ends_chain => {}
            "duration_seconds" if by_token => ignored(key, "since none is sent with a web identity"),
            _ if by_token => ignored(key, "since a web identity takes none"),
            _ if ends_chain => ignored(key, "since the static keys of a source profile come first"),
            _ => ignored(key, "since there is no role_arn beside it"),
        }
    }
    if section.has("role_session_name") && !section.has("role_arn") {
        ignored("role_session_name", "since there is no role_arn beside it");
    }
    if section.has("aws_session_token") && !section.has("aws_access_key_id") {
        ignored("aws_session_token", "since there is no aws_access_key_id beside it");
    }
    for (key, _) in section.iter().filter(|(key, _)| !KNOWN.contains(key) && key.len() <= 40) {
        if let Some(meant) = KNOWN.into_iter().find(|known| known.len() > 6 && is_slip(key, known)) {
            ignored(key, &format!("no such key is known; {meant} may be meant"));
        }
    }
    warnings
}

/// The usual slip in a role's ARN: IAM has no region, and one of the two colons that stand around nothing is missing.
pub(super) fn lacks_colon(role_arn: &str) -> bool {
    let mut fields = role_arn.splitn(4, ':');
    let is_iam = fields.next() == Some("arn") && fields.next().is_some() && fields.next() == Some("iam");
    let rest = fields.next().unwrap_or_default();
    let account = rest.split(':').next().unwrap_or_default();
    is_iam && account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())
}

/// The roles and regions of a plan.
pub(super) fn of_plan(plan: &Plan, profiles: &Profiles) -> Vec<String> {
    let mut warnings = Vec::new();
    for hop in &plan.roles {
        let (profile, role) = (&hop.profile, &hop.role);
        if lacks_colon(&role.role_arn) {
            let mended = role.role_arn.replacen(":iam:", ":iam::", 1);
            warnings.push(format!("profile {profile}: role_arn lacks a colon; write {mended}"));
        }
        let longer = role.duration.is_some_and(|duration| duration > CHAINED);
        if hop.one_hour_cap && longer {
            warnings.push(format!(
                "profile {profile}: duration_seconds is cut to 3600, since the role is assumed with another role's session"
            ));
        } else if hop.one_hour_cap {
            warnings.push(format!(
                "profile {profile}: its session lasts one hour at most, since the role is assumed with another role's session"
            ));
        }
    }
    let of_sso = match &plan.base {
        Base::Sso(sso) => Some((plan.base_profile.as_str(), "sso_region", sso.region.as_str())),
        _ => None,
    };
    let mut names: Vec<&str> = vec![&plan.profile, &plan.base_profile];
    names.extend(plan.roles.iter().map(|hop| hop.profile.as_str()));
    names.sort_unstable();
    names.dedup();
    let regions =
        names.into_iter().filter_map(|name| Some((name, "region", profiles.profile(name)?.get("region")?)));
    for (profile, key, region) in regions.chain(of_sso) {
        if !sts::is_known_region(region) {
            warnings.push(format!("profile {profile}: its {key} is in no partition that is known: {region}"));
        }
    }
    warnings
}

const CHAINED: Duration = crate::provider::assume_role::LONGEST_CHAINED;

/// Variables that outrank the profile, or that are half of what they should be.
pub(super) fn of_environment(selected: &Selected, section: Option<&Section>, env: &Env) -> Vec<String> {
    let name = &selected.name;
    let mut warnings = Vec::new();
    let keys = env.get("AWS_ACCESS_KEY_ID").is_some();
    if keys && !selected.in_code {
        warnings.push(format!(
            "the keys of the environment shadow the profile {name}; unset AWS_ACCESS_KEY_ID to use it"
        ));
    }
    if env.get("AWS_SESSION_TOKEN").is_some() && !keys {
        warnings.push("AWS_SESSION_TOKEN is ignored, since AWS_ACCESS_KEY_ID is not set".to_owned());
    }
    let of_profile = section.and_then(|section| section.get("region"));
    let of_env =
        ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| Some((name, env.get(name)?)));
    if let Some((variable, region)) = of_env {
        if of_profile.is_some_and(|own| own != region) {
            warnings.push(format!("{variable} shadows the region of the profile {name}: {region}"));
        }
        if !sts::is_known_region(region) {
            warnings.push(format!("{variable} is in no partition that is known: {region}"));
        }
    }
    if let (Some(one), Some(other)) = (env.get("AWS_PROFILE"), env.get("AWS_DEFAULT_PROFILE"))
        && one != other
        && !selected.in_code
    {
        warnings.push(format!("AWS_DEFAULT_PROFILE is ignored, since AWS_PROFILE selects {one}"));
    }
    if env.get("AWS_ROLE_ARN").is_some() && env.get("AWS_WEB_IDENTITY_TOKEN_FILE").is_none() {
        warnings.push("AWS_ROLE_ARN is ignored, since AWS_WEB_IDENTITY_TOKEN_FILE is not set".to_owned());
    }
    warnings
}

/// Whether two different words are one or two letters apart.
fn is_slip(word: &str, known: &str) -> bool {
    let known: Vec<char> = known.chars().collect();
    // How far each beginning of the known word is from what was read of `word` so far.
    let mut row: Vec<usize> = (0..=known.len()).collect();
    for (at, c) in word.chars().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        for (above, k) in row.iter_mut().skip(1).zip(&known) {
            let cost = (diagonal + usize::from(*k != c)).min(*above + 1).min(left + 1);
            diagonal = std::mem::replace(above, cost);
            left = cost;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    matches!(row.last(), Some(1 | 2))
}
