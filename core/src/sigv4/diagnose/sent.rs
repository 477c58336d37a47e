//! What a request says of its signature, read without judging it, and the canonical request that follows.

use super::canonical::{Canonical, Text};
use crate::hash::sha256_hex;
use crate::secret::Wiped;
use crate::sigv4::authorization::{Parts, QueryAuth, parse_parameters, split_scheme};
use crate::sigv4::header::{TokenName, canonical_value, trim};
use crate::sigv4::payload::{DeclaredPayload, Payload};
use crate::sigv4::request::Request;
use crate::sigv4::scope::{Algorithm, Scope, is_s3_family};
use crate::sigv4::uri::{self, Params, PathRule, Plus};
use crate::time::Time;

/// The most names of `SignedHeaders` that are looked at.
const MAX_NAMES: usize = 256;

/// Why there is nothing to compare.
pub(super) enum Unread {
    /// No signature at all.
    NotSigned,
    /// One that cannot be read; why.
    Malformed(String),
}

/// A request with the parts of its authentication.
pub(super) struct Sent<'a> {
    pub(super) request: Request<'a>,
    pub(super) presigned: bool,
    pub(super) access_key_id: String,
    pub(super) day: String,
    pub(super) scope: Scope,
    pub(super) terminator: String,
    pub(super) signed_headers: Vec<String>,
    pub(super) signature: String,
    /// The date as it was sent.
    pub(super) date: String,
    pub(super) signed_at: Option<Time>,
    pub(super) expires: Option<u64>,
    pub(super) token: Option<(Place, TokenName, Wiped)>,
    /// The header of the declared payload, or its query parameter.
    pub(super) declared: Option<Vec<u8>>,
}

/// Where a session token is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Header,
    Query,
}

impl<'a> Sent<'a> {
    pub(super) fn read(request: Request<'a>) -> Result<Self, Unread> {
        let headers = request.headers();
        let mut query = QueryAuth::parse(request.query());
        let query_token = query.token.take();
        let authorization = headers.first("authorization");
        let presigned = authorization.is_none();
        let (algorithm, parts) = match authorization {
            Some(_) if query.algorithm.is_some() => {
                return Err(Unread::Malformed(
                    "it is both in the Authorization header and in the query".into(),
                ));
            }
            Some(value) => header_parts(value)?,
            None => query_parts(&query)?,
        };
        let incomplete = |part: &str| Unread::Malformed(format!("it has no {part}"));
        let credential = parts.credential.ok_or_else(|| incomplete("Credential"))?;
        let signed_headers = parts.signed_headers.ok_or_else(|| incomplete("SignedHeaders"))?;
        let signature = parts.signature.ok_or_else(|| incomplete("Signature"))?;
        let text = |name| headers.first(name).map(|value| String::from_utf8_lossy(trim(value)).into_owned());
        let date = if presigned { query.date.clone() } else { text("x-amz-date").or_else(|| text("date")) };
        let date = date.ok_or_else(|| incomplete("date"))?;
        let region_set = query.region_set.clone().filter(|_| presigned).or_else(|| text("x-amz-region-set"));
        let (access_key_id, day, scope, terminator) = split(credential, algorithm, region_set.as_deref())
            .ok_or_else(|| Unread::Malformed("its Credential has too few parts".into()))?;
        let header_token = TokenName::ALL.into_iter().find_map(|name| {
            let value = headers.first(name.header())?;
            Some((Place::Header, name, trim(value).to_vec().into()))
        });
        let token = query_token
            .map(|token| (Place::Query, query.token_name, token))
            .filter(|_| presigned || header_token.is_none())
            .or(header_token);
        let in_query = query.content_sha256.clone().filter(|_| presigned).map(String::into_bytes);
        Ok(Self {
            request,
            presigned,
            access_key_id,
            day,
            scope,
            terminator,
            signed_headers: signed_headers.split(';').take(MAX_NAMES).map(str::to_owned).collect(),
            signature: signature.to_owned(),
            signed_at: Time::parse_amz(&date).or_else(|| Time::parse_http(&date)),
            date,
            expires: query.expires.filter(|_| presigned).and_then(|text| text.parse().ok()),
            token,
            declared: in_query.or_else(|| headers.first("x-amz-content-sha256").map(|v| trim(v).to_vec())),
        })
    }

    pub(super) fn is_s3(&self) -> bool {
        is_s3_family(self.scope.service())
    }

    pub(super) fn signs(&self, name: &str) -> bool {
        self.signed_headers.iter().any(|signed| signed.eq_ignore_ascii_case(name))
    }

