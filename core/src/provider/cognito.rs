//! An identity of a Cognito identity pool.
//!
//! <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/>. The pool gives the identity credentials of a
//! role of its own (the enhanced flow), or a token that STS takes for a role (the basic flow).

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::object::Object;
use super::retry::{Retry, of_transport};
use super::service::service_error;
use super::{Token, WebIdentity, usable, web_identity};
use crate::credentials::Credentials;
use crate::effect::{Http, Url};
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::secret::Secret;
use crate::sts::Endpoint;
use crate::time::Time;

const ATTEMPTS: u32 = 3;
/// The most identity providers that a person can be logged in with at once.
const MOST_LOGINS: usize = 10;
const MOST_TOKEN: usize = 50_000;

/// A pool, and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cognito {
    /// `<region>:<uuid>`.
    pub identity_pool_id: String,
    /// The identity, where it is known; one that the pool does not know any more is asked for anew.
    pub identity_id: Option<String>,
    /// The account of the pool.
    pub account_id: Option<String>,
    /// Names of identity providers, each with the token that it gave; none for a guest.
    pub logins: Vec<(String, Token)>,
    /// One of the roles that the identity may have, in place of the pool's choice.
    pub custom_role_arn: Option<String>,
    /// A role to take for the identity's token at STS, in place of the pool's credentials (the basic flow).
    pub role_arn: Option<String>,
    /// The address of the service, such as an emulator's.
    pub endpoint: Option<String>,
}

impl Cognito {
    /// A guest of a pool.
    pub fn new(identity_pool_id: impl Into<String>) -> Self {
        Self {
            identity_pool_id: identity_pool_id.into(),
            identity_id: None,
            account_id: None,
            logins: Vec::new(),
            custom_role_arn: None,
            role_arn: None,
            endpoint: None,
        }
    }

    /// Adds what an identity provider gave.
    #[must_use]
    pub fn login(mut self, provider: impl Into<String>, token: Token) -> Self {
        self.logins.push((provider.into(), token));
        self
    }

    /// The region, which the pool's id begins with.
    pub(crate) fn region(&self) -> Result<&str, Error> {
        let region = self.identity_pool_id.split_once(':').map(|(region, _)| region);
        region.filter(|region| !region.is_empty()).ok_or_else(|| {
            Error::new(
                ErrorKind::Input,
                "the identity pool's id must be as eu-west-1:00000000-0000-0000-0000-000000000000",
            )
        })
    }
}

/// Asks the pool. `sts` is there for the basic flow.
pub(crate) async fn load(
    flow: &Flow,
    cognito: &Cognito,
    place: &Url,
    sts: Option<&Endpoint>,
) -> Result<Credentials, Error> {
    let mut client = Client { flow, cognito, place, logins: Map::new(), secrets: Vec::new() };
    let result = async {
        client.read_logins().await?;
        match sts {
            Some(sts) => client.basic(sts).await,
            None => client.enhanced().await,
        }
    };
    result.await.map_err(|error| error.within("cognito"))
}

struct Client<'a> {
    flow: &'a Flow,
    cognito: &'a Cognito,
    place: &'a Url,
    logins: Map<String, Value>,
    secrets: Vec<Secret>,
}

