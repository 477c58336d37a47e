//! The OIDC service of IAM Identity Center: clients and tokens.
//!
//! <https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/>

use std::time::Duration;

use serde_json::{Value, json};

use super::Setup;
use super::token::{LONGEST, is_header_text};
use crate::effect::Http;
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::provider::endpoint::Service;
use crate::provider::object::Object;
pub(crate) use crate::provider::rest_json::Failure;
use crate::provider::rest_json::{ATTEMPTS, Call, call};
use crate::secret::Secret;
use crate::time::Time;

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// What a client asks to be allowed if the session names no scopes.
pub(crate) const DEFAULT_SCOPE: &str = "sso:account:access";
/// Where a redirect goes after signing in; a registration names no port.
pub(crate) const REDIRECT_PATH: &str = "/oauth/callback";

/// A registered client.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: Secret,
    pub(crate) ends: Time,
}

/// What a token call gives.
pub(crate) struct Tokens {
    pub(crate) access: Secret,
    pub(crate) refresh: Option<Secret>,
    pub(crate) lifetime: Duration,
}

/// What the device flow shows to a person, and polls with.
pub(crate) struct Device {
    pub(crate) code: Secret,
    pub(crate) user_code: String,
    pub(crate) page: String,
    /// The page that has the code filled in.
    pub(crate) complete_page: Option<String>,
    pub(crate) lifetime: Duration,
    pub(crate) interval: Duration,
}

/// What a client is registered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    Device,
    Code,
}

/// RegisterClient.
pub(crate) async fn register(
    flow: &Flow,
    setup: &Setup,
    grant: Grant,
    name: &str,
    scopes: &[String],
    start_url: &str,
) -> Result<Client, Failure> {
    let mut body = json!({ "clientName": name, "clientType": "public" });
    let code = grant == Grant::Code;
    let members = [
        (!scopes.is_empty(), "scopes", json!(scopes)),
        (code, "grantTypes", json!(["authorization_code", "refresh_token"])),
        (code, "redirectUris", json!([format!("http://127.0.0.1{REDIRECT_PATH}")])),
        (code, "issuerUrl", json!(start_url)),
    ];
    for (_, member, value) in members.into_iter().filter(|(wanted, ..)| *wanted) {
        if let Some(object) = body.as_object_mut() {
            object.insert(member.to_owned(), value);
        }
    }
    let reply = post(flow, setup, "/client/register", &body, &[]).await?;
    let client = || {
        Some(Client {
            id: reply.text("clientId")?.to_owned(),
            secret: reply.secret("clientSecret")?,
            ends: Time::from_unix(reply.number("clientSecretExpiresAt")?),
        })
    };
    Ok(client().ok_or_else(|| incomplete("a registration"))?)
}

/// StartDeviceAuthorization.
pub(crate) async fn device(
    flow: &Flow,
    setup: &Setup,
    client: &Client,
    start_url: &str,
) -> Result<Device, Failure> {
    let body = json!({
        "clientId": client.id,
        "clientSecret": client.secret.expose(),
        "startUrl": start_url,
    });
    let reply = post(flow, setup, "/device_authorization", &body, &[&client.secret]).await?;
    let device = || {
        let seconds = |name| reply.number(name).and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
        let page = |name| reply.text(name).filter(|page| is_page(page)).map(str::to_owned);
        let shown = |text: &&str| text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic());
        Some(Device {
            code: reply.secret("deviceCode")?,
            user_code: reply.text("userCode").filter(shown)?.to_owned(),
            page: page("verificationUri")?,
            complete_page: page("verificationUriComplete"),
            lifetime: Duration::from_secs(seconds("expiresIn")?.min(3600)),
            interval: Duration::from_secs(seconds("interval").unwrap_or(5).min(60)),
        })
    };
    Ok(device().ok_or_else(|| incomplete("a device authorization"))?)
}

