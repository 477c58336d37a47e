//! Signing a request in its query: the URL alone is good for a time.

use std::time::Duration;

use super::canonical::{Canonical, Order, SignedFields, Tail, credential_scope};
use super::error::SignError;
use super::header::{Field, Fields, Known};
use super::payload::{Payload, PayloadLine};
use super::percent;
use super::request::Request;
use super::scope::{Algorithm, Scope, is_s3_family};
use super::sign::{
    Explanation, SessionToken, Settings, host_of_target, lossy, payload_line, read_fields, signing_variant,
};
use super::signer::{Identity, Signer};
use super::sink::Sink;
use super::uri;
use crate::secret::Wiped;
use crate::time::{AmzDate, Time};

/// The longest lifetime of a presigned URL: seven days.
pub(crate) const MAX_EXPIRES: u64 = 604_800;

/// A signature, as the target that carries it.
pub struct Presigned {
    target: Wiped,
    signature: usize,
}

impl Presigned {
    /// Puts the signature into its place, which was left empty.
    pub(crate) fn fill(&mut self, signature: &[u8]) {
        self.target.extend_from_slice(signature);
    }

    /// The target to send: absolute if the request's was.
    #[must_use]
    pub fn target(&self) -> &[u8] {
        &self.target
    }

    /// The signature alone, in hexadecimal.
    #[must_use]
    pub fn signature(&self) -> &str {
        let signature = self.target.get(self.signature..).unwrap_or_default();
        std::str::from_utf8(signature).unwrap_or_default()
    }
}

/// Signs in the query, so that the URL alone, with the signed headers, is good for `expires`.
///
/// For S3, `Payload::Unsigned` is the usual payload of a link. See "Authenticating requests: using query
/// parameters" in the Amazon S3 API reference.
///
/// # Errors
/// As [`sign`](super::sign()); also when `expires` is not within 1 to 604800 seconds, or the query is signed already.
pub fn presign<'k>(
    request: &Request<'_>,
    payload: Payload<'_>,
    signer: impl Into<Signer<'k>>,
    scope: &Scope,
    settings: &Settings,
    expires: Duration,
    now: Time,
) -> Result<Presigned, SignError> {
    let signer = signer.into();
    let task =
        Task { request, payload, identity: signer.identity(), scope, settings, expires, date: now.amz() };
    task.compose(|canonical, added| {
        let signature = signer.sign((&task.date, scope), now, |text| canonical.hash_with(text).0)?;
        Ok(task.presigned(added, &signature))
    })
}

/// What [`presign`] hashes and signs.
///
/// # Errors
/// As [`presign`].
pub fn explain_presign<'k>(
    request: &Request<'_>,
    payload: Payload<'_>,
    signer: impl Into<Signer<'k>>,
    scope: &Scope,
    settings: &Settings,
    expires: Duration,
    now: Time,
) -> Result<Explanation, SignError> {
    let identity = signer.into().identity();
    let task = Task { request, payload, identity, scope, settings, expires, date: now.amz() };
    task.compose(|canonical, _| Ok(Explanation::of(canonical, &task.date, scope)))
}

/// A query signature to be made.
struct Task<'a> {
    request: &'a Request<'a>,
    payload: Payload<'a>,
    identity: Identity<'a>,
    scope: &'a Scope,
    settings: &'a Settings,
    expires: Duration,
    date: AmzDate,
}

