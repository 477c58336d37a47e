//! What can happen.

/// What is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// A request that was to be signed again.
    Request,
    /// A connection whose bytes were passed through.
    Tunnel,
    /// A link that signs in to the console. The record never has the link.
    Console,
    /// A URL that was presigned with real credentials, for use without the gateway. The record never has its signature.
    Presigned,
    /// Placeholder keys that were issued, by their key id.
    Placeholder,
    /// A client that was connected to an application, or disconnected from it.
    Connection,
    /// A change of what the gateway does: its configuration, its applications, revocations, flushes.
    Change,
    /// Records that could not be written, where the gateway was told to go on without.
    Gap,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Request,
        Self::Tunnel,
        Self::Console,
        Self::Presigned,
        Self::Placeholder,
        Self::Connection,
        Self::Change,
        Self::Gap,
    ];

    /// The word in the record, before its phase.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Tunnel => "tunnel",
            Self::Console => "console",
            Self::Presigned => "presigned",
            Self::Placeholder => "placeholder",
            Self::Connection => "connection",
            Self::Change => "change",
            Self::Gap => "gap",
        }
    }
}
