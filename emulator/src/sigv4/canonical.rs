//! The canonical request and the string to sign, built here from the bytes that arrived.
//!
//! Shown in S3's error replies, and the judge where aws-sigv4 cannot express a request.

use sha2::{Digest as _, Sha256};

use super::{Claim, is_s3};
use crate::clock::compact;
use crate::encoding::{form_decode, hex, percent_decode, percent_encode, raw_pairs};
use crate::message::Request;

pub(super) fn request(request: &Request, claim: &Claim, payload: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for line in [&request.method, &path(request, &claim.service), &query(request, claim)] {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    for name in &claim.signed_headers {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        let values: Vec<_> = request
            .headers
            .iter()
            .filter(|(header, _)| header == name)
            .map(|(_, value)| trim(value))
            .collect();
        out.extend_from_slice(&values.join(&b','));
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(claim.signed_headers.join(";").as_bytes());
    out.push(b'\n');
    out.extend_from_slice(payload.as_bytes());
    out
}

pub(super) fn string_to_sign(claim: &Claim, canonical: &[u8]) -> String {
    let hash = hex(&Sha256::digest(canonical));
    format!("{}\n{}\n{}\n{hash}", claim.algorithm.name(), compact(claim.signed_at), claim.scope())
}

/// S3 decodes the path that arrived and encodes it strictly, once. The others take what arrived, resolve dots and
/// repeated slashes, and encode that once more.
fn path(request: &Request, service: &str) -> String {
    if is_s3(service) {
        return s3_path(&request.path);
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in request.path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    let mut path = format!("/{}", segments.join("/"));
    let is_folder = ["/", "/.", "/.."].iter().any(|end| request.path.ends_with(end));
    if is_folder && !segments.is_empty() {
        path.push('/');
    }
    percent_encode(path.as_bytes(), b"/")
}

/// The path as S3 canonicalises it.
pub(super) fn s3_path(raw: &str) -> String {
    // An encoded slash is a part of a segment: each segment is decoded and encoded on its own.
    let segments = raw.split('/').map(|segment| percent_encode(&percent_decode(segment.as_bytes()), b""));
    let path = segments.collect::<Vec<_>>().join("/");
    if path.is_empty() { "/".into() } else { path }
}

fn query(request: &Request, claim: &Claim) -> String {
    let raw = request.query.as_deref().unwrap_or_default();
    let mut pairs: Vec<(String, String)> = raw_pairs(raw.as_bytes())
        .map(|(name, value)| {
            (percent_encode(&form_decode(name), b""), percent_encode(&form_decode(value), b""))
        })
        .filter(|(name, _)| !(claim.presigned && name == "X-Amz-Signature"))
        .filter(|(name, _)| !(claim.has_late_token() && name == "X-Amz-Security-Token"))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Trims a header value and folds runs of white space into one space.
fn trim(value: &[u8]) -> Vec<u8> {
    value
        .split(|byte| matches!(byte, b' ' | b'\t'))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(&b' ')
}
