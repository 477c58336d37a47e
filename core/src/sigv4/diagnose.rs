//! Why a service refused a signature: its reply against the request, or the request against itself.
//!
//! ```text
//!  request ──▶ what a service computes by AWS's rules ─┐
//!  secret  ──▶ what the client signed, found by trying ├─▶ first difference ──▶ cause
//!  reply   ──▶ what AWS says it computed ──────────────┘
//! ```
//!
//! AWS reports its canonical request in some replies only ("Troubleshoot signature version 4" in the IAM User Guide);
//! where it does not, or another server answers, the secret shows what the client signed: each way in which signers go
//! wrong is tried against the signature that the request carries.

mod canonical;
mod cause;
mod check;
mod difference;
mod finding;
mod form;
mod reply;
mod said;
mod sent;
mod xml;

use self::canonical::Canonical;
pub use self::cause::Cause;
use self::finding::Finding;
pub use self::finding::Part;
use self::form::{KeyForm, Proof};
pub use self::reply::Reply;
use self::sent::{Sent, Unread};
use super::payload::Payload;
use super::request::Request;
use super::scope::Scope;
use crate::credentials::Credentials;
use crate::redact::Redactor;
use crate::time::Time;

/// What is known of a request that was refused. The more is given, the more certain the cause.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    request: Request<'a>,
    payload: Payload<'a>,
    credentials: Option<&'a Credentials>,
    expected: Option<&'a Scope>,
    canonical_request: Option<&'a [u8]>,
    now: Option<Time>,
}

impl<'a> Evidence<'a> {
    /// The request as it left the client, its signature included, with what is known of its body.
    #[must_use]
    pub const fn new(request: Request<'a>, payload: Payload<'a>) -> Self {
        Self { request, payload, credentials: None, expected: None, canonical_request: None, now: None }
    }

    /// The keys that the client meant to sign with. Nothing of them is in the diagnosis.
    #[must_use]
    pub const fn credentials(mut self, credentials: &'a Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// The region and the signing name that the service wants, where its host does not tell.
    #[must_use]
    pub const fn expected(mut self, scope: &'a Scope) -> Self {
        self.expected = Some(scope);
        self
    }

    /// The canonical request that the client logged.
    #[must_use]
    pub const fn canonical_request(mut self, text: &'a [u8]) -> Self {
        self.canonical_request = Some(text);
        self
    }

    /// When the request was sent, by a clock that is right; the reply's own date comes before it.
    #[must_use]
    pub const fn now(mut self, now: Time) -> Self {
        self.now = Some(now);
        self
    }
}

/// Why a signature was refused, with nothing secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    cause: Cause,
    part: Part,
    subject: String,
    certain: bool,
    detail: String,
    ours: String,
    theirs: String,
}

impl Diagnosis {
    /// The cause.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.cause
    }

    /// Which part of the request it is about.
    #[must_use]
    pub const fn part(&self) -> Part {
        self.part
    }

    /// The header or the query parameter, where it is about one.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        Some(self.subject.as_str()).filter(|text| !text.is_empty())
    }

    /// Whether it is proven (by what the service said or computed, or by the signature itself), not only likely.
    #[must_use]
    pub const fn is_certain(&self) -> bool {
        self.certain
    }

    /// What it means here, in a line.
    #[must_use]
    pub fn explanation(&self) -> &str {
        if self.detail.is_empty() { self.cause.meaning() } else { &self.detail }
    }

    /// What to do about it, in a line.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        self.cause.remedy()
    }

    /// The line as the client signed it; secret values by their length alone.
    #[must_use]
    pub fn ours(&self) -> Option<&str> {
        Some(self.ours.as_str()).filter(|text| !text.is_empty())
    }

    /// The line as the service saw it, or would.
    #[must_use]
    pub fn theirs(&self) -> Option<&str> {
        Some(self.theirs.as_str()).filter(|text| !text.is_empty())
    }
}

