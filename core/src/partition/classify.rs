//! The way back: from a host name to the AWS endpoint that it is, or to the reason why it is none.
//!
//! Labels are matched from the right, whole; nothing here asks whether a name *contains* or *ends with* a text.

use super::catalogue::{elsewhere, entry, worldwide};
use super::customer::{self, Found};
use super::endpoint::{Endpoint, HostRefused, Kind, Regions};
use super::s3::{self, Style};
use super::{HostName, PARTITIONS, Partition, Variant, by_id, locate, of, web};

/// Looks a host up. The text may be a name or `name:443`.
///
/// # Errors
/// [`HostRefused`] says why no request may be signed for the host.
pub fn endpoint(host: &str) -> Result<Endpoint, HostRefused> {
    let written = host.split_once(':').map_or(host, |(name, _)| name);
    let host = HostName::parse(host.as_bytes())?;
    if written.ends_with('.') {
        return Err(HostRefused::TrailingDot);
    }
    if host.port().is_some_and(|port| port != 443) {
        return Err(HostRefused::OddPort);
    }
    named(&host)
}

/// Looks a host up by its name.
pub(super) fn named(host: &HostName) -> Result<Endpoint, HostRefused> {
    let labels: Vec<&str> = host.name().split('.').collect();
    if let Some(rest) = before(&labels, "on.aws") {
        return on_aws(host, rest);
    }
    if let Some(found) = web::read(host, &labels) {
        return Ok(found);
    }
    let (partition, dual_stack, labels) = suffix(&labels).ok_or(HostRefused::NotAws)?;
    match labels.split_last() {
        None => Err(HostRefused::UnknownService),
        Some((&"vpce", inner)) => private_link(host, inner, partition),
        Some(_) => match s3::read(labels, partition) {
            Some(found) => {
                let found = found?;
                let dual_stack = dual_stack || found.dual_stack;
                check_region(Endpoint { dual_stack, ..found.endpoint(host, Kind::Service) }, partition)
            }
            None => service(host, labels, partition, dual_stack),
        },
    }
}

/// Every DNS suffix of the AWS APIs, the domain of customers' function URLs (`on.aws`) among them.
pub fn suffixes() -> impl Iterator<Item = &'static str> {
    let own = PARTITIONS.iter().filter(|partition| partition.id != "aws-us-gov");
    own.flat_map(|partition| [partition.dns_suffix, partition.dual_stack_suffix]).chain(["on.aws"])
}

/// The labels before `suffix`, if the host is under it.
pub(super) fn before<'a, 'b>(labels: &'b [&'a str], suffix: &str) -> Option<&'b [&'a str]> {
    // From the right: of most suffixes the first label that is looked at is another.
    let (mut labels, mut left) = (labels, suffix);
    loop {
        let (last, rest) = labels.split_last()?;
        let front = left.strip_suffix(last)?;
        if front.is_empty() {
            return Some(rest);
        }
        (labels, left) = (rest, front.strip_suffix('.')?);
    }
}

