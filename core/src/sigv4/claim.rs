//! What a request says of who signed it, when and for what: parsed and checked, not yet proven.

use std::time::Duration;

use zeroize::Zeroizing;

use super::authorization::{Malformed, Parts, QueryAuth, parse_parameters, split_scheme};
use super::error::{VerifyError, VerifyErrorKind as Kind};
use super::header::{TokenName, has_prefix, is_hop_by_hop, is_valid_name, is_valid_value, trim};
use super::payload::DeclaredPayload;
use super::percent;
use super::policy::Policy;
use super::request::{Head, Request};
use super::scope::{Algorithm, Scope, allowed_skew, is_s3_family, takes_unsigned_payload};
use super::sign::lossy;
use super::signature::Signature;
use crate::time::Time;

/// The most names that `SignedHeaders` may list.
const MAX_SIGNED_HEADERS: usize = 256;
/// The longest key id, in characters.
const MAX_KEY_ID: usize = 2048;

/// A session token as it was sent.
type Token = Zeroizing<Vec<u8>>;

/// A request that names its signer. It owns its head, so that it can wait for a lookup; nothing is hashed yet.
///
/// The only way on is [`Claim::verify`](super::verify), which takes it.
pub struct Claim {
    pub(crate) head: Head,
    pub(crate) access_key_id: String,
    pub(crate) scope: Scope,
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: Signature,
    pub(crate) signed_at: Time,
    pub(crate) expires: Option<Duration>,
    pub(crate) token: Option<Token>,
    pub(crate) token_name: TokenName,
    pub(crate) payload: DeclaredPayload,
    pub(crate) payload_in_query: bool,
    pub(crate) uniform_errors: bool,
}

impl Claim {
    /// Parses and checks everything that needs no key: grammar, required headers, time, scope.
    ///
    /// Faults are reported in the order in which AWS reports them. See "Elements of an AWS API request
    /// signature" in the IAM User Guide.
    ///
    /// # Errors
    /// [`VerifyError`], whose `Display` is for the client and whose `operator_detail` is not.
    pub fn parse(request: &Request<'_>, policy: &Policy, now: Time) -> Result<Self, VerifyError> {
        Reader { request, policy, now, s3: false, algorithm: Algorithm::V4 }.read()
    }

    /// The key id to look up.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// What the signature is good for.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// How it was signed.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.scope.algorithm()
    }

    /// The region of the credential scope, or the region set of SigV4A as it is written.
    #[must_use]
    pub fn region(&self) -> &str {
        self.scope.region()
    }

    /// The signing name of the credential scope.
    #[must_use]
    pub fn service(&self) -> &str {
        self.scope.service()
    }

    /// The names that the signature covers, lower case and ascending.
    #[must_use]
    pub fn signed_headers(&self) -> &[String] {
        &self.signed_headers
    }

    /// The session token that came with the request.
    #[must_use]
    pub fn session_token(&self) -> Option<&[u8]> {
        self.token.as_ref().map(|token| token.as_slice())
    }

    /// When it was signed.
    #[must_use]
    pub const fn signed_at(&self) -> Time {
        self.signed_at
    }

    /// Whether the signature is in the query.
    #[must_use]
    pub const fn is_presigned(&self) -> bool {
        self.expires.is_some()
    }

    /// The lifetime of a presigned URL.
    #[must_use]
    pub const fn expires(&self) -> Option<Duration> {
        self.expires
    }

    /// What the head says of the body.
    #[must_use]
    pub const fn payload(&self) -> DeclaredPayload {
        self.payload
    }

    /// The request, as it came.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        self.head.request()
    }
}

/// One request being read, and whether S3's family answers for it.
struct Reader<'a> {
    request: &'a Request<'a>,
    policy: &'a Policy,
    now: Time,
    s3: bool,
    algorithm: Algorithm,
}

/// The parts of a credential, with the region or region set, wherever that came from.
struct Credential {
    access_key_id: String,
    day: String,
    scope: Scope,
    terminator: String,
}

