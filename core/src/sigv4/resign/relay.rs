//! Proving a claim and signing it again in one call, for a host that knows beforehand what it will sign with.
//!
//! What leaves is written before the claim is proven, so that what the client signed and what we sign can be hashed side by
//! side. Nothing of it is given out unless the claim is right, and whatever does not go that way is proven first and
//! signed again then.

use std::borrow::Cow;

use super::outbound::{self, Ours, Target};
use super::{Resigned, Upstream, resign, write_head};
use crate::hash::MacKey;
use crate::sigv4::body::BodyResigner;
use crate::sigv4::canonical::{SignedFields, Tail};
use crate::sigv4::claim::Claim;
use crate::sigv4::error::{RelayError, VerifyError};
use crate::sigv4::head::{Edit, HeaderBuf};
use crate::sigv4::key::Key;
use crate::sigv4::payload::{DeclaredPayload, Payload};
use crate::sigv4::request::Headers;
use crate::sigv4::scope::is_s3_family;
use crate::sigv4::signer::Signer;
use crate::sigv4::verify::{Twin, Variants};
use crate::time::{AmzDate, Time};

impl Claim {
    /// Proves the claim as [`Claim::verify`] does, and signs it again as [`resign`] does, in less time than the two take one
    /// after the other. What comes out is the same, and so are the errors: nothing is signed for a claim that is not
    /// right.
    ///
    /// It is for hosts that know what they will sign with before the claim is proven. Others decide in between, on what
    /// [`Verified`](crate::sigv4::Verified) says.
    ///
    /// ```
    /// use awsaccess::credentials::Credentials;
    /// use awsaccess::sigv4::{Claim, Payload, Policy, RelayError, Request, Scope, Settings, Upstream, sign};
    /// use awsaccess::time::Time;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let now = Time::from_unix(1_440_938_160);
    /// let client = Credentials::new("AKIDPLACEHOLDER", "placeholder");
    /// # let headers = [("Host", "sts.amazonaws.com")];
    /// # let request = Request::new("POST", "/", &headers);
    /// # let scope = Scope::new("us-east-1", "sts");
    /// # let headers = sign(&request, Payload::Bytes(b"a"), &client, &scope, &Settings::default(), now)?.apply(&request);
    /// # let arrived = Request::new("POST", "/", &headers);
    /// let real = Credentials::new("AKIDREAL", "the-real-secret");
    /// let upstream = Upstream::new("sts.amazonaws.com");
    ///
    /// let claim = Claim::parse(&arrived, &Policy::default(), now)?;
    /// assert_eq!(claim.access_key_id(), "AKIDPLACEHOLDER");
    /// let out = claim.relay(&client, Payload::Bytes(b"a"), &upstream, &real, now)?;
    /// assert!(out.headers.first("authorization").is_some_and(|value| value.starts_with(b"AWS4-HMAC-SHA256 Credential=AKIDREAL/")));
    ///
    /// let claim = Claim::parse(&arrived, &Policy::default(), now)?;
    /// let altered = claim.relay(&client, Payload::Bytes(b"b"), &upstream, &real, now);
    /// assert!(matches!(altered, Err(RelayError::Verify(error)) if error.aws_code() == "SignatureDoesNotMatch"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`RelayError::Verify`] as [`Claim::verify`], whatever else is wrong; otherwise [`RelayError::Resign`] as
    /// [`resign`].
    pub fn relay<'k, 's>(
        self,
        key: impl Into<Key<'k>>,
        payload: Payload<'_>,
        upstream: &Upstream,
        signer: impl Into<Signer<'s>>,
        now: Time,
    ) -> Result<Resigned, RelayError> {
        let (key, signer) = (key.into(), signer.into());
        let mut mac = MacKey::none();
        let (proof, head) = match Draft::of(&self, &mut mac, upstream, &signer, now) {
            None => (self.prove(Some(key), payload, None)?, None),
            Some(mut draft) => {
                let (proof, signature) = draft.beside(&self, &mac, |twin| {
                    let proof = self.prove(Some(key), payload, Some(twin))?;
                    Ok::<_, VerifyError>((proof, twin.signature()))
                })?;
                (
                    proof,
                    signature.map(|signature| {
                        draft.headers.extend_last(&signature);
                        (draft.headers, draft.target.text)
                    }),
                )
            }
        };
        let verified = self.proven(proof);
        let Some((headers, target)) = head else {
            return Ok(resign(verified, upstream, signer, now)?);
        };
        let body = BodyResigner::of(&verified, Headers::from(&headers), None)?;
        Ok(Resigned { method: verified.claim.parsed.head.method().to_owned(), target, headers, body })
    }

