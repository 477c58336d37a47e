//! Checks signatures as a service of AWS does, with AWS's own signer as the judge.
//!
//! A request is signed again by the crate aws-sigv4, over exactly the headers that its client signed. Where that
//! signer cannot express what a client did (a `Date` header instead of `X-Amz-Date`, header bytes that are not
//! text), the canonical request is built here and only key and signature come from it.

mod canonical;
mod chunked;
mod claim;
mod events;
mod key;
mod oracle;
mod payload;
mod refusal;

use std::sync::Arc;

use subtle::ConstantTimeEq as _;

use crate::blob::Blob;
use crate::keyring::{Key, Keyring};
use crate::message::Request;
pub(crate) use claim::Claim;
pub(crate) use key::Algorithm;
use key::SigningKey;
pub(crate) use payload::{Checksum, md5};
pub(crate) use refusal::Refusal;

/// A request whose signature and body are right.
pub(crate) struct Verified {
    pub(crate) key: Key,
    pub(crate) claim: Claim,
    /// The body without its framing.
    pub(crate) body: Blob,
    /// The checksum that came with the body and was found right.
    pub(crate) checksum: Option<Checksum>,
}

/// Whether a service signs paths as they are on the wire, encoded once and never normalised.
pub(crate) fn is_s3(service: &str) -> bool {
    matches!(service, "s3" | "s3express" | "s3-object-lambda" | "s3-outposts")
}

/// Checks everything about a signed request: key, token, time, scope, signature, body.
pub(crate) fn verify(
    request: &Request,
    claim: Claim,
    keyring: &Keyring,
    now: i64,
) -> Result<Verified, Refusal> {
    let key = keyring.find(&claim.access_key_id).ok_or(Refusal::UnknownKey)?;
    match (&key.token, &claim.token) {
        (None, None) => {}
        (Some(_), None) => return Err(Refusal::TokenMissing),
        (Some(wanted), Some(given)) if bool::from(wanted.as_bytes().ct_eq(given.as_bytes())) => {}
        _ => return Err(Refusal::TokenMismatch),
    }
    if key.expires_at.is_some_and(|expiry| now >= expiry) {
        return Err(Refusal::TokenExpired);
    }
    claim.check_time(now)?;
    claim.check_scope(request)?;
    claim.check_signed_headers(request)?;

    let payload = payload::declared(request, &claim)?;
    let signing_key = SigningKey::of(&key, &claim, claim.signed_at).ok_or(Refusal::UnknownKey)?;
    let canonical = canonical::request(request, &claim, &payload);
    let string_to_sign = canonical::string_to_sign(&claim, &canonical);
    // With SigV4A there are many right signatures, so that none can be made again.
    let again = match claim.algorithm {
        Algorithm::Hmac => oracle::signature(request, &claim, &payload, &key),
        Algorithm::Ecdsa => None,
    };
    let is_right = match again {
        Some(wanted) => wanted.as_bytes().ct_eq(claim.signature.as_bytes()).into(),
        None => signing_key.accepts(&string_to_sign, &claim.signature),
    };
    if !is_right {
        return Err(Refusal::SignatureMismatch { string_to_sign, canonical });
    }
    let (body, checksum) = payload::decode(request, &claim, &payload, &signing_key, &key)?;
    Ok(Verified { key, claim, body: Blob::new(body, Some(Arc::clone(&request.reservation))), checksum })
}

#[cfg(test)]
mod tests {
    use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};

    use super::*;
    use crate::blob::Budget;
    use crate::clock::{compact, system_time};
    use crate::keyring::{Identity, Session};

    const NOW: i64 = 1_440_938_160;

    fn request(target: &str, headers: &[(&str, &str)]) -> Request {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let mut all = vec![("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")];
        all.extend_from_slice(headers);
        let headers = all.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        Request {
            method: "GET".into(),
            path: path.into(),
            query,
            headers: headers.collect(),
            body: bytes::Bytes::new(),
            reservation: Arc::new(Budget::new(1).reservation()),
        }
    }

    fn claim(request: &Request, service: &str) -> Claim {
        let mut signed_headers: Vec<String> = request.headers.iter().map(|(name, _)| name.clone()).collect();
        signed_headers.sort();
        signed_headers.dedup();
        Claim {
            algorithm: Algorithm::Hmac,
            access_key_id: "AKIDEXAMPLE".into(),
            scope_date: compact(NOW)[..8].to_owned(),
            region: "us-east-1".into(),
            service: service.into(),
            signed_headers,
            signature: String::new(),
            signed_at: NOW,
            presigned: false,
            expires: 0,
            token: None,
        }
    }

    fn key() -> Key {
        Key {
            id: "AKIDEXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            token: None,
            expires_at: None,
            identity: Identity::Root { account: "111111111111".into() },
            session: Session::default(),
        }
    }

    /// The canonical request that S3's errors show is the one that AWS's signer signs.
    #[test]
    fn our_canonical_request_is_the_signers() {
        let targets = [
            "/",
            "/a/b",
            "/a//b",
            "//a",
            "/a/./b",
            "/a/../b",
            "/../a",
            "/a/..",
            "/a/.",
            "/a/",
            "/a%20b/%C3%A9",
            "/a%2Fb",
            "/a(b)!*'",
            "/~-_.",
            "/?a=b",
            "/?b=2&a=1&a=0",
            "/?a",
            "/?a&&b=",
            "/?a=b%20c&d=%2F",
            "/?a=b+c",
            "/?%E1%88%B4=bar",
            "/?a=~-_.",
            "/?a=x=y",
            "/?A=1&a=2",
            "/?a-b=1&a=2",
        ];
        let header_sets: [&[(&str, &str)]; 3] = [
            &[],
            &[("user-agent", "a/1"), ("x-amzn-trace-id", "t")],
            &[("my-header", " a   b "), ("my-header", "c")],
        ];
        for service in ["s3", "service"] {
            for (target, headers) in targets.iter().flat_map(|target| header_sets.map(|set| (target, set))) {
                let request = request(target, headers);
                let claim = claim(&request, service);
                let payload = "UNSIGNED-PAYLOAD";
                let canonical = canonical::request(&request, &claim, payload);
                let string = canonical::string_to_sign(&claim, &canonical);
                let signing_key =
                    generate_signing_key(&key().secret, system_time(NOW), &claim.region, service);
                assert_eq!(
                    oracle::signature(&request, &claim, payload, &key()),
                    Some(calculate_signature(&signing_key, string.as_bytes())),
                    "{service} {target} {}",
                    String::from_utf8_lossy(&canonical)
                );
            }
        }
    }
}
