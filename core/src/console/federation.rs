//! The two requests of console federation: credentials for a sign-in token, and that for the console.

use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroizing;

use crate::credentials::Credentials;
use crate::effect::{Http, HttpReason, HttpReply, check_url};
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::partition::{self, Partition};
use crate::secret::Secret;
use crate::sts::encode;

/// The federation endpoint of a partition. A token is good only at the one that gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Federation {
    /// Without a slash at its end.
    base: String,
}

impl Federation {
    /// The endpoint of a partition: a region's own, which does not depend on another region, or the one without a region
    /// in its name, where there is one.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the region is of another partition.
    pub fn of(partition: &Partition, region: Option<&str>) -> Result<Self, Error> {
        if region.is_some_and(|region| !partition.has(region) || region.ends_with("-global")) {
            let message = format!("the region for the sign-in is not one of {}", partition.id);
            return Err(Error::new(ErrorKind::Config, message));
        }
        // This partition has regional sign-in hosts only.
        let own = (partition.id == "aws-eusc").then_some(partition.implicit_region);
        Ok(Self { base: format!("https://{}", partition::sign_in(partition, region.or(own))) })
    }

    /// An endpoint at an address of the caller's choice, such as an emulator's.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the address is no `http` or `https` URL.
    pub fn custom(url: &str) -> Result<Self, Error> {
        let url = check_url(url).map_err(|why| {
            Error::new(ErrorKind::Config, format!("the configured sign-in endpoint is wrong, {why}"))
        })?;
        Ok(Self { base: url.base })
    }

    /// A request that asks for nothing, and shows whether anybody answers.
    #[must_use]
    pub fn knock(&self) -> Http {
        Http::new("GET", format!("{}/federation", self.base))
    }

    /// The request for a sign-in token. The credentials go in its body, so that no proxy's log has them in a URL.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if they are no session's, or the duration is not 15 minutes to 12 hours.
    pub fn token_request(&self, session: &Credentials, duration: Option<Duration>) -> Result<Http, Error> {
        let wrong = |message: &str| Error::new(ErrorKind::Input, message);
        let token = session.session_token().ok_or_else(|| {
            wrong("long-lived keys cannot sign in to the console; name a role, or a federated user")
        })?;
        if duration.is_some_and(|lasts| !(900..=43_200).contains(&lasts.as_secs())) {
            return Err(wrong("a console session lasts 15 minutes to 12 hours"));
        }
        let length = token.expose().len() + 512;
        let mut json = Zeroizing::new(Vec::with_capacity(length));
        let members = [
            ("{\"sessionId\":", session.access_key_id()),
            (",\"sessionKey\":", session.secret_access_key().expose()),
            (",\"sessionToken\":", token.expose()),
        ];
        for (name, value) in members {
            json.extend_from_slice(name.as_bytes());
            serde_json::to_writer(&mut *json, value)
                .map_err(|_| Error::new(ErrorKind::Internal, "the session cannot be written"))?;
        }
        json.push(b'}');
        let mut body = Zeroizing::new(String::with_capacity(length * 3));
        body.push_str("Action=getSigninToken");
        if let Some(duration) = duration {
            body.push_str(&format!("&SessionDuration={}", duration.as_secs()));
        }
        body.push_str("&Session=");
        encode(std::str::from_utf8(&json).unwrap_or_default(), &mut body);
        Ok(Http::new("POST", format!("{}/federation", self.base))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.as_bytes()))
    }

    /// Reads the reply to it.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] if the session was refused, [`ErrorKind::Service`] or [`ErrorKind::Malformed`] for other
    /// replies. Nothing of the reply's body is told.
    pub fn read_token(reply: &HttpReply) -> Result<Secret, Error> {
        match reply.status {
            200 => {}
            400 | 401 | 403 => {
                let message = format!(
                    "the sign-in refused the session (status {}): its credentials have ended, are neither a role's nor \
                     a federated user's, or the duration is longer than the role's maximum",
                    reply.status
                );
                return Err(Error::new(ErrorKind::Denied, message));
            }
            status => {
                let error =
                    Error::new(ErrorKind::Service, format!("the sign-in answered with status {status}"));
                return Err(if status >= 500 || status == 429 { error.retryable() } else { error });
            }
        }
        let malformed = || Error::new(ErrorKind::Malformed, "the sign-in gave no token");
        let mut found: Value = serde_json::from_slice(&reply.body).map_err(|_| malformed())?;
        let Some(Value::String(token)) = found.get_mut("SigninToken").map(Value::take) else {
            return Err(malformed());
        };
        let token = Secret::new(token);
        let fits = !token.is_empty() && token.expose().bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(token) } else { Err(malformed()) }
    }

    /// The URL that signs in and goes on to the destination, which must be one that [`destination`](super::destination)
    /// gave. It can be used for fifteen minutes.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the issuer has control characters or is too long.
    pub fn login_url(
        &self,
        token: &Secret,
        destination: &str,
        issuer: Option<&str>,
    ) -> Result<Secret, Error> {
        check_issuer(issuer)?;
        let issuer = issuer.unwrap_or_default();
        let length = (token.expose().len() + destination.len() + issuer.len()) * 3 + self.base.len() + 64;
        let mut url = Zeroizing::new(String::with_capacity(length));
        url.push_str(&self.base);
        url.push_str("/federation?Action=login");
        for (name, value) in
            [("Issuer", issuer), ("Destination", destination), ("SigninToken", token.expose())]
        {
            if value.is_empty() {
                continue;
            }
            url.push('&');
            url.push_str(name);
            url.push('=');
            encode(value, &mut url);
        }
        Ok(Secret::new(url.as_str()))
    }
}

pub(super) fn check_issuer(issuer: Option<&str>) -> Result<(), Error> {
    let fits = |issuer: &str| issuer.len() <= 1024 && !issuer.chars().any(char::is_control);
    if issuer.is_none_or(fits) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Input, "the issuer must be one line of 1024 characters at most"))
}

/// Sends the request, once more after a failure that may pass.
pub(super) async fn ask(flow: &Flow, request: Http) -> Result<Secret, Error> {
    let mut again = true;
    loop {
        let reply = flow.ask(request.clone()).await.map_err(|refusal| refusal.error("make HTTP requests"))?;
        let failure = match reply {
            Ok(reply) => match Federation::read_token(&reply) {
                Ok(token) => return Ok(token),
                Err(error) => error,
            },
            Err(failure) => {
                let kind = match failure.reason {
                    HttpReason::Timeout => ErrorKind::Timeout,
                    HttpReason::TooLarge => ErrorKind::Limit,
                    _ => ErrorKind::Unreachable,
                };
                let error = Error::new(kind, format!("the sign-in: {}", failure.reason.name()));
                if matches!(failure.reason, HttpReason::Tls | HttpReason::TooLarge) {
                    return Err(error);
                }
                error.retryable()
            }
        };
        if !(again && failure.is_retryable()) {
            return Err(failure);
        }
        again = false;
    }
}
