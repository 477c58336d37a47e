//! `CreateToken`: a device code, an authorization code or a refresh token for an access token. Each is used up by it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::client::{AUTHORIZATION_CODE, Client, DEVICE_CODE, Members, REFRESH_TOKEN, members};
use super::device::Decision;
use super::{Grant, Papers, invalid_request, keep};
use crate::failure::Failure;
use crate::message::{Reply, Request};
use crate::state::State;

pub(super) fn create(state: &State, request: &Request, now: i64) -> Result<Reply, Failure> {
    let members = members(request)?;
    let mut papers = crate::lock(&state.desk.0);
    let (client_id, client) = papers.client(&members, now)?;
    let grant_type = members.wanted("grantType")?;
    if ![DEVICE_CODE, REFRESH_TOKEN, AUTHORIZATION_CODE].contains(&grant_type) {
        return Err(Failure::new(400, "UnsupportedGrantTypeException", "the grant type is not supported"));
    }
    client.may(grant_type)?;
    let mut grant = match grant_type {
        DEVICE_CODE => by_device(&mut papers, &client_id, &client, &members, now),
        REFRESH_TOKEN => by_refresh_token(&mut papers, &client_id, &members, now),
        _ => by_code(&mut papers, &client_id, &members, now),
    }?;
    let center = grant.center(state).ok_or_else(|| invalid_grant("the instance is gone"))?;
    if grant.session_ends_at == i64::MAX {
        papers.sessions += 1;
        grant.session = papers.sessions;
        grant.session_ends_at = now + i64::from(center.session_seconds);
    }
    let access = state.keyring.secret("aoaAAAAAG", 80);
    grant.expires_at = (now + i64::from(center.access_token_seconds)).min(grant.session_ends_at);
    let mut reply =
        json!({"accessToken": access, "tokenType": "Bearer", "expiresIn": grant.expires_at - now});
    // A client without scopes, as those of the legacy configuration, cannot refresh.
    if !grant.scopes.is_empty() && client.may(REFRESH_TOKEN).is_ok() {
        let refresh = state.keyring.secret("aorAAAAAG", 120);
        reply["refreshToken"] = refresh.as_str().into();
        let entry = Grant { expires_at: grant.session_ends_at, ..grant.clone() };
        keep(&mut papers.refresh, refresh, entry, now);
    }
    keep(&mut papers.access, access, grant, now);
    Ok(Reply::new(200, reply.to_string()).header("Content-Type", "application/json"))
}

fn by_device(
    papers: &mut Papers,
    client_id: &str,
    client: &Client,
    members: &Members,
    now: i64,
) -> Result<Grant, Failure> {
    let code = members.wanted("deviceCode")?;
    let device = papers
        .devices
        .get_mut(code)
        .filter(|device| device.client == client_id)
        .ok_or_else(|| invalid_grant("the device code is unknown or was used"))?;
    if now >= device.expires_at {
        return Err(Failure::new(400, "ExpiredTokenException", "the device code has expired"));
    }
    let too_fast = device.polled_at.is_some_and(|at| now - at < device.interval);
    device.polled_at = Some(now);
    if too_fast {
        device.interval += 5;
        return Err(Failure::new(400, "SlowDownException", "the client asks too often"));
    }
    let user = match &device.decision {
        Decision::Pending => {
            let message = "the user has not answered yet";
            return Err(Failure::new(400, "AuthorizationPendingException", message));
        }
        Decision::Denied => {
            return Err(Failure::new(400, "AccessDeniedException", "the user denied the request"));
        }
        Decision::Approved(user) => user.clone(),
    };
    let center = device.center;
    papers.devices.remove(code);
    Ok(first(center, user, client_id, client.scopes.clone()))
}

fn by_code(papers: &mut Papers, client_id: &str, members: &Members, now: i64) -> Result<Grant, Failure> {
    let (code, verifier) = (members.wanted("code")?, members.wanted("codeVerifier")?);
    let redirect_uri = members.wanted("redirectUri")?;
    // Whatever comes of it: a code is good for one attempt.
    let code = papers
        .codes
        .remove(code)
        .filter(|code| code.client == client_id && now < code.expires_at)
        .ok_or_else(|| invalid_grant("the code is unknown, was used, or has expired"))?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    if !bool::from(challenge.as_bytes().ct_eq(code.challenge.as_bytes())) {
        return Err(invalid_grant("the code verifier does not fit the challenge"));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(fits) {
        return Err(invalid_request("the code verifier is malformed"));
    }
    if code.redirect_uri != redirect_uri {
        return Err(invalid_grant("the redirect URI is another one than before"));
    }
    Ok(first(code.center, code.user, client_id, code.scopes))
}

/// A refresh token is good once: its successor comes with the new access token.
fn by_refresh_token(
    papers: &mut Papers,
    client_id: &str,
    members: &Members,
    now: i64,
) -> Result<Grant, Failure> {
    let token = members.wanted("refreshToken")?;
    if !papers.refresh.get(token).is_some_and(|grant| grant.client == client_id && now < grant.expires_at) {
        return Err(invalid_grant("the refresh token is unknown, was used, or has expired"));
    }
    papers.refresh.remove(token).ok_or_else(|| invalid_grant("the refresh token was used"))
}

/// The grant of a new sign-in, whose end is still to be set.
fn first(center: usize, user: String, client_id: &str, scopes: Vec<String>) -> Grant {
    Grant {
        center,
        user,
        client: client_id.to_owned(),
        scopes,
        session: 0,
        expires_at: 0,
        session_ends_at: i64::MAX,
    }
}

fn invalid_grant(message: &str) -> Failure {
    Failure::new(400, "InvalidGrantException", message)
}
