//! The order in which sources are tried: a value, not code.

use std::fmt;

/// A place that credentials may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// Given in code.
    Code,
    /// `AWS_ACCESS_KEY_ID` and its companions.
    Environment,
    /// The profile that is selected, whatever it leads to.
    Profile,
    /// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`.
    WebIdentity,
    /// The endpoint that ECS and EKS give to a container.
    Container,
    /// The metadata service of an EC2 instance.
    Imds,
}

impl Source {
    /// `code`, `environment`, `profile`, `web-identity`, `container` or `imds`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Environment => "environment",
            Self::Profile => "profile",
            Self::WebIdentity => "web-identity",
            Self::Container => "container",
            Self::Imds => "imds",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Sources in the order in which they are tried. One that is left out is never asked.
///
/// ```
/// use awsaccess::chain::{Order, Source};
/// assert_eq!(Order::default().sources()[1], Source::Environment);
/// assert_eq!(Order::only(Source::Imds).sources(), [Source::Imds]);
/// assert!(!Order::default().without(Source::Profile).sources().contains(&Source::Profile));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order(Vec<Source>);

impl Order {
    /// These, in this order.
    pub fn new(sources: impl IntoIterator<Item = Source>) -> Self {
        Self(sources.into_iter().take(64).collect())
    }

    /// One source, and nothing else whatever happens.
    #[must_use]
    pub fn only(source: Source) -> Self {
        Self(vec![source])
    }

    /// The role of the machine first: for a daemon whose inherited environment must not shadow it.
    #[must_use]
    pub fn ambient_first() -> Self {
        use Source::*;
        Self(vec![Code, Container, Imds, WebIdentity, Environment, Profile])
    }

    /// The same sources less one.
    #[must_use]
    pub fn without(mut self, source: Source) -> Self {
        self.0.retain(|s| *s != source);
        self
    }

    /// The list.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.0
    }
}

/// The order of AWS's SDKs: code, environment, profile, web identity, container, instance metadata.
impl Default for Order {
    fn default() -> Self {
        use Source::*;
        Self(vec![Code, Environment, Profile, WebIdentity, Container, Imds])
    }
}
