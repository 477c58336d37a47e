//! The parameters of an operation, checked against the limits of the service's model.

use serde_json::Value;

use crate::failure::Failure;
use crate::policy::Policy;

/// The parameters of a request.
pub(super) struct Parameters(Vec<(String, String)>);

/// Characters of session names, source identities and federated names.
const NAME: &[u8] = b"_+=,.@-";
/// Keys and values of session tags.
type Tags = Vec<(String, String)>;

const MAX_TAGS: usize = 50;
const MAX_POLICY_ARNS: usize = 10;

impl Parameters {
    /// A parameter that is given twice is refused.
    pub(super) fn new(pairs: Vec<(String, String)>) -> Result<Self, Failure> {
        for (at, (name, _)) in pairs.iter().enumerate() {
            if pairs.iter().skip(at + 1).any(|(other, _)| other == name) {
                return Err(Failure::new(
                    400,
                    "MalformedQueryString",
                    format!("{name} is given more than once"),
                ));
            }
        }
        Ok(Self(pairs))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(parameter, _)| parameter == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that must be there.
    pub(super) fn wanted(&self, name: &str) -> Result<&str, Failure> {
        self.text(name).ok_or_else(|| invalid(None, name, "Member must not be null"))
    }

    pub(super) fn arn(&self, name: &str) -> Result<&str, Failure> {
        let arn = self.wanted(name)?;
        length(arn, name, 20, 2048)?;
        if arn.starts_with("arn:") && arn.split(':').count() >= 6 {
            Ok(arn)
        } else {
            Err(Failure::new(400, "ValidationError", format!("{arn} is invalid")))
        }
    }

    /// A name of the session kind: 2 to `max` of the usual characters.
    pub(super) fn name(&self, name: &str, max: usize) -> Result<&str, Failure> {
        let value = self.wanted(name)?;
        length(value, name, 2, max)?;
        pattern(value, name, NAME, "[\\w+=,.@-]*")
    }

    pub(super) fn external_id(&self) -> Result<Option<&str>, Failure> {
        self.text("ExternalId")
            .map(|value| {
                length(value, "ExternalId", 2, 1224)?;
                pattern(value, "ExternalId", b"_+=,.@:/-", "[\\w+=,.@:\\/-]*")
            })
            .transpose()
    }

    pub(super) fn source_identity(&self) -> Result<Option<&str>, Failure> {
        if self.text("SourceIdentity").is_none() {
            return Ok(None);
        }
        let value = self.name("SourceIdentity", 64)?;
        if value.starts_with("aws:") {
            return Err(Failure::new(400, "ValidationError", "SourceIdentity must not begin with aws:"));
        }
        Ok(Some(value))
    }

    /// The device and the code, if MFA is offered.
    pub(super) fn mfa(&self) -> Result<Option<(&str, &str)>, Failure> {
        match (self.text("SerialNumber"), self.text("TokenCode")) {
            (None, None) => Ok(None),
            (Some(serial), Some(code)) => {
                length(serial, "SerialNumber", 9, 256)?;
                pattern(serial, "SerialNumber", b"_+=/:,.@-", "[\\w+=/:,.@-]*")?;
                length(code, "TokenCode", 6, 6)?;
                if !code.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(regex(code, "TokenCode", "[\\d]*"));
                }
                Ok(Some((serial, code)))
            }
            _ => Err(Failure::new(
                403,
                "AccessDenied",
                "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code. ",
            )),
        }
    }

    /// `DurationSeconds` within its bounds.
    pub(super) fn duration(&self, max: u32, default: u32) -> Result<u32, Failure> {
        let Some(text) = self.text("DurationSeconds") else { return Ok(default) };
        let seconds: i64 = text.parse().map_err(|_| {
            Failure::new(400, "MalformedInput", format!("{text} is no integer for DurationSeconds"))
        })?;
        if seconds < 900 {
            return Err(invalid(
                Some(text),
                "DurationSeconds",
                "Member must have value greater than or equal to 900",
            ));
        }
        u32::try_from(seconds).ok().filter(|seconds| *seconds <= max).ok_or_else(|| {
            invalid(
                Some(text),
                "DurationSeconds",
                &format!("Member must have value less than or equal to {max}"),
            )
        })
    }