/// CreateToken with a device code.
pub(crate) async fn by_device(
    flow: &Flow,
    setup: &Setup,
    client: &Client,
    device: &Secret,
) -> Result<Tokens, Failure> {
    // Asked again by the one who polls.
    token(flow, setup, client, (DEVICE_CODE, 1), &[("deviceCode", device.expose())], &[device]).await
}

/// CreateToken with an authorization code.
pub(crate) async fn by_code(
    flow: &Flow,
    setup: &Setup,
    client: &Client,
    code: &Secret,
    verifier: &Secret,
    redirect_uri: &str,
) -> Result<Tokens, Failure> {
    let members =
        [("code", code.expose()), ("redirectUri", redirect_uri), ("codeVerifier", verifier.expose())];
    token(flow, setup, client, ("authorization_code", ATTEMPTS), &members, &[code, verifier]).await
}

/// CreateToken with a refresh token.
pub(crate) async fn refresh(
    flow: &Flow,
    setup: &Setup,
    client: &Client,
    refresh: &Secret,
) -> Result<Tokens, Failure> {
    token(flow, setup, client, ("refresh_token", ATTEMPTS), &[("refreshToken", refresh.expose())], &[refresh])
        .await
}

async fn token(
    flow: &Flow,
    setup: &Setup,
    client: &Client,
    (grant, attempts): (&str, u32),
    members: &[(&str, &str)],
    secrets: &[&Secret],
) -> Result<Tokens, Failure> {
    let mut body = Object::default();
    body.set("clientId", client.id.as_str());
    body.set("clientSecret", client.secret.expose());
    body.set("grantType", grant);
    members.iter().for_each(|(name, value)| body.set(name, *value));
    let secrets: Vec<_> = secrets.iter().copied().chain([&client.secret]).collect();
    let reply = send(flow, setup, "/token", &body, attempts, &secrets).await?;
    let tokens = || {
        let seconds = reply.number("expiresIn").and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0)?;
        Some(Tokens {
            access: reply.secret("accessToken").filter(|token| is_header_text(token.expose()))?,
            refresh: reply.secret("refreshToken"),
            lifetime: Duration::from_secs(seconds).min(LONGEST),
        })
    };
    Ok(tokens().ok_or_else(|| incomplete("a token"))?)
}

async fn post(
    flow: &Flow,
    setup: &Setup,
    path: &str,
    body: &Value,
    secrets: &[&Secret],
) -> Result<Object, Failure> {
    let mut document = Object::default();
    for (name, value) in body.as_object().into_iter().flatten() {
        document.set(name, value.clone());
    }
    send(flow, setup, path, &document, ATTEMPTS, secrets).await
}

async fn send(
    flow: &Flow,
    setup: &Setup,
    path: &str,
    body: &Object,
    attempts: u32,
    secrets: &[&Secret],
) -> Result<Object, Failure> {
    let url = format!("{}{path}", setup.oidc);
    let named = Call { attempts, ..Call::new(Service::Oidc.name(), secrets) };
    call(flow, &named, |_| {
        let mut http = Http::new("POST", &url).header("content-type", "application/json");
        http.body = body.to_bytes();
        Ok(http)
    })
    .await
}

/// Whether a browser may be sent there: nothing but the web, over TLS, or on this machine.
fn is_page(url: &str) -> bool {
    let local = ["http://127.0.0.1", "http://localhost"];
    let local = local.iter().filter_map(|prefix| url.strip_prefix(prefix));
    let local = local.into_iter().any(|rest| rest.is_empty() || rest.starts_with([':', '/']));
    url.len() <= 2048 && url.bytes().all(|b| b.is_ascii_graphic()) && (url.starts_with("https://") || local)
}

fn incomplete(what: &str) -> Error {
    let message =
        format!("{} gave {what} that lacks a member, or has one that cannot be", Service::Oidc.name());
    Error::new(ErrorKind::Malformed, message)
}
