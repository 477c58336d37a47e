//! What the environment, a profile and the caller say about instance metadata.

use std::time::Duration;

use crate::effect::check_url;
use crate::error::{Error, ErrorKind};
use crate::profile::{Lookup, SettingError};

/// Settings made in code; each outranks the environment and the profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overrides {
    /// The service's address.
    pub endpoint: Option<String>,
    /// Which of the two addresses of AWS; an address that is configured anywhere outranks it.
    pub mode: Option<EndpointMode>,
    /// The instance profile's role, so that it is not asked for.
    pub role_name: Option<String>,
    /// Falls back to version 1 where a token is refused. Off unless set: version 1 lets any program that can be
    /// made to fetch a URL read the credentials.
    pub allow_v1: bool,
    /// Asks the newer path first, which names the account too. Off unless set: where the service does not know it,
    /// that is one request more.
    pub extended: bool,
}

/// Over which protocol the service is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EndpointMode {
    /// `169.254.169.254`.
    #[default]
    Ipv4,
    /// `fd00:ec2::254`.
    Ipv6,
}

impl EndpointMode {
    fn of(name: &str, text: &str) -> Result<Self, SettingError> {
        match text {
            _ if text.eq_ignore_ascii_case("ipv4") => Ok(Self::Ipv4),
            _ if text.eq_ignore_ascii_case("ipv6") => Ok(Self::Ipv6),
            _ => Err(SettingError { name: name.to_owned(), expected: "IPv4 or IPv6" }),
        }
    }

    const fn url(self) -> &'static str {
        match self {
            Self::Ipv4 => "http://169.254.169.254",
            Self::Ipv6 => "http://[fd00:ec2::254]",
        }
    }
}

/// How the service is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imds {
    /// Its address, without a slash at the end.
    pub endpoint: String,
    /// It is not to be asked.
    pub disabled: bool,
    /// The role whose name is not asked for.
    pub role_name: Option<String>,
    /// Version 1 may be used.
    pub allow_v1: bool,
    /// The newer path is asked first.
    pub extended: bool,
    /// For connecting, and for each read.
    pub timeout: Duration,
    /// How often one request is made, once the service has answered at all.
    pub attempts: u32,
    /// Somebody named this source, so that its absence is a failure.
    pub configured: bool,
}

impl Imds {
    pub(crate) fn configure(from: Lookup<'_>, overrides: &Overrides) -> Result<Self, Error> {
        let config = |error: SettingError| Error::new(ErrorKind::Config, error.to_string());
        let url = overrides
            .endpoint
            .as_deref()
            .or_else(|| from.text("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint"));
        let endpoint = match url {
            Some(url) => {
                check_url(url)
                    .map_err(|why| {
                        let message = format!("the endpoint of instance metadata is wrong: {why}");
                        Error::new(ErrorKind::Config, message)
                    })?
                    .base
            }
            None => mode(from, overrides).map_err(config)?.url().to_owned(),
        };
        let v1_disabled =
            from.flag("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled").map_err(config)?;
        let disabled = from.flag("AWS_EC2_METADATA_DISABLED", "disable_ec2_metadata").map_err(config)?;
        let role_name = overrides
            .role_name
            .as_deref()
            .or_else(|| from.text("AWS_EC2_INSTANCE_PROFILE_NAME", "ec2_instance_profile_name"));
        const NAME: &str = "AWS_EC2_INSTANCE_PROFILE_NAME";
        let blank = |name: &str| name.trim_ascii().is_empty();
        if overrides.role_name.as_deref().or_else(|| from.env.raw(NAME)).is_some_and(blank) {
            return Err(Error::new(
                ErrorKind::Config,
                format!("{NAME} is blank; name the profile, or unset it"),
            ));
        }
        let timeout = from.text("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout");
        let attempts = from.text("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts");
        Ok(Self {
            endpoint,
            disabled: disabled == Some(true),
            role_name: role_name.map(str::to_owned),
            allow_v1: overrides.allow_v1 && v1_disabled != Some(true),
            extended: overrides.extended,
            timeout: Duration::from_secs(number("metadata_service_timeout", timeout, 1, 60).map_err(config)?),
            attempts: number("metadata_service_num_attempts", attempts, 4, 10).map_err(config)? as u32,
            configured: false,
        })
    }
}

fn mode(from: Lookup<'_>, overrides: &Overrides) -> Result<EndpointMode, SettingError> {
    const VARIABLE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
    const KEY: &str = "ec2_metadata_service_endpoint_mode";
    if let Some(mode) = overrides.mode {
        return Ok(mode);
    }
    if let Some(text) = from.env.get(VARIABLE) {
        return EndpointMode::of(VARIABLE, text);
    }
    match from.profile.and_then(|profile| profile.get(KEY)) {
        Some(text) => EndpointMode::of(KEY, text),
        // What botocore reads.
        None => Ok(match from.flag("AWS_IMDS_USE_IPV6", "imds_use_ipv6")? {
            Some(true) => EndpointMode::Ipv6,
            _ => EndpointMode::default(),
        }),
    }
}

/// A whole number from 1 to `most`.
fn number(name: &str, text: Option<&str>, default: u64, most: u64) -> Result<u64, SettingError> {
    let Some(text) = text else { return Ok(default) };
    let number = text.parse().ok().filter(|n| (1..=most).contains(n));
    number.ok_or_else(|| SettingError { name: name.to_owned(), expected: "a small whole number, 1 or more" })
}