    /// The session policy, if any: at most 2048 characters. The ARNs of others are at most ten, and all of it with the
    /// tags is at most 2048 characters.
    pub(super) fn policy(&self) -> Result<Option<Policy>, Failure> {
        let malformed = |why: String| Failure::new(400, "MalformedPolicyDocument", why);
        let read = |text: &str| {
            length(text, "Policy", 1, 2048)?;
            let value = serde_json::from_str::<Value>(text)
                .map_err(|_| malformed("This policy contains invalid Json".to_owned()))?;
            Policy::parse(&value).map_err(|why| malformed(why.to_string()))
        };
        let policy = self.text("Policy").map(read).transpose()?;
        if self.policy_arns().count() > MAX_POLICY_ARNS {
            return Err(invalid(None, "PolicyArns", "Member must have length less than or equal to 10"));
        }
        for arn in self.policy_arns() {
            if !arn.starts_with("arn:") || !arn.contains(":policy/") {
                return Err(Failure::new(400, "ValidationError", format!("{arn} is invalid")));
            }
        }
        let size = self.packed_size();
        if size > super::MAX_PACKED {
            let percent = size * 100 / super::MAX_PACKED;
            let message =
                format!("Packed size of session tags and policies is {percent}% of the allowed size");
            return Err(Failure::new(400, "PackedPolicyTooLarge", message));
        }
        Ok(policy)
    }

    fn policy_arns(&self) -> impl Iterator<Item = &str> {
        (1..=MAX_TAGS).map_while(|at| self.text(&format!("PolicyArns.member.{at}.arn")))
    }

    /// The characters of session policies, their ARNs, and session tags.
    pub(super) fn packed_size(&self) -> usize {
        let policy = self.text("Policy").map_or(0, str::len);
        let arns: usize = self.policy_arns().map(str::len).sum();
        let tags = self.0.iter().filter(|(name, _)| name.starts_with("Tags.member."));
        policy + arns + tags.map(|(_, value)| value.len()).sum::<usize>()
    }

    /// Session tags, and which of them are transitive.
    pub(super) fn tags(&self) -> Result<(Tags, Vec<String>), Failure> {
        let mut tags = Tags::new();
        while let Some(key) = self.text(&format!("Tags.member.{}.Key", tags.len() + 1)) {
            let value = self.wanted(&format!("Tags.member.{}.Value", tags.len() + 1))?;
            length(key, "tags.key", 1, 128)?;
            length(value, "tags.value", 0, 256)?;
            if tags.iter().any(|(other, _)| other.eq_ignore_ascii_case(key)) {
                let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
                return Err(Failure::new(400, "InvalidParameterValue", message));
            }
            tags.push((key.to_owned(), value.to_owned()));
            if tags.len() > MAX_TAGS {
                return Err(invalid(None, "Tags", "Member must have length less than or equal to 50"));
            }
        }
        let transitive: Vec<String> = (1..=MAX_TAGS)
            .map_while(|at| self.text(&format!("TransitiveTagKeys.member.{at}")).map(str::to_owned))
            .collect();
        for key in &transitive {
            if !tags.iter().any(|(tag, _)| tag == key) {
                let message = "The specified transitive tag key must be included in the requested tags.";
                return Err(Failure::new(400, "InvalidParameterValue", message));
            }
        }
        Ok((tags, transitive))
    }
}

pub(super) fn length(value: &str, name: &str, min: usize, max: usize) -> Result<(), Failure> {
    let count = value.chars().count();
    if count < min {
        let rule = format!("Member must have length greater than or equal to {min}");
        return Err(invalid(Some(value), name, &rule));
    }
    if count > max {
        let rule = format!("Member must have length less than or equal to {max}");
        return Err(invalid(Some(value), name, &rule));
    }
    Ok(())
}

fn pattern<'a>(value: &'a str, name: &str, more: &[u8], shown: &str) -> Result<&'a str, Failure> {
    if value.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte)) {
        Ok(value)
    } else {
        Err(regex(value, name, shown))
    }
}

fn regex(value: &str, name: &str, shown: &str) -> Failure {
    invalid(Some(value), name, &format!("Member must satisfy regular expression pattern: {shown}"))
}

/// A validation error in the words of AWS's framework.
fn invalid(value: Option<&str>, name: &str, rule: &str) -> Failure {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    let member: String = first.into_iter().chain(letters).collect();
    let value = value.map_or("null".to_owned(), |value| format!("'{value}'"));
    let message = if value == "null" {
        format!("1 validation error detected: Value at '{member}' failed to satisfy constraint: {rule}")
    } else {
        format!(
            "1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: {rule}"
        )
    };
    Failure::new(400, "ValidationError", message)
}
