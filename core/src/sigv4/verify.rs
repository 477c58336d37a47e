//! Proving a claim: the signature is computed again, in each canonical form that honest clients use.

mod twin;
mod variant;
#[cfg(test)]
mod work;

pub(super) use self::twin::Twin;
pub(super) use self::variant::Variants;
use super::body::{BodyResigner, Chain};
use super::canonical::{Canonical, Order, SignedFields, Tail, Variant};
use super::claim::Claim;
use super::error::{ResignError, VerifyError, VerifyErrorKind as Kind, VerifyFailure};
use super::header::{Field, Fields};
use super::key::{Key, derive_in_vain, dummy};
use super::payload::{DeclaredPayload, Payload, PayloadLine, UNSIGNED_PAYLOAD};
use super::policy::Policy;
use super::request::Request;
use super::scope::{Algorithm, Scope, is_s3_family};
use super::uri;
use crate::hash::{hex, sha256_hex};
use crate::time::Time;

pub(crate) const MISMATCH: &str = "The request signature we calculated does not match the signature you \
    provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/// A request whose signature is right. There is no other way to one than [`Claim::verify`].
pub struct Verified {
    pub(crate) claim: Claim,
    pub(crate) variant: Variant,
    /// What stood for the body in the canonical request.
    pub(crate) line: PayloadLine,
    /// Where the signatures of a body's pieces go on from.
    pub(crate) chain: Option<Box<Chain>>,
}

impl Verified {
    /// The key id that signed.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        self.claim.access_key_id()
    }

    /// What the signature is good for.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        self.claim.scope()
    }

    /// How it was signed.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.claim.algorithm()
    }

    /// The region of the credential scope, or the region set of SigV4A as it is written.
    #[must_use]
    pub fn region(&self) -> &str {
        self.claim.region()
    }

    /// The signing name of the credential scope.
    #[must_use]
    pub fn service(&self) -> &str {
        self.claim.service()
    }

    /// The names that the signature covers, lower case and ascending.
    pub fn signed_headers(&self) -> impl Iterator<Item = &str> + Clone {
        self.claim.signed_headers()
    }

    /// What the head says of the body.
    #[must_use]
    pub const fn payload(&self) -> DeclaredPayload {
        self.claim.payload()
    }

    /// Whether the signature was in the query.
    #[must_use]
    pub const fn is_presigned(&self) -> bool {
        self.claim.is_presigned()
    }

    /// When it was signed.
    #[must_use]
    pub const fn signed_at(&self) -> Time {
        self.claim.signed_at()
    }

    /// The request, as it came.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        self.claim.request()
    }

    /// The way for the body alone, for a host that takes it before [`resign`](super::resign) takes the head.
    ///
    /// # Errors
    /// [`ResignError::HeadFirst`] for a body that is signed piece by piece: its signatures go on from the one that
    /// [`resign`](super::resign) makes, and its way is [`Resigned::body`](super::Resigned::body). Otherwise as
    /// [`resign`](super::resign) for the body.
    pub fn body_resigner(&self) -> Result<BodyResigner, ResignError> {
        BodyResigner::of(self, self.request().headers(), None)
    }

    /// The canonical form that the client signed.
    #[must_use]
    pub const fn variant(&self) -> Variant {
        self.variant
    }
}

