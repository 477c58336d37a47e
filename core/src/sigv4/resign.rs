//! Signing a verified request again, under the credentials that AWS knows.
//!
//! The outbound head is built from nothing by the rules of [`fate`], then signed; nothing is put back after
//! signing, so that no header of the client can stand in for one of ours.

use std::time::Duration;

use super::body::{BodyResigner, Chain};
use super::canonical::{Canonical, HostForm, Order, Repeated, SignedFields, ToSign, Variant};
use super::error::ResignError;
use super::header::{Field, Fields, Known, canonical_value, has_prefix, trim};
use super::payload::DeclaredPayload;
use super::percent;
use super::presign::{QueryFields, is_auth_param};
use super::request::HeaderBuf;
use super::scope::{Algorithm, is_s3_family};
use super::sign::{lossy, write_authorization};
use super::signature::{SignatureText, piece_width};
use super::signer::{Identity, Signer};
use super::sink::Sink as _;
use super::uri::{self, PathRule, Plus};
use super::verify::Verified;
use crate::secret::Wiped;
use crate::time::{AmzDate, Time};

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
    pub headers: HeaderBuf,
    /// The way for the body: push what the client sends, send what comes out.
    pub body: BodyResigner,
}

impl Resigned {
    /// Puts the signature into its place, which was left empty.
    pub(crate) fn fill(&mut self, signature: &[u8], in_query: bool) {
        if in_query {
            self.target.extend_from_slice(signature);
        } else {
            self.headers.extend_last(signature);
        }
    }
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
pub fn resign<'k>(
    verified: Verified,
    upstream: &Upstream,
    signer: impl Into<Signer<'k>>,
    now: Time,
) -> Result<Resigned, ResignError> {
    let signer = signer.into();
    if signer.expires_at().is_some_and(|expiry| expiry <= now) {
        return Err(ResignError::Expired);
    }
    let task = Task { verified: &verified, signer, identity: signer.identity(), now, date: now.amz() };
    task.identity.check(&verified.claim.scope)?;
    let unfolded = Unfolded::of(&verified);
    let (signature, authorization);
    let mut head = Outbound::new(verified.variant);
    head.write_target(&verified, upstream)?;
    head.add_ours("host", upstream.host.as_bytes());
    head.add_clients(&verified, upstream, &unfolded)?;
    (signature, authorization) =
        if verified.is_presigned() { task.sign_query(&mut head)? } else { task.sign_headers(&mut head)? };
    let (key_id, scope) = (task.identity.access_key_id, &verified.claim.scope);
    let chain =
        signer.key().and_then(|key| Chain::of(verified.payload(), &key, key_id, scope, now, &signature));
    let body = BodyResigner::of(&verified, chain)?;
    if let Some(value) = &authorization {
        Field::push(&mut head.fields, b"authorization", value);
    }
    let headers = HeaderBuf::from(head.fields.as_slice());
    Ok(Resigned { method: verified.request().method().to_owned(), target: head.target, headers, body })
}

/// The values of a request that were folded over several lines, each in one line, with the numbers of their fields.
struct Unfolded(Vec<(usize, Wiped)>);

impl Unfolded {
    /// A fold is replaced by a space (RFC 9112, 5.2), all else is as it came.
    fn of(verified: &Verified) -> Self {
        let is_folded = |value: &[u8]| memchr::memchr2(b'\r', b'\n', trim(value)).is_some();
        let values = verified.claim.head.headers().unsolid_values();
        let folded = values.filter(|(_, value)| is_folded(value)).map(|(at, value)| {
            let mut line = Wiped::with_capacity(value.len());
            canonical_value(&mut *line, value);
            (at, line)
        });
        Self(folded.collect())
    }

    fn value(&self, at: usize) -> Option<&[u8]> {
        self.0.iter().find(|(folded, _)| *folded == at).map(|(_, value)| value.as_slice())
    }
}

/// The outbound head while it is being built.
struct Outbound<'a> {
    /// Path and query.
    target: Vec<u8>,
    /// Where the path ends.
    path: usize,
    fields: Fields<'a>,
    /// The numbers of the fields to be signed, nearly in order. Of a name that occurs more than once, all or none are.
    signed: Numbers,
    variant: Variant,
}

