//! From a host name to the AWS endpoint that it is, or to the reason why it is none.
//!
//! Labels are matched from the right, whole; nothing here asks whether a name *contains* or *ends with* a text.

use thiserror::Error;

use super::catalogue::{Entry, SERVICES, WORLDWIDE};
use super::s3::{self, Style};
use super::{HostError, HostName, PARTITIONS, Partition, of};

/// A host of the AWS APIs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// The host name, lower case, without port.
    pub host: String,
    /// The labels that name the service (`dynamodb`, `api.ecr`), without marks of FIPS or dual stack.
    pub prefix: String,
    /// The service name that a credential scope for this host must have.
    pub signing_name: &'static str,
    /// Who stands behind the host.
    pub kind: Kind,
    /// What the host says beside service and region.
    pub style: Style,
    /// Whether it is a FIPS endpoint.
    pub fips: bool,
    /// Whether it answers over IPv6 as well.
    pub dual_stack: bool,
    regions: Regions,
}

/// Who stands behind a host under AWS's domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// An API of AWS's own.
    Service,
    /// An API of AWS's own that authenticates in another way than SigV4 (a session token in the first message, a
    /// registry login): it can be tunnelled, never signed for.
    Opaque,
    /// A customer's own endpoint that takes SigV4 (API Gateway, Lambda URLs, OpenSearch domains …): its owner sees
    /// every header, so that a rule must name it.
    Customer,
    /// An interface endpoint in a customer's network, with a service of AWS's behind it.
    PrivateLink,
}

/// The regions that a scope for the host may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Regions {
    One(String),
    Some(&'static [&'static str]),
    Any(&'static Partition),
}

/// Why a host is not one that a request may be signed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HostRefused {
    /// The text is no host name.
    #[error(transparent)]
    NotAHost(#[from] HostError),
    /// The name is not under any of AWS's domains.
    #[error("the host is not an aws endpoint")]
    NotAws,
    /// Under AWS's domains, but a customer's machine, load balancer or database: nothing that takes SigV4.
    #[error("the host belongs to a customer of aws and takes no signed requests")]
    CustomerHost,
    /// A static website of S3, which takes no signed requests.
    #[error("s3 website hosts take no signed requests; use the rest endpoint of the bucket")]
    Website,
    /// Under AWS's domains, but no service that is known.
    #[error("the host names no aws service that is known; add it to the configured endpoints")]
    UnknownService,
    /// The service is regional and the host has no region.
    #[error("the host names no region")]
    NoRegion,
    /// The region is of another partition than the suffix.
    #[error("the region and the domain of the host belong to different partitions")]
    RegionSuffix,
}

impl HostRefused {
    /// Whether the host is outside the AWS APIs altogether, so that a tunnel may be a matter for the tunnel rules.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        matches!(self, Self::NotAws | Self::CustomerHost | Self::Website)
    }
}

/// Why the scope of a signature does not fit the host that it was sent to.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ScopeMismatch {
    /// The scope names another service.
    #[error("credential should be scoped to correct service: '{0}'")]
    Service(&'static str),
    /// The scope names another region.
    #[error("credential should be scoped to a valid region, not '{0}'")]
    Region(String),
}

impl Endpoint {
    /// Checks that a credential scope is one that this host takes.
    ///
    /// # Errors
    /// [`ScopeMismatch`] says which part does not fit.
    pub fn accepts(&self, region: &str, service: &str) -> Result<(), ScopeMismatch> {
        let also = ALSO.iter().any(|(name, other)| *name == self.signing_name && *other == service);
        if service != self.signing_name && !also {
            return Err(ScopeMismatch::Service(self.signing_name));
        }
        let fits = match &self.regions {
            Regions::One(own) => own == region,
            Regions::Some(all) => all.contains(&region),
            Regions::Any(partition) => of(region).is_some_and(|of| of.id == partition.id),
        };
        if fits { Ok(()) } else { Err(ScopeMismatch::Region(region.to_owned())) }
    }

    /// The region, where the host allows one only.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        match &self.regions {
            Regions::One(region) => Some(region),
            Regions::Some([region]) => Some(region),
            Regions::Some(_) | Regions::Any(_) => None,
        }
    }

    /// The bucket or access point that the host names.
    #[must_use]
    pub fn bucket(&self) -> Option<&str> {
        match &self.style {
            Style::VirtualHost(name) | Style::AccessPoint(name) | Style::Express(Some(name)) => Some(name),
            _ => None,
        }
    }
}

/// Signing names that a host takes beside its own.
const ALSO: &[(&str, &str)] = &[("iotdata", "iotdevicegateway"), ("importexport", "IngestionService")];

