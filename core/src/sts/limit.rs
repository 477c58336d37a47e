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
