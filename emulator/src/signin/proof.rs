//! The proof of possession that comes with a request (DPoP, RFC 9449): a token by the key that it shows.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::invalid;
use crate::failure::Failure;
use crate::jws::{Token, verify_es256};
use crate::message::Request;

const SKEW: i64 = 300;
const MAX_PROOFS: usize = 100_000;

/// Checks a request's proof and gives the thumbprint of its key (RFC 7638). `seen` holds the proofs of before, each of
/// which is good once.
pub(super) fn check(
    request: &Request,
    url: &str,
    seen: &mut HashMap<String, i64>,
    now: i64,
) -> Result<String, Failure> {
    if request.headers.iter().filter(|(name, _)| name == "dpop").count() > 1 {
        return Err(invalid("there is more than one DPoP proof"));
    }
    let text = request.header("dpop").ok_or_else(|| invalid("the DPoP proof is missing"))?;
    let token = Token::parse(text).ok_or_else(|| invalid("the DPoP proof is no JSON Web Token"))?;
    let header = |name: &str| token.header.get(name).and_then(Value::as_str);
    if header("typ") != Some("dpop+jwt") || header("alg") != Some("ES256") {
        return Err(invalid("the DPoP proof is not of the type dpop+jwt with ES256"));
    }
    let jwk = token.header.get("jwk").ok_or_else(|| invalid("the DPoP proof shows no key"))?;
    let (point, thumbprint) =
        public_key(jwk).ok_or_else(|| invalid("the DPoP proof's key is not on P-256"))?;
    if !verify_es256(&point, token.signed.as_bytes(), &token.signature) {
        return Err(invalid("the DPoP proof's signature is wrong"));
    }
    if token.text("htm") != request.method {
        return Err(invalid("the DPoP proof is for another method"));
    }
    if token.text("htu") != url {
        return Err(invalid("the DPoP proof is for another address"));
    }
    let issued = token.claims.get("iat").and_then(Value::as_i64);
    let issued = issued.filter(|issued| (now - issued).abs() <= SKEW);
    let issued = issued.ok_or_else(|| invalid("the DPoP proof is too old, or of the future"))?;
    let id = token.text("jti");
    if id.is_empty() {
        return Err(invalid("the DPoP proof has no id"));
    }
    if seen.len() >= MAX_PROOFS {
        seen.retain(|_, until| *until > now);
    }
    if seen.len() >= MAX_PROOFS {
        seen.clear();
    }
    if seen.insert(format!("{thumbprint}.{id}"), issued + SKEW).is_some() {
        return Err(invalid("the DPoP proof was used before"));
    }
    Ok(thumbprint)
}

/// The point of a key, not compressed, and the key's thumbprint. A private key is refused.
fn public_key(jwk: &Value) -> Option<(Vec<u8>, String)> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    if text("kty") != Some("EC") || text("crv") != Some("P-256") || jwk.get("d").is_some() {
        return None;
    }
    let (x, y) = (text("x")?, text("y")?);
    let mut point = vec![4];
    for coordinate in [x, y] {
        let bytes = URL_SAFE_NO_PAD.decode(coordinate).ok().filter(|bytes| bytes.len() == 32)?;
        point.extend_from_slice(&bytes);
    }
    let canonical = format!("{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{x}\",\"y\":\"{y}\"}}");
    Some((point, URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))))
}