impl Claim {
    /// Proves the claim with the key that its key id stands for.
    ///
    /// The session token of the request must be exactly the key's, or absent if the key has none. A body given
    /// as [`Payload::Bytes`] is hashed and held against what the head declares.
    ///
    /// # Errors
    /// [`VerifyError`]: wrong signature, wrong token, or not the declared body.
    pub fn verify<'k>(self, key: impl Into<Key<'k>>, payload: Payload<'_>) -> Result<Verified, VerifyError> {
        let proof = self.prove(Some(key.into()), payload, None)?;
        Ok(self.proven(proof))
    }

    /// Refuses a key id that is not known, after the same work as a wrong signature takes.
    #[must_use]
    pub fn refuse_unknown(self, payload: Payload<'_>) -> VerifyError {
        self.refuse(payload, None)
    }

    /// Refuses a key id that is not known, after the work of another request beside it.
    pub(super) fn refuse(&self, payload: Payload<'_>, twin: Option<&mut Twin<'_>>) -> VerifyError {
        match self.prove(None, payload, twin) {
            Err(error) => error,
            Ok(_) => unknown_key(is_s3_family(self.service()), self.parsed.uniform_errors),
        }
    }

    /// The claim with its proof, which is its own.
    pub(super) fn proven(self, proof: Proof) -> Verified {
        let Proof { variant, line, chain } = proof;
        Verified { claim: self, variant, line, chain }
    }

    /// Proves the claim; `twin` is signed on the way if the usual form is right.
    pub(super) fn prove(
        &self,
        key: Option<Key<'_>>,
        payload: Payload<'_>,
        twin: Option<&mut Twin<'_>>,
    ) -> Result<Proof, VerifyError> {
        let s3 = is_s3_family(self.service());
        let body = BodyHash::of(self, payload, s3)?;
        // The dummy takes an unknown key through the very same steps.
        let known = key.is_some();
        let unknown = if known { None } else { Some(dummy()) };
        let Some(key) = key.or(unknown.as_ref().map(Key::from)) else {
            return Err(unknown_key(s3, self.parsed.uniform_errors));
        };
        let token_is_right = key.has_token(self.session_token());
        let (found, line) = self.matching_variant(&key, body.line, twin);
        if !known {
            return Err(unknown_key(s3, self.parsed.uniform_errors));
        }
        let Some(variant) = found else {
            return Err(VerifyError::new(Kind::SignatureMismatch, s3, MISMATCH).with_detail(
                "no canonical form of the request gives this signature; wrong secret, or the request was altered",
            ));
        };
        if !token_is_right {
            let message = if s3 {
                "The provided token is malformed or otherwise invalid."
            } else {
                "The security token included in the request is invalid."
            };
            let detail = match (key.session_token(), self.session_token()) {
                (None, Some(_)) => "the request has a session token, but its key has none",
                (Some(_), None) => "the request lacks the session token of its key",
                _ => "the session token is not the key's",
            };
            return Err(uniform(self.parsed.uniform_errors, s3, Kind::InvalidToken, message, detail));
        }
        if body.mismatch {
            return Err(VerifyError::new(
                Kind::PayloadMismatch,
                s3,
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ));
        }
        let (key_id, seed) = (self.access_key_id(), self.parsed.signature.text());
        let chain =
            Chain::of(self.parsed.payload, &key, key_id, &self.parsed.scope, self.parsed.signed_at, &seed)
                .map(Box::new);
        Ok(Proof { variant, line, chain })
    }

    /// The first canonical form whose signature is the request's, and the line that stands for the body.
    fn matching_variant(
        &self,
        key: &Key<'_>,
        payload: Tail<'_>,
        mut twin: Option<&mut Twin<'_>>,
    ) -> (Option<Variant>, PayloadLine) {
        let request = self.parsed.head.request();
        let (check, derived) = key.check(self.access_key_id(), &self.parsed.scope, self.parsed.signed_at);
        let params = uri::params(request.query());
        let params = if self.is_presigned() { params.without_signature() } else { params };
        let mut known = None;
        let mut is_right = |variant: &Variant, fields: &SignedFields<'_, '_>| {
            let canonical = Canonical {
                method: request.method(),
                path: request.path(),
                params: params.clone(),
                fields,
                payload: known.map_or(payload, Tail::Line),
                variant: *variant,
            };
            let (date, scope, signature) = (&self.parsed.date, &self.parsed.scope, &self.parsed.signature);
            let (accepts, line) = match twin.take().zip(check.hmac()) {
                Some((twin, key)) => twin.sign_beside(&canonical, (date, scope), key, signature),
                None => check.accepts_request((date, scope), |text| canonical.hash_with(text), signature),
            };
            known = Some(line);
            accepts
        };
        let mut variants = Variants::of(self);
        let usual = if self.parsed.signed_authority.is_none() {
            let lines = self.parsed.head.headers().lines();
            let fields = SignedFields::written(lines, self.signed_list().as_bytes());
            variants.next().filter(|variant| is_right(variant, &fields))
        } else {
            None
        };
        let found = usual.or_else(|| self.among(variants, &request, &mut is_right));
        if found.is_none() && !derived {
            // A refusal costs a derivation whether or not the key was at hand: how long it takes says nothing.
            derive_in_vain(&self.parsed.scope, self.parsed.signed_at);
        }
        // At least one form was tried.
        (found, known.unwrap_or(PayloadLine::Literal(UNSIGNED_PAYLOAD)))
    }

    /// The first of the forms that is right, each written field by field.
    #[cold]
    #[inline(never)]
    fn among(
        &self,
        mut variants: Variants<'_>,
        request: &Request<'_>,
        is_right: &mut impl FnMut(&Variant, &SignedFields<'_, '_>) -> bool,
    ) -> Option<Variant> {
        let mut fields: Fields<'_> = self.parsed.head.headers().fields().collect();
        let of_target;
        let order = match self.parsed.signed_authority {
            None => &self.parsed.order,
            Some(name) => {
                Field::push(&mut fields, name.as_bytes(), request.host().unwrap_or_default());
                let last = u32::try_from(fields.len() - 1).unwrap_or(u32::MAX);
                of_target = Order::of(&fields, self.parsed.order.iter().chain([last]));
                &of_target
            }
        };
        let fields = SignedFields::new(&fields, order).named(self.signed_list().as_bytes());
        variants.find(|variant| is_right(variant, &fields))
    }
}

