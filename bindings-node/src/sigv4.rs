//! Verifying, and signing again.

use std::borrow::Cow;
use std::cell::RefCell;
use std::time::Duration;

use awsaccess::credentials::Delegate;
use awsaccess::secret::Secret;
use awsaccess::sigv4::{
    Algorithm, BodyResigner, Claim, DeclaredPayload, Payload, Policy, Request, Upstream, Verified,
    resign as resign_request,
};
use napi::JsString;
use napi::bindgen_prelude::{Buffer, Either, Env, External};
use napi_derive::napi;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::fault::{Fault, answer, either};
use crate::piece::{Keys, Pieces, pack, pairs, time};

/// A claim's head: method, target, policy (JSON, or empty for the default) and header fields.
fn parse_claim(mut pieces: Pieces<'_>, now: f64) -> Result<Claim, Fault> {
    let (method, target, rules) = (pieces.text()?, pieces.bytes()?, pieces.text()?);
    let headers = pieces.headers()?;
    let headers = pairs(&headers);
    Ok(Claim::parse(&Request::new(method, target, &headers), &policy(rules)?, time(now))?)
}

/// The wrapper has checked the types; what is not set keeps its default.
pub(crate) fn policy(json: &str) -> Result<Policy, Fault> {
    let mut policy = Policy::default();
    if json.is_empty() {
        return Ok(policy);
    }
    let rules: Value = serde_json::from_str(json).map_err(|_| Fault::internal())?;
    let text = |name: &str| rules[name].as_str().map(str::to_owned);
    let list = |name: &str| -> Vec<String> {
        let items = rules[name].as_array().into_iter().flatten();
        items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let switch = |name: &str, default: bool| rules[name].as_bool().unwrap_or(default);
    policy.max_skew = rules["maxSkew"].as_u64().map(Duration::from_secs);
    if let Some(seconds) = rules["maxExpires"].as_u64() {
        policy.max_expires = Duration::from_secs(seconds);
    }
    policy.region = text("region");
    policy.service = text("service");
    policy.require_signed = list("requireSigned");
    policy.require_signed_if_present = list("requireSignedIfPresent");
    policy.require_amz_signed = switch("requireAmzSigned", policy.require_amz_signed);
    policy.unsigned_amz = list("unsignedAmz");
    policy.any_unsigned_payload = switch("anyUnsignedPayload", policy.any_unsigned_payload);
    policy.date_header = switch("dateHeader", policy.date_header);
    policy.sigv4a = switch("sigv4a", policy.sigv4a);
    policy.uniform_errors = switch("uniformErrors", policy.uniform_errors);
    Ok(policy)
}

/// `x-amz-content-sha256` as the head declares it; empty where it does not.
fn payload_text(payload: DeclaredPayload) -> Cow<'static, str> {
    match payload {
        DeclaredPayload::Sha256(hash) => {
            hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
        }
        DeclaredPayload::Unsigned => awsaccess::sigv4::UNSIGNED_PAYLOAD.into(),
        DeclaredPayload::StreamingUnsignedTrailer => {
            awsaccess::sigv4::STREAMING_UNSIGNED_PAYLOAD_TRAILER.into()
        }
        DeclaredPayload::Streaming(kind) => kind.as_str().into(),
        _ => "".into(),
    }
}

/// Checks all that needs no key, and gives what the claim says; the wrapper keeps the head and sends it again.
#[napi]
pub(crate) fn claim<'e>(
    env: &'e Env,
    text: String,
    count: u32,
    packed: Option<&[u8]>,
    now: f64,
) -> napi::Result<JsString<'e>> {
    let text = Zeroizing::new(text);
    answer(env, || {
        let claim = parse_claim(Pieces::read(&text, count, packed)?, now)?;
        let names = claim.signed_headers().collect::<Vec<_>>().join(";");
        let payload = payload_text(claim.payload());
        let signed_at = claim.signed_at().unix_millis().to_string();
        let expires = claim.expires().map_or(String::new(), |expires| expires.as_secs().to_string());
        let has_token = if claim.session_token().is_some() { "1" } else { "" };
        let host = claim.request().host().unwrap_or_default().to_vec();
        let algorithm = if claim.algorithm() == Algorithm::V4a { "v4a" } else { "v4" };
        let pieces: [&[u8]; 11] = [
            claim.access_key_id().as_bytes(),
            claim.region().as_bytes(),
            claim.service().as_bytes(),
            names.as_bytes(),
            payload.as_bytes(),
            signed_at.as_bytes(),
            expires.as_bytes(),
            has_token.as_bytes(),
            claim.session_token().unwrap_or_default(),
            &host,
            algorithm.as_bytes(),
        ];
        Ok(pack(pieces.into_iter()))
    })
}

/// A request that verified, until it is signed again; and the way for its body, until it is given away.
pub(crate) struct Proof {
    verified: RefCell<Option<Verified>>,
    way: RefCell<Way>,
}

enum Way {
    /// Not asked for yet.
    Open,
    /// Made with the head.
    Made(Box<BodyResigner>),
    Given,
}

/// A body on its way; `None` once it has ended.
pub(crate) struct Body(RefCell<Option<BodyResigner>>);

