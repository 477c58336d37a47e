//! Links for who holds a placeholder, asked for where requests are: it is proven as they are, and speaks for nobody else.

use std::sync::Arc;

use awsaccess::audit::Event;
use awsaccess::gateway::{Arrival, Gateway, Head, Petition, Refusal, RefusalKind, Refused};
use awsaccess::operation::Protocol;
use awsaccess::secret::Secret;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::wish::InWhoseName;
use super::{ConsoleWish, Holder, PresignWish, Unfit, Unmade, Way, console, presign, read};
use crate::body::{AnyBody, full};
use crate::forward::{SharedEntry, lock};
use crate::linger::Unread;
use crate::peer::Peer;
use crate::server::Shared;
use crate::sink::now;

/// The most bytes of a body: a presigned URL with a long session token in it has room.
const MOST: u64 = 128 << 10;

/// What is asked for, by its path.
#[derive(Clone, Copy)]
enum Asked {
    Console,
    Presigned,
}

impl Asked {
    fn of(target: &[u8]) -> Option<Self> {
        match target {
            b"/v1/console-links" => Some(Self::Console),
            b"/v1/presigned-urls" => Some(Self::Presigned),
            _ => None,
        }
    }
}

/// Answers a petition whose body is still to come.
pub(crate) async fn flowing(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    head: Head<'_>,
    unread: &mut Unread,
    (arrival, peer): (&Arrival, &Peer),
) -> Result<Response<AnyBody>, Refused> {
    let (asked, petition) = opened(&shared.gateway, entry, head, arrival)?;
    unread.waits = false;
    let held = match unread.body.as_mut() {
        Some(body) => Some(shared.budget.hold(body, MOST, shared.pace).await.map_err(refused)?),
        None => None,
    };
    let body = held.as_ref().map_or(&[][..], |held| &held.bytes);
    heard(shared, entry, (asked, petition), body, (arrival, peer)).await
}

/// Answers a petition that is here whole.
pub(crate) async fn whole(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    head: Head<'_>,
    body: &[u8],
    (arrival, peer): (&Arrival, &Peer),
) -> Result<Response<AnyBody>, Refused> {
    let (asked, petition) = opened(&shared.gateway, entry, head, arrival)?;
    heard(shared, entry, (asked, petition), body, (arrival, peer)).await
}

fn opened(
    gateway: &Gateway,
    entry: &SharedEntry,
    head: Head<'_>,
    arrival: &Arrival,
) -> Result<(Asked, Petition), Refused> {
    let asked = Asked::of(&head.target);
    let mut entry = lock(entry);
    match asked {
        Some(Asked::Console) => entry.record.event = Event::Console,
        Some(Asked::Presigned) => entry.record.event = Event::Presigned,
        None => {}
    }
    let petition = gateway.petition(head, arrival, now(), &mut entry.record)?;
    let nothing = "the gateway itself is asked for /v1/console-links or /v1/presigned-urls";
    let asked = asked.ok_or_else(|| refused(Refusal::new(RefusalKind::Malformed, nothing)))?;
    Ok((asked, petition))
}

async fn heard(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    (asked, petition): (Asked, Petition),
    body: &[u8],
    (arrival, peer): (&Arrival, &Peer),
) -> Result<Response<AnyBody>, Refused> {
    lock(entry).record.bytes_in = body.len() as u64;
    let proven = petition.prove(&shared.gateway, body, now(), &mut lock(entry).record)?;
    let token = proven.placeholder.session_token.clone();
    let token = token.as_ref().map(Secret::expose);
    let holder = Holder::new(&proven.access_key_id, token, proven.placeholder);
    let mode = match arrival {
        Arrival::EndpointUrl | Arrival::PlainEndpointUrl => "endpoint-url",
        _ => "intercept",
    };
    let way = Way { mode, application: peer.application.as_deref() };
    let made = match asked {
        Asked::Console => match own::<ConsoleWish>(body, |wish| wish.r#as.as_ref()) {
            Ok(wish) => console(shared, entry, &holder, wish, &way).await,
            Err(why) => Err(why),
        },
        Asked::Presigned => match own::<PresignWish>(body, |wish| wish.r#as.as_ref()) {
            Ok(wish) => presign(shared, entry, &holder, wish, &way).await,
            Err(why) => Err(why),
        },
    };
    let (status, answer) = match made {
        Ok(link) => (StatusCode::OK, link),
        Err(Unmade::Refused(refusal)) => return Err(refused(refusal)),
        Err(unmade @ Unmade::Unfit(_)) => {
            unmade.note(entry);
            (unmade.status(), json!({ "message": unmade.told() }))
        }
    };
    // Who has read it finds it recorded.
    let mut entry = lock(entry);
    entry.finish();
    Ok(reply(status, &answer, &entry.record.id))
}

/// What is wished for, in nobody else's name.
fn own<T: serde::de::DeserializeOwned>(
    body: &[u8],
    whose: impl Fn(&T) -> Option<&InWhoseName>,
) -> Result<T, Unmade> {
    let wish: T = read(body).map_err(|why| {
        let status = StatusCode::BAD_REQUEST;
        Unfit { status, ..Unfit::asked("malformed", why) }
    })?;
    if whose(&wish).is_some() {
        let text = "who holds a placeholder asks for himself; leave out `as`";
        let detail = "another's name was asked for with a placeholder";
        return Err(Refusal::new(RefusalKind::Denied, text).with_detail(detail).into());
    }
    Ok(wish)
}

fn reply(status: StatusCode, value: &Value, id: &str) -> Response<AnyBody> {
    let mut response = Response::new(full(format!("{value}\n")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

fn refused(refusal: Refusal) -> Refused {
    Refused::new(refusal, Protocol::RestJson, false)
}