    /// Refuses a key id that is not known, after the same work as [`Claim::relay`] does for a wrong signature.
    #[must_use]
    pub fn refuse_unknown_relay<'s>(
        self,
        payload: Payload<'_>,
        upstream: &Upstream,
        signer: impl Into<Signer<'s>>,
        now: Time,
    ) -> VerifyError {
        let mut mac = MacKey::none();
        match Draft::of(&self, &mut mac, upstream, &signer.into(), now) {
            None => self.refuse(payload, None),
            Some(draft) => draft.beside(&self, &mac, |twin| self.refuse(payload, Some(twin))),
        }
    }
}

/// What would leave, complete but for its signature, of a claim that is not proven.
struct Draft<'c> {
    target: Target,
    headers: HeaderBuf,
    names: Cow<'c, [u8]>,
    date: AmzDate,
}

impl<'c> Draft<'c> {
    /// `None` where a request is to be proven first: where it would not be signed again, where what is signed goes on from
    /// the proof, and where no key of the signer's is at hand, which is then copied to `mac`.
    fn of(
        claim: &'c Claim,
        mac: &mut MacKey,
        upstream: &Upstream,
        signer: &Signer<'_>,
        now: Time,
    ) -> Option<Self> {
        let parsed = &claim.parsed;
        let goes_on = match parsed.payload {
            DeclaredPayload::Streaming(_) => true,
            DeclaredPayload::Absent => is_s3_family(claim.service()),
            _ => false,
        };
        if goes_on || claim.is_presigned() || parsed.signed_authority.is_some() {
            return None;
        }
        let identity = signer.identity();
        if signer.expires_at().is_some_and(|expiry| expiry <= now) || identity.check(&parsed.scope).is_err() {
            return None;
        }
        signer.copy_kept(mac, now, &parsed.scope)?;
        let variant = Variants::of(claim).next()?;
        let target = Target::of(claim, variant, upstream).ok()?;
        let nominated = outbound::nominated(claim).ok()?;
        let (date, token) = (now.amz(), identity.session_token.map(|token| token.expose().as_bytes()));
        let ours = Ours { date: Some(date.as_bytes()), token, ..Ours::default() };
        let more = upstream.host.len() + token.map_or(0, <[u8]>::len);
        let mut edit = Edit::of(parsed.head.copy_headers(more));
        outbound::edit(&mut edit, claim, &nominated, upstream, &ours).ok()?;
        let (headers, names) = write_head(claim, edit, &identity, &date);
        Some(Self { target, headers, names, date })
    }

