//! An answer that carries credentials: held, understood, and given to the client with a placeholder in their place.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use awsaccess::gateway::{Answer, Gateway, Refusal, RefusalKind, Replacement};
use http::header::{self, HeaderValue};
use http::response::Parts;
use http::{HeaderName, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};
use rustls::crypto::CryptoProvider;
use zeroize::Zeroizing;

use crate::body::{AnyBody, full};
use crate::sink::{Entry, now};

/// What an answer says of its body that is no longer true.
const OF_THE_BODY: [HeaderName; 3] =
    [header::ETAG, HeaderName::from_static("content-md5"), HeaderName::from_static("content-digest")];

/// Replaces the credentials in an answer. The body that came is wiped; nothing of it is passed on if it is not understood.
pub(crate) async fn replace<B>(
    replacement: &Replacement,
    gateway: &Gateway,
    provider: &CryptoProvider,
    (mut parts, body): (Parts, B),
    patience: Duration,
    entry: &Mutex<Entry>,
) -> Result<Response<AnyBody>, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    let internal =
        |why: &str| Refusal::new(RefusalKind::Internal, "the answer cannot be passed on").with_detail(why);
    let body = read(body, replacement.limit(), patience).await?;
    let keys = gateway.placeholders.keys().ok_or_else(|| internal("there is no key to seal it with"))?;
    let mut seed = Zeroizing::new([0; 32]);
    provider.secure_random.fill(&mut *seed).map_err(|_| internal("the system gives no random bytes"))?;
    let encoding = parts.headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    let answer = Answer::new(parts.status.as_u16(), encoding);
    let mut entry = entry.lock().unwrap_or_else(PoisonError::into_inner);
    let mut replaced = replacement.replace(keys, answer, &body, &seed, now(), &mut entry.record)?;
    entry.record.bytes_out = replaced.len() as u64;
    for name in OF_THE_BODY {
        parts.headers.remove(name);
    }
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(replaced.len()));
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Placeholders only: the real ones are sealed in them.
    Ok(Response::from_parts(parts, full(std::mem::take(&mut *replaced))))
}

async fn read<B>(mut body: B, limit: usize, patience: Duration) -> Result<Zeroizing<Vec<u8>>, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    // All at once: bytes that are left behind by growing are not wiped.
    let room = body.size_hint().exact().and_then(|length| usize::try_from(length).ok()).unwrap_or(limit);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room.min(limit)));
    loop {
        let frame = tokio::time::timeout(patience, body.frame()).await;
        let frame = frame.map_err(|_| broken("it stopped coming"))?;
        let Some(frame) = frame else { return Ok(bytes) };
        let Ok(data) = frame.map_err(|error| broken(&error.to_string()))?.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(Refusal::new(
                RefusalKind::ReplyNotUnderstood,
                "the service's answer is longer than any that carries credentials, and is not passed on",
            ));
        }
        bytes.extend_from_slice(&data);
    }
}

fn broken(why: &str) -> Refusal {
    Refusal::new(RefusalKind::UpstreamConnect, "the service broke its answer off").with_detail(why)
}
