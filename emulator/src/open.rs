//! The services that take no signature of AWS's usual kind: which of them a request is for, and their errors.
//!
//! A host name of AWS tells the service; at the emulator's own address the request's shape does.

use serde_json::json;

use crate::failure::Failure;
use crate::message::{Reply, Request};
use crate::service::Door;
use crate::state::State;

/// The agents of containers; IMDS is `imds`.
pub(crate) const CONTAINER: &str = "container";

/// The service, if it is one that takes no usual signature.
pub(crate) fn service_of(door: Door, request: &Request) -> Option<&'static str> {
    match door {
        Door::Metadata => Some("imds"),
        Door::Container => Some(CONTAINER),
        Door::Services { .. } => by_host(&request.host()).or_else(|| by_shape(request)),
    }
}

fn by_host(_host: &str) -> Option<&'static str> {
    None
}

fn by_shape(_request: &Request) -> Option<&'static str> {
    None
}

/// Answers a request for one of these services.
pub(crate) fn answer(state: &State, door: Door, service: &str, request: &Request, now: i64) -> Reply {
    let _ = door;
    match service {
        "imds" => state.metadata.answer(request, &state.keyring, now),
        _ => crate::container::answer(state, request, now),
    }
}

/// An error in the service's shape.
pub(crate) fn refuse(service: &str, failure: &Failure) -> Reply {
    match service {
        "imds" => Reply::text(failure.status, failure.code.as_str()),
        CONTAINER => crate::container::refuse(failure),
        _ => Reply::new(failure.status, json!({"message": failure.message}).to_string())
            .header("Content-Type", "application/json")
            .header("x-amzn-ErrorType", failure.code.as_str()),
    }
}
