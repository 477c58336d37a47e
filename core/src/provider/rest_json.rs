//! One unsigned call of AWS's JSON protocol, repeated where that can help.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>, with the retries of AWS's standard mode.

use std::time::Duration;

use super::clock::Clock;
use super::object::Object;
use super::retry::{self, Retry};
use super::service::{Said, plain};
use crate::effect::{Http, HttpFailure, HttpReply};
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::redact::told;
use crate::secret::Secret;
use crate::time::Time;

/// As often as AWS's standard mode makes a request.
pub(crate) const ATTEMPTS: u32 = 3;
/// The base of the delay after a fault of the network or the service, and after a word that requests come too fast.
const FAULT: Duration = Duration::from_millis(50);
const THROTTLED: Duration = Duration::from_secs(1);

/// What is called, and how often.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    /// As a person calls it: `the IAM Identity Center portal`.
    pub(crate) service: &'a str,
    /// How often the request is made at most.
    pub(crate) attempts: u32,
    /// The request tells the time, so that a refusal may be the clock's fault.
    pub(crate) dated: bool,
    /// What goes with the request and must not turn up in a message, even if the other side sends it back.
    pub(crate) secrets: &'a [&'a Secret],
}

impl<'a> Call<'a> {
    pub(crate) fn new(service: &'a str, secrets: &'a [&'a Secret]) -> Self {
        Self { service, attempts: ATTEMPTS, dated: false, secrets }
    }
}

/// Why a call gave nothing.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// The status of the reply, if there was one.
    pub(crate) status: Option<u16>,
    /// The shape's name and the `error` member, in lower case with letters only and without `Exception`.
    codes: Vec<String>,
}

impl Failure {
    /// Whether the service said so: `AuthorizationPending` for `AuthorizationPendingException` as well as for
    /// `authorization_pending`.
    pub(crate) fn is(&self, code: &str) -> bool {
        let code = plain(code);
        self.codes.contains(&code)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, status: None, codes: Vec::new() }
    }
}

/// Makes the request and gives the document of a success. `request` is called for each attempt with the time, set
/// right if a reply has shown that the host's clock is wrong.
pub(crate) async fn call<F>(flow: &Flow, call: &Call<'_>, request: F) -> Result<Object, Failure>
where
    F: Fn(Time) -> Result<Http, Error> + Send + Sync,
{
    let (mut clock, mut retry) = (Clock::default(), Retry::new(call.attempts, FAULT));
    loop {
        let (http, sent) = (request(flow.now())?, flow.host_now());
        let reply = flow.ask(http).await.map_err(|refusal| refusal.error("make HTTP requests"))?;
        let (failure, base) = match reply {
            Ok(reply) if (200..300).contains(&reply.status) => {
                if call.dated {
                    clock.taken(flow, sent, &reply);
                }
                return read(call, &reply);
            }
            Ok(reply) => {
                let (failure, base) = of_reply(call, &reply);
                let by_clock = call.dated && base.is_none() && !failure.codes.is_empty();
                if by_clock && clock.refused(flow, sent, &reply) {
                    continue;
                }
                (failure, base)
            }
            Err(failure) => of_transport(call, &failure),
        };
        let Some(base) = base else { return Err(failure) };
        if !retry.wait(flow, base).await {
            return Err(failure);
        }
    }
}

fn read(call: &Call<'_>, reply: &HttpReply) -> Result<Object, Failure> {
    if reply.body.trim_ascii().is_empty() {
        return Ok(Object::default());
    }
    let malformed =
        || Error::new(ErrorKind::Malformed, format!("{} answered with no json object", call.service));
    Ok(Object::parse(&reply.body).ok_or_else(malformed)?)
}

fn of_transport(call: &Call<'_>, failure: &HttpFailure) -> (Failure, Option<Duration>) {
    let message = told(&failure.message, call.secrets.iter().copied());
    let error = retry::of_transport(&HttpFailure::new(failure.reason, message)).within(call.service);
    let base = error.is_retryable().then_some(FAULT);
    (error.into(), base)
}

/// The failure, and the base of the delay before another attempt where one can help.
fn of_reply(call: &Call<'_>, reply: &HttpReply) -> (Failure, Option<Duration>) {
    let said = Said::read(reply, call.secrets.iter().copied());
    let status = reply.status;
    let base = match status {
        _ if said.throttled() => Some(THROTTLED),
        500..=599 => Some(FAULT),
        _ => None,
    };
    let kind = match status {
        401 | 403 if base.is_none() => ErrorKind::Denied,
        _ => ErrorKind::Service,
    };
    let mut error = Error::new(kind, said.line(call.service));
    if let Some(code) = said.code() {
        error = error.with_aws_code(code);
    }
    let error = if base.is_some() { error.retryable() } else { error };
    (Failure { error, status: Some(status), codes: said.names().map(plain).collect() }, base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status: u16, header: Option<&str>, body: &str) -> Failure {
        let headers = header.map(|value| ("X-Amzn-ErrorType".to_owned(), value.to_owned()));
        let secret = Secret::new("t0k/3n-t0k/3n");
        let secrets = [&secret];
        let call = Call::new("it", &secrets);
        of_reply(&call, &HttpReply::new(status, headers.into_iter().collect(), body)).0
    }

    #[test]
    fn the_code_is_found_wherever_it_stands() {
        for failure in [
            failure(400, Some("SlowDownException:http://x/"), "{}"),
            failure(400, None, r#"{"__type":"com.amazonaws.x#SlowDownException"}"#),
            failure(400, None, r#"{"error":"slow_down"}"#),
        ] {
            assert!(failure.is("SlowDown") && !failure.is("Slow"), "{}", failure.error);
        }
        assert_eq!(failure(401, None, "oops").error.kind(), ErrorKind::Denied);
        assert!(failure(503, None, "").error.is_retryable());
    }

    #[test]
    fn what_comes_back_of_ours_is_not_told() {
        for text in ["t0k/3n-t0k/3n", "t0k%2F3n-t0k%2F3n", "x\\nt0k/3n-t0k/3n"] {
            let told = failure(400, None, &format!(r#"{{"error":"invalid_request","message":"{text}"}}"#));
            assert_eq!(told.error.message(), "it answered invalid_request");
        }
        let told = failure(400, Some("a b\r\nc"), r#"{"message":"m"}"#);
        assert_eq!(told.error.message(), "it answered with status 400 and no error code");
    }
}
