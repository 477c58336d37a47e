//! Signing a verified request again, under the credentials that AWS knows.
//!
//! The client's head becomes the outbound one in its place: each field is kept, signed or left out by the rules of
//! [`outbound`], ours are set, then all is signed. Nothing is put back after signing, so that no header of the client can
//! stand in for one of ours.

mod outbound;
mod relay;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use self::outbound::{Ours, Target};
use super::body::{BodyResigner, Chain};
use super::canonical::{Canonical, SignedFields, Tail};
use super::claim::Claim;
use super::error::ResignError;
use super::head::{Edit, HeaderBuf};
use super::payload::{DeclaredPayload, PayloadLine};
use super::presign::QueryFields;
use super::request::Headers;
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
    host: Arc<str>,
    base_path: String,
    unsigned_headers: bool,
}

impl Upstream {
    /// The host as the `Host` header says it: no default port.
    pub fn new(host: impl Into<Arc<str>>) -> Self {
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
pub fn resign<'k>(
    mut verified: Verified,
    upstream: &Upstream,
    signer: impl Into<Signer<'k>>,
    now: Time,
) -> Result<Resigned, ResignError> {
    let signer = signer.into();
    if signer.expires_at().is_some_and(|expiry| expiry <= now) {
        return Err(ResignError::Expired);
    }
    let (claim, line) = (&verified.claim, verified.line);
    let (algorithm, presigned) = (claim.algorithm(), claim.is_presigned());
    let task = Task { line, signer, identity: signer.identity(), now, date: now.amz() };
    task.identity.check(&claim.parsed.scope)?;
    let mut target = Target::of(claim, verified.variant, upstream)?;
    let nominated = outbound::nominated(claim)?;
    let wants_hash = claim.parsed.payload == DeclaredPayload::Absent && is_s3_family(claim.service());
    let mut edit = Edit::of(verified.claim.parsed.head.take_headers());
    let claim = &verified.claim;
    let ours = if presigned {
        Ours::default()
    } else {
        Ours {
            hash: wants_hash.then_some(line.as_bytes()),
            date: Some(task.date.as_bytes()),
            region_set: (algorithm == Algorithm::V4a).then_some(claim.region().as_bytes()),
            token: task.identity.session_token.map(|token| token.expose().as_bytes()),
        }
    };
    outbound::edit(&mut edit, claim, &nominated, upstream, &ours)?;
    let (signature, headers) = if presigned {
        task.sign_query(claim, &mut target, edit)?
    } else {
        task.sign_headers(claim, &target, edit)?
    };
    let (key_id, scope) = (task.identity.access_key_id, &claim.parsed.scope);
    let chain =
        signer.key().and_then(|key| Chain::of(verified.payload(), &key, key_id, scope, now, &signature));
    // What tells of the body's form is kept.
    let body = BodyResigner::of(&verified, Headers::from(&headers), chain)?;
    Ok(Resigned { method: claim.parsed.head.method().to_owned(), target: target.text, headers, body })
}

/// The complete head but for the signature, with which it is to end, and the names of what is signed.
fn write_head<'c>(
    claim: &'c Claim,
    edit: Edit,
    identity: &Identity<'_>,
    date: &AmzDate,
) -> (HeaderBuf, Cow<'c, [u8]>) {
    let scope = &claim.parsed.scope;
    let known = identity.access_key_id.len() + scope.after_day().len();
    let room = known + piece_width(scope.algorithm()) + 100;
    let (mut headers, names) = edit.finish(claim.signed_list().as_bytes(), room);
    headers.add_authorization(|out| write_authorization(out, identity, scope, date, |out| out.put(&names)));
    (headers, names)
}

/// A verified request to be signed again.
struct Task<'a> {
    line: PayloadLine,
    signer: Signer<'a>,
    identity: Identity<'a>,
    now: Time,
    date: AmzDate,
}

impl Task<'_> {
    fn sign(&self, claim: &Claim, canonical: &Canonical<'_, '_>) -> Result<SignatureText, ResignError> {
        let scope = &claim.parsed.scope;
        Ok(self.signer.sign((&self.date, scope), self.now, |text| canonical.hash_with(text).0)?)
    }

    /// Gives the signature, and all fields with it.
    fn sign_headers(
        &self,
        claim: &Claim,
        target: &Target,
        edit: Edit,
    ) -> Result<(SignatureText, HeaderBuf), ResignError> {
        let (mut headers, names) = write_head(claim, edit, &self.identity, &self.date);
        let fields = SignedFields::written(headers.lines(), &names);
        let canonical = target.canonical(claim.parsed.head.method(), &fields, Tail::Line(self.line), b"");
        let signature = self.sign(claim, &canonical)?;
        headers.extend_last(&signature);
        Ok((signature, headers))
    }

    fn sign_query(
        &self,
        claim: &Claim,
        target: &mut Target,
        edit: Edit,
    ) -> Result<(SignatureText, HeaderBuf), ResignError> {
        let ends = claim.parsed.signed_at + claim.parsed.expires.unwrap_or_default();
        let ends = self.signer.expires_at().map_or(ends, |expiry| expiry.min(ends));
        let seconds = ends.since(self.now).min(FORWARDED_EXPIRES).as_secs();
        if seconds == 0 {
            return Err(ResignError::Expired);
        }
        let hash = Some(self.line.as_bytes()).filter(|_| claim.parsed.payload_in_query);
        let token =
            self.identity.session_token.map(|token| (claim.parsed.token_name.param(), token.expose()));
        let (headers, names) = edit.finish(claim.signed_list().as_bytes(), 0);
        let fields = SignedFields::written(headers.lines(), &names);
        let auth = QueryFields {
            identity: &self.identity,
            scope: &claim.parsed.scope,
            date: &self.date,
            fields: &fields,
        };
        let added = auth.write(seconds, hash, token);
        let canonical = target.canonical(claim.parsed.head.method(), &fields, Tail::Line(self.line), &added);
        let signature = self.sign(claim, &canonical)?;
        target.extend([&added, b"&X-Amz-Signature=", &signature]);
        Ok((signature, headers))
    }
}
