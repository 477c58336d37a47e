//! The role of an EC2 instance, from the Instance Metadata Service, version 2.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html>
//!
//! A session token is fetched with a PUT first and goes with every GET; version 1, which needs none, is used only
//! where it was allowed and the token is refused. No request ever goes through a proxy, and none is redirected.
//! That nobody answers at the address means "not on EC2"; any answer that is not what it should be is a failure.

mod reply;
mod settings;

use std::time::Duration;

use super::{Answer, usable};
use crate::credentials::Credentials;
use crate::effect::{Http, HttpFailure, HttpReason, HttpReply, Wait};
use crate::error::{Error, ErrorKind};
use crate::flow::{Flow, Refusal};
use crate::secret::Secret;
use crate::time::Time;

pub use settings::{EndpointMode, Imds, Overrides};

const TOKEN_PATH: &str = "/latest/api/token";
const ROLE_PATH: &str = "/latest/meta-data/iam/security-credentials/";
/// Answers as the older path does, and with the account.
const EXTENDED_PATH: &str = "/latest/meta-data/iam/security-credentials-extended/";
const REGION_PATH: &str = "/latest/meta-data/placement/region";
const TTL_HEADER: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN_HEADER: &str = "x-aws-ec2-metadata-token";
/// Six hours, the longest that a token lasts.
const TTL_SECONDS: u64 = 21_600;
/// A token that ends this soon is not used any more.
const RENEW_BEFORE: Duration = Duration::from_secs(120);

/// Asks for the role's credentials.
pub(crate) async fn load(flow: &Flow, imds: &Imds) -> Answer {
    if imds.disabled {
        return Answer::NotConfigured("AWS_EC2_METADATA_DISABLED is true".to_owned());
    }
    match Client::new(flow, imds).credentials().await {
        Ok(credentials) => Answer::Found(credentials),
        Err(Stop::Absent(why)) => Answer::NotConfigured(why),
        Err(Stop::Failed(error)) => Answer::Failed(error.within("instance metadata")),
    }
}

/// Asks where the instance runs; `None` where there is no such service.
pub(crate) async fn region(flow: &Flow, imds: &Imds) -> Result<Option<String>, Error> {
    if imds.disabled {
        return Ok(None);
    }
    let reply = match Client::new(flow, imds).get(REGION_PATH).await {
        Ok(reply) => reply,
        Err(Stop::Absent(_)) => return Ok(None),
        Err(Stop::Failed(error)) => return Err(error.within("instance metadata")),
    };
    if reply.status == 404 {
        return Ok(None);
    }
    let name = reply::first_line(&reply.body)?.filter(|name| {
        name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') && name.len() <= 63
    });
    let malformed = || Error::new(ErrorKind::Malformed, "instance metadata: what it names is no region");
    name.map(Some).ok_or_else(malformed)
}

/// Why a request led to nothing.
enum Stop {
    /// There is no such service here, or no role.
    Absent(String),
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

struct Client<'a> {
    flow: &'a Flow,
    imds: &'a Imds,
    token: Option<Token>,
    /// The service has answered at least once, so that silence from now on is a failure.
    answered: bool,
    api: Api,
}

/// Which of the two paths to the credentials the service knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Api {
    Unknown,
    Extended,
    Legacy,
}

/// `value` is `None` where version 1 is used.
struct Token {
    value: Option<Secret>,
    ends: Time,
}

impl<'a> Client<'a> {
    fn new(flow: &'a Flow, imds: &'a Imds) -> Self {
        let api = if imds.extended { Api::Unknown } else { Api::Legacy };
        Self { flow, imds, token: None, answered: false, api }
    }

    async fn credentials(&mut self) -> Result<Credentials, Stop> {
        if let Some(name) = &self.imds.role_name {
            let found = self.role(name).await?;
            let message =
                format!("there are no credentials for {name}; it is no name of this instance's profile");
            return found.ok_or_else(|| Error::new(ErrorKind::Config, message).into());
        }
        // The role may have been exchanged for another between the two requests.
        for _ in 0..2 {
            let name = self.role_name().await?;
            if let Some(found) = self.role(&name).await? {
                return Ok(found);
            }
        }
        Err(Error::new(ErrorKind::Config, "it names a role and has no credentials for it").into())
    }