    /// The canonical request that a service computes which keeps to AWS's rules.
    pub(super) fn canonical(&self, payload: Payload<'_>) -> Canonical {
        let mut path = Text::default();
        uri::canonical_path(&mut *path, self.request.path(), self.path_rule());
        let mut query = Text::default();
        uri::canonical_query(&mut *query, self.params(), Plus::Sign);
        Canonical {
            method: Text::new(self.request.method().as_bytes().to_vec()),
            path,
            query,
            headers: self.header_lines(|values| {
                let mut out = Text::default();
                for (nth, value) in values.iter().enumerate() {
                    if nth > 0 {
                        out.push(b',');
                    }
                    canonical_value(&mut *out, value);
                }
                out
            }),
            signed_headers: Text::new(self.signed_headers.join(";").into_bytes()),
            payload: Text::new(self.payload_line(payload)),
        }
    }

    /// S3 reads the path once; the usual clients send it in the form that this gives.
    pub(super) fn path_rule(&self) -> PathRule {
        if self.is_s3() { PathRule::Recoded } else { PathRule::Encoded { normalize: true } }
    }

    /// The parameters that are signed: all but the signature.
    pub(super) fn params(&self) -> Params<'a> {
        let params = uri::params(self.request.query());
        if self.presigned { params.without_signature() } else { params }
    }

    /// A line for each signed name; one that is not there has an empty value, as S3 has it.
    pub(super) fn header_lines(&self, join: impl Fn(&[&[u8]]) -> Text) -> Vec<(Vec<u8>, Text)> {
        let line = |name: &String| {
            let mut values = Vec::new();
            if matches!(name.as_str(), "host" | ":authority") {
                values.push(self.request.host().unwrap_or_default());
            } else {
                self.request.headers().each(|sent, value| {
                    if sent.eq_ignore_ascii_case(name.as_bytes()) {
                        values.push(value);
                    }
                });
            }
            (name.as_bytes().to_vec(), join(&values))
        };
        self.signed_headers.iter().map(line).collect()
    }

    fn payload_line(&self, payload: Payload<'_>) -> Vec<u8> {
        if let Some(declared) = &self.declared {
            return declared.clone();
        }
        match DeclaredPayload::Absent.line(self.presigned, self.scope.service()).or_else(|| payload.line()) {
            Some(line) => line.as_bytes().to_vec(),
            None => sha256_hex(b"").to_vec(),
        }
    }

    /// The string to sign over a canonical request's hash.
    pub(super) fn string_to_sign(&self, scope: &Scope, day: &str, hash: &[u8; 64]) -> Vec<u8> {
        let mut scope_text = scope.on(day);
        if let Some(start) = scope_text.strip_suffix("aws4_request") {
            scope_text = format!("{start}{}", self.terminator);
        }
        let date = self.signed_at.map_or_else(|| self.date.clone(), |at| at.amz().to_string());
        let mut out = Vec::with_capacity(192);
        for line in [scope.algorithm().as_str(), &date, &scope_text] {
            out.extend_from_slice(line.as_bytes());
            out.push(b'\n');
        }
        out.extend_from_slice(hash);
        out
    }
}

fn header_parts(value: &[u8]) -> Result<(Algorithm, Parts<'_>), Unread> {
    let (scheme, rest) = split_scheme(value);
    let Some(algorithm) = Algorithm::of(scheme) else {
        return Err(if scheme.starts_with(b"AWS4-") {
            Unread::Malformed("its algorithm is not known".into())
        } else {
            Unread::NotSigned
        });
    };
    let malformed = |_| Unread::Malformed("the Authorization header does not follow its grammar".into());
    Ok((algorithm, parse_parameters(rest).map_err(malformed)?))
}

fn query_parts(query: &QueryAuth) -> Result<(Algorithm, Parts<'_>), Unread> {
    let Some(name) = &query.algorithm else { return Err(Unread::NotSigned) };
    let Some(algorithm) = Algorithm::of(name.as_bytes()) else {
        return Err(Unread::Malformed("its algorithm is not known".into()));
    };
    if let Some(name) = query.repeated {
        return Err(Unread::Malformed(format!("the parameter {name} comes twice")));
    }
    Ok((algorithm, query.parts()))
}

/// Key id, day, scope and terminator, split from the right: a key id may hold `/`.
fn split(
    credential: &str,
    algorithm: Algorithm,
    region_set: Option<&str>,
) -> Option<(String, String, Scope, String)> {
    let mut fields = credential.rsplitn(if algorithm == Algorithm::V4a { 4 } else { 5 }, '/');
    let (terminator, service) = (fields.next()?, fields.next()?);
    let scope = match algorithm {
        Algorithm::V4a => Scope::of_region_set(region_set?, service)?,
        Algorithm::V4 => Scope::new(fields.next()?, service),
    };
    let (day, access_key_id) = (fields.next()?, fields.next()?);
    Some((access_key_id.to_owned(), day.to_owned(), scope, terminator.to_owned()))
}
