//! Sign-in to the console, and for `aws login`: a browser's approval becomes credentials, bound to a key that the client proves with every
//! request (DPoP, RFC 9449).

mod federation;
mod proof;

use std::collections::HashMap;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::encoding::base64;
use crate::failure::Failure;
use crate::jws::SigningKey;
use crate::keyring::{Identity, Session, stable_id};
use crate::message::{Reply, Request};
use crate::page::{self, redirect, with_query};
use crate::sso::{Members, loopback};
use crate::state::State;
use crate::world::User;

const CLIENT: &str = "arn:aws:signin:::devtools/";
const MAX_ENTRIES: usize = 10_000;
const CODE_SECONDS: i64 = 600;

/// What was given out and is not yet used up.
#[derive(Default)]
pub(crate) struct Logins(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    codes: HashMap<String, Code>,
    refresh: HashMap<String, Login>,
    /// The proofs that were seen, with the time until which they are remembered.
    proofs: HashMap<String, i64>,
    /// Tokens for the console that were not used yet.
    console: HashMap<String, federation::Ticket>,
}

#[derive(Clone)]
struct Code {
    login: Login,
    redirect_uri: String,
    challenge: String,
}

/// A sign-in.
#[derive(Clone)]
struct Login {
    user: String,
    client: String,
    /// The thumbprint of the client's key, once it has shown it.
    key: String,
    /// Seconds since the epoch.
    ends_at: i64,
    /// Whether the user's password was changed since.
    stale: bool,
}

fn refusal(error: &str, message: &str) -> Failure {
    Failure::new(400, "AccessDeniedException", message).with("error", error)
}

fn invalid(message: &str) -> Failure {
    Failure::new(400, "ValidationException", message).with("error", "INVALID_REQUEST")
}

/// An error in the service's shape.
pub(crate) fn refuse(failure: &Failure) -> Reply {
    let named = failure.members.iter().find(|(name, _)| *name == "error").map(|(_, error)| error.as_str());
    let error = named.unwrap_or(match failure.status {
        503 => "service_unavailable",
        500.. => "server_error",
        _ => "INVALID_REQUEST",
    });
    let body = json!({"error": error, "message": failure.message});
    Reply::new(failure.status, body.to_string())
        .header("Content-Type", "application/json")
        .header("x-amzn-ErrorType", failure.code.as_str())
}

/// Answers a request. `base` is the address that the client used.
pub(crate) fn answer(state: &State, request: &Request, base: &str, now: i64) -> Result<Reply, Failure> {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/v1/token") => token(state, request, base, now),
        ("GET", "/v1/authorize" | "/v1/authorize/approve" | "/v1/authorize/deny") => {
            Ok(pages(state, request, base, now))
        }
        ("GET" | "POST", "/federation") => Ok(federation::answer(state, request, base, now)),
        ("GET", "/v1/sessions/confirmation") => {
            Ok(page::plain(200, &base64(request.query.as_deref().unwrap_or_default().as_bytes())))
        }
        _ => Err(Failure::new(404, "UnknownOperationException", "there is no such operation")),
    }
}

type Params = [(String, String)];

fn param<'a>(params: &'a Params, name: &str) -> &'a str {
    params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
}

/// Why an authorization URL is refused, if it is.
fn wrong(params: &Params, base: Option<&str>) -> Option<&'static str> {
    let target = param(params, "redirect_uri");
    let there = match param(params, "client_id").strip_prefix(CLIENT) {
        Some("same-device") => loopback(target).is_some_and(|uri| uri.ends_with("/oauth/callback")),
        Some("cross-device") => {
            target.ends_with("/v1/sessions/confirmation") && base.is_none_or(|base| target.starts_with(base))
        }
        _ => return Some("The client is unknown."),
    };
    if !there {
        return Some("The redirect URI is not one of this client.");
    }
    let right = param(params, "response_type") == "code"
        && param(params, "code_challenge_method") == "SHA-256"
        && param(params, "code_challenge").len() == 43
        && param(params, "scope") == "openid"
        && !param(params, "state").is_empty();
    (!right).then_some("A parameter is missing or malformed.")
}

/// Approves an authorization URL's query for an IAM user: the address that the browser is sent to.
pub(crate) fn approve(state: &State, params: &Params, user: &str, now: i64) -> Option<String> {
    if wrong(params, None).is_some() {
        return None;
    }
    let user = state.world.users.iter().find(|known| known.name == user || known.arn() == user)?;
    let code = state.keyring.secret("", 60);
    let redirect_uri = param(params, "redirect_uri").to_owned();
    let location = with_query(&redirect_uri, &[("code", &code), ("state", param(params, "state"))]);
    let login = Login {
        user: user.arn(),
        client: param(params, "client_id").to_owned(),
        key: String::new(),
        ends_at: now + CODE_SECONDS,
        stale: false,
    };
    let entry = Code { login, redirect_uri, challenge: param(params, "code_challenge").to_owned() };
    let mut entries = crate::lock(&state.logins.0);
    if entries.codes.len() >= MAX_ENTRIES {
        entries.codes.clear();
    }
    entries.codes.insert(code, entry);
    Some(location)
}

/// Ends every sign-in of a user, as a change of the password does.
pub(crate) fn change_password(state: &State, user: &str) {
    let mut entries = crate::lock(&state.logins.0);
    let names = |login: &Login| login.user == user || login.user.ends_with(&format!("/{user}"));
    entries.refresh.values_mut().filter(|login| names(login)).for_each(|login| login.stale = true);
}

