//! What a request says of who signed it, when and for what: parsed and checked, not yet proven.

mod listed;
mod reader;
mod rule;
mod sent;

use std::time::Duration;

pub(crate) use self::listed::Marks;
pub(crate) use self::reader::IOT_GATEWAY;
use self::reader::Reader;
use self::sent::Sent;
use super::authorization::QueryAuth;
use super::canonical::Order;
use super::error::VerifyError;
use super::head::Head;
use super::header::{Field, Fields, TokenName, trim};
use super::payload::DeclaredPayload;
use super::policy::Policy;
use super::request::Request;
use super::scope::{Algorithm, Scope};
use super::signature::Signature;
use crate::secret::Wiped;
use crate::time::{AmzDate, Time};

/// Where the session token of a request is.
pub(crate) enum Token {
    /// In the header field of that number.
    Header(usize),
    /// In the query, decoded here.
    Query(Wiped),
}

/// A request that names its signer. It owns its head, so that it can wait for a lookup; nothing is hashed yet.
///
/// The only way on is [`Claim::verify`](super::verify), which takes it.
pub struct Claim {
    pub(crate) parsed: Box<Parsed>,
}

/// What a claim holds. It is in one place, however far the claim goes.
pub(crate) struct Parsed {
    pub(crate) head: Head,
    /// The key id, and where it ends the names that the signature covers, lower case and ascending, with `;` between them.
    pub(crate) names: String,
    pub(crate) key_id: usize,
    pub(crate) scope: Scope,
    /// Which of the head's fields those are, and in which order they are signed.
    pub(crate) signed: Marks,
    pub(crate) order: Order,
    /// The name under which the host is signed that the target names, where no field does.
    pub(crate) signed_authority: Option<&'static str>,
    pub(crate) signature: Signature,
    pub(crate) signed_at: Time,
    /// The same, as it is signed.
    pub(crate) date: AmzDate,
    pub(crate) expires: Option<Duration>,
    pub(crate) token: Option<Token>,
    pub(crate) token_name: TokenName,
    pub(crate) payload: DeclaredPayload,
    pub(crate) payload_in_query: bool,
    pub(crate) uniform_errors: bool,
}

impl Claim {
    fn of(parsed: Parsed) -> Self {
        Self { parsed: Box::new(parsed) }
    }

    /// Parses and checks everything that needs no key: grammar, required headers, time, scope.
    ///
    /// Faults are reported in the order in which AWS reports them. See "Elements of an AWS API request
    /// signature" in the IAM User Guide.
    ///
    /// # Errors
    /// [`VerifyError`], whose `Display` is for the client and whose `operator_detail` is not.
    pub fn parse(request: &Request<'_>, policy: &Policy, now: Time) -> Result<Self, VerifyError> {
        let mut fields = Fields::new();
        request.headers().each(|name, value| Field::push(&mut fields, name, value));
        Self::of_fields(request, &fields, policy, now)
    }

    /// The same of a request whose fields were looked at before.
    pub(crate) fn of_fields(
        request: &Request<'_>,
        fields: &[Field<'_>],
        policy: &Policy,
        now: Time,
    ) -> Result<Self, VerifyError> {
        let sent = Sent::of(fields);
        let query = QueryAuth::parse(request.query());
        Reader::new(request, &sent, &query, policy, now).read()
    }

    /// The key id to look up.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        self.parsed.names.get(..self.parsed.key_id).unwrap_or_default()
    }

    /// The list of the names that the signature covers: `host;x-amz-date`.
    pub(crate) fn signed_list(&self) -> &str {
        self.parsed.names.get(self.parsed.key_id..).unwrap_or_default()
    }

    /// What the signature is good for.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.parsed.scope
    }

    /// How it was signed.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.parsed.scope.algorithm()
    }

    /// The region of the credential scope, or the region set of SigV4A as it is written.
    #[must_use]
    pub fn region(&self) -> &str {
        self.parsed.scope.region()
    }

    /// The signing name of the credential scope.
    #[must_use]
    pub fn service(&self) -> &str {
        self.parsed.scope.service()
    }

    /// How many names the signature covers.
    pub(crate) fn signed_count(&self) -> usize {
        1 + memchr::memchr_iter(b';', self.signed_list().as_bytes()).count()
    }

    /// The names that the signature covers, lower case and ascending.
    pub fn signed_headers(&self) -> impl Iterator<Item = &str> + Clone {
        self.signed_list().split(';')
    }

    /// The session token that came with the request.
    #[must_use]
    pub fn session_token(&self) -> Option<&[u8]> {
        match &self.parsed.token {
            None => None,
            Some(Token::Header(at)) => self.parsed.head.headers().value(*at).map(trim),
            Some(Token::Query(token)) => Some(token),
        }
    }

    /// When it was signed.
    #[must_use]
    pub const fn signed_at(&self) -> Time {
        self.parsed.signed_at
    }

    /// Whether the signature is in the query.
    #[must_use]
    pub const fn is_presigned(&self) -> bool {
        self.parsed.expires.is_some()
    }

    /// The lifetime of a presigned URL.
    #[must_use]
    pub const fn expires(&self) -> Option<Duration> {
        self.parsed.expires
    }

    /// What the head says of the body.
    #[must_use]
    pub const fn payload(&self) -> DeclaredPayload {
        self.parsed.payload
    }

    /// The request, as it came.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        self.parsed.head.request()
    }
}
