//! Signing a verified request again, under the credentials that AWS knows.
//!
//! The outbound head is built from nothing by the rules of [`outbound`], then signed; nothing is put back after
//! signing, so that no header of the client can stand in for one of ours.

mod outbound;

use std::time::Duration;

use self::outbound::{Outbound, Unfolded};
use super::body::{BodyResigner, Chain};
use super::canonical::{SignedFields, ToSign};
use super::error::ResignError;
use super::head::HeaderBuf;
use super::payload::DeclaredPayload;
use super::presign::QueryFields;
use super::scope::{Algorithm, is_s3_family};
use super::sign::write_authorization;
use super::signature::{SignatureText, piece_width};
use super::signer::{Identity, Signer};
use super::sink::Sink as _;
use super::verify::Verified;
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
/// [`ResignError`], if the credentials have expired, if the client signed what must not be forwarded, or for a body
/// whose pieces are signed in a way that is not signed again.
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
    task.identity.check(&verified.claim.parsed.scope)?;
    let unfolded = Unfolded::of(&verified);
    let mut head = Outbound::new(verified.variant);
    head.write_target(&verified, upstream)?;
    head.add_ours("host", upstream.host.as_bytes());
    head.add_clients(&verified, upstream, &unfolded)?;
    let (signature, headers) =
        if verified.is_presigned() { task.sign_query(&mut head)? } else { task.sign_headers(&mut head)? };
    let (key_id, scope) = (task.identity.access_key_id, &verified.claim.parsed.scope);
    let chain =
        signer.key().and_then(|key| Chain::of(verified.payload(), &key, key_id, scope, now, &signature));
    let body = BodyResigner::of(&verified, chain)?;
    Ok(Resigned { method: verified.request().method().to_owned(), target: head.target, headers, body })
}

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
        let scope = &self.verified.claim.parsed.scope;
        Ok(self.signer.sign(&ToSign { date: &self.date, scope, hash }, self.now)?)
    }

    /// Gives the signature, and all fields with it.
    fn sign_headers<'h>(
        &'h self,
        head: &mut Outbound<'h>,
    ) -> Result<(SignatureText, HeaderBuf), ResignError> {
        let (claim, line) = (&self.verified.claim, &self.verified.line);
        let scope = &claim.parsed.scope;
        if claim.parsed.payload == DeclaredPayload::Absent && is_s3_family(scope.service()) {
            head.add_ours("x-amz-content-sha256", line.as_bytes());
        }
        head.add_ours("x-amz-date", self.date.as_bytes());
        if scope.algorithm() == Algorithm::V4a {
            head.add_ours("x-amz-region-set", scope.region().as_bytes());
        }
        if let Some(token) = self.identity.session_token {
            head.add_ours(claim.parsed.token_name.header(), token.expose().as_bytes());
        }
        let order = head.order(&claim.parsed.order);
        let fields = SignedFields::new(&head.fields, &order);
        let names = fields.names_len();
        let known = self.identity.access_key_id.len() + scope.after_day().len();
        let room = known + names + piece_width(scope.algorithm()) + 100;
        let (mut headers, lines) = HeaderBuf::of(&head.fields, &order, room);
        let identity = &self.identity;
        let names = headers
            .add_authorization(|out| write_authorization(out, identity, scope, &self.date, (&fields, names)));
        let names = headers.text(names);
        let fields = match lines {
            Some(end) => SignedFields::written(headers.text(0..end), names),
            None => fields.named(names),
        };
        let signature = self.sign(head.hash(self.verified, &fields, b""))?;
        headers.extend_last(&signature);
        Ok((signature, headers))
    }

    fn sign_query(&self, head: &mut Outbound<'_>) -> Result<(SignatureText, HeaderBuf), ResignError> {
        let claim = &self.verified.claim;
        let ends = claim.parsed.signed_at + claim.parsed.expires.unwrap_or_default();
        let ends = self.signer.expires_at().map_or(ends, |expiry| expiry.min(ends));
        let seconds = ends.since(self.now).min(FORWARDED_EXPIRES).as_secs();
        if seconds == 0 {
            return Err(ResignError::Expired);
        }
        let hash = Some(self.verified.line.as_bytes()).filter(|_| claim.parsed.payload_in_query);
        let token =
            self.identity.session_token.map(|token| (claim.parsed.token_name.param(), token.expose()));
        let order = head.order(&claim.parsed.order);
        let fields = SignedFields::new(&head.fields, &order);
        let mut names = Vec::new();
        fields.write_names(&mut names, fields.names_len());
        let fields = fields.named(&names);
        let auth = QueryFields {
            identity: &self.identity,
            scope: &claim.parsed.scope,
            date: &self.date,
            fields: &fields,
        };
        let added = auth.write(seconds, hash, token);
        let signature = self.sign(head.hash(self.verified, &fields, &added))?;
        head.target.reserve_exact(added.len() + signature.len() + 20);
        head.target.put(if head.target.len() > head.path { b"&" } else { b"?" });
        head.target.put(&added);
        head.target.put(b"&X-Amz-Signature=");
        head.target.put(&signature);
        Ok((signature, HeaderBuf::of(&head.fields, &order, 0).0))
    }
}