fn pages(state: &State, request: &Request, base: &str, now: i64) -> Reply {
    let params = request.params();
    if let Some(text) = wrong(&params, Some(base)) {
        return page::plain(400, text);
    }
    let user = match request.path.as_str() {
        "/v1/authorize/approve" => Some(param(&params, "user")),
        "/v1/authorize/deny" => {
            let pairs = [("error", "access_denied"), ("state", param(&params, "state"))];
            return redirect(&with_query(param(&params, "redirect_uri"), &pairs));
        }
        _ => state.world.console.signed_in.as_deref(),
    };
    let query = request.query.as_deref().unwrap_or_default();
    match user.map(|user| approve(state, &params, user, now)) {
        Some(Some(location)) => redirect(&location),
        Some(None) => page::plain(400, "There is no such user."),
        None => page::choice(
            "A program asks for your credentials",
            state.world.users.iter().map(|user| user.name.as_str()),
            &format!("/v1/authorize/approve?{query}&user="),
            &format!("/v1/authorize/deny?{query}"),
        ),
    }
}

/// `CreateOAuth2Token`
fn token(state: &State, request: &Request, base: &str, now: i64) -> Result<Reply, Failure> {
    let members = Members::of(request).ok_or_else(|| invalid("the body is no JSON object"))?;
    let wanted = |name: &str| members.text(name).ok_or_else(|| invalid(&format!("{name} is missing")));
    let client = wanted("clientId")?;
    let mut entries = crate::lock(&state.logins.0);
    let key = proof::check(request, &format!("{base}/v1/token"), &mut entries.proofs, now)?;
    let mut login = match wanted("grantType")? {
        "authorization_code" => {
            let (code, verifier) = (wanted("code")?, wanted("codeVerifier")?);
            let redirect_uri = wanted("redirectUri")?;
            // Whatever comes of it: a code is good for one attempt.
            let code = entries.codes.remove(code).filter(|code| code.login.client == client);
            let code = code.ok_or_else(|| invalid("the code is unknown or was used"))?;
            if now >= code.login.ends_at {
                return Err(refusal("AUTHCODE_EXPIRED", "the code has expired"));
            }
            if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != code.challenge {
                return Err(invalid("the code verifier does not fit the challenge"));
            }
            if redirect_uri != code.redirect_uri {
                return Err(invalid("the redirect URI is another one than before"));
            }
            let seconds = state.world.console.session_seconds.unwrap_or(12 * 3600);
            Login { key, ends_at: now + i64::from(seconds), ..code.login }
        }
        "refresh_token" => {
            let token = wanted("refreshToken")?;
            let login = entries.refresh.get(token).filter(|login| login.client == client);
            let login =
                login.ok_or_else(|| refusal("TOKEN_EXPIRED", "the refresh token is unknown or was used"))?;
            if now >= login.ends_at {
                return Err(refusal("TOKEN_EXPIRED", "the sign-in has ended"));
            }
            if login.stale {
                return Err(refusal("USER_CREDENTIALS_CHANGED", "the user's password was changed"));
            }
            if login.key != key {
                return Err(invalid("the proof is by another key than the sign-in's"));
            }
            // The one that is used is gone, and its successor comes with the reply.
            entries.refresh.remove(token).ok_or_else(|| invalid("the refresh token was used"))?
        }
        _ => return Err(invalid("the grant type is not supported")),
    };
    login.client = client.to_owned();
    let user = state.world.users.iter().find(|user| user.arn() == login.user);
    let user = user.ok_or_else(|| refusal("TOKEN_EXPIRED", "the user is gone"))?;
    may_log_in(user)?;
    let most = i64::from(state.world.console.access_seconds.unwrap_or(900).min(900));
    let seconds = most.min(login.ends_at - now).max(1);
    let issued = state.keyring.issue(
        identity(state, user),
        Session { mfa_at: user.mfa.as_ref().map(|_| now), ..Session::default() },
        now,
        u32::try_from(seconds).unwrap_or(900),
    );
    let refresh = state.keyring.secret("", 300);
    let claims = json!({
        "iss": base, "aud": client, "sub": login.user, "iat": now, "exp": now + seconds});
    let id_token = SigningKey::from_pem(&state.issuer_key).and_then(|key| key.token(&claims));
    let id_token =
        id_token.ok_or_else(|| Failure::new(500, "InternalServerException", "no token can be signed"))?;
    state.keyring.note(&id_token);
    if entries.refresh.len() >= MAX_ENTRIES {
        entries.refresh.clear();
    }
    entries.refresh.insert(refresh.clone(), login);
    let reply = json!({
        "accessToken": {
            "accessKeyId": issued.id, "secretAccessKey": issued.secret, "sessionToken": issued.token},
        "tokenType": "aws_sigv4", "expiresIn": seconds, "refreshToken": refresh, "idToken": id_token});
    Ok(Reply::new(200, reply.to_string()).header("Content-Type", "application/json"))
}

/// A user who has policies needs one that allows it.
fn may_log_in(user: &User) -> Result<(), Failure> {
    use crate::policy::{Context, Decision};
    let context = Context::default();
    let decisions: Vec<Decision> = user
        .policies
        .iter()
        .map(|policy| policy.permits("signin:CreateOAuth2Token", "*", &context))
        .collect();
    let allowed = decisions.contains(&Decision::AllowedByName) && !decisions.contains(&Decision::Denied);
    if decisions.is_empty() || allowed {
        return Ok(());
    }
    Err(refusal("INSUFFICIENT_PERMISSIONS", "the user is not allowed signin:CreateOAuth2Token"))
}

fn identity(state: &State, user: &User) -> Identity {
    let known = user.access_keys.iter().find_map(|key| state.keyring.find(&key.access_key_id));
    known.map_or_else(
        || Identity::User {
            account: user.account.clone(),
            name: user.name.clone(),
            path: user.path.clone(),
            id: stable_id("AIDA", &user.arn()),
        },
        |key| key.identity,
    )
}
