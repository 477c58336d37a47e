//! Signing a verified request again, under the credentials that AWS knows.
//!
//! The outbound head is built from nothing by the rules of [`fate`], then signed; nothing is put back after
//! signing, so that no header of the client can stand in for one of ours.

use std::time::Duration;

use zeroize::Zeroizing;

use super::body::{BodyResigner, Chain};
use super::canonical::{self, HostForm, Repeated, SignedFields, Variant};
use super::error::{ResignError, SignError};
use super::header::{canonical_value, has_prefix, is_hop_by_hop, trim};
use super::payload::DeclaredPayload;
use super::percent;
use super::scope::{Algorithm, is_s3_family};
use super::sign::{is_auth_param, lossy, signature};
use super::uri::{self, PathRule, Plus};
use super::verify::Verified;
use crate::credentials::Credentials;
use crate::time::Time;

/// How long a forwarded query signature lasts: long enough to arrive, no longer.
const FORWARDED_EXPIRES: Duration = Duration::from_secs(60);

/// Where the request goes, and what of it must not go there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    host: String,
    base_path: String,
    unsigned_headers: bool,
}

impl Upstream {
    /// The host as the `Host` header says it: no default port.
    pub fn new(host: impl Into<String>) -> Self {
        Self { host: host.into(), base_path: String::new(), unsigned_headers: true }
    }

    /// A prefix of the path that belongs to the listener: verified as it was sent, then taken off.
    #[must_use]
    pub fn without_base_path(mut self, base_path: impl Into<String>) -> Self {
        self.base_path = base_path.into();
        self
    }

    /// Drops ordinary headers that the client did not sign, save the few that change no meaning.
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.unsigned_headers = false;
        self
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// A request that AWS will accept: the complete head, and the way for its body.
pub struct Resigned {
    /// The method.
    pub method: String,
    /// The target in origin form.
    pub target: Vec<u8>,
    /// All header fields, in order; what came from the client keeps its spelling.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// The way for the body: push what the client sends, send what comes out.
    pub body: BodyResigner,
}

/// Signs a verified request again.
///
/// The canonical form is the one that verified; S3 paths are sent in the form that S3 computes. A presigned
/// request becomes a query signature of at most sixty seconds. SigV4A stays SigV4A, for the region set that the
/// client signed; a session token goes under the name that the client's own had.
///
/// # Errors
/// [`ResignError`], if the credentials have expired, if the client signed what must not be forwarded, or for a body whose pieces are signed in a way
/// that is not signed again.
#[expect(clippy::needless_pass_by_value, reason = "a verified request is signed again once")]
pub fn resign(
    verified: Verified,
    upstream: &Upstream,
    credentials: &Credentials,
    now: Time,
) -> Result<Resigned, ResignError> {
    if credentials.expires_at().is_some_and(|expiry| expiry <= now) {
        return Err(ResignError::Expired);
    }
    let request = verified.request();
    check_nominated(&verified)?;
    let mut head = Outbound::new(&verified, upstream)?;
    let signature = if verified.is_presigned() {
        head.sign_query(&verified, credentials, now)?
    } else {
        head.sign_headers(&verified, credentials, now)?
    };
    let (secret, id) = (credentials.secret_access_key(), credentials.access_key_id());
    let scope = &verified.claim.scope;
    let chain = Chain::of(verified.payload(), secret, id, scope, now, signature.as_bytes());
    let body = BodyResigner::of(&verified, chain)?;
    let method = request.method().to_owned();
    Ok(Resigned { method, target: head.target(), headers: head.headers, body })
}

/// The outbound head while it is being built.
struct Outbound {
    path: Vec<u8>,
    query: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// Lower-case names to be signed.
    signed: Vec<Vec<u8>>,
    variant: Variant,
}

/// What becomes of a client's header.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Ours takes its place, or it has no meaning beyond the gateway.
    Drop,
    /// As `Drop`, but a client that signed it relies on it.
    Refuse,
    /// Kept, and signed whether or not the client did.
    Sign,
    /// Kept, signed if the client signed it.
    Keep,
    /// Kept, never signed: hops rewrite it.
    Unsigned,
}

