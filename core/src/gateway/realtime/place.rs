//! Where the authorization object of a handshake stands: among the sub-protocols, or in the query, as the AppSync Developer
//! Guide has it of GraphQL and most clients write it.

use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding as _};
use serde_json::{Map, Value};
use zeroize::Zeroize as _;

use super::{CONNECT, Dialect, malformed};
use crate::gateway::Refusal;

/// What stands before the object among the sub-protocols.
const PREFIX: &str = "header-";
/// The parameters of a query: the object, and what the connection is asked for with.
const OBJECT: &str = "header";
const PAYLOAD: &str = "payload";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Protocol,
    Query,
}

/// An object, and what stands beside it.
pub(super) struct Found {
    pub(super) object: Map<String, Value>,
    pub(super) protocols: Vec<String>,
    pub(super) target: Vec<u8>,
}

impl Place {
    /// The object's place in a handshake, if it has one.
    pub(super) fn of(dialect: Dialect, protocols: &[String], target: &[u8]) -> Option<Self> {
        if protocols.iter().any(|protocol| protocol.starts_with(PREFIX)) {
            return Some(Self::Protocol);
        }
        (dialect == Dialect::GraphQl && !is_free(query(target).1)).then_some(Self::Query)
    }

    /// Takes the object out of a handshake.
    ///
    /// # Errors
    /// An object that stands in two places, or cannot be read in one way only.
    pub(super) fn take(self, protocols: &[String], target: &[u8]) -> Result<Found, Refusal> {
        let (path, query) = query(target);
        let (objects, protocols) =
            protocols.iter().cloned().partition::<Vec<_>, _>(|protocol| protocol.starts_with(PREFIX));
        let (bytes, target) = match (self, objects.as_slice()) {
            (Self::Protocol, [object]) if is_free(query) => {
                let object = object.strip_prefix(PREFIX).unwrap_or_default();
                (Base64UrlUnpadded::decode_vec(object.trim_end_matches('=')).ok(), target)
            }
            (Self::Query, []) => (Some(in_query(query)?), path),
            _ => return Err(malformed("there are two authorization objects")),
        };
        let object = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let object = object.ok_or_else(|| malformed("the authorization object is no json in base64"))?;
        Ok(Found { object, protocols, target: target.to_vec() })
    }

    /// The target and the sub-protocols with an object that was signed again.
    pub(super) fn put(self, mut json: String, target: &[u8], protocols: &[String]) -> (Vec<u8>, String) {
        let (mut target, mut protocols) = (target.to_vec(), protocols.join(", "));
        match self {
            Self::Protocol => {
                protocols.push_str(", ");
                protocols.push_str(PREFIX);
                protocols.push_str(&Base64UrlUnpadded::encode_string(json.as_bytes()));
            }
            Self::Query => {
                let object = Base64::encode_string(json.as_bytes()).replace('+', "%2B").replace('/', "%2F");
                let payload = Base64::encode_string(CONNECT.as_bytes());
                target.extend(format!("?{OBJECT}={object}&{PAYLOAD}={payload}").into_bytes());
            }
        }
        json.zeroize();
        (target, protocols)
    }
}

/// A path and its query, without the question mark.
pub(super) fn query(target: &[u8]) -> (&[u8], &[u8]) {
    let at = memchr::memchr(b'?', target).unwrap_or(target.len());
    let (path, query) = target.split_at_checked(at).unwrap_or_default();
    (path, query.get(1..).unwrap_or_default())
}

fn parameters(query: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    query.split(|byte| *byte == b'&').map(|piece| {
        let at = memchr::memchr(b'=', piece).unwrap_or(piece.len());
        let (name, value) = piece.split_at_checked(at).unwrap_or_default();
        (name, value.get(1..).unwrap_or_default())
    })
}

/// Whether nothing in a query could be taken for an object.
fn is_free(query: &[u8]) -> bool {
    parameters(query).all(|(name, _)| {
        let is_one = [OBJECT, PAYLOAD].iter().any(|one| name.eq_ignore_ascii_case(one.as_bytes()));
        !is_one && !name.contains(&b'%')
    })
}

/// The object in a query that has nothing beside it but what every connection is asked for with.
fn in_query(query: &[u8]) -> Result<Vec<u8>, Refusal> {
    let (mut object, mut payload) = (None, None);
    for (name, value) in parameters(query) {
        let place = match name {
            b"header" => &mut object,
            b"payload" => &mut payload,
            _ => return Err(malformed("the query has more than an authorization object")),
        };
        if place.replace(value).is_some() {
            return Err(malformed("there are two authorization objects"));
        }
    }
    if payload.and_then(base64) != Some(CONNECT.as_bytes().to_vec()) {
        return Err(malformed("the connection is asked for with more than an empty object"));
    }
    object.and_then(base64).ok_or_else(|| malformed("the authorization object is no json in base64"))
}

/// Base64 in a query, with its three signs as they are or percent-encoded.
fn base64(value: &[u8]) -> Option<Vec<u8>> {
    let mut text = str::from_utf8(value).ok()?.to_owned();
    for (encoded, sign) in
        [("%2B", "+"), ("%2b", "+"), ("%2F", "/"), ("%2f", "/"), ("%3D", "="), ("%3d", "=")]
    {
        text = text.replace(encoded, sign);
    }
    Base64Unpadded::decode_vec(text.trim_end_matches('=')).ok()
}
