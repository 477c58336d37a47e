//! What a claim must meet that needs no key: signed headers, time, scope, token, payload.

use std::time::Duration;

use zeroize::Zeroizing;

use super::Token;
use super::reader::Reader;
use crate::sigv4::authorization::QueryAuth;
use crate::sigv4::error::{VerifyError, VerifyErrorKind as Kind};
use crate::sigv4::header::{TokenName, has_prefix, trim};
use crate::sigv4::payload::DeclaredPayload;
use crate::sigv4::scope::{Algorithm, Scope, allowed_skew, takes_unsigned_payload};
use crate::sigv4::sign::lossy;
use crate::time::Time;

/// The longest key id, in characters.
const MAX_KEY_ID: usize = 2048;

const TOO_SKEWED: &str = "The difference between the request time and the current time is too large.";

/// The parts of a credential, with the region or region set, wherever that came from.
pub(super) struct Credential {
    pub(super) access_key_id: String,
    pub(super) day: String,
    pub(super) scope: Scope,
    pub(super) terminator: String,
}

impl Reader<'_> {
    /// Host, date, `x-amz-*` and whatever the policy names are signed.
    pub(super) fn required_headers(
        &self,
        signed: &[String],
        date: &str,
        presigned: bool,
    ) -> Result<(), VerifyError> {
        let is_signed =
            |name: &[u8]| signed.iter().any(|signed| name.eq_ignore_ascii_case(signed.as_bytes()));
        let unsigned = |name: &str| {
            let message = if self.s3 {
                "There were headers present in the request which were not signed".to_owned()
            } else {
                format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.")
            };
            Err(self
                .error(Kind::HeaderNotSigned, message)
                .with_detail(format!("the header `{name}` must be signed and is not")))
        };
        if !is_signed(b"host") && !is_signed(b":authority") {
            let message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
            return Err(self.error(Kind::HeaderNotSigned, message));
        }
        // Whatever the policy leaves open: nobody on the way may widen the region set.
        if self.algorithm == Algorithm::V4a && !presigned && !is_signed(b"x-amz-region-set") {
            return unsigned("x-amz-region-set");
        }
        for name in &self.policy.require_signed {
            if !is_signed(name.as_bytes()) {
                return unsigned(name);
            }
        }
        let headers = self.request.headers();
        for name in &self.policy.require_signed_if_present {
            if headers.first(name).is_some() && !is_signed(name.as_bytes()) {
                return unsigned(name);
            }
        }
        let mut found: Option<String> = None;
        headers.each(|name, value| {
            if found.is_some() || is_signed(name) {
                return;
            }
            let exempt =
                self.policy.unsigned_amz.iter().any(|exempt| name.eq_ignore_ascii_case(exempt.as_bytes()));
            let amz = self.policy.require_amz_signed && has_prefix(name, "x-amz-") && !exempt;
            let content_type = self.s3
                && !presigned
                && name.eq_ignore_ascii_case(b"content-type")
                && !trim(value).is_empty();
            if amz || content_type {
                found = Some(lossy(name));
            }
        });
        if let Some(name) = found {
            return unsigned(&name);
        }
        if !presigned && !date.is_empty() {
            let name = if headers.first("x-amz-date").is_some() { "x-amz-date" } else { "date" };
            if !is_signed(name.as_bytes()) && (name == "date" || self.policy.require_amz_signed) {
                return unsigned(name);
            }
        }
        Ok(())
    }

    pub(super) fn parse_date(&self, date: &str) -> Result<Time, VerifyError> {
        let time = Time::parse_amz(date);
        let in_header = self.request.headers().first("x-amz-date").is_some();
        let time = match time {
            None if !in_header => Time::parse_http(date),
            time => time,
        };
        time.ok_or_else(|| {
            let shown: String = date.escape_default().take(64).collect();
            let message = if self.s3 {
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
            let error = if self.s3 && expires.is_some() {
                self.error(Kind::NotYetValid, "Request is not yet valid").with_code("AccessDenied", 403)
            } else if self.s3 {
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
                let error = if self.s3 {
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
            let error = if self.s3 {
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

    pub(super) fn credential(
        &self,
        shape: Option<Credential>,
        text: &str,
        signed_at: Time,
    ) -> Result<Credential, VerifyError> {
        let shown: String = text.escape_default().take(256).collect();
        let malformed = |message: String| self.error(Kind::MalformedCredential, message);
        let credential = shape.ok_or_else(|| {
            let elements = if self.algorithm == Algorithm::V4 { 5 } else { 4 };
            malformed(format!(
                "Credential must have exactly {elements} slash-delimited elements, got '{shown}'"
            ))
        })?;
        let key_id = &credential.access_key_id;
        if key_id.is_empty()
            || key_id.len() > MAX_KEY_ID
            || !key_id.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(malformed("The access key id is not valid.".to_owned()));
        }
        let date = signed_at.amz();
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
            let terminator = escaped(&credential.terminator);
            wrong.push(format!(
                "Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'."
            ));
        }
        if credential.day != date.day() {
            wrong.push(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                 '{}' != '{}', from '{date}'.",
                escaped(&credential.day),
                date.day()
            ));
        }
        let plain = |text: &str| {
            (1..=64).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        // A region set was looked through when it was read.
        let regions_are_plain = self.algorithm == Algorithm::V4a || plain(region);
        if wrong.is_empty() && !(regions_are_plain && plain(service)) {
            wrong.push("Credential should be scoped to a valid region and service.".to_owned());
        }
        if wrong.is_empty() { Ok(credential) } else { Err(self.error(Kind::WrongScope, wrong.join(" "))) }
    }

    /// Every signed header is there: an absent one is a rejection, not an empty value.
    pub(super) fn present(&self, signed: &[String]) -> Result<(), VerifyError> {
        for name in signed {
            let there = match name.as_str() {
                "host" | ":authority" => self.request.host().is_some(),
                name => self.request.headers().first(name).is_some(),
            };
            if !there {
                return Err(self
                    .error(Kind::SignedHeaderAbsent, crate::sigv4::verify::MISMATCH)
                    .with_detail(format!(
                        "the signed header `{name}` is not in the request; did an earlier hop remove it?"
                    )));
            }
        }
        Ok(())
    }

    /// The session token, and the name that it came under.
    pub(super) fn token(
        &self,
        presigned: bool,
        query: &QueryAuth,
    ) -> Result<(Option<Token>, TokenName), VerifyError> {
        let headers = self.request.headers();
        let mut sent =
            TokenName::ALL.into_iter().filter_map(|name| Some((name, headers.first(name.header())?)));
        let (header, second) = (sent.next(), sent.next());
        if second.is_some() || (presigned && header.is_some() && query.token.is_some()) {
            let message = "The security token must be sent once, in one place.";
            return Err(self.error(Kind::MultipleAuthentication, message));
        }
        let (token, name) = match (&query.token, header) {
            (Some(token), _) => (Some(token.clone()), query.token_name),
            (None, Some((name, token))) => (Some(Zeroizing::new(trim(token).to_vec())), name),
            (None, None) => (None, TokenName::default()),
        };
        Ok((token.filter(|token| !token.is_empty()), name))
    }

    pub(super) fn payload(
        &self,
        presigned: bool,
        query: &QueryAuth,
        service: &str,
    ) -> Result<(DeclaredPayload, bool), VerifyError> {
        let header = self.request.headers().first("x-amz-content-sha256").map(trim);
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
pub(super) fn split_credential(text: &str, region_set: Option<&Scope>) -> Option<Credential> {
    let mut fields = text.rsplitn(if region_set.is_some() { 4 } else { 5 }, '/');
    let (terminator, service) = (fields.next()?, fields.next()?);
    let scope = match region_set {
        Some(set) => Scope::regions(set.region_set()?, service),
        None => Scope::new(fields.next()?, service),
    };
    let (day, access_key_id) = (fields.next()?, fields.next()?);
    Some(Credential {
        access_key_id: access_key_id.to_owned(),
        day: day.to_owned(),
        scope,
        terminator: terminator.to_owned(),
    })
}
