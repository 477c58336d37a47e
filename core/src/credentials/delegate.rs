//! Credentials that sign for one day, region and service, without the secret.

use std::fmt;

use super::{Credentials, SigningKey};
use crate::secret::Secret;
use crate::time::Time;

/// What a process needs that signs on behalf of one that keeps the secret: the key id, a [`SigningKey`], and the session
/// token that must go with it.
///
/// ```
/// use awsaccess::credentials::Credentials;
/// use awsaccess::sigv4::{Payload, Request, Scope, Settings, sign};
/// use awsaccess::time::Time;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let now = Time::from_unix(1_440_938_160);
/// let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
/// let delegate = credentials.delegate(now, "us-east-1", "service");
/// let headers = [("Host", "example.amazonaws.com")];
/// let request = Request::new("GET", "/", &headers);
/// let scope = Scope::new("us-east-1", "service");
/// let signed = sign(&request, Payload::Bytes(b""), &delegate, &scope, &Settings::default(), now)?;
/// assert_eq!(signed.signature(), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
/// let elsewhere = Scope::new("eu-west-1", "service");
/// assert!(sign(&request, Payload::Bytes(b""), &delegate, &elsewhere, &Settings::default(), now).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Delegate {
    access_key_id: String,
    session_token: Option<Secret>,
    expires_at: Option<Time>,
    key: SigningKey,
}

impl Delegate {
    /// A key for the key id that it was derived for.
    pub fn new(access_key_id: impl Into<String>, key: SigningKey) -> Self {
        Self { access_key_id: access_key_id.into(), session_token: None, expires_at: None, key }
    }

    /// The token that temporary credentials are sent with. An empty token is no token.
    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<String>) -> Self {
        let token = Secret::new(token);
        self.session_token = (!token.is_empty()).then_some(token);
        self
    }

    /// The instant from which AWS refuses the credentials; the key itself ends with its day.
    #[must_use]
    pub const fn with_expiry(mut self, expires_at: Time) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// The public name of the key.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The session token of temporary credentials.
    #[must_use]
    pub const fn session_token(&self) -> Option<&Secret> {
        self.session_token.as_ref()
    }

    /// When the credentials expire; `None` for long-lived keys.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Time> {
        self.expires_at
    }

    /// What signs.
    #[must_use]
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }
}

impl Credentials {
    /// What signs in their place on the day of `day` (in UTC), for one region and service. There is none for SigV4A,
    /// whose key belongs to no day.
    #[must_use]
    pub fn delegate(&self, day: Time, region: &str, service: &str) -> Delegate {
        Delegate {
            access_key_id: self.access_key_id().to_owned(),
            session_token: self.session_token().cloned(),
            expires_at: self.expires_at(),
            key: self.signing_key(day, region, service),
        }
    }
}

impl fmt::Debug for Delegate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delegate")
            .field("access_key_id", &self.access_key_id)
            .field("region", &self.key.region())
            .field("service", &self.key.service())
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
