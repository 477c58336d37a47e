//! The AWS SDK for Rust's own signer, as a judge: it signs what we signed, and the signatures must be equal.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use awsaccess::credentials::Credentials;
use awsaccess::time::Time;

/// One signature to be made again.
pub(crate) struct Judged<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    /// All that is signed, the host included; without the date and the token, which the judge adds itself.
    pub(crate) headers: &'a [(String, String)],
    pub(crate) payload: Body<'a>,
    pub(crate) credentials: &'a Credentials,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) expires: Option<Duration>,
    pub(crate) at: Time,
}

#[derive(Clone, Copy)]
pub(crate) enum Body<'a> {
    Bytes(&'a [u8]),
    Literal(&'a str),
}

impl Judged<'_> {
    /// The signature that aws-sigv4 computes, in hexadecimal.
    pub(crate) fn signature(&self) -> Result<String, String> {
        self.signature_with(|_| {})
    }

    /// As [`Judged::signature`], with more of the judge's settings.
    pub(crate) fn signature_with(&self, adjust: impl FnOnce(&mut SigningSettings)) -> Result<String, String> {
        let s3 = self.service.starts_with("s3");
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode =
            if s3 { PercentEncodingMode::Single } else { PercentEncodingMode::Double };
        settings.uri_path_normalization_mode =
            if s3 { UriPathNormalizationMode::Disabled } else { UriPathNormalizationMode::Enabled };
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
        settings.excluded_headers = None;
        if self.expires.is_some() {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = self.expires;
        }
        adjust(&mut settings);
        let identity = aws_credential_types::Credentials::from(self.credentials).into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(SystemTime::from(self.at))
            .settings(settings)
            .build()
            .map_err(|error| error.to_string())?
            .into();
        let host = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        let url = format!("https://{}{}", host.map_or("", |(_, host)| host), self.target);
        let body = match self.payload {
            Body::Bytes(bytes) => SignableBody::Bytes(bytes),
            Body::Literal("STREAMING-UNSIGNED-PAYLOAD-TRAILER") => {
                SignableBody::StreamingUnsignedPayloadTrailer
            }
            Body::Literal("UNSIGNED-PAYLOAD") => SignableBody::UnsignedPayload,
            Body::Literal(hash) => SignableBody::Precomputed(hash.to_owned()),
        };
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let request =
            SignableRequest::new(self.method, url, headers, body).map_err(|error| error.to_string())?;
        let (_, signature) = sign(request, &params).map_err(|error| error.to_string())?.into_parts();
        Ok(signature)
    }
}
