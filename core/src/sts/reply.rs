//! A reply of STS, whatever the operation.

use thiserror::Error;

use super::document::Document;
use super::failure::Failure;
use super::role::Keys;
use crate::credentials::Credentials;
use crate::effect::HttpReply;
use crate::error::Error;

/// What an operation answered with. It has no `Debug`: every text of it can be a secret.
///
/// ```
/// use awsaccess::effect::HttpReply;
/// use awsaccess::sts::Reply;
/// let xml = "<GetAccessKeyInfoResponse><GetAccessKeyInfoResult><Account>111122223333</Account>\
///     </GetAccessKeyInfoResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>\
///     </GetAccessKeyInfoResponse>";
/// let reply = Reply::read(&HttpReply::new(200, vec![], xml)).ok().unwrap();
/// assert_eq!((reply.operation(), reply.account_id()), ("GetAccessKeyInfo", Some("111122223333")));
/// ```
pub struct Reply {
    document: Document,
    operation: String,
    credentials: Option<Credentials>,
}

/// Why a reply gives no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// STS refused.
    #[error(transparent)]
    Refused(#[from] Failure),
    /// What came is no reply of STS's, or lacks what it cannot do without.
    #[error(transparent)]
    Malformed(#[from] Error),
}

/// What gives a session, and cannot do without its keys.
const SESSIONS: [&str; 6] = [
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "AssumeRoot",
    "GetFederationToken",
    "GetSessionToken",
];

impl Reply {
    /// Reads a reply, of any status.
    ///
    /// # Errors
    /// [`ReplyError`] says whether STS refused or the reply cannot be read.
    pub fn read(reply: &HttpReply) -> Result<Self, ReplyError> {
        if !(200..300).contains(&reply.status) {
            return Err(Failure::read(reply).into());
        }
        let document = Document::parse(&reply.body)?;
        let operation = document.root().strip_suffix("Response").filter(|name| !name.is_empty());
        let operation = operation.ok_or_else(|| Document::malformed("it is no reply of an operation"))?;
        let operation = operation.to_owned();
        let result = format!("{operation}Result");
        let arn = ["AssumedRoleUser", "FederatedUser"]
            .iter()
            .find_map(|user| document.text(&format!("{result}/{user}/Arn")));
        let credentials = if SESSIONS.contains(&operation.as_str()) {
            let keys = Keys::read(&document, &result)?.credentials().with_source(source(&operation));
            let account = arn.and_then(|arn| arn.split(':').nth(4)).filter(|account| !account.is_empty());
            Some(match account {
                Some(account) => keys.with_account_id(account),
                None => keys,
            })
        } else {
            None
        };
        Ok(Self { document, operation, credentials })
    }

    /// `AssumeRole` and so on.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// The session's keys, of an operation that gives one.
    #[must_use]
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// The text of a member of the result, by its path: `AssumedRoleUser/Arn`, `PackedPolicySize`, `SourceIdentity`.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.document.text(&format!("{}Result/{path}", self.operation))
    }

    /// The ARN of the session, the federated user or the caller.
    #[must_use]
    pub fn arn(&self) -> Option<&str> {
        ["AssumedRoleUser/Arn", "FederatedUser/Arn", "Arn"].iter().find_map(|path| self.text(path))
    }

    /// The account of the session, the caller or the key.
    #[must_use]
    pub fn account_id(&self) -> Option<&str> {
        self.text("Account").or_else(|| self.credentials.as_ref()?.account_id())
    }

    /// How much of the room for policies and tags is used, in per cent.
    #[must_use]
    pub fn packed_policy_size(&self) -> Option<u32> {
        self.text("PackedPolicySize")?.parse().ok()
    }

    /// The request's number, which AWS's support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.document.text("ResponseMetadata/RequestId")
    }
}

/// What the chain calls a source of such credentials.
fn source(operation: &str) -> &'static str {
    match operation {
        "AssumeRoleWithWebIdentity" => "web-identity",
        "AssumeRoleWithSAML" => "saml",
        "AssumeRoot" => "assume-root",
        "GetSessionToken" => "session-token",
        "GetFederationToken" => "federation-token",
        _ => "assume-role",
    }
}
