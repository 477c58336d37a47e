//! The published limits of STS's parameters, checked before anything is sent.

use std::fmt;

use crate::secret::Secret;

/// The shortest session that STS gives, in seconds.
pub(crate) const SHORTEST_SESSION: u64 = 900;
/// The longest session of an assumed role, in seconds, where the role allows it.
pub(crate) const LONGEST_SESSION: u64 = 43_200;

/// What a value must be and is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Violation(pub(crate) &'static str);

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `RoleArn`: 20 to 2048 characters, none a control; and the form that every role's ARN has.
pub(crate) fn role_arn(text: &str) -> Result<(), Violation> {
    let length = (20..=2048).contains(&text.chars().count());
    let mut fields = text.splitn(6, ':');
    let arn = fields.next() == Some("arn");
    let (partition, service) = (fields.next().unwrap_or_default(), fields.next());
    let (_region, account) = (fields.next(), fields.next().unwrap_or_default());
    let role = fields.next().is_some_and(|resource| resource.starts_with("role/"));
    let form = arn && !partition.is_empty() && service == Some("iam") && !account.is_empty() && role;
    check(
        length && form && !text.chars().any(char::is_control),
        "an ARN as arn:aws:iam::111122223333:role/name",
    )
}

/// `RoleSessionName`, and `SourceIdentity` alike.
pub(crate) fn session_name(text: &str) -> Result<(), Violation> {
    check(is_made_of(text, 2..=64, "+=,.@-"), "2 to 64 letters, digits and _+=,.@-")
}

/// `ExternalId`.
pub(crate) fn external_id(text: &str) -> Result<(), Violation> {
    check(is_made_of(text, 2..=1224, "+=,.@:/-"), "2 to 1224 letters, digits and _+=,.@:/-")
}

/// `SerialNumber`.
pub(crate) fn serial_number(text: &str) -> Result<(), Violation> {
    check(
        is_made_of(text, 9..=256, "+=/:,.@-"),
        "the ARN or serial number of an MFA device, 9 to 256 characters",
    )
}

/// `TokenCode`.
pub(crate) fn token_code(text: &str) -> Result<(), Violation> {
    check(text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()), "six digits")
}

/// An ARN of any kind: `PolicyArns`, `PrincipalArn`.
pub(crate) fn arn(text: &str) -> Result<(), Violation> {
    let length = (20..=2048).contains(&text.chars().count());
    check(
        length && text.starts_with("arn:") && !text.chars().any(char::is_control),
        "an ARN of 20 to 2048 characters",
    )
}

/// `PolicyArns`.
pub(crate) fn policy_arns(arns: &[String]) -> Result<(), Violation> {
    check(arns.len() <= 10, "10 managed policies at most")?;
    arns.iter().try_for_each(|text| arn(text))
}

/// `Tags`: keys that differ without regard to case, values that may be empty.
pub(crate) fn tags(tags: &[(String, String)]) -> Result<(), Violation> {
    check(tags.len() <= 50, "50 tags at most")?;
    tags.iter().try_for_each(|(key, value)| {
        tag_key(key)?;
        check(!key.to_ascii_lowercase().starts_with("aws:"), "tags whose keys do not begin with aws:")?;
        check(
            is_tag(value, 0..=256),
            "tags whose values have at most 256 letters, digits, spaces and _.:/=+-@",
        )
    })?;
    let lower: std::collections::BTreeSet<_> = tags.iter().map(|(key, _)| key.to_lowercase()).collect();
    check(lower.len() == tags.len(), "tags whose keys differ in more than case")
}

/// `TransitiveTagKeys`: keys of tags, given here or inherited.
pub(crate) fn transitive_tag_keys(keys: &[String]) -> Result<(), Violation> {
    check(keys.len() <= 50, "50 keys at most")?;
    keys.iter().try_for_each(|key| tag_key(key))
}

fn tag_key(key: &str) -> Result<(), Violation> {
    check(is_tag(key, 1..=128), "tags whose keys have 1 to 128 letters, digits, spaces and _.:/=+-@")
}

fn is_tag(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    let space = |c: char| c.is_whitespace() && !c.is_control();
    let allowed = |c: char| c.is_alphanumeric() || space(c) || "_.:/=+-@".contains(c);
    length.contains(&text.chars().count()) && text.chars().all(allowed)
}

/// `Name` of GetFederationToken.
pub(crate) fn federated_name(text: &str) -> Result<(), Violation> {
    check(is_made_of(text, 2..=32, "+=,.@-"), "2 to 32 letters, digits and _+=,.@-")
}

