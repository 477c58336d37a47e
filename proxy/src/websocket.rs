//! WebSocket handshakes (RFC 6455): verified and signed again like any request, and then bytes both ways.
//!
//! What belongs to the handshake belongs to the connection, so that no signature covers it and the head that was signed
//! again has none of it. It is read here, strictly, and written anew.

use std::sync::{Arc, Mutex, PoisonError};

use awsaccess::gateway::{Refusal, RefusalKind};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use crate::body::{AnyBody, full};
use crate::pass::Pass;
use crate::peer::Peer;
use crate::realtime::Relay;
use crate::sink::Entry;
use crate::tunnel;
use crate::upstream::Arriving;

/// The fields of a handshake beside `Connection` and `Upgrade`.
const FIELDS: &[HeaderName] = &[
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_VERSION,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::SEC_WEBSOCKET_EXTENSIONS,
];

/// A client's handshake, and what its connection becomes.
pub(crate) struct Handshake {
    fields: Vec<(HeaderName, HeaderValue)>,
    client: OnUpgrade,
    /// What looks at the messages behind it, where something does.
    pub(crate) relay: Option<Relay>,
}

impl Handshake {
    /// The handshake of a request, if it has one. Another upgrade than to a WebSocket is passed over, as HTTP allows.
    pub(crate) fn of(parts: &mut Parts, has_body: bool) -> Result<Option<Self>, Refusal> {
        let is_one =
            parts.version == Version::HTTP_11 && names(&parts.headers, &header::UPGRADE, "websocket");
        if !is_one || !names(&parts.headers, &header::CONNECTION, "upgrade") {
            return Ok(None);
        }
        let malformed =
            |why: &str| Err(Refusal::new(RefusalKind::Malformed, format!("the websocket handshake {why}")));
        if parts.method != Method::GET || has_body {
            return malformed("is no get without a body");
        }
        let one = |name: &HeaderName| {
            let mut values = parts.headers.get_all(name).iter();
            (values.next().map(HeaderValue::as_bytes), values.next().is_some())
        };
        match one(&header::SEC_WEBSOCKET_KEY) {
            (Some(key), false) if is_key(key) => {}
            _ => return malformed("has no single key of sixteen bytes in base64"),
        }
        if one(&header::SEC_WEBSOCKET_VERSION) != (Some(b"13"), false) {
            return malformed("is not of version 13");
        }
        let Some(client) = parts.extensions.remove::<OnUpgrade>() else { return Ok(None) };
        let fields = FIELDS.iter().flat_map(|name| {
            parts.headers.get_all(name).iter().map(|value| (name.clone(), value.clone())).collect::<Vec<_>>()
        });
        Ok(Some(Self { fields: fields.collect(), client, relay: None }))
    }

    /// Takes other sub-protocols, and no extensions, in which messages could not be read.
    pub(crate) fn speak(&mut self, protocols: &str) -> Result<(), Refusal> {
        let value = HeaderValue::from_str(protocols)
            .map_err(|_| Refusal::new(RefusalKind::Internal, "the sub-protocols are no header field"))?;
        self.fields.retain(|(name, _)| {
            *name != header::SEC_WEBSOCKET_PROTOCOL && *name != header::SEC_WEBSOCKET_EXTENSIONS
        });
        self.fields.push((header::SEC_WEBSOCKET_PROTOCOL, value));
        Ok(())
    }

    /// Writes the handshake into a head that was signed again.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        FIELDS.iter().for_each(|name| {
            headers.remove(name);
        });
        for (name, value) in &self.fields {
            headers.append(name.clone(), value.clone());
        }
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    }

    /// The service has agreed: its answer for the client, behind which the bytes flow. `filter` takes off what the client
    /// is not to see.
    pub(crate) fn accept(
        self,
        mut response: Response<Arriving>,
        entry: &Arc<Mutex<Entry>>,
        peer: &Peer,
        idle: std::time::Duration,
        pass: Arc<Pass>,
        filter: impl FnOnce(&mut HeaderMap),
    ) -> Result<Response<AnyBody>, Refusal> {
        if !names(response.headers(), &header::UPGRADE, "websocket") {
            let why = "the service agreed to something else than a websocket";
            return Err(Refusal::new(RefusalKind::UpstreamConnect, "the service broke the connection")
                .with_detail(why));
        }
        let service = hyper::upgrade::on(&mut response);
        let (mut parts, _) = response.into_parts();
        filter(&mut parts.headers);
        parts.headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        parts.headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        // The record of the request is that of the stream, too: it ends when that does.
        let entry = entry.lock().unwrap_or_else(PoisonError::into_inner).take_over(101);
        peer.reading.relax(idle);
        let (client, peer) = (self.client, peer.clone());
        tokio::spawn(async move {
            // The connection goes on to count as one.
            let _peer = peer;
            let mut entry = entry;
            match tokio::try_join!(client, service) {
                Ok((client, service)) => {
                    let (client, service) = (TokioIo::new(client), TokioIo::new(service));
                    match self.relay {
                        Some(relay) => relay.carry(client, service, entry, idle, &pass).await,
                        None => tunnel::carry(client, service, 0, entry, idle, &pass).await,
                    }
                }
                Err(error) => entry.failed("client-gone", &error.to_string()),
            }
        });
        parts.status = StatusCode::SWITCHING_PROTOCOLS;
        Ok(Response::from_parts(parts, full("")))
    }
}

/// Whether a list of words has that one.
fn names(headers: &HeaderMap, field: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(field).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    values.map(<[u8]>::trim_ascii).any(|found| found.eq_ignore_ascii_case(word.as_bytes()))
}

/// Sixteen bytes in base64.
fn is_key(key: &[u8]) -> bool {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    key.strip_suffix(b"==").is_some_and(|letters| letters.len() == 22 && letters.iter().all(letter))
}
