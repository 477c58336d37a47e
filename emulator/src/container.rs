//! The agents that give containers their credentials: of ECS, and of EKS Pod Identity.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>

use serde_json::json;
use subtle::ConstantTimeEq as _;

use crate::clock::iso8601;
use crate::encoding::request_id;
use crate::failure::Failure;
use crate::keyring::Keyring;
use crate::message::{Reply, Request};
use crate::rotation::Rotation;
use crate::state::State;
use crate::world::{Agent, Container, World};

/// Fills in what the world left to chance.
pub(crate) fn complete(world: &mut World, keyring: &Keyring) {
    for container in &mut world.containers {
        let id = request_id();
        if container.session.is_empty() {
            container.session = id.replace('-', "");
        }
        if container.path.is_empty() {
            container.path = match container.agent {
                Agent::Ecs => format!("/v2/credentials/{id}"),
                Agent::EksPodIdentity => "/v1/credentials".into(),
            };
        }
        if container.agent == Agent::EksPodIdentity && container.token.is_none() {
            container.token = Some(keyring.secret("eyJhbGciOiJSUzI1NiJ9.", 120));
        }
        keyring.note(container.token.as_deref().unwrap_or_default());
    }
}

/// The credentials of each container, in the order of the world.
pub(crate) fn rotations(world: &World) -> Vec<Rotation> {
    world.containers.iter().map(|container| Rotation::new(container.seconds)).collect()
}

/// Answers a request to an agent.
pub(crate) fn answer(state: &State, request: &Request, now: i64) -> Reply {
    credentials(state, request, now).unwrap_or_else(|failure| refuse(&failure))
}

/// An error as the agents give it.
pub(crate) fn refuse(failure: &Failure) -> Reply {
    let (status, message) = (failure.status, &failure.message);
    let body = json!({"code": failure.code, "message": message, "HTTPErrorCode": status});
    Reply::new(status, body.to_string()).header("Content-Type", "application/json")
}

fn credentials(state: &State, request: &Request, now: i64) -> Result<Reply, Failure> {
    if request.method != "GET" {
        return Err(Failure::new(405, "MethodNotAllowed", "credentials are asked for with GET"));
    }
    let here: Vec<(&Container, &Rotation)> = state
        .world
        .containers
        .iter()
        .zip(&state.containers)
        .filter(|(container, _)| container.path == request.path)
        .collect();
    if here.is_empty() {
        return Err(if request.path.starts_with("/v2/credentials/") {
            Failure::new(400, "InvalidIdInRequest", "CredentialsV2Request: Credentials not found")
        } else {
            Failure::new(404, "ResourceNotFoundException", "nothing is at this path")
        });
    }
    let given = request.header_bytes("authorization");
    let (container, rotation) = here
        .iter()
        .find(|(container, _)| match (&container.token, given) {
            (None, _) => true,
            (Some(wanted), Some(given)) => wanted.as_bytes().ct_eq(given).into(),
            (Some(_), None) => false,
        })
        .ok_or_else(|| match given {
            None if here.iter().any(|(container, _)| container.agent == Agent::EksPodIdentity) => {
                Failure::new(400, "ValidationException", "Service account token cannot be empty")
            }
            None => Failure::new(401, "AccessDenied", "the Authorization header is missing"),
            Some(_) => Failure::new(401, "AccessDenied", "the Authorization header has no known token"),
        })?;
    let (key, _) = rotation.credentials(&state.keyring, now, || {
        state.role_session(&container.account, &container.role, &container.session)
    });
    let mut document = json!({
        "AccessKeyId": key.id, "SecretAccessKey": key.secret, "Token": key.token,
        "Expiration": iso8601(key.expires_at.unwrap_or(now))});
    match container.agent {
        Agent::Ecs => document["RoleArn"] = container.role_arn().into(),
        Agent::EksPodIdentity => document["AccountId"] = container.account.as_str().into(),
    }
    Ok(Reply::new(200, document.to_string()).header("Content-Type", "application/json"))
}