/// `WebIdentityToken`.
pub(crate) fn web_identity_token(text: &str) -> Result<(), Violation> {
    check((4..=MOST_TOKEN).contains(&text.len()), "a token of 4 to 20000 characters")
}

/// `SAMLAssertion`, in base64.
pub(crate) fn saml_assertion(text: &str) -> Result<(), Violation> {
    let base64 = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
    check(base64 && (4..=MOST_ASSERTION).contains(&text.len()), "base64 of 4 to 100000 characters")
}

/// The most bytes of a web identity token.
pub(crate) const MOST_TOKEN: usize = 20_000;
/// The most bytes of a SAML assertion in base64.
pub(crate) const MOST_ASSERTION: usize = 100_000;

/// `DurationSeconds` of GetSessionToken and GetFederationToken.
pub(crate) fn long_duration(seconds: u64) -> Result<(), Violation> {
    check((SHORTEST_SESSION..=129_600).contains(&seconds), "900 to 129600 seconds")
}

/// `Policy`: an inline session policy.
pub(crate) fn policy(text: &str) -> Result<(), Violation> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
    check(!text.is_empty() && text.chars().all(allowed), "a JSON policy in Latin-1 characters")
}

/// `Policy` of the operations whose model bounds it.
pub(crate) fn short_policy(text: &str) -> Result<(), Violation> {
    check(text.chars().count() <= 2048, "a JSON policy of 2048 characters at most")?;
    policy(text)
}

/// `ProvidedContexts`: pairs of a provider's ARN and its assertion.
pub(crate) fn provided_contexts(contexts: &[(String, Secret)]) -> Result<(), Violation> {
    check(contexts.len() <= 5, "5 contexts at most")?;
    contexts.iter().try_for_each(|(provider, assertion)| {
        arn(provider)?;
        check((4..=2048).contains(&assertion.expose().chars().count()), "contexts of 4 to 2048 characters")
    })
}

/// `DurationSeconds` of a role that a role's session assumes.
pub(crate) fn chained_duration(seconds: u64) -> Result<(), Violation> {
    check(seconds <= 3600, "one hour at most where a role assumes a role; leave it out")
}

/// `ProviderId` of AssumeRoleWithWebIdentity, for providers of before OpenID Connect.
pub(crate) fn provider_id(text: &str) -> Result<(), Violation> {
    check((4..=2048).contains(&text.chars().count()), "a domain name of 4 to 2048 characters")
}

/// `TargetPrincipal` of AssumeRoot.
pub(crate) fn target_principal(text: &str) -> Result<(), Violation> {
    let length = (12..=2048).contains(&text.chars().count());
    check(length && !text.chars().any(char::is_control), "an account of twelve digits, or its ARN")
}

/// `TaskPolicyArn` of AssumeRoot.
pub(crate) fn root_task_policy(text: &str) -> Result<(), Violation> {
    const TASKS: [&str; 5] = [
        "IAMAuditRootUserCredentials",
        "IAMCreateRootUserPassword",
        "IAMDeleteRootUserCredentials",
        "S3UnlockBucketPolicy",
        "SQSUnlockQueuePolicy",
    ];
    let rest = text.strip_prefix("arn:").and_then(|rest| rest.split_once(':'));
    let task = rest.and_then(|(_, rest)| rest.strip_prefix("iam::aws:policy/root-task/"));
    check(
        task.is_some_and(|task| TASKS.contains(&task)),
        "one of the policies arn:aws:iam::aws:policy/root-task/…",
    )
}

/// `DurationSeconds` of AssumeRoot.
pub(crate) fn root_duration(seconds: u64) -> Result<(), Violation> {
    check(seconds <= SHORTEST_SESSION, "900 seconds at most")
}

/// `AccessKeyId`.
pub(crate) fn access_key_id(text: &str) -> Result<(), Violation> {
    check(is_made_of(text, 16..=128, ""), "16 to 128 letters, digits and underscores")
}

/// `EncodedMessage`.
pub(crate) fn encoded_message(text: &str) -> Result<(), Violation> {
    check((1..=10_240).contains(&text.chars().count()), "the message of 1 to 10240 characters")
}

/// `DurationSeconds` of a role.
pub(crate) fn duration(seconds: u64) -> Result<(), Violation> {
    check((SHORTEST_SESSION..=LONGEST_SESSION).contains(&seconds), "900 to 43200 seconds")
}

fn is_made_of(text: &str, length: std::ops::RangeInclusive<usize>, also: &str) -> bool {
    length.contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || also.contains(c))
}

fn check(holds: bool, expected: &'static str) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation(expected)) }
}
