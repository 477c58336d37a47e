//! The endpoint that ECS, EKS Pod Identity and Greengrass give to a container.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>
//!
//! The address comes from the environment, and the token with it, so that a forged variable must not be able to
//! send the token, or ask for credentials, elsewhere: plain HTTP goes only to this machine and to the addresses of AWS.

mod target;

use std::time::Duration;

use super::object::Object;
use super::retry::{Retry, of_transport};
use super::{Answer, usable};
use crate::credentials::Credentials;
use crate::effect::{Http, HttpReply, ReadFile};
use crate::env::Env;
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::redact::told;
use crate::secret::Secret;
use crate::time::Time;
use target::Target;
pub(crate) use target::{FULL, RELATIVE};

const ATTEMPTS: u32 = 4;
/// The most bytes of a token in a file.
const MOST_TOKEN: usize = 64 * 1024;

/// Asks for the container's credentials.
pub(crate) async fn load(flow: &Flow, env: &Env) -> Answer {
    let target = match Target::of(env) {
        Ok(Some(target)) => target,
        Ok(None) => {
            let why = format!("{RELATIVE} or {FULL} is not set");
            return Answer::NotConfigured(why);
        }
        Err(error) => return Answer::Failed(error),
    };
    fetch(flow, env, &target).await.map_err(|error| error.within("container endpoint")).into()
}

async fn fetch(flow: &Flow, env: &Env, target: &Target) -> Result<Credentials, Error> {
    let http = target.request(flow).await?.header("accept", "application/json");
    let token = token(flow, env).await?;
    let http = match &token {
        Some(token) => http.header("authorization", token.expose()),
        None => http,
    };
    let mut retry = Retry::new(ATTEMPTS, Duration::from_secs(1));
    loop {
        let reply = flow.ask::<Http>(http.clone()).await;
        let error = match reply.map_err(|refusal| refusal.error("make HTTP requests"))? {
            Ok(reply) if reply.status == 200 => match read(&reply) {
                Ok(found) => return usable(found, flow.now(), "the container"),
                // Half a document can be read again.
                Err(error) => error.retryable(),
            },
            Ok(reply) => refused(&reply, token.as_ref()),
            Err(failure) => of_transport(&failure),
        };
        retry.pause(flow, error).await?;
    }
}

/// What is sent as `Authorization`, as it is; a file is read anew each time.
async fn token(flow: &Flow, env: &Env) -> Result<Option<Secret>, Error> {
    const FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    const VARIABLE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
    let Some(path) = env.get(FILE) else {
        return env.get(VARIABLE).map(|text| header_value(text, VARIABLE)).transpose();
    };
    let wrong = |why: &str| Error::new(ErrorKind::Config, format!("{path}, which {FILE} names, {why}"));
    let read = flow.ask(ReadFile::new(path, MOST_TOKEN)).await;
    let data = match read.map_err(|refusal| refusal.error(&format!("read {path}")))? {
        Ok(Some(data)) => zeroize::Zeroizing::new(data),
        Ok(None) => return Err(wrong("does not exist")),
        Err(failure) => return Err(wrong(&format!("cannot be read: {}", failure.reason))),
    };
    let text = std::str::from_utf8(&data).map_err(|_| wrong("is no text"))?;
    header_value(text, path).map(Some)
}

/// Refuses what could end the header and begin another (RFC 9110, 5.5).
fn header_value(text: &str, whence: &str) -> Result<Secret, Error> {
    let text = text.trim_ascii();
    if text.is_empty() || !text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        let message = format!(
            "the token in {whence} is empty or has a line break or another character that no header may hold"
        );
        return Err(Error::new(ErrorKind::Config, message));
    }
    Ok(Secret::new(text))
}

fn refused(reply: &HttpReply, token: Option<&Secret>) -> Error {
    let document = Object::parse(&reply.body);
    let text = |name| document.as_ref().and_then(|document: &Object| document.text(name));
    let said = [text("code"), text("message")].into_iter().flatten().map(|text| told(text, token));
    let said = said.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
    let status = reply.status;
    let message = match status {
        300..=399 => format!("it answered with status {status}; a redirect is not followed"),
        _ if said.is_empty() => format!("it answered with status {status}"),
        _ => format!("it answered with status {status}, {said}"),
    };
    let kind = match status {
        401 | 403 => ErrorKind::Denied,
        _ => ErrorKind::Service,
    };
    let error = Error::new(kind, message);
    let error = match text("code").map(|code| told(code, token)).filter(|code| !code.is_empty()) {
        Some(code) => error.with_aws_code(code),
        None => error,
    };
    if matches!(status, 429 | 500..=599) { error.retryable() } else { error }
}

fn read(reply: &HttpReply) -> Result<Credentials, Error> {
    let malformed =
        |why: &str| Error::new(ErrorKind::Malformed, format!("its credentials cannot be read: {why}"));
    let document = Object::parse(&reply.body).ok_or_else(|| malformed("they are no json object"))?;
    let either = |name: &str, other: &str| {
        let found = document.text(name).or_else(|| document.text(other));
        found.ok_or_else(|| malformed(&format!("there is no {name}")))
    };
    let end = Time::parse_rfc3339(either("Expiration", "ExpiresAt")?);
    let end = end.ok_or_else(|| malformed("their expiration is no time"))?;
    let id = either("AccessKeyId", "AccessKeyId")?;
    let credentials = Credentials::new(id, either("SecretAccessKey", "SecretAccessKey")?)
        .with_session_token(either("Token", "SessionToken")?)
        .with_expiry(end)
        .with_source("container");
    Ok(match document.text("AccountId") {
        Some(account) => credentials.with_account_id(account),
        None => credentials,
    })
}
