//! The forms of S3's hosts. Buckets may have dots in their names, so that a host is always read from its right end.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>

use super::classify::plain;
use super::endpoint::{Endpoint, HostRefused, Kind, Regions};
use super::{HostName, Partition, of};

/// How a host names what the request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Style {
    /// A service that is not S3, or an S3 host without a bucket: the path says all.
    Path,
    /// `bucket.s3.region.…`, with the bucket, accelerated or not.
    VirtualHost(String),
    /// `name-account.s3-accesspoint.region.…`, and the multi-region ones under `accesspoint.s3-global`.
    AccessPoint(String),
    /// `bucket--zone--x-s3.s3express-zone.region.…`; without a bucket, the control endpoint of directory buckets.
    Express(Option<String>),
    /// `account.s3-control.region.…`, and other services' hosts that begin with an account (`account.ddb.region.…`).
    Account(String),
    /// A label of the customer's before the service: a stream, a graph, an API, a domain.
    Labelled(String),
}

impl Style {
    /// What the labels of the customer's own say.
    pub(super) fn labelled(own: &[&str]) -> Self {
        match own {
            [] => Self::Path,
            [one] if one.len() == 12 && one.bytes().all(|b| b.is_ascii_digit()) => {
                Self::Account((*one).to_owned())
            }
            own => Self::Labelled(own.join(".")),
        }
    }
}

/// What is said by the labels of a host that is S3's.
pub(super) struct Found {
    pub(super) prefix: &'static str,
    pub(super) signs_as: &'static str,
    pub(super) regions: Regions,
    pub(super) style: Style,
    pub(super) fips: bool,
    pub(super) dual_stack: bool,
}

impl Found {
    pub(super) fn endpoint(self, host: &HostName, kind: Kind) -> Endpoint {
        let models = match self.prefix {
            "s3-control" => "s3control",
            "s3-outposts" => "s3outposts s3control",
            _ => "s3",
        };
        Endpoint {
            style: self.style,
            fips: self.fips,
            dual_stack: self.dual_stack,
            models,
            ..plain(host, self.prefix, self.signs_as, kind, self.regions)
        }
    }
}

/// Reads the labels before the suffix; `None` if the host is not S3's.
pub(super) fn read(labels: &[&str], partition: &'static Partition) -> Option<Result<Found, HostRefused>> {
    let mut labels = labels.to_vec();
    let mut region = labels.last().filter(|label| of(label).is_some()).map(|label| (*label).to_owned());
    if region.is_some() {
        labels.pop();
    }
    let dual_stack = labels.last() == Some(&"dualstack") && labels.pop().is_some();
    let last = labels.pop()?;
    let (bare, fips) = without_fips(last);
    let before = (!labels.is_empty()).then(|| labels.join("."));
    let bucket = |name: Option<String>| name.map_or(Style::Path, Style::VirtualHost);

    let (prefix, signs_as, style, any_region) = match bare.as_str() {
        "s3" => ("s3", "s3", bucket(before), region.is_none()),
        "s3-accelerate" => ("s3", "s3", bucket(before), region.is_none()),
        "s3-external-1" if region.is_none() => {
            region = Some("us-east-1".to_owned());
            ("s3", "s3", bucket(before), false)
        }
        "s3-accesspoint" => match before {
            Some(name) => ("s3", "s3", Style::AccessPoint(name), false),
            None => return Some(Err(HostRefused::UnknownService)),
        },
        "s3-global" => match before.as_deref().and_then(|name| name.strip_suffix(".accesspoint")) {
            Some(name) => ("s3", "s3", Style::AccessPoint(name.to_owned()), true),
            None => return Some(Err(HostRefused::UnknownService)),
        },
        "s3-object-lambda" => {
            ("s3-object-lambda", "s3-object-lambda", before.map_or(Style::Path, Style::AccessPoint), false)
        }
        "s3-outposts" => {
            ("s3-outposts", "s3-outposts", before.map_or(Style::Path, Style::AccessPoint), false)
        }
        "s3-control" => ("s3-control", "s3", before.map_or(Style::Path, Style::Account), false),
        "s3express-control" => ("s3express", "s3express", Style::Express(before), false),
        "s3-website" => return Some(Err(HostRefused::Website)),
        other if other.strip_prefix("s3-website-").is_some_and(|region| of(region).is_some()) => {
            return Some(Err(HostRefused::Website));
        }
        other if other.starts_with("s3express-") => ("s3express", "s3express", Style::Express(before), false),
        // `s3-us-west-2`, the form of before 2019.
        other if region.is_none() => {
            let old = other.strip_prefix("s3-").filter(|region| of(region).is_some())?;
            region = Some(old.to_owned());
            ("s3", "s3", bucket(before), false)
        }
        _ => return None,
    };
    let regions = match region {
        Some(region) => Regions::One(region),
        None if any_region => Regions::Any(partition),
        None => return Some(Err(HostRefused::NoRegion)),
    };
    Some(Ok(Found { prefix, signs_as, regions, style, fips, dual_stack }))
}

fn without_fips(label: &str) -> (String, bool) {
    match label.strip_suffix("-fips") {
        Some(bare) => (bare.to_owned(), true),
        None if label.starts_with("s3express-fips-") => (label.replacen("-fips", "", 1), true),
        None => (label.to_owned(), false),
    }
}
