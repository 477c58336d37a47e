//! What a task ends in: credentials, or JSON.

use awsaccess::cache::{Cleared, Stored};
use awsaccess::chain::{BearerToken, Plan, Resolved};
use awsaccess::signin::{Account, LoggedIn, LoggedOut, SignedIn, Written};
use awsaccess::sts::CallerIdentity;
use awsaccess::time::Time;
use serde_json::{Value, json};

use crate::json::Json;
use crate::profile::planned;

/// The results of all tasks in one type, so that one handle serves them all.
#[derive(Clone)]
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
    /// What the chain found, where it was asked.
    pub(crate) fn resolved(&self) -> Option<&Resolved> {
        match self {
            Self::Credentials(resolved) | Self::Identity(_, resolved) => Some(resolved),
            _ => None,
        }
    }

    pub(crate) fn warnings(&self) -> &[String] {
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

    /// As JSON. Of credentials what is public; of a bearer token the token too.
    pub(crate) fn json(&self) -> Json {
        let mut text = Json::default();
        match self {
            Self::Token(token) => {
                let rest = json!({ "source": token.source, "expires_at": token.expires_at.map(Time::unix) });
                text.raw(b"{\"token\":");
                text.text(token.token.expose());
                text.raw(b",");
                text.raw(rest.to_string().get(1..).unwrap_or_default().as_bytes());
            }
            other => text.raw(other.plain().to_string().as_bytes()),
        }
        text
    }

    /// Times are seconds since 1970.
    fn plain(&self) -> Value {
        match self {
            Self::Credentials(resolved) => public(resolved),
            Self::Identity(identity, resolved) => json!({
                "account": identity.account, "arn": identity.arn, "user_id": identity.user_id,
                "credentials": public(resolved),
            }),
            Self::Region(region) => json!(region),
            Self::Token(_) => Value::Null,
            Self::Plan(plan) => planned(plan),
            Self::Stored(files) => files.iter().map(stored).collect(),
            Self::Cleared(cleared) => {
                let kept = cleared
                    .kept
                    .iter()
                    .map(|(file, reason)| json!({ "file": stored(file), "reason": reason }));
                json!({
                    "removed": cleared.removed.iter().map(stored).collect::<Vec<_>>(),
                    "kept": kept.collect::<Vec<_>>(),
                })
            }
            Self::SignedIn(signed_in) => json!({
                "session": signed_in.portal.session, "start_url": signed_in.portal.start_url,
                "region": signed_in.portal.region, "expires_at": signed_in.expires_at.unix(),
                "token_file": signed_in.token_file,
            }),
            Self::LoggedIn(logged_in) => json!({
                "profile": logged_in.profile, "session": logged_in.session, "account_id": logged_in.account_id,
                "expires_at": logged_in.expires_at.unix(),
            }),
            Self::LoggedOut(logged_out) => json!({ "removed": logged_out.removed }),
            Self::Accounts(accounts) => {
                let account = |account: &Account| json!({ "id": account.id, "name": account.name, "email": account.email });
                accounts.iter().map(account).collect()
            }
            Self::Roles(names) => json!(names),
            Self::Written(written) => json!({ "path": written.path }),
        }
    }
}

fn public(resolved: &Resolved) -> Value {
    let keys = resolved.credentials();
    json!({
        "access_key_id": keys.access_key_id(), "expires_at": keys.expires_at().map(Time::unix),
        "account_id": keys.account_id(), "source": keys.source(),
    })
}

fn stored(file: &Stored) -> Value {
    json!({
        "path": file.path, "kind": file.kind.name(), "expires_at": file.expires_at.map(Time::unix),
        "about": file.about,
    })
}
