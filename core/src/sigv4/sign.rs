//! Signing a request in its headers.

use std::ops::Range;

use super::body::{Chain, ChunkSigner, EventSigner};
use super::canonical::{
    Canonical, HostForm, Order, Repeated, SignedFields, Tail, ToSign, Variant, credential_scope,
};
use super::error::SignError;
use super::header::{Field, Fields, Known, Name, Ours, TokenName, is_valid_name};
use super::payload::{DeclaredPayload, Payload, PayloadLine, Streaming};
use super::percent;
use super::request::Request;
use super::scope::{Algorithm, Scope, is_s3_family};
use super::signature::piece_width;
use super::signer::{Identity, Signer};
use super::sink::Sink;
use super::uri::{self, PathRule, Plus};
use crate::secret::Secret;
use crate::time::{AmzDate, Time};

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
    pub(crate) const fn signed_as(self) -> Option<TokenName> {
        match self {
            Self::Sign => Some(TokenName::Security),
            Self::S3Express => Some(TokenName::S3Session),
            Self::Append | Self::Omit => None,
        }
    }
}

/// A signature, as the headers that carry it.
pub struct Signed {
    /// The values of all fields but the token, one after another.
    text: Vec<u8>,
    /// The names of the fields, and where their values end; `authorization` is the last.
    fields: Ends,
    token: Option<(TokenName, Secret)>,
    signature: usize,
    chain: Option<Box<Chain>>,
}

impl Signed {
    /// The fields to set, in order, in lower case; each replaces any of its name that is there (a session token
    /// replaces one of either name).
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let mut start = 0;
        let mut values = self.fields.iter().map(move |&(name, end)| {
            let value = self.text.get(start..end).unwrap_or_default();
            start = end;
            (name, ascii(value))
        });
        let mut token = self.token.iter().map(|(name, token)| (name.header(), token.expose()));
        let mut left = self.fields.len();
        std::iter::from_fn(move || {
            if left == 1
                && let Some(token) = token.next()
            {
                return Some(token);
            }
            left = left.saturating_sub(1);
            values.next()
        })
    }

    /// All fields to send: the request's own in order, less those that signing replaces and a session token that
    /// is not these credentials', then those added.
    #[must_use]
    pub fn apply(&self, request: &Request<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut all = Vec::new();
        request.headers().each(|name, value| {
            let replaced = self.fields.iter().any(|(ours, _)| name.eq_ignore_ascii_case(ours.as_bytes()));
            // A token that came in belongs to other credentials than those that signed.
            if !(replaced || matches!(Name::new(name).known(), Known::Token(_))) {
                all.push((name.to_vec(), value.to_vec()));
            }
        });
        all.extend(self.headers().map(|(name, value)| (name.into(), value.into())));
        all
    }

    /// Puts the signature into its place, which was left empty.
    pub(crate) fn fill(&mut self, signature: &[u8]) {
        self.text.extend_from_slice(signature);
        if let Some((_, end)) = self.fields.last_mut() {
            *end = self.text.len();
        }
    }

    /// The signature alone, in hexadecimal: the seed of chunk signatures.
    #[must_use]
    pub fn signature(&self) -> &str {
        ascii(self.text.get(self.signature..).unwrap_or_default())
    }

    /// Signs the chunks of the body; `None` unless the payload was one of chunks, such as [`Streaming::Chunks`].
    #[must_use]
    pub fn chunk_signer(&self) -> Option<ChunkSigner> {
        let chain = self.chain.as_deref().filter(|chain| chain.kind() != Streaming::Events);
        chain.cloned().map(ChunkSigner::new)
    }

    /// Signs the messages of the body; `None` unless the payload was [`Streaming::Events`].
    #[must_use]
    pub fn event_signer(&self) -> Option<EventSigner> {
        let chain = self.chain.as_deref().filter(|chain| chain.kind() == Streaming::Events);
        chain.cloned().map(EventSigner::new)
    }
}

/// As text, which it is: each part was looked through.
fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
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
pub fn sign<'k>(
    request: &Request<'_>,
    payload: Payload<'_>,
    signer: impl Into<Signer<'k>>,
    scope: &Scope,
    settings: &Settings,
    now: Time,
) -> Result<Signed, SignError> {
    let signer = signer.into();
    let task = Task { request, payload, identity: signer.identity(), scope, settings, date: now.amz() };
    let sign = |canonical: &Canonical<'_, '_>| {
        let signature = signer.sign((&task.date, scope), now, |text| canonical.hash_with(text).0)?;
        let line = match canonical.payload {
            Tail::Line(PayloadLine::Literal(line)) if line.starts_with("STREAMING-AWS4-") => Some(line),
            _ => None,
        };
        let chain = signer.key().zip(line).and_then(|(key, line)| {
            let payload = DeclaredPayload::parse(Some(line.as_bytes()))?;
            Chain::of(payload, &key, task.identity.access_key_id, scope, now, &signature).map(Box::new)
        });
        Ok((signature, chain))
    };
    task.compose(sign, |(signature, chain), draft| draft.signed(&signature, chain))
}

