//! The names of the AWS CLI's cache files: a digest of what was asked for, as botocore computes it.
//!
//! <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html#cli-configure-role-cache>. Neither the
//! source of the credentials nor the region is in the name.

use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};

use super::file;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::flow::Flow;
use crate::provider::RoleHop;
use crate::provider::assume_role::assume;
use crate::sts::Endpoint;

/// The name, without `.json`, under which the AWS CLI keeps the session of a role: lower-case hexadecimal SHA-1 of
/// the arguments of AssumeRole as JSON with sorted keys. `None` for a session policy that is no JSON object, or
/// that holds a number with a fraction, which the two languages write differently.
///
/// ```
/// use awsaccess::{cache::assume_role_key, provider::RoleHop};
/// let key = assume_role_key(&RoleHop::new("arn:aws:iam::123456789012:role/demo"));
/// assert_eq!(key.as_deref(), Some("5f52c9c583acfd120a607977e4f21fe86b7fa42d"));
/// ```
#[must_use]
pub fn assume_role_key(hop: &RoleHop) -> Option<String> {
    let mut arguments = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            arguments.insert(name.to_owned(), value);
        }
    };
    put("RoleArn", Some(hop.role_arn.as_str().into()));
    put("RoleSessionName", hop.session_name.as_deref().map(Value::from));
    put("ExternalId", hop.external_id.as_ref().map(|id| id.expose().into()));
    put("SerialNumber", hop.mfa_serial.as_deref().map(Value::from));
    put("SourceIdentity", hop.source_identity.as_deref().map(Value::from));
    put("DurationSeconds", hop.duration.map(|duration| duration.as_secs().into()));
    if !hop.policy_arns.is_empty() {
        put("PolicyArns", Some(hop.policy_arns.iter().map(|arn| json!({ "arn": arn })).collect()));
    }
    if !hop.tags.is_empty() {
        let tags = hop.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
        put("Tags", Some(tags.collect()));
    }
    if !hop.transitive_tag_keys.is_empty() {
        put("TransitiveTagKeys", Some(hop.transitive_tag_keys.as_slice().into()));
    }
    if let Some(policy) = &hop.policy {
        put("Policy", Some(serde_json::from_str(policy).ok().filter(Value::is_object)?));
    }
    let mut text = zeroize::Zeroizing::new(String::new());
    write(&Value::Object(arguments), (", ", ": "), &mut text)?;
    Some(hex_sha1(&text))
}

/// The name, without `.json`, under which the AWS CLI keeps credentials that IAM Identity Center gave for a role of
/// an account; `session` is the name of the `[sso-session]` where one is configured, else the start URL counts.
///
/// ```
/// use awsaccess::cache::sso_credentials_key;
/// let url = "https://my-org.awsapps.com/start";
/// assert_eq!(
///     sso_credentials_key("123456789012", "Admin", Some("my-sso"), url),
///     "c30b99aca80d8f5b3178e353f05b2abcc9a4ccd3"
/// );
/// assert_eq!(sso_credentials_key("123456789012", "Admin", None, url), "e30ede72204d3e71069b0d57f286270e32796869");
/// ```
#[must_use]
pub fn sso_credentials_key(
    account_id: &str,
    role_name: &str,
    session: Option<&str>,
    start_url: &str,
) -> String {
    let mut arguments = Map::new();
    arguments.insert("accountId".to_owned(), account_id.into());
    arguments.insert("roleName".to_owned(), role_name.into());
    match session {
        Some(session) => arguments.insert("sessionName".to_owned(), session.into()),
        None => arguments.insert("startUrl".to_owned(), start_url.into()),
    };
    let mut text = String::new();
    // Three texts: nothing that could not be written.
    let _ = write(&Value::Object(arguments), (",", ":"), &mut text);
    hex_sha1(&text)
}

/// Assumes a role, with the AWS CLI's cache in front where `folder` names it. A cached session serves while it is
/// good for 15 minutes; a cache that cannot be read or written is passed over.
pub(crate) async fn assume_role(
    flow: &Flow,
    folder: Option<&str>,
    source: &Credentials,
    hop: &RoleHop,
    endpoint: &Endpoint,
) -> Result<Credentials, Error> {
    let Some(path) = folder.and_then(|folder| Some(format!("{folder}/{}.json", assume_role_key(hop)?)))
    else {
        return assume(flow, source, hop, endpoint).await;
    };
    if let Some(found) = file::read_session(flow, &path).await {
        return Ok(found);
    }
    // Another process may be at it; what it brought is read once the lock is ours.
    let held = file::Held::take(flow, &path).await;
    if held.waited()
        && let Some(found) = file::read_session(flow, &path).await
    {
        held.release(flow).await;
        return Ok(found);
    }
    let assumed = assume(flow, source, hop, endpoint).await;
    if let Ok(credentials) = &assumed {
        file::write_session(flow, &path, credentials).await;
    }
    held.release(flow).await;
    assumed
}

fn hex_sha1(text: &str) -> String {
    Sha1::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON as Python's `json.dumps(value, sort_keys=True)` writes it: keys by code point, other characters than ASCII
/// escaped. `None` where the two could differ.
fn write(value: &Value, (comma, colon): (&str, &str), out: &mut String) -> Option<()> {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (at, (name, value)) in members.into_iter().enumerate() {
                out.push_str(if at == 0 { "" } else { comma });
                write_text(name, out);
                out.push_str(colon);
                write(value, (comma, colon), out)?;
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { comma });
                write(item, (comma, colon), out)?;
            }
            out.push(']');
        }
        Value::String(text) => write_text(text, out),
        Value::Number(number) if number.is_f64() => return None,
        other => out.push_str(&other.to_string()),
    }
    Some(())
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    out.push('"');
}
