//! What whoever holds a placeholder asks of the gateway itself: a link into the console, or one that is good without it.
//!
//! A petition is signed for a service that AWS does not have, so that it is none of AWS's requests, and none of those is a
//! petition. It is a `POST` to a host that nobody can have but the gateway
//! ([`.internal`](https://www.icann.org/en/board-activities-and-meetings/materials/approved-resolutions-special-meeting-of-the-icann-board-29-07-2024-en)
//! is kept from the world's DNS), in a TLS session that ends here; or to the gateway's own address, for programs of its
//! machine. It speaks for its signer and for nobody else.

use std::time::Duration;

use super::placeholder::Placeholder;
use super::{Arrival, Gateway, Head, Refusal, RefusalKind, Refused, ingress, note, stage};
use crate::audit::Record;
use crate::operation::Protocol;
use crate::sigv4::{Claim, DeclaredPayload, Fields, Payload};
use crate::time::Time;

/// The host of the gateway itself, inside of its proxy.
pub const OWN_HOST: &str = "awsaccess.internal";
/// The signing name of the gateway itself.
pub const OWN_SERVICE: &str = "awsaccess";
/// The end of its credential scope.
const SCOPE: &[u8] = b"/awsaccess/aws4_request";

/// What the paths of petitions begin with.
const ROOT: &[u8] = b"/v1/";
/// How far the clocks may differ; less, if the policy says so.
const SKEW: Duration = Duration::from_secs(300);

/// A petition whose head is right.
pub struct Petition {
    claim: Claim,
    placeholder: Option<Box<Placeholder>>,
}

/// Who has proven to hold a placeholder.
#[non_exhaustive]
pub struct Holder {
    /// Its key id.
    pub access_key_id: String,
    /// What it stands for.
    pub placeholder: Placeholder,
}

impl Gateway {
    /// Whether a request is a petition, right or wrong: it is none of those that go on to AWS.
    #[must_use]
    pub fn is_petition(head: &Head<'_>, arrival: &Arrival) -> bool {
        match arrival {
            Arrival::Intercepted { authority, .. } => authority.name() == OWN_HOST,
            // A bucket may be called `v1`: the signature says for whom it is.
            Arrival::EndpointUrl | Arrival::PlainEndpointUrl => {
                let is_ours = |value: &[u8]| memchr::memmem::find(value, SCOPE).is_some();
                head.target.starts_with(ROOT) && head.values("authorization").any(is_ours)
            }
        }
    }

    /// Looks at the head of a petition, as [`Gateway::open`] does at that of a request.
    ///
    /// # Errors
    /// [`Refused`], to be answered.
    pub fn petition(
        &self,
        mut head: Head<'_>,
        arrival: &Arrival,
        now: Time,
        record: &mut Record,
    ) -> Result<Petition, Refused> {
        note::head(&head, arrival, record);
        self.read_petition(&mut head, arrival, now, record).map_err(refused)
    }

    fn read_petition(
        &self,
        head: &mut Head<'_>,
        arrival: &Arrival,
        now: Time,
        record: &mut Record,
    ) -> Result<Petition, Refusal> {
        let mut fields = Fields::new();
        if let Err(why) = ingress::admit(head, &mut fields, arrival, &self.limits) {
            note::claimed(head, record);
            return Err(why);
        }
        if head.method != "POST" {
            note::claimed(head, record);
            return Err(Refusal::new(RefusalKind::Malformed, "the gateway itself is asked by POST"));
        }
        let mut policy = self.policy.clone().without_sigv4a();
        policy.max_skew = Some(policy.max_skew.map_or(SKEW, |skew| skew.min(SKEW)));
        let claim = match Claim::of_fields(&head.request(), &fields, &policy, now) {
            Ok(claim) => claim,
            Err(why) => {
                note::claimed(head, record);
                return Err(Refusal::from(why));
            }
        };
        note::claim(&claim, record);
        if claim.service() != OWN_SERVICE {
            let why = format!("Credential should be scoped to correct service: '{OWN_SERVICE}'.");
            return Err(Refusal::new(RefusalKind::ScopeMismatch, why));
        }
        // A URL with a signature could be passed on, and a body that is not signed be another's.
        if claim.is_presigned() {
            let why = "the gateway itself is asked with a signature in the head, not in the query";
            return Err(Refusal::new(RefusalKind::UnsupportedAuth, why));
        }
        if !matches!(claim.payload(), DeclaredPayload::Absent | DeclaredPayload::Sha256(_)) {
            let why = "the gateway itself is asked with a body that is signed, whole and by its sha-256";
            return Err(Refusal::new(RefusalKind::UnsupportedAuth, why));
        }
        self.check_claim(&claim, head)?;
        let placeholder = self.placeholders.find(claim.access_key_id(), claim.session_token());
        if placeholder.is_none() && !self.policy.uniform_errors {
            return Err(Refusal::from(claim.refuse_unknown(Payload::Sha256([0; 32]))));
        }
        Ok(Petition { claim, placeholder: placeholder.map(Box::new) })
    }
}

impl Petition {
    /// Proves the signature over the whole body, and that the placeholder is still good. What is asked for is decided by
    /// [`Gateway::open_console`] and its kin.
    ///
    /// # Errors
    /// [`Refused`], to be answered.
    pub fn prove(
        self,
        gateway: &Gateway,
        body: &[u8],
        now: Time,
        record: &mut Record,
    ) -> Result<Holder, Refused> {
        let Self { claim, placeholder } = self;
        let payload = Payload::Bytes(body);
        let Some(placeholder) = placeholder else {
            return Err(refused(Refusal::from(claim.refuse_unknown(payload))));
        };
        let key = (&placeholder.secret, placeholder.session_token.as_ref());
        let verified = claim.verify(key, payload).map_err(|why| refused(why.into()))?;
        note::identity(&placeholder.identity, record);
        stage::check_life(&placeholder, verified.signed_at(), now)
            .and_then(|()| stage::check_replay(gateway, &verified, now))
            .map_err(refused)?;
        Ok(Holder { access_key_id: verified.access_key_id().to_owned(), placeholder: *placeholder })
    }
}

fn refused(refusal: Refusal) -> Refused {
    Refused::new(refusal, Protocol::RestJson, false)
}