/// What [`sign`] hashes and signs, for a person to compare with what a service reports.
///
/// # Errors
/// As [`sign`].
pub fn explain<'k>(
    request: &Request<'_>,
    payload: Payload<'_>,
    signer: impl Into<Signer<'k>>,
    scope: &Scope,
    settings: &Settings,
    now: Time,
) -> Result<Explanation, SignError> {
    let identity = signer.into().identity();
    let task = Task { request, payload, identity, scope, settings, date: now.amz() };
    task.compose(|canonical| Ok(Explanation::of(canonical, &task.date, scope)), |explanation, _| explanation)
}

impl Explanation {
    pub(crate) fn of(canonical: &Canonical<'_, '_>, date: &AmzDate, scope: &Scope) -> Self {
        let mut canonical_request = Vec::with_capacity(1024);
        canonical.write(&mut canonical_request);
        let string_to_sign = ToSign { date, scope, hash: canonical.hash().0 }.to_vec();
        Self { canonical_request, string_to_sign }
    }
}

/// A header signature to be made.
struct Task<'a> {
    request: &'a Request<'a>,
    payload: Payload<'a>,
    identity: Identity<'a>,
    scope: &'a Scope,
    settings: &'a Settings,
    date: AmzDate,
}

/// Names of fields, and where in a text their values end.
type Ends = smallvec::SmallVec<[(&'static str, usize); 5]>;

/// The fields that signing sets, without the token and the signature.
type Added<'a> = smallvec::SmallVec<[(&'static Ours, &'a [u8]); 4]>;

/// What a header signature adds to a request, but for the signature, with which the text is to end.
struct Draft<'a> {
    text: Vec<u8>,
    added: &'a [(&'static Ours, &'a [u8])],
    token: Option<(TokenName, &'a Secret)>,
}

impl Task<'_> {
    /// Checks the request and passes its canonical form on, then what came of that with what will be added to the request.
    fn compose<T, U>(
        &self,
        sign: impl FnOnce(&Canonical<'_, '_>) -> Result<T, SignError>,
        then: impl FnOnce(T, Draft<'_>) -> U,
    ) -> Result<U, SignError> {
        let Self { request, scope, settings, .. } = *self;
        let (host, line);
        let mut fields = Fields::new();
        let seen = read_fields(request, &mut fields)?;
        self.identity.check(scope)?;
        let mut sent = fields.iter().filter(|field| field.known == Known::ContentSha256);
        let sent = if seen.content_sha256 { sent.next().map(|field| field.value) } else { None };
        let with_hash = |is_literal| {
            let usual = || is_s3_family(scope.service()) || sent.is_some() || is_literal;
            settings.content_sha256_header.unwrap_or_else(usual)
        };
        let (payload, with_hash) = match self.payload {
            // What no field says need not be known before the rest is hashed.
            Payload::Bytes(body) if !with_hash(false) => (Tail::Body(body), None),
            _ => {
                line = payload_line(self.payload, sent, scope.algorithm())?;
                (
                    Tail::Line(line),
                    Some(&line).filter(|line| with_hash(matches!(line, PayloadLine::Literal(_)))),
                )
            }
        };
        host = if seen.host { None } else { Some(host_of_target(request)?) };

        let mut added: Added<'_> = smallvec::SmallVec::new();
        if let Some(host) = &host {
            added.push((&Ours::HOST, host.as_slice()));
        }
        added.push((&Ours::DATE, self.date.as_bytes()));
        let with_regions = scope.algorithm() == Algorithm::V4a;
        if with_regions {
            added.push((&Ours::REGION_SET, scope.region().as_bytes()));
        }
        if let Some(line) = with_hash {
            added.push((&Ours::CONTENT_SHA256, line.as_bytes()));
        }
        let late = settings.session_token == SessionToken::Append;
        let name = settings.session_token.signed_as().or(late.then_some(TokenName::Security));
        let token = name.zip(self.identity.session_token);

        let clients = fields.len();
        for (name, value) in &added {
            name.push(&mut fields, value);
        }
        if let Some((name, token)) = token {
            Ours::of_token(name).push(&mut fields, token.expose().as_bytes());
            if !fields.last().is_some_and(Field::is_valid) {
                return Err(SignError::HeaderValue(name.header().to_owned()));
            }
            if late {
                fields.pop();
            }
        }
        let is_signed = |(at, field): &(u32, &Field<'_>)| {
            let replaced = match field.known {
                Known::AmzDate | Known::Token(_) => true,
                Known::RegionSet => with_regions,
                Known::ContentSha256 => with_hash.is_some(),
                known => known.is_never_signed(),
            };
            *at as usize >= clients || !replaced
        };
        let order = Order::of(&fields, (0..).zip(&fields).filter(is_signed).map(|(at, _)| at));
        let signed = SignedFields::new(&fields, &order);
        let (text, names) = self.write(&added, &signed);
        let canonical = Canonical {
            method: request.method(),
            path: request.path(),
            params: uri::params(request.query()),
            fields: &signed.named(text.get(names).unwrap_or_default()),
            payload,
            variant: signing_variant(settings, scope),
        };
        let made = sign(&canonical)?;
        Ok(then(made, Draft { text, added: &added, token }))
    }

    /// The values of what is added, with room for the signature; and the place of the list of names in it.
    fn write(&self, added: &Added<'_>, signed: &SignedFields<'_, '_>) -> (Vec<u8>, Range<usize>) {
        let Task { scope, identity, date, .. } = self;
        let values: usize = added.iter().map(|(_, value)| value.len()).sum();
        let names = identity.access_key_id.len() + scope.region().len() + scope.service().len();
        let signature = piece_width(scope.algorithm());
        let room = signed.names_len();
        let mut text = Vec::with_capacity(values + names + room + signature + 96);
        for (_, value) in added {
            text.extend_from_slice(value);
        }
        let names =
            write_authorization(&mut text, identity, scope, date, |out| signed.write_names(out, room));
        (text, names)
    }
}

impl Draft<'_> {
    fn signed(self, signature: &[u8], chain: Option<Box<Chain>>) -> Signed {
        let Self { mut text, added, token } = self;
        let start = text.len();
        text.extend_from_slice(signature);
        let (mut fields, mut end) = (Ends::new(), 0);
        for (name, value) in added {
            end += value.len();
            fields.push((name.as_str(), end));
        }
        fields.push(("authorization", text.len()));
        let token = token.map(|(name, token)| (name, token.clone()));
        Signed { text, fields, token, signature: start, chain }
    }
}

/// Appends the value of `Authorization` up to where the signature is to be; gives the place of the list of names.
pub(crate) fn write_authorization(
    out: &mut Vec<u8>,
    identity: &Identity<'_>,
    scope: &Scope,
    date: &AmzDate,
    write_names: impl FnOnce(&mut Vec<u8>),
) -> Range<usize> {
    out.put(scope.algorithm().as_str().as_bytes());
    out.put(b" Credential=");
    out.put(identity.access_key_id.as_bytes());
    out.put(b"/");
    credential_scope(out, date, scope);
    out.put(b", SignedHeaders=");
    let start = out.len();
    write_names(out);
    let names = start..out.len();
    out.put(b", Signature=");
    names
}

pub(crate) fn signing_variant(settings: &Settings, scope: &Scope) -> Variant {
    Variant {
        path: settings.path_rule(scope.service()),
        plus: Plus::Sign,
        host: HostForm::AsSent,
        repeated: Repeated::InOrder,
    }
}

pub(crate) fn payload_line(
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
pub(crate) fn host_of_target(request: &Request<'_>) -> Result<smallvec::SmallVec<[u8; 128]>, SignError> {
    let authority = request.authority().filter(|host| !host.is_empty()).ok_or(SignError::Host)?;
    if !authority.iter().all(|&byte| byte.is_ascii_graphic() && byte != b'@') {
        return Err(SignError::Host);
    }
    Ok(authority.iter().map(u8::to_ascii_lowercase).collect())
}

/// Which fields there are that decide what is added.
#[derive(Default)]
pub(crate) struct Seen {
    host: bool,
    content_sha256: bool,
}

/// Looks through a request that could be sent as it is, and lists its header fields.
pub(crate) fn read_fields<'a>(request: &Request<'a>, fields: &mut Fields<'a>) -> Result<Seen, SignError> {
    if !is_valid_name(request.method().as_bytes()) {
        return Err(SignError::Method);
    }
    if !is_valid_target(request.target()) {
        return Err(SignError::Target);
    }
    if let Some(bad) = percent::bad_escape(request.query()) {
        return Err(SignError::Query(lossy(bad)));
    }
    request.headers().each(|name, value| Field::push(fields, name, value));
    let (mut seen, mut odd) = (Seen::default(), None);
    for field in &*fields {
        seen.host |= field.known == Known::Host;
        seen.content_sha256 |= field.known == Known::ContentSha256;
        if !field.is_valid() {
            odd = odd.or(Some(field.name.text));
        }
    }
    match odd {
        None => Ok(seen),
        Some(name) if is_valid_name(name) => Err(SignError::HeaderValue(lossy(name))),
        Some(name) => Err(SignError::HeaderName(lossy(name))),
    }
}

/// Whether a target has neither a control character nor a fragment.
pub(crate) fn is_valid_target(target: &[u8]) -> bool {
    !target.iter().any(|&byte| byte < b' ' || byte == 0x7f || byte == b'#')
}

#[cold]
pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