impl Client<'_> {
    async fn read_logins(&mut self) -> Result<(), Error> {
        if self.cognito.logins.len() > MOST_LOGINS {
            return Err(Error::new(ErrorKind::Input, format!("more than {MOST_LOGINS} logins were given")));
        }
        for (provider, token) in &self.cognito.logins {
            let token = token.read(self.flow, &format!("token of {provider}"), MOST_TOKEN).await?;
            self.logins.insert(provider.clone(), Value::from(token.expose()));
            self.secrets.push(token);
        }
        Ok(())
    }

    async fn enhanced(&mut self) -> Result<Credentials, Error> {
        let mut more = Map::new();
        if let Some(role) = &self.cognito.custom_role_arn {
            more.insert("CustomRoleArn".to_owned(), Value::from(role.as_str()));
        }
        let mut reply = self.of_identity("GetCredentialsForIdentity", &more).await?;
        let malformed =
            |why: &str| Error::new(ErrorKind::Malformed, format!("its credentials cannot be read: {why}"));
        let keys = reply.take("Credentials").ok_or_else(|| malformed("there are none"))?;
        let text = |name: &str| keys.text(name).ok_or_else(|| malformed(&format!("there is no {name}")));
        let end = keys.get("Expiration").and_then(Value::as_f64).filter(|end| (0.0..1e12).contains(end));
        let end = end.ok_or_else(|| malformed("their expiration is no time"))?;
        let found = Credentials::new(text("AccessKeyId")?, text("SecretKey")?)
            .with_session_token(text("SessionToken")?)
            .with_expiry(Time::from_unix_millis((end * 1000.0) as i64))
            .with_source("cognito");
        let found = match &self.cognito.account_id {
            Some(account) => found.with_account_id(account),
            None => found,
        };
        usable(found, self.flow.now(), "the identity")
    }

    async fn basic(&mut self, sts: &Endpoint) -> Result<Credentials, Error> {
        let role = self.cognito.role_arn.as_deref().unwrap_or_default();
        let reply = self.of_identity("GetOpenIdToken", &Map::new()).await?;
        let token = reply.text("Token").map(Secret::new);
        let token =
            token.ok_or_else(|| Error::new(ErrorKind::Malformed, "there is no token in its reply"))?;
        let identity = WebIdentity::new(role, Token::Given(token));
        Ok(web_identity::load(self.flow, &identity, sts).await?.with_source("cognito"))
    }

    /// An operation on the identity. One that was known and is not there any more is asked for anew, once.
    async fn of_identity(&self, operation: &str, more: &Map<String, Value>) -> Result<Object, Error> {
        if let Some(known) = self.cognito.identity_id.as_deref() {
            match self.call(operation, self.body("IdentityId", known, more)).await {
                Err(error) if error.aws_code() == Some("ResourceNotFoundException") => {}
                result => return result,
            }
        }
        let mut account = Map::new();
        if let Some(id) = &self.cognito.account_id {
            account.insert("AccountId".to_owned(), Value::from(id.as_str()));
        }
        let pool = self.cognito.identity_pool_id.as_str();
        let reply = self.call("GetId", self.body("IdentityPoolId", pool, &account)).await?;
        let id = reply.text("IdentityId");
        let id = id.ok_or_else(|| Error::new(ErrorKind::Malformed, "there is no identity in its reply"))?;
        self.call(operation, self.body("IdentityId", id, more)).await
    }

    fn body(&self, name: &str, value: &str, more: &Map<String, Value>) -> Value {
        let mut body = more.clone();
        body.insert(name.to_owned(), Value::from(value));
        if !self.logins.is_empty() {
            body.insert("Logins".to_owned(), json!(self.logins));
        }
        Value::Object(body)
    }

    async fn call(&self, operation: &str, body: Value) -> Result<Object, Error> {
        let slash = if self.place.path.is_empty() { "/" } else { "" };
        let http = Http::new("POST", format!("{}{slash}", self.place.base))
            .header("host", self.place.authority.as_str())
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("AWSCognitoIdentityService.{operation}"))
            .body(body.to_string());
        let mut retry = Retry::new(ATTEMPTS, Duration::from_millis(500));
        loop {
            let reply = self.flow.ask(http.clone()).await;
            let error = match reply.map_err(|refusal| refusal.error("make HTTP requests"))? {
                Ok(reply) if reply.status == 200 => {
                    return Object::parse(&reply.body).ok_or_else(|| {
                        Error::new(
                            ErrorKind::Malformed,
                            format!("the reply to {operation} is no json object"),
                        )
                    });
                }
                Ok(reply) => service_error(&reply, operation, &self.secrets),
                Err(failure) => of_transport(&failure),
            };
            retry.pause(self.flow, error).await?;
        }
    }
}