/// Names the cause of a refused signature.
///
/// ```
/// use awsaccess::credentials::Credentials;
/// use awsaccess::sigv4::{Cause, Evidence, Payload, Reply, Request, Scope, Settings, diagnose, sign};
/// use awsaccess::time::Time;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
/// let host = [("Host", "abc.execute-api.us-east-1.amazonaws.com")];
/// let request = Request::new("GET", "/stage/a%20b", &host);
/// let wrong = Settings { double_encode: Some(false), ..Settings::default() };
/// let now = Time::from_unix(1_440_938_160);
/// let scope = Scope::new("us-east-1", "execute-api");
/// let sent = sign(&request, Payload::Bytes(b""), &keys, &scope, &wrong, now)?.apply(&request);
///
/// let request = Request::new("GET", "/stage/a%20b", &sent);
/// let reply = Reply::parse(403, &host, br#"{"message": "The request signature we calculated does not match"}"#);
/// let diagnosis = diagnose(&Evidence::new(request, Payload::Bytes(b"")).credentials(&keys), Some(&reply));
/// assert_eq!(diagnosis.cause(), Cause::PathEncodedOnce);
/// assert_eq!((diagnosis.ours(), diagnosis.theirs()), (Some("/stage/a%20b"), Some("/stage/a%2520b")));
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn diagnose(evidence: &Evidence<'_>, reply: Option<&Reply>) -> Diagnosis {
    let finding = match Sent::read(evidence.request) {
        Ok(sent) => examine(&sent, evidence, reply),
        Err(Unread::NotSigned) => Finding::new(Cause::NotSigned, Part::Authentication),
        Err(Unread::Malformed(why)) => {
            Finding::new(Cause::MalformedAuthentication, Part::Authentication).detail(why)
        }
    };
    conclude(finding, evidence)
}

fn examine(sent: &Sent<'_>, evidence: &Evidence<'_>, reply: Option<&Reply>) -> Finding {
    if reply.is_some_and(Reply::is_success) {
        return Finding::new(Cause::Nothing, Part::Authentication);
    }
    let said = reply.and_then(|reply| said::cause(sent, reply, evidence.credentials));
    if let Some(finding) = said {
        return finding;
    }
    let others: Vec<Scope> = evidence.expected.cloned().into_iter().collect();
    let proof = evidence
        .credentials
        .and_then(|credentials| form::prove(sent, credentials, evidence.payload, &others));
    if let Some(finding) = compare(sent, evidence, reply, proof.as_ref()) {
        return finding;
    }
    let service_time = reply.and_then(Reply::date).or(evidence.now);
    check::date(sent)
        .or_else(|| check::clock(sent, service_time))
        .or_else(|| check::absent(sent))
        .or_else(|| check::token(sent, evidence.credentials))
        .or_else(|| check::scope(sent, evidence.expected))
        .or_else(|| check::payload(sent, evidence.payload))
        .or_else(|| signed_wrong(sent, evidence, proof.as_ref()))
        .or_else(|| check::unsigned(sent))
        .unwrap_or_else(|| rest(evidence, reply, proof.is_some()))
}

/// What the service computed against what the client signed.
fn compare(
    sent: &Sent<'_>,
    evidence: &Evidence<'_>,
    reply: Option<&Reply>,
    proof: Option<&Proof>,
) -> Option<Finding> {
    let reply = reply?;
    let theirs = Canonical::parse(reply.canonical_request()?)?;
    let ours = client_side(sent, evidence, proof);
    difference::first(&ours, &theirs).or_else(|| string_to_sign(sent, reply.string_to_sign()?))
}

/// What the client signed: by its signature, else by its own log, else by the rules.
fn client_side(sent: &Sent<'_>, evidence: &Evidence<'_>, proof: Option<&Proof>) -> Canonical {
    let logged = || evidence.canonical_request.and_then(Canonical::parse);
    let proven = proof.map(|proof| proof.canonical.clone());
    proven.or_else(logged).unwrap_or_else(|| sent.canonical(evidence.payload))
}