impl Reader<'_> {
    fn read(mut self) -> Result<Claim, VerifyError> {
        self.well_formed()?;
        let query = QueryAuth::parse(self.request.query());
        let header = self.request.headers().first("authorization");
        let presigned = header.is_none() && query.algorithm.is_some();
        self.s3 = self.looks_like_s3(header, &query);
        if header.is_some() && query.is_present() {
            let message = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, \
                           Signature query string parameter or the Authorization header should be specified";
            return Err(self.error(Kind::MultipleAuthentication, message));
        }
        let (algorithm, parts) = match header {
            Some(value) => self.header_parts(value)?,
            None => self.query_parts(&query)?,
        };
        self.algorithm = algorithm;
        let date = self.date(presigned, query.date.as_deref())?;
        let (credential, signed_headers, signature) = self.complete(parts, &date, presigned, &query)?;
        let region_set = self.region_set(presigned, &query)?;
        let signed_headers = self.signed_headers(&signed_headers, presigned)?;
        self.required_headers(&signed_headers, &date, presigned)?;
        let signed_at = self.parse_date(&date)?;
        let shape = split_credential(&credential, region_set.as_ref());
        let service = shape.as_ref().map_or("", |credential| credential.scope.service());
        let expires = if presigned { Some(self.expires(query.expires.as_deref())?) } else { None };
        self.current(signed_at, expires, service)?;
        let credential = self.credential(shape, &credential, signed_at)?;
        self.present(&signed_headers)?;
        let (token, token_name) = self.token(presigned, &query)?;
        let (payload, payload_in_query) = self.payload(presigned, &query, credential.scope.service())?;
        let signature = Signature::parse(algorithm, &signature).ok_or_else(|| {
            self.mismatch().with_detail(format!("the signature is not {}", Signature::form(algorithm)))
        })?;
        Ok(Claim {
            head: Head::from(self.request),
            access_key_id: credential.access_key_id,
            scope: credential.scope,
            signed_headers,
            signature,
            signed_at,
            expires,
            token,
            token_name,
            payload,
            payload_in_query,
            uniform_errors: self.policy.uniform_errors,
        })
    }

    fn error(&self, kind: Kind, message: impl Into<String>) -> VerifyError {
        VerifyError::new(kind, self.s3, message)
    }

    fn mismatch(&self) -> VerifyError {
        self.error(Kind::SignatureMismatch, super::verify::MISMATCH)
    }

    /// Whether the errors should be S3's: what the credential names, whether or not all else is right.
    fn looks_like_s3(&self, header: Option<&[u8]>, query: &QueryAuth) -> bool {
        let text = match header {
            Some(value) => lossy(value),
            None => query.parts.credential.clone().unwrap_or_default(),
        };
        let credential = text.split_once("Credential=").map_or(text.as_str(), |(_, rest)| rest);
        let credential = credential.split(',').next().unwrap_or_default().trim();
        credential.rsplit('/').nth(1).is_some_and(is_s3_family)
    }

    /// Method, target and header fields are what HTTP allows, and singletons are single.
    fn well_formed(&self) -> Result<(), VerifyError> {
        let malformed = |what: String| Err(self.error(Kind::MalformedRequest, what));
        if !is_valid_name(self.request.method().as_bytes()) {
            return malformed("The request method is not valid.".to_owned());
        }
        let target = self.request.target();
        if target.iter().any(|&byte| byte < b' ' || byte == 0x7f || byte == b'#') {
            return malformed("The request target has a character that is not allowed in it.".to_owned());
        }
        if let Some(bad) = percent::bad_escape(self.request.query()) {
            let message = format!("Illegal hex character in escape % pattern: {}", lossy(bad));
            return Err(self.error(Kind::MalformedQuery, message));
        }
        let mut wrong = None;
        self.request.headers().each(|name, value| {
            if wrong.is_none() && (!is_valid_name(name) || !is_valid_value(value)) {
                wrong = Some(lossy(name).escape_default().take(64).collect::<String>());
            }
        });
        if let Some(name) = wrong {
            return malformed(format!("The header '{name}' is not valid."));
        }
        let singletons = [
            "authorization",
            "host",
            "x-amz-date",
            "date",
            "x-amz-content-sha256",
            "x-amz-security-token",
            "x-amz-s3session-token",
            "x-amz-region-set",
            "x-amz-decoded-content-length",
            "content-length",
            "content-type",
        ];
        for name in singletons {
            if self.request.headers().count(name) > 1 {
                let message = format!("The header '{name}' must occur only once.");
                return Err(self.error(Kind::DuplicateHeader, message));
            }
        }
        Ok(())
    }

    /// The algorithm of that name, if it is one that the policy takes.
    fn algorithm(&self, name: &[u8]) -> Result<Algorithm, VerifyError> {
        let algorithm = Algorithm::of(name);
        if let Some(algorithm) = algorithm.filter(|known| *known == Algorithm::V4 || self.policy.sigv4a) {
            return Ok(algorithm);
        }
        let shown: String = lossy(name).escape_default().take(64).collect();
        let message = format!("Unsupported AWS 'algorithm': '{shown}'.");
        let error = self.error(Kind::UnsupportedAlgorithm, message);
        Err(match algorithm {
            Some(_) => error.with_detail("the policy does not take sigv4a; allow it, or sign with sigv4"),
            None => error,
        })
    }

    fn header_parts(&self, value: &[u8]) -> Result<(Algorithm, Parts), VerifyError> {
        let (scheme, rest) = split_scheme(value);
        if !scheme.starts_with(b"AWS") {
            return Err(self.missing());
        }
        let algorithm = self.algorithm(scheme)?;
        let parts = parse_parameters(rest).map_err(|wrong| {
            let message = match wrong {
                Malformed::NoPair(piece) => format!(
                    "'{piece}' not a valid key=value pair (missing equal-sign) in Authorization header."
                ),
                Malformed::Twice(name) => format!("Authorization header has '{name}' more than once."),
                Malformed::Unknown(name) => format!("Authorization header has unknown parameter '{name}'."),
                Malformed::NotText => "Authorization header is not text.".to_owned(),
            };
            self.error(Kind::MalformedAuthorization, message)
        })?;
        Ok((algorithm, parts))
    }

    fn query_parts(&self, query: &QueryAuth) -> Result<(Algorithm, Parts), VerifyError> {
        let algorithm = match query.algorithm.as_deref().map(str::as_bytes) {
            Some(name) if Algorithm::of(name).is_some() => self.algorithm(name)?,
            _ => return Err(self.missing()),
        };
        if let Some(name) = query.repeated {
            let message = format!("The query parameter '{name}' must occur only once.");
            return Err(self.error(Kind::MalformedAuthorization, message));
        }
        let some = |part: &Option<String>| part.clone().filter(|text| !text.is_empty());
        let parts = Parts {
            credential: some(&query.parts.credential),
            signed_headers: some(&query.parts.signed_headers),
            signature: some(&query.parts.signature),
        };
        Ok((algorithm, parts))
    }

    /// The region set of SigV4A, as a scope of no service yet: in the query of a presigned request, else in a header.
    fn region_set(&self, presigned: bool, query: &QueryAuth) -> Result<Option<Scope>, VerifyError> {
        if self.algorithm == Algorithm::V4 {
            return Ok(None);
        }
        let header = self.request.headers().first("x-amz-region-set").map(trim);
        let malformed = |message: &str| Err(self.error(Kind::MalformedAuthorization, message));
        let text = match (presigned, query.region_set.as_deref(), header) {
            (true, Some(text), None) => text.to_owned(),
            (false, _, Some(text)) => lossy(text),
            (true, Some(_), Some(_)) => {
                return malformed("X-Amz-Region-Set must be given once, in the query or in a header.");
            }
            (true, None, _) => {
                return malformed("AWS query-string parameters must include 'X-Amz-Region-Set' parameter.");
            }
            (false, _, None) => {
                return malformed("Authorization header requires existence of a 'X-Amz-Region-Set' header.");
            }
        };
        match Scope::of_region_set(&text, "") {
            Some(scope) => Ok(Some(scope)),
            None => malformed("X-Amz-Region-Set must be region names separated by ','."),
        }
    }

    fn missing(&self) -> VerifyError {
        let message = if self.s3 { "Access Denied" } else { "Request is missing Authentication Token" };
        self.error(Kind::MissingAuthentication, message)
            .with_detail("the request carries no SigV4 signature, in its headers or in its query")
    }

    /// The text of the signing date; empty where there is none.
    fn date(&self, presigned: bool, in_query: Option<&str>) -> Result<String, VerifyError> {
        if presigned {
            return Ok(in_query.unwrap_or_default().to_owned());
        }
        let headers = self.request.headers();
        let date = headers
            .first("x-amz-date")
            .or_else(|| headers.first("date").filter(|_| self.policy.date_header))
            .map(trim)
            .unwrap_or_default();
        Ok(lossy(date))
    }

    /// Credential, signed headers and signature, or an error that names all that is missing.
    fn complete(
        &self,
        parts: Parts,
        date: &str,
        presigned: bool,
        query: &QueryAuth,
    ) -> Result<(String, String, String), VerifyError> {
        let (what, names) = if presigned {
            (
                "AWS query-string parameters must include",
                ["X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders"],
            )
        } else {
            ("Authorization header requires", ["Credential", "Signature", "SignedHeaders"])
        };
        let mut missing = Vec::new();
        for (name, part) in
            names.into_iter().zip([&parts.credential, &parts.signature, &parts.signed_headers])
        {
            if part.is_none() {
                missing.push(format!("{what} '{name}' parameter."));
            }
        }
        if date.is_empty() {
            missing.push(if presigned {
                format!("{what} 'X-Amz-Date'.")
            } else {
                format!("{what} existence of either a 'X-Amz-Date' or a 'Date' header.")
            });
        }
        if presigned && missing.is_empty() && query.expires.is_none() {
            missing.push(format!("{what} 'X-Amz-Expires'."));
        }
        match (parts.credential, parts.signed_headers, parts.signature) {
            (Some(credential), Some(signed), Some(signature)) if missing.is_empty() => {
                Ok((credential, signed, signature))
            }
            _ => Err(self.error(Kind::MalformedAuthorization, missing.join(" "))),
        }
    }

    /// `SignedHeaders`: lower case, ascending, each once.
    fn signed_headers(&self, text: &str, presigned: bool) -> Result<Vec<String>, VerifyError> {
        let names: Vec<String> = text.split(';').take(MAX_SIGNED_HEADERS + 1).map(str::to_owned).collect();
        let where_ = if presigned { "X-Amz-SignedHeaders" } else { "SignedHeaders" };
        let malformed =
            |what: &str| Err(self.error(Kind::MalformedAuthorization, format!("{where_} {what}.")));
        if names.len() > MAX_SIGNED_HEADERS {
            return malformed("lists too many headers");
        }
        if names.iter().any(|name| {
            !is_valid_name(name.as_bytes()) && name != ":authority"
                || name.bytes().any(|byte| byte.is_ascii_uppercase())
        }) {
            return malformed("must be lower-case header names separated by ';'");
        }
        let ascending = names.iter().zip(names.iter().skip(1)).all(|(a, b)| a < b);
        if !ascending {
            return malformed("must be sorted, each name once");
        }
        for name in &names {
            if name == "authorization" || is_hop_by_hop(name.as_bytes()) {
                let message = format!("The header '{name}' must not be signed.");
                return Err(self.error(Kind::HopSigned, message));
            }
        }
        Ok(names)
    }

    /// Host, date, `x-amz-*` and whatever the policy names are signed.
    fn required_headers(&self, signed: &[String], date: &str, presigned: bool) -> Result<(), VerifyError> {
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

    fn parse_date(&self, date: &str) -> Result<Time, VerifyError> {
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

    fn expires(&self, text: Option<&str>) -> Result<Duration, VerifyError> {
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
    fn current(&self, at: Time, expires: Option<Duration>, service: &str) -> Result<(), VerifyError> {
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

    fn credential(
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
            wrong.push(format!(
                "Credential should be scoped to a valid region, not '{region}' (expected '{expected}')."
            ));
        }
        if let Some(expected) = self.policy.service.as_deref().filter(|expected| *expected != service) {
            wrong.push(format!("Credential should be scoped to correct service: '{expected}'."));
        }
        if credential.terminator != "aws4_request" {
            let terminator = &credential.terminator;
            wrong.push(format!(
                "Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'."
            ));
        }
        if credential.day != date.day() {
            wrong.push(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                 '{}' != '{}', from '{date}'.",
                credential.day,
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
    fn present(&self, signed: &[String]) -> Result<(), VerifyError> {
        for name in signed {
            let there = match name.as_str() {
                "host" | ":authority" => self.request.host().is_some(),
                name => self.request.headers().first(name).is_some(),
            };
            if !there {
                return Err(self.error(Kind::SignedHeaderAbsent, super::verify::MISMATCH).with_detail(
                    format!(
                        "the signed header `{name}` is not in the request; did an earlier hop remove it?"
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The session token, and the name that it came under.
    fn token(&self, presigned: bool, query: &QueryAuth) -> Result<(Option<Token>, TokenName), VerifyError> {
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

    fn payload(
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

const TOO_SKEWED: &str = "The difference between the request time and the current time is too large.";

/// Splits from the right, since a key id may hold `/`: the last fields are day, region, service and terminator, without
/// the region where there is a region set.
fn split_credential(text: &str, region_set: Option<&Scope>) -> Option<Credential> {
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
