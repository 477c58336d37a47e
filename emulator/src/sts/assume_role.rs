//! `AssumeRole`.

use super::parameter::Parameters;
use super::{credentials, element, packed_policy};
use crate::failure::Failure;
use crate::keyring::{Identity, Key, Session};
use crate::policy::{Decision, Policy};
use crate::state::State;
use crate::world::Role;

const MAX_DURATION: u32 = 43_200;
/// The longest session of a role that was taken by a role.
const MAX_CHAINED: u32 = 3600;

pub(super) fn answer(
    state: &State,
    parameters: &Parameters,
    caller: &Key,
    now: i64,
) -> Result<String, Failure> {
    let role_arn = parameters.arn("RoleArn")?;
    let session_name = parameters.name("RoleSessionName", 64)?;
    let duration = parameters.duration(MAX_DURATION, 3600)?;
    let external_id = parameters.external_id()?;
    let source_identity = parameters.source_identity()?;
    let (tags, transitive_tags) = parameters.tags()?;
    let policy = parameters.policy()?;
    if matches!(caller.identity, Identity::Root { .. }) {
        return Err(Failure::new(403, "AccessDenied", "Roles may not be assumed by root accounts."));
    }

    if matches!(caller.identity, Identity::Federated { .. }) {
        return Err(Failure::new(
            403,
            "AccessDenied",
            "Cannot call AssumeRole with federation token credentials.",
        ));
    }

    let denied = |action: &str| {
        Failure::new(
            403,
            "AccessDenied",
            format!(
                "User: {} is not authorized to perform: {action} on resource: {role_arn}",
                caller.identity.arn()
            ),
        )
    };
    let mut session =
        inherited(caller, source_identity, &tags).ok_or_else(|| denied("sts:SetSourceIdentity"))?;
    session.transitive_tags.extend(transitive_tags);
    session.policy = policy;
    let mut context = caller.context(now);
    if let Some((serial, code)) = parameters.mfa()? {
        check_mfa(state, caller, serial, code, now)?;
        context.set("aws:MultiFactorAuthPresent", "true");
        context.set("aws:MultiFactorAuthAge", "0");
    }
    context.set("sts:RoleSessionName", session_name);
    if let Some(external_id) = external_id {
        context.set("sts:ExternalId", external_id);
    }
    if let Some(source) = &session.source_identity {
        context.set("sts:SourceIdentity", source.as_str());
    }
    for (key, value) in &tags {
        context.set(&format!("aws:RequestTag/{key}"), value.as_str());
    }
    if !tags.is_empty() {
        context.set_all("aws:TagKeys", tags.iter().map(|(key, _)| key.clone()).collect());
        context.set_all("sts:TransitiveTagKeys", session.transitive_tags.clone());
    }

    let (role, role_id) = state.role(role_arn).ok_or_else(|| denied("sts:AssumeRole"))?;
    let mut actions = vec!["sts:AssumeRole"];
    if !tags.is_empty() {
        actions.push("sts:TagSession");
    }
    if source_identity.is_some() {
        actions.push("sts:SetSourceIdentity");
    }
    for action in actions {
        let trust = role.trust.trusts(&caller.identity.caller(), action, &context);
        if !permitted(trust, policies_of(state, caller), role, caller, action, &context) {
            return Err(denied(action));
        }
    }
    check_duration(parameters, duration, role, caller)?;
    let duration = if caller.identity.is_role() { duration.min(MAX_CHAINED) } else { duration };

    let identity = Identity::Role {
        account: role.account.clone(),
        name: role.name.clone(),
        path: role.path.clone(),
        id: role_id.to_owned(),
        session: session_name.to_owned(),
    };
    let mut result = source_identity.map_or(String::new(), |source| element("SourceIdentity", source));
    result.push_str(&assumed_role_user(&identity));
    let key = state.keyring.issue(identity, session, now, duration);
    result.push_str(&credentials(&key));
    result.push_str(&packed_policy(parameters));
    Ok(result)
}

