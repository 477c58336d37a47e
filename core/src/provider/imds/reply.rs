//! What the metadata service says.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::credentials::Credentials;
use crate::effect::HttpReply;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;
use crate::sts;
use crate::time::Time;

/// The token, and how long it lasts: as the reply says, or as was asked for.
pub(super) fn token(reply: &HttpReply, header: &str, asked: u64) -> Result<(Secret, Duration), Error> {
    let text = std::str::from_utf8(&reply.body).unwrap_or_default().trim_ascii();
    let plausible = (1..=1024).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if !plausible {
        return Err(Error::new(ErrorKind::Malformed, "its token cannot be sent in a header"));
    }
    let ttl = reply.header(header).and_then(|ttl| ttl.trim_ascii().parse().ok()).unwrap_or(asked).min(asked);
    Ok((Secret::new(text), Duration::from_secs(ttl)))
}

/// The first line without white space around it; `None` if there is nothing on it.
pub(super) fn first_line(body: &[u8]) -> Result<Option<String>, Error> {
    let malformed = || Error::new(ErrorKind::Malformed, "the name of its role is no text");
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    let line = text.trim_ascii().lines().next().unwrap_or_default().trim_ascii();
    if line.len() > 256 || line.chars().any(char::is_control) {
        return Err(malformed());
    }
    Ok((!line.is_empty()).then(|| line.to_owned()))
}

/// A name as one segment of a path: it can lead nowhere else.
pub(super) fn one_segment(name: &str) -> String {
    let mut segment = String::new();
    sts::encode(name, &mut segment);
    // A segment of dots only would be a step up.
    if segment.bytes().all(|b| b == b'.') { segment.replace('.', "%2E") } else { segment }
}

/// Reads the document with the credentials.
pub(super) fn credentials(body: &[u8]) -> Result<Credentials, Error> {
    let malformed =
        |why: &str| Error::new(ErrorKind::Malformed, format!("the role's credentials cannot be read: {why}"));
    let document: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| malformed("they are no json object"))?;
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    if let Some(code) = text("Code").filter(|code| !code.eq_ignore_ascii_case("Success")) {
        let message = text("Message").unwrap_or("no more is said");
        // The role exists, and its trust policy does not let EC2 assume it.
        let kind = match code {
            "AssumeRoleUnauthorizedAccess" => ErrorKind::Config,
            _ => ErrorKind::Service,
        };
        return Err(
            Error::new(kind, format!("the role gives no credentials, {code}: {message}")).with_aws_code(code)
        );
    }
    let required = |name: &str| text(name).ok_or_else(|| malformed(&format!("there is no {name}")));
    let end = required("Expiration")?;
    let end = Time::parse_rfc3339(end).ok_or_else(|| malformed("their expiration is no time"))?;
    let credentials = Credentials::new(required("AccessKeyId")?, required("SecretAccessKey")?)
        .with_session_token(required("Token")?)
        .with_expiry(end)
        .with_source("imds");
    Ok(match text("AccountId") {
        Some(account) => credentials.with_account_id(account),
        None => credentials,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_name_stays_one_segment() {
        assert_eq!(one_segment("my role/../x?y#z"), "my%20role%2F..%2Fx%3Fy%23z");
        assert_eq!(one_segment(".."), "%2E%2E");
        assert_eq!(first_line(b" gateway \nother\n"), Ok(Some("gateway".to_owned())));
        assert_eq!(first_line(b"\n"), Ok(None));
        assert!(first_line(b"a\0b").is_err());
    }

    #[test]
    fn a_code_other_than_success_is_told() {
        let error =
            credentials(br#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"no trust"}"#).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("no trust"));
    }
}
