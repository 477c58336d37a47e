//! One request's way: opened, proven, signed again, sent on, and its answer brought back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use awsaccess::audit::{Record, Shown};
use awsaccess::gateway::{Arrival, BodyPlan, Proven, Refusal, RefusalKind, Refused, Reply};
use awsaccess::operation::Protocol;
use awsaccess::sigv4::{BodyResigner, Resigned};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode, Version};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::body::{AnyBody, Downward, Held, Upward, full};
use crate::head::head;
use crate::linger::Unread;
use crate::pass::{Pass, revoked};
use crate::peer::Peer;
use crate::server::Shared;
use crate::sink::{Entry, now};
use crate::upstream::Arriving;
use crate::websocket::Handshake;

type SharedEntry = Arc<Mutex<Entry>>;

/// Answers a request, whatever it is: with the service's answer or with a refusal.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    peer: &Peer,
    arrival: Arrival,
    request: Request<Incoming>,
) -> Response<AnyBody> {
    let mut record = Record::request(shared.id(), now());
    record.source = peer.ip();
    let entry = Arc::new(Mutex::new(Entry::new(record, &shared.sink)));
    let (parts, body) = request.into_parts();
    let has_body = !body.is_end_stream();
    // HTTP/2 ends a stream without its connection.
    let close = has_body && parts.version < Version::HTTP_2;
    let mut body = Unread::new(&parts.headers, body);
    match forward(&shared, &entry, parts, &mut body, (&arrival, peer)).await {
        Ok(response) => {
            lock(&entry).answered(response.status().as_u16());
            response
        }
        Err(refused) => {
            let mut entry = lock(&entry);
            let reply = refused.answer(&mut entry.record);
            entry.answered(reply.status);
            tracing::debug!(id = entry.record.id, error = refused.refusal.kind().name(), "refused");
            drop(entry);
            body.refused();
            // What was not read of the body would be taken for the next request.
            refusal(reply, close)
        }
    }
}

async fn forward(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    mut parts: Parts,
    unread: &mut Unread,
    (arrival, peer): (&Arrival, &Peer),
) -> Result<Response<AnyBody>, Refused> {
    let has_body = unread.body.as_ref().is_some_and(|body| !body.is_end_stream());
    let head = head(&parts, has_body);
    let is_head = head.method == "HEAD";
    let gateway = &shared.gateway;
    let opened = gateway.open(head, arrival, now(), &mut lock(entry).record)?;
    let protocol = opened.protocol();
    let refused = |refusal| Refused::new(refusal, protocol, is_head);
    let handshake = Handshake::of(&mut parts, has_body).map_err(refused)?;

    let plan = opened.body();
    let held = match (plan, unread.body.as_mut()) {
        (BodyPlan::Hold(limit), Some(body)) => {
            unread.waits = false;
            let held = shared.budget.hold(body, limit, shared.idle).await.map_err(refused)?;
            lock(entry).record.bytes_in = held.bytes.len() as u64;
            Some(held)
        }
        _ => None,
    };
    let bytes = held.as_ref().map(|held| held.bytes.as_slice());
    let proven = opened.prove(gateway, bytes, now(), &mut lock(entry).record)?;
    let key = proven.access_key_id().to_owned();
    let pass = shared.gate.enter(proven.grant(), Some(&key), peer.application.as_deref()).map_err(refused)?;
    let signing = async { sign(shared, entry, proven, protocol, is_head).await.map_err(Box::new) };
    let signed = tokio::select! {
        signed = signing => signed.map_err(|refused| *refused)?,
        () = pass.ended() => return Err(refused(revoked())),
    };
    let (resigned, host) = signed;
    if let Some(handshake) = handshake {
        return upgrade(shared, entry, (resigned, &host), handshake, (peer, pass)).await.map_err(refused);
    }
    let flowing = if plan == BodyPlan::Stream { unread.body.take() } else { None };
    send(shared, entry, resigned, &host, (held, flowing), &pass).await.map_err(refused)
}

/// Fetches the credentials of the grant, and signs. The record is begun before anything leaves.
async fn sign(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    proven: Proven,
    protocol: Protocol,
    is_head: bool,
) -> Result<(Resigned, String), Refused> {
    let refused = |refusal| Refused::new(refusal, protocol, is_head);
    let credentials = shared.credentials.get(proven.grant()).await.map_err(refused)?;
    let begun = lock(entry).begin();
    begun.map_err(|error| {
        tracing::error!(%error, "the audit log cannot be written");
        refused(
            Refusal::new(
                RefusalKind::AuditUnavailable,
                "the gateway cannot record this request; please try again",
            )
            .with_detail(error.to_string()),
        )
    })?;
    let host = proven.route().host.clone();
    Ok((proven.resign(&credentials, now())?, host))
}