/// What a lookup gave for a key id.
pub(crate) enum Key {
    Unknown,
    Secret(Secret, Option<Secret>),
    Delegate(Box<Delegate>),
}

impl Key {
    /// A secret with its token, or the pieces of a delegate; nothing for a key id that is not known.
    pub(crate) fn read(
        secret: Option<String>,
        token: Option<String>,
        delegate: Option<String>,
    ) -> Result<Self, Fault> {
        if let Some(delegate) = delegate.map(Zeroizing::new) {
            return match Pieces::read(&delegate, 4, None)?.keys()? {
                Keys::Delegate(delegate) => Ok(Self::Delegate(delegate)),
                Keys::Whole(_) => Err(Fault::internal()),
            };
        }
        Ok(secret.map_or(Self::Unknown, |secret| Self::Secret(Secret::new(secret), token.map(Secret::new))))
    }
}

/// Proves a claim. Without `secret` and `delegate` the key id is unknown, which is found out after the same work.
#[napi]
#[allow(clippy::too_many_arguments, reason = "strings and bytes cross the border one by one")]
pub(crate) fn verify(
    text: String,
    count: u32,
    packed: Option<&[u8]>,
    now: f64,
    secret: Option<String>,
    token: Option<String>,
    delegate: Option<String>,
    body: Option<&[u8]>,
) -> Either<External<Proof>, String> {
    let text = Zeroizing::new(text);
    let key = Key::read(secret, token, delegate);
    either(|| {
        let claim = parse_claim(Pieces::read(&text, count, packed)?, now)?;
        let payload = body.map_or(Payload::Declared, Payload::Bytes);
        let verified = match &key? {
            Key::Unknown => return Err(claim.refuse_unknown(payload).into()),
            Key::Secret(secret, token) => claim.verify((secret, token.as_ref()), payload)?,
            Key::Delegate(delegate) => claim.verify(&**delegate, payload)?,
        };
        Ok(External::new(Proof { verified: RefCell::new(Some(verified)), way: RefCell::new(Way::Open) }))
    })
}

/// Signs a verified request again. Pieces: credentials, host, base path, `1` for strict. Gives method, target, host
/// and the header fields.
#[napi]
pub(crate) fn resign<'e>(
    env: &'e Env,
    proof: &External<Proof>,
    text: String,
    count: u32,
    now: f64,
) -> napi::Result<JsString<'e>> {
    let text = Zeroizing::new(text);
    answer(env, || {
        let mut pieces = Pieces::read(&text, count, None)?;
        let keys = pieces.keys()?;
        let (host, base_path, strict) = (pieces.text()?, pieces.text()?, pieces.text()?);
        let verified = proof.verified.try_borrow_mut().map_err(|_| Fault::internal())?.take();
        let verified = verified.ok_or_else(|| Fault::used("verified request"))?;
        let upstream = Upstream::new(host).without_base_path(base_path);
        let upstream = if strict.is_empty() { upstream } else { upstream.strict() };
        let out = resign_request(verified, &upstream, &keys, time(now))?;
        let mut way = proof.way.try_borrow_mut().map_err(|_| Fault::internal())?;
        if let Way::Open = *way {
            *way = Way::Made(Box::new(out.body));
        }
        let mut pieces: Vec<&[u8]> = vec![out.method.as_bytes(), &out.target];
        pieces.extend(out.headers.iter().flat_map(|(name, value)| [name, value]));
        Ok(pack(pieces.into_iter()))
    })
}

/// Gives the way for the body, before or after the head is signed again, once; `checksums` says whether those in trailers
/// are checked on the way.
#[napi]
pub(crate) fn body(proof: &External<Proof>, checksums: bool) -> Either<External<Body>, String> {
    either(|| {
        let mut way = proof.way.try_borrow_mut().map_err(|_| Fault::internal())?;
        // What fails before the head is signed again can be had after it.
        let body = if let Way::Open = *way {
            let verified = proof.verified.try_borrow().map_err(|_| Fault::internal())?;
            verified.as_ref().ok_or_else(|| Fault::used("verified request"))?.body_resigner()?
        } else if let Way::Made(body) = std::mem::replace(&mut *way, Way::Given) {
            *body
        } else {
            return Err(Fault::used("body"));
        };
        *way = Way::Given;
        let body = if checksums { body } else { body.without_checksums() };
        Ok(External::new(Body(RefCell::new(Some(body)))))
    })
}

/// Takes the next bytes of the body and gives those that may be sent.
#[napi]
pub(crate) fn body_push(body: &External<Body>, data: &[u8]) -> Either<Buffer, String> {
    either(|| {
        let mut body = body.0.try_borrow_mut().map_err(|_| Fault::internal())?;
        Ok(body.as_mut().ok_or_else(|| Fault::used("body"))?.push(data)?.into())
    })
}

/// Ends the body and gives what was held back.
#[napi]
pub(crate) fn body_finish(body: &External<Body>) -> Either<Buffer, String> {
    either(|| {
        let body = body.0.try_borrow_mut().map_err(|_| Fault::internal())?.take();
        Ok(body.ok_or_else(|| Fault::used("body"))?.finish()?.into())
    })
}
