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

mod ingress;
mod placeholder;
mod refusal;
mod render;
mod route;

use crate::access::{self, Grant, Wish};
use crate::audit::{Decision, Record, Shown};
use crate::credentials::Credentials;
use crate::operation::{self, Name, Operation, Protocol};
use crate::secret::Secret;
use crate::sigv4::{self, Claim, DeclaredPayload, Payload, Request, Resigned, Streaming, Upstream, Verified};
use crate::time::Time;

pub use ingress::{Arrival, BodyLength, Head, Limits};
pub use placeholder::{Placeholder, Placeholders, Store};
pub use refusal::{Refusal, RefusalKind};
pub use render::Reply;
pub use route::{Destination, ExtraEndpoint, HostPattern, Route, Routes};

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
    /// The placeholder keys.
    pub placeholders: Box<dyn Placeholders>,
    /// Operations that hand out credentials and may be used nevertheless, as `service:Operation`.
    pub credential_operations: Vec<String>,
    /// Whether ordinary headers that the client did not sign are dropped.
    pub strict_headers: bool,
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
    pub const fn new(refusal: Refusal, protocol: Protocol, head: bool) -> Self {
        Self { refusal, protocol, head }
    }

    /// Notes the refusal in the record and writes it for the client.
    #[must_use]
    pub fn answer(&self, record: &mut Record) -> Reply {
        record.decision = Some(Decision::Refused);
        record.error = Some(self.refusal.kind().name());
        record.reason = Some(Shown::text(self.refusal.operator_detail()));
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
    /// It must be held, at most so many bytes of it: its own hash was signed, or it names the operation, or its length
    /// is not known and the service must be told one.
    Hold(u64),
}

