//! AppSync's real-time sockets: the handshake is signed again in its sub-protocol, and so is each message that carries a
//! signature. What the service says flows down as it is.

mod frame;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use awsaccess::audit::{Decision, Record};
use awsaccess::gateway::{
    Counted, RealtimeMessage, RealtimeRequest, RealtimeSocket, Refusal, RefusalKind, Refused,
};
use awsaccess::operation::Protocol;
use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use self::frame::{Frame, Frames, Kind};
use crate::body::{AnyBody, full};
use crate::forward::{self, SharedEntry};
use crate::live::Live;
use crate::pass::{Pass, revoked};
use crate::peer::Peer;
use crate::server::Shared;
use crate::sink::{Entry, now};
use crate::tunnel;
use crate::websocket::Handshake;

/// What waits between the two sides.
const BETWEEN: usize = 64 << 10;
/// Answers of ours that wait for the service to come to the end of a message.
const MOST_TOLD: usize = 16;

/// Opens a socket.
pub(crate) async fn open(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    mut parts: Parts,
    (socket, request): (RealtimeSocket, RealtimeRequest),
    peer: &Peer,
) -> Result<Response<AnyBody>, Refused> {
    let refused = |refusal| Refused::new(refusal, Protocol::RestJson, false);
    let malformed = |why: &str| refused(Refusal::new(RefusalKind::Malformed, why));
    let live = parts.extensions.remove::<Arc<Live>>();
    let live = live.ok_or_else(|| malformed("a real-time socket is opened inside a tunnel"))?;
    let handshake = Handshake::of(&mut parts, false).map_err(refused)?;
    let mut handshake = handshake.ok_or_else(|| malformed("a real-time socket begins with its handshake"))?;

    let (renewed, pass) = renew(shared, entry, request, None, peer).await?;
    let (target, protocols) = socket.handshake(renewed.text);
    handshake.speak(&protocols).map_err(refused)?;
    let mut request = Request::new(full(""));
    *request.uri_mut() = http::Uri::try_from(target).map_err(|_| malformed("the target is none"))?;
    let host = HeaderValue::from_str(socket.host()).map_err(|_| malformed("the host is none"))?;
    request.headers_mut().insert(header::HOST, host);
    for name in [header::ORIGIN, header::USER_AGENT] {
        if let Some(value) = parts.headers.remove(&name) {
            request.headers_mut().insert(name, value);
        }
    }
    let upstream = socket.host().to_owned();
    handshake.relay = Some(Relay { live, socket, key: renewed.key, peer: peer.clone() });
    forward::upgrade(shared, entry, &upstream, &pass, request, handshake, peer).await.map_err(refused)
}

/// What was signed again.
struct Renewed {
    text: String,
    /// The placeholder that it was signed with.
    key: String,
}

/// Proves, decides and signs again. `by` is the placeholder that the socket was opened with, whose right to run is the
/// socket's.
async fn renew(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    request: RealtimeRequest,
    by: Option<&str>,
    peer: &Peer,
) -> Result<(Renewed, Arc<Pass>), Refused> {
    let refused = |refusal| Refused::new(refusal, Protocol::RestJson, false);
    let (proven, draft) = request.prove(&shared.gateway, now(), &mut forward::lock(entry).record)?;
    let key = proven.access_key_id().unwrap_or_default().to_owned();
    if by.is_some_and(|by| by != key) {
        let text = "the message is signed with another key than the socket was opened with";
        return Err(refused(Refusal::new(RefusalKind::Denied, text)));
    }
    let application = peer.application.as_deref();
    // The socket is a stream; what is said in it is a request, until it was signed.
    let what = if by.is_none() { Counted::Stream } else { Counted::Request };
    let pass = shared.gate.enter_as(what, proven.grant(), proven.access_key_id(), application, now());
    let pass = pass.map_err(refused)?;
    let credentials = tokio::select! {
        credentials = forward::credentials(shared, proven.needs()) => credentials.map_err(refused)?,
        () = pass.ended() => return Err(refused(revoked())),
    };
    let resigned = proven.resign(&credentials, now())?;
    let text = draft.finish(resigned).map_err(refused)?;
    forward::begin(entry).await.map_err(refused)?;
    Ok((Renewed { text, key }, pass))
}

