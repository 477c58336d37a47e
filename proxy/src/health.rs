//! Whether an application works: its credentials resolve, its roles can be assumed, and why not.

use awsaccess::access::Policy;
use awsaccess::cache::is_lasting;
use awsaccess::error::{Error, ErrorKind};
use awsaccess::time::Time;

use crate::credential::Source;

/// What came of trying a role of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// The name of the role.
    pub role: String,
    /// Until when the credentials of the trial would have been good, if it worked.
    pub expires_at: Option<Time>,
    /// What is wrong, if it did not.
    pub ailment: Option<Ailment>,
    /// What the chain or STS said, in a line without a secret; for the operator.
    pub detail: String,
}

/// Whether the sign-in answers that console links are made at. Requests go without it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignIn {
    /// What is wrong, if it does not.
    pub ailment: Option<Ailment>,
    /// What was heard of it, in a line; for the operator.
    pub detail: String,
}

/// Why a role cannot be used, or a link not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ailment {
    /// Nothing in the chain is set up.
    NoProvider,
    /// STS says no, to the principal that it names, and not why: [`Self::may_be`] has what it can be.
    Denied {
        /// Who asked, as AWS sees it.
        principal: Option<String>,
    },
    /// STS says no, and that it is for a policy of the principal's, or one that binds it: the role's trust policy is not
    /// in the way.
    NotPermitted {
        /// Who asked, as AWS sees it.
        principal: Option<String>,
    },
    /// The configuration of the chain names a second factor, or STS a wrong code of one; a gateway has none. Where the
    /// trust policy alone wants one, AWS denies without a word of it ([`Self::Denied`]).
    MfaDemanded,
    /// The instance's metadata does not answer, as in a container that is one hop too far away.
    HopLimit,
    /// STS, or whoever else was asked, cannot be reached.
    OutOfReach,
    /// The sign-in, where links into the console are made, cannot be reached, or does not work.
    SignInOutOfReach,
    /// A person has to sign in again.
    SignedOut,
    /// AWS asks for patience.
    Throttled,
    /// Something else, which the detail says.
    Other,
}

impl Ailment {
    /// A stable name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoProvider => "no-provider",
            Self::Denied { .. } => "denied",
            Self::NotPermitted { .. } => "not-permitted",
            Self::MfaDemanded => "mfa-demanded",
            Self::HopLimit => "hop-limit",
            Self::OutOfReach => "out-of-reach",
            Self::SignInOutOfReach => "sign-in-out-of-reach",
            Self::SignedOut => "signed-out",
            Self::Throttled => "throttled",
            Self::Other => "other",
        }
    }

    /// What to do about it, in a line.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::NoProvider => {
                "give the application's source a provider: an instance role, a profile, a web identity"
            }
            Self::Denied { .. } => {
                "let the role's trust policy name this principal (with the right external id, and without a condition on a \
                 second factor, which a gateway has not), and allow it sts:AssumeRole; aws does not say which of these it is"
            }
            Self::NotPermitted { .. } => {
                "allow this principal sts:AssumeRole on the role: a policy of its own, its permissions boundary, its \
                 session's or the organization's is in the way"
            }
            Self::MfaDemanded => {
                "take the condition on a second factor out of the role's trust policy for the gateway"
            }
            Self::HopLimit => {
                "raise the instance's metadata hop limit to 2 (aws ec2 modify-instance-metadata-options), or give the \
                 container a role of its own"
            }
            Self::OutOfReach => "let the gateway reach sts, or name another endpoint of it",
            Self::SignInOutOfReach => {
                "let the gateway reach the sign-in, or name another endpoint of it; only links into the console need it"
            }
            Self::SignedOut => "sign in again: awsaccess login",
            Self::Throttled => "wait; ask for fewer sessions, or longer ones",
            Self::Other => "see the detail",
        }
    }

    /// What it can be, where AWS does not say: names that stay.
    #[must_use]
    pub const fn may_be(&self) -> &'static [&'static str] {
        match self {
            Self::Denied { .. } => &["trust-policy", "external-id", "mfa-demanded", "not-permitted"],
            _ => &[],
        }
    }

    fn of(error: &Error) -> Self {
        let code = error.aws_code().unwrap_or_default();
        let told = |text: &str| {
            error.message().contains(text)
                || error.attempts().iter().any(|attempt| attempt.reason.contains(text))
        };
        // AWS adds what kind of policy it was, where it is not the role's own.
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
        let others = [
            "identity-based policy",
            "permissions boundary",
            "session policy",
            "control policy",
            "endpoint policy",
        ];
        let by_others = error.message().split_once(" because ").is_some_and(|(_, because)| {
            others.iter().any(|policy| because.contains(policy)) && !because.contains("resource-based")
        });
        let wants_mfa = told("MultiFactorAuthentication") || told("multi-factor");
        match error.kind() {
            ErrorKind::Mfa => Self::MfaDemanded,
            _ if code.contains("Throttl") || code == "TooManyRequestsException" => Self::Throttled,
            _ if told("hop limit") => Self::HopLimit,
            ErrorKind::NotConfigured => Self::NoProvider,
            ErrorKind::Denied if wants_mfa => Self::MfaDemanded,
            ErrorKind::Denied if by_others => Self::NotPermitted { principal: principal(error.message()) },
            ErrorKind::Denied if code.starts_with("AccessDenied") => {
                Self::Denied { principal: principal(error.message()) }
            }
            ErrorKind::Unreachable | ErrorKind::Timeout => Self::OutOfReach,
            ErrorKind::Expired => Self::SignedOut,
            _ if is_lasting(error) && !code.starts_with("AccessDenied") => Self::SignedOut,
            ErrorKind::Denied => Self::Denied { principal: principal(error.message()) },
            _ => Self::Other,
        }
    }
}

