//! The stages of a request: opened, then proven, then signed again. Each is had from the one before it only.

use super::late;
use super::leak::{self, Own};
use super::reply::Replacement;
use super::session::Session;
use super::{
    BodyPlan, Chained, CredentialReply, Gateway, Head, Passed, Placeholder, Refusal, RefusalKind, Refused,
    Route, note,
};
use crate::access::{Denied, Grant, Identity, Wish};
use crate::audit::{Decision, Record};
use crate::credentials::Credentials;
use crate::operation::{self, Operation, Protocol, Service};
use crate::secret::Secret;
use crate::sigv4::{self, Claim, DeclaredPayload, Payload, Request, Resigned, Scope, Upstream, Verified};
use crate::time::Time;

/// A request that names a known key, and a place to go; or one that a rule may let pass without.
pub struct Opened {
    pub(super) way: Way,
    pub(super) route: Route,
    pub(super) body: BodyPlan,
    pub(super) protocol: Protocol,
}

/// What kind of request it is.
pub(super) enum Way {
    /// Signed; without a placeholder for a key that is not known, where errors are uniform: it then fails just where a
    /// wrong signature does.
    Signed(Box<Claim>, Option<Box<Placeholder>>),
    /// Signed in its query by somebody else.
    Foreign(Head),
    /// Not signed, for the service of that signing name.
    Unsigned(Head, Option<String>),
}

/// A request whose signature is right, and which is allowed; or one that a rule lets pass without.
pub struct Proven {
    kind: Kind,
    route: Route,
    operation: Operation,
    strict_headers: bool,
    trailer_checksums: bool,
    /// What is sent in place of the client's body.
    body: Option<Vec<u8>>,
    replacement: Option<Box<Replacement>>,
}

enum Kind {
    Signed { verified: Box<Verified>, grant: Box<Grant>, chained: Option<Chained>, own: Own },
    Passed { head: Head, plain_answer: bool },
}

/// What a proven request is signed with.
#[non_exhaustive]
pub enum Needs<'a> {
    /// The role of a grant.
    Role(&'a Grant),
    /// Credentials that AWS gave to this very client, which its placeholder has sealed.
    Chained(&'a Credentials),
    /// Nothing: it goes on as it is, by [`Proven::pass`].
    Nothing,
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
        let Self { way, route, body: plan, protocol } = self;
        match way {
            Way::Signed(claim, placeholder) => {
                let head = claim.request().method() == "HEAD";
                let signed = Signed { claim: *claim, placeholder, route, plan };
                signed.judge(gateway, body, now, record).map_err(|why| Refused {
                    refusal: why,
                    protocol,
                    head,
                })
            }
            Way::Foreign(head) => {
                let is_head = head.method == "HEAD";
                foreign(gateway, head, route, record).map_err(|why| Refused::new(why, protocol, is_head))
            }
            Way::Unsigned(head, service) => {
                let is_head = head.method == "HEAD";
                let asked = Unsigned { head, service, route };
                asked
                    .judge(gateway, body.unwrap_or_default(), now, record)
                    .map_err(|why| Refused::new(why, protocol, is_head))
            }
        }
    }
}

/// A signed request on its way.
struct Signed {
    claim: Claim,
    placeholder: Option<Box<Placeholder>>,
    route: Route,
    plan: BodyPlan,
}

impl Signed {
    fn judge(
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
        let key: (&Secret, Option<&Secret>) = (&placeholder.secret, placeholder.session_token.as_ref());
        let verified = self.claim.verify(key, payload)?;
        let identity = &placeholder.identity;
        note::identity(identity, record);
        check_life(&placeholder, verified.signed_at(), now)?;
        check_replay(gateway, &verified, now)?;
        let held = body.unwrap_or_default();
        let own = Own {
            access_key_id,
            secret: placeholder.secret.clone(),
            token: placeholder.session_token.clone(),
        };
        own.check_content(verified.request().target(), held).inspect_err(|_| note::nothing_said(record))?;

        let service = self.route.service(verified.service());
        let operation = operation::identify_verified(&verified, &service, body.unwrap_or_default());
        note::operation(&operation, record);
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
            cap: grant.max_duration,
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
            true => super::amend::amend(&verified, key, &change, held, &gateway.policy, now)?,
        };
        let chained = placeholder.chained;
        record.decision = Some(Decision::Allowed);
        Ok(Proven {
            kind: Kind::Signed { verified: Box::new(verified), grant: Box::new(grant), chained, own },
            route: self.route,
            operation,
            strict_headers: gateway.strict_headers,
            trailer_checksums: gateway.trailer_checksums,
            body: change.body,
            replacement,
        })
    }
}

/// A request without a signature on its way.
struct Unsigned {
    head: Head,
    service: Option<String>,
    route: Route,
}

