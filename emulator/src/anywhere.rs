//! IAM Roles Anywhere: `CreateSession`, signed by the key of a certificate.
//!
//! <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-sign-process.html>

mod certificate;
mod signature;

use serde_json::{Value, json};

pub(crate) use certificate::{complete, issue};

use crate::clock::iso8601;
use crate::encoding::hex;
use crate::failure::Failure;
use crate::keyring::Session;
use crate::message::{Reply, Request};
use crate::policy::{Caller, Context, Decision};
use crate::record::Verdict;
use crate::state::State;
use crate::world::{AnywhereProfile, TrustAnchor};
use certificate::Presented;

const PRINCIPAL: &str = "rolesanywhere.amazonaws.com";

/// A certificate and its private key, both in PEM.
pub struct IssuedCertificate {
    /// The certificate.
    pub certificate: String,
    /// The private key; empty if the caller gave it.
    pub private_key: String,
}

fn denied(message: impl Into<String>) -> Failure {
    Failure::new(403, "AccessDeniedException", message)
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(400, "ValidationException", message)
}

/// Answers a request, and says what came of the check of its signature.
pub(crate) fn answer(state: &State, request: &Request, now: i64) -> (Result<Reply, Failure>, Verdict) {
    match session(state, request, now) {
        Ok((reply, verdict)) => (Ok(reply), verdict),
        Err(failure) => {
            let verdict = Verdict::Refused {
                code: failure.code.clone(),
                message: failure.message.clone(),
                access_key_id: None,
            };
            (Err(failure), verdict)
        }
    }
}

/// What a request asks for, from its query or its body.
struct Asked {
    params: Vec<(String, String)>,
    body: Value,
}

impl Asked {
    fn text(&self, name: &str) -> Option<&str> {
        let param = self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        param.or_else(|| self.body[name].as_str())
    }

    fn wanted(&self, name: &str) -> Result<&str, Failure> {
        self.text(name).ok_or_else(|| invalid(format!("{name} is missing")))
    }
}

fn session(state: &State, request: &Request, now: i64) -> Result<(Reply, Verdict), Failure> {
    if request.method != "POST" || request.path != "/sessions" {
        return Err(Failure::new(404, "UnknownOperationException", "there is no such operation"));
    }
    let presented = Presented::of(request)?;
    let claim = signature::check(request, &presented, now)?;
    let body = if request.body.is_empty() {
        json!({})
    } else {
        serde_json::from_slice(&request.body).unwrap_or_default()
    };
    if !body.is_object() {
        return Err(invalid("the body is no JSON object"));
    }
    let asked = Asked { params: request.params(), body };
    let missing = |what: &str| Failure::new(404, "ResourceNotFoundException", format!("{what} not found"));
    let anchor_arn = asked.wanted("trustAnchorArn")?;
    let anchor = state.world.trust_anchors.iter().find(|anchor| anchor.arn() == anchor_arn);
    let anchor = anchor.ok_or_else(|| missing("TrustAnchor"))?;
    let profile_arn = asked.wanted("profileArn")?;
    let profile = state.world.anywhere_profiles.iter().find(|profile| profile.arn() == profile_arn);
    let profile = profile.ok_or_else(|| missing("Profile"))?;
    if claim.region != anchor.region || profile.region != anchor.region {
        return Err(invalid("the trust anchor, the profile and the signature are not of one region"));
    }
    if profile.account != anchor.account {
        return Err(invalid("the trust anchor and the profile are not of one account"));
    }
    presented.check_chain(&anchor.certificate, now)?;
    let role_arn = asked.wanted("roleArn")?;
    if !profile.roles.iter().any(|role| role == role_arn) {
        return Err(denied("Unable to assume role: the profile does not have it"));
    }
    let duration = duration(&asked, profile)?;
    let serial = hex(&presented.serial);
    let name = session_name(&asked, profile)?.unwrap_or_else(|| serial.clone());

    let tags = presented.tags();
    check_trust(state, role_arn, anchor, &tags)?;
    let (role, _) = state.role(role_arn).ok_or_else(|| missing("Role"))?;
    if duration > role.max_session_duration {
        return Err(invalid("durationSeconds exceeds the MaxSessionDuration set for this role"));
    }
    let identity = state.role_session(&role.account, &role.name, &name);
    let (arn, id) = (identity.arn(), identity.user_id());
    let source = presented.common_name().map(|name| format!("CN={name}"));
    let granted = Session { source_identity: source.clone(), tags, ..Session::default() };
    let key = state.keyring.issue(identity, granted, now, duration);
    let subject = format!("arn:aws:rolesanywhere:{}:{}:subject/{serial}", anchor.region, anchor.account);
    let reply = json!({
        "credentialSet": [{
            "assumedRoleUser": {"arn": arn, "assumedRoleId": id},
            "credentials": {
                "accessKeyId": key.id, "secretAccessKey": key.secret, "sessionToken": key.token,
                "expiration": iso8601(key.expires_at.unwrap_or(now))},
            "packedPolicySize": 10, "roleArn": role_arn, "sourceIdentity": source}],
        "subjectArn": subject});
    let verdict = Verdict::Verified {
        access_key_id: claim.serial,
        arn: subject,
        region: claim.region,
        service: "rolesanywhere".into(),
        signed_headers: claim.signed_headers,
        presigned: false,
        payload: String::new(),
    };
    Ok((Reply::new(201, reply.to_string()).header("Content-Type", "application/json"), verdict))
}

