//! One signed call of STS, repeated where that can help.
//!
//! Three attempts, as AWS's standard retry mode has it: throttling, faults of the service and of the network are
//! met again after a random part of a growing delay; a wrong clock is set right once by the reply's own date.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>

use std::time::Duration;

use super::document::Document;
use super::endpoint::Endpoint;
use super::form::Form;
use super::{clock, failure, request};
use crate::credentials::Credentials;
use crate::effect::{HttpFailure, HttpReason, HttpReply, Wait};
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::redact::told;

const ATTEMPTS: u32 = 3;
const LONGEST_DELAY: Duration = Duration::from_secs(20);
/// A clock that is off by more than this is the likely cause of a refused signature.
const SKEW: Duration = Duration::from_secs(240);

/// Sends a form, signed by `caller`, and gives the reply of a success.
pub(crate) async fn call(
    flow: &Flow,
    caller: &Credentials,
    endpoint: &Endpoint,
    form: &Form,
) -> Result<Document, Error> {
    send(flow, Some(caller), endpoint, form).await
}

/// Sends a form that proves itself, by a token or an assertion in it, and needs no signature.
pub(crate) async fn call_unsigned(flow: &Flow, endpoint: &Endpoint, form: &Form) -> Result<Document, Error> {
    send(flow, None, endpoint, form).await
}

async fn send(
    flow: &Flow,
    caller: Option<&Credentials>,
    endpoint: &Endpoint,
    form: &Form,
) -> Result<Document, Error> {
    let mut corrected = false;
    let mut attempt = 0;
    loop {
        let http = request::build(caller, endpoint, form, request::CONTENT_TYPE, flow.now())?;
        let sent = flow.host_now();
        let reply = flow.ask(http).await.map_err(|refusal| refusal.error("make HTTP requests"))?;
        let mut moved = None;
        let failure = match reply {
            Ok(reply) if (200..300).contains(&reply.status) => {
                let document = Document::parse(&reply.body)?;
                if caller.is_some() {
                    clock::learn(flow, sent, &reply);
                }
                return Ok(document);
            }
            Ok(reply) => {
                let failure = Failure::of_reply(&reply, caller, form);
                // Others than AWS write dates too: a balancer, a portal. Theirs set no clock.
                let by_clock = caller.is_some() && failure.may_be_skew;
                moved = by_clock.then(|| clock::learn(flow, sent, &reply)).flatten();
                failure
            }
            Err(failure) => Failure::of_transport(&failure, endpoint),
        };
        // The clock was the cause if it had to be moved that far; once it is right, something else is.
        if !corrected && moved.is_some_and(|moved| moved > SKEW) {
            corrected = true;
            continue;
        }
        attempt += 1;
        let Some(base) = failure.retry.filter(|_| attempt < ATTEMPTS) else { return Err(failure.error) };
        let delay = delay(flow, base, attempt - 1, failure.retry_after);
        if flow.ask(Wait::new(delay)).await.is_err() {
            return Err(failure.error);
        }
    }
}

/// A random part of a delay that doubles each time; within 5 seconds above it, the service may name its own.
fn delay(flow: &Flow, base: Duration, doublings: u32, retry_after: Option<Duration>) -> Duration {
    let full = base.saturating_mul(1 << doublings.min(10)).min(LONGEST_DELAY);
    let computed = full.mul_f64(flow.fraction());
    retry_after.map_or(computed, |named| named.clamp(computed, computed + Duration::from_secs(5)))
}

struct Failure {
    error: Error,
    /// The base of the delay before another attempt; `None` if that cannot help.
    retry: Option<Duration>,
    retry_after: Option<Duration>,
    may_be_skew: bool,
}

impl Failure {
    fn of_transport(failure: &HttpFailure, endpoint: &Endpoint) -> Self {
        let kind = match failure.reason {
            HttpReason::Timeout => ErrorKind::Timeout,
            HttpReason::TooLarge => ErrorKind::Limit,
            _ => ErrorKind::Unreachable,
        };
        let error = Error::new(kind, format!("sts at {}: {}", endpoint.authority, failure.message));
        let lasting = matches!(failure.reason, HttpReason::Tls | HttpReason::TooLarge);
        let error = if lasting { error } else { error.retryable() };
        let retry = (!lasting).then_some(Duration::from_millis(50));
        Self { error, retry, retry_after: None, may_be_skew: false }
    }

    fn of_reply(reply: &HttpReply, caller: Option<&Credentials>, form: &Form) -> Self {
        let mut said = failure::Failure::read(reply);
        let message = Document::parse(&reply.body).ok();
        let message = message.as_ref().and_then(|document| document.text("Error/Message"));
        said.message = without_secrets(message.unwrap_or_default(), caller, form);
        let retry_after = reply.header("x-amz-retry-after").and_then(|ms| ms.trim().parse().ok());
        Self {
            error: said.error(),
            retry: said.retry(),
            retry_after: retry_after.map(Duration::from_millis),
            may_be_skew: said.may_be_skew(),
        }
    }
}

/// What the other side wrote, without what is secret in the request.
fn without_secrets(message: &str, caller: Option<&Credentials>, form: &Form) -> String {
    let callers = caller.map(Credentials::secret_access_key).into_iter();
    let callers = callers.chain(caller.and_then(Credentials::session_token));
    told(message, form.secrets().iter().chain(callers))
}