/// The service's string to sign against the request's authentication.
fn string_to_sign(sent: &Sent<'_>, text: &[u8]) -> Option<Finding> {
    let text = std::str::from_utf8(text).ok()?;
    let mut lines = text.lines();
    let (_algorithm, date, scope) = (lines.next()?, lines.next()?, lines.next()?);
    let own = sent.signed_at.map(|at| at.amz().to_string());
    if let Some(own) = own.filter(|own| own != date) {
        let finding = Finding::new(Cause::HeaderChanged, Part::Date).subject(b"x-amz-date");
        return Some(finding.lines(own, date.chars().take(32).collect::<String>()));
    }
    let mut fields = scope.rsplit('/').map(|field| field.chars().take(64).collect::<String>());
    let (_terminator, service) = (fields.next()?, fields.next()?);
    if service != sent.scope.service() {
        return Some(check::wrong(Cause::WrongService, sent.scope.service(), &service));
    }
    let region = if sent.scope.region_set().is_some() { None } else { fields.next() };
    if let Some(region) = region.filter(|region| region != sent.scope.region()) {
        return Some(check::wrong(Cause::WrongRegion, sent.scope.region(), &region));
    }
    let day = fields.next()?;
    (day != sent.day).then(|| Finding::new(Cause::ScopeDate, Part::Scope).lines(sent.day.clone(), day))
}

/// What the client signed against what a service computes that keeps to AWS's rules.
fn signed_wrong(sent: &Sent<'_>, evidence: &Evidence<'_>, proof: Option<&Proof>) -> Option<Finding> {
    let base = sent.canonical(evidence.payload);
    let Some(proof) = proof else {
        let logged = evidence.canonical_request.and_then(Canonical::parse)?;
        return difference::first(&logged, &base);
    };
    let difference = difference::first(&proof.canonical, &base);
    difference.or_else(|| match &proof.key {
        KeyForm::Right => None,
        KeyForm::Day(day) => {
            let (ours, theirs) = (day.amz().day().to_owned(), sent.day.clone());
            let finding = Finding::new(Cause::ScopeDate, Part::Key).lines(ours, theirs);
            Some(finding.detail("the signing key was derived for another day than the scope says"))
        }
        KeyForm::Scope(scope) => {
            let (cause, ours, theirs) = if scope.service() == sent.scope.service() {
                (Cause::WrongRegion, scope.region(), sent.scope.region())
            } else {
                (Cause::WrongService, scope.service(), sent.scope.service())
            };
            let detail = format!("the signature is the one for `{ours}`, and the scope says `{theirs}`");
            Some(Finding::new(cause, Part::Scope).lines(ours, theirs).detail(detail))
        }
        KeyForm::Secret(what) => {
            let detail = format!("the client signed with the secret that was given, but {what}");
            Some(Finding::new(Cause::WrongSecret, Part::Key).detail(detail))
        }
    })
}

/// Nothing differs that can be seen.
fn rest(evidence: &Evidence<'_>, reply: Option<&Reply>, proven: bool) -> Finding {
    let secret = |detail: &str| Finding::new(Cause::WrongSecret, Part::Key).detail(detail);
    let refused = reply.is_some_and(Reply::is_mismatch);
    let reported = reply.is_some_and(Reply::has_canonical_request);
    match (proven, evidence.credentials.is_some()) {
        (true, _) if reported => {
            secret("the signature is right for the secret that was given: the service knows another for the key id")
        }
        (true, _) if refused => secret(
            "the signature is right for the secret that was given: the service knows another for the key id, or \
             something on the way changed the request",
        )
        .likely(),
        (true, _) => Finding::new(Cause::Nothing, Part::Authentication),
        (false, _) if reported => {
            let finding = secret("what is signed agrees, line by line: the secrets differ");
            // With the secret at hand, no form of the request gave the signature: it was made with another.
            if evidence.credentials.is_some() || evidence.canonical_request.is_some() { finding } else { finding.likely() }
        }
        (false, true) => secret(
            "no form of the request gives its signature with the secret that was given: the client signed with \
             another, or the request was changed after it was signed",
        )
        .likely(),
        (false, false) => Finding::new(Cause::Unknown, Part::Authentication).likely(),
    }
}

fn conclude(finding: Finding, evidence: &Evidence<'_>) -> Diagnosis {
    let mut redactor = Redactor::new();
    if let Some(credentials) = evidence.credentials {
        // A secret too short to be searched for is in none of these lines but by chance.
        let _ = redactor.learn(credentials);
    }
    let shown = |text: String| if evidence.credentials.is_some() { redactor.redact(&text) } else { text };
    Diagnosis {
        cause: finding.cause,
        part: finding.part,
        subject: finding.subject,
        certain: finding.certain,
        detail: shown(finding.detail),
        ours: shown(finding.ours),
        theirs: shown(finding.theirs),
    }
}