/// `User: arn:… is not authorized to perform: sts:AssumeRole on resource: arn:…`
fn principal(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("User: ")?;
    let arn = rest.split_ascii_whitespace().next()?;
    arn.starts_with("arn:").then(|| arn.to_owned())
}

/// Tries each role of an application, in sessions of their own; nothing is cached. It blocks.
pub(crate) fn check(source: &dyn Source, policy: &Policy, application: &str) -> Vec<Health> {
    let trials = policy.trials(application).into_iter();
    trials
        .map(|(role, grant)| match source.fetch(&grant) {
            Ok(credentials) => {
                Health { role, expires_at: credentials.expires_at(), ailment: None, detail: String::new() }
            }
            Err(error) => {
                let error = Error::from(error);
                let detail = awsaccess::redact::text(&error.to_string());
                Health { role, expires_at: None, ailment: Some(Ailment::of(&error)), detail }
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use awsaccess::error::{Attempt, Outcome};

    #[test]
    fn reasons_are_told_apart() {
        let error = |kind, text: &str| Error::new(kind, text);
        let user = "User: arn:aws:sts::111111111111:assumed-role/node/i-1 is not authorized to perform: \
                    sts:AssumeRole on resource: arn:aws:iam::222222222222:role/x";
        let denied = || error(ErrorKind::Denied, user).with_aws_code("AccessDenied");
        let principal = Some("arn:aws:sts::111111111111:assumed-role/node/i-1".to_owned());
        let because = |text: &str| {
            error(ErrorKind::Denied, &format!("{user} because {text}")).with_aws_code("AccessDenied")
        };
        let not_permitted = || Ailment::NotPermitted { principal: principal.clone() };
        let far = Attempt::new(
            "imds",
            Outcome::Failed,
            "no answer; in a container, the hop limit may have to be 2",
        );
        for (error, wanted) in [
            (because("no identity-based policy allows the sts:AssumeRole action"), not_permitted()),
            (because("with an explicit deny in a service control policy"), not_permitted()),
            (
                because("no resource-based policy allows the sts:AssumeRole action"),
                Ailment::Denied { principal: principal.clone() },
            ),
            (denied(), Ailment::Denied { principal: principal.clone() }),
            (
                error(ErrorKind::Denied, "no").with_aws_code("AccessDenied"),
                Ailment::Denied { principal: None },
            ),
            (
                error(ErrorKind::Denied, "MultiFactorAuthentication failed").with_aws_code("AccessDenied"),
                Ailment::MfaDemanded,
            ),
            (error(ErrorKind::Mfa, "a code is needed"), Ailment::MfaDemanded),
            (error(ErrorKind::NotConfigured, "none").with_attempts(vec![far]), Ailment::HopLimit),
            (error(ErrorKind::NotConfigured, "none"), Ailment::NoProvider),
            (error(ErrorKind::Unreachable, "refused"), Ailment::OutOfReach),
            (error(ErrorKind::Timeout, "late"), Ailment::OutOfReach),
            (error(ErrorKind::Service, "slow").with_aws_code("Throttling").retryable(), Ailment::Throttled),
            (error(ErrorKind::Expired, "signed out"), Ailment::SignedOut),
            (error(ErrorKind::Denied, "no").with_aws_code("UnauthorizedException"), Ailment::SignedOut),
            (error(ErrorKind::Malformed, "odd"), Ailment::Other),
        ] {
            let found = Ailment::of(&error);
            assert_eq!(found, wanted, "{error}");
            assert!(!found.name().is_empty() && !found.advice().is_empty());
        }
    }
}
