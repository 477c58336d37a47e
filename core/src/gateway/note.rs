//! What is written into the record before anything is proven: the client's own words, made fit to be shown.

use std::sync::Arc;

use super::{Arrival, Chained, Head, RealtimeSocket, Refusal};
use crate::access::{Grant, Identity};
use crate::audit::{Decision, Record, Shown};
use crate::operation::{self, Access, Name, Operation, Protocol};
use crate::sigv4::{self, Claim, DeclaredPayload};

pub(super) fn head(head: &Head<'_>, arrival: &Arrival, record: &mut Record) {
    record.mode = Some(match arrival {
        Arrival::Intercepted { .. } => "intercept",
        Arrival::EndpointUrl | Arrival::PlainEndpointUrl => "endpoint-url",
    });
    let host = head.values("host").next().or(head.authority);
    record.host = host.map(Shown::bytes);
    record.method = Some(Shown::method(head.method));
    record.target = Some(Shown::target(&head.target));
}

/// A real-time socket, whatever was signed in its place.
pub(super) fn socket(socket: &RealtimeSocket, record: &mut Record) {
    record.host = Some(Shown::text(socket.host()));
    record.method = Some(Shown::text("GET"));
    record.target = Some(Shown::target(socket.target()));
}

pub(super) fn claim(claim: &Claim, record: &mut Record) {
    record.access_key_id = Some(Shown::key_id(claim.access_key_id()));
    record.service = Some(Shown::text(claim.service()));
    record.region = Some(Shown::text(claim.region()));
    record.auth = Some(if claim.is_presigned() { "query" } else { "header" });
    record.payload = Some(match claim.payload() {
        DeclaredPayload::Absent => "absent",
        DeclaredPayload::Sha256(_) => "sha256",
        DeclaredPayload::Unsigned => sigv4::UNSIGNED_PAYLOAD,
        DeclaredPayload::StreamingUnsignedTrailer => sigv4::STREAMING_UNSIGNED_PAYLOAD_TRAILER,
        DeclaredPayload::Streaming(kind) => kind.as_str(),
    });
}

/// Takes back what the client wrote itself, where it wrote what must not be kept.
pub(super) fn nothing_said(record: &mut Record) {
    record.target = None;
    record.resources.clear();
}

/// Who asks.
pub(super) fn identity(identity: &Identity, record: &mut Record) {
    record.subject = Some(Arc::clone(&identity.subject));
    record.application = Some(Arc::clone(&identity.application));
    record.role_name = Some(Arc::clone(&identity.role));
}

/// That it goes no further, and why.
pub(super) fn refusal(refusal: &Refusal, record: &mut Record) {
    record.decision = Some(Decision::Refused);
    record.error = Some(refusal.kind().name());
    record.reason = Some(Shown::text(refusal.operator_detail()));
}

/// What the request is signed with: the roles of the grant, and those that the client assumed with them itself.
pub(super) fn grant(grant: &Grant, chained: Option<&Chained>, record: &mut Record) {
    record.rule = Some(Arc::clone(&grant.rule));
    record.approved_by = grant.approval.as_ref().map(|approval| approval.by.as_str().into());
    record.approval_reason = grant.approval.as_ref().map(|approval| approval.reason.as_str().into());
    // The session name of a role that the client assumed itself was the client's to choose.
    record.session_name = chained.is_none().then(|| Arc::clone(&grant.session_name));
    let own = grant.hops.iter().map(|hop| Arc::from(&hop.role));
    let assumed = chained.into_iter().flat_map(|chained| &chained.roles).map(|role| role.as_str().into());
    record.role_chain = own.chain(assumed).collect();
    record.role = record.role_chain.last().cloned();
}

/// What is asked for: the operation, what it does and what it is about.
pub(super) fn operation(operation: &Operation, record: &mut Record) {
    let is_known = operation.name != Name::Unknown || operation.unlisted.is_some();
    record.operation = match operation.name {
        Name::Exact(name) => Some(Shown::name(name)),
        _ => is_known.then(|| Shown::text(&operation.title())),
    };
    record.access = operation.access.map(Access::name);
    let shown = |kind: &str, value: &str| Shown::owned([kind, ":", value].concat());
    record.resources =
        operation.resources.iter().map(|resource| shown(resource.kind, &resource.value)).collect();
}

/// Notes the key id and service of the scope, and gives the protocol, for the shape and the record of a refusal that comes
/// before the claim is read. Nothing relies on them.
pub(super) fn claimed(head: &Head<'_>, record: &mut Record) -> Protocol {
    let (key_id, service) = scope(head);
    record.access_key_id = key_id.as_deref().map(Shown::key_id);
    let protocol = operation::protocol(&head.request(), service.as_deref());
    record.service = service.as_deref().map(Shown::text);
    protocol
}

fn scope(head: &Head<'_>) -> (Option<String>, Option<String>) {
    let field =
        |name: &str| head.values(name).next().map(|value| String::from_utf8_lossy(value).into_owned());
    let credential = match field("authorization") {
        Some(text) => text.split_once("Credential=").map(|(_, rest)| rest.to_owned()),
        None => {
            let target = String::from_utf8_lossy(&head.target).replace("%2F", "/").replace("%2f", "/");
            target.split_once("X-Amz-Credential=").map(|(_, rest)| rest.to_owned())
        }
    };
    let scope = credential.and_then(|text| {
        let (before, _) = text.split_once("/aws4_request")?;
        let mut parts = before.rsplitn(4, '/');
        let service = parts.next()?.to_owned();
        Some((parts.nth(2)?.to_owned(), service))
    });
    match scope {
        Some((key_id, service)) => (Some(key_id), Some(service)),
        None => {
            let endpoint = field("host").and_then(|host| crate::partition::endpoint(&host).ok());
            (None, endpoint.map(|endpoint| endpoint.signing_name.to_owned()))
        }
    }
}
