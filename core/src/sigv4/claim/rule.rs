//! What a claim must meet that needs no key: signed headers, time, scope, token, payload.

use std::time::Duration;

use super::Token;
use super::listed::Listed;
use super::reader::Reader;
use crate::sigv4::authorization::QueryAuth;
use crate::sigv4::error::{VerifyError, VerifyErrorKind as Kind};
use crate::sigv4::header::{Field, Known, TokenName, trim};
use crate::sigv4::payload::DeclaredPayload;
use crate::sigv4::scope::{Algorithm, Scope, allowed_skew, takes_unsigned_payload};
use crate::sigv4::sign::lossy;
use crate::time::{AmzDate, Time};

/// The longest key id, in characters.
const MAX_KEY_ID: usize = 2048;

const TOO_SKEWED: &str = "The difference between the request time and the current time is too large.";

/// The parts of a credential, with the region or region set, wherever that came from.
pub(super) struct Credential<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) day: &'a str,
    pub(super) scope: Scope,
    pub(super) terminator: &'a str,
}

impl Reader<'_> {
    /// Host, date, `x-amz-*` and whatever the policy names are signed.
    pub(super) fn required_headers(
        &self,
        listed: &Listed<'_>,
        date: &str,
        presigned: bool,
    ) -> Result<(), VerifyError> {
        let is_signed = |known| self.sent.first(known).is_some_and(|(at, _)| listed.marks(at));
        let unsigned = |name: &str| {
            let message = if self.s3() {
                "There were headers present in the request which were not signed".to_owned()
            } else {
                format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.")
            };
            Err(self
                .error(Kind::HeaderNotSigned, message)
                .with_detail(format!("the header `{name}` must be signed and is not")))
        };
        if !(is_signed(Known::Host) || listed.has("host") || listed.has(":authority")) {
            let message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
            return Err(self.error(Kind::HeaderNotSigned, message));
        }
        // Whatever the policy leaves open: nobody on the way may widen the region set.
        if self.algorithm == Algorithm::V4a && !presigned && !is_signed(Known::RegionSet) {
            return unsigned("x-amz-region-set");
        }
        for name in &self.policy.require_signed {
            if !listed.has(name) {
                return unsigned(name);
            }
        }
        for name in &self.policy.require_signed_if_present {
            if self.request.headers().first(name).is_some() && !listed.has(name) {
                return unsigned(name);
            }
        }
        let unsigned_fields = self
            .sent
            .fields
            .iter()
            .zip(&listed.marks)
            .filter(|(_, signed)| !**signed)
            .map(|(field, _)| field);
        let found = unsigned_fields.into_iter().find(|field| {
            let must = match field.known {
                Known::ContentType => self.s3() && !presigned && !trim(field.value).is_empty(),
                known => self.policy.require_amz_signed && known.is_amz(),
            };
            must && !self.is_exempt(field)
        });
        if let Some(field) = found {
            return unsigned(&lossy(field.name.text));
        }
        if !presigned && !date.is_empty() {
            let in_amz_date = self.first(Known::AmzDate).is_some();
            let (known, name) =
                if in_amz_date { (Known::AmzDate, "x-amz-date") } else { (Known::Date, "date") };
            if !is_signed(known) && (!in_amz_date || self.policy.require_amz_signed) {
                return unsigned(name);
            }
        }
        Ok(())
    }

    /// Whether the policy lets this `x-amz-*` field go unsigned.
    fn is_exempt(&self, field: &Field<'_>) -> bool {
        let names = &self.policy.unsigned_amz;
        field.known.is_amz()
            && names.iter().any(|exempt| field.name.text.eq_ignore_ascii_case(exempt.as_bytes()))
    }

    /// The signing date, and as it is signed.
    pub(super) fn parse_date(&self, date: &str) -> Result<(Time, AmzDate), VerifyError> {
        if let Some((time, text)) = AmzDate::parse(date) {
            return Ok((time, text));
        }
        let in_header = self.first(Known::AmzDate).is_some();
        let time = if in_header { None } else { Time::parse_http(date) };
        time.map(|time| (time, time.amz())).ok_or_else(|| {
            let shown: String = date.escape_default().take(64).collect();
            let message = if self.s3() {
                "AWS authentication requires a valid Date or x-amz-date header".to_owned()
            } else {
                format!("Date must be in ISO-8601 'basic format'. Got '{shown}'.")
            };
            self.error(Kind::MalformedDate, message)
        })
    }

    pub(super) fn expires(&self, text: Option<&str>) -> Result<Duration, VerifyError> {
        let text = text.unwrap_or_default();
        let digits = !text.is_empty() && text.len() <= 7 && text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = text.parse().ok().filter(|_| digits).map(Duration::from_secs);
        let longest = self.policy.max_expires;
        match seconds {
            Some(time) if !time.is_zero() && time <= longest => Ok(time),
            Some(time) if time > longest => Err(self.error(
                Kind::InvalidExpires,
                format!("X-Amz-Expires must be less than {} seconds", longest.as_secs()),
            )),
            _ => Err(self.error(Kind::InvalidExpires, "X-Amz-Expires should be a positive number")),
        }
    }

    /// The request is of now, give or take the skew; a presigned one has begun and has not ended.
    pub(super) fn current(
        &self,
        at: Time,
        expires: Option<Duration>,
        service: &str,
    ) -> Result<(), VerifyError> {
        let skew = self.policy.max_skew.unwrap_or_else(|| allowed_skew(service));
        let now = self.now;
        let minutes = skew.as_secs() / 60;
        if at > now + skew {
            let detail = format!("signed at {at}, {} seconds ahead of {now}", at.since(now).as_secs());
            let error = if self.s3() && expires.is_some() {
                self.error(Kind::NotYetValid, "Request is not yet valid").with_code("AccessDenied", 403)
            } else if self.s3() {
                self.error(Kind::NotYetValid, TOO_SKEWED)
            } else {
                self.error(
                    Kind::NotYetValid,
                    format!(
                        "Signature not yet current: {} is still later than {} ({} + {minutes} min.)",
                        at.amz(),
                        (now + skew).amz(),
                        now.amz()
                    ),
                )
            };
            return Err(error.with_detail(detail));
        }
        if let Some(lifetime) = expires {
            if now > at + lifetime {
                let detail =
                    format!("the presigned url was good from {at} to {}; it is {now}", at + lifetime);
                let error = if self.s3() {
                    self.error(Kind::Expired, "Request has expired").with_code("AccessDenied", 403)
                } else {
                    self.error(
                        Kind::Expired,
                        format!(
                            "Signature expired: {} is now earlier than {}",
                            (at + lifetime).amz(),
                            now.amz()
                        ),
                    )
                };
                return Err(error.with_detail(detail));
            }
        } else if now > at + skew {
            let detail = format!("signed at {at}, {} seconds before {now}", now.since(at).as_secs());
            let error = if self.s3() {
                self.error(Kind::Expired, TOO_SKEWED)
            } else {
                self.error(
                    Kind::Expired,
                    format!(
                        "Signature expired: {} is now earlier than {} ({} - {minutes} min.)",
                        at.amz(),
                        (now - skew).amz(),
                        now.amz()
                    ),
                )
            };
            return Err(error.with_detail(detail));
        }
        Ok(())
    }

    pub(super) fn credential<'q>(
        &self,
        shape: Option<Credential<'q>>,
        text: &str,
        signed_at: Time,
        date: &str,
    ) -> Result<Credential<'q>, VerifyError> {
        let malformed = |message: String| self.error(Kind::MalformedCredential, message);
        let credential = shape.ok_or_else(|| {
            let shown: String = text.escape_default().take(256).collect();
            let elements = if self.algorithm == Algorithm::V4 { 5 } else { 4 };
            malformed(format!(
                "Credential must have exactly {elements} slash-delimited elements, got '{shown}'"
            ))
        })?;
        let key_id = credential.access_key_id;
        if key_id.is_empty()
            || key_id.len() > MAX_KEY_ID
            || !key_id.bytes().fold(true, |fits, byte| fits & byte.is_ascii_graphic())
        {
            return Err(malformed("The access key id is not valid.".to_owned()));
        }
        let mut wrong = Vec::new();
        let (region, service) = (credential.scope.region(), credential.scope.service());
        let scope = &credential.scope;
        if let Some(expected) = self.policy.region.as_deref().filter(|expected| !scope.covers(expected)) {
            let region = escaped(region);
            wrong.push(format!(
                "Credential should be scoped to a valid region, not '{region}' (expected '{expected}')."
            ));
        }
        if let Some(expected) = self.policy.service.as_deref().filter(|expected| *expected != service) {
            wrong.push(format!("Credential should be scoped to correct service: '{expected}'."));
        }
        if credential.terminator != "aws4_request" {
            let terminator = escaped(credential.terminator);
            wrong.push(format!(
                "Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'."
            ));
        }
        // A date in the form of the scope begins with its day.
        let is_of_day = date.len() == 16 && date.starts_with(credential.day) && credential.day.len() == 8;
        if !is_of_day && credential.day != signed_at.amz().day() {
            let date = signed_at.amz();
            wrong.push(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                 '{}' != '{}', from '{date}'.",
                escaped(credential.day),
                date.day()
            ));
        }
        let plain = |text: &str| {
            (1..=64).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        // A region set was looked through when it was read.
        let is_plain = || (self.algorithm == Algorithm::V4a || plain(region)) && plain(service);
        if wrong.is_empty() && !(scope.is_plain() || is_plain()) {
            wrong.push("Credential should be scoped to a valid region and service.".to_owned());
        }
        if wrong.is_empty() { Ok(credential) } else { Err(self.error(Kind::WrongScope, wrong.join(" "))) }
    }

    /// Every signed header is there: an absent one is a rejection, not an empty value.
    pub(super) fn present(&self, absent: Option<&str>) -> Result<(), VerifyError> {
        let Some(name) = absent else { return Ok(()) };
        let detail =
            format!("the signed header `{name}` is not in the request; did an earlier hop remove it?");
        Err(self.error(Kind::SignedHeaderAbsent, crate::sigv4::verify::MISMATCH).with_detail(detail))
    }

    /// Where the session token is, and the name that it came under.
    pub(super) fn token(
        &self,
        presigned: bool,
        query: &QueryAuth,
    ) -> Result<(Option<Token>, TokenName), VerifyError> {
        let mut sent = TokenName::ALL.into_iter().filter_map(|name| {
            self.sent.first(Known::Token(name)).map(|(at, field)| (at, name, field.value))
        });
        let (header, second) = (sent.next(), sent.next());
        if second.is_some() || (presigned && header.is_some() && query.token.is_some()) {
            let message = "The security token must be sent once, in one place.";
            return Err(self.error(Kind::MultipleAuthentication, message));
        }
        Ok(match (&query.token, header) {
            (Some(token), _) if token.is_empty() => (None, query.token_name),
            (Some(token), _) => (Some(Token::Query(token.clone())), query.token_name),
            (None, Some((_, name, token))) if trim(token).is_empty() => (None, name),
            (None, Some((at, name, _))) => (Some(Token::Header(at)), name),
            (None, None) => (None, TokenName::default()),
        })
    }

    pub(super) fn payload(
        &self,
        presigned: bool,
        query: &QueryAuth,
        service: &str,
    ) -> Result<(DeclaredPayload, bool), VerifyError> {
        let header = self.first(Known::ContentSha256).map(trim);
        let in_query = query.content_sha256.as_deref().map(str::as_bytes).filter(|_| presigned);
        let unsupported = |message: &str| Err(self.error(Kind::UnsupportedPayload, message));
        if header.is_some() && in_query.is_some() && header != in_query {
            return unsupported("x-amz-content-sha256 differs between header and query.");
        }
        let Some(payload) = DeclaredPayload::parse(in_query.or(header)) else {
            return unsupported(
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING literal, or a valid sha256 value.",
            );
        };
        let unsigned_here = self.policy.any_unsigned_payload || takes_unsigned_payload(service);
        if payload == DeclaredPayload::Unsigned && !unsigned_here {
            return unsupported("UNSIGNED-PAYLOAD is not supported for this service.");
        }
        if let DeclaredPayload::Streaming(kind) = payload
            && kind.algorithm() != self.algorithm
        {
            return unsupported("The STREAMING literal does not go with the algorithm of the signature.");
        }
        Ok((payload, in_query.is_some()))
    }
}

