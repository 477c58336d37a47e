//! Replies that carry credentials: what AWS gave is sealed into a new placeholder, which goes to the client in its
//! place. The real keys never reach it; what it signs with the placeholder is verified here, signed with the real ones
//! and recorded. The rest of the reply stays byte for byte.

mod cbor;
mod found;
mod json;
mod xml;

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use self::found::{Found, When};
use super::refusal::{Refusal, RefusalKind};
use super::seal::{Chained, Claims, GatewayKeys};
use crate::access::Identity;
use crate::audit::{Record, Shown};
use crate::credentials::Credentials;
use crate::operation::Protocol;
use crate::time::Time;

/// What becomes of a reply that carries credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialReply {
    /// The credentials are replaced by a placeholder that seals them.
    Virtualise,
    /// It goes to the client as it is.
    Pass,
    /// The operation is refused.
    Deny,
}

/// The operations whose replies are virtualised unless a rule says otherwise. `sts:AssumeRoot` is none of them: the root
/// user of another account is more than any rule on roles speaks of, and must be named.
const VIRTUALISED: [&str; 7] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:GetFederationToken",
    "sts:GetSessionToken",
    "s3:CreateSession",
    "s3express:CreateSession",
];

impl CredentialReply {
    /// What becomes of the replies of an operation (`sts:AssumeRole`) that no rule names.
    pub(super) fn default_for(operation: &str) -> Self {
        if VIRTUALISED.contains(&operation) { Self::Virtualise } else { Self::Deny }
    }
}

/// The longest reply that is looked at, in bytes; STS's are shorter than four thousand.
pub(super) const MOST_REPLY: usize = 256 << 10;

/// How a reply's credentials are to be replaced. It holds what the new placeholder says of its holder.
#[derive(Clone, PartialEq, Eq)]
pub struct Replacement {
    pub(super) protocol: Protocol,
    pub(super) identity: Identity,
    pub(super) signed_in: BTreeMap<String, String>,
    /// When the session ends in which they were asked for.
    pub(super) session_ends: Option<Time>,
    /// The key id of the placeholder that was issued.
    pub(super) root: String,
    /// The roles of the chain, the one that was asked for among them.
    pub(super) roles: Vec<String>,
}

/// The head of a service's answer, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The value of `Content-Encoding`, if there is one.
    pub content_encoding: Option<&'a [u8]>,
}

impl<'a> Answer<'a> {
    /// An answer of that status.
    #[must_use]
    pub const fn new(status: u16, content_encoding: Option<&'a [u8]>) -> Self {
        Self { status, content_encoding }
    }
}

impl Replacement {
    /// For a host that asks for credentials itself, in the name of somebody: what answers in that protocol is sealed for
    /// the identity. [`Proven::take_replacement`](super::Proven::take_replacement) gives the one that belongs to a
    /// request.
    #[must_use]
    pub fn new(protocol: Protocol, identity: Identity) -> Self {
        let (root, roles) = (String::new(), Vec::new());
        Self { protocol, identity, signed_in: BTreeMap::new(), session_ends: None, root, roles }
    }

    /// The most bytes of an answer's body that are to be brought; a longer one is not passed on.
    #[must_use]
    pub const fn limit(&self) -> usize {
        MOST_REPLY
    }

    /// Whether an answer of that status is to be held and replaced. Others carry no credentials and pass as they are.
    #[must_use]
    pub const fn concerns(&self, status: u16) -> bool {
        status >= 200 && status < 300
    }

    /// The body with a placeholder in the place of the credentials. `seed` is 32 fresh bytes of the host's generator.
    ///
    /// # Errors
    /// [`RefusalKind::ReplyNotUnderstood`]: the reply must not reach the client then.
    pub fn replace(
        &self,
        keys: &GatewayKeys,
        answer: Answer<'_>,
        body: &[u8],
        seed: &[u8; 32],
        now: Time,
        record: &mut Record,
    ) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let encoding = answer.content_encoding.unwrap_or_default().trim_ascii();
        if !encoding.is_empty() && !encoding.eq_ignore_ascii_case(b"identity") {
            return Err(not_understood("it is compressed although it was asked for plain"));
        }
        if body.len() > MOST_REPLY {
            return Err(not_understood("it is longer than any reply of its kind"));
        }
        let found = self.find(body).map_err(not_understood)?;
        let real = Credentials::new(found.id.text.as_str(), found.secret.text.as_str())
            .with_session_token(found.token.text.as_str())
            .with_expiry(found.expiry.time);
        let ends = self.session_ends.map_or(found.expiry.time, |end| end.min(found.expiry.time));
        let mut claims = Claims::new(self.identity.clone(), now, ends);
        claims.signed_in = self.signed_in.clone();
        let chained = Chained::new(real, self.roles.clone(), self.root.clone());
        let placeholder = keys
            .seal(&claims.for_chained(chained), seed)
            .map_err(|why| not_understood("its credentials cannot be sealed").with_detail(why.to_string()))?;
        record.issued = Some(Shown::text(placeholder.access_key_id()));
        Ok(self.write(body, &found, &placeholder))
    }

    fn find(&self, body: &[u8]) -> Result<Found, &'static str> {
        match self.protocol {
            Protocol::Query | Protocol::Ec2 | Protocol::RestXml | Protocol::S3 => xml::find(body),
            Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => json::find(body),
            Protocol::Cbor => cbor::find(body),
        }
    }

    /// The body, with the parts that were found replaced.
    fn write(&self, body: &[u8], found: &Found, placeholder: &Credentials) -> Zeroizing<Vec<u8>> {
        let is_cbor = self.protocol == Protocol::Cbor;
        let text = |text: &str| if is_cbor { cbor::text(text) } else { text.as_bytes().to_vec() };
        let ends = placeholder.expires_at().unwrap_or(found.expiry.time);
        let mut parts = vec![
            (&found.id.span, text(placeholder.access_key_id())),
            (&found.secret.span, text(placeholder.secret_access_key().expose())),
            (&found.token.span, text(placeholder.session_token().map_or("", |token| token.expose()))),
        ];
        // An end that is the same stays as it was written.
        if ends.unix() != found.expiry.time.unix() {
            parts.push((&found.expiry.span, written(ends, found.expiry.form, is_cbor)));
        }
        parts.sort_by_key(|(span, _)| span.start);
        let more: usize = parts.iter().map(|(_, text)| text.len()).sum();
        let mut out = Zeroizing::new(Vec::with_capacity(body.len() + more));
        let mut at = 0;
        for (span, text) in &parts {
            out.extend_from_slice(body.get(at..span.start).unwrap_or_default());
            out.extend_from_slice(text);
            at = span.end;
        }
        out.extend_from_slice(body.get(at..).unwrap_or_default());
        out
    }
}

/// A time in the form in which the reply had it.
fn written(time: Time, form: When, is_cbor: bool) -> Vec<u8> {
    let seconds = time.unix();
    match form {
        When::Text if is_cbor => cbor::text(&time.to_string()),
        When::Text => time.to_string().into_bytes(),
        When::Seconds if is_cbor => cbor::seconds(seconds),
        When::Seconds => seconds.to_string().into_bytes(),
        When::Milliseconds if is_cbor => cbor::seconds(seconds.saturating_mul(1000)),
        When::Milliseconds => seconds.saturating_mul(1000).to_string().into_bytes(),
    }
}

fn not_understood(why: &str) -> Refusal {
    Refusal::new(
        RefusalKind::ReplyNotUnderstood,
        "the service's answer carries credentials in a form that the gateway does not know, and is not passed on",
    )
    .with_detail(format!("the reply with credentials is not passed on: {why}"))
}
