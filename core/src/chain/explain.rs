//! A plan in words.

use std::fmt;

use super::plan::{Base, Plan};

impl Base {
    /// Whether the credentials are surely the session of a role already, so that a role assumed with them lasts
    /// one hour at most. Of keys, of the environment and of a program nobody can tell beforehand.
    pub(super) fn is_role_session(&self) -> bool {
        matches!(self, Self::Imds | Self::Container | Self::WebIdentity { .. } | Self::Sso(_))
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(keys) => write!(f, "static keys {}", keys.access_key_id()),
            Self::Environment => f.write_str("the environment"),
            Self::Imds => f.write_str("instance metadata"),
            Self::Container => f.write_str("the container endpoint"),
            Self::WebIdentity { role_arn, token_file, .. } => {
                write!(f, "web identity {role_arn} with the token in {token_file}")
            }
            Self::Sso(sso) => match &sso.role {
                Some((account, role)) => write!(f, "IAM Identity Center {} {account} {role}", sso.start_url),
                None => write!(f, "a token of IAM Identity Center {}", sso.start_url),
            },
            Self::Login(session) => write!(f, "the login session {session}"),
            Self::Process { .. } => f.write_str("a credential process"),
        }
    }
}

/// The command of a process is not shown: it may hold a secret.
impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One line for the base, one for each role, what lies ahead, and one for each warning. External ids are masked.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "profile {}: {}", self.profile, self.base)?;
        if self.base_profile != self.profile {
            write!(f, " (profile {})", self.base_profile)?;
        }
        for hop in &self.roles {
            let role = &hop.role;
            write!(f, "\n  then role {} (profile {})", role.role_arn, hop.profile)?;
            let parts = [
                role.external_id.as_ref().map(|_| "external id ***".to_owned()),
                role.mfa_serial.as_ref().map(|serial| format!("asks for the mfa code of {serial}")),
                role.session_name.as_ref().map(|name| format!("session {name}")),
                role.duration.map(|duration| format!("for {} seconds", duration.as_secs())),
                hop.one_hour_cap.then(|| "one hour at most".to_owned()),
            ];
            parts.into_iter().flatten().try_for_each(|part| write!(f, ", {part}"))?;
        }
        if self.base.is_long_lived() == Some(true) {
            f.write_str("\n  its first keys are long-lived")?;
        }
        if self.may_need_sign_in() {
            f.write_str("\n  a person may have to sign in with a browser")?;
        }
        if let Some(longest) = self.longest().map(|longest| longest.as_secs() / 60) {
            match longest % 60 {
                0 => write!(f, "\n  its session can last {} h at most", longest / 60)?,
                _ => write!(f, "\n  its session can last {longest} min at most")?,
            }
        }
        self.warnings.iter().try_for_each(|warning| write!(f, "\n  warning: {warning}"))
    }
}
