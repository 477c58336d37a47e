//! The authorization endpoint: a browser comes, a user approves, and the browser goes back to the client with a code
//! (RFC 6749 with RFC 7636).

use super::client::{AUTHORIZATION_CODE, loopback};
use super::{Ending, keep};
use crate::message::{Reply, Request};
use crate::page::{self, redirect, with_query};
use crate::state::State;

const CODE_SECONDS: i64 = 600;

/// A code that waits to be redeemed.
#[derive(Clone)]
pub(super) struct Code {
    pub(super) client: String,
    pub(super) center: usize,
    pub(super) user: String,
    pub(super) scopes: Vec<String>,
    pub(super) redirect_uri: String,
    /// The challenge that the verifier's SHA-256 must meet.
    pub(super) challenge: String,
    pub(super) expires_at: i64,
}

impl Ending for Code {
    fn ends_at(&self) -> i64 {
        self.expires_at
    }
}

/// What a browser asks.
struct Question {
    client: String,
    center: usize,
    scopes: Vec<String>,
    redirect_uri: String,
    state: String,
    challenge: String,
}

/// Why a question cannot be put to a user.
enum Wrong {
    /// The browser must not be sent anywhere.
    Stays(&'static str),
    /// The client is told, by the browser.
    Back { redirect_uri: String, state: String, error: &'static str },
}

type Params = [(String, String)];

fn param<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

impl Question {
    fn read(state: &State, params: &Params, now: i64) -> Result<Self, Wrong> {
        let text = |name: &str| param(params, name).unwrap_or_default();
        let papers = crate::lock(&state.desk.0);
        let client = papers
            .clients
            .get(text("client_id"))
            .filter(|client| client.expires_at > now)
            .ok_or(Wrong::Stays("The client is not registered."))?;
        let redirect_uri = text("redirect_uri").to_owned();
        let base = loopback(&redirect_uri);
        let known = client.redirect_uris.iter().any(|uri| base.is_some() && loopback(uri) == base);
        if !known {
            return Err(Wrong::Stays("The redirect URI is not registered."));
        }
        let back = |error| Wrong::Back {
            redirect_uri: redirect_uri.clone(),
            state: text("state").to_owned(),
            error,
        };
        if text("response_type") != "code" {
            return Err(back("unsupported_response_type"));
        }
        client.may(AUTHORIZATION_CODE).map_err(|_| back("unauthorized_client"))?;
        let challenge = text("code_challenge");
        if text("code_challenge_method") != "S256" || challenge.len() != 43 || text("state").is_empty() {
            return Err(back("invalid_request"));
        }
        let scopes: Vec<String> =
            text("scopes").split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
        if !scopes.iter().all(|scope| client.scopes.contains(scope)) {
            return Err(back("invalid_scope"));
        }
        Ok(Self {
            client: text("client_id").to_owned(),
            center: client.center.unwrap_or_default(),
            scopes: if scopes.is_empty() { client.scopes.clone() } else { scopes },
            redirect_uri: redirect_uri.clone(),
            state: text("state").to_owned(),
            challenge: challenge.to_owned(),
        })
    }
}

impl Wrong {
    fn reply(self) -> Reply {
        match self {
            Self::Stays(text) => page::plain(400, text),
            Self::Back { redirect_uri, state, error } => {
                redirect(&with_query(&redirect_uri, &[("error", error), ("state", &state)]))
            }
        }
    }
}

/// Approves what an authorization URL's query asks, for a user: the address that the browser is sent to. `None` if the
/// question is wrong or there is no such user.
pub(crate) fn approve(state: &State, params: &Params, user: &str, now: i64) -> Option<String> {
    let question = Question::read(state, params, now).ok()?;
    let center = state.world.identity_centers.get(question.center)?;
    center.users.iter().find(|known| known.name == user)?;
    let code = state.keyring.secret("", 60);
    let location = with_query(&question.redirect_uri, &[("code", code.as_str()), ("state", &question.state)]);
    let entry = Code {
        client: question.client,
        center: question.center,
        user: user.to_owned(),
        scopes: question.scopes,
        redirect_uri: question.redirect_uri,
        challenge: question.challenge,
        expires_at: now + CODE_SECONDS,
    };
    keep(&mut crate::lock(&state.desk.0).codes, code, entry, now);
    Some(location)
}

/// The pages `/authorize`, `/authorize/approve` and `/authorize/deny`.
pub(crate) fn answer(state: &State, request: &Request, now: i64) -> Reply {
    let params = request.params();
    let question = match Question::read(state, &params, now) {
        Ok(question) => question,
        Err(wrong) => return wrong.reply(),
    };
    let Some(center) = state.world.identity_centers.get(question.center) else {
        return page::plain(400, "There is no IAM Identity Center.");
    };
    let user = match request.path.as_str() {
        "/authorize/approve" => param(&params, "user"),
        "/authorize/deny" => {
            let Question { redirect_uri, state, .. } = question;
            return Wrong::Back { redirect_uri, state, error: "access_denied" }.reply();
        }
        _ => center.signed_in.as_deref(),
    };
    match user {
        Some(user) => match approve(state, &params, user, now) {
            Some(location) => redirect(&location),
            None => page::plain(400, "There is no such user."),
        },
        None => {
            let query = request.query.as_deref().unwrap_or_default();
            page::choice(
                &format!("A client asks for access to {}", center.start_url),
                center.users.iter().map(|user| user.name.as_str()),
                &format!("/authorize/approve?{query}&user="),
                &format!("/authorize/deny?{query}"),
            )
        }
    }
}
