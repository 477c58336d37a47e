//! The stages of a request: opened, then proven, then signed again. Each is had from the one before it only.

use super::{BodyPlan, Gateway, Placeholder, Refusal, RefusalKind, Refused, Route, note};
use crate::access::{Denied, Grant, Wish};
use crate::audit::{Decision, Record};
use crate::credentials::Credentials;
use crate::operation::{self, Operation, Protocol};
use crate::secret::Secret;
use crate::sigv4::{self, Claim, DeclaredPayload, Payload, Resigned, Upstream, Verified};
use crate::time::Time;

/// A request that names a known key, and a place to go.
pub struct Opened {
    pub(super) claim: Claim,
    /// `None` for a key that is not known, where errors are uniform: it then fails just where a wrong signature does.
    pub(super) placeholder: Option<Placeholder>,
    pub(super) route: Route,
    pub(super) body: BodyPlan,
    pub(super) protocol: Protocol,
}

/// A request whose signature is right, and which is allowed.
pub struct Proven {
    verified: Verified,
    grant: Grant,
    route: Route,
    operation: Operation,
    strict_headers: bool,
    trailer_checksums: bool,
}

impl Opened {
    /// How the body is to be brought to [`Opened::prove`].
    #[must_use]
    pub const fn body(&self) -> BodyPlan {
        self.body
    }

    /// What the client speaks, for refusals of the host's own.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Proves the signature and decides. `body` is the whole body where [`BodyPlan::Hold`] was asked for, and `None`
    /// where it flows.
    ///
    /// # Errors
    /// [`Refused`], to be answered.
    pub fn prove(
        self,
        gateway: &Gateway,
        body: Option<&[u8]>,
        now: Time,
        record: &mut Record,
    ) -> Result<Proven, Refused> {
        let protocol = self.protocol;
        let head = self.claim.request().method() == "HEAD";
        self.judge(gateway, body, now, record).map_err(|refusal| Refused { refusal, protocol, head })
    }

    fn judge(
        self,
        gateway: &Gateway,
        body: Option<&[u8]>,
        now: Time,
        record: &mut Record,
    ) -> Result<Proven, Refusal> {
        let payload = match (self.body, body) {
            (BodyPlan::Stream, None) => Payload::Declared,
            (BodyPlan::Empty, None) => empty_payload(&self.claim),
            (BodyPlan::Hold(_) | BodyPlan::Empty, Some(body)) => held_payload(&self.claim, body),
            _ => {
                return Err(Refusal::new(
                    RefusalKind::Internal,
                    "the body was not brought as it was asked for",
                ));
            }
        };
        let Some(placeholder) = self.placeholder else {
            return Err(Refusal::from(self.claim.refuse_unknown(payload)));
        };
        let Placeholder { secret, session_token, identity, expires_at, revoked, .. } = placeholder;
        let key: (&Secret, Option<&Secret>) = (&secret, session_token.as_ref());
        let verified = self.claim.verify(key, payload)?;
        record.subject = Some(identity.subject.clone());
        record.application = Some(identity.application.clone());
        record.role_name = Some(identity.role.clone());
        if revoked {
            return Err(Refusal::new(
                RefusalKind::TokenInvalid,
                "The security token included in the request is invalid",
            )
            .with_detail("the placeholder was revoked"));
        }
        if expires_at.is_some_and(|at| now >= at || verified.signed_at() >= at) {
            return Err(Refusal::new(
                RefusalKind::SessionExpired,
                "The security token included in the request is expired",
            ));
        }

        let service = self.route.service(verified.service());
        let operation = operation::identify_verified(&verified, &service, body.unwrap_or_default());
        note::operation(&operation, record);
        gateway.guard(&operation)?;
        let partition = self.route.partition;
        let scope = verified.scope();
        let wish = |region| Wish::new(scope.service(), region).in_partition(partition);
        let decide = |region| gateway.access.decide(&identity, &wish(region), now);
        // A signature for a region set is good in all of it, so that the rules must allow each name, a pattern too.
        let decided = match scope.region_set() {
            None => decide(scope.region()),
            Some(set) => set.map(decide).reduce(Result::and).unwrap_or(Err(Denied::Region)),
        };
        let grant = decided.map_err(|why| {
            record.rule = Some(why.name().to_owned());
            Refusal::from(why)
        })?;
        record.decision = Some(Decision::Allowed);
        record.rule = Some(grant.rule.clone());
        record.role_chain = grant.hops.iter().map(|hop| hop.role.as_str().to_owned()).collect();
        record.role = record.role_chain.last().cloned();
        record.session_name = Some(grant.session_name.clone());
        Ok(Proven {
            verified,
            grant,
            route: self.route,
            operation,
            strict_headers: gateway.strict_headers,
            trailer_checksums: gateway.trailer_checksums,
        })
    }
}

impl Proven {
    /// What the request may be signed with.
    #[must_use]
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Where it goes.
    #[must_use]
    pub const fn route(&self) -> &Route {
        &self.route
    }

    /// What it asks for.
    #[must_use]
    pub const fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Signs the request again, with the credentials of its grant.
    ///
    /// # Errors
    /// [`Refused`], if the client signed what cannot be forwarded, or the credentials have expired.
    pub fn resign(self, credentials: &Credentials, now: Time) -> Result<Resigned, Refused> {
        let head = self.verified.request().method() == "HEAD";
        let protocol = self.operation.protocol;
        let refused = |refusal| Refused { refusal, protocol, head };
        if credentials.expires_at().is_some_and(|at| now >= at) {
            return Err(refused(Refusal::new(
                RefusalKind::CredentialsUnavailable,
                "the gateway has no valid credentials for this role just now",
            )));
        }
        let mut upstream = Upstream::new(self.route.host);
        if !self.route.base_path.is_empty() {
            upstream = upstream.without_base_path(self.route.base_path);
        }
        if self.strict_headers {
            upstream = upstream.strict();
        }
        let mut resigned = sigv4::resign(self.verified, &upstream, credentials, now)
            .map_err(|why| refused(Refusal::from(why)))?;
        if !self.trailer_checksums {
            resigned.body = resigned.body.without_checksums();
        }
        Ok(resigned)
    }
}

/// No body came: whatever was declared must be true of nothing.
fn empty_payload(claim: &Claim) -> Payload<'static> {
    match claim.payload() {
        DeclaredPayload::Absent if claim.is_presigned() => Payload::Declared,
        DeclaredPayload::Absent | DeclaredPayload::Sha256(_) => Payload::Bytes(b""),
        _ => Payload::Declared,
    }
}

/// A whole body: hashed, unless the head says that it is not signed.
fn held_payload<'a>(claim: &Claim, body: &'a [u8]) -> Payload<'a> {
    match claim.payload() {
        DeclaredPayload::Absent if claim.is_presigned() && sigv4::is_s3_family(claim.service()) => {
            Payload::Declared
        }
        DeclaredPayload::Absent | DeclaredPayload::Sha256(_) => Payload::Bytes(body),
        _ => Payload::Declared,
    }
}