/// The table of header fields.
fn fate(name: &[u8]) -> Fate {
    let name = name.to_ascii_lowercase();
    match name.as_slice() {
        b"authorization"
        | b"x-amz-date"
        | b"date"
        | b"x-amz-security-token"
        | b"x-amz-s3session-token"
        | b"x-amz-region-set"
        | b"host"
        | b"expect"
        | b"cookie"
        | b"set-cookie"
        | b"x-http-method-override"
        | b"x-http-method"
        | b"x-method-override" => Fate::Drop,
        b"forwarded" | b"via" | b"x-real-ip" | b"true-client-ip" => Fate::Refuse,
        b"content-type" | b"content-md5" => Fate::Sign,
        b"user-agent" | b"x-amzn-trace-id" | b"traceparent" | b"tracestate" => Fate::Unsigned,
        name if is_hop_by_hop(name) => Fate::Drop,
        name if ["x-forwarded-", "cf-", "x-envoy-", "x-original-", "x-awsaccess-"]
            .iter()
            .any(|prefix| has_prefix(name, prefix)) =>
        {
            Fate::Refuse
        }
        name if has_prefix(name, "x-amz-") => Fate::Sign,
        _ => Fate::Keep,
    }
}

/// Headers that a strict gateway forwards though nobody signed them.
fn is_harmless(name: &[u8]) -> bool {
    [
        "accept",
        "accept-encoding",
        "accept-language",
        "range",
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "origin",
        "user-agent",
    ]
    .iter()
    .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
        || has_prefix(name, "if-")
        || has_prefix(name, "amz-sdk-")
}

impl Outbound {
    fn new(verified: &Verified, upstream: &Upstream) -> Result<Self, ResignError> {
        let request = verified.request();
        let mut variant = Variant { host: HostForm::AsSent, repeated: Repeated::InOrder, ..verified.variant };
        let base = upstream.base_path.as_bytes();
        let path = request.path();
        let path = path
            .strip_prefix(base)
            .filter(|rest| base.is_empty() || rest.is_empty() || rest.starts_with(b"/"));
        let path = path.ok_or_else(|| ResignError::BasePath(upstream.base_path.clone()))?;
        let mut wire = Vec::with_capacity(path.len());
        if is_s3_family(verified.service()) {
            uri::recode_path(&mut wire, path);
            variant.path = PathRule::AsSent;
        } else {
            escape_unsendable(&mut wire, path);
        }
        if wire.is_empty() {
            wire.push(b'/');
        }
        let mut head = Self {
            path: wire,
            query: outbound_query(verified),
            headers: vec![(b"host".to_vec(), upstream.host.clone().into_bytes())],
            signed: vec![b"host".to_vec()],
            variant,
        };
        head.copy_headers(verified, upstream)?;
        Ok(head)
    }

    fn copy_headers(&mut self, verified: &Verified, upstream: &Upstream) -> Result<(), ResignError> {
        let request = verified.request();
        let client_signed = |name: &[u8]| {
            verified.signed_headers().iter().any(|signed| name.eq_ignore_ascii_case(signed.as_bytes()))
        };
        let nominated = nominated(verified);
        let mut refused = None;
        request.headers().each(|name, value| {
            let lower = name.to_ascii_lowercase();
            let signed_by_client = client_signed(name);
            let fate = if nominated.contains(&lower) { Fate::Drop } else { fate(name) };
            let keep = match fate {
                Fate::Drop => false,
                Fate::Refuse => {
                    if signed_by_client && refused.is_none() {
                        refused = Some(lossy(name));
                    }
                    false
                }
                Fate::Sign => true,
                Fate::Keep | Fate::Unsigned => {
                    signed_by_client || upstream.unsigned_headers || is_harmless(name)
                }
            };
            if !keep {
                return;
            }
            if fate == Fate::Sign || (fate == Fate::Keep && signed_by_client) {
                self.sign(&lower);
            }
            self.headers.push((name.to_vec(), unfolded(value)));
        });
        refused.map_or(Ok(()), |name| Err(ResignError::HopSigned(name)))
    }

