//! The names of the AWS world: partitions, regions, DNS suffixes, hosts, and what a host's service signs as.
//!
//! A partition is a set of regions with an own identity system and own DNS suffixes. A region belongs to the
//! partition whose pattern it fits, so that a region opened tomorrow is known today.
//!
//! ```
//! use awsaccess::partition;
//! assert_eq!(partition::of("us-gov-west-1").unwrap().id, "aws-us-gov");
//! let endpoint = partition::endpoint("dynamodb.eu-west-1.amazonaws.com").unwrap();
//! assert!(endpoint.accepts("eu-west-1", "dynamodb").is_ok());
//! assert!(partition::endpoint("dynamodb.eu-west-1.amazonaws.com.evil.example").is_err());
//! ```

mod catalogue;
mod endpoint;
mod host;
mod s3;
mod scope;

pub use endpoint::{Endpoint, HostRefused, Kind, ScopeMismatch, endpoint, suffixes};
pub use host::{HostError, HostName};
pub use s3::Style;
pub use scope::{Hints, NoSingleHost, host_for_scope, host_for_service};

/// A partition of AWS (the `partitions.json` of the SDKs).
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Partition {
    /// The name that stands second in every ARN: `aws`, `aws-cn`, `aws-us-gov` and so on.
    pub id: &'static str,
    /// What the hosts of its APIs end in.
    pub dns_suffix: &'static str,
    /// What its dual-stack hosts end in.
    pub dual_stack_suffix: &'static str,
    /// The region that global services sign for, where a service has no rule of its own.
    pub implicit_region: &'static str,
    /// What its region names begin with, up to and without the `-name-number` at the end.
    areas: &'static [&'static str],
}

/// Every partition there is.
pub static PARTITIONS: [Partition; 8] = [
    Partition {
        id: "aws",
        dns_suffix: "amazonaws.com",
        dual_stack_suffix: "api.aws",
        implicit_region: "us-east-1",
        areas: &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
    },
    Partition {
        id: "aws-cn",
        dns_suffix: "amazonaws.com.cn",
        dual_stack_suffix: "api.amazonwebservices.com.cn",
        implicit_region: "cn-northwest-1",
        areas: &["cn"],
    },
    Partition {
        id: "aws-us-gov",
        dns_suffix: "amazonaws.com",
        dual_stack_suffix: "api.aws",
        implicit_region: "us-gov-west-1",
        areas: &["us-gov"],
    },
    Partition {
        id: "aws-eusc",
        dns_suffix: "amazonaws.eu",
        dual_stack_suffix: "api.amazonwebservices.eu",
        implicit_region: "eusc-de-east-1",
        areas: &["eusc-de"],
    },
    Partition {
        id: "aws-iso",
        dns_suffix: "c2s.ic.gov",
        dual_stack_suffix: "api.aws.ic.gov",
        implicit_region: "us-iso-east-1",
        areas: &["us-iso"],
    },
    Partition {
        id: "aws-iso-b",
        dns_suffix: "sc2s.sgov.gov",
        dual_stack_suffix: "api.aws.scloud",
        implicit_region: "us-isob-east-1",
        areas: &["us-isob"],
    },
    Partition {
        id: "aws-iso-e",
        dns_suffix: "cloud.adc-e.uk",
        dual_stack_suffix: "api.cloud-aws.adc-e.uk",
        implicit_region: "eu-isoe-west-1",
        areas: &["eu-isoe"],
    },
    Partition {
        id: "aws-iso-f",
        dns_suffix: "csp.hci.ic.gov",
        dual_stack_suffix: "api.aws.hci.ic.gov",
        implicit_region: "us-isof-south-1",
        areas: &["us-isof"],
    },
];

/// The partition of a region, by the pattern of its name; `None` if no partition has such regions.
#[must_use]
pub fn of(region: &str) -> Option<&'static Partition> {
    let (rest, number) = region.rsplit_once('-')?;
    let (area, direction) = rest.rsplit_once('-')?;
    let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    let fits = !number.is_empty()
        && number.bytes().all(|c| c.is_ascii_digit())
        && !direction.is_empty()
        && direction.bytes().all(word)
        && region.len() <= 63;
    PARTITIONS.iter().find(|partition| fits && partition.areas.contains(&area))
}

/// The partition of that name.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Partition> {
    PARTITIONS.iter().find(|partition| partition.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_belong_to_one_partition() {
        for (region, id) in [
            ("us-east-1", Some("aws")),
            ("mx-central-1", Some("aws")),
            ("ap-southeast-17", Some("aws")),
            ("cn-north-1", Some("aws-cn")),
            ("us-gov-east-1", Some("aws-us-gov")),
            ("eusc-de-east-1", Some("aws-eusc")),
            ("us-iso-west-1", Some("aws-iso")),
            ("us-isob-east-1", Some("aws-iso-b")),
            ("eu-isoe-west-1", Some("aws-iso-e")),
            ("us-isof-south-1", Some("aws-iso-f")),
            ("", None),
            ("us-east", None),
            ("us-east-", None),
            ("us--1", None),
            ("US-EAST-1", None),
            ("xx-east-1", None),
            ("us-east-1x", None),
            ("a-us-east-1", None),
        ] {
            assert_eq!(of(region).map(|p| p.id), id, "{region}");
        }
    }

    #[test]
    fn implicit_regions_lie_in_their_partition() {
        for partition in &PARTITIONS {
            assert_eq!(of(partition.implicit_region).map(|p| p.id), Some(partition.id));
            assert_eq!(by_id(partition.id), Some(partition));
        }
    }
}
