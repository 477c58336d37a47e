//! Signing with a key that the host holds, in a KMS, an HSM or another process, and is asked to use.
//!
//! Core never sees the key. It writes all of the request but the signature, asks for that with [`Sign`], and puts the
//! answer in its place.

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use super::ecdsa;
use super::error::{ResignError, SignError};
use super::payload::{DeclaredPayload, Payload};
use super::presign::{Presigned, presign};
use super::request::Request;
use super::resign::{Resigned, Upstream, resign};
use super::scope::{Algorithm, Scope};
use super::sign::{Settings, Signed, sign};
use super::signature::SignatureText;
use super::signer::Signer;
use super::verify::Verified;
use crate::effect::{Sign, SignAlgorithm};
use crate::error::{Error, ErrorKind};
use crate::flow;
use crate::secret::Secret;
use crate::step::Step;
use crate::time::Time;

/// A key by the name that the host knows it under, and what a request says of its owner.
///
/// For SigV4 it is the signing key of the day, the region and the service ("Calculate the signature" in the IAM User
/// Guide), of which an HMAC-SHA256 is asked; for SigV4A the P-256 key of the credentials, of which an ECDSA signature is
/// asked.
#[derive(Clone)]
pub struct HostKey {
    name: String,
    access_key_id: String,
    session_token: Option<Secret>,
    expires_at: Option<Time>,
}

impl HostKey {
    /// The key of that name signs for that key id.
    pub fn new(name: impl Into<String>, access_key_id: impl Into<String>) -> Self {
        Self { name: name.into(), access_key_id: access_key_id.into(), session_token: None, expires_at: None }
    }

    /// The token that temporary credentials are sent with. An empty token is no token.
    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<String>) -> Self {
        let token = Secret::new(token);
        self.session_token = (!token.is_empty()).then_some(token);
        self
    }

    /// The instant from which AWS refuses the credentials.
    #[must_use]
    pub const fn with_expiry(mut self, expires_at: Time) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// The name that the host is asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    pub(crate) const fn session_token(&self) -> Option<&Secret> {
        self.session_token.as_ref()
    }

    pub(crate) const fn expires_at(&self) -> Option<Time> {
        self.expires_at
    }
}

impl fmt::Debug for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostKey")
            .field("name", &self.name)
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// As [`sign`], with a signature that the host is asked for once.
///
/// ```
/// use awsaccess::credentials::SigningKey;
/// use awsaccess::secret::Secret;
/// use awsaccess::sigv4::{HostKey, Payload, Request, Scope, Settings, sign_by_host};
/// use awsaccess::step::Step;
/// use awsaccess::time::Time;
/// # fn hmac_of_the_device(message: &[u8]) -> Vec<u8> {
/// #     let (_, _) = (message, SigningKey::derive(&Secret::new("s"), Time::from_unix(0), "r", "s"));
/// #     vec![7; 32]
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let now = Time::from_unix(1_440_938_160);
/// let headers = [("Host", "example.amazonaws.com")];
/// let request = Request::new("GET", "/", &headers);
/// let scope = Scope::new("us-east-1", "service");
/// let key = HostKey::new("hsm:today", "AKIDEXAMPLE");
/// let step = sign_by_host(&request, Payload::Bytes(b""), &key, &scope, &Settings::default(), now)?;
/// let Step::Sign(ask) = step else { panic!("{step:?}") };
/// let signature = hmac_of_the_device(&ask.request().message);
/// let Step::Done(signed) = ask.answer(now, Ok(signature)) else { panic!("one question") };
/// assert_eq!(signed?.signature(), "07".repeat(32));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`sign`]; [`SignError::HostKey`] for a body that is signed piece by piece. The step's own: what the host said, or
/// that its answer is no signature.
pub fn sign_by_host(
    request: &Request<'_>,
    payload: Payload<'_>,
    key: &HostKey,
    scope: &Scope,
    settings: &Settings,
    now: Time,
) -> Result<Step<Signed>, SignError> {
    let asked = RefCell::default();
    let mut signed = sign(request, payload, Signer::host(key, &asked), scope, settings, now)?;
    let sent = request.headers().first("x-amz-content-sha256").filter(|_| payload == Payload::Declared);
    let declared = DeclaredPayload::parse(sent);
    if matches!(payload, Payload::Streaming(_)) || matches!(declared, Some(DeclaredPayload::Streaming(_))) {
        return Err(SignError::HostKey);
    }
    Ok(ask(key, scope.algorithm(), asked.take(), now, move |signature| {
        signed.fill(signature);
        signed
    }))
}

/// As [`presign`], with a signature that the host is asked for once.
///
/// # Errors
/// As [`presign`]. The step's own: what the host said, or that its answer is no signature.
pub fn presign_by_host(
    request: &Request<'_>,
    payload: Payload<'_>,
    key: &HostKey,
    scope: &Scope,
    settings: &Settings,
    expires: Duration,
    now: Time,
) -> Result<Step<Presigned>, SignError> {
    let asked = RefCell::default();
    let mut signed = presign(request, payload, Signer::host(key, &asked), scope, settings, expires, now)?;
    Ok(ask(key, scope.algorithm(), asked.take(), now, move |signature| {
        signed.fill(signature);
        signed
    }))
}

/// As [`resign`], with a signature that the host is asked for once.
///
/// # Errors
/// As [`resign`]; [`ResignError::Payload`] for a body that is signed piece by piece. The step's own: what the host said,
/// or that its answer is no signature.
pub fn resign_by_host(
    verified: Verified,
    upstream: &Upstream,
    key: &HostKey,
    now: Time,
) -> Result<Step<Resigned>, ResignError> {
    if let DeclaredPayload::Streaming(kind) = verified.payload() {
        return Err(ResignError::Payload(kind.as_str()));
    }
    let (algorithm, in_query) = (verified.algorithm(), verified.is_presigned());
    let asked = RefCell::default();
    let mut resigned = resign(verified, upstream, Signer::host(key, &asked), now)?;
    Ok(ask(key, algorithm, asked.take(), now, move |signature| {
        resigned.fill(signature, in_query);
        resigned
    }))
}

/// Asks for the signature of a message, and goes on with its text.
fn ask<T: Send + 'static>(
    key: &HostKey,
    algorithm: Algorithm,
    message: Vec<u8>,
    now: Time,
    then: impl FnOnce(&[u8]) -> T + Send + 'static,
) -> Step<T> {
    let by = match algorithm {
        Algorithm::V4 => SignAlgorithm::HmacSha256,
        Algorithm::V4a => SignAlgorithm::EcdsaSha256Der,
    };
    let question = Sign::new(key.name(), by, message);
    // Nothing is drawn from the seed.
    flow::start(now, [0; 32], |flow| async move {
        let answer = flow.ask(question).await.map_err(|refusal| refusal.error("sign"))?;
        let signature = answer.map_err(|failure| Error::new(ErrorKind::Declined, failure.reason))?;
        let text = match algorithm {
            Algorithm::V4 => signature.as_slice().try_into().ok().map(SignatureText::of_hmac),
            Algorithm::V4a => ecdsa::Signature::from_der(&signature).as_ref().map(SignatureText::of_ecdsa),
        };
        let text = text.ok_or_else(|| {
            Error::new(ErrorKind::Malformed, format!("the host gave no {} signature", by.name()))
        })?;
        Ok(then(&text))
    })
}
