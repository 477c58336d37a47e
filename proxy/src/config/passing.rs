//! What passes beside signed requests, and what becomes of credentials in answers.

use awsaccess::access::Identity;
use awsaccess::gateway::{Bodies, CredentialReply, Gateway, Replays, UnsignedRule};
use serde::Deserialize;

use super::{ConfigError, file};

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct UnsignedTable {
    operation: String,
    subject: Option<String>,
    application: Option<String>,
    role: Option<String>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayTable {
    #[serde(default = "three")]
    times: u32,
    #[serde(default = "many")]
    remember: usize,
}

const fn three() -> u32 {
    3
}

const fn many() -> usize {
    100_000
}

pub(super) fn apply(file: &file::File, gateway: &mut Gateway) -> Result<(), ConfigError> {
    for (operation, mode) in &file.credential_replies {
        let key = || format!("credential_replies.\"{operation}\"");
        check_name(operation).map_err(|why| ConfigError::at(&key(), why))?;
        let mode = match mode.as_str() {
            "virtualise" => CredentialReply::Virtualise,
            "pass" => CredentialReply::Pass,
            "deny" => CredentialReply::Deny,
            _ => return Err(ConfigError::at(&key(), "must be \"virtualise\", \"pass\" or \"deny\"")),
        };
        gateway.credential_replies.insert(operation.clone(), mode);
    }
    gateway.foreign_presigned = file.foreign_presigned;
    gateway.plain_unsigned_bodies = file.unsigned_bodies_over_http;
    for (n, entry) in file.unsigned.iter().enumerate() {
        let at = |why: &str| ConfigError::at(&format!("unsigned[{n}]"), why);
        check_name(&entry.operation).map_err(at)?;
        let mut rule = UnsignedRule::new(&entry.operation);
        match (&entry.subject, &entry.application, &entry.role) {
            (None, None, None) => {}
            (Some(subject), Some(application), Some(role)) => {
                let identity = Identity::new(subject.as_str(), application.as_str(), role.as_str());
                gateway.access.check(&identity, crate::sink::now()).map_err(|why| at(&why.to_string()))?;
                rule = rule.with_identity(identity);
            }
            _ => return Err(at("subject, application and role go together")),
        }
        gateway.unsigned.push(rule);
    }
    gateway.replays = file.replay.as_ref().map(|table| Replays::new(table.times, table.remember));
    Ok(())
}

/// The most bytes of a record that bodies may take.
const MOST_OF_BODIES: usize = 64 << 10;

/// What is recorded of bodies.
pub(super) fn bodies(table: &file::AuditTable) -> Result<Bodies, ConfigError> {
    let mut bodies = Bodies::default();
    if let Some(bytes) = table.bodies_bytes {
        if !(1..=MOST_OF_BODIES).contains(&bytes) {
            let why = format!("must be from 1 to {MOST_OF_BODIES}");
            return Err(ConfigError::at("audit.bodies_bytes", why));
        }
        bodies = bodies.within(bytes);
    }
    let faults = table.bodies.iter().filter_map(|(operation, members)| {
        let fault = bodies.record(operation, members).err()?;
        Some(ConfigError::at(&format!("audit.bodies.\"{operation}\""), fault).0)
    });
    let faults: Vec<_> = faults.collect();
    if faults.is_empty() { Ok(bodies) } else { Err(ConfigError(faults.join("\n"))) }
}

/// The headers that need not be signed. Others of `x-amz-` tell a service what to do, and somebody on the way could add
/// one.
pub(super) fn unsigned_headers(file: &file::File) -> Result<Vec<String>, ConfigError> {
    let sound = |name: &str| {
        let rest = name.strip_prefix("x-amz-cf-").unwrap_or_default();
        !rest.is_empty() && rest.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    match file.unsigned_headers.iter().position(|name| !sound(name)) {
        None => Ok(file.unsigned_headers.clone()),
        Some(n) => {
            let why = "only what CloudFront adds may go unsigned: a name that begins with \"x-amz-cf-\"";
            Err(ConfigError::at(&format!("unsigned_headers[{n}]"), why))
        }
    }
}

fn check_name(operation: &str) -> Result<(), &'static str> {
    let sound = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    let parts = operation.split_once(':').filter(|(service, name)| sound(service) && sound(name));
    parts.map(|_| ()).ok_or("an operation is wanted, as \"sts:AssumeRole\"")
}

#[cfg(test)]
mod tests {
    use crate::Config;

    const RULES: &str = r#"
listen = ["127.0.0.1:0"]
credential_replies = { "sts:AssumeRole" = "pass" }
foreign_presigned = true
unsigned_headers = ["x-amz-cf-id"]
[[unsigned]]
operation = "sts:AssumeRoleWithWebIdentity"
subject = "ci"
application = "prod"
role = "reader"
[[unsigned]]
operation = "sso-oauth:CreateToken"
[replay]
times = 2
[[source]]
name = "base"
[[application]]
name = "prod"
source = "base"
[[application.role]]
name = "reader"
assume = [{ role_arn = "arn:aws:iam::222222222222:role/reader" }]
[[role]]
name = "all"
allow = ["arn:aws:iam::222222222222:role/*"]
[[subject]]
name = "ci"
roles = ["all"]
"#;

    #[test]
    fn rules_are_read_or_refused() {
        let gateway = Config::parse(RULES).unwrap().gateway;
        assert!(gateway.foreign_presigned && gateway.replays.is_some());
        assert_eq!(gateway.policy.unsigned_amz, ["x-amz-cf-id"]);
        assert_eq!(gateway.unsigned[0].identity.as_ref().map(|who| &*who.subject), Some("ci"));
        assert!(gateway.unsigned[1].identity.is_none() && gateway.credential_replies.len() == 1);
        let plain = Config::parse("listen = []").unwrap().gateway;
        assert!(!plain.foreign_presigned && plain.replays.is_none() && plain.unsigned.is_empty());
        for (from, to, wanted) in [
            ("x-amz-cf-id", "x-amz-acl", "unsigned_headers[0]: only what CloudFront adds"),
            ("x-amz-cf-id", "x-amz-cf-", "unsigned_headers[0]: only what CloudFront adds"),
            ("\"pass\"", "\"hide\"", "credential_replies.\"sts:AssumeRole\": must be"),
            ("sts:AssumeRole\"", "AssumeRole\"", "an operation is wanted"),
            ("subject = \"ci\"", "subject = \"eve\"", "unsigned[0]: the subject is not known"),
            ("subject = \"ci\"\n", "", "unsigned[0]: subject, application and role go together"),
            ("times = 2", "most = 2", "replay.most: there is no key of this name"),
        ] {
            let error = Config::parse(&RULES.replacen(from, to, 1)).err().map(|why| why.to_string());
            assert!(error.as_deref().unwrap_or_default().contains(wanted), "{from}: {error:?}");
        }
    }
}
