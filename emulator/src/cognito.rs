//! Identity pools of Cognito.
//!
//! <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/Welcome.html>

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Map, Value, json};

use crate::encoding::request_id;
use crate::failure::Failure;
use crate::jws::{SigningKey, Token};
use crate::keyring::Session;
use crate::message::{Reply, Request};
use crate::policy::{Caller, Context, Decision};
use crate::state::State;
use crate::sts;
use crate::world::IdentityPool;

/// The issuer of the tokens that `GetOpenIdToken` gives.
pub(crate) const ISSUER: &str = "https://cognito-identity.amazonaws.com";
/// The name of that issuer in trust policies.
pub(crate) const PROVIDER: &str = "cognito-identity.amazonaws.com";
const TARGET: &str = "AWSCognitoIdentityService.";
const MAX_IDENTITIES: usize = 10_000;
const TOKEN_SECONDS: i64 = 600;

/// The identities that exist.
#[derive(Default)]
pub(crate) struct Identities(Mutex<HashMap<String, Identity>>);

#[derive(Clone)]
struct Identity {
    pool: String,
    /// The provider and the subject, of those who logged in.
    login: Option<(String, String)>,
}

pub(crate) fn is_target(target: &str) -> bool {
    target.starts_with(TARGET)
}

pub(crate) fn answer(state: &State, request: &Request, now: i64) -> Result<Reply, Failure> {
    let body: Value = serde_json::from_slice(&request.body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| Failure::new(400, "SerializationException", "the body is no JSON object"))?;
    let target = request.header("x-amz-target").unwrap_or_default();
    let reply = match target.strip_prefix(TARGET).unwrap_or_default() {
        "GetId" => identity(state, &body, now)?,
        "GetCredentialsForIdentity" => credentials(state, &body, now)?,
        "GetOpenIdToken" => {
            let (id, found, pool) = known(state, &body, now)?;
            json!({"IdentityId": id, "Token": token(state, &id, &found, pool, now)?})
        }
        _ => return Err(Failure::new(400, "UnknownOperationException", "there is no such operation")),
    };
    Ok(Reply::new(200, reply.to_string()).header("Content-Type", "application/x-amz-json-1.1"))
}

/// An error in JSON 1.1.
pub(crate) fn refuse(failure: &Failure) -> Reply {
    let body = json!({"__type": failure.code, "message": failure.message});
    Reply::new(failure.status, body.to_string()).header("Content-Type", "application/x-amz-json-1.1")
}

fn not_authorized(message: &str) -> Failure {
    Failure::new(400, "NotAuthorizedException", message)
}

fn wanted<'a>(body: &'a Value, name: &str) -> Result<&'a str, Failure> {
    body[name]
        .as_str()
        .ok_or_else(|| Failure::new(400, "InvalidParameterException", format!("{name} is missing")))
}

fn pool<'a>(state: &'a State, id: &str) -> Result<&'a IdentityPool, Failure> {
    let pool = state.world.identity_pools.iter().find(|pool| pool.id == id);
    pool.ok_or_else(|| {
        Failure::new(400, "ResourceNotFoundException", format!("IdentityPool '{id}' not found."))
    })
}

/// The provider and the subject of the logins, each of whose tokens is checked.
fn login(
    state: &State,
    pool: &IdentityPool,
    body: &Value,
    now: i64,
) -> Result<Option<(String, String)>, Failure> {
    let empty = Map::new();
    let logins = body["Logins"].as_object().unwrap_or(&empty);
    let mut login = None;
    for (name, token) in logins {
        let provider = state.world.oidc_providers.iter().find(|provider| provider.name() == name);
        let provider = provider
            .filter(|_| pool.providers.contains(name))
            .ok_or_else(|| not_authorized("Token is not from a supported provider of this identity pool."))?;
        let invalid = || not_authorized("Invalid login token.");
        let token = Token::parse(token.as_str().unwrap_or_default()).ok_or_else(invalid)?;
        sts::check(&token, &provider.signing_key, now)
            .map_err(|failure| not_authorized(&format!("Invalid login token. {}", failure.message)))?;
        let audiences = sts::audiences(&token.claims);
        if token.text("iss") != provider.issuer
            || !audiences.iter().any(|audience| provider.audiences.contains(audience))
        {
            return Err(not_authorized("Invalid login token. Incorrect token audience."));
        }
        login = Some((name.clone(), token.text("sub").to_owned()));
    }
    Ok(login)
}

