//! What a host of the AWS APIs says, and why another is none.

use std::sync::Arc;

use thiserror::Error;

use super::catalogue::{Entry, entry};
use super::s3::Style;
use super::{HostError, Partition, of};
use crate::sigv4::Scope;

/// A host of the AWS APIs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// The host name, lower case, without port.
    pub host: Arc<str>,
    /// The labels that name the service (`dynamodb`, `api.ecr`), without marks of FIPS or dual stack.
    pub prefix: Arc<str>,
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
    pub(super) models: &'static str,
    pub(super) regions: Regions,
    /// The one that they lie in, found once.
    pub(super) partition: Option<&'static Partition>,
    /// Regions that it may be signed for beside those.
    pub(super) elsewhere: &'static [&'static str],
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
    /// Pages for people: the console, and the sign-in in front of it. What a browser does there carries no signature.
    Web,
}

/// The regions that a scope for the host may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Regions {
    One(String),
    Some(&'static [&'static str]),
    Any(&'static Partition),
}

impl Regions {
    /// The partition that they lie in.
    pub(super) fn partition(&self) -> Option<&'static Partition> {
        match self {
            Self::One(region) => of(region),
            Self::Some(all) => all.first().and_then(|region| of(region)),
            Self::Any(partition) => Some(partition),
        }
    }
}

/// Why a host is not one that a request may be signed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HostRefused {
    /// The text is no host name.
    #[error(transparent)]
    NotAHost(#[from] HostError),
    /// `s3.amazonaws.com.`: the same machine by another name, which no certificate and no rule has.
    #[error("the host ends in a dot; write it without")]
    TrailingDot,
    /// A port that no endpoint of AWS's answers on.
    #[error("aws endpoints are reached on port 443 only")]
    OddPort,
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
        self.accepts_service(service)?;
        let fits = match &self.regions {
            Regions::One(own) => own == region,
            Regions::Some(all) => all.contains(&region),
            Regions::Any(partition) => of(region).is_some_and(|of| of.id == partition.id),
        };
        let fits = fits || self.elsewhere.contains(&region);
        if fits { Ok(()) } else { Err(ScopeMismatch::Region(region.to_owned())) }
    }

    /// As [`Endpoint::accepts`], for a scope of either algorithm: a region set must cover a region of this host's.
    ///
    /// # Errors
    /// As [`Endpoint::accepts`].
    pub fn accepts_scope(&self, scope: &Scope) -> Result<(), ScopeMismatch> {
        let Some(mut set) = scope.region_set() else { return self.accepts(scope.region(), scope.service()) };
        self.accepts_service(scope.service())?;
        let fits = match &self.regions {
            Regions::One(own) => scope.covers(own),
            Regions::Some(all) => all.iter().any(|region| scope.covers(region)),
            // Which regions there are for a pattern to match is AWS's to say.
            Regions::Any(partition) => {
                set.any(|name| name.contains('*') || of(name).is_some_and(|of| of.id == partition.id))
            }
        };
        let fits = fits || self.elsewhere.iter().any(|region| scope.covers(region));
        if fits { Ok(()) } else { Err(ScopeMismatch::Region(scope.region().to_owned())) }
    }

    fn accepts_service(&self, service: &str) -> Result<(), ScopeMismatch> {
        // Nearly always the usual one, for which no table is looked into.
        let is_usual = !service.is_empty() && self.signing_name == service;
        if is_usual || self.signing_names().any(|name| name == service) {
            Ok(())
        } else {
            Err(ScopeMismatch::Service(self.signing_name))
        }
    }

    /// The service names that a credential scope for this host may have, the usual one first; none for the console.
    pub fn signing_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let usual = (!self.signing_name.is_empty()).then_some(self.signing_name);
        let name = self.signing_name;
        let beside = entry(&self.prefix).into_iter().flat_map(Entry::names);
        let also = ALSO.iter().filter(move |(known, _)| *known == name).map(|(_, other)| *other);
        usual.into_iter().chain(beside.filter(move |other| *other != name)).chain(also)
    }

    /// The service models that are reached there, as botocore names them: several can share a host (`rds`, `docdb`,
    /// `neptune`); none where the host is no service's own, as with a customer's API.
    pub fn services(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.models.split(' ').filter(|name| !name.is_empty())
    }

    /// The regions that a credential scope may name; empty if it may name any of the partition's.
    pub fn regions(&self) -> impl Iterator<Item = &str> {
        let (one, some): (Option<&str>, &[&str]) = match &self.regions {
            Regions::One(region) => (Some(region), self.elsewhere),
            Regions::Some(all) => (None, all),
            Regions::Any(_) => (None, &[]),
        };
        one.into_iter().chain(some.iter().copied())
    }

    /// The partition that the host lies in.
    #[must_use]
    pub const fn partition(&self) -> Option<&'static Partition> {
        self.partition
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

    /// The account that the host names, where it does.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        let digits = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        match &self.style {
            Style::Account(account) => Some(account),
            // `name-111122223333`, of an access point.
            Style::AccessPoint(name) => {
                let first = name.split('.').next().unwrap_or_default();
                first.rsplit_once('-').map(|(_, account)| account).filter(|account| digits(account))
            }
            _ => None,
        }
    }
}

/// Signing names that a host takes beside its own.
const ALSO: &[(&str, &str)] = &[("iotdata", "iotdevicegateway"), ("transcribestreaming", "transcribe")];
