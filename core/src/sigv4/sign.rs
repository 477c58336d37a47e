//! Signing a request, in its headers or in its query.

use std::borrow::Cow;
use std::time::Duration;

use zeroize::Zeroizing;

use super::body::{Chain, ChunkSigner, EventSigner};
use super::canonical::{self, HostForm, Repeated, SignedFields, Variant};
use super::error::SignError;
use super::header::{TokenName, has_prefix, is_never_signed, is_valid_name, is_valid_value};
use super::payload::{DeclaredPayload, Payload, PayloadLine, Streaming};
use super::percent;
use super::request::Request;
use super::scope::{Algorithm, Scope, is_s3_family};
use super::signature;
use super::uri::{self, PathRule, Plus};
use crate::credentials::Credentials;
use crate::time::Time;

/// The longest lifetime of a presigned URL: seven days.
pub(crate) const MAX_EXPIRES: u64 = 604_800;

/// How to sign, where a service wants it otherwise than its signing name says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether the encoded path is encoded once more. `None`: for all but S3's family.
    pub double_encode: Option<bool>,
    /// Whether dot segments and repeated slashes are normalised for signing. `None`: for all but S3's family.
    pub normalize: Option<bool>,
    /// Whether `x-amz-content-sha256` is added. `None`: for S3's family, for literals, and where the caller
    /// sent one.
    pub content_sha256_header: Option<bool>,
    /// Where the session token goes.
    pub session_token: SessionToken,
}

impl Settings {
    pub(crate) fn path_rule(&self, service: &str) -> PathRule {
        let s3 = is_s3_family(service);
        match (self.double_encode.unwrap_or(!s3), self.normalize.unwrap_or(!s3)) {
            (true, normalize) => PathRule::Encoded { normalize },
            (false, _) => PathRule::Recoded,
        }
    }
}

/// Where the session token of temporary credentials goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionToken {
    /// Sent and signed; what nearly all services want.
    #[default]
    Sign,
    /// Added after signing, as AWS IoT wants it.
    Append,
    /// Not sent.
    Omit,
    /// Sent and signed as `x-amz-s3session-token`: the token of a session with a directory bucket of S3 Express
    /// One Zone, which `CreateSession` gives. All other requests to S3 Express use `Sign`.
    S3Express,
}

impl SessionToken {
    /// The name under which the token is sent and signed.
    const fn signed_as(self) -> Option<TokenName> {
        match self {
            Self::Sign => Some(TokenName::Security),
            Self::S3Express => Some(TokenName::S3Session),
            Self::Append | Self::Omit => None,
        }
    }
}

/// A signature, as the headers that carry it.
pub struct Signed {
    headers: Vec<(&'static str, Zeroizing<String>)>,
    signature: String,
    chain: Option<Chain>,
}

impl Signed {
    /// The fields to set, in order, in lower case; each replaces any of its name that is there (a session token
    /// replaces one of either name).
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.headers.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// All fields to send: the request's own in order, less those that signing replaces and a session token that
    /// is not these credentials', then those added.
    #[must_use]
    pub fn apply(&self, request: &Request<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut all = Vec::new();
        request.headers().each(|name, value| {
            let replaced = self.headers.iter().any(|(ours, _)| name.eq_ignore_ascii_case(ours.as_bytes()));
            // A token that came in belongs to other credentials than those that signed.
            if !(replaced || TokenName::is_header(name)) {
                all.push((name.to_vec(), value.to_vec()));
            }
        });
        all.extend(self.headers().map(|(name, value)| (name.into(), value.into())));
        all
    }

    /// The signature alone, in hexadecimal: the seed of chunk signatures.
    #[must_use]
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// Signs the chunks of the body; `None` unless the payload was one of chunks, such as [`Streaming::Chunks`].
    #[must_use]
    pub fn chunk_signer(&self) -> Option<ChunkSigner> {
        let chain = self.chain.clone().filter(|chain| chain.kind() != Streaming::Events);
        chain.map(ChunkSigner::new)
    }