    fn sign(&mut self, lower: &[u8]) {
        if !self.signed.iter().any(|signed| signed == lower) {
            self.signed.push(lower.to_vec());
        }
    }

    fn add_signed(&mut self, name: &str, value: &str) {
        self.headers.push((name.into(), value.into()));
        self.sign(name.as_bytes());
    }

    fn fields(&self) -> SignedFields<'_> {
        let signed = |name: &[u8]| self.signed.iter().any(|signed| name.eq_ignore_ascii_case(signed));
        SignedFields::new(
            self.headers
                .iter()
                .filter(|(name, _)| signed(name))
                .map(|(name, value)| (name.as_slice(), value.as_slice()))
                .collect(),
        )
    }

    fn canonical(&self, verified: &Verified, added: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(2048));
        canonical::request(
            &mut out,
            verified.request().method(),
            &self.path,
            uri::params(&self.query).chain(uri::params(added)),
            &self.fields(),
            verified.line.as_bytes(),
            // The query was rewritten to the form that verified, and says `%2B` or `%20` itself.
            Variant { plus: Plus::Sign, ..self.variant },
        );
        out
    }

    /// Gives the signature, in hexadecimal.
    fn sign_headers(
        &mut self,
        verified: &Verified,
        credentials: &Credentials,
        now: Time,
    ) -> Result<String, ResignError> {
        let scope = &verified.claim.scope;
        self.add_signed("x-amz-date", now.amz().as_str());
        if verified.payload() == DeclaredPayload::Absent && is_s3_family(scope.service()) {
            self.add_signed("x-amz-content-sha256", &verified.line.to_text());
        }
        if scope.algorithm() == Algorithm::V4a {
            self.add_signed("x-amz-region-set", scope.region());
        }
        if let Some(token) = credentials.session_token() {
            self.add_signed(verified.claim.token_name.header(), token.expose());
        }
        let canonical = self.canonical(verified, b"");
        let signature = signature(&canonical, credentials, scope, now);
        let authorization = format!(
            "{} Credential={}/{}, SignedHeaders={}, Signature={signature}",
            scope.algorithm().as_str(),
            key_id(credentials)?,
            scope.on(now.amz().day()),
            self.fields().names(),
        );
        self.headers.push((b"authorization".to_vec(), authorization.into_bytes()));
        Ok(signature)
    }

    /// Gives the signature, in hexadecimal.
    fn sign_query(
        &mut self,
        verified: &Verified,
        credentials: &Credentials,
        now: Time,
    ) -> Result<String, ResignError> {
        let claim = &verified.claim;
        let ends = claim.signed_at + claim.expires.unwrap_or_default();
        let ends = credentials.expires_at().map_or(ends, |expiry| expiry.min(ends));
        let seconds = ends.since(now).min(FORWARDED_EXPIRES).as_secs();
        if seconds == 0 {
            return Err(ResignError::Expired);
        }
        let credential = format!("{}/{}", key_id(credentials)?, claim.scope.on(now.amz().day()));
        let mut added = Zeroizing::new(Vec::new());
        let mut add = |name: &str, value: &[u8]| {
            if !added.is_empty() {
                added.push(b'&');
            }
            added.extend_from_slice(name.as_bytes());
            added.push(b'=');
            percent::encode(&mut added, value, None);
        };
        add("X-Amz-Algorithm", claim.scope.algorithm().as_str().as_bytes());
        add("X-Amz-Credential", credential.as_bytes());
        add("X-Amz-Date", now.amz().as_str().as_bytes());
        add("X-Amz-Expires", seconds.to_string().as_bytes());
        add("X-Amz-SignedHeaders", self.fields().names().as_bytes());
        if claim.payload_in_query {
            add("X-Amz-Content-Sha256", verified.line.as_bytes());
        }
        if claim.scope.algorithm() == Algorithm::V4a {
            add("X-Amz-Region-Set", claim.scope.region().as_bytes());
        }
        if let Some(token) = credentials.session_token() {
            add(claim.token_name.param(), token.expose().as_bytes());
        }
        let canonical = self.canonical(verified, &added);
        let signature = signature(&canonical, credentials, &claim.scope, now);
        if !self.query.is_empty() {
            self.query.push(b'&');
        }
        self.query.extend_from_slice(&added);
        self.query.extend_from_slice(b"&X-Amz-Signature=");
        self.query.extend_from_slice(signature.as_bytes());
        Ok(signature)
    }

    fn target(&self) -> Vec<u8> {
        let mut target = self.path.clone();
        if !self.query.is_empty() {
            target.push(b'?');
            target.extend_from_slice(&self.query);
        }
        target
    }
}

