//! Reading a claim: the grammar of the authentication, in the order in which AWS reports its faults.

use std::borrow::Cow;
use std::time::Duration;

use super::rule::split_credential;
use super::sent::Sent;
use super::{Claim, Parsed};
use crate::sigv4::authorization::{Malformed, Parts, QueryAuth, parse_parameters, split_scheme};
use crate::sigv4::error::{VerifyError, VerifyErrorKind as Kind};
use crate::sigv4::head::Head;
use crate::sigv4::header::{Known, TokenName, is_valid_name, trim};
use crate::sigv4::percent;
use crate::sigv4::policy::Policy;
use crate::sigv4::request::Request;
use crate::sigv4::scope::{Algorithm, Scope, is_s3_family};
use crate::sigv4::sign::{is_valid_target, lossy};
use crate::sigv4::signature::Signature;
use crate::time::Time;

/// The signing name of the gateway that AWS IoT's devices connect to.
pub(crate) const IOT_GATEWAY: &str = "iotdevicegateway";
/// How long a handshake for it is good that does not say so.
const HANDSHAKE: Duration = Duration::from_secs(300);

fn is_handshake(credential: &str) -> bool {
    credential.rsplit('/').nth(1) == Some(IOT_GATEWAY)
}

/// Fields that can only occur once.
const SINGLETONS: [(Known, &str); 11] = [
    (Known::Authorization, "authorization"),
    (Known::Host, "host"),
    (Known::AmzDate, "x-amz-date"),
    (Known::Date, "date"),
    (Known::ContentSha256, "x-amz-content-sha256"),
    (Known::Token(TokenName::Security), "x-amz-security-token"),
    (Known::Token(TokenName::S3Session), "x-amz-s3session-token"),
    (Known::RegionSet, "x-amz-region-set"),
    (Known::DecodedLength, "x-amz-decoded-content-length"),
    (Known::ContentLength, "content-length"),
    (Known::ContentType, "content-type"),
];