/// What the client wrote, for a message of one line.
fn escaped(text: &str) -> String {
    text.escape_default().take(64).collect()
}

/// Splits from the right, since a key id may hold `/`: the last fields are day, region, service and terminator, without
/// the region where there is a region set.
pub(super) fn split_credential<'q>(text: &'q str, region_set: Option<&Scope>) -> Option<Credential<'q>> {
    let (rest, terminator) = match text.strip_suffix("/aws4_request") {
        Some(rest) => (rest, "aws4_request"),
        None => cut_last(text)?,
    };
    let (rest, service) = cut_last(rest)?;
    let (rest, scope) = match region_set {
        Some(set) => (rest, Scope::regions(set.region_set()?, service)),
        None => {
            let (rest, region) = cut_last(rest)?;
            let names = text.get(rest.len() + 1..).unwrap_or_default();
            let usual = Scope::of_credential(names, region, service);
            (rest, usual.unwrap_or_else(|| Scope::new(region, service)))
        }
    };
    let (access_key_id, day) = cut_last(rest)?;
    Some(Credential { access_key_id, day, scope, terminator })
}

/// What stands before the last `/`, and what after it.
fn cut_last(text: &str) -> Option<(&str, &str)> {
    let at = memchr::memrchr(b'/', text.as_bytes())?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}
