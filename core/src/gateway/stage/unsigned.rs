//! Deciding on a request that is let pass without a signature of ours.

use super::{Kind, Proven, decide};
use crate::access::Identity;
use crate::audit::{Decision, Record};
use crate::gateway::amend::Change;
use crate::gateway::leak;
use crate::gateway::pass::Kept;
use crate::gateway::reply::Replacement;
use crate::gateway::session::Session;
use crate::gateway::{CredentialReply, Gateway, Refusal, RefusalKind, Route, note};
use crate::operation::{self, Operation, Service};
use crate::sigv4::{self, Scope};
use crate::time::Time;

/// What stands for the key id at the beginning of a chain that began without a placeholder.
const UNSIGNED_ROOT: &str = "unsigned";

/// A request without a signature on its way.
pub(super) struct Unsigned {
    pub(super) head: Kept,
    pub(super) service: Option<String>,
    pub(super) route: Route,
}

impl Unsigned {
    pub(super) fn judge(
        mut self,
        gateway: &Gateway,
        body: &[u8],
        now: Time,
        record: &mut Record,
    ) -> Result<Proven, Refusal> {
        let head = &self.head;
        let request = head.request();
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
        record.rule = Some(format!("unsigned {name}").into());
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
    ) -> Result<(Change, Option<Box<Replacement>>), Refusal> {
        note::identity(identity, record);
        let name = self.service.as_deref().unwrap_or_default();
        let region = crate::partition::endpoint(&self.route.host)
            .ok()
            .and_then(|found| found.region().map(str::to_owned));
        let scope = Scope::new(region.as_deref().unwrap_or("us-east-1"), name);
        let unsigned = record.rule.take();
        let grant = decide(gateway, (identity, None), &self.route, &scope, operation, now, record)?;
        record.rule = unsigned;
        let session = Session { gateway, identity, ends: None, grant: &grant, chained: false, roles: &[] };
        let request = self.head.request();
        let asked = session.asked(operation, &request, sigv4::Plus::Sign, body, now, record)?;
        let virtualised = operation::returns_credentials(operation) && reply == CredentialReply::Virtualise;
        let replacement = virtualised
            .then(|| Box::new(session.replacement(operation, &asked, UNSIGNED_ROOT, &Default::default())));
        Ok((asked.change, replacement))
    }
}

/// A URL that somebody else presigned.
pub(super) fn foreign(
    gateway: &Gateway,
    (head, service): (Kept, &str),
    route: Route,
    record: &mut Record,
) -> Result<Proven, Refusal> {
    let request = head.request();
    let operation = operation::identify(&request, &route.service(service), b"");
    note::operation(&operation, record);
    // Whose credentials they are does not matter: there is nobody that they could be sealed for.
    if gateway.guard(&operation)? != CredentialReply::Pass {
        return Err(handed_out("the answer to a foreign presigned url would carry credentials"));
    }
    leak::check_passed(&head.target, pairs(&head))?;
    record.rule = Some("foreign presigned url".into());
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

fn pairs(head: &Kept) -> impl Iterator<Item = (&[u8], &[u8])> {
    head.headers.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))
}
