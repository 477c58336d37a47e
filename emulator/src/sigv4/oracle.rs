//! Signs a request again with aws-sigv4.

use std::borrow::Cow;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest,
    SignatureLocation, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;

use super::{Claim, canonical, is_s3};
use crate::clock::{compact, system_time};
use crate::encoding::{percent_decode, raw_pairs};
use crate::keyring::Key;
use crate::message::Request;

/// The signature that aws-sigv4 gives the request, over exactly the headers that the client signed; `None` if the
/// request is outside of what that signer can express.
pub(super) fn signature(request: &Request, claim: &Claim, payload: &str, key: &Key) -> Option<String> {
    let s3 = is_s3(&claim.service);
    let mut headers = Vec::new();
    for name in &claim.signed_headers {
        for (_, value) in request.headers.iter().filter(|(header, _)| header == name) {
            let value = std::str::from_utf8(value).ok()?;
            if value.chars().any(char::is_control) {
                return None;
            }
            headers.push((name.as_str(), value));
        }
    }
    let mut settings = SigningSettings::default();
    settings.excluded_headers = None;
    if s3 {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    if claim.presigned {
        // The signer leaves these two out of a presigned request whatever it is told.
        if claim.signs("x-amz-user-agent") || claim.signs("x-amz-checksum-mode") {
            return None;
        }
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(claim.expires.into()));
        if claim.has_late_token() {
            settings.session_token_mode = SessionTokenMode::Exclude;
        }
    } else {
        // The signer adds the date that it is given, and so cannot leave out a header or sign another one.
        if !claim.signs("x-amz-date") || request.header("x-amz-date") != Some(&compact(claim.signed_at)) {
            return None;
        }
        if key.token.is_some() && !claim.signs("x-amz-security-token") {
            settings.session_token_mode = SessionTokenMode::Exclude;
        }
        if claim.signs("x-amz-content-sha256") {
            if request.header("x-amz-content-sha256") != Some(payload) {
                return None;
            }
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
    }

    let path: Cow<'_, str> =
        if s3 { canonical::s3_path(&request.path).into() } else { request.path.as_str().into() };
    let mut uri = format!("https://{}{path}", request.header("host")?);
    let query = rest_of_query(request, claim)?;
    if !query.is_empty() {
        uri.push('?');
        uri.push_str(&query);
    }

    let identity = Credentials::new(&key.id, &key.secret, key.token.clone(), None, "emulator").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&claim.region)
        .name(&claim.service)
        .time(system_time(claim.signed_at))
        .settings(settings)
        .build()
        .ok()?;
    let body = SignableBody::Precomputed(payload.to_owned());
    let signable = SignableRequest::new(&request.method, uri, headers.into_iter(), body).ok()?;
    Some(sign(signable, &params.into()).ok()?.into_parts().1)
}

/// The query without what the signer adds to a presigned request by itself.
fn rest_of_query(request: &Request, claim: &Claim) -> Option<String> {
    const ADDED: [&[u8]; 7] = [
        b"X-Amz-Algorithm",
        b"X-Amz-Credential",
        b"X-Amz-Date",
        b"X-Amz-Expires",
        b"X-Amz-SignedHeaders",
        b"X-Amz-Security-Token",
        b"X-Amz-Signature",
    ];
    let raw = request.query.as_deref().unwrap_or_default();
    let mut rest = Vec::new();
    for (name, value) in raw_pairs(raw.as_bytes()) {
        let decoded = percent_decode(name);
        if std::str::from_utf8(&decoded).is_err() || std::str::from_utf8(&percent_decode(value)).is_err() {
            return None;
        }
        if !(claim.presigned && ADDED.contains(&decoded.as_slice())) {
            rest.push(format!("{}={}", std::str::from_utf8(name).ok()?, std::str::from_utf8(value).ok()?));
        }
    }
    Some(rest.join("&"))
}
