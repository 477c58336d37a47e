//! How early credentials are renewed, which sources may serve past their time, which failures last.

use std::time::Duration;

use crate::error::{Error, Outcome};

/// How one cache behaves. The default is the scheme of AWS's SDKs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// How long before their end credentials are renewed while they still serve; `None` goes by their lifetime:
    /// 5 minutes up to 20 minutes, an hour from 90 minutes on, else 15 minutes.
    pub advisory_window: Option<Duration>,
    /// By how much of itself, at most, the advisory window shrinks at random (0 to 1), so that many processes that
    /// began together do not renew together.
    pub jitter: f64,
    /// Whether expired credentials serve on while their source fails, where the source is of that kind. One who
    /// signs for others says no.
    pub serve_expired: bool,
    /// How long a failure is told again without asking the source when there is nothing to serve.
    pub remember_failure: Duration,
    /// One who asked the source and did not report back within this time is taken for lost.
    pub longest_refresh: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            advisory_window: None,
            jitter: 0.1,
            serve_expired: true,
            remember_failure: Duration::ZERO,
            longest_refresh: Duration::from_secs(300),
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);
/// Sources that know no scheme: renewed in their last seconds.
const LAST_SECONDS: Duration = Duration::from_secs(10);
/// However short-lived credentials are, or however wide the window was set: a source is asked no more often.
const SHORTEST_PAUSE: Duration = Duration::from_secs(30);

/// When to renew, counted back from the end of the credentials; and the least time from one success to the next ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Windows {
    pub(super) advisory: Duration,
    pub(super) mandatory: Duration,
    pub(super) pause: Duration,
}

impl Settings {
    /// `fraction`, from 0 to 1, is the draw for the jitter.
    pub(super) fn windows(&self, lifetime: Duration, steady: bool, fraction: f64) -> Windows {
        let pause = SHORTEST_PAUSE.min(lifetime / 4);
        if !steady {
            return Windows { advisory: LAST_SECONDS, mandatory: LAST_SECONDS, pause };
        }
        let by_lifetime = match lifetime {
            short if short <= 20 * MINUTE => 5 * MINUTE,
            long if long >= 90 * MINUTE => 60 * MINUTE,
            _ => 15 * MINUTE,
        };
        let full = self.advisory_window.unwrap_or(by_lifetime);
        let mandatory = full.min(MINUTE);
        let jitter = if self.jitter.is_finite() { self.jitter.clamp(0.0, 1.0) } else { 0.0 };
        let advisory = full.mul_f64(1.0 - jitter * fraction.clamp(0.0, 1.0)).max(mandatory);
        Windows { advisory, mandatory, pause }
    }
}

/// Whether a source of this name renews by the scheme: all but a program, the host's own and the environment, whose
/// credentials nobody knows to be good beyond their end.
pub(super) fn is_steady(source: Option<&str>) -> bool {
    const STEADY: [&str; 11] = [
        "imds",
        "container",
        "assume-role",
        "web-identity",
        "sso",
        "login",
        "saml",
        "cognito",
        "roles-anywhere",
        "session-token",
        "federation-token",
    ];
    source.is_some_and(|source| STEADY.contains(&source))
}

/// Codes of STS, without an `Exception` at their end.
const OF_STS: [&str; 6] = [
    "AccessDenied",
    "IDPRejectedClaim",
    "InvalidIdentityToken",
    "MalformedPolicyDocument",
    "PackedPolicyTooLarge",
    "RegionDisabled",
];
/// Codes of IAM Identity Center and of `aws login`: the session is over, a person has to sign in.
const OF_SIGN_IN: [&str; 4] =
    ["Unauthorized", "TOKEN_EXPIRED", "USER_CREDENTIALS_CHANGED", "INSUFFICIENT_PERMISSIONS"];

/// Whether a failure is one that waiting does not mend, so that it is told at once although there are credentials
/// to serve: a trust policy says no, or a person has to sign in again. An `AccessDenied` counts where STS said it.
///
/// ```
/// use awsaccess::{cache::is_lasting, error::{Error, ErrorKind}};
/// let refused = Error::new(ErrorKind::Denied, "not allowed");
/// assert!(is_lasting(&refused.clone().with_aws_code("AccessDenied")));
/// assert!(!is_lasting(&refused.with_aws_code("ExpiredToken")));
/// assert!(!is_lasting(&Error::new(ErrorKind::Timeout, "no answer").retryable()));
/// ```
#[must_use]
pub fn is_lasting(error: &Error) -> bool {
    let Some(code) = error.aws_code() else { return false };
    let code = code.strip_suffix("Exception").unwrap_or(code);
    let failed = |names: &[&str]| {
        let mut failed = error.attempts().iter().filter(|attempt| attempt.outcome == Outcome::Failed);
        failed.any(|attempt| names.contains(&attempt.source.as_str()))
    };
    let by_sts = error.attempts().is_empty() || !failed(&["container", "imds"]);
    (OF_STS.contains(&code) && by_sts) || OF_SIGN_IN.contains(&code)
}
