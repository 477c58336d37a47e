//! The gateway, as a pure pipeline: a request that was signed with a placeholder key goes in, a request that AWS
//! accepts comes out, or a refusal in the client's own protocol.
//!
//! ```text
//!  Head ──open──▶ Opened ──prove──▶ Proven ──resign──▶ Resigned
//!        admit          signature         real credentials
//!        claim          operation
//!        route          decision
//!        placeholder
//! ```
//!
//! Each stage takes the one before it, and each can only be had from it: what was not verified cannot be signed, and
//! what was not granted is not signed. [`Gateway::open`] looks at the head alone, so that a host refuses what it can
//! before it reads a body; [`Opened::body`] then says whether the body can flow through or must be held.
//!
//! The host brings the requests, the time, the real credentials and the wire; this module does none of it. What is
//! learned on the way is noted in an [`audit::Record`](crate::audit::Record).

mod amend;
mod body;
mod client;
mod console;
mod form;
mod ingress;
mod late;
mod leak;
mod mark;
mod note;
mod pass;
mod petition;
mod placeholder;
mod realtime;
mod refusal;
mod render;
mod replay;
mod reply;
mod route;
mod seal;
mod session;
mod stage;
mod sts;
mod throttle;
mod token;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::access;
use crate::audit::{Record, Shown};
use crate::operation::{self, Name, Operation, Protocol};
use crate::sigv4::{self, Algorithm, Claim, DeclaredPayload, Fields, Payload, Streaming};
use crate::time::Time;

use self::late::Late;

use ingress::Admitted;
use stage::Way;

pub use crate::access::HostPattern;
pub use body::{Bodies, BodyError};
pub use client::{ClientEnv, ClientMode, Variable};
pub use ingress::{Arrival, BodyLength, Head, Limits};
pub use pass::{Passed, UnsignedRule};
pub use petition::{Holder, OWN_HOST, OWN_SERVICE, Petition};
pub use placeholder::{Placeholder, Placeholders, Store};
pub use realtime::{Draft, RealtimeMessage, RealtimeRequest, RealtimeSocket};
pub use refusal::{Refusal, RefusalKind};
pub use render::Reply;
pub use replay::Replays;
pub use reply::{Answer, CredentialReply, Replacement};
pub use route::{Destination, ExtraEndpoint, Route, Routes};
pub use seal::{
    Chained, Claims, GatewayKey, GatewayKeys, KeyError, Purpose, Revocation, Revocations, RevocationsFull,
    SealError, Sealed,
};
pub use stage::{Needs, Opened, Proven};
pub use throttle::{Allowance, Counted, Throttle, Throttled};

/// The rules of a gateway; shared by all requests, replaced as a whole.
#[non_exhaustive]
pub struct Gateway {
    /// What a signature must be like.
    pub policy: sigv4::Policy,
    /// Bounds.
    pub limits: Limits,
    /// The endpoints there are.
    pub routes: Routes,
    /// Who may use which role.
    pub access: access::Policy,
    /// Rules of another kind, which restrict what those allow.
    pub restrictions: Vec<Box<dyn access::Restriction>>,
    /// The placeholder keys.
    pub placeholders: Box<dyn Placeholders>,
    /// Operations that hand out credentials and whose replies pass as they are, as `service:Operation`.
    pub credential_operations: Vec<String>,
    /// What becomes of the replies of such operations, by name; it goes before the list above. Those of STS (but for
    /// `sts:AssumeRoot`) and of S3 Express are virtualised unless they are named, all others denied.
    pub credential_replies: BTreeMap<String, CredentialReply>,
    /// Operations that may be called without a signature; none unless they are named.
    pub unsigned: Vec<UnsignedRule>,
    /// Whether presigned URLs of keys that are not the gateway's pass as they are, for `GET` and `HEAD`.
    pub foreign_presigned: bool,
    /// Whether bodies that are not signed (`UNSIGNED-PAYLOAD`, `STREAMING-UNSIGNED-PAYLOAD-TRAILER`) are taken by plain
    /// HTTP too ([`Arrival::PlainEndpointUrl`]). Those of presigned URLs, which are never signed, are taken.
    pub plain_unsigned_bodies: bool,
    /// The signatures of late, if requests that come again are to be refused.
    pub replays: Option<Replays>,
    /// Whether ordinary headers that the client did not sign are dropped.
    pub strict_headers: bool,
    /// What is recorded of bodies that are held.
    pub bodies: Bodies,
    /// Whether the checksums in the trailers of bodies are checked on the way; the service does it in any case.
    pub trailer_checksums: bool,
}

