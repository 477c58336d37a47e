//! GetCallerIdentity: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.

use super::call::call;
use super::document::Document;
use super::endpoint::Endpoint;
use super::form::Form;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::flow::{self, Flow};
use crate::step::Step;
use crate::time::Time;

/// Who signs with a set of credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallerIdentity {
    /// Twelve digits.
    pub account: String,
    /// Of the user, the role session or the account's root.
    pub arn: String,
    /// `AIDA…`, `AROA…:<session>` or the account.
    pub user_id: String,
}

impl CallerIdentity {
    /// Reads the reply.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Malformed`] if a member is missing.
    pub fn read(reply: &Document) -> Result<Self, Error> {
        let text = |name: &str| reply.required(&format!("GetCallerIdentityResult/{name}")).map(str::to_owned);
        Ok(Self { account: text("Account")?, arn: text("Arn")?, user_id: text("UserId")? })
    }
}

/// Asks STS who signs with `credentials`; needs no permission.
pub fn get_caller_identity(
    credentials: &Credentials,
    endpoint: &Endpoint,
    now: Time,
    seed: [u8; 32],
) -> Step<CallerIdentity> {
    let (credentials, endpoint) = (credentials.clone(), endpoint.clone());
    flow::start(now, seed, |flow| async move { caller_identity(&flow, &credentials, &endpoint).await })
}

/// The same within a task.
pub(crate) async fn caller_identity(
    flow: &Flow,
    credentials: &Credentials,
    endpoint: &Endpoint,
) -> Result<CallerIdentity, Error> {
    let reply = call(flow, credentials, endpoint, &Form::new("GetCallerIdentity")).await?;
    CallerIdentity::read(&reply)
}
