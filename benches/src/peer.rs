//! The peers: the AWS SDK for Rust's signer, and the hashing that no signer can avoid.

use std::future::Future as _;
use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use awsaccess::credentials::Credentials;
use awsaccess::time::Time;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// aws-sigv4's `sign` over the same request.
pub fn aws_sigv4(
    headers: &[(&str, &str)],
    body: &[u8],
    identity: &aws_credential_types::Credentials,
    now: Time,
) -> String {
    let identity = identity.clone().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("dynamodb")
        .time(SystemTime::from(now))
        .settings(SigningSettings::default())
        .build()
        .expect("complete")
        .into();
    let url = "https://dynamodb.us-east-1.amazonaws.com/";
    let request = SignableRequest::new("POST", url, headers.iter().copied(), SignableBody::Bytes(body))
        .expect("a valid request");
    sign(request, &params).expect("signed").into_parts().1
}

/// reqsign-aws-v4's `sign_request`, which takes the hash of the body from the caller and the time from the clock; its
/// future never waits.
pub fn reqsign(
    signer: &reqsign_aws_v4::RequestSigner,
    context: &reqsign_core::Context,
    head: &http::request::Parts,
    body: &[u8],
    identity: &reqsign_aws_v4::Credential,
) -> http::request::Parts {
    use reqsign_core::SignRequest as _;
    let mut head = head.clone();
    let hash: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    head.headers.insert("x-amz-content-sha256", hash.parse().expect("hexadecimal"));
    {
        let mut signing = std::pin::pin!(signer.sign_request(context, &mut head, Some(identity), None));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let std::task::Poll::Ready(signed) = signing.as_mut().poll(&mut context) else {
            panic!("it waits for nothing")
        };
        signed.expect("signed");
    }
    head
}

/// The least that signing must hash.
pub fn limit(body: &[u8], canonical: &[u8], to_sign: &[u8], key: &[u8; 32]) -> [u8; 32] {
    std::hint::black_box(Sha256::digest(body));
    std::hint::black_box(Sha256::digest(canonical));
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    mac.chain_update(to_sign).finalize().into_bytes().into()
}

/// Credentials in the SDK's type.
pub fn identity(credentials: &Credentials) -> aws_credential_types::Credentials {
    credentials.into()
}
