//! Signing in on another screen: a code is shown, and the service asked until it was typed in (RFC 8628).

use std::time::Duration;

use super::registration;
use super::sso::{Attempt, refused};
use crate::effect::{Prompt, Wait};
use crate::error::{Error, ErrorKind};
use crate::provider::sso::oidc::{self, Client, Device, Grant, Tokens};

/// What the service adds to the interval when it is asked too often.
const SLOWER: Duration = Duration::from_secs(5);
/// The most often that the service is asked, with two questions to the host each time.
const MOST_POLLS: u32 = 400;

pub(super) async fn sign_in(attempt: &mut Attempt<'_>) -> Result<(Client, Tokens), Error> {
    let scopes = attempt.scopes.clone();
    let flow = attempt.world.flow.clone();
    let mut client = registration::client(attempt, Grant::Device, &scopes, false).await?;
    let mut started = oidc::device(&flow, attempt.setup, &client, &attempt.start_url).await;
    if started.as_ref().is_err_and(|failure| failure.is("InvalidClient")) {
        client = registration::client(attempt, Grant::Device, &scopes, true).await?;
        started = oidc::device(&flow, attempt.setup, &client, &attempt.start_url).await;
    }
    let device = started.map_err(refused)?;
    show(attempt, &device).await?;
    let tokens = poll(attempt, &client, &device).await?;
    Ok((client, tokens))
}

async fn show(attempt: &Attempt<'_>, device: &Device) -> Result<(), Error> {
    let Device { user_code, page, .. } = device;
    let message = match &device.complete_page {
        Some(complete) => format!("to sign in, open {complete} and check that it shows the code {user_code}"),
        None => format!("to sign in, open {page} and enter the code {user_code}"),
    };
    let prompt = Prompt::sign_in(device.complete_page.as_ref().unwrap_or(page), &message);
    let shown = attempt.world.flow.ask(prompt).await;
    shown.map(|_| ()).map_err(|refusal| refusal.error("show a person where to sign in"))
}

async fn poll(attempt: &Attempt<'_>, client: &Client, device: &Device) -> Result<Tokens, Error> {
    let flow = &attempt.world.flow;
    let start = flow.now();
    let mut interval = device.interval.max(device.lifetime / MOST_POLLS);
    // A host whose clock stands still must come to an end too.
    let mut waited = Duration::ZERO;
    loop {
        waited += interval;
        if waited.max(flow.now().since(start)) > device.lifetime {
            let message = "nobody signed in before the code expired; start again";
            return Err(Error::new(ErrorKind::Expired, message));
        }
        flow.ask(Wait::new(interval)).await.map_err(|refusal| refusal.error("wait for a person"))?;
        match oidc::by_device(flow, attempt.setup, client, &device.code).await {
            Ok(tokens) => return Ok(tokens),
            Err(failure) if failure.is("AuthorizationPending") => {}
            Err(failure) if failure.is("SlowDown") => interval += SLOWER,
            // What passes by itself does not end a sign-in that a person is in the middle of.
            Err(failure) if failure.error.is_retryable() => {}
            Err(failure) => return Err(refused(failure)),
        }
    }
}