impl Unsigned {
    fn judge(
        mut self,
        gateway: &Gateway,
        body: &[u8],
        now: Time,
        record: &mut Record,
    ) -> Result<Proven, Refusal> {
        let head = &self.head;
        let request = Request::new(&head.method, &head.target, &head.headers);
        let service = match self.service.as_deref() {
            Some(name) => self.route.service(name),
            None => Service::unknown(),
        };
        let operation = operation::identify(&request, &service, body);
        note::operation(&operation, record);
        let name = format!("{}:{}", operation.service, operation.title());
        let is_known = matches!(operation.name, operation::Name::Exact(_));
        let Some(rule) = gateway.unsigned.iter().find(|rule| is_known && rule.operation == name) else {
            return Err(Refusal::new(RefusalKind::AuthMissing, "Missing Authentication Token")
                .with_detail(format!("no rule lets {name} be called without a signature")));
        };
        let reply = gateway.guard(&operation)?;
        let returns = operation::returns_credentials(&operation);
        if returns && reply == CredentialReply::Virtualise && rule.identity.is_none() {
            return Err(handed_out(&format!(
                "the rule for unsigned {name} has no identity that a placeholder could be made for; name one, or let \
                 the reply pass"
            )));
        }
        record.rule = Some(format!("unsigned {name}"));
        let (change, replacement) = match &rule.identity {
            Some(identity) => self.of_identity(gateway, identity, &operation, reply, body, now, record)?,
            None => Default::default(),
        };
        leak::check_passed(&head.target, pairs(head))?;
        let plain_answer = replacement.is_some();
        if let Some(query) = &change.query {
            let path = self.head.target.split(|byte| *byte == b'?').next().unwrap_or_default();
            self.head.target = [path, b"?", query].concat();
        }
        record.decision = Some(Decision::Allowed);
        Ok(Proven {
            kind: Kind::Passed { head: self.head, plain_answer },
            route: self.route,
            operation,
            strict_headers: false,
            trailer_checksums: false,
            body: change.body,
            replacement,
        })
    }

    /// What is asked for in the name of whom the rule says.
    #[expect(clippy::too_many_arguments, reason = "all that is known of the request, once")]
    fn of_identity(
        &self,
        gateway: &Gateway,
        identity: &Identity,
        operation: &Operation,
        reply: CredentialReply,
        body: &[u8],
        now: Time,
        record: &mut Record,
    ) -> Result<(super::amend::Change, Option<Box<Replacement>>), Refusal> {
        note::identity(identity, record);
        let name = self.service.as_deref().unwrap_or_default();
        let region = crate::partition::endpoint(&self.route.host)
            .ok()
            .and_then(|found| found.region().map(str::to_owned));
        let scope = Scope::new(region.as_deref().unwrap_or("us-east-1"), name);
        let unsigned = record.rule.take();
        let grant = decide(gateway, (identity, None), &self.route, &scope, operation, now, record)?;
        record.rule = unsigned;
        let session =
            Session { gateway, identity, ends: None, cap: grant.max_duration, chained: false, roles: &[] };
        let request = Request::new(&self.head.method, &self.head.target, &self.head.headers);
        let asked = session.asked(operation, &request, sigv4::Plus::Sign, body, now, record)?;
        let virtualised = operation::returns_credentials(operation) && reply == CredentialReply::Virtualise;
        let replacement = virtualised
            .then(|| Box::new(session.replacement(operation, &asked, UNSIGNED_ROOT, &Default::default())));
        Ok((asked.change, replacement))
    }
}

/// What stands for the key id at the beginning of a chain that began without a placeholder.
const UNSIGNED_ROOT: &str = "unsigned";

fn foreign(gateway: &Gateway, head: Head, route: Route, record: &mut Record) -> Result<Proven, Refusal> {
    let request = Request::new(&head.method, &head.target, &head.headers);
    let name = record.service.clone().unwrap_or_default();
    let operation = operation::identify(&request, &route.service(&name), b"");
    note::operation(&operation, record);
    // Whose credentials they are does not matter: there is nobody that they could be sealed for.
    if gateway.guard(&operation)? != CredentialReply::Pass {
        return Err(handed_out("the answer to a foreign presigned url would carry credentials"));
    }
    leak::check_passed(&head.target, pairs(&head))?;
    record.rule = Some("foreign presigned url".to_owned());
    record.decision = Some(Decision::Allowed);
    Ok(Proven {
        kind: Kind::Passed { head, plain_answer: false },
        route,
        operation,
        strict_headers: false,
        trailer_checksums: false,
        body: None,
        replacement: None,
    })
}

fn handed_out(detail: &str) -> Refusal {
    Refusal::new(
        RefusalKind::CredentialOperation,
        "the answer to this operation would carry credentials, which the gateway does not hand out",
    )
    .with_detail(detail)
}

