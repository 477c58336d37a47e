//! The names of the AWS world: partitions, regions, DNS suffixes, hosts, and what a host's service signs as.
//!
//! A partition is a set of regions with an own identity system and own DNS suffixes. A region belongs to the
//! partition whose pattern it fits, so that a region opened tomorrow is known today.
//!
//! ```
//! use awsaccess::partition::{self, Variant};
//! assert_eq!(partition::of("us-gov-west-1").unwrap().id, "aws-us-gov");
//! // The way there, and the way back.
//! let there = partition::locate("dynamodb", "eu-west-1", Variant::default()).unwrap();
//! assert_eq!((there.host.as_str(), there.signing_name), ("dynamodb.eu-west-1.amazonaws.com", "dynamodb"));
//! let back = partition::endpoint(&there.host).unwrap();
//! assert!(back.accepts("eu-west-1", "dynamodb").is_ok());
//! assert!(partition::endpoint("dynamodb.eu-west-1.amazonaws.com.evil.example").is_err());
//! ```

mod catalogue;
mod classify;
mod customer;
mod endpoint;
mod host;
mod location;
mod s3;
mod scope;
mod web;

pub use catalogue::PARTITIONS;
pub use classify::{endpoint, suffixes};
pub use endpoint::{Endpoint, HostRefused, Kind, ScopeMismatch};
pub use host::{HostError, HostName};
pub use location::{Location, Variant, locate};
pub(crate) use location::{is_label, locate_or_aws};
pub use s3::Style;
pub use scope::{Hints, NoSingleHost, host_for_scope, host_for_service};
pub use web::{console, sign_in};

#[cfg(test)]
mod tests;

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
    /// What the hosts of its console and its sign-in end in.
    pub web_domain: &'static str,
    /// The region that global services sign for, where a service has no rule of its own.
    pub implicit_region: &'static str,
    /// The regions that are known by name. There may be more: [`of`] goes by the pattern of the name.
    pub regions: &'static [&'static str],
    /// What its region names begin with, up to and without the `-name-number` at the end.
    areas: &'static [&'static str],
}

impl Partition {
    /// Whether a region is one of this partition's: by the pattern of its name, or as the pseudo region of its global
    /// services (`aws-cn-global`).
    #[must_use]
    pub fn has(&self, region: &str) -> bool {
        if let Some(id) = region.strip_suffix("-global") {
            return id == self.id;
        }
        let Some((rest, number)) = region.rsplit_once('-') else { return false };
        let Some((area, direction)) = rest.rsplit_once('-') else { return false };
        let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        !number.is_empty()
            && number.bytes().all(|c| c.is_ascii_digit())
            && !direction.is_empty()
            && direction.bytes().all(word)
            && region.len() <= 63
            && self.areas.contains(&area)
    }
}

/// The partition of a region, by the pattern of its name; `None` if no partition has such regions.
#[must_use]
pub fn of(region: &str) -> Option<&'static Partition> {
    PARTITIONS.iter().find(|partition| partition.has(region))
}

/// The partition of that name.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Partition> {
    PARTITIONS.iter().find(|partition| partition.id == id)
}

/// As AWS's SDKs have it: a region that no partition knows is taken for one of `aws`.
pub(crate) fn of_or_aws(region: &str) -> &'static Partition {
    let [aws, ..] = &PARTITIONS;
    of(region).unwrap_or(aws)
}