fn suffix<'a, 'b>(labels: &'b [&'a str]) -> Option<(&'static Partition, bool, &'b [&'a str])> {
    PARTITIONS
        .iter()
        .flat_map(|partition| {
            [(partition, false, partition.dns_suffix), (partition, true, partition.dual_stack_suffix)]
        })
        .filter_map(|(partition, dual, suffix)| Some((partition, dual, before(labels, suffix)?)))
        .min_by_key(|(_, _, rest)| rest.len())
}

/// Function URLs and whatever else AWS puts under `on.aws`: the code behind most of it is the customer's.
fn on_aws(host: &HostName, labels: &[&str]) -> Result<Endpoint, HostRefused> {
    let [own @ .., label, region] = labels else { return Err(HostRefused::CustomerHost) };
    let bare = label.strip_suffix("-fips").unwrap_or(label);
    let (name, kind, models) = match (bare, own) {
        ("lambda-url", [_]) => ("lambda", Kind::Customer, ""),
        ("osm", [_]) => ("osm", Kind::Service, "opensearchmemory"),
        ("neptune-graph", [] | [_]) => ("neptune-graph", Kind::Service, "neptune-graph"),
        _ => return Err(HostRefused::CustomerHost),
    };
    if of(region).is_none() {
        return Err(HostRefused::CustomerHost);
    }
    let found = plain(host, bare, name, kind, Regions::One((*region).to_owned()));
    let (style, fips) = (Style::labelled(own), bare != *label);
    Ok(Endpoint { style, fips, dual_stack: kind == Kind::Service, models, ..found })
}

/// `vpce-id.service.region.vpce…`; an S3 one has `bucket`, `accesspoint` or `control` in front, and names before it.
fn private_link(
    host: &HostName,
    labels: &[&str],
    partition: &'static Partition,
) -> Result<Endpoint, HostRefused> {
    let at = labels.iter().position(|label| label.starts_with("vpce-") && !label.starts_with("vpce-svc-"));
    let (front, rest) = at.and_then(|at| labels.split_at_checked(at)).ok_or(HostRefused::CustomerHost)?;
    let rest = rest.get(1..).unwrap_or_default();
    let mut found = match s3::read(rest, partition) {
        Some(found) => found?.endpoint(host, Kind::PrivateLink),
        None => service(host, rest, partition, false).map_err(|why| match why {
            HostRefused::UnknownService => HostRefused::CustomerHost,
            why => why,
        })?,
    };
    found.kind = Kind::PrivateLink;
    match front.split_last() {
        Some((&"bucket", names)) if !names.is_empty() => found.style = Style::VirtualHost(names.join(".")),
        Some((&"accesspoint", names)) if !names.is_empty() => {
            found.style = Style::AccessPoint(names.join("."));
        }
        Some((&"control", [account])) => found.style = Style::Account((*account).to_owned()),
        _ => {}
    }
    check_region(found, partition)
}

fn service(
    host: &HostName,
    labels: &[&str],
    partition: &'static Partition,
    dual_stack: bool,
) -> Result<Endpoint, HostRefused> {
    let (region, labels) = split_region(labels);
    let mut fips = false;
    let mut bare = Vec::with_capacity(labels.len());
    for label in labels {
        let without = label.strip_suffix("-fips").unwrap_or(label);
        fips |= label == "fips" || without.len() != label.len();
        if label != "fips" && label != "dualstack" {
            bare.push(without);
        }
    }
    let prefix = bare.join(".");
    let suffix = if dual_stack { partition.dual_stack_suffix } else { partition.dns_suffix };
    let mut regions = region.map(|region| Regions::One(region.to_owned()));
    let mut found = if let Some(entry) = entry(&prefix) {
        let kind = match prefix.as_str() {
            "signin" => Kind::Web,
            _ if entry.bearer => Kind::Opaque,
            _ => Kind::Service,
        };
        regions = regions.or_else(|| worldwide(&prefix, suffix).map(Regions::Some));
        let regions = regions.ok_or(HostRefused::NoRegion)?;
        Endpoint { models: entry.models(), ..plain(host, &prefix, entry.signs_as(), kind, regions) }
    } else if prefix == "ssmmessages" {
        plain(host, &prefix, "ssmmessages", Kind::Opaque, regions.ok_or(HostRefused::NoRegion)?)
    } else {
        match customer::read(&bare) {
            Some(Found::Endpoint { name, kind, own: labels, everywhere }) => {
                // Two partitions share their suffixes; the host says which, where it has no region.
                let own = if prefix.ends_with(".us-gov") { "aws-us-gov" } else { partition.id };
                let all = by_id(own).filter(|_| everywhere).map(Regions::Any);
                let regions = regions.or(all);
                let regions = regions.ok_or(HostRefused::NoRegion)?;
                let style = Style::labelled(bare.get(..labels).unwrap_or_default());
                let rest = bare.get(labels..).unwrap_or_default().join(".");
                let models = entry_of_labelled(&rest, name);
                Endpoint { style, models, ..plain(host, &prefix, name, kind, regions) }
            }
            Some(Found::Machine) => return Err(HostRefused::CustomerHost),
            None => return Err(HostRefused::UnknownService),
        }
    };
    found.fips = fips;
    found.dual_stack = dual_stack;
    found.elsewhere = elsewhere(&prefix, suffix).unwrap_or_default();
    check_region(found, partition)
}

/// The models of a host whose first label is a customer's.
fn entry_of_labelled(rest: &str, name: &str) -> &'static str {
    let known = match rest {
        "streams-ddb" => "streams.dynamodb",
        "eventsv2" => "eventsv2",
        "endpoints.email" | "endpoints.email.global" | "endpoints.email.us-gov" => "email",
        "iot" => "data-ats.iot",
        _ => name,
    };
    entry(known).map_or("", |entry| entry.models())
}

/// The region among the labels before the suffix, and what is left without it.
fn split_region<'a>(labels: &[&'a str]) -> (Option<&'a str>, Vec<&'a str>) {
    let mut labels = labels.to_vec();
    let known = |label: &str| of(label).is_some();
    // One family of GovCloud hosts repeats its partition after the region.
    if let [.., region, "us-gov"] = labels.as_slice()
        && of(region).is_some_and(|of| of.id == "aws-us-gov")
    {
        labels.pop();
    }
    let at = match labels.as_slice() {
        [_, .., last] if known(last) => labels.len() - 1,
        // `us-east-2.queue`, the oldest form of all; `domain.eu-west-1.es`.
        [.., first, last] if known(first) && customer::region_may_precede(last) => labels.len() - 2,
        _ => return (None, labels),
    };
    (Some(labels.remove(at)), labels)
}

pub(super) fn plain(
    host: &HostName,
    prefix: &str,
    name: &'static str,
    kind: Kind,
    regions: Regions,
) -> Endpoint {
    Endpoint {
        host: host.name().into(),
        prefix: prefix.into(),
        signing_name: name,
        kind,
        style: Style::Path,
        fips: false,
        dual_stack: false,
        models: "",
        partition: regions.partition(),
        regions,
        elsewhere: &[],
    }
}

/// Partitions can share a suffix, but the region must be of one that has it; or the service's own rule set puts the
/// region under another partition's domain, as a few of them do.
fn check_region(endpoint: Endpoint, partition: &'static Partition) -> Result<Endpoint, HostRefused> {
    let fits = match &endpoint.regions {
        Regions::One(region) => {
            of(region).is_some_and(|of| of.dns_suffix == partition.dns_suffix)
                || endpoint.services().any(|service| {
                    let there = |variant| locate(service, region, variant);
                    Variant::ALL
                        .into_iter()
                        .filter_map(|variant| there(variant).ok())
                        .any(|l| *l.host == *endpoint.host)
                })
        }
        Regions::Some(_) | Regions::Any(_) => true,
    };
    if fits { Ok(endpoint) } else { Err(HostRefused::RegionSuffix) }
}