type Numbers = smallvec::SmallVec<[u32; 32]>;

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
const fn fate(known: Known) -> Fate {
    match known {
        Known::Authorization
        | Known::AmzDate
        | Known::Date
        | Known::Token(_)
        | Known::RegionSet
        | Known::Host
        | Known::Expect
        | Known::Cookie
        | Known::MethodOverride
        | Known::Connection
        | Known::Hop => Fate::Drop,
        Known::Forwarding => Fate::Refuse,
        Known::ContentType | Known::ContentMd5 | Known::ContentSha256 | Known::DecodedLength | Known::Amz => {
            Fate::Sign
        }
        Known::UserAgent | Known::AmznTrace | Known::TraceContext => Fate::Unsigned,
        Known::ContentLength | Known::Other => Fate::Keep,
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

impl<'a> Outbound<'a> {
    fn new(verified: Variant) -> Self {
        Self {
            target: Vec::new(),
            path: 0,
            fields: Fields::new(),
            signed: Numbers::new(),
            variant: Variant { host: HostForm::AsSent, repeated: Repeated::InOrder, ..verified },
        }
    }

    fn write_target(&mut self, verified: &Verified, upstream: &Upstream) -> Result<(), ResignError> {
        let request = verified.request();
        let base = upstream.base_path.as_bytes();
        let path = request.path();
        let path = path
            .strip_prefix(base)
            .filter(|rest| base.is_empty() || rest.is_empty() || rest.starts_with(b"/"));
        let path = path.ok_or_else(|| ResignError::BasePath(upstream.base_path.clone()))?;
        let target = &mut self.target;
        target.reserve_exact(request.target().len() + 1);
        if is_s3_family(verified.service()) {
            uri::recode_path(target, path);
            self.variant.path = PathRule::AsSent;
        } else {
            escape_unsendable(target, path);
        }
        if target.is_empty() {
            target.push(b'/');
        }
        self.path = target.len();
        write_query(target, verified);
        Ok(())
    }

    fn add_clients(
        &mut self,
        verified: &'a Verified,
        upstream: &Upstream,
        unfolded: &'a Unfolded,
    ) -> Result<(), ResignError> {
        let nominated = nominated(verified)?;
        let mut refused = None;
        let claim = &verified.claim;
        // Where the client's fields are now, those that are not signed again nowhere; and what it left to us to sign.
        let (mut places, mut late) = (Numbers::new(), Numbers::new());
        for ((at, field), &by_client) in claim.head.headers().fields().enumerate().zip(&claim.signed) {
            places.push(NOWHERE);
            let dropped = nominated.iter().any(|nominated| nominated.is_named_as(&field));
            let fate = if dropped { Fate::Drop } else { fate(field.known) };
            let signed = match fate {
                Fate::Drop => continue,
                Fate::Refuse => {
                    if by_client && refused.is_none() {
                        refused = Some(lossy(field.name.text));
                    }
                    continue;
                }
                Fate::Sign => true,
                Fate::Keep | Fate::Unsigned => {
                    if !(by_client || upstream.unsigned_headers || is_harmless(field.name.text)) {
                        continue;
                    }
                    fate == Fate::Keep && by_client
                }
            };
            match (signed, by_client, places.last_mut()) {
                (true, true, Some(place)) => *place = self.next(),
                (true, ..) => late.push(self.next()),
                _ => {}
            }
            let value = unfolded.value(at).unwrap_or_else(|| trim(field.value));
            let is_same = value.len() == field.value.len();
            if is_same {
                Field::push_again(&mut self.fields, &field);
            } else {
                Field::push(&mut self.fields, field.name.text, value);
            }
        }
        let again = claim.order.iter().filter_map(|at| places.get(at as usize).copied());
        self.signed.extend(again.filter(|place| *place != NOWHERE).chain(late));
        refused.map_or(Ok(()), |name| Err(ResignError::HopSigned(name)))
    }

    /// The number of the next field.
    fn next(&self) -> u32 {
        u32::try_from(self.fields.len()).unwrap_or(NOWHERE)
    }

    fn add_ours(&mut self, name: &'static str, value: &'a [u8]) {
        self.signed.push(self.next());
        Field::push(&mut self.fields, name.as_bytes(), value);
    }

    /// The order of the fields to be signed.
    fn order(&self) -> Order {
        Order::of(&self.fields, self.signed.iter().copied())
    }

    /// The hash of the canonical request, with parameters that are not part of the target yet.
    fn hash(&self, verified: &Verified, fields: &SignedFields<'_, '_>, added: &[u8]) -> [u8; 32] {
        let (path, query) = self.target.split_at_checked(self.path).unwrap_or_default();
        let canonical = Canonical {
            method: verified.request().method(),
            path,
            params: uri::params(query.get(1..).unwrap_or_default()).followed_by(added),
            fields,
            payload: verified.line.as_bytes(),
            // The query was rewritten to the form that verified, and says `%2B` or `%20` itself.
            variant: Variant { plus: Plus::Sign, ..self.variant },
        };
        canonical.hash()
    }
}

/// No number of a field.
const NOWHERE: u32 = u32::MAX;

/// A verified request to be signed again.
struct Task<'a> {
    verified: &'a Verified,
    signer: Signer<'a>,
    identity: Identity<'a>,
    now: Time,
    date: AmzDate,
}

impl Task<'_> {
    fn sign(&self, hash: [u8; 32]) -> Result<SignatureText, ResignError> {
        let scope = &self.verified.claim.scope;
        Ok(self.signer.sign(&ToSign { date: &self.date, scope, hash }, self.now)?)
    }

    /// Gives the signature, and the value of `Authorization`, which is not among the fields yet.
    fn sign_headers<'h>(
        &'h self,
        head: &mut Outbound<'h>,
    ) -> Result<(SignatureText, Option<Vec<u8>>), ResignError> {
        let (claim, line) = (&self.verified.claim, &self.verified.line);
        let scope = &claim.scope;
        head.add_ours("x-amz-date", self.date.as_bytes());
        if claim.payload == DeclaredPayload::Absent && is_s3_family(scope.service()) {
            head.add_ours("x-amz-content-sha256", line.as_bytes());
        }
        if scope.algorithm() == Algorithm::V4a {
            head.add_ours("x-amz-region-set", scope.region().as_bytes());
        }
        if let Some(token) = self.identity.session_token {
            head.add_ours(claim.token_name.header(), token.expose().as_bytes());
        }
        let order = head.order();
        let fields = SignedFields::new(&head.fields, &order);
        let known = self.identity.access_key_id.len() + scope.region().len() + scope.service().len();
        let room = fields.names_len();
        let mut authorization = Vec::with_capacity(known + room + piece_width(scope.algorithm()) + 80);
        let names =
            write_authorization(&mut authorization, &self.identity, scope, &self.date, (&fields, room));
        let names = authorization.get(names).unwrap_or_default();
        let signature = self.sign(head.hash(self.verified, &fields.named(names), b""))?;
        authorization.extend_from_slice(&signature);
        Ok((signature, Some(authorization)))
    }

    fn sign_query(&self, head: &mut Outbound<'_>) -> Result<(SignatureText, Option<Vec<u8>>), ResignError> {
        let claim = &self.verified.claim;
        let ends = claim.signed_at + claim.expires.unwrap_or_default();
        let ends = self.signer.expires_at().map_or(ends, |expiry| expiry.min(ends));
        let seconds = ends.since(self.now).min(FORWARDED_EXPIRES).as_secs();
        if seconds == 0 {
            return Err(ResignError::Expired);
        }
        let hash = Some(self.verified.line.as_bytes()).filter(|_| claim.payload_in_query);
        let token = self.identity.session_token.map(|token| (claim.token_name.param(), token.expose()));
        let order = head.order();
        let fields = SignedFields::new(&head.fields, &order);
        let mut names = Vec::new();
        fields.write_names(&mut names, fields.names_len());
        let fields = fields.named(&names);
        let auth =
            QueryFields { identity: &self.identity, scope: &claim.scope, date: &self.date, fields: &fields };
        let added = auth.write(seconds, hash, token);
        let signature = self.sign(head.hash(self.verified, &fields, &added))?;
        head.target.reserve_exact(added.len() + signature.len() + 20);
        head.target.put(if head.target.len() > head.path { b"&" } else { b"?" });
        head.target.put(&added);
        head.target.put(b"&X-Amz-Signature=");
        head.target.put(&signature);
        Ok((signature, None))
    }
}

