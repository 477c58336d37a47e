//! The portal of IAM Identity Center: what the access token opens.
//!
//! <https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/>

use super::Setup;
use crate::credentials::Credentials;
use crate::effect::Http;
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::provider::endpoint::Service;
use crate::provider::object::Object;
use crate::provider::rest_json::{Call, Failure, call};
use crate::secret::Secret;
use crate::sts::encode;
use crate::time::Time;

const TOKEN_HEADER: &str = "x-amz-sso_bearer_token";
/// The most bytes of one page of a list.
const MAX_LIST_BYTES: usize = 1024 * 1024;
/// The most pages that are asked for, of a hundred entries each.
const MOST_PAGES: usize = 100;

/// GetRoleCredentials.
pub(crate) async fn role_credentials(
    flow: &Flow,
    setup: &Setup,
    token: &Secret,
    account: &str,
    role: &str,
) -> Result<Credentials, Error> {
    let query = [("role_name", role), ("account_id", account)];
    let reply = get(flow, setup, token, "/federation/credentials", &query).await;
    let mut reply = reply.map_err(|failure| match failure.status {
        Some(401) => signed_out(setup, &failure),
        Some(403) => {
            failure.error.within(&format!("the role {role} is not assigned to you in the account {account}"))
        }
        _ => failure.error,
    })?;
    let found = reply.take("roleCredentials").and_then(|keys| {
        let credentials = Credentials::new(keys.text("accessKeyId")?, keys.text("secretAccessKey")?)
            .with_session_token(keys.text("sessionToken")?)
            .with_expiry(Time::from_unix_millis(keys.number("expiration").filter(|ms| *ms > 0)?))
            .with_account_id(account);
        Some(credentials.with_source("sso"))
    });
    found.ok_or_else(|| incomplete("role credentials"))
}

/// An account that is assigned to the person who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// What the organization calls it.
    pub name: Option<String>,
    /// The address of its root user.
    pub email: Option<String>,
}

/// ListAccounts, every page.
pub(crate) async fn accounts(flow: &Flow, setup: &Setup, token: &Secret) -> Result<Vec<Account>, Error> {
    list(flow, setup, token, "/assignment/accounts", &[], "accountList", |entry| {
        let text = |name| entry.text(name).map(str::to_owned);
        Some(Account { id: text("accountId")?, name: text("accountName"), email: text("emailAddress") })
    })
    .await
}

/// ListAccountRoles, every page: the names.
pub(crate) async fn roles(
    flow: &Flow,
    setup: &Setup,
    token: &Secret,
    account: &str,
) -> Result<Vec<String>, Error> {
    let query = [("account_id", account)];
    list(flow, setup, token, "/assignment/roles", &query, "roleList", |entry| {
        entry.text("roleName").map(str::to_owned)
    })
    .await
}

/// Logout: the token is of no use afterwards.
pub(crate) async fn logout(flow: &Flow, base: &str, token: &Secret) -> Result<(), Error> {
    let secrets = [token];
    // A token that stays valid for a while is no reason to wait.
    let once = Call { attempts: 1, ..Call::new(Service::Portal.name(), &secrets) };
    let request = |_| Ok(Http::new("POST", format!("{base}/logout")).header(TOKEN_HEADER, token.expose()));
    Ok(call(flow, &once, request).await.map(|_| ())?)
}

async fn list<T>(
    flow: &Flow,
    setup: &Setup,
    token: &Secret,
    path: &str,
    query: &[(&str, &str)],
    member: &str,
    read: impl Fn(&Object) -> Option<T> + Send + Sync,
) -> Result<Vec<T>, Error> {
    let mut found = Vec::new();
    let mut next: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut query = query.to_vec();
        query.push(("max_result", "100"));
        query.extend(next.as_deref().map(|next| ("next_token", next)));
        let reply = get(flow, setup, token, path, &query).await;
        let mut reply = reply.map_err(|failure| match failure.status {
            Some(401) => signed_out(setup, &failure),
            _ => failure.error,
        })?;
        let entries = reply.take_list(member).ok_or_else(|| incomplete("a list"))?;
        found.extend(entries.iter().filter_map(&read));
        let following = reply.text("nextToken").map(str::to_owned);
        if following.is_none() {
            return Ok(found);
        }
        if following == next {
            return Err(incomplete("a list that leads back to itself"));
        }
        next = following;
    }
    let message = format!("{} has more entries than can be listed", Service::Portal.name());
    Err(Error::new(ErrorKind::Limit, message))
}

async fn get(
    flow: &Flow,
    setup: &Setup,
    token: &Secret,
    path: &str,
    query: &[(&str, &str)],
) -> Result<Object, Failure> {
    let mut url = format!("{}{path}", setup.portal);
    for (at, (name, value)) in query.iter().enumerate() {
        url.push(if at == 0 { '?' } else { '&' });
        url.push_str(name);
        url.push('=');
        encode(value, &mut url);
    }
    call(flow, &Call::new(Service::Portal.name(), &[token]), |_| {
        let mut http = Http::new("GET", &url).header(TOKEN_HEADER, token.expose());
        http.max_bytes = MAX_LIST_BYTES;
        Ok(http)
    })
    .await
}

/// The token is refused although its time has not come.
fn signed_out(setup: &Setup, failure: &Failure) -> Error {
    let message = format!("{} has ended ({}); {}", setup.sso.name(), failure.error, setup.sso.remedy());
    let error = Error::new(ErrorKind::Expired, message);
    match failure.error.aws_code() {
        Some(code) => error.with_aws_code(code),
        None => error,
    }
}

fn incomplete(what: &str) -> Error {
    let message =
        format!("{} gave {what} that lacks a member, or has one that cannot be", Service::Portal.name());
    Error::new(ErrorKind::Malformed, message)
}
