//! The request, and what the private key signs of it: Signature Version 4 with a certificate in place of a secret.
//!
//! <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-sign-process.html>

use std::fmt::Write as _;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::RolesAnywhere;
use super::certificate::Certificates;
use crate::effect::{Http, SignAlgorithm, Url};
use crate::sts;
use crate::time::Time;

/// A request that lacks its signature.
pub(super) struct Request {
    url: String,
    /// In lower case and by name, as they are signed.
    headers: Vec<(&'static str, String)>,
    body: String,
    algorithm: &'static str,
    credential: String,
    string_to_sign: String,
}

impl Request {
    pub(super) fn new(
        roles: &RolesAnywhere,
        certificates: &Certificates,
        place: &Url,
        region: &str,
        now: Time,
    ) -> Self {
        let date = now.amz();
        let algorithm = match certificates.sign_with() {
            SignAlgorithm::RsaPkcs1Sha256 => "AWS4-X509-RSA-SHA256",
            _ => "AWS4-X509-ECDSA-SHA256",
        };
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("host", place.authority.clone()),
            ("x-amz-date", date.as_str().to_owned()),
            ("x-amz-x509", certificates.own().to_owned()),
        ];
        headers.extend(certificates.chain().map(|chain| ("x-amz-x509-chain", chain)));
        let query = query(roles);
        let body = body(roles);
        let path = format!("{}/sessions", place.path);
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let canonical = format!("POST\n{path}\n{query}\n{lines}\n{names}\n{}", hash(body.as_bytes()));
        let scope = format!("{}/{region}/rolesanywhere/aws4_request", date.day());
        let string_to_sign =
            format!("{algorithm}\n{}\n{scope}\n{}", date.as_str(), hash(canonical.as_bytes()));
        let credential = format!("{}/{scope}, SignedHeaders={names}", certificates.serial());
        let url = format!("{}/sessions?{query}", place.base);
        Self { url, headers, body, algorithm, credential, string_to_sign }
    }

    /// The bytes that the key signs.
    pub(super) fn string_to_sign(&self) -> &str {
        &self.string_to_sign
    }

    pub(super) fn signed(&self, signature: &[u8]) -> Http {
        let authorization =
            format!("{} Credential={}, Signature={}", self.algorithm, self.credential, hex(signature));
        let http = Http::new("POST", self.url.as_str()).body(self.body.as_str());
        let headers = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        headers
            .chain([("authorization", authorization.as_str())])
            .fold(http, |http, (name, value)| http.header(name, value))
    }
}

/// By name, as it is signed.
fn query(roles: &RolesAnywhere) -> String {
    let mut query = String::new();
    for (name, value) in [
        ("profileArn=", &roles.profile_arn),
        ("&roleArn=", &roles.role_arn),
        ("&trustAnchorArn=", &roles.trust_anchor_arn),
    ] {
        query.push_str(name);
        sts::encode(value, &mut query);
    }
    query
}

fn body(roles: &RolesAnywhere) -> String {
    let mut body = Map::new();
    if let Some(duration) = roles.duration {
        body.insert("durationSeconds".to_owned(), Value::from(duration.as_secs()));
    }
    if let Some(name) = &roles.session_name {
        body.insert("roleSessionName".to_owned(), Value::from(name.as_str()));
    }
    Value::Object(body).to_string()
}

fn hash(data: &[u8]) -> String {
    hex(&Sha256::digest(data))
}

fn hex(data: &[u8]) -> String {
    data.iter().fold(String::with_capacity(data.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
