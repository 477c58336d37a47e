//! Federation into the console: a session's credentials for a token, and that for the console, once.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>

use serde_json::{Value, json};

use crate::keyring::{Identity, Key};
use crate::message::{Reply, Request};
use crate::page::{self, redirect};
use crate::state::State;
use crate::sts;

/// How long a token can be used.
const TOKEN_SECONDS: i64 = 900;
const SHORTEST: u32 = 900;
const LONGEST: u32 = 43_200;

/// What a token stands for.
pub(super) struct Ticket {
    ends_at: i64,
    /// The address that gave it, which alone takes it.
    base: String,
}

/// Answers a request to `/federation`. `base` is the address that the client used.
pub(super) fn answer(state: &State, request: &Request, base: &str, now: i64) -> Reply {
    let params = sts::parameters(request);
    let one = |name: &str| {
        let mut found = params.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        found.next().filter(|_| found.next().is_none())
    };
    let result = match one("Action") {
        Some("getSigninToken") => token(state, one("Session"), one("SessionDuration"), base, now),
        Some("login") => login(state, one("SigninToken"), one("Destination"), base, now),
        _ => Err("The action is not one of this page."),
    };
    result.unwrap_or_else(|text| page::plain(400, text))
}

/// What may be said of a refusal: the page shows no more than that.
type Refused = &'static str;

fn token(
    state: &State,
    session: Option<&str>,
    duration: Option<&str>,
    base: &str,
    now: i64,
) -> Result<Reply, Refused> {
    let session: Value =
        serde_json::from_str(session.unwrap_or_default()).map_err(|_| "The session is no JSON.")?;
    let text = |name: &str| session[name].as_str().unwrap_or_default();
    let key = state.keyring.find(text("sessionId")).ok_or("The session is unknown.")?;
    let is_right = key.secret == text("sessionKey") && key.token.as_deref() == Some(text("sessionToken"));
    if !is_right || key.expires_at.is_none_or(|end| end <= now) {
        return Err("The session is not valid, or has expired.");
    }
    check(state, &key, duration)?;
    let token = state.keyring.secret("", 120);
    let mut entries = crate::lock(&state.logins.0);
    if entries.console.len() >= super::MAX_ENTRIES {
        entries.console.clear();
    }
    entries.console.insert(token.clone(), Ticket { ends_at: now + TOKEN_SECONDS, base: base.to_owned() });
    Ok(Reply::new(200, json!({"SigninToken": token}).to_string()).header("Content-Type", "application/json"))
}

/// Whether such a session can sign in, for so long.
fn check(state: &State, key: &Key, duration: Option<&str>) -> Result<(), Refused> {
    let Identity::Role { .. } = &key.identity else {
        return match (&key.identity, duration) {
            (Identity::Federated { .. }, None) => Ok(()),
            (Identity::Federated { .. }, Some(_)) => Err("A federated user's session has its own duration."),
            _ => Err("Only a role's or a federated user's session can sign in."),
        };
    };
    let Some(duration) = duration else { return Ok(()) };
    let seconds: u32 = duration.parse().map_err(|_| "The duration is no number.")?;
    let most = state.role(&key.identity.principal_arn()).map_or(3600, |(role, _)| role.max_session_duration);
    match seconds {
        _ if !(SHORTEST..=LONGEST).contains(&seconds) => Err("The duration is not 900 to 43200 seconds."),
        _ if !key.session.first => Err("The role was assumed by a role; leave the duration out."),
        _ if seconds > most => Err("The duration is longer than the role's maximum."),
        _ => Ok(()),
    }
}

fn login(
    state: &State,
    token: Option<&str>,
    destination: Option<&str>,
    base: &str,
    now: i64,
) -> Result<Reply, Refused> {
    let destination =
        destination.filter(|url| url.starts_with("https://")).ok_or("There is no destination.")?;
    let host = destination["https://".len()..].split(['/', '?', '#']).next().unwrap_or_default();
    let is_console = [".aws.amazon.com", ".amazonaws.cn", ".amazonaws-us-gov.com", ".amazonaws-eusc.eu"]
        .iter()
        .filter_map(|domain| host.strip_suffix(domain))
        .any(|name| name == "console" || name.ends_with(".console"));
    if !is_console {
        return Err("The destination is no page of the console.");
    }
    let ticket = crate::lock(&state.logins.0).console.remove(token.unwrap_or_default());
    match ticket {
        Some(ticket) if now < ticket.ends_at && ticket.base == base => Ok(redirect(destination)),
        _ => Err("The token is unknown, was used, or has expired."),
    }
}
