//! Proving a signed request, and deciding on it.

use super::{Kind, Proven, decide};
use crate::audit::{Decision, Record};
use crate::gateway::leak::Own;
use crate::gateway::session::Session;
use crate::gateway::{
    BodyPlan, CredentialReply, Gateway, Placeholder, Refusal, RefusalKind, Route, amend, note,
};
use crate::operation;
use crate::secret::Secret;
use crate::sigv4::{self, Claim, DeclaredPayload, Payload, Request, Verified};
use crate::time::Time;

/// A signed request on its way.
pub(super) struct Signed {
    pub(super) claim: Claim,
    pub(super) placeholder: Option<Box<Placeholder>>,
    pub(super) route: Route,
    pub(super) plan: BodyPlan,
}

impl Signed {
    pub(super) fn judge(
        self,
        gateway: &Gateway,
        body: Option<&[u8]>,
        now: Time,
        record: &mut Record,
    ) -> Result<Proven, Refusal> {
        let payload = match (self.plan, body) {
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
        let access_key_id = self.claim.access_key_id().to_owned();
        let key = (&placeholder.secret, placeholder.session_token.as_ref());
        let verified = self.claim.verify(key, payload)?;
        let identity = &placeholder.identity;
        note::identity(identity, record);
        check_life(&placeholder, verified.signed_at(), now)?;
        check_replay(gateway, &verified, now)?;
        let held = body.unwrap_or_default();
        let own = Own {
            access_key_id,
            secret: Secret::clone(&placeholder.secret),
            token: placeholder.session_token.clone(),
        };
        own.check_content(verified.request().target(), held).inspect_err(|_| note::nothing_said(record))?;

        let service = self.route.service(verified.service());
        let operation = operation::identify_verified(&verified, &service, body.unwrap_or_default());
        note::operation(&operation, record);
        record.body = gateway.bodies.read(&operation, held, &own);
        let reply = gateway.guard(&operation)?;
        let grant = decide(
            gateway,
            (identity, Some(&placeholder.signed_in)),
            &self.route,
            verified.scope(),
            &operation,
            now,
            record,
        )?;
        note::grant(&grant, placeholder.chained.as_ref(), record);

        let session = Session {
            gateway,
            identity,
            ends: placeholder.expires_at,
            grant: &grant,
            chained: true,
            roles: placeholder.chained.as_ref().map_or(&[], |chained| chained.roles.as_slice()),
        };
        let asked =
            session.asked(&operation, &verified.request(), verified.variant().plus, held, now, record)?;
        let virtualised = operation::returns_credentials(&operation) && reply == CredentialReply::Virtualise;
        let replacement = virtualised.then(|| {
            let root = placeholder.chained.as_ref().map_or(&own.access_key_id, |chained| &chained.root);
            Box::new(session.replacement(&operation, &asked, root, &placeholder.signed_in))
        });
        let mut change = asked.change;
        change.plain_answer =
            replacement.is_some() && !verified.is_presigned() && wants_compressed(&verified.request());
        let verified = match change.is_any() {
            false => verified,
            true => amend::amend(&verified, key, &change, held, &gateway.policy, now)?,
        };
        let chained = placeholder.chained;
        record.decision = Some(Decision::Allowed);
        Ok(Proven {
            kind: Kind::Signed { verified: Box::new(verified), grant, chained, own },
            route: self.route,
            operation,
            strict_headers: gateway.strict_headers,
            trailer_checksums: gateway.trailer_checksums,
            body: change.body,
            replacement,
        })
    }
}

pub(in crate::gateway) fn check_life(
    placeholder: &Placeholder,
    signed_at: Time,
    now: Time,
) -> Result<(), Refusal> {
    if placeholder.revoked {
        let text = "The security token included in the request is invalid";
        return Err(Refusal::new(RefusalKind::TokenInvalid, text).with_detail("the placeholder was revoked"));
    }
    if placeholder.expires_at.is_some_and(|at| now >= at || signed_at >= at) {
        let text = "The security token included in the request is expired";
        return Err(Refusal::new(RefusalKind::SessionExpired, text));
    }
    Ok(())
}

pub(in crate::gateway) fn check_replay(
    gateway: &Gateway,
    verified: &Verified,
    now: Time,
) -> Result<(), Refusal> {
    let Some(replays) = &gateway.replays else { return Ok(()) };
    if matches!(verified.request().method(), "GET" | "HEAD") {
        return Ok(());
    }
    let skew = gateway.policy.max_skew.unwrap_or_else(|| sigv4::allowed_skew(verified.service()));
    let skew = verified.claim.expires().map_or(skew, |expires| skew.max(expires));
    replays.admit(verified.access_key_id(), &verified.claim.parsed.signature.text(), skew, now)
}

fn wants_compressed(request: &Request<'_>) -> bool {
    let value = request.headers().first("accept-encoding").unwrap_or(b"identity");
    !value.trim_ascii().eq_ignore_ascii_case(b"identity")
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
