//! What the service says outright, in its code or in its message.

use super::cause::Cause;
use super::check::{self, wrong};
use super::finding::{Finding, Part};
use super::reply::Reply;
use super::sent::Sent;
use crate::credentials::Credentials;
use crate::time::Time;

/// The cause that the reply names; `None` if it says no more than that the signature does not match.
pub(super) fn cause(sent: &Sent<'_>, reply: &Reply, credentials: Option<&Credentials>) -> Option<Finding> {
    let message = reply.message();
    let code = reply.code().unwrap_or_default();
    let code = code.strip_suffix("Exception").unwrap_or(code);
    time(sent, reply, code)
        .or_else(|| scope(sent, reply, code))
        .or_else(|| key(sent, code, message, credentials))
        .or_else(|| form(sent, reply, code))
}

fn time(sent: &Sent<'_>, reply: &Reply, code: &str) -> Option<Finding> {
    let message = reply.message();
    let skewed = ["RequestTimeTooSkewed", "RequestInTheFuture"].contains(&code)
        || message.starts_with("Signature not yet current")
        || message.contains("Request is not yet valid")
        || message.starts_with("Signature expired") && sent.expires.is_none()
        || code == "RequestExpired" && sent.expires.is_none();
    let expired = message.starts_with("Signature expired")
        || code == "RequestExpired"
        || code == "AccessDenied" && message.starts_with("Request has expired");
    if !skewed && !expired {
        return None;
    }
    let theirs = reply.date().or_else(|| named_time(message));
    if let Some(finding) = check::clock(sent, theirs) {
        return Some(finding);
    }
    // The service may allow less than we think, or its Date header come from a cache.
    let cause = if skewed { Cause::ClockSkew } else { Cause::Expired };
    let show = |time: Option<Time>| time.map(|time| time.to_string()).unwrap_or_default();
    Some(Finding::new(cause, Part::Date).lines(show(sent.signed_at), show(theirs)))
}

/// The service's time in `… is now earlier than X (NOW - 5 min.)`.
fn named_time(message: &str) -> Option<Time> {
    let (_, rest) = message.rsplit_once('(')?;
    Time::parse_amz(rest.split(' ').next()?)
}

fn scope(sent: &Sent<'_>, reply: &Reply, code: &str) -> Option<Finding> {
    let message = reply.message();
    if message.contains("Date in Credential scope does not match")
        || message.contains("Invalid credential date")
    {
        return check::date(sent).or_else(|| Some(Finding::new(Cause::ScopeDate, Part::Scope)));
    }
    if let Some((_, rest)) = message.split_once("Credential should be scoped to correct service") {
        return Some(wrong(Cause::WrongService, sent.scope.service(), &quoted(rest)));
    }
    if message.contains("Credential should be scoped to a valid region") {
        let right = check::scope(sent, None)
            .map(|finding| finding.theirs)
            .or_else(|| reply.region().map(str::to_owned));
        return Some(wrong(
            Cause::WrongRegion,
            sent.scope.region(),
            &right.unwrap_or_else(|| "another".into()),
        ));
    }
    let malformed = ["AuthorizationHeaderMalformed", "AuthorizationQueryParametersError"].contains(&code);
    if malformed && message.contains("service") {
        let right = message.rsplit_once("belongs to").map(|(_, rest)| quoted(rest)).unwrap_or_default();
        return Some(wrong(Cause::WrongService, sent.scope.service(), &right));
    }
    if malformed && (message.contains("region") || reply.region().is_some()) {
        let right = message.rsplit_once("expecting").map(|(_, rest)| quoted(rest));
        let right = reply.region().map(str::to_owned).or(right).unwrap_or_default();
        return Some(wrong(Cause::WrongRegion, sent.scope.region(), &right));
    }
    None
}

/// The first text in quotes, if it has the form of a name.
fn quoted(text: &str) -> String {
    let inner = text.split(['\'', '"']).nth(1).unwrap_or_default();
    inner.chars().filter(|c| c.is_ascii_alphanumeric() || "-_*,".contains(*c)).take(64).collect()
}

fn key(sent: &Sent<'_>, code: &str, message: &str, credentials: Option<&Credentials>) -> Option<Finding> {
    match code {
        "ExpiredToken" => Some(Finding::new(Cause::TokenExpired, Part::Key)),
        "InvalidAccessKeyId"
        | "NotSignedUp"
        | "InvalidClientTokenId"
        | "UnrecognizedClient"
        | "InvalidToken"
        | "AuthFailure" => {
            // A token that is missing or misplaced makes a right key id look unknown.
            if let Some(finding) = check::token(sent, credentials) {
                return Some(finding);
            }
            if code == "AuthFailure" && !message.contains("key") && !message.contains("token") {
                return None;
            }
            let with_token = sent.token.is_some();
            if code == "InvalidToken" && with_token {
                return Some(Finding::new(Cause::TokenInvalid, Part::Key));
            }
            let detail = format!("the service does not know `{}`", sent.access_key_id);
            let finding = Finding::new(Cause::UnknownKey, Part::Key).detail(detail);
            // With a token, these codes can mean the token as well.
            Some(if with_token || code == "AuthFailure" { finding.likely() } else { finding })
        }
        _ => None,
    }
}

fn form(sent: &Sent<'_>, reply: &Reply, code: &str) -> Option<Finding> {
    let message = reply.message();
    match code {
        "XAmzContentSHA256Mismatch" => {
            let field = |name| reply.field(name).unwrap_or_default().chars().take(64).collect::<String>();
            let (ours, theirs) = (field("ClientComputedContentSHA256"), field("S3ComputedContentSHA256"));
            let finding = Finding::new(Cause::PayloadChanged, Part::Payload).lines(ours, theirs);
            Some(finding.detail("the service hashed another body than x-amz-content-sha256 declares"))
        }
        "AccessDenied" if message.contains("headers present in the request which were not signed") => {
            let names = reply.field("HeadersNotSigned").unwrap_or_default();
            let first = names.split([',', ' ', ';']).next().unwrap_or_default().to_ascii_lowercase();
            let name: String = first.chars().filter(char::is_ascii_graphic).take(64).collect();
            let ours = sent.request.headers().first(&name).is_some();
            let cause = if name.is_empty() || ours { Cause::HeaderNotSigned } else { Cause::HeaderAdded };
            let detail = if cause == Cause::HeaderAdded {
                format!("the service saw `{name}`, which the request did not have when it left")
            } else {
                format!("`{name}` must be signed and is not")
            };
            Some(Finding::new(cause, Part::Header).subject(name.as_bytes()).detail(detail))
        }
        "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingSecurityHeader"
        | "AuthorizationHeaderMalformed"
        | "AuthorizationQueryParametersError" => {
            Some(Finding::new(Cause::MalformedAuthentication, Part::Authentication))
        }
        _ => None,
    }
}
