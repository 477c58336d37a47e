//! What a signed request says of itself: in the `Authorization` header or in the query.

use super::{Algorithm, Refusal, is_s3};
use crate::clock::{compact, parse_compact, parse_http_date};
use crate::encoding::text_of;
use crate::message::Request;

const WEEK: u32 = 604_800;

/// The parts of a signature, none of them checked against anything but its form.
#[derive(Clone)]
pub(crate) struct Claim {
    pub(crate) algorithm: Algorithm,
    pub(crate) access_key_id: String,
    pub(crate) scope_date: String,
    /// With SigV4A the names and patterns of the region set, with commas between them.
    pub(crate) region: String,
    pub(crate) service: String,
    /// In lower case, sorted, each once.
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: String,
    /// Seconds since the epoch.
    pub(crate) signed_at: i64,
    pub(crate) presigned: bool,
    /// The lifetime of a presigned request in seconds.
    pub(crate) expires: u32,
    pub(crate) token: Option<String>,
}

impl Claim {
    /// Whether the session token is appended to the signed query: AWS IoT alone wants it so.
    pub(crate) fn has_late_token(&self) -> bool {
        self.presigned && self.service == "iotdevicegateway"
    }

    /// Reads the claim of a request; `None` if it carries no signature.
    pub(crate) fn parse(request: &Request) -> Result<Option<Self>, Refusal> {
        let params = request.params();
        let in_query = params.iter().any(|(name, _)| name == "X-Amz-Algorithm" || name == "X-Amz-Signature");
        let authorization: Vec<_> =
            request.headers.iter().filter(|(name, _)| name == "authorization").collect();
        match (authorization.as_slice(), in_query) {
            ([], false) => Ok(None),
            ([], true) => Self::parse_query(&params).map(Some).map_err(Refusal::in_query),
            ([(_, value)], false) => Self::parse_header(request, &text_of(value)).map(Some),
            ([_], true) => Err(Refusal::TwoSignatures),
            _ => Err(incomplete("Authorization header is given more than once.")),
        }
    }

    fn parse_header(request: &Request, value: &str) -> Result<Self, Refusal> {
        let (name, parts) = value.split_once(' ').unwrap_or((value, ""));
        let algorithm = Algorithm::of(name).ok_or_else(|| {
            incomplete(format!("Authorization header requires the algorithm {}.", Algorithm::Hmac.name()))
        })?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in parts.split(',') {
            let (name, value) = part.trim().split_once('=').unwrap_or((part.trim(), ""));
            let slot = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err(incomplete(format!("'{name}' is no part of an Authorization header."))),
            };
            if slot.replace(value.to_owned()).is_some() {
                return Err(incomplete(format!("'{name}' is given more than once.")));
            }
        }
        let wanted = |slot: Option<String>, name: &str| {
            slot.filter(|value| !value.is_empty())
                .ok_or_else(|| incomplete(format!("Authorization header requires '{name}' parameter.")))
        };
        let (credential, signed_headers, signature) = (
            wanted(credential, "Credential")?,
            wanted(signed_headers, "SignedHeaders")?,
            wanted(signature, "Signature")?,
        );
        for once in ["x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "x-amz-region-set", "host"]
        {
            if request.headers.iter().filter(|(name, _)| name == once).count() > 1 {
                return Err(incomplete(format!("'{once}' is given more than once.")));
            }
        }
        let signed_at = match (request.header("x-amz-date"), request.header("date")) {
            (Some(date), _) => parse_compact(date),
            (None, Some(date)) => parse_http_date(date).or_else(|| parse_compact(date)),
            (None, None) => None,
        };
        let signed_at = signed_at.ok_or_else(|| {
            incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        })?;
        let token = request.header("x-amz-security-token").map(str::to_owned);
        let region_set = match algorithm {
            Algorithm::Hmac => None,
            Algorithm::Ecdsa => Some(request.header("x-amz-region-set").unwrap_or_default().to_owned()),
        };
        let claim = Self::assemble(
            algorithm,
            &credential,
            region_set,
            &signed_headers,
            signature,
            signed_at,
            token,
            None,
        )?;
        if algorithm == Algorithm::Ecdsa && !claim.signs("x-amz-region-set") {
            return Err(incomplete("'X-Amz-Region-Set' must be a 'SignedHeader' in the AWS Authorization."));
        }
        Ok(claim)
    }

