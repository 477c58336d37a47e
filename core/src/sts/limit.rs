//! The published limits of STS's parameters, checked before anything is sent.

use std::fmt;

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
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || c == '\u{a0}' || "_.:/=+-@".contains(c);
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