impl Task<'_> {
    /// Checks the request, and passes on its canonical form with the parameters that will be added to it.
    fn compose<T>(
        &self,
        then: impl FnOnce(&Canonical<'_, '_>, &[u8]) -> Result<T, SignError>,
    ) -> Result<T, SignError> {
        let Self { request, scope, settings, .. } = *self;
        let host;
        let mut fields = Fields::new();
        read_fields(request, &mut fields)?;
        self.identity.check(scope)?;
        let seconds = self.expires.as_secs();
        if !(1..=MAX_EXPIRES).contains(&seconds) {
            return Err(SignError::Expires(seconds));
        }
        if let Some(param) = uri::params(request.query()).find(|param| is_auth_param(param.name)) {
            return Err(SignError::SignedAlready(lossy(&percent::decode_all(param.name))));
        }
        let first = |known| fields.iter().find(|field| field.known == known).map(|field| field.value);
        let line = payload_line(self.payload, first(Known::ContentSha256), scope.algorithm())?;
        host = match first(Known::Host) {
            Some(_) => None,
            None => Some(host_of_target(request)?),
        };
        let clients = fields.len();
        if let Some(host) = &host {
            Field::push(&mut fields, b"host", host);
        }
        let is_signed = |(at, field): &(u32, &Field<'_>)| {
            let replaced = matches!(field.known, Known::AmzDate | Known::RegionSet | Known::Token(_));
            *at as usize >= clients || !(replaced || field.known.is_never_signed())
        };
        let order = Order::of(&fields, (0..).zip(&fields).filter(is_signed).map(|(at, _)| at));
        let fields = SignedFields::new(&fields, &order);
        let mut names = Vec::new();
        fields.write_names(&mut names, fields.names_len());
        let fields = fields.named(&names);
        let hash = match &line {
            PayloadLine::Hash(hash) if is_s3_family(scope.service()) => Some(hash.as_slice()),
            _ => None,
        };
        let token = settings.session_token.signed_as().zip(self.identity.session_token);
        let auth = QueryFields { identity: &self.identity, scope, date: &self.date, fields: &fields };
        let added = auth.write(seconds, hash, token.map(|(name, token)| (name.param(), token.expose())));
        let canonical = Canonical {
            method: request.method(),
            path: request.path(),
            params: uri::params(request.query()).followed_by(&added),
            fields: &fields,
            payload: Tail::Line(line),
            variant: signing_variant(settings, scope),
        };
        then(&canonical, &added)
    }

    fn presigned(&self, added: &[u8], signature: &[u8]) -> Presigned {
        let request = self.request;
        let late =
            self.identity.session_token.filter(|_| self.settings.session_token == SessionToken::Append);
        let token = late.map_or("", |token| token.expose());
        let known = request.origin().map_or(0, <[u8]>::len) + request.target().len() + added.len();
        // A token is base64: few of its bytes are escaped, each to three.
        let mut target = Wiped::with_capacity(known + 3 * token.len() + signature.len() + 64);
        target.put(request.origin().unwrap_or_default());
        target.put(if request.path().is_empty() { b"/" } else { request.path() });
        target.put(b"?");
        if !request.query().is_empty() {
            target.put(request.query());
            target.put(b"&");
        }
        target.put(added);
        if !token.is_empty() {
            target.put(b"&X-Amz-Security-Token=");
            percent::encode(&mut *target, token.as_bytes(), None);
        }
        target.put(b"&X-Amz-Signature=");
        target.put(signature);
        Presigned { signature: target.len() - signature.len(), target }
    }
}

/// The parameters of a query signature, but for the signature.
pub(crate) struct QueryFields<'a, 'f> {
    pub(crate) identity: &'a Identity<'a>,
    pub(crate) scope: &'a Scope,
    pub(crate) date: &'a AmzDate,
    pub(crate) fields: &'a SignedFields<'f, 'f>,
}

impl QueryFields<'_, '_> {
    /// Writes them, with the hash and the token where those go into the query.
    pub(crate) fn write(&self, seconds: u64, hash: Option<&[u8]>, token: Option<(&str, &str)>) -> Wiped {
        let Self { identity, scope, date, fields } = *self;
        let mut out = Wiped::with_capacity(640 + 3 * token.map_or(0, |(_, token)| token.len()));
        let mut add = |name: &str, value: &[u8]| {
            if !out.is_empty() {
                out.put(b"&");
            }
            out.put(name.as_bytes());
            out.put(b"=");
            percent::encode(&mut *out, value, None);
        };
        let mut text = Vec::with_capacity(256);
        text.put(identity.access_key_id.as_bytes());
        text.put(b"/");
        credential_scope(&mut text, date, scope);
        add("X-Amz-Algorithm", scope.algorithm().as_str().as_bytes());
        add("X-Amz-Credential", &text);
        add("X-Amz-Date", date.as_str().as_bytes());
        add("X-Amz-SignedHeaders", fields.names());
        add("X-Amz-Expires", seconds.to_string().as_bytes());
        if let Some(hash) = hash {
            add("X-Amz-Content-Sha256", hash);
        }
        if scope.algorithm() == Algorithm::V4a {
            add("X-Amz-Region-Set", scope.region().as_bytes());
        }
        if let Some((name, token)) = token {
            add(name, token.as_bytes());
        }
        out
    }
}

/// Whether an encoded parameter name is one that carries query authentication.
pub(crate) fn is_auth_param(name: &[u8]) -> bool {
    [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "X-Amz-S3session-Token",
        "X-Amz-Content-Sha256",
        "X-Amz-Region-Set",
    ]
    .iter()
    .any(|auth| uri::is_named(name, auth.as_bytes()))
}