fn identity(state: &State, body: &Value, now: i64) -> Result<Value, Failure> {
    let pool = pool(state, wanted(body, "IdentityPoolId")?)?;
    let login = login(state, pool, body, now)?;
    if login.is_none() && pool.unauthenticated_role.is_none() {
        return Err(not_authorized("Unauthenticated access is not supported for this identity pool."));
    }
    let mut identities = crate::lock(&state.identities.0);
    let before =
        identities.iter().find(|(_, one)| login.is_some() && one.pool == pool.id && one.login == login);
    let id = match before {
        Some((id, _)) => id.clone(),
        None => {
            let region = pool.id.split(':').next().unwrap_or_default();
            let id = format!("{region}:{}", request_id());
            if identities.len() >= MAX_IDENTITIES {
                identities.clear();
            }
            identities.insert(id.clone(), Identity { pool: pool.id.clone(), login });
            id
        }
    };
    Ok(json!({"IdentityId": id}))
}

/// The identity that a request names, once it has logged in as before.
fn known<'a>(
    state: &'a State,
    body: &Value,
    now: i64,
) -> Result<(String, Identity, &'a IdentityPool), Failure> {
    let id = wanted(body, "IdentityId")?;
    let found = crate::lock(&state.identities.0).get(id).cloned();
    let found = found.ok_or_else(|| {
        Failure::new(400, "ResourceNotFoundException", format!("Identity '{id}' not found."))
    })?;
    let pool = pool(state, &found.pool)?;
    if login(state, pool, body, now)? != found.login {
        return Err(not_authorized(
            "Logins don't match. Please include at least one valid login for this identity.",
        ));
    }
    Ok((id.to_owned(), found, pool))
}

fn amr(identity: &Identity) -> Vec<String> {
    match &identity.login {
        Some((provider, _)) => vec!["authenticated".to_owned(), provider.clone()],
        None => vec!["unauthenticated".to_owned()],
    }
}

fn token(
    state: &State,
    id: &str,
    found: &Identity,
    pool: &IdentityPool,
    now: i64,
) -> Result<String, Failure> {
    let claims = json!({
        "iss": ISSUER, "aud": pool.id, "sub": id, "amr": amr(found), "iat": now, "exp": now + TOKEN_SECONDS});
    let token = SigningKey::from_pem(&state.issuer_key).and_then(|key| key.token(&claims));
    let token =
        token.ok_or_else(|| Failure::new(500, "InternalErrorException", "the token cannot be signed"))?;
    state.keyring.note(&token);
    Ok(token)
}

fn credentials(state: &State, body: &Value, now: i64) -> Result<Value, Failure> {
    let (id, found, pool) = known(state, body, now)?;
    let role = if found.login.is_some() { &pool.authenticated_role } else { &pool.unauthenticated_role };
    let own = role.as_deref();
    let arn = match body["CustomRoleArn"].as_str() {
        None => own,
        Some(custom) if own == Some(custom) => own,
        Some(_) => return Err(not_authorized("CustomRoleArn is not a role of this identity.")),
    };
    let wrong = |message: &str| Failure::new(400, "InvalidIdentityPoolConfigurationException", message);
    let arn = arn.ok_or_else(|| {
        wrong("Invalid identity pool configuration. Check assigned IAM roles for this pool.")
    })?;
    let (role, _) = state.role(arn).ok_or_else(|| wrong("the identity pool's role does not exist"))?;
    let mut context = Context::default();
    context.set(&format!("{PROVIDER}:aud"), pool.id.as_str());
    context.set(&format!("{PROVIDER}:sub"), id.as_str());
    context.set_all(&format!("{PROVIDER}:amr"), amr(&found));
    let caller = Caller::Federated(PROVIDER.into());
    match role.trust.trusts(&caller, "sts:AssumeRoleWithWebIdentity", &context) {
        Decision::AllowedByName | Decision::AllowedByAccount => {}
        Decision::Denied | Decision::NotMentioned => {
            return Err(wrong("the role's trust policy does not let the identity pool take it"));
        }
    }
    let identity = state.role_session(&role.account, &role.name, "CognitoIdentityCredentials");
    let key = state.keyring.issue(identity, Session::default(), now, 3600);
    Ok(json!({"IdentityId": id, "Credentials": {
        "AccessKeyId": key.id, "SecretKey": key.secret, "SessionToken": key.token,
        "Expiration": key.expires_at.unwrap_or(now)}}))
}
