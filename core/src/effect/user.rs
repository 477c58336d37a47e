//! What only a person can answer: a code, a sign-in page.

use std::fmt;
use std::time::Duration;

use super::Effect;
use crate::error::one_line;
use crate::secret::Secret;

/// Shows a line to a person and takes what they type, without echo.
///
/// The answer is a secret. For a kind that only shows something, it is empty and means "shown".
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prompt {
    /// What is asked for.
    pub kind: PromptKind,
    /// The serial number or ARN of the MFA device, for [`PromptKind::Mfa`].
    pub serial: Option<String>,
    /// The line to show.
    pub message: String,
    /// The page to open, for [`PromptKind::SignIn`] and [`PromptKind::AuthorizationCode`].
    pub page: Option<String>,
}

impl Prompt {
    /// Asks for the six digits of an MFA device.
    pub fn mfa(serial: impl Into<String>) -> Self {
        let serial = serial.into();
        let message = one_line(&format!("MFA code for {serial}: "));
        Self { kind: PromptKind::Mfa, serial: Some(serial), message, page: None }
    }

    /// Shows a page to sign in at, with a line that says what to do there.
    pub fn sign_in(page: impl Into<String>, message: &str) -> Self {
        Self { kind: PromptKind::SignIn, serial: None, message: one_line(message), page: Some(page.into()) }
    }

    /// Shows a page to sign in at, and takes the code that it ends with.
    pub fn authorization_code(page: impl Into<String>, message: &str) -> Self {
        Self { kind: PromptKind::AuthorizationCode, ..Self::sign_in(page, message) }
    }
}

/// Without the query of a page and the line that repeats it: they are for the person alone.
impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Prompt");
        shown.field("kind", &self.kind).field("serial", &self.serial);
        match &self.page {
            None => shown.field("message", &self.message).finish(),
            Some(page) => shown.field("page", &before_query(page)).finish_non_exhaustive(),
        }
    }
}

fn before_query(page: &str) -> &str {
    page.split(['?', '#']).next().unwrap_or_default()
}

impl Effect for Prompt {
    type Reply = Secret;

    fn max_bytes(&self) -> usize {
        match self.kind {
            PromptKind::AuthorizationCode => 8 * 1024,
            PromptKind::Mfa | PromptKind::SignIn => 1024,
        }
    }

    fn size(reply: &Self::Reply) -> usize {
        reply.expose().len()
    }
}

/// What a person is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PromptKind {
    /// The one-time code of an MFA device.
    Mfa,
    /// To open a sign-in page; nothing is typed.
    SignIn,
    /// The code that a sign-in page shows at its end, for a person on another device.
    AuthorizationCode,
}

impl PromptKind {
    /// `mfa`, `sign_in` or `authorization_code`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mfa => "mfa",
            Self::SignIn => "sign_in",
            Self::AuthorizationCode => "authorization_code",
        }
    }
}

/// Listens on a free loopback port, opens a page that will redirect there, and takes that one request
/// (the redirect of RFC 8252, 7.3).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listen {
    /// The page to open; each `{port}` in it stands for the port that is listened on.
    pub page: String,
    /// The path that the redirect comes to; other requests are answered with 404 and waited past.
    pub path: String,
    /// When to give up.
    pub timeout: Duration,
}

impl Listen {
    /// Waits for a redirect to `path` after opening `page`.
    pub fn new(page: impl Into<String>, path: impl Into<String>, timeout: Duration) -> Self {
        Self { page: page.into(), path: path.into(), timeout }
    }
}

/// Without the query of the page, whose state nobody else may know before the redirect came.
impl fmt::Debug for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listen")
            .field("page", &before_query(&self.page))
            .field("path", &self.path)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Effect for Listen {
    type Reply = Result<ListenReply, ListenFailure>;

    fn max_bytes(&self) -> usize {
        16 * 1024
    }

    fn size(reply: &Self::Reply) -> usize {
        reply.as_ref().map_or(0, |reply| reply.query.expose().len())
    }
}

/// The redirect that arrived.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListenReply {
    /// The port that was listened on.
    pub port: u16,
    /// The query of the request, without the question mark; it holds the authorization code.
    pub query: Secret,
}

impl ListenReply {
    /// A redirect.
    pub fn new(port: u16, query: impl Into<String>) -> Self {
        Self { port, query: Secret::new(query) }
    }
}

impl fmt::Debug for ListenReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListenReply").field("port", &self.port).finish_non_exhaustive()
    }
}

/// Why no redirect came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListenFailure {
    /// In one line, for a person.
    pub reason: String,
}

impl ListenFailure {
    /// A failure with its reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: one_line(&reason.into()) }
    }
}