fn duration(asked: &Asked, profile: &AnywhereProfile) -> Result<u32, Failure> {
    let seconds = match &asked.body["durationSeconds"] {
        Value::Null => return Ok(profile.duration_seconds),
        value => value.as_u64().and_then(|seconds| u32::try_from(seconds).ok()),
    };
    let seconds = seconds.filter(|seconds| (900..=43_200).contains(seconds));
    let seconds = seconds.ok_or_else(|| invalid("durationSeconds is not from 900 to 43200"))?;
    if seconds > profile.duration_seconds {
        return Err(invalid("durationSeconds exceeds the profile's"));
    }
    Ok(seconds)
}

fn session_name(asked: &Asked, profile: &AnywhereProfile) -> Result<Option<String>, Failure> {
    let name = asked.body["roleSessionName"].as_str().or_else(|| asked.body["sessionName"].as_str());
    let Some(name) = name else { return Ok(None) };
    if !profile.accept_role_session_name {
        return Err(denied("the profile does not accept a role session name"));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if (2..=64).contains(&name.len()) && name.bytes().all(fits) {
        Ok(Some(name.to_owned()))
    } else {
        Err(invalid("roleSessionName is malformed"))
    }
}

/// The role's trust policy sees the anchor and the certificate's names.
fn check_trust(
    state: &State,
    role_arn: &str,
    anchor: &TrustAnchor,
    tags: &[(String, String)],
) -> Result<(), Failure> {
    let unable =
        || denied("Unable to assume role for role ARN: the role does not exist, or does not trust this");
    let (role, _) = state.role(role_arn).ok_or_else(unable)?;
    let mut context = Context::default();
    context.set("aws:SourceArn", anchor.arn());
    context.set("aws:SourceAccount", anchor.account.as_str());
    for (name, value) in tags {
        context.set(&format!("aws:PrincipalTag/{name}"), value.as_str());
        context.set(&format!("aws:RequestTag/{name}"), value.as_str());
    }
    let caller = Caller::Service(PRINCIPAL.into());
    for action in ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] {
        match role.trust.trusts(&caller, action, &context) {
            Decision::AllowedByName | Decision::AllowedByAccount => {}
            Decision::Denied | Decision::NotMentioned => return Err(unable()),
        }
    }
    Ok(())
}
