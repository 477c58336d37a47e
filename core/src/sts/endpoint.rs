//! Where STS is, by region.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/sts.html>. The regional endpoint is the rule; the global one is
//! used for the pseudo region `aws-global`, and where the old mode is asked for.

use crate::effect::check_url;
use crate::error::{Error, ErrorKind};
use crate::partition::{self, Variant, is_label};

/// What decides about the endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointRules<'a> {
    /// The region to ask and to sign for.
    pub region: Option<&'a str>,
    /// An address to use in place of AWS's.
    pub url: Option<&'a str>,
    /// The endpoint with FIPS 140 validated cryptography.
    pub fips: bool,
    /// The endpoint that has IPv6 too.
    pub dual_stack: bool,
    /// `sts_regional_endpoints = legacy`: the older regions go to the global endpoint.
    pub legacy_global: bool,
}

/// An endpoint of STS, and the region to sign for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Without a slash at the end.
    pub(crate) base: String,
    pub(crate) authority: String,
    pub(crate) path: String,
    region: String,
}

impl Endpoint {
    /// The regional endpoint.
    ///
    /// ```
    /// use awsaccess::sts::Endpoint;
    /// assert_eq!(Endpoint::regional("cn-north-1").unwrap().url(), "https://sts.cn-north-1.amazonaws.com.cn");
    /// assert!(Endpoint::regional("evil.example/").is_err());
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the text cannot be a region's name.
    pub fn regional(region: &str) -> Result<Self, Error> {
        Self::choose(&EndpointRules { region: Some(region), ..EndpointRules::default() })
    }

    /// An endpoint at an address of the caller's choice, such as an emulator's.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the address is no `http` or `https` URL, or the text cannot be a region's name.
    pub fn custom(url: &str, region: &str) -> Result<Self, Error> {
        Self::choose(&EndpointRules { region: Some(region), url: Some(url), ..EndpointRules::default() })
    }

    /// The endpoint that the rules give.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if they contradict each other, or there is neither a region nor an address.
    pub fn choose(rules: &EndpointRules<'_>) -> Result<Self, Error> {
        let wrong = |why: &str| Error::new(ErrorKind::Config, format!("no endpoint of sts: {why}"));
        if let Some(region) = rules.region.filter(|region| !is_label(region)) {
            let region = region.escape_default();
            return Err(wrong(&format!("'{region}' cannot be a region; write one such as eu-west-1")));
        }
        if let Some(url) = rules.url {
            if rules.fips || rules.dual_stack {
                return Err(wrong(
                    "a custom address cannot be combined with FIPS or dual stack; set one of the two",
                ));
            }
            let url =
                check_url(url).map_err(|why| wrong(&format!("the configured endpoint is wrong, {why}")))?;
            let region =
                rules.region.filter(|region| *region != "aws-global").unwrap_or("us-east-1").to_owned();
            return Ok(Self { base: url.base, authority: url.authority, path: url.path, region });
        }
        let region = rules.region.ok_or_else(|| wrong("set a region, for example with AWS_REGION"))?;
        let variant = Variant { fips: rules.fips, dual_stack: rules.dual_stack };
        if variant == Variant::default() && rules.legacy_global && GLOBAL_IN_LEGACY.contains(&region) {
            return Ok(Self::at("sts.amazonaws.com".to_owned(), "us-east-1"));
        }
        let found =
            partition::locate_or_aws("sts", region, variant).map_err(|why| wrong(&why.to_string()))?;
        Ok(Self::at(found.host, &found.signing_region))
    }

    /// The address, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.base
    }

    /// The region that requests are signed for.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    fn at(host: String, region: &str) -> Self {
        Self {
            base: format!("https://{host}"),
            authority: host,
            path: String::new(),
            region: region.to_owned(),
        }
    }
}

/// The region that stands for a role's partition, where nobody named one: `us-east-1` for `arn:aws:…`.
pub(crate) fn region_of_arn(arn: &str) -> Option<&'static str> {
    let id = arn.strip_prefix("arn:")?.split(':').next()?;
    partition::by_id(id).map(|partition| partition.implicit_region)
}

/// Whether any partition has a region of such a name.
pub(crate) fn is_known_region(region: &str) -> bool {
    partition::of(region).is_some()
}

/// The regions that were there before regional endpoints were the rule.
const GLOBAL_IN_LEGACY: [&str; 15] = [
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];
