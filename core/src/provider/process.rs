//! `credential_process`: a program that prints credentials.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>
//!
//! What the program writes on standard error is never shown, since it may hold a secret, and neither are its
//! arguments. It is told which profiles ask for it, so that a program which asks for the same profile again ends in an
//! error instead of an endless chain of processes.

mod command;

use super::object::Object;
use super::usable;
use crate::credentials::Credentials;
use crate::effect::{ProcessReply, RunProcess};
use crate::env::Env;
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::profile::Platform;
use crate::redact::told;
use crate::secret::Secret;
use crate::time::Time;

pub use command::Shell;

/// The profiles on whose behalf a program runs, separated by commas; the AWS CLI reads and writes it too.
const CHAIN: &str = "_AWS_CLI_PROFILE_CHAIN";
/// The most profiles that may ask for one another through programs.
const MOST_IN_CHAIN: usize = 4;

/// A program, and whose it is.
pub(crate) struct Process<'a> {
    pub(crate) command: &'a Secret,
    pub(crate) shell: Shell,
    /// The profile that names it.
    pub(crate) profile: &'a str,
    /// The account, if the program does not say.
    pub(crate) account_id: Option<&'a str>,
}

/// Runs it and reads what it prints.
pub(crate) async fn load(flow: &Flow, process: &Process<'_>, env: &Env) -> Result<Credentials, Error> {
    run(flow, process, env).await.map_err(|error| error.within("credential_process"))
}

async fn run(flow: &Flow, process: &Process<'_>, env: &Env) -> Result<Credentials, Error> {
    let chain = chain(env.get(CHAIN), process.profile)?;
    let argv = command::argv(process.command.expose(), process.shell, Platform::HERE)?;
    let mut question = RunProcess::new(argv.iter().map(Secret::expose));
    question.env.push((CHAIN.to_owned(), Secret::new(chain)));
    let reply = flow.ask(question).await.map_err(|refusal| refusal.error("run programs"))?;
    let reply = reply.map_err(|failure| {
        let arguments = argv.iter().skip(1).chain([process.command]);
        let why = told(&failure.reason, arguments);
        let why = if why.is_empty() { "it gave no answer".to_owned() } else { why };
        Error::new(ErrorKind::Unreachable, format!("the program did not run to its end: {why}"))
    })?;
    if reply.code != 0 {
        return Err(failed(&reply));
    }
    let credentials = read(&reply.stdout, process.account_id)?;
    usable(credentials, flow.now(), "the program")
}

fn failed(reply: &ProcessReply) -> Error {
    let said = match reply.stderr.len() {
        0 => "and said nothing".to_owned(),
        bytes => format!(
            "and wrote {bytes} bytes of reasons, which are not shown as they may hold a secret; run it by hand to see them"
        ),
    };
    let how = match reply.code {
        code if code < 0 => format!("was ended by signal {}", code.unsigned_abs()),
        code => format!("ended with exit status {code}"),
    };
    Error::new(ErrorKind::Service, format!("the program {how} {said}"))
}

/// The chain with one more profile, if it is not in it already.
fn chain(before: Option<&str>, profile: &str) -> Result<String, Error> {
    let names: Vec<_> =
        before.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let circle = names.contains(&profile);
    if circle || names.len() >= MOST_IN_CHAIN {
        let why = if circle { "programs that ask for each other" } else { "too many programs" };
        let names = names.into_iter().chain([profile]).collect::<Vec<_>>().join(" -> ");
        return Err(Error::new(ErrorKind::Config, format!("{why}: the profiles {names}")));
    }
    Ok(names.into_iter().chain([profile]).collect::<Vec<_>>().join(","))
}

/// `{"Version": 1, "AccessKeyId": …, "SecretAccessKey": …}` and what may come with them.
fn read(stdout: &[u8], account_id: Option<&str>) -> Result<Credentials, Error> {
    let malformed = |why: &str| Error::new(ErrorKind::Malformed, format!("what the program printed {why}"));
    let document = Object::parse(stdout).ok_or_else(|| malformed("is no json object"))?;
    if document.get("Version").and_then(serde_json::Value::as_u64) != Some(1) {
        return Err(malformed("is not of \"Version\": 1"));
    }
    let required = |name: &str| document.text(name).ok_or_else(|| malformed(&format!("has no {name}")));
    let mut credentials =
        Credentials::new(required("AccessKeyId")?, required("SecretAccessKey")?).with_source("process");
    if let Some(token) = document.text("SessionToken") {
        credentials = credentials.with_session_token(token);
    }
    match document.get("Expiration") {
        None | Some(serde_json::Value::Null) => {}
        Some(end) => {
            let end = end.as_str().and_then(Time::parse_rfc3339);
            credentials =
                credentials.with_expiry(end.ok_or_else(|| malformed("has an Expiration that is no time"))?);
        }
    }
    Ok(match document.text("AccountId").or(account_id) {
        Some(account) => credentials.with_account_id(account),
        None => credentials,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> String {
        read(text.as_bytes(), None).unwrap_err().to_string()
    }

    #[test]
    fn what_is_printed_is_read_strictly() {
        let full = r#"{"Version":1,"AccessKeyId":"ASIAP","SecretAccessKey":"s3cr3t","SessionToken":"t0k3n",
            "Expiration":"2100-01-01T01:00:00+01:00","AccountId":"1","More":[]}"#;
        let expected = Credentials::new("ASIAP", "s3cr3t")
            .with_session_token("t0k3n")
            .with_expiry(Time::from_unix(4_102_444_800))
            .with_account_id("1")
            .with_source("process");
        assert_eq!(read(full.as_bytes(), Some("2")), Ok(expected));
        let bare = br#"{"version":1,"accessKeyId":"A","secretAccessKey":"s","Expiration":null}"#;
        let bare = read(bare, Some("2")).unwrap();
        assert_eq!(
            (bare.expires_at(), bare.session_token().is_none(), bare.account_id()),
            (None, true, Some("2"))
        );
        for (text, why) in [
            ("", "no json"),
            ("[1]", "no json"),
            ("{}", "Version"),
            (r#"{"Version":2,"AccessKeyId":"A","SecretAccessKey":"s"}"#, "Version"),
            (r#"{"Version":"1","AccessKeyId":"A","SecretAccessKey":"s"}"#, "Version"),
            (r#"{"Version":1,"SecretAccessKey":"s"}"#, "AccessKeyId"),
            (r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":""}"#, "SecretAccessKey"),
            (r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"soon"}"#, "Expiration"),
            (r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","Expiration":5}"#, "Expiration"),
        ] {
            assert!(error_of(text).contains(why), "{text}: {}", error_of(text));
        }
    }

    #[test]
    fn a_chain_of_programs_ends() {
        assert_eq!(chain(None, "a"), Ok("a".to_owned()));
        assert_eq!(chain(Some("a, b"), "c"), Ok("a,b,c".to_owned()));
        let error = chain(Some("a,b"), "a").unwrap_err();
        assert!(error.message().contains("a -> b -> a"), "{error}");
        assert!(chain(Some("a,b,c,d"), "e").is_err());
    }
}