/// Parses, looks the key up and proves, in one call, for a lookup that need not wait.
///
/// # Errors
/// [`VerifyFailure::Refused`] for a request that is not to be accepted, and whatever the lookup failed with.
///
/// ```
/// use awsaccess::secret::Secret;
/// use awsaccess::sigv4::{Payload, Policy, Request, VerifyFailure, verify};
/// use awsaccess::time::Time;
/// let headers = [
///     ("Host", "example.amazonaws.com"),
///     ("X-Amz-Date", "20150830T123600Z"),
///     ("Authorization", "AWS4-HMAC-SHA256 \
///         Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, \
///         Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
/// ];
/// let verified = verify(
///     &Request::new("GET", "/", &headers),
///     Payload::Bytes(b""),
///     &Policy::default(),
///     |key_id| -> Result<Option<Secret>, std::convert::Infallible> {
///         Ok((key_id == "AKIDEXAMPLE").then(|| Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")))
///     },
///     Time::from_unix(1_440_938_160),
/// );
/// assert!(verified.is_ok_and(|verified| verified.service() == "service"));
/// ```
pub fn verify<K, E>(
    request: &Request<'_>,
    payload: Payload<'_>,
    policy: &Policy,
    lookup: impl FnOnce(&str) -> Result<Option<K>, E>,
    now: Time,
) -> Result<Verified, VerifyFailure<E>>
where
    for<'k> Key<'k>: From<&'k K>,
{
    let claim = Claim::parse(request, policy, now)?;
    match lookup(claim.access_key_id()).map_err(VerifyFailure::Lookup)? {
        Some(key) => Ok(claim.verify(&key, payload)?),
        None => Err(claim.refuse_unknown(payload).into()),
    }
}

/// What a proof has shown of a claim, and what goes on from it.
pub(super) struct Proof {
    variant: Variant,
    line: PayloadLine,
    chain: Option<Box<Chain>>,
}

/// The line that stands for the body, and whether the body at hand is another than the one declared.
struct BodyHash<'a> {
    line: Tail<'a>,
    mismatch: bool,
}

impl<'a> BodyHash<'a> {
    fn of(claim: &Claim, payload: Payload<'a>, s3: bool) -> Result<Self, VerifyError> {
        let declared = claim.parsed.payload.line(claim.is_presigned(), claim.service());
        let known = |line| Ok(Self { line: Tail::Line(line), mismatch: false });
        match (declared, payload) {
            (Some(line @ PayloadLine::Hash(_)), Payload::Bytes(_) | Payload::Sha256(_)) => {
                Ok(Self { line: Tail::Line(line), mismatch: payload.line() != Some(line) })
            }
            (Some(line), _) => known(line),
            (None, Payload::Bytes(body)) => Ok(Self { line: Tail::Body(body), mismatch: false }),
            (None, Payload::Sha256(hash)) => known(PayloadLine::Hash(hex(&hash))),
            (None, _) if has_no_body(&claim.request()) => known(PayloadLine::Hash(sha256_hex(b""))),
            (None, _) => Err(VerifyError::new(
                Kind::PayloadRequired,
                s3,
                "Missing required header for this request: x-amz-content-sha256",
            )
            .with_detail("the client signed the hash of a body that it does not declare; give the body")),
        }
    }
}

/// Whether the head says that nothing follows it.
fn has_no_body(request: &Request<'_>) -> bool {
    let headers = request.headers();
    headers.first("transfer-encoding").is_none()
        && headers.first("content-length").is_none_or(|length| super::header::trim(length) == b"0")
}

#[cold]
fn unknown_key(s3: bool, uniform_errors: bool) -> VerifyError {
    let message = if s3 {
        "The AWS Access Key Id you provided does not exist in our records."
    } else {
        "The security token included in the request is invalid."
    };
    uniform(uniform_errors, s3, Kind::UnknownKey, message, "the access key id is not known")
}

/// The error of its own kind, or by policy one that looks like a wrong signature.
fn uniform(uniform: bool, s3: bool, kind: Kind, message: &str, detail: &str) -> VerifyError {
    let error = VerifyError::new(kind, s3, if uniform { MISMATCH } else { message }).with_detail(detail);
    if uniform { error.with_code("SignatureDoesNotMatch", 403) } else { error }
}