    fn parse_query(params: &[(String, String)]) -> Result<Self, Refusal> {
        let one = |name: &str| -> Result<Option<String>, Refusal> {
            let mut values = params.iter().filter(|(param, _)| param == name).map(|(_, value)| value.clone());
            let first = values.next();
            match values.next() {
                Some(_) => Err(incomplete(format!("{name} is given more than once."))),
                None => Ok(first),
            }
        };
        let wanted = |name: &str| {
            one(name)?.filter(|value| !value.is_empty()).ok_or_else(|| {
                incomplete(
                    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, \
                     X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
                )
            })
        };
        let algorithm = Algorithm::of(&wanted("X-Amz-Algorithm")?).ok_or_else(|| {
            incomplete(format!("X-Amz-Algorithm only supports \"{}\"", Algorithm::Hmac.name()))
        })?;
        let signed_at = parse_compact(&wanted("X-Amz-Date")?).ok_or_else(|| {
            incomplete("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        })?;
        let expires = wanted("X-Amz-Expires")?
            .parse::<u32>()
            .map_err(|_| incomplete("X-Amz-Expires should be a number"))?;
        if expires > WEEK {
            return Err(incomplete(
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be \
                 less than 604800 seconds",
            ));
        }
        let token = one("X-Amz-Security-Token")?;
        let region_set = match algorithm {
            Algorithm::Hmac => None,
            Algorithm::Ecdsa => Some(one("X-Amz-Region-Set")?.unwrap_or_default()),
        };
        Self::assemble(
            algorithm,
            &wanted("X-Amz-Credential")?,
            region_set,
            &wanted("X-Amz-SignedHeaders")?,
            wanted("X-Amz-Signature")?,
            signed_at,
            token,
            Some(expires),
        )
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a signature, all at once")]
    fn assemble(
        algorithm: Algorithm,
        credential: &str,
        region_set: Option<String>,
        signed_headers: &str,
        signature: String,
        signed_at: i64,
        token: Option<String>,
        expires: Option<u32>,
    ) -> Result<Self, Refusal> {
        let mut parts = credential.rsplitn(if region_set.is_some() { 4 } else { 5 }, '/');
        let mut next = || parts.next().filter(|part| !part.is_empty()).map(str::to_owned);
        let (end, service) = (next(), next());
        let region = match region_set {
            Some(set) => Some(set).filter(|set| set.split(',').all(|name| !name.trim().is_empty())),
            None => next(),
        };
        let (date, key) = (next(), next());
        let (Some(end), Some(service), Some(region), Some(scope_date), Some(access_key_id)) =
            (end, service, region, date, key)
        else {
            return Err(incomplete(
                "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
            ));
        };
        if end != "aws4_request" {
            return Err(Refusal::Scope {
                message: "Credential should be scoped with a valid terminator: 'aws4_request'.".into(),
                region: None,
            });
        }
        let signed_headers: Vec<String> = signed_headers.split(';').map(str::to_owned).collect();
        let lower = signed_headers.iter().all(|name| !name.bytes().any(|byte| byte.is_ascii_uppercase()));
        if !lower || !signed_headers.is_sorted_by(|left, right| left < right) {
            return Err(incomplete("SignedHeaders must be in lower case, in order and without repetition."));
        }
        Ok(Self {
            algorithm,
            access_key_id,
            scope_date,
            region,
            service,
            signed_headers,
            signature,
            signed_at,
            presigned: expires.is_some(),
            expires: expires.unwrap_or_default(),
            token,
        })
    }

    pub(crate) fn scope(&self) -> String {
        match self.algorithm {
            Algorithm::Hmac => format!("{}/{}/{}/aws4_request", self.scope_date, self.region, self.service),
            Algorithm::Ecdsa => format!("{}/{}/aws4_request", self.scope_date, self.service),
        }
    }

    /// Whether the signature is good in a region.
    fn covers(&self, region: &str) -> bool {
        match self.algorithm {
            Algorithm::Hmac => self.region == region,
            Algorithm::Ecdsa => self.region.split(',').any(|pattern| matches(pattern.trim(), region)),
        }
    }

    pub(crate) fn signs(&self, header: &str) -> bool {
        self.signed_headers.iter().any(|name| name == header)
    }

    /// The skew that is allowed: 15 minutes by S3, 5 by the others; or the life of a presigned request.
    pub(super) fn check_time(&self, now: i64) -> Result<(), Refusal> {
        let allowed = if is_s3(&self.service) { 900 } else { 300 };
        let signed_at = self.signed_at;
        if self.presigned {
            if signed_at - now > allowed {
                return Err(Refusal::Skew { signed_at, now, allowed });
            }
            if now - signed_at > i64::from(self.expires) {
                return Err(Refusal::PresignedExpired { signed_at, expires: self.expires, now });
            }
        } else if (now - signed_at).abs() > allowed {
            return Err(Refusal::Skew { signed_at, now, allowed });
        }
        Ok(())
    }

    /// The scope must fit the date, and the host where that tells region and service.
    pub(super) fn check_scope(&self, request: &Request) -> Result<(), Refusal> {
        let day = compact(self.signed_at);
        if self.scope_date != day[..8] {
            return Err(Refusal::Scope {
                message: format!(
                    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                     '{}' != '{}', from '{day}'.",
                    self.scope_date,
                    &day[..8]
                ),
                region: None,
            });
        }
        let host = request.host();
        let Some(name) = host.strip_suffix(".amazonaws.com") else { return Ok(()) };
        let labels: Vec<&str> = name.split('.').collect();
        let region = labels.iter().copied().find(|label| is_region(label));
        let region = region.or_else(|| (name == "sts").then_some("us-east-1"));
        if let Some(region) = region.filter(|region| !self.covers(region)) {
            let message = if is_s3(&self.service) {
                format!(
                    "The authorization header is malformed; the region '{}' is wrong; expecting '{region}'",
                    self.region
                )
            } else {
                "Credential should be scoped to a valid region. ".into()
            };
            return Err(Refusal::Scope { message, region: Some(region.to_owned()) });
        }
        for known in ["sts", "dynamodb", "s3"] {
            let here = if known == "s3" { labels.contains(&known) } else { labels.first() == Some(&known) };
            if here && self.service != known && !(known == "s3" && is_s3(&self.service)) {
                return Err(Refusal::Scope {
                    message: format!("Credential should be scoped to correct service: '{known}'. "),
                    region: None,
                });
            }
        }
        Ok(())
    }

    /// `host` is always signed, and with S3 every `x-amz-` header.
    pub(super) fn check_signed_headers(&self, request: &Request) -> Result<(), Refusal> {
        if !self.signs("host") {
            return Err(incomplete(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            ));
        }
        for name in &self.signed_headers {
            if request.header_bytes(name).is_none() {
                return Err(incomplete(format!("the signed header '{name}' is not in the request.")));
            }
        }
        if !is_s3(&self.service) {
            return Ok(());
        }
        // S3 tolerates these two beside a presigned request; AWS's own signers leave them out.
        let tolerated =
            |name: &str| self.presigned && matches!(name, "x-amz-user-agent" | "x-amz-checksum-mode");
        let mut unsigned: Vec<String> = request
            .headers
            .iter()
            .map(|(name, _)| name)
            .filter(|name| name.starts_with("x-amz-") && !self.signs(name) && !tolerated(name))
            .cloned()
            .collect();
        unsigned.sort();
        unsigned.dedup();
        if unsigned.is_empty() { Ok(()) } else { Err(Refusal::HeadersNotSigned(unsigned)) }
    }
}

/// Whether a region is of the form of a pattern, in which `*` stands for any characters.
fn matches(pattern: &str, region: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == region,
        Some((start, rest)) => region.strip_prefix(start).is_some_and(|region| {
            (0..=region.len()).any(|at| region.get(at..).is_some_and(|region| matches(rest, region)))
        }),
    }
}

/// Whether a label of a host name is a region: `us-east-1`, `us-gov-west-1`.
pub(crate) fn is_region(label: &str) -> bool {
    let mut parts: Vec<&str> = label.split('-').collect();
    let number = parts.pop().unwrap_or_default();
    parts.len() >= 2
        && parts[0].len() == 2
        && number.len() == 1
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
}

fn incomplete(message: impl Into<String>) -> Refusal {
    Refusal::Incomplete(message.into())
}

#[cfg(test)]
mod tests {
    use super::{is_region, matches};

    #[test]
    fn patterns() {
        for (pattern, is) in [
            ("*", true),
            ("us-*", true),
            ("us-*-1", true),
            ("*-east-*", true),
            ("us-east-1", true),
            ("eu-*", false),
            ("us-*-2", false),
            ("", false),
        ] {
            assert_eq!(matches(pattern, "us-east-1"), is, "{pattern}");
        }
    }

    #[test]
    fn regions() {
        for (label, is) in [("us-east-1", true), ("us-gov-west-1", true), ("s3", false), ("my-bucket", false)]
        {
            assert_eq!(is_region(label), is, "{label}");
        }
    }
}
