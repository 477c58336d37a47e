//! The way there: from a service, a region and a wish (FIPS, dual stack) to the host, as the services' own endpoint rule
//! sets have it.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html>

use super::catalogue::{self, Service};
use super::scope::NoSingleHost;
use super::{Partition, of, of_or_aws};

/// What is wished for beside service and region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Variant {
    /// The endpoint with FIPS 140 validated cryptography.
    pub fips: bool,
    /// The endpoint that has IPv6 too.
    pub dual_stack: bool,
}

impl Variant {
    /// All four.
    pub const ALL: [Self; 4] = [
        Self { fips: false, dual_stack: false },
        Self { fips: true, dual_stack: false },
        Self { fips: false, dual_stack: true },
        Self { fips: true, dual_stack: true },
    ];

    const fn index(self) -> usize {
        self.fips as usize + 2 * self.dual_stack as usize
    }

    const fn name(self) -> &'static str {
        match (self.fips, self.dual_stack) {
            (false, false) => "plain",
            (true, false) => "fips",
            (false, true) => "dual",
            (true, true) => "both",
        }
    }
}

/// Where a service is, and what a request to it is signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Location {
    /// The host; the scheme is `https`, the port 443.
    pub host: String,
    /// The service name of the credential scope.
    pub signing_name: &'static str,
    /// The region of the credential scope.
    pub signing_region: String,
    /// The region set to sign for with SigV4A, where the service prefers that.
    pub signing_region_set: Option<&'static str>,
}

/// The endpoint of a service by any of its names (its service id, the SDKs' name for it, the first labels of its host).
///
/// ```
/// use awsaccess::partition::{Variant, locate};
/// let fips = Variant { fips: true, ..Variant::default() };
/// assert_eq!(locate("sts", "us-gov-west-1", fips).unwrap().host, "sts.us-gov-west-1.amazonaws.com");
/// let iam = locate("iam", "eu-west-1", Variant::default()).unwrap();
/// assert_eq!((iam.host.as_str(), iam.signing_region.as_str()), ("iam.amazonaws.com", "us-east-1"));
/// ```
///
/// # Errors
/// [`NoSingleHost`] if region or service are unknown, or the service has no such endpoint there.
pub fn locate(service: &str, region: &str, variant: Variant) -> Result<Location, NoSingleHost> {
    let partition = of(region).ok_or_else(|| NoSingleHost::UnknownRegion(region.to_owned()))?;
    place(known(service)?, region, partition, variant)
}

/// The same for a region that may be unheard of: it is then taken for one of `aws`, as the SDKs do. Its name must be
/// a label.
pub(crate) fn locate_or_aws(service: &str, region: &str, variant: Variant) -> Result<Location, NoSingleHost> {
    if !is_label(region) {
        return Err(NoSingleHost::UnknownRegion(region.to_owned()));
    }
    place(known(service)?, region, of_or_aws(region), variant)
}

/// The service of a name, in any spelling of it.
pub(super) fn known(service: &str) -> Result<&'static Service, NoSingleHost> {
    let name = service.to_ascii_lowercase().replace(['_', ' '], "-");
    catalogue::service(&name).ok_or_else(|| NoSingleHost::UnknownService(service.to_owned()))
}

pub(super) fn place(
    service: &Service,
    region: &str,
    partition: &Partition,
    variant: Variant,
) -> Result<Location, NoSingleHost> {
    let rules = service.rules.lines().filter_map(|line| {
        let rest = line.strip_prefix(variant.name())?.strip_prefix(' ')?;
        Some(rest.split(' '))
    });
    let found = { rules }.find_map(|mut words| {
        let mut names = words.next().unwrap_or_default().split(',');
        names.any(|name| name == "all" || name == partition.id || name == region).then_some(words)
    });
    let usual = service.shape.get(variant.index()).copied().unwrap_or_default();
    let mut words = found.unwrap_or_else(|| usual.split(' '));
    let host = words.next().filter(|host| *host != "none").ok_or_else(|| NoSingleHost::NotThere {
        service: service.model.to_owned(),
        region: region.to_owned(),
    })?;
    let signing_region = match words.next() {
        None | Some("{r}") => region,
        Some("{g}") => partition.implicit_region,
        Some(other) => other,
    };
    Ok(Location {
        host: filled(host, service, region, partition),
        signing_name: service.signs_as,
        signing_region: signing_region.to_owned(),
        signing_region_set: words.next(),
    })
}

/// A host of the table with what it stands for in its places.
fn filled(host: &str, service: &Service, region: &str, partition: &Partition) -> String {
    let mut filled = String::with_capacity(host.len() + service.prefix.len() + region.len() + ROOM);
    let mut rest = host;
    while let Some((before, place)) =
        rest.bytes().position(|byte| matches!(byte, b'*' | b'{')).and_then(|at| rest.split_at_checked(at))
    {
        let known = [
            ("*", service.prefix),
            ("{r}", region),
            ("{g}", partition.implicit_region),
            ("{d}", partition.dns_suffix),
            ("{s}", partition.dual_stack_suffix),
        ];
        let found = known.iter().find_map(|(name, text)| Some((place.strip_prefix(name)?, *text)));
        let Some((after, text)) = found else { break };
        filled.push_str(before);
        filled.push_str(text);
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// For a suffix.
const ROOM: usize = 32;

/// A label of a host name in lower case (RFC 1123, 2.1): nothing that could lead elsewhere.
pub(crate) fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