/// One request being read, and whether S3's family answers for it.
pub(super) struct Reader<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) sent: &'a Sent<'a>,
    pub(super) policy: &'a Policy,
    pub(super) now: Time,
    pub(super) query: &'a QueryAuth,
    pub(super) algorithm: Algorithm,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(
        request: &'a Request<'a>,
        sent: &'a Sent<'a>,
        query: &'a QueryAuth,
        policy: &'a Policy,
        now: Time,
    ) -> Self {
        Self { request, sent, query, policy, now, algorithm: Algorithm::V4 }
    }

    pub(super) fn read(mut self) -> Result<Claim, VerifyError> {
        self.well_formed()?;
        let query = self.query;
        let header = self.first(Known::Authorization);
        let presigned = header.is_none() && query.algorithm.is_some();
        if header.is_some() && query.is_present() {
            let message = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, \
                           Signature query string parameter or the Authorization header should be specified";
            return Err(self.error(Kind::MultipleAuthentication, message));
        }
        let (algorithm, parts) = match header {
            Some(value) => self.header_parts(value)?,
            None => self.query_parts(query)?,
        };
        self.algorithm = algorithm;
        let date = self.date(presigned, query.date.as_deref());
        let (credential, signed_list, signature) = self.complete(&parts, &date, presigned, query)?;
        let region_set = self.region_set(presigned, query)?;
        let listed = self.signed_headers(signed_list, presigned)?;
        self.required_headers(&listed, &date, presigned)?;
        let (signed_at, signed_on) = self.parse_date(&date)?;
        let shape = split_credential(credential, region_set.as_ref());
        let service = shape.as_ref().map_or("", |credential| credential.scope.service());
        let expires = match query.expires.as_deref() {
            _ if !presigned => None,
            None if service == IOT_GATEWAY => Some(HANDSHAKE),
            text => Some(self.expires(text)?),
        };
        self.current(signed_at, expires, service)?;
        let credential = self.credential(shape, credential, signed_at, &date)?;
        self.present(listed.absent)?;
        let (token, token_name) = self.token(presigned, query)?;
        let (payload, payload_in_query) = self.payload(presigned, query, credential.scope.service())?;
        let signature = Signature::parse(algorithm, signature).ok_or_else(|| {
            self.mismatch().with_detail(format!("the signature is not {}", Signature::form(algorithm)))
        })?;
        let mut names = String::with_capacity(credential.access_key_id.len() + signed_list.len());
        names.push_str(credential.access_key_id);
        names.push_str(signed_list);
        Ok(Claim::of(Parsed {
            head: Head::new(self.request, self.sent.fields, &listed.order),
            names,
            key_id: credential.access_key_id.len(),
            scope: credential.scope,
            signed: listed.marks,
            order: listed.order,
            signed_authority: listed.authority,
            signature,
            signed_at,
            date: signed_on,
            expires,
            token,
            token_name,
            payload,
            payload_in_query,
            uniform_errors: self.policy.uniform_errors,
        }))
    }

    /// Whether the errors should be S3's: what the credential names, whether or not all else is right.
    pub(super) fn s3(&self) -> bool {
        let in_query = self.query.credential.as_deref().unwrap_or_default().as_bytes();
        let text = self.first(Known::Authorization).unwrap_or(in_query);
        let start = memchr::memmem::find(text, b"Credential=").map_or(0, |at| at + b"Credential=".len());
        let credential = text.get(start..).and_then(|rest| rest.split(|&byte| byte == b',').next());
        let service = credential.and_then(|credential| trim(credential).rsplit(|&byte| byte == b'/').nth(1));
        service.and_then(|service| std::str::from_utf8(service).ok()).is_some_and(is_s3_family)
    }

    /// The value of the first field of a kind that can only occur once.
    pub(super) fn first(&self, known: Known) -> Option<&'a [u8]> {
        self.sent.first(known).map(|(_, field)| field.value)
    }

    #[cold]
    #[inline(never)]
    pub(super) fn error(&self, kind: Kind, message: impl Into<String>) -> VerifyError {
        VerifyError::new(kind, self.s3(), message)
    }

    #[cold]
    #[inline(never)]
    pub(super) fn mismatch(&self) -> VerifyError {
        self.error(Kind::SignatureMismatch, crate::sigv4::verify::MISMATCH)
    }

    /// Method, target and header fields are what HTTP allows, and singletons are single.
    pub(super) fn well_formed(&self) -> Result<(), VerifyError> {
        let malformed = |what: String| Err(self.error(Kind::MalformedRequest, what));
        if !is_valid_name(self.request.method().as_bytes()) {
            return malformed("The request method is not valid.".to_owned());
        }
        if !is_valid_target(self.request.target()) {
            return malformed("The request target has a character that is not allowed in it.".to_owned());
        }
        if let Some(bad) = percent::bad_escape(self.request.query()) {
            let message = format!("Illegal hex character in escape % pattern: {}", lossy(bad));
            return Err(self.error(Kind::MalformedQuery, message));
        }
        if let Some(field) = self.sent.malformed() {
            let name: String = lossy(field.name.text).escape_default().take(64).collect();
            return malformed(format!("The header '{name}' is not valid."));
        }
        if self.sent.has_repeated_singleton() {
            let again = SINGLETONS.iter().find(|(known, _)| self.sent.is_again(*known));
            let name = again.map_or("", |(_, name)| name);
            let message = format!("The header '{name}' must occur only once.");
            return Err(self.error(Kind::DuplicateHeader, message));
        }
        Ok(())
    }

    /// The algorithm of that name, if it is one that the policy takes.
    pub(super) fn algorithm(&self, name: &[u8]) -> Result<Algorithm, VerifyError> {
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

    pub(super) fn header_parts(&self, value: &'a [u8]) -> Result<(Algorithm, Parts<'a>), VerifyError> {
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

    pub(super) fn query_parts<'q>(
        &self,
        query: &'q QueryAuth,
    ) -> Result<(Algorithm, Parts<'q>), VerifyError> {
        let algorithm = match query.algorithm.as_deref().map(str::as_bytes) {
            Some(name) if Algorithm::of(name).is_some() => self.algorithm(name)?,
            _ => return Err(self.missing()),
        };
        if let Some(name) = query.repeated {
            let message = format!("The query parameter '{name}' must occur only once.");
            return Err(self.error(Kind::MalformedAuthorization, message));
        }
        Ok((algorithm, query.parts()))
    }

    /// The region set of SigV4A, as a scope of no service yet: in the query of a presigned request, else in a header.
    pub(super) fn region_set(
        &self,
        presigned: bool,
        query: &QueryAuth,
    ) -> Result<Option<Scope>, VerifyError> {
        match self.algorithm {
            Algorithm::V4 => Ok(None),
            Algorithm::V4a => self.given_region_set(presigned, query).map(Some),
        }
    }

    #[inline(never)]
    fn given_region_set(&self, presigned: bool, query: &QueryAuth) -> Result<Scope, VerifyError> {
        let header = self.first(Known::RegionSet).map(trim);
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
            Some(scope) => Ok(scope),
            None => malformed("X-Amz-Region-Set must be region names separated by ','."),
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn missing(&self) -> VerifyError {
        let message = if self.s3() { "Access Denied" } else { "Request is missing Authentication Token" };
        self.error(Kind::MissingAuthentication, message)
            .with_detail("the request carries no SigV4 signature, in its headers or in its query")
    }

    /// The text of the signing date; empty where there is none.
    pub(super) fn date<'q>(&self, presigned: bool, in_query: Option<&'q str>) -> Cow<'q, str>
    where
        'a: 'q,
    {
        if presigned {
            return in_query.unwrap_or_default().into();
        }
        let date = self
            .first(Known::AmzDate)
            .or_else(|| self.first(Known::Date).filter(|_| self.policy.date_header))
            .map(trim)
            .unwrap_or_default();
        match std::str::from_utf8(date) {
            Ok(date) => date.into(),
            Err(_) => lossy(date).into(),
        }
    }

    /// Credential, signed headers and signature, or an error that names all that is missing.
    pub(super) fn complete<'q>(
        &self,
        parts: &Parts<'q>,
        date: &str,
        presigned: bool,
        query: &QueryAuth,
    ) -> Result<(&'q str, &'q str, &'q str), VerifyError> {
        let (what, names) = if presigned {
            (
                "AWS query-string parameters must include",
                ["X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders"],
            )
        } else {
            ("Authorization header requires", ["Credential", "Signature", "SignedHeaders"])
        };
        let mut missing = Vec::new();
        for (name, part) in names.into_iter().zip([parts.credential, parts.signature, parts.signed_headers]) {
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
        let is_handshake = || parts.credential.is_some_and(is_handshake);
        if presigned && missing.is_empty() && query.expires.is_none() && !is_handshake() {
            missing.push(format!("{what} 'X-Amz-Expires'."));
        }
        match (parts.credential, parts.signed_headers, parts.signature) {
            (Some(credential), Some(signed), Some(signature)) if missing.is_empty() => {
                Ok((credential, signed, signature))
            }
            _ => Err(self.error(Kind::MalformedAuthorization, missing.join(" "))),
        }
    }
}
