//! `AssumeRoleWithWebIdentity`, and the tokens that it takes: JSON Web Tokens (RFC 7519) that the emulator itself
//! minted in the name of a registered provider, signed with HS256.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::assume_role::assumed_role_user;
use super::parameter::{Parameters, length};
use super::{credentials, element, packed_policy};
use crate::clock::iso8601;
use crate::failure::Failure;
use crate::keyring::{Identity, Session};
use crate::policy::{Caller, Context, Decision};
use crate::state::State;
use crate::world::OidcProvider;

/// A token of the provider.
pub(crate) fn mint(provider: &OidcProvider, audience: &str, subject: &str, now: i64, seconds: i64) -> String {
    let claims = json!({
        "iss": provider.issuer, "aud": audience, "sub": subject, "iat": now, "nbf": now, "exp": now + seconds});
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(&json!({"alg": "HS256", "typ": "JWT"})), encode(&claims));
    let tag = URL_SAFE_NO_PAD.encode(mac(provider, &signed).finalize().into_bytes());
    format!("{signed}.{tag}")
}

pub(super) fn answer(state: &State, parameters: &Parameters, now: i64) -> Result<String, Failure> {
    let role_arn = parameters.arn("RoleArn")?;
    let session_name = parameters.name("RoleSessionName", 64)?;
    let duration = parameters.duration(43_200, 3600)?;
    let token = parameters.wanted("WebIdentityToken")?;
    length(token, "WebIdentityToken", 4, 20_000)?;
    parameters.check_policy()?;

    let claims = claims(token)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let denied =
        || Failure::new(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    let (role, role_id) = state.role(role_arn).ok_or_else(denied)?;
    let provider = state
        .world
        .oidc_providers
        .iter()
        .find(|provider| provider.issuer == text("iss") && provider.account == role.account)
        .ok_or_else(|| {
            let message = format!("No OpenIDConnect provider found in your account for {}", text("iss"));
            Failure::new(400, "InvalidIdentityToken", message)
        })?;
    check_signature(provider, token)?;
    let expiry = claims.get("exp").and_then(Value::as_i64).unwrap_or_default();
    if now >= expiry {
        let message = format!(
            "Token expired: current date/time {} must be before the expiration date/time {}",
            iso8601(now),
            iso8601(expiry)
        );
        return Err(Failure::new(400, "ExpiredTokenException", message));
    }
    if claims.get("nbf").and_then(Value::as_i64).is_some_and(|start| start > now + 300) {
        return Err(Failure::new(400, "InvalidIdentityToken", "Token is not yet valid"));
    }
    let audiences = audiences(&claims);
    let Some(audience) = audiences.iter().find(|audience| provider.audiences.contains(audience)) else {
        return Err(Failure::new(400, "InvalidIdentityToken", "Incorrect token audience"));
    };
    let subject = text("sub");
    if subject.is_empty() {
        return Err(Failure::new(400, "InvalidIdentityToken", "Missing a required claim: sub"));
    }

    let mut context = Context::default();
    context.set_all(&format!("{}:aud", provider.name()), audiences.clone());
    context.set(&format!("{}:sub", provider.name()), subject);
    context.set("aws:FederatedProvider", provider.arn());
    context.set("sts:RoleSessionName", session_name);
    let caller = Caller::Federated(provider.arn());
    match role.trust.trusts(&caller, "sts:AssumeRoleWithWebIdentity", &context) {
        Decision::AllowedByName | Decision::AllowedByAccount => {}
        Decision::Denied | Decision::NotMentioned => return Err(denied()),
    }
    if duration > role.max_session_duration {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(Failure::new(400, "ValidationError", message));
    }

    let identity = Identity::Role {
        account: role.account.clone(),
        name: role.name.clone(),
        path: role.path.clone(),
        id: role_id.to_owned(),
        session: session_name.to_owned(),
    };
    let user = assumed_role_user(&identity);
    let key = state.keyring.issue(identity, Session::default(), now, duration);
    Ok(format!(
        "{}{user}{}{}{}{}",
        element("SubjectFromWebIdentityToken", subject),
        credentials(&key),
        element("Provider", &provider.arn()),
        element("Audience", audience),
        packed_policy(parameters)
    ))
}

fn invalid() -> Failure {
    Failure::new(
        400,
        "InvalidIdentityToken",
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    )
}

fn claims(token: &str) -> Result<Value, Failure> {
    let mut parts = token.split('.');
    let (Some(head), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(invalid());
    };
    let read = |part: &str| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok().filter(Value::is_object)
    };
    let (head, claims) = read(head).zip(read(claims)).ok_or_else(invalid)?;
    if head.get("alg").and_then(Value::as_str) != Some("HS256") {
        return Err(invalid());
    }
    Ok(claims)
}

fn check_signature(provider: &OidcProvider, token: &str) -> Result<(), Failure> {
    let (signed, tag) = token.rsplit_once('.').ok_or_else(invalid)?;
    let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| invalid())?;
    mac(provider, signed).verify_slice(&tag).map_err(|_| {
        Failure::new(400, "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements")
    })
}

fn audiences(claims: &Value) -> Vec<String> {
    match claims.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn mac(provider: &OidcProvider, text: &str) -> Hmac<Sha256> {
    // HMAC takes keys of any length; a failure here would be the crate's.
    let mut mac = Hmac::new_from_slice(provider.signing_secret.as_bytes()).expect("a key of any length");
    mac.update(text.as_bytes());
    mac
}
