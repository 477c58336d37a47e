//! What the application answers that this host is a part of.

use std::pin::Pin;

use awsaccess::effect::{Custom, Listen, Prompt, Sign};
use awsaccess::host::Reply;

/// An answer in its own time; `None` declines the question.
pub type Answer<'a, E> = Pin<Box<dyn Future<Output = Reply<E>> + Send + 'a>>;

/// The questions that only the application around the host can answer: it has a window to ask a person in, a browser, a
/// key that never leaves its hardware, a secret store. What it does not implement is declined.
///
/// ```
/// use awsaccess::effect::{Prompt, PromptKind};
/// use awsaccess::secret::Secret;
/// use awsaccess_drivers::tokio::{Answer, Application};
///
/// struct Window;
/// impl Application for Window {
///     fn prompt(&self, request: Prompt) -> Answer<'_, Prompt> {
///         Box::pin(async move { (request.kind == PromptKind::Mfa).then(|| Secret::new("123456")) })
///     }
/// }
/// ```
pub trait Application: Send + Sync + 'static {
    /// Asks a person. See [`Prompt`].
    fn prompt(&self, _request: Prompt) -> Answer<'_, Prompt> {
        Box::pin(async { None })
    }

    /// Opens a page, and takes the redirect that comes back. See [`Listen`].
    fn listen(&self, _request: Listen) -> Answer<'_, Listen> {
        Box::pin(async { None })
    }

    /// Signs with a private key. See [`Sign`].
    fn sign(&self, _request: Sign) -> Answer<'_, Sign> {
        Box::pin(async { None })
    }

    /// Gives credentials of a source of its own. See [`Custom`].
    fn custom(&self, _request: Custom) -> Answer<'_, Custom> {
        Box::pin(async { None })
    }
}
