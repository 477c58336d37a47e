//! One unsigned call of AWS's JSON protocol, repeated where that can help.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>, with the retries of AWS's standard mode.

use std::time::Duration;

use super::object::Object;
use super::retry::{self, Retry, told};
use crate::effect::{Http, HttpFailure, HttpReply};
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::secret::Secret;
use crate::time::Time;

/// As often as AWS's standard mode makes a request.
pub(crate) const ATTEMPTS: u32 = 3;
/// The base of the delay after a fault of the network or the service, and after a word that requests come too fast.
const FAULT: Duration = Duration::from_millis(50);
const THROTTLED: Duration = Duration::from_secs(1);
/// A clock that is off by more than this is the likely cause of a refused proof.
const SKEW: Duration = Duration::from_secs(240);

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
    let mut offset: Option<(Duration, bool)> = None;
    let mut retry = Retry::new(call.attempts, FAULT);
    loop {
        let now = match offset {
            Some((by, true)) => flow.now() + by,
            Some((by, false)) => flow.now() - by,
            None => flow.now(),
        };
        let reply = flow.ask(request(now)?).await.map_err(|refusal| refusal.error("make HTTP requests"))?;
        let (failure, base) = match reply {
            Ok(reply) if (200..300).contains(&reply.status) => return read(call, &reply),
            Ok(reply) => {
                let (failure, base) = of_reply(call, &reply);
                if call.dated && offset.is_none() && base.is_none() {
                    offset = skew(&reply, flow.now());
                    if offset.is_some() {
                        continue;
                    }
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

/// How far the host's clock is off, and whether it is slow; the age of a stored reply says nothing about it.
fn skew(reply: &HttpReply, now: Time) -> Option<(Duration, bool)> {
    let date = reply.header("date").filter(|_| reply.header("age").is_none()).and_then(Time::parse_http)?;
    (date.distance(now) > SKEW).then(|| (date.distance(now), date > now))
}

fn of_transport(call: &Call<'_>, failure: &HttpFailure) -> (Failure, Option<Duration>) {
    let message = told(&failure.message, call.secrets.iter().copied());
    let error = retry::of_transport(&HttpFailure::new(failure.reason, message)).within(call.service);
    let base = error.is_retryable().then_some(FAULT);
    (error.into(), base)
}

/// The failure, and the base of the delay before another attempt where one can help.
fn of_reply(call: &Call<'_>, reply: &HttpReply) -> (Failure, Option<Duration>) {
    let document = Object::parse(&reply.body).unwrap_or_default();
    let shape = reply.header("x-amzn-errortype").or_else(|| document.text("__type"));
    let shape = shape.or_else(|| document.text("code")).and_then(|text| code(text, call));
    let member = document.text("error").and_then(|text| code(text, call));
    let message = ["message", "error_description"].iter().find_map(|name| document.text(name));
    let message = message.map(|message| told(message, call.secrets.iter().copied())).unwrap_or_default();
    let named: Vec<_> = [&shape, &member].into_iter().flatten().map(String::as_str).collect();
    let status = reply.status;
    let said = match (named.join(", "), message.as_str()) {
        (named, _) if named.is_empty() => {
            format!("{} answered with status {status} and no error code", call.service)
        }
        (named, "") => format!("{} answered {named}", call.service),
        (named, message) => format!("{} answered {named}: {message}", call.service),
    };
    let codes: Vec<_> = named.iter().map(|code| plain(code)).collect();
    let throttled = status == 429 || codes.iter().any(|code| code.starts_with("toomanyrequests"));
    let base = match status {
        _ if throttled => Some(THROTTLED),
        500..=599 => Some(FAULT),
        _ => None,
    };
    let kind = match status {
        _ if base.is_some() => ErrorKind::Service,
        401 | 403 => ErrorKind::Denied,
        _ => ErrorKind::Service,
    };
    let mut error = Error::new(kind, said);
    if let Some(code) = shape.or(member) {
        error = error.with_aws_code(code);
    }
    let error = if base.is_some() { error.retryable() } else { error };
    (Failure { error, status: Some(status), codes }, base)
}

/// The name of a shape without its namespace and what follows a colon; `None` for what is no name at all.
fn code(text: &str, call: &Call<'_>) -> Option<String> {
    let name = text.split(':').next().unwrap_or_default();
    let name = name.rsplit('#').next().unwrap_or_default().trim_ascii();
    let is_name = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    (is_name && !told(name, call.secrets.iter().copied()).is_empty()).then(|| name.to_owned())
}

fn plain(code: &str) -> String {
    let code = code.strip_suffix("Exception").unwrap_or(code);
    code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
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
