//! The order in which sources are tried: a value, not code.

use std::fmt;
use std::str::FromStr;

/// A place that credentials may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// Given in code: credentials, or one of the sources that have no keys in a profile.
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
    /// One of the host's own, such as a secret store or a keychain, which the host is asked for by name.
    Custom(CustomName),
}

/// The name of a source of the host's own.
///
/// ```
/// use awsaccess::chain::{CustomName, Source};
/// let vault = CustomName::new("vault").unwrap();
/// assert_eq!(Source::Custom(vault).to_string(), "custom:vault");
/// assert_eq!("custom:vault".parse(), Ok(Source::Custom(vault)));
/// assert!(CustomName::new("a b").is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CustomName {
    bytes: [u8; Self::LONGEST],
    length: u8,
}

impl CustomName {
    /// The most bytes of a name.
    pub const LONGEST: usize = 32;

    /// A name of 1 to 32 letters, digits and `-._`; `None` for any other text.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let allowed = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        let length = u8::try_from(name.len()).ok().filter(|length| allowed && *length > 0)?;
        let mut bytes = [0; Self::LONGEST];
        bytes.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        Some(Self { bytes, length })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let text = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }
}

impl fmt::Debug for CustomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Source {
    /// `code`, `environment`, `profile`, `web-identity`, `container`, `imds`, or `custom` whatever its own name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Environment => "environment",
            Self::Profile => "profile",
            Self::WebIdentity => "web-identity",
            Self::Container => "container",
            Self::Imds => "imds",
            Self::Custom(_) => "custom",
        }
    }
}

/// The name, as it is printed: `imds`, `custom:vault`.
impl FromStr for Source {
    type Err = UnknownSource;

    fn from_str(text: &str) -> Result<Self, UnknownSource> {
        use Source::*;
        if let Some(name) = text.strip_prefix("custom:") {
            return CustomName::new(name).map(Custom).ok_or(UnknownSource);
        }
        let known = [Code, Environment, Profile, WebIdentity, Container, Imds];
        known.into_iter().find(|source| source.name() == text).ok_or(UnknownSource)
    }
}

/// A text that names no source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a source is code, environment, profile, web-identity, container, imds or custom:<name>")]
pub struct UnknownSource;

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Custom(name) => write!(f, ":{}", name.as_str()),
            _ => Ok(()),
        }
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

    /// A token of the environment before the profile, as botocore and the AWS SDK for Go have it: for a pod whose
    /// image holds a profile.
    #[must_use]
    pub fn web_identity_first() -> Self {
        use Source::*;
        Self(vec![Code, Environment, WebIdentity, Profile, Container, Imds])
    }

    /// The same sources less all that give credentials without anybody having asked for them by name: the keys and
    /// the token of the environment, the container, the instance. What is left is given in code, in a profile, or
    /// a source of the host's own.
    #[must_use]
    pub fn without_ambient(self) -> Self {
        use Source::*;
        [Environment, WebIdentity, Container, Imds].into_iter().fold(self, Self::without)
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