fn pairs(head: &Head) -> impl Iterator<Item = (&[u8], &[u8])> {
    head.headers.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))
}

fn check_life(placeholder: &Placeholder, signed_at: Time, now: Time) -> Result<(), Refusal> {
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

fn check_replay(gateway: &Gateway, verified: &Verified, now: Time) -> Result<(), Refusal> {
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

/// Who asks, and what is known of how that one signed in.
type Asker<'a> = (&'a Identity, Option<&'a std::collections::BTreeMap<String, String>>);

fn decide(
    gateway: &Gateway,
    (identity, signed_in): Asker<'_>,
    route: &Route,
    scope: &Scope,
    operation: &Operation,
    now: Time,
    record: &mut Record,
) -> Result<Grant, Refusal> {
    let source = record.source;
    let decide = |region| {
        let wish = Wish::new(scope.service(), region).in_partition(route.partition).asking(operation);
        let wish = match gateway.routes.is_an_applications(route) {
            true => wish.at_customer_host(&route.host),
            false => wish.at(&route.host),
        };
        gateway.decide(identity, &wish, now, source, signed_in)
    };
    // A signature for a region set is good in all of it, so that the rules must allow each name, a pattern too.
    let decided = match scope.region_set() {
        None => decide(scope.region()),
        Some(set) => set.map(decide).reduce(Result::and).unwrap_or(Err(Denied::Region)),
    };
    decided.map_err(|why| {
        record.rule = Some(why.name().to_owned());
        Refusal::from(why)
    })
}

impl Proven {
    /// The key id that signed it, unless nobody did.
    #[must_use]
    pub fn access_key_id(&self) -> Option<&str> {
        match &self.kind {
            Kind::Signed { verified, .. } => Some(verified.access_key_id()),
            Kind::Passed { .. } => None,
        }
    }

    /// What the request is signed with.
    #[must_use]
    pub const fn needs(&self) -> Needs<'_> {
        match &self.kind {
            Kind::Signed { chained: Some(chained), .. } => Needs::Chained(&chained.credentials),
            Kind::Signed { grant, .. } => Needs::Role(grant),
            Kind::Passed { .. } => Needs::Nothing,
        }
    }

    /// What the request may be signed with, unless it goes on as it is.
    #[must_use]
    pub const fn grant(&self) -> Option<&Grant> {
        match &self.kind {
            Kind::Signed { grant, .. } => Some(grant),
            Kind::Passed { .. } => None,
        }
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

    /// The body that is to be sent in place of the client's, where the request had to be changed. It goes the way of
    /// the client's own.
    #[must_use]
    pub const fn take_body(&mut self) -> Option<Vec<u8>> {
        self.body.take()
    }

    /// How the credentials in the answer are to be replaced, if it is to carry any.
    #[must_use]
    pub const fn take_replacement(&mut self) -> Option<Box<Replacement>> {
        self.replacement.take()
    }

    /// Signs the request again, with the credentials that it [`needs`](Self::needs).
    ///
    /// # Errors
    /// [`Refused`], if the client signed what cannot be forwarded, or put its placeholder where it would be sent on, or
    /// the credentials have expired.
    pub fn resign(self, credentials: &Credentials, now: Time) -> Result<Resigned, Refused> {
        let protocol = self.operation.protocol;
        let (verified, own) = match self.kind {
            Kind::Signed { verified, own, .. } => (*verified, own),
            Kind::Passed { head, .. } => {
                let why =
                    Refusal::new(RefusalKind::Internal, "a request that is passed as it is has no signature");
                return Err(Refused::new(why, protocol, head.method == "HEAD"));
            }
        };
        let head = verified.request().method() == "HEAD";
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
        let (signer, late) = late::signer(&verified, credentials);
        let mut resigned =
            sigv4::resign(verified, &upstream, &*signer, now).map_err(|why| refused(Refusal::from(why)))?;
        if let Some(token) = late {
            late::append(&mut resigned.target, token);
        }
        own.check_head(&resigned.target, resigned.headers.iter()).map_err(refused)?;
        if !self.trailer_checksums {
            resigned.body = resigned.body.without_checksums();
        }
        Ok(resigned)
    }

    /// The request as it is to be passed on: nothing is added that the client did not send.
    ///
    /// # Errors
    /// [`Refused`] for a request that is to be signed.
    pub fn pass(self) -> Result<Passed, Refused> {
        match self.kind {
            Kind::Passed { head, plain_answer } => Ok(Passed::of(head, &self.route.host, plain_answer)),
            Kind::Signed { verified, .. } => {
                let why = Refusal::new(RefusalKind::Internal, "a signed request is not passed as it is");
                let head = verified.request().method() == "HEAD";
                Err(Refused::new(why, self.operation.protocol, head))
            }
        }
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