    /// What is done with it while the claim is proven.
    fn beside<T>(&self, claim: &Claim, mac: &MacKey, prove: impl FnOnce(&mut Twin<'_>) -> T) -> T {
        let fields = SignedFields::written(self.headers.lines(), &self.names);
        let method = claim.parsed.head.method();
        let canonical = self.target.canonical(method, &fields, Tail::Body(b""), b"");
        prove(&mut Twin::new(canonical, mac, &self.date))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Credentials;
    use crate::hash::work;
    use crate::secret::Secret;
    use crate::sigv4::{Payload, Policy, Request, Scope, Settings, VerifyErrorKind, resign, sign};

    const NOW: Time = Time::from_unix(1_800_000_000);
    const BODY: Payload<'_> = Payload::Bytes(b"body");
    const SECRET: &str = "a-secret-of-the-usual-length-0123456789A";

    fn client() -> Credentials {
        Credentials::new("AKIDEXAMPLE", SECRET)
    }

    fn real(scope: &Scope) -> Credentials {
        let real = Credentials::new("AKIDREAL", "real").with_session_token("r".repeat(600));
        if scope.algorithm() == crate::sigv4::Algorithm::V4 {
            let _ = real.signing_key(NOW, scope.region(), scope.service());
        }
        real
    }

    fn claim(scope: &Scope, keys: &Credentials) -> Claim {
        let headers = [("Host", "example.amazonaws.com"), ("X-Amz-Meta-A", "1")];
        let request = Request::new("POST", "/a/../b?c=d+e", &headers);
        let headers = sign(&request, BODY, keys, scope, &Settings::default(), NOW).unwrap().apply(&request);
        Claim::parse(&Request::new("POST", "/a/../b?c=d+e", &headers), &Policy::default(), NOW).unwrap()
    }

    fn upstream() -> Upstream {
        Upstream::new("example.amazonaws.com")
    }

    /// A claim is signed beside its proof, and not at all if it is not right.
    #[test]
    fn what_is_not_right_leaves_no_signature() {
        let scope = Scope::new("us-east-1", "sts");
        let (real, upstream, claim) = (real(&scope), upstream(), claim(&scope, &client()));
        let mut mac = MacKey::none();
        let draft = Draft::of(&claim, &mut mac, &upstream, &Signer::from(&real), NOW).unwrap();
        for (secret, payload, is_right) in
            [(SECRET, BODY, true), ("another", BODY, false), (SECRET, Payload::Bytes(b"another"), false)]
        {
            let secret = Secret::new(secret);
            let (proof, signature) = draft.beside(&claim, &mac, |twin| {
                let proof = claim.prove(Some(Key::from(&secret)), payload, Some(&mut *twin));
                (proof, twin.signature())
            });
            assert_eq!((proof.is_ok(), signature.is_some()), (is_right, is_right));
        }
        let authorization = draft.headers.first("authorization").unwrap();
        assert!(authorization.ends_with(b"Signature="), "the signature comes last");
    }

    /// For a claim that is not proven, no key of the signer's is derived, which another would have to make place for.
    #[test]
    fn who_is_not_known_derives_no_key() {
        let scope = Scope::new("us-east-1", "sts");
        let cold = Credentials::new("AKIDREAL", "real");
        let is_at_hand = || cold.secret_key().kept(NOW, "us-east-1", "sts").is_some();
        let relay =
            |secret| claim(&scope, &client()).relay(&Secret::new(secret), BODY, &upstream(), &cold, NOW);
        assert!(relay("another").is_err() && !is_at_hand());
        assert!(relay(SECRET).is_ok() && is_at_hand());
        assert!(relay(SECRET).is_ok());
    }

    /// The reference request takes the quick way, in as many blocks as by two calls; what signs in another way is proven first.
    #[test]
    fn each_block_is_hashed_once() {
        let scope = Scope::new("us-east-1", "sts");
        let (real, keys) = (real(&scope), client());
        let _ = keys.signing_key(NOW, "us-east-1", "sts");
        let (one, two) = (claim(&scope, &keys), claim(&scope, &keys));
        let mut mac = MacKey::none();
        assert!(Draft::of(&one, &mut mac, &upstream(), &Signer::from(&real), NOW).is_some());
        let (relayed, blocks) = work::of(|| one.relay(&keys, BODY, &upstream(), &real, NOW).is_ok());
        let (resigned, others) = work::of(|| {
            let Ok(verified) = two.verify(&keys, BODY) else { return false };
            resign(verified, &upstream(), &real, NOW).is_ok()
        });
        assert!(relayed && resigned);
        assert_eq!(blocks, others);
    }

    #[test]
    fn a_refusal_costs_the_same_with_and_without_a_key() {
        for scope in
            [Scope::new("us-east-1", "sts"), Scope::new("eu-west-1", "s3"), Scope::regions(["*"], "s3")]
        {
            let (real, wrong) = (real(&scope), Credentials::new("AKIDEXAMPLE", "the-secret-of-another"));
            let refused = |key: Option<Key<'_>>| {
                let claim = claim(&scope, &wrong);
                let (error, blocks) = work::of(|| match key {
                    Some(key) => match claim.relay(key, BODY, &upstream(), &real, NOW).err().unwrap() {
                        RelayError::Verify(error) => error,
                        RelayError::Resign(error) => panic!("{error}"),
                    },
                    None => claim.refuse_unknown_relay(BODY, &upstream(), &real, NOW),
                });
                assert!(matches!(
                    error.kind(),
                    VerifyErrorKind::SignatureMismatch | VerifyErrorKind::UnknownKey
                ));
                blocks
            };
            let unknown = refused(None);
            let (secret, keys) = (Secret::new(SECRET), client());
            assert_eq!(refused(Some((&secret).into())), unknown);
            assert_eq!(refused(Some((&keys).into())), unknown);
            // By now its key is at hand.
            assert_eq!(refused(Some((&keys).into())), unknown);
            let (fitting, other) = (
                keys.delegate(NOW, scope.region(), scope.service()),
                keys.delegate(NOW, "ap-south-1", scope.service()),
            );
            assert_eq!(refused(Some((&fitting).into())), unknown);
            assert_eq!(refused(Some((&other).into())), unknown);
        }
    }
}
