//! How a request is to be signed, as the keywords of `sign`, `presign` and `explain` say it.

use awsaccess::sigv4::{Payload, Request, Scope, SessionToken, Settings};
use pyo3::prelude::*;

use crate::error::input;

/// How to sign, where the service wants it otherwise than its name says; the keywords of all three functions.
pub(crate) struct Options<'a> {
    pub(crate) payload: Option<&'a str>,
    pub(crate) double_encode: Option<bool>,
    pub(crate) normalize: Option<bool>,
    pub(crate) content_sha256_header: Option<bool>,
    pub(crate) session_token: &'a str,
    pub(crate) algorithm: Option<&'a str>,
}

impl Options<'_> {
    pub(crate) fn settings(&self) -> PyResult<Settings> {
        let session_token = match self.session_token {
            "sign" => SessionToken::Sign,
            "append" => SessionToken::Append,
            "omit" => SessionToken::Omit,
            "s3express" => SessionToken::S3Express,
            _ => return Err(input("session_token must be 'sign', 'append', 'omit' or 's3express'")),
        };
        Ok(Settings {
            double_encode: self.double_encode,
            normalize: self.normalize,
            content_sha256_header: self.content_sha256_header,
            session_token,
        })
    }

    /// What the signature is to be good for: one region, or with SigV4A a set of them.
    pub(crate) fn scope(
        &self,
        region: Option<&str>,
        region_set: Option<Vec<String>>,
        service: &str,
    ) -> PyResult<Scope> {
        if !matches!(self.algorithm, None | Some("v4" | "v4a")) {
            return Err(input("algorithm must be 'v4' or 'v4a'"));
        }
        match (region, region_set, self.algorithm) {
            (Some(_), Some(_), _) => Err(input("give region or region_set, not both")),
            (None, None, _) => Err(input("give region, or region_set for sigv4a")),
            (None, Some(_), Some("v4")) => Err(input("a region_set needs algorithm 'v4a'")),
            (None, Some(set), _) => Ok(Scope::regions(set, service)),
            (Some(region), None, Some("v4a")) => Ok(Scope::regions([region], service)),
            (Some(region), None, _) => Ok(Scope::new(region, service)),
        }
    }

    /// What is signed for the body: `payload` where given, else the body's hash. Without either, what the
    /// headers declare; and a link to S3 leaves its body open, as S3 computes it.
    pub(crate) fn payload<'b>(
        &self,
        request: &Request<'_>,
        body: Option<&'b [u8]>,
        s3_link: bool,
    ) -> PyResult<Payload<'b>> {
        if let Some(text) = self.payload {
            return Payload::parse(text).ok_or_else(|| {
                input("payload must be a sha-256 in lower-case hexadecimal or one of aws's literals, such as UNSIGNED-PAYLOAD")
            });
        }
        Ok(match body {
            Some(body) => Payload::Bytes(body),
            None if request.headers().first("x-amz-content-sha256").is_some() => Payload::Declared,
            None if s3_link => Payload::Unsigned,
            None => Payload::Bytes(b""),
        })
    }
}