/// The `AssumedRoleUser` structure.
pub(super) fn assumed_role_user(identity: &Identity) -> String {
    format!(
        "    <AssumedRoleUser>\n  {}  {}    </AssumedRoleUser>\n",
        element("AssumedRoleId", &identity.user_id()),
        element("Arn", &identity.arn())
    )
}

/// The longest session that the role and role chaining allow.
pub(super) fn check_duration(
    parameters: &Parameters,
    duration: u32,
    role: &Role,
    caller: &Key,
) -> Result<(), Failure> {
    let refuse = |message| Err(Failure::new(400, "ValidationError", message));
    if parameters.text("DurationSeconds").is_none() {
        return Ok(());
    }
    if caller.identity.is_role() && duration > MAX_CHAINED {
        return refuse(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        );
    }
    if duration > role.max_session_duration {
        return refuse("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    }
    Ok(())
}

/// Checks a code of the caller's own device.
pub(super) fn check_mfa(
    state: &State,
    caller: &Key,
    serial: &str,
    code: &str,
    now: i64,
) -> Result<(), Failure> {
    let user = state.user(&caller.identity).filter(|_| caller.token.is_none());
    let Some(user) = user.filter(|user| user.mfa.as_ref().is_some_and(|mfa| mfa.serial == serial)) else {
        return Err(Failure::new(
            403,
            "AccessDenied",
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial \
             number is valid and associated with this user.",
        ));
    };
    if state.take_code(user, serial, code, now) {
        return Ok(());
    }
    Err(Failure::new(
        403,
        "AccessDenied",
        "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
    ))
}

/// What a session takes over from the caller's: a source identity, which cannot be changed, and transitive tags,
/// which cannot be overridden. `None` if the request tries.
fn inherited(caller: &Key, source_identity: Option<&str>, tags: &[(String, String)]) -> Option<Session> {
    let before = &caller.session;
    let source = match (&before.source_identity, source_identity) {
        (Some(old), Some(new)) if old != new => return None,
        (old, new) => old.clone().or_else(|| new.map(str::to_owned)),
    };
    let mut all: Vec<(String, String)> =
        before.tags.iter().filter(|(key, _)| before.transitive_tags.contains(key)).cloned().collect();
    for (key, value) in tags {
        if all.iter().any(|(old, _)| old == key) {
            return None;
        }
        all.push((key.clone(), value.clone()));
    }
    Some(Session {
        mfa_at: None,
        source_identity: source,
        tags: all,
        transitive_tags: before.transitive_tags.clone(),
        policy: None,
        of_instance: false,
        first: caller.token.is_none() || before.of_instance,
    })
}

fn policies_of<'a>(state: &'a State, caller: &Key) -> &'a [Policy] {
    match &caller.identity {
        Identity::Role { .. } => {
            state.role(&caller.identity.principal_arn()).map_or(&[], |(role, _)| &role.policies)
        }
        identity => state.user(identity).map_or(&[], |user| &user.policies),
    }
}

/// The trust policy must allow it; and the caller's own policies, where there are any: those may be silent if the
/// trust policy names the caller itself, within one account.
fn permitted(
    trust: Decision,
    policies: &[Policy],
    role: &Role,
    caller: &Key,
    action: &str,
    context: &crate::policy::Context,
) -> bool {
    let by_name = match trust {
        Decision::Denied | Decision::NotMentioned => return false,
        Decision::AllowedByName => true,
        Decision::AllowedByAccount => false,
    };
    if policies.is_empty() {
        return true;
    }
    let arn = role.arn();
    let decisions: Vec<Decision> =
        policies.iter().map(|policy| policy.permits(action, &arn, context)).collect();
    if decisions.contains(&Decision::Denied) {
        return false;
    }
    decisions.contains(&Decision::AllowedByName) || by_name && role.account == caller.identity.account()
}
