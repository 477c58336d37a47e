//! What says whose a session is, beside its name: the application's word, unless its clients may have theirs.

/// Something that a request for a session can say of who stands behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mark {
    /// `SourceIdentity`, which AWS keeps through further roles.
    SourceIdentity,
    /// `Tags` and `TransitiveTagKeys`.
    Tags,
    /// `ProvidedContexts`: a statement of IAM Identity Center on a person.
    Contexts,
}

impl Mark {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SourceIdentity, Self::Tags, Self::Contexts];

    /// As configurations call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SourceIdentity => "source_identity",
            Self::Tags => "tags",
            Self::Contexts => "contexts",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mark| mark.name() == name)
    }
}
