//! One request's way: opened, proven, signed again, sent on, and its answer brought back.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use awsaccess::audit::{Record, Shown};
use awsaccess::credentials::Credentials;
use awsaccess::gateway::{
    Arrival, BodyPlan, Counted, Gateway, Head, Needs, Passed, Proven, Refusal, RefusalKind, Refused,
    Replacement,
};
use awsaccess::operation::Protocol;
use awsaccess::sigv4::Resigned;
use awsaccess::time::Time;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode, Version, response};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Incoming};

use crate::body::{AnyBody, Downward, Progress, Trouble, Upward, full, too_large};
use crate::credential::Coming;
use crate::head::{REQUEST_ID, head, is_of_the_connection, outgoing, shown_id};
use crate::linger::Unread;
use crate::link;
use crate::pass::Pass;
use crate::peer::Peer;
use crate::realtime;
use crate::reply;
use crate::server::Shared;
use crate::sink::{Entry, now};
use crate::upstream::Arriving;
use crate::websocket::Handshake;
use crate::whole::{self, Answer, Answered, Message};

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
            let response = refusal(&refused, &mut lock(&entry), close);
            body.answered();
            response
        }
    }
}

/// Answers a request that is here whole.
pub(crate) async fn whole(
    shared: &Arc<Shared>,
    peer: &Peer,
    arrival: &Arrival,
    request: whole::Request<'_>,
) -> Answered {
    let came = now();
    let mut record = Record::request(shared.id(), came);
    record.source = peer.ip();
    let mut entry = Entry::new(record, &shared.sink);
    let close = !request.body.is_empty();
    match forward_whole(shared, &mut entry, (request, came), (arrival, peer)).await {
        Ok(Answer::Whole(reply)) => Answered::Whole(reply, Ending(entry)),
        Ok(Answer::Flows(response)) => Answered::Flows(response),
        Err(refused) => Answered::Flows(refusal(&refused, &mut entry, close)),
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
    if Gateway::is_petition(&head, arrival) {
        return Box::pin(link::flowing(shared, entry, head, unread, (arrival, peer))).await;
    }
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
    let pass = shared.gate.enter_as(what, proven.grant(), proven.access_key_id(), application, now());
    let pass = pass.map_err(refused)?;
    let way = Way { shared, entry, host: &host, replacement: replacement.as_deref(), pass: &pass };
    let leaving = if matches!(proven.needs(), Needs::Nothing) {
        let held = changed.or_else(|| bytes.map(<[u8]>::to_vec)).unwrap_or_default();
        Leaving::as_it_is(proven.pass()?, held).map_err(refused)?
    } else {
        let credentials = pass.race(pin!(credentials(shared, proven.needs()))).await.map_err(refused)?;
        let resigned = proven.resign(&credentials, now())?;
        let flowing = if plan == BodyPlan::Stream { unread.take() } else { None };
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

/// The same way for a request that is here whole, in one stretch, by one reading of the clock. What seldom happens is boxed,
/// here and in what is called: room for it would lie between what every request needs.
async fn forward_whole(
    shared: &Arc<Shared>,
    entry: &mut Entry,
    (request, came): (whole::Request<'_>, Time),
    (arrival, peer): (&Arrival, &Peer),
) -> Result<Answer<Response<AnyBody>>, Refused> {
    let whole::Request { method, target, fields, body, .. } = request;
    let (is_head, close) = (method == "HEAD", !body.is_empty());
    let target = Cow::Borrowed(target);
    let head = Head { method, target, headers: fields, http2: false, authority: None, ended: false };
    if Gateway::is_petition(&head, arrival) {
        let go = async |entry: &_| link::whole(shared, entry, head, body, (arrival, peer)).await;
        return Ok(Box::pin(flows(entry, close, go)).await);
    }
    let (mut proven, protocol, held) = prove(shared, &mut entry.record, head, arrival, body, came)?;
    let refused = |refusal| Refused::new(refusal, protocol, is_head);
    let changed = proven.take_body();
    let replacement = proven.take_replacement();
    let host = proven.route().host.clone();
    let application = peer.application.as_deref();
    let pass = shared.gate.enter(proven.grant(), proven.access_key_id(), application, came);
    let pass = &pass.map_err(refused)?;
    let send = async |leaving, entry: &mut Entry| {
        let go = async |entry: &_| {
            begin(entry).await.map_err(refused)?;
            let replacement = replacement.as_deref();
            Way { shared, entry, host: &host, replacement, pass }.send(leaving).await.map_err(refused)
        };
        Ok(flows(entry, close, go).await)
    };
    if matches!(proven.needs(), Needs::Nothing) {
        let held = changed.or_else(|| held.map(<[u8]>::to_vec)).unwrap_or_default();
        let leaving = Leaving::as_it_is(proven.pass()?, held).map_err(refused)?;
        return Box::pin(send(leaving, entry)).await;
    }
    // Of one that is held, what is to be recorded is noted already.
    let noted = if held.is_none() { proven.shown_body(&shared.gateway, body) } else { Vec::new() };
    let (credentials, at) = match credentials_at_hand(shared, &proven, came) {
        Ok(credentials) => (credentials, came),
        Err(coming) => (pass.race(coming).await.map_err(refused)?, now()),
    };
    let resigned = proven.resign(&credentials, at)?;
    let body = changed.as_deref().unwrap_or(body);
    if replacement.is_some() {
        let leaving = Leaving::whole(resigned, body).map_err(refused)?;
        return Box::pin(send(leaving, entry)).await;
    }
    let message = message(resigned, body, held.is_some()).map_err(refused)?;
    // Now it is known to be the one that was signed.
    if !noted.is_empty() {
        entry.record.body = noted;
    }
    let loaded = shared.upstream.load(&host, message);
    entry.announce();
    others_first().await;
    settled(entry).map_err(refused)?;
    let asking = pin!(shared.upstream.ask(&host, loaded));
    match pass.race(asking).await.map_err(refused)? {
        Answer::Whole(mut reply) => {
            entry.record.served_as(reply.request_id.take());
            announce_end(entry, reply.status, reply.body);
            Ok(Answer::Whole(reply))
        }
        Answer::Flows(response) => {
            let go = async |entry: &_| {
                let way = Way { shared, entry, host: &host, replacement: None, pass };
                let (parts, body) = filter(response, entry);
                let response = way.down(parts, body).await;
                lock(entry).answered(response.status().as_u16());
                Ok(response)
            };
            Ok(Box::pin(flows(entry, close, go)).await)
        }
    }
}

/// Goes on with a request whose answer flows: others may hold its record by then.
async fn flows(
    entry: &mut Entry,
    close: bool,
    go: impl AsyncFnOnce(&SharedEntry) -> Result<Response<AnyBody>, Refused>,
) -> Answer<Response<AnyBody>> {
    let entry = Arc::new(Mutex::new(entry.take_over(0)));
    Answer::Flows(match go(&entry).await {
        Ok(response) => response,
        Err(refused) => refusal(&refused, &mut lock(&entry), close),
    })
}

/// Proves a request whose body is at hand, and gives that where it must be known. What it takes is the connection's room,
/// not a share of that for bodies that are held.
fn prove<'a>(
    shared: &Shared,
    record: &mut Record,
    head: Head<'_>,
    arrival: &Arrival,
    body: &'a [u8],
    came: Time,
) -> Result<(Proven, Protocol, Option<&'a [u8]>), Refused> {
    let (gateway, is_head) = (&shared.gateway, head.method == "HEAD");
    let opened = gateway.open(head, arrival, came, record)?;
    let protocol = opened.protocol();
    let held = match opened.body() {
        BodyPlan::Hold(limit) if body.len() as u64 > limit => {
            return Err(Refused::new(too_large(limit), protocol, is_head));
        }
        BodyPlan::Hold(_) => Some(body),
        _ => None,
    };
    record.bytes_in = body.len() as u64;
    Ok((opened.prove(gateway, held, came, record)?, protocol, held))
}

/// A request as it leaves whole. `told`: its length is, whatever the client told.
fn message(resigned: Resigned, body: &[u8], told: bool) -> Result<Message, Refusal> {
    let Resigned { method, target, headers, body: mut resigner } = resigned;
    let mut bytes = resigner.push(body)?;
    bytes.extend(resigner.finish()?);
    let message = Message::new(method, &target, headers.iter(), (&bytes, told));
    message.ok_or_else(|| Refusal::new(RefusalKind::Internal, "the request cannot be sent on"))
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

/// The credentials that a request needs.
pub(crate) async fn credentials(shared: &Shared, needs: Needs<'_>) -> Result<Credentials, Refusal> {
    match needs {
        Needs::Chained(sealed) => Ok(sealed.clone()),
        Needs::Role(grant) => shared.credentials.get(grant).await,
        _ => Err(nothing_to_sign_with()),
    }
}

/// The same where they are at hand; else what to wait for.
fn credentials_at_hand<'a>(
    shared: &'a Shared,
    proven: &'a Proven,
    now: Time,
) -> Result<Credentials, Coming<'a>> {
    match proven.needs() {
        Needs::Chained(sealed) => Ok(sealed.clone()),
        Needs::Role(grant) => shared.credentials.at_hand(grant, now),
        _ => Err(Box::pin(async { Err(nothing_to_sign_with()) })),
    }
}

#[cold]
fn nothing_to_sign_with() -> Refusal {
    Refusal::new(RefusalKind::Internal, "there is nothing to sign with")
}

/// Begins the record, before anything leaves. The requests that have come as far by now are recorded with one write, and
/// what they do next they do one after another, which finds its code in the processor's cache.
pub(crate) async fn begin(entry: &SharedEntry) -> Result<(), Refusal> {
    lock(entry).announce();
    others_first().await;
    settled(&mut lock(entry))
}

/// Sees to it that the beginning of a record is written.
fn settled(entry: &mut Entry) -> Result<(), Refusal> {
    entry.settle().map_err(|error| {
        tracing::error!(%error, "the audit log cannot be written");
        let text = "the gateway cannot record this request; please try again";
        Refusal::new(RefusalKind::AuditUnavailable, text).with_detail(error.to_string())
    })
}

/// The end of a record, before its answer goes on.
pub(crate) struct Ending(Entry);

impl Ending {
    /// Records it, with one write for all that are as far. Who has read the answer finds it recorded.
    pub(crate) async fn come(mut self) {
        others_first().await;
        self.0.concluded();
    }
}

/// Lets all go first that could go on just now; what has come over the wire meanwhile is looked at afterwards.
async fn others_first() {
    let mut went = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut went, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
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
    /// One whose body is at hand.
    fn whole(resigned: Resigned, body: &[u8]) -> Result<Self, Refusal> {
        let Resigned { method, target, headers, body: mut resigner } = resigned;
        let mut bytes = resigner.push(body)?;
        bytes.extend(resigner.finish()?);
        // The service is told a length even where the client told none.
        let length = HeaderValue::from(bytes.len());
        let mut request = outgoing(&method, target, headers.iter(), full(bytes))?;
        request.headers_mut().insert(header::CONTENT_LENGTH, length);
        Ok(Self { request, trouble: None, progress: None })
    }

    fn signed(
        resigned: Resigned,
        held: Option<&[u8]>,
        flowing: Option<Unread>,
        way: &Way<'_>,
    ) -> Result<Self, Refusal> {
        if let Some(held) = held {
            return Self::whole(resigned, held);
        }
        let Resigned { method, target, headers, body: resigner } = resigned;
        let (mut trouble, mut progress) = (None, None);
        let body = if let Some(unread) = flowing {
            let (entry, pass) = (Arc::clone(way.entry), Arc::clone(way.pass));
            let (upward, slot) = Upward::new(unread, resigner, way.shared.idle, entry, pass);
            progress = Some(upward.progress());
            trouble = Some(slot);
            upward.boxed_unsync()
        } else {
            resigner.finish()?;
            full("")
        };
        let request = outgoing(&method, target, headers.iter(), body)?;
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

    /// Most answers are small, and here whole with their heads: their records end before they go on. What is longer flows.
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
        announce_end(&mut lock(self.entry), parts.status.as_u16(), data.len());
        others_first().await;
        lock(self.entry).concluded();
        Response::from_parts(parts, full(data))
    }
}

/// Has the end of an answer that is here recorded at the [ending](Ending).
fn announce_end(entry: &mut Entry, status: u16, length: usize) {
    entry.record.sent(length);
    entry.answered(status);
    entry.conclude();
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
    let goes = |name: &&HeaderName| is_of_the_connection(name.as_str()) || nominated.contains(name);
    let going: Vec<HeaderName> = headers.keys().filter(goes).cloned().collect();
    for name in going {
        headers.remove(name);
    }
}

fn request_id(headers: &HeaderMap) -> Option<Shown> {
    REQUEST_ID.iter().find_map(|name| shown_id(name, headers.get(*name)?.as_bytes()))
}

/// The answer to a request that was refused, which is recorded by then: a body on its way may still hold the record.
/// `close`: what was not read of the body would be taken for the next request.
#[cold]
fn refusal(refused: &Refused, entry: &mut Entry, close: bool) -> Response<AnyBody> {
    let reply = refused.answer(&mut entry.record);
    entry.answered(reply.status);
    tracing::debug!(id = entry.record.id, error = refused.refusal.kind().name(), "refused");
    entry.finish();
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
