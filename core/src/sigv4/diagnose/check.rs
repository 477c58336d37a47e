//! What the request itself shows to be wrong, without a word from the service.

use super::cause::Cause;
use super::finding::{Finding, Part};
use super::sent::{Place, Sent};
use crate::credentials::Credentials;
use crate::hash::{hex, sha256, unhex};
use crate::partition::{self, ScopeMismatch};
use crate::sigv4::header::{Known, Name, TokenName};
use crate::sigv4::payload::Payload;
use crate::sigv4::scope::{Scope, allowed_skew};
use crate::time::Time;

/// The day of the scope against the date of the request.
pub(super) fn date(sent: &Sent<'_>) -> Option<Finding> {
    let Some(signed_at) = sent.signed_at else {
        let finding = Finding::new(Cause::MalformedAuthentication, Part::Date);
        return Some(finding.detail("the date of the request is not of the form 20150830T123600Z"));
    };
    let day = signed_at.amz().day().to_owned();
    (sent.day != day).then(|| {
        Finding::new(Cause::ScopeDate, Part::Scope)
            .lines(sent.day.clone(), day.clone())
            .detail(format!("the scope says {} and the date of the request {day}", sent.day))
    })
}

/// The time of the request against the service's.
pub(super) fn clock(sent: &Sent<'_>, service: Option<Time>) -> Option<Finding> {
    let (at, now) = (sent.signed_at?, service?);
    let skew = allowed_skew(sent.scope.service());
    let lines = |finding: Finding| finding.lines(at.to_string(), now.to_string());
    let apart = at.distance(now).as_secs();
    if at > now + skew {
        let finding = Finding::new(Cause::ClockSkew, Part::Date);
        return Some(lines(finding).detail(format!("the request is {apart} seconds ahead of the service")));
    }
    let Some(lifetime) = sent.expires else {
        let finding = Finding::new(Cause::ClockSkew, Part::Date);
        return (now > at + skew)
            .then(|| lines(finding).detail(format!("the request is {apart} seconds behind the service")));
    };
    let end = at + std::time::Duration::from_secs(lifetime);
    (now > end).then(|| {
        let finding = Finding::new(Cause::Expired, Part::Date).lines(end.to_string(), now.to_string());
        finding.detail(format!("the url was good from {at} to {end}"))
    })
}

/// Signed names that are not there.
pub(super) fn absent(sent: &Sent<'_>) -> Option<Finding> {
    let headers = sent.request.headers();
    for name in &sent.signed_headers {
        let there = match name.as_str() {
            "host" | ":authority" => sent.request.host().is_some(),
            name => headers.first(name).is_some(),
        };
        if !there {
            let token = matches!(Name::new(name.as_bytes()).known(), Known::Token(_));
            let cause = if token { Cause::TokenMissing } else { Cause::HeaderRemoved };
            return Some(
                Finding::new(cause, Part::Header)
                    .subject(name.as_bytes())
                    .detail(format!("`{name}` is signed, and the request does not have it")),
            );
        }
    }
    None
}

/// Names that must be signed and are not: the host, and what S3 insists on and others may.
pub(super) fn unsigned(sent: &Sent<'_>) -> Option<Finding> {
    let headers = sent.request.headers();
    let mut unsigned = None;
    headers.each(|name, _| {
        let known = Name::new(name).known();
        let amz = known.is_amz() && !matches!(known, Known::Token(_));
        if unsigned.is_none() && amz && !sent.signs(&String::from_utf8_lossy(name)) {
            unsigned = Some(name);
        }
    });
    let host = !sent.signs("host") && !sent.signs(":authority");
    let name = unsigned.or(host.then_some(&b"host"[..]))?;
    let shown = String::from_utf8_lossy(name).to_ascii_lowercase();
    let finding = Finding::new(Cause::HeaderNotSigned, Part::Header)
        .subject(shown.as_bytes())
        .detail(format!("`{shown}` must be signed and is not"));
    Some(if host || sent.is_s3() { finding } else { finding.likely() })
}

