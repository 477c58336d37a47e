//! The services that take no signature of AWS's usual kind: which of them a request is for, and their errors.
//!
//! A host name of AWS tells the service; at the emulator's own address the request's shape does.

use serde_json::json;

use crate::failure::Failure;
use crate::message::{Reply, Request};
use crate::record::Verdict;
use crate::service::Door;
use crate::state::State;
use crate::{anywhere, cognito, control, signin, sso};

/// Their names, by which faults strike them.
const IMDS: &str = "imds";
const CONTAINER: &str = "container";
const SSO: &str = "sso";
const SSO_OIDC: &str = "sso-oidc";
const SIGNIN: &str = "signin";
const COGNITO: &str = "cognito-identity";
const CONTROL: &str = "emulator";
const ANYWHERE: &str = "rolesanywhere";

/// The service, if it is one that takes no usual signature.
pub(crate) fn service_of(door: Door, request: &Request) -> Option<&'static str> {
    match door {
        Door::Metadata => Some(IMDS),
        Door::Container => Some(CONTAINER),
        Door::Services { .. } if is_signed(request) => None,
        Door::Services { .. } => by_host(&request.host()).or_else(|| by_shape(request)),
    }
}

fn is_signed(request: &Request) -> bool {
    let query = request.query.as_deref().unwrap_or_default();
    request.header("authorization").is_some_and(|value| value.starts_with("AWS4-HMAC-"))
        || query.contains("X-Amz-Signature=")
        || query.contains("X-Amz-Algorithm=")
}

fn by_host(host: &str) -> Option<&'static str> {
    let labels: Vec<&str> = host.split('.').collect();
    match labels.as_slice() {
        labels if labels.contains(&"s3") => None,
        ["portal", "sso" | "sso-fips", _, ..] => Some(SSO),
        ["oidc" | "oidc-fips", _, ..] => Some(SSO_OIDC),
        ["signin" | "signin-fips", _, ..] | [_, "signin" | "signin-fips", _, ..] => Some(SIGNIN),
        ["cognito-identity" | "cognito-identity-fips", _, ..] => Some(COGNITO),
        ["rolesanywhere" | "rolesanywhere-fips", _, ..] => Some(ANYWHERE),
        _ => None,
    }
}

fn by_shape(request: &Request) -> Option<&'static str> {
    let portal = request.header_bytes("x-amz-sso_bearer_token").is_some();
    let by_certificate = request.header("authorization").is_some_and(|value| value.starts_with("AWS4-X509-"));
    match (request.method.as_str(), request.path.as_str()) {
        _ if cognito::is_target(request.header("x-amz-target").unwrap_or_default()) => Some(COGNITO),
        _ if by_certificate || request.header_bytes("x-amz-x509").is_some() => Some(ANYWHERE),
        ("GET", path) if path.starts_with("/emulator/") => Some(CONTROL),
        ("POST", "/v1/token") => Some(SIGNIN),
        ("GET", "/v1/authorize" | "/v1/authorize/approve" | "/v1/authorize/deny") => Some(SIGNIN),
        ("GET", "/v1/sessions/confirmation") => Some(SIGNIN),
        ("GET" | "POST", "/federation") => Some(SIGNIN),
        _ if portal => Some(SSO),
        ("GET", "/federation/credentials" | "/assignment/accounts" | "/assignment/roles") => Some(SSO),
        ("POST", "/logout") => Some(SSO),
        ("POST", "/client/register" | "/device_authorization" | "/token") => Some(SSO_OIDC),
        ("GET", "/authorize" | "/authorize/approve" | "/authorize/deny") => Some(SSO_OIDC),
        ("GET", "/device" | "/device/approve" | "/device/deny") => Some(SSO_OIDC),
        _ => None,
    }
}

/// Answers a request for one of these services, and says what came of its signature if it has one.
pub(crate) fn answer(
    state: &State,
    door: Door,
    service: &str,
    request: &Request,
    now: i64,
) -> (Reply, Verdict) {
    let (result, verdict) = match service {
        IMDS => (Ok(state.metadata.answer(request, &state.keyring, now)), Verdict::Unsigned),
        CONTAINER => (Ok(crate::container::answer(state, request, now)), Verdict::Unsigned),
        SSO => (sso::portal(state, request, now), Verdict::Unsigned),
        SIGNIN => (signin::answer(state, request, &base(door, request), now), Verdict::Unsigned),
        COGNITO => (cognito::answer(state, request, now), Verdict::Unsigned),
        CONTROL => (control::answer(state, request, now), Verdict::Unsigned),
        ANYWHERE => anywhere::answer(state, request, now),
        _ => (sso::oidc(state, request, &base(door, request), now), Verdict::Unsigned),
    };
    (result.unwrap_or_else(|failure| refuse(service, &failure)), verdict)
}

/// An error in the service's shape.
pub(crate) fn refuse(service: &str, failure: &Failure) -> Reply {
    match service {
        IMDS => Reply::text(failure.status, failure.code.as_str()),
        CONTAINER => crate::container::refuse(failure),
        SSO_OIDC => sso::refuse(failure),
        SIGNIN => signin::refuse(failure),
        COGNITO => cognito::refuse(failure),
        _ => Reply::new(failure.status, json!({"message": failure.message}).to_string())
            .header("Content-Type", "application/json")
            .header("x-amzn-ErrorType", failure.code.as_str()),
    }
}

/// The address that the client used, without a path.
fn base(door: Door, request: &Request) -> String {
    let scheme = if door == (Door::Services { tls: true }) { "https" } else { "http" };
    format!("{scheme}://{}", request.header("host").unwrap_or("localhost"))
}
