//! The hosts of a partition's console and of its sign-in: pages for people, under domains of their own.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/signin-service.html>

use super::endpoint::{Endpoint, Kind, Regions};
use super::s3::Style;
use super::{HostName, PARTITIONS, Partition};

/// The host of a partition's sign-in and console federation: of one region, or the one that has no region in its name.
///
/// ```
/// use awsaccess::partition;
/// let china = partition::by_id("aws-cn").unwrap();
/// assert_eq!(partition::sign_in(china, None), "signin.amazonaws.cn");
/// assert_eq!(partition::sign_in(china, Some("cn-north-1")), "cn-north-1.signin.amazonaws.cn");
/// ```
#[must_use]
pub fn sign_in(partition: &Partition, region: Option<&str>) -> String {
    named("signin", partition, region)
}

/// The host of a partition's console, of one region or of the one that was visited last.
#[must_use]
pub fn console(partition: &Partition, region: Option<&str>) -> String {
    named("console", partition, region)
}

fn named(name: &str, partition: &Partition, region: Option<&str>) -> String {
    match region {
        Some(region) => format!("{region}.{name}.{}", partition.web_domain),
        None => format!("{name}.{}", partition.web_domain),
    }
}

/// Reads a host of the console or the sign-in; `None` if it is neither.
pub(super) fn read(host: &HostName, labels: &[&str]) -> Option<Endpoint> {
    if let [region, "oauth", "signin", "aws"] = labels {
        let partition = PARTITIONS.iter().find(|partition| partition.has(region))?;
        return Some(page(host, partition, "signin", Some(region), &[], false));
    }
    let (partition, rest) = PARTITIONS
        .iter()
        .find_map(|partition| Some((partition, super::classify::before(labels, partition.web_domain)?)))?;
    let (name, front) = rest.split_last()?;
    let (name, fips) = name.strip_suffix("-fips").map_or((*name, false), |name| (name, true));
    let prefix = match name {
        "signin" => "signin",
        "console" if !fips => "console",
        _ => return None,
    };
    let (region, front) = match front.split_last() {
        Some((last, front)) if partition.has(last) => (Some(*last), front),
        _ => (None, front),
    };
    Some(page(host, partition, prefix, region, front, fips))
}

fn page(
    host: &HostName,
    partition: &'static Partition,
    prefix: &str,
    region: Option<&str>,
    front: &[&str],
    fips: bool,
) -> Endpoint {
    let sign_in = prefix == "signin";
    let regions = region.map_or(Regions::Any(partition), |region| Regions::One(region.to_owned()));
    Endpoint {
        host: host.name().into(),
        prefix: prefix.into(),
        signing_name: if sign_in { "signin" } else { "" },
        kind: Kind::Web,
        style: Style::labelled(front),
        fips,
        dual_stack: false,
        models: if sign_in { "signin" } else { "" },
        partition: regions.partition(),
        regions,
        elsewhere: &[],
    }
}