    /// The credentials of a role; `None` if the service has none for it.
    async fn role(&mut self, name: &str) -> Result<Option<Credentials>, Stop> {
        let segment = reply::one_segment(name);
        let mut attempts = Attempts::new(self.imds);
        loop {
            let reply = self.get_of_role(&segment).await?;
            if reply.status == 404 {
                return Ok(None);
            }
            match reply::credentials(&reply.body) {
                Ok(found) => return Ok(Some(usable(found, self.flow.now(), "the instance role")?)),
                // Half a document can be read again; a clear word about the role cannot be argued with.
                Err(error) if error.kind() == ErrorKind::Malformed => {
                    attempts.pause(self.flow, error).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn role_name(&mut self) -> Result<String, Stop> {
        let reply = self.get_of_role("").await?;
        let absent = || Stop::Absent("the instance has no role".to_owned());
        if reply.status == 404 {
            return Err(absent());
        }
        reply::first_line(&reply.body)?.ok_or_else(absent)
    }

    /// A GET below the path of the credentials: the extended one until the service shows that it does not know it.
    async fn get_of_role(&mut self, segment: &str) -> Result<HttpReply, Stop> {
        if self.api != Api::Legacy {
            let reply = self.get(&format!("{EXTENDED_PATH}{segment}")).await?;
            match (reply.status, self.api) {
                (404, Api::Unknown) => self.api = Api::Legacy,
                _ => {
                    self.api = Api::Extended;
                    return Ok(reply);
                }
            }
        }
        self.get(&format!("{ROLE_PATH}{segment}")).await
    }

    /// A GET that answers 200 or 404; the rest is retried or an error.
    async fn get(&mut self, path: &str) -> Result<HttpReply, Stop> {
        let mut attempts = Attempts::new(self.imds);
        let mut renewed = false;
        loop {
            let mut http = self.request("GET", path);
            if let Some(token) = self.token().await? {
                http = http.header(TOKEN_HEADER, token.expose());
            }
            let error = match self.send(http).await? {
                Ok(reply) if matches!(reply.status, 200 | 404) => return Ok(reply),
                Ok(reply) if reply.status == 401 && !renewed => {
                    // The token has ended before its time; a second refusal has another reason.
                    renewed = true;
                    self.token = None;
                    continue;
                }
                Ok(reply) => of_status(&reply, "a request"),
                Err(failure) => of_transport(&failure),
            };
            attempts.pause(self.flow, error).await?;
        }
    }

    async fn token(&mut self) -> Result<Option<Secret>, Stop> {
        let fresh = |token: &&Token| token.value.is_none() || token.ends > self.flow.now() + RENEW_BEFORE;
        if let Some(token) = self.token.as_ref().filter(fresh) {
            return Ok(token.value.clone());
        }
        let mut attempts = Attempts::new(self.imds);
        let token = loop {
            let http = self.request("PUT", TOKEN_PATH).header(TTL_HEADER, TTL_SECONDS.to_string());
            let error = match self.send(http).await? {
                Ok(reply) if reply.status == 200 => match reply::token(&reply, TTL_HEADER, TTL_SECONDS) {
                    Ok((value, ttl)) => break Token { value: Some(value), ends: self.flow.now() + ttl },
                    Err(error) => error,
                },
                Ok(reply) if matches!(reply.status, 403..=405) && self.imds.allow_v1 => {
                    break Token { value: None, ends: self.flow.now() };
                }
                Ok(reply) => of_status(&reply, "the request for a token"),
                Err(failure) => of_transport(&failure),
            };
            attempts.pause(self.flow, error).await?;
        };
        Ok(self.token.insert(token).value.clone())
    }

    fn request(&self, method: &'static str, path: &str) -> Http {
        Http::new(method, format!("{}{path}", self.imds.endpoint)).direct().timeout(self.imds.timeout)
    }

    /// Sends a request; silence before the first answer ends everything at once.
    async fn send(&mut self, http: Http) -> Result<Result<HttpReply, HttpFailure>, Stop> {
        let result = self.flow.ask(http).await.map_err(|refusal| match refusal {
            Refusal::Declined if !self.imds.configured && !self.answered => {
                Stop::Absent(refusal.error("make HTTP requests").message().to_owned())
            }
            refusal => Stop::Failed(refusal.error("make HTTP requests")),
        })?;
        match &result {
            Ok(_) => self.answered = true,
            Err(failure) if !self.answered && failure.reason != HttpReason::TooLarge => {
                return Err(self.nobody(failure));
            }
            Err(_) => {}
        }
        Ok(result)
    }

    fn nobody(&self, failure: &HttpFailure) -> Stop {
        let hint = match failure.reason {
            HttpReason::Timeout => "; in a container, the instance's hop limit may have to be 2",
            _ => "",
        };
        let message = format!("nobody answers at {}: {}{hint}", self.imds.endpoint, failure.message);
        if self.imds.configured {
            of_transport(failure).within(&message).into()
        } else {
            Stop::Absent(message)
        }
    }
}

/// What is left of the attempts at one request.
struct Attempts {
    left: u32,
    made: u32,
}

impl Attempts {
    fn new(imds: &Imds) -> Self {
        Self { left: imds.attempts.saturating_sub(1), made: 0 }
    }

    /// Waits before another attempt, or gives the error back if it is a lasting one or was met too often.
    async fn pause(&mut self, flow: &Flow, error: Error) -> Result<(), Stop> {
        let lasting = !error.is_retryable() && error.kind() != ErrorKind::Malformed;
        if lasting || self.left == 0 {
            return Err(error.into());
        }
        self.left -= 1;
        let full = Duration::from_secs(1 << self.made.min(4));
        self.made += 1;
        flow.ask(Wait::new(full.mul_f64(flow.fraction()))).await.map_err(|_| Stop::Failed(error))
    }
}

fn of_status(reply: &HttpReply, what: &str) -> Error {
    let status = reply.status;
    match status {
        401 => Error::new(
            ErrorKind::Denied,
            format!("{what} was refused with status 401 although its token is new"),
        ),
        403 => {
            let message = format!(
                "{what} was refused with status 403; metadata is switched off, or a firewall forbids it"
            );
            Error::new(ErrorKind::Denied, message)
        }
        404 | 405 => Error::new(
            ErrorKind::Service,
            format!("{what} got status {status}; what answers there does not speak version 2 of the service"),
        ),
        429 | 500..=599 => Error::new(ErrorKind::Service, format!("{what} got status {status}")).retryable(),
        _ => Error::new(ErrorKind::Service, format!("{what} got status {status}")),
    }
}

fn of_transport(failure: &HttpFailure) -> Error {
    match failure.reason {
        HttpReason::Timeout => Error::new(ErrorKind::Timeout, failure.message.as_str()).retryable(),
        HttpReason::TooLarge => Error::new(ErrorKind::Limit, failure.message.as_str()),
        _ => Error::new(ErrorKind::Unreachable, failure.message.as_str()).retryable(),
    }
}