/// Appends the query as sent, less the client's authentication, raw `+` rewritten to what it was verified as.
fn write_query(target: &mut Vec<u8>, verified: &Verified) {
    let plus: &[u8] = if verified.variant.plus == Plus::Space { b"%20" } else { b"%2B" };
    let mut before: &[u8] = b"?";
    for piece in verified.request().query().split(|&byte| byte == b'&').filter(|piece| !piece.is_empty()) {
        let name = piece.split(|&byte| byte == b'=').next().unwrap_or_default();
        if verified.is_presigned() && is_auth_param(name) {
            continue;
        }
        target.put(before);
        before = b"&";
        for (nth, part) in piece.split(|&byte| byte == b'+').enumerate() {
            target.put(if nth > 0 { plus } else { b"" });
            escape_unsendable(target, part);
        }
    }
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

/// The headers that the client's `Connection` says belong to the connection. One that a signature or the
/// authentication depends on is an attack, not a wish.
fn nominated(verified: &Verified) -> Result<Fields<'_>, ResignError> {
    let mut names = Fields::new();
    verified
        .claim
        .head
        .headers()
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(b"connection"))
        .for_each(|(_, value)| {
            let listed = value.split(|&byte| byte == b',').map(trim).filter(|name| !name.is_empty());
            names.extend(listed.map(|name| Field::new(name, b"")));
        });
    for name in &names {
        let signed =
            verified.signed_headers().any(|signed| signed.as_bytes().eq_ignore_ascii_case(name.name.text));
        if signed || name.known.is_amz() || matches!(name.known, Known::Authorization | Known::Host) {
            return Err(ResignError::Nominated(lossy(name.name.text).to_ascii_lowercase()));
        }
    }
    Ok(names)
}