/// Hosts with a label of the customer's before the service, run by AWS.
const LABELLED: &[(&str, &str, Kind)] = &[
    ("d.codeartifact", "codeartifact", Kind::Opaque),
    ("data.mediastore", "mediastore", Kind::Service),
    ("ddb", "dynamodb", Kind::Service),
    ("dkr.ecr", "ecr", Kind::Opaque),
    ("iot", "iotdata", Kind::Service),
    ("kinesisvideo", "kinesisvideo", Kind::Service),
    ("neptune-graph", "neptune-graph", Kind::Service),
    ("timestream", "timestream", Kind::Service),
];

/// Customers' own endpoints that take SigV4.
const CUSTOMER: &[(&str, &str)] = &[
    ("aoss", "aoss"),
    ("appsync-api", "appsync"),
    ("aps-workspaces", "aps"),
    ("cloudsearch", "cloudsearch"),
    ("es", "es"),
    ("execute-api", "execute-api"),
    ("kafka", "kafka-cluster"),
    ("kafka-serverless", "kafka-cluster"),
    ("lambda-url", "lambda"),
    ("neptune", "neptune-db"),
];

/// The last label of customers' machines, load balancers, databases and caches.
const MACHINES: &[&str] = &[
    "airflow",
    "awsapprunner",
    "cache",
    "compute",
    "compute-1",
    "dax-clusters",
    "docdb",
    "eks",
    "elb",
    "memorydb",
    "mq",
    "notebook",
    "rds",
    "redshift",
    "redshift-serverless",
    "s3-website",
    "server",
    "transfer",
];

/// Looks a host up. The text may be a name or `name:port`; the port says nothing here.
///
/// # Errors
/// [`HostRefused`] says why no request may be signed for the host.
pub fn endpoint(host: &str) -> Result<Endpoint, HostRefused> {
    let host = HostName::parse(host.as_bytes())?;
    let labels: Vec<&str> = host.name().split('.').collect();
    if let Some(rest) = before(&labels, "on.aws") {
        return on_aws(&host, rest);
    }
    let (partition, dual_stack, labels) = suffix(&labels).ok_or(HostRefused::NotAws)?;
    if labels.is_empty() {
        return Err(HostRefused::UnknownService);
    }
    if let Some((last, inner)) = labels.split_last()
        && *last == "vpce"
    {
        return private_link(&host, inner, partition);
    }
    if let Some(found) = s3::read(labels, partition) {
        let found = found?;
        let endpoint = Endpoint {
            host: host.name().to_owned(),
            prefix: found.prefix.to_owned(),
            signing_name: found.signs_as,
            kind: Kind::Service,
            style: found.style,
            fips: found.fips,
            dual_stack: dual_stack || found.dual_stack,
            regions: found.regions,
        };
        return check_region(endpoint, partition);
    }
    service(&host, labels, partition, dual_stack)
}

/// Every DNS suffix of the AWS APIs, the domain of customers' function URLs (`on.aws`) among them.
pub fn suffixes() -> impl Iterator<Item = &'static str> {
    let own = PARTITIONS.iter().filter(|partition| partition.id != "aws-us-gov");
    own.flat_map(|partition| [partition.dns_suffix, partition.dual_stack_suffix]).chain(["on.aws"])
}

/// The labels before `suffix`, if the host is under it.
fn before<'a, 'b>(labels: &'b [&'a str], suffix: &str) -> Option<&'b [&'a str]> {
    let end = labels.len().checked_sub(suffix.split('.').count())?;
    let (rest, tail) = labels.split_at_checked(end)?;
    tail.iter().copied().eq(suffix.split('.')).then_some(rest)
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

/// Function URLs and whatever else AWS puts under `on.aws`: the code behind them is the customer's.
fn on_aws(host: &HostName, labels: &[&str]) -> Result<Endpoint, HostRefused> {
    match labels {
        [_, "lambda-url", region] if of(region).is_some() => {
            Ok(plain(host, "lambda-url", "lambda", Kind::Customer, Regions::One((*region).to_owned())))
        }
        _ => Err(HostRefused::CustomerHost),
    }
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
        Some(Ok(found)) => plain(host, found.prefix, found.signs_as, Kind::PrivateLink, found.regions),
        Some(Err(why)) => return Err(why),
        None => service(host, rest, partition, false).map_err(|why| match why {
            HostRefused::UnknownService => HostRefused::CustomerHost,
            why => why,
        })?,
    };
    found.kind = Kind::PrivateLink;
    if let Some(("bucket" | "accesspoint", names)) = front.split_last().map(|(last, names)| (*last, names))
        && !names.is_empty()
    {
        found.style = Style::VirtualHost(names.join("."));
    }
    check_region(found, partition)
}