    /// Signs the messages of the body; `None` unless the payload was [`Streaming::Events`].
    #[must_use]
    pub fn event_signer(&self) -> Option<EventSigner> {
        let chain = self.chain.clone().filter(|chain| chain.kind() == Streaming::Events);
        chain.map(EventSigner::new)
    }
}

/// A signature, as the target that carries it.
pub struct Presigned {
    target: Zeroizing<Vec<u8>>,
    signature: String,
}

impl Presigned {
    /// The target to send: absolute if the request's was.
    #[must_use]
    pub fn target(&self) -> &[u8] {
        &self.target
    }

    /// The signature alone, in hexadecimal.
    #[must_use]
    pub fn signature(&self) -> &str {
        &self.signature
    }
}

/// What was signed, for people who look for a difference.
#[derive(Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The canonical request. It holds the session token, if that is signed.
    pub canonical_request: Vec<u8>,
    /// The string to sign.
    pub string_to_sign: Vec<u8>,
}

/// Signs in the headers: `Authorization`, `X-Amz-Date` and what belongs to them. A [`Scope`] of a region set is
/// signed with SigV4A.
///
/// Every header of the request is signed save those that hops change. Nothing is sent: set what
/// [`Signed::headers`] lists. See "Create a signed AWS API request" in the IAM User Guide.
///
/// ```
/// use awsaccess::credentials::Credentials;
/// use awsaccess::sigv4::{Payload, Request, Scope, Settings, sign};
/// use awsaccess::time::Time;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
/// let headers = [("Host", "example.amazonaws.com")];
/// let request = Request::new("GET", "/", &headers);
/// let scope = Scope::new("us-east-1", "service");
/// let now = Time::from_unix(1_440_938_160);
/// let signed = sign(&request, Payload::Bytes(b""), &credentials, &scope, &Settings::default(), now)?;
/// assert_eq!(signed.signature(), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the request could not be sent as it is, or lacks a host.
pub fn sign(
    request: &Request<'_>,
    payload: Payload<'_>,
    credentials: &Credentials,
    scope: &Scope,
    settings: &Settings,
    now: Time,
) -> Result<Signed, SignError> {
    HeaderSigning::prepare(request, payload, credentials, scope, settings, now)?.finish(
        credentials,
        scope,
        now,
    )
}

/// What [`sign`] hashes and signs, for a person to compare with what a service reports.
///
/// # Errors
/// As [`sign`].
pub fn explain(
    request: &Request<'_>,
    payload: Payload<'_>,
    credentials: &Credentials,
    scope: &Scope,
    settings: &Settings,
    now: Time,
) -> Result<Explanation, SignError> {
    let prepared = HeaderSigning::prepare(request, payload, credentials, scope, settings, now)?;
    let mut string_to_sign = Vec::new();
    canonical::string_to_sign(&mut string_to_sign, now, scope, &prepared.canonical);
    Ok(Explanation { canonical_request: prepared.canonical.to_vec(), string_to_sign })
}

