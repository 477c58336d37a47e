//! `RegisterClient`, and what a client may do.

use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::{Ending, Papers, invalid_request, keep};
use crate::encoding::random_text;
use crate::failure::Failure;
use crate::message::{Reply, Request};
use crate::state::State;

const LIFETIME: i64 = 90 * 86_400;
pub(super) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub(super) const REFRESH_TOKEN: &str = "refresh_token";
pub(super) const AUTHORIZATION_CODE: &str = "authorization_code";

/// A registered client.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) secret: String,
    pub(super) expires_at: i64,
    pub(super) scopes: Vec<String>,
    pub(super) grant_types: Vec<String>,
    pub(super) redirect_uris: Vec<String>,
    /// The place of the instance that the client named, if it did.
    pub(super) center: Option<usize>,
}

impl Ending for Client {
    fn ends_at(&self) -> i64 {
        self.expires_at
    }
}

/// The members of a body of JSON.
pub(crate) struct Members(Value);

impl Members {
    pub(crate) fn of(request: &Request) -> Option<Self> {
        serde_json::from_slice(&request.body).ok().filter(Value::is_object).map(Self)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn wanted(&self, name: &str) -> Result<&str, Failure> {
        self.text(name).ok_or_else(|| invalid_request(&format!("{name} is missing")))
    }

    /// A list of texts; empty if it is absent.
    pub(super) fn list(&self, name: &str) -> Result<Vec<String>, Failure> {
        let wrong = || invalid_request(&format!("{name} is no list of texts"));
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(list)) => {
                list.iter().map(|text| text.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
            }
            Some(_) => Err(wrong()),
        }
    }
}

pub(super) fn members(request: &Request) -> Result<Members, Failure> {
    Members::of(request).ok_or_else(|| invalid_request("the body is no JSON object"))
}

/// The base of a loopback address that a browser may be sent to, without its port; `None` for any other address.
pub(crate) fn loopback(uri: &str) -> Option<String> {
    let rest = uri.strip_prefix("http://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    matches!(host, "127.0.0.1" | "[::1]" | "localhost").then(|| format!("http://{host}/{path}"))
}

pub(super) fn register(state: &State, request: &Request, base: &str, now: i64) -> Result<Reply, Failure> {
    let members = members(request)?;
    members.wanted("clientName")?;
    if members.wanted("clientType")? != "public" {
        let message = "only clients of the type public can be registered";
        return Err(Failure::new(400, "InvalidClientMetadataException", message));
    }
    let scopes = members.list("scopes")?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b":._-/".contains(&byte);
    if scopes.iter().any(|scope| scope.is_empty() || !scope.bytes().all(fits)) {
        return Err(Failure::new(400, "InvalidScopeException", "a scope is malformed"));
    }
    let mut grant_types = members.list("grantTypes")?;
    if grant_types
        .iter()
        .any(|kind| ![DEVICE_CODE, REFRESH_TOKEN, AUTHORIZATION_CODE].contains(&kind.as_str()))
    {
        let message = "a grant type is not supported";
        return Err(Failure::new(400, "UnsupportedGrantTypeException", message));
    }
    let redirect_uris = members.list("redirectUris")?;
    if redirect_uris.iter().any(|uri| loopback(uri).is_none()) {
        return Err(Failure::new(400, "InvalidRedirectUriException", "a redirect URI is not on loopback"));
    }
    let center = match members.text("issuerUrl") {
        None => None,
        Some(url) => {
            let at = state.world.identity_centers.iter().position(|center| center.start_url == url);
            Some(at.ok_or_else(|| invalid_request("issuerUrl is no instance of IAM Identity Center"))?)
        }
    };
    if grant_types.iter().any(|kind| kind == AUTHORIZATION_CODE) {
        if redirect_uris.is_empty() {
            return Err(Failure::new(400, "InvalidRedirectUriException", "redirectUris is missing"));
        }
        if center.is_none() {
            return Err(invalid_request("issuerUrl is missing"));
        }
    }
    if grant_types.is_empty() {
        grant_types = vec![DEVICE_CODE.into(), REFRESH_TOKEN.into()];
    }
    let id = random_text(22, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    let secret = state.keyring.secret("eyJraWQiOiJrZXkt", 180);
    let expires_at = now + LIFETIME;
    let reply = json!({
        "clientId": id, "clientSecret": secret, "clientIdIssuedAt": now, "clientSecretExpiresAt": expires_at,
        "authorizationEndpoint": format!("{base}/authorize"), "tokenEndpoint": format!("{base}/token")});
    let client = Client { secret, expires_at, scopes, grant_types, redirect_uris, center };
    keep(&mut crate::lock(&state.desk.0).clients, id, client, now);
    Ok(Reply::new(200, reply.to_string()).header("Content-Type", "application/json"))
}

impl Papers {
    /// The client that a request names, with its secret found right.
    pub(super) fn client(&self, members: &Members, now: i64) -> Result<(String, Client), Failure> {
        let (id, secret) = (members.wanted("clientId")?, members.wanted("clientSecret")?);
        self.clients
            .get(id)
            .filter(|client| {
                client.expires_at > now && bool::from(client.secret.as_bytes().ct_eq(secret.as_bytes()))
            })
            .map(|client| (id.to_owned(), client.clone()))
            .ok_or_else(|| {
                Failure::new(
                    401,
                    "InvalidClientException",
                    "the client is not registered, or its secret is wrong",
                )
            })
    }
}

impl Client {
    pub(super) fn may(&self, grant_type: &str) -> Result<(), Failure> {
        if self.grant_types.iter().any(|kind| kind == grant_type) {
            return Ok(());
        }
        let message = "the client is not registered for this grant type";
        Err(Failure::new(400, "UnauthorizedClientException", message))
    }
}

#[cfg(test)]
mod tests {
    use super::loopback;

    #[test]
    fn loopback_addresses_without_their_ports() {
        let base = Some("http://127.0.0.1/oauth/callback".to_owned());
        assert_eq!(loopback("http://127.0.0.1/oauth/callback"), base);
        assert_eq!(loopback("http://127.0.0.1:40123/oauth/callback"), base);
        for other in [
            "https://127.0.0.1/",
            "http://127.0.0.1.example.com/",
            "http://u@127.0.0.1/",
            "http://127.0.0.1:1@x/",
        ] {
            assert_eq!(loopback(other), None, "{other}");
        }
    }
}
