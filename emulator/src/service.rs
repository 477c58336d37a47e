//! From a request to its reply: which service it is for, whether its signature holds, and what that service says.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::blob::Blob;
use crate::clock::http_date;
use crate::dynamodb;
use crate::encoding::{hex, request_id};
use crate::failure::{Failure, Protocol};
use crate::fault::Effect;
use crate::message::{Reply, Request};
use crate::open;
use crate::permission;
use crate::record::{Recorded, Verdict};
use crate::s3;
use crate::session;
use crate::sigv4::{Claim, Refusal, is_s3, verify};
use crate::state::State;
use crate::sts;

/// How a reply is to be sent.
pub(crate) struct Outcome {
    pub(crate) reply: Reply,
    /// What faults do to the sending of it.
    pub(crate) effects: Vec<Effect>,
}

/// The port that a request came in at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Metadata,
    Container,
    Services { tls: bool },
}

/// Where a request came in.
pub(crate) struct Arrival {
    pub(crate) door: Door,
    pub(crate) server_name: Option<String>,
}

/// Answers a request, and records it.
pub(crate) fn answer(state: &State, arrival: &Arrival, request: &Request) -> Outcome {
    let open = open::service_of(arrival.door, request);
    let claim = if open.is_some() { Ok(None) } else { Claim::parse(request) };
    let service = match open {
        Some(service) => service.to_owned(),
        None => service_of(request, claim.as_ref().ok().and_then(Option::as_ref)),
    };
    let effects = state.faults.strike(&service, &request.path);
    let shift: i64 =
        effects.iter().map(|effect| if let Effect::ClockOffset(by) = effect { *by } else { 0 }).sum();
    let now = state.clock.now() + shift;
    let request_id = request_id();
    let fault = effects.iter().find_map(|effect| match effect {
        Effect::Status { status, code } => Some((*status, code.clone())),
        _ => None,
    });
    let (reply, verdict) = match (fault, open) {
        (Some((status, code)), _) => {
            (faulted(request, &service, open.is_some(), status, &code, &request_id), Verdict::Faulted)
        }
        (None, Some(service)) => open::answer(state, arrival.door, service, request, now),
        (None, None) => serve(state, request, claim, &service, now, &request_id),
    };
    let mut reply = finish(request, &service, reply, now, &request_id);
    let resets = effects.contains(&Effect::Reset);
    state.log.add(Recorded {
        number: 0,
        service,
        server_name: arrival.server_name.clone(),
        method: request.method.clone(),
        target: request.target(),
        headers: request.headers.clone(),
        body_sha256: hex(&Sha256::digest(&request.body)),
        body_length: request.body.len() as u64,
        verdict,
        status: if resets { 0 } else { reply.status },
    });
    if request.method == "HEAD" {
        let length = reply.body.len.to_string();
        reply.body = Blob::default();
        reply = reply.header("Content-Length", length);
    }
    Outcome { reply, effects }
}

/// The service of a signed request is in its scope; of another one, its shape and its host tell.
fn service_of(request: &Request, claim: Option<&Claim>) -> String {
    if let Some(claim) = claim {
        return claim.service.clone();
    }
    let host = request.host();
    let target = request.header("x-amz-target").unwrap_or_default();
    if target.starts_with("DynamoDB_") {
        return "dynamodb".into();
    }
    if !target.is_empty() {
        return target.split(['.', '_']).next().unwrap_or_default().to_lowercase();
    }
    let has_action = sts::parameters(request).iter().any(|(name, _)| name == "Action");
    if has_action || host.starts_with("sts.") {
        return "sts".into();
    }
    if let Some(name) = host.strip_suffix(".amazonaws.com") {
        let first = name.split('.').next().unwrap_or_default();
        if name.split('.').any(|label| label == "s3") {
            return "s3".into();
        }
        return first.to_owned();
    }
    "s3".into()
}

fn protocol_of(service: &str, request: &Request) -> Protocol {
    let is_form = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    match service {
        "sts" => Protocol::Query,
        service if is_s3(service) => Protocol::S3,
        "dynamodb" => Protocol::TargetJson { namespace: dynamodb::NAMESPACE },
        _ if request.header_bytes("x-amz-target").is_some() => Protocol::TargetJson { namespace: "" },
        _ if is_form => Protocol::Query,
        _ => Protocol::RestJson,
    }
}

