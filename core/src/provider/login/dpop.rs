//! The proof that a request comes from the one who holds the session's key (RFC 9449).

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::SecretKey;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::sec1::ToSec1Point;
use serde_json::json;
use zeroize::Zeroizing;

use crate::flow::Flow;
use crate::time::Time;

/// A key on the curve P-256.
#[derive(Clone)]
pub(crate) struct Key(SecretKey);

impl Key {
    /// A fresh one, from the seed of the task.
    pub(crate) fn generate(flow: &Flow) -> Option<Self> {
        // All but one of 2^32 draws are keys.
        (0..4).find_map(|_| SecretKey::from_slice(flow.random("dpop key").as_slice()).ok()).map(Self)
    }

    /// Reads `EC PRIVATE KEY` (SEC 1), or `PRIVATE KEY` (PKCS #8).
    pub(crate) fn from_pem(text: &str) -> Option<Self> {
        SecretKey::from_pem(text.trim_ascii()).ok().map(Self)
    }

    /// Writes `EC PRIVATE KEY`, as the AWS CLI does.
    pub(crate) fn to_pem(&self) -> Option<Zeroizing<String>> {
        self.0.to_sec1_pem(Default::default()).ok()
    }

    /// The proof for one request to `url`. Its signature is deterministic (RFC 6979), so no randomness is needed.
    pub(crate) fn proof(&self, url: &str, id: &str, now: Time) -> String {
        let encode = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
        let point = self.0.public_key().to_sec1_point(false);
        let coordinate = |field: Option<_>| {
            field.map(|bytes: &_| encode(AsRef::<[u8]>::as_ref(bytes))).unwrap_or_default()
        };
        let (x, y) = (coordinate(point.x()), coordinate(point.y()));
        let header = json!({
            "typ": "dpop+jwt",
            "alg": "ES256",
            "jwk": { "kty": "EC", "crv": "P-256", "x": x, "y": y },
        });
        let payload = json!({ "jti": id, "htm": "POST", "htu": url, "iat": now.unix() });
        let input =
            format!("{}.{}", encode(header.to_string().as_bytes()), encode(payload.to_string().as_bytes()));
        let signature: Signature = SigningKey::from(&self.0).sign(input.as_bytes());
        format!("{input}.{}", encode(&signature.to_bytes()))
    }
}

/// A random identifier (RFC 9562, version 4).
pub(crate) fn uuid(flow: &Flow) -> String {
    let random = flow.random("uuid");
    let mut hex = String::with_capacity(36);
    for (at, byte) in random.iter().take(16).enumerate() {
        let byte = match at {
            6 => byte & 0x0f | 0x40,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        if matches!(at, 4 | 6 | 8 | 10) {
            hex.push('-');
        }
        hex += &format!("{byte:02x}");
    }
    hex
}
