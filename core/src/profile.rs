//! The shared config and credentials files, as AWS's SDKs read them.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>. Where SDKs differ, the strict reading is
//! taken: a line that is no header, property, continuation or comment is an error with its number, never skipped.

pub(crate) mod edit;
mod line;
mod location;
mod merge;
mod section;
mod setting;

use std::collections::BTreeMap;

pub use line::{File, ProfileError, ProfileErrorKind};
pub use location::{Files, Platform, Selected};
pub(crate) use location::{below_aws, in_home};
pub use section::Section;
pub(crate) use setting::Lookup;
pub use setting::SettingError;

/// The most bytes that one file may have.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Everything that the two files say, merged.
///
/// ```
/// use awsaccess::profile::Profiles;
/// let config = b"[profile dev]\nregion = eu-west-1\n[services s]\nsts =\n  endpoint_url = http://localhost:1\n";
/// let credentials = b"[dev]\naws_access_key_id = AKID\naws_secret_access_key = hush\n";
/// let profiles = Profiles::parse(Some(config), Some(credentials)).unwrap();
/// let dev = profiles.profile("dev").unwrap();
/// assert_eq!(dev.get("region"), Some("eu-west-1"));
/// assert_eq!(dev.get("aws_access_key_id"), Some("AKID"));
/// assert_eq!(profiles.services("s").unwrap().nested("sts", "endpoint_url"), Some("http://localhost:1"));
/// assert!(!format!("{profiles:?}").contains("hush"));
///
/// let error = Profiles::parse(Some(b"[profile dev]\nregion: eu-west-1\n"), None).unwrap_err();
/// assert_eq!(error.line, 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profiles {
    profiles: BTreeMap<String, Section>,
    sso_sessions: BTreeMap<String, Section>,
    services: BTreeMap<String, Section>,
    warnings: Vec<String>,
}

impl Profiles {
    /// Reads both files; one that does not exist is `None`.
    ///
    /// # Errors
    /// [`ProfileError`] with the file and line of the first thing that cannot be read.
    pub fn parse(config: Option<&[u8]>, credentials: Option<&[u8]>) -> Result<Self, ProfileError> {
        let config = line::parse(File::Config, config.unwrap_or_default())?;
        let credentials = line::parse(File::Credentials, credentials.unwrap_or_default())?;
        Ok(merge::merge(config, credentials))
    }

    /// The profile of that name; names are compared exactly.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&Section> {
        self.profiles.get(name)
    }

    /// `[sso-session NAME]`.
    #[must_use]
    pub fn sso_session(&self, name: &str) -> Option<&Section> {
        self.sso_sessions.get(name)
    }

    /// `[services NAME]`.
    #[must_use]
    pub fn services(&self, name: &str) -> Option<&Section> {
        self.services.get(name)
    }

    /// Every profile, by name.
    pub fn all_profiles(&self) -> impl Iterator<Item = (&str, &Section)> {
        named(&self.profiles)
    }

    /// Every `[sso-session]`, by name.
    pub fn all_sso_sessions(&self) -> impl Iterator<Item = (&str, &Section)> {
        named(&self.sso_sessions)
    }

    /// Every `[services]` section, by name.
    pub fn all_services(&self) -> impl Iterator<Item = (&str, &Section)> {
        named(&self.services)
    }

    /// What was passed over, each a line with its file and number.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

fn named(sections: &BTreeMap<String, Section>) -> impl Iterator<Item = (&str, &Section)> {
    sections.iter().map(|(name, section)| (name.as_str(), section))
}

#[cfg(test)]
mod tests;
