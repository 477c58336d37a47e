//! What was signed offline: presigned URLs and the tokens made of them, recognised, proven and signed again.

use std::time::Duration;

use awsaccess::error::ErrorKind;
use awsaccess::secret::Secret;
use awsaccess::sigv4::{OfflinePresign, ProvenPresign, VerifyErrorKind, is_s3_family};
use napi::JsString;
use napi::bindgen_prelude::{Either, Env, External};
use napi_derive::napi;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::fault::{Fault, Out, answer, either};
use crate::piece::{Pieces, time};
use crate::sigv4::{Key, policy};

/// A secret of the usual length that belongs to nobody.
const NOBODYS: &str = "0000000000000000000000000000000000000000";

/// The text, with the signed headers that are not in it: a flat list of JSON.
fn read(text: &[u8], headers: &str) -> Result<Option<OfflinePresign>, Fault> {
    let headers: Vec<String> = serde_json::from_str(headers).map_err(|_| Fault::internal())?;
    let mut pairs = headers.chunks_exact(2);
    Ok(OfflinePresign::recognize(text).map(|presign| {
        pairs.by_ref().fold(presign, |presign, pair| match pair {
            [name, value] => presign.with_header(name, value),
            _ => presign,
        })
    }))
}

/// What it is, as JSON; `null` for a text that is nothing of the kind.
#[napi]
pub(crate) fn recognize_presign<'e>(
    env: &'e Env,
    text: &[u8],
    headers: String,
) -> napi::Result<JsString<'e>> {
    answer(env, || {
        Ok(Out::json(match read(text, &headers)? {
            None => Value::Null,
            Some(found) => json!({
                "kind": found.kind().name(), "accessKeyId": found.access_key_id(), "region": found.region(),
                "service": found.service(), "host": found.host(), "resource": found.resource(),
                "signedAt": found.signed_at().unix_millis(), "expiresAt": found.expires_at().unix_millis(),
                "missingHeaders": found.missing_headers(),
            }),
        }))
    })
}

/// Proves it with what a lookup gave.
#[napi]
pub(crate) fn verify_presign(
    text: &[u8],
    headers: String,
    secret: Option<String>,
    token: Option<String>,
    delegate: Option<String>,
    rules: String,
    now: f64,
) -> Either<External<ProvenPresign>, String> {
    let key = Key::read(secret, token, delegate);
    either(|| {
        let (key, policy, now) = (key?, policy(&rules)?, time(now));
        let presign = read(text, &headers)?.ok_or_else(Fault::internal)?;
        let service = presign.service().to_owned();
        let proven = match &key {
            Key::Secret(secret, token) => presign.verify((secret, token.as_ref()), &policy, now),
            Key::Delegate(delegate) => presign.verify(&**delegate, &policy, now),
            Key::Unknown => presign.verify(&Secret::new(NOBODYS), &policy, now),
        };
        // Whose key is not known goes through the same steps as whose is.
        let unknown = matches!(key, Key::Unknown) && !policy.uniform_errors;
        let proven = proven.map_err(|error| match error.kind() {
            VerifyErrorKind::SignatureMismatch | VerifyErrorKind::InvalidToken if unknown => {
                unknown_key(&service)
            }
            _ => error.into(),
        })?;
        Ok(External::new(proven))
    })
}

/// Told as a claim of such a key is.
fn unknown_key(service: &str) -> Fault {
    let (code, message) = if is_s3_family(service) {
        ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    } else {
        ("InvalidClientTokenId", "The security token included in the request is invalid.")
    };
    Fault::new(ErrorKind::Verify, message)
        .with("kind", VerifyErrorKind::UnknownKey.name())
        .with("awsCode", code)
        .with("status", 403)
        .with("operatorDetail", "the key id is not known here")
}

/// The method that was signed.
#[napi]
pub(crate) fn presign_method<'e>(
    env: &'e Env,
    proven: &External<ProvenPresign>,
) -> napi::Result<JsString<'e>> {
    answer(env, || Ok(Out::Text(Zeroizing::new(proven.method().to_owned()))))
}

/// Signs it again. Pieces: the credentials; `longest` is milliseconds. The text is characters up to U+00FF.
#[napi]
pub(crate) fn resign_presign<'e>(
    env: &'e Env,
    proven: &External<ProvenPresign>,
    credentials: String,
    longest: Option<f64>,
    now: f64,
) -> napi::Result<JsString<'e>> {
    let credentials = Zeroizing::new(credentials);
    answer(env, || {
        let keys = Pieces::read(&credentials, 4, None)?.credentials()?;
        let longest = longest.map(|longest| Duration::from_millis(longest as u64));
        let out = proven.resign(&keys, longest, time(now))?;
        let text: String = out.text().iter().copied().map(char::from).collect();
        Ok(Out::json(json!({
            "text": text, "expiresAt": out.expires_at().unix_millis(),
            "lifetime": out.lifetime().as_secs_f64(), "limitedBy": out.limited_by().name(),
        })))
    })
}
