//! The portal: accounts, roles, credentials, logout; every request with an access token.

use serde_json::{Value, json};

use super::{Grant, invalid_request};
use crate::encoding::{base64, text_of, unbase64};
use crate::failure::Failure;
use crate::keyring::{Identity, Session, stable_id};
use crate::message::{Reply, Request};
use crate::state::State;
use crate::world::SSO_PATH;

const TOKEN: &str = "x-amz-sso_bearer_token";
const ACCESS: &str = "sso:account:access";
const MAX_RESULTS: usize = 100;

type Params = [(String, String)];

/// Answers a request to the portal.
pub(crate) fn answer(state: &State, request: &Request, now: i64) -> Result<Reply, Failure> {
    let operation = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/federation/credentials") => credentials,
        ("GET", "/assignment/accounts") => accounts,
        ("GET", "/assignment/roles") => roles,
        ("POST", "/logout") => logout,
        _ => return Err(Failure::new(404, "UnknownOperationException", "there is no such operation")),
    };
    let grant = grant(state, request, now)?;
    let params = request.params();
    let reply = operation(state, &grant, &params, now)?;
    Ok(if reply.is_null() {
        Reply::empty(200)
    } else {
        Reply::new(200, reply.to_string()).header("Content-Type", "application/json")
    })
}

fn grant(state: &State, request: &Request, now: i64) -> Result<Grant, Failure> {
    let denied = || Failure::new(401, "UnauthorizedException", "Session token not found or invalid");
    let token = request.header(TOKEN).ok_or_else(denied)?;
    let papers = crate::lock(&state.desk.0);
    let grant = papers.access.get(token).filter(|grant| now < grant.expires_at).ok_or_else(denied)?;
    if !grant.scopes.is_empty() && !grant.scopes.iter().any(|scope| scope == ACCESS) {
        return Err(Failure::new(403, "ForbiddenException", "the token is not for the portal"));
    }
    Ok(grant.clone())
}

fn param<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn account(params: &Params) -> Result<&str, Failure> {
    let account = param(params, "account_id").ok_or_else(|| invalid_request("account_id is missing"))?;
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(account)
    } else {
        Err(invalid_request("account_id has not twelve digits"))
    }
}

/// The permission sets of the user, with their accounts.
fn assignments<'a>(state: &'a State, grant: &Grant) -> Vec<(&'a str, &'a str)> {
    let user = grant.user(state);
    let assignments = user.map(|user| user.assignments.as_slice()).unwrap_or_default();
    assignments.iter().map(|one| (one.account.as_str(), one.permission_set.as_str())).collect()
}

fn no_account() -> Failure {
    Failure::new(404, "ResourceNotFoundException", "Account not found")
}

fn credentials(state: &State, grant: &Grant, params: &Params, now: i64) -> Result<Value, Failure> {
    let role = param(params, "role_name").ok_or_else(|| invalid_request("role_name is missing"))?;
    let account = account(params)?;
    let assignments = assignments(state, grant);
    if !assignments.contains(&(account, role)) {
        let known = assignments.iter().any(|(other, _)| *other == account);
        return Err(if known { Failure::new(403, "ForbiddenException", "No access") } else { no_account() });
    }
    let center = grant.center(state).ok_or_else(no_account)?;
    let arn = center.role_arn(account, role);
    let identity = Identity::Role {
        account: account.to_owned(),
        name: center.role_name(account, role),
        path: SSO_PATH.into(),
        id: stable_id("AROA", &arn),
        session: grant.user.clone(),
    };
    let key = state.keyring.issue(identity, Session::default(), now, center.role_seconds);
    Ok(json!({"roleCredentials": {
        "accessKeyId": key.id, "secretAccessKey": key.secret, "sessionToken": key.token,
        "expiration": key.expires_at.unwrap_or(now) * 1000}}))
}

fn accounts(state: &State, grant: &Grant, params: &Params, _now: i64) -> Result<Value, Failure> {
    let mut accounts: Vec<&str> = assignments(state, grant).into_iter().map(|(account, _)| account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let shown = |account: &str| {
        let known = grant.center(state).map(|center| center.accounts.as_slice()).unwrap_or_default();
        match known.iter().find(|known| known.account == account) {
            Some(known) => (known.name.clone(), known.email.clone()),
            None => (format!("account-{account}"), format!("{account}@example.com")),
        }
    };
    let all = accounts.into_iter().map(|account| {
        let (name, email) = shown(account);
        json!({"accountId": account, "accountName": name, "emailAddress": email})
    });
    page("accountList", all.collect(), params)
}

fn roles(state: &State, grant: &Grant, params: &Params, _now: i64) -> Result<Value, Failure> {
    let account = account(params)?;
    let mut names: Vec<&str> = assignments(state, grant)
        .into_iter()
        .filter(|(known, _)| *known == account)
        .map(|(_, role)| role)
        .collect();
    if names.is_empty() {
        return Err(no_account());
    }
    names.sort_unstable();
    names.dedup();
    let all = names.into_iter().map(|name| json!({"roleName": name, "accountId": account}));
    page("roleList", all.collect(), params)
}

/// Ends the sign-in: its access tokens and its refresh tokens.
fn logout(state: &State, grant: &Grant, _params: &Params, _now: i64) -> Result<Value, Failure> {
    let mut papers = crate::lock(&state.desk.0);
    papers.access.retain(|_, other| other.session != grant.session);
    papers.refresh.retain(|_, other| other.session != grant.session);
    Ok(Value::Null)
}

/// A part of a list, and a token for the next one if there is more.
fn page(name: &str, all: Vec<Value>, params: &Params) -> Result<Value, Failure> {
    let size = match param(params, "max_result") {
        None => MAX_RESULTS,
        Some(text) => text
            .parse()
            .ok()
            .filter(|size| (1..=MAX_RESULTS).contains(size))
            .ok_or_else(|| invalid_request("max_result is not from 1 to 100"))?,
    };
    let from = match param(params, "next_token") {
        None => 0,
        Some(token) => unbase64(token)
            .and_then(|token| text_of(&token).strip_prefix(name)?.parse::<usize>().ok())
            .filter(|from| *from < all.len())
            .ok_or_else(|| invalid_request("next_token is invalid"))?,
    };
    let end = (from + size).min(all.len());
    let mut reply = json!({});
    if end < all.len() {
        reply["nextToken"] = base64(format!("{name}{end}").as_bytes()).into();
    }
    reply[name] = all.into_iter().skip(from).take(size).collect();
    Ok(reply)
}