/// What becomes of an open socket.
pub(crate) struct Relay {
    live: Arc<Live>,
    socket: RealtimeSocket,
    key: String,
    peer: Peer,
}

impl Relay {
    /// Carries messages until a side ends, as a tunnel is carried.
    pub(crate) async fn carry<C, S>(
        &self,
        client: C,
        service: S,
        entry: Entry,
        idle: Duration,
        pass: &Arc<Pass>,
    ) where
        C: AsyncRead + AsyncWrite + Unpin,
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (client_read, client_write) = tokio::io::split(client);
        let (service_read, service_write) = tokio::io::split(service);
        let (up_read, up_write) = tokio::io::simplex(BETWEEN);
        let (down_read, down_write) = tokio::io::simplex(BETWEEN);
        let (tell, told) = mpsc::channel(MOST_TOLD);
        let near = tokio::io::join(up_read, client_write);
        let far = tokio::io::join(down_read, service_write);
        let work = async {
            tokio::join!(self.up(client_read, up_write, tell), down(service_read, down_write, told));
            // What they gave is still on its way.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = tunnel::carry(near, far, 0, entry, idle, pass) => {}
            () = work => {}
        }
    }

    /// The client's messages, each signed again if it carries a signature. What is no message ends the socket.
    async fn up<R, W>(&self, from: R, mut to: W, tell: mpsc::Sender<String>)
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let mut frames = Frames::of_client(from);
        let mut message = Vec::new();
        loop {
            let frame = match frames.next(message.len()).await {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(error) => {
                    tracing::debug!(client = %self.peer, %error, "a real-time socket ended");
                    break;
                }
            };
            let done = match frame.kind {
                Kind::Control => to.write_all(&frame.bytes()).await,
                Kind::Text | Kind::Continuation => {
                    message.extend_from_slice(&frame.payload);
                    if !frame.last {
                        continue;
                    }
                    match self.said(&message).await {
                        Ok(text) => to.write_all(&Frame::text(text.into_bytes(), frame.mask).bytes()).await,
                        Err(told) => tell.send(told).await.map_err(io::Error::other),
                    }
                }
            };
            if frame.kind != Kind::Control {
                message.clear();
            }
            if done.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await;
    }

    /// The message as it goes on, or what the client is told instead. Each that is signed is a request of its own.
    async fn said(&self, text: &[u8]) -> Result<String, String> {
        let shared = self.live.shared();
        let mut record = Record::request(shared.id(), now());
        record.source = self.peer.ip();
        let entry = Entry::new(record, &shared.sink);
        let request = match self.socket.message(text) {
            Ok(RealtimeMessage::Signed(request)) => Ok(*request),
            Ok(RealtimeMessage::Plain(text)) => {
                entry.discard();
                return Ok(text);
            }
            Ok(_) => Err(Refusal::new(RefusalKind::Internal, "the message is of a kind that is not known")),
            Err(refusal) => Err(refusal),
        };
        let entry = Arc::new(Mutex::new(entry));
        let refused = |refusal| Refused::new(refusal, Protocol::RestJson, false);
        let renewed = match request {
            Ok(request) => renew(&shared, &entry, request, Some(&self.key), &self.peer).await,
            Err(refusal) => Err(refused(refusal)),
        };
        let mut entry = entry.lock().unwrap_or_else(PoisonError::into_inner);
        match renewed {
            Ok((renewed, _)) => {
                entry.record.decision = Some(Decision::Allowed);
                entry.record.bytes_in = text.len() as u64;
                // It has no answer of its own: the service has taken the socket.
                entry.answered(101);
                Ok(renewed.text)
            }
            Err(refused) => {
                let reply = refused.answer(&mut entry.record);
                entry.answered(reply.status);
                Err(self.socket.refusal(text, &refused.refusal))
            }
        }
    }
}

/// What the service says, and between its messages what we do.
async fn down<R, W>(from: R, mut to: W, mut told: mpsc::Receiver<String>)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut frames = Frames::of_service(from);
    loop {
        let passed = tokio::select! {
            biased;
            some = frames.some() => match some {
                Ok(true) => frames.pass(&mut to).await,
                _ => break,
            },
            Some(text) = told.recv() => to.write_all(&Frame::text(text.into_bytes(), None).bytes()).await,
        };
        if passed.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
