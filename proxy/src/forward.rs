//! One request's way: opened, proven, signed again, sent on, and its answer brought back.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use awsaccess::audit::{Record, Shown};
use awsaccess::gateway::{
    Arrival, BodyPlan, Counted, Needs, Passed, Proven, Refusal, RefusalKind, Refused, Replacement, Reply,
};
use awsaccess::operation::Protocol;
use awsaccess::sigv4::Resigned;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode, Version, response};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Incoming};
use tokio::task::yield_now;

use crate::body::{AnyBody, Downward, Progress, Trouble, Upward, full};
use crate::head::{head, outgoing};
use crate::linger::Unread;
use crate::pass::Pass;
use crate::peer::Peer;
use crate::realtime;
use crate::reply;
use crate::server::Shared;
use crate::sink::{Entry, now};
use crate::upstream::Arriving;
use crate::websocket::Handshake;

pub(crate) type SharedEntry = Arc<Mutex<Entry>>;

/// Answers a request, whatever it is: with the service's answer or with a refusal.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    peer: &Peer,
    arrival: &Arrival,
    request: Request<Incoming>,
) -> Response<AnyBody> {
    let mut record = Record::request(shared.id(), now());
    record.source = peer.ip();
    let entry = Arc::new(Mutex::new(Entry::new(record, &shared.sink)));
    let (parts, body) = request.into_parts();
    // HTTP/2 ends a stream without its connection.
    let close = !body.is_end_stream() && parts.version < Version::HTTP_2;
    let mut body = Unread::new(&parts.headers, body);
    match forward(&shared, &entry, parts, &mut body, (arrival, peer)).await {
        Ok(response) => {
            lock(&entry).answered(response.status().as_u16());
            response
        }
        Err(refused) => {
            let mut entry = lock(&entry);
            let reply = refused.answer(&mut entry.record);
            entry.answered(reply.status);
            tracing::debug!(id = entry.record.id, error = refused.refusal.kind().name(), "refused");
            // Who has read the refusal finds it recorded, though a body on its way may still hold the record.
            entry.finish();
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
    if parts.headers.contains_key(header::SEC_WEBSOCKET_PROTOCOL) {
        let found = gateway.realtime(&head, arrival, &mut lock(entry).record);
        let found = found.map_err(|refusal| Refused::new(refusal, Protocol::RestJson, is_head))?;
        if let Some(found) = found.filter(|_| !has_body) {
            return Box::pin(realtime::open(shared, entry, parts, found, peer)).await;
        }
    }
    let opened = gateway.open(head, arrival, now(), &mut lock(entry).record)?;
    let protocol = opened.protocol();
    let refused = |refusal| Refused::new(refusal, protocol, is_head);
    let handshake = Handshake::of(&mut parts, has_body).map_err(refused)?;

    let plan = opened.body();
    let held = match (plan, unread.body.as_mut()) {
        (BodyPlan::Hold(limit), Some(body)) => {
            unread.waits = false;
            let held = shared.budget.hold(body, limit, shared.pace).await.map_err(refused)?;
            lock(entry).record.bytes_in = held.bytes.len() as u64;
            Some(held)
        }
        _ => None,
    };
    let bytes = held.as_ref().map(|held| held.bytes.as_slice());
    let mut proven = opened.prove(gateway, bytes, now(), &mut lock(entry).record)?;
    let changed = proven.take_body();
    let replacement = proven.take_replacement();
    let host = proven.route().host.clone();
    let application = peer.application.as_deref();
    let what = if handshake.is_some() { Counted::Stream } else { Counted::Request };
    let pass = shared.gate.enter_as(what, proven.grant(), proven.access_key_id(), application);
    let pass = pass.map_err(refused)?;
    let way = Way { shared, entry, host: &host, replacement: replacement.as_deref(), pass: &pass };
    let leaving = if matches!(proven.needs(), Needs::Nothing) {
        let held = changed.or_else(|| bytes.map(<[u8]>::to_vec)).unwrap_or_default();
        Leaving::as_it_is(proven.pass()?, held).map_err(refused)?
    } else {
        let signing = pin!(async { Ok(sign(shared, proven, protocol, is_head).await) });
        let resigned = pass.race(signing).await.map_err(refused)??;
        let flowing = if plan == BodyPlan::Stream { unread.body.take() } else { None };
        let held = changed.as_deref().or(bytes);
        Leaving::signed(resigned, held, flowing, &way).map_err(refused)?
    };
    drop(held);
    begin(entry).await.map_err(refused)?;
    match handshake {
        Some(handshake) => Box::pin(way.upgrade(leaving, handshake, peer)).await.map_err(refused),
        None => way.send(leaving).await.map_err(refused),
    }
}

/// Sends a handshake whose head was written elsewhere.
pub(crate) async fn upgrade(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    host: &str,
    pass: &Arc<Pass>,
    request: Request<AnyBody>,
    handshake: Handshake,
    peer: &Peer,
) -> Result<Response<AnyBody>, Refusal> {
    let way = Way { shared, entry, host, replacement: None, pass };
    way.upgrade(Leaving { request, trouble: None, progress: None }, handshake, peer).await
}

/// Fetches the credentials that the request needs, and signs.
pub(crate) async fn sign(
    shared: &Arc<Shared>,
    proven: Proven,
    protocol: Protocol,
    is_head: bool,
) -> Result<Resigned, Refused> {
    let refused = |refusal| Refused::new(refusal, protocol, is_head);
    let credentials = match proven.needs() {
        Needs::Chained(sealed) => sealed.clone(),
        Needs::Role(grant) => shared.credentials.get(grant).await.map_err(refused)?,
        _ => return Err(refused(Refusal::new(RefusalKind::Internal, "there is nothing to sign with"))),
    };
    proven.resign(&credentials, now())
}

/// Begins the record, before anything leaves. The requests that have come as far by now are recorded with one write, and
/// what they do next they do one after another, which finds its code in the processor's cache.
pub(crate) async fn begin(entry: &SharedEntry) -> Result<(), Refusal> {
    lock(entry).announce();
    yield_now().await;
    lock(entry).settle().map_err(|error| {
        tracing::error!(%error, "the audit log cannot be written");
        let text = "the gateway cannot record this request; please try again";
        Refusal::new(RefusalKind::AuditUnavailable, text).with_detail(error.to_string())
    })
}

/// Where a request goes, and what becomes of its answer.
struct Way<'a> {
    shared: &'a Arc<Shared>,
    entry: &'a SharedEntry,
    host: &'a str,
    replacement: Option<&'a Replacement>,
    pass: &'a Arc<Pass>,
}

/// A request as it leaves.
struct Leaving {
    request: Request<AnyBody>,
    /// Why its body did not arrive, if it is one that flows.
    trouble: Option<Trouble>,
    /// When that last moved.
    progress: Option<Arc<Progress>>,
}

impl Leaving {
    fn signed(
        resigned: Resigned,
        held: Option<&[u8]>,
        flowing: Option<Incoming>,
        way: &Way<'_>,
    ) -> Result<Self, Refusal> {
        let Resigned { method, target, headers, body: mut resigner } = resigned;
        let (mut trouble, mut progress, mut length) = (None, None, None);
        let body = if let Some(held) = held {
            let mut bytes = resigner.push(held)?;
            bytes.extend(resigner.finish()?);
            length = Some(bytes.len());
            full(bytes)
        } else if let Some(incoming) = flowing {
            let (entry, pass) = (Arc::clone(way.entry), Arc::clone(way.pass));
            let (upward, slot) = Upward::new(incoming, resigner, way.shared.idle, entry, pass);
            progress = Some(upward.progress());
            trouble = Some(slot);
            upward.boxed_unsync()
        } else {
            resigner.finish()?;
            full("")
        };
        let mut request = outgoing(&method, target, headers.iter(), body)?;
        if let Some(length) = length {
            // The service is told a length even where the client told none.
            request.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        Ok(Self { request, trouble, progress })
    }

    fn as_it_is(passed: Passed, body: Vec<u8>) -> Result<Self, Refusal> {
        let Passed { method, target, headers } = passed;
        let fields = headers.iter().map(|(name, value)| (name.as_slice(), value.as_slice()));
        let length = body.len();
        let mut request = outgoing(&method, target, fields, full(body))?;
        if length > 0 {
            request.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        Ok(Self { request, trouble: None, progress: None })
    }
}

impl Way<'_> {
    async fn send(&self, leaving: Leaving) -> Result<Response<AnyBody>, Refusal> {
        let Leaving { request, trouble, progress } = leaving;
        let sending = pin!(self.shared.upstream.send(self.host, request, progress.as_deref()));
        let response = match self.pass.race(sending).await {
            Ok(response) => response,
            // If the body was at fault, that is what the client should hear.
            Err(refusal) => {
                let fault =
                    trouble.and_then(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner).take());
                return Err(fault.unwrap_or(refusal));
            }
        };
        let (parts, body) = filter(response, self.entry);
        let concerned = self.replacement.filter(|replacement| replacement.concerns(parts.status.as_u16()));
        let Some(replacement) = concerned else { return Ok(self.down(parts, body).await) };
        let Shared { gateway, provider, idle, .. } = &**self.shared;
        let replacing = reply::replace(replacement, gateway, provider, (parts, body), *idle, self.entry);
        self.pass.race(Box::pin(replacing)).await
    }

    /// Sends a WebSocket's handshake; what flows behind it is not looked at.
    async fn upgrade(
        &self,
        leaving: Leaving,
        handshake: Handshake,
        peer: &Peer,
    ) -> Result<Response<AnyBody>, Refusal> {
        let mut request = leaving.request;
        handshake.write(request.headers_mut());
        let upgrading = pin!(self.shared.upstream.upgrade(self.host, request));
        let response = self.pass.race(upgrading).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let (parts, body) = filter(response, self.entry);
            return Ok(self.down(parts, body).await);
        }
        lock(self.entry).record.upstream_request_id = request_id(response.headers());
        let idle = self.shared.tunnel.idle;
        handshake.accept(response, self.entry, peer, idle, Arc::clone(self.pass), strip)
    }

    /// Most answers are small, and here whole with their heads: their records end before they go on, with one write for all
    /// that are as far. What is longer flows.
    async fn down(&self, parts: response::Parts, mut body: Arriving) -> Response<AnyBody> {
        let (mut first, mut whole) = (None, body.is_end_stream().then(Bytes::new));
        if whole.is_none() {
            let at_hand = poll_fn(|cx| Poll::Ready(Pin::new(&mut body).poll_frame(cx))).await;
            match at_hand {
                Poll::Ready(Some(Ok(frame))) if body.is_end_stream() && frame.is_data() => {
                    whole = frame.into_data().ok();
                }
                Poll::Ready(piece) => first = Some(piece),
                Poll::Pending => {}
            }
        }
        let Some(data) = whole else {
            let patience = self.shared.upstream.patience.answer;
            let (entry, pass) = (Arc::clone(self.entry), Arc::clone(self.pass));
            let body = Downward::new((first, body), entry, patience, pass);
            return Response::from_parts(parts, body.boxed_unsync());
        };
        {
            let mut entry = lock(self.entry);
            entry.record.sent(data.len());
            entry.answered(parts.status.as_u16());
            entry.conclude();
        }
        yield_now().await;
        // Who has read the answer finds it recorded.
        lock(self.entry).concluded();
        Response::from_parts(parts, full(data))
    }
}

/// The answer as it came, less what belongs to the connection, and cookies.
fn filter(response: Response<Arriving>, entry: &SharedEntry) -> (response::Parts, Arriving) {
    let (mut parts, body) = response.into_parts();
    strip(&mut parts.headers);
    // The version is that of the service's connection, and no matter of the client's.
    parts.version = Version::default();
    lock(entry).record.served_as(request_id(&parts.headers));
    (parts, body)
}

fn strip(headers: &mut HeaderMap) {
    let nominated: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    let is_of_the_connection =
        |name: &&HeaderName| CONNECTION_LEVEL.contains(&name.as_str()) || nominated.contains(name);
    let going: Vec<HeaderName> = headers.keys().filter(is_of_the_connection).cloned().collect();
    for name in going {
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

const REQUEST_ID: [HeaderName; 2] =
    [HeaderName::from_static("x-amzn-requestid"), HeaderName::from_static("x-amz-request-id")];

fn request_id(headers: &HeaderMap) -> Option<Shown> {
    let found = REQUEST_ID.iter().find_map(|name| headers.get(name))?;
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

pub(crate) fn lock(entry: &SharedEntry) -> MutexGuard<'_, Entry> {
    entry.lock().unwrap_or_else(PoisonError::into_inner)
}
