//! The stages of a request: opened, then proven, then signed again. Each is had from the one before it only.

mod signed;
mod unsigned;

use self::signed::Signed;
pub(super) use self::signed::{check_life, check_replay};
use self::unsigned::{Unsigned, foreign};
use super::late;
use super::leak::Own;
use super::pass::Kept;
use super::reply::Replacement;
use super::{BodyPlan, Chained, Gateway, Passed, Placeholder, Refusal, RefusalKind, Refused, Route};
use crate::access::{Denied, Grant, Identity, Wish};
use crate::audit::{Record, Shown};
use crate::credentials::Credentials;
use crate::operation::{Operation, Protocol};
use crate::sigv4::{self, Claim, Resigned, Scope, Upstream, Verified};
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
    Signed(Claim, Option<Box<Placeholder>>),
    /// Signed in its query by somebody else, for the service of that signing name.
    Foreign(Kept, String),
    /// Not signed, for the service of that signing name.
    Unsigned(Kept, Option<String>),
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
    Passed { head: Kept, plain_answer: bool },
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
                let signed = Signed { claim, placeholder, route, plan };
                signed.judge(gateway, body, now, record).map_err(|why| Refused::new(why, protocol, head))
            }
            Way::Foreign(head, service) => {
                let is_head = head.method == "HEAD";
                foreign(gateway, (head, &service), route, record)
                    .map_err(|why| Refused::new(why, protocol, is_head))
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

    /// What is to be recorded of a body that flows, and is at hand all the same ([`Gateway::bodies`]); of one that was held
    /// it is in the record. It is nobody's word until the body is known to be the one that was declared.
    #[must_use]
    pub fn shown_body(&self, gateway: &Gateway, body: &[u8]) -> Vec<Shown> {
        match &self.kind {
            Kind::Signed { own, .. } => gateway.bodies.read(&self.operation, body, own),
            Kind::Passed { .. } => Vec::new(),
        }
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
        let refused = |refusal| Refused::new(refusal, protocol, head);
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
        own.check_head(&resigned.target, &resigned.headers).map_err(refused)?;
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
) -> Result<Box<Grant>, Refusal> {
    let source = record.source;
    let decide = |region| {
        let wish = Wish::new(scope.service(), region).in_partition(route.partition).asking(operation);
        let wish = match gateway.routes.is_an_applications(route) {
            true => wish.at_customer_host(&route.host),
            false => wish.at(&route.host),
        };
        gateway.decide(identity, &wish, now, source, signed_in).map(Box::new)
    };
    // A signature for a region set is good in all of it, so that the rules must allow each name, a pattern too.
    let decided = match scope.region_set() {
        None => decide(scope.region()),
        Some(set) => set.map(decide).reduce(Result::and).unwrap_or(Err(Denied::Region)),
    };
    decided.map_err(|why| {
        record.rule = Some(why.name().into());
        Refusal::from(why)
    })
}