fn service(
    host: &HostName,
    labels: &[&str],
    partition: &'static Partition,
    dual_stack: bool,
) -> Result<Endpoint, HostRefused> {
    let mut labels = labels.to_vec();
    // One family of GovCloud hosts repeats its partition after the region.
    if let [.., region, "us-gov"] = labels.as_slice()
        && of(region).is_some_and(|of| of.id == "aws-us-gov")
    {
        labels.pop();
    }
    let region = match labels.as_slice() {
        [_, .., last] if of(last).is_some() => labels.pop(),
        // `us-east-2.queue`, the oldest form of all.
        [first, "queue" | "elasticmapreduce"] if of(first).is_some() => Some(labels.remove(0)),
        // `domain.eu-west-1.es`.
        [.., first, last] if of(first).is_some() && CUSTOMER.iter().any(|(label, _)| label == last) => {
            let at = labels.len() - 2;
            Some(labels.remove(at))
        }
        _ => None,
    };
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
    let found = named(&prefix, &bare)?;
    let regions = match region {
        Some(region) => Regions::One(region.to_owned()),
        None => worldwide(&prefix, partition, dual_stack).ok_or(HostRefused::NoRegion)?,
    };
    let endpoint = Endpoint { fips, dual_stack, ..plain(host, &prefix, found.0, found.1, regions) };
    check_region(endpoint, partition)
}

/// What the labels before the region name.
fn named(prefix: &str, labels: &[&str]) -> Result<(&'static str, Kind), HostRefused> {
    if let Some(entry) = entry(prefix) {
        return Ok((entry.signs_as, Kind::Service));
    }
    if prefix == "ssmmessages" {
        return Ok(("ssmmessages", Kind::Opaque));
    }
    let Some((_, rest)) = labels.split_first() else { return Err(HostRefused::UnknownService) };
    let rest_text = rest.join(".");
    if let Some((_, name, kind)) = LABELLED.iter().find(|(labels, ..)| *labels == rest_text) {
        return Ok((name, *kind));
    }
    let last = labels.last().copied().unwrap_or_default();
    if let Some((_, name)) = CUSTOMER.iter().find(|(label, _)| *label == last) {
        return Ok((name, Kind::Customer));
    }
    if MACHINES.contains(&last) {
        return Err(HostRefused::CustomerHost);
    }
    Err(HostRefused::UnknownService)
}

pub(super) fn entry(prefix: &str) -> Option<&'static Entry> {
    let at = SERVICES.binary_search_by(|entry| entry.prefix.cmp(prefix)).ok()?;
    SERVICES.get(at)
}

fn worldwide(prefix: &str, partition: &'static Partition, dual_stack: bool) -> Option<Regions> {
    let suffix = if dual_stack { partition.dual_stack_suffix } else { partition.dns_suffix };
    let row = WORLDWIDE.iter().find(|(name, under, _)| *name == prefix && *under == suffix);
    row.map(|(_, _, regions)| Regions::Some(regions))
}

fn plain(host: &HostName, prefix: &str, name: &'static str, kind: Kind, regions: Regions) -> Endpoint {
    Endpoint {
        host: host.name().to_owned(),
        prefix: prefix.to_owned(),
        signing_name: name,
        kind,
        style: Style::Path,
        fips: false,
        dual_stack: false,
        regions,
    }
}

