//! One request's way: opened, proven, signed again, sent on, and its answer brought back.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use awsaccess::audit::{Record, Shown};
use awsaccess::gateway::{Arrival, BodyPlan, Head, Proven, Refusal, RefusalKind, Refused, Reply};
use awsaccess::operation::Protocol;
use awsaccess::sigv4::Resigned;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::body::{AnyBody, Downward, Held, Upward, full};
use crate::linger::Unread;
use crate::server::Shared;
use crate::sink::{Entry, now};

type SharedEntry = Arc<Mutex<Entry>>;

/// Answers a request, whatever it is: with the service's answer or with a refusal.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    client: SocketAddr,
    arrival: Arrival,
    request: Request<Incoming>,
) -> Response<AnyBody> {
    let mut record = Record::request(shared.id(), now());
    record.source = Some(client.ip().to_canonical());
    let entry = Arc::new(Mutex::new(Entry::new(record, &shared.sink)));
    let (parts, body) = request.into_parts();
    let has_body = !body.is_end_stream();
    let mut body = Unread::new(&parts.headers, body);
    match forward(&shared, &entry, parts, &mut body, &arrival).await {
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
            refusal(reply, has_body)
        }
    }
}

async fn forward(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    parts: Parts,
    unread: &mut Unread,
    arrival: &Arrival,
) -> Result<Response<AnyBody>, Refused> {
    let head = head(&parts);
    let is_head = head.method == "HEAD";
    let gateway = &shared.gateway;
    let opened = gateway.open(head, arrival, now(), &mut lock(entry).record)?;
    let protocol = opened.protocol();
    let refused = |refusal| Refused::new(refusal, protocol, is_head);

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
    let (resigned, host) = sign(shared, entry, proven, protocol, is_head).await?;
    let flowing = if plan == BodyPlan::Stream { unread.body.take() } else { None };
    send(shared, entry, resigned, &host, held, flowing).await.map_err(refused)
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

async fn send(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    resigned: Resigned,
    host: &str,
    held: Option<Held>,
    flowing: Option<Incoming>,
) -> Result<Response<AnyBody>, Refusal> {
    let Resigned { method, target, headers, body: mut resigner } = resigned;
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
    let mut trouble = None;
    if let Some(held) = held {
        let mut bytes = resigner.push(&held.bytes)?;
        bytes.extend(resigner.finish()?);
        // The service is told a length even where the client told none.
        request.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        *request.body_mut() = full(bytes);
    } else if let Some(incoming) = flowing {
        let (upward, slot) = Upward::new(incoming, resigner, shared.idle, Arc::clone(entry));
        *request.body_mut() = upward.boxed_unsync();
        trouble = Some(slot);
    } else {
        resigner.finish()?;
    }
    match shared.upstream.send(host, request).await {
        Ok(response) => Ok(filter(response, entry, shared.upstream.patience().answer)),
        // If the body was at fault, that is what the client should hear.
        Err(refusal) => {
            let fault = trouble.and_then(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner).take());
            Err(fault.unwrap_or(refusal))
        }
    }
}

/// The answer as it came, less what belongs to the connection, and cookies.
fn filter(response: Response<Incoming>, entry: &SharedEntry, patience: Duration) -> Response<AnyBody> {
    let (mut parts, body) = response.into_parts();
    let nominated: Vec<HeaderName> = parts
        .headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    for name in nominated.iter().map(HeaderName::as_str).chain(CONNECTION_LEVEL.iter().copied()) {
        parts.headers.remove(name);
    }
    let mut locked = lock(entry);
    locked.record.upstream_request_id = request_id(&parts.headers);
    drop(locked);
    Response::from_parts(parts, Downward::new(body, Arc::clone(entry), patience).boxed_unsync())
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

fn head(parts: &Parts) -> Head {
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str().into(), value.as_bytes().to_vec()));
    let target = match (parts.uri.authority(), parts.uri.path_and_query()) {
        // In absolute form it names a host of its own, which must be the right one as well.
        (Some(_), _) => parts.uri.to_string(),
        (None, target) => target.map_or("", |target| target.as_str()).to_owned(),
    };
    Head::new(parts.method.as_str(), target, headers.collect())
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
