//! What can be said of a plan beforehand: who is asked, what lasts for ever, and how long the end lasts.

use std::time::Duration;

use super::{Base, Plan};
use crate::provider::assume_role::LONGEST_CHAINED;

/// The longest session of a role, where the role allows it.
const LONGEST_SESSION: Duration = Duration::from_secs(12 * 3600);
/// What STS gives where nobody says how long.
const USUAL_SESSION: Duration = Duration::from_secs(3600);

impl Base {
    /// Whether these are keys that do not end by themselves; `None` where nobody can tell beforehand.
    #[must_use]
    pub fn is_long_lived(&self) -> Option<bool> {
        match self {
            Self::Keys(keys) => {
                Some(keys.session_token().is_none() && !keys.access_key_id().starts_with("ASIA"))
            }
            Self::Environment | Self::Process { .. } => None,
            _ => Some(false),
        }
    }

    /// How long such credentials last at most; `None` where they do not end or nobody can tell.
    fn longest(&self) -> Option<Duration> {
        match self {
            Self::Imds | Self::Container => Some(LONGEST_SESSION / 2),
            Self::WebIdentity { .. } | Self::Sso(_) => Some(LONGEST_SESSION),
            Self::Login(_) => Some(Duration::from_secs(900)),
            Self::Keys(_) | Self::Environment | Self::Process { .. } => None,
        }
    }
}

impl Plan {
    /// The questions that a person will be asked, in order: the MFA devices whose codes are needed. A sign-in comes
    /// on top where a session of IAM Identity Center or of `aws login` has ended.
    pub fn prompts(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().filter_map(|hop| hop.role.mfa_serial.as_deref())
    }

    /// Whether a person may have to sign in with a browser.
    #[must_use]
    pub fn may_need_sign_in(&self) -> bool {
        matches!(self.base, Base::Sso(_) | Base::Login(_))
    }

    /// How long the last session can last at most; `None` where the credentials do not end, or nobody can tell. A
    /// role's own maximum may be shorter.
    #[must_use]
    pub fn longest(&self) -> Option<Duration> {
        match self.roles.last() {
            Some(hop) if hop.one_hour_cap => Some(LONGEST_CHAINED),
            Some(_) => Some(LONGEST_SESSION),
            None => self.base.longest(),
        }
    }

    /// How long the last session will last as things are configured; `None` as of [`longest`](Self::longest).
    #[must_use]
    pub fn lasts(&self) -> Option<Duration> {
        match self.roles.last() {
            Some(hop) => {
                let asked = hop.role.duration.unwrap_or(USUAL_SESSION);
                Some(if hop.one_hour_cap { asked.min(LONGEST_CHAINED) } else { asked })
            }
            None => match self.base {
                Base::WebIdentity { .. } => Some(USUAL_SESSION),
                _ => None,
            },
        }
    }
}