/// A request that names a known key, and a place to go.
pub struct Opened {
    claim: Claim,
    placeholder: Placeholder,
    route: Route,
    body: BodyPlan,
    protocol: Protocol,
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

impl Gateway {
    /// A gateway with AWS's own endpoints and the default bounds.
    pub fn new(access: access::Policy, placeholders: impl Placeholders + 'static) -> Self {
        Self {
            policy: sigv4::Policy::default(),
            limits: Limits::default(),
            routes: Routes::default(),
            access,
            placeholders: Box::new(placeholders),
            credential_operations: Vec::new(),
            strict_headers: false,
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
        head: Head,
        arrival: &Arrival,
        now: Time,
        record: &mut Record,
    ) -> Result<Opened, Refused> {
        note_head(&head, arrival, record);
        let is_head = head.method == "HEAD";
        let early = operation::protocol(&Request::new(&head.method, &head.target, &head.headers), None);
        let refused = |refusal, protocol| Refused { refusal, protocol, head: is_head };

        let service = claimed_service(&head);
        let early = service.as_deref().map_or(early, |service| {
            operation::protocol(&Request::new(&head.method, &head.target, &head.headers), Some(service))
        });
        let admitted = ingress::admit(head, arrival, &self.limits).map_err(|why| refused(why, early))?;
        let head = admitted.head;
        let request = Request::new(&head.method, &head.target, &head.headers);
        let claim =
            Claim::parse(&request, &self.policy, now).map_err(|why| refused(Refusal::from(why), early))?;
        note_claim(&claim, record);
        let protocol = operation::protocol(&request, Some(claim.service()));
        let refused = |refusal| refused(refusal, protocol);

        self.check_claim(&claim, &head).map_err(refused)?;
        let route = self
            .routes
            .find(&head, &admitted.host, arrival, claim.region(), claim.service())
            .map_err(refused)?;
        record.upstream = Some(route.host.clone());
        let body = self.body_plan(&claim, admitted.length).map_err(refused)?;

        let found = self.placeholders.find(claim.access_key_id(), claim.session_token());
        let Some(placeholder) = found else {
            return Err(refused(Refusal::from(claim.refuse_unknown(Payload::Sha256([0; 32])))));
        };
        Ok(Opened { claim, placeholder, route, body, protocol })
    }

    /// What the claim's own parser leaves to the gateway.
    fn check_claim(&self, claim: &Claim, head: &Head) -> Result<(), Refusal> {
        let key_id = claim.access_key_id();
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=/.-".contains(&byte);
        if !(16..=128).contains(&key_id.len()) || !key_id.bytes().all(sound) {
            return Err(Refusal::new(
                RefusalKind::AuthMalformed,
                "the access key id is none of the gateway's",
            ));
        }
        let name = |text: &str| {
            (1..=64).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        if !name(claim.region()) || !name(claim.service()) {
            return Err(Refusal::new(RefusalKind::AuthMalformed, "the credential scope is malformed"));
        }
        if claim.signed_headers().len() > self.limits.signed_headers {
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

    fn body_plan(&self, claim: &Claim, length: BodyLength) -> Result<BodyPlan, Refusal> {
        let form = operation::needs_body(&claim.request(), claim.service());
        let limit = if form { self.limits.form } else { self.limits.body };
        let declared = !matches!(claim.payload(), DeclaredPayload::Absent);
        let events = claim.payload() == DeclaredPayload::Streaming(Streaming::Events);
        match length {
            BodyLength::Empty => Ok(BodyPlan::Empty),
            BodyLength::Known(length) if (form || !declared) && length > limit => Err(Refusal::new(
                RefusalKind::BodyTooLarge,
                format!(
                    "the body is larger than the {limit} bytes that the gateway holds; declare its hash in x-amz-content-sha256"
                ),
            )),
            BodyLength::Known(_) if declared && !form => Ok(BodyPlan::Stream),
            // A conversation: the service answers a message before the next is written, and there is no length.
            BodyLength::Unknown if events && !form => Ok(BodyPlan::Stream),
            BodyLength::Known(_) | BodyLength::Unknown => Ok(BodyPlan::Hold(limit)),
        }
    }
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
        let Placeholder { secret, session_token, identity, expires_at } = self.placeholder;
        let key: (&Secret, Option<&Secret>) = (&secret, session_token.as_ref());
        let verified = self.claim.verify(key, payload)?;
        record.subject = Some(identity.subject.clone());
        record.application = Some(identity.application.clone());
        record.role = Some(identity.role.clone());
        if expires_at.is_some_and(|at| now >= at || verified.signed_at() >= at) {
            return Err(Refusal::new(
                RefusalKind::SessionExpired,
                "The security token included in the request is expired",
            ));
        }

        let request = verified.request();
        let operation = operation::identify(
            &request,
            verified.service(),
            Some(&self.route.style),
            body.unwrap_or_default(),
        );
        record.operation = match &operation.name {
            Name::Unknown => None,
            name => Some(name.to_string()),
        };
        gateway.guard(&operation)?;
        let partition = self.route.partition;
        let wish = Wish { partition, region: verified.region(), service: verified.service() };
        let grant = gateway.access.decide(&identity, &wish).map_err(|why| {
            record.rule = Some(why.name().to_owned());
            Refusal::from(why)
        })?;
        record.decision = Some(Decision::Allowed);
        record.rule = Some(grant.rule.clone());
        record.role_chain = grant.hops.iter().map(|hop| hop.role.as_str().to_owned()).collect();
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

impl Gateway {
    /// Operations that no role decides about.
    fn guard(&self, operation: &Operation) -> Result<(), Refusal> {
        if let Name::Ambiguous(why) = operation.name {
            return Err(Refusal::new(
                RefusalKind::AmbiguousOperation,
                format!("the operation is ambiguous: {why}"),
            ));
        }
        let name = format!("{}:{}", operation.service, operation.name);
        if operation::returns_credentials(operation) && !self.credential_operations.contains(&name) {
            return Err(Refusal::new(
                RefusalKind::CredentialOperation,
                "the answer to this operation would carry credentials, which the gateway does not hand out",
            )
            .with_detail(format!("{name} returns credentials; allow it by name if that is wanted")));
        }
        Ok(())
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

fn note_head(head: &Head, arrival: &Arrival, record: &mut Record) {
    record.mode = Some(match arrival {
        Arrival::Intercepted { .. } => "intercept",
        Arrival::EndpointUrl => "endpoint-url",
    });
    let host = head.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"host"));
    record.host = host.map(|(_, host)| Shown::text(&String::from_utf8_lossy(host)));
    record.method = Some(Shown::text(&head.method));
    record.target = Some(Shown::target(&head.target));
}

fn note_claim(claim: &Claim, record: &mut Record) {
    record.access_key_id = Some(Shown::text(claim.access_key_id()));
    record.service = Some(claim.service().to_owned());
    record.region = Some(claim.region().to_owned());
    record.auth = Some(if claim.is_presigned() { "query" } else { "header" });
    record.payload = Some(match claim.payload() {
        DeclaredPayload::Absent => "absent",
        DeclaredPayload::Sha256(_) => "sha256",
        DeclaredPayload::Unsigned => "unsigned",
        DeclaredPayload::StreamingUnsignedTrailer => "unsigned-trailer",
        DeclaredPayload::Streaming(Streaming::Events) => "signed-events",
        DeclaredPayload::Streaming(_) => "signed-chunks",
    });
}

/// The service of the scope, for the shape of a refusal that comes before the claim is read. Nothing relies on it.
fn claimed_service(head: &Head) -> Option<String> {
    let field = |name: &[u8]| {
        let found = head.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    };
    let scope = field(b"authorization").or_else(|| {
        let target = String::from_utf8_lossy(&head.target).replace("%2F", "/").replace("%2f", "/");
        target.contains("X-Amz-Credential=").then_some(target)
    });
    let by_scope = scope.and_then(|text| {
        let (before, _) = text.split_once("/aws4_request")?;
        Some(before.rsplit('/').next()?.to_owned())
    });
    by_scope.or_else(|| {
        let host = field(b"host")?;
        crate::partition::endpoint(&host).ok().map(|endpoint| endpoint.signing_name.to_owned())
    })
}

#[cfg(test)]
mod tests;
