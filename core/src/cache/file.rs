//! One file of the AWS CLI's cache: the session of a role, as AssumeRole answered.

use std::time::Duration;

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::credentials::Credentials;
use crate::effect::{Lock, ReadFile, WriteFile};
use crate::flow::Flow;
use crate::provider::usable;
use crate::time::Time;

/// A larger file is no cached session.
pub(super) const MAX_BYTES: usize = 64 * 1024;
/// With less left than this a cached session is not used, as the AWS CLI has it.
const LEAST_LEFT: Duration = Duration::from_secs(900);

/// The session in that file, if it can be read and is good for a while; all else is a miss.
pub(super) async fn read_session(flow: &Flow, path: &str) -> Option<Credentials> {
    let data = Zeroizing::new(flow.ask(ReadFile::new(path, MAX_BYTES)).await.ok()?.ok()??);
    let found = parse(&data)?;
    let now = flow.now();
    let lasts = found.expires_at().is_some_and(|end| end.since(now) >= LEAST_LEFT);
    if !lasts {
        return None;
    }
    usable(found.with_source("assume-role"), now, "a cached session").ok()
}

/// Keeps a session. That it cannot be kept is no failure: it is good all the same.
pub(super) async fn write_session(flow: &Flow, path: &str, credentials: &Credentials) {
    if let Some(data) = text(credentials) {
        let _ = flow.ask(WriteFile::new(path, data)).await;
    }
}

/// `Credentials` of a reply of STS; only one that ends is a session.
fn parse(data: &[u8]) -> Option<Credentials> {
    let document: Map<String, Value> = serde_json::from_slice(data).ok()?;
    let keys = document.get("Credentials")?;
    let text = |name: &str| keys.get(name).and_then(Value::as_str);
    let credentials = Credentials::new(text("AccessKeyId")?, text("SecretAccessKey")?)
        .with_session_token(text("SessionToken")?)
        .with_expiry(time(text("Expiration")?)?);
    Some(match text("AccountId") {
        Some(account) => credentials.with_account_id(account),
        None => credentials,
    })
}

fn text(credentials: &Credentials) -> Option<Vec<u8>> {
    let mut keys = json!({
        "AccessKeyId": credentials.access_key_id(),
        "SecretAccessKey": credentials.secret_access_key().expose(),
        "SessionToken": credentials.session_token()?.expose(),
        "Expiration": credentials.expires_at()?.to_string(),
    });
    if let (Some(account), Some(keys)) = (credentials.account_id(), keys.as_object_mut()) {
        keys.insert("AccountId".to_owned(), account.into());
    }
    serde_json::to_vec(&json!({ "Credentials": keys })).ok()
}

/// `2026-11-21T12:00:00Z`, or with an offset, or as Python's `strftime` leaves it: `…UTC`.
pub(super) fn time(text: &str) -> Option<Time> {
    match text.strip_suffix("UTC") {
        Some(local) => Time::parse_rfc3339(&format!("{local}Z")),
        None => Time::parse_rfc3339(text),
    }
}

/// The lock beside a cache file. A host that locks nothing goes on without.
pub(super) struct Held(Option<String>);

impl Held {
    pub(super) async fn take(flow: &Flow, path: &str) -> Self {
        let lock = format!("{path}.lock");
        let held = matches!(flow.ask(Lock::take(lock.as_str())).await, Ok(Ok(())));
        Self(held.then_some(lock))
    }

    /// Whether others could have been before us.
    pub(super) fn waited(&self) -> bool {
        self.0.is_some()
    }

    pub(super) async fn release(self, flow: &Flow) {
        if let Some(lock) = self.0 {
            let _ = flow.ask(Lock::release(lock)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let keys = Credentials::new("ASIACACHED", "s3cr3t-cached")
            .with_session_token("t0k-cached")
            .with_expiry(Time::from_unix(1_800_000_000))
            .with_account_id("111122223333");
        assert_eq!(parse(&text(&keys).unwrap()).unwrap(), keys);
        assert!(text(&Credentials::new("AKIA", "long-lived")).is_none());
    }

    #[test]
    fn files_that_botocore_wrote_and_reads() {
        let theirs = parse(include_bytes!("../../../vectors/cache/botocore.json")).unwrap();
        assert_eq!((theirs.access_key_id(), theirs.account_id()), ("ASIATHEIRS", Some("123456789012")));
        assert_eq!(theirs.expires_at(), Time::parse_rfc3339("2099-01-15T08:00:00Z"));
        // Botocore reads this one in tools/cache_keys.py.
        let ours = include_bytes!("../../../vectors/cache/ours.json");
        assert_eq!(text(&parse(ours).unwrap()).unwrap(), ours);
    }

    #[test]
    fn times_of_every_writer() {
        let expected = Some(Time::from_unix(1_800_000_000));
        for text in ["2027-01-15T08:00:00Z", "2027-01-15T08:00:00UTC", "2027-01-15T08:00:00+00:00"] {
            assert_eq!(time(text), expected, "{text}");
        }
        assert_eq!(time("soon"), None);
    }

    #[test]
    fn anything_else_is_a_miss() {
        for bad in ["", "[]", "{}", r#"{"Credentials":[]}"#, r#"{"Credentials":{"AccessKeyId":"A"}}"#] {
            assert!(parse(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