fn key_id(credentials: &Credentials) -> Result<&str, ResignError> {
    let key_id = credentials.access_key_id();
    let plain = !key_id.is_empty() && key_id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
    if plain { Ok(key_id) } else { Err(SignError::Scope("access key id").into()) }
}

/// The query as sent, less the client's authentication, raw `+` rewritten to what it was verified as.
fn outbound_query(verified: &Verified) -> Vec<u8> {
    let request = verified.request();
    let mut query = Vec::with_capacity(request.query().len());
    for piece in request.query().split(|&byte| byte == b'&').filter(|piece| !piece.is_empty()) {
        let name = piece.split(|&byte| byte == b'=').next().unwrap_or_default();
        if verified.is_presigned() && is_auth_param(&percent::decode_all(name)) {
            continue;
        }
        if !query.is_empty() {
            query.push(b'&');
        }
        let start = query.len();
        escape_unsendable(&mut query, piece);
        if memchr::memchr(b'+', piece).is_some() {
            let plus: &[u8] = if verified.variant.plus == Plus::Space { b"%20" } else { b"%2B" };
            let tail = query.split_off(start);
            for (nth, part) in tail.split(|&byte| byte == b'+').enumerate() {
                query.extend_from_slice(if nth > 0 { plus } else { b"" });
                query.extend_from_slice(part);
            }
        }
    }
    query
}

/// A value as it may be forwarded: a fold is replaced by a space (RFC 9112, 5.2), all else is as it came.
fn unfolded(value: &[u8]) -> Vec<u8> {
    let value = trim(value);
    if memchr::memchr2(b'\r', b'\n', value).is_none() {
        return value.to_vec();
    }
    let mut line = Vec::with_capacity(value.len());
    canonical_value(&mut line, value);
    line
}

/// Copies a part of a target, escaping only what HTTP/1.1 cannot carry (spaces, controls, eight-bit bytes).
fn escape_unsendable(out: &mut Vec<u8>, bytes: &[u8]) {
    for &byte in bytes {
        if byte.is_ascii_graphic() {
            out.push(byte);
        } else {
            percent::push_byte(out, byte);
        }
    }
}

/// The headers that the client's `Connection` says belong to the connection.
fn nominated(verified: &Verified) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    verified.request().headers().each(|name, value| {
        if name.eq_ignore_ascii_case(b"connection") {
            let listed = value.split(|&byte| byte == b',').map(trim).filter(|name| !name.is_empty());
            names.extend(listed.map(<[u8]>::to_ascii_lowercase));
        }
    });
    names
}

/// A nominated header that a signature or the authentication depends on is an attack, not a wish.
fn check_nominated(verified: &Verified) -> Result<(), ResignError> {
    for name in nominated(verified) {
        let signed = verified.signed_headers().iter().any(|signed| signed.as_bytes() == name);
        if signed || has_prefix(&name, "x-amz-") || name == b"authorization" || name == b"host" {
            return Err(ResignError::Nominated(lossy(&name)));
        }
    }
    Ok(())
}
