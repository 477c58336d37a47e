//! The signer of the AWS SDK for Rust, as a client that owes core nothing: heads, links, and the chunks of a body.

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningInstructions, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::{SigningParams, calculate_signature, generate_signing_key};
use awsaccess::credentials::Credentials;
use awsaccess::time::Time;
use sha2::{Digest, Sha256};

/// What is signed, and for what.
pub(crate) struct Job<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    pub(crate) target: &'a str,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) keys: &'a Credentials,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) at: SystemTime,
}

impl Job<'_> {
    fn sign(&self, body: SignableBody<'_>, expires: Option<Duration>) -> (SigningInstructions, String) {
        let mut settings = SigningSettings::default();
        if self.service == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        if expires.is_some() {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
            settings.expires_in = expires;
        }
        let identity = aws_credential_types::Credentials::from(self.keys).into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(self.at)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let url = format!("https://{}{}", self.host, self.target);
        let request = SignableRequest::new(self.method, url, headers, body).unwrap();
        sign(request, &params).unwrap().into_parts()
    }

    /// The header fields after signing, and the signature.
    pub(crate) fn headers(&self, body: SignableBody<'_>) -> (Vec<(String, String)>, String) {
        let (instructions, signature) = self.sign(body, None);
        let mut headers = self.headers.to_vec();
        headers.extend(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())));
        (headers, signature)
    }

    /// The target with the signature in its query.
    pub(crate) fn link(&self, expires: Duration) -> String {
        let (instructions, _) = self.sign(SignableBody::UnsignedPayload, Some(expires));
        let mut target = self.target.to_owned();
        for (name, value) in instructions.params() {
            target.push(if target.contains('?') { '&' } else { '?' });
            let escaped =
                value.replace('%', "%25").replace('/', "%2F").replace(';', "%3B").replace('+', "%2B");
            target.push_str(&format!("{name}={}", escaped.replace('=', "%3D")));
        }
        target
    }

    /// A body of signed chunks, by the pages of the Amazon S3 API reference.
    pub(crate) fn chunks(
        &self,
        seed: &str,
        data: &[u8],
        size: usize,
        trailer: Option<(&str, &str)>,
    ) -> Vec<u8> {
        let secret = self.keys.secret_access_key().expose();
        let key = generate_signing_key(secret, self.at, self.region, self.service);
        let hash = |bytes: &[u8]| -> String {
            Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let date = Time::from(self.at).amz();
        let scope = format!("{date}\n{}/{}/{}/aws4_request", date.day(), self.region, self.service);
        let (mut last, mut out) = (seed.to_owned(), Vec::new());
        for chunk in data.chunks(size).chain([&b""[..]]) {
            let text = format!("AWS4-HMAC-SHA256-PAYLOAD\n{scope}\n{last}\n{}\n{}", hash(b""), hash(chunk));
            last = calculate_signature(key.as_ref(), text.as_bytes());
            out.extend(format!("{:x};chunk-signature={last}\r\n", chunk.len()).into_bytes());
            out.extend(chunk);
            // The final chunk is followed by the trailers, which have a line break of their own at the end.
            if !chunk.is_empty() || trailer.is_none() {
                out.extend(b"\r\n");
            }
        }
        if let Some((name, value)) = trailer {
            let text = format!(
                "AWS4-HMAC-SHA256-TRAILER\n{scope}\n{last}\n{}",
                hash(format!("{name}:{value}\n").as_bytes())
            );
            let signature = calculate_signature(key.as_ref(), text.as_bytes());
            out.extend(format!("{name}:{value}\r\nx-amz-trailer-signature:{signature}\r\n\r\n").into_bytes());
        }
        out
    }
}
