//! Signing in with a browser on this machine: an authorization code that comes back to a loopback port, with PKCE
//! (RFC 7636, RFC 8252).

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::registration;
use super::sso::{Attempt, refused, with_default};
use crate::effect::{Listen, ListenReply};
use crate::error::{Error, ErrorKind};
use crate::flow::{Flow, Refusal};
use crate::provider::login::uuid;
use crate::provider::sso::oidc::{self, Client, Grant, REDIRECT_PATH, Tokens};
use crate::secret::Secret;
use crate::sts::encode;

/// How long a person has for the page.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Signs in; the inner error is a host that does not listen.
pub(super) async fn sign_in(attempt: &mut Attempt<'_>) -> Result<Result<(Client, Tokens), Refusal>, Error> {
    let scopes = with_default(&attempt.scopes);
    let flow = attempt.world.flow.clone();
    for anew in [false, true] {
        let client = registration::client(attempt, Grant::Code, &scopes, anew).await?;
        let pkce = Pkce::new(&flow);
        let mut page = format!("{}/authorize", attempt.setup.oidc);
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", client.id.as_str()),
            ("redirect_uri", REDIRECT),
            ("state", pkce.state.expose()),
            ("code_challenge_method", "S256"),
            ("scopes", &scopes.join(" ")),
            ("code_challenge", &pkce.challenge),
        ] {
            parameter(&mut page, name, value);
        }
        let redirect = match listen(&flow, page).await? {
            Ok(redirect) => redirect,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let code = pkce.code(redirect.query.expose())?;
        let uri = redirect_uri(redirect.port);
        match oidc::by_code(&flow, attempt.setup, &client, &code, &pkce.verifier, &uri).await {
            Ok(tokens) => return Ok(Ok((client, tokens))),
            Err(failure) if failure.is("InvalidClient") && !anew => {}
            Err(failure) => return Err(refused(failure)),
        }
    }
    Err(Error::new(ErrorKind::Denied, "the sign-in failed: the service does not accept its own registration"))
}

/// Where the redirect goes; the host puts the port in.
const REDIRECT: &str = "http://127.0.0.1:{port}/oauth/callback";

/// The same with the port that was listened on.
pub(super) fn redirect_uri(port: u16) -> String {
    format!("http://127.0.0.1:{port}{REDIRECT_PATH}")
}

/// Opens the page and takes its redirect; the inner error is a host that does not do so.
pub(super) async fn listen(flow: &Flow, page: String) -> Result<Result<ListenReply, Refusal>, Error> {
    match flow.ask(Listen::new(page, REDIRECT_PATH, TIMEOUT)).await {
        Ok(Ok(redirect)) => Ok(Ok(redirect)),
        Ok(Err(failure)) => {
            let message = format!("the browser did not come back: {}", failure.reason);
            Err(Error::new(ErrorKind::Timeout, message))
        }
        Err(Refusal::Declined) => Ok(Err(Refusal::Declined)),
        Err(refusal) => Err(refusal.error("listen for a redirect")),
    }
}

/// Adds a parameter to an address; the place of the port stays as it is.
pub(super) fn parameter(url: &mut String, name: &str, value: &str) {
    url.push(if url.contains('?') { '&' } else { '?' });
    url.push_str(name);
    url.push('=');
    let mut parts = value.splitn(2, "{port}");
    encode(parts.next().unwrap_or_default(), url);
    if let Some(rest) = parts.next() {
        url.push_str("{port}");
        encode(rest, url);
    }
}

/// The redirect's place in a parameter, with the port open.
pub(super) const fn open_redirect() -> &'static str {
    REDIRECT
}

/// What binds a redirect to the sign-in that it answers.
pub(super) struct Pkce {
    pub(super) state: Secret,
    pub(super) verifier: Secret,
    pub(super) challenge: String,
}

impl Pkce {
    pub(super) fn new(flow: &Flow) -> Self {
        // 48 bytes are 64 characters, all of which a verifier may have.
        let (first, second) = (flow.random("pkce verifier"), flow.random("pkce verifier"));
        let bytes: Zeroizing<Vec<u8>> =
            Zeroizing::new(first.iter().chain(second.iter()).copied().take(48).collect());
        let verifier = Secret::new(Base64UrlUnpadded::encode_string(&bytes));
        let challenge = Base64UrlUnpadded::encode_string(&Sha256::digest(verifier.expose()));
        Self { state: Secret::new(uuid(flow)), verifier, challenge }
    }

    /// The authorization code of a redirect's query, if the redirect is the answer to this sign-in.
    pub(super) fn code(&self, query: &str) -> Result<Secret, Error> {
        let foreign = || {
            let message = "the redirect does not belong to this sign-in; start it again";
            Error::new(ErrorKind::Denied, message)
        };
        let mut states = values(query, "state");
        let (Some(state), None) = (states.next(), states.next()) else { return Err(foreign()) };
        if !self.state.matches(state.as_bytes()) {
            return Err(foreign());
        }
        if let Some(error) = values(query, "error").next() {
            let description = values(query, "error_description").next();
            let description = description.map(|text| format!(": {}", text.as_str())).unwrap_or_default();
            let message = format!("the sign-in was refused on its page, {}{description}", error.as_str());
            return Err(Error::new(ErrorKind::Denied, message));
        }
        let mut codes = values(query, "code").filter(|code| !code.is_empty());
        match (codes.next(), codes.next()) {
            (Some(code), None) => Ok(Secret::new(code.as_str())),
            _ => Err(Error::new(ErrorKind::Malformed, "the redirect of the sign-in brings no code")),
        }
    }
}

/// Every value of a parameter, decoded. One that is no text is passed over.
fn values<'a>(query: &'a str, name: &'a str) -> impl Iterator<Item = Zeroizing<String>> + 'a {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(move |(own, _)| *own == name).filter_map(|(_, value)| decode(value))
}

fn decode(text: &str) -> Option<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |b: u8| char::from(b).to_digit(16).and_then(|n| u8::try_from(n).ok());
                digit(rest.next()?)? << 4 | digit(rest.next()?)?
            }
            other => other,
        });
    }
    std::str::from_utf8(&bytes).ok().map(|text| Zeroizing::new(text.to_owned()))
}