/// A refusal, and the protocol to write it in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// What was wrong.
    pub refusal: Refusal,
    /// What the client speaks.
    pub protocol: Protocol,
    /// Whether the request was a `HEAD`, whose answer has no body.
    pub head: bool,
}

impl Refused {
    /// A refusal of the host's own, after [`Gateway::open`] told the protocol.
    #[must_use]
    #[cold]
    pub const fn new(refusal: Refusal, protocol: Protocol, head: bool) -> Self {
        Self { refusal, protocol, head }
    }

    /// Notes the refusal in the record and writes it for the client.
    #[must_use]
    pub fn answer(&self, record: &mut Record) -> Reply {
        note::refusal(&self.refusal, record);
        self.refusal.render(self.protocol, self.head, &record.id)
    }
}

/// How the body of a request is to be brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyPlan {
    /// There is none.
    Empty,
    /// It flows: its hash or its kind is declared, and it is checked on the way.
    Stream,
    /// It must be held, at most so many bytes of it: its own hash was signed, or it names the operation, or neither its
    /// length nor that of what its chunks carry is known and the service must be told one.
    Hold(u64),
}

impl Gateway {
    /// A gateway with AWS's own endpoints and the default bounds. SigV4A is refused until `policy.sigv4a` is set.
    pub fn new(access: access::Policy, placeholders: impl Placeholders + 'static) -> Self {
        Self {
            policy: sigv4::Policy::default().without_sigv4a(),
            limits: Limits::default(),
            routes: Routes::default(),
            access,
            restrictions: Vec::new(),
            placeholders: Box::new(placeholders),
            credential_operations: Vec::new(),
            credential_replies: BTreeMap::new(),
            unsigned: Vec::new(),
            foreign_presigned: false,
            plain_unsigned_bodies: false,
            replays: None,
            strict_headers: false,
            bodies: Bodies::default(),
            trailer_checksums: true,
        }
    }

    /// Looks at a head: is it well formed, who does it claim to be from, where does it go?
    ///
    /// A key that is not known is refused here, after the work that a wrong signature costs.
    ///
    /// # Errors
    /// [`Refused`], to be answered.
    pub fn open(
        &self,
        mut head: Head<'_>,
        arrival: &Arrival,
        now: Time,
        record: &mut Record,
    ) -> Result<Opened, Refused> {
        note::head(&head, arrival, record);
        let is_head = head.method == "HEAD";
        let refused = |refusal, protocol| Refused::new(refusal, protocol, is_head);
        let mut fields = Fields::new();
        let admitted = match ingress::admit(&mut head, &mut fields, arrival, &self.limits) {
            Ok(admitted) => admitted,
            Err(why) => return Err(refused(why, note::claimed(&head, record))),
        };
        let late = Late::take(&mut head);
        let request = head.request();
        let claim = match Claim::of_fields(&request, &fields, &self.policy, now) {
            Ok(claim) => claim,
            Err(why) => {
                let early = note::claimed(&head, record);
                if !self.unsigned.is_empty() && pass::is_unsigned(&request) {
                    let opened = self.open_unsigned(head, &admitted, arrival, record);
                    return opened.map_err(|why| refused(why, early));
                }
                return Err(refused(Refusal::from(why), early));
            }
        };
        note::claim(&claim, record);
        let protocol = operation::protocol(&claim.request(), Some(claim.service()));
        let refused = |refusal| refused(refusal, protocol);

        self.check_claim(&claim, &head).map_err(refused)?;
        self.check_payload(&claim, arrival, admitted.length).map_err(refused)?;
        let route = self.routes.find(&head, &admitted.host, arrival, claim.scope()).map_err(refused)?;
        record.upstream = Some(Arc::clone(&route.host));
        let body = self.body_plan(&claim, admitted.length).map_err(refused)?;

        let token = late.token().or(claim.session_token());
        let placeholder = late.admit(self.placeholders.find(claim.access_key_id(), token));
        if placeholder.is_none() && self.passes_foreign(&claim, arrival, body) {
            record.auth = Some("foreign-query");
            late.put_back(&mut head);
            return Ok(Opened {
                way: Way::Foreign(head.into(), claim.service().to_owned()),
                route,
                body,
                protocol,
            });
        }
        if placeholder.is_none() && !self.policy.uniform_errors {
            return Err(refused(Refusal::from(claim.refuse_unknown(Payload::Sha256([0; 32])))));
        }
        Ok(Opened { way: Way::Signed(claim, placeholder.map(Box::new)), route, body, protocol })
    }