fn serve(
    state: &State,
    request: &Request,
    claim: Result<Option<Claim>, Refusal>,
    service: &str,
    now: i64,
    request_id: &str,
) -> (Reply, Verdict) {
    let protocol = protocol_of(service, request);
    let refuse = |failure: &Failure, key: Option<String>| {
        let verdict = Verdict::Refused {
            code: failure.code.clone(),
            message: failure.message.clone(),
            access_key_id: key,
        };
        (framework_reply(failure, protocol, request, request_id), verdict)
    };
    let claim = match claim {
        Ok(Some(claim)) => claim,
        Ok(None) if service == "sts" && sts::is_unsigned_operation(request) => {
            let reply = sts::answer(state, request, None, now, request_id)
                .unwrap_or_else(|failure| sts::refuse(&failure, request_id));
            return (reply, Verdict::Unsigned);
        }
        Ok(None) => return refuse(&Refusal::Missing.failure(protocol, None), None),
        Err(refusal) => return refuse(&refusal.failure(protocol, None), None),
    };
    let key = Some(claim.access_key_id.clone());
    let verified = match verify(request, claim.clone(), &state.keyring, now) {
        Ok(verified) => verified,
        Err(refusal) => return refuse(&refusal.failure(protocol, Some(&claim)), key),
    };
    let payload = request.header("x-amz-content-sha256").unwrap_or_default().to_owned();
    let identity = &verified.key.identity;
    let verdict = Verdict::Verified {
        access_key_id: verified.key.id.clone(),
        arn: identity.arn(),
        region: claim.region.clone(),
        service: claim.service.clone(),
        signed_headers: claim.signed_headers.clone(),
        presigned: claim.presigned,
        payload,
    };
    if let Some(failure) = permission::denial(service, request, &verified, now) {
        return (framework_reply(&failure, protocol, request, request_id), verdict);
    }
    let result = match service {
        "sts" => sts::answer(state, request, Some(&verified.key), now, request_id),
        "dynamodb" => dynamodb::answer(state, request, &verified, now),
        "s3" => s3::answer(state, request, &verified, now),
        _ => session::answer(request, &verified).unwrap_or_else(|| {
            let body = json!({
                "service": service, "region": claim.region, "accessKeyId": verified.key.id,
                "arn": identity.arn(), "host": request.header("host"), "path": request.path,
                "method": request.method, "bodyLength": request.body.len()});
            Ok(Reply::new(200, body.to_string()).header("Content-Type", "application/json"))
        }),
    };
    let reply = result.unwrap_or_else(|failure| failure.reply(protocol, &request.path, request_id));
    (reply, verdict)
}

/// An error of the framework in front of the service: its types have another namespace with DynamoDB.
fn framework_reply(failure: &Failure, protocol: Protocol, request: &Request, request_id: &str) -> Reply {
    let protocol = match protocol {
        Protocol::TargetJson { namespace } if !namespace.is_empty() => {
            Protocol::TargetJson { namespace: dynamodb::FRAMEWORK }
        }
        other => other,
    };
    failure.reply(protocol, &request.path, request_id)
}

fn faulted(request: &Request, service: &str, open: bool, status: u16, code: &str, request_id: &str) -> Reply {
    let code = match (code, status) {
        ("", 429) => "TooManyRequestsException",
        ("", 500) => "InternalFailure",
        ("", 503) => "ServiceUnavailable",
        ("", 400) => "ThrottlingException",
        ("", 403) => "AccessDenied",
        ("", _) => "InjectedFault",
        (code, _) => code,
    };
    let failure = Failure::new(status, code, "a fault that was switched on in the emulator");
    if open {
        return open::refuse(service, &failure);
    }
    failure.reply(protocol_of(service, request), &request.path, request_id)
}

/// The headers that every reply has.
fn finish(request: &Request, service: &str, reply: Reply, now: i64, request_id: &str) -> Reply {
    let mut reply = reply.header("Date", http_date(now));
    if service == "imds" {
        return reply.header("Server", "EC2ws");
    }
    if is_s3(service) {
        if request.method == "HEAD" && reply.status >= 400 {
            reply.body = Blob::default();
        }
        return reply
            .header("x-amz-request-id", request_id)
            .header("x-amz-id-2", "ZW11bGF0b3I=")
            .header("Server", "AmazonS3");
    }
    if service == "dynamodb" {
        reply = dynamodb::with_crc32(reply);
    }
    reply.header("x-amzn-RequestId", request_id)
}
