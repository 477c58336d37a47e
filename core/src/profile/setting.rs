//! Settings that the environment or a profile may give.

use super::{Profiles, Section};
use crate::env::Env;

/// The environment, and the profile that is meant.
#[derive(Clone, Copy)]
pub(crate) struct Lookup<'a> {
    pub(crate) env: &'a Env,
    pub(crate) profiles: &'a Profiles,
    pub(crate) profile: Option<&'a Section>,
}

impl<'a> Lookup<'a> {
    /// The variable, or else the key of the profile.
    pub(crate) fn text(&self, variable: &str, key: &str) -> Option<&'a str> {
        self.env.get(variable).or_else(|| self.profile?.get(key))
    }

    /// The same, as a boolean.
    pub(crate) fn flag(&self, variable: &str, key: &str) -> Result<Option<bool>, SettingError> {
        match self.env.get(variable) {
            Some(text) => flag(variable, Some(text)),
            None => flag(key, self.profile.and_then(|profile| profile.get(key))),
        }
    }

    /// The address that is configured for a service's endpoint: `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`,
    /// the `[services]` section of the profile, the profile. `id` is in lower case (`sts`).
    ///
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
    pub(crate) fn endpoint_url(&self, id: &str) -> Result<Option<&'a str>, SettingError> {
        if self.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")? == Some(true)
        {
            return Ok(None);
        }
        let variable = format!("AWS_ENDPOINT_URL_{}", id.to_ascii_uppercase());
        let services = || self.profiles.services(self.profile?.get("services")?)?.nested(id, "endpoint_url");
        Ok(self
            .env
            .get(&variable)
            .or_else(|| self.env.get("AWS_ENDPOINT_URL"))
            .or_else(services)
            .or_else(|| self.profile?.get("endpoint_url")))
    }
}

/// `true` or `false`, in any case.
fn flag(name: &str, text: Option<&str>) -> Result<Option<bool>, SettingError> {
    match text {
        None => Ok(None),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(_) => Err(SettingError { name: name.to_owned(), expected: "true or false" }),
    }
}

/// A variable or key whose value cannot be what it stands for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} must be {expected}")]
#[non_exhaustive]
pub struct SettingError {
    /// The variable or key.
    pub name: String,
    /// What it may be.
    pub expected: &'static str,
}
