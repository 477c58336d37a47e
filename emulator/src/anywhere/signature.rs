//! The signature of a request by a certificate's key: the canonical request of version 4, signed without a derived key.

use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::pki_types::SignatureVerificationAlgorithm;
use webpki::{EndEntityCert, ring};

use super::certificate::Presented;
use super::{denied, invalid};
use crate::clock::parse_compact;
use crate::encoding::{hex, percent_encode, text_of};
use crate::failure::Failure;
use crate::message::Request;

const SKEW: i64 = 300;

/// What the `Authorization` header says.
pub(super) struct Claim {
    /// The certificate's serial number, decimal.
    pub(super) serial: String,
    pub(super) region: String,
    pub(super) signed_headers: Vec<String>,
}

pub(super) fn check(request: &Request, presented: &Presented, now: i64) -> Result<Claim, Failure> {
    let header = request.header("authorization").ok_or_else(|| denied("Missing Authentication Token"))?;
    let (algorithm, rest) = header.split_once(' ').unwrap_or_default();
    let part = |name: &str| {
        let mut parts = rest.split(',').filter_map(|part| part.trim().split_once('='));
        parts.find(|(known, _)| *known == name).map(|(_, value)| value)
    };
    let incomplete = || denied("the Authorization header is incomplete");
    let credential: Vec<&str> = part("Credential").ok_or_else(incomplete)?.split('/').collect();
    let [serial, day, region, "rolesanywhere", "aws4_request"] = credential.as_slice() else {
        return Err(denied("the credential scope is malformed"));
    };
    let signed_headers = part("SignedHeaders").ok_or_else(incomplete)?;
    let signature = part("Signature").and_then(unhex).ok_or_else(incomplete)?;
    let date = request.header("x-amz-date").unwrap_or_default();
    let at = parse_compact(date).ok_or_else(|| denied("X-Amz-Date is missing or malformed"))?;
    if (now - at).abs() > SKEW {
        return Err(denied("Signature expired or not yet valid"));
    }
    if !date.starts_with(*day) {
        return Err(denied("the date of the credential scope is another one than X-Amz-Date"));
    }
    if decimal(&presented.serial) != *serial {
        return Err(denied("the serial number in the credential is not the certificate's"));
    }
    let names: Vec<String> = signed_headers.split(';').map(str::to_owned).collect();
    if !names.is_sorted_by(|left, right| left < right) {
        return Err(denied("SignedHeaders are not in order"));
    }
    let mut needed = vec!["host", "x-amz-date", "x-amz-x509"];
    if request.header_bytes("x-amz-x509-chain").is_some() {
        needed.push("x-amz-x509-chain");
    }
    if needed.iter().any(|name| !names.iter().any(|signed| signed == name)) {
        return Err(denied("a header that must be signed is not"));
    }

    let canonical = hex(&Sha256::digest(canonical(request, &names)?));
    let text = format!("{algorithm}\n{date}\n{day}/{region}/rolesanywhere/aws4_request\n{canonical}");
    let leaf = EndEntityCert::try_from(&presented.leaf).map_err(|_| denied("Untrusted certificate"))?;
    let algorithms: Vec<&dyn SignatureVerificationAlgorithm> = match algorithm {
        "AWS4-X509-RSA-SHA256" => vec![ring::RSA_PKCS1_2048_8192_SHA256],
        "AWS4-X509-ECDSA-SHA256" => vec![ring::ECDSA_P256_SHA256, ring::ECDSA_P384_SHA256],
        _ => return Err(invalid(format!("the algorithm {algorithm} is not supported"))),
    };
    let right = algorithms
        .iter()
        .any(|algorithm| leaf.verify_signature(*algorithm, text.as_bytes(), &signature).is_ok());
    if !right {
        return Err(denied("The request signature does not match the signature provided"));
    }
    Ok(Claim { serial: (*serial).to_owned(), region: (*region).to_owned(), signed_headers: names })
}

fn canonical(request: &Request, names: &[String]) -> Result<String, Failure> {
    let mut query: Vec<(String, String)> = request
        .params()
        .iter()
        .map(|(name, value)| (percent_encode(name.as_bytes(), b""), percent_encode(value.as_bytes(), b"")))
        .collect();
    query.sort();
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut canonical = format!("{}\n{}\n{}\n", request.method, request.path, query.join("&"));
    for name in names {
        let values: Vec<String> = request
            .headers
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| text_of(value).split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        if values.is_empty() {
            return Err(denied(format!("the signed header {name} is missing")));
        }
        canonical.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    canonical.push_str(&format!("\n{}\n{}", names.join(";"), hex(&Sha256::digest(&request.body))));
    Ok(canonical)
}

/// A big-endian number in decimal digits.
fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0_u32];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let value = *digit * 256 + carry;
            *digit = value % 10;
            carry = value / 10;
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
    }
    digits.iter().rev().filter_map(|digit| char::from_digit(*digit, 10)).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn serial_numbers_are_decimal() {
        assert_eq!(decimal(&[]), "0");
        assert_eq!(decimal(&[1, 0]), "256");
        assert_eq!(decimal(&[255; 16]), u128::MAX.to_string());
    }
}
