//! The token call of the sign-in service (CreateOAuth2Token).
//!
//! <https://docs.aws.amazon.com/signin/latest/APIReference/API_CreateOAuth2Token.html>

use std::time::Duration;

use super::dpop::uuid;
use super::{Address, Key, Session};
use crate::effect::Http;
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::provider::endpoint::{Rules, Service, address};
use crate::provider::object::Object;
use crate::provider::rest_json::{Call, Failure, call};
use crate::secret::Secret;

/// As long as credentials may be said to last.
const LONGEST: Duration = Duration::from_secs(12 * 3600);

/// What the call gives.
pub(crate) struct Tokens {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: Secret,
    pub(super) session_token: Secret,
    pub(super) lifetime: Duration,
    pub(super) refresh: Secret,
    pub(crate) id_token: Option<Secret>,
}

impl Address {
    /// The address for the region of the session's file, or else the configured one.
    pub(crate) fn of(&self, own: Option<&str>) -> Result<String, Error> {
        let region = own.or(self.region.as_deref());
        if region.is_none() && self.url.is_none() {
            let message =
                "the region of the login session is not known; set region in the profile, or AWS_REGION";
            return Err(Error::new(ErrorKind::Config, message));
        }
        let rules = Rules {
            region: region.unwrap_or_default(),
            url: self.url.as_deref(),
            fips: self.fips,
            dual_stack: self.dual_stack,
        };
        address(Service::SignIn, &rules)
    }
}

/// Trades the session's refresh token.
pub(super) async fn refresh(flow: &Flow, base: &str, session: &Session) -> Result<Tokens, Failure> {
    let refresh = &session.refresh_token;
    let mut body = Object::default();
    body.set("clientId", session.client_id.as_str());
    body.set("grantType", "refresh_token");
    body.set("refreshToken", refresh.expose());
    token(flow, base, &session.key, &body, &[refresh]).await
}

/// Trades an authorization code.
pub(crate) async fn exchange(
    flow: &Flow,
    base: &str,
    key: &Key,
    (client_id, redirect_uri): (&str, &str),
    code: &Secret,
    verifier: &Secret,
) -> Result<Tokens, Failure> {
    let mut body = Object::default();
    body.set("clientId", client_id);
    body.set("grantType", "authorization_code");
    body.set("code", code.expose());
    body.set("codeVerifier", verifier.expose());
    body.set("redirectUri", redirect_uri);
    token(flow, base, key, &body, &[code, verifier]).await
}

async fn token(
    flow: &Flow,
    base: &str,
    key: &Key,
    body: &Object,
    secrets: &[&Secret],
) -> Result<Tokens, Failure> {
    let url = format!("{base}/v1/token");
    let dated = Call { dated: true, ..Call::new(Service::SignIn.name(), secrets) };
    let mut reply = call(flow, &dated, |now| {
        let proof = key.proof(&url, &uuid(flow), now);
        let http = Http::new("POST", &url).header("content-type", "application/json").header("DPoP", proof);
        Ok(Http { body: body.to_bytes(), ..http })
    })
    .await?;
    let access = reply.take("accessToken");
    let tokens = || {
        let access = access.as_ref()?;
        let seconds = reply.number("expiresIn").and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0)?;
        Some(Tokens {
            access_key_id: access.text("accessKeyId")?.to_owned(),
            secret_access_key: access.secret("secretAccessKey")?,
            session_token: access.secret("sessionToken")?,
            lifetime: Duration::from_secs(seconds).min(LONGEST),
            refresh: reply.secret("refreshToken")?,
            id_token: reply.secret("idToken"),
        })
    };
    let incomplete = || {
        let message =
            format!("{} gave a token that lacks a member, or has one that cannot be", Service::SignIn.name());
        Error::new(ErrorKind::Malformed, message)
    };
    Ok(tokens().ok_or_else(incomplete)?)
}
