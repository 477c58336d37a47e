//! `AssumeRoleWithWebIdentity`, and the tokens that it takes: of registered OpenID Connect providers and of Cognito's
//! identity pools, signed with RS256 or ES256.

use serde_json::{Value, json};

use super::assume_role::assumed_role_user;
use super::parameter::{Parameters, length};
use super::{credentials, element, packed_policy};
use crate::clock::iso8601;
use crate::cognito;
use crate::failure::Failure;
use crate::jws::{SigningKey, Token};
use crate::keyring::{Identity, Session};
use crate::policy::{Caller, Context, Decision};
use crate::state::State;
use crate::world::OidcProvider;

/// Session tags that a token carries.
const TAGS: &str = "https://aws.amazon.com/tags";
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";

/// A token of the provider, with more claims than the usual ones.
pub(crate) fn mint(
    provider: &OidcProvider,
    audience: &str,
    subject: &str,
    more: &Value,
    now: i64,
    seconds: i64,
) -> Option<String> {
    let mut claims = json!({
        "iss": provider.issuer, "aud": audience, "sub": subject, "iat": now, "nbf": now, "exp": now + seconds});
    for (name, value) in more.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    SigningKey::from_pem(&provider.signing_key)?.token(&claims)
}

pub(super) fn answer(state: &State, parameters: &Parameters, now: i64) -> Result<String, Failure> {
    let role_arn = parameters.arn("RoleArn")?;
    let session_name = parameters.name("RoleSessionName", 64)?;
    let duration = parameters.duration(43_200, 3600)?;
    let token = parameters.wanted("WebIdentityToken")?;
    length(token, "WebIdentityToken", 4, 20_000)?;
    let policy = parameters.policy()?;

    let token = Token::parse(token).ok_or_else(invalid)?;
    let denied =
        |action: &str| Failure::new(403, "AccessDenied", format!("Not authorized to perform {action}"));
    let (role, role_id) = state.role(role_arn).ok_or_else(|| denied("sts:AssumeRoleWithWebIdentity"))?;
    let issuer = Issuer::of(state, &role.account, token.text("iss")).ok_or_else(|| {
        let message = format!("No OpenIDConnect provider found in your account for {}", token.text("iss"));
        Failure::new(400, "InvalidIdentityToken", message)
    })?;
    check(&token, issuer.key, now)?;
    let audiences = audiences(&token.claims);
    let known = |audience: &&String| issuer.audiences.is_none_or(|known| known.contains(audience));
    let Some(audience) = audiences.iter().find(known) else {
        return Err(Failure::new(400, "InvalidIdentityToken", "Incorrect token audience"));
    };
    let subject = token.text("sub");
    if subject.is_empty() {
        return Err(Failure::new(400, "InvalidIdentityToken", "Missing a required claim: sub"));
    }

    let mut context = Context::default();
    context.set_all(&format!("{}:aud", issuer.name), audiences.clone());
    context.set(&format!("{}:sub", issuer.name), subject);
    if let Some(Value::Array(amr)) = token.claims.get("amr") {
        let amr = amr.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        context.set_all(&format!("{}:amr", issuer.name), amr);
    }
    context.set("aws:FederatedProvider", issuer.principal.as_str());
    context.set("sts:RoleSessionName", session_name);
    let session = Session { policy, ..session(&token.claims)? };
    let mut actions = vec!["sts:AssumeRoleWithWebIdentity"];
    if !session.tags.is_empty() {
        actions.push("sts:TagSession");
        for (key, value) in &session.tags {
            context.set(&format!("aws:RequestTag/{key}"), value.as_str());
        }
        context.set_all("aws:TagKeys", session.tags.iter().map(|(key, _)| key.clone()).collect());
        context.set_all("sts:TransitiveTagKeys", session.transitive_tags.clone());
    }
    if let Some(source) = &session.source_identity {
        actions.push("sts:SetSourceIdentity");
        context.set("sts:SourceIdentity", source.as_str());
    }
    let caller = Caller::Federated(issuer.principal.clone());
    for action in actions {
        match role.trust.trusts(&caller, action, &context) {
            Decision::AllowedByName | Decision::AllowedByAccount => {}
            Decision::Denied | Decision::NotMentioned => return Err(denied(action)),
        }
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
    let source = session.source_identity.as_deref();
    let source = source.map_or(String::new(), |source| element("SourceIdentity", source));
    let key = state.keyring.issue(identity, session, now, duration);
    Ok(format!(
        "{}{user}{}{}{}{source}{}",
        element("SubjectFromWebIdentityToken", subject),
        credentials(&key),
        element("Provider", &issuer.principal),
        element("Audience", audience),
        packed_policy(parameters)
    ))
}

/// Who issued a token, as trust policies see it.
struct Issuer<'a> {
    /// The prefix of the condition keys.
    name: String,
    principal: String,
    /// The audiences that it is registered for; any if there is no such list.
    audiences: Option<&'a [String]>,
    key: &'a str,
}

impl<'a> Issuer<'a> {
    fn of(state: &'a State, account: &str, issuer: &str) -> Option<Self> {
        if issuer == cognito::ISSUER {
            let name = cognito::PROVIDER.to_owned();
            return Some(Self { principal: name.clone(), name, audiences: None, key: &state.issuer_key });
        }
        let mut providers = state.world.oidc_providers.iter();
        let provider = providers.find(|provider| provider.issuer == issuer && provider.account == account)?;
        Some(Self {
            name: provider.name().to_owned(),
            principal: provider.arn(),
            audiences: Some(&provider.audiences),
            key: &provider.signing_key,
        })
    }
}

/// Checks signature and time of a token.
pub(crate) fn check(token: &Token<'_>, key: &str, now: i64) -> Result<(), Failure> {
    let refuse = |message| Err(Failure::new(400, "InvalidIdentityToken", message));
    if !SigningKey::from_pem(key).is_some_and(|key| key.signed(token)) {
        return refuse("The ID Token's signature is not by a key of the identity provider");
    }
    let expiry = token.claims.get("exp").and_then(Value::as_i64).unwrap_or_default();
    if now >= expiry {
        let message = format!(
            "Token expired: current date/time {} must be before the expiration date/time {}",
            iso8601(now),
            iso8601(expiry)
        );
        return Err(Failure::new(400, "ExpiredTokenException", message));
    }
    if token.claims.get("nbf").and_then(Value::as_i64).is_some_and(|start| start > now + 300) {
        return refuse("Token is not yet valid");
    }
    Ok(())
}

/// The session tags and the source identity that the token carries.
fn session(claims: &Value) -> Result<Session, Failure> {
    let wrong = || Failure::new(400, "InvalidIdentityToken", "The session tags of the token are malformed");
    let mut session = Session::default();
    for (key, values) in claims[TAGS]["principal_tags"].as_object().into_iter().flatten() {
        let value = values.as_str().or_else(|| values.get(0).and_then(Value::as_str)).ok_or_else(wrong)?;
        session.tags.push((key.clone(), value.to_owned()));
    }
    for key in claims[TAGS]["transitive_tag_keys"].as_array().into_iter().flatten() {
        let key = key.as_str().filter(|key| session.tags.iter().any(|(known, _)| known == key));
        session.transitive_tags.push(key.ok_or_else(wrong)?.to_owned());
    }
    session.source_identity = claims[SOURCE_IDENTITY].as_str().map(str::to_owned);
    Ok(session)
}

fn invalid() -> Failure {
    Failure::new(
        400,
        "InvalidIdentityToken",
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    )
}

pub(crate) fn audiences(claims: &Value) -> Vec<String> {
    match claims.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
