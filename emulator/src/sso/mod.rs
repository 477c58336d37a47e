//! IAM Identity Center: the portal that gives out credentials, and the OpenID Connect service that gives out the
//! tokens which the portal wants.
//!
//! <https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/Welcome.html>,
//! <https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/Welcome.html>

mod authorize;
mod client;
mod device;
mod portal;
mod token;

use std::collections::HashMap;
use std::sync::Mutex;

use authorize::answer as authorize;
pub(crate) use authorize::approve;
pub(crate) use client::{Members, loopback};
pub(crate) use device::decide;
use device::page as device_page;
pub(crate) use portal::answer as portal;

use crate::failure::Failure;
use crate::message::{Reply, Request};
use crate::state::State;
use crate::world::{CenterUser, IdentityCenter};

/// More than a test makes; what comes beyond displaces what has ended, then all.
const MAX_ENTRIES: usize = 10_000;

/// Everything that was given out and is not yet used up.
#[derive(Default)]
pub(crate) struct Desk(Mutex<Papers>);

/// Clients, codes and tokens, by their text.
#[derive(Default)]
struct Papers {
    clients: HashMap<String, client::Client>,
    devices: HashMap<String, device::Device>,
    codes: HashMap<String, authorize::Code>,
    access: HashMap<String, Grant>,
    refresh: HashMap<String, Grant>,
    sessions: u64,
}

/// What a token stands for.
#[derive(Clone)]
struct Grant {
    /// The place of the instance in the world.
    center: usize,
    user: String,
    client: String,
    scopes: Vec<String>,
    /// One sign-in, which ends as a whole with a logout.
    session: u64,
    /// Seconds since the epoch.
    expires_at: i64,
    /// When the sign-in ends, seconds since the epoch.
    session_ends_at: i64,
}

/// Something that ends.
trait Ending {
    fn ends_at(&self) -> i64;
}

impl Ending for Grant {
    fn ends_at(&self) -> i64 {
        self.expires_at
    }
}

/// Adds an entry, within bounds.
fn keep<T: Ending>(entries: &mut HashMap<String, T>, name: String, entry: T, now: i64) {
    if entries.len() >= MAX_ENTRIES {
        entries.retain(|_, entry| entry.ends_at() > now);
    }
    if entries.len() >= MAX_ENTRIES {
        entries.clear();
    }
    entries.insert(name, entry);
}

impl Grant {
    fn center<'a>(&self, state: &'a State) -> Option<&'a IdentityCenter> {
        state.world.identity_centers.get(self.center)
    }

    fn user<'a>(&self, state: &'a State) -> Option<&'a CenterUser> {
        self.center(state)?.users.iter().find(|user| user.name == self.user)
    }
}

/// Signs a user in as if by a browser: an access token of the instance with this start URL.
pub(crate) fn token_for(state: &State, start_url: &str, user: &str, now: i64) -> Option<String> {
    let centers = &state.world.identity_centers;
    let at = centers.iter().position(|center| center.start_url == start_url)?;
    let center = centers.get(at)?;
    center.users.iter().find(|known| known.name == user)?;
    let mut papers = crate::lock(&state.desk.0);
    papers.sessions += 1;
    let grant = Grant {
        center: at,
        user: user.to_owned(),
        client: String::new(),
        scopes: Vec::new(),
        session: papers.sessions,
        expires_at: now + i64::from(center.access_token_seconds),
        session_ends_at: now + i64::from(center.session_seconds),
    };
    let token = state.keyring.secret("aoaAAAAAG", 80);
    keep(&mut papers.access, token.clone(), grant, now);
    Some(token)
}

/// Answers a request to the OpenID Connect service.
pub(crate) fn oidc(state: &State, request: &Request, base: &str, now: i64) -> Result<Reply, Failure> {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/client/register") => client::register(state, request, base, now),
        ("POST", "/device_authorization") => device::start(state, request, base, now),
        ("POST", "/token") => token::create(state, request, now),
        ("GET", path) if path.starts_with("/authorize") => Ok(authorize(state, request, now)),
        ("GET", path) if path.starts_with("/device") => Ok(device_page(state, request, now)),
        _ => Err(Failure::new(404, "UnknownOperationException", "there is no such operation")),
    }
}

/// An error of the OpenID Connect service: `error` is the type's name in OAuth's spelling.
pub(crate) fn refuse(failure: &Failure) -> Reply {
    let name = failure.code.strip_suffix("Exception").unwrap_or(&failure.code);
    let mut error = String::new();
    for (at, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && at > 0 {
            error.push('_');
        }
        error.push(letter.to_ascii_lowercase());
    }
    if error == "internal_server" {
        error = "server_error".into();
    }
    let body = serde_json::json!({"error": error, "error_description": failure.message});
    Reply::new(failure.status, body.to_string())
        .header("Content-Type", "application/json")
        .header("x-amzn-ErrorType", failure.code.as_str())
}

fn invalid_request(message: &str) -> Failure {
    Failure::new(400, "InvalidRequestException", message)
}