/// A header signature whose canonical request is written.
struct HeaderSigning {
    canonical: Zeroizing<Vec<u8>>,
    signed_headers: String,
    line: PayloadLine,
    added: Vec<(&'static str, Zeroizing<String>)>,
}

impl HeaderSigning {
    fn prepare(
        request: &Request<'_>,
        payload: Payload<'_>,
        credentials: &Credentials,
        scope: &Scope,
        settings: &Settings,
        now: Time,
    ) -> Result<Self, SignError> {
        check_request(request)?;
        check_scope(credentials, scope)?;
        let sent = request.headers().first("x-amz-content-sha256");
        let line = payload_line(payload, sent, scope.algorithm())?;
        let mut added: Vec<(&'static str, Zeroizing<String>)> = Vec::with_capacity(6);
        if request.headers().first("host").is_none() {
            added.push(("host", host_of_target(request)?.into()));
        }
        added.push(("x-amz-date", now.amz().to_string().into()));
        if scope.algorithm() == Algorithm::V4a {
            added.push(("x-amz-region-set", scope.region().to_owned().into()));
        }
        if settings.content_sha256_header.unwrap_or_else(|| {
            is_s3_family(scope.service()) || sent.is_some() || matches!(line, PayloadLine::Literal(_))
        }) {
            added.push(("x-amz-content-sha256", line.to_text().into()));
        }
        let token = credentials.session_token().map(|token| Zeroizing::new(token.expose().to_owned()));
        let late = settings.session_token == SessionToken::Append;
        let name = settings.session_token.signed_as().or(late.then_some(TokenName::Security));
        if let (Some(token), Some(name)) = (token, name) {
            check_value(name.header(), token.as_bytes())?;
            added.push((name.header(), token));
        }
        let mut fields = Vec::new();
        request.headers().each(|name, value| {
            let replaced = added.iter().any(|(ours, _)| name.eq_ignore_ascii_case(ours.as_bytes()))
                || TokenName::is_header(name);
            if !replaced && !is_never_signed(name) {
                fields.push((name, value));
            }
        });
        for (name, value) in &added {
            if !(late && TokenName::is_header(name.as_bytes())) {
                fields.push((name.as_bytes(), value.as_bytes()));
            }
        }
        let fields = SignedFields::new(fields);
        let mut out = Zeroizing::new(Vec::with_capacity(1024));
        canonical::request(
            &mut out,
            request.method(),
            request.path(),
            uri::params(request.query()),
            &fields,
            line.as_bytes(),
            signing_variant(settings, scope),
        );
        let signed_headers = fields.names();
        Ok(Self { canonical: out, signed_headers, line, added })
    }

    fn finish(self, credentials: &Credentials, scope: &Scope, now: Time) -> Result<Signed, SignError> {
        let scope_text = scope.on(now.amz().day());
        let signature = signature(&self.canonical, credentials, scope, now);
        let authorization = format!(
            "{} Credential={}/{scope_text}, SignedHeaders={}, Signature={signature}",
            scope.algorithm().as_str(),
            credentials.access_key_id(),
            self.signed_headers,
        );
        let mut headers = self.added;
        headers.push(("authorization", authorization.into()));
        let payload = DeclaredPayload::parse(Some(self.line.as_bytes())).unwrap_or(DeclaredPayload::Absent);
        let (secret, id) = (credentials.secret_access_key(), credentials.access_key_id());
        let chain = Chain::of(payload, secret, id, scope, now, signature.as_bytes());
        Ok(Signed { headers, signature, chain })
    }
}

/// Signs in the query, so that the URL alone, with the signed headers, is good for `expires`.
///
/// For S3, `Payload::Unsigned` is the usual payload of a link. See "Authenticating requests: using query
/// parameters" in the Amazon S3 API reference.
///
/// # Errors
/// As [`sign`]; also when `expires` is not within 1 to 604800 seconds, or the query is signed already.
pub fn presign(
    request: &Request<'_>,
    payload: Payload<'_>,
    credentials: &Credentials,
    scope: &Scope,
    settings: &Settings,
    expires: Duration,
    now: Time,
) -> Result<Presigned, SignError> {
    QuerySigning::prepare(request, payload, credentials, scope, settings, expires, now)?.finish(
        request,
        credentials,
        scope,
        settings,
        now,
    )
}

/// What [`presign`] hashes and signs.
///
/// # Errors
/// As [`presign`].
pub fn explain_presign(
    request: &Request<'_>,
    payload: Payload<'_>,
    credentials: &Credentials,
    scope: &Scope,
    settings: &Settings,
    expires: Duration,
    now: Time,
) -> Result<Explanation, SignError> {
    let prepared = QuerySigning::prepare(request, payload, credentials, scope, settings, expires, now)?;
    let mut string_to_sign = Vec::new();
    canonical::string_to_sign(&mut string_to_sign, now, scope, &prepared.canonical);
    Ok(Explanation { canonical_request: prepared.canonical.to_vec(), string_to_sign })
}

/// A query signature whose canonical request is written.
struct QuerySigning {
    canonical: Zeroizing<Vec<u8>>,
    added: Zeroizing<Vec<u8>>,
}

impl QuerySigning {
    fn prepare(
        request: &Request<'_>,
        payload: Payload<'_>,
        credentials: &Credentials,
        scope: &Scope,
        settings: &Settings,
        expires: Duration,
        now: Time,
    ) -> Result<Self, SignError> {
        check_request(request)?;
        check_scope(credentials, scope)?;
        let seconds = expires.as_secs();
        if !(1..=MAX_EXPIRES).contains(&seconds) {
            return Err(SignError::Expires(seconds));
        }
        for param in uri::params(request.query()) {
            let name = percent::decode_all(param.name);
            if is_auth_param(&name) {
                return Err(SignError::SignedAlready(lossy(&name)));
            }
        }
        let sent = request.headers().first("x-amz-content-sha256");
        let line = payload_line(payload, sent, scope.algorithm())?;
        let host = match request.headers().first("host") {
            Some(_) => None,
            None => Some(host_of_target(request)?),
        };
        let mut fields = Vec::new();
        request.headers().each(|name, value| {
            let auth = ["x-amz-date", "x-amz-region-set"]
                .iter()
                .any(|auth| name.eq_ignore_ascii_case(auth.as_bytes()));
            if !auth && !TokenName::is_header(name) && !is_never_signed(name) {
                fields.push((name, value));
            }
        });
        if let Some(host) = &host {
            fields.push((b"host", host.as_bytes()));
        }
        let fields = SignedFields::new(fields);

        let date = now.amz();
        let credential = format!("{}/{}", credentials.access_key_id(), scope.on(date.day()));
        let seconds = seconds.to_string();
        let signed_headers = fields.names();
        let mut added = Zeroizing::new(Vec::new());
        let mut add = |name: &str, value: &[u8]| {
            if !added.is_empty() {
                added.push(b'&');
            }
            added.extend_from_slice(name.as_bytes());
            added.push(b'=');
            percent::encode(&mut added, value, None);
        };
        add("X-Amz-Algorithm", scope.algorithm().as_str().as_bytes());
        add("X-Amz-Credential", credential.as_bytes());
        add("X-Amz-Date", date.as_str().as_bytes());
        add("X-Amz-SignedHeaders", signed_headers.as_bytes());
        add("X-Amz-Expires", seconds.as_bytes());
        if let (PayloadLine::Hash(hash), true) = (line, is_s3_family(scope.service())) {
            add("X-Amz-Content-Sha256", &hash);
        }
        if scope.algorithm() == Algorithm::V4a {
            add("X-Amz-Region-Set", scope.region().as_bytes());
        }
        if let (Some(token), Some(name)) = (credentials.session_token(), settings.session_token.signed_as()) {
            add(name.param(), token.expose().as_bytes());
        }

        let mut out = Zeroizing::new(Vec::with_capacity(1024));
        canonical::request(
            &mut out,
            request.method(),
            request.path(),
            uri::params(request.query()).chain(uri::params(&added)),
            &fields,
            line.as_bytes(),
            signing_variant(settings, scope),
        );
        Ok(Self { canonical: out, added })
    }

