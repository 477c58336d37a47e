//! How long a console stays open, which depends on what its credentials were made with.

use std::time::Duration;

use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};

/// The shortest console session.
const SHORTEST: Duration = Duration::from_secs(15 * 60);
/// The longest over long-lived keys.
const LONGEST: Duration = Duration::from_secs(12 * 3600);
/// The longest over temporary credentials: a role that assumes a role.
const LONGEST_CHAINED: Duration = Duration::from_secs(3600);

/// What a role is assumed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Base {
    /// A user's keys.
    LongLived,
    /// The role of an EC2 instance, which counts as long-lived here: using it is no chaining.
    InstanceRole,
    /// Any other temporary credentials.
    Temporary,
}

impl Base {
    /// What these credentials are.
    #[must_use]
    pub fn of(credentials: &Credentials) -> Self {
        match (credentials.session_token(), credentials.source()) {
            (None, _) => Self::LongLived,
            (Some(_), Some("imds")) => Self::InstanceRole,
            (Some(_), _) => Self::Temporary,
        }
    }
}

/// What is said about time: to STS, or to the sign-in, never to both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Length {
    /// `DurationSeconds` of AssumeRole.
    pub role: Option<Duration>,
    /// `SessionDuration` of the sign-in token; the console then outlives the role's credentials.
    pub console: Option<Duration>,
}

/// How a wish for a length is said, over credentials of this sort: up to twelve hours as the console's own, or, over
/// temporary credentials, up to one hour as the role's, which the console then ends with. A longer wish is shortened.
///
/// ```
/// use std::time::Duration;
/// use awsaccess::console::{Base, length};
/// let hours = |n: u64| Duration::from_secs(n * 3600);
/// let day = length(Base::InstanceRole, Some(hours(24))).unwrap();
/// assert_eq!((day.role, day.console), (None, Some(hours(12))));
/// let chained = length(Base::Temporary, Some(hours(2))).unwrap();
/// assert_eq!((chained.role, chained.console), (Some(hours(1)), None));
/// assert!(length(Base::LongLived, Some(Duration::from_secs(899))).is_err());
/// ```
///
/// # Errors
/// [`ErrorKind::Input`] for less than fifteen minutes.
pub fn length(base: Base, wish: Option<Duration>) -> Result<Length, Error> {
    let Some(wish) = wish else { return Ok(Length::default()) };
    if wish < SHORTEST {
        return Err(Error::new(ErrorKind::Input, "a console session lasts 15 minutes at least"));
    }
    // Both services take whole seconds.
    let wish = Duration::from_secs(wish.as_secs());
    Ok(match base {
        Base::LongLived | Base::InstanceRole => Length { role: None, console: Some(wish.min(LONGEST)) },
        Base::Temporary => Length { role: Some(wish.min(LONGEST_CHAINED)), console: None },
    })
}

/// The same for a session that is signed in with as it is: it must be one that can be, and ends when it ends.
pub(super) fn of_session(session: &Credentials, wish: Option<Duration>) -> Result<Length, Error> {
    let wrong = |message: &str| Err(Error::new(ErrorKind::Input, message));
    if session.session_token().is_none() {
        return wrong("long-lived keys cannot sign in to the console; name a role, or a federated user");
    }
    if session.source() == Some("session-token") {
        return wrong("a session of GetSessionToken cannot sign in to the console; name a role");
    }
    if wish.is_some() {
        return wrong("the console ends with these credentials; a duration needs a role or a federated user");
    }
    Ok(Length::default())
}