/// The head as it leaves, and the way for its body.
fn outbound(resigned: Resigned) -> Result<(Request<AnyBody>, BodyResigner), Refusal> {
    let Resigned { method, target, headers, body: resigner } = resigned;
    let internal =
        |what: &str| Refusal::new(RefusalKind::Internal, format!("the request cannot be sent on: {what}"));
    let mut request = Request::builder()
        .method(method.as_bytes())
        .uri(http::Uri::try_from(target).map_err(|_| internal("target"))?)
        .body(full(""))
        .map_err(|_| internal("method"))?;
    for (name, value) in headers.iter() {
        let name = HeaderName::from_bytes(name).map_err(|_| internal("header name"))?;
        let value = HeaderValue::from_bytes(value).map_err(|_| internal("header value"))?;
        request.headers_mut().append(name, value);
    }
    Ok((request, resigner))
}

async fn send(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    resigned: Resigned,
    host: &str,
    (held, flowing): (Option<Held>, Option<Incoming>),
    pass: &Arc<Pass>,
) -> Result<Response<AnyBody>, Refusal> {
    let (mut request, mut resigner) = outbound(resigned)?;
    let (mut trouble, mut progress) = (None, None);
    if let Some(held) = held {
        let mut bytes = resigner.push(&held.bytes)?;
        bytes.extend(resigner.finish()?);
        // The service is told a length even where the client told none.
        request.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        *request.body_mut() = full(bytes);
    } else if let Some(incoming) = flowing {
        let (upward, slot) =
            Upward::new(incoming, resigner, shared.idle, Arc::clone(entry), Arc::clone(pass));
        progress = Some(upward.progress());
        *request.body_mut() = upward.boxed_unsync();
        trouble = Some(slot);
    } else {
        resigner.finish()?;
    }
    match pass.race(shared.upstream.send(host, request, progress.as_deref())).await {
        Ok(response) => Ok(filter(response, entry, |body, entry| {
            Downward::new(body, entry, shared.upstream.patience.answer, Arc::clone(pass))
        })),
        // If the body was at fault, that is what the client should hear.
        Err(refusal) => {
            let fault = trouble.and_then(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner).take());
            Err(fault.unwrap_or(refusal))
        }
    }
}

/// Sends a WebSocket's handshake; what flows behind it is not looked at.
async fn upgrade(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    (resigned, host): (Resigned, &str),
    handshake: Handshake,
    (peer, pass): (&Peer, Arc<Pass>),
) -> Result<Response<AnyBody>, Refusal> {
    let (mut request, resigner) = outbound(resigned)?;
    resigner.finish()?;
    handshake.write(request.headers_mut());
    let response = pass.race(shared.upstream.upgrade(host, request)).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let patience = shared.upstream.patience.answer;
        return Ok(filter(response, entry, |body, entry| Downward::new(body, entry, patience, pass)));
    }
    lock(entry).record.upstream_request_id = request_id(response.headers());
    handshake.accept(response, entry, peer, shared.tunnel.idle, pass, strip)
}

/// The answer as it came, less what belongs to the connection, and cookies.
fn filter(
    response: Response<Arriving>,
    entry: &SharedEntry,
    flowing: impl FnOnce(Arriving, SharedEntry) -> Downward,
) -> Response<AnyBody> {
    let (mut parts, body) = response.into_parts();
    strip(&mut parts.headers);
    // The version is that of the service's connection, and no matter of the client's.
    parts.version = Version::default();
    lock(entry).record.upstream_request_id = request_id(&parts.headers);
    Response::from_parts(parts, flowing(body, Arc::clone(entry)).boxed_unsync())
}

fn strip(headers: &mut HeaderMap) {
    let nominated: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    for name in nominated.iter().map(HeaderName::as_str).chain(CONNECTION_LEVEL.iter().copied()) {
        headers.remove(name);
    }
}

const CONNECTION_LEVEL: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn request_id(headers: &HeaderMap) -> Option<Shown> {
    let found = ["x-amzn-requestid", "x-amz-request-id"].iter().find_map(|name| headers.get(*name))?;
    Some(Shown::text(found.to_str().ok()?.get(..128).or(found.to_str().ok())?))
}

fn refusal(reply: Reply, close: bool) -> Response<AnyBody> {
    let mut response = Response::new(full(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    if close {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn lock(entry: &SharedEntry) -> MutexGuard<'_, Entry> {
    entry.lock().unwrap_or_else(PoisonError::into_inner)
}