/// The session token: there, in its place, under its name, and the key's.
pub(super) fn token(sent: &Sent<'_>, credentials: Option<&Credentials>) -> Option<Finding> {
    let finding = |cause, detail: &str| Some(Finding::new(cause, Part::Key).detail(detail));
    let misplaced = |detail| finding(Cause::TokenMisplaced, detail);
    let temporary = sent.access_key_id.starts_with("ASIA")
        || credentials.is_some_and(|keys| is_sents(keys, sent) && keys.session_token().is_some());
    let Some((place, name, token)) = &sent.token else {
        let detail = "the key is temporary, and the request has no session token";
        return temporary.then(|| finding(Cause::TokenMissing, detail)).flatten();
    };
    if *name == TokenName::S3Session && sent.scope.service() != "s3express" {
        return misplaced("x-amz-s3session-token is for s3 express alone; send x-amz-security-token");
    }
    let wanted = credentials.filter(|keys| is_sents(keys, sent));
    if let Some(keys) = wanted
        && !keys.session_token().is_some_and(|own| own.matches(token))
    {
        let detail = match keys.session_token() {
            Some(_) => "the session token of the request is not that of the key",
            None => "the request has a session token, and its key has none",
        };
        return finding(Cause::TokenInvalid, detail);
    }
    match place {
        Place::Query if !sent.presigned => {
            misplaced("the signature is in the header and the session token in the query")
        }
        Place::Header if !sent.signs(name.header()) => {
            misplaced("the session token is in a header that is not signed")
        }
        _ => None,
    }
}

fn is_sents(keys: &Credentials, sent: &Sent<'_>) -> bool {
    keys.access_key_id() == sent.access_key_id
}

/// The scope against what the host, or the operator of the service, asks for.
pub(super) fn scope(sent: &Sent<'_>, expected: Option<&Scope>) -> Option<Finding> {
    if let Some(expected) = expected {
        let pair = (expected.region(), expected.service());
        if sent.scope.service() != pair.1 {
            return Some(wrong(Cause::WrongService, sent.scope.service(), pair.1));
        }
        let regions = expected.algorithm() == sent.scope.algorithm() && expected == &sent.scope;
        return (!regions && !sent.scope.covers(pair.0))
            .then(|| wrong(Cause::WrongRegion, sent.scope.region(), pair.0));
    }
    let host = std::str::from_utf8(sent.request.host()?).ok()?;
    let endpoint = partition::endpoint(host).ok()?;
    match endpoint.accepts_scope(&sent.scope).err()? {
        ScopeMismatch::Service(right) => Some(wrong(Cause::WrongService, sent.scope.service(), right)),
        ScopeMismatch::Region(own) => {
            Some(wrong(Cause::WrongRegion, &own, endpoint.region().unwrap_or("one of the host's own")))
        }
    }
}

pub(super) fn wrong(cause: Cause, ours: &str, theirs: &str) -> Finding {
    Finding::new(cause, Part::Scope)
        .lines(ours, theirs)
        .detail(format!("the scope says `{ours}`; the service is `{theirs}`"))
}

/// The body at hand against the hash that is declared.
pub(super) fn payload(sent: &Sent<'_>, payload: Payload<'_>) -> Option<Finding> {
    let declared = unhex(sent.declared.as_deref()?)?;
    let at_hand: [u8; 32] = match payload {
        Payload::Bytes(body) => sha256(body),
        Payload::Sha256(hash) => hash,
        _ => return None,
    };
    let text = |hash: &[u8; 32]| String::from_utf8_lossy(&hex(hash)).into_owned();
    (declared != at_hand).then(|| {
        Finding::new(Cause::PayloadChanged, Part::Payload)
            .lines(text(&declared), text(&at_hand))
            .detail("the body does not have the hash that x-amz-content-sha256 declares")
    })
}