    fn finish(
        self,
        request: &Request<'_>,
        credentials: &Credentials,
        scope: &Scope,
        settings: &Settings,
        now: Time,
    ) -> Result<Presigned, SignError> {
        let signature = signature(&self.canonical, credentials, scope, now);
        let mut target = Zeroizing::new(Vec::new());
        target.extend_from_slice(request.origin().unwrap_or_default());
        target.extend_from_slice(if request.path().is_empty() { b"/" } else { request.path() });
        target.push(b'?');
        if !request.query().is_empty() {
            target.extend_from_slice(request.query());
            target.push(b'&');
        }
        target.extend_from_slice(&self.added);
        if let (Some(token), SessionToken::Append) = (credentials.session_token(), settings.session_token) {
            target.extend_from_slice(b"&X-Amz-Security-Token=");
            percent::encode(&mut target, token.expose().as_bytes(), None);
        }
        target.extend_from_slice(b"&X-Amz-Signature=");
        target.extend_from_slice(signature.as_bytes());
        Ok(Presigned { target, signature })
    }
}

/// Whether a decoded parameter name is one that carries query authentication.
pub(crate) fn is_auth_param(name: &[u8]) -> bool {
    has_prefix(name, "X-Amz-")
        && [
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
        .any(|auth| name == auth.as_bytes())
}

pub(crate) fn signature(canonical: &[u8], credentials: &Credentials, scope: &Scope, now: Time) -> String {
    let mut text = Vec::with_capacity(160);
    canonical::string_to_sign(&mut text, now, scope, canonical);
    signature::sign(&text, credentials, scope, now)
}

fn signing_variant(settings: &Settings, scope: &Scope) -> Variant {
    Variant {
        path: settings.path_rule(scope.service()),
        plus: Plus::Sign,
        host: HostForm::AsSent,
        repeated: Repeated::InOrder,
    }
}

fn payload_line(
    payload: Payload<'_>,
    sent: Option<&[u8]>,
    algorithm: Algorithm,
) -> Result<PayloadLine, SignError> {
    let declared = if payload == Payload::Declared { DeclaredPayload::parse(sent) } else { None };
    let streaming = match (payload, declared) {
        (Payload::Streaming(kind), _) | (_, Some(DeclaredPayload::Streaming(kind))) => Some(kind),
        _ => None,
    };
    if let Some(kind) = streaming.filter(|kind| kind.algorithm() != algorithm) {
        return Err(SignError::Streaming(kind.as_str()));
    }
    payload.line().or_else(|| declared?.line(false, "")).ok_or(SignError::Payload)
}

/// The host of an absolute target, as the `Host` header will say it: lower case, no default port.
fn host_of_target(request: &Request<'_>) -> Result<String, SignError> {
    let authority = request.authority().filter(|host| !host.is_empty()).ok_or(SignError::Host)?;
    let plain = authority.iter().all(|&byte| byte.is_ascii_graphic() && byte != b'@');
    let host = std::str::from_utf8(authority).ok().filter(|_| plain).ok_or(SignError::Host)?;
    Ok(host.to_ascii_lowercase())
}

fn check_request(request: &Request<'_>) -> Result<(), SignError> {
    if !is_valid_name(request.method().as_bytes()) {
        return Err(SignError::Method);
    }
    if request.target().iter().any(|&byte| byte < b' ' || byte == 0x7f || byte == b'#') {
        return Err(SignError::Target);
    }
    if let Some(bad) = percent::bad_escape(request.query()) {
        return Err(SignError::Query(lossy(bad)));
    }
    let mut wrong = None;
    request.headers().each(|name, value| {
        if wrong.is_none() && !is_valid_name(name) {
            wrong = Some(SignError::HeaderName(lossy(name)));
        } else if wrong.is_none() && !is_valid_value(value) {
            wrong = Some(SignError::HeaderValue(lossy(name)));
        }
    });
    wrong.map_or(Ok(()), Err)
}

fn check_value(name: &'static str, value: &[u8]) -> Result<(), SignError> {
    if is_valid_value(value) { Ok(()) } else { Err(SignError::HeaderValue(name.to_owned())) }
}

fn check_scope(credentials: &Credentials, scope: &Scope) -> Result<(), SignError> {
    let key_id = credentials.access_key_id();
    if key_id.is_empty() || !key_id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',') {
        return Err(SignError::Scope("access key id"));
    }
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte))
    };
    let region = match scope.region_set() {
        Some(mut set) => set.all(plain),
        None => plain(scope.region()),
    };
    match (region, plain(scope.service())) {
        (false, _) => Err(SignError::Scope("region")),
        (_, false) => Err(SignError::Scope("service")),
        _ => Ok(()),
    }
}

pub(crate) fn lossy(bytes: &[u8]) -> String {
    Cow::into_owned(String::from_utf8_lossy(bytes))
}