    /// Whether a presigned URL of somebody else's may be read with, as it is.
    fn passes_foreign(&self, claim: &Claim, arrival: &Arrival, body: BodyPlan) -> bool {
        self.foreign_presigned
            && claim.is_presigned()
            && matches!(claim.request().method(), "GET" | "HEAD")
            && body == BodyPlan::Empty
            && matches!(arrival, Arrival::Intercepted { .. })
            // One of ours that does not open is no stranger's.
            && !seal::has_sealed_key_id(claim.access_key_id().as_bytes())
    }

    /// A request without a signature: only its host says where it goes.
    fn open_unsigned(
        &self,
        head: Head<'_>,
        admitted: &Admitted,
        arrival: &Arrival,
        record: &mut Record,
    ) -> Result<Opened, Refusal> {
        pass::check_arrival(arrival)?;
        let (route, service) = self.routes.find_unsigned(&admitted.host)?;
        record.upstream = Some(Arc::clone(&route.host));
        record.service = service.as_deref().map(Shown::text);
        record.auth = Some(pass::proof(&head));
        ingress::check_path_escapes(&head.target)?;
        let protocol = operation::protocol(&head.request(), service.as_deref());
        let body = match admitted.length {
            BodyLength::Empty => BodyPlan::Empty,
            BodyLength::Known(length) if length > self.limits.body => {
                return Err(Refusal::new(
                    RefusalKind::BodyTooLarge,
                    "the body is larger than the gateway holds",
                ));
            }
            BodyLength::Known(_) | BodyLength::Unknown => BodyPlan::Hold(self.limits.body),
        };
        Ok(Opened { way: Way::Unsigned(head.into(), service), route, body, protocol })
    }

