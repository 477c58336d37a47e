//! `AWS_ACCESS_KEY_ID` and its companions.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html>

use super::{Answer, usable};
use crate::credentials::Credentials;
use crate::env::Env;
use crate::error::{Error, ErrorKind};
use crate::time::Time;

/// The keys that the environment holds. Blank counts as unset, surrounding white space is taken off.
///
/// One of the two keys without the other is a failure, since a typing error in a name must not silently pick
/// another identity.
///
/// ```
/// use awsaccess::{env::Env, provider::{Answer, environment}, time::Time};
/// let env: Env = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "hush")].into_iter().collect();
/// let Answer::Found(keys) = environment::load(&env, Time::from_unix(0)) else { panic!() };
/// assert_eq!(keys.access_key_id(), "AKID");
/// ```
#[must_use]
pub fn load(env: &Env, now: Time) -> Answer {
    let lone = |set: &str, missing: &str| {
        Answer::Failed(Error::new(
            ErrorKind::Config,
            format!("{set} is set and {missing} is not; set both or none"),
        ))
    };
    match (env.get("AWS_ACCESS_KEY_ID"), env.get("AWS_SECRET_ACCESS_KEY")) {
        (None, None) => Answer::NotConfigured("AWS_ACCESS_KEY_ID is not set".to_owned()),
        (Some(_), None) => lone("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        (None, Some(_)) => lone("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
        (Some(id), Some(secret)) => read(env, id, secret, now).into(),
    }
}

fn read(env: &Env, id: &str, secret: &str, now: Time) -> Result<Credentials, Error> {
    let mut credentials = Credentials::new(id, secret).with_source("environment");
    if let Some(token) = env.get("AWS_SESSION_TOKEN") {
        credentials = credentials.with_session_token(token);
    }
    if let Some(account) = env.get("AWS_ACCOUNT_ID") {
        credentials = credentials.with_account_id(account);
    }
    if let Some(end) = env.get("AWS_CREDENTIAL_EXPIRATION") {
        let end = Time::parse_rfc3339(end).ok_or_else(|| {
            Error::new(ErrorKind::Config, "AWS_CREDENTIAL_EXPIRATION must be a time as 2026-11-21T12:00:00Z")
        })?;
        credentials = credentials.with_expiry(end);
    }
    usable(credentials, now, "the environment")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix(1_800_000_000);

    fn load_of(pairs: &[(&str, &str)]) -> Answer {
        load(&pairs.iter().copied().collect(), NOW)
    }

    fn failure(pairs: &[(&str, &str)]) -> ErrorKind {
        match load_of(pairs) {
            Answer::Failed(error) => error.kind(),
            other => panic!("{other:?}"),
        }
    }

    const ID: (&str, &str) = ("AWS_ACCESS_KEY_ID", " AKID\t");
    const SECRET: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "hush");

    #[test]
    fn blank_is_unset_and_half_is_an_error() {
        assert!(matches!(load_of(&[]), Answer::NotConfigured(_)));
        assert!(matches!(
            load_of(&[("AWS_ACCESS_KEY_ID", " "), ("AWS_SECRET_ACCESS_KEY", "")]),
            Answer::NotConfigured(_)
        ));
        assert_eq!(failure(&[ID]), ErrorKind::Config);
        assert_eq!(failure(&[SECRET, ("AWS_ACCESS_KEY_ID", " ")]), ErrorKind::Config);
    }

    #[test]
    fn everything_is_taken_over() {
        let all = [
            ID,
            SECRET,
            ("AWS_SESSION_TOKEN", "token"),
            ("AWS_ACCOUNT_ID", "123456789012"),
            ("AWS_CREDENTIAL_EXPIRATION", "2100-01-01T00:00:00+00:00"),
        ];
        let expected = Credentials::new("AKID", "hush")
            .with_session_token("token")
            .with_account_id("123456789012")
            .with_expiry(Time::from_unix(4_102_444_800))
            .with_source("environment");
        assert_eq!(load_of(&all), Answer::Found(expected));
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        assert_eq!(failure(&[ID, SECRET, ("AWS_CREDENTIAL_EXPIRATION", "soon")]), ErrorKind::Config);
        assert_eq!(
            failure(&[ID, SECRET, ("AWS_CREDENTIAL_EXPIRATION", "2001-01-01T00:00:00Z")]),
            ErrorKind::Expired
        );
        assert_eq!(failure(&[ID, SECRET, ("AWS_SESSION_TOKEN", "a\r\nb")]), ErrorKind::Malformed);
    }
}
