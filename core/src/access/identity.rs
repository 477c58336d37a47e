//! Who is asking.

use std::sync::Arc;

use super::Traits;

/// Who is asking, as the placeholder key says: one key is one subject using one role of one application.
/// Its names are shared, so that a copy costs little.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Identity {
    /// The person, job or agent.
    pub subject: Arc<str>,
    /// The application that the role is one of.
    pub application: Arc<str>,
    /// The role: the name that the application has for it, its ARN, or its name at AWS.
    pub role: Arc<str>,
    /// What the one who issued the key says of the subject.
    pub traits: Traits,
    /// The session that the key was issued for, if it was for one.
    pub session: Option<Arc<str>>,
}

impl Identity {
    /// A subject of whom nothing more is said.
    pub fn new(
        subject: impl Into<Arc<str>>,
        application: impl Into<Arc<str>>,
        role: impl Into<Arc<str>>,
    ) -> Self {
        Self {
            subject: subject.into(),
            application: application.into(),
            role: role.into(),
            traits: Traits::new(),
            session: None,
        }
    }

    /// With what is said of the subject.
    #[must_use]
    pub fn with_traits(mut self, traits: Traits) -> Self {
        self.traits = traits;
        self
    }

    /// With the session that the key was issued for.
    #[must_use]
    pub fn with_session(mut self, session: impl Into<Arc<str>>) -> Self {
        self.session = Some(session.into());
        self
    }
}