    /// What the claim's own parser leaves to the gateway.
    fn check_claim(&self, claim: &Claim, head: &Head<'_>) -> Result<(), Refusal> {
        let key_id = claim.access_key_id();
        let sound =
            |byte: u8| byte.is_ascii_alphanumeric() | matches!(byte, b'_' | b'+' | b'=' | b'/' | b'.' | b'-');
        let is_sound = key_id.bytes().fold(true, |all, byte| all & sound(byte));
        if !(16..=128).contains(&key_id.len()) || !is_sound {
            return Err(Refusal::new(
                RefusalKind::AuthMalformed,
                "the access key id is none of the gateway's",
            ));
        }
        let name = |text: &str| {
            (1..=64).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        // The names of a region set were checked when the claim was read.
        let are_names =
            || (name(claim.region()) || claim.algorithm() == Algorithm::V4a) && name(claim.service());
        if !(claim.scope().is_plain() || are_names()) {
            return Err(Refusal::new(RefusalKind::AuthMalformed, "the credential scope is malformed"));
        }
        if claim.signed_count() > self.limits.signed_headers {
            return Err(Refusal::new(
                RefusalKind::HeadTooLarge,
                "more headers are signed than the gateway takes",
            ));
        }
        if !sigv4::is_s3_family(claim.service()) {
            ingress::check_path_escapes(&head.target)?;
        }
        Ok(())
    }

    /// A body that nobody signed must come by a way that nobody else has.
    fn check_payload(&self, claim: &Claim, arrival: &Arrival, length: BodyLength) -> Result<(), Refusal> {
        let is_unsigned =
            matches!(claim.payload(), DeclaredPayload::Unsigned | DeclaredPayload::StreamingUnsignedTrailer);
        let is_plain = *arrival == Arrival::PlainEndpointUrl && !self.plain_unsigned_bodies;
        if !(is_unsigned && is_plain) || claim.is_presigned() || length == BodyLength::Empty {
            return Ok(());
        }
        let why = "A body that is not signed is not taken by plain HTTP, where it could be changed on the way: sign it, or \
                   use the gateway as an https proxy or by its unix socket.";
        Err(Refusal::new(RefusalKind::UnsupportedAuth, why))
    }

    fn body_plan(&self, claim: &Claim, length: BodyLength) -> Result<BodyPlan, Refusal> {
        let limit = self.limits.body;
        let declared = !matches!(claim.payload(), DeclaredPayload::Absent);
        let flows = declared && !operation::needs_body(&claim.request(), claim.service());
        match length {
            BodyLength::Empty => Ok(BodyPlan::Empty),
            BodyLength::Known(_) if flows => Ok(BodyPlan::Stream),
            BodyLength::Unknown if flows && ends_by_itself(claim) => Ok(BodyPlan::Stream),
            BodyLength::Known(length) if length > limit => {
                let why = format!("the body is larger than the {limit} bytes that the gateway can hold");
                let way = "declare its sha-256 in x-amz-content-sha256, so that it can flow";
                Err(Refusal::new(RefusalKind::BodyTooLarge, format!("{why}; {way}")))
            }
            BodyLength::Known(_) | BodyLength::Unknown => Ok(BodyPlan::Hold(limit)),
        }
    }
}

impl Gateway {
    /// What the rules grant, and no restriction denies.
    fn decide(
        &self,
        who: &access::Identity,
        wish: &access::Wish<'_>,
        now: Time,
        source: Option<std::net::IpAddr>,
        signed_in: Option<&BTreeMap<String, String>>,
    ) -> Result<access::Grant, access::Denied> {
        let grant = self.access.decide(who, wish, now)?;
        let mut question = access::Question::new(&grant, wish, now);
        (question.source, question.signed_in) = (source, signed_in);
        for restriction in &self.restrictions {
            restriction.check(&question).map_err(access::Denied::Restricted)?;
        }
        Ok(grant)
    }

    /// Operations that no role decides about; says what becomes of the reply, if it carries credentials.
    fn guard(&self, operation: &Operation) -> Result<CredentialReply, Refusal> {
        if let Name::Ambiguous(why) = operation.name {
            return Err(Refusal::new(
                RefusalKind::AmbiguousOperation,
                format!("the operation is ambiguous: {why}"),
            ));
        }
        if !operation::returns_credentials(operation) {
            return Ok(CredentialReply::Pass);
        }
        let name = format!("{}:{}", operation.service, operation.title());
        let ruled = self.credential_replies.get(&name).copied();
        let listed = self.credential_operations.contains(&name).then_some(CredentialReply::Pass);
        let reply = ruled.or(listed).unwrap_or_else(|| CredentialReply::default_for(&name));
        let can = match reply {
            CredentialReply::Pass => true,
            CredentialReply::Virtualise => self.placeholders.keys().is_some(),
            CredentialReply::Deny => false,
        };
        if can {
            return Ok(reply);
        }
        Err(Refusal::new(
            RefusalKind::CredentialOperation,
            "the answer to this operation would carry credentials, which the gateway does not hand out",
        )
        .with_detail(format!("{name} returns credentials; allow it by name if that is wanted")))
    }
}

/// Whether a service takes the body without its length, in chunks of HTTP's own.
fn ends_by_itself(claim: &Claim) -> bool {
    match claim.payload() {
        // A conversation: the service answers a message before the next is written, and there is no length.
        DeclaredPayload::Streaming(Streaming::Events) => true,
        // S3 wants to know how much there is without the framing; botocore says just that.
        DeclaredPayload::StreamingUnsignedTrailer | DeclaredPayload::Streaming(_) => {
            claim.request().headers().first("x-amz-decoded-content-length").is_some()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
