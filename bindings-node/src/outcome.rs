//! What a task ends in, as JSON.

use awsaccess::cache::{Cleared, Stored};
use awsaccess::chain::{BearerToken, Plan, Resolved};
use awsaccess::credentials::Credentials;
use awsaccess::secret::Secret;
use awsaccess::signin::{Account, LoggedIn, LoggedOut, SignedIn, Written};
use awsaccess::sts::CallerIdentity;
use awsaccess::time::Time;
use serde_json::{Value, json};

use crate::fault::attempts;
use crate::profile;

/// The results of all tasks in one type, so that one external serves them all.
pub(crate) enum Outcome {
    Credentials(Resolved),
    Identity(CallerIdentity, Resolved),
    Region(Option<String>),
    Token(BearerToken),
    Plan(Plan),
    Stored(Vec<Stored>),
    Cleared(Cleared),
    SignedIn(SignedIn),
    LoggedIn(LoggedIn),
    LoggedOut(LoggedOut),
    Accounts(Vec<Account>),
    Roles(Vec<String>),
    Written(Written),
}

impl Outcome {
    /// The whole answer: `result`, and what the chain told on the way.
    pub(crate) fn described(&self) -> Value {
        let resolved = match self {
            Self::Credentials(resolved) | Self::Identity(_, resolved) => Some(resolved),
            _ => None,
        };
        json!({
            "kind": "done",
            "type": self.name(),
            "result": self.result(),
            "trace": resolved.map_or(Value::Array(Vec::new()), |resolved| attempts(resolved.trace().attempts())),
            "clockOffset": resolved.map_or(0, Resolved::clock_offset),
            "warnings": self.warnings(),
        })
    }

    /// What the wrapper makes of the result.
    fn name(&self) -> &'static str {
        match self {
            Self::Credentials(_) => "credentials",
            Self::Identity(..) => "identity",
            Self::Token(_) => "token",
            Self::Plan(_) => "plan",
            _ => "plain",
        }
    }

    fn warnings(&self) -> &[String] {
        match self {
            Self::Credentials(resolved) | Self::Identity(_, resolved) => resolved.warnings(),
            Self::Token(token) => &token.warnings,
            Self::Plan(plan) => &plan.warnings,
            Self::SignedIn(signed_in) => &signed_in.warnings,
            Self::LoggedIn(logged_in) => &logged_in.warnings,
            Self::LoggedOut(logged_out) => &logged_out.warnings,
            Self::Written(written) => &written.warnings,
            _ => &[],
        }
    }

    /// Times are milliseconds, behind names that end in `At`.
    fn result(&self) -> Value {
        match self {
            Self::Credentials(resolved) => credentials(resolved.credentials()),
            Self::Identity(identity, resolved) => json!({
                "account": identity.account, "arn": identity.arn, "userId": identity.user_id,
                "credentials": credentials(resolved.credentials()),
            }),
            Self::Region(region) => json!(region),
            Self::Token(token) => json!({
                "token": token.token.expose(), "expiresAt": token.expires_at.map(Time::unix_millis),
                "source": token.source,
            }),
            Self::Plan(plan) => profile::described(plan),
            Self::Stored(files) => files.iter().map(stored).collect(),
            Self::Cleared(cleared) => json!({
                "removed": cleared.removed.iter().map(stored).collect::<Vec<_>>(),
                "kept": cleared.kept.iter().map(|(file, reason)| json!([stored(file), reason])).collect::<Vec<_>>(),
            }),
            Self::SignedIn(signed_in) => json!({
                "session": signed_in.portal.session, "startUrl": signed_in.portal.start_url,
                "region": signed_in.portal.region, "expiresAt": signed_in.expires_at.unix_millis(),
                "tokenFile": signed_in.token_file,
            }),
            Self::LoggedIn(logged_in) => json!({
                "profile": logged_in.profile, "session": logged_in.session, "accountId": logged_in.account_id,
                "expiresAt": logged_in.expires_at.unix_millis(),
            }),
            Self::LoggedOut(logged_out) => json!({ "removed": logged_out.removed }),
            Self::Accounts(accounts) => {
                let account = |account: &Account| json!({ "id": account.id, "name": account.name, "email": account.email });
                accounts.iter().map(account).collect()
            }
            Self::Roles(names) => json!(names),
            Self::Written(written) => json!(written.path),
        }
    }
}

fn stored(file: &Stored) -> Value {
    json!({
        "path": file.path, "kind": file.kind.name(), "expiresAt": file.expires_at.map(Time::unix_millis),
        "about": file.about,
    })
}

/// Credentials whole; the wrapper hides what is secret in them.
pub(crate) fn credentials(found: &Credentials) -> Value {
    json!({
        "accessKeyId": found.access_key_id(),
        "secretAccessKey": found.secret_access_key().expose(),
        "sessionToken": found.session_token().map(Secret::expose),
        "expiresAt": found.expires_at().map(Time::unix_millis),
        "accountId": found.account_id(),
        "source": found.source(),
    })
}