/// Partitions can share a suffix, but the region must be of one that has it.
fn check_region(endpoint: Endpoint, partition: &'static Partition) -> Result<Endpoint, HostRefused> {
    let fits = match &endpoint.regions {
        Regions::One(region) => of(region).is_some_and(|of| of.dns_suffix == partition.dns_suffix),
        Regions::Some(_) | Regions::Any(_) => true,
    };
    if fits { Ok(endpoint) } else { Err(HostRefused::RegionSuffix) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn takes(host: &str, region: &str, service: &str) -> Endpoint {
        let found = endpoint(host).unwrap_or_else(|why| panic!("{host}: {why}"));
        assert_eq!(found.accepts(region, service), Ok(()), "{host}");
        found
    }

    #[test]
    fn the_catalogue_is_sorted() {
        assert!(SERVICES.is_sorted_by(|a, b| a.prefix < b.prefix));
        assert!(SERVICES.len() > 400);
    }

    #[test]
    fn regional_hosts() {
        for (host, region, service) in [
            ("dynamodb.eu-west-1.amazonaws.com", "eu-west-1", "dynamodb"),
            ("DynamoDB.EU-West-1.amazonaws.com.", "eu-west-1", "dynamodb"),
            ("sts.us-gov-west-1.amazonaws.com", "us-gov-west-1", "sts"),
            ("sts-fips.us-east-1.api.aws", "us-east-1", "sts"),
            ("bedrock-runtime.us-west-2.amazonaws.com", "us-west-2", "bedrock"),
            ("api.ecr.ap-south-1.amazonaws.com", "ap-south-1", "ecr"),
            ("monitoring.cn-north-1.amazonaws.com.cn", "cn-north-1", "monitoring"),
            ("portal.sso-fips.us-east-1.amazonaws.com", "us-east-1", "awsssoportal"),
            ("fips.batch.us-east-1.amazonaws.com", "us-east-1", "batch"),
            ("runtime-fips.sagemaker.us-gov-west-1.amazonaws.com", "us-gov-west-1", "sagemaker"),
            ("routes.geo-fips.us-gov-west-1.us-gov.amazonaws.com", "us-gov-west-1", "geo-routes"),
            ("123456789012.ddb.us-east-1.amazonaws.com", "us-east-1", "dynamodb"),
            ("a1b2c3-ats.iot.us-east-1.amazonaws.com", "us-east-1", "iotdata"),
            ("a1b2c3-ats.iot.us-east-1.amazonaws.com", "us-east-1", "iotdevicegateway"),
            ("us-east-2.queue.amazonaws.com", "us-east-2", "sqs"),
            ("sync-states.us-east-1.amazonaws.com", "us-east-1", "states"),
            ("organizations.us-east-1.amazonaws.com", "us-east-1", "organizations"),
            ("kms.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", "kms"),
            ("kms.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "kms"),
        ] {
            takes(host, region, service);
        }
        assert_eq!(
            takes("ssmmessages.us-east-1.amazonaws.com", "us-east-1", "ssmmessages").kind,
            Kind::Opaque
        );
        assert_eq!(endpoint("123456789012.dkr.ecr.us-east-1.amazonaws.com").unwrap().kind, Kind::Opaque);
    }

    #[test]
    fn worldwide_hosts() {
        for (host, region, service) in [
            ("iam.amazonaws.com", "us-east-1", "iam"),
            ("iam.us-gov.amazonaws.com", "us-gov-west-1", "iam"),
            ("iam.cn-north-1.amazonaws.com.cn", "cn-north-1", "iam"),
            ("iam.global.api.aws", "us-east-1", "iam"),
            ("sts.amazonaws.com", "us-east-1", "sts"),
            ("cloudfront.amazonaws.com", "us-gov-west-1", "cloudfront"),
            ("route53.amazonaws.com.cn", "cn-northwest-1", "route53"),
        ] {
            takes(host, region, service);
        }
        assert_eq!(endpoint("dynamodb.amazonaws.com"), Err(HostRefused::NoRegion));
    }

    #[test]
    fn s3_hosts() {
        let bucket = |name: &str| Style::VirtualHost(name.to_owned());
        for (host, region, service, style) in [
            ("s3.eu-west-1.amazonaws.com", "eu-west-1", "s3", Style::Path),
            ("s3.amazonaws.com", "us-east-1", "s3", Style::Path),
            ("s3.amazonaws.com", "eu-central-1", "s3", Style::Path),
            ("s3-us-west-2.amazonaws.com", "us-west-2", "s3", Style::Path),
            ("b.s3-us-west-2.amazonaws.com", "us-west-2", "s3", bucket("b")),
            ("b.s3.amazonaws.com", "us-west-2", "s3", bucket("b")),
            ("my.dotted.bucket.s3.eu-west-1.amazonaws.com", "eu-west-1", "s3", bucket("my.dotted.bucket")),
            ("s3.s3.eu-west-1.amazonaws.com", "eu-west-1", "s3", bucket("s3")),
            ("b.s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1", "s3", bucket("b")),
            ("b.s3-fips.dualstack.us-east-1.amazonaws.com", "us-east-1", "s3", bucket("b")),
            ("b.s3-accelerate.amazonaws.com", "eu-west-1", "s3", bucket("b")),
            ("b.s3-accelerate.dualstack.amazonaws.com", "eu-west-1", "s3", bucket("b")),
            (
                "ap-123456789012.s3-accesspoint.eu-west-1.amazonaws.com",
                "eu-west-1",
                "s3",
                Style::AccessPoint("ap-123456789012".into()),
            ),
            (
                "x.mrap.accesspoint.s3-global.amazonaws.com",
                "us-east-1",
                "s3",
                Style::AccessPoint("x.mrap".into()),
            ),
            (
                "b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com",
                "us-east-1",
                "s3express",
                Style::Express(Some("b--use1-az4--x-s3".into())),
            ),
            ("s3express-control.us-east-1.amazonaws.com", "us-east-1", "s3express", Style::Express(None)),
            ("1.s3-control.eu-west-1.amazonaws.com", "eu-west-1", "s3", Style::Account("1".into())),
            ("s3-object-lambda.eu-west-1.amazonaws.com", "eu-west-1", "s3-object-lambda", Style::Path),
        ] {
            assert_eq!(takes(host, region, service).style, style, "{host}");
        }
        assert_eq!(endpoint("b.s3-website.eu-west-1.amazonaws.com"), Err(HostRefused::Website));
        assert_eq!(endpoint("b.s3-website-us-west-2.amazonaws.com"), Err(HostRefused::Website));
    }

    #[test]
    fn hosts_of_customers() {
        for (host, region, service) in [
            ("abc.execute-api.eu-west-1.amazonaws.com", "eu-west-1", "execute-api"),
            ("x.lambda-url.eu-west-1.on.aws", "eu-west-1", "lambda"),
            ("search-x.eu-west-1.es.amazonaws.com", "eu-west-1", "es"),
        ] {
            match endpoint(host) {
                Ok(found) => {
                    assert_eq!(found.kind, Kind::Customer, "{host}");
                    assert_eq!(found.accepts(region, service), Ok(()), "{host}");
                }
                Err(why) => panic!("{host}: {why}"),
            }
        }
        for host in [
            "ec2-1-2-3-4.eu-west-1.compute.amazonaws.com",
            "ec2-1-2-3-4.compute-1.amazonaws.com",
            "x.eu-west-1.elb.amazonaws.com",
            "x.elb.eu-west-1.amazonaws.com",
            "db.abc.eu-west-1.rds.amazonaws.com",
            "x.on.aws",
            "vpce-1-x.vpce-svc-2.eu-west-1.vpce.amazonaws.com",
        ] {
            assert_eq!(endpoint(host), Err(HostRefused::CustomerHost), "{host}");
        }
        let private = takes("vpce-1-x.kms.eu-west-1.vpce.amazonaws.com", "eu-west-1", "kms");
        assert_eq!(private.kind, Kind::PrivateLink);
        let private = takes("b.bucket.vpce-1-x.s3.eu-west-1.vpce.amazonaws.com", "eu-west-1", "s3");
        assert_eq!((private.kind, private.bucket()), (Kind::PrivateLink, Some("b")));
    }

    #[test]
    fn look_alikes_are_not_aws() {
        for host in [
            "amazonaws.com.evil.tld",
            "s3.amazonaws.com.evil.tld",
            "evilamazonaws.com",
            "s3.evilamazonaws.com",
            "s3-amazonaws.com",
            "amazonaws.co",
            "s3.amazonaws.cn",
            "169.254.169.254.nip.io",
            "example.com",
        ] {
            assert_eq!(endpoint(host), Err(HostRefused::NotAws), "{host}");
        }
        for (host, why) in [
            ("amazonaws.com", HostRefused::UnknownService),
            ("nosuchthing.eu-west-1.amazonaws.com", HostRefused::UnknownService),
            ("eu-west-1.amazonaws.com", HostRefused::UnknownService),
            ("evil.dynamodb.eu-west-1.amazonaws.com", HostRefused::UnknownService),
            ("kms.cn-north-1.amazonaws.com", HostRefused::RegionSuffix),
            ("kms.us-east-1.amazonaws.com.cn", HostRefused::RegionSuffix),
            ("169.254.169.254", HostRefused::NotAHost(HostError::IpLiteral)),
            ("u@s3.amazonaws.com", HostRefused::NotAHost(HostError::UserInfo)),
        ] {
            assert_eq!(endpoint(host), Err(why), "{host}");
        }
    }

    #[test]
    fn a_scope_for_another_host_is_refused() {
        let found = endpoint("dynamodb.eu-west-1.amazonaws.com").unwrap();
        assert_eq!(found.accepts("us-east-1", "dynamodb"), Err(ScopeMismatch::Region("us-east-1".into())));
        assert_eq!(found.accepts("eu-west-1", "s3"), Err(ScopeMismatch::Service("dynamodb")));
        let found = endpoint("s3.amazonaws.com").unwrap();
        assert!(found.accepts("cn-north-1", "s3").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[a-z0-9.-]{0,60}(amazonaws\\.com|api\\.aws|on\\.aws)?") {
            if let Ok(found) = endpoint(&text) {
                prop_assert!(suffixes().any(|suffix| found.host.ends_with(suffix)));
            }
        }
    }
}
